//! One command, one decision.

use std::collections::BTreeMap;

use super::{Command, Effects, Envelope, Scene, contested, limits, moves, report};
use crate::exception::Exception;
use crate::fact::{Fact, FactBody};
use crate::ids::{IdSource, UserId, WorkCenterId};
use crate::number::Number;
use crate::policy::Action;
use crate::production::{LaborClock, OperationEvent};
use crate::quantity::Amount;
use crate::refusal::Refusal;
use crate::stock::StockKey;
use crate::time::Timestamp;
use crate::work_order::{MaterialLine, OperationState, PauseReason, Stage, WorkOrder, needed};

/// Decides a command on what is known now.
///
/// # Errors
/// The reason for which it may not happen.
pub fn decide(envelope: &Envelope, scene: &Scene<'_>) -> Result<Effects, Refusal> {
    let command = &envelope.command;
    permit(command, scene)?;
    limits::check(command)?;
    let mut effects = Draft::new(envelope);
    match command {
        Command::CreateWorkOrder(_) if scene.order.is_some() => return Err(Refusal::OrderExists),
        Command::EditWorkOrder { edit, .. } => contested::plan(&mut effects, known(scene.order)?, edit),
        Command::AssignWorkOrder { assignee, seen, .. } => {
            contested::assignee(&mut effects, known(scene.order)?, *assignee, *seen);
        }
        Command::CompleteWorkOrder { .. } => report::enough(known(scene.order)?, scene.ledger)?,
        Command::StartOperation { operation, .. } => start(&mut effects, scene, *operation)?,
        Command::PauseOperation { operation, reason, note, .. } => {
            clock_out(&mut effects, scene, *operation)?;
            let pause = PauseReason { reason: *reason, note: note.trim().to_owned() };
            effects.log(*operation, OperationEvent::Paused(pause));
        }
        Command::ResumeOperation { operation, .. } => {
            resume(known(scene.order)?, *operation)?;
            clock_in(&mut effects, scene, *operation)?;
            effects.log(*operation, OperationEvent::Resumed);
        }
        Command::FinishOperation { operation, .. } => {
            effects.order = finish(&mut effects, scene, *operation)?;
            return Ok(effects.done());
        }
        Command::ReportProduction { report, .. } => report::report(&mut effects, scene, report)?,
        Command::VoidReport { report, reason, .. } => {
            report::void(&mut effects, scene, *report, &needed(reason)?)?;
        }
        Command::ReceiveStock { .. }
        | Command::IssueStock { .. }
        | Command::TransferStock { .. }
        | Command::AdjustStock { .. } => moves::moved(&mut effects, scene, command)?,
        Command::CloseException { exception, order, note } => {
            if order.is_some() && !scene.ledger.is_exception_open(*exception) {
                return Err(Refusal::ExceptionClosed);
            }
            effects.fact(FactBody::ExceptionClosed { exception: *exception, note: needed(note)? });
        }
        Command::HandOver { work, .. } => {
            if matches!(work.entered, Command::HandOver { .. } | Command::Unknown) {
                return Err(Refusal::Malformed { problem: "it gives on no work".to_owned() });
            }
            effects.fact(FactBody::ExceptionOpened(Exception::RefusedWork(work.clone())));
        }
        Command::Unknown => {
            return Err(Refusal::Malformed { problem: "it is of a newer version".to_owned() });
        }
        Command::CreateWorkOrder(_)
        | Command::MoveOperation { .. }
        | Command::ReleaseWorkOrder { .. }
        | Command::PauseWorkOrder { .. }
        | Command::ResumeWorkOrder { .. }
        | Command::CancelWorkOrder { .. }
        | Command::ShortCloseWorkOrder { .. } => {}
    }
    effects.order = document_after(command, scene.order, envelope.user, scene.now)?;
    contested::stage(&mut effects, command, scene.order);
    Ok(effects.done())
}

