//! What only the server can check, because only it has all reference data: that what a command
//! names exists, and that the materials of a release are those of the BOM. And what the database
//! cannot keep, which is refused before it is tried.

use rust_decimal::Decimal;
use shared_model::bom::order_lines;
use shared_model::catalog::{Catalog as _, Records};
use shared_model::command::{Command, Envelope, limits};
use shared_model::ids::{BomId, LocationId, MaterialId, ReasonId, WorkCenterId};
use shared_model::people::User;
use shared_model::quantity::{Amount, UnitCode};
use shared_model::refusal::Refusal;
use shared_model::sync::wire::stored::ReceivedEnvelope;
use shared_model::time::Timestamp;
use shared_model::work_order::{MaterialLine, NewWorkOrder, WorkOrder};

/// Reads a command as far as it can be kept.
///
/// # Errors
/// [`Refusal::Malformed`], with what is wrong.
pub(super) fn read(received: &ReceivedEnvelope) -> Result<Envelope, Refusal> {
    let envelope = received.read()?;
    if has_nul(&received.command) {
        return Err(malformed("a text holds a character that cannot be kept"));
    }
    limits::check(&envelope.command)?;
    Ok(envelope)
}

/// Whether JSON holds U+0000, as PostgreSQL's jsonb cannot.
fn has_nul(json: &str) -> bool {
    // "\\u0000" in JSON is a backslash and five characters; an escaped backslash before them is not.
    json.match_indices("\\u0000")
        .any(|(at, _)| json[..at].bytes().rev().take_while(|byte| *byte == b'\\').count() % 2 == 0)
}

fn malformed(problem: &str) -> Refusal {
    Refusal::Malformed { problem: problem.to_owned() }
}

/// # Errors
/// When something that the command names does not exist, or the BOM is another now.
pub(super) fn references(
    envelope: &Envelope,
    order: Option<&WorkOrder>,
    catalog: &Records,
) -> Result<(), Refusal> {
    match &envelope.command {
        Command::CreateWorkOrder(new) => created(new, catalog),
        Command::ReleaseWorkOrder { bom, materials, planned_for, .. } => match order {
            Some(order) => released(order, *planned_for, *bom, materials, catalog, envelope.occurred_at),
            None => Ok(()),
        },
        Command::AssignWorkOrder { assignee: Some(assignee), .. } => {
            let works_here = |user: User| user.roles_in(envelope.plant).next().is_some();
            match catalog.user(*assignee).is_some_and(works_here) {
                true => Ok(()),
                false => Err(malformed("the person to whom it assigns does not work in this plant")),
            }
        }
        Command::MoveOperation { work_center: id, .. } => work_center(Some(*id), catalog),
        Command::ReportProduction { report, .. } => {
            report.scrap.iter().try_for_each(|scrap| reason(scrap.reason, catalog))
        }
        Command::PauseOperation { reason: id, .. } => reason(*id, catalog),
        Command::ReceiveStock { key, unit, .. }
        | Command::IssueStock { key, unit, .. }
        | Command::AdjustStock { key, unit, .. } => stock(key.material, key.location, unit, catalog),
        Command::TransferStock { key, to, unit, .. } => {
            location(Some(*to), catalog)?;
            stock(key.material, key.location, unit, catalog)
        }
        _ => Ok(()),
    }
}

fn created(new: &NewWorkOrder, catalog: &Records) -> Result<(), Refusal> {
    let material = catalog.material(new.material).ok_or(Refusal::UnknownMaterial)?;
    if !material.is_active {
        return Err(Refusal::MaterialInactive { number: material.number });
    }
    if new.unit.as_ref().is_some_and(|unit| *unit != material.unit) {
        return Err(malformed("the unit is not the material's"));
    }
    new.operations.iter().try_for_each(|operation| work_center(operation.work_center, catalog))?;
    location(new.output_location, catalog)
}

