//! What must hold when a history has come to rest. The sums are folded here once more, naively and
//! from the commands that people entered, so that a mistake in the product's own sums shows.

use std::collections::{BTreeMap, BTreeSet};

use shared_model::command::{Command, Envelope};
use shared_model::fact::{Fact, FactBody};
use shared_model::ids::{CommandId, FactId, UserId, WorkOrderId};
use shared_model::production::Output;
use shared_model::quantity::Amount;
use shared_model::sync::wire::Verdict;
use shared_model::time::Date;
use shared_model::work_order::{OperationState, Stage};

use super::decisions::without_seen;
use super::faults::Exercised;
use super::stock::moves;
use super::world::{Live, Pressed, World};

/// What was found wrong, by kind.
#[derive(Debug, Default)]
pub struct Findings {
    pub lost: Vec<String>,
    pub duplicated: Vec<String>,
    pub diverged: Vec<String>,
    /// What came, and came too late.
    pub stuck: Vec<String>,
}

impl Findings {
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lines().next().is_none()
    }

    pub fn lines(&self) -> impl Iterator<Item = String> {
        let kinds = [
            ("lost", &self.lost),
            ("duplicated", &self.duplicated),
            ("diverged", &self.diverged),
            ("stuck", &self.stuck),
        ];
        kinds.into_iter().flat_map(|(kind, all)| all.iter().map(move |what| format!("{kind}: {what}")))
    }

    pub(super) fn diverged(&mut self, holds: bool, what: impl FnOnce() -> String) {
        if !holds {
            self.diverged.push(what());
        }
    }
}

/// # Errors
/// When a device or the server cannot be read.
pub fn verify(world: &mut World) -> anyhow::Result<Findings> {
    let Live { lost, duplicated, diverged, stuck } = std::mem::take(&mut world.live);
    let mut findings = Findings {
        lost: lost.into_iter().collect(),
        duplicated: duplicated.into_iter().collect(),
        diverged: diverged.into_iter().collect(),
        stuck: stuck.into_iter().collect(),
    };
    every_command_has_one_verdict(world, &mut findings);
    nobody_is_refused_for_nothing(world, &mut findings);
    every_fact_is_there_once(world, &mut findings);
    let voided = reports_add_up(world, &mut findings);
    super::stock::verify(world, &voided, &mut findings);
    states_follow(world, &mut findings)?;
    plans_follow(world, &mut findings)?;
    super::decided::verify(world, &mut findings);
    for index in 0..world.devices.len() {
        // A revoked device hears nothing more.
        if !world.revoked.contains(&index) {
            super::compare::device(world, index, &mut findings)?;
        }
    }
    Ok(findings)
}

fn every_command_has_one_verdict(world: &World, findings: &mut Findings) {
    let verdicts = world.server.verdicts();
    for (id, pressed) in &world.journal {
        let is_kept = pressed.devices.keys().any(|index| {
            let outbox = world.devices[*index].outbox_file();
            let sql = "select 1 from command where id = ?1 and state = 'refused'";
            let found = outbox.prepare_cached(sql).and_then(|mut it| it.exists([id.uuid()]));
            // A revoked device hands in also what it refused itself.
            !world.revoked.contains(index) && found.unwrap_or_default()
        });
        if !verdicts.contains_key(id) && !is_kept && !pressed.is_let_go {
            let Pressed { devices, command, .. } = pressed;
            findings.lost.push(format!("command {id} of devices {devices:?}: {command:?}"));
        }
    }
    let mut seen = BTreeSet::new();
    for envelope in world.server.accepted().iter().chain(world.server.refused()) {
        if !seen.insert(envelope.id) {
            findings.duplicated.push(format!("command {} was decided twice", envelope.id));
        }
        let Some(pressed) = world.journal.get(&envelope.id) else {
            findings.duplicated.push(format!("command {} was never entered", envelope.id));
            continue;
        };
        let is_same =
            pressed.command.as_ref().is_none_or(|entered| says_the_same(entered, &envelope.command));
        findings.diverged(is_same, || format!("{:?} became {:?}", pressed.command, envelope.command));
    }
}

/// What only one device ever touched is refused by nobody but that device, at once; and nothing is
/// refused because something entered before it was still on its way.
fn nobody_is_refused_for_nothing(world: &World, findings: &mut Findings) {
    for id in world.server.unfairly_refused() {
        findings.diverged.push(format!("command {id} was refused before one on which it stands was judged"));
    }
    let Exercised { new_roles, revoked_devices, .. } = world.exercised;
    if new_roles > 0 || revoked_devices > 0 || world.lost_at_console > 0 {
        return;
    }
    let mut touched: BTreeMap<WorkOrderId, BTreeSet<shared_model::ids::DeviceId>> = BTreeMap::new();
    let mut with_taken_numbers = BTreeSet::new();
    for envelope in world.server.accepted().iter().chain(world.server.refused()) {
        if let Some(order) = envelope.command.order() {
            touched.entry(order).or_default().insert(envelope.device);
        }
    }
    for envelope in world.server.refused() {
        if let Command::CreateWorkOrder(new) = &envelope.command {
            with_taken_numbers.insert(new.id);
        }
    }
    // What waited in vain is refused because nobody brought back what it stands on.
    let judged_at_once = |envelope: &&Envelope| !world.was_early.contains(&envelope.id);
    for envelope in world.server.refused().iter().filter(judged_at_once) {
        // Two people may look after the same exception; and one that a device expected, because of its stock, may
        // not have been opened.
        if matches!(envelope.command, Command::CloseException { .. }) {
            continue;
        }
        let Some(order) = envelope.command.order() else {
            findings.diverged.push(format!("{:?} was refused, and touches no order", envelope.command));
            continue;
        };
        let is_alone = touched.get(&order).is_some_and(|devices| devices.len() == 1);
        if is_alone && !with_taken_numbers.contains(&order) {
            let verdict = world.server.verdicts().get(&envelope.id);
            findings.diverged.push(format!(
                "{:?} was refused ({verdict:?}), and nobody else touched it",
                envelope.command
            ));
        }
    }
}

