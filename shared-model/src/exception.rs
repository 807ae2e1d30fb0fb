//! Exceptions: facts that were accepted although they should not be, for a person to look at.

use serde::{Deserialize, Serialize};

use crate::people::Role;
use crate::quantity::Amount;
use crate::stock::StockKey;
use crate::work_order::Stage;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "exception", rename_all = "snake_case")]
pub enum Exception {
    /// More good pieces than ordered.
    OverProduction { ordered: Amount, made: Amount },
    /// More taken than there was.
    NegativeStock { key: StockKey, on_hand: Amount },
    /// Work reported on an order that was not in progress.
    ReportOutsideProgress { stage: Stage },
    #[serde(other)]
    Unknown,
}

impl Exception {
    /// Who looks at it.
    #[must_use]
    pub const fn owner(&self) -> Role {
        match self {
            Self::NegativeStock { .. } => Role::Warehouse,
            Self::OverProduction { .. } | Self::ReportOutsideProgress { .. } | Self::Unknown => {
                Role::Supervisor
            }
        }
    }

    /// The kind's code, as in the JSON.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::OverProduction { .. } => "over_production",
            Self::NegativeStock { .. } => "negative_stock",
            Self::ReportOutsideProgress { .. } => "report_outside_progress",
            Self::Unknown => "unknown",
        }
    }
}
