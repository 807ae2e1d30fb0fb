//! A small plant for [`super::canned`]: one mill, one order for brackets, a few people.

use std::str::FromStr;

use shared_model::command::Command;
use shared_model::exception::{Contested, Exception};
use shared_model::host::{
    AttentionRow, Clock, ExceptionRow, LocationChoice, Mark, MaterialChoice, MaterialRow, MovementRow,
    NowCard, OperationRow, OrderDetail, OrderRights, OrderRow, OutboxItem, PersonChoice, QueueRow,
    ReasonChoice, ReportRow, RequirementRow, Requirements, ScrapRow, Session, SessionPlant, SessionUser,
    StationQueue, StationRow, StockDetail, StockPlace, StockRow, Storage, TimelineEvent, TimelineRow,
    VoidRow,
};
use shared_model::people::Role;
use shared_model::plant::WorkCenterKind;
use shared_model::production::{Output, ProductionReport};
use shared_model::quantity::Amount;
use shared_model::refusal::Refusal;
use shared_model::stock::{MovementKind, StockStatus};
use shared_model::time::Timestamp;
use shared_model::work_order::{OperationState, Stage};

use crate::dom;

pub fn id<I: FromStr<Err: std::fmt::Debug>>(n: u32) -> I {
    format!("01900000-0000-7000-8000-{n:012}").parse().expect("an id")
}

fn amount(text: &str) -> Amount {
    text.parse().expect("an amount")
}

fn output(good: &str, scrap: &str) -> Output {
    Output { good: amount(good), scrap: amount(scrap), rework: Amount::ZERO }
}

fn ago(minutes: i64) -> Timestamp {
    dom::now().plus_millis(-minutes * 60_000)
}

pub fn session(role: Role) -> Session {
    Session {
        plant: Some(SessionPlant {
            id: id(1),
            organization: "Acme".to_owned(),
            name: "Plant Nord".to_owned(),
            zone: "Europe/Berlin".to_owned(),
            currency: "EUR".to_owned(),
            device_name: "Tablet mill 2".to_owned(),
        }),
        user: Some(SessionUser { id: id(2), name: "Olga Brandt".to_owned(), roles: vec![role] }),
        station: Some(id(3)),
        storage: Storage::Durable,
        wiped: None,
    }
}

pub fn stations() -> Vec<StationRow> {
    vec![
        StationRow {
            id: id(3),
            code: "MILL-2".to_owned(),
            name: "Milling center".to_owned(),
            kind: WorkCenterKind::Machine,
            ready_count: 4,
            running_count: 1,
        },
        StationRow {
            id: id(4),
            code: "ASM".to_owned(),
            name: "Assembly".to_owned(),
            kind: WorkCenterKind::Assembly,
            ready_count: 2,
            running_count: 0,
        },
    ]
}

pub fn queue_row() -> QueueRow {
    QueueRow {
        needs_update: false,
        order: id(10),
        number: "WO-00042".to_owned(),
        title: String::new(),
        material_number: "BR-100".to_owned(),
        material_name: "Bracket".to_owned(),
        operation: 20,
        operation_name: "Milling".to_owned(),
        state: OperationState::Started,
        stage: Stage::InProgress,
        ordered: amount("120"),
        output: output("48", "2"),
        unit: "pcs".to_owned(),
        due_on: Some("2026-11-19".parse().expect("a date")),
        is_late: true,
        priority: 3,
        is_ready: true,
        working: vec!["Olga Brandt".to_owned()],
        am_working: true,
        mark: Mark::SavedHere,
    }
}

pub fn queue() -> StationQueue {
    let waiting = QueueRow {
        order: id(11),
        number: "WO-00043".to_owned(),
        state: OperationState::Pending,
        stage: Stage::Released,
        output: Output::default(),
        is_late: false,
        is_ready: false,
        working: Vec::new(),
        am_working: false,
        mark: Mark::Accepted,
        ..queue_row()
    };
    let rows: Vec<_> = vec![waiting.clone(), queue_row()].into_iter().chain(more_jobs(&waiting)).collect();
    let count = |rows: &mut dyn Iterator<Item = &QueueRow>| u32::try_from(rows.count()).expect("small");
    StationQueue {
        id: id(3),
        code: "MILL-2".to_owned(),
        name: "Milling center".to_owned(),
        total: count(&mut rows.iter()),
        ready_count: count(&mut rows.iter().filter(|row| row.is_ready)),
        rows,
    }
}

