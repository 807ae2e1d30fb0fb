//! Commands: everything that a person can do. Decided on the device before the screen says so, and
//! again on the server when it arrives, by the same code ([`decide`]).
//!
//! A command says everything that its document change depends on (the routing copied at creation,
//! the materials exploded at release are *in* it, see [`fill`]), so that the change can be made
//! again from the command alone ([`document_after`]) and compared.

use serde::{Deserialize, Serialize};

use crate::actor::Actor;
use crate::exception::RefusedWork;
use crate::fact::Fact;
use crate::ids::{
    BomId, CommandId, DeviceId, FactId, LocationId, PlantId, ReasonId, UserId, WorkCenterId, WorkOrderId,
};
use crate::ledger::OrderLedger;
use crate::money::Price;
use crate::production::ProductionReport;
use crate::quantity::{Amount, UnitCode};
use crate::refusal::Refusal;
use crate::stock::{StockKey, StockLevels};
use crate::time::Timestamp;
use crate::work_order::{MaterialLine, NewWorkOrder, Stage, WorkOrder, WorkOrderEdit, double_option};

mod contested;
mod decide;
mod fill;
pub mod limits;
mod moves;
mod report;
#[cfg(test)]
mod tests;

pub use decide::{decide, document_after};
pub use fill::{Supply, fill};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "snake_case")]
pub enum Command {
    CreateWorkOrder(NewWorkOrder),
    EditWorkOrder {
        order: WorkOrderId,
        edit: WorkOrderEdit,
    },
    AssignWorkOrder {
        order: WorkOrderId,
        assignee: Option<UserId>,
        /// Whom the person saw assigned; set by [`fill`].
        #[serde(default, with = "double_option", skip_serializing_if = "Option::is_none")]
        seen: Option<Option<UserId>>,
    },
    MoveOperation {
        order: WorkOrderId,
        operation: u32,
        work_center: WorkCenterId,
    },
    ReleaseWorkOrder {
        order: WorkOrderId,
        #[serde(default)]
        bom: Option<BomId>,
        /// Exploded from the BOM by [`fill`].
        #[serde(default)]
        materials: Vec<MaterialLine>,
        /// The order's quantity when they were exploded; set by [`fill`]. Somebody may have changed it since.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        planned_for: Option<Amount>,
    },
    PauseWorkOrder {
        order: WorkOrderId,
        reason: String,
    },
    ResumeWorkOrder {
        order: WorkOrderId,
    },
    CancelWorkOrder {
        order: WorkOrderId,
        reason: String,
        /// The order's stage that the person saw; set by [`fill`].
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seen: Option<Stage>,
    },
    CompleteWorkOrder {
        order: WorkOrderId,
    },
    ShortCloseWorkOrder {
        order: WorkOrderId,
        reason: String,
        /// The order's stage that the person saw; set by [`fill`].
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seen: Option<Stage>,
    },

    /// Starts the operation, or joins those who work on it.
    StartOperation {
        order: WorkOrderId,
        operation: u32,
    },
    PauseOperation {
        order: WorkOrderId,
        operation: u32,
        #[serde(default)]
        reason: Option<ReasonId>,
        #[serde(default)]
        note: String,
    },
    ResumeOperation {
        order: WorkOrderId,
        operation: u32,
    },
    FinishOperation {
        order: WorkOrderId,
        operation: u32,
    },
    ReportProduction {
        order: WorkOrderId,
        report: ProductionReport,
    },
    VoidReport {
        order: WorkOrderId,
        report: FactId,
        reason: String,
    },

