# shellcheck shell=sh
# What the machine must have: system packages, Rust, the browser target, test tools.
# Each setup_… function does nothing, quickly, when all of it is there.

# The oldest Rust that the dependencies accept, and the one to install where there is none.
RUST_MIN=1.94
RUST_INSTALL=1.95.0
NEXTEST_VERSION=0.9.143
TAURI_DRIVER_VERSION=2.1.0

TOOLS=$CACHE/tools
PATH=$PATH:$TOOLS/bin

have() {
    command -v "$1" >/dev/null 2>&1
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    else
        sudo "$@"
    fi
}

# --- system packages ---------------------------------------------------------------------------

# need "what for" "command to look for where there is no apt" package…
need() {
    purpose=$1 commands=$2
    shift 2
    if have dpkg-query && have apt-get; then
        missing=$(missing_packages "$@")
        [ -n "$missing" ] || return 0
        if [ "$(id -u)" -ne 0 ]; then
            have sudo || die "To $purpose, install as root: apt-get install$missing"
            # Asks for the password before the output goes to a log.
            sudo -v || die "To $purpose, install as root: apt-get install$missing"
        fi
        update_package_lists
        # shellcheck disable=SC2086 # a list of package names
        step "install$missing" apt_install $missing
        return 0
    fi
    for command_name in $commands; do
        PATH=$PATH:/usr/sbin:/sbin have "$command_name" || die "\
This machine has no apt. To $purpose, install with its own package manager what Debian calls
  $*
(\"$command_name\" was not found) and run ./dev again."
    done
}

missing_packages() {
    installed=$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' "$@" 2>/dev/null |
        sed -n 's/ installed$//p' | tr '\n' ' ') || :
    for package in "$@"; do
        case " $installed" in
            *" $package "*) ;;
            *) printf ' %s' "$package" ;;
        esac
    done
}

# Once per run, and only when something is missing.
update_package_lists() {
    [ -z "${LISTS_UPDATED:-}" ] || return 0
    LISTS_UPDATED=yes
    # A broken third-party source must not stop what the distribution itself can deliver.
    attempt "update the package lists" as_root apt-get update
}

apt_install() {
    case " $* " in
        *" postgresql "*) no_default_cluster ;;
    esac
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"
}

# Only the binaries are wanted: the server runs a cluster of its own, so Debian need not start one.
no_default_cluster() {
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends postgresql-common
    as_root sed -i 's/^#create_main_cluster = true/create_main_cluster = false/' \
        /etc/postgresql-common/createcluster.conf
}

setup_native() {
    # The encrypted files of a device use OpenSSL's libcrypto.
    need "build" "cc git curl pkg-config" build-essential ca-certificates curl git pkg-config libssl-dev
    setup_rust
    clone_wrappers
}

setup_server() {
    # Debian keeps the server's binaries out of PATH; the package is what counts there.
    need "run PostgreSQL" "initdb postgres" postgresql
}

setup_desktop() {
    need "build the desktop application" "pkg-config" \
        libwebkit2gtk-4.1-dev libxdo-dev librsvg2-dev libayatana-appindicator3-dev
}

setup_stories() {
    need "drive the desktop application" "WebKitWebDriver xvfb-run dbus-run-session" \
        webkit2gtk-driver xvfb xauth dbus fonts-dejavu-core
    need "keep a key in a keychain" "gnome-keyring-daemon dbus-daemon dbus-send" gnome-keyring dbus
    need "let two servers tell each other what is new" "nats-server" nats-server
    setup_browser
    setup_cargo_tool cargo-nextest "$NEXTEST_VERSION"
    setup_cargo_tool tauri-driver "$TAURI_DRIVER_VERSION"
}

# --- Rust --------------------------------------------------------------------------------------

