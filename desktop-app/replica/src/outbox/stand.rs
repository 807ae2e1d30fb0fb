//! What the commands on an order stand on: how far the plant's feed has to be here.

use rusqlite::{Connection, OptionalExtension, Transaction};
use shared_model::ids::WorkOrderId;
use uuid::Uuid;

use super::Result;

/// An order's commands were decided on, or an own one of them is confirmed in, the feed at `seq`.
pub(crate) fn on(tx: &Transaction<'_>, order: WorkOrderId, seq: u64) -> Result<()> {
    let sql = "insert into stand (order_id, seen) values (?1, ?2)
               on conflict do update set seen = excluded.seen where seen < excluded.seen";
    tx.prepare_cached(sql)?.execute((order.uuid(), seq))?;
    Ok(())
}

/// 0 for an order with no commands.
pub(crate) fn of(outbox: &Connection, order: WorkOrderId) -> Result<u64> {
    let sql = "select seen from stand where order_id = ?1";
    let seen = outbox.prepare_cached(sql)?.query_row([order.uuid()], |row| row.get(0)).optional()?;
    Ok(seen.unwrap_or_default())
}

/// The orders whose commands stand on a place between `after` and `until`.
pub(crate) fn between(outbox: &Connection, after: u64, until: u64) -> Result<Vec<WorkOrderId>> {
    let sql = "select order_id from stand where seen > ?1 and seen <= ?2";
    Ok(outbox
        .prepare_cached(sql)?
        .query_map((after, until), |row| row.get::<_, Uuid>(0).map(Into::into))?
        .collect::<rusqlite::Result<_>>()?)
}

/// Forgets an order of which no command is left.
pub(crate) fn forget_unused(tx: &Transaction<'_>, order: WorkOrderId) -> Result<()> {
    let sql = "delete from stand where order_id = ?1
               and not exists (select 1 from command where command.order_id = ?1)";
    tx.prepare_cached(sql)?.execute([order.uuid()])?;
    Ok(())
}

/// The server was set back: everything stands on `seq` of what it has now.
pub(crate) fn all_on(tx: &Transaction<'_>, seq: u64) -> Result<()> {
    tx.execute("delete from stand", [])?;
    let sql = "insert into stand select distinct order_id, ?1 from command where order_id is not null";
    tx.execute(sql, [seq])?;
    Ok(())
}
