//! The pending layer: what the outbox adds to the confirmed copy.
//!
//! **Invariant:** the pending tables are a pure function of the confirmed tables and the outbox. A
//! command's facts and its document change are kept in the outbox as they were when it was decided;
//! what others do meanwhile is merged under them without deciding again. Only where the server
//! refused something that a change stands on is deciding again needed: [`Pending::decide_again`].
//! Never so while the confirmed copy is being rebuilt, and does not yet hold what a command saw.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

use automerge::{AutomergeError, Change, ChangeHash};
use rusqlite::{Connection, Transaction};
use shared_model::actor::{Actor, ActorEpoch, automerge_actor};
use shared_model::command::{Command, Effects, Scene, decide};
use shared_model::ids::{CommandId, UserId, WorkOrderId};
use shared_model::refusal::Refusal;
use shared_model::work_order::document::{Document, DocumentError, decode_change};
use shared_model::work_order::note::Note;
use shared_model::work_order::summary::Summary;

use crate::blame::{blamed, is_never_made};
use crate::catalog::ReplicaCatalog;
use crate::error::Error;
use crate::newer;
use crate::outbox::command::LEFT_TO_THE_SERVER;
use crate::outbox::{CommandState, Device, Entry, command, device, epoch, kept, stand};
use crate::tables::{Layer, archived, clock, cursor, document, fact, pending, record, stock, work_order};

/// Both files, while they are brought in line with each other.
pub(crate) struct Pending<'a> {
    pub outbox: &'a Transaction<'a>,
    pub replica: &'a Transaction<'a>,
    pub device: &'a Device,
    /// Up to this sequence number, what is not marked as sent may have been sent all the same.
    pub doubtful_until: u64,
    /// Whether anything was written to the outbox.
    pub changed: &'a Cell<bool>,
    /// Whether a command that waited is to be sent now.
    pub is_freed: &'a Cell<bool>,
}

/// Which commands of an order are to be decided again.
#[derive(Debug)]
pub(crate) struct Again {
    /// From this sequence on.
    pub from: u64,
    /// Whose change is to be made anew, even if it seems to fit.
    pub forced: BTreeSet<CommandId>,
    /// Whose change the server refused: their next one is of a new generation.
    pub refused: BTreeSet<UserId>,
}

impl Default for Again {
    /// From the first whose change does not fit.
    fn default() -> Self {
        Self { from: u64::MAX, forced: BTreeSet::new(), refused: BTreeSet::new() }
    }
}

