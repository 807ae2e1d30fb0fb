//! Shifts: civil times in the plant's zone.

use shared_model::ids::{PlantId, ShiftId};
use shared_model::number::Number;
use shared_model::plant as domain;
use shared_model::record::Record;
use shared_model::time::Time;

use super::{Before, Resource, dto, handlers, invalid, name};
use crate::http::ApiError;

dto! {
    Shift of domain::Shift {
        id: is ShiftId = Uuid,
        /// Unique in the plant, whatever the case.
        code: is Number = String,
        name: is String = String,
        /// As 06:00:00, on the plant's clock.
        starts: is Time = String,
        /// At or before the start: on the next day.
        ends: is Time = String,
        /// Bit 0 is Monday.
        weekdays: is u8 = u8,
        is_active: is bool = bool,
    }
}

impl Resource for Shift {
    const KIND: &'static str = "shift";

    fn address(&self) -> String {
        self.id.to_string()
    }

    fn plant(plant: PlantId) -> Option<PlantId> {
        Some(plant)
    }

    fn shown(record: Record) -> Option<Self> {
        if let Record::Shift(found) = record { Some(found.into()) } else { None }
    }

    fn checked(mut self, _: &Before<'_>) -> Result<Record, ApiError> {
        self.name = name(&self.name, 100)?;
        if !(1..=0b111_1111).contains(&self.weekdays) {
            return Err(invalid("a shift is on at least one of seven days"));
        }
        Ok(Record::Shift(self.into()))
    }
}

handlers!(Shift, "shifts", "a shift", list "list_shifts", get "get_shift", put "put_shift");
