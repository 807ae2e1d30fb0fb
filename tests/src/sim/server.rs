//! The server in memory: the same judging and the same wire as the real one, with maps for tables.
//!
//! What [`Server`] owns survives a crash; its sessions do not. A push is one transaction: the
//! simulation crashes the server before or after one, never inside, because PostgreSQL makes that
//! the same.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use anyhow::Context;
use replica::driver::Fetched;
use shared_model::actor::{Actor, ActorEpoch, automerge_actor};
use shared_model::catalog::{Catalog, Records};
use shared_model::command::{Command, Envelope, Scene, Supply, decide, fill};
use shared_model::fact::{Fact, FactBody};
use shared_model::ids::{CommandId, DeviceId, FactId, FeedId, MaterialId, WorkOrderId};
use shared_model::ledger::OrderLedger;
use shared_model::number::{Number, NumberLease};
use shared_model::record::Record;
use shared_model::refusal::Refusal;
use shared_model::stock::{MovementKind, StockLevels};
use shared_model::sync::fingerprint::Place;
use shared_model::sync::judge::{Accepted, Judgement, OrderState, judge};
use shared_model::sync::turns::Turns;
use shared_model::sync::wire::{
    self as wire, Batch, Begun, CREDIT_BATCHES, ClientFrame, Cursor, Entry, EntryChange, Hello, Offer,
    ProblemCode, ReceivedFact, ServerFrame, Verdict, WholeOrder, WireError,
};
use shared_model::time::Timestamp;
use shared_model::work_order::document::decode_change;
use shared_model::work_order::summary::Summary;
use shared_model::work_order::{SCHEMA, WorkOrder};
use uuid::Uuid;

use super::network::ConnectionId;
use super::plant;
use super::planted::{Bug, LOST_BATCH};
use super::snapshots::{Listed, Snapshots, Standing};
use super::tape::{Recording, Taped};

/// Few, so that batches are many.
const BATCH_ENTRIES: usize = 12;
/// Little more than the mark below which devices ask for more.
const LEASE: u64 = 24;
/// Processes that share the one database.
pub const SERVERS: usize = 2;
/// How long a token is good for.
pub const TOKEN_MILLIS: i64 = 30 * 60 * 1000;

#[derive(Clone, Default)]
struct Feed {
    entries: Vec<Entry>,
    /// Where something ends that must be applied whole.
    ends: BTreeSet<u64>,
    /// What all entries up to each of them come to.
    checks: Vec<i64>,
}

impl Feed {
    fn head(&self) -> u64 {
        self.entries.len() as u64
    }

    fn push(&mut self, entry: Entry) -> Result<(), WireError> {
        let mut hasher = DefaultHasher::new();
        wire::encode(&entry)?.hash(&mut hasher);
        let before = self.checks.last().copied().unwrap_or_default();
        self.checks.push(before ^ hasher.finish().cast_signed());
        self.entries.push(entry);
        Ok(())
    }

    fn check_at(&self, seq: u64) -> Option<i64> {
        self.checks.get(usize::try_from(seq).ok()?.checked_sub(1)?).copied()
    }

    /// Whether a device that has so much read another feed than this one.
    fn is_other(&self, seq: u64, check: Option<i64>) -> bool {
        seq > self.head() || check.zip(self.check_at(seq)).is_some_and(|(said, ours)| said != ours)
    }
}

/// One open connection, as the server sees it.
#[derive(Clone)]
struct Session {
    process: usize,
    device: DeviceId,
    turns: Turns,
    /// How far each feed was sent.
    sent: BTreeMap<FeedId, u64>,
    /// Feeds of which nothing is sent before the device has a snapshot of them.
    waits_for: BTreeMap<FeedId, u64>,
    unacknowledged: usize,
}

pub enum Output {
    Send(ConnectionId, ServerFrame),
    Close(ConnectionId),
}

#[derive(Clone)]
pub struct Server {
    catalog: Records,
    feeds: BTreeMap<FeedId, Feed>,
    orders: BTreeMap<WorkOrderId, OrderState>,
    stock: StockLevels,
    verdicts: BTreeMap<CommandId, Verdict>,
    accepted: Vec<Envelope>,
    refused: Vec<Envelope>,
    rebase_count: u64,
    /// Commands that were to be made anew and have no verdict yet.
    rebased: BTreeMap<CommandId, (DeviceId, WorkOrderId, u64)>,
    /// Refused commands, and those that they did not wait for.
    out_of_turn: Vec<(CommandId, CommandId)>,
    /// Whether each is open.
    exceptions: BTreeMap<FactId, bool>,
    /// How many commands had been accepted when each was revoked.
    revoked: BTreeMap<DeviceId, usize>,
    numbers: BTreeSet<String>,
    next_number: u64,
    sessions: BTreeMap<ConnectionId, Session>,
    /// Tokens from before are not taken: the signing key was replaced.
    tokens_since: Timestamp,
    bug: Option<Bug>,
    makes_old: bool,
    sent_count: u64,
    snapshots: Snapshots,
    /// How many entries of a feed are kept; all without.
    keeps: Option<u64>,
    /// The last entry of the plant's feed that archived each order, and that concerned it.
    archived: BTreeMap<WorkOrderId, u64>,
    touched: BTreeMap<WorkOrderId, u64>,
    brought_back_count: u64,
    /// How often each device had begun a snapshot that is not offered any more.
    left_behind: BTreeMap<DeviceId, u64>,
    /// How far each process knows the feeds.
    known: [BTreeMap<FeedId, u64>; SERVERS],
    /// What reaches it, where somebody wants to know.
    tape: Option<Vec<Taped>>,
}

