//! Archived orders: which they are, and what their stock movements come to.

use rusqlite::{Connection, OptionalExtension, Transaction};
use shared_model::ids::WorkOrderId;
use shared_model::quantity::Amount;
use shared_model::stock::StockKey;
use uuid::Uuid;

use super::stock;

/// Notes that an order is archived. `seq`: how far the plant's feed was then.
pub(crate) fn put(tx: &Transaction<'_>, order: WorkOrderId, seq: u64, is_here: bool) -> rusqlite::Result<()> {
    let sql = "insert or replace into archived_order (id, seq, is_here) values (?1, ?2, ?3)";
    tx.prepare_cached(sql)?.execute((order.uuid(), seq, is_here)).map(drop)
}

/// Notes that an order that is away is archived once more. False for one that is not away.
pub(crate) fn again(tx: &Transaction<'_>, order: WorkOrderId, seq: u64) -> rusqlite::Result<bool> {
    let sql = "update archived_order set seq = ?2 where id = ?1 and is_here = 0";
    tx.prepare_cached(sql)?.execute((order.uuid(), seq)).map(|count| count > 0)
}

/// Whether an order's document and facts are not here.
pub(crate) fn is_away(replica: &Connection, order: WorkOrderId) -> rusqlite::Result<bool> {
    let sql = "select 1 from archived_order where id = ?1 and is_here = 0";
    replica.prepare_cached(sql)?.exists([order.uuid()])
}

/// Something concerns an order: it is archived no more. True where its document and facts are not here,
/// and have to be fetched first, as they are after the entry `seq`.
pub(crate) fn touched(tx: &Transaction<'_>, order: WorkOrderId, seq: u64) -> rusqlite::Result<bool> {
    let sql = "select is_here from archived_order where id = ?1";
    // Asked for each entry of a feed, and of almost none the order is archived.
    let is_here: Option<bool> =
        tx.prepare_cached(sql)?.query_row([order.uuid()], |row| row.get(0)).optional()?;
    match is_here {
        None => Ok(false),
        Some(true) => remove(tx, order).map(|()| false),
        Some(false) => {
            let sql = "update archived_order set is_wanted = 1, touched = max(touched, ?2) where id = ?1";
            tx.prepare_cached(sql)?.execute((order.uuid(), seq)).map(|_| true)
        }
    }
}

/// The last entry that concerned an order while it was not here; 0 for none.
pub(crate) fn last_touch(replica: &Connection, order: WorkOrderId) -> rusqlite::Result<u64> {
    let sql = "select touched from archived_order where id = ?1";
    let seq = replica.prepare_cached(sql)?.query_row([order.uuid()], |row| row.get(0)).optional()?;
    Ok(seq.unwrap_or_default())
}

/// An order is to be fetched, if it is not here.
pub(crate) fn want(tx: &Transaction<'_>, order: WorkOrderId) -> rusqlite::Result<()> {
    let sql = "update archived_order set is_wanted = 1 where id = ?1 and is_here = 0";
    tx.prepare_cached(sql)?.execute([order.uuid()]).map(drop)
}

/// An order that cannot be had is not asked for again.
pub(crate) fn give_up(tx: &Transaction<'_>, order: WorkOrderId) -> rusqlite::Result<()> {
    let sql = "update archived_order set is_wanted = 0 where id = ?1";
    tx.prepare_cached(sql)?.execute([order.uuid()]).map(drop)
}

pub(crate) fn is_wanted(replica: &Connection, order: WorkOrderId) -> rusqlite::Result<bool> {
    let sql = "select 1 from archived_order where id = ?1 and is_wanted = 1";
    replica.prepare_cached(sql)?.exists([order.uuid()])
}

/// One that is to be fetched.
pub(crate) fn wanted(replica: &Connection) -> rusqlite::Result<Option<WorkOrderId>> {
    let sql = "select id from archived_order where is_wanted = 1 limit 1";
    replica.prepare_cached(sql)?.query_row([], |row| Ok(row.get::<_, Uuid>(0)?.into())).optional()
}

/// The archived orders that are here all the same.
pub(crate) fn here(replica: &Connection) -> rusqlite::Result<Vec<WorkOrderId>> {
    replica
        .prepare_cached("select id from archived_order where is_here = 1")?
        .query_map([], |row| Ok(row.get::<_, Uuid>(0)?.into()))?
        .collect()
}

/// How far the feed was when an order was archived.
pub(crate) fn seq(replica: &Connection, order: WorkOrderId) -> rusqlite::Result<Option<u64>> {
    let sql = "select seq from archived_order where id = ?1";
    replica.prepare_cached(sql)?.query_row([order.uuid()], |row| row.get(0)).optional()
}

/// An order is archived no more.
pub(crate) fn remove(tx: &Transaction<'_>, order: WorkOrderId) -> rusqlite::Result<()> {
    tx.prepare_cached("delete from archived_order where id = ?1")?.execute([order.uuid()]).map(drop)
}

/// The document and facts of an archived order are not here from now on.
pub(crate) fn leaves(tx: &Transaction<'_>, order: WorkOrderId) -> rusqlite::Result<()> {
    let sql = "update archived_order set is_here = 0 where id = ?1";
    tx.prepare_cached(sql)?.execute([order.uuid()]).map(drop)
}

/// An archived order is here from now on, because somebody opened it.
pub(crate) fn stays(tx: &Transaction<'_>, order: WorkOrderId) -> rusqlite::Result<()> {
    let sql = "update archived_order set is_here = 1, is_wanted = 0 where id = ?1";
    tx.prepare_cached(sql)?.execute([order.uuid()]).map(drop)
}

/// Adds to what the movements of archived orders come to.
pub(crate) fn add_stock(tx: &Transaction<'_>, key: &StockKey, amount: Amount) -> rusqlite::Result<()> {
    stock::add_to(tx, "archived_stock", key, amount)
}

/// Forgets what the movements of archived orders come to.
pub(crate) fn clear_stock(tx: &Transaction<'_>) -> rusqlite::Result<()> {
    tx.prepare_cached("delete from archived_stock")?.execute([]).map(drop)
}
