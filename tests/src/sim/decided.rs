//! What must have come of the decisions on refused work, folded from the accepted commands alone.

use std::collections::BTreeMap;

use shared_model::command::Command;
use shared_model::exception::{Contested, Exception};
use shared_model::fact::FactBody;
use shared_model::ids::{CommandId, UserId, WorkOrderId};
use shared_model::quantity::Amount;
use shared_model::sync::wire::Verdict;
use shared_model::time::Date;
use shared_model::work_order::Stage;

use super::decisions::releases;
use super::verify::Findings;
use super::world::World;

pub(super) fn verify(world: &World, findings: &mut Findings) {
    what_was_entered_again_kept_its_time(world, findings);
    what_was_handed_over_is_an_exception(world, findings);
    what_was_handed_over_counts_once(world, findings);
    revoked_devices_change_nothing(world, findings);
    two_plans_are_told(world, findings);
}

/// Work does not move to the shift in which somebody found out that it was refused.
fn what_was_entered_again_kept_its_time(world: &World, findings: &mut Findings) {
    for envelope in world.server.accepted().iter().chain(world.server.refused()) {
        let entered_at = world.journal.get(&envelope.id).and_then(|pressed| pressed.entered_at);
        findings.diverged(entered_at.is_none_or(|at| at == envelope.occurred_at), || {
            format!("{} was entered at {entered_at:?}, and is of {}", envelope.id, envelope.occurred_at)
        });
    }
}

/// Exactly one, with all that the person entered.
fn what_was_handed_over_is_an_exception(world: &World, findings: &mut Findings) {
    let mut opened: BTreeMap<CommandId, Vec<&Exception>> = BTreeMap::new();
    for fact in world.server.facts() {
        if let FactBody::ExceptionOpened(exception @ Exception::RefusedWork(_)) = &fact.body {
            opened.entry(fact.command).or_default().push(exception);
        }
    }
    for envelope in world.server.accepted() {
        let Command::HandOver { work, .. } = &envelope.command else { continue };
        let wanted = Exception::RefusedWork(work.clone());
        let found = opened.remove(&envelope.id).unwrap_or_default();
        if found.is_empty() {
            findings.lost.push(format!("what {} handed over is no exception", envelope.id));
        }
        findings.diverged(found.iter().all(|it| **it == wanted), || {
            format!("{} handed over {wanted:?}, and that is {found:?}", envelope.id)
        });
    }
    for (command, exceptions) in opened {
        findings.duplicated.push(format!("{command} gave nothing on, and opened {exceptions:?}"));
    }
}

/// Also where two supervisors release it, none knowing of the other.
fn what_was_handed_over_counts_once(world: &World, findings: &mut Findings) {
    for (exception, commands) in releases(world) {
        let accepted: Vec<_> = commands
            .iter()
            .filter(|id| matches!(world.server.verdicts().get(*id), Some(Verdict::Accepted { .. })))
            .collect();
        if accepted.len() > 1 {
            findings.duplicated.push(format!("{exception} was released as {accepted:?}"));
        }
    }
}

fn revoked_devices_change_nothing(world: &World, findings: &mut Findings) {
    for envelope in world.server.accepted_too_late() {
        let command = envelope.command.code();
        findings.diverged(false, || format!("{command} {} is of a revoked device", envelope.id));
    }
}

/// Quantity, due date, assignee and state of an order.
type Plan = (Amount, Option<Date>, Option<UserId>, Stage);

/// Whoever changed what somebody else had changed meanwhile opened an exception with both values, and
/// nobody else did.
fn two_plans_are_told(world: &World, findings: &mut Findings) {
    let mut plans: BTreeMap<WorkOrderId, Plan> = BTreeMap::new();
    let mut wanted = Vec::new();
    for envelope in world.server.accepted() {
        let id = envelope.id;
        match &envelope.command {
            Command::CreateWorkOrder(new) => {
                plans.insert(new.id, (new.quantity, new.due_on, None, Stage::Planned));
            }
            Command::EditWorkOrder { order, edit } => {
                let Some((quantity, due_on, ..)) = plans.get_mut(order) else { continue };
                if let (Some(seen), Some(now)) = (&edit.seen, edit.quantity)
                    && seen.quantity != *quantity
                    && now != *quantity
                {
                    wanted.push((id, Contested::Quantity { before: *quantity, now }));
                }
                if let (Some(seen), Some(now)) = (&edit.seen, edit.due_on)
                    && seen.due_on != *due_on
                    && now != *due_on
                {
                    wanted.push((id, Contested::DueOn { before: *due_on, now }));
                }
                *quantity = edit.quantity.unwrap_or(*quantity);
                *due_on = edit.due_on.unwrap_or(*due_on);
            }
            Command::AssignWorkOrder { order, assignee, seen } => {
                let Some((_, _, assigned, _)) = plans.get_mut(order) else { continue };
                if seen.is_some_and(|seen| seen != *assigned) && assignee != assigned {
                    wanted.push((id, Contested::Assignee { before: *assigned, now: *assignee }));
                }
                *assigned = *assignee;
            }
            command => {
                let of = command.order().and_then(|order| plans.get_mut(&order));
                let Some((.., stage)) = of else { continue };
                let (saw, now) = stage_after(command, *stage);
                if saw.is_some_and(|saw| saw != *stage) && now != *stage {
                    wanted.push((id, Contested::Stage { before: *stage, now }));
                }
                *stage = now;
            }
        }
    }
    let mut found = Vec::new();
    for fact in world.server.facts() {
        if let FactBody::ExceptionOpened(Exception::ChangedByTwo(contested)) = &fact.body {
            found.push((fact.command, contested.clone()));
        }
    }
    findings.diverged(found == wanted, || {
        format!("two people changed the same: {wanted:?}; they are told of {found:?}")
    });
}

/// The state in which the person saw an order, where that matters, and the one that the command gives it.
fn stage_after(command: &Command, stage: Stage) -> (Option<Stage>, Stage) {
    use Stage::{Cancelled, Completed, InProgress, Paused, Planned, Released};
    // An order does not go back: the device that saw it further on was wrong.
    let unless_own =
        |saw: Option<Stage>| saw.filter(|saw| stage != Planned && (stage != Released || *saw == Planned));
    match command {
        Command::ReleaseWorkOrder { .. } => (None, Released),
        Command::StartOperation { .. } | Command::ResumeWorkOrder { .. } => (None, InProgress),
        // Of an order that is only released, nothing was started.
        Command::ReportProduction { report, .. } if report.operation.is_some() && stage == Released => {
            (None, InProgress)
        }
        Command::PauseWorkOrder { .. } => (None, Paused),
        Command::CompleteWorkOrder { .. } => (None, Completed),
        Command::CancelWorkOrder { seen, .. } => (unless_own(*seen), Cancelled),
        Command::ShortCloseWorkOrder { seen, .. } => (unless_own(*seen), Completed),
        _ => (None, stage),
    }
}
