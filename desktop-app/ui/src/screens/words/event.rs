//! A line of an order's history as a picture, a sentence and what stands under it.

use shared_model::host::TimelineEvent;
use shared_model::work_order::{Stage, WorkOrderEdit};

use super::{exception, exception_kind, format, movement, output};
use crate::components::IconName;
use crate::t;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    pub icon: IconName,
    pub title: String,
    pub detail: Option<String>,
}

impl Told {
    fn new(icon: IconName, title: String) -> Self {
        Self { icon, title, detail: None }
    }

    fn because(icon: IconName, title: String, reason: &str) -> Self {
        Self { detail: Some(reason.to_owned()).filter(|reason| !reason.is_empty()), ..Self::new(icon, title) }
    }
}

pub fn told(event: &TimelineEvent) -> Told {
    match event {
        TimelineEvent::Created => Told::new(IconName::Plus, t!("event-created")),
        TimelineEvent::Edited { edit } => Told::because(IconName::Edit, t!("event-edited"), &edited(edit)),
        TimelineEvent::Assigned { to } if to.is_empty() => Told::new(IconName::User, t!("event-unassigned")),
        TimelineEvent::Assigned { to } => Told::new(IconName::User, t!("event-assigned", to = to.as_str())),
        TimelineEvent::Moved { operation, work_center } => Told::new(
            IconName::ArrowRight,
            t!("event-moved", operation = operation.to_string(), to = work_center.as_str()),
        ),
        TimelineEvent::Paused { reason } => Told::because(IconName::Pause, t!("event-paused"), reason),
        TimelineEvent::Resumed => Told::new(IconName::Play, t!("event-resumed")),
        TimelineEvent::Released => Told::new(IconName::ArrowRight, t!("event-released")),
        TimelineEvent::Reported { operation, output: made } => {
            Told::new(IconName::Clipboard, at_operation(*operation, &output(*made)))
        }
        TimelineEvent::Voided { operation, output: made, reason } => Told::because(
            IconName::Undo,
            t!("event-voided", what = at_operation(*operation, &output(*made))),
            reason,
        ),
        TimelineEvent::OperationStarted { operation } => {
            Told::new(IconName::Play, t!("event-operation-started", operation = operation.to_string()))
        }
        TimelineEvent::OperationPaused { operation, reason } => Told::because(
            IconName::Pause,
            t!("event-operation-paused", operation = operation.to_string()),
            reason,
        ),
        TimelineEvent::OperationResumed { operation } => {
            Told::new(IconName::Play, t!("event-operation-resumed", operation = operation.to_string()))
        }
        TimelineEvent::OperationFinished { operation } => {
            Told::new(IconName::Check, t!("event-operation-finished", operation = operation.to_string()))
        }
        TimelineEvent::ClockedIn { operation } => {
            Told::new(IconName::Clock, t!("event-clocked-in", operation = operation.to_string()))
        }
        TimelineEvent::ClockedOut { operation } => {
            Told::new(IconName::Clock, t!("event-clocked-out", operation = operation.to_string()))
        }
        TimelineEvent::StockMoved { movement: kind, material, amount, unit } => Told::new(
            IconName::Box,
            t!(
                "event-stock-moved",
                movement = movement(*kind),
                material = material.as_str(),
                amount = format::signed(*amount),
                unit = unit.as_str()
            ),
        ),
        TimelineEvent::Exception { exception: what } => {
            Told::because(IconName::Alert, exception_kind(what), &exception(what))
        }
        TimelineEvent::ExceptionClosed { note } => {
            Told::because(IconName::CheckCircle, t!("event-exception-closed"), note)
        }
        TimelineEvent::Ended { stage, reason } => match stage {
            Stage::Cancelled => Told::because(IconName::Cross, t!("event-cancelled"), reason),
            Stage::Paused => Told::because(IconName::Pause, t!("event-paused"), reason),
            Stage::Planned | Stage::Released | Stage::InProgress | Stage::Completed => {
                Told::because(IconName::Flag, t!("event-completed"), reason)
            }
        },
    }
}

/// What of the plan was changed, and to what.
fn edited(edit: &WorkOrderEdit) -> String {
    let parts = [
        edit.title.as_ref().map(|title| t!("event-edited-title", title = title.as_str())),
        edit.quantity.map(|quantity| t!("event-edited-quantity", quantity = format::amount(quantity))),
        edit.due_on.map(|due_on| match due_on {
            Some(date) => t!("event-edited-due", date = date.to_string()),
            None => t!("event-edited-no-due"),
        }),
        edit.priority.map(|priority| t!("event-edited-priority", priority = priority.to_string())),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn at_operation(operation: Option<u32>, what: &str) -> String {
    match operation {
        Some(operation) => t!("event-at-operation", operation = operation.to_string(), what = what),
        None => what.to_owned(),
    }
}
