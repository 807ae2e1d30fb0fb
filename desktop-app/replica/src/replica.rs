//! The replica as its drivers see it: opening, identity and status. Entering commands is in
//! [`crate::command`], sync in [`crate::apply`] and [`crate::settle`], the screens in
//! [`crate::query`].

use std::cell::Cell;

use rusqlite::Connection;
use shared_model::host::{Comparison, Session, SessionPlant, SessionUser, Storage, SyncStatus};
use shared_model::ids::{CommandId, FeedId, PressId, WorkCenterId};
use shared_model::number::NumberLease;
use shared_model::plant::{Organization, Plant};
use shared_model::sync::client::Link;
use shared_model::sync::clock::Clock;
use shared_model::time::Timestamp;
use uuid::Uuid;

use crate::error::{Error, OpenError, is_damage};
use crate::identity::{Credentials, Enrollment};
use crate::migrate::MigrateError;
use crate::outbox::{CommandState, Counter, Device, OutboxError, command, counter, device, kept, lease};
use crate::pending::Pending;
use crate::tables::{about, cursor, newer, pending as rows, record};
use crate::{connection, migrate};

/// Below this many leased numbers a driver asks for more ([`Replica::numbers_left`]).
pub const LOW_NUMBERS: u64 = 20;

/// How far a feed is committed here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Applied {
    pub feed: FeedId,
    pub seq: u64,
}

/// What the server's history is to the one that this replica was built from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum History {
    /// The first that this replica hears of.
    First,
    Same,
    /// The server was restored from a backup: what is confirmed here may never have happened.
    Replaced {
        before: Uuid,
    },
}

/// The two files of a device. See the crate's description.
pub struct Replica {
    pub(crate) outbox: Connection,
    pub(crate) replica: Connection,
    pub(crate) device: Device,
    /// As committed in the outbox.
    pub(crate) counter: Counter,
    /// What was entered up to this sequence number may have been sent, whatever its mark says: that it was
    /// may have been lost with the power. It is what was entered before this opening.
    doubtful_until: u64,
    /// The outbox generation that the pending layer reflects.
    reflected: u64,
    link: Link,
    synced_at: Option<Timestamp>,
    storage: Storage,
    comparison: Comparison,
    revision: u64,
    /// Commands that waited are to be sent now, from before what was sent.
    is_freed: bool,
    /// The press of a button that is being carried out, where it has a name.
    pub(crate) under: Option<PressId>,
    /// Stands for a power cut between the two commits.
    #[cfg(test)]
    pub(crate) crash_between_commits: bool,
}

/// Which file is committed first. The other one follows; what a crash between them leaves is healed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum First {
    /// For what people entered: it must not be lost.
    Outbox,
    /// For what the server sent: it must be here before the outbox lets go of its own.
    Replica,
}

/// Opening, and who this device is.
impl Replica {
    /// Migrates both files and heals what a crash left between their commits.
    ///
    /// # Errors
    /// See [`OpenError`]: each asks for something else of the caller.
    pub fn open(outbox: Connection, replica: Connection) -> Result<Self, OpenError> {
        let outbox = opened(outbox, connection::prepare_outbox, migrate::outbox, OpenError::OutboxDamaged)?;
        let replica =
            opened(replica, connection::prepare_replica, migrate::replica, OpenError::ReplicaDamaged)?;
        let (device, counter) = match (device::load(&outbox), counter::load(&outbox)) {
            (Ok(device), Ok(counter)) => (device, counter),
            (Err(OutboxError(error)), _) | (_, Err(OutboxError(error))) => {
                return Err(unreadable(error, OpenError::OutboxDamaged));
            }
        };
        let damaged = |error| unreadable(error, OpenError::ReplicaDamaged);
        let reflected = about::generation(&replica).map_err(damaged)?;
        let synced_at = about::synced_at(&replica).map_err(damaged)?;
        let mut opened = Self {
            outbox,
            replica,
            device,
            doubtful_until: counter.last_sequence,
            counter,
            reflected,
            link: Link::Offline,
            synced_at,
            storage: Storage::default(),
            comparison: Comparison::default(),
            revision: 0,
            is_freed: false,
            under: None,
            #[cfg(test)]
            crash_between_commits: false,
        };
        let healed = match opened.heal() {
            // It opens for reading; whatever is written heals it first.
            Err(error) if error.is_full() => {
                tracing::warn!(%error, "there is no room to bring the replica in line with the outbox");
                Ok(())
            }
            healed => healed,
        };
        match healed.and_then(|()| opened.read_kept()) {
            Ok(()) => Ok(opened),
            Err(Error::ReplicaDamaged(error)) => Err(OpenError::ReplicaDamaged(error)),
            Err(Error::OutboxDamaged(error)) => Err(OpenError::OutboxDamaged(error)),
            Err(error) => Err(OpenError::Other(error)),
        }
    }

