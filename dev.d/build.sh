# shellcheck shell=sh
# Cargo, in the two target directories of the cache.

# Clones share the cache, and cargo tells the crates of two clones apart only by the time stamps of
# their files. Artifacts made under another workspace wrapper get other names, so each clone has
# wrappers of its own: what this clone builds is never mistaken for what another one built.
clone_wrappers() {
    CLONE=$CACHE/clones/$(printf '%s' "$ROOT" | sha256sum | cut -c 1-12)
    BIN=$CLONE/bin
    mkdir -p "$CLONE"
    write_wrapper rustc 'exec "$@"'
    # shellcheck disable=SC2016 # expanded by the wrapper
    write_wrapper clippy 'exec "${CLIPPY_DRIVER:-clippy-driver}" "$@" -D warnings'
}

write_wrapper() {
    wrapper=$CLONE/$1
    [ -x "$wrapper" ] && return 0
    printf '#!/bin/sh\n%s\n' "$2" >"$wrapper.$$"
    chmod +x "$wrapper.$$"
    mv "$wrapper.$$" "$wrapper"
}

native() {
    RUSTC_WORKSPACE_WRAPPER=$CLONE/rustc cargo "$@"
}

native_build() {
    native build "$@"
}

# wasm WRAPPER COMMAND arguments…: cargo for the browser, with the Rust that setup_wasm found.
wasm() {
    export RUSTC_WORKSPACE_WRAPPER="$CLONE/$1" CARGO_TARGET_DIR="$CACHE/target-wasm"
    subcommand=$2
    shift 2
    wasm_linker
    if [ -n "$WASM_RUST" ]; then
        export RUSTC="$WASM_RUST/rustc" CLIPPY_DRIVER="$WASM_RUST/clippy-driver"
    fi
    if [ -n "$WASM_BUILD_STD" ]; then
        # Building the library is not yet a stable feature.
        export RUSTC_BOOTSTRAP=1
        set -- "$WASM_BUILD_STD" "$@"
    fi
    "${WASM_RUST:+$WASM_RUST/}cargo" "$subcommand" --target wasm32-unknown-unknown "$@"
}

# The distributions' compilers come without a linker for the browser: rustup's or LLVM's own does it.
wasm_linker() {
    [ -z "$(bundled_linker "$WASM_RUST")" ] || return 0
    linker=$(bundled_linker '')
    if [ -z "$linker" ]; then
        linker=$(command -v wasm-ld)
        export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS=-Clinker-flavor=wasm-ld
    fi
    export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER="$linker"
}

bundled_linker() {
    find "$("${1:+$1/}rustc" --print sysroot)/lib/rustlib" -name rust-lld 2>/dev/null | head -n 1
}

# inputs DIRECTORY PATH…: one hash over the files and the compiler in that directory (empty: on PATH).
inputs() {
    compiler=${1:+$1/}rustc
    shift
    {
        "$compiler" --version --verbose
        find Cargo.toml Cargo.lock .cargo dev.d/build.sh "$@" -type f -print0 |
            LC_ALL=C sort -z | xargs -0 sha256sum
    } | sha256sum | cut -c 1-16
}

# --- the web bundle ----------------------------------------------------------------------------

# Sets BUNDLE, and builds it unless the same inputs were built before.
web_bundle() {
    BUNDLE=$CACHE/web/$(inputs "$WASM_RUST" shared-model desktop-app/replica desktop-app/ui xtask icons)
    if [ -f "$BUNDLE/bundle.json" ]; then
        touch "$BUNDLE"
        return 0
    fi
    step "compile screens and worker for the browser" \
        wasm rustc build --profile web --package ui --package replica --bins
    step "web bundle" make_bundle
    # The newest bundles stay: servers that still run serve from them.
    forget_all_but 5 "$CACHE/web"
}

make_bundle() {
    mkdir -p "$CACHE/web"
    native run --package xtask -- web --target-dir "$CACHE/target-wasm" --out "$BUNDLE"
    sed -n '/"total"/,/}/p' "$BUNDLE/bundle.json"
}

# --- binaries that others start ----------------------------------------------------------------

# keep_binaries PROFILE name…: copies to BIN, which no build of another clone replaces.
keep_binaries() {
    profile=$1
    shift
    mkdir -p "$BIN"
    for name in "$@"; do
        rm -f "$BIN/$name.inputs"
        cp "$CARGO_TARGET_DIR/$profile/$name" "$BIN/$name.$$"
        mv "$BIN/$name.$$" "$BIN/$name"
    done
}

# Even asking cargo takes a while when another build is running; the same inputs need no asking.
server_binary() {
    server_inputs=$(inputs '' shared-model sync-server migrations .sqlx)
    if [ -x "$BIN/unison-server" ] && [ "$(cat "$BIN/unison-server.inputs" 2>/dev/null)" = "$server_inputs" ]; then
        return 0
    fi
    step "build the server" native_build --package sync-server --bin unison-server
    keep_binaries debug unison-server
    echo "$server_inputs" >"$BIN/unison-server.inputs"
}

release_binaries() {
    BIN=$CLONE/release
    step "build with optimisation" native_build --release --package sync-server --package device --package e2e --bins
    keep_binaries release unison-server unison-device bench
}

# --- checks ------------------------------------------------------------------------------------

check_steps() {
    step "format" cargo fmt --all --check -- --color never
    setup_desktop
    step "clippy, native" clippy_native
    step "clippy, browser" clippy_wasm
}

clippy_native() {
    RUSTC_WORKSPACE_WRAPPER=$CLONE/clippy cargo check --workspace --all-targets
}

clippy_wasm() {
    wasm clippy check --package shared-model --package ui --package replica
}
