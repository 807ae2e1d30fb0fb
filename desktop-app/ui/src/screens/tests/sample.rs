//! A small plant: one mill, one order for brackets, a few people.

use std::str::FromStr;

use shared_model::exception::Exception;
use shared_model::host::*;
use shared_model::people::Role;
use shared_model::plant::WorkCenterKind;
use shared_model::production::Output;
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
    StationQueue {
        id: id(3),
        code: "MILL-2".to_owned(),
        name: "Milling center".to_owned(),
        rows: vec![waiting, queue_row()],
    }
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
    vec![
        operation(10, "Sawing", OperationState::Finished),
        operation(20, "Milling", OperationState::Started),
        operation(30, "Inspection", OperationState::Pending),
    ]
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
    let voided = VoidRow { at: ago(20), user_name: "Olga Brandt".to_owned(), reason: "Wrong entry".to_owned() };
    ReportRow { id: id(21), at: ago(30), voided: Some(voided), can_void: false, mark: Mark::Accepted, ..report() }
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

pub fn order_detail() -> OrderDetail {
    OrderDetail {
        row: order_row(),
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
        timeline: vec![TimelineRow {
            at: ago(12),
            user_name: "Olga Brandt".to_owned(),
            what: TimelineEvent::Reported { operation: Some(20), output: output("48", "2") },
            mark: Mark::SavedHere,
        }],
        unsent: vec![outbox_item()],
        can: OrderRights { pause: true, cancel: true, short_close: true, assign: true, ..OrderRights::default() },
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

pub fn stock_detail() -> StockDetail {
    StockDetail {
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
    vec![reason(80, "BURR", "Burr", Some("wrench")), reason(81, "DIM", "Wrong size", None)]
}
