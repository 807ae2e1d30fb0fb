//! The reference data of the sample.

use rust_decimal::Decimal;
use shared_model::bom::{Bom, BomLine};
use shared_model::ids::{LocationId, MaterialId, OrganizationId};
use shared_model::material::Material;
use shared_model::money::Currency;
use shared_model::number::Number;
use shared_model::people::{Role, RoleAssignment};
use shared_model::plant::{
    Department, Location, LocationKind, Organization, Plant, Shift, WorkCenter, WorkCenterKind,
};
use shared_model::quantity::{Amount, Dimension, UnitCode, UnitOfMeasure};
use shared_model::reason::{Reason, ReasonKind};
use shared_model::record::Record;
use shared_model::routing::{Routing, RoutingOperation};
use shared_model::supplier::Supplier;
use shared_model::time::{Time, Zone};

use super::parts::{BOMS, PARTS, ROUTINGS, Use};
use super::people::{Installed, PEOPLE};
use super::{SampleError, id};
use crate::auth::password;
use crate::db::user::{self, NewUser};
use crate::db::{TenantTx, organization, record};

pub(super) const RACK_A: &str = "Warehouse/Rack A";
pub(super) const RACK_B: &str = "Warehouse/Rack B";
const FRAMES: &str = "Shop floor/Frames";
pub(super) const FINISHED: &str = "Warehouse/Finished goods";

const LOCATIONS: [(&str, LocationKind); 9] = [
    ("Warehouse", LocationKind::Warehouse),
    (RACK_A, LocationKind::Warehouse),
    (RACK_B, LocationKind::Warehouse),
    (FINISHED, LocationKind::Warehouse),
    ("Shop floor", LocationKind::Production),
    (FRAMES, LocationKind::Production),
    ("Shop floor/Assembly line", LocationKind::Production),
    ("Quality hold", LocationKind::Quality),
    ("Lindner Hardening", LocationKind::External),
];

/// Code, name, kind, department, where its output is put.
const WORK_CENTERS: [(&str, &str, WorkCenterKind, &str, Option<&str>); 6] = [
    ("SAW", "Tube saw", WorkCenterKind::Machine, "FAB", None),
    ("LASER", "Laser cutter", WorkCenterKind::Machine, "FAB", None),
    ("WELD", "Welding cell", WorkCenterKind::Machine, "FAB", None),
    ("COAT", "Powder coating", WorkCenterKind::Machine, "FAB", Some(FRAMES)),
    ("ASM", "Assembly line", WorkCenterKind::Assembly, "ASSY", None),
    ("PACK", "Test and packing", WorkCenterKind::Packaging, "ASSY", Some(FINISHED)),
];

/// Code, name, icon; the scrap codes are also those of the story.
const REASONS: [(ReasonKind, &str, &str, &str); 15] = [
    (ReasonKind::Scrap, "BURR", "Burr or sharp edge", "wrench"),
    (ReasonKind::Scrap, "WELD", "Weld defect", "alert"),
    (ReasonKind::Scrap, "DIM", "Wrong size", "search"),
    (ReasonKind::Scrap, "SCRATCH", "Scratched surface", "edit"),
    (ReasonKind::Scrap, "MAT", "Faulty material", "box"),
    (ReasonKind::Scrap, "SETUP", "Setup piece", "gear"),
    (ReasonKind::Pause, "NOMAT", "Waiting for material", "starved"),
    (ReasonKind::Pause, "MACH", "Machine trouble", "alert"),
    (ReasonKind::Pause, "TOOL", "Tool change", "wrench"),
    (ReasonKind::Pause, "BREAK", "Break", "clock"),
    (ReasonKind::Pause, "QUAL", "Waiting for quality", "search"),
    (ReasonKind::Downtime, "BRKDWN", "Breakdown", "stop"),
    (ReasonKind::Downtime, "MAINT", "Maintenance", "wrench"),
    (ReasonKind::Downtime, "SETUP", "Changeover", "gear"),
    (ReasonKind::Downtime, "NOOP", "No operator", "user"),
];

/// Writes organization, people and reference data.
pub(super) async fn write(tx: &mut TenantTx, installed: &Installed) -> Result<(), SampleError> {
    let of = installed.organization;
    organization::put(
        tx,
        &Organization { id: of, code: number("RIVERSIDE"), name: "Riverside Works".to_owned() },
    )
    .await?;
    let plant = plant(installed);
    organization::put_plant(tx, &plant).await?;
    for ((first, ..), sign_in) in PEOPLE.iter().zip(&installed.sign_ins) {
        // An administrator looks after all plants, everybody else works in this one.
        let scope = (sign_in.role != Role::OrganizationAdmin).then_some(plant.id);
        let new = NewUser {
            id: installed.user(first),
            email: sign_in.email.clone(),
            name: sign_in.name.clone(),
            password_hash: Some(password::hash(sign_in.password.clone()).await?),
            roles: vec![RoleAssignment { role: sign_in.role, plant: scope, department: None }],
        };
        user::create(tx, &new).await?;
    }
    record::put_all(tx, None, &shared(of)).await?;
    record::put_all(tx, Some(plant.id), &of_plant(of)).await?;
    Ok(())
}

pub(super) fn plant(installed: &Installed) -> Plant {
    Plant {
        id: installed.plant(),
        code: number("RIVER"),
        name: "Riverside".to_owned(),
        zone: Zone::parse("Europe/Berlin").expect("a zone of the bundled database"),
        currency: currency(),
        default_location: Some(location(installed.organization, RACK_B)),
    }
}

pub(super) fn currency() -> Currency {
    Currency::parse("EUR").expect("three letters")
}

pub(super) fn material(of: OrganizationId, number: &str) -> MaterialId {
    id(of, &format!("material {number}"))
}