fn more_jobs(like: &QueueRow) -> Vec<QueueRow> {
    let job = |n: u32, material: &str, operation: &str, ordered: &str, due: &str| QueueRow {
        order: id(100 + n),
        number: format!("WO-{:05}", 43 + n),
        material_name: material.to_owned(),
        operation_name: operation.to_owned(),
        operation: 10,
        ordered: amount(ordered),
        due_on: Some(due.parse().expect("a date")),
        is_ready: true,
        ..like.clone()
    };
    vec![
        job(1, "Side panel, left", "Milling", "24", "2026-11-20"),
        job(2, "Spindle housing with flange and cooling channel", "Milling, two settings", "6", "2026-11-21"),
        QueueRow {
            state: OperationState::Started,
            stage: Stage::InProgress,
            working: vec!["Ben Adler".to_owned(), "Cem Yilmaz".to_owned()],
            output: output("310", "4"),
            ..job(3, "Table leg", "Milling", "1200", "2026-11-27")
        },
        QueueRow {
            state: OperationState::Started,
            stage: Stage::Paused,
            output: output("12", "0"),
            ..job(4, "Seat shell", "Milling", "40", "2026-12-02")
        },
        job(5, "Hinge", "Milling", "500", "2026-12-04"),
    ]
}

pub fn operations() -> Vec<OperationRow> {
    let operation = |number, name: &str, state| OperationRow {
        number,
        name: name.to_owned(),
        work_center: Some(id(3)),
        work_center_code: "MILL-2".to_owned(),
        state,
        output: output("48", "2"),
        setup_minutes: amount("15"),
        run_minutes: amount("1.5"),
        labor_millis: 3_600_000,
        working: Vec::new(),
    };
    let milling = OperationRow {
        working: vec!["Olga Brandt".to_owned()],
        ..operation(20, "Milling", OperationState::Started)
    };
    let inspection =
        OperationRow { output: Output::default(), ..operation(30, "Inspection", OperationState::Pending) };
    vec![operation(10, "Sawing", OperationState::Finished), milling, inspection]
}

pub fn report() -> ReportRow {
    ReportRow {
        id: id(20),
        operation: Some(20),
        at: ago(12),
        user: id(2),
        user_name: "Olga Brandt".to_owned(),
        output: output("48", "2"),
        scrap: vec![ScrapRow { amount: amount("2"), reason: "Burr".to_owned() }],
        lot: Some("L-7".to_owned()),
        voided: None,
        can_void: true,
        mark: Mark::SavedHere,
    }
}

fn voided_report() -> ReportRow {
    let voided =
        VoidRow { at: ago(20), user_name: "Olga Brandt".to_owned(), reason: "Wrong entry".to_owned() };
    ReportRow {
        id: id(21),
        at: ago(30),
        voided: Some(voided),
        can_void: false,
        mark: Mark::Accepted,
        ..report()
    }
}

pub fn now_card() -> NowCard {
    NowCard {
        row: queue_row(),
        state_reason: None,
        instructions: "Deburr all edges.".to_owned(),
        setup_minutes: amount("15"),
        run_minutes: amount("1.5"),
        clocks: vec![Clock { user: id(2), name: "Olga Brandt".to_owned(), since: ago(42) }],
        labor_millis: 0,
        operations: operations(),
        reports: vec![report(), voided_report()],
        is_last: false,
        can_complete: false,
    }
}

pub fn order_row() -> OrderRow {
    OrderRow {
        needs_update: false,
        id: id(10),
        number: "WO-00042".to_owned(),
        title: "Rush".to_owned(),
        material_number: "BR-100".to_owned(),
        material_name: "Bracket".to_owned(),
        stage: Stage::InProgress,
        ordered: amount("1200"),
        output: output("48", "2"),
        unit: "pcs".to_owned(),
        due_on: Some("2026-11-24".parse().expect("a date")),
        is_late: false,
        priority: 3,
        assignee_name: "Ben Adler".to_owned(),
        mark: Mark::Accepted,
    }
}

