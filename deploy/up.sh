#!/usr/bin/env bash
# The whole of Gridline on this machine, with something to see: see `usage` below.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$ROOT"
# shellcheck source=lib/common.sh
. deploy/lib/common.sh
# shellcheck source=lib/processes.sh
. deploy/lib/processes.sh
# shellcheck source=lib/nats.sh
. deploy/lib/nats.sh
# shellcheck source=lib/clients.sh
. deploy/lib/clients.sh
# shellcheck source=lib/sample.sh
. deploy/lib/sample.sh

usage() {
    cat <<'HELP'
在本机启动全部服务并演示 / starts everything on this machine and plays the sample:  bash deploy/up.sh [OPTIONS]

  --release      完整优化构建（首次约 15 分钟） / full optimisation; the first build takes about 15 min
  --no-sample    不演示样例诉求 / don't play the sample reports
  --open N       演示时留 N 件未办结（默认 12） / leave N of the sample open, to see each state (default 12)
  --help

环境变量 / environment:
  GRIDLINE_PORT_BASE   端口基数 / base of the ports (default 7400: intake 7401,
                       classification 7402, dispatch 7403, hotline 7405, console 7406, ops 7411-7416)
  NATS_PORT            (default 4222)
  NATS_MONITOR_PORT    (default 8222)
  NATS_SERVER_BIN      指定 nats-server / use this nats-server

只监听 127.0.0.1；数据、日志都在 var/ / listens on 127.0.0.1 only; data and logs lie in var/.
停止 / stop:  bash deploy/down.sh
HELP
}

main() {
    read_arguments "$@"
    # shared by the services and `gridline`; a reader finds the same in var/env
    settings
    mkdir -p "$RUN" "$LOGS" var/nats
    exec 9>"$RUN/up.lock"
    flock -n 9 || die "另一个 up.sh 正在运行 / another up.sh is at work here"
    running_already
    check_ports
    need_rust
    get_nats_server
    if [ "$SAMPLED" = yes ]; then
        get_python_client
        get_node_client
    fi
    build
    trap give_up EXIT
    start_all
    trap - EXIT
    local outcome=0
    if [ "$SAMPLED" = yes ]; then
        if [ -e var/sample.played ]; then
            say "样例已演示过，数据保留 / the sample was played before and is kept (deploy/down.sh --purge 重来 / begins anew)"
        else
            trap stop_players EXIT
            play_sample "$OPEN" || outcome=1
            trap - EXIT
        fi
    fi
    step "体检 / doctor"
    "$BIN/gridline" doctor --wait 30 || outcome=1
    addresses
    if [ "$outcome" != 0 ]; then
        die "服务已启动，但演示或体检未通过，见上文和 var/log / it runs, but sample or doctor failed: see above and var/log"
    fi
}

read_arguments() {
    PROFILE=debug OPEN=12 SAMPLED=yes
    while [ $# -gt 0 ]; do
        case $1 in
            --release) PROFILE=release ;;
            --no-sample) SAMPLED=no ;;
            --open)
                OPEN=${2:-}
                shift
                [[ $OPEN =~ ^[0-9]{1,3}$ ]] || die "--open 需要数字 / --open takes a number"
                ;;
            --help | -h) usage && exit 0 ;;
            *) usage >&2 && exit 2 ;;
        esac
        shift
    done
}

settings() {
    local base=${GRIDLINE_PORT_BASE:-7400} i=0 name key
    NATS_AT=${NATS_PORT:-4222} MONITOR_AT=${NATS_MONITOR_PORT:-8222}
    NATS=nats://127.0.0.1:$NATS_AT
    BIN=${CARGO_TARGET_DIR:-$ROOT/target}/$PROFILE
    BASE=$base
    INTAKE=http://127.0.0.1:$((base + 1))
    # what a clerk does on the console's pages goes to dispatch
    export GRIDLINE_CONSOLE__DISPATCH_URL=http://127.0.0.1:$((base + 3))
    # before a citizen reports, intake asks classification what is alike
    export GRIDLINE_SIMILAR__URL=http://127.0.0.1:$((base + 2))
    # and what a person decides on the catalogue to classification
    export GRIDLINE_CONSOLE__CLASSIFICATION_URL=http://127.0.0.1:$((base + 2))
    export GRIDLINE_NATS__URL=$NATS GRIDLINE_NATS__MONITOR=http://127.0.0.1:$MONITOR_AT
    for name in $SERVICES; do
        i=$((i + 1))
        key=${name//-/_}
        export "GRIDLINE_SERVICES__${key^^}__OPS=127.0.0.1:$((base + 10 + i))"
    done
}

ops_port() {
    local i=0 name
    for name in $SERVICES; do
        i=$((i + 1))
        if [ "$name" = "$1" ]; then echo $((BASE + 10 + i)); fi
    done
}

# The public port of a service; nothing if it has none.
http_port() {
    case $1 in
        intake) echo $((BASE + 1)) ;;
        classification) echo $((BASE + 2)) ;;
        dispatch) echo $((BASE + 3)) ;;
        hotline-bridge) echo $((BASE + 5)) ;;
        console) echo $((BASE + 6)) ;;
    esac
}