    /// The two files, outbox first, to close them or to open again with another replica.
    #[must_use]
    pub fn into_connections(self) -> (Connection, Connection) {
        (self.outbox, self.replica)
    }

    #[must_use]
    pub fn session(&self) -> Session {
        Session {
            plant: self.device.enrollment.as_ref().map(|enrollment| self.session_plant(enrollment)),
            user: self.device.user.clone(),
            station: self.device.station,
            storage: self.storage,
            wiped: None,
        }
    }

    /// The plant by its records; by what the server said at enrollment until those are here.
    fn session_plant(&self, enrollment: &Enrollment) -> SessionPlant {
        let plant = record::find::<Plant>(&self.replica, "plant", enrollment.plant.uuid()).ok().flatten();
        let organization = enrollment.organization.uuid();
        let organization =
            record::find::<Organization>(&self.replica, "organization", organization).ok().flatten();
        let known = plant.map(|plant| (plant.name, plant.zone.name().to_owned(), plant.currency.to_string()));
        let (name, zone, currency) = known.unwrap_or_else(|| {
            (enrollment.plant_name.clone(), enrollment.zone.clone(), enrollment.currency.clone())
        });
        SessionPlant {
            id: enrollment.plant,
            organization: organization
                .map_or_else(|| enrollment.organization_name.clone(), |organization| organization.name),
            name,
            zone,
            currency,
            device_name: enrollment.device_name.clone(),
        }
    }

    /// Keeps a key that was made for an enrollment to come.
    ///
    /// # Errors
    /// When it cannot be stored.
    pub fn new_device_key(&mut self, seed: [u8; 32]) -> Result<(), Error> {
        self.in_outbox(|tx| device::set_key(tx, &seed))
    }

    /// The key, enrolled or not.
    #[must_use]
    pub const fn device_key(&self) -> Option<[u8; 32]> {
        self.device.key
    }

    /// # Errors
    /// When it cannot be stored.
    pub fn enrolled(&mut self, enrollment: &Enrollment) -> Result<(), Error> {
        self.in_outbox(|tx| device::enroll(tx, enrollment))
    }

    #[must_use]
    pub const fn enrollment(&self) -> Option<&Enrollment> {
        self.device.enrollment.as_ref()
    }

    /// None before the enrollment.
    #[must_use]
    pub fn credentials(&self) -> Option<Credentials> {
        let enrollment = self.device.enrollment.as_ref()?;
        Some(Credentials {
            device: enrollment.device,
            seed: self.device.key?,
            server_url: enrollment.server_url.clone(),
        })
    }

    /// # Errors
    /// When it cannot be stored.
    pub fn signed_in(&mut self, user: &SessionUser) -> Result<(), Error> {
        self.in_outbox(|tx| device::sign_in(tx, user))
    }

    /// What the person entered stays in the outbox and is sent in their name.
    ///
    /// # Errors
    /// When it cannot be stored.
    pub fn sign_out(&mut self) -> Result<(), Error> {
        self.in_outbox(device::sign_out)
    }

