//! Snapshots: who begins with one, how it is made, and its chunks over HTTP.

use std::io::Write as _;

use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use shared_model::ids::{CommandId, FeedId, OrganizationId, PlantId};
use shared_model::stock::StockLevels;
use shared_model::sync::wire::snapshot::{StoredChunk, StoredItem};
use shared_model::sync::wire::{ArchivedOrder, Begun, Cursor, Offer, Sums, WireError, pack};
use uuid::Uuid;

use super::{Fault, Sync};
use crate::app::App;
use crate::auth::DeviceClaims;
use crate::db::fact::Received;
use crate::db::snapshot::{self, Chunk, Place};
use crate::db::{Pools, TenantTx, archived, fact, feed};
use crate::edge;
use crate::http::ApiError;
use crate::http::extract::Path;

/// Reading so few entries is no slower than a snapshot.
const WORTH_A_SNAPSHOT: u64 = 2_000;
/// The contents of a chunk, unpacked. Packed it is a tenth of that.
const CHUNK_BYTES: usize = 1024 * 1024;
const PAGE: i64 = 500;
/// What a row weighs beside its text or document.
const ROW_BYTES: usize = 200;
/// More packs a little better in several times the time.
const BROTLI_QUALITY: u32 = 7;
const BROTLI_WINDOW: u32 = 22;

/// A feed, how far it goes, and what a device has of it.
pub(super) struct Standing {
    pub cursor: Cursor,
    pub head: feed::Head,
    pub begun: Option<Begun>,
}

impl Standing {
    fn needs_a_snapshot(&self) -> bool {
        let (here, head) = (self.cursor.seq, self.head.seq);
        here < self.head.horizon || (head.saturating_sub(here) > WORTH_A_SNAPSHOT && here < head / 2)
    }

    /// Whether the feed behind a snapshot is short enough.
    fn is_fresh(&self, offer: &Offer) -> bool {
        let tail = self.head.seq.saturating_sub(offer.seq);
        offer.seq >= self.head.horizon && tail <= WORTH_A_SNAPSHOT.max(self.head.seq / 10)
    }
}

impl Sync {
    /// What a device is to fetch of a feed, if it is not to read all of it.
    ///
    /// # Errors
    /// When the database does not answer.
    pub(super) async fn snapshot(
        &self,
        organization: OrganizationId,
        standing: &Standing,
    ) -> Result<Option<Offer>, Fault> {
        if !standing.needs_a_snapshot() {
            return Ok(None);
        }
        if let Some(kept) = self.kept(organization, standing).await? {
            return Ok(Some(kept));
        }
        // One at a time: making one takes a processor for a moment, and the next device finds it made.
        let _turn = self.0.snapshots.lock().await;
        if let Some(kept) = self.kept(organization, standing).await? {
            return Ok(Some(kept));
        }
        Ok(Some(make(self.pools(), organization, standing.cursor.feed).await?))
    }

    async fn kept(&self, organization: OrganizationId, standing: &Standing) -> Result<Option<Offer>, Fault> {
        let feed = standing.cursor.feed;
        let _turn = self.admit().await;
        let mut tx = TenantTx::begin(self.pools(), organization, None).await?;
        if let Some(begun) = standing.begun
            && let Some(offer) = snapshot::find(&mut tx, feed, begun.seq).await?
            && offer.seq >= standing.head.horizon
        {
            return Ok(Some(offer));
        }
        let newest = snapshot::newest(&mut tx, feed).await?;
        tx.rollback().await?;
        Ok(newest.filter(|offer| standing.is_fresh(offer)))
    }
}

/// Makes a snapshot of a feed if none covers it up to an entry, and says whether it did.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn cover(
    pools: &Pools,
    organization: OrganizationId,
    feed: FeedId,
    seq: u64,
) -> Result<bool, Fault> {
    let mut tx = TenantTx::begin(pools, organization, None).await?;
    let newest = snapshot::newest(&mut tx, feed).await?;
    tx.rollback().await?;
    if newest.is_some_and(|offer| offer.seq >= seq) {
        return Ok(false);
    }
    make(pools, organization, feed).await?;
    Ok(true)
}