impl Server {
    /// `makes_old`: its orders are of the version before until [`Self::upgrade`].
    ///
    /// # Errors
    /// When the plant is not what it should be.
    pub fn new(at: Timestamp, bug: Option<Bug>, makes_old: bool) -> anyhow::Result<Self> {
        let mut server = Self {
            catalog: Records::new(plant::plant(), []),
            feeds: BTreeMap::from([
                (plant::organization().into(), Feed::default()),
                (plant::plant().into(), Feed::default()),
            ]),
            orders: BTreeMap::new(),
            stock: StockLevels::default(),
            verdicts: BTreeMap::new(),
            accepted: Vec::new(),
            refused: Vec::new(),
            rebase_count: 0,
            rebased: BTreeMap::new(),
            out_of_turn: Vec::new(),
            exceptions: BTreeMap::new(),
            revoked: BTreeMap::new(),
            numbers: BTreeSet::new(),
            next_number: 1,
            sessions: BTreeMap::new(),
            tokens_since: Timestamp::default(),
            bug,
            makes_old,
            sent_count: 0,
            snapshots: Snapshots::default(),
            keeps: None,
            archived: BTreeMap::new(),
            touched: BTreeMap::new(),
            brought_back_count: 0,
            left_behind: BTreeMap::new(),
            known: Default::default(),
            tape: None,
        };
        for record in plant::records()? {
            server.put(record, at)?;
        }
        Ok(server)
    }

    /// Writes a record, as an administrator does; nothing where it says that already.
    ///
    /// # Errors
    /// When the record cannot be written on the wire.
    pub fn put(&mut self, record: Record, at: Timestamp) -> anyhow::Result<()> {
        let feed: FeedId =
            if record.is_organization_wide() { plant::organization().into() } else { plant::plant().into() };
        let is_the_same = |entry: &Entry| match &entry.change {
            EntryChange::Record(known) => (known.kind(), known.id()) == (record.kind(), record.id()),
            _ => false,
        };
        let known = self.feeds.get(&feed).and_then(|feed| feed.entries.iter().rfind(|it| is_the_same(it)));
        if known.is_some_and(|known| known.change == EntryChange::Record(record.clone())) {
            return Ok(());
        }
        self.catalog.put(record.clone());
        self.note(|| Taped::Record(record.clone()));
        self.append(feed, vec![(None, EntryChange::Record(record))], at)?;
        Ok(())
    }

    /// Keeps only so many entries of each feed from now on: who has less begins with a snapshot.
    pub const fn keep_entries(&mut self, count: u64) {
        self.keeps = Some(count);
    }

    /// A chunk of a snapshot by its address.
    #[must_use]
    pub fn chunk(&self, url: &str) -> Option<Fetched> {
        self.snapshots.get(url)
    }

    /// A process ends: what it did not commit is gone, and so are its connections.
    pub fn crash(&mut self, process: usize) {
        self.sessions.retain(|_, session| session.process != process);
        self.note(|| Taped::Killed { process });
    }

    /// A process looks how far the feeds go, and sends what is new.
    pub fn notified(&mut self, process: usize) -> Vec<Output> {
        self.known[process] = self.heads().iter().map(|head| (head.feed, head.seq)).collect();
        self.pump(process)
    }

    /// The transport says that it is closed.
    pub fn closed(&mut self, connection: ConnectionId) {
        self.sessions.remove(&connection);
    }

