//! What a material takes over all levels of its BOM.

use shared_model::bom;
use shared_model::host::{RequirementRow, Requirements};
use shared_model::ids::MaterialId;
use shared_model::quantity::Amount;

use super::{NoAnswer, View, stock};
use crate::catalog::ReplicaCatalog;
use crate::tables::record;

pub(super) fn of(view: &View<'_>, material: MaterialId, quantity: Amount) -> Result<Requirements, NoAnswer> {
    let catalog = ReplicaCatalog::new(view.replica, view.plant);
    let exploded = bom::explode(&catalog, material, quantity, view.today);
    let exploded = match catalog.checked(exploded)? {
        Ok(exploded) => exploded,
        Err(problem) => return Ok(Requirements { rows: Vec::new(), problem: Some(problem.to_string()) }),
    };
    let mut rows = Vec::with_capacity(exploded.len());
    for (material, required) in exploded {
        let (number, name, unit) = record::material_names(view.replica, material)?;
        let on_hand = stock::available(view, material)?;
        rows.push(RequirementRow { material, number, name, required: required.amount, on_hand, unit });
    }
    rows.sort_by_cached_key(|row| (row.number.to_lowercase(), row.material));
    Ok(Requirements { rows, problem: None })
}
