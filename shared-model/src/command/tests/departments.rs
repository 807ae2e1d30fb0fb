//! Roles that are tied to a department.

use super::*;
use crate::actor::Departments;
use crate::catalog::{Catalog as _, Records};
use crate::ids::DepartmentId;
use crate::number::Number;
use crate::people::{RoleAssignment, User};
use crate::plant::{Department, WorkCenter, WorkCenterKind};
use crate::policy::Action;
use crate::record::Record;

const CUTTING: u128 = 600;
const ASSEMBLY: u128 = 601;
const PAINTING: u128 = 602;
const SAW: u128 = 610;
const SHEARS: u128 = 611;
const BENCH: u128 = 612;
const GATE: u128 = 613;

fn records() -> Records {
    let department = |n, name: &str| {
        Record::Department(Department {
            id: id(n),
            code: Number::parse(name).expect("a number"),
            name: name.to_owned(),
            is_active: true,
        })
    };
    let center = |n, department: Option<u128>| {
        Record::WorkCenter(WorkCenter {
            id: id(n),
            code: Number::parse(&format!("C{n}")).expect("a number"),
            name: String::new(),
            kind: WorkCenterKind::Machine,
            department: department.map(id),
            location: None,
            is_active: true,
        })
    };
    let records = [
        department(CUTTING, "Cutting"),
        department(ASSEMBLY, "Assembly"),
        department(PAINTING, "Painting"),
        center(SAW, Some(CUTTING)),
        center(SHEARS, Some(CUTTING)),
        center(BENCH, Some(ASSEMBLY)),
        center(GATE, None),
    ];
    Records::new(id(7), records)
}

fn in_department(role: Role, department: u128) -> Actor {
    let held = RoleAssignment { role, plant: None, department: Some(id(department)) };
    let name = "Dee".to_owned();
    let person = User { id: id(700 + department), name, is_active: true, roles: vec![held] };
    Actor::of(&person, id(9), id(7), &records())
}

/// An order that is cut, assembled, and brought to the gate.
fn floor() -> Floor {
    let mut floor = Floor::new();
    let Command::CreateWorkOrder(mut new) = create(50) else { panic!("an order") };
    new.operations.push(Operation { number: 30, name: "Ship".to_owned(), ..new.operations[1].clone() });
    for (operation, center) in new.operations.iter_mut().zip([SAW, BENCH, GATE]) {
        operation.work_center = Some(id(center));
    }
    floor.press(Role::Planner, Command::CreateWorkOrder(new)).expect("created");
    floor
}

fn released() -> Floor {
    let mut floor = floor();
    floor.press(Role::Supervisor, release()).expect("released");
    floor
}

fn release() -> Command {
    Command::release(id(ORDER))
}

fn start(operation: u32) -> Command {
    Command::StartOperation { order: id(ORDER), operation }
}

fn not_in<T>(action: Action, department: &str) -> Result<T, Refusal> {
    Err(Refusal::OtherDepartment { action, department: department.to_owned() })
}

#[test]
fn an_operator_of_one_department_does_not_do_the_work_of_another() {
    let mut floor = released();
    let cutter = in_department(Role::Operator, CUTTING);
    floor.press_as(&cutter, start(10)).expect("their own work");
    assert_eq!(floor.press_as(&cutter, start(20)), not_in(Action::PerformWork, "Assembly"));
    assert_eq!(floor.press_as(&cutter, report(20, 5, 0)), not_in(Action::PerformWork, "Assembly"));
    floor.press_as(&cutter, report(10, 5, 0)).expect("their own work");
    floor.press_as(&cutter, start(30)).expect("the gate is no department's");
    let sentence = "you may not start, report or finish work in Assembly: your role is another department's";
    let refused = not_in::<()>(Action::PerformWork, "Assembly").expect_err("a refusal");
    assert_eq!((refused.to_string().as_str(), refused.code().as_str()), (sentence, "other_department"));
}

#[test]
fn who_directs_a_department_directs_the_orders_that_it_works_on() {
    let mut floor = floor();
    let painter = in_department(Role::Supervisor, PAINTING);
    assert_eq!(floor.press_as(&painter, release()), not_in(Action::DirectWork, "Cutting, Assembly"));
    let cutter = in_department(Role::Supervisor, CUTTING);
    floor.press_as(&cutter, release()).expect("it is cut");
    let give =
        |operation, center| Command::MoveOperation { order: id(ORDER), operation, work_center: id(center) };
    floor.press_as(&cutter, give(10, SHEARS)).expect("within the department");
    assert_eq!(floor.press_as(&cutter, give(10, BENCH)), not_in(Action::DirectWork, "Assembly"));
    assert_eq!(floor.press_as(&cutter, give(20, SAW)), not_in(Action::DirectWork, "Assembly"));
    let planner = in_department(Role::Planner, PAINTING);
    let edit = Command::EditWorkOrder { order: id(ORDER), edit: WorkOrderEdit::default() };
    assert_eq!(floor.press_as(&planner, edit), not_in(Action::PlanWork, "Cutting, Assembly"));
}

#[test]
fn reports_are_undone_by_the_department_that_made_them() {
    let mut floor = released();
    let facts = floor.press(Role::Operator, report(10, 5, 0)).expect("reported");
    let made = facts.iter().find(|fact| fact.body.kind() == "production_reported").expect("a report").id;
    let void = || Command::VoidReport { order: id(ORDER), report: made, reason: "no".to_owned() };
    let assembler = in_department(Role::Supervisor, ASSEMBLY);
    assert_eq!(floor.press_as(&assembler, void()), not_in(Action::UndoAnyWork, "Cutting"));
    floor.press_as(&in_department(Role::Supervisor, CUTTING), void()).expect("their own work");
}

#[test]
fn a_role_without_a_department_and_work_without_one_are_as_ever() {
    let mut floor = released();
    floor.press(Role::Operator, start(20)).expect("in all of the plant");
    let clerk = in_department(Role::Warehouse, PAINTING);
    let receive = Command::ReceiveStock {
        key: component(),
        amount: Amount::ONE,
        unit: UnitCode::new("pcs"),
        price: None,
        reference: String::new(),
    };
    floor.press_as(&clerk, receive).expect("stock is no department's");
    let viewer = in_department(Role::Viewer, CUTTING);
    assert!(matches!(floor.press_as(&viewer, start(10)), Err(Refusal::NotPermitted { .. })));
    let mut plain = Floor::with_order();
    plain
        .press_as(&in_department(Role::Operator, PAINTING), start(10))
        .expect("no work center, no department");
}

#[test]
fn two_roles_count_together() {
    let mut floor = released();
    let mut actor = in_department(Role::Operator, CUTTING);
    let assembly: DepartmentId = id(ASSEMBLY);
    actor.in_departments.push((Role::Operator, assembly));
    floor.press_as(&actor, start(20)).expect("of both departments");
    let everywhere = RoleAssignment { role: Role::Operator, plant: Some(id(7)), department: None };
    let tied = RoleAssignment { department: Some(assembly), ..everywhere.clone() };
    let roles = vec![tied, everywhere];
    let person = User { id: id(1), name: "Dee".to_owned(), is_active: true, roles };
    let actor = Actor::of(&person, id(9), id(7), &records());
    floor.press_as(&actor, start(10)).expect("in all of the plant");
    let departments: Departments = records().departments();
    assert_eq!(departments.len(), 3, "the gate is nobody's");
}