    /// # Errors
    /// A fault of the server: none is expected, whatever a device sends.
    pub fn handle(
        &mut self,
        connection: ConnectionId,
        process: usize,
        frame: ClientFrame,
        now: Timestamp,
    ) -> anyhow::Result<Vec<Output>> {
        if let ClientFrame::Hello(hello) = frame {
            return self.greet(connection, process, &hello, now);
        }
        if matches!(frame, ClientFrame::Push { .. }) && self.is_swallowed() {
            return Ok(Vec::new());
        }
        let device = self.sessions.get(&connection).map(|session| session.device);
        if matches!(frame, ClientFrame::Ping { .. }) && device.is_some_and(|device| self.is_revoked(device)) {
            // Looked at now and then, also where nothing is pushed.
            return Ok(self.turn_away(connection, ProblemCode::Revoked));
        }
        let Some(session) = self.sessions.get_mut(&connection) else { return Ok(Vec::new()) };
        match frame {
            ClientFrame::Hello(_) => Ok(Vec::new()),
            ClientFrame::Applied { feed, seq } => {
                if session.waits_for.get(&feed).is_some_and(|until| *until <= seq) {
                    session.waits_for.remove(&feed);
                    return Ok(self.pump(process));
                }
                session.unacknowledged = session.unacknowledged.saturating_sub(1);
                Ok(self.pump(process))
            }
            ClientFrame::Ping { at } => {
                Ok(vec![Output::Send(connection, ServerFrame::Pong { at, server_time: now })])
            }
            ClientFrame::LeaseNumbers => {
                let lease = NumberLease {
                    prefix: "WO-".to_owned(),
                    next: self.next_number,
                    end: self.next_number + LEASE,
                };
                self.next_number += LEASE;
                Ok(vec![Output::Send(connection, ServerFrame::Numbers(lease))])
            }
            ClientFrame::Push { commands } => {
                let (device, mut turns) = (session.device, std::mem::take(&mut session.turns));
                let pushed = self.tape.is_some().then(|| commands.clone());
                let verdicts = self.push(device, &mut turns, commands, now)?;
                if let Some(commands) = pushed {
                    let (connection, verdicts) = (connection.0, verdicts.clone());
                    self.note(|| Taped::Pushed { connection, commands, verdicts });
                }
                if let Some(session) = self.sessions.get_mut(&connection) {
                    session.turns = turns;
                }
                let is_revoked =
                    verdicts.iter().any(|(_, it)| *it == Verdict::Refused(Refusal::DeviceRevoked));
                let mut outputs = vec![Output::Send(connection, ServerFrame::Verdicts(verdicts))];
                if is_revoked {
                    outputs.extend(self.turn_away(connection, ProblemCode::Revoked));
                }
                outputs.extend(self.notified(process));
                Ok(outputs)
            }
        }
    }

    fn greet(
        &mut self,
        connection: ConnectionId,
        process: usize,
        hello: &Hello,
        now: Timestamp,
    ) -> anyhow::Result<Vec<Output>> {
        let Some((device, issued_at)) = read_token(&hello.token) else {
            return Ok(self.turn_away(connection, ProblemCode::Unauthorized));
        };
        if self.is_revoked(device) {
            return Ok(self.turn_away(connection, ProblemCode::Revoked));
        }
        if now.millis_since(issued_at) > TOKEN_MILLIS || issued_at < self.tokens_since {
            return Ok(self.turn_away(connection, ProblemCode::Unauthorized));
        }
        let is_other_history = self.is_other_history(hello);
        let snapshots = self.offers(hello)?;
        let is_offered =
            |begun: &Begun| snapshots.iter().any(|offer| (offer.feed, offer.seq) == (begun.feed, begun.seq));
        if !hello.begun.iter().flatten().all(is_offered) {
            *self.left_behind.entry(device).or_default() += 1;
        }
        let waits_for: BTreeMap<_, _> = snapshots.iter().map(|offer| (offer.feed, offer.seq)).collect();
        let sent = self
            .feeds
            .keys()
            .map(|feed| {
                (*feed, waits_for.get(feed).copied().unwrap_or_else(|| seq_of(&hello.cursors, *feed)))
            })
            .collect();
        let cursors = || hello.cursors.clone();
        self.note(|| Taped::Greeted { connection: connection.0, device, cursors: cursors(), process });
        self.sessions.insert(
            connection,
            Session { process, device, turns: Turns::default(), sent, waits_for, unacknowledged: 0 },
        );
        let welcome = ServerFrame::Welcome {
            server_time: now,
            plant: plant::plant(),
            history: Uuid::from_u128(0x1157),
            heads: self.heads(),
            snapshots,
            is_other_history,
        };
        let mut outputs = vec![Output::Send(connection, welcome)];
        outputs.extend(self.notified(process));
        Ok(outputs)
    }

    /// Whether a device read feeds that are none of these, which were set back since.
    fn is_other_history(&self, hello: &Hello) -> bool {
        self.feeds.iter().any(|(id, feed)| {
            let check = hello.checks.iter().find(|check| check.feed == *id).map(|check| check.value);
            feed.is_other(seq_of(&hello.cursors, *id), check)
        })
    }

    /// The database is again as it was when it was copied; processes keep nothing of what came after.
    pub fn set_back(&mut self, to: Self) {
        *self = Self { sessions: BTreeMap::new(), known: Default::default(), ..to };
    }

    /// What a device is to fetch first.
    fn offers(&mut self, hello: &Hello) -> anyhow::Result<Vec<Offer>> {
        let mut offers = Vec::new();
        let resting: BTreeSet<_> =
            self.archived.keys().copied().filter(|order| self.is_archived(*order)).collect();
        for (id, feed) in &self.feeds {
            let standing = Standing {
                feed: *id,
                here: seq_of(&hello.cursors, *id),
                head: feed.head(),
                check: feed.check_at(feed.head()),
                horizon: self.keeps.map_or(0, |count| feed.head().saturating_sub(count)),
                begun: hello.begun.iter().flatten().find(|begun| begun.feed == *id).copied(),
            };
            let is_plants = *id == plant::plant().into();
            let orders = self.orders.iter().filter(|_| is_plants);
            let orders = orders.map(|(id, state)| Listed { state, is_archived: resting.contains(id) });
            offers.extend(self.snapshots.offer(&standing, feed.entries.iter(), orders)?);
        }
        Ok(offers)
    }

