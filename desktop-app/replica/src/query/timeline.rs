//! Who did what when on an order: its facts, and the notes of its document's changes.

use std::collections::BTreeMap;

use automerge::ChangeHash;
use shared_model::fact::{Fact, FactBody};
use shared_model::host::{Mark, TimelineEvent, TimelineRow};
use shared_model::ids::{UserId, WorkOrderId};
use shared_model::production::{LaborClock, OperationEvent};
use shared_model::stock::MovementKind;
use shared_model::sync::clock;
use shared_model::work_order::document::decode_change;
use shared_model::work_order::note::Deed;
use shared_model::work_order::{PauseReason, Stage};

use super::reports::Story;
use super::{NoAnswer, View};
use crate::error::Error;
use crate::outbox::command;
use crate::tables::record;

/// The newest first.
pub(super) fn of(view: &View<'_>, story: &mut Story) -> Result<Vec<TimelineRow>, NoAnswer> {
    let mut rows = deeds(view, story)?;
    for (fact, mark) in story.facts.iter().rev() {
        if let Some(what) = event(view, fact)? {
            let user_name = view.user_name(fact.user)?;
            rows.push(TimelineRow { at: fact.occurred_at, user_name, what, mark: *mark });
        }
    }
    rows.sort_by_key(|row| row.at);
    rows.reverse();
    Ok(rows)
}

/// What the changes of the document say happened.
fn deeds(view: &View<'_>, story: &mut Story) -> Result<Vec<TimelineRow>, NoAnswer> {
    let waiting = waiting(view, story.order.id)?;
    let mut rows = Vec::new();
    for (hash, note) in story.document.notes() {
        if let Some(what) = deed(view, note.did)? {
            rows.push(TimelineRow {
                // A clock that was wrong is not believed.
                at: clock::corrected(note.at, view.now, None),
                user_name: view.user_name(note.by)?,
                what,
                mark: waiting.get(&hash).copied().unwrap_or_default(),
            });
        }
    }
    without_note(view, story, &mut rows)?;
    Ok(rows)
}

/// The changes that wait, with how far each has come.
fn waiting(view: &View<'_>, order: WorkOrderId) -> Result<BTreeMap<ChangeHash, Mark>, Error> {
    let mut waiting = BTreeMap::new();
    for entry in command::of_order(view.outbox, order)? {
        if let Some(change) = &entry.envelope.change {
            waiting.insert(decode_change(change)?.hash(), entry.state.mark());
        }
    }
    Ok(waiting)
}

fn deed(view: &View<'_>, did: Deed) -> rusqlite::Result<Option<TimelineEvent>> {
    Ok(Some(match did {
        Deed::Created => TimelineEvent::Created,
        Deed::Edited(edit) => TimelineEvent::Edited { edit },
        Deed::Assigned { to } => TimelineEvent::Assigned { to: view.label(to.map(UserId::uuid))? },
        Deed::Moved { operation, to } => {
            TimelineEvent::Moved { operation, work_center: view.label(to.uuid())? }
        }
        Deed::Released => TimelineEvent::Released,
        Deed::Paused { reason } => TimelineEvent::Paused { reason },
        Deed::Resumed => TimelineEvent::Resumed,
        Deed::Cancelled { reason } => TimelineEvent::Ended { stage: Stage::Cancelled, reason },
        Deed::Completed => TimelineEvent::Ended { stage: Stage::Completed, reason: String::new() },
        Deed::ShortClosed { reason } => TimelineEvent::Ended { stage: Stage::Completed, reason },
        Deed::Worked | Deed::Unknown => return Ok(None),
    }))
}

/// The milestones of an order that was imported, or made by an older version: who released or ended
/// it is not known.
fn without_note(view: &View<'_>, story: &Story, rows: &mut Vec<TimelineRow>) -> rusqlite::Result<()> {
    let order = &story.order;
    let told = |is: fn(&TimelineEvent) -> bool| rows.iter().any(|row| is(&row.what));
    let reason = order.state_reason().unwrap_or_default().to_owned();
    let milestones = [
        (
            order.created_at.filter(|_| !told(|what| matches!(what, TimelineEvent::Created))),
            Some(order.created_by),
            TimelineEvent::Created,
        ),
        (
            order.released_at.filter(|_| !told(|what| matches!(what, TimelineEvent::Released))),
            None,
            TimelineEvent::Released,
        ),
        (
            order.ended_at.filter(|_| !told(|what| matches!(what, TimelineEvent::Ended { .. }))),
            None,
            TimelineEvent::Ended { stage: order.stage(), reason },
        ),
    ];
    for (at, by, what) in milestones {
        let Some(at) = at else { continue };
        let user_name = view.label(by.map(UserId::uuid))?;
        rows.push(TimelineRow {
            at: clock::corrected(at, view.now, None),
            user_name,
            what,
            mark: Mark::Accepted,
        });
    }
    Ok(())
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
