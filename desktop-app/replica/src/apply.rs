//! Taking in what the server's feeds bring.

use shared_model::ids::FeedId;
use shared_model::sync::client::Here;
use shared_model::sync::wire::{Batch, Begun, Chunk, Cursor};

use crate::arrived::Arrived;
use crate::connection;
use crate::error::Error;
use crate::outbox::command;
use crate::pending::Pending;
use crate::replica::{Applied, First, Replica};
use crate::tables::{cursor, pending};

impl Replica {
    /// How far the feeds of this device are here; none before the enrollment.
    ///
    /// # Errors
    /// When the replica cannot be read.
    pub fn cursors(&self) -> Result<Vec<Cursor>, Error> {
        let Some(enrollment) = self.enrollment() else { return Ok(Vec::new()) };
        [enrollment.organization_feed, enrollment.plant_feed]
            .into_iter()
            .map(|feed| Ok(Cursor { feed, seq: cursor::of(&self.replica, feed)? }))
            .collect()
    }

    /// What is here of the feeds, as the server is told.
    ///
    /// # Errors
    /// When the replica cannot be read.
    pub fn here(&self) -> Result<Here, Error> {
        Ok(Here { cursors: self.cursors()?, begun: self.begun()?, checks: cursor::checks(&self.replica)? })
    }

    /// Commits a batch. The same batch again changes nothing.
    ///
    /// # Errors
    /// [`Error::Gap`], [`Error::WrongFeed`], or storage; nothing is applied then.
    pub fn apply(&mut self, batch: Batch) -> Result<Applied, Error> {
        self.heal()?;
        let feed = batch.feed;
        let is_plants = self.is_plants(feed)?;
        let here = cursor::of(&self.replica, feed)?;
        if batch.until <= here {
            return Ok(Applied { feed, seq: here });
        }
        if batch.after > here {
            return Err(Error::Gap { feed, after: batch.after, here });
        }
        let (until, check) = (batch.until, batch.check);
        let is_own = self.is_own(&batch, is_plants)?;
        let entries = batch.entries.into_iter().filter(|entry| entry.seq > here);
        self.take_in(is_own, |pending| {
            let mut arrived = Arrived::default();
            for entry in entries {
                arrived.take(pending, entry)?;
            }
            cursor::set(pending.replica, feed, until, check)?;
            arrived.finish(pending, is_plants.then_some((here, until)))
        })?;
        Ok(Applied { feed, seq: until })
    }

    /// Commits a chunk of a snapshot. Chunks of one snapshot come in their order; the same chunk again
    /// changes nothing, and neither does a snapshot of what is here already.
    ///
    /// # Errors
    /// [`Error::Gap`], [`Error::WrongFeed`], [`Error::OtherHistory`], or storage; nothing is applied then.
    pub fn place(&mut self, chunk: Chunk) -> Result<(), Error> {
        self.heal()?;
        let Chunk { feed, seq, index, is_last, check, items } = chunk;
        let is_plants = self.is_plants(feed)?;
        let here = cursor::of(&self.replica, feed)?;
        if seq <= here {
            return Ok(());
        }
        let begun = self.begun()?.into_iter().find(|it| (it.feed, it.seq) == (feed, seq));
        let known = begun.map(|begun| cursor::begun_check(&self.replica, begun)).transpose()?.flatten();
        if known.zip(check).is_some_and(|(known, check)| known != check) {
            self.distrust()?;
            return Err(Error::OtherHistory(feed));
        }
        let next = begun.map_or(0, |it| it.next);
        if index > next {
            return Err(Error::Gap { feed, after: seq, here });
        }
        let is_any_waiting = pending::is_any(&self.replica)?;
        // Nobody knows before it is taken in whether it has own commands.
        self.take_in(is_any_waiting, |pending| {
            let mut arrived = Arrived::default();
            for item in items {
                arrived.place(pending, item, seq)?;
            }
            if is_last {
                cursor::set(pending.replica, feed, seq, check)?;
                cursor::forget_begun(pending.replica, feed)?;
            } else {
                let begun = Begun { feed, seq, next: next.max(index + 1) };
                cursor::set_begun(pending.replica, begun, check)?;
            }
            arrived.finish(pending, (is_plants && is_last).then_some((here, seq)))
        })?;
        Ok(())
    }

    /// The snapshots that are being fetched, and how far they are here.
    ///
    /// # Errors
    /// When the replica cannot be read.
    pub fn begun(&self) -> Result<Vec<Begun>, Error> {
        Ok(cursor::begun(&self.replica)?)
    }

    /// Whether a feed is the plant's; else it is the organization's.
    fn is_plants(&self, feed: FeedId) -> Result<bool, Error> {
        let enrollment = self.enrollment().ok_or(Error::NotEnrolled)?;
        if feed != enrollment.plant_feed && feed != enrollment.organization_feed {
            return Err(Error::WrongFeed(feed));
        }
        Ok(feed == enrollment.plant_feed)
    }

    /// Commits what the server sent. `has_own`: commands may leave the outbox with it, so it is on the disk
    /// before they do.
    fn take_in(
        &mut self,
        has_own: bool,
        work: impl FnOnce(&Pending<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        if has_own {
            connection::wait_for_disk(&self.replica, true)?;
        }
        let committed = self.both(First::Replica, |pending| {
            cursor::forget_contained(pending.replica)?;
            work(pending)
        });
        if has_own {
            connection::wait_for_disk(&self.replica, false)?;
        }
        committed?;
        self.bump();
        Ok(())
    }

    /// Whether commands that wait in the outbox leave it with a batch.
    fn is_own(&self, batch: &Batch, is_plants: bool) -> Result<bool, Error> {
        for command in batch.entries.iter().filter_map(|entry| entry.command) {
            if pending::waits(&self.replica, command)? {
                return Ok(true);
            }
        }
        Ok(is_plants && !command::accepted_until(&self.outbox, batch.until)?.is_empty())
    }
}
