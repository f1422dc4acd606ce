#!/usr/bin/env bash
# Stops what deploy/up.sh started here, and nothing else.
#
#   bash deploy/down.sh            停止，数据保留 / stops; the data stay
#   bash deploy/down.sh --purge    同时删除 var/ 中的数据和日志 / removes data and logs, too
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=lib/common.sh
. "$ROOT/deploy/lib/common.sh"
# shellcheck source=lib/processes.sh
. "$ROOT/deploy/lib/processes.sh"

case ${1:-} in
    "" | --purge) ;;
    *)
        sed -n 's/^#   //p' "${BASH_SOURCE[0]}"
        exit 2
        ;;
esac

names=$(started)
if [ -z "$names" ]; then
    say "没有在运行的服务 / nothing runs"
else
    step "停止（约 5 秒） / stopping, about 5 s: $(echo "$names" | tr '\n' ' ')"
    # first those that need the broker to drain, then the broker
    # shellcheck disable=SC2046
    stop $(echo "$names" | grep -v '^nats$' || true)
    stop nats
fi
rm -f "$RUN/addresses"
if [ "${1:-}" = --purge ]; then
    # what was fetched stays: bin, venv
    rm -rf "$ROOT/var/nats" "$LOGS" "$RUN" "$ROOT"/var/*.db "$ROOT"/var/*.db-* "$ROOT/var/sample.played" "$ROOT/var/env"
    say "数据已删除 / the data are removed"
fi
