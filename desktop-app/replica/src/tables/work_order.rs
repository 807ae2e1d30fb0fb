//! Work orders and their operations as rows: what the documents say, for lists.

use rusqlite::{Connection, Transaction, params};
use shared_model::ids::{UserId, WorkCenterId, WorkOrderId};
use shared_model::time::Timestamp;
use shared_model::work_order::summary::{OperationSummary, Summary};
use shared_model::work_order::{OperationState, Stage};

use super::{Layer, output};

/// Sorts behind every date.
pub(crate) const NO_DUE_DATE: &str = "9999-99-99";

pub(crate) fn put(tx: &Transaction<'_>, layer: Layer, order: &Summary) -> rusqlite::Result<()> {
    let sql = format!(
        "insert or replace into {}work_order (id, number, number_key, title, search, material, quantity,
             unit, due_on, due_key, priority, stage, assignee, created_at, last_operation)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
        layer.prefix()
    );
    let due_on = order.due_on.map(|date| date.to_string());
    tx.prepare_cached(&sql)?.execute(params![
        order.id.uuid(),
        order.number.as_str(),
        order.number.key(),
        order.title,
        format!("{} {}", order.number, order.title).to_lowercase(),
        order.material.uuid(),
        order.quantity.micros(),
        order.unit.as_str(),
        due_on,
        due_on.as_deref().unwrap_or(NO_DUE_DATE),
        order.priority,
        order.stage.code(),
        order.assignee.map(UserId::uuid),
        order.created_at.map_or(0, Timestamp::as_millis),
        output::column(order.last_operation()),
    ])?;
    put_operations(tx, layer, order)
}

fn put_operations(tx: &Transaction<'_>, layer: Layer, order: &Summary) -> rusqlite::Result<()> {
    remove_operations(tx, layer, order.id)?;
    let sql = format!(
        "insert into {}operation (order_id, number, name, work_center, state, is_ready, is_waiting,
             is_startable)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        layer.prefix()
    );
    let mut insert = tx.prepare_cached(&sql)?;
    let is_on_the_floor = matches!(order.stage, Stage::Released | Stage::InProgress | Stage::Paused);
    let mut is_ready = true;
    for OperationSummary { number, name, work_center, state } in &order.operations {
        let is_finished = *state == OperationState::Finished;
        insert.execute((
            order.id.uuid(),
            number,
            name,
            work_center.map(WorkCenterId::uuid),
            state_code(*state),
            is_ready,
            is_on_the_floor && !is_finished,
            is_ready && order.stage.takes_work() && !is_finished,
        ))?;
        is_ready = is_ready && is_finished;
    }
    Ok(())
}

/// Takes the pending row away: the confirmed one shows again.
pub(crate) fn remove_pending(tx: &Transaction<'_>, order: WorkOrderId) -> rusqlite::Result<()> {
    tx.prepare_cached("delete from pending_work_order where id = ?1")?.execute([order.uuid()])?;
    remove_operations(tx, Layer::Pending, order)
}

fn remove_operations(tx: &Transaction<'_>, layer: Layer, order: WorkOrderId) -> rusqlite::Result<()> {
    let sql = format!("delete from {}operation where order_id = ?1", layer.prefix());
    tx.prepare_cached(&sql)?.execute([order.uuid()]).map(drop)
}

pub(crate) const fn state_code(state: OperationState) -> &'static str {
    match state {
        OperationState::Pending => "pending",
        OperationState::Started => "started",
        OperationState::Finished => "finished",
    }
}

pub(crate) fn state_of(code: &str) -> Option<OperationState> {
    [OperationState::Pending, OperationState::Started, OperationState::Finished]
        .into_iter()
        .find(|state| state_code(*state) == code)
}

pub(crate) fn count(replica: &Connection) -> rusqlite::Result<u32> {
    replica.query_row("select count(*) from shown_work_order", [], |row| row.get(0))
}
