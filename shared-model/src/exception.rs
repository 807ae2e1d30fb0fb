//! Exceptions: facts that were accepted although they should not be, for a person to look at.

use serde::{Deserialize, Serialize};

use crate::command::Command;
use crate::ids::UserId;
use crate::people::Role;
use crate::quantity::Amount;
use crate::refusal::Refusal;
use crate::stock::StockKey;
use crate::time::{Date, Timestamp};
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
    /// Two people changed the same without knowing of each other. The later one counts until
    /// somebody chooses.
    ChangedByTwo(Contested),
    /// What the server refused, given to somebody who may decide.
    RefusedWork(Box<RefusedWork>),
    #[serde(other)]
    Unknown,
}

/// Both values of what two people changed: the one that was there, and the one in its place now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "field", rename_all = "snake_case")]
pub enum Contested {
    Quantity {
        before: Amount,
        now: Amount,
    },
    DueOn {
        before: Option<Date>,
        now: Option<Date>,
    },
    Assignee {
        before: Option<UserId>,
        now: Option<UserId>,
    },
    /// The order's state: somebody closed it who did not know what another one had done with it.
    Stage {
        before: Stage,
        now: Stage,
    },
    #[serde(other)]
    Unknown,
}

impl Contested {
    /// The field's code, as in the JSON.
    #[must_use]
    pub const fn field(&self) -> &'static str {
        match self {
            Self::Quantity { .. } => "quantity",
            Self::DueOn { .. } => "due_on",
            Self::Assignee { .. } => "assignee",
            Self::Stage { .. } => "stage",
            Self::Unknown => "unknown",
        }
    }
}

/// An entry that was refused, as the person who entered it gave it on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedWork {
    pub entered: Command,
    pub entered_by: UserId,
    pub entered_at: Timestamp,
    pub refusal: Refusal,
    /// What the person says to it; may be empty.
    #[serde(default)]
    pub note: String,
}

impl Exception {
    /// Who looks at it.
    #[must_use]
    pub fn owner(&self) -> Role {
        match self {
            Self::NegativeStock { .. } => Role::Warehouse,
            Self::RefusedWork(work) => work.refusal.decider(),
            Self::OverProduction { .. }
            | Self::ReportOutsideProgress { .. }
            | Self::ChangedByTwo(_)
            | Self::Unknown => Role::Supervisor,
        }
    }

    /// The kind's code, as in the JSON.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::OverProduction { .. } => "over_production",
            Self::NegativeStock { .. } => "negative_stock",
            Self::ReportOutsideProgress { .. } => "report_outside_progress",
            Self::ChangedByTwo(_) => "changed_by_two",
            Self::RefusedWork(_) => "refused_work",
            Self::Unknown => "unknown",
        }
    }
}
