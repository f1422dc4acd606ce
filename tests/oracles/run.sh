#!/usr/bin/env bash
# Compares our deadlines round all holidays of 2021 to 2026 with two public calendars that know nothing of us:
# PyPI chinesecalendar and npm chinese-days. Safe to repeat; installs both below var/oracles.
#
#   bash tests/oracles/run.sh              # builds gridline if need be
#   bash tests/oracles/run.sh GRIDLINE     # with this program
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck source=../../deploy/lib/common.sh
. "$ROOT/deploy/lib/common.sh"
HERE=$ROOT/tests/oracles
OUT=$ROOT/var/oracles

python_calendar() {
    need_python
    python3 -c 'import ensurepip' 2>/dev/null || apt_install "Python venv" python3-venv
    if ! cmp -s "$HERE/requirements.txt" "$OUT/venv/requirements.txt"; then
        step "安装 chinesecalendar / installing chinesecalendar"
        python3 -m venv "$OUT/venv"
        "$OUT/venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary=:all: \
            -r "$HERE/requirements.txt"
        cp "$HERE/requirements.txt" "$OUT/venv/requirements.txt"
    fi
}

node_calendar() {
    have node && have npm || apt_install Node.js nodejs npm
    # Node looks for packages beside the script that asks
    mkdir -p "$OUT/node"
    cp "$HERE/package.json" "$HERE/package-lock.json" "$HERE/oracle.mjs" "$OUT/node/"
    if ! [ "$OUT/node/node_modules/.package-lock.json" -nt "$HERE/package-lock.json" ]; then
        step "安装 chinese-days / installing chinese-days"
        (cd "$OUT/node" && npm ci --silent --no-audit --no-fund)
    fi
}

main() {
    local gridline=${1:-$ROOT/target/debug/gridline}
    if [ $# -eq 0 ]; then
        need_rust
        (cd "$ROOT" && cargo build --quiet -p ctl)
    fi
    mkdir -p "$OUT"
    python_calendar
    node_calendar
    python3 "$HERE/instants.py" >"$OUT/received.csv"
    [ -x "$gridline" ] || die "没有这个程序 / there is no such program: $gridline"
    if ! "$gridline" deadline --in "$OUT/received.csv" --out "$OUT/ours.csv" 2>"$OUT/notes.txt"; then
        cat "$OUT/notes.txt" >&2
        exit 1
    fi
    "$OUT/venv/bin/python" "$HERE/oracle.py" <"$OUT/received.csv" >"$OUT/python.txt"
    node "$OUT/node/oracle.mjs" <"$OUT/received.csv" >"$OUT/node.txt"
    python3 "$HERE/compare.py" "$OUT/ours.csv" "$OUT/python.txt" "$OUT/node.txt" "$OUT/notes.txt" ||
        die "时限与公开日历不一致 / deadlines differ from the public calendars"
}

main "$@"
