//! Materials.

use rust_decimal::Decimal;
use shared_model::catalog::Catalog as _;
use shared_model::ids::{MaterialId, PlantId};
use shared_model::material as domain;
use shared_model::material::{Procurement, Tracking};
use shared_model::number::Number;
use shared_model::quantity::{Amount, UnitCode};
use shared_model::record::Record;

use super::{Before, Resource, dto, handlers, invalid, name};
use crate::db::{TenantTx, inventory};
use crate::http::ApiError;

dto! {
    /// What is bought, made, consumed and stored.
    Material of domain::Material {
        id: is MaterialId = Uuid,
        /// 1 to 50 characters; unique in the organization, whatever the case.
        number: is Number = String,
        name: is String = String,
        #[serde(default)]
        description: is String = String,
        /// The path of its category, joined by "/".
        #[serde(default)]
        category: is String = String,
        /// The code of its unit of measure. Fixed once there is stock or an order in it.
        unit: is UnitCode = String,
        /// `purchase`, `manufacture` or `both`
        procurement: is Procurement = String,
        /// `none`, `lot` or `serial`
        tracking: is Tracking = String,
        #[serde(default)]
        minimum_stock: is Amount = String,
        #[serde(default)]
        revision: is String = String,
        #[serde(default)]
        keywords: is String = String,
        /// Units that only this material has.
        #[serde(default)]
        alternate_units: each Vec<AlternateUnit> = Vec<AlternateUnit>,
        is_active: is bool = bool,
    }
}

dto! {
    /// A unit of its own: a sheet of 50 kg.
    AlternateUnit of domain::AlternateUnit {
        unit: is UnitCode = String,
        /// How many of the material's unit one is.
        factor: is Decimal = String,
    }
}

impl Resource for Material {
    const KIND: &'static str = "material";

    fn address(&self) -> String {
        self.id.to_string()
    }

    fn plant(_: PlantId) -> Option<PlantId> {
        None
    }

    fn shown(record: Record) -> Option<Self> {
        if let Record::Material(found) = record { Some(found.into()) } else { None }
    }

    fn checked(mut self, before: &Before<'_>) -> Result<Record, ApiError> {
        self.name = name(&self.name, 200)?;
        if before.catalog.unit(&self.unit).is_none() {
            return Err(invalid(format!("there is no unit {}", self.unit)));
        }
        if self.procurement == Procurement::Unknown {
            return Err(invalid("procurement is purchase, manufacture or both"));
        }
        if self.tracking == Tracking::Unknown {
            return Err(invalid("tracking is none, lot or serial"));
        }
        if self.minimum_stock.is_negative() {
            return Err(invalid("the minimum stock is negative"));
        }
        for own in &self.alternate_units {
            if own.factor <= Decimal::ZERO || own.unit == self.unit {
                return Err(invalid(format!(
                    "one {} must be more than none of another unit than {}",
                    own.unit, self.unit
                )));
            }
        }
        Ok(Record::Material(self.into()))
    }

    /// What is stored, or is part of something, stays what it is.
    async fn permitted(record: &Record, before: &Before<'_>, tx: &mut TenantTx) -> Result<(), ApiError> {
        let (Record::Material(new), Some(Record::Material(old))) = (record, &before.old) else {
            return Ok(());
        };
        if new.unit != old.unit && inventory::is_in_use(tx, new.id).await? {
            let detail = format!("there is stock or an order of {} in {}", old.number, old.unit);
            return Err(ApiError::conflict("in_use", detail));
        }
        if old.is_active && !new.is_active {
            if inventory::has_stock(tx, new.id).await? {
                return Err(ApiError::conflict("in_use", format!("there is stock of {}", old.number)));
            }
            if let Some(parent) = active_parent(before, new.id) {
                let detail = format!("{} is part of {parent}", old.number);
                return Err(ApiError::conflict("in_use", detail));
            }
        }
        Ok(())
    }
}

/// A material whose active BOM names this one.
fn active_parent(before: &Before<'_>, component: MaterialId) -> Option<Number> {
    before.catalog.iter().find_map(|record| match record {
        Record::Bom(bom) if bom.is_active && bom.lines.iter().any(|line| line.component == component) => {
            before.catalog.material(bom.material).map(|parent| parent.number)
        }
        _ => None,
    })
}

handlers!(Material, "materials", "a material", list "list_materials", get "get_material", put "put_material");
