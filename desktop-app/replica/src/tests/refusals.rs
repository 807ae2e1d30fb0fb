//! What the server refuses, and what stood on it.

use shared_model::command::Command;
use shared_model::host::{HostError, Mark};
use shared_model::ids::CommandId;
use shared_model::refusal::Refusal;
use shared_model::sync::wire::Verdict;
use shared_model::work_order::{OperationState, Stage, WorkOrderEdit};

use super::plant::*;

#[test]
fn a_refusal_in_the_middle_of_a_chain_takes_only_what_depends_on_it() {
    let (mut server, mut sue) = floor();
    let mut ann = Device::ready(&mut server, 2, ANN_OPERATOR);
    ann.must(start(1, 10));
    ann.must(report(1, 10, 48, 2));
    ann.must(finish(1, 10));
    ann.must(report(1, 20, 30, 0));
    sue.must(cancel(1));
    sue.sync(&mut server);

    ann.sync(&mut server);
    let waiting = ann.outbox();
    let codes: Vec<_> = waiting.iter().map(|item| item.code.as_str()).collect();
    assert_eq!(codes, ["start_operation", "finish_operation"]);
    assert!(waiting.iter().all(|item| item.mark == Mark::NeedsYou && item.refusal.is_some()));
    // What was made was made.
    let seen = ann.order(order(1));
    assert_eq!(seen.row.stage, Stage::Cancelled);
    assert_eq!(seen.row.mark, Mark::NeedsYou);
    assert_eq!(seen.operations[0].output.good, whole(48));
    assert_eq!(seen.operations[1].output.good, whole(30));
    assert_eq!(server.good(order(1), 10), whole(48));
    assert_eq!(server.good(order(1), 20), whole(30));
    assert_eq!(ann.replica.status().expect("reads").attention_count, 2);

    for item in waiting {
        ann.replica.discard_refused(item.command).expect("discarded");
    }
    assert_eq!(ann.order(order(1)).row.mark, Mark::Accepted);
    assert_eq!(ann.replica.status().expect("reads").attention_count, 0);
}

#[test]
fn an_order_cancelled_offline_stays_cancelled_beside_somebody_who_started_it() {
    // Both ways, because which of two concurrent values Automerge prefers depends on their actors.
    for (n, sue_comes_first) in [(2, true), (3, true), (4, false), (5, false)] {
        let (mut server, mut sue) = floor();
        let mut ann = Device::ready(&mut server, n, ANN_OPERATOR);
        sue.must(cancel(1));
        ann.must(report(1, 10, 5, 0));
        if sue_comes_first {
            sue.sync(&mut server);
        }
        ann.sync(&mut server);
        sue.sync(&mut server);
        ann.sync(&mut server);
        for device in [&sue, &ann] {
            assert_eq!(device.order(order(1)).row.stage, Stage::Cancelled);
            assert_eq!(device.order(order(1)).operations[0].output.good, whole(5));
            assert!(device.outbox().is_empty());
        }
    }
}

#[test]
fn only_what_was_refused_can_be_discarded() {
    let (mut server, _) = floor();
    let mut ann = Device::ready(&mut server, 2, ANN_OPERATOR);
    let saved = ann.must(report(1, 10, 48, 2));
    assert!(matches!(ann.replica.discard_refused(saved.command), Err(HostError::Rejected { .. })));
    assert!(matches!(ann.replica.discard_refused(id(5)), Err(HostError::Rejected { .. })));
    assert_eq!(ann.unsent().len(), 1);
}

#[test]
fn what_stood_on_a_refused_order_waits_for_a_person_with_what_they_entered() {
    let mut server = Server::new();
    let mut sue = Device::ready(&mut server, 1, SUE_SUPERVISOR);
    let created = sue.must(create(1, 50)).command;
    sue.must(release(1));
    sue.must(report(1, 10, 5, 0));
    let taken =
        Refusal::NumberTaken { number: shared_model::number::Number::parse("WO-1").expect("a number") };
    server.refuses.insert(created, taken.clone());
    sue.sync(&mut server);
    let refusals: Vec<_> = sue.outbox().into_iter().map(|item| item.refusal).collect();
    let blamed = Some(Refusal::DependsOnRefused { on: created });
    assert_eq!(refusals, [Some(taken), blamed.clone(), blamed]);
    assert_eq!(sue.outbox()[2].order_number, "WO-01000");
    assert_eq!(sue.outbox()[2].summary, "5 good");
    assert!(sue.ask(shared_model::host::Exceptions { include_closed: true }).is_empty());
    let missing = shared_model::host::OrderOf { order: order(1) };
    assert!(sue.replica.query(missing.into(), sue.now).is_err());
}

