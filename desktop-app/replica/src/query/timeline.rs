//! Who did what when on an order: its facts, and the milestones of its document.

use std::cmp::Reverse;

use shared_model::fact::{Fact, FactBody};
use shared_model::host::{Mark, TimelineEvent, TimelineRow};
use shared_model::ids::UserId;
use shared_model::production::{LaborClock, OperationEvent};
use shared_model::stock::MovementKind;
use shared_model::work_order::PauseReason;

use super::reports::Story;
use super::{NoAnswer, View};
use crate::error::Error;
use crate::tables::{document, pending, record};

/// The newest first.
pub(super) fn of(view: &View<'_>, story: &Story) -> Result<Vec<TimelineRow>, NoAnswer> {
    let mut rows = milestones(view, story)?;
    for (fact, mark) in &story.facts {
        if let Some(what) = event(view, fact)? {
            let user_name = view.user_name(fact.user)?;
            rows.push(TimelineRow { at: fact.occurred_at, user_name, what, mark: *mark });
        }
    }
    rows.sort_by_key(|row| Reverse(row.at));
    Ok(rows)
}

/// What the document says happened. Who released or ended an order is not in it.
fn milestones(view: &View<'_>, story: &Story) -> Result<Vec<TimelineRow>, NoAnswer> {
    let order = &story.order;
    let confirmed = document::load(view.replica, order.id)?.order().map_err(Error::from)?;
    let waiting = pending::mark_of_order(view.replica, order.id)?;
    let before = confirmed.as_ref();
    let reason = order.state_reason().unwrap_or_default().to_owned();
    let ended = TimelineEvent::Ended { stage: order.stage(), reason };
    let milestones = [
        (
            order.created_at,
            before.and_then(|it| it.created_at),
            Some(order.created_by),
            TimelineEvent::Created,
        ),
        (order.released_at, before.and_then(|it| it.released_at), None, TimelineEvent::Released),
        (order.ended_at, before.and_then(|it| it.ended_at), None, ended),
    ];
    let mut rows = Vec::new();
    for (at, confirmed_at, by, what) in milestones {
        let Some(at) = at else { continue };
        let mark = if confirmed_at == Some(at) { Mark::Accepted } else { waiting };
        rows.push(TimelineRow { at, user_name: view.label(by.map(UserId::uuid))?, what, mark });
    }
    Ok(rows)
}

/// What a fact says in the history; nothing where another line says it already.
fn event(view: &View<'_>, fact: &Fact) -> rusqlite::Result<Option<TimelineEvent>> {
    Ok(Some(match &fact.body {
        FactBody::ProductionReported(report) => {
            TimelineEvent::Reported { operation: report.operation, output: report.output() }
        }
        FactBody::ReportVoided(void) => TimelineEvent::Voided {
            operation: void.operation,
            output: void.output,
            reason: void.reason.clone(),
        },
        FactBody::OperationLogged { operation, event } => match event {
            OperationEvent::Started => TimelineEvent::OperationStarted { operation: *operation },
            OperationEvent::Paused(why) => {
                TimelineEvent::OperationPaused { operation: *operation, reason: reason(view, why)? }
            }
            OperationEvent::Resumed => TimelineEvent::OperationResumed { operation: *operation },
            OperationEvent::Finished => TimelineEvent::OperationFinished { operation: *operation },
            OperationEvent::Unknown => return Ok(None),
        },
        FactBody::LaborClocked { operation, clock: LaborClock::In } => {
            TimelineEvent::ClockedIn { operation: *operation }
        }
        FactBody::LaborClocked { operation, clock: LaborClock::Out } => {
            TimelineEvent::ClockedOut { operation: *operation }
        }
        FactBody::StockMoved(movement) => match movement.movement {
            // Part of the report that moved it.
            MovementKind::Backflush | MovementKind::Output | MovementKind::Unknown => return Ok(None),
            MovementKind::Receipt
            | MovementKind::Issue
            | MovementKind::TransferOut
            | MovementKind::TransferIn
            | MovementKind::Adjustment => TimelineEvent::StockMoved {
                movement: movement.movement,
                material: record::material_names(view.replica, movement.key.material)?.0,
                amount: movement.amount,
                unit: movement.unit.to_string(),
            },
        },
        FactBody::ExceptionOpened(exception) => TimelineEvent::Exception { exception: exception.clone() },
        FactBody::ExceptionClosed { note, .. } => TimelineEvent::ExceptionClosed { note: note.clone() },
        FactBody::Unknown => return Ok(None),
    }))
}

/// The reason's name and the note, whichever there are.
pub(super) fn reason(view: &View<'_>, why: &PauseReason) -> rusqlite::Result<String> {
    let name = view.label(why.reason.map(Into::into))?;
    Ok(match (name.is_empty(), why.note.is_empty()) {
        (false, false) => format!("{name}: {}", why.note),
        (false, true) => name,
        (true, _) => why.note.clone(),
    })
}