# All of it: say so, do nothing. A part of it: say what is missing.
running_already() {
    local name missing=""
    [ -n "$(started)" ] || return 0
    for name in nats $SERVICES; do
        runs "$name" || missing="$missing $name"
    done
    [ -z "$missing" ] ||
        die "只有部分在运行，缺 / only a part runs, missing:$missing; 先停止 / stop it first: bash deploy/down.sh (日志 / logs: var/log)"
    say "已在运行 / it is running already"
    # shellcheck disable=SC1091
    . "$RUN/addresses"
    addresses
    exit 0
}

check_ports() {
    local name port found=""
    need_free() {
        if taken "$1"; then found="$found
  $1（$2）：用 $3 更换 / port $1 ($2) is taken; change it with $3"; fi
    }
    need_free "$NATS_AT" nats-server NATS_PORT
    need_free "$MONITOR_AT" "nats-server monitoring" NATS_MONITOR_PORT
    for name in $SERVICES; do
        for port in $(http_port "$name") $(ops_port "$name"); do
            need_free "$port" "$name" GRIDLINE_PORT_BASE
        done
    done
    [ -z "$found" ] || die "端口被占用 / ports are taken:$found"
}

build() {
    local flags=(--workspace --bins)
    # on a terminal cargo shows how far it is; in a log it would only be long
    [ -t 2 ] || flags+=(--quiet)
    if [ "$PROFILE" = release ]; then
        flags+=(--release)
        step "构建（完整优化，2 核首次约 15 分钟） / building, release: about 15 min on 2 cores the first time"
    else
        step "构建（2 核首次约 3–5 分钟，之后几秒） / building: 3-5 min on 2 cores the first time, then seconds"
    fi
    cargo build "${flags[@]}" 9>&- || die "构建失败 / the build failed"
}

start_all() {
    local name http
    step "启动 nats-server 和服务（约 5 秒） / starting nats-server and the services, about 5 s"
    cat >var/nats/nats.conf <<CONF
# Written by deploy/up.sh.
listen: "127.0.0.1:$NATS_AT"
http: "127.0.0.1:$MONITOR_AT"
max_payload: 512KB
jetstream {
    store_dir: "$ROOT/var/nats"
    # an acknowledged message survives a power failure
    sync_interval: always
    # streams reserve their upper bounds (6 of 4 GiB); nothing is taken before it is needed
    max_file_store: 32GB
    max_memory_store: 64MB
}
CONF
    launch nats "$NATS_SERVER_BIN" -c "$ROOT/var/nats/nats.conf"
    wait_for nats "$MONITOR_AT" /healthz 20
    "$BIN/gridline" provision >"$LOGS/provision.log" 2>&1 || {
        tail -n 15 "$LOGS/provision.log" >&2
        die "无法建立消息流 / streams can't be made, see var/log/provision.log"
    }
    for name in $SERVICES; do
        http=$(http_port "$name")
        GRIDLINE_DATABASE__URL=sqlite://var/$name.db GRIDLINE_HTTP__LISTEN=${http:+127.0.0.1:$http} \
            GRIDLINE_OPS__LISTEN=127.0.0.1:$(ops_port "$name") launch "$name" "$BIN/$name"
    done
    for name in $SERVICES; do
        wait_for "$name" "$(ops_port "$name")" /readyz 60
    done
    # for the next up.sh and for whoever calls `gridline` by hand
    declare -p BASE NATS NATS_AT MONITOR_AT INTAKE BIN | sed 's/^declare -[-x]* //' >"$RUN/addresses"
    env | grep -E '^GRIDLINE_(NATS|SERVICES)__' | sed 's/^/export /' >var/env
}

# Something failed before all was ready: nothing half-started stays behind.
give_up() {
    say "启动未完成，停止已启动的部分 / not everything started; stopping what did" >&2
    # shellcheck disable=SC2046
    stop $(started)
}

# The sample was interrupted: the scripted departments end, the services stay.
stop_players() { stop client-departments-node client-departments client-staff; }

addresses() {
    cat <<TEXT

就绪 / ready
  控制台 / console        http://127.0.0.1:$((BASE + 6))/
  受理接口 / intake API   $INTAKE/api/v1/reports
  派单目录 / catalogue    http://127.0.0.1:$((BASE + 2))/api/v1/catalogue
  单位动作 / units' acts  http://127.0.0.1:$((BASE + 3))/api/v1/units/{unit}/acts
  热线对接 / hotlines     http://127.0.0.1:$((BASE + 5))/
  NATS                    $NATS   (监控 / monitoring http://127.0.0.1:$MONITOR_AT)
  指标 / metrics          http://127.0.0.1:$((BASE + 11))/metrics … $((BASE + 16))
  日志 / logs             var/log/
试一试 / try it
  curl -d '{"external_id":"1","channel":"web","text":"人民广场东侧路灯不亮"}' $INTAKE/api/v1/reports
  . var/env && ${BIN#"$ROOT/"}/gridline watch          实时流转 / tickets as they move
TEXT
    if [ -x "$VENV/bin/python" ]; then
        cat <<TEXT
  var/venv/bin/python tests/clients/departments.py --nats $NATS     各单位继续办理 / departments work on
  var/venv/bin/python tests/clients/staff.py --nats $NATS           区综治中心 / the district centre
TEXT
    fi
    say "停止 / stop:  bash deploy/down.sh      (--purge 同时删除数据 / removes the data, too)"
}

main "$@"
