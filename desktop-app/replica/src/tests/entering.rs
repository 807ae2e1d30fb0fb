//! Entering commands with no network.

use shared_model::host::{HostError, Mark, OrderSort, WorkOrders};
use shared_model::number::{Number, NumberLease};
use shared_model::people::{Role, RoleAssignment, User};
use shared_model::plant::Department;
use shared_model::policy::Action;
use shared_model::record::Record;
use shared_model::refusal::Refusal;
use shared_model::work_order::{OperationState, Stage};

use super::plant::*;

#[test]
fn a_command_shows_at_once_and_is_marked_saved_here() {
    let (mut server, _) = floor();
    let mut ann = Device::ready(&mut server, 2, ANN_OPERATOR);
    ann.must(start(1, 10));
    let saved = ann.must(report(1, 10, 48, 2));
    assert!(saved.report.is_some());
    assert!(saved.exceptions.is_empty());

    let seen = ann.order(order(1));
    assert_eq!(seen.row.stage, Stage::InProgress);
    assert_eq!(seen.row.mark, Mark::SavedHere);
    assert_eq!(seen.operations[0].state, OperationState::Started);
    assert_eq!(seen.operations[0].output.good, whole(48));
    assert_eq!(seen.operations[0].working, ["Ann"]);
    assert_eq!(seen.reports[0].mark, Mark::SavedHere);
    assert_eq!(seen.reports[0].scrap[0].reason, "Burr");
    assert!(seen.reports[0].can_void);
    assert_eq!(seen.materials[0].consumed, whole(100));
    assert_eq!(seen.materials[0].on_hand, whole(900));
    assert_eq!(ann.stock_of(STEEL).row.on_hand, whole(900));
    let summaries: Vec<_> = ann.outbox().into_iter().map(|item| item.summary).collect();
    assert_eq!(summaries, ["Started operation 10 Cut", "48 good, 2 scrap"]);
}

#[test]
fn a_refusal_changes_nothing() {
    let (mut server, _) = floor();
    let mut ann = Device::ready(&mut server, 2, ANN_OPERATOR);
    let before = (ann.picture(), ann.replica.counter);
    assert!(matches!(refusal(ann.press(cancel(1))), Refusal::NotPermitted { .. }));
    assert!(matches!(refusal(ann.press(finish(1, 10))), Refusal::WrongState { .. }));
    assert_eq!(refusal(ann.press(start(9, 10))), Refusal::UnknownOrder);
    assert_eq!((ann.picture(), ann.replica.counter), before);
    ann.now = before_press(&ann);
}

#[test]
fn a_role_of_one_department_does_not_count_for_the_work_of_another() {
    let (mut server, _) = floor();
    for (n, name) in [(71, "Cutting"), (72, "Assembly")] {
        let code = Number::parse(name).expect("a number");
        let department = Department { id: id(n), code, name: name.to_owned(), is_active: true };
        server.put(true, Record::Department(department));
    }
    server.put(true, center_of(SAW, "SAW-1", Some(id(71))));
    server.put(true, center_of(BENCH, "BENCH-1", Some(id(72))));
    let role = RoleAssignment { role: Role::Operator, plant: None, department: Some(id(71)) };
    let (name, roles) = ("Ann".to_owned(), vec![role]);
    server.put(false, Record::User(User { id: id(ANN_OPERATOR), name, is_active: true, roles }));
    let mut ann = Device::ready(&mut server, 2, ANN_OPERATOR);
    ann.must(start(1, 10));
    let (action, department) = (Action::PerformWork, "Assembly".to_owned());
    assert_eq!(refusal(ann.press(start(1, 20))), Refusal::OtherDepartment { action, department });
}

fn before_press(device: &Device) -> shared_model::time::Timestamp {
    device.now
}