/// Materials that were exploded for another quantity than the order has by now.
fn planned(materials: &[MaterialLine], exploded_for: Option<Amount>, quantity: Amount) -> Vec<MaterialLine> {
    let scaled = |line: &MaterialLine| match exploded_for.filter(|before| *before != quantity) {
        Some(before) => {
            let planned = line.planned.scaled(quantity.decimal(), before.decimal());
            MaterialLine { planned, ..line.clone() }
        }
        None => line.clone(),
    };
    materials.iter().map(scaled).collect()
}

/// What a command makes of the order's document, seen from the document alone. The server repeats
/// this on the heads that the device saw, to verify the pushed change.
///
/// # Errors
/// When the document's state does not allow it.
pub fn document_after(
    command: &Command,
    order: Option<&WorkOrder>,
    by: UserId,
    at: Timestamp,
) -> Result<Option<WorkOrder>, Refusal> {
    if let Command::CreateWorkOrder(new) = command {
        return WorkOrder::create(new, by, at).map(Some);
    }
    let Some(order_id) = command.order() else { return Ok(None) };
    let Some(order) = order.filter(|order| order.id == order_id) else {
        return if needs_no_order(command) { Ok(None) } else { Err(Refusal::UnknownOrder) };
    };
    let after = match command {
        Command::EditWorkOrder { edit, .. } => order.edit(edit)?,
        Command::AssignWorkOrder { assignee, .. } => order.assign(*assignee)?,
        Command::MoveOperation { operation, work_center, .. } => {
            order.move_operation(*operation, *work_center)?
        }
        Command::ReleaseWorkOrder { bom, materials, planned_for, .. } => {
            order.release(*bom, &planned(materials, *planned_for, order.quantity), at)?
        }
        Command::PauseWorkOrder { reason, .. } => order.pause(reason)?,
        Command::ResumeWorkOrder { .. } => order.resume()?,
        Command::CancelWorkOrder { reason, .. } => order.cancel(reason, at)?,
        Command::CompleteWorkOrder { .. } => order.complete(at)?,
        Command::ShortCloseWorkOrder { reason, .. } => order.short_close(reason, at)?,
        Command::StartOperation { operation, .. } => order.start_operation(*operation, at)?,
        Command::FinishOperation { operation, .. } => order.finish_operation(*operation)?,
        Command::ReportProduction { report, .. } => return Ok(report::started_by(order, report, at)),
        _ => return Ok(None),
    };
    Ok((after != *order).then_some(after))
}

/// Stock and exceptions are facts of their own: an order that is not known here stops them not.
const fn needs_no_order(command: &Command) -> bool {
    matches!(command, Command::IssueStock { .. } | Command::CloseException { .. } | Command::HandOver { .. })
}

fn permit(command: &Command, scene: &Scene<'_>) -> Result<(), Refusal> {
    let action = match command {
        Command::CreateWorkOrder(_) | Command::EditWorkOrder { .. } => Action::PlanWork,
        Command::AssignWorkOrder { .. }
        | Command::MoveOperation { .. }
        | Command::ReleaseWorkOrder { .. }
        | Command::PauseWorkOrder { .. }
        | Command::ResumeWorkOrder { .. }
        | Command::CancelWorkOrder { .. }
        | Command::ShortCloseWorkOrder { .. } => Action::DirectWork,
        Command::CompleteWorkOrder { .. }
        | Command::StartOperation { .. }
        | Command::PauseOperation { .. }
        | Command::ResumeOperation { .. }
        | Command::FinishOperation { .. }
        | Command::ReportProduction { .. } => Action::PerformWork,
        Command::VoidReport { report, .. } => report::who_may_void(scene, *report),
        Command::ReceiveStock { .. } | Command::IssueStock { .. } | Command::TransferStock { .. } => {
            Action::MoveStock
        }
        Command::AdjustStock { .. } => Action::AdjustStock,
        Command::CloseException { .. } => Action::ResolveExceptions,
        Command::HandOver { .. } | Command::Unknown => Action::View,
    };
    scene.actor.require(action, concerned(command, scene))?;
    match command {
        // The department that gets the work has a say, too.
        Command::MoveOperation { work_center, .. } => scene.actor.require(action, [*work_center]),
        _ => Ok(()),
    }
}