/// What a release consumes has to be what the BOM says on the day on which it was released. Where
/// the materials are taken from is the device's choice.
fn released(
    order: &WorkOrder,
    planned_for: Option<Amount>,
    bom: Option<BomId>,
    materials: &[MaterialLine],
    catalog: &Records,
    at: Timestamp,
) -> Result<(), Refusal> {
    let on = catalog.plant().ok_or(Refusal::OtherPlant)?.zone.date(at);
    if catalog.effective_bom(order.material, on).map(|found| found.id) != bom {
        return Err(Refusal::BomChanged);
    }
    let needed_for = |quantity: Amount| {
        order_lines(catalog, order.material, quantity, on)
            .map_err(|error| Refusal::BrokenBom { problem: error.to_string() })
    };
    let planned_for = planned_for.unwrap_or(order.quantity);
    let needed = needed_for(planned_for)?;
    let is_same = needed.len() == materials.len()
        && needed.iter().zip(materials).all(|(needed, line)| {
            needed.component == line.material
                && needed.required.amount == line.planned
                && needed.required.unit == line.unit
                && needed.operation == line.operation
                && needed.is_backflush == line.is_backflush
        });
    if !is_same {
        return Err(Refusal::BomChanged);
    }
    if planned_for != order.quantity {
        // The device knew another quantity, and the decision scales what it planned: to what the BOM says, if the
        // quantity was one that an order may have.
        let scaled =
            |line: &MaterialLine| line.planned.scaled(order.quantity.decimal(), planned_for.decimal());
        let needed = needed_for(order.quantity)?;
        if !needed.iter().zip(materials).all(|(needed, line)| is_about(scaled(line), needed.required.amount))
        {
            return Err(Refusal::BomChanged);
        }
    }
    materials.iter().try_for_each(|line| location(line.location, catalog))
}

/// Whether two amounts differ by rounding: by no more than a thousandth and the smallest amount.
fn is_about(one: Amount, other: Amount) -> bool {
    let most = other.decimal() / Decimal::ONE_THOUSAND + Decimal::new(1, 6);
    (one.decimal() - other.decimal()).abs() <= most
}

fn stock(
    material: MaterialId,
    at: Option<LocationId>,
    unit: &UnitCode,
    catalog: &Records,
) -> Result<(), Refusal> {
    let material = catalog.material(material).ok_or(Refusal::UnknownMaterial)?;
    location(at, catalog)?;
    if material.unit != *unit {
        return Err(malformed("the unit is not the material's"));
    }
    Ok(())
}

fn location(location: Option<LocationId>, catalog: &Records) -> Result<(), Refusal> {
    match location {
        Some(location) if catalog.location(location).is_none() => Err(Refusal::UnknownLocation),
        _ => Ok(()),
    }
}

fn work_center(id: Option<WorkCenterId>, catalog: &Records) -> Result<(), Refusal> {
    match id {
        Some(id) if catalog.work_center(id).is_none() => Err(malformed("the work center is not known here")),
        _ => Ok(()),
    }
}

/// A reason that is no longer in use was so when it was given, and counts.
fn reason(id: Option<ReasonId>, catalog: &Records) -> Result<(), Refusal> {
    match id {
        Some(id) if catalog.reason(id).is_none() => Err(malformed("the reason is not known here")),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nul_is_seen_however_it_is_written() {
        assert!(has_nul(r#"{"title":"a\u0000b"}"#));
        assert!(has_nul(r#"{"title":"\\\u0000"}"#));
        assert!(!has_nul(r#"{"title":"\\u0000"}"#));
        assert!(!has_nul(r#"{"title":"u0000"}"#));
    }

    #[test]
    fn only_rounding_makes_no_difference_to_what_is_planned() {
        let is_about = |one: &str, other: &str| {
            super::is_about(one.parse().expect("an amount"), other.parse().expect("an amount"))
        };
        assert!(is_about("40.01", "40") && is_about("39.99", "40") && is_about("0.000001", "0.000002"));
        assert!(!is_about("0", "8") && !is_about("20", "80") && !is_about("40.1", "40"));
    }
}
