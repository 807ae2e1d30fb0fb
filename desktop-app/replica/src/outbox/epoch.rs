//! The generation of a person's changes to an order.

use rusqlite::{Connection, OptionalExtension, Transaction};
use shared_model::actor::ActorEpoch;
use shared_model::ids::{UserId, WorkOrderId};

use super::Result;

pub(crate) fn of(outbox: &Connection, order: WorkOrderId, user: UserId) -> Result<ActorEpoch> {
    let sql = "select epoch from epoch where order_id = ?1 and user_id = ?2";
    let epoch: Option<u32> =
        outbox.prepare_cached(sql)?.query_row((order.uuid(), user.uuid()), |row| row.get(0)).optional()?;
    Ok(ActorEpoch(epoch.unwrap_or_default()))
}

pub(crate) fn set(tx: &Transaction<'_>, order: WorkOrderId, user: UserId, epoch: ActorEpoch) -> Result<()> {
    let sql = "insert into epoch (order_id, user_id, epoch) values (?1, ?2, ?3)
               on conflict do update set epoch = excluded.epoch";
    tx.prepare_cached(sql)?.execute((order.uuid(), user.uuid(), epoch.0))?;
    Ok(())
}
