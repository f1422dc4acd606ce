# shellcheck shell=bash
# Sourced by the scripts of deploy/ and tests/: messages, and packages of the system.
# ROOT is the checkout; everything that is fetched or written lies under ROOT/var, which git ignores.

say() { printf '%s\n' "$*"; }

# A step that takes a while: what, and how long it usually takes. In brackets the seconds since the start.
step() { printf '[%3d s] %s\n' "$SECONDS" "$*"; }

die() {
    printf '错误 / error: %s\n' "$*" >&2
    exit 1
}

have() { command -v "$1" >/dev/null 2>&1; }

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif have sudo; then
        sudo "$@"
    else
        die "需要 root 或 sudo 才能执行 / root or sudo is needed to run: $*"
    fi
}

# apt_install WHY PACKAGE…: Debian's packages; the log is shown only if it fails.
apt_install() {
    local why=$1 log
    shift
    have apt-get || die "$why：请先安装 / please install first: $*"
    step "安装系统软件包（$why，约 10–60 秒） / installing $* for $why, 10-60 s"
    log=$(mktemp)
    if ! as_root env DEBIAN_FRONTEND=noninteractive sh -c '
        apt-get update -qq && apt-get install -y -qq --no-install-recommends "$@"' sh "$@" >"$log" 2>&1; then
        tail -n 20 "$log" >&2
        rm -f "$log"
        die "无法安装 / these packages can't be installed: $*"
    fi
    rm -f "$log"
}

# Rust itself is the reader's choice; the C compiler that it links with is not worth a question.
need_rust() {
    if ! have cargo && [ -x "$HOME/.cargo/bin/cargo" ]; then
        PATH=$HOME/.cargo/bin:$PATH
    fi
    have cargo || die "没有 Rust；请用 rustup 安装 1.94 或更新版本 / no Rust; install 1.94 or newer with rustup"
    have cc || apt_install "C 编译器 / C compiler" gcc libc6-dev
}

need_python() {
    have python3 || apt_install Python python3
    python3 -m pip --version >/dev/null 2>&1 || apt_install pip python3-pip
}

# sha256_is FILE SUM
sha256_is() { printf '%s  %s\n' "$2" "$1" | sha256sum --check --status; }
