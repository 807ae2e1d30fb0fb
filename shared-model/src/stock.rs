//! Stock: a grow-only ledger of movements. Stock on hand is their sum, and may be negative:
//! what happened is never refused, it opens an exception for the warehouse.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::ids::{FactId, LocationId, MaterialId};
use crate::money::Price;
use crate::number::Number;
use crate::quantity::{Amount, UnitCode};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MovementKind {
    Receipt,
    Issue,
    TransferOut,
    TransferIn,
    Adjustment,
    /// Components consumed by a production report.
    Backflush,
    /// Finished goods put on stock by a production report.
    Output,
    #[serde(other)]
    Unknown,
}

impl MovementKind {
    /// The stored form, as in SQL and JSON.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Receipt => "receipt",
            Self::Issue => "issue",
            Self::TransferOut => "transfer_out",
            Self::TransferIn => "transfer_in",
            Self::Adjustment => "adjustment",
            Self::Backflush => "backflush",
            Self::Output => "output",
            Self::Unknown => "unknown",
        }
    }
}

/// Whether stock may be used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StockStatus {
    #[default]
    Ok,
    Attention,
    Quarantined,
    Damaged,
    Rejected,
    #[serde(other)]
    Unknown,
}

impl StockStatus {
    pub const ALL: [Self; 5] = [Self::Ok, Self::Attention, Self::Quarantined, Self::Damaged, Self::Rejected];

    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Attention => "attention",
            Self::Quarantined => "quarantined",
            Self::Damaged => "damaged",
            Self::Rejected => "rejected",
            Self::Unknown => "unknown",
        }
    }

    #[must_use]
    pub fn of_code(code: &str) -> Self {
        Self::ALL.into_iter().find(|status| status.code() == code).unwrap_or(Self::Unknown)
    }
}

/// What stock is told apart by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct StockKey {
    pub material: MaterialId,
    /// None: a place that nobody has named yet.
    pub location: Option<LocationId>,
    #[serde(default)]
    pub lot: Option<Number>,
    #[serde(default)]
    pub serial: Option<Number>,
    #[serde(default)]
    pub status: StockStatus,
}

impl StockKey {
    #[must_use]
    pub const fn of(material: MaterialId, location: Option<LocationId>) -> Self {
        Self { material, location, lot: None, serial: None, status: StockStatus::Ok }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StockMovement {
    pub movement: MovementKind,
    #[serde(flatten)]
    pub key: StockKey,
    /// Signed: what it adds to the stock at the key.
    pub amount: Amount,
    pub unit: UnitCode,
    #[serde(default)]
    pub price: Option<Price>,
    #[serde(default)]
    pub reference: String,
    #[serde(default)]
    pub note: String,
    /// The movement that this one takes back.
    #[serde(default)]
    pub reverses: Option<FactId>,
}

impl StockMovement {
    /// The movement that takes this one back.
    #[must_use]
    pub fn reversed(&self, of: FactId, reason: &str) -> Self {
        Self { amount: self.amount.negated(), note: reason.to_owned(), reverses: Some(of), ..self.clone() }
    }
}

/// Stock on hand at the keys that a decision touches, or what movements come to at theirs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StockLevels(BTreeMap<StockKey, Amount>);

impl StockLevels {
    #[must_use]
    pub fn on_hand(&self, key: &StockKey) -> Amount {
        self.0.get(key).copied().unwrap_or_default()
    }

    pub fn add(&mut self, key: &StockKey, amount: Amount) {
        let level = self.0.entry(key.clone()).or_default();
        *level = level.plus(amount);
    }

    pub fn iter(&self) -> impl Iterator<Item = (&StockKey, Amount)> {
        self.0.iter().map(|(key, amount)| (key, *amount))
    }
}

impl IntoIterator for StockLevels {
    type Item = (StockKey, Amount);
    type IntoIter = std::collections::btree_map::IntoIter<StockKey, Amount>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl FromIterator<(StockKey, Amount)> for StockLevels {
    fn from_iter<I: IntoIterator<Item = (StockKey, Amount)>>(levels: I) -> Self {
        let mut all = Self::default();
        for (key, amount) in levels {
            all.add(&key, amount);
        }
        all
    }
}