    ReceiveStock {
        key: StockKey,
        amount: Amount,
        /// The material's own; set by [`fill`].
        #[serde(default)]
        unit: UnitCode,
        #[serde(default)]
        price: Option<Price>,
        #[serde(default)]
        reference: String,
    },
    IssueStock {
        key: StockKey,
        amount: Amount,
        #[serde(default)]
        unit: UnitCode,
        #[serde(default)]
        order: Option<WorkOrderId>,
        #[serde(default)]
        note: String,
    },
    TransferStock {
        key: StockKey,
        to: LocationId,
        amount: Amount,
        #[serde(default)]
        unit: UnitCode,
    },
    /// Sets a figure right after a count: posts the difference to what the device knew.
    AdjustStock {
        key: StockKey,
        difference: Amount,
        #[serde(default)]
        unit: UnitCode,
        reason: String,
    },
    CloseException {
        exception: FactId,
        #[serde(default)]
        order: Option<WorkOrderId>,
        note: String,
    },
    /// Gives an entry that was refused to somebody who may decide. They find it among the exceptions.
    HandOver {
        refused: CommandId,
        work: Box<RefusedWork>,
    },
    #[serde(other)]
    Unknown,
}

impl Command {
    /// Gives an order to the floor, with the materials of the BOM that counts then: [`fill`] puts them in.
    #[must_use]
    pub const fn release(order: WorkOrderId) -> Self {
        Self::ReleaseWorkOrder { order, bom: None, materials: Vec::new(), planned_for: None }
    }

    /// Interrupts work on an order.
    #[must_use]
    pub const fn pause(order: WorkOrderId, reason: String) -> Self {
        Self::PauseWorkOrder { order, reason }
    }

    /// Goes on with a paused order.
    #[must_use]
    pub const fn resume(order: WorkOrderId) -> Self {
        Self::ResumeWorkOrder { order }
    }

    /// Gives an order up. [`fill`] puts in what the person saw.
    #[must_use]
    pub const fn cancel(order: WorkOrderId, reason: String) -> Self {
        Self::CancelWorkOrder { order, reason, seen: None }
    }

    /// Closes an order of which enough was made.
    #[must_use]
    pub const fn complete(order: WorkOrderId) -> Self {
        Self::CompleteWorkOrder { order }
    }

    /// Closes an order of which less was made than ordered. [`fill`] puts in what the person saw.
    #[must_use]
    pub const fn short_close(order: WorkOrderId, reason: String) -> Self {
        Self::ShortCloseWorkOrder { order, reason, seen: None }
    }

    /// The order whose document or ledger it touches: the queue that it waits in.
    #[must_use]
    pub fn order(&self) -> Option<WorkOrderId> {
        match self {
            Self::CreateWorkOrder(new) => Some(new.id),
            Self::EditWorkOrder { order, .. }
            | Self::AssignWorkOrder { order, .. }
            | Self::MoveOperation { order, .. }
            | Self::ReleaseWorkOrder { order, .. }
            | Self::PauseWorkOrder { order, .. }
            | Self::ResumeWorkOrder { order }
            | Self::CancelWorkOrder { order, .. }
            | Self::CompleteWorkOrder { order }
            | Self::ShortCloseWorkOrder { order, .. }
            | Self::StartOperation { order, .. }
            | Self::PauseOperation { order, .. }
            | Self::ResumeOperation { order, .. }
            | Self::FinishOperation { order, .. }
            | Self::ReportProduction { order, .. }
            | Self::VoidReport { order, .. } => Some(*order),
            Self::IssueStock { order, .. } | Self::CloseException { order, .. } => *order,
            Self::HandOver { work, .. } => work.entered.order(),
            Self::ReceiveStock { .. }
            | Self::TransferStock { .. }
            | Self::AdjustStock { .. }
            | Self::Unknown => None,
        }
    }

