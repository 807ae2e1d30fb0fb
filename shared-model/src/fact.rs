//! Facts: what happened. Made once on a device, never changed, corrected only by a later fact.

use serde::{Deserialize, Serialize};

use crate::exception::Exception;
use crate::ids::{CommandId, DeviceId, FactId, UserId, WorkOrderId};
use crate::production::{LaborClock, OperationEvent, ProductionReport, ReportVoid};
use crate::stock::StockMovement;
use crate::time::Timestamp;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    pub id: FactId,
    /// The press of a button that caused it. All facts of one command come and go together.
    pub command: CommandId,
    /// By the device's clock, corrected by the offset that it had measured.
    pub occurred_at: Timestamp,
    pub user: UserId,
    pub device: DeviceId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<WorkOrderId>,
    pub body: FactBody,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum FactBody {
    ProductionReported(ProductionReport),
    ReportVoided(ReportVoid),
    OperationLogged {
        operation: u32,
        event: OperationEvent,
    },
    LaborClocked {
        operation: u32,
        clock: LaborClock,
    },
    StockMoved(StockMovement),
    ExceptionOpened(Exception),
    ExceptionClosed {
        exception: FactId,
        note: String,
    },
    /// A kind that a newer server knows. Kept, not counted.
    #[serde(other)]
    Unknown,
}

impl FactBody {
    /// The kind's code, as in the JSON.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::ProductionReported(_) => "production_reported",
            Self::ReportVoided(_) => "report_voided",
            Self::OperationLogged { .. } => "operation_logged",
            Self::LaborClocked { .. } => "labor_clocked",
            Self::StockMoved(_) => "stock_moved",
            Self::ExceptionOpened(_) => "exception_opened",
            Self::ExceptionClosed { .. } => "exception_closed",
            Self::Unknown => "unknown",
        }
    }
}