setup_rust() {
    for directory in "" "${CARGO_HOME:-$HOME/.cargo}/bin" /usr/bin /usr/lib/rust-*/bin; do
        if recent_rust "$directory"; then
            [ -z "$directory" ] || PATH=$directory:$PATH
            return 0
        fi
    done
    attempt "install Rust $RUST_INSTALL with rustup" rustup_install
    if [ "$STEP_STATUS" -eq 0 ]; then
        PATH=${CARGO_HOME:-$HOME/.cargo}/bin:$PATH
    elif distribution_rust; then
        say "          rustup's server cannot be reached: taking the distribution's Rust"
        # shellcheck disable=SC2086 # lists of package names
        need "build" cargo $DISTRIBUTION_RUST
        PATH=$DISTRIBUTION_BIN:$PATH
    fi
    recent_rust '' || die "\
Rust $RUST_MIN or newer is needed, and neither rustup's server nor this distribution delivers it.
Install it from https://rustup.rs and run ./dev again."
}

# recent_rust DIRECTORY: whether the cargo and rustc there (empty: on PATH) are new enough.
recent_rust() {
    for tool in cargo rustc; do
        version=$("${1:+$1/}$tool" --version 2>/dev/null | cut -d ' ' -f 2) || return 1
        at_least "$version" "$RUST_MIN" || return 1
    done
}

at_least() {
    [ -n "$1" ] && [ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n 1)" = "$2" ]
}

rustup_install() {
    script=$(mktemp)
    curl --proto '=https' --tlsv1.2 --connect-timeout 20 --max-time 60 -fsSL https://sh.rustup.rs -o "$script"
    sh "$script" -y --no-modify-path --profile minimal --component clippy,rustfmt \
        --default-toolchain "$RUST_INSTALL"
    rm -f "$script"
}

