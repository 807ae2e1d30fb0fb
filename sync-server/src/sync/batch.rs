//! One transaction: judges commands in their order and commits what came of them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use shared_model::catalog::Records;
use shared_model::command::{Command, Envelope, document_after};
use shared_model::fact::FactBody;
use shared_model::ids::{CommandId, FactId, FeedId, OrganizationId, PlantId, WorkOrderId};
use shared_model::ledger::OrderLedger;
use shared_model::quantity::Amount;
use shared_model::refusal::Refusal;
use shared_model::stock::{StockKey, StockLevels};
use shared_model::sync::judge::{Accepted, Judgement, judge};
use shared_model::sync::wire::Verdict;
use shared_model::sync::wire::stored::ReceivedEnvelope;
use shared_model::time::Timestamp;
use shared_model::work_order::WorkOrder;
use shared_model::work_order::document::{DocumentError, decode_change};
use uuid::Uuid;

use super::held::{self, Held};
use super::people::{Actors, admit};
use super::{Draft, Fault, Inner, Sender, check};
use crate::db::command::{self, Outcome, Settled};
use crate::db::{TenantTx, exception, feed, stock, work_order};
use crate::edge;

/// After so many commands others get a turn on the processor.
const COMMANDS_AT_A_STRETCH: usize = 16;

/// A command on its way through the batch.
struct Item<'a> {
    sender: Sender,
    received: &'a ReceivedEnvelope,
    read: Result<Envelope, Refusal>,
    /// Of its change, where that is one.
    hash: Option<Vec<u8>>,
}

impl<'a> Item<'a> {
    fn new(sender: Sender, received: &'a ReceivedEnvelope) -> Self {
        let change = received.change.as_deref().and_then(|bytes| decode_change(bytes).ok());
        let hash = change.map(|change| change.hash().0.to_vec());
        Self { sender, received, read: check::read(received), hash }
    }

    fn command(&self) -> Option<&Command> {
        self.read.as_ref().ok().map(|envelope| &envelope.command)
    }
}

type Verdicts = Vec<(CommandId, Verdict)>;

/// Commits pushes, and gives the verdicts of each.
///
/// # Errors
/// When nothing was committed, or nobody knows.
pub(super) async fn commit(
    inner: &Inner,
    organization: OrganizationId,
    plant: PlantId,
    pushes: &[(Sender, &[ReceivedEnvelope])],
) -> Result<Vec<Verdicts>, Fault> {
    let items: Vec<_> = pushes
        .iter()
        .flat_map(|(sender, commands)| commands.iter().map(|command| Item::new(*sender, command)))
        .collect();
    // Orders whose documents cannot grow any more; found when they are saved.
    let mut full = BTreeSet::new();
    loop {
        let mut tx = TenantTx::begin(&inner.pools, organization, None).await?;
        let mut judging = Judging::begin(inner, &mut tx, plant, &items, &full).await?;
        for (n, item) in items.iter().enumerate() {
            if n % COMMANDS_AT_A_STRETCH == COMMANDS_AT_A_STRETCH - 1 {
                tokio::task::yield_now().await;
            }
            judging.judge(&mut tx, item).await?;
        }
        match judging.write(&mut tx).await? {
            Written::Done { head, held, verdicts } => {
                tx.commit().await?;
                inner.orders.keep(organization, held);
                inner.feeds.moved(plant.into(), head);
                return Ok(answers(pushes, &verdicts));
            }
            Written::Full(order) => {
                full.insert(order);
                tx.rollback().await?;
            }
        }
    }
}

/// One verdict per command and push, in their order.
fn answers(
    pushes: &[(Sender, &[ReceivedEnvelope])],
    verdicts: &BTreeMap<CommandId, Verdict>,
) -> Vec<Verdicts> {
    pushes
        .iter()
        .map(|(_, commands)| {
            commands.iter().filter_map(|it| Some((it.id, verdicts.get(&it.id)?.clone()))).collect()
        })
        .collect()
}

/// Refuses, and keeps, a command that the database does not take.
///
/// # Errors
/// When the database does not take that either.
pub(super) async fn refuse_unstorable(
    inner: &Inner,
    organization: OrganizationId,
    plant: PlantId,
    received: &ReceivedEnvelope,
) -> Result<Verdicts, Fault> {
    let problem = "the server cannot store it; its administrator sees why in the log".to_owned();
    let refusal = Refusal::Malformed { problem };
    let now = edge::now();
    let mut tx = TenantTx::begin(&inner.pools, organization, None).await?;
    let item = Item::new(Sender::Server, received);
    command::settle(&mut tx, plant, now, &[refused(&item, refusal.clone(), now)]).await?;
    tx.commit().await?;
    Ok(vec![(received.id, Verdict::Refused(refusal))])
}