impl Pending<'_> {
    /// Builds the pending layer anew.
    pub(crate) fn rebuild(&self) -> Result<(), Error> {
        pending::clear(self.replica)?;
        let here = self.here()?;
        let mut orders = BTreeSet::new();
        for entry in command::all(self.outbox)? {
            if self.is_confirmed(&entry, here)? {
                self.came_back(entry.id(), entry.order())?;
            } else {
                pending::add(self.replica, &entry)?;
                orders.extend(entry.order());
            }
        }
        orders.into_iter().try_for_each(|order| self.show_order(order))
    }

    /// Puts a command into the outbox.
    pub(crate) fn enter(&self, entry: &Entry) -> Result<(), Error> {
        command::add(self.outbox, entry)?;
        if let Some(order) = entry.order() {
            stand::on(self.outbox, order, self.here()?)?;
        }
        Ok(())
    }

    /// Whether the feed has brought a command back, and only the outbox does not know it yet.
    fn is_confirmed(&self, entry: &Entry, here: u64) -> Result<bool, Error> {
        if matches!(entry.state, CommandState::Accepted { seq } if seq <= here) {
            return Ok(true);
        }
        let first = entry.facts.first().map(|fact| fact::is_confirmed(self.replica, fact.id));
        Ok(cursor::contains(self.replica, entry.id())? || first.transpose()?.unwrap_or_default())
    }

    /// Removes a command that the feed has brought back, as far as it is here now.
    pub(crate) fn came_back(&self, id: CommandId, order: Option<WorkOrderId>) -> Result<(), Error> {
        let brought = self.brought()?;
        cursor::contain(self.replica, id)?;
        kept::keep(self.outbox, id, brought)?;
        self.let_go(id)?;
        if let Some(order) = order {
            stand::on(self.outbox, order, brought)?;
            stand::forget_unused(self.outbox, order)?;
        }
        Ok(())
    }

    /// Removes a command from the outbox and from what is shown.
    pub(crate) fn let_go(&self, id: CommandId) -> Result<(), Error> {
        pending::remove(self.replica, id)?;
        if command::remove(self.outbox, id)? {
            self.changed.set(true);
        }
        Ok(())
    }

    /// Shows an order with what waits on it; as it is confirmed where nothing does.
    pub(crate) fn show_order(&self, order: WorkOrderId) -> Result<(), Error> {
        if command::may_any_wait(self.outbox, order)? && !self.is_behind(order)? {
            return self.decide_again(order, &Again::default());
        }
        // Of one that is to be fetched first, its row shows what is known.
        if !command::is_any_live(self.outbox, order)? || archived::is_away(self.replica, order)? {
            return Ok(pending::remove_order(self.replica, order)?);
        }
        let mut current = self.document(order)?;
        if current.is_whole || self.is_behind(order)? {
            self.show_document(order, &mut current.document)
        } else {
            self.decide_again(order, &Again::default())
        }
    }

    /// Whether what the commands on an order were decided on is not here yet: the replica is being
    /// rebuilt.
    fn is_behind(&self, order: WorkOrderId) -> Result<bool, Error> {
        Ok(stand::of(self.outbox, order)? > self.here()?)
    }

    /// How far the plant's feed is here.
    pub(crate) fn here(&self) -> Result<u64, Error> {
        let enrollment = self.device.enrollment.as_ref();
        let here = enrollment.map(|enrollment| cursor::of(self.replica, enrollment.plant_feed));
        Ok(here.transpose()?.unwrap_or_default())
    }

    /// How far goes what the server brought of the plant's feed: with a snapshot that is being fetched, as far
    /// as that goes, of which [`Self::here`] knows when all of it is here.
    fn brought(&self) -> Result<u64, Error> {
        let plant = self.device.enrollment.as_ref().map(|enrollment| enrollment.plant_feed);
        let begun = cursor::begun(self.replica)?;
        let begun = begun.iter().filter(|begun| Some(begun.feed) == plant).map(|begun| begun.seq).max();
        Ok(self.here()?.max(begun.unwrap_or_default()))
    }

    /// The document of an order with the changes that wait.
    pub(crate) fn document(&self, order: WorkOrderId) -> Result<Current, Error> {
        current_document(self.outbox, self.replica, order)
    }

    fn show_document(&self, order: WorkOrderId, document: &mut Document) -> Result<(), Error> {
        match newer::order(document) {
            Ok(Some(found)) => {
                work_order::put(self.replica, Layer::Pending, &Summary::of(&found))?;
                let ledger = fact::clocks(self.replica, Layer::Pending, order)?;
                Ok(clock::replace(self.replica, Layer::Pending, order, &ledger)?)
            }
            Ok(None) => Ok(pending::remove_order(self.replica, order)?),
            // Its confirmed row shows what is known of it.
            Err(error) if error.newer().is_some() => Ok(pending::remove_order(self.replica, order)?),
            Err(error) => Err(error.into()),
        }
    }

    /// Decides commands of an order again, on what is confirmed now and those before them.
    ///
    /// Each comes out as it was, with a new change of a new generation, or refused here: then it
    /// keeps what the person entered and waits for them. A change that still fits is kept, because
    /// the server may be answering it at this moment.
    pub(crate) fn decide_again(&self, order: WorkOrderId, again: &Again) -> Result<(), Error> {
        let mut epochs = Epochs { pending: self, order, raised: BTreeMap::new() };
        for user in &again.refused {
            epochs.raised(*user)?;
        }
        if self.is_behind(order)? {
            return self.show_order(order);
        }
        let mut document = document::load(self.replica, order)?;
        let is_unreadable = newer::order(&mut document).is_err_and(|error| error.newer().is_some());
        if is_unreadable || archived::is_away(self.replica, order)? {
            return self.leave_to_the_server(document, again, epochs);
        }
        let entries = command::of_order(self.outbox, order)?;
        let known = if entries.iter().any(Entry::may_wait) { document.notes() } else { Vec::new() };
        let is_never_made = is_never_made(&entries);
        let mut first_refused = None;
        let mut later = Vec::new();
        for entry in entries {
            match &entry.state {
                CommandState::Refused(_) => {
                    first_refused.get_or_insert(entry.id());
                }
                CommandState::Accepted { .. } => {
                    fits(&mut document, &entry)?;
                }
                CommandState::Early(_) => {
                    pending::remove(self.replica, entry.id())?;
                    later.push(entry);
                }
                CommandState::Queued | CommandState::Sent => {
                    let is_before = later.is_empty()
                        && !entry.may_wait()
                        && entry.envelope.sequence < again.from
                        && !again.forced.contains(&entry.id());
                    if !(is_before && fits(&mut document, &entry)?) {
                        pending::remove(self.replica, entry.id())?;
                        later.push(entry);
                    }
                }
            }
        }
        if !later.is_empty() {
            stand::on(self.outbox, order, self.here()?)?;
        }
        for mut entry in later {
            if entry.may_wait() {
                self.decide_early(&mut document, &mut entry, &known, &mut epochs)?;
                continue;
            }
            match self.decided(&mut document, &entry)? {
                Ok(effects) => {
                    let is_forced = again.forced.contains(&entry.id());
                    remake(&mut document, &mut entry, effects, is_forced, &mut epochs)?;
                }
                Err(_) if entry.is_left_to_the_server() => {}
                // The server may have accepted it, and its word was lost on the way.
                Err(refusal)
                    if self.may_be_sent(&entry)
                        && entry.envelope.change.is_none()
                        && !(is_never_made && refusal == Refusal::UnknownOrder) =>
                {
                    entry.state = CommandState::Queued;
                    entry.waits_until = Some(LEFT_TO_THE_SERVER);
                    self.is_freed.set(true);
                }
                Err(refusal) => {
                    if entry.envelope.change.take().is_some() {
                        epochs.raised(entry.envelope.user)?;
                    }
                    entry.facts.clear();
                    let refusal = blamed(refusal, first_refused);
                    first_refused.get_or_insert(entry.id());
                    entry.state = CommandState::Refused(refusal);
                }
            }
            command::update(self.outbox, &entry)?;
            self.changed.set(true);
            pending::add(self.replica, &entry)?;
        }
        if command::is_any_live(self.outbox, order)? {
            self.show_document(order, &mut document)
        } else {
            Ok(pending::remove_order(self.replica, order)?)
        }
    }

    fn may_be_sent(&self, entry: &Entry) -> bool {
        entry.state == CommandState::Sent || entry.envelope.sequence <= self.doubtful_until
    }

    /// Decides a command that was decided on a history that the server lost. It is refused by the server alone,
    /// which may have it after all; where it only lacks what others have to bring back, it waits.
    ///
    /// `known` says what was done to the confirmed document.
    fn decide_early(
        &self,
        document: &mut Document,
        entry: &mut Entry,
        known: &[(ChangeHash, Note)],
        epochs: &mut Epochs<'_>,
    ) -> Result<(), Error> {
        let note = Note::of(&entry.envelope);
        let is_known = known.iter().any(|(_, it)| *it == note);
        let decided = if is_known { None } else { Some(self.decided(document, entry)?) };
        match decided {
            Some(Err(refusal)) if self.is_early(&entry.envelope.command, &refusal)? => {
                let is_close = matches!(entry.envelope.command, Command::CloseException { .. });
                let refusal = match refusal {
                    Refusal::ExceptionClosed if is_close => Refusal::UnknownFact,
                    refusal => refusal,
                };
                if entry.envelope.change.take().is_some() {
                    epochs.raised(entry.envelope.user)?;
                }
                entry.facts.clear();
                entry.state = CommandState::Early(refusal);
            }
            decided => {
                if let Some(Ok(effects)) = decided {
                    remake(document, entry, effects, false, epochs)?;
                    entry.waits_until = None;
                } else {
                    if entry.envelope.change.take().is_some() {
                        epochs.raised(entry.envelope.user)?;
                    }
                    entry.waits_until = Some(LEFT_TO_THE_SERVER);
                }
                entry.state = CommandState::Queued;
                self.is_freed.set(true);
            }
        }
        command::update(self.outbox, entry)?;
        self.changed.set(true);
        Ok(pending::add(self.replica, entry)?)
    }

    /// Whether a command is refused only because what it stands on is not here.
    fn is_early(&self, command: &Command, refusal: &Refusal) -> Result<bool, Error> {
        Ok(match (command, refusal) {
            (Command::CloseException { exception, .. }, Refusal::ExceptionClosed) => {
                fact::find(self.replica, *exception)?.is_none()
            }
            // An order is planned once.
            (Command::ReleaseWorkOrder { .. }, Refusal::WrongState { .. }) => false,
            _ => refusal.may_be_early(),
        })
    }

    /// Commands on an order of a newer version, or of one that is not here, cannot be decided again here.
    /// What was entered stays as it is; a change that does not fit is left out, and the server makes the one
    /// that fits.
    fn leave_to_the_server(
        &self,
        mut document: Document,
        again: &Again,
        mut epochs: Epochs<'_>,
    ) -> Result<(), Error> {
        for mut entry in command::of_order(self.outbox, epochs.order)? {
            if entry.may_wait() {
                entry.waits_until = Some(LEFT_TO_THE_SERVER);
                entry.state = CommandState::Queued;
                self.is_freed.set(true);
                command::update(self.outbox, &entry)?;
                self.changed.set(true);
                pending::remove(self.replica, entry.id())?;
                pending::add(self.replica, &entry)?;
            }
            let is_forced = again.forced.contains(&entry.id());
            if !entry.state.is_live() || (!is_forced && fits(&mut document, &entry)?) {
                continue;
            }
            if entry.envelope.change.take().is_some() && !matches!(entry.state, CommandState::Accepted { .. })
            {
                entry.envelope.epoch = epochs.raised(entry.envelope.user)?;
                entry.state = CommandState::Queued;
                command::update(self.outbox, &entry)?;
                self.changed.set(true);
                pending::set_mark(self.replica, entry.id(), &entry.state)?;
            }
        }
        Ok(pending::remove_order(self.replica, epochs.order)?)
    }

    fn decided(&self, document: &mut Document, entry: &Entry) -> Result<Result<Effects, Refusal>, Error> {
        let envelope = &entry.envelope;
        let order = newer::order(document)?;
        let ledger = match entry.order() {
            Some(id) => fact::ledger(self.replica, id)?,
            None => shared_model::ledger::OrderLedger::default(),
        };
        let keys = envelope.command.stock_keys(order.as_ref(), &ledger);
        let stock = stock::levels(self.replica, &keys)?;
        let actor = self.actor(envelope.user)?;
        let scene = Scene {
            order: order.as_ref(),
            ledger: &ledger,
            stock: &stock,
            actor: &actor,
            now: envelope.occurred_at,
        };
        Ok(decide(envelope, &scene))
    }

    /// A person at this device, with the roles that the newest record gives them, or, before the
    /// records are here, those that they signed in with.
    pub(crate) fn actor(&self, user: UserId) -> Result<Actor, Error> {
        actor(self.outbox, self.replica, self.device, user)
    }
}

