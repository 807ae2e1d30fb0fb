//! Orders that were closed long ago leave the devices, which keep their rows and what their facts sum to,
//! and fetch the rest when somebody opens them. The server keeps everything.
//!
//! **Invariant:** which orders are archived is a matter of the plant's feed, and of no clock but the
//! server's: an entry says so, and whatever concerns an order afterwards brings it back.

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};
use shared_model::ids::{OrganizationId, PlantId, WorkOrderId};
use shared_model::ledger::OrderLedger;
use shared_model::sync::wire::stored::StoredChange;
use shared_model::time::Timestamp;
use uuid::Uuid;

use crate::db::archived::{self, Kept};
use crate::db::feed::{self, NewEntry};
use crate::db::{Error, Pools, TenantTx, document, fact, organization};

/// For so long nothing may have concerned a closed order.
pub(crate) const REST_MILLIS: i64 = 30 * 24 * 60 * 60 * 1000;
/// Orders in one transaction: so long everybody in the plant waits.
const AT_ONCE: i64 = 200;

/// Archives what has rested for long enough as of `now`, in all plants, and says how many orders that were.
///
/// # Errors
/// When the database does not answer. What was archived until then stays so.
pub(crate) async fn archive(pools: &Pools, now: Timestamp) -> Result<usize, Error> {
    let mut count = 0;
    for (organization, plant) in organization::all_plants(pools).await? {
        count += archive_plant(pools, organization, plant.id, now).await?;
    }
    Ok(count)
}

async fn archive_plant(
    pools: &Pools,
    organization: OrganizationId,
    plant: PlantId,
    now: Timestamp,
) -> Result<usize, Error> {
    let mut tx = TenantTx::begin(pools, organization, None).await?;
    let young = feed::first_received(&mut tx, plant.into(), now.plus_millis(-REST_MILLIS), now).await?;
    tx.rollback().await?;
    // Nothing was entered for so long: the clock is wrong, or nobody works. Then nothing is in anybody's way.
    let Some(young) = young else { return Ok(0) };
    let mut count = 0;
    let mut after = WorkOrderId::from(Uuid::nil());
    loop {
        let mut tx = TenantTx::begin(pools, organization, None).await?;
        feed::lock(&mut tx, plant.into()).await?;
        let orders = archived::resting(&mut tx, plant, young, after, AT_ONCE).await?;
        let Some(last) = orders.last() else { return Ok(count) };
        after = *last;
        let kept = looked_at(&mut tx, &orders).await?;
        if !kept.is_empty() {
            let ids: Vec<WorkOrderId> = kept.iter().map(|kept| kept.order).collect();
            let json = serde_json::to_string(&ids).expect("ids are text");
            let entry = NewEntry { command: None, change: StoredChange::Archived(json), ends_unit: true };
            let seq = feed::append(&mut tx, plant.into(), now, vec![entry]).await?;
            archived::keep(&mut tx, plant, seq, now, &kept).await?;
            tx.commit().await?;
            count += kept.len();
        }
    }
}

/// What is to be kept of orders; without those on which somebody's clock still runs.
async fn looked_at(tx: &mut TenantTx, orders: &[WorkOrderId]) -> Result<Vec<Kept>, Error> {
    let contents = contents(tx, orders).await?;
    let kept = contents.into_iter().filter(|(_, contents)| !contents.ledger.is_anyone_working());
    Ok(kept
        .map(|(order, contents)| Kept {
            order,
            stock: contents.ledger.moved().into_iter().collect(),
            digest: contents.digest(),
        })
        .collect())
}

/// What makes up an order.
struct Contents {
    document: Vec<u8>,
    ledger: OrderLedger,
}

async fn contents(
    tx: &mut TenantTx,
    orders: &[WorkOrderId],
) -> Result<BTreeMap<WorkOrderId, Contents>, Error> {
    let ids: Vec<Uuid> = orders.iter().map(|order| order.uuid()).collect();
    let documents = document::load(tx, &ids).await?;
    let mut contents: BTreeMap<_, _> = documents
        .into_iter()
        .map(|(order, document)| (order, Contents { document, ledger: OrderLedger::default() }))
        .collect();
    for fact in fact::of_orders(tx, &ids).await? {
        if let Some(contents) = fact.order.and_then(|order| contents.get_mut(&order)) {
            contents.ledger.apply(fact);
        }
    }
    Ok(contents)
}

impl Contents {
    /// SHA-256 of the document, then of the facts by their ids.
    fn digest(&self) -> [u8; 32] {
        let mut hasher = Sha256::new();
        hasher.update(&self.document);
        for fact in self.ledger.facts() {
            hasher.update(serde_json::to_string(fact).expect("facts are made of strings, numbers and lists"));
        }
        hasher.finalize().into()
    }
}

/// The archived orders of a plant that are not what they were when they were archived, although nothing
/// concerned them since.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn altered(tx: &mut TenantTx, plant: PlantId) -> Result<Vec<WorkOrderId>, Error> {
    let mut altered = Vec::new();
    let mut after = WorkOrderId::from(Uuid::nil());
    loop {
        let noted = archived::digests(tx, plant, after, AT_ONCE).await?;
        let Some((last, _)) = noted.last() else { return Ok(altered) };
        after = *last;
        let orders: Vec<WorkOrderId> = noted.iter().map(|(order, _)| *order).collect();
        let contents = contents(tx, &orders).await?;
        altered.extend(noted.into_iter().filter_map(|(order, digest)| {
            let is_same = contents.get(&order).is_some_and(|contents| contents.digest() == *digest);
            (!is_same).then_some(order)
        }));
    }
}