# Sets the package names of the distribution's Rust and where its binaries are. Debian has one
# recent Rust, for its browsers, and the source of its library; Ubuntu has several side by side, and
# the library for the browser ready made.
distribution_rust() {
    have apt-cache || return 1
    update_package_lists
    if has_candidate cargo-web; then
        DISTRIBUTION_BIN=/usr/bin
        DISTRIBUTION_RUST="cargo-web rustc-web"
        DISTRIBUTION_LINTS="rust-web-clippy rustfmt-web"
        DISTRIBUTION_WASM=rust-web-src
    else
        newest=$(apt-cache search --names-only '^rustc-1[.][0-9]+$' | cut -d ' ' -f 1 | sort -V | tail -n 1)
        newest=${newest#rustc-}
        at_least "$newest" "$RUST_MIN" || return 1
        DISTRIBUTION_BIN=/usr/lib/rust-$newest/bin
        DISTRIBUTION_RUST="cargo-$newest rustc-$newest"
        DISTRIBUTION_LINTS="rust-$newest-clippy rustfmt-$newest"
        DISTRIBUTION_WASM=libstd-rust-$newest-dev-wasm32
    fi
}

has_candidate() {
    have apt-cache && apt-cache policy "$1" 2>/dev/null | grep -q 'Candidate: [0-9]'
}

setup_lints() {
    if cargo fmt --version >/dev/null 2>&1 && clippy-driver --version >/dev/null 2>&1; then
        return 0
    fi
    if have rustup; then
        step "add clippy and rustfmt" rustup component add clippy rustfmt
    else
        distribution_rust || die "clippy and rustfmt are missing; install them beside $(command -v cargo)"
        # shellcheck disable=SC2086 # a list of package names
        need "check" "rustfmt clippy-driver" $DISTRIBUTION_LINTS
    fi
}

# --- the browser target ------------------------------------------------------------------------
# The compiler needs the library for the browser: rustup has it ready made; where rustup's server is
# out of reach, the distribution's compiler comes with it, or with its source.
#
# Sets WASM_RUST (the directory of that cargo and rustc; empty: on PATH) and WASM_BUILD_STD.

setup_wasm() {
    # SQLite is C.
    need "build for the browser" "clang llvm-ar" clang lld llvm
    WASM_RUST='' WASM_BUILD_STD=''
    if [ "${UNISON_WASM:-}" != distribution ]; then
        ! ready_made '' || return 0
        # Asking a server that cannot be reached takes long; it is done once.
        if have rustup && [ ! -f "$CACHE/wasm-from-distribution" ]; then
            attempt "add the browser target with rustup" timeout 300 rustup target add wasm32-unknown-unknown
            ! ready_made '' || return 0
        fi
    fi
    wasm_from_distribution
}

ready_made() {
    [ -d "$("${1:+$1/}rustc" --print sysroot)/lib/rustlib/wasm32-unknown-unknown/lib" ]
}

wasm_from_distribution() {
    if ! remembered_distribution; then
        distribution_rust || die "\
The library for the browser is missing: neither rustup's server nor this distribution delivers it.
With rustup: rustup target add wasm32-unknown-unknown
On Debian 12: enable the security suite, which has rustc-web and rust-web-src."
        # shellcheck disable=SC2086 # lists of package names
        need "build for the browser" "" $DISTRIBUTION_RUST $DISTRIBUTION_LINTS $DISTRIBUTION_WASM
        mkdir -p "$CACHE"
        echo "$DISTRIBUTION_BIN" >"$CACHE/wasm-from-distribution"
    fi
    WASM_RUST=$(cat "$CACHE/wasm-from-distribution")
    ready_made "$WASM_RUST" || WASM_BUILD_STD=-Zbuild-std=std,panic_abort
}

remembered_distribution() {
    [ -f "$CACHE/wasm-from-distribution" ] && recent_rust "$(cat "$CACHE/wasm-from-distribution")"
}

# --- tools -------------------------------------------------------------------------------------

# setup_cargo_tool NAME VERSION: built once, into the cache.
setup_cargo_tool() {
    have "$1" || step "build $1 $2" env CARGO_TARGET_DIR="$CACHE/target-tools" \
        cargo install --locked --root "$TOOLS" --version "$2" "$1"
    rm -rf "$CACHE/target-tools"
}

# Sets CHROME and CHROMEDRIVER.
setup_browser() {
    ! find_browser || return 0
    if has_candidate chromium && has_candidate chromium-driver; then
        need "run the browser stories" "" chromium chromium-driver
    elif has_candidate libasound2t64; then
        # Ubuntu has Chromium only as a snap, which may not see the directories of the stories.
        need "run the browser stories" "" unzip libnss3 libgbm1 libasound2t64 libatk-bridge2.0-0t64 \
            libcups2t64 libxkbcommon0 libxcomposite1 libxdamage1 libxfixes3 libxrandr2
        attempt "download Chrome for Testing" download_chrome
    fi
    find_browser || die "\
The browser stories need Chromium or Chrome and the chromedriver of the same version.
Install both, or name them with UNISON_CHROME and UNISON_CHROMEDRIVER."
}

# From the addresses that https://googlechromelabs.github.io/chrome-for-testing documents.
download_chrome() {
    version=$(curl -fsS --connect-timeout 20 \
        https://googlechromelabs.github.io/chrome-for-testing/LATEST_RELEASE_STABLE)
    mkdir -p "$TOOLS/bin"
    for name in chrome chromedriver; do
        curl -fsS --connect-timeout 20 -o "$TOOLS/$name.zip" \
            "https://storage.googleapis.com/chrome-for-testing-public/$version/linux64/$name-linux64.zip"
        unzip -q -o "$TOOLS/$name.zip" -d "$TOOLS"
        rm "$TOOLS/$name.zip"
        ln -sf "../$name-linux64/$name" "$TOOLS/bin/$name"
    done
}

find_browser() {
    CHROME=${UNISON_CHROME:-$(first_of chromium google-chrome google-chrome-stable chrome)}
    CHROMEDRIVER=${UNISON_CHROMEDRIVER:-$(first_of chromedriver)}
    [ -n "$CHROME" ] && [ -n "$CHROMEDRIVER" ]
}

first_of() {
    for candidate in "$@"; do
        if have "$candidate"; then
            command -v "$candidate"
            return 0
        fi
    done
}