    /// Archives the closed orders on which nobody works or has to look at anything, as if they had rested for
    /// a month. Says how many.
    ///
    /// # Errors
    /// A fault of the server.
    pub fn archive(&mut self, now: Timestamp) -> anyhow::Result<u64> {
        let looked_at = |fact: &&Fact| self.exceptions.get(&fact.id) == Some(&true);
        let waiting: BTreeSet<_> = self.facts().filter(looked_at).filter_map(|fact| fact.order).collect();
        let mut orders = Vec::new();
        for (id, state) in &self.orders {
            let Some(order) = state.document.clone().order()? else { continue };
            let may_rest = !order.stage().is_open() && !state.ledger.is_anyone_working();
            if may_rest && !waiting.contains(id) && !self.is_archived(*id) {
                orders.push(*id);
            }
        }
        if orders.is_empty() {
            return Ok(0);
        }
        let count = orders.len() as u64;
        let entry = (None, EntryChange::Archived(orders.clone()));
        let seq = self.append(plant::plant().into(), vec![entry], now)?;
        self.note(|| Taped::NotReplayable);
        self.archived.extend(orders.into_iter().map(|order| (order, seq)));
        Ok(count)
    }

    /// Whether devices were told to let go of an order, and nothing concerned it since.
    #[must_use]
    pub fn is_archived(&self, order: WorkOrderId) -> bool {
        let touched = self.touched.get(&order).copied().unwrap_or_default();
        self.archived.get(&order).is_some_and(|seq| *seq > touched)
    }

    /// How many archived orders came back.
    #[must_use]
    pub const fn brought_back_count(&self) -> u64 {
        self.brought_back_count
    }

    /// An order with all that belongs to it, by its address; nothing for an address that is none.
    #[must_use]
    pub fn whole_order(&self, url: &str) -> Option<Fetched> {
        let order: WorkOrderId = url.split("/api/v1/sync/orders/").nth(1)?.parse().ok()?;
        let Some(state) = self.orders.get(&order) else {
            return Some(Fetched { status: 404, body: Vec::new() });
        };
        let mut document = state.document.clone();
        let facts = self.entries().filter_map(|entry| match &entry.change {
            EntryChange::Fact(fact) if fact.order == Some(order) => {
                Some(ReceivedFact { received_at: entry.received_at, fact: fact.clone() })
            }
            _ => None,
        });
        let whole = WholeOrder {
            seq: self.touched.get(&order).copied().unwrap_or_default(),
            summary: Summary::of(&document.order().ok()??),
            document: document.save().ok()?,
            facts: facts.collect(),
        };
        Some(Fetched { status: 200, body: wire::pack(&whole).ok()? })
    }

    /// Brings all orders to the newest version, as the server does when it is updated. Says how many.
    ///
    /// # Errors
    /// A fault of the server.
    pub fn upgrade(&mut self, now: Timestamp) -> anyhow::Result<u64> {
        self.makes_old = false;
        let ids: Vec<WorkOrderId> = self.orders.keys().copied().collect();
        let mut count = 0;
        for id in ids {
            let Some(change) = self.shaped(id, SCHEMA, now)? else { continue };
            self.append(plant::plant().into(), vec![change], now)?;
            count += 1;
        }
        Ok(count)
    }

    /// Whether all orders are of the newest version.
    #[must_use]
    pub const fn is_upgraded(&self) -> bool {
        !self.makes_old
    }

    /// What makes an order one of another version; nothing where it is that already.
    fn shaped(
        &mut self,
        id: WorkOrderId,
        schema: u32,
        now: Timestamp,
    ) -> anyhow::Result<Option<(Option<CommandId>, EntryChange)>> {
        let Some(state) = self.orders.get_mut(&id) else { return Ok(None) };
        let Some(order) = state.document.order()?.filter(|order| order.schema != schema) else {
            return Ok(None);
        };
        let author = automerge_actor(Uuid::nil().into(), order.created_by, ActorEpoch::default());
        let change = state.document.write(&WorkOrder { schema, ..order }, &author, now)?;
        Ok(change.map(|change| (None, EntryChange::Document { id, change: change.raw_bytes().to_vec() })))
    }

    /// The last entry that concerned an order, its archiving included.
    #[must_use]
    pub fn last_concern(&self, order: WorkOrderId) -> u64 {
        let of = |seqs: &BTreeMap<WorkOrderId, u64>| seqs.get(&order).copied().unwrap_or_default();
        of(&self.touched).max(of(&self.archived))
    }