/// The work centers whose work a command is about: that of its operation, or all of its order.
fn concerned(command: &Command, scene: &Scene<'_>) -> Vec<WorkCenterId> {
    let operation = match command {
        Command::CreateWorkOrder(new) => {
            return new.operations.iter().filter_map(|operation| operation.work_center).collect();
        }
        Command::MoveOperation { operation, .. }
        | Command::StartOperation { operation, .. }
        | Command::PauseOperation { operation, .. }
        | Command::ResumeOperation { operation, .. }
        | Command::FinishOperation { operation, .. } => Some(*operation),
        Command::ReportProduction { report, .. } => report.operation,
        Command::VoidReport { report, .. } => {
            scene.ledger.report(*report).and_then(|(_, report)| report.operation)
        }
        Command::EditWorkOrder { .. }
        | Command::AssignWorkOrder { .. }
        | Command::ReleaseWorkOrder { .. }
        | Command::PauseWorkOrder { .. }
        | Command::ResumeWorkOrder { .. }
        | Command::CancelWorkOrder { .. }
        | Command::CompleteWorkOrder { .. }
        | Command::ShortCloseWorkOrder { .. }
        | Command::IssueStock { .. }
        | Command::CloseException { .. } => None,
        Command::ReceiveStock { .. }
        | Command::TransferStock { .. }
        | Command::AdjustStock { .. }
        | Command::HandOver { .. }
        | Command::Unknown => return Vec::new(),
    };
    work_centers(scene, operation)
}

/// That of an operation of the order, or all of them.
pub(super) fn work_centers(scene: &Scene<'_>, operation: Option<u32>) -> Vec<WorkCenterId> {
    let Some(order) = scene.order else { return Vec::new() };
    let is_meant = |number: u32| operation.is_none_or(|meant| meant == number);
    order.operations.values().filter(|it| is_meant(it.number)).filter_map(|it| it.work_center).collect()
}

fn start(effects: &mut Draft<'_>, scene: &Scene<'_>, number: u32) -> Result<(), Refusal> {
    let order = known(scene.order)?;
    let first = order.operation(number).is_some_and(|operation| operation.state == OperationState::Pending);
    if first {
        effects.log(number, OperationEvent::Started);
    }
    clock_in(effects, scene, number)
}

fn resume(order: &WorkOrder, number: u32) -> Result<(), Refusal> {
    match order.operation(number) {
        None => Err(Refusal::UnknownOperation { operation: number }),
        Some(operation) if operation.state == OperationState::Finished => {
            Err(Refusal::OperationFinished { operation: number, name: operation.name.clone() })
        }
        Some(operation) if operation.state == OperationState::Pending => {
            Err(Refusal::OperationNotStarted { operation: number, name: operation.name.clone() })
        }
        Some(_) if order.stage() != Stage::InProgress => Err(Refusal::WrongState {
            number: order.number.clone(),
            stage: order.stage(),
            reason: order.state_reason().map(ToOwned::to_owned),
        }),
        Some(_) => Ok(()),
    }
}

/// Somebody else may have finished it meanwhile: then only one's own clock stops.
fn finish(effects: &mut Draft<'_>, scene: &Scene<'_>, number: u32) -> Result<Option<WorkOrder>, Refusal> {
    let order = known(scene.order)?;
    let working = scene.ledger.working(number);
    let after = match order.finish_operation(number) {
        Ok(after) => Some(after),
        Err(Refusal::OperationFinished { .. }) if working.contains_key(&scene.actor.user) => None,
        Err(refusal) => return Err(refusal),
    };
    for (user, since) in working {
        effects.clock(user, number, LaborClock::Out, stopped_at(scene, since));
    }
    effects.log(number, OperationEvent::Finished);
    Ok(after)
}