/// Makes and keeps a snapshot of a feed as it is now.
async fn make(pools: &Pools, organization: OrganizationId, feed: FeedId) -> Result<Offer, Fault> {
    let mut tx = TenantTx::begin_reading(pools, organization).await?;
    let heads = feed::heads(&mut tx, &[feed]).await?;
    let (seq, check) = heads.first().map_or((0, None), |head| (head.seq, Some(head.check)));
    let mut packer =
        Packer { feed, seq, check, items: Vec::new(), bytes: 0, command: None, chunks: Vec::new() };
    read_records(&mut tx, feed, &mut packer).await?;
    if feed.uuid() != organization.uuid() {
        let plant = PlantId::from(feed.uuid());
        read_orders(&mut tx, plant, &mut packer).await?;
        let stock = archived_stock(&mut tx, plant).await?;
        packer.add(stock.len() * ROW_BYTES, StoredItem::ArchivedStock(stock)).await?;
        read_other_facts(&mut tx, plant, &mut packer).await?;
    }
    tx.rollback().await?;
    packer.pack(true).await?;
    let chunks = packer.chunks;
    let mut tx = TenantTx::begin(pools, organization, None).await?;
    snapshot::keep(&mut tx, feed, seq, edge::now(), &chunks).await?;
    tx.commit().await?;
    let bytes: usize = chunks.iter().map(|chunk| chunk.body.len()).sum();
    tracing::info!(%feed, seq, chunks = chunks.len(), bytes, "made a snapshot");
    Ok(Offer { feed, seq, chunks: u32::try_from(chunks.len()).unwrap_or(u32::MAX) })
}

async fn read_records(tx: &mut TenantTx, feed: FeedId, packer: &mut Packer) -> Result<(), Fault> {
    let mut after = 0;
    loop {
        let page = snapshot::records(tx, feed, after, PAGE).await?;
        let Some((last, _)) = page.last() else { return Ok(()) };
        after = *last;
        for (_, json) in page {
            packer.add(json.len(), StoredItem::Record(json)).await?;
        }
    }
}

