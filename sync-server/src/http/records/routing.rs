//! Routings: the operations that make a material. An order has a copy: editing one changes no
//! order that exists.

use shared_model::catalog::Catalog as _;
use shared_model::ids::{MaterialId, PlantId, RoutingId, WorkCenterId};
use shared_model::quantity::Amount;
use shared_model::record::Record;
use shared_model::routing as domain;

use super::{Before, Resource, dto, handlers, invalid, name};
use crate::http::ApiError;

dto! {
    /// One version of how a material is made.
    Routing of domain::Routing {
        id: is RoutingId = Uuid,
        material: is MaterialId = Uuid,
        /// From 1; unique for the material. The highest active one counts.
        version: is u32 = u32,
        is_active: is bool = bool,
        operations: each Vec<RoutingOperation> = Vec<RoutingOperation>,
    }
}

dto! {
    RoutingOperation of domain::RoutingOperation {
        /// 10, 20, 30 …: the order of work.
        number: is u32 = u32,
        name: is String = String,
        work_center: is WorkCenterId = Uuid,
        /// Minutes per order.
        setup_minutes: is Amount = String,
        /// Minutes per unit.
        run_minutes: is Amount = String,
        #[serde(default)]
        instructions: is String = String,
    }
}

impl Resource for Routing {
    const KIND: &'static str = "routing";

    fn address(&self) -> String {
        self.id.to_string()
    }

    fn plant(plant: PlantId) -> Option<PlantId> {
        Some(plant)
    }

    fn shown(record: Record) -> Option<Self> {
        if let Record::Routing(found) = record { Some(found.into()) } else { None }
    }

    fn checked(mut self, before: &Before<'_>) -> Result<Record, ApiError> {
        if self.version == 0 {
            return Err(invalid("versions count from 1"));
        }
        if before.catalog.material(self.material).is_none() {
            return Err(invalid("there is no such material"));
        }
        if self.operations.is_empty() {
            return Err(invalid("a routing has at least one operation"));
        }
        self.operations.sort_by_key(|operation| operation.number);
        if self.operations.windows(2).any(|pair| pair[0].number == pair[1].number) {
            return Err(invalid("an operation's number stands twice in the routing"));
        }
        for operation in &mut self.operations {
            let number = operation.number;
            operation.name = name(&operation.name, 100)?;
            if !(1..=99_999).contains(&number) {
                return Err(invalid("operations are numbered from 1 to 99999"));
            }
            if operation.setup_minutes.is_negative() || operation.run_minutes.is_negative() {
                return Err(invalid(format!("operation {number} takes a negative time")));
            }
            if before.catalog.work_center(operation.work_center).is_none() {
                return Err(invalid(format!("operation {number} names a work center that does not exist")));
            }
        }
        Ok(Record::Routing(self.into()))
    }
}

handlers!(Routing, "routings", "a routing", list "list_routings", get "get_routing", put "put_routing");