/// One in every state, and some more of those that wait.
pub fn order_rows() -> Vec<OrderRow> {
    let row = |n: u32, stage: Stage, material: &str, ordered: &str, good: &str, due: &str| OrderRow {
        id: id(200 + n),
        number: format!("WO-{:05}", 50 + n),
        title: String::new(),
        material_number: format!("MX-{}", 300 + n * 7),
        material_name: material.to_owned(),
        stage,
        ordered: amount(ordered),
        output: output(good, "0"),
        due_on: Some(due.parse().expect("a date")),
        is_late: n % 5 == 2,
        priority: 5,
        assignee_name: if n.is_multiple_of(2) { String::new() } else { "Ben Adler".to_owned() },
        mark: if n == 3 { Mark::SavedHere } else { Mark::Accepted },
        ..order_row()
    };
    vec![
        order_row(),
        row(1, Stage::Planned, "Side panel, left", "24", "0", "2026-11-26"),
        row(2, Stage::Released, "Spindle housing with flange and cooling channel", "6", "0", "2026-11-18"),
        row(3, Stage::Released, "Table leg", "1200", "0", "2026-11-27"),
        row(4, Stage::Paused, "Seat shell", "40", "12", "2026-12-02"),
        row(5, Stage::Completed, "Hinge", "500", "500", "2026-11-12"),
        row(6, Stage::Cancelled, "Bracket, old", "80", "0", "2026-11-10"),
        row(7, Stage::InProgress, "Drawer front", "64", "61", "2026-11-19"),
        row(8, Stage::Planned, "Table top, round", "30", "0", "2026-12-09"),
    ]
}

pub fn order_detail() -> OrderDetail {
    OrderDetail {
        row: order_row(),
        details: shared_model::host::Details::Here,
        material: id(30),
        state_reason: None,
        assignee: Some(id(5)),
        created_at: Some(ago(3000)),
        created_by_name: "Petra Plan".to_owned(),
        released_at: Some(ago(2000)),
        started_at: Some(ago(100)),
        ended_at: None,
        output_location: "Store/F1".to_owned(),
        operations: operations(),
        materials: vec![MaterialRow {
            material: id(31),
            number: "AL-5".to_owned(),
            name: "Aluminium bar".to_owned(),
            planned: amount("60"),
            consumed: amount("2.5"),
            on_hand: amount("-1"),
            unit: "m".to_owned(),
            operation: Some(10),
            is_backflush: true,
            location: "Store/A1".to_owned(),
        }],
        reports: vec![report(), voided_report()],
        timeline: vec![
            TimelineRow {
                at: ago(12),
                user_name: "Olga Brandt".to_owned(),
                what: TimelineEvent::Reported { operation: Some(20), output: output("48", "2") },
                mark: Mark::SavedHere,
            },
            TimelineRow {
                at: ago(2000),
                user_name: "Petra Plan".to_owned(),
                what: TimelineEvent::Released,
                mark: Mark::Accepted,
            },
        ],
        unsent: vec![outbox_item()],
        contested: vec![contested()],
        can: OrderRights {
            pause: true,
            cancel: true,
            short_close: true,
            assign: true,
            ..OrderRights::default()
        },
    }
}

pub fn outbox_item() -> OutboxItem {
    OutboxItem {
        command: id(40),
        code: "report_production".to_owned(),
        order: Some(id(10)),
        order_number: "WO-00042".to_owned(),
        summary: "48 good, 2 scrap".to_owned(),
        at: ago(12),
        user_name: "Olga Brandt".to_owned(),
        mark: Mark::NeedsYou,
        refusal: Some(Refusal::DeviceRevoked),
    }
}

pub fn attention_row() -> AttentionRow {
    let report = ProductionReport { operation: Some(10), good: amount("48"), ..ProductionReport::default() };
    AttentionRow {
        item: OutboxItem { refusal: Some(Refusal::BomChanged), ..outbox_item() },
        entered: Command::ReportProduction { order: id(10), report },
        decides: Role::Supervisor,
        meanwhile: order_detail().timeline,
        refused_again: None,
    }
}

pub fn requirements() -> Requirements {
    Requirements {
        rows: vec![RequirementRow {
            material: id(31),
            number: "AL-5".to_owned(),
            name: "Aluminium bar".to_owned(),
            required: amount("60"),
            on_hand: amount("12"),
            unit: "m".to_owned(),
        }],
        problem: None,
    }
}

pub fn stock_row() -> StockRow {
    StockRow {
        material: id(31),
        number: "AL-5".to_owned(),
        name: "Aluminium bar".to_owned(),
        unit: "m".to_owned(),
        on_hand: amount("12.5"),
        available: amount("10"),
        minimum: amount("20"),
        is_below_minimum: true,
        location_count: 2,
        mark: Mark::Accepted,
    }
}

