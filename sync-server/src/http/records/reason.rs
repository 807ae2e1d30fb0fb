//! Reason codes: why something was scrapped, paused or stood still.

use shared_model::ids::{PlantId, ReasonId};
use shared_model::number::Number;
use shared_model::reason as domain;
use shared_model::reason::ReasonKind;
use shared_model::record::Record;

use super::{Before, Resource, dto, handlers, invalid, name};
use crate::http::ApiError;

dto! {
    Reason of domain::Reason {
        id: is ReasonId = Uuid,
        /// `scrap`, `pause` or `downtime`
        kind: is ReasonKind = String,
        /// Unique among the plant's reasons of its kind, whatever the case.
        code: is Number = String,
        name: is String = String,
        /// The name of a picture, for the tile.
        #[serde(default)]
        icon: is Option<String> = Option<String>,
        /// Tiles are shown in this order.
        #[serde(default)]
        position: is u32 = u32,
        is_active: is bool = bool,
    }
}

impl Resource for Reason {
    const KIND: &'static str = "reason";

    fn address(&self) -> String {
        self.id.to_string()
    }

    fn plant(plant: PlantId) -> Option<PlantId> {
        Some(plant)
    }

    fn shown(record: Record) -> Option<Self> {
        if let Record::Reason(found) = record { Some(found.into()) } else { None }
    }

    fn checked(mut self, before: &Before<'_>) -> Result<Record, ApiError> {
        self.name = name(&self.name, 100)?;
        if self.kind == ReasonKind::Unknown {
            return Err(invalid("kind is scrap, pause or downtime"));
        }
        match &before.old {
            Some(Record::Reason(old)) if old.kind != self.kind => {
                Err(invalid("a reason keeps its kind; make another one"))
            }
            _ => Ok(Record::Reason(self.into())),
        }
    }
}

handlers!(Reason, "reasons", "a reason", list "list_reasons", get "get_reason", put "put_reason");
