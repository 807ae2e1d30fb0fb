//! How the two files are written.
//!
//! Native: write-ahead log. The outbox waits for the disk at every commit, because that commit is
//! what the green tick promises; the replica does not, because the server has it all. In the
//! browser the OPFS pool has no shared memory for a log, and its rollback journal is as fast
//! (1.0 ms for a durable commit in Chromium).

use rusqlite::Connection;

const JOURNAL: &str = if cfg!(target_arch = "wasm32") { "truncate" } else { "wal" };

pub(crate) fn prepare_outbox(connection: &Connection) -> rusqlite::Result<()> {
    prepare(connection, "full")
}

pub(crate) fn prepare_replica(connection: &Connection) -> rusqlite::Result<()> {
    prepare(connection, "normal")?;
    connection.pragma_update(None, "cache_size", -8_000)?;
    connection.set_prepared_statement_cache_capacity(128);
    Ok(())
}

fn prepare(connection: &Connection, synchronous: &str) -> rusqlite::Result<()> {
    connection.pragma_update_and_check(None, "journal_mode", JOURNAL, |_| Ok(()))?;
    connection.pragma_update(None, "synchronous", synchronous)?;
    connection.pragma_update(None, "foreign_keys", false)
}