    /// Whether a device is at a place of the plant's feed as it is here.
    #[must_use]
    pub fn is_in_plants_feed(&self, place: Place) -> bool {
        let feed = self.feeds.get(&plant::plant().into());
        feed.is_some_and(|feed| !feed.is_other(place.at, place.check))
    }

    /// How often a device had to begin anew because its snapshot was not kept.
    #[must_use]
    pub fn left_behind(&self, device: DeviceId) -> u64 {
        self.left_behind.get(&device).copied().unwrap_or_default()
    }

    pub fn revoke(&mut self, device: DeviceId) {
        self.note(|| Taped::Revoked(device));
        self.revoked.insert(device, self.accepted.len());
    }

    #[must_use]
    pub fn is_revoked(&self, device: DeviceId) -> bool {
        self.revoked.contains_key(&device) && self.bug != Some(Bug::ListensToRevoked)
    }

    pub const fn replace_signing_key(&mut self, now: Timestamp) {
        self.tokens_since = now;
    }

    /// Says why and closes.
    pub fn turn_away(&mut self, connection: ConnectionId, code: ProblemCode) -> Vec<Output> {
        self.sessions.remove(&connection);
        let problem = ServerFrame::Problem { code, message: format!("{code:?}") };
        vec![Output::Send(connection, problem), Output::Close(connection)]
    }

    /// Batches to every connection of a process that has credit and is behind.
    fn pump(&mut self, process: usize) -> Vec<Output> {
        let mut outputs = Vec::new();
        for (connection, session) in self.sessions.iter_mut().filter(|(_, it)| it.process == process) {
            for (id, feed) in &self.feeds {
                if session.waits_for.contains_key(id) {
                    continue;
                }
                let head = self.known[process].get(id).copied().unwrap_or_default();
                let sent = session.sent.entry(*id).or_default();
                while *sent < head && session.unacknowledged < CREDIT_BATCHES {
                    let mut batch = batch_after(*id, feed, *sent, head);
                    if self.bug == Some(Bug::TearsBatches) && batch.entries.len() > 1 {
                        batch.entries.pop();
                        batch.until -= 1;
                    }
                    self.sent_count += 1;
                    if self.bug == Some(Bug::SkipsLostBatch) && self.sent_count.is_multiple_of(LOST_BATCH) {
                        batch.entries.clear();
                    }
                    *sent = batch.until;
                    session.unacknowledged += 1;
                    outputs.push(Output::Send(*connection, ServerFrame::Batch(batch)));
                }
            }
        }
        outputs
    }

    /// A command from the web console: decided here alone, refused to the person's face.
    ///
    /// # Errors
    /// A fault of the server.
    pub fn api(&mut self, mut envelope: Envelope, now: Timestamp) -> anyhow::Result<Option<CommandId>> {
        let order = match envelope.command.order().and_then(|order| self.orders.get_mut(&order)) {
            Some(state) => state.document.order()?,
            None => None,
        };
        let next_number = &mut self.next_number;
        let mut number = || {
            *next_number += 1;
            Number::parse(&format!("WO-{:05}", *next_number - 1)).ok()
        };
        let fullest = |material: MaterialId| {
            let places = self.stock.iter().filter(|(key, _)| key.material == material);
            places.max_by_key(|(_, amount)| *amount).and_then(|(key, _)| key.location)
        };
        let mut supply = Supply { number: &mut number, location: &fullest };
        if fill(&mut envelope.command, order.as_ref(), &self.catalog, &mut supply, now).is_err() {
            return Ok(None);
        }
        let verdict = self.judged(envelope.device, &envelope, now)?;
        if !matches!(verdict, Verdict::Accepted { .. }) {
            return Ok(None);
        }
        let id = envelope.id;
        self.note(|| Taped::Entered { envelope: envelope.clone(), verdict: verdict.clone() });
        self.verdicts.insert(id, verdict);
        self.accepted.push(envelope);
        Ok(Some(id))
    }

    /// What a revoked device had not sent, with a verdict for each; none where the frame is no push.
    ///
    /// # Errors
    /// A fault of the server.
    pub fn hand_in(
        &mut self,
        device: DeviceId,
        frame: ClientFrame,
        now: Timestamp,
    ) -> anyhow::Result<Vec<(CommandId, Verdict)>> {
        match frame {
            ClientFrame::Push { commands } => {
                // Without any, it asks whether it is to be wiped.
                let handed_in = (self.tape.is_some() && !commands.is_empty()).then(|| commands.clone());
                let verdicts = self.push(device, &mut Turns::default(), commands, now)?;
                if let Some(commands) = handed_in {
                    let verdicts = verdicts.clone();
                    self.note(|| Taped::HandedIn { device, commands, verdicts });
                }
                Ok(verdicts)
            }
            _ => Ok(Vec::new()),
        }
    }

