//! Suppliers.

use shared_model::ids::{PlantId, SupplierId};
use shared_model::money::Currency;
use shared_model::record::Record;
use shared_model::supplier as domain;

use super::{Before, Resource, dto, handlers, name};
use crate::http::ApiError;

dto! {
    /// Whom materials are bought from.
    Supplier of domain::Supplier {
        id: is SupplierId = Uuid,
        /// Unique in the organization, whatever the case.
        name: is String = String,
        #[serde(default)]
        description: is String = String,
        #[serde(default)]
        website: is String = String,
        /// What they invoice in, as EUR.
        #[serde(default)]
        currency: is Option<Currency> = Option<String>,
        is_active: is bool = bool,
    }
}

impl Resource for Supplier {
    const KIND: &'static str = "supplier";

    fn address(&self) -> String {
        self.id.to_string()
    }

    fn plant(_: PlantId) -> Option<PlantId> {
        None
    }

    fn shown(record: Record) -> Option<Self> {
        if let Record::Supplier(found) = record { Some(found.into()) } else { None }
    }

    fn checked(mut self, _: &Before<'_>) -> Result<Record, ApiError> {
        self.name = name(&self.name, 255)?;
        Ok(Record::Supplier(self.into()))
    }
}

handlers!(Supplier, "suppliers", "a supplier", list "list_suppliers", get "get_supplier", put "put_supplier");
