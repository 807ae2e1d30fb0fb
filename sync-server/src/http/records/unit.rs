//! Units of measure. A unit has no id: its code names it, in the address too.

use rust_decimal::Decimal;
use shared_model::ids::PlantId;
use shared_model::quantity as domain;
use shared_model::quantity::{Dimension, UnitCode, UnitOfMeasure};
use shared_model::record::Record;
use uuid::Uuid;

use super::{Before, Resource, dto, handlers, invalid, name};
use crate::http::ApiError;

dto! {
    Unit of domain::UnitOfMeasure {
        /// 1 to 10 characters.
        code: is UnitCode = String,
        name: is String = String,
        /// `count`, `length`, `area`, `mass`, `volume` or `time`
        dimension: is Dimension = String,
        /// How many of the dimension's base unit one is; the base unit is exactly 1.
        factor: is Decimal = String,
    }
}

impl Resource for Unit {
    const KIND: &'static str = "unit";

    fn address(&self) -> String {
        self.code.to_string()
    }

    fn id_at(address: &str) -> Option<Uuid> {
        let code = UnitCode::new(address);
        let (name, dimension, factor) = (String::new(), Dimension::Count, Decimal::ONE);
        Some(Record::Unit(UnitOfMeasure { code, name, dimension, factor }).id())
    }

    fn plant(_: PlantId) -> Option<PlantId> {
        None
    }

    fn shown(record: Record) -> Option<Self> {
        if let Record::Unit(found) = record { Some(found.into()) } else { None }
    }

    fn checked(mut self, before: &Before<'_>) -> Result<Record, ApiError> {
        self.name = name(&self.name, 100)?;
        let code = self.code.as_str();
        if !(1..=10).contains(&code.chars().count()) || code.contains(|c: char| c.is_control() || c == '/') {
            return Err(invalid("a unit's code has 1 to 10 characters, none of them \"/\""));
        }
        if self.factor <= Decimal::ZERO {
            return Err(invalid("a unit's factor is greater than zero"));
        }
        match &before.old {
            // Everything that was ever measured in it would become something else.
            Some(Record::Unit(old)) if (old.dimension, old.factor) != (self.dimension, self.factor) => {
                Err(ApiError::conflict("in_use", "what a unit measures never changes; make another unit"))
            }
            _ => Ok(Record::Unit(self.into())),
        }
    }
}

handlers!(Unit, "units", "a unit of measure", list "list_units", get "get_unit", put "put_unit");