    /// One transaction.
    fn push(
        &mut self,
        device: DeviceId,
        turns: &mut Turns,
        commands: Vec<Envelope>,
        now: Timestamp,
    ) -> anyhow::Result<Vec<(CommandId, Verdict)>> {
        let mut verdicts = Vec::with_capacity(commands.len());
        for envelope in commands {
            let id = envelope.id;
            let known = self.verdicts.get(&id).filter(|_| self.bug != Some(Bug::AppliesTwice));
            let verdict = match known {
                Some(Verdict::Accepted { .. }) if self.bug == Some(Bug::ChangesItsMind) => {
                    Verdict::Refused(Refusal::Unknown)
                }
                Some(verdict) => verdict.clone(),
                None => self.decide(device, turns, envelope, now)?,
            };
            let is_others = verdict == Verdict::Refused(Refusal::DeviceRevoked) && !self.is_revoked(device);
            let verdict = if is_others { Verdict::Refused(Refusal::HandedInElsewhere) } else { verdict };
            verdicts.push((id, verdict));
        }
        if self.bug == Some(Bug::ConfusesVerdicts) && verdicts.len() > 1 {
            let last = verdicts.len() - 1;
            let first = verdicts[0].1.clone();
            verdicts[0].1 = std::mem::replace(&mut verdicts[last].1, first);
        }
        Ok(verdicts)
    }

    /// What [`Bug::SwallowsPushes`] does.
    const fn is_swallowed(&mut self) -> bool {
        self.sent_count += 1;
        matches!(self.bug, Some(Bug::SwallowsPushes)) && self.sent_count.is_multiple_of(LOST_BATCH)
    }

    fn decide(
        &mut self,
        device: DeviceId,
        turns: &mut Turns,
        envelope: Envelope,
        now: Timestamp,
    ) -> anyhow::Result<Verdict> {
        let verdict = match turns.must_wait(&envelope) {
            true => Verdict::Rebase { epoch: envelope.epoch.0 },
            false => self.judged(device, &envelope, now)?,
        };
        if let Verdict::Refused(_) = &verdict {
            self.note_unfair(device, &envelope);
        }
        match &verdict {
            Verdict::Accepted { .. } => {
                self.verdicts.insert(envelope.id, verdict.clone());
                self.accepted.push(envelope);
            }
            Verdict::Refused(_) => {
                self.verdicts.insert(envelope.id, verdict.clone());
                self.refused.push(envelope);
            }
            Verdict::Rebase { .. } => {
                self.rebase_count += 1;
                turns.rebased(&envelope);
                if let Some(order) = envelope.command.order() {
                    self.rebased.insert(envelope.id, (device, order, envelope.sequence));
                }
            }
        }
        Ok(verdict)
    }

    /// A command that is refused while an earlier one on the same order waits to be made anew: unfair,
    /// if that one is accepted in the end.
    fn note_unfair(&mut self, device: DeviceId, refused: &Envelope) {
        let Some(order) = refused.command.order() else { return };
        for (id, (by, on, sequence)) in &self.rebased {
            let is_before = *by == device && *on == order && *sequence < refused.sequence;
            if is_before && !self.verdicts.contains_key(id) {
                self.out_of_turn.push((refused.id, *id));
            }
        }
    }

    fn judged(&mut self, device: DeviceId, envelope: &Envelope, now: Timestamp) -> anyhow::Result<Verdict> {
        if self.is_revoked(device) {
            return Ok(Verdict::Refused(Refusal::DeviceRevoked));
        }
        if envelope.device != device {
            return Ok(Verdict::Refused(Refusal::NotSignedIn));
        }
        if let Command::CloseException { exception, .. } = &envelope.command {
            match self.exceptions.get(exception) {
                Some(true) => {}
                Some(false) => return Ok(Verdict::Refused(Refusal::ExceptionClosed)),
                None => return Ok(Verdict::Refused(Refusal::UnknownFact)),
            }
        }
        if let Command::CreateWorkOrder(new) = &envelope.command
            && let Some(number) = &new.number
            && self.numbers.contains(&number.key())
        {
            return Ok(Verdict::Refused(Refusal::NumberTaken { number: number.clone() }));
        }
        let actor = match self.catalog.user(envelope.user) {
            Some(person) => Actor::of(&person, device, plant::plant(), &self.catalog),
            None => Actor::new(envelope.user, device, plant::plant(), Vec::new()),
        };
        let order = envelope.command.order();
        // Kept apart until it is decided: a refused command leaves no trace.
        let mut state = order.and_then(|order| self.orders.get(&order)).cloned().unwrap_or_default();
        let mut stock = self.stock.clone();
        let merged = match self.bug {
            Some(Bug::MergesStates) => merged(envelope, &mut state, &mut stock, &actor),
            _ => None,
        };
        let judgement = merged
            .map_or_else(|| judge(envelope, &mut state, &mut stock, &actor, now), Ok)
            .with_context(|| format!("the server failed on {} {}", envelope.command.code(), envelope.id))?;
        let mut accepted = match judgement {
            Judgement::Accepted(accepted) => accepted,
            Judgement::Refused(refusal) => return Ok(Verdict::Refused(refusal)),
            Judgement::Rebase => return Ok(Verdict::Rebase { epoch: envelope.epoch.0 }),
        };
        if self.bug == Some(Bug::BackflushesTwice) {
            backflush_again(&mut accepted.facts, &mut stock);
        }
        self.stock = stock;
        if let Some(order) = order {
            self.orders.insert(order, state);
        }
        if let (Command::CreateWorkOrder(_), Some(order)) = (&envelope.command, &accepted.order) {
            self.numbers.insert(order.number.key());
        }
        for fact in &accepted.facts {
            match &fact.body {
                FactBody::ExceptionOpened(_) => self.exceptions.insert(fact.id, true),
                FactBody::ExceptionClosed { exception, .. } => self.exceptions.insert(*exception, false),
                _ => None,
            };
        }
        let document = order
            .zip(accepted.change)
            .map(|(id, change)| (Some(envelope.id), EntryChange::Document { id, change }));
        let facts = accepted.facts.into_iter().map(|fact| (Some(envelope.id), EntryChange::Fact(fact)));
        let mut changes: Vec<_> = document.into_iter().chain(facts).collect();
        if let (Command::CreateWorkOrder(new), true) = (&envelope.command, self.makes_old) {
            changes.extend(self.shaped(new.id, SCHEMA - 1, now)?);
        }
        let seq = self.append(plant::plant().into(), changes, now)?;
        Ok(Verdict::Accepted { seq })
    }