pub fn stock_rows() -> Vec<StockRow> {
    let row = |n: u32, number: &str, name: &str, unit: &str, on_hand: &str| StockRow {
        material: id(300 + n),
        number: number.to_owned(),
        name: name.to_owned(),
        unit: unit.to_owned(),
        on_hand: amount(on_hand),
        available: amount(on_hand),
        minimum: amount("0"),
        is_below_minimum: false,
        location_count: n % 4,
        mark: if n == 2 { Mark::Sent } else { Mark::Accepted },
    };
    vec![
        stock_row(),
        row(1, "BR-100", "Bracket", "pcs", "1248"),
        row(2, "R_10K_0402_1%", "Resistor 10 kOhm", "pcs", "40120"),
        row(3, "PAINT-RED", "Paint, red", "l", "-1.25"),
        row(4, "SCR-M5x12", "Screw M5 x 12", "pcs", "12000"),
    ]
}

pub fn materials() -> Vec<MaterialChoice> {
    stock_rows()
        .into_iter()
        .map(|row| MaterialChoice { id: row.material, number: row.number, name: row.name, unit: row.unit })
        .collect()
}

pub fn people() -> Vec<PersonChoice> {
    let person = |n, name: &str, role| PersonChoice { id: id(n), name: name.to_owned(), roles: vec![role] };
    vec![person(5, "Ben Adler", Role::Operator), person(6, "Sara Vogt", Role::Supervisor)]
}

pub fn locations() -> Vec<LocationChoice> {
    let place = |n, path: &str| LocationChoice { id: id(n), path: path.to_owned() };
    vec![place(50, "Store/A1"), place(51, "Store/A2"), place(52, "Line 1")]
}

pub fn stock_detail() -> StockDetail {
    StockDetail {
        archived: None,
        row: stock_row(),
        places: vec![StockPlace {
            location: Some(id(50)),
            location_path: "Store/A1".to_owned(),
            lot: Some("L-1".to_owned()),
            serial: None,
            status: StockStatus::Ok,
            on_hand: amount("12.5"),
        }],
    }
}

pub fn movement() -> MovementRow {
    MovementRow {
        id: id(60),
        at: ago(12),
        user_name: "Olga Brandt".to_owned(),
        movement: MovementKind::Backflush,
        material: id(31),
        number: "AL-5".to_owned(),
        name: "Aluminium bar".to_owned(),
        location_path: "Store/A1".to_owned(),
        lot: None,
        serial: None,
        amount: amount("-2.5"),
        unit: "m".to_owned(),
        reference: "WO-00042".to_owned(),
        note: String::new(),
        order: Some(id(10)),
        is_reversal: false,
        mark: Mark::Sent,
    }
}

/// Two people set another due date.
pub fn contested() -> ExceptionRow {
    let before = "2026-11-20".parse().ok();
    let now = "2026-11-27".parse().ok();
    ExceptionRow {
        id: id(71),
        user_name: "Sven Sommer".to_owned(),
        exception: Exception::ChangedByTwo(Contested::DueOn { before, now }),
        ..exception()
    }
}

pub fn exception() -> ExceptionRow {
    ExceptionRow {
        id: id(70),
        at: ago(5),
        user_name: "Olga Brandt".to_owned(),
        owner: Role::Supervisor,
        exception: Exception::OverProduction { ordered: amount("120"), made: amount("123") },
        order: Some(id(10)),
        order_number: "WO-00042".to_owned(),
        material_number: "BR-100".to_owned(),
        location_path: String::new(),
        summary: String::new(),
        assignees: Default::default(),
        closed: None,
        mark: Mark::Accepted,
    }
}

pub fn reasons() -> Vec<ReasonChoice> {
    let reason = |n, code: &str, name: &str, icon: Option<&str>| ReasonChoice {
        id: id(n),
        code: code.to_owned(),
        name: name.to_owned(),
        icon: icon.map(str::to_owned),
    };
    vec![
        reason(80, "BURR", "Burr", Some("wrench")),
        reason(81, "DIM", "Wrong size", None),
        reason(82, "SCRATCH", "Scratch", Some("edit")),
        reason(83, "MAT", "Material fault", Some("box")),
        reason(84, "SETUP", "Setup piece", Some("gear")),
    ]
}
