# shellcheck shell=sh
# ./dev test: everything CI runs, cheapest first. The tests come last, so that the last line is
# their own summary.

# Three and a half minutes on two processors, and one and a half to build it optimised: a development build takes seven.
SIM_SEEDS=500

cmd_test() {
    setup_native
    setup_lints
    setup_wasm
    setup_server
    setup_desktop
    setup_stories
    say "  ok      setup"
    check_steps
    step "build everything" native_build --workspace --bins
    keep_binaries debug unison-server unison-device unison-desktop
    step "build the tests" native nextest run --workspace --no-run
    web_bundle
    step "documentation tests" native test --workspace --doc
    story_environment
    step "build the simulation" native_build --package e2e --no-default-features --bin sim --profile sim
    keep_binaries sim sim
    step "simulation, $SIM_SEEDS seeds" "$BIN/sim" --seeds "$SIM_SEEDS"
    TAIL_LINES=150
    attempt "tests: units, properties, PostgreSQL, browser and desktop stories" all_tests
    # The test runner's own last word, last.
    if [ "$STEP_STATUS" -ne 0 ]; then
        (step_failed) || :
    fi
    say ""
    grep 'Summary \[' "$STEP_LOG" | tail -n 1 >&2
    [ "$STEP_STATUS" -eq 0 ] || exit 1
}

# What the stories in tests/ need to know about this build and this machine.
story_environment() {
    export UNISON_WEB_BUNDLE="$BUNDLE"
    export UNISON_SERVER_BIN="$BIN/unison-server"
    export UNISON_DEVICE_BIN="$BIN/unison-device"
    export UNISON_DESKTOP_BIN="$BIN/unison-desktop"
    UNISON_TAURI_DRIVER=$(first_of tauri-driver)
    export UNISON_TAURI_DRIVER
    export UNISON_CHROME="${CHROME:-}" UNISON_CHROMEDRIVER="${CHROMEDRIVER:-}"
    export UNISON_ARTIFACTS="${UNISON_ARTIFACTS:-$CACHE/artifacts}"
    # Below /tmp, which the postgres user may enter.
    export UNISON_TEST_PG_DIR="${UNISON_TEST_PG_DIR:-${TMPDIR:-/tmp}/unison-test-pg-$(id -u)}"
    if [ -z "${UNISON_DEMO_DATA:-}" ] && [ -d "$ROOT/../shared/data/inventree-demo" ]; then
        UNISON_DEMO_DATA=$(cd "$ROOT/../shared/data/inventree-demo" && pwd -P)
        export UNISON_DEMO_DATA
    fi
    mkdir -p "$UNISON_ARTIFACTS"
}

# The whole workspace in one run, under a display and a session bus for the desktop story.
all_tests() {
    set -- nextest run --workspace --no-fail-fast --final-status-level slow
    # Tests whose name says that they read the demo data count as skipped where it is absent.
    [ -n "${UNISON_DEMO_DATA:-}" ] || set -- "$@" --filterset 'not test(demo_data)'
    # A snapshot that differs fails; nothing is written into the clone.
    export INSTA_UPDATE=no
    export RUSTC_WORKSPACE_WRAPPER="$CLONE/rustc" WEBKIT_DISABLE_COMPOSITING_MODE=1 GDK_BACKEND=x11
    dbus-run-session -- xvfb-run --auto-servernum --server-args '-screen 0 1280x800x24' cargo "$@"
}
