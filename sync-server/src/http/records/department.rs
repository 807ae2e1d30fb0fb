//! Departments.

use shared_model::ids::{DepartmentId, PlantId};
use shared_model::number::Number;
use shared_model::plant as domain;
use shared_model::record::Record;

use super::{Before, Resource, dto, handlers, name};
use crate::http::ApiError;

dto! {
    Department of domain::Department {
        id: is DepartmentId = Uuid,
        /// Unique in the plant, whatever the case.
        code: is Number = String,
        name: is String = String,
        is_active: is bool = bool,
    }
}

impl Resource for Department {
    const KIND: &'static str = "department";

    fn address(&self) -> String {
        self.id.to_string()
    }

    fn plant(plant: PlantId) -> Option<PlantId> {
        Some(plant)
    }

    fn shown(record: Record) -> Option<Self> {
        if let Record::Department(found) = record { Some(found.into()) } else { None }
    }

    fn checked(mut self, _: &Before<'_>) -> Result<Record, ApiError> {
        self.name = name(&self.name, 100)?;
        Ok(Record::Department(self.into()))
    }
}

handlers!(Department, "departments", "a department", list "list_departments", get "get_department", put "put_department");
