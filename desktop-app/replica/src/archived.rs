//! Orders that were closed long ago: the server keeps them, this device their rows and sums, and fetches the
//! rest when somebody opens one or something concerns it again.
//!
//! **Invariant:** what is on hand and what an order made is the same whether its facts are here or not. Of an
//! order that is away, its movements are in the sums of all archived orders, and in nothing else.

use std::collections::BTreeMap;

use shared_model::ids::WorkOrderId;
use shared_model::ledger::OrderLedger;
use shared_model::stock::StockLevels;
use shared_model::sync::wire::{ArchivedOrder, Sums, WholeOrder};

use crate::arrived::Arrived;
use crate::error::Error;
use crate::outbox::command;
use crate::pending::Pending;
use crate::replica::{First, Replica};
use crate::tables::{Layer, archived, clock, document, fact, newer, output, stock, work_order};

/// What came of an order that was fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Restored {
    /// It is here.
    Here,
    /// It is of a later moment than what the feed has brought, or lacks something of that: it is to be fetched
    /// again.
    TooEarly,
}

impl Pending<'_> {
    /// Lets go of orders that the feed archives, each with the entry that says so. Those on which something
    /// waits stay.
    pub(crate) fn archive(&self, orders: BTreeMap<WorkOrderId, u64>) -> Result<(), Error> {
        for (order, seq) in orders {
            if archived::again(self.replica, order, seq)? {
                // With what came since it was last archived.
                self.put_away(order)?;
            } else {
                archived::put(self.replica, order, seq, true)?;
            }
        }
        // With them leave those that were opened, or that something waited on.
        for order in archived::here(self.replica)? {
            if !command::is_any(self.outbox, order)? {
                self.put_away(order)?;
            }
        }
        Ok(())
    }

    /// Moves what an order's movements come to where those of archived orders are.
    fn put_away(&self, order: WorkOrderId) -> Result<(), Error> {
        archived::leaves(self.replica, order)?;
        for (key, amount) in self.drop_contents(order)? {
            archived::add_stock(self.replica, &key, amount)?;
        }
        Ok(())
    }

    fn drop_contents(&self, order: WorkOrderId) -> Result<StockLevels, Error> {
        document::remove(self.replica, order)?;
        newer::remove(self.replica, order)?;
        clock::remove(self.replica, Layer::Confirmed, order)?;
        Ok(fact::remove_of_order(self.replica, order)?)
    }

    /// Takes an archived order from a snapshot of the feed up to `seq`. What its movements come to is in the
    /// snapshot's sums.
    pub(crate) fn place_archived(&self, order: &ArchivedOrder, seq: u64) -> Result<(), Error> {
        let id = order.summary.id;
        self.drop_contents(id)?;
        work_order::put(self.replica, Layer::Confirmed, &order.summary)?;
        output::replace(self.replica, id, &order.output)?;
        archived::put(self.replica, id, seq, false)?;
        if command::is_any(self.outbox, id)? {
            archived::want(self.replica, id)?;
        }
        Ok(())
    }

    /// An order that was archived comes whole with a snapshot: with all of its facts, which count anew.
    pub(crate) fn unarchive(&self, order: WorkOrderId) -> Result<(), Error> {
        if archived::is_away(self.replica, order)? {
            self.drop_contents(order)?;
            output::replace(self.replica, order, &[])?;
        }
        Ok(archived::remove(self.replica, order)?)
    }

    /// Puts a snapshot's sums of archived movements in place of what is here.
    pub(crate) fn place_archived_stock(&self, sums: &Sums) -> Result<(), Error> {
        archived::clear_stock(self.replica)?;
        for (key, amount) in sums {
            archived::add_stock(self.replica, key, *amount)?;
        }
        Ok(())
    }

    fn restore(&self, whole: WholeOrder) -> Result<(), Error> {
        let order = whole.id();
        // What came since it was archived is not in the sums of archived orders.
        let known = fact::ids_of_order(self.replica, order)?;
        let before = whole.facts.iter().map(|received| &received.fact).filter(|it| !known.contains(&it.id));
        let before: OrderLedger = before.cloned().collect();
        for (key, amount) in before.moved() {
            archived::add_stock(self.replica, &key, amount.negated())?;
        }
        if archived::seq(self.replica, order)?.is_some_and(|seq| whole.seq > seq) {
            archived::remove(self.replica, order)?;
        } else {
            archived::stays(self.replica, order)?;
        }
        self.replace_whole(whole)
    }

    /// Puts an order with all of its facts in place of what is here of it.
    pub(crate) fn replace_whole(&self, whole: WholeOrder) -> Result<(), Error> {
        self.drop_contents(whole.id())?;
        output::replace(self.replica, whole.id(), &[])?;
        for received in &whole.facts {
            // Where the fact itself was lost.
            stock::take_back(self.replica, received.fact.id)?;
        }
        let mut arrived = Arrived::default();
        arrived.place_whole(self, whole)?;
        arrived.finish(self, None)
    }
}

impl Replica {
    /// An archived order that is to be fetched.
    ///
    /// # Errors
    /// When the replica cannot be read.
    pub fn wanted_order(&self) -> Result<Option<WorkOrderId>, Error> {
        Ok(archived::wanted(&self.replica)?)
    }

    /// Asks for an archived order; for one that is here it changes nothing.
    ///
    /// # Errors
    /// When the replica cannot be written.
    pub fn want_order(&mut self, order: WorkOrderId) -> Result<(), Error> {
        self.of_archived(|pending| Ok(archived::want(pending.replica, order)?))
    }

    /// The server does not have an order that was asked for.
    ///
    /// # Errors
    /// When the replica cannot be written.
    pub fn give_up_order(&mut self, order: WorkOrderId) -> Result<(), Error> {
        self.of_archived(|pending| Ok(archived::give_up(pending.replica, order)?))
    }

    /// Takes in an order that was fetched. One that is here already stays as it is.
    ///
    /// # Errors
    /// When the replica cannot be written, or what came is no order.
    pub fn restore(&mut self, whole: WholeOrder) -> Result<Restored, Error> {
        self.heal()?;
        let restored = self.both(First::Replica, |pending| -> Result<Restored, Error> {
            let last_touch = archived::last_touch(pending.replica, whole.id())?;
            if whole.seq > pending.here()? || whole.seq < last_touch {
                return Ok(Restored::TooEarly);
            }
            if archived::is_away(pending.replica, whole.id())? {
                pending.restore(whole)?;
            }
            Ok(Restored::Here)
        })?;
        self.bump();
        Ok(restored)
    }

    fn of_archived(&mut self, work: impl FnOnce(&Pending<'_>) -> Result<(), Error>) -> Result<(), Error> {
        self.heal()?;
        self.both(First::Replica, work)?;
        self.bump();
        Ok(())
    }
}
