//! Comparing what is here with what the server has, and mending what differs.
//!
//! A file can lose a part of what was committed to it without being torn: a log that was cut short, a disk
//! that forgot a write that it had promised to keep. Nothing that comes later shows that, so it is looked for.
//!
//! **Invariant:** a comparison changes nothing, and of an order that is mended nothing is lost that is not in
//! the server's answer, because that is at least as new as what is here.

use std::collections::{BTreeMap, BTreeSet};

use shared_model::ids::WorkOrderId;
use shared_model::ledger::OrderLedger;
use shared_model::production::Output;
use shared_model::sync::fingerprint::{Place, Range, of_all, of_archived, of_order};
use shared_model::sync::wire::WholeOrder;
use shared_model::time::Timestamp;
use shared_model::work_order::summary::Summary;

use crate::error::Error;
use crate::newer;
use crate::outbox::counter;
use crate::replica::{First, Replica};
use crate::tables::{archived, clock, cursor, document, fact, output, stock, work_order};

/// What of a range of orders is not the same on both sides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    Nothing,
    /// Something; to know what, each order is to be compared.
    Something,
    /// These, which are to be fetched and mended.
    Orders(Vec<WorkOrderId>),
    /// More than orders that can be fetched: only a new replica mends that. Says what.
    Beyond(&'static str),
}

/// A replica is dropped for a difference once in so long: what is there again sooner is not the file's fault.
const REPLACED_MILLIS: i64 = 7 * 24 * 60 * 60 * 1000;

/// What is here of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Print {
    Of(u64),
    /// Its rows are not what its document and facts say, or those cannot be read.
    Contradicts,
    /// It is being fetched.
    Unclear,
}

impl Replica {
    /// Where the plant's feed is here; none before the enrollment.
    ///
    /// # Errors
    /// When the replica cannot be read.
    pub fn place_in_plant(&self) -> Result<Option<Place>, Error> {
        let Some(feed) = self.enrollment().map(|enrollment| enrollment.plant_feed) else { return Ok(None) };
        let checks = cursor::checks(&self.replica)?;
        let check = checks.iter().find(|check| check.feed == feed).map(|check| check.value);
        Ok(Some(Place { at: cursor::of(&self.replica, feed)?, check }))
    }

    /// Compares the orders behind one of them with a range of the server's, of the place where this replica is.
    /// `each`: whether the server told each of them.
    ///
    /// # Errors
    /// When the replica cannot be read.
    pub fn compare(&self, after: WorkOrderId, range: &Range, each: bool) -> Result<Difference, Error> {
        let mut here = BTreeMap::new();
        for order in work_order::ids_between(&self.replica, after, range.until)? {
            if !range.newer.contains(&order) {
                here.insert(order, self.print(order)?);
            }
        }
        let known: Option<Vec<u64>> = here.values().map(Print::known).collect();
        if known.is_none_or(|known| of_all(known) != range.value) {
            if !each {
                return Ok(Difference::Something);
            }
            let difference = differing(&here, &range.orders);
            if difference != Difference::Nothing {
                return Ok(difference);
            }
        }
        match range.beside {
            Some(theirs) if fact::beside(&self.replica)? != theirs => {
                Ok(Difference::Beyond("facts of no order"))
            }
            Some(_) if !stock::is_sum_of_movements(&self.replica)? => Ok(Difference::Beyond("stock on hand")),
            _ => Ok(Difference::Nothing),
        }
    }