fn clock_in(effects: &mut Draft<'_>, scene: &Scene<'_>, number: u32) -> Result<(), Refusal> {
    if scene.ledger.working(number).contains_key(&scene.actor.user) {
        return Err(Refusal::AlreadyWorking);
    }
    effects.clock(scene.actor.user, number, LaborClock::In, scene.now);
    Ok(())
}

fn clock_out(effects: &mut Draft<'_>, scene: &Scene<'_>, number: u32) -> Result<(), Refusal> {
    known(scene.order)?;
    let since = *scene.ledger.working(number).get(&scene.actor.user).ok_or(Refusal::NotWorking)?;
    effects.clock(scene.actor.user, number, LaborClock::Out, stopped_at(scene, since));
    Ok(())
}

/// By the clock of another device it may have started in the future; no clock stops before that.
fn stopped_at(scene: &Scene<'_>, since: Timestamp) -> Timestamp {
    scene.now.max(since.plus_millis(1))
}

pub(super) fn known(order: Option<&WorkOrder>) -> Result<&WorkOrder, Refusal> {
    order.ok_or(Refusal::UnknownOrder)
}

/// The effects of a command as they come together.
///
/// A fact's id comes from what it says, not from its place among the others: the device and the
/// server may differ on whether the same press also started the operation or opened an exception,
/// and must still mean the same report when they name it.
pub(super) struct Draft<'a> {
    envelope: &'a Envelope,
    ids: IdSource,
    named: BTreeMap<String, u32>,
    pub(super) order: Option<WorkOrder>,
    facts: Vec<Fact>,
}

impl<'a> Draft<'a> {
    fn new(envelope: &'a Envelope) -> Self {
        let ids = IdSource::of_command(envelope.id, envelope.occurred_at);
        Self { envelope, ids, named: BTreeMap::new(), order: None, facts: Vec::new() }
    }

    pub(super) fn fact(&mut self, body: FactBody) {
        self.fact_of(self.envelope.user, self.envelope.occurred_at, body);
    }

    pub(super) fn log(&mut self, operation: u32, event: OperationEvent) {
        self.fact(FactBody::OperationLogged { operation, event });
    }

    fn clock(&mut self, user: UserId, operation: u32, clock: LaborClock, at: Timestamp) {
        self.fact_of(user, at, FactBody::LaborClocked { operation, clock });
    }

    fn fact_of(&mut self, user: UserId, occurred_at: Timestamp, body: FactBody) {
        let name = name_of(user, &body);
        let count = self.named.entry(name.clone()).or_default();
        *count += 1;
        self.facts.push(Fact {
            id: self.ids.named(&format!("{name}#{count}")),
            command: self.envelope.id,
            occurred_at,
            user,
            device: self.envelope.device,
            order: self.envelope.command.order(),
            body,
        });
    }

    fn done(self) -> Effects {
        Effects { order: self.order, facts: self.facts }
    }
}

/// What tells a fact apart from the others of its command.
fn name_of(user: UserId, body: &FactBody) -> String {
    let kind = body.kind();
    match body {
        FactBody::LaborClocked { operation, clock } => format!("{kind}/{user}/{operation}/{clock:?}"),
        FactBody::StockMoved(moved) => format!("{kind}/{}/{}", moved.movement.code(), key_of(&moved.key)),
        FactBody::ExceptionOpened(exception) => {
            let about = match exception {
                Exception::NegativeStock { key, .. } => key_of(key),
                Exception::ChangedByTwo(contested) => contested.field().to_owned(),
                _ => String::new(),
            };
            format!("{kind}/{}/{about}", exception.code())
        }
        _ => kind.to_owned(),
    }
}

fn key_of(key: &StockKey) -> String {
    let text = |number: &Option<Number>| number.as_ref().map(ToString::to_string).unwrap_or_default();
    let location = key.location.map(|location| location.to_string()).unwrap_or_default();
    format!("{}/{location}/{}/{}/{}", key.material, text(&key.lot), text(&key.serial), key.status.code())
}
