//! Routings: the operations that make a material. Copied into an order when it is created, so
//! that a later edit never changes an order that exists.

use serde::{Deserialize, Serialize};

use crate::ids::{MaterialId, RoutingId, WorkCenterId};
use crate::quantity::Amount;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Routing {
    pub id: RoutingId,
    pub material: MaterialId,
    /// ≥ 1.
    pub version: u32,
    pub is_active: bool,
    pub operations: Vec<RoutingOperation>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoutingOperation {
    /// 10, 20, 30 …; unique in the routing, and the order of work.
    pub number: u32,
    pub name: String,
    pub work_center: WorkCenterId,
    /// Minutes per order.
    pub setup_minutes: Amount,
    /// Minutes per unit.
    pub run_minutes: Amount,
    #[serde(default)]
    pub instructions: String,
}
