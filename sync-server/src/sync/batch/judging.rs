//! The decisions of a batch, each on the result of the one before.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use shared_model::catalog::Records;
use shared_model::command::{Command, Envelope, document_after};
use shared_model::fact::FactBody;
use shared_model::ids::{CommandId, FactId, FeedId, PlantId, WorkOrderId};
use shared_model::ledger::OrderLedger;
use shared_model::number::Number;
use shared_model::refusal::Refusal;
use shared_model::stock::StockKey;
use shared_model::sync::judge::{Accepted, Judgement, judge};
use shared_model::sync::turns::Turns;
use shared_model::sync::wire::Verdict;
use shared_model::time::Timestamp;
use shared_model::work_order::WorkOrder;
use shared_model::work_order::document::DocumentError;
use uuid::Uuid;

use super::item::Item;
use super::stock::Stock;
use super::{Interruption, SetAside};
use crate::db::{TenantTx, command, exception, feed, work_order};
use crate::edge;
use crate::sync::held::{self, Held};
use crate::sync::people::{Actors, admit};
use crate::sync::{Draft, Inner, Sender, check};

/// What is to be committed.
pub(super) struct Judged {
    pub head: u64,
    pub held: BTreeMap<WorkOrderId, Held>,
    pub turns: Vec<Turns>,
    pub verdicts: BTreeMap<CommandId, Verdict>,
    pub senders: command::Senders,
}

/// Everything that the decisions of a batch know, carried on from command to command.
pub(super) struct Judging<'a> {
    plant: PlantId,
    now: Timestamp,
    catalog: Arc<Records>,
    senders: command::Senders,
    actors: Actors,
    held: BTreeMap<WorkOrderId, Held>,
    stock: Stock,
    numbers: BTreeMap<String, WorkOrderId>,
    blocked: BTreeMap<Vec<u8>, CommandId>,
    exceptions: BTreeMap<FactId, bool>,
    /// Of each connection, by its place.
    turns: Vec<Turns>,
    aside: &'a SetAside,
    verdicts: BTreeMap<CommandId, Verdict>,
    /// The operations that made something.
    made: BTreeSet<(WorkOrderId, Option<u32>)>,
    draft: Draft,
}

