//! Numbers that only rise.

use rusqlite::{Connection, Transaction};
use shared_model::time::Timestamp;

use super::Result;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counter {
    pub last_sequence: u64,
    pub last_occurred_at: Timestamp,
    /// Rises with every write to the commands; see [`touch`].
    pub generation: u64,
}

pub(crate) fn load(outbox: &Connection) -> Result<Counter> {
    let sql = "select last_sequence, last_occurred_at, generation from counter";
    Ok(outbox.prepare_cached(sql)?.query_row([], |row| {
        Ok(Counter {
            last_sequence: row.get(0)?,
            last_occurred_at: Timestamp::from_millis(row.get(1)?),
            generation: row.get(2)?,
        })
    })?)
}

/// When the replica was dropped last because it was not what the server has.
pub(crate) fn replaced_at(outbox: &Connection) -> Result<Option<Timestamp>> {
    let at: Option<i64> = outbox.query_row("select replaced_at from counter", [], |row| row.get(0))?;
    Ok(at.map(Timestamp::from_millis))
}

pub(crate) fn set_replaced_at(tx: &Transaction<'_>, at: Timestamp) -> Result<()> {
    tx.execute("update counter set replaced_at = ?1", [at.as_millis()])?;
    Ok(())
}

/// A command was added.
pub(crate) fn advance(tx: &Transaction<'_>, sequence: u64, occurred_at: Timestamp) -> Result<()> {
    let sql = "update counter set last_sequence = ?1, last_occurred_at = ?2";
    tx.prepare_cached(sql)?.execute((sequence, occurred_at.as_millis()))?;
    Ok(())
}

/// The commands are about to change: the replica has to reflect the generation that this gives.
pub(crate) fn touch(tx: &Transaction<'_>) -> Result<u64> {
    let sql = "update counter set generation = generation + 1 returning generation";
    Ok(tx.prepare_cached(sql)?.query_row([], |row| row.get(0))?)
}
