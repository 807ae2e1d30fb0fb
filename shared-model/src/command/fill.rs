//! Completes a command with what the person did not type: the number, the routing's operations,
//! the BOM's materials. Afterwards the command says everything that its document change needs.

use super::Command;
use crate::bom::{BomError, order_lines};
use crate::catalog::Catalog;
use crate::ids::{LocationId, MaterialId};
use crate::number::Number;
use crate::refusal::Refusal;
use crate::time::Timestamp;
use crate::work_order::{MaterialLine, NewWorkOrder, Operation, OperationState, SeenPlan, WorkOrder};

/// What completing may look up beside the catalog.
pub struct Supply<'a> {
    /// The next leased number.
    pub number: &'a mut dyn FnMut() -> Option<Number>,
    /// Where most of a material lies now.
    pub location: &'a dyn Fn(MaterialId) -> Option<LocationId>,
}

/// # Errors
/// When the material is unknown or out of use, no number is left, or its BOM is broken.
pub fn fill(
    command: &mut Command,
    order: Option<&WorkOrder>,
    catalog: &impl Catalog,
    supply: &mut Supply<'_>,
    now: Timestamp,
) -> Result<(), Refusal> {
    match command {
        Command::CreateWorkOrder(new) => fill_new(new, catalog, supply),
        Command::EditWorkOrder { edit, .. } => {
            let saw = |order: &WorkOrder| SeenPlan { quantity: order.quantity, due_on: order.due_on };
            edit.seen = edit.seen.take().or_else(|| order.map(saw));
            Ok(())
        }
        Command::AssignWorkOrder { seen, .. } => {
            *seen = seen.take().or_else(|| order.map(|order| order.assignee));
            Ok(())
        }
        Command::CancelWorkOrder { seen, .. } | Command::ShortCloseWorkOrder { seen, .. } => {
            *seen = seen.take().or_else(|| order.map(WorkOrder::stage));
            Ok(())
        }
        Command::ReleaseWorkOrder { bom, materials, planned_for, .. } if materials.is_empty() => {
            let order = order.ok_or(Refusal::UnknownOrder)?;
            let today = catalog.plant().ok_or(Refusal::OtherPlant)?.zone.date(now);
            *bom = catalog.effective_bom(order.material, today).map(|bom| bom.id);
            *materials = exploded(order, catalog, supply, today)?;
            *planned_for = Some(order.quantity);
            Ok(())
        }
        Command::ReceiveStock { key, unit, .. }
        | Command::IssueStock { key, unit, .. }
        | Command::TransferStock { key, unit, .. }
        | Command::AdjustStock { key, unit, .. } => {
            *unit = catalog.material(key.material).ok_or(Refusal::UnknownMaterial)?.unit;
            match key.location {
                Some(location) if catalog.location(location).is_none() => Err(Refusal::UnknownLocation),
                _ => Ok(()),
            }
        }
        _ => Ok(()),
    }
}

fn fill_new(new: &mut NewWorkOrder, catalog: &impl Catalog, supply: &mut Supply<'_>) -> Result<(), Refusal> {
    let material = catalog.material(new.material).ok_or(Refusal::UnknownMaterial)?;
    if !material.is_active {
        return Err(Refusal::MaterialInactive { number: material.number });
    }
    new.unit = Some(material.unit);
    if new.operations.is_empty() {
        new.operations = catalog
            .active_routing(new.material)
            .into_iter()
            .flat_map(|routing| routing.operations)
            .map(|template| Operation {
                number: template.number,
                name: template.name,
                work_center: Some(template.work_center),
                setup_minutes: template.setup_minutes,
                run_minutes: template.run_minutes,
                instructions: template.instructions,
                state: OperationState::Pending,
            })
            .collect();
    }
    if new.output_location.is_none() {
        let last = new.operations.iter().max_by_key(|operation| operation.number);
        let center = last.and_then(|operation| catalog.work_center(operation.work_center?));
        new.output_location = center
            .and_then(|center| center.location)
            .or_else(|| (supply.location)(new.material))
            .or_else(|| catalog.plant()?.default_location);
    }
    if new.number.is_none() {
        new.number = Some((supply.number)().ok_or(Refusal::NoNumberLeft)?);
    }
    Ok(())
}

fn exploded(
    order: &WorkOrder,
    catalog: &impl Catalog,
    supply: &Supply<'_>,
    today: crate::time::Date,
) -> Result<Vec<MaterialLine>, Refusal> {
    let broken = |error: BomError| Refusal::BrokenBom { problem: error.to_string() };
    let default = catalog.plant().and_then(|plant| plant.default_location);
    let lines = order_lines(catalog, order.material, order.quantity, today).map_err(broken)?;
    Ok(lines
        .into_iter()
        .map(|line| MaterialLine {
            location: (supply.location)(line.component).or(default),
            material: line.component,
            planned: line.required.amount,
            unit: line.required.unit,
            operation: line.operation,
            is_backflush: line.is_backflush,
        })
        .collect())
}
