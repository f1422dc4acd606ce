#!/usr/bin/env bash
# Timers: how many the watchdog holds, what they cost while nothing is due, how fast they are armed and fired; beside
# the ceiling of the same run, a bare SKIP LOCKED claim-and-mark of the same rows. On PostgreSQL, as release build.
#
#   bash tests/bench/timers.sh [--rows N] [--due N] [--urgent N] [--facts N]
#   bash tests/bench/timers.sh --faults [--due N]      each timer once, whatever is killed, stopped or set wrong meanwhile
#
# 10 million rows need about 12 GB of disk and ten minutes on 2 cores.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=../lib.sh
source tests/lib.sh

# The folder of this run; PostgreSQL refuses to run as root.
DIR=$(mktemp -d "${TMPDIR:-/tmp}/gridline-timers-XXXXXX")
OWNER=(env)
if [ "$(id -u)" = 0 ]; then OWNER=(setpriv --reuid=postgres --regid=postgres --clear-groups); fi
as_owner() { "${OWNER[@]}" "$@"; }

stop() {
    as_owner "$PG_BIN_DIR/pg_ctl" -D "$DIR/data" -m immediate stop >/dev/null 2>&1 || true
    [ -z "${NATS_PID:-}" ] || kill "$NATS_PID" 2>/dev/null || true
    rm -rf "$DIR"
}

start_postgres() {
    if [ "$(id -u)" = 0 ]; then chown postgres "$DIR"; fi
    as_owner "$PG_BIN_DIR/initdb" -D "$DIR/data" -U test -A trust -E UTF8 --locale=C.UTF-8 --no-instructions >/dev/null
    as_owner "$PG_BIN_DIR/pg_ctl" -D "$DIR/data" -l "$DIR/log" -w start -o \
        "-k $DIR -c listen_addresses= -c shared_buffers=1GB -c max_wal_size=8GB -c maintenance_work_mem=512MB" >/dev/null
    "$PG_BIN_DIR/createdb" -h "$DIR" -U test timers
}

start_nats() {
    mkdir "$DIR/ports"
    printf 'listen: "127.0.0.1:-1"\nports_file_dir: "%s"\njetstream { store_dir: "%s", sync_interval: always }\n' \
        "$DIR/ports" "$DIR/store" >"$DIR/nats.conf"
    "$NATS_SERVER_BIN" -c "$DIR/nats.conf" >"$DIR/nats.log" 2>&1 &
    NATS_PID=$!
    until NATS=$(sed -n 's/.*"nats": *\["\([^"]*\)".*/\1/p' "$DIR"/ports/*.ports 2>/dev/null | grep .); do sleep 0.1; done
}

# Debian's libfaketime, which shows one process another time than the others.
need_faketime() {
    LIBFAKETIME=$(find_faketime) || {
        apt_install libfaketime libfaketime
        LIBFAKETIME=$(find_faketime) || die "libfaketime 不可用 / libfaketime is not to be had"
    }
    export LIBFAKETIME
}

find_faketime() { ls /usr/lib/*/faketime/libfaketimeMT.so.1 2>/dev/null | head -n 1 | grep .; }

main() {
    local programs=${PROGRAMS:-target/release}
    need_nats
    need_postgres
    get_python_client
    if [ -z "${PROGRAMS:-}" ]; then
        need_rust
        cargo build --release --quiet -p sla-watchdog -p ctl
    fi
    trap stop EXIT
    start_postgres
    start_nats
    "$programs/gridline" provision --nats "$NATS" >/dev/null
    local script=timers.py
    if [ "${1:-}" = --faults ]; then
        script=timers_faults.py
        shift
        need_faketime
        export PG_CTL="${OWNER[*]} $PG_BIN_DIR/pg_ctl -D $DIR/data -l $DIR/log -w"
    fi
    "$CLIENT_PYTHON" "tests/bench/$script" --nats "$NATS" --socket "$DIR" --psql "$PG_BIN_DIR/psql" \
        --watchdog "$programs/sla-watchdog" "$@"
}

main "$@"
