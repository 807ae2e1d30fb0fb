# shellcheck shell=sh
# Long steps: each has a name, shows that it is alive, writes a log, and says why it failed.

LOGS=$CACHE/logs
TICKER=''
TAIL_LINES=40

say() {
    printf '%s\n' "$*" >&2
}

die() {
    say "$*"
    exit 1
}

# Starts the logs of one run of ./dev and forgets those of long ago.
start_run() {
    RUN_LOGS=$LOGS/$(date +%Y%m%d-%H%M%S)-$1-$$
    STEPS=0
    mkdir -p "$RUN_LOGS"
    forget_all_but 30 "$LOGS"
    trap 'interrupted 130' INT
    trap 'interrupted 143' TERM HUP
    trap 'stop_ticker' EXIT
}

# forget_all_but N DIRECTORY: removes all entries but the N that changed last.
forget_all_but() {
    # shellcheck disable=SC2012 # the names are ours and have no odd characters
    ls -t "$2" | tail -n "+$(($1 + 1))" | while read -r old; do
        rm -rf "${2:?}/$old"
    done
}

interrupted() {
    trap '' INT TERM HUP
    stop_ticker
    say "stopped"
    exit "$1"
}

# step "name" command arguments…
# Runs the command with its output in a log. On failure: the end of the log, then exit 1.
step() {
    attempt "$@"
    [ "$STEP_STATUS" -eq 0 ] || step_failed
}

step_failed() {
    say ""
    say "The end of its log:"
    tail -n "$TAIL_LINES" "$STEP_LOG" >&2
    say ""
    die "FAILED: step \"$STEP_NAME\" after $STEP_SECONDS s (exit $STEP_STATUS). Log: $STEP_LOG"
}

# Like step, for a command that may fail: sets STEP_STATUS. Never call it as a condition, which
# would switch off `set -e` inside the command where that is a function.
attempt() {
    STEP_NAME=$1
    shift
    STEPS=$((STEPS + 1))
    STEP_LOG=$RUN_LOGS/$(printf '%02d' "$STEPS")-$(printf '%s' "$STEP_NAME" | tr -cs 'a-zA-Z0-9' '-' | cut -c 1-40).log
    STEP_START=$(date +%s)
    : >"$STEP_LOG"
    ticker &
    TICKER=$!
    set +e
    # In the foreground, so that Ctrl-C reaches the command itself.
    (
        set -e
        "$@"
    ) >"$STEP_LOG" 2>&1 </dev/null
    STEP_STATUS=$?
    set -e
    stop_ticker
    STEP_SECONDS=$(($(date +%s) - STEP_START))
    case $STEP_STATUS in
        0) say "  ok      $STEP_NAME ($STEP_SECONDS s)" ;;
        # A command that Ctrl-C ended is not a failed step.
        130) interrupted 130 ;;
        *) say "  failed  $STEP_NAME ($STEP_SECONDS s)" ;;
    esac
}

# On a terminal a line that moves, elsewhere a line every half minute.
ticker() {
    while sleep 1 && kill -0 $$ 2>/dev/null; do
        seconds=$(($(date +%s) - STEP_START))
        if [ -t 2 ]; then
            printf '\r\033[K  ...     %s (%s s)  %s' "$STEP_NAME" "$seconds" "$(last_line)" >&2
        elif [ "$seconds" -ge "${next_beat:=30}" ]; then
            next_beat=$((next_beat + 30))
            say "  ...     $STEP_NAME ($seconds s)  $(last_line)"
        fi
    done
}

last_line() {
    tail -n 1 "$STEP_LOG" | tr -d '\000-\037' | cut -c 1-60
}

stop_ticker() {
    [ -n "$TICKER" ] || return 0
    # Not TERM: in the first instant of its life it would be taken by the handler of its parent.
    kill -KILL "$TICKER" 2>/dev/null || :
    wait "$TICKER" 2>/dev/null || :
    TICKER=''
    if [ -t 2 ]; then
        printf '\r\033[K' >&2
    fi
}
