//! What the server sent, on its way into the tables: the entries of a batch, or the items of a chunk.

use std::collections::{BTreeMap, BTreeSet};

use automerge::Change;
use shared_model::fact::{Fact, FactBody};
use shared_model::ids::{CommandId, WorkOrderId};
use shared_model::sync::wire::{Entry as FeedEntry, EntryChange, Item, ReceivedFact, WholeOrder};
use shared_model::time::Timestamp;
use shared_model::work_order::document::{DocumentError, decode_change};
use shared_model::work_order::summary::Summary;

use crate::error::Error;
use crate::newer;
use crate::outbox::{Entry, command, stand};
use crate::pending::Pending;
use crate::tables::{Layer, archived, clock, document, fact, newer as unread, pending, record, work_order};

/// What a batch brought, as far as it has to be looked at as a whole.
#[derive(Default)]
pub(crate) struct Arrived {
    /// Own commands that came back, with what the server made of them.
    own: BTreeMap<CommandId, Returned>,
    /// Document changes by order: each document is read and written once.
    changes: BTreeMap<WorkOrderId, Vec<Change>>,
    /// Orders on which somebody's clock was started or stopped.
    clocked: BTreeSet<WorkOrderId>,
    /// Orders whose documents a snapshot brought.
    placed: BTreeSet<WorkOrderId>,
    /// Orders that leave this device, each with the entry that says so: no later one concerns it.
    archived: BTreeMap<WorkOrderId, u64>,
    /// Orders about which there is something that the pending layer does not know.
    news: BTreeSet<WorkOrderId>,
}

#[derive(Default)]
struct Returned {
    change: Option<Vec<u8>>,
    facts: Vec<Fact>,
}

impl Arrived {
    pub(crate) fn take(&mut self, pending: &Pending<'_>, entry: FeedEntry) -> Result<(), Error> {
        let (own, seq) = (waiting(pending, entry.command)?, entry.seq);
        let order = match entry.change {
            EntryChange::Record(record) => {
                record::put(pending.replica, &record)?;
                None
            }
            EntryChange::Fact(fact) => {
                let order = fact.order;
                if let Some(order) = order {
                    self.touch(pending, order, seq)?;
                }
                self.add(pending, own, fact, entry.received_at)?;
                order
            }
            EntryChange::Document { id, change } => {
                // Of an order that is fetched first, it comes with that.
                if !self.touch(pending, id, seq)? {
                    self.changes.entry(id).or_default().push(decode_change(&change)?);
                }
                if let Some(command) = own {
                    self.own.entry(command).or_default().change = Some(change);
                }
                Some(id)
            }
            EntryChange::Archived(orders) => {
                self.archived.extend(orders.into_iter().map(|order| (order, entry.seq)));
                None
            }
        };
        if own.is_none() {
            self.news.extend(order);
        }
        Ok(())
    }

    /// Takes in what a snapshot says.
    /// `seq`: how far the feed is that it is of.
    pub(crate) fn place(&mut self, pending: &Pending<'_>, item: Item, seq: u64) -> Result<(), Error> {
        match item {
            Item::Record(record) => Ok(record::put(pending.replica, &record)?),
            Item::Fact { received_at, fact } => {
                let own = waiting(pending, Some(fact.command))?;
                self.news.extend(fact.order);
                self.add(pending, own, fact, received_at)
            }
            Item::Order { summary, document } => {
                pending.unarchive(summary.id)?;
                self.place_order(pending, &summary, &document)
            }
            Item::Archived(order) => {
                self.news.insert(order.summary.id);
                pending.place_archived(&order, seq)
            }
            Item::ArchivedStock(sums) => pending.place_archived_stock(&sums),
        }
    }

    /// Takes in an order with all of its facts.
    pub(crate) fn place_whole(&mut self, pending: &Pending<'_>, whole: WholeOrder) -> Result<(), Error> {
        self.place_order(pending, &whole.summary, &whole.document)?;
        for ReceivedFact { received_at, fact } in whole.facts {
            let own = waiting(pending, Some(fact.command))?;
            self.add(pending, own, fact, received_at)?;
        }
        Ok(())
    }

    fn place_order(
        &mut self,
        pending: &Pending<'_>,
        summary: &Summary,
        document: &[u8],
    ) -> Result<(), Error> {
        self.news.insert(summary.id);
        self.placed.insert(summary.id);
        document::put(pending.replica, summary.id, document)?;
        if summary.schema > newer::known() {
            unread::add(pending.replica, summary.id, summary.schema)?;
        } else {
            unread::remove(pending.replica, summary.id)?;
        }
        Ok(work_order::put(pending.replica, Layer::Confirmed, summary)?)
    }