    fn print(&self, order: WorkOrderId) -> Result<Print, Error> {
        if archived::is_wanted(&self.replica, order)? {
            return Ok(Print::Unclear);
        }
        if archived::seq(&self.replica, order)?.is_some() {
            return Ok(Print::Of(of_archived(order)));
        }
        let mut document = match document::load(&self.replica, order) {
            Ok(document) => document,
            Err(Error::Document(_)) => return Ok(Print::Contradicts),
            Err(error) => return Err(error),
        };
        let ledger = fact::confirmed(&self.replica, order)?;
        let facts = ledger.facts().map(|fact| fact.id).collect();
        let print = of_order(order, &document.heads(), facts);
        let is_listed = match newer::order(&mut document) {
            Ok(Some(found)) => {
                // A row knows no version, and no creation at the beginning of time.
                let created_at = found.created_at.filter(|at| at.as_millis() != 0);
                let listed = Summary { schema: 0, created_at, ..Summary::of(&found) };
                work_order::find(&self.replica, order)? == Some(listed)
            }
            Ok(None) => false,
            // Listed by what can be read of it.
            Err(_) => true,
        };
        let is_sound = is_listed && self.sums_are_of(order, &ledger)?;
        Ok(if is_sound { Print::Of(print) } else { Print::Contradicts })
    }

    /// Whether what is listed of an order's output and clocks is what its facts say.
    fn sums_are_of(&self, order: WorkOrderId, ledger: &OrderLedger) -> Result<bool, Error> {
        let listed = output::confirmed(&self.replica, order)?;
        let made = ledger.made();
        let is_none = |it: &Output| *it == Output::default();
        let operations: BTreeSet<_> = listed.keys().chain(made.keys()).copied().collect();
        let at = |sums: &BTreeMap<Option<u32>, Output>, of| sums.get(&of).copied().filter(|it| !is_none(it));
        let is_same = operations.into_iter().all(|of| at(&listed, of) == at(&made, of));
        Ok(is_same && clock::confirmed(&self.replica, order)? == clock::of_ledger(ledger))
    }

    /// Puts an order as the server has it in place of what is here. Only right after it was fetched, while this
    /// replica was where it is now. False where it is of a later moment, or archived here by now.
    ///
    /// # Errors
    /// When the replica cannot be written, or what came is no order.
    pub fn mend(&mut self, whole: WholeOrder) -> Result<bool, Error> {
        self.heal()?;
        let is_mended = self.both(First::Replica, |pending| -> Result<bool, Error> {
            let is_archived = archived::seq(pending.replica, whole.id())?.is_some();
            if whole.seq > pending.here()? || is_archived {
                return Ok(false);
            }
            pending.replace_whole(whole)?;
            Ok(true)
        })?;
        self.bump();
        Ok(is_mended)
    }

    /// Whether the replica may be dropped because it is not what the server has. Notes that it is.
    ///
    /// # Errors
    /// When the outbox cannot be written.
    pub fn may_be_replaced(&mut self, now: Timestamp) -> Result<bool, Error> {
        let last = counter::replaced_at(&self.outbox)?;
        if last.is_some_and(|at| now.millis_since(at).abs() < REPLACED_MILLIS) {
            return Ok(false);
        }
        self.in_outbox(|tx| counter::set_replaced_at(tx, now))?;
        Ok(true)
    }
}

impl Print {
    const fn known(&self) -> Option<u64> {
        match self {
            Self::Of(print) => Some(*print),
            Self::Contradicts | Self::Unclear => None,
        }
    }
}

/// What is to be done about each order that is not the same on both sides.
fn differing(here: &BTreeMap<WorkOrderId, Print>, there: &[(WorkOrderId, u64)]) -> Difference {
    let there: BTreeMap<_, _> = there.iter().copied().collect();
    let all: BTreeSet<_> = here.keys().chain(there.keys()).copied().collect();
    let mut orders = Vec::new();
    for order in all {
        let archived = of_archived(order);
        match (here.get(&order), there.get(&order)) {
            (Some(Print::Unclear), _) => {}
            (Some(Print::Of(ours)), Some(theirs)) if ours == theirs => {}
            (Some(Print::Of(ours)), _) if *ours == archived => return Difference::Beyond("archived orders"),
            (_, Some(theirs)) if *theirs == archived => return Difference::Beyond("archived orders"),
            (_, Some(_)) => orders.push(order),
            (_, None) => return Difference::Beyond("an order that the server does not have"),
        }
    }
    if orders.is_empty() { Difference::Nothing } else { Difference::Orders(orders) }
}
