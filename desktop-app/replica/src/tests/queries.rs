//! The read models.

use shared_model::command::Command;
use shared_model::exception::{Contested, Exception};
use shared_model::host::{
    Exceptions, HostError, Locations, Mark, Materials, Movements, Now, NowCard, OrderBoard, OrderRights,
    OrderSort, People, QueueOf, Reasons, RequirementsOf, Stations, Stock, SyncState, TimelineEvent,
    WorkOrders,
};
use shared_model::people::Role;
use shared_model::reason::ReasonKind;
use shared_model::stock::{MovementKind, StockKey};
use shared_model::work_order::{NewWorkOrder, OperationState, Stage, WorkOrderEdit};

use super::plant::*;

fn orders(sort: OrderSort) -> WorkOrders {
    WorkOrders { search: String::new(), stages: Vec::new(), sort, after: None, limit: 100 }
}

/// Orders 1 to 6, of which some wait in the outbox.
fn many() -> (Server, Device) {
    let (mut server, mut sue) = floor();
    let due = [None, Some("2026-09-30"), Some("2026-09-23"), Some("2026-09-30"), None];
    for (n, due_on) in (2..).zip(due) {
        let new = NewWorkOrder {
            due_on: due_on.map(|date| date.parse().expect("a date")),
            priority: if n == 5 { 1 } else { 5 },
            ..new_order(n, 10)
        };
        sue.must(Command::CreateWorkOrder(new));
        if n == 3 {
            sue.sync(&mut server);
        }
    }
    (server, sue)
}

fn titles(device: &Device, asked: WorkOrders) -> Vec<String> {
    device.ask(asked).items.into_iter().map(|row| row.title).collect()
}

#[test]
fn orders_are_sorted_searched_and_filtered_saved_here_or_not() {
    let (_, sue) = many();
    let by = |sort| titles(&sue, orders(sort)).join(" ").replace("Order ", "");
    assert_eq!(by(OrderSort::Due), "4 5 3 1 2 6");
    assert_eq!(by(OrderSort::Priority), "5 4 3 1 2 6");
    assert_eq!(by(OrderSort::Number), "1 2 3 4 5 6");
    assert_eq!(by(OrderSort::Newest), "6 5 4 3 2 1");

    let found =
        |search: &str| titles(&sue, WorkOrders { search: search.to_owned(), ..orders(OrderSort::Due) });
    assert_eq!(found("oRDer 4"), ["Order 4"]);
    assert_eq!(found("wo-01002"), ["Order 3"]);
    assert_eq!(found(" widget ").len(), 6);
    assert_eq!(found("100%").len(), 0);
    let released = WorkOrders { stages: vec![Stage::Released], ..orders(OrderSort::Due) };
    assert_eq!(titles(&sue, released), ["Order 1"]);

    let rows = sue.ask(orders(OrderSort::Number)).items;
    let late: Vec<_> = rows.iter().map(|row| row.is_late).collect();
    assert_eq!(late, [false, false, false, true, false, false]);
    assert_eq!(rows[2].mark, Mark::Accepted);
    assert_eq!(rows[3].mark, Mark::SavedHere);
    assert_eq!(rows[0].material_name, "Widget");
}