pub(super) fn location(of: OrganizationId, path: &str) -> LocationId {
    id(of, &format!("location {path}"))
}

pub(super) fn reason(of: OrganizationId, kind: ReasonKind, code: &str) -> shared_model::ids::ReasonId {
    id(of, &format!("reason {kind:?} {code}"))
}

pub(super) fn number(text: &str) -> Number {
    Number::parse(text).expect("the sample's numbers are numbers")
}

pub(super) fn amount(text: &str) -> Amount {
    text.parse().expect("the sample's amounts are amounts")
}

fn shared(of: OrganizationId) -> Vec<Record> {
    let unit = |(code, name, dimension): (&str, &str, Dimension)| {
        let (code, name) = (UnitCode::new(code), name.to_owned());
        Record::Unit(UnitOfMeasure { code, name, dimension, factor: Decimal::ONE })
    };
    let units = [
        ("pcs", "pieces", Dimension::Count),
        ("m", "meters", Dimension::Length),
        ("kg", "kilograms", Dimension::Mass),
    ];
    let supplier = |(name, description): (&str, &str)| {
        Record::Supplier(Supplier {
            id: id(of, &format!("supplier {name}")),
            name: name.to_owned(),
            description: description.to_owned(),
            website: String::new(),
            currency: Some(currency()),
            is_active: true,
        })
    };
    let suppliers =
        [("Nordrohr", "Tubes and sheets"), ("Rollwerk", "Wheels and axles"), ("Schraube24", "Fasteners")];
    let mut records: Vec<_> =
        units.into_iter().map(unit).chain(suppliers.into_iter().map(supplier)).collect();
    records.extend(PARTS.iter().map(|part| {
        Record::Material(Material {
            id: material(of, part.number),
            number: number(part.number),
            name: part.name.to_owned(),
            description: part.description.to_owned(),
            category: part.category.to_owned(),
            unit: UnitCode::new(part.unit),
            procurement: part.procurement,
            tracking: part.tracking,
            minimum_stock: Amount::whole(part.minimum_stock),
            revision: String::new(),
            keywords: String::new(),
            alternate_units: Vec::new(),
            is_active: true,
        })
    }));
    records.extend(BOMS.iter().map(|(head, lines)| {
        let lines = lines.iter().zip(1..).map(|((component, quantity, scrap, operation, how), n)| BomLine {
            line: n * 10,
            component: material(of, component),
            quantity: amount(quantity),
            unit: unit_of(component),
            scrap_percent: amount(scrap),
            operation: *operation,
            is_phantom: *how == Use::Phantom,
            is_backflush: *how != Use::ByHand,
            reference: String::new(),
        });
        Record::Bom(Bom {
            id: id(of, &format!("bom {head}")),
            material: material(of, head),
            version: 1,
            base_quantity: Amount::ONE,
            effective_from: None,
            effective_until: None,
            is_active: true,
            lines: lines.collect(),
        })
    }));
    records
}

pub(super) fn unit_of(part: &str) -> UnitCode {
    PARTS.iter().find(|it| it.number == part).map(|it| UnitCode::new(it.unit)).unwrap_or_default()
}

fn of_plant(of: OrganizationId) -> Vec<Record> {
    let department = |(code, name): (&str, &str)| {
        let id = id(of, &format!("department {code}"));
        Record::Department(Department { id, code: number(code), name: name.to_owned(), is_active: true })
    };
    let mut records: Vec<_> =
        [("FAB", "Fabrication"), ("ASSY", "Assembly")].into_iter().map(department).collect();
    records.extend(LOCATIONS.iter().map(|(path, kind)| {
        let (parent, name) =
            path.rsplit_once('/').map_or((None, *path), |(parent, name)| (Some(parent), name));
        Record::Location(Location {
            id: location(of, path),
            name: name.to_owned(),
            path: (*path).to_owned(),
            parent: parent.map(|parent| location(of, parent)),
            kind: *kind,
            is_active: true,
        })
    }));
    records.extend(WORK_CENTERS.iter().map(|(code, name, kind, department, output)| {
        Record::WorkCenter(WorkCenter {
            id: id(of, &format!("work center {code}")),
            code: number(code),
            name: (*name).to_owned(),
            kind: *kind,
            department: Some(id(of, &format!("department {department}"))),
            location: output.map(|path| location(of, path)),
            is_active: true,
        })
    }));
    records.extend(REASONS.iter().zip(0..).map(|((kind, code, name, icon), position)| {
        Record::Reason(Reason {
            id: reason(of, *kind, code),
            kind: *kind,
            code: number(code),
            name: (*name).to_owned(),
            icon: Some((*icon).to_owned()),
            position,
            is_active: true,
        })
    }));
    records.extend([("EARLY", "Early shift", 6, 14), ("LATE", "Late shift", 14, 22)].map(
        |(code, name, from, to)| {
            let hour = |hour| Time::new(hour, 0, 0, 0).expect("an hour of the day");
            Record::Shift(Shift {
                id: id(of, &format!("shift {code}")),
                code: number(code),
                name: name.to_owned(),
                starts: hour(from),
                ends: hour(to),
                weekdays: 0b1_1111,
                is_active: true,
            })
        },
    ));
    records.extend(ROUTINGS.iter().map(|(head, operations)| {
        let operations = operations.iter().map(|(number, name, center, setup, run, what)| RoutingOperation {
            number: *number,
            name: (*name).to_owned(),
            work_center: id(of, &format!("work center {center}")),
            setup_minutes: amount(setup),
            run_minutes: amount(run),
            instructions: (*what).to_owned(),
        });
        Record::Routing(Routing {
            id: id(of, &format!("routing {head}")),
            material: material(of, head),
            version: 1,
            is_active: true,
            operations: operations.collect(),
        })
    }));
    records
}