/// An order's document with the changes that wait.
pub(crate) struct Current {
    pub document: Document,
    /// All changes that wait are in it. Otherwise some stand on changes that are not here.
    pub is_whole: bool,
}

/// See [`Pending::document`].
pub(crate) fn current_document(
    outbox: &Connection,
    replica: &Connection,
    order: WorkOrderId,
) -> Result<Current, Error> {
    let mut document = document::load(replica, order)?;
    let mut is_whole = true;
    for (change, is_accepted) in command::changes_of(outbox, order)? {
        // What the server accepted in another form than ours is shown when the feed brings it.
        is_whole = (merge_if_fits(&mut document, &change)? || is_accepted) && is_whole;
    }
    Ok(Current { document, is_whole })
}

/// See [`Pending::actor`].
pub(crate) fn actor(
    outbox: &Connection,
    replica: &Connection,
    device: &Device,
    user: UserId,
) -> Result<Actor, Error> {
    let enrollment = device.enrollment.as_ref().ok_or(Error::NotEnrolled)?;
    let (device, plant) = (enrollment.device, enrollment.plant);
    if let Some(person) = record::user(replica, user)? {
        let catalog = ReplicaCatalog::new(replica, plant);
        let actor = Actor::of(&person, device, plant, &catalog);
        return Ok(catalog.checked(actor)?);
    }
    let roles = device::person(outbox, user)?.map(|person| person.roles).unwrap_or_default();
    Ok(Actor::new(user, device, plant, roles))
}

