# shellcheck shell=bash
# Sourced by tests/run.sh and tests/bench/run.sh from the root of the checkout: what tests need on a machine.
#
#   need_nats       exports NATS_SERVER_BIN
#   need_postgres   exports PG_BIN_DIR
#   need_clients    exports CLIENT_PYTHON and CLIENT_NODE (empty: there is no Node)

ROOT=${ROOT:-$PWD}
# shellcheck source=../deploy/lib/common.sh
. "$ROOT/deploy/lib/common.sh"
# shellcheck source=../deploy/lib/nats.sh
. "$ROOT/deploy/lib/nats.sh"
# shellcheck source=../deploy/lib/clients.sh
. "$ROOT/deploy/lib/clients.sh"

POSTGRES_OLDEST=15

need_nats() { get_nats_server; }

need_clients() {
    get_python_client
    get_node_client
}

need_postgres() {
    if [ -z "${PG_BIN_DIR:-}" ] && ! PG_BIN_DIR=$(newest_postgres); then
        install_postgres
        PG_BIN_DIR=$(newest_postgres) || die "PostgreSQL $POSTGRES_OLDEST 或更新版本不可用 / PostgreSQL $POSTGRES_OLDEST or newer is not to be had"
    fi
    export PG_BIN_DIR
}

newest_postgres() {
    local dir newest=""
    for dir in $(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V); do
        if [ -x "$dir/initdb" ] && [ "$(basename "$(dirname "$dir")")" -ge "$POSTGRES_OLDEST" ]; then newest=$dir; fi
    done
    [ -n "$newest" ] && printf '%s\n' "$newest"
}

# Debian would make and start a cluster of the system; the tests run private ones and want the programs only.
install_postgres() {
    if ! [ -e /etc/postgresql-common/createcluster.conf ]; then
        as_root mkdir -p /etc/postgresql-common
        echo 'create_main_cluster = false' | as_root tee /etc/postgresql-common/createcluster.conf >/dev/null
    fi
    apt_install PostgreSQL postgresql
}