#[test]
fn nobody_enters_anything_before_the_device_has_joined_and_they_signed_in() {
    let mut replica = crate::Replica::open(memory(), memory()).expect("opens");
    let now = shared_model::time::Timestamp::from_millis(START);
    assert_eq!(replica.command(receive(1), now, [1; 16]), Err(HostError::NotEnrolled));
    replica.enrolled(&enrollment(1)).expect("stored");
    assert_eq!(replica.command(receive(1), now, [1; 16]), Err(HostError::NotSignedIn));
}

#[test]
fn orders_are_made_offline_until_the_leased_numbers_run_out() {
    let mut server = Server::new();
    let mut sue = Device::new(1, SUE_SUPERVISOR);
    sue.pull(&server);
    assert_eq!(refusal(sue.press(create(1, 10))), Refusal::NoNumberLeft);
    let lease = NumberLease { prefix: "WO-".to_owned(), next: 7, end: 9 };
    sue.replica.keep(&lease).expect("kept");
    sue.replica.keep(&lease).expect("kept");
    assert_eq!(sue.replica.numbers_left().expect("reads"), 2);

    sue.must(create(1, 10));
    assert!(matches!(refusal(sue.press(create(2, -1))), Refusal::QuantityNotPositive));
    sue.must(create(2, 10));
    assert_eq!(refusal(sue.press(create(3, 10))), Refusal::NoNumberLeft);
    sue.replica.keep(&NumberLease { prefix: "WO-".to_owned(), next: 100, end: 110 }).expect("kept");
    sue.must(create(3, 10));

    let numbers = |device: &Device| {
        let page = device.ask(WorkOrders {
            search: String::new(),
            stages: vec![Stage::Planned],
            sort: OrderSort::Number,
            after: None,
            limit: 10,
        });
        page.items.into_iter().map(|row| row.number).collect::<Vec<_>>()
    };
    assert_eq!(numbers(&sue), ["WO-00007", "WO-00008", "WO-00100"]);
    sue.sync(&mut server);
    assert_eq!(numbers(&sue), ["WO-00007", "WO-00008", "WO-00100"]);
    assert!(sue.outbox().is_empty());
}

#[test]
fn a_clock_that_goes_back_does_not_put_a_command_before_the_one_it_stands_on() {
    let (mut server, _) = floor();
    let mut ann = Device::ready(&mut server, 2, ANN_OPERATOR);
    ann.replica.set_clock_offset(-5_000, ann.now).expect("stored");
    ann.must(start(1, 10));
    ann.now = ann.now.plus_millis(-240_000);
    ann.must(report(1, 10, 1, 0));
    let unsent = ann.unsent();
    assert_eq!(unsent[0].occurred_at.as_millis(), START + 1000 - 5000);
    assert_eq!(unsent[1].occurred_at, unsent[0].occurred_at.plus_millis(1));
    assert_eq!(unsent[1].sequence, unsent[0].sequence + 1);
    ann.sync(&mut server);
    assert_eq!(server.good(order(1), 10), whole(1));
}

const YEAR_MILLIS: i64 = 365 * 86_400_000;

#[test]
fn a_minute_in_2031_does_not_stay_with_the_device() {
    let (mut server, mut sue) = floor();
    sue.must(create(2, 10));
    sue.must(release(2));
    sue.sync(&mut server);
    let mut ann = Device::ready(&mut server, 2, ANN_OPERATOR);
    let right = ann.now;
    ann.now = right.plus_millis(5 * YEAR_MILLIS);
    ann.must(start(1, 10));
    ann.now = right;
    ann.must(start(2, 10));
    // On the order that was touched then, one thing still comes after the other.
    ann.must(pause(1, 10));
    ann.must(resume(1, 10));
    assert_eq!(ann.order(order(1)).operations[0].working, ["Ann"]);
    ann.must(report(2, 10, 1, 0));
    let years: Vec<_> = ann.unsent().iter().map(|it| it.occurred_at.to_string()[..4].to_owned()).collect();
    assert_eq!(years, ["2031", "2026", "2031", "2031", "2026"]);

    ann.sync(&mut server);
    assert!(ann.outbox().is_empty());
    let seen = ann.order(order(1));
    assert_eq!(seen.operations[0].working, ["Ann"]);
    assert!(seen.timeline.iter().all(|row| row.at.to_string().starts_with("2026")), "{:?}", seen.timeline);
    ann.must(report(1, 10, 1, 0));
    assert!(ann.unsent()[0].occurred_at.to_string().starts_with("2026"));
}

