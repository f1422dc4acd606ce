# shellcheck shell=bash
# Sourced after common.sh. Starting, knowing and stopping the processes of this checkout.
# var/run/NAME.pid holds the process id, var/run/NAME.cmd its command line: a process is ours only if both fit,
# so that a process id that the system gave to somebody else is never signalled.

RUN=$ROOT/var/run
LOGS=$ROOT/var/log
# shellcheck disable=SC2034  # read by the scripts
SERVICES="intake classification dispatch sla-watchdog hotline-bridge console"

# launch NAME COMMAND…: in the background, free of this terminal, log in var/log/NAME.log.
launch() {
    local name=$1
    shift
    printf '%s' "$*" >"$RUN/$name.cmd"
    # 9 is the lock of up.sh: a process that outlives it must not hold it
    setsid "$@" >>"$LOGS/$name.log" 2>&1 </dev/null 9>&- &
    printf '%s\n' "$!" >"$RUN/$name.pid"
    # until it is the program and no longer the shell that becomes it
    until runs "$name" || ! kill -0 "$!" 2>/dev/null; do sleep 0.02; done
}

# runs NAME: is it ours and alive?
runs() {
    local pid
    pid=$(cat "$RUN/$1.pid" 2>/dev/null) && [ -n "$pid" ] || return 1
    [ "$(tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" | sed 's/ $//')" = "$(cat "$RUN/$1.cmd" 2>/dev/null)" ]
}

# started: the names of all that was started from here and still runs, one a line.
started() {
    local file name
    for file in "$RUN"/*.pid; do
        [ -e "$file" ] || continue
        name=$(basename "$file" .pid)
        if runs "$name"; then printf '%s\n' "$name"; fi
    done
}

# stop NAME…: SIGTERM to all, 40 s for work in hand, then SIGKILL.
stop() {
    local name deadline=$((SECONDS + 40))
    for name in "$@"; do
        if runs "$name"; then kill -TERM "$(cat "$RUN/$name.pid")" 2>/dev/null || true; fi
    done
    for name in "$@"; do
        while runs "$name"; do
            if [ "$SECONDS" -ge "$deadline" ]; then
                say "  $name 未在时限内结束，强制停止 / $name did not end in time and is killed"
                kill -KILL "$(cat "$RUN/$name.pid")" 2>/dev/null || true
            fi
            sleep 0.1
        done
        rm -f "$RUN/$name.pid" "$RUN/$name.cmd"
    done
}

# answers PORT PATH: does something on loopback answer 200? (curl is not everywhere.)
answers() {
    local line
    line=$( { exec 3<>"/dev/tcp/127.0.0.1/$1" && printf 'GET %s HTTP/1.0\r\nHost: localhost\r\n\r\n' "$2" >&3 &&
        IFS= read -r -t 5 answer <&3 && printf '%s' "$answer"; } 2>/dev/null) || return 1
    [[ $line == *" 200 "* ]]
}

# taken PORT: does anything listen there?
taken() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# wait_for NAME PORT PATH SECONDS: until it answers; if it dies or takes too long, its log's tail is shown.
wait_for() {
    local deadline=$((SECONDS + $4))
    until answers "$2" "$3"; do
        if ! runs "$1"; then
            tail -n 15 "$LOGS/$1.log" >&2
            die "$1 已退出，日志见 / $1 ended, see var/log/$1.log"
        fi
        if [ "$SECONDS" -ge "$deadline" ]; then
            tail -n 15 "$LOGS/$1.log" >&2
            die "$1 在 $4 秒内未就绪，日志见 / $1 is not ready after $4 s, see var/log/$1.log"
        fi
        sleep 0.2
    done
}