    /// # Errors
    /// When it cannot be stored.
    pub fn choose_station(&mut self, work_center: Option<WorkCenterId>) -> Result<(), Error> {
        self.in_outbox(|tx| device::set_station(tx, work_center))
    }

    /// Whether what is saved here stays, as the driver found out. Shown, not acted upon.
    pub const fn set_storage(&mut self, storage: Storage) {
        self.storage = storage;
    }

    /// Whether this is what the server has, as the driver found out. Shown, not acted upon.
    pub const fn set_comparison(&mut self, comparison: Comparison) {
        self.comparison = comparison;
    }
}

/// Numbers, clock and status.
impl Replica {
    /// # Errors
    /// When the outbox cannot be written.
    pub fn keep(&mut self, lease: &NumberLease) -> Result<(), Error> {
        self.in_outbox(|tx| lease::keep(tx, lease))
    }

    /// How many orders can be created before the next lease.
    ///
    /// # Errors
    /// When the outbox cannot be read.
    pub fn numbers_left(&self) -> Result<u64, Error> {
        Ok(lease::left(&self.outbox)?)
    }

    /// Remembers the server's history. `is_other`: the server knows that what is here is not of it.
    ///
    /// `plant_head` is how far its plant's feed goes now.
    ///
    /// [`History::Replaced`] is reported until the replica is dropped, which is the driver's part, after
    /// [`Self::send_kept_again`].
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn history(&mut self, history: Uuid, is_other: bool, plant_head: u64) -> Result<History, Error> {
        let before = about::history(&self.replica)?;
        if let Some(before) = before.filter(|before| is_other || *before != history) {
            return Ok(History::Replaced { before });
        }
        self.send_doubtful_again(plant_head)?;
        if before.is_some() {
            return Ok(History::Same);
        }
        let tx = self.replica.transaction()?;
        about::set_history(&tx, history)?;
        tx.commit()?;
        Ok(History::First)
    }

    /// What is here is of no history that a server has: with the next connection it is dropped.
    pub(crate) fn distrust(&mut self) -> Result<(), Error> {
        let tx = self.replica.transaction()?;
        about::set_history(&tx, Uuid::nil())?;
        Ok(tx.commit()?)
    }

    /// Puts what the server may have lost among what is to be sent: it was set back to an older state.
    /// `plant_head` is how far its plant's feed goes now. Again, it changes nothing.
    ///
    /// # Errors
    /// When the outbox cannot be written.
    pub fn send_kept_again(&mut self, plant_head: u64) -> Result<(), Error> {
        self.in_outbox(|tx| {
            kept::send_all_again(tx, plant_head)?;
            counter::touch(tx).map(drop)
        })?;
        self.counter = counter::load(&self.outbox)?;
        Ok(())
    }

    /// A server that was set back to where this replica is looks like the one before. What that had
    /// accepted beyond, it may not have: the verdicts of an earlier connection count no more.
    fn send_doubtful_again(&mut self, plant_head: u64) -> Result<(), Error> {
        let Some(plant) = self.enrollment().map(|enrollment| enrollment.plant_feed) else { return Ok(()) };
        let here = cursor::of(&self.replica, plant)?;
        let is_any = self.in_outbox(|tx| {
            let is_any = kept::send_beyond_again(tx, here, plant_head)?;
            if is_any {
                counter::touch(tx)?;
            }
            Ok(is_any)
        })?;
        if is_any {
            self.counter = counter::load(&self.outbox)?;
            self.heal()?;
        }
        Ok(())
    }

    /// The server's clock less this device's, measured at `now`. Kept, so that it corrects what is
    /// entered offline.
    ///
    /// # Errors
    /// When the outbox cannot be written.
    pub fn set_clock_offset(&mut self, millis: i64, now: Timestamp) -> Result<(), Error> {
        let server_time = now.plus_millis(millis);
        self.in_outbox(|tx| {
            device::set_clock_offset(tx, millis, server_time)?;
            // Once per connection, with the server's own time, is often enough.
            kept::trim(tx, server_time)
        })
    }

