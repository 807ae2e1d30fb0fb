//! Fingerprints: what tells, without sending it, whether a device holds a work order as the server does.
//!
//! The server compares with a device that is as far as it is, range by range of the orders ([`Range`]). What
//! is in documents and facts is vouched for by their own checksums and by those of the frames and files that
//! brought them; a fingerprint says which of them there are.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::ids::{FactId, WorkOrderId};

/// Which facts there are: equal for equal sets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FactSum {
    pub count: u64,
    /// The exclusive or of the last eight bytes of their ids, big-endian.
    pub value: i64,
}

impl FromIterator<FactId> for FactSum {
    fn from_iter<I: IntoIterator<Item = FactId>>(ids: I) -> Self {
        ids.into_iter().fold(Self::default(), |sum, id| {
            let (_, last) = id.uuid().as_u64_pair();
            Self { count: sum.count + 1, value: sum.value ^ last.cast_signed() }
        })
    }
}

/// The fingerprint of an order. `heads`: the hashes of its document's last changes.
#[must_use]
pub fn of_order<H: AsRef<[u8]>>(order: WorkOrderId, heads: &[H], facts: FactSum) -> u64 {
    let mut heads: Vec<&[u8]> = heads.iter().map(AsRef::as_ref).collect();
    heads.sort_unstable();
    let mut hasher = Sha256::new();
    hasher.update(order.uuid().as_bytes());
    hasher.update(facts.count.to_be_bytes());
    hasher.update(facts.value.to_be_bytes());
    for head in heads {
        hasher.update(head);
    }
    first(hasher)
}

/// The fingerprint of an order whose document and facts devices do not hold.
#[must_use]
pub fn of_archived(order: WorkOrderId) -> u64 {
    first(Sha256::new().chain_update("archived").chain_update(order.uuid().as_bytes()))
}

fn first(hasher: Sha256) -> u64 {
    let digest: [u8; 32] = hasher.finalize().into();
    digest.first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes))
}

/// The fingerprint of several orders, whatever their order.
pub fn of_all(orders: impl IntoIterator<Item = u64>) -> u64 {
    orders.into_iter().fold(0, |all, one| all ^ one)
}

/// A range of a plant's orders, by their ids, as they were up to a place in the plant's feed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Range {
    /// Its last order; none where it goes on to the end.
    pub until: Option<WorkOrderId>,
    /// Those that something concerned after that place: of them, nothing is said.
    pub newer: Vec<WorkOrderId>,
    /// Of all others.
    pub value: u64,
    /// Each of the others, where that was asked for.
    #[serde(default)]
    pub orders: Vec<(WorkOrderId, u64)>,
    /// With the last range: the plant's facts that are of no order.
    #[serde(default)]
    pub beside: Option<FactSum>,
}

impl Range {
    /// `size`: how many orders a range has that is not the last.
    #[must_use]
    pub fn of(prints: Vec<(WorkOrderId, u64)>, newer: Vec<WorkOrderId>, size: usize, each: bool) -> Self {
        let last = prints.iter().map(|(order, _)| *order).chain(newer.iter().copied()).max();
        Self {
            until: last.filter(|_| prints.len() + newer.len() >= size),
            newer,
            value: of_all(prints.iter().map(|(_, print)| *print)),
            orders: if each { prints } else { Vec::new() },
            beside: None,
        }
    }

    #[must_use]
    pub const fn is_last(&self) -> bool {
        self.until.is_none()
    }
}

/// A place in the plant's feed as the device has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub at: u64,
    /// What the feed's entries come to up to there, as [`Batch::check`](super::wire::Batch::check).
    pub check: Option<i64>,
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn facts(ids: &[u128]) -> FactSum {
        ids.iter().map(|id| FactId::from(Uuid::from_u128(*id))).collect()
    }

    #[test]
    fn the_order_in_which_things_came_does_not_matter_and_everything_else_does() {
        let order = Uuid::from_u128(1).into();
        let print = of_order(order, &[[1; 32], [2; 32]], facts(&[5, 6]));
        assert_eq!(print, of_order(order, &[[2; 32], [1; 32]], facts(&[6, 5])));
        for other in [
            of_order(Uuid::from_u128(2).into(), &[[1; 32], [2; 32]], facts(&[5, 6])),
            of_order(order, &[[1; 32]], facts(&[5, 6])),
            of_order(order, &[[1; 32], [3; 32]], facts(&[5, 6])),
            of_order(order, &[[1; 32], [2; 32]], facts(&[5])),
            of_order(order, &[[1; 32], [2; 32]], facts(&[5, 6, 7, 7])),
            of_archived(order),
        ] {
            assert_ne!(print, other);
        }
    }
}