    /// The command's code, as in the JSON: for lists of unsent work and translations.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::CreateWorkOrder(_) => "create_work_order",
            Self::EditWorkOrder { .. } => "edit_work_order",
            Self::AssignWorkOrder { .. } => "assign_work_order",
            Self::MoveOperation { .. } => "move_operation",
            Self::ReleaseWorkOrder { .. } => "release_work_order",
            Self::PauseWorkOrder { .. } => "pause_work_order",
            Self::ResumeWorkOrder { .. } => "resume_work_order",
            Self::CancelWorkOrder { .. } => "cancel_work_order",
            Self::CompleteWorkOrder { .. } => "complete_work_order",
            Self::ShortCloseWorkOrder { .. } => "short_close_work_order",
            Self::StartOperation { .. } => "start_operation",
            Self::PauseOperation { .. } => "pause_operation",
            Self::ResumeOperation { .. } => "resume_operation",
            Self::FinishOperation { .. } => "finish_operation",
            Self::ReportProduction { .. } => "report_production",
            Self::VoidReport { .. } => "void_report",
            Self::ReceiveStock { .. } => "receive_stock",
            Self::IssueStock { .. } => "issue_stock",
            Self::TransferStock { .. } => "transfer_stock",
            Self::AdjustStock { .. } => "adjust_stock",
            Self::CloseException { .. } => "close_exception",
            Self::HandOver { .. } => "hand_over",
            Self::Unknown => "unknown",
        }
    }

    /// Whether one person can enter it for another: not what makes their own clock run.
    #[must_use]
    pub const fn is_for_others(&self) -> bool {
        !matches!(
            self,
            Self::StartOperation { .. }
                | Self::PauseOperation { .. }
                | Self::ResumeOperation { .. }
                | Self::HandOver { .. }
                | Self::Unknown
        )
    }

    /// As a person would enter it again after a refusal: without what was filled in and turned out
    /// to be wrong.
    #[must_use]
    pub fn anew(mut self, refusal: &Refusal) -> Self {
        match (&mut self, refusal) {
            (Self::CreateWorkOrder(new), Refusal::NumberTaken { .. }) => new.number = None,
            (Self::EditWorkOrder { edit, .. }, _) => edit.seen = None,
            (Self::AssignWorkOrder { seen, .. }, _) => *seen = None,
            (Self::CancelWorkOrder { seen, .. } | Self::ShortCloseWorkOrder { seen, .. }, _) => *seen = None,
            (Self::ReleaseWorkOrder { order, .. }, _) => self = Self::release(*order),
            _ => {}
        }
        self
    }

    /// The stock keys whose levels a decision looks at. `order` is the order as it is now.
    #[must_use]
    pub fn stock_keys(&self, order: Option<&WorkOrder>, ledger: &OrderLedger) -> Vec<StockKey> {
        match self {
            Self::ReceiveStock { key, .. } | Self::IssueStock { key, .. } | Self::AdjustStock { key, .. } => {
                vec![key.clone()]
            }
            Self::TransferStock { key, to, .. } => {
                vec![key.clone(), StockKey { location: Some(*to), ..key.clone() }]
            }
            Self::ReportProduction { report, .. } => {
                order.map(|order| report::touched(order, report)).unwrap_or_default()
            }
            Self::VoidReport { report, .. } => ledger
                .report(*report)
                .map(|(fact, _)| {
                    ledger.movements_of(fact.command).map(|(_, moved)| moved.key.clone()).collect()
                })
                .unwrap_or_default(),
            _ => Vec::new(),
        }
    }
}

/// A command on its way: who, where, when, and the change that it made to the document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Envelope {
    pub id: CommandId,
    pub plant: PlantId,
    pub device: DeviceId,
    pub user: UserId,
    /// By the device's clock, corrected by the offset that it had measured.
    pub occurred_at: Timestamp,
    /// Rises by one with every command of the device: tells order apart where a clock went back.
    pub sequence: u64,
    #[serde(with = "crate::sync::json_text")]
    pub command: Command,
    /// The Automerge change, exactly as the device made it.
    #[serde(default, with = "serde_bytes")]
    pub change: Option<Vec<u8>>,
    #[serde(default)]
    pub epoch: crate::actor::ActorEpoch,
}

/// What a decision may know beyond the command.
pub struct Scene<'a> {
    /// The order as it is; none where the command makes it or there is none.
    pub order: Option<&'a WorkOrder>,
    /// The facts of the order.
    pub ledger: &'a OrderLedger,
    /// Stock on hand at [`Command::stock_keys`].
    pub stock: &'a StockLevels,
    pub actor: &'a Actor,
    /// When the button was pressed.
    pub now: Timestamp,
}

/// What a command does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Effects {
    /// The order as it is after; none when the document does not change.
    pub order: Option<WorkOrder>,
    pub facts: Vec<Fact>,
}
