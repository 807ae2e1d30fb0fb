//! The documents that this version of the app cannot read.

use rusqlite::{Connection, Transaction};
use shared_model::ids::WorkOrderId;
use uuid::Uuid;

pub(crate) fn add(tx: &Transaction<'_>, order: WorkOrderId, schema: u32) -> rusqlite::Result<()> {
    let sql = "insert or replace into newer_document (id, schema) values (?1, ?2)";
    tx.prepare_cached(sql)?.execute((order.uuid(), schema)).map(drop)
}

pub(crate) fn remove(tx: &Transaction<'_>, order: WorkOrderId) -> rusqlite::Result<()> {
    tx.prepare_cached("delete from newer_document where id = ?1")?.execute([order.uuid()]).map(drop)
}

pub(crate) fn is_newer(replica: &Connection, order: WorkOrderId) -> rusqlite::Result<bool> {
    let sql = "select exists (select 1 from newer_document where id = ?1)";
    replica.prepare_cached(sql)?.query_row([order.uuid()], |row| row.get(0))
}

pub(crate) fn is_any(replica: &Connection) -> rusqlite::Result<bool> {
    replica.prepare_cached("select exists (select 1 from newer_document)")?.query_row([], |row| row.get(0))
}

/// Those that an app can read which knows this version.
pub(crate) fn until(replica: &Connection, schema: u32) -> rusqlite::Result<Vec<WorkOrderId>> {
    replica
        .prepare_cached("select id from newer_document where schema <= ?1")?
        .query_map([schema], |row| Ok(row.get::<_, Uuid>(0)?.into()))?
        .collect()
}
