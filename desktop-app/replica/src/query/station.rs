//! The stations, and what waits or runs at one.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use rusqlite::{OptionalExtension, Row};
use shared_model::host::{Mark, QueueRow, StationQueue, StationRow};
use shared_model::ids::{WorkCenterId, WorkOrderId};
use shared_model::plant::WorkCenter;
use shared_model::work_order::OperationState;
use uuid::Uuid;

use super::{NoAnswer, View, orders};
use crate::stored::odd;
use crate::tables::clock::{self, Running};
use crate::tables::{output, pending, record, work_order};

pub(super) fn all(view: &View<'_>) -> Result<Vec<StationRow>, NoAnswer> {
    let counts = counts(view)?;
    let mut centers: Vec<WorkCenter> = record::all(view.replica, "work_center")?;
    centers.retain(|center| center.is_active);
    centers.sort_by_key(|center| center.code.key());
    Ok(centers
        .into_iter()
        .map(|center| {
            let (ready_count, running_count) = counts.get(&center.id).copied().unwrap_or_default();
            StationRow {
                id: center.id,
                code: center.code.to_string(),
                name: center.name,
                kind: center.kind,
                ready_count,
                running_count,
            }
        })
        .collect())
}

/// By work center: operations that could be started, and operations that somebody works on.
fn counts(view: &View<'_>) -> rusqlite::Result<BTreeMap<WorkCenterId, (u32, u32)>> {
    let running = clock::all(view.replica)?;
    let sql = "select work_center, order_id, number, is_startable from shown_operation
               where is_waiting = 1 and work_center is not null";
    let mut statement = view.replica.prepare_cached(sql)?;
    let mut rows = statement.query([])?;
    let mut counts: BTreeMap<WorkCenterId, (u32, u32)> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let (ready, at_work) = counts.entry(row.get::<_, Uuid>(0)?.into()).or_default();
        if running.contains_key(&(row.get::<_, Uuid>(1)?.into(), row.get(2)?)) {
            *at_work += 1;
        } else if row.get(3)? {
            *ready += 1;
        }
    }
    Ok(counts)
}

pub(super) fn queue(view: &View<'_>, id: WorkCenterId) -> Result<StationQueue, NoAnswer> {
    let center: WorkCenter = record::find(view.replica, "work_center", id.uuid())?
        .ok_or(NoAnswer::NotHere("this station is not known here"))?;
    let sql = "select order_id, number, name, state, is_ready from shown_operation
               where work_center = ?1 and is_waiting = 1";
    let waiting: Vec<Found> =
        view.replica.prepare_cached(sql)?.query_map([id.uuid()], found)?.collect::<rusqlite::Result<_>>()?;
    // There may be thousands of rows, of which few are worked on or wait for the server.
    let mut running = clock::all(view.replica)?;
    let marks = pending::marks_of_orders(view.replica)?;
    let mut rows = Vec::with_capacity(waiting.len());
    for operation in waiting {
        let clocks = running.remove(&(operation.order, operation.number)).unwrap_or_default();
        let mark = marks.get(&operation.order).copied().unwrap_or_default();
        rows.extend(queue_row(view, operation, &clocks, mark)?);
    }
    rows.sort_by_cached_key(rank);
    Ok(StationQueue { id, code: center.code.to_string(), name: center.name, rows })
}

/// What runs comes first, then what was begun, then what could be; the rest waits for earlier
/// operations. Inside, by due date, priority and number.
fn rank(row: &QueueRow) -> impl Ord + use<> {
    let is_started = row.state == OperationState::Started;
    let first = Reverse((!row.working.is_empty(), is_started, row.is_ready));
    (first, row.due_on.is_none(), row.due_on, row.priority, row.number.to_lowercase(), row.operation)
}

/// One operation of an order, wherever it is.
pub(super) fn row(view: &View<'_>, order: WorkOrderId, operation: u32) -> rusqlite::Result<Option<QueueRow>> {
    let sql = "select order_id, number, name, state, is_ready from shown_operation
               where order_id = ?1 and number = ?2";
    let operation =
        view.replica.prepare_cached(sql)?.query_row((order.uuid(), operation), found).optional()?;
    let Some(operation) = operation else { return Ok(None) };
    let clocks = clock::running(view.replica, order, operation.number)?;
    let mark = pending::mark_of_order(view.replica, order)?;
    queue_row(view, operation, &clocks, mark)
}

/// A row of `shown_operation`.
struct Found {
    order: WorkOrderId,
    number: u32,
    name: String,
    state: OperationState,
    is_ready: bool,
}

fn found(row: &Row<'_>) -> rusqlite::Result<Found> {
    Ok(Found {
        order: row.get::<_, Uuid>(0)?.into(),
        number: row.get(1)?,
        name: row.get(2)?,
        state: work_order::state_of(row.get_ref(3)?.as_str()?).ok_or_else(|| odd(3))?,
        is_ready: row.get(4)?,
    })
}

fn queue_row(
    view: &View<'_>,
    operation: Found,
    clocks: &[Running],
    mark: Mark,
) -> rusqlite::Result<Option<QueueRow>> {
    let order = operation.order;
    let Some(header) = orders::header(view, order)? else { return Ok(None) };
    let me = view.actor.as_ref().map(|actor| actor.user);
    Ok(Some(QueueRow {
        order,
        number: header.number,
        title: header.title,
        material_number: header.material_number,
        material_name: header.material_name,
        operation: operation.number,
        operation_name: operation.name,
        state: operation.state,
        stage: header.stage,
        ordered: header.ordered,
        output: output::shown(view.replica, order, Some(operation.number))?,
        unit: header.unit,
        due_on: header.due_on,
        is_late: view.is_late(header.due_on, header.stage),
        priority: header.priority,
        is_ready: operation.is_ready,
        am_working: clocks.iter().any(|clock| Some(clock.user) == me),
        working: clocks.iter().map(|clock| clock.name.clone()).collect(),
        mark,
    }))
}