/// Commands are completed on the way (numbers, units, materials, what the person saw), never altered.
pub(super) fn says_the_same(entered: &Command, sent: &Command) -> bool {
    match (entered, sent) {
        (Command::CreateWorkOrder(entered), Command::CreateWorkOrder(sent)) => {
            (entered.id, entered.material, entered.quantity) == (sent.id, sent.material, sent.quantity)
        }
        (Command::ReleaseWorkOrder { order: entered, .. }, Command::ReleaseWorkOrder { order: sent, .. }) => {
            entered == sent
        }
        (Command::ReceiveStock { .. }, _)
        | (Command::IssueStock { .. }, _)
        | (Command::TransferStock { .. }, _)
        | (Command::AdjustStock { .. }, _) => moves(entered) == moves(sent),
        (entered, sent) => without_seen(entered.clone()) == without_seen(sent.clone()),
    }
}

/// What somebody entered stays on their device, in the outbox until the replica has what came of it.
/// Asked while work goes on: in the end everything has come back from the server.
///
/// # Errors
/// When the device cannot be read.
pub fn own_work_is_here(world: &mut World, index: usize) -> anyhow::Result<()> {
    let Some(here) = world.here(index)? else { return Ok(()) };
    let here = here.max(world.restored_from[index]);
    let device = super::http::device_id(index);
    let mut kept =
        world.devices[index].outbox_file().prepare_cached("select 1 from command where id = ?1")?;
    // A snapshot that is still coming may have brought it.
    let mut confirmed = world.devices[index].replica_file().prepare_cached(
        "select exists (select 1 from fact where command = ?1) or exists (select 1 from begun)",
    )?;
    for envelope in world.server.accepted().iter().rev().filter(|envelope| envelope.device == device) {
        let Some(Verdict::Accepted { seq }) = world.server.verdicts().get(&envelope.id) else { continue };
        if *seq <= here {
            break;
        }
        let id = [envelope.id.uuid()];
        if !kept.exists(id)? && !confirmed.query_row(id, |row| row.get::<_, bool>(0))? {
            let command = envelope.command.code();
            world.live.lost.insert(format!("device {index}: {command} {} is not here yet", envelope.id));
        }
    }
    Ok(())
}

/// The states that the accepted commands give one after the other, folded once more. A state that was
/// merged and not decided shows here: somebody starts an order that was cancelled before.
fn states_follow(world: &mut World, findings: &mut Findings) -> anyhow::Result<()> {
    let mut orders: BTreeMap<WorkOrderId, (Stage, BTreeMap<u32, OperationState>)> = BTreeMap::new();
    for envelope in world.server.accepted() {
        let command = &envelope.command;
        if let Command::CreateWorkOrder(new) = command {
            let operations = new.operations.iter().map(|it| (it.number, OperationState::Pending)).collect();
            orders.insert(new.id, (Stage::Planned, operations));
            continue;
        }
        let Some((stage, operations)) = command.order().and_then(|order| orders.get_mut(&order)) else {
            continue;
        };
        use Stage::{Cancelled, Completed, InProgress, Paused, Planned, Released};
        let (from, to): (&[Stage], Stage) = match command {
            Command::ReleaseWorkOrder { .. } => (&[Planned], Released),
            Command::PauseWorkOrder { .. } => (&[InProgress], Paused),
            Command::ResumeWorkOrder { .. } => (&[Paused], InProgress),
            Command::CancelWorkOrder { .. } => (&[Planned, Released, InProgress, Paused], Cancelled),
            Command::CompleteWorkOrder { .. } => (&[InProgress], Completed),
            Command::ShortCloseWorkOrder { .. } => (&[InProgress, Paused], Completed),
            Command::StartOperation { operation, .. } => {
                operations.insert(*operation, OperationState::Started);
                (&[Released, InProgress], InProgress)
            }
            Command::FinishOperation { operation, .. } => {
                operations.insert(*operation, OperationState::Finished);
                (&[InProgress], InProgress)
            }
            Command::ReportProduction { report, .. } => {
                let pending =
                    report.operation.filter(|it| operations.get(it) == Some(&OperationState::Pending));
                if let Some(operation) = pending.filter(|_| matches!(stage, Released | InProgress)) {
                    operations.insert(operation, OperationState::Started);
                    *stage = InProgress;
                }
                continue;
            }
            _ => continue,
        };
        findings.diverged(from.contains(stage), || {
            format!("{} {} was accepted on an order that was {stage}", command.code(), envelope.id)
        });
        *stage = to;
    }
    for (id, state) in world.server.orders() {
        let Some(order) = state.document.order()? else { continue };
        let made = order.operations.values().map(|it| (it.number, it.state)).collect();
        let found = (order.stage(), made);
        let folded = orders.get(id);
        findings.diverged(folded == Some(&found), || format!("order {id} is {found:?}, not {folded:?}"));
    }
    Ok(())
}