    fn append(
        &mut self,
        feed: FeedId,
        changes: Vec<(Option<CommandId>, EntryChange)>,
        received_at: Timestamp,
    ) -> Result<u64, WireError> {
        let feed = self.feeds.entry(feed).or_default();
        for (command, change) in changes {
            let seq = feed.head() + 1;
            let concerned = match &change {
                EntryChange::Document { id, .. } => Some(*id),
                EntryChange::Fact(fact) => fact.order,
                EntryChange::Record(_) | EntryChange::Archived(_) => None,
            };
            if let Some(order) = concerned {
                let before = self.touched.insert(order, seq).unwrap_or_default();
                let is_back = self.archived.get(&order).is_some_and(|archived| *archived > before);
                self.brought_back_count += u64::from(is_back);
            }
            feed.push(Entry { seq, received_at, command, change })?;
        }
        let head = feed.head();
        feed.ends.insert(head);
        Ok(head)
    }

    #[must_use]
    pub fn heads(&self) -> Vec<Cursor> {
        self.feeds.iter().map(|(feed, entries)| Cursor { feed: *feed, seq: entries.head() }).collect()
    }

    /// The last sequence number of the plant's feed.
    #[must_use]
    pub fn plant_head(&self) -> u64 {
        self.feeds.get(&plant::plant().into()).map_or(0, Feed::head)
    }

    /// The order whose document was changed last in the plant's feed up to `seq`, and how many changes it had.
    #[must_use]
    pub fn changed_last(&self, seq: u64) -> Option<(WorkOrderId, usize)> {
        let feed = self.feeds.get(&plant::plant().into())?;
        let until = feed.entries.partition_point(|entry| entry.seq <= seq);
        let changed = |entry: &Entry| match entry.change {
            EntryChange::Document { id, .. } => Some(id),
            _ => None,
        };
        let last = feed.entries[..until].iter().rev().find_map(changed)?;
        let count = feed.entries[..until].iter().filter(|entry| changed(entry) == Some(last)).count();
        Some((last, count))
    }

    /// Whether a transaction ended there, and the facts that the plant had.
    pub fn plant_until(&self, seq: u64) -> (bool, impl Iterator<Item = &Fact>) {
        let feed = self.feeds.get(&plant::plant().into());
        let entries = feed.into_iter().flat_map(|feed| &feed.entries).take_while(move |it| it.seq <= seq);
        let facts = entries.filter_map(|entry| match &entry.change {
            EntryChange::Fact(fact) => Some(fact),
            _ => None,
        });
        (seq == 0 || feed.is_some_and(|feed| feed.ends.contains(&seq)), facts)
    }

    #[must_use]
    pub const fn verdicts(&self) -> &BTreeMap<CommandId, Verdict> {
        &self.verdicts
    }

    /// In the order in which they were accepted.
    #[must_use]
    pub fn accepted(&self) -> &[Envelope] {
        &self.accepted
    }

    #[must_use]
    pub fn refused(&self) -> &[Envelope] {
        &self.refused
    }

    /// Commands that were refused because one before them had not had its turn.
    pub fn unfairly_refused(&self) -> impl Iterator<Item = CommandId> {
        let accepted = |id| matches!(self.verdicts.get(id), Some(Verdict::Accepted { .. }));
        self.out_of_turn.iter().filter(move |(_, before)| accepted(before)).map(|(refused, _)| *refused)
    }

    /// What was accepted from devices after they were revoked.
    pub fn accepted_too_late(&self) -> impl Iterator<Item = &Envelope> {
        self.accepted.iter().enumerate().filter_map(|(n, envelope)| {
            let until = self.revoked.get(&envelope.device)?;
            (n >= *until).then_some(envelope)
        })
    }

