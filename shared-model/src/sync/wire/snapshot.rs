//! Snapshots: what a feed came to up to a place, in chunks, for a device that would have to read the
//! whole feed, or for which the feed does not reach back far enough.
//!
//! A chunk is plain HTTP; the server packs it ([`pack`](super::pack)), the transport compresses it. Chunks are placed in
//! their order, each in one transaction, and each can be placed again: what a device has already of the
//! same history is replaced by what is as new or newer.
//!
//! **Invariant:** the facts of a command that stand in a row come in one chunk. A device lets go of what it
//! entered itself when the first of them is here.

use serde::{Deserialize, Serialize};

use crate::fact::Fact;
use crate::ids::{FeedId, WorkOrderId};
use crate::production::Output;
use crate::quantity::Amount;
use crate::record::Record;
use crate::stock::StockKey;
use crate::time::Timestamp;
use crate::work_order::summary::Summary;

/// A snapshot that is there to be fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    pub feed: FeedId,
    /// It holds what the feed's entries up to this one came to.
    pub seq: u64,
    /// At least one.
    pub chunks: u32,
}

/// How far a device has come with a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Begun {
    pub feed: FeedId,
    pub seq: u64,
    /// The first chunk that it does not have.
    pub next: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chunk {
    pub feed: FeedId,
    pub seq: u64,
    pub index: u32,
    pub is_last: bool,
    /// As [`Batch::check`](super::Batch::check) at `seq`.
    #[serde(default)]
    pub check: Option<i64>,
    pub items: Vec<Item>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Item {
    Record(#[serde(with = "crate::sync::json_text")] Record),
    Fact {
        received_at: Timestamp,
        #[serde(with = "crate::sync::json_text")]
        fact: Fact,
    },
    /// An order's document, and what lists show of it, so that the device stores both unread.
    Order {
        summary: Box<Summary>,
        #[serde(with = "serde_bytes")]
        document: Vec<u8>,
    },
    /// An order that was archived and rested since, as [`EntryChange::Archived`](super::EntryChange) leaves it.
    Archived(Box<ArchivedOrder>),
    /// What the stock movements of archived orders come to.
    ArchivedStock(Sums),
}

/// What stays of an order whose document and facts are not sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArchivedOrder {
    pub summary: Summary,
    /// What its operations made, by the operation's number; none for an order without operations.
    pub output: Vec<(Option<u32>, Output)>,
}

/// Sums of movements, in the stock unit of each material; negative where more was taken than brought.
pub type Sums = Vec<(StockKey, Amount)>;

/// An order with everything that belongs to it, for a device that has let go of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WholeOrder {
    /// The last entry of the plant's feed that concerned it: who is not that far cannot use it yet.
    pub seq: u64,
    pub summary: Summary,
    #[serde(with = "serde_bytes")]
    pub document: Vec<u8>,
    pub facts: Vec<ReceivedFact>,
}

impl WholeOrder {
    #[must_use]
    pub const fn id(&self) -> WorkOrderId {
        self.summary.id
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceivedFact {
    pub received_at: Timestamp,
    #[serde(with = "crate::sync::json_text")]
    pub fact: Fact,
}

impl Item {
    /// Whether it has to come in one chunk with the item before.
    #[must_use]
    pub fn stays_with(&self, before: &Self) -> bool {
        match (before, self) {
            (Self::Fact { fact: before, .. }, Self::Fact { fact, .. }) => before.command == fact.command,
            _ => false,
        }
    }
}

/// A [`Chunk`] as the server makes it of what is stored, byte for byte the same.
#[derive(Debug, Serialize)]
pub struct StoredChunk {
    pub feed: FeedId,
    pub seq: u64,
    pub index: u32,
    pub is_last: bool,
    pub check: Option<i64>,
    pub items: Vec<StoredItem>,
}

#[derive(Debug, Serialize)]
pub enum StoredItem {
    /// JSON of a [`Record`].
    Record(String),
    Fact {
        received_at: Timestamp,
        /// JSON of a [`Fact`].
        fact: String,
    },
    Order {
        summary: Box<Summary>,
        #[serde(with = "serde_bytes")]
        document: Vec<u8>,
    },
    Archived(Box<ArchivedOrder>),
    ArchivedStock(Sums),
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::number::Number;
    use crate::quantity::{Amount, UnitCode};
    use crate::sync::wire::{decode, pack};
    use crate::work_order::Stage;

    fn summary() -> Box<Summary> {
        Box::new(Summary {
            schema: 1,
            id: Uuid::from_u128(1).into(),
            number: Number::parse("WO-1").expect("a number"),
            title: "Pump".to_owned(),
            material: Uuid::from_u128(2).into(),
            quantity: Amount::whole(5),
            unit: UnitCode::new("pcs"),
            due_on: Some(jiff::civil::date(2026, 11, 24)),
            priority: 5,
            stage: Stage::InProgress,
            assignee: None,
            created_at: Some(Timestamp::from_millis(7)),
            operations: Vec::new(),
        })
    }

    #[test]
    fn a_stored_chunk_is_read_as_a_chunk() {
        let feed = Uuid::from_u128(7).into();
        let unit = crate::quantity::UnitOfMeasure {
            code: UnitCode::new("pcs"),
            name: "pieces".to_owned(),
            dimension: crate::quantity::Dimension::Count,
            factor: rust_decimal::Decimal::ONE,
        };
        let record = Record::Unit(unit);
        let summary = summary();
        let stored = StoredChunk {
            feed,
            seq: 9,
            index: 1,
            is_last: true,
            check: Some(5),
            items: vec![
                StoredItem::Record(serde_json::to_string(&record).expect("serializes")),
                StoredItem::Order { summary: summary.clone(), document: vec![1, 2, 3] },
            ],
        };
        let chunk = Chunk {
            feed,
            seq: 9,
            index: 1,
            is_last: true,
            check: Some(5),
            items: vec![Item::Record(record), Item::Order { summary, document: vec![1, 2, 3] }],
        };
        assert_eq!(decode::<Chunk>(&pack(&stored).expect("packs")).expect("decodes"), chunk);
    }
}
