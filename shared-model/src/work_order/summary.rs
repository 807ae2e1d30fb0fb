//! What lists show of a work order, without its document: for replicas that store the document
//! unread.

use serde::{Deserialize, Deserializer, Serialize};

use super::{Operation, OperationState, SCHEMA, Stage, WorkOrder};
use crate::ids::{MaterialId, UserId, WorkCenterId, WorkOrderId};
use crate::number::Number;
use crate::quantity::{Amount, UnitCode};
use crate::time::{Date, Timestamp};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// The version of the document's shape. Of one above [`SCHEMA`], what is read here may not be all,
    /// and is enough to find the order in a list.
    #[serde(default = "first_schema")]
    pub schema: u32,
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
    #[serde(deserialize_with = "known_stage")]
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
    #[serde(deserialize_with = "known_state")]
    pub state: OperationState,
}

/// Servers that did not say it knew one only.
const fn first_schema() -> u32 {
    1
}

/// One stage that only a newer version knows must not keep a whole chunk of orders from being read: it
/// comes with a newer schema, so that nothing is decided on what stands here for it.
fn known_stage<'de, D: Deserializer<'de>>(from: D) -> Result<Stage, D::Error> {
    Ok(Stage::of_code(&String::deserialize(from)?).unwrap_or(Stage::Planned))
}

/// As [`known_stage`].
fn known_state<'de, D: Deserializer<'de>>(from: D) -> Result<OperationState, D::Error> {
    Ok(match String::deserialize(from)?.as_str() {
        "started" => OperationState::Started,
        "finished" => OperationState::Finished,
        _ => OperationState::Pending,
    })
}

impl Summary {
    #[must_use]
    pub fn of(order: &WorkOrder) -> Self {
        Self {
            schema: order.schema,
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

    /// Whether this code is too old for the order.
    #[must_use]
    pub const fn is_newer(&self) -> bool {
        self.schema > SCHEMA
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_of_a_newer_server_is_read_as_far_as_it_is_known() {
        let id = uuid::Uuid::from_u128(7);
        let json = serde_json::json!({
            "schema": 2, "id": id, "number": "WO-7", "title": "Pump", "material": id, "quantity": "5",
            "unit": "pcs", "priority": 5, "stage": "on_hold", "color": "red",
            "operations": [{ "number": 10, "name": "Cut", "state": "skipped" }],
        });
        let summary: Summary = serde_json::from_value(json.clone()).expect("decodes");
        assert!(summary.is_newer());
        assert_eq!((summary.number.as_str(), summary.title.as_str()), ("WO-7", "Pump"));
        let known = serde_json::json!({ "schema": 1, "stage": "paused" });
        let mut json = json;
        json.as_object_mut().expect("an object").extend(known.as_object().expect("an object").clone());
        let summary: Summary = serde_json::from_value(json).expect("decodes");
        assert_eq!((summary.is_newer(), summary.stage), (false, Stage::Paused));
    }
}
