# shellcheck shell=bash
# shellcheck disable=SC2154  # NATS and INTAKE are set by up.sh
# Sourced after common.sh, processes.sh and clients.sh. Plays the sample reports with scripted departments and
# staff, all of them outside programs (tests/clients), so that there is something to see.

SAMPLE=$ROOT/deploy/sample/reports.jsonl

client() {
    local script=$1
    shift
    "$CLIENT_PYTHON" "$CLIENTS/$script.py" "$@"
}

# play_sample LEFT: all reports; the last LEFT of them are left open, some in each state.
play_sample() {
    local total closed open=$1
    total=$(grep -c . "$SAMPLE")
    [ "$open" -le "$total" ] || open=$total
    closed=$((total - open))
    step "演示 $total 件诉求：一半走 NATS，一半走 HTTP（约 20 秒） / playing $total reports, half over NATS, half over HTTP, about 20 s"
    play_closed "$closed" || return 1
    if [ "$open" -gt 0 ]; then
        step "再交 $open 件，停在各个环节（约 25 秒） / $open more that stay open in different states, about 25 s"
        leave_open "$closed" "$total"
    fi
    client progress --nats "$NATS" --settle 1 --quiet | sed 's/^/        /'
    touch "$ROOT/var/sample.played"
}

# The first N reports, to the end.
play_closed() {
    local over_nats outcome=0
    [ "$1" -gt 0 ] || return 0
    if [ -n "$CLIENT_NODE" ]; then
        launch client-departments-node "$CLIENT_NODE" "$CLIENTS/departments.mjs" --nats "$NATS" --units D01..D12
        launch client-departments "$CLIENT_PYTHON" "$CLIENTS/departments.py" --nats "$NATS" --units 'D13..D99,TOWN-*,GRID-*'
    else
        launch client-departments "$CLIENT_PYTHON" "$CLIENTS/departments.py" --nats "$NATS"
    fi
    launch client-staff "$CLIENT_PYTHON" "$CLIENTS/staff.py" --nats "$NATS"
    client source --nats "$NATS" --part 1/2 --to "$1" "$SAMPLE" >"$LOGS/client-source-nats.log" 2>&1 &
    over_nats=$!
    client source --http "$INTAKE" --source web --part 2/2 --to "$1" "$SAMPLE" >"$LOGS/client-source-http.log" 2>&1 || outcome=1
    wait "$over_nats" || outcome=1
    client progress --nats "$NATS" --closed "$1" --timeout 300 >/dev/null || outcome=1
    # the last copies are read, too
    sleep 1
    stop client-departments-node client-departments client-staff
    cat "$LOGS"/client-source-*.log
    tail -q -n 1 "$LOGS"/client-departments*.log "$LOGS/client-staff.log"
    return "$outcome"
}

# Reports FROM to TO in five groups; each is played a step less far than the one before, so that a later group's
# helpers do not finish an earlier one's work. The last is not played at all.
leave_open() {
    local from=$1 size=$(($2 - $1))
    group 0 "" "callback"
    group 1 "check" "check,callback"
    group 2 "check" "rule,check,callback" --returns 1
    group 3 "report,check" "rule,check,callback"
    submit_group 4
}

# submit_group NUMBER: a fifth of `size` reports, beginning at `from`.
submit_group() {
    client source --nats "$NATS" --source hotline-12345 --from $((from + size * $1 / 5)) --to $((from + size * ($1 + 1) / 5)) \
        "$SAMPLE" >>"$LOGS/client-source-nats.log" 2>&1
}

# group NUMBER SKIPPED_BY_UNITS SKIPPED_BY_CENTRE [OPTION…]: submits a group and plays it until nothing moves.
group() {
    local units_skip=$2 centre_skip=$3 departments
    submit_group "$1"
    shift 3
    client departments --nats "$NATS" --skip "$units_skip" --until-idle 3 "$@" >>"$LOGS/client-departments.log" 2>&1 &
    departments=$!
    client staff --nats "$NATS" --skip "$centre_skip" --until-idle 3 >>"$LOGS/client-staff.log" 2>&1
    wait "$departments"
}
