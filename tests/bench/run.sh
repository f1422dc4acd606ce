#!/usr/bin/env bash
# Measures tickets end to end with release builds, on SQLite and PostgreSQL, beside the ceilings of the same run.
# bash tests/bench/run.sh [--tickets N] [--database sqlite|postgres|both] [--against FOLDER]
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=/dev/null
source tests/lib.sh
need_nats
need_postgres
echo "building release binaries (from cold about 10 minutes on 2 cores)"
cargo build --release --quiet --workspace --bins
exec target/release/gridline-bench "$@"