#[test]
fn pages_follow_on_each_other_in_every_order() {
    let (_, sue) = many();
    for sort in [OrderSort::Due, OrderSort::Number, OrderSort::Priority, OrderSort::Newest] {
        let mut paged = Vec::new();
        let mut after = None;
        loop {
            let page = sue.ask(WorkOrders { after, limit: 2, ..orders(sort) });
            assert_eq!(page.total, 6);
            assert!(page.items.len() <= 2);
            paged.extend(page.items.into_iter().map(|row| row.title));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(paged, titles(&sue, orders(sort)), "{sort:?}");
    }
    let unknown = WorkOrders { after: Some("nonsense".to_owned()), ..orders(OrderSort::Due) };
    assert!(matches!(sue.replica.query(unknown.into(), sue.now), Err(HostError::Rejected { .. })));
}

#[test]
fn the_board_counts_all_and_shows_the_first_of_each_stage() {
    let (_, sue) = many();
    let board = sue.ask(OrderBoard { search: String::new(), limit: 2 });
    assert_eq!(board.columns.len(), Stage::ALL.len());
    assert_eq!((board.columns[0].stage, board.columns[0].total), (Stage::Planned, 5));
    let first: Vec<_> = board.columns[0].rows.iter().map(|row| row.title.as_str()).collect();
    assert_eq!(first, ["Order 4", "Order 5"]);
    assert_eq!(board.columns[1].total, 1);
}

#[test]
fn a_station_shows_what_runs_then_what_is_ready_then_what_waits() {
    let (mut server, mut sue) = many();
    for n in [2, 3, 4] {
        sue.must(release(n));
    }
    sue.sync(&mut server);
    let mut ann = Device::ready(&mut server, 2, ANN_OPERATOR);
    let stations = ann.ask(Stations {});
    assert_eq!(stations.iter().map(|it| it.code.as_str()).collect::<Vec<_>>(), ["BENCH-1", "SAW-1"]);
    assert_eq!((stations[1].ready_count, stations[1].running_count), (4, 0));
    assert_eq!(stations[0].ready_count, 0);

    ann.must(start(2, 10));
    let queue = ann.ask(QueueOf { work_center: id(SAW), limit: 100 });
    assert_eq!(queue.code, "SAW-1");
    let seen: Vec<_> = queue.rows.iter().map(|row| row.title.as_str()).collect();
    assert_eq!(seen, ["Order 2", "Order 4", "Order 3", "Order 1"]);
    assert!(queue.rows[0].am_working);
    assert_eq!(queue.rows[0].working, ["Ann"]);
    assert!(queue.rows[1].is_late);
    assert_eq!(queue.rows[0].mark, Mark::SavedHere);
    let saw = |device: &Device| device.ask(Stations {})[1].clone();
    assert_eq!((saw(&ann).ready_count, saw(&ann).running_count), (3, 1));

    ann.must(report(2, 10, 10, 0));
    ann.must(finish(2, 10));
    assert_eq!((saw(&ann).ready_count, saw(&ann).running_count), (3, 0));
    assert_eq!(ann.ask(QueueOf { work_center: id(SAW), limit: 100 }).rows.len(), 3);
    let bench = ann.ask(QueueOf { work_center: id(BENCH), limit: 100 });
    assert_eq!(bench.rows[0].title, "Order 2");
    assert!(bench.rows[0].is_ready && !bench.rows[1].is_ready);
    // A paused order waits, and cannot be started.
    sue.pull(&server);
    sue.must(Command::AssignWorkOrder { order: order(1), assignee: None, seen: None });
    sue.must(start(1, 10));
    sue.must(Command::pause(order(1), "no steel".to_owned()));
    assert_eq!(saw(&sue).ready_count, 3);
    assert_eq!(sue.ask(QueueOf { work_center: id(SAW), limit: 100 }).rows.len(), 4);
}

#[test]
fn the_card_in_hand_knows_the_operation_its_clocks_and_its_reports() {
    let (mut server, _) = floor();
    let mut ann = Device::ready(&mut server, 2, ANN_OPERATOR);
    ann.must(start(1, 10));
    ann.must(report(1, 10, 30, 0));
    ann.must(Command::PauseOperation {
        order: order(1),
        operation: 10,
        reason: Some(id(LUNCH)),
        note: "soup".to_owned(),
    });
    ann.must(Command::ResumeOperation { order: order(1), operation: 10 });
    ann.must(report(1, 20, 50, 0));
    ann.now = ann.now.plus_millis(9_000);
    let card = |device: &Device, operation| -> NowCard { device.ask(Now { order: order(1), operation }) };
    let seen = card(&ann, Some(10));
    assert_eq!(seen.row.operation_name, "Cut");
    assert_eq!(seen.instructions, "Cut with care");
    assert_eq!(seen.labor_millis, 2_000, "from start to pause, without the running clock");
    assert_eq!(seen.clocks[0].name, "Ann");
    assert_eq!(seen.reports.len(), 1);
    assert_eq!(seen.operations.len(), 2);
    assert_eq!(seen.operations[0].labor_millis, 2_000 + 10_000);
    assert!(!seen.is_last && !seen.can_complete);

    ann.must(finish(1, 10));
    ann.must(start(1, 20));
    ann.must(finish(1, 20));
    let seen = card(&ann, Some(20));
    assert!(seen.is_last && seen.can_complete);
    assert_eq!(seen.row.state, OperationState::Finished);
    let missing = Now { order: order(1), operation: Some(99) };
    assert!(matches!(ann.replica.query(missing.into(), ann.now), Err(HostError::Rejected { .. })));
    let whole = Now { order: order(1), operation: None };
    assert!(ann.replica.query(whole.into(), ann.now).is_err());
}

#[test]
fn an_order_tells_who_planned_released_stopped_and_ended_it() {
    let (mut server, mut sue) = floor();
    let of = |n| order(n);
    let edit = WorkOrderEdit { priority: Some(1), ..WorkOrderEdit::default() };
    sue.must(Command::EditWorkOrder { order: of(1), edit: edit.clone() });
    sue.must(Command::AssignWorkOrder { order: of(1), assignee: Some(id(ANN_OPERATOR)), seen: None });
    sue.must(Command::MoveOperation { order: of(1), operation: 10, work_center: id(BENCH) });
    sue.sync(&mut server);
    let mut ann = Device::ready(&mut server, 2, ANN_OPERATOR);
    ann.now = sue.now;
    ann.must(start(1, 10));
    ann.sync(&mut server);
    sue.now = ann.now;
    sue.pull(&server);
    sue.must(Command::pause(of(1), " no steel ".to_owned()));
    sue.must(Command::resume(of(1)));
    sue.sync(&mut server);
    sue.must(Command::short_close(of(1), "enough".to_owned()));
    let told = |device: &Device| -> Vec<(String, TimelineEvent, Mark)> {
        let by_facts = |what: &TimelineEvent| {
            matches!(what, TimelineEvent::OperationStarted { .. } | TimelineEvent::ClockedIn { .. })
        };
        let rows = device.order(order(1)).timeline.into_iter().rev().filter(|row| !by_facts(&row.what));
        rows.map(|row| (row.user_name, row.what, row.mark)).collect()
    };
    let expected = |last| {
        let (no_steel, enough) = ("no steel".to_owned(), "enough".to_owned());
        let events = [
            TimelineEvent::Created,
            TimelineEvent::Released,
            TimelineEvent::Edited { edit: edit.clone() },
            TimelineEvent::Assigned { to: "Ann".to_owned() },
            TimelineEvent::Moved { operation: 10, work_center: "BENCH-1".to_owned() },
            TimelineEvent::Paused { reason: no_steel },
            TimelineEvent::Resumed,
            TimelineEvent::Ended { stage: Stage::Completed, reason: enough },
        ];
        let mut told: Vec<_> =
            events.into_iter().map(|what| ("Sue".to_owned(), what, Mark::Accepted)).collect();
        told[7].2 = last;
        told
    };
    assert_eq!(told(&sue), expected(Mark::SavedHere));
    sue.sync(&mut server);
    assert_eq!(told(&sue), expected(Mark::Accepted));
    // On another device, from the feed alone.
    ann.now = sue.now;
    ann.pull(&server);
    assert_eq!(told(&ann), expected(Mark::Accepted));
}

#[test]
fn an_order_tells_its_story_and_what_the_one_who_looks_may_do() {
    let (mut server, mut sue) = floor();
    let mut ann = Device::ready(&mut server, 2, ANN_OPERATOR);
    ann.now = sue.now;
    ann.must(start(1, 10));
    let made = ann.must(report(1, 10, 48, 2)).report.expect("a report");
    ann.must(void(1, made));
    let seen = ann.order(order(1));
    let events: Vec<_> = seen.timeline.iter().rev().map(|row| &row.what).collect();
    assert!(matches!(events[0], TimelineEvent::Created));
    assert!(matches!(events[1], TimelineEvent::Released));
    assert!(events.iter().any(|event| matches!(event, TimelineEvent::OperationStarted { operation: 10 })));
    assert!(events.iter().any(|event| matches!(event, TimelineEvent::ClockedIn { operation: 10 })));
    assert!(matches!(events.last(), Some(TimelineEvent::Voided { .. })));
    assert!(!events.iter().any(|event| matches!(event, TimelineEvent::StockMoved { .. })));
    assert_eq!(seen.timeline[0].user_name, "Ann");
    assert_eq!(seen.timeline[0].mark, Mark::SavedHere);
    assert_eq!(
        seen.timeline.last().map(|row| (row.user_name.as_str(), row.mark)),
        Some(("Sue", Mark::Accepted))
    );
    assert_eq!(seen.unsent.len(), 3);
    assert_eq!(seen.materials[0].consumed, whole(0));
    assert_eq!(seen.output_location, "Goods");
    assert_eq!(seen.can, OrderRights::default(), "an operator does not direct");

    ann.sync(&mut server);
    sue.pull(&server);
    let may = sue.order(order(1)).can;
    let expected = OrderRights {
        edit: true,
        assign: true,
        pause: true,
        cancel: true,
        short_close: true,
        ..OrderRights::default()
    };
    assert_eq!(may, expected);
    sue.now = ann.now;
    sue.must(cancel(1));
    let seen = sue.order(order(1));
    assert_eq!(seen.can, OrderRights::default());
    assert_eq!(seen.state_reason.as_deref(), Some("customer withdrew"));
    assert_eq!(seen.timeline[0].mark, Mark::SavedHere);
}

#[test]
fn stock_is_shown_per_material_and_place_and_below_its_minimum() {
    let (mut server, mut sue) = floor();
    server.put(false, material(43, "A-1", "Adhesive", 5));
    sue.sync(&mut server);
    let key = StockKey::of(id(STEEL), Some(id(SHELF)));
    sue.must(Command::TransferStock { key, to: id(GOODS), amount: whole(960), unit: Default::default() });
    let asked =
        |search: &str, location| Stock { search: search.to_owned(), location, after: None, limit: 10 };
    let all = sue.ask(asked("", None));
    assert_eq!(all.total, 2, "the adhesive should be there, widgets need not");
    assert_eq!(all.items[0].number, "A-1");
    assert!(all.items[0].is_below_minimum);
    assert_eq!(all.items[1].on_hand, whole(1000));
    assert_eq!(all.items[1].location_count, 2);
    assert_eq!(all.items[1].mark, Mark::SavedHere);
    assert!(!all.items[1].is_below_minimum);
    // A place includes the places in it.
    let store = sue.ask(asked("", Some(id(STORE))));
    assert_eq!(store.items.len(), 1);
    assert_eq!((store.items[0].on_hand, store.items[0].location_count), (whole(40), 1));
    assert!(!store.items[0].is_below_minimum);
    assert_eq!(sue.ask(asked("steel", None)).total, 1);
    let first = sue.ask(Stock { limit: 1, ..asked("", None) });
    let second = sue.ask(Stock { after: first.next, ..asked("", None) });
    assert_eq!(second.items[0].number, "S-7");

    let places = sue.stock_of(STEEL).places;
    let seen: Vec<_> = places.iter().map(|it| (it.location_path.as_str(), it.on_hand)).collect();
    assert_eq!(seen, [("Goods", whole(960)), ("Store/Shelf", whole(40))]);
}

#[test]
fn movements_are_listed_newest_first_by_material_and_place() {
    let (mut server, _) = floor();
    let mut sue = Device::ready(&mut server, 5, SUE_SUPERVISOR);
    let made = sue.must(report(1, 10, 5, 0)).report.expect("a report");
    sue.sync(&mut server);
    sue.must(void(1, made));
    let asked = |material: Option<u128>, location: Option<u128>| Movements {
        material: material.map(id),
        location: location.map(id),
        after: None,
        limit: 100,
    };
    let all = sue.ask(asked(None, None));
    let kinds: Vec<_> = all.items.iter().map(|row| (row.movement, row.is_reversal, row.mark)).collect();
    assert_eq!(
        kinds,
        [
            (MovementKind::Backflush, true, Mark::SavedHere),
            (MovementKind::Backflush, false, Mark::Accepted),
            (MovementKind::Receipt, false, Mark::Accepted),
        ]
    );
    assert_eq!(all.items[1].reference, "WO-01000");
    assert_eq!(all.items[1].location_path, "Store/Shelf");
    assert_eq!(sue.ask(asked(Some(WIDGET), None)).total, 0);
    assert_eq!(sue.ask(asked(Some(STEEL), Some(STORE))).total, 3);
    let first = sue.ask(Movements { limit: 2, ..asked(None, None) });
    let rest = sue.ask(Movements { after: first.next, ..asked(None, None) });
    assert_eq!(rest.items, all.items[2..]);
}

#[test]
fn exceptions_wait_for_their_owner_until_they_are_closed() {
    let (mut server, mut sue) = floor();
    sue.must(report(1, 20, 60, 0));
    let open = sue.ask(Exceptions { include_closed: false });
    assert_eq!(open.len(), 1);
    assert!(matches!(open[0].exception, Exception::OverProduction { .. }));
    assert_eq!(open[0].owner, Role::Supervisor);
    assert_eq!((open[0].order_number.as_str(), open[0].material_number.as_str()), ("WO-01000", "W-100"));
    let close =
        Command::CloseException { exception: open[0].id, order: open[0].order, note: "sold".to_owned() };
    sue.must(close);
    assert!(sue.ask(Exceptions { include_closed: false }).is_empty());
    sue.sync(&mut server);
    let all = sue.ask(Exceptions { include_closed: true });
    assert_eq!(all[0].closed.as_ref().map(|closed| closed.reason.as_str()), Some("sold"));
    assert_eq!(all[0].mark, Mark::Accepted);
}

#[test]
fn pick_lists_offer_what_is_in_use() {
    let (_, sue) = floor();
    let materials = sue.ask(Materials { search: "bar".to_owned(), limit: 5 });
    assert_eq!(materials.iter().map(|it| it.number.as_str()).collect::<Vec<_>>(), ["S-7"]);
    let people: Vec<_> = sue.ask(People {}).into_iter().map(|it| it.name).collect();
    assert_eq!(people, ["Ann", "Bob", "Sue"]);
    let paths: Vec<_> = sue.ask(Locations {}).into_iter().map(|it| it.path).collect();
    assert_eq!(paths, ["Goods", "Store", "Store/Shelf"]);
    assert_eq!(sue.ask(Reasons { kind: ReasonKind::Scrap })[0].name, "Burr");
    assert_eq!(sue.ask(Reasons { kind: ReasonKind::Downtime }), []);

    let needs = sue.ask(RequirementsOf { material: id(WIDGET), quantity: whole(7) });
    assert_eq!(needs.problem, None);
    assert_eq!((needs.rows[0].number.as_str(), needs.rows[0].required), ("S-7", whole(14)));
    assert_eq!(needs.rows[0].on_hand, whole(1000));
    let report = sue.ask(SyncState {});
    assert_eq!((report.order_count, report.fact_count), (1, 1));
    assert!(report.record_count > 10 && report.replica_bytes > 0 && report.outbox_bytes > 0);
}

#[test]
fn whoever_is_not_signed_in_sees_everything_and_may_do_nothing() {
    let (mut server, _) = floor();
    let mut ann = Device::ready(&mut server, 2, ANN_OPERATOR);
    ann.must(report(1, 10, 5, 0));
    ann.replica.sign_out().expect("stored");
    let seen = ann.order(order(1));
    assert_eq!(seen.can, OrderRights::default());
    assert!(!seen.reports[0].can_void);
}

#[test]
fn a_plan_that_two_people_changed_is_shown_on_its_order_until_one_of_them_chooses() {
    let (mut server, mut sue) = floor();
    sue.must(create(2, 50));
    sue.sync(&mut server);
    let mut other = Device::ready(&mut server, 2, SUE_SUPERVISOR);
    let quantity = |amount| {
        let edit = WorkOrderEdit { quantity: Some(whole(amount)), ..WorkOrderEdit::default() };
        Command::EditWorkOrder { order: order(2), edit }
    };
    sue.must(quantity(60));
    other.must(quantity(80));
    sue.sync(&mut server);
    other.sync(&mut server);
    sue.sync(&mut server);
    let contested = sue.order(order(2)).contested;
    assert_eq!(contested.len(), 1);
    let both = Contested::Quantity { before: whole(60), now: whole(80) };
    assert_eq!(contested[0].exception, Exception::ChangedByTwo(both));
    assert_eq!(sue.order(order(1)).contested, []);

    let close = Command::CloseException {
        exception: contested[0].id,
        order: Some(order(2)),
        note: "kept 80".to_owned(),
    };
    sue.must(close);
    assert_eq!(sue.order(order(2)).contested, []);
    sue.sync(&mut server);
    other.sync(&mut server);
    assert_eq!(other.order(order(2)).contested, []);
}
