//! The stations, and what waits or runs at one.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use shared_model::host::{QueueRow, StationQueue, StationRow};
use shared_model::ids::{UserId, WorkCenterId, WorkOrderId};
use shared_model::plant::WorkCenter;
use shared_model::time::Timestamp;
use shared_model::work_order::OperationState;
use uuid::Uuid;

use super::{NoAnswer, View, orders};
use crate::stored::odd;
use crate::tables::{clock, output, pending, record, work_order};

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
    let mut running = BTreeSet::new();
    let mut statement = view.replica.prepare_cached("select order_id, operation from shown_clock")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        running.insert((row.get::<_, Uuid>(0)?, row.get::<_, u32>(1)?));
    }
    let sql = "select work_center, order_id, number, is_startable from shown_operation
               where is_waiting = 1 and work_center is not null";
    let mut statement = view.replica.prepare_cached(sql)?;
    let mut rows = statement.query([])?;
    let mut counts: BTreeMap<WorkCenterId, (u32, u32)> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let (ready, at_work) = counts.entry(row.get::<_, Uuid>(0)?.into()).or_default();
        if running.contains(&(row.get(1)?, row.get(2)?)) {
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
    let sql = "select order_id, number from shown_operation where work_center = ?1 and is_waiting = 1";
    let waiting: Vec<(Uuid, u32)> = view
        .replica
        .prepare_cached(sql)?
        .query_map([id.uuid()], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    let mut rows = Vec::with_capacity(waiting.len());
    for (order, operation) in waiting {
        rows.extend(row(view, order.into(), operation)?);
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
    let Some(header) = orders::header(view, order)? else { return Ok(None) };
    let sql = "select name, state, is_ready from shown_operation where order_id = ?1 and number = ?2";
    let (operation_name, state, is_ready) =
        view.replica.prepare_cached(sql)?.query_row((order.uuid(), operation), |row| {
            let state = work_order::state_of(row.get_ref(1)?.as_str()?).ok_or_else(|| odd(1))?;
            Ok((row.get(0)?, state, row.get(2)?))
        })?;
    let running: Vec<(UserId, String, Timestamp)> = clock::running(view.replica, order, operation)?;
    let me = view.actor.as_ref().map(|actor| actor.user);
    Ok(Some(QueueRow {
        order,
        number: header.number,
        title: header.title,
        material_number: header.material_number,
        material_name: header.material_name,
        operation,
        operation_name,
        state,
        stage: header.stage,
        ordered: header.ordered,
        output: output::shown(view.replica, order, Some(operation))?,
        unit: header.unit,
        due_on: header.due_on,
        is_late: view.is_late(header.due_on, header.stage),
        priority: header.priority,
        is_ready,
        am_working: running.iter().any(|(user, ..)| Some(*user) == me),
        working: running.into_iter().map(|(_, name, _)| name).collect(),
        mark: pending::mark_of_order(view.replica, order)?,
    }))
}