fn refused(item: &Item<'_>, refusal: Refusal, now: Timestamp) -> Settled {
    let received = item.received;
    Settled {
        id: received.id,
        code: item.command().map_or("unknown", Command::code),
        device: received.device,
        user: received.user,
        occurred_at: check::storable_time(received.occurred_at, now),
        clock_skew_ms: check::clock_skew_ms(received.occurred_at, now),
        outcome: Outcome::Refused {
            refusal,
            body: received.storable_command(),
            change: received.change.clone(),
            hash: item.hash.clone(),
        },
    }
}

enum Written {
    Done {
        head: u64,
        held: BTreeMap<WorkOrderId, Held>,
        verdicts: BTreeMap<CommandId, Verdict>,
    },
    /// This order's document has reached its limit.
    Full(WorkOrderId),
}

/// Everything that the decisions of a batch know, carried on from command to command.
struct Judging<'a> {
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
    full: &'a BTreeSet<WorkOrderId>,
    verdicts: BTreeMap<CommandId, Verdict>,
    /// The operations that made something.
    made: BTreeSet<(WorkOrderId, Option<u32>)>,
    draft: Draft,
}

impl<'a> Judging<'a> {
    async fn begin(
        inner: &Inner,
        tx: &mut TenantTx,
        plant: PlantId,
        items: &[Item<'_>],
        full: &'a BTreeSet<WorkOrderId>,
    ) -> Result<Self, Fault> {
        let now = edge::now();
        let head = feed::lock(tx, FeedId::from(plant)).await?;
        let ids: Vec<Uuid> = items.iter().map(|item| item.received.id.uuid()).collect();
        let verdicts = command::verdicts(tx, &ids).await?;
        let catalog = inner.catalogs.current(tx, plant).await?;
        let fresh = || items.iter().filter(|item| !verdicts.contains_key(&item.received.id));
        let devices: BTreeSet<Uuid> = fresh().filter_map(|item| device(item.sender)).collect();
        let senders = match devices.is_empty() {
            true => command::Senders::default(),
            false => command::senders(tx, &Vec::from_iter(devices)).await?,
        };
        let orders: BTreeSet<Uuid> =
            fresh().filter_map(|item| Some(item.command()?.order()?.uuid())).collect();
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
            false => exception::are_open(tx, &closing).await?,
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
            full,
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

    async fn judge(&mut self, tx: &mut TenantTx, item: &Item<'_>) -> Result<(), Fault> {
        let id = item.received.id;
        if self.verdicts.contains_key(&id) {
            return Ok(());
        }
        let verdict = match self.decide(tx, item).await? {
            Ok(Judgement::Accepted(accepted)) => self.accept(item, accepted),
            Ok(Judgement::Refused(refusal)) | Err(Undecided::Refused(refusal)) => self.refuse(item, refusal),
            Ok(Judgement::Rebase) => Verdict::Rebase { epoch: item.received.epoch.0 },
            Err(Undecided::Damaged(error)) => {
                tracing::error!(command = %id, order = ?item.command().and_then(Command::order), %error,
                    "a command waits, because the document of its order is damaged");
                return Ok(());
            }
        };
        self.verdicts.insert(id, verdict);
        Ok(())
    }

    /// Everything that is said before the command is applied to anything.
    async fn decide(
        &mut self,
        tx: &mut TenantTx,
        item: &Item<'_>,
    ) -> Result<Result<Judgement, Undecided>, Fault> {
        let envelope = match self.admit(item) {
            Ok(envelope) => envelope,
            Err(refusal) => return Ok(Err(Undecided::Refused(refusal))),
        };
        let command = &envelope.command;
        if let Err(refusal) = admit(&self.senders, item.sender, envelope.device, envelope.user) {
            return Ok(Err(Undecided::Refused(refusal)));
        }
        let actor = self.actors.of(&self.catalog, self.plant, envelope);
        // A command on stock alone has an order to stand on that is nobody's.
        let mut nobody = Held::default();
        let held = match command.order() {
            Some(id) => self.held.entry(id).or_default(),
            None => &mut nobody,
        };
        if held.plant.is_some_and(|plant| plant != self.plant) {
            return Ok(Err(Undecided::Refused(Refusal::OtherPlant)));
        }
        let order = match held.order() {
            Ok(order) => order,
            Err(error) => return Ok(Err(Undecided::Damaged(error))),
        };
        if command.order().is_some_and(|id| self.full.contains(&id)) && changes(envelope, order) {
            let problem = "the order's history is full; close the order and open a new one".to_owned();
            return Ok(Err(Undecided::Refused(Refusal::Malformed { problem })));
        }
        if let Err(refusal) = check::references(envelope, order, &self.catalog) {
            return Ok(Err(Undecided::Refused(refusal)));
        }
        let order = order.cloned();
        let keys = command.stock_keys(order.as_ref(), &held.state.ledger);
        self.stock.load(tx, self.plant, keys.iter().cloned().collect()).await?;
        let mut levels = self.stock.only(&keys);
        match judge(envelope, &mut held.state, &mut levels, actor) {
            Ok(judgement) => {
                self.stock.put(&levels);
                Ok(Ok(judgement))
            }
            Err(error) => Ok(Err(Undecided::Damaged(error))),
        }
    }

    /// What can be refused without looking at the order.
    fn admit<'i>(&self, item: &'i Item<'_>) -> Result<&'i Envelope, Refusal> {
        let envelope = item.read.as_ref().map_err(Clone::clone)?;
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
        self.draft.settle(Settled {
            id: received.id,
            code: item.command().map_or("unknown", Command::code),
            device: received.device,
            user: received.user,
            occurred_at: received.occurred_at,
            clock_skew_ms: check::clock_skew_ms(received.occurred_at, self.now),
            outcome: Outcome::Accepted { seq },
        });
        Verdict::Accepted { seq }
    }

    fn refuse(&mut self, item: &Item<'_>, refusal: Refusal) -> Verdict {
        if let Some(hash) = &item.hash {
            self.blocked.insert(hash.clone(), item.received.id);
        }
        self.draft.settle(refused(item, refusal.clone(), self.now));
        Verdict::Refused(refusal)
    }

    async fn write(mut self, tx: &mut TenantTx) -> Result<Written, Fault> {
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
                        Err(DocumentError::TooLarge) => return Ok(Written::Full(*id)),
                        Err(error) => return Err(error.into()),
                    }
                }
                None => self.draft.touch(*id, seq),
            }
        }
        let head = self.draft.write(tx).await?;
        Ok(Written::Done { head, held: self.held, verdicts: self.verdicts })
    }
}