impl<'a> Judging<'a> {
    pub(super) async fn begin(
        inner: &Inner,
        tx: &mut TenantTx,
        plant: PlantId,
        items: &[Item<'_>],
        turns: Vec<Turns>,
        aside: &'a SetAside,
    ) -> Result<Self, Interruption> {
        let now = edge::now();
        let head = feed::lock(tx, FeedId::from(plant)).await?;
        let ids: Vec<Uuid> = items.iter().map(|item| item.received.id.uuid()).collect();
        let verdicts = command::verdicts(tx, &ids).await?;
        let catalog = inner.catalogs.current(tx, plant).await?;
        let fresh = || items.iter().filter(|item| !verdicts.contains_key(&item.received.id));
        let of_revoked = items.iter().filter(|item| {
            verdicts.get(&item.received.id) == Some(&Verdict::Refused(Refusal::DeviceRevoked))
        });
        let devices: BTreeSet<Uuid> =
            fresh().chain(of_revoked).filter_map(|item| device(item.sender)).collect();
        let senders = match devices.is_empty() {
            true => command::Senders::default(),
            false => command::senders(tx, &Vec::from_iter(devices)).await?,
        };
        let orders: BTreeSet<Uuid> = fresh()
            .filter_map(|item| item.command()?.order())
            .filter(|id| !aside.damaged.contains(id))
            .map(WorkOrderId::uuid)
            .collect();
        let held = held::load(tx, &inner.orders, &Vec::from_iter(orders)).await?;
        let numbers: Vec<String> = fresh().filter_map(|item| new_number(item.command()?)).collect();
        let numbers = match numbers.is_empty() {
            true => BTreeMap::new(),
            false => work_order::taken(tx, plant, &numbers).await?,
        };
        let hashes: Vec<Vec<u8>> = fresh().filter_map(|item| item.hash.clone()).collect();
        let blocked = match hashes.is_empty() {
            true => BTreeMap::new(),
            false => command::blocked(tx, &hashes).await?,
        };
        let closing: Vec<Uuid> = fresh().filter_map(|item| closed(item.command()?)).collect();
        let exceptions = match closing.is_empty() {
            true => BTreeMap::new(),
            false => exception::are_open(tx, plant, &closing).await?,
        };
        let mut judging = Self {
            plant,
            now,
            catalog,
            senders,
            actors: Actors::default(),
            held,
            stock: Stock::default(),
            numbers,
            blocked,
            exceptions,
            turns,
            aside,
            verdicts,
            made: BTreeSet::new(),
            draft: Draft::new(plant, now, head),
        };
        let mut keys = BTreeSet::new();
        for command in items.iter().filter_map(Item::command) {
            keys.extend(judging.foreseen_keys(command));
        }
        judging.stock.load(tx, plant, keys).await?;
        Ok(judging)
    }

    /// The stock that a command is going to look at, as far as that is known before the batch.
    fn foreseen_keys(&mut self, command: &Command) -> Vec<StockKey> {
        let Some(held) = command.order().and_then(|id| self.held.get_mut(&id)) else {
            return command.stock_keys(None, &OrderLedger::default());
        };
        // A damaged document keeps its own commands waiting, and nobody else's.
        let order = held.order().ok().flatten().cloned();
        command.stock_keys(order.as_ref(), &held.state.ledger)
    }

    pub(super) async fn judge(&mut self, tx: &mut TenantTx, item: &Item<'_>) -> Result<(), Interruption> {
        let id = item.received.id;
        let order = item.command().and_then(Command::order);
        let is_aside = order.is_some_and(|order| self.aside.damaged.contains(&order));
        if is_aside || self.aside.failed.contains(&id) || self.verdicts.contains_key(&id) {
            return Ok(());
        }
        let judgement = match self.must_wait(item) {
            true => Judgement::Rebase,
            false => self.decide(tx, item).await?,
        };
        let verdict = match judgement {
            Judgement::Accepted(accepted) => self.accept(item, *accepted),
            Judgement::Refused(refusal) => self.refuse(item, refusal),
            Judgement::Rebase => self.rebase(item),
        };
        self.verdicts.insert(id, verdict);
        Ok(())
    }

    /// Whether a command before it, on the same order and connection, is to be made anew first.
    fn must_wait(&mut self, item: &Item<'_>) -> bool {
        let Ok(envelope) = &item.read else { return false };
        self.turns.get_mut(item.connection).is_some_and(|turns| turns.must_wait(envelope))
    }

    async fn decide(&mut self, tx: &mut TenantTx, item: &Item<'_>) -> Result<Judgement, Interruption> {
        let envelope = match self.admit(item) {
            Ok(envelope) => envelope,
            Err(refusal) => return Ok(Judgement::Refused(refusal)),
        };
        let command = &envelope.command;
        let actor = self.actors.of(&self.catalog, self.plant, envelope);
        // A command on stock alone stands on no order.
        let mut nobody = Held::default();
        let held = match command.order() {
            Some(id) => self.held.entry(id).or_default(),
            None => &mut nobody,
        };
        if held.plant.is_some_and(|plant| plant != self.plant) {
            return Ok(Judgement::Refused(Refusal::OtherPlant));
        }
        if matches!(item.sender, Sender::ServerAt { version } if version != held.version()) {
            return Ok(Judgement::Rebase);
        }
        let order = held.order().map_err(|error| damaged(command, error))?;
        if command.order().is_some_and(|id| self.aside.full.contains(&id)) && changes(envelope, order) {
            let problem = "the order's history is full; close the order and open a new one".to_owned();
            return Ok(Judgement::Refused(Refusal::Malformed { problem }));
        }
        if let Err(refusal) = check::references(envelope, order, &self.catalog) {
            return Ok(Judgement::Refused(refusal));
        }
        let order = order.cloned();
        let keys = command.stock_keys(order.as_ref(), &held.state.ledger);
        self.stock.load(tx, self.plant, keys.iter().cloned().collect()).await?;
        let mut levels = self.stock.only(&keys);
        let judgement = unbroken(|| judge(envelope, &mut held.state, &mut levels, actor, self.now))
            .ok_or(Interruption::Panicked(envelope.id, command.order()))?
            .map_err(|error| damaged(command, error))?;
        self.stock.put(&levels);
        Ok(judgement)
    }

    /// What can be refused without looking at the order.
    fn admit<'i>(&self, item: &'i Item<'_>) -> Result<&'i Envelope, Refusal> {
        let envelope = item.read.as_ref().map_err(Clone::clone)?;
        admit(&self.senders, item.sender, envelope.device, envelope.user)?;
        if let Some(on) = item.hash.as_ref().and_then(|hash| self.blocked.get(hash)) {
            return Err(Refusal::DependsOnRefused { on: *on });
        }
        if let Command::CreateWorkOrder(new) = &envelope.command
            && let Some(number) = &new.number
            && self.numbers.get(&number.key()).is_some_and(|by| *by != new.id)
        {
            return Err(Refusal::NumberTaken { number: number.clone() });
        }
        if let Command::CloseException { exception, .. } = &envelope.command {
            match self.exceptions.get(exception) {
                Some(true) => {}
                Some(false) => return Err(Refusal::ExceptionClosed),
                None => return Err(Refusal::UnknownFact),
            }
        }
        Ok(envelope)
    }

    fn accept(&mut self, item: &Item<'_>, accepted: Accepted) -> Verdict {
        let received = item.received;
        let order = item.command().and_then(Command::order);
        for fact in &accepted.facts {
            match &fact.body {
                FactBody::ProductionReported(report) => {
                    self.made.extend(order.map(|order| (order, report.operation)));
                }
                FactBody::ReportVoided(void) => {
                    self.made.extend(order.map(|order| (order, void.operation)));
                }
                FactBody::ExceptionOpened(_) => {
                    self.exceptions.insert(fact.id, true);
                }
                FactBody::ExceptionClosed { exception, .. } => {
                    self.exceptions.insert(*exception, false);
                }
                _ => {}
            }
        }
        if let Some(Command::CreateWorkOrder(new)) = item.command()
            && let Some(number) = &new.number
        {
            self.numbers.insert(number.key(), new.id);
        }
        let before = self.draft.seq();
        let is_changed = accepted.change.is_some();
        self.draft.unit(received.id, order.zip(accepted.change), accepted.facts);
        let seq = self.draft.seq();
        if let Some(held) = order.and_then(|id| self.held.get_mut(&id)) {
            if is_changed {
                held.change(self.plant, accepted.order);
            }
            if seq > before {
                held.touched = Some(seq);
            }
        }
        self.draft.settle(item.accepted(seq, self.now));
        Verdict::Accepted { seq }
    }

    fn rebase(&mut self, item: &Item<'_>) -> Verdict {
        if let (Some(turns), Ok(envelope)) = (self.turns.get_mut(item.connection), &item.read) {
            turns.rebased(envelope);
        }
        Verdict::Rebase { epoch: item.received.epoch.0 }
    }

    fn refuse(&mut self, item: &Item<'_>, refusal: Refusal) -> Verdict {
        if let Some(hash) = &item.hash {
            self.blocked.insert(hash.clone(), item.received.id);
        }
        self.draft.settle(item.refused(refusal.clone(), self.now));
        Verdict::Refused(refusal)
    }

    pub(super) async fn write(mut self, tx: &mut TenantTx) -> Result<Judged, Interruption> {
        for (order, operation) in &self.made {
            if let Some(held) = self.held.get(order) {
                self.draft.output(*order, *operation, held.state.ledger.output(*operation));
            }
        }
        for (id, held) in &mut self.held {
            let Some(seq) = held.touched else { continue };
            match held.changed.take() {
                Some(order) => {
                    match self.draft.document(order, &mut held.state.document, held.new_changes, seq) {
                        Ok(()) => tokio::task::yield_now().await,
                        Err(DocumentError::TooLarge) => return Err(Interruption::Full(*id)),
                        Err(error) => return Err(Interruption::Damaged(*id, error)),
                    }
                }
                None => self.draft.touch(*id, seq),
            }
        }
        let head = self.draft.write(tx).await?;
        let Self { held, turns, verdicts, senders, .. } = self;
        Ok(Judged { head, held, turns, verdicts, senders })
    }
}

/// Whether a command is going to write into the order's document.
fn changes(envelope: &Envelope, order: Option<&WorkOrder>) -> bool {
    let after = document_after(&envelope.command, order, envelope.user, envelope.occurred_at);
    envelope.change.is_some() || matches!(after, Ok(Some(_)))
}

/// None where it panics: one command must not keep all others of the plant from being committed.
fn unbroken<T>(decision: impl FnOnce() -> T) -> Option<T> {
    // Whatever it left behind is dropped with the attempt.
    catch_unwind(AssertUnwindSafe(decision)).ok()
}

fn damaged(command: &Command, error: DocumentError) -> Interruption {
    match command.order() {
        Some(order) => Interruption::Damaged(order, error),
        None => Interruption::Fault(error.into()),
    }
}

fn device(sender: Sender) -> Option<Uuid> {
    match sender {
        Sender::Device(device) => Some(device.uuid()),
        Sender::Server | Sender::ServerAt { .. } => None,
    }
}

fn new_number(command: &Command) -> Option<String> {
    match command {
        Command::CreateWorkOrder(new) => new.number.as_ref().map(Number::key),
        _ => None,
    }
}

fn closed(command: &Command) -> Option<Uuid> {
    match command {
        Command::CloseException { exception, .. } => Some(exception.uuid()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decision_that_breaks_off_is_known_as_such() {
        assert_eq!(unbroken(|| 7), Some(7));
        let nothing: Vec<u8> = Vec::new();
        assert_eq!(unbroken(|| nothing[0]), None);
    }
}