#[test]
fn a_device_whose_clock_lost_its_time_goes_on_from_what_it_knows() {
    let (mut server, _) = floor();
    let mut ann = Device::ready(&mut server, 2, ANN_OPERATOR);
    ann.replica.set_clock_offset(0, ann.now).expect("stored");
    let right = ann.now;
    ann.now = shared_model::time::Timestamp::from_millis(0);
    ann.must(start(1, 10));
    ann.must(report(1, 10, 1, 0));
    let at: Vec<_> = ann.unsent().iter().map(|it| it.occurred_at.millis_since(right)).collect();
    assert_eq!(at, [0, 1]);
    ann.now = right.plus_millis(60_000);
    ann.must(finish(1, 10));
    assert_eq!(ann.unsent()[2].occurred_at, right.plus_millis(61_000));
}

#[test]
fn a_report_is_undone_before_and_after_the_server_has_it() {
    let (mut server, _) = floor();
    let mut ann = Device::ready(&mut server, 2, ANN_OPERATOR);
    let pending = ann.must(report(1, 10, 48, 0)).report.expect("a report");
    ann.must(void(1, pending));
    assert_eq!(ann.order(order(1)).operations[0].output.good, whole(0));
    assert_eq!(ann.stock_of(STEEL).row.on_hand, whole(1000));
    assert_eq!(refusal(ann.press(void(1, pending))), Refusal::AlreadyVoided);

    let confirmed = ann.must(report(1, 10, 30, 0)).report.expect("a report");
    ann.sync(&mut server);
    ann.must(void(1, confirmed));
    let row = &ann.order(order(1)).reports[0];
    assert_eq!(row.voided.as_ref().map(|void| void.reason.as_str()), Some("wrong number"));
    assert!(!row.can_void);
    assert_eq!(row.mark, Mark::SavedHere);
    ann.sync(&mut server);
    assert_eq!(server.good(order(1), 10), whole(0));
    assert_eq!(server.on_hand(STEEL, SHELF), whole(1000));
    assert_eq!(ann.stock_of(STEEL).row.on_hand, whole(1000));
}

#[test]
fn what_was_not_sent_can_be_taken_away_as_a_file() {
    let (mut server, _) = floor();
    let mut ann = Device::ready(&mut server, 2, ANN_OPERATOR);
    ann.must(report(1, 10, 48, 2));
    let file: serde_json::Value =
        serde_json::from_str(&ann.replica.export_unsent().expect("exports")).expect("JSON");
    assert_eq!(file["format"], "unison-unsent");
    assert_eq!(file["commands"][0]["shown"]["summary"], "48 good, 2 scrap");
    assert_eq!(file["commands"][0]["shown"]["order_number"], "WO-01000");
    assert!(file["commands"][0]["entry"]["command"].as_str().expect("JSON").contains("report_production"));
}

#[test]
fn over_production_and_negative_stock_are_saved_and_told() {
    let (mut server, _) = floor();
    let mut ann = Device::ready(&mut server, 2, ANN_OPERATOR);
    let saved = ann.must(report(1, 20, 60, 0));
    assert_eq!(saved.exceptions.len(), 1);
    let saved = ann.must(report(1, 10, 600, 0));
    assert_eq!(
        saved.exceptions.iter().map(shared_model::exception::Exception::code).collect::<Vec<_>>(),
        ["negative_stock"]
    );
    assert_eq!(ann.stock_of(STEEL).row.on_hand, whole(-200));
    ann.sync(&mut server);
    assert_eq!(ann.stock_of(STEEL).row.on_hand, whole(-200));
}