async fn read_orders(tx: &mut TenantTx, plant: PlantId, packer: &mut Packer) -> Result<(), Fault> {
    let mut after = Place::default();
    loop {
        let page = snapshot::orders(tx, plant, &after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = last.place.clone();
        let (whole, archived): (Vec<_>, Vec<_>) = page.iter().partition(|order| order.document.is_some());
        let ids = |orders: Vec<&snapshot::Order>| -> Vec<Uuid> {
            orders.into_iter().map(|order| order.summary.id.uuid()).collect()
        };
        let facts = fact::received_of(tx, &ids(whole)).await?;
        let mut outputs = archived::outputs(tx, &ids(archived)).await?;
        for snapshot::Order { summary, document, .. } in page {
            let item = match document {
                Some(document) => StoredItem::Order { summary: Box::new(summary), document },
                None => {
                    let output = outputs.remove(&summary.id).unwrap_or_default();
                    StoredItem::Archived(Box::new(ArchivedOrder { summary, output }))
                }
            };
            packer.add(item_bytes(&item), item).await?;
        }
        for fact in facts {
            packer.add_fact(fact).await?;
        }
    }
}

async fn read_other_facts(tx: &mut TenantTx, plant: PlantId, packer: &mut Packer) -> Result<(), Fault> {
    let mut after = 0;
    loop {
        let page = fact::received_beside(tx, plant, after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = last.seq;
        for fact in page {
            packer.add_fact(fact).await?;
        }
    }
}

async fn archived_stock(tx: &mut TenantTx, plant: PlantId) -> Result<Sums, Fault> {
    let all: StockLevels = archived::stock(tx, plant).await?.into_iter().flatten().collect();
    Ok(all.into_iter().collect())
}

fn item_bytes(item: &StoredItem) -> usize {
    match item {
        StoredItem::Record(json) => json.len(),
        StoredItem::Fact { fact, .. } => fact.len(),
        StoredItem::Order { document, .. } => document.len(),
        StoredItem::Archived(_) | StoredItem::ArchivedStock(_) => 0,
    }
}

/// Fills chunks and packs each when it is full, so that only one is in memory unpacked.
struct Packer {
    feed: FeedId,
    seq: u64,
    check: Option<i64>,
    items: Vec<StoredItem>,
    bytes: usize,
    /// Of the fact that was added last.
    command: Option<CommandId>,
    chunks: Vec<Chunk>,
}

impl Packer {
    async fn add(&mut self, bytes: usize, item: StoredItem) -> Result<(), Fault> {
        self.add_of(None, bytes, item).await
    }

    /// `command`: with others of the same one, it stays in one chunk.
    async fn add_of(
        &mut self,
        command: Option<CommandId>,
        bytes: usize,
        item: StoredItem,
    ) -> Result<(), Fault> {
        let stays = command.is_some() && command == self.command;
        // Before it is added: the last chunk has something in it, unless there is nothing at all.
        if self.bytes >= CHUNK_BYTES && !stays {
            self.pack(false).await?;
        }
        self.command = command;
        self.bytes += bytes + ROW_BYTES;
        self.items.push(item);
        Ok(())
    }

    async fn add_fact(&mut self, Received { at, fact, .. }: Received) -> Result<(), Fault> {
        let command = Some(fact.command);
        let fact = serde_json::to_string(&fact).expect("facts are made of strings, numbers and lists");
        self.add_of(command, fact.len(), StoredItem::Fact { received_at: at, fact }).await
    }

    async fn pack(&mut self, is_last: bool) -> Result<(), Fault> {
        let chunk = StoredChunk {
            feed: self.feed,
            seq: self.seq,
            index: u32::try_from(self.chunks.len()).unwrap_or(u32::MAX),
            is_last,
            check: self.check,
            items: std::mem::take(&mut self.items),
        };
        self.bytes = 0;
        let packed = tokio::task::spawn_blocking(move || compressed(&chunk)).await;
        let body = packed.map_err(|_| Fault::Unavailable)?.map_err(|error| {
            tracing::error!(%error, "a snapshot cannot be packed");
            Fault::Unavailable
        })?;
        self.chunks.push(Chunk { is_last, body });
        Ok(())
    }
}

fn compressed(chunk: &StoredChunk) -> Result<Vec<u8>, WireError> {
    let packed = pack(chunk)?;
    let mut writer =
        brotli::CompressorWriter::new(Vec::new(), packed.len().max(1), BROTLI_QUALITY, BROTLI_WINDOW);
    writer.write_all(&packed).map_err(WireError::Deflate)?;
    Ok(writer.into_inner())
}

/// `GET /api/v1/sync/snapshots/{feed}/{seq}/{index}`: one chunk, for the devices of the feed.
pub(super) async fn get(
    State(app): State<App>,
    claims: DeviceClaims,
    Path((feed, seq, index)): Path<(Uuid, u64, u32)>,
) -> Result<impl IntoResponse, ApiError> {
    let gone = || ApiError::not_found("no_snapshot", "this snapshot is gone; connect again for a newer one");
    if feed != claims.organization.uuid() && feed != claims.plant.uuid() {
        return Err(gone());
    }
    let mut tx = TenantTx::begin(app.pools(), claims.organization, None).await?;
    let body = snapshot::chunk(&mut tx, feed.into(), seq, index).await?.ok_or_else(gone)?;
    tx.rollback().await?;
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream"),
        (header::CONTENT_ENCODING, "br"),
        // The plant's data is kept by the replica, encrypted, and by nothing else.
        (header::CACHE_CONTROL, "no-store"),
    ];
    Ok((headers, body))
}