/// Quantity, due date and assignee are those of the command that was accepted last.
fn plans_follow(world: &mut World, findings: &mut Findings) -> anyhow::Result<()> {
    let mut plans: BTreeMap<WorkOrderId, (Amount, Option<Date>, Option<UserId>)> = BTreeMap::new();
    for envelope in world.server.accepted() {
        match &envelope.command {
            Command::CreateWorkOrder(new) => {
                plans.insert(new.id, (new.quantity, new.due_on, None));
            }
            Command::EditWorkOrder { order, edit } => {
                if let Some((quantity, due_on, _)) = plans.get_mut(order) {
                    *quantity = edit.quantity.unwrap_or(*quantity);
                    *due_on = edit.due_on.unwrap_or(*due_on);
                }
            }
            Command::AssignWorkOrder { order, assignee, .. } => {
                if let Some((_, _, assigned)) = plans.get_mut(order) {
                    *assigned = *assignee;
                }
            }
            _ => {}
        }
    }
    for (id, state) in world.server.orders() {
        let Some(order) = state.document.order()? else { continue };
        let found = (order.quantity, order.due_on, order.assignee);
        let folded = plans.get(id);
        findings
            .diverged(folded == Some(&found), || format!("the plan of {id} is {found:?}, not {folded:?}"));
    }
    Ok(())
}

fn every_fact_is_there_once(world: &World, findings: &mut Findings) {
    let accepted: BTreeMap<CommandId, &Envelope> =
        world.server.accepted().iter().map(|envelope| (envelope.id, envelope)).collect();
    let mut seen = BTreeSet::new();
    let mut reported = BTreeSet::new();
    for fact in world.server.facts() {
        if !seen.insert(fact.id) {
            findings.duplicated.push(format!("fact {} stands twice in the feed", fact.id));
        }
        if !accepted.contains_key(&fact.command) {
            findings.duplicated.push(format!("fact {} is of a command that was not accepted", fact.id));
        }
        if matches!(fact.body, FactBody::ProductionReported(_)) {
            reported.insert(fact.command);
        }
    }
    for envelope in accepted.values() {
        let is_report = matches!(envelope.command, Command::ReportProduction { .. });
        if is_report && !reported.contains(&envelope.id) {
            findings.lost.push(format!("the report of command {} is not in the feed", envelope.id));
        }
    }
}

/// Good, scrap and rework per operation: from what people entered, less what they took back. Gives the reports
/// that were taken back.
fn reports_add_up(world: &mut World, findings: &mut Findings) -> BTreeSet<CommandId> {
    let facts: Vec<Fact> = world.server.facts().cloned().collect();
    let command_of: BTreeMap<FactId, CommandId> = facts.iter().map(|fact| (fact.id, fact.command)).collect();
    let mut voided: BTreeMap<CommandId, u32> = BTreeMap::new();
    let mut reports = BTreeMap::new();
    for envelope in world.server.accepted() {
        match &envelope.command {
            Command::ReportProduction { order, report } => {
                reports.insert(envelope.id, (*order, report.clone()));
            }
            Command::VoidReport { report, .. } => {
                *voided.entry(command_of.get(report).copied().unwrap_or(envelope.id)).or_default() += 1;
            }
            _ => {}
        }
    }
    for (command, times) in voided.iter().filter(|(_, times)| **times > 1) {
        findings.duplicated.push(format!("the report of {command} was voided {times} times"));
    }
    let mut sums: BTreeMap<(WorkOrderId, Option<u32>), Output> = BTreeMap::new();
    for (command, (order, report)) in &reports {
        if !voided.contains_key(command) {
            let sum = sums.entry((*order, report.operation)).or_default();
            *sum = sum.plus(report.output());
        }
    }
    for (id, state) in world.server.orders() {
        for operation in [Some(10), Some(20), None] {
            let naive = sums.get(&(*id, operation)).copied().unwrap_or_default();
            let found = state.ledger.output(operation);
            findings.diverged(naive == found, || {
                format!("order {id} operation {operation:?} made {found:?}, entered were {naive:?}")
            });
        }
    }
    voided.into_keys().collect()
}

/// The refusal that the server gave, if any.
#[must_use]
pub fn refusal_of(verdict: Option<&Verdict>) -> Option<&shared_model::refusal::Refusal> {
    match verdict {
        Some(Verdict::Refused(refusal)) => Some(refusal),
        _ => None,
    }
}
