//! Work orders and their operations as rows: what the documents say, for lists.

use rusqlite::{Connection, OptionalExtension, Transaction, params};
use shared_model::ids::{UserId, WorkCenterId, WorkOrderId};
use shared_model::number::Number;
use shared_model::quantity::{Amount, UnitCode};
use shared_model::time::Timestamp;
use shared_model::work_order::summary::{OperationSummary, Summary};
use shared_model::work_order::{OperationState, Stage};
use uuid::Uuid;

use super::{Layer, output};
use crate::stored::odd;

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

/// What the confirmed row says of an order.
pub(crate) fn find(replica: &Connection, order: WorkOrderId) -> rusqlite::Result<Option<Summary>> {
    let sql = "select number, title, material, quantity, unit, due_on, priority, stage, assignee, created_at
               from work_order where id = ?1";
    let found = replica
        .prepare_cached(sql)?
        .query_row([order.uuid()], |row| {
            let due_on: Option<String> = row.get(5)?;
            Ok(Summary {
                schema: 0,
                id: order,
                number: Number::parse(row.get_ref(0)?.as_str()?).map_err(|_| odd(0))?,
                title: row.get(1)?,
                material: row.get::<_, Uuid>(2)?.into(),
                quantity: Amount::from_micros(row.get(3)?),
                unit: UnitCode::new(row.get_ref(4)?.as_str()?),
                due_on: due_on.map(|date| date.parse()).transpose().map_err(|_| odd(5))?,
                priority: row.get(6)?,
                stage: Stage::of_code(row.get_ref(7)?.as_str()?).ok_or_else(|| odd(7))?,
                assignee: row.get::<_, Option<Uuid>>(8)?.map(Into::into),
                created_at: Some(row.get(9)?).filter(|at| *at != 0).map(Timestamp::from_millis),
                operations: Vec::new(),
            })
        })
        .optional()?;
    let Some(mut found) = found else { return Ok(None) };
    let sql = "select number, name, work_center, state from operation where order_id = ?1 order by number";
    found.operations = replica
        .prepare_cached(sql)?
        .query_map([order.uuid()], |row| {
            Ok(OperationSummary {
                number: row.get(0)?,
                name: row.get(1)?,
                work_center: row.get::<_, Option<Uuid>>(2)?.map(Into::into),
                state: state_of(row.get_ref(3)?.as_str()?).ok_or_else(|| odd(3))?,
            })
        })?
        .collect::<rusqlite::Result<_>>()?;
    Ok(Some(found))
}

/// The orders that are listed, or have a document, behind one of them, up to another one or the end.
pub(crate) fn ids_between(
    replica: &Connection,
    after: WorkOrderId,
    until: Option<WorkOrderId>,
) -> rusqlite::Result<Vec<WorkOrderId>> {
    let sql = "select id from work_order where id > ?1 and id <= ?2
               union select id from document where id > ?1 and id <= ?2 order by 1";
    let until = until.map_or(Uuid::max(), WorkOrderId::uuid);
    let mut statement = replica.prepare_cached(sql)?;
    statement.query_map((after.uuid(), until), |row| Ok(row.get::<_, Uuid>(0)?.into()))?.collect()
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
