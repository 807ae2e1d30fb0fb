# shellcheck shell=sh
# The answers of PostgreSQL to every query, so that a build needs no database. The query macros of
# sqlx write them themselves when they see a database and a directory; this gives them both.

cmd_prepare() {
    setup_native
    setup_server
    PREPARE_DIR=$(mktemp -d "${TMPDIR:-/tmp}/unison-prepare-XXXXXX")
    trap 'stop_ticker; remove_prepare_cluster' EXIT
    step "start a private PostgreSQL" start_prepare_cluster
    step "apply migrations" apply_migrations
    step "check queries" check_queries
    step "write .sqlx" replace_answers
    say "$(find .sqlx -name 'query-*.json' | wc -l) queries checked; commit .sqlx"
}

# Debian keeps them out of PATH, one directory for each version.
pg_binaries() {
    newest=$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
    if [ -x "$newest/initdb" ]; then
        echo "$newest"
    else
        dirname "$(command -v initdb)"
    fi
}

# PostgreSQL refuses to run as root.
as_postgres() {
    if [ "$(id -u)" -eq 0 ]; then
        # From a directory that the other user may enter.
        (cd / && runuser -u postgres -- "$@")
    else
        "$@"
    fi
}

start_prepare_cluster() {
    bin=$(pg_binaries)
    [ "$(id -u)" -ne 0 ] || chown postgres "$PREPARE_DIR"
    as_postgres "$bin/initdb" --pgdata "$PREPARE_DIR/pg" --username owner --auth trust --no-sync --encoding UTF8 --locale C
    as_postgres "$bin/pg_ctl" --pgdata "$PREPARE_DIR/pg" --log "$PREPARE_DIR/log" --wait \
        -o "-c listen_addresses='' -c fsync=off -k $PREPARE_DIR" start
}

remove_prepare_cluster() {
    if [ -f "$PREPARE_DIR/pg/postmaster.pid" ]; then
        as_postgres "$(pg_binaries)/pg_ctl" --pgdata "$PREPARE_DIR/pg" --mode immediate stop >/dev/null 2>&1 || :
    fi
    rm -rf "$PREPARE_DIR"
}

apply_migrations() {
    for file in migrations/*.sql; do
        echo "$file"
        transaction=--single-transaction
        if head -n 1 "$file" | grep -q '^-- no-transaction'; then
            transaction=
        fi
        # shellcheck disable=SC2086 # empty or one word
        as_postgres "$(pg_binaries)/psql" --host "$PREPARE_DIR" --username owner --dbname postgres \
            --no-psqlrc --quiet --set ON_ERROR_STOP=1 $transaction <"$file"
    done
}

check_queries() {
    mkdir "$PREPARE_DIR/answers"
    # The macros run again only when the crate is compiled again.
    find sync-server -name '*.rs' -exec touch -c {} +
    SQLX_OFFLINE=false SQLX_OFFLINE_DIR="$PREPARE_DIR/answers" \
        DATABASE_URL="postgres:///postgres?host=$PREPARE_DIR&user=owner" \
        native check --package sync-server --all-targets
}

# As a whole: an answer to a query that is gone must go too.
replace_answers() {
    rm -rf .sqlx
    mkdir .sqlx
    find "$PREPARE_DIR/answers" -name 'query-*.json' -exec cp {} .sqlx/ ';'
}
