//! Entering a command: decided here, durable before the screen says so.

use std::cell::Cell;

use shared_model::actor::automerge_actor;
use shared_model::command::{Command, Effects, Envelope, Scene, Supply, decide, fill};
use shared_model::fact::FactBody;
use shared_model::host::{HostError, Saved};
use shared_model::ids::{CommandId, DeviceId, IdSource, PressId, UserId};
use shared_model::ledger::OrderLedger;
use shared_model::number::NumberLease;
use shared_model::refusal::Refusal;
use shared_model::sync::clock::Clock;
use shared_model::time::Timestamp;
use shared_model::work_order::WorkOrder;
use shared_model::work_order::document::{Document, DocumentError};
use shared_model::work_order::note::Note;
use shared_model::work_order::summary::Summary;

use crate::catalog::ReplicaCatalog;
use crate::error::Error;
use crate::identity::Enrollment;
use crate::newer;
use crate::outbox::{self, CommandState, Entry, OutboxError, counter, epoch, lease};
use crate::pending::Pending;
use crate::replica::{First, Replica};
use crate::tables::{Layer, about, archived, clock, fact, pending, stock, work_order};

/// Why a command was not saved.
pub(crate) enum NotSaved {
    Refused(Refusal),
    /// It makes no sense here, in words.
    Rejected(String),
    /// The order was archived, and is not here.
    Away,
    /// The plant's records are not here yet.
    Records,
    Failed(Error),
}

impl From<Refusal> for NotSaved {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<Error> for NotSaved {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl From<OutboxError> for NotSaved {
    fn from(error: OutboxError) -> Self {
        Self::Failed(error.into())
    }
}

impl From<rusqlite::Error> for NotSaved {
    fn from(error: rusqlite::Error) -> Self {
        Self::Failed(error.into())
    }
}

impl From<DocumentError> for NotSaved {
    fn from(error: DocumentError) -> Self {
        Self::Failed(error.into())
    }
}

impl From<NotSaved> for HostError {
    fn from(not_saved: NotSaved) -> Self {
        match not_saved {
            NotSaved::Refused(refusal) => refusal.into(),
            NotSaved::Rejected(message) => Self::Rejected { message },
            NotSaved::Away => Self::Rejected {
                message: "this order was closed long ago and its details are on the server; open the order, \
                          and enter this again when they are here"
                    .to_owned(),
            },
            NotSaved::Records => Self::Rejected {
                message: "how this plant makes things is still on its way from the server; enter this again \
                          when it is here"
                    .to_owned(),
            },
            NotSaved::Failed(error) => error.into(),
        }
    }
}

/// Who presses the button, and when.
pub(crate) struct Press {
    enrollment: Enrollment,
    user: UserId,
    clock: Clock,
    sequence: u64,
    random: [u8; 16],
    /// When it was entered, where that was not now.
    pub entered_at: Option<Timestamp>,
    /// The command's id, where it has one already or others may press the same.
    pub id: Option<CommandId>,
}

impl Press {
    /// A second command of the same press.
    pub(crate) const fn go_on(&mut self) {
        self.sequence += 1;
        self.random[15] ^= 1;
        self.entered_at = None;
        self.id = None;
    }

    /// What was pressed on other devices is going to be entered here.
    pub(crate) const fn of_others(enrollment: Enrollment, user: UserId, clock: Clock, sequence: u64) -> Self {
        Self { enrollment, user, clock, sequence, random: [0; 16], id: None, entered_at: None }
    }

    /// The next of those presses: the same command, by the same person, at the same time.
    pub(crate) const fn take_over(&mut self, id: CommandId, user: UserId, at: Timestamp) {
        self.sequence += 1;
        self.id = Some(id);
        self.user = user;
        self.entered_at = Some(at);
    }

    pub(crate) const fn device(&self) -> DeviceId {
        self.enrollment.device
    }

    pub(crate) const fn sequence(&self) -> u64 {
        self.sequence
    }

