#!/usr/bin/env bash
# All tests on both databases, with everything that they need; arguments go to `cargo test`:
#
#   bash tests/run.sh
#   bash tests/run.sh -p dispatch
#
# Installs PostgreSQL from Debian's packages if it is missing (as root or with sudo), fetches a pinned nats-server,
# and makes a venv and node_modules for the outside clients. PostgreSQL runs as private clusters of the tests, on
# free ports, never as a service of the system.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$ROOT"
# shellcheck source=lib.sh
. tests/lib.sh

# What else lies in the repo and can be checked where the tool is at hand.
check_scripts() {
    local script
    for script in deploy/*.sh deploy/lib/*.sh tests/*.sh tests/bench/*.sh .ci/run; do
        bash -n "$script"
    done
    "$CLIENT_PYTHON" -m py_compile tests/clients/*.py
    if [ -n "$CLIENT_NODE" ]; then "$CLIENT_NODE" --check tests/clients/departments.mjs; fi
    if have kubectl; then
        kubectl kustomize k8s/base >/dev/null || die "k8s/base 无法生成 / k8s/base does not render"
    else
        say "没有 kubectl，未检查 k8s/base / no kubectl: k8s/base is not checked"
    fi
}

main() {
    need_rust
    need_postgres
    need_nats
    need_clients
    step "检查脚本（约 2 秒） / checking scripts, about 2 s"
    check_scripts
    step "构建并测试（2 核首次约 8 分钟） / building and testing, about 8 min on 2 cores the first time"
    # scenarios kill and restart real processes: the programs, not only the libraries
    cargo build --quiet --workspace --bins
    if [ $# -eq 0 ]; then set -- --workspace; fi
    cargo test "$@" || die "测试未通过 / tests failed (after $SECONDS s)"
    step "与两个公开日历对照时限（约 20 秒） / deadlines against two public calendars, about 20 s"
    bash tests/oracles/run.sh
    step "全部测试通过 / all tests passed"
}

main "$@"