#[test]
fn later_commands_are_made_again_in_a_new_generation_and_accepted() {
    let (mut server, mut sue) = floor();
    let assign = |user| Command::AssignWorkOrder { order: order(1), assignee: Some(id(user)), seen: None };
    let first = sue.must(assign(ANN_OPERATOR)).command;
    sue.must(Command::MoveOperation { order: order(1), operation: 10, work_center: id(BENCH) });
    sue.must(start(1, 10));
    server.refuses.insert(first, Refusal::NotSignedIn);
    assert!(sue.unsent().iter().all(|envelope| envelope.epoch.0 == 0));

    // Only the first verdict arrives; the later two are answered with "rebase" in a second round.
    let verdicts = sue.push(&mut server);
    assert!(matches!(verdicts[1].1, Verdict::Rebase { epoch: 0 }));
    sue.replica.settle(verdicts[..1].to_vec()).expect("settled");
    assert!(sue.unsent().iter().all(|envelope| envelope.epoch.0 == 1));
    let made_again = sue.unsent();
    // Late word on what was sent before: it was dealt with.
    sue.replica.settle(verdicts[1..].to_vec()).expect("settled");
    assert_eq!(sue.unsent(), made_again);
    assert_eq!(sue.order(order(1)).row.assignee_name, "");
    assert_eq!(sue.order(order(1)).operations[0].work_center_code, "BENCH-1");

    sue.sync(&mut server);
    assert_eq!(sue.outbox().len(), 1);
    let seen = sue.order(order(1));
    assert_eq!(seen.operations[0].work_center_code, "BENCH-1");
    assert_eq!(seen.operations[0].state, OperationState::Started);
    assert_eq!(sue.must(assign(BOB_OPERATOR)).order, Some(order(1)));
    sue.sync(&mut server);
    assert_eq!(sue.order(order(1)).row.assignee_name, "Bob");
}

/// Sue made an order, which the server is going to refuse, and reported on it twice.
fn with_work_on_a_refused_order() -> (Server, Device, CommandId) {
    let (mut server, mut sue) = floor();
    let created = sue.must(create(2, 20)).command;
    sue.must(report(2, 10, 5, 0));
    sue.must(report(2, 10, 6, 0));
    server.refuses.insert(created, Refusal::NotSignedIn);
    (server, sue, created)
}

/// Why the server, or the device, refused what is in the list.
fn refusals(device: &Device) -> Vec<Refusal> {
    device.outbox().into_iter().filter_map(|item| item.refusal).collect()
}

#[test]
fn what_stands_on_a_refused_order_says_so_also_when_it_was_entered_before_a_restart() {
    let (mut server, sue, created) = with_work_on_a_refused_order();
    let mut sue = sue.reopen();
    sue.sync(&mut server);
    let on_it = Refusal::DependsOnRefused { on: created };
    assert_eq!(refusals(&sue), [Refusal::NotSignedIn, on_it.clone(), on_it]);
}

#[test]
fn what_was_sent_on_an_order_that_is_refused_is_refused_with_it_at_once() {
    let (mut server, mut sue, created) = with_work_on_a_refused_order();
    let verdicts = sue.push(&mut server);
    sue.replica.settle(verdicts[..1].to_vec()).expect("settled");
    assert!(sue.unsent().is_empty(), "no server has taken work on an order that was never made");
    let on_it = Refusal::DependsOnRefused { on: created };
    assert_eq!(refusals(&sue), [Refusal::NotSignedIn, on_it.clone(), on_it]);
}

#[test]
fn the_undoing_of_a_refused_report_says_so_also_when_it_was_entered_before_a_restart() {
    let (mut server, mut sue) = floor();
    sue.must(report(1, 10, 5, 0));
    let reported = sue.must(report(1, 10, 6, 0));
    sue.must(void(1, reported.report.expect("a report")));
    server.refuses.insert(reported.command, Refusal::NotSignedIn);
    let mut sue = sue.reopen();
    sue.sync(&mut server);
    assert_eq!(refusals(&sue), [Refusal::NotSignedIn, Refusal::DependsOnRefused { on: reported.command }]);
}