    /// When something was last entered here.
    pub(crate) const fn last(&self) -> Timestamp {
        self.clock.last
    }
}

/// A command that can be entered, with what it does.
pub(crate) struct Decision {
    envelope: Envelope,
    before: Option<WorkOrder>,
    pub effects: Effects,
    lease: Option<NumberLease>,
}

impl Replica {
    /// Decides a command and commits it. When this returns, it is on disk.
    ///
    /// `random` is drawn for this press of the button: the command's id comes from it.
    ///
    /// # Errors
    /// A refusal changes nothing.
    pub fn command(
        &mut self,
        command: Command,
        now: Timestamp,
        random: [u8; 16],
    ) -> Result<Saved, HostError> {
        self.press(now, random, |pending, press| pressed(pending, press, command))
    }

    /// Does what enters something, once: what the same press saved before is answered again.
    ///
    /// # Errors
    /// Those of what is done; then a press with the same id is a new one.
    pub fn once(
        &mut self,
        press: PressId,
        act: impl FnOnce(&mut Self) -> Result<Saved, HostError>,
    ) -> Result<Saved, HostError> {
        if let Some(saved) = outbox::press::find(&self.outbox, press).map_err(Error::from)? {
            return Ok(saved);
        }
        self.under = Some(press);
        let done = act(self);
        self.under = None;
        done
    }

