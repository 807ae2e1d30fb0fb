//! Work order numbers that the server set aside for this device.

use rusqlite::{Connection, OptionalExtension, Transaction};
use shared_model::number::NumberLease;

use super::Result;

/// Keeps a lease. The same lease again gives no number twice.
pub(crate) fn keep(tx: &Transaction<'_>, lease: &NumberLease) -> Result<()> {
    let sql = "insert into number_lease (prefix, until, next) values (?1, ?2, ?3) on conflict do nothing";
    tx.prepare_cached(sql)?.execute((&lease.prefix, lease.end, lease.next))?;
    Ok(())
}

/// The lease that the next number comes from.
pub(crate) fn current(outbox: &Connection) -> Result<Option<NumberLease>> {
    let sql = "select prefix, next, until from number_lease where next < until order by next limit 1";
    Ok(outbox
        .prepare_cached(sql)?
        .query_row([], |row| Ok(NumberLease { prefix: row.get(0)?, next: row.get(1)?, end: row.get(2)? }))
        .optional()?)
}

/// Remembers how far a lease was used.
pub(crate) fn used(tx: &Transaction<'_>, lease: &NumberLease) -> Result<()> {
    let sql = "update number_lease set next = ?3 where prefix = ?1 and until = ?2";
    tx.prepare_cached(sql)?.execute((&lease.prefix, lease.end, lease.next))?;
    Ok(())
}

pub(crate) fn left(outbox: &Connection) -> Result<u64> {
    let sql = "select coalesce(sum(until - next), 0) from number_lease where next < until";
    Ok(outbox.prepare_cached(sql)?.query_row([], |row| row.get(0))?)
}