    #[must_use]
    pub const fn rebase_count(&self) -> u64 {
        self.rebase_count
    }

    /// The facts of an order.
    #[must_use]
    pub fn ledger(&self, order: WorkOrderId) -> OrderLedger {
        self.facts().filter(|fact| fact.order == Some(order)).cloned().collect()
    }

    pub const fn orders(&mut self) -> &mut BTreeMap<WorkOrderId, OrderState> {
        &mut self.orders
    }

    /// From now on what reaches it is noted, and first what it has been told already.
    pub fn begin_recording(&mut self) {
        let records = self.entries().filter_map(|entry| match &entry.change {
            EntryChange::Record(record) => Some(Taped::Record(record.clone())),
            _ => None,
        });
        // Its orders are of another version than those that the real server makes.
        let of_another_version = self.makes_old.then_some(Taped::NotReplayable);
        self.tape = Some(records.chain(of_another_version).collect());
    }

    fn note(&mut self, taped: impl FnOnce() -> Taped) {
        if let Some(tape) = &mut self.tape {
            tape.push(taped());
        }
    }

    /// What reached it, and what it came to.
    #[must_use]
    pub fn recording(&self) -> Recording {
        let feeds = self.feeds.iter().map(|(id, feed)| (*id, feed.entries.clone()));
        Recording { tape: self.tape.clone().unwrap_or_default(), feeds: feeds.collect() }
    }

    #[must_use]
    pub const fn stock(&self) -> &StockLevels {
        &self.stock
    }

    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.feeds.values().flat_map(|feed| &feed.entries)
    }

    /// The facts of the plant in the order of their sequence.
    pub fn facts(&self) -> impl Iterator<Item = &Fact> {
        self.entries().filter_map(|entry| match &entry.change {
            EntryChange::Fact(fact) => Some(fact),
            _ => None,
        })
    }
}

/// How far a device is in a feed.
pub(super) fn seq_of(cursors: &[Cursor], feed: FeedId) -> u64 {
    cursors.iter().find(|cursor| cursor.feed == feed).map_or(0, |cursor| cursor.seq)
}

/// `head` is how far the process knows the feed: where a transaction ended.
fn batch_after(id: FeedId, feed: &Feed, after: u64, head: u64) -> Batch {
    let enough = after + BATCH_ENTRIES as u64;
    // What one command did is never torn apart, however much it is.
    let until = feed
        .ends
        .range(after + 1..=enough)
        .next_back()
        .or_else(|| feed.ends.range(enough..).next())
        .copied()
        .map_or(head, |until| until.min(head));
    let entries =
        feed.entries.iter().filter(|entry| entry.seq > after && entry.seq <= until).cloned().collect();
    Batch { feed: id, after, until, head, check: feed.check_at(until), entries }
}

/// What [`Bug::MergesStates`] does with a change that was made beside others. Nothing where the device
/// saw all that the server has.
fn merged(
    envelope: &Envelope,
    state: &mut OrderState,
    stock: &mut StockLevels,
    actor: &Actor,
) -> Option<Judgement> {
    let change = decode_change(envelope.change.as_ref()?).ok()?;
    let mut seen = state.document.at(change.deps()).ok()?;
    if seen.heads() == state.document.heads() {
        return None;
    }
    let order = seen.order().ok()?;
    let scene =
        Scene { order: order.as_ref(), ledger: &state.ledger, stock, actor, now: envelope.occurred_at };
    let facts = decide(envelope, &scene).ok()?.facts;
    state.document.merge(change).ok()?;
    for fact in &facts {
        if let FactBody::StockMoved(moved) = &fact.body {
            stock.add(&moved.key, moved.amount);
        }
        if fact.order.is_some() {
            state.ledger.apply(fact.clone());
        }
    }
    let order = state.document.order().ok()?;
    let change = envelope.change.clone();
    Some(Judgement::Accepted(Box::new(Accepted { change, order, facts })))
}

/// A token says for whom and when; nobody here forges one.
#[must_use]
pub fn token(device: DeviceId, issued_at: Timestamp) -> String {
    format!("{device} {}", issued_at.as_millis())
}

fn read_token(token: &str) -> Option<(DeviceId, Timestamp)> {
    let (device, issued_at) = token.split_once(' ')?;
    Some((device.parse().ok()?, Timestamp::from_millis(issued_at.parse().ok()?)))
}

/// Whether a fact moves stock, and where to.
#[must_use]
pub const fn movement(fact: &Fact) -> Option<&shared_model::stock::StockMovement> {
    match &fact.body {
        FactBody::StockMoved(movement) => Some(movement),
        _ => None,
    }
}

/// What [`Bug::BackflushesTwice`] does.
fn backflush_again(facts: &mut [Fact], stock: &mut StockLevels) {
    for fact in facts {
        if let FactBody::StockMoved(movement) = &mut fact.body
            && movement.movement == MovementKind::Backflush
        {
            stock.add(&movement.key, movement.amount);
            movement.amount = movement.amount.plus(movement.amount);
        }
    }
}
