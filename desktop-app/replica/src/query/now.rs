//! The operation in hand.

use shared_model::host::{Clock, NowCard, OrderRow, QueueRow};
use shared_model::ids::WorkOrderId;
use shared_model::quantity::Amount;
use shared_model::work_order::{OperationState, Stage};

use super::reports::Story;
use super::{NoAnswer, View, orders, station};
use crate::tables::{clock, newer};

pub(super) fn card(view: &View<'_>, id: WorkOrderId, operation: Option<u32>) -> Result<NowCard, NoAnswer> {
    if newer::is_newer(view.replica, id)? {
        return unread(view, id, operation);
    }
    let story = Story::of(view, id)?;
    let unknown = NoAnswer::NotHere("the order has no such operation");
    let row = match operation {
        Some(number) if story.order.operation(number).is_some() => station::row(view, id, number)?,
        Some(_) => None,
        None => whole_order(view, &story)?,
    };
    let row = row.ok_or(unknown)?;
    let found = operation.and_then(|number| story.order.operation(number));
    let mut clocks = Vec::new();
    if let Some(number) = operation {
        for (user, name, since) in clock::running(view.replica, id, number)? {
            clocks.push(Clock { user, name, since });
        }
    }
    Ok(NowCard {
        row,
        state_reason: story.order.state_reason().map(ToOwned::to_owned),
        instructions: found.map(|operation| operation.instructions.clone()).unwrap_or_default(),
        setup_minutes: found.map_or(Amount::ZERO, |operation| operation.setup_minutes),
        run_minutes: found.map_or(Amount::ZERO, |operation| operation.run_minutes),
        labor_millis: finished_millis(view, &story, operation, &clocks),
        clocks,
        operations: story.operations(view)?,
        reports: story.reports(view, Some(operation))?,
        is_last: operation == story.order.last_operation(),
        can_complete: story.may_complete(view),
    })
}

/// An order of a newer version than this app: what it is, and nothing to press.
fn unread(view: &View<'_>, id: WorkOrderId, operation: Option<u32>) -> Result<NowCard, NoAnswer> {
    let row = orders::row(view, id)?.ok_or(NoAnswer::NotHere("this order is not known here"))?;
    let row = match operation {
        Some(number) => station::row(view, id, number)?.unwrap_or_else(|| as_job(row)),
        None => as_job(row),
    };
    Ok(NowCard {
        row,
        state_reason: None,
        instructions: String::new(),
        setup_minutes: Amount::ZERO,
        run_minutes: Amount::ZERO,
        clocks: Vec::new(),
        labor_millis: 0,
        operations: Vec::new(),
        reports: Vec::new(),
        is_last: false,
        can_complete: false,
    })
}

/// What was worked, less what the running clocks count themselves.
fn finished_millis(view: &View<'_>, story: &Story, operation: Option<u32>, clocks: &[Clock]) -> i64 {
    let Some(number) = operation else { return 0 };
    let running: i64 = clocks.iter().map(|clock| view.now.millis_since(clock.since).max(0)).sum();
    story.ledger.labor_millis(number, view.now) - running
}

/// An order without operations is worked on as a whole.
fn whole_order(view: &View<'_>, story: &Story) -> rusqlite::Result<Option<QueueRow>> {
    if !story.order.operations.is_empty() {
        return Ok(None);
    }
    Ok(orders::row(view, story.order.id)?.map(as_job))
}

fn as_job(row: OrderRow) -> QueueRow {
    QueueRow {
        order: row.id,
        number: row.number,
        title: row.title,
        material_number: row.material_number,
        material_name: row.material_name,
        operation: 0,
        operation_name: String::new(),
        state: match row.stage {
            Stage::Planned | Stage::Released => OperationState::Pending,
            Stage::InProgress | Stage::Paused => OperationState::Started,
            Stage::Completed | Stage::Cancelled => OperationState::Finished,
        },
        stage: row.stage,
        ordered: row.ordered,
        output: row.output,
        unit: row.unit,
        due_on: row.due_on,
        is_late: row.is_late,
        priority: row.priority,
        is_ready: true,
        working: Vec::new(),
        am_working: false,
        mark: row.mark,
        needs_update: row.needs_update,
    }
}
