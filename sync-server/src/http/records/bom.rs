//! Bills of material. The lines of a version never change: a change is a new version.

use shared_model::bom as domain;
use shared_model::catalog::Catalog as _;
use shared_model::ids::{BomId, MaterialId, PlantId};
use shared_model::quantity::{Amount, UnitCode};
use shared_model::record::Record;
use shared_model::time::Date;

use super::{Before, Resource, dto, handlers, invalid};
use crate::http::ApiError;

dto! {
    /// One version of what a material is made of.
    Bom of domain::Bom {
        id: is BomId = Uuid,
        material: is MaterialId = Uuid,
        /// From 1; unique for the material.
        version: is u32 = u32,
        /// The lines are for this many of the material's unit.
        base_quantity: is Amount = String,
        #[serde(default)]
        #[schema(format = Date)]
        effective_from: is Option<Date> = Option<String>,
        #[serde(default)]
        #[schema(format = Date)]
        effective_until: is Option<Date> = Option<String>,
        is_active: is bool = bool,
        lines: each Vec<BomLine> = Vec<BomLine>,
    }
}

dto! {
    BomLine of domain::BomLine {
        /// Unique in the BOM.
        line: is u32 = u32,
        component: is MaterialId = Uuid,
        /// For the BOM's base quantity.
        quantity: is Amount = String,
        unit: is UnitCode = String,
        /// 0 to 100; adds to the need.
        #[serde(default)]
        scrap_percent: is Amount = String,
        /// The operation that consumes it; none: the last one.
        #[serde(default)]
        operation: is Option<u32> = Option<u32>,
        /// Never stocked: its own parts stand in its place.
        #[serde(default)]
        is_phantom: is bool = bool,
        /// Consumed by itself when the operation reports.
        #[serde(default)]
        is_backflush: is bool = bool,
        #[serde(default)]
        reference: is String = String,
    }
}

impl Resource for Bom {
    const KIND: &'static str = "bom";

    fn address(&self) -> String {
        self.id.to_string()
    }

    fn plant(_: PlantId) -> Option<PlantId> {
        None
    }

    fn shown(record: Record) -> Option<Self> {
        if let Record::Bom(found) = record { Some(found.into()) } else { None }
    }

    fn checked(self, before: &Before<'_>) -> Result<Record, ApiError> {
        let bom = domain::Bom::from(self);
        bom.validate().map_err(|error| invalid(error.to_string()))?;
        if bom.version == 0 {
            return Err(invalid("versions count from 1"));
        }
        if before.catalog.material(bom.material).is_none() {
            return Err(invalid("there is no such material"));
        }
        if let Some(Record::Bom(old)) = &before.old {
            let fixed = |bom: &domain::Bom| (bom.material, bom.version, bom.base_quantity, bom.lines.clone());
            if fixed(old) != fixed(&bom) {
                return Err(ApiError::conflict(
                    "fixed_version",
                    "what a version says never changes; make a new version",
                ));
            }
        }
        sound(&bom, before)?;
        Ok(Record::Bom(bom))
    }
}

/// Whether it fits the other BOMs on each day on which it may count: no cycles, not too deep, units
/// that convert. The BOM is looked at as if it were active, so that activating it later cannot
/// surprise anybody.
fn sound(bom: &domain::Bom, before: &Before<'_>) -> Result<(), ApiError> {
    let mut catalog = before.catalog.clone();
    catalog.put(Record::Bom(domain::Bom { is_active: true, version: u32::MAX, ..bom.clone() }));
    let from = bom.effective_from.unwrap_or(Date::constant(2000, 1, 1));
    let starts = before.catalog.iter().filter_map(|record| match record {
        Record::Bom(other) => other.effective_from.filter(|start| *start > from),
        _ => None,
    });
    // Which BOMs count changes only on the days on which one begins.
    let mut days: Vec<Date> =
        starts.filter(|day| bom.effective_until.is_none_or(|until| *day <= until)).collect();
    days.push(from);
    days.sort_unstable();
    days.dedup();
    for day in days {
        domain::check_structure(&catalog, bom.material, day).map_err(|error| invalid(error.to_string()))?;
    }
    Ok(())
}

handlers!(Bom, "boms", "a bill of material", list "list_boms", get "get_bom", put "put_bom");