    /// Does what a press of a button does, in one commit.
    pub(crate) fn press(
        &mut self,
        now: Timestamp,
        random: [u8; 16],
        work: impl FnOnce(&Pending<'_>, &mut Press) -> Result<Saved, NotSaved>,
    ) -> Result<Saved, HostError> {
        self.heal()?;
        let enrollment = self.device.enrollment.clone().ok_or(HostError::NotEnrolled)?;
        let user = self.device.user.as_ref().ok_or(HostError::NotSignedIn)?.id;
        let clock = self.clock(now);
        let sequence = self.counter.last_sequence + 1;
        let mut press = Press { enrollment, user, clock, sequence, random, id: None, entered_at: None };
        let under = self.under;
        let saved = self.both(First::Outbox, |pending| {
            let saved = work(pending, &mut press)?;
            if let Some(under) = under {
                outbox::press::remember(pending.outbox, under, &saved)?;
            }
            Ok::<_, NotSaved>(saved)
        })?;
        self.bump();
        Ok(saved)
    }
}

pub(crate) fn pressed(pending: &Pending<'_>, press: &Press, command: Command) -> Result<Saved, NotSaved> {
    committed(pending, press, decided(pending, press, command)?)
}

/// Decides a command, and writes nothing.
pub(crate) fn decided(
    pending: &Pending<'_>,
    press: &Press,
    mut command: Command,
) -> Result<Decision, NotSaved> {
    let order_id = command.order();
    if let Some(order) = order_id
        && archived::is_away(pending.replica, order)?
    {
        return Err(NotSaved::Away);
    }
    if is_completed_here(&command) && about::synced_at(pending.replica)?.is_none() {
        return Err(NotSaved::Records);
    }
    let mut document = match order_id {
        Some(order) => current_document(pending, order)?,
        None => Document::empty(),
    };
    let order = newer::order(&mut document)?;
    let ledger = match order_id {
        Some(order) => fact::ledger(pending.replica, order)?,
        None => OrderLedger::default(),
    };
    // A clock that went back must not put this command before the one that it stands on.
    let at = press.entered_at.unwrap_or_else(|| press.clock.pressed_at(ledger.last_at()));
    let lease = filled(pending, press, at, &mut command, order.as_ref())?;

    let stock = stock::levels(pending.replica, &command.stock_keys(order.as_ref(), &ledger))?;
    let actor = pending.actor(press.user)?;
    let mut envelope = Envelope {
        id: press.id.unwrap_or_else(|| IdSource::new(at, press.random).draw()),
        plant: press.enrollment.plant,
        device: press.enrollment.device,
        user: press.user,
        occurred_at: at,
        sequence: press.sequence,
        command,
        change: None,
        epoch: match order_id {
            Some(order) => epoch::of(pending.outbox, order, press.user)?,
            None => shared_model::actor::ActorEpoch::default(),
        },
    };
    let scene = Scene { order: order.as_ref(), ledger: &ledger, stock: &stock, actor: &actor, now: at };
    let effects = decide(&envelope, &scene)?;
    if let Some(after) = &effects.order {
        let author = automerge_actor(envelope.device, envelope.user, envelope.epoch);
        let made = document.write_noted(after, &author, at, Some(&Note::of(&envelope)))?;
        envelope.change = made.map(|change| change.raw_bytes().to_vec());
    }
    Ok(Decision { envelope, before: order, effects, lease })
}

/// Whether operations or materials are put into a command from the records of the plant. An order that is made
/// before these are here would have none.
fn is_completed_here(command: &Command) -> bool {
    match command {
        Command::CreateWorkOrder(new) => new.operations.is_empty(),
        Command::ReleaseWorkOrder { materials, .. } => materials.is_empty(),
        _ => false,
    }
}

/// Puts a decided command into the outbox and on the screens.
pub(crate) fn committed(
    pending: &Pending<'_>,
    press: &Press,
    Decision { envelope, before: order, effects: Effects { order: after, facts }, lease }: Decision,
) -> Result<Saved, NotSaved> {
    let at = envelope.occurred_at;
    let entry = Entry { envelope, facts, state: CommandState::Queued, waits_until: None };
    pending.enter(&entry)?;
    let last = if press.entered_at.is_none() { at } else { press.clock.last };
    counter::advance(pending.outbox, press.sequence, last)?;
    if let Some(lease) = lease {
        lease::used(pending.outbox, &lease)?;
    }
    pending.changed.set(true);
    show(pending, &entry, after.as_ref().or(order.as_ref()))?;
    Ok(saved(&entry))
}

/// The order's document with what waits on it.
fn current_document(pending: &Pending<'_>, order: shared_model::ids::WorkOrderId) -> Result<Document, Error> {
    let current = pending.document(order)?;
    if current.is_whole {
        return Ok(current.document);
    }
    pending.show_order(order)?;
    Ok(pending.document(order)?.document)
}

/// Completes the command from the reference data. Gives the lease that it took a number from.
fn filled(
    pending: &Pending<'_>,
    press: &Press,
    at: Timestamp,
    command: &mut Command,
    order: Option<&WorkOrder>,
) -> Result<Option<NumberLease>, NotSaved> {
    let catalog = ReplicaCatalog::new(pending.replica, press.enrollment.plant);
    let mut lease = lease::current(pending.outbox)?;
    let is_taken = Cell::new(false);
    let mut supply = Supply {
        number: &mut || {
            let number = lease.as_mut()?.take();
            is_taken.set(number.is_some());
            number
        },
        location: &|material| catalog.fullest_location(material),
    };
    let filled = fill(command, order, &catalog, &mut supply, at);
    catalog.checked(())?;
    filled?;
    Ok(lease.filter(|_| is_taken.get()))
}

/// Puts a fresh command on the screens.
fn show(pending: &Pending<'_>, entry: &Entry, order: Option<&WorkOrder>) -> Result<(), Error> {
    pending::add(pending.replica, entry)?;
    let Some(order) = order else { return Ok(()) };
    work_order::put(pending.replica, Layer::Pending, &Summary::of(order))?;
    let ledger = fact::clocks(pending.replica, Layer::Pending, order.id)?;
    Ok(clock::replace(pending.replica, Layer::Pending, order.id, &ledger)?)
}

fn saved(entry: &Entry) -> Saved {
    let report = entry.facts.iter().find(|fact| matches!(fact.body, FactBody::ProductionReported(_)));
    Saved {
        command: entry.id(),
        order: entry.order(),
        report: report.map(|fact| fact.id),
        exceptions: entry
            .facts
            .iter()
            .filter_map(|fact| match &fact.body {
                FactBody::ExceptionOpened(exception) => Some(exception.clone()),
                _ => None,
            })
            .collect(),
    }
}