    /// Something concerns an order, which is archived no more. True where it has to be fetched.
    fn touch(&mut self, pending: &Pending<'_>, order: WorkOrderId, seq: u64) -> Result<bool, Error> {
        self.archived.remove(&order);
        Ok(archived::touched(pending.replica, order, seq)?)
    }

    fn add(
        &mut self,
        pending: &Pending<'_>,
        own: Option<CommandId>,
        fact: Fact,
        received_at: Timestamp,
    ) -> Result<(), Error> {
        fact::add(pending.replica, Layer::Confirmed, &fact, Some(received_at))?;
        if matches!(fact.body, FactBody::LaborClocked { .. }) {
            self.clocked.extend(fact.order);
        }
        if let Some(command) = own {
            self.own.entry(command).or_default().facts.push(fact);
        }
        Ok(())
    }

    /// `plant`: from where to where this batch of the plant's feed goes; none for the other feed.
    pub(crate) fn finish(self, pending: &Pending<'_>, plant: Option<(u64, u64)>) -> Result<(), Error> {
        let Self { own, changes, clocked, placed, mut news, archived } = self;
        for (order, changes) in changes {
            confirm_changes(pending, order, changes)?;
        }
        for order in clocked {
            // Of an order that is fetched first, not all clocks are here.
            if archived::is_away(pending.replica, order)? {
                continue;
            }
            let ledger = fact::clocks(pending.replica, Layer::Confirmed, order)?;
            clock::replace(pending.replica, Layer::Confirmed, order, &ledger)?;
        }
        if let Some((here, until)) = plant {
            // Before the own ones that come back here: these are shown as they are.
            news.extend(stand::between(pending.outbox, here, until)?);
        }
        for (id, returned) in own {
            let Some(entry) = command::find(pending.outbox, id)? else { continue };
            pending.came_back(id, entry.order())?;
            if let Some(order) = entry.order()
                && (!returned.is_as_expected(&entry)
                    || !command::is_any_live(pending.outbox, order)?
                    || command::may_any_wait(pending.outbox, order)?)
            {
                news.insert(order);
            }
        }
        // A command may have come to nothing: then only its place in the feed says that it is done.
        if let Some((_, until)) = plant {
            for (id, order) in command::accepted_until(pending.outbox, until)? {
                pending.came_back(id, order)?;
                news.extend(order);
            }
        }
        if !archived.is_empty() {
            pending.archive(archived)?;
        }
        let waiting = pending::orders(pending.replica)?;
        for order in placed.intersection(&waiting) {
            forget_contained(pending, *order)?;
        }
        news.into_iter()
            .filter(|order| waiting.contains(order))
            .try_for_each(|order| pending.show_order(order))
    }
}

/// The command that something is of, if it waits in the outbox.
fn waiting(pending: &Pending<'_>, command: Option<CommandId>) -> Result<Option<CommandId>, Error> {
    match command {
        Some(id) if pending::waits(pending.replica, id)? => Ok(Some(id)),
        _ => Ok(None),
    }
}

impl Returned {
    /// Whether the server made the same of the command as this device: then what is shown of the
    /// order stays as it is.
    fn is_as_expected(&self, entry: &Entry) -> bool {
        self.change == entry.envelope.change && self.facts == entry.facts
    }
}

/// Lets go of the commands whose changes are in a document that a snapshot brought. Not before their facts
/// are here, which come in later chunks: people would miss what they reported.
fn forget_contained(pending: &Pending<'_>, order: WorkOrderId) -> Result<(), Error> {
    let mut document = document::load(pending.replica, order)?;
    for entry in command::of_order(pending.outbox, order)? {
        let Some(change) = entry.envelope.change.as_deref().filter(|_| entry.state.is_live()) else {
            continue;
        };
        let first = entry.facts.first().map(|fact| fact::is_confirmed(pending.replica, fact.id));
        if first.transpose()?.unwrap_or(true) && document.has(&decode_change(change)?.hash()) {
            pending.came_back(entry.id(), Some(order))?;
        }
    }
    Ok(())
}

fn confirm_changes(pending: &Pending<'_>, order: WorkOrderId, changes: Vec<Change>) -> Result<(), Error> {
    let mut document = match document::merge(pending.replica, order, changes) {
        Err(Error::Document(DocumentError::MissingChanges)) => {
            let what = format!("work order {order} lacks changes that later ones stand on");
            return Err(Error::ReplicaDamaged(what));
        }
        merged => merged?,
    };
    pending.list(order, &mut document)
}
