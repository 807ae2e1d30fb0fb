//! What the replica is a copy of.

use rusqlite::{Connection, Transaction};
use shared_model::time::Timestamp;
use uuid::Uuid;

/// The outbox generation that the pending layer reflects.
pub(crate) fn generation(replica: &Connection) -> rusqlite::Result<u64> {
    replica.prepare_cached("select generation from about")?.query_row([], |row| row.get(0))
}

pub(crate) fn set_generation(tx: &Transaction<'_>, generation: u64) -> rusqlite::Result<()> {
    tx.prepare_cached("update about set generation = ?1")?.execute([generation]).map(drop)
}

pub(crate) fn history(replica: &Connection) -> rusqlite::Result<Option<Uuid>> {
    replica.query_row("select history from about", [], |row| row.get(0))
}

pub(crate) fn set_history(tx: &Transaction<'_>, history: Uuid) -> rusqlite::Result<()> {
    tx.execute("update about set history = ?1", [history]).map(drop)
}

pub(crate) fn synced_at(replica: &Connection) -> rusqlite::Result<Option<Timestamp>> {
    let at: Option<i64> = replica.query_row("select synced_at from about", [], |row| row.get(0))?;
    Ok(at.map(Timestamp::from_millis))
}

pub(crate) fn set_synced_at(tx: &Transaction<'_>, at: Timestamp) -> rusqlite::Result<()> {
    tx.execute("update about set synced_at = ?1", [at.as_millis()]).map(drop)
}