/// Why a command was not judged.
enum Undecided {
    Refused(Refusal),
    Damaged(DocumentError),
}

/// Whether a command is going to write into the order's document.
fn changes(envelope: &Envelope, order: Option<&WorkOrder>) -> bool {
    let after = document_after(&envelope.command, order, envelope.user, envelope.occurred_at);
    envelope.change.is_some() || matches!(after, Ok(Some(_)))
}

fn device(sender: Sender) -> Option<Uuid> {
    match sender {
        Sender::Device(device) => Some(device.uuid()),
        Sender::Server => None,
    }
}

fn new_number(command: &Command) -> Option<String> {
    match command {
        Command::CreateWorkOrder(new) => new.number.as_ref().map(shared_model::number::Number::key),
        _ => None,
    }
}

fn closed(command: &Command) -> Option<Uuid> {
    match command {
        Command::CloseException { exception, .. } => Some(exception.uuid()),
        _ => None,
    }
}

/// Stock on hand as far as the batch has looked at it.
#[derive(Default)]
struct Stock(BTreeMap<StockKey, Amount>);

impl Stock {
    /// Loads what is not loaded yet.
    async fn load(
        &mut self,
        tx: &mut TenantTx,
        plant: PlantId,
        keys: BTreeSet<StockKey>,
    ) -> Result<(), Fault> {
        let missing: Vec<StockKey> = keys.into_iter().filter(|key| !self.0.contains_key(key)).collect();
        if missing.is_empty() {
            return Ok(());
        }
        let found = stock::levels(tx, plant, &missing).await?;
        self.0.extend(missing.into_iter().map(|key| (key, Amount::ZERO)));
        self.0.extend(found);
        Ok(())
    }

    /// The levels at a few keys, so that a decision does not copy them all.
    fn only(&self, keys: &[StockKey]) -> StockLevels {
        let distinct: BTreeSet<&StockKey> = keys.iter().collect();
        distinct.into_iter().filter_map(|key| Some((key.clone(), *self.0.get(key)?))).collect()
    }

    fn put(&mut self, levels: &StockLevels) {
        self.0.extend(levels.iter().map(|(key, amount)| (key.clone(), amount)));
    }
}
