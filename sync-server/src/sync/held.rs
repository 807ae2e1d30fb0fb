//! Orders in memory: those of the batch that is being judged, and a bounded memory of the last
//! ones, because the next report is most often on an order that was just reported on.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use shared_model::ids::{OrganizationId, PlantId, WorkOrderId};
use shared_model::sync::judge::OrderState;
use shared_model::work_order::WorkOrder;
use shared_model::work_order::document::{Document, DocumentError};
use uuid::Uuid;

use super::batch::Interruption;
use crate::db::{TenantTx, document, fact};

/// An order while a batch is judged.
#[derive(Default)]
pub(super) struct Held {
    pub state: OrderState,
    /// Whose it is; none while there is no document.
    pub plant: Option<PlantId>,
    /// The order after the batch's last change of its document.
    pub changed: Option<WorkOrder>,
    pub new_changes: i32,
    /// The last entry that concerned it.
    pub touched: Option<u64>,
    seq: u64,
    /// What the document says; none until somebody asked. Reading it costs more than most decisions.
    read: Option<Option<WorkOrder>>,
}

impl Held {
    /// The order, if there is one.
    ///
    /// # Errors
    /// When the document is damaged.
    pub(super) fn order(&mut self) -> Result<Option<&WorkOrder>, DocumentError> {
        if self.read.is_none() {
            self.read = Some(self.state.document.order()?);
        }
        Ok(self.read.as_ref().and_then(Option::as_ref))
    }

    /// Which version of the order it is; 0 for none.
    pub(super) fn version(&self) -> u64 {
        self.touched.unwrap_or(self.seq)
    }

    /// Takes in what a command made of the document, with which it is now.
    pub(super) fn change(&mut self, plant: PlantId, order: Option<WorkOrder>) {
        self.plant = Some(plant);
        self.changed.clone_from(&order);
        self.read = Some(order);
        self.new_changes += 1;
    }
}

/// Loads orders with their ledgers, from memory where that is what the database has.
///
/// # Errors
/// When the database does not answer or holds what is no document.
pub(super) async fn load(
    tx: &mut TenantTx,
    cache: &Cache,
    ids: &[Uuid],
) -> Result<BTreeMap<WorkOrderId, Held>, Interruption> {
    let mut held = BTreeMap::new();
    if ids.is_empty() {
        return Ok(held);
    }
    let organization = tx.organization();
    let versions = document::versions(tx, ids).await?;
    let mut missing = Vec::new();
    for id in ids {
        let order = WorkOrderId::from(*id);
        let version = versions.get(&order);
        match version.and_then(|version| cache.take(organization, order, version.seq)) {
            Some(state) => {
                let (plant, seq) = version.map_or((None, 0), |version| (Some(version.plant), version.seq));
                held.insert(order, Held { state, plant, seq, ..Held::default() });
            }
            None => missing.push(*id),
        }
    }
    if missing.is_empty() {
        return Ok(held);
    }
    let documents = document::load(tx, &missing).await?;
    for id in &missing {
        let order = WorkOrderId::from(*id);
        let (plant, seq) = versions.get(&order).map_or((None, 0), |it| (Some(it.plant), it.seq));
        let mut loaded = Held { plant, seq, ..Held::default() };
        if let Some(snapshot) = documents.get(&order) {
            loaded.state.document =
                Document::load(snapshot).map_err(|error| Interruption::Damaged(order, error))?;
        }
        held.insert(order, loaded);
        tokio::task::yield_now().await;
    }
    for fact in fact::of_orders(tx, &missing).await? {
        if let Some(loaded) = fact.order.and_then(|order| held.get_mut(&order)) {
            loaded.state.ledger.apply(fact);
        }
    }
    Ok(held)
}

/// What a state takes in memory, counted in facts: a document takes as much as some fifty of them.
const DOCUMENT_WEIGHT: usize = 50;
/// About 40 MB.
const MAX_WEIGHT: usize = 60_000;

/// The orders that were judged last, as they are in the database.
#[derive(Default)]
pub(super) struct Cache(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    orders: HashMap<(OrganizationId, WorkOrderId), Entry>,
    weight: usize,
    clock: u64,
}

struct Entry {
    state: OrderState,
    seq: u64,
    weight: usize,
    used: u64,
}

impl Cache {
    /// Takes an order out, if it is of this version.
    fn take(&self, organization: OrganizationId, id: WorkOrderId, seq: u64) -> Option<OrderState> {
        let mut kept = self.lock();
        let entry = kept.orders.remove(&(organization, id))?;
        kept.weight -= entry.weight;
        (entry.seq == seq).then_some(entry.state)
    }

    /// Keeps orders after their transaction was committed.
    pub(super) fn keep(&self, organization: OrganizationId, held: BTreeMap<WorkOrderId, Held>) {
        let mut kept = self.lock();
        for (id, held) in held {
            if held.plant.is_none() {
                continue;
            }
            kept.clock += 1;
            let weight = DOCUMENT_WEIGHT + held.state.ledger.facts().count();
            let seq = held.version();
            let entry = Entry { state: held.state, seq, weight, used: kept.clock };
            kept.weight += weight;
            if let Some(old) = kept.orders.insert((organization, id), entry) {
                kept.weight -= old.weight;
            }
        }
        kept.shrink();
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    /// Forgets the orders that rested longest, down to half, so that this is seldom done.
    fn shrink(&mut self) {
        if self.weight <= MAX_WEIGHT {
            return;
        }
        let mut by_use: Vec<_> = self.orders.iter().map(|(key, entry)| (entry.used, *key)).collect();
        by_use.sort_unstable();
        for (_, key) in by_use {
            if self.weight <= MAX_WEIGHT / 2 {
                break;
            }
            if let Some(entry) = self.orders.remove(&key) {
                self.weight -= entry.weight;
            }
        }
    }
}
