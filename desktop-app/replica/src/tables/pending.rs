//! The pending layer's own rows: the outbox as the screens join with it.

use std::collections::BTreeSet;

use rusqlite::{Connection, Transaction};
use shared_model::host::Mark;
use shared_model::ids::{CommandId, WorkOrderId};
use uuid::Uuid;

use super::{Layer, clock, fact, work_order};
use crate::outbox::{CommandState, Entry};

/// Shows a command: its mark, and where it counts, its facts.
pub(crate) fn add(tx: &Transaction<'_>, entry: &Entry) -> rusqlite::Result<()> {
    let sql = "insert into pending_command (id, order_id, mark) values (?1, ?2, ?3)";
    let order = entry.order().map(WorkOrderId::uuid);
    tx.prepare_cached(sql)?.execute((entry.id().uuid(), order, mark_column(&entry.state)))?;
    if entry.state.is_live() {
        for fact in &entry.facts {
            fact::add(tx, Layer::Pending, fact, None)?;
        }
    }
    Ok(())
}

/// Takes a command away, with its facts.
pub(crate) fn remove(tx: &Transaction<'_>, command: CommandId) -> rusqlite::Result<()> {
    let id = [command.uuid()];
    tx.prepare_cached("delete from pending_fact where command = ?1")?.execute(id)?;
    tx.prepare_cached("delete from pending_output where command = ?1")?.execute(id)?;
    tx.prepare_cached("delete from pending_movement where command = ?1")?.execute(id)?;
    tx.prepare_cached("delete from pending_command where id = ?1")?.execute(id)?;
    Ok(())
}

/// Takes the pending form of an order away: the confirmed one shows again.
pub(crate) fn remove_order(tx: &Transaction<'_>, order: WorkOrderId) -> rusqlite::Result<()> {
    work_order::remove_pending(tx, order)?;
    clock::remove(tx, Layer::Pending, order)
}

pub(crate) fn clear(tx: &Transaction<'_>) -> rusqlite::Result<()> {
    tx.execute_batch(
        "delete from pending_command; delete from pending_fact; delete from pending_output;
         delete from pending_movement; delete from pending_work_order; delete from pending_operation;
         delete from pending_clock;",
    )
}

pub(crate) fn set_mark(
    tx: &Transaction<'_>,
    command: CommandId,
    state: &CommandState,
) -> rusqlite::Result<()> {
    let sql = "update pending_command set mark = ?2 where id = ?1";
    tx.prepare_cached(sql)?.execute((command.uuid(), mark_column(state))).map(drop)
}

const fn mark_column(state: &CommandState) -> u8 {
    match state.mark() {
        Mark::Accepted => 0,
        Mark::Sent => 1,
        Mark::SavedHere => 2,
        Mark::NeedsYou => 3,
    }
}

/// Whether a command is in the outbox.
pub(crate) fn waits(replica: &Connection, command: CommandId) -> rusqlite::Result<bool> {
    replica.prepare_cached("select 1 from pending_command where id = ?1")?.exists([command.uuid()])
}

/// Whether anything is.
pub(crate) fn is_any(replica: &Connection) -> rusqlite::Result<bool> {
    replica.prepare_cached("select 1 from pending_command")?.exists([])
}

/// The orders that something waits on, and those that are shown as if it did.
pub(crate) fn orders(replica: &Connection) -> rusqlite::Result<BTreeSet<WorkOrderId>> {
    let sql = "select order_id from pending_command where order_id is not null
               union select id from pending_work_order";
    let mut statement = replica.prepare_cached(sql)?;
    statement.query_map([], |row| row.get::<_, Uuid>(0).map(Into::into))?.collect()
}

/// The least settled mark of an order's commands.
pub(crate) fn mark_of_order(replica: &Connection, order: WorkOrderId) -> rusqlite::Result<Mark> {
    let sql = "select max(mark) from pending_command where order_id = ?1";
    replica.prepare_cached(sql)?.query_row([order.uuid()], |row| fact::mark_of(row, 0))
}
