//! Snapshots of the simulated server: offered to devices that have little of a feed, or less than the
//! server keeps.

use std::collections::{BTreeMap, BTreeSet};

use replica::driver::Fetched;
use shared_model::fact::FactBody;
use shared_model::ids::FeedId;
use shared_model::stock::StockLevels;
use shared_model::sync::judge::OrderState;
use shared_model::sync::wire::{self, ArchivedOrder, Begun, Chunk, Entry, EntryChange, Item, Offer};
use shared_model::work_order::summary::Summary;

/// Few, so that short histories have snapshots, of several chunks.
const WORTH_A_SNAPSHOT: u64 = 40;
const CHUNK_ITEMS: usize = 15;
const KEPT: usize = 2;

/// How a feed stands to what a device has of it.
pub struct Standing {
    pub feed: FeedId,
    pub here: u64,
    pub head: u64,
    /// What the feed comes to up to its head.
    pub check: Option<i64>,
    /// The feed begins behind it.
    pub horizon: u64,
    pub begun: Option<Begun>,
}

/// An order of the plant.
pub struct Listed<'a> {
    pub state: &'a OrderState,
    pub is_archived: bool,
}

#[derive(Clone, Default)]
pub struct Snapshots(BTreeMap<(FeedId, u64), Vec<Chunk>>);

impl Snapshots {
    /// What the device is to fetch. `make` gives the entries of the feed and the orders of the plant.
    ///
    /// # Errors
    /// When an order cannot be saved.
    pub fn offer<'a>(
        &mut self,
        standing: &Standing,
        entries: impl Iterator<Item = &'a Entry>,
        orders: impl Iterator<Item = Listed<'a>>,
    ) -> anyhow::Result<Option<Offer>> {
        let Standing { feed, here, head, check, horizon, begun } = *standing;
        if here >= horizon && (head.saturating_sub(here) <= WORTH_A_SNAPSHOT || here >= head / 2) {
            return Ok(None);
        }
        let of_feed = self.0.keys().filter(|(of, seq)| *of == feed && *seq >= horizon).map(|(_, seq)| *seq);
        let kept: Vec<u64> = of_feed.collect();
        let begun = begun.map(|begun| begun.seq).filter(|seq| kept.contains(seq));
        let fresh = kept.last().copied().filter(|seq| head.saturating_sub(*seq) <= WORTH_A_SNAPSHOT);
        let seq = match begun.or(fresh) {
            Some(seq) => seq,
            None => {
                self.0.insert((feed, head), chunks(feed, head, check, entries, orders)?);
                for old in kept.iter().rev().skip(KEPT - 1) {
                    self.0.remove(&(feed, *old));
                }
                head
            }
        };
        let chunks = u32::try_from(self.0.get(&(feed, seq)).map_or(0, Vec::len))?;
        Ok(Some(Offer { feed, seq, chunks }))
    }

    /// A chunk by its address; nothing for an address that is none.
    #[must_use]
    pub fn get(&self, url: &str) -> Option<Fetched> {
        let path = url.split("/api/v1/sync/snapshots/").nth(1)?;
        let mut parts = path.split('/');
        let feed = parts.next()?.parse().ok()?;
        let seq = parts.next()?.parse().ok()?;
        let index: usize = parts.next()?.parse().ok()?;
        match self.0.get(&(feed, seq)).and_then(|chunks| chunks.get(index)) {
            Some(chunk) => Some(Fetched { status: 200, body: wire::pack(chunk).ok()? }),
            None => Some(Fetched { status: 404, body: Vec::new() }),
        }
    }
}

fn chunks<'a>(
    feed: FeedId,
    seq: u64,
    check: Option<i64>,
    entries: impl Iterator<Item = &'a Entry>,
    orders: impl Iterator<Item = Listed<'a>>,
) -> anyhow::Result<Vec<Chunk>> {
    let mut records = BTreeMap::new();
    let mut items = Vec::new();
    let mut facts = Vec::new();
    let mut archived = BTreeSet::new();
    let mut sums = StockLevels::default();
    let mut whole = Vec::new();
    let mut rows = Vec::new();
    for Listed { state, is_archived } in orders {
        let mut document = state.document.clone();
        // Work on an order that was refused is handed over by facts that name it.
        let Some(order) = document.order()? else { continue };
        let summary = Summary::of(&order);
        if !is_archived {
            whole.push(Item::Order { summary: Box::new(summary), document: document.save()? });
            continue;
        }
        archived.insert(order.id);
        let reported = state.ledger.facts().filter_map(|fact| match &fact.body {
            FactBody::ProductionReported(report) => Some(report.operation),
            _ => None,
        });
        let operations: BTreeSet<_> = reported.collect();
        let output = operations.into_iter().map(|number| (number, state.ledger.output(number))).collect();
        rows.push(Item::Archived(Box::new(ArchivedOrder { summary, output })));
        for (key, amount) in state.ledger.moved().iter() {
            sums.add(key, amount);
        }
    }
    for entry in entries {
        match &entry.change {
            EntryChange::Record(record) => {
                records.insert(record.id(), Item::Record(record.clone()));
            }
            EntryChange::Fact(fact) if fact.order.is_none_or(|order| !archived.contains(&order)) => {
                facts.push(Item::Fact { received_at: entry.received_at, fact: fact.clone() });
            }
            EntryChange::Fact(_) | EntryChange::Document { .. } | EntryChange::Archived(_) => {}
        }
    }
    items.extend(records.into_values());
    items.append(&mut whole);
    items.append(&mut rows);
    items.push(Item::ArchivedStock(sums.into_iter().collect()));
    items.append(&mut facts);
    let mut parts: Vec<Vec<Item>> = vec![Vec::new()];
    for item in items {
        match parts.last_mut() {
            Some(part)
                if part.len() < CHUNK_ITEMS || part.last().is_some_and(|before| item.stays_with(before)) =>
            {
                part.push(item);
            }
            _ => parts.push(vec![item]),
        }
    }
    let count = parts.len();
    let numbered = parts.into_iter().zip(0u32..);
    Ok(numbered
        .map(|(items, index)| Chunk { feed, seq, index, is_last: index as usize + 1 == count, check, items })
        .collect())
}
