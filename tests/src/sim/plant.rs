//! The plant that is simulated: a few people, materials and places, always the same.

use anyhow::Context;
use shared_model::bom::{Bom, BomLine};
use shared_model::ids::{LocationId, MaterialId, OrganizationId, PlantId, ReasonId, UserId, WorkCenterId};
use shared_model::material::{Material, Procurement, Tracking};
use shared_model::money::Currency;
use shared_model::number::Number;
use shared_model::people::{Role, RoleAssignment, User};
use shared_model::plant::{Location, LocationKind, Organization, Plant, WorkCenter, WorkCenterKind};
use shared_model::quantity::{Amount, Dimension, UnitCode, UnitOfMeasure};
use shared_model::reason::{Reason, ReasonKind};
use shared_model::record::Record;
use shared_model::routing::{Routing, RoutingOperation};
use shared_model::time::Zone;
use uuid::Uuid;

/// The true time at which a history starts.
pub const START_MILLIS: i64 = 1_790_000_000_000;

const WIDGET: u128 = 0x200;
const BRACKET: u128 = 0x201;
const SHEET: u128 = 0x300;
const SCREW: u128 = 0x301;

fn id<T: From<Uuid>>(n: u128) -> T {
    Uuid::from_u128(n).into()
}

#[must_use]
pub fn organization() -> OrganizationId {
    id(0x1)
}

#[must_use]
pub fn plant() -> PlantId {
    id(0x7)
}

/// What is made: a widget in two operations with a BOM, a bracket in one, without.
#[must_use]
pub fn products() -> [MaterialId; 2] {
    [id(WIDGET), id(BRACKET)]
}

/// Everything that may lie somewhere.
#[must_use]
pub fn materials() -> [MaterialId; 4] {
    [id(WIDGET), id(BRACKET), id(SHEET), id(SCREW)]
}

#[must_use]
pub fn locations() -> [LocationId; 3] {
    [id(0x400), id(0x401), id(0x402)]
}

#[must_use]
pub fn work_centers() -> [WorkCenterId; 2] {
    [id(0x500), id(0x501)]
}

#[must_use]
pub fn scrap_reason() -> ReasonId {
    id(0x600)
}

#[must_use]
pub fn pause_reason() -> ReasonId {
    id(0x601)
}

/// Five people, of whom the operators are most.
#[must_use]
pub fn people() -> Vec<User> {
    let roles = [
        vec![Role::Operator],
        vec![Role::Operator, Role::Warehouse],
        vec![Role::Operator],
        vec![Role::Supervisor],
        vec![Role::Planner, Role::Warehouse],
    ];
    roles.into_iter().zip(0u128..).map(|(roles, n)| person(id(0x10 + n), &roles)).collect()
}

/// A person with other roles than before.
#[must_use]
pub fn person(user: UserId, roles: &[Role]) -> User {
    User {
        id: user,
        name: format!("Person {}", user.uuid().as_u128() & 0xf),
        is_active: true,
        roles: roles
            .iter()
            .map(|role| RoleAssignment { role: *role, plant: None, department: None })
            .collect(),
    }
}

/// # Errors
/// When a constant of this file is not what it should be.
pub fn records() -> anyhow::Result<Vec<Record>> {
    let number = |text: &str| Number::parse(text).with_context(|| format!("number {text}"));
    let mut records = vec![
        Record::Organization(Organization {
            id: organization(),
            code: number("SIM")?,
            name: "Simulated".to_owned(),
        }),
        Record::Plant(Plant {
            id: plant(),
            code: number("P1")?,
            name: "Plant".to_owned(),
            zone: Zone::parse("Europe/Berlin")?,
            currency: Currency::parse("EUR")?,
            default_location: Some(locations()[0]),
        }),
        Record::Unit(UnitOfMeasure {
            code: UnitCode::new("pcs"),
            name: "pieces".to_owned(),
            dimension: Dimension::Count,
            factor: 1.into(),
        }),
    ];
    records.extend(people().into_iter().map(Record::User));
    for (location, name) in locations().into_iter().zip(["Store", "Line", "Shipping"]) {
        records.push(Record::Location(Location {
            id: location,
            name: name.to_owned(),
            path: name.to_owned(),
            parent: None,
            kind: LocationKind::Warehouse,
            is_active: true,
        }));
    }
    for (center, code) in work_centers().into_iter().zip(["CUT", "PACK"]) {
        records.push(Record::WorkCenter(WorkCenter {
            id: center,
            code: number(code)?,
            name: code.to_owned(),
            kind: WorkCenterKind::Machine,
            department: None,
            location: Some(locations()[1]),
            is_active: true,
        }));
    }
    for (reason, kind, code) in
        [(scrap_reason(), ReasonKind::Scrap, "DENT"), (pause_reason(), ReasonKind::Pause, "BREAK")]
    {
        records.push(Record::Reason(Reason {
            id: reason,
            kind,
            code: number(code)?,
            name: code.to_owned(),
            icon: None,
            position: 1,
            is_active: true,
        }));
    }
    for (material, name) in materials().into_iter().zip(["WIDGET", "BRACKET", "SHEET", "SCREW"]) {
        records.push(Record::Material(Material {
            id: material,
            number: number(name)?,
            name: name.to_lowercase(),
            description: String::new(),
            category: String::new(),
            unit: UnitCode::new("pcs"),
            procurement: Procurement::Both,
            tracking: Tracking::None,
            minimum_stock: Amount::ZERO,
            revision: String::new(),
            keywords: String::new(),
            alternate_units: Vec::new(),
            is_active: true,
        }));
    }
    records.push(Record::Bom(widget_bom()));
    records.push(Record::Routing(routing(0x800, WIDGET, &[(10, "Cut", 0), (20, "Pack", 1)])));
    records.push(Record::Routing(routing(0x801, BRACKET, &[(10, "Bend", 0)])));
    Ok(records)
}

/// Two sheets at the first operation, four screws (a tenth lost) at the last.
fn widget_bom() -> Bom {
    let line = |line, component, quantity, scrap, operation| BomLine {
        line,
        component: id(component),
        quantity: Amount::whole(quantity),
        unit: UnitCode::new("pcs"),
        scrap_percent: Amount::whole(scrap),
        operation,
        is_phantom: false,
        is_backflush: true,
        reference: String::new(),
    };
    Bom {
        id: id(0x700),
        material: id(WIDGET),
        version: 1,
        base_quantity: Amount::ONE,
        effective_from: None,
        effective_until: None,
        is_active: true,
        lines: vec![line(1, SHEET, 2, 0, Some(10)), line(2, SCREW, 4, 10, None)],
    }
}

fn routing(n: u128, material: u128, operations: &[(u32, &str, usize)]) -> Routing {
    Routing {
        id: id(n),
        material: id(material),
        version: 1,
        is_active: true,
        operations: operations
            .iter()
            .map(|(number, name, center)| RoutingOperation {
                number: *number,
                name: (*name).to_owned(),
                work_center: work_centers()[*center],
                setup_minutes: Amount::ZERO,
                run_minutes: Amount::ONE,
                instructions: String::new(),
            })
            .collect(),
    }
}