#[test]
fn an_order_that_is_released_while_somebody_changes_its_quantity_takes_as_much_for_each_piece() {
    let (mut server, mut sue) = floor();
    sue.must(create(2, 50));
    sue.sync(&mut server);
    let mut other = Device::ready(&mut server, 3, SUE_SUPERVISOR);
    let edit = WorkOrderEdit { quantity: Some(whole(5)), ..WorkOrderEdit::default() };
    other.must(Command::EditWorkOrder { order: order(2), edit });
    // Offline, and for the fifty that it shows.
    sue.must(release(2));
    other.sync(&mut server);
    sue.sync(&mut server);
    let before = sue.stock_of(STEEL).row.on_hand;
    sue.must(report(2, 10, 3, 0));
    sue.sync(&mut server);
    other.sync(&mut server);
    for device in [&sue, &other] {
        let shown = device.order(order(2));
        assert_eq!((shown.row.ordered, shown.row.stage), (whole(5), Stage::InProgress));
        assert_eq!(shown.materials[0].planned, whole(10), "two for each");
        assert_eq!(before.minus(device.stock_of(STEEL).row.on_hand), whole(6));
    }
    assert!(sue.outbox().is_empty(), "{:?}", sue.outbox());
}

#[test]
fn a_rebase_makes_the_change_again_on_what_is_confirmed() {
    let (mut server, mut sue) = floor();
    let saved = sue.must(start(1, 10));
    let before = sue.unsent();
    let rebase = Verdict::Rebase { epoch: 0 };
    sue.replica.mark_sent(&[saved.command]).expect("marked");
    sue.replica.settle(vec![(saved.command, rebase.clone())]).expect("settled");
    let after = sue.unsent();
    assert_eq!(after[0].epoch.0, 1);
    assert_ne!(after[0].change, before[0].change);
    assert_eq!(after[0].id, before[0].id);
    sue.replica.settle(vec![(saved.command, rebase)]).expect("settled");
    assert_eq!(sue.unsent(), after);
    sue.sync(&mut server);
    assert!(sue.outbox().is_empty());
    assert_eq!(sue.order(order(1)).operations[0].state, OperationState::Started);
}

#[test]
fn a_change_that_the_server_made_itself_takes_the_place_of_ours() {
    let (mut server, mut sue) = floor();
    // Started elsewhere meanwhile, so that here the report starts the operation and there it does not.
    let mut ann = Device::ready(&mut server, 2, ANN_OPERATOR);
    ann.must(report(1, 10, 5, 0));
    ann.must(report(1, 10, 6, 0));
    ann.must(finish(1, 10));
    sue.must(start(1, 10));
    sue.sync(&mut server);
    ann.sync(&mut server);
    sue.sync(&mut server);
    assert!(ann.outbox().is_empty(), "{:?}", ann.outbox());
    assert_eq!(sue.order(order(1)).operations[0].state, OperationState::Finished);
    assert_eq!(ann.order(order(1)).operations[0].output.good, whole(11));
    assert_eq!(ann.order(order(1)).operations, sue.order(order(1)).operations);
}

#[test]
fn a_refused_undo_leaves_the_report_as_it_was() {
    let (mut server, _) = floor();
    let mut ann = Device::ready(&mut server, 2, ANN_OPERATOR);
    let report = ann.must(report(1, 10, 5, 0)).report.expect("a report");
    let undo = ann.must(void(1, report)).command;
    server.refuses.insert(undo, Refusal::TooLateToUndo);
    ann.sync(&mut server);
    assert_eq!(ann.order(order(1)).operations[0].output.good, whole(5));
    assert_eq!(ann.order(order(1)).reports[0].voided, None);
    assert_eq!(ann.outbox()[0].summary, "Undid 5 good: wrong number");
    assert_eq!(ann.outbox()[0].refusal, Some(Refusal::TooLateToUndo));
    assert_eq!(ann.picture(), ann.reopen().picture());
}

#[test]
fn a_refused_stock_movement_moves_nothing_and_blocks_nothing() {
    let (mut server, mut sue) = floor();
    let first = sue.must(receive(10)).command;
    sue.must(receive(20));
    server.refuses.insert(first, Refusal::UnknownLocation);
    assert_eq!(sue.stock_of(STEEL).row.on_hand, whole(1030));
    sue.sync(&mut server);
    assert_eq!(sue.stock_of(STEEL).row.on_hand, whole(1020));
    assert_eq!(sue.outbox().len(), 1);
    assert_eq!(sue.outbox()[0].summary, "Received 10 pcs of S-7 at Store/Shelf");
}
