# shellcheck shell=sh
# ./dev bench peers: other sync engines do the work of our benchmarks, on the same machine, in the same
# run. Their packages are installed into the cache, by the lock file, without running their scripts.

# What ours are compared with.
PEER_ROWS="initial-sync reconnect push relay fan-out server-memory client-memory"

bench_peers() {
    have node && [ "$(node -p 'process.versions.node.split(".")[0]')" -ge 20 ] ||
        die "./dev bench peers needs Node 20 or newer, with npm"
    have npm || die "./dev bench peers needs npm"
    PEERS=$CACHE/peers
    step "install the peers" install_peers
    # shellcheck disable=SC2086 # a list of names
    "$BIN/bench" $PEER_ROWS --json >"$PEERS/ours.json"
    set -- --ours "$PEERS/ours.json" "$@"
    node "$PEERS/run.mjs" "$@"
}

install_peers() {
    mkdir -p "$PEERS"
    rm -rf "$PEERS/src"
    cp -R tests/peers/. "$PEERS"
    cd "$PEERS"
    cmp -s package-lock.json installed-lock.json && return 0
    # Not `ci`: it wants optional packages of other systems in the lock file, which npm leaves out of it.
    npm install --no-save --ignore-scripts --no-fund --no-audit
    cp package-lock.json installed-lock.json
}
