//! Production logging: reports, operation events, labor, and what they sum to.

use serde::{Deserialize, Serialize};

use crate::ids::{FactId, ReasonId};
use crate::number::Number;
use crate::quantity::Amount;
use crate::work_order::PauseReason;

/// Good, scrap and rework of an operation in one submit. None negative, not all zero.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProductionReport {
    /// None for an order without operations.
    #[serde(default)]
    pub operation: Option<u32>,
    #[serde(default)]
    pub good: Amount,
    #[serde(default)]
    pub scrap: Vec<Scrap>,
    #[serde(default)]
    pub rework: Amount,
    /// The lot that the good pieces belong to.
    #[serde(default)]
    pub lot: Option<Number>,
    #[serde(default)]
    pub note: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scrap {
    /// > 0.
    pub amount: Amount,
    /// None is "don't know yet", for a supervisor to follow up.
    pub reason: Option<ReasonId>,
}

impl ProductionReport {
    #[must_use]
    pub fn scrapped(&self) -> Amount {
        self.scrap.iter().map(|scrap| scrap.amount).sum()
    }

    #[must_use]
    pub fn output(&self) -> Output {
        Output { good: self.good, scrap: self.scrapped(), rework: self.rework }
    }
}

/// Takes a report back. Carries what it takes back, so that sums need no look-up and come out
/// the same in whatever order report and void arrive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportVoid {
    pub report: FactId,
    pub operation: Option<u32>,
    pub output: Output,
    pub reason: String,
}

/// What came out: sums of reports less voids.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {
    pub good: Amount,
    pub scrap: Amount,
    pub rework: Amount,
}

impl Output {
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self {
            good: self.good.plus(other.good),
            scrap: self.scrap.plus(other.scrap),
            rework: self.rework.plus(other.rework),
        }
    }

    #[must_use]
    pub const fn minus(self, other: Self) -> Self {
        Self {
            good: self.good.minus(other.good),
            scrap: self.scrap.minus(other.scrap),
            rework: self.rework.minus(other.rework),
        }
    }

    /// Everything that was made, good or not; what components were used for.
    #[must_use]
    pub const fn total(self) -> Amount {
        self.good.plus(self.scrap).plus(self.rework)
    }

    /// `good ÷ (good + scrap + rework)`, 0 to 1; nothing when nothing was made (DOMAIN.md 6).
    #[must_use]
    pub fn yield_ratio(self) -> Option<rust_decimal::Decimal> {
        self.good.decimal().checked_div(self.total().decimal())
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum OperationEvent {
    Started,
    Paused(PauseReason),
    Resumed,
    Finished,
    #[serde(other)]
    Unknown,
}

/// A person's clock on an operation. Hours are the sums of times out less times in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LaborClock {
    In,
    Out,
}
