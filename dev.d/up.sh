# shellcheck shell=sh
# The server in the foreground of ./dev, and the desktop application beside it.

SERVER=''

up_options() {
    who=$1
    shift
    PORT=8080 DATA='' IMPORT='' SAMPLE=''
    while [ $# -gt 0 ]; do
        case $1 in
            --port) need_value "$@"; need_number "$1" "$2"; PORT=$2; shift ;;
            --data) need_value "$@"; DATA=$(from_caller "$2"); shift ;;
            --sample) SAMPLE=yes ;;
            --import) need_value "$@"; IMPORT=$(from_caller "$2"); shift ;;
            *) wrong_use "./dev $who does not know \"$1\"" ;;
        esac
        shift
    done
    [ -z "$IMPORT" ] || [ -z "$SAMPLE" ] || wrong_use "--sample and --import exclude each other"
    [ -z "$IMPORT" ] || [ -d "$IMPORT" ] || wrong_use "there is no directory $IMPORT"
}

# A path as the caller meant it, who may stand in another directory.
from_caller() {
    case $1 in
        /*) printf '%s' "$1" ;;
        *) printf '%s' "$CALLER/$1" ;;
    esac
}

cmd_up() {
    up_options up "$@"
    setup_native
    setup_wasm
    setup_server
    server_binary
    web_bundle
    start_server
    trap 'stop_server; exit 0' INT TERM HUP
    wait_for_server
}

# The server prints where it is ready and how to sign in; its log goes to a file.
start_server() {
    SERVER_LOG=$RUN_LOGS/server.log
    set -- serve --port "$PORT" --web "$BUNDLE"
    [ -z "$DATA" ] || set -- "$@" --data "$DATA"
    if [ -n "$IMPORT" ]; then
        set -- "$@" --import "$IMPORT"
    else
        set -- "$@" --sample
    fi
    # In a session of its own, so that Ctrl-C reaches it once, from us; and told to end when this
    # script is killed and can say nothing any more.
    setsid setpriv --pdeathsig TERM "$BIN/unison-server" "$@" 2>"$SERVER_LOG" </dev/null &
    SERVER=$!
}

wait_for_server() {
    status=0
    wait "$SERVER" || status=$?
    [ "$status" -eq 0 ] && return 0
    tail -n "$TAIL_LINES" "$SERVER_LOG" >&2
    die "FAILED: the server ended (exit $status). Log: $SERVER_LOG"
}

stop_server() {
    trap '' INT TERM HUP
    kill "$SERVER" 2>/dev/null || :
    status=0
    wait "$SERVER" || status=$?
    [ "$status" -eq 0 ] || die "the server did not end cleanly (exit $status). Log: $SERVER_LOG"
    say "stopped"
}

# The window on the server of this machine: on the one that runs already, or on one of its own that
# ends with it.
desktop() {
    step "build the desktop application" native_build --package shell --bin unison-desktop
    keep_binaries debug unison-desktop
    if ! server_answers; then
        server_binary
        start_server
        trap 'stop_server; exit 0' INT TERM HUP
        until server_answers; do
            kill -0 "$SERVER" 2>/dev/null || wait_for_server
            sleep 1
        done
    fi
    status=0
    UNISON_WEB_BUNDLE="$BUNDLE" UNISON_SERVER_URL="http://127.0.0.1:$PORT" "$BIN/unison-desktop" || status=$?
    [ -z "$SERVER" ] || stop_server
    [ "$status" -eq 0 ] || die "FAILED: the desktop application ended (exit $status)"
}

server_answers() {
    curl --fail --silent --max-time 2 "http://127.0.0.1:$PORT/ready" >/dev/null
}
