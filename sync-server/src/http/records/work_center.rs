//! Work centers: where operations are done.

use shared_model::catalog::Catalog as _;
use shared_model::ids::{DepartmentId, LocationId, PlantId, WorkCenterId};
use shared_model::number::Number;
use shared_model::plant as domain;
use shared_model::plant::WorkCenterKind;
use shared_model::record::Record;

use super::{Before, Resource, dto, handlers, invalid, name};
use crate::http::ApiError;

dto! {
    /// A machine, bench or line; what an operator's station is.
    WorkCenter of domain::WorkCenter {
        id: is WorkCenterId = Uuid,
        /// Unique in the plant, whatever the case.
        code: is Number = String,
        name: is String = String,
        /// `machine`, `assembly`, `packaging` or `quality_check`
        kind: is WorkCenterKind = String,
        #[serde(default)]
        department: is Option<DepartmentId> = Option<Uuid>,
        /// Where its components are taken from and its output is put.
        #[serde(default)]
        location: is Option<LocationId> = Option<Uuid>,
        is_active: is bool = bool,
    }
}

impl Resource for WorkCenter {
    const KIND: &'static str = "work_center";

    fn address(&self) -> String {
        self.id.to_string()
    }

    fn plant(plant: PlantId) -> Option<PlantId> {
        Some(plant)
    }

    fn shown(record: Record) -> Option<Self> {
        if let Record::WorkCenter(found) = record { Some(found.into()) } else { None }
    }

    fn checked(mut self, before: &Before<'_>) -> Result<Record, ApiError> {
        self.name = name(&self.name, 100)?;
        if self.kind == WorkCenterKind::Unknown {
            return Err(invalid("kind is machine, assembly, packaging or quality_check"));
        }
        let has_department = |id: DepartmentId| {
            before.catalog.iter().any(|it| matches!(it, Record::Department(found) if found.id == id))
        };
        if self.department.is_some_and(|department| !has_department(department)) {
            return Err(invalid("there is no such department"));
        }
        if self.location.is_some_and(|location| before.catalog.location(location).is_none()) {
            return Err(invalid("there is no such location"));
        }
        Ok(Record::WorkCenter(self.into()))
    }
}

handlers!(WorkCenter, "work-centers", "a work center", list "list_work_centers", get "get_work_center", put "put_work_center");