    /// Leaves to the server what has waited for a day for what others had to bring back after it was set back: it
    /// may have it all the same, and its refusal is shown to a person. Whether there was any.
    ///
    /// # Errors
    /// When the files cannot be written.
    pub fn stop_waiting(&mut self, now: Timestamp) -> Result<bool, Error> {
        let server_time = self.clock(now).says;
        if command::waited_until(&self.outbox, server_time)?.is_empty() {
            return Ok(false);
        }
        self.heal()?;
        self.both(First::Outbox, |pending| -> Result<(), Error> {
            for mut entry in command::waited_until(pending.outbox, server_time)? {
                let is_new = entry.waits_until.is_none_or(|until| until == Timestamp::default());
                if is_new {
                    entry.waits_until = Some(server_time.plus_millis(command::EARLY_MILLIS));
                } else {
                    entry.waits_until = Some(command::LEFT_TO_THE_SERVER);
                    entry.state = CommandState::Queued;
                    pending.is_freed.set(true);
                }
                command::update(pending.outbox, &entry)?;
                pending.changed.set(true);
                rows::set_mark(pending.replica, entry.id(), &entry.state)?;
            }
            Ok(())
        })?;
        self.bump();
        Ok(true)
    }

    /// Whether there are commands to send from before those that were sent; once.
    pub(crate) const fn take_freed(&mut self) -> bool {
        std::mem::replace(&mut self.is_freed, false)
    }

    /// What this device knows of the time when its own clock says `now`.
    pub(crate) const fn clock(&self, now: Timestamp) -> Clock {
        Clock {
            says: now.plus_millis(self.device.clock_offset_millis),
            server_said: self.device.server_time,
            last: self.counter.last_occurred_at,
        }
    }

    /// # Errors
    /// When the replica cannot be written.
    pub fn set_link(&mut self, link: Link, now: Timestamp) -> Result<(), Error> {
        // Known before it is written: a full disk is no reason to say that the server is there.
        let before = std::mem::replace(&mut self.link, link);
        // Online, everything the server has is here: up to the moment at which that ends.
        if link == Link::Online || before == Link::Online {
            let tx = self.replica.transaction()?;
            about::set_synced_at(&tx, now)?;
            tx.commit()?;
            self.synced_at = Some(now);
        }
        Ok(())
    }

    /// # Errors
    /// When the outbox cannot be read.
    pub fn status(&self) -> Result<SyncStatus, Error> {
        let tally = command::tally(&self.outbox)?;
        Ok(SyncStatus {
            link: self.link,
            unsent_count: tally.unsent,
            oldest_unsent_at: tally.oldest_unsent_at,
            attention_count: tally.refused,
            synced_at: self.synced_at,
            clock_offset_millis: self.device.clock_offset_millis,
            storage: self.storage,
            needs_update: newer::is_any(&self.replica)?,
            comparison: self.comparison,
        })
    }

    /// Whether a command that was entered here has not left the outbox.
    ///
    /// # Errors
    /// When the outbox cannot be read.
    pub fn is_kept(&self, command: CommandId) -> Result<bool, Error> {
        Ok(command::is_there(&self.outbox, command)?)
    }

    /// Rises with everything that a query may show. Starts anew with every opening.
    #[must_use]
    pub const fn revision(&self) -> u64 {
        self.revision
    }
}

/// Writing.
impl Replica {
    pub(crate) const fn bump(&mut self) {
        self.revision += 1;
    }