/// The new generations of people's changes to one order: each rises by one, once.
struct Epochs<'a> {
    pending: &'a Pending<'a>,
    order: WorkOrderId,
    raised: BTreeMap<UserId, ActorEpoch>,
}

impl Epochs<'_> {
    fn raised(&mut self, user: UserId) -> Result<ActorEpoch, Error> {
        if let Some(epoch) = self.raised.get(&user) {
            return Ok(*epoch);
        }
        let next = ActorEpoch(epoch::of(self.pending.outbox, self.order, user)?.0 + 1);
        epoch::set(self.pending.outbox, self.order, user, next)?;
        self.pending.changed.set(true);
        self.raised.insert(user, next);
        Ok(next)
    }
}

/// Gives a command what deciding it again made: its facts, and its change where the old one does
/// not fit any more.
fn remake(
    document: &mut Document,
    entry: &mut Entry,
    effects: Effects,
    is_forced: bool,
    epochs: &mut Epochs<'_>,
) -> Result<(), Error> {
    entry.facts = effects.facts;
    if !is_forced && entry.envelope.change.is_some() && fits(document, entry)? {
        return Ok(());
    }
    let envelope = &mut entry.envelope;
    let had_change = envelope.change.take().is_some();
    if let Some(after) = &effects.order {
        envelope.epoch = epochs.raised(envelope.user)?;
        let author = automerge_actor(envelope.device, envelope.user, envelope.epoch);
        let note = Note::of(envelope);
        let made = document.write_noted(after, &author, envelope.occurred_at, Some(&note))?;
        envelope.change = made.map(|change| change.raw_bytes().to_vec());
    } else if had_change {
        envelope.epoch = epochs.raised(envelope.user)?;
    }
    if had_change || envelope.change.is_some() {
        entry.state = CommandState::Queued;
    }
    Ok(())
}

/// Merges a command's change; false when it stands on one that is not there. A command without a
/// change fits everywhere.
fn fits(document: &mut Document, entry: &Entry) -> Result<bool, Error> {
    entry.envelope.change.as_deref().map_or(Ok(true), |change| merge_if_fits(document, change))
}

fn merge_if_fits(document: &mut Document, change: &[u8]) -> Result<bool, Error> {
    let change: Change = decode_change(change)?;
    if !change.deps().iter().all(|hash| document.has(hash)) {
        return Ok(false);
    }
    match document.merge(change) {
        // The replica lost an own change that had come back, and another was made in its place.
        Err(DocumentError::Damaged(AutomergeError::DuplicateSeqNumber(..))) => Ok(false),
        outcome => outcome.map(|()| true).map_err(Error::from),
    }
}
