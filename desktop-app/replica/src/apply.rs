//! Taking in what the server's feeds bring.

use std::collections::{BTreeMap, BTreeSet};

use automerge::Change;
use shared_model::fact::{Fact, FactBody};
use shared_model::ids::{CommandId, WorkOrderId};
use shared_model::sync::wire::{Batch, Cursor, Entry as FeedEntry, EntryChange};
use shared_model::work_order::document::{DocumentError, decode_change};

use crate::connection;
use crate::error::Error;
use crate::outbox::{Entry, command};
use crate::pending::Pending;
use crate::replica::{Applied, First, Replica};
use crate::tables::{Layer, clock, cursor, document, fact, pending, record, work_order};

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

    /// Commits a batch. The same batch again changes nothing.
    ///
    /// # Errors
    /// [`Error::Gap`], [`Error::WrongFeed`], or storage; nothing is applied then.
    pub fn apply(&mut self, batch: Batch) -> Result<Applied, Error> {
        self.heal()?;
        let feed = batch.feed;
        let enrollment = self.enrollment().ok_or(Error::NotEnrolled)?;
        let is_plants = feed == enrollment.plant_feed;
        if !is_plants && feed != enrollment.organization_feed {
            return Err(Error::WrongFeed(feed));
        }
        let here = cursor::of(&self.replica, feed)?;
        if batch.until <= here {
            return Ok(Applied { feed, seq: here });
        }
        if batch.after > here {
            return Err(Error::Gap { feed, after: batch.after, here });
        }
        let until = batch.until;
        // Once for the whole batch.
        let waiting = pending::ids(&self.replica)?;
        let is_own = self.is_own(&batch, &waiting, is_plants)?;
        if is_own {
            connection::wait_for_disk(&self.replica, true)?;
        }
        let entries = batch.entries.into_iter().filter(|entry| entry.seq > here);
        let committed = self.both(First::Replica, |pending| {
            cursor::forget_contained(pending.replica)?;
            let mut arrived = Arrived { waiting, ..Arrived::default() };
            for entry in entries {
                arrived.take(pending, entry)?;
            }
            cursor::set(pending.replica, feed, until)?;
            arrived.finish(pending, is_plants.then_some((here, until)))
        });
        if is_own {
            connection::wait_for_disk(&self.replica, false)?;
        }
        committed?;
        self.bump();
        Ok(Applied { feed, seq: until })
    }

    /// Whether commands that wait in the outbox leave it with a batch.
    fn is_own(&self, batch: &Batch, waiting: &BTreeSet<CommandId>, is_plants: bool) -> Result<bool, Error> {
        let comes_back = |entry: &FeedEntry| entry.command.is_some_and(|id| waiting.contains(&id));
        if batch.entries.iter().any(comes_back) {
            return Ok(true);
        }
        Ok(is_plants && !command::accepted_until(&self.outbox, batch.until)?.is_empty())
    }
}

/// What a batch brought, as far as it has to be looked at as a whole.
#[derive(Default)]
struct Arrived {
    /// Commands that wait in the outbox.
    waiting: BTreeSet<CommandId>,
    /// Own commands that came back, with what the server made of them.
    own: BTreeMap<CommandId, Returned>,
    /// Document changes by order: each document is read and written once.
    changes: BTreeMap<WorkOrderId, Vec<Change>>,
    /// Orders on which somebody's clock was started or stopped.
    clocked: BTreeSet<WorkOrderId>,
    /// Orders about which there is something that the pending layer does not know.
    news: BTreeSet<WorkOrderId>,
}

#[derive(Default)]
struct Returned {
    change: Option<Vec<u8>>,
    facts: Vec<Fact>,
}

impl Arrived {
    fn take(&mut self, pending: &Pending<'_>, entry: FeedEntry) -> Result<(), Error> {
        let own = entry.command.filter(|command| self.waiting.contains(command));
        let order = match entry.change {
            EntryChange::Record(record) => {
                record::put(pending.replica, &record)?;
                None
            }
            EntryChange::Fact(fact) => {
                fact::add(pending.replica, Layer::Confirmed, &fact, Some(entry.received_at))?;
                let order = fact.order;
                if matches!(fact.body, FactBody::LaborClocked { .. }) {
                    self.clocked.extend(order);
                }
                if let Some(command) = own {
                    self.own.entry(command).or_default().facts.push(fact);
                }
                order
            }
            EntryChange::Document { id, change } => {
                self.changes.entry(id).or_default().push(decode_change(&change)?);
                if let Some(command) = own {
                    self.own.entry(command).or_default().change = Some(change);
                }
                Some(id)
            }
        };
        if own.is_none() {
            self.news.extend(order);
        }
        Ok(())
    }

    /// `plant`: from where to where this batch of the plant's feed goes; none for the other feed.
    fn finish(self, pending: &Pending<'_>, plant: Option<(u64, u64)>) -> Result<(), Error> {
        let Self { own, changes, clocked, mut news, .. } = self;
        for (order, changes) in changes {
            confirm_changes(pending, order, changes)?;
        }
        for order in clocked {
            let ledger = fact::clocks(pending.replica, Layer::Confirmed, order)?;
            clock::replace(pending.replica, Layer::Confirmed, order, &ledger)?;
        }
        for (id, returned) in own {
            let Some(entry) = command::find(pending.outbox, id)? else { continue };
            pending.came_back(id, entry.order())?;
            if let Some(order) = entry.order()
                && (!returned.is_as_expected(&entry) || !command::is_any_live(pending.outbox, order)?)
            {
                news.insert(order);
            }
        }
        // A command may have come to nothing: then only its place in the feed says that it is done.
        if let Some((here, until)) = plant {
            news.extend(command::caught_up(pending.outbox, here, until)?);
            for (id, order) in command::accepted_until(pending.outbox, until)? {
                pending.came_back(id, order)?;
                news.extend(order);
            }
        }
        let waiting = pending::orders(pending.replica)?;
        news.into_iter()
            .filter(|order| waiting.contains(order))
            .try_for_each(|order| pending.show_order(order))
    }
}

impl Returned {
    /// Whether the server made the same of the command as this device: then what is shown of the
    /// order stays as it is.
    fn is_as_expected(&self, entry: &Entry) -> bool {
        self.change == entry.envelope.change && self.facts == entry.facts
    }
}

fn confirm_changes(pending: &Pending<'_>, order: WorkOrderId, changes: Vec<Change>) -> Result<(), Error> {
    let mut document = match document::merge(pending.replica, order, changes) {
        Err(Error::Document(DocumentError::MissingChanges)) => {
            let what = format!("work order {order} lacks changes that later ones stand on");
            return Err(Error::ReplicaDamaged(what));
        }
        merged => merged?,
    };
    match document.order() {
        Ok(Some(found)) => Ok(work_order::put(pending.replica, Layer::Confirmed, &found)?),
        Ok(None) => Ok(()),
        Err(DocumentError::NotAnOrder(error)) => {
            tracing::warn!(%order, %error, "a work order of a newer version is kept and not shown");
            Ok(())
        }
        Err(error) => Err(error.into()),
    }
}
