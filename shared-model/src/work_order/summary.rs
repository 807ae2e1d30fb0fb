//! What lists show of a work order, without its document: for replicas that store the document
//! unread.

use serde::{Deserialize, Serialize};

use super::{Operation, OperationState, Stage, WorkOrder};
use crate::ids::{MaterialId, UserId, WorkCenterId, WorkOrderId};
use crate::number::Number;
use crate::quantity::{Amount, UnitCode};
use crate::time::{Date, Timestamp};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    pub id: WorkOrderId,
    pub number: Number,
    pub title: String,
    pub material: MaterialId,
    /// Ordered, in the material's unit.
    pub quantity: Amount,
    pub unit: UnitCode,
    #[serde(default)]
    pub due_on: Option<Date>,
    pub priority: u8,
    pub stage: Stage,
    #[serde(default)]
    pub assignee: Option<UserId>,
    #[serde(default)]
    pub created_at: Option<Timestamp>,
    /// In the order of work.
    pub operations: Vec<OperationSummary>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperationSummary {
    pub number: u32,
    pub name: String,
    #[serde(default)]
    pub work_center: Option<WorkCenterId>,
    pub state: OperationState,
}

impl Summary {
    #[must_use]
    pub fn of(order: &WorkOrder) -> Self {
        Self {
            id: order.id,
            number: order.number.clone(),
            title: order.title.clone(),
            material: order.material,
            quantity: order.quantity,
            unit: order.unit.clone(),
            due_on: order.due_on,
            priority: order.priority,
            stage: order.stage(),
            assignee: order.assignee,
            created_at: order.created_at,
            operations: order.operations.values().map(OperationSummary::of).collect(),
        }
    }

    /// The operation whose good pieces are the order's good pieces.
    #[must_use]
    pub fn last_operation(&self) -> Option<u32> {
        self.operations.last().map(|operation| operation.number)
    }
}

impl OperationSummary {
    #[must_use]
    pub fn of(operation: &Operation) -> Self {
        Self {
            number: operation.number,
            name: operation.name.clone(),
            work_center: operation.work_center,
            state: operation.state,
        }
    }
}