    /// Writes to the outbox what the pending layer does not depend on.
    pub(crate) fn in_outbox<T>(
        &mut self,
        write: impl FnOnce(&rusqlite::Transaction<'_>) -> crate::outbox::Result<T>,
    ) -> Result<T, Error> {
        let tx = self.outbox.transaction().map_err(OutboxError)?;
        let written = write(&tx)?;
        tx.commit().map_err(OutboxError)?;
        self.device = device::load(&self.outbox)?;
        self.bump();
        Ok(written)
    }

    /// Rows that were written to either file since both were opened.
    pub(crate) fn written(&self) -> u64 {
        self.outbox.total_changes() + self.replica.total_changes()
    }

    /// Writes the logs of both files into them.
    pub(crate) fn copy_logs(&self) -> Result<(), Error> {
        connection::copy_log(&self.outbox).map_err(OutboxError)?;
        Ok(connection::copy_log(&self.replica)?)
    }

    /// Rebuilds the pending layer if a crash or a failed write left it behind the outbox.
    #[expect(clippy::redundant_closure_for_method_calls, reason = "the method is for one lifetime only")]
    pub(crate) fn heal(&mut self) -> Result<(), Error> {
        if self.reflected == self.counter.generation {
            return Ok(());
        }
        // The outbox may forget what the replica holds only since the crash.
        connection::copy_log(&self.replica)?;
        self.both(First::Outbox, |pending| pending.rebuild())?;
        self.bump();
        Ok(())
    }

    /// Works on both files and commits them one after the other. With the first commit the work
    /// counts: if the second one fails, [`Self::heal`] makes up for it.
    pub(crate) fn both<T, E: From<Error>>(
        &mut self,
        first: First,
        work: impl FnOnce(&Pending<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let (changed, is_freed) = (Cell::new(false), Cell::new(false));
        let outbox = self.outbox.transaction().map_err(|error| Error::from(OutboxError(error)))?;
        let replica = self.replica.transaction().map_err(Error::from)?;
        let pending = Pending {
            outbox: &outbox,
            replica: &replica,
            device: &self.device,
            doubtful_until: self.doubtful_until,
            changed: &changed,
            is_freed: &is_freed,
        };
        let done = work(&pending)?;
        // Before the commit: to look for them in vain costs nothing.
        self.is_freed |= is_freed.get();
        let generation = if changed.get() {
            counter::touch(&outbox).map_err(Error::from)?
        } else {
            self.counter.generation
        };
        about::set_generation(&replica, generation).map_err(Error::from)?;
        let counter = counter::load(&outbox).map_err(Error::from)?;
        if first == First::Outbox {
            // On a disk that is full, what cannot be shown is not saved either.
            replica.cache_flush().map_err(Error::from)?;
        }
        let commit_outbox = || outbox.commit().map_err(|error| Error::from(OutboxError(error)));
        let commit_replica = || replica.commit().map_err(Error::from);
        let second = match first {
            First::Outbox => {
                commit_outbox()?;
                self.counter = counter;
                #[cfg(test)]
                if self.crash_between_commits {
                    return Ok(done);
                }
                commit_replica().map(|()| self.reflected = generation)
            }
            First::Replica => {
                commit_replica()?;
                self.reflected = generation;
                #[cfg(test)]
                if self.crash_between_commits {
                    return Ok(done);
                }
                commit_outbox().map(|()| self.counter = counter)
            }
        };
        if let Err(error) = second {
            tracing::warn!(%error, "the second of two files was not written; it is healed with the next write");
        }
        Ok(done)
    }
}

fn opened(
    mut connection: Connection,
    prepare: fn(&Connection) -> rusqlite::Result<()>,
    migrate: fn(&mut Connection) -> Result<(), MigrateError>,
    damaged: fn(String) -> OpenError,
) -> Result<Connection, OpenError> {
    prepare(&connection).map_err(|error| unreadable(error, damaged))?;
    match migrate(&mut connection) {
        Ok(()) => Ok(connection),
        Err(MigrateError::Newer) => Err(OpenError::Newer),
        Err(MigrateError::Sql(error)) => Err(unreadable(error, damaged)),
    }
}

fn unreadable(error: rusqlite::Error, damaged: fn(String) -> OpenError) -> OpenError {
    if is_damage(&error) { damaged(error.to_string()) } else { OpenError::Storage(error) }
}
