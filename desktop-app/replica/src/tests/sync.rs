//! Batches and verdicts, in whatever order they come.

use shared_model::host::Mark;
use shared_model::sync::wire::{Cursor, Verdict};
use shared_model::work_order::Stage;

use super::plant::*;
use crate::Error;

#[test]
fn two_people_who_report_5_and_7_offline_make_12() {
    let (mut server, mut sue) = floor();
    let mut ann = Device::ready(&mut server, 2, ANN_OPERATOR);
    let mut bob = Device::ready(&mut server, 3, BOB_OPERATOR);
    ann.must(start(1, 10));
    ann.must(report(1, 10, 5, 0));
    bob.must(start(1, 10));
    bob.must(report(1, 10, 7, 0));
    ann.sync(&mut server);
    bob.sync(&mut server);
    ann.sync(&mut server);
    sue.sync(&mut server);
    for device in [&ann, &bob, &sue] {
        let seen = device.order(order(1));
        assert_eq!(seen.operations[0].output.good, whole(12));
        assert_eq!(seen.operations[0].working.len(), 2);
        assert_eq!(seen.row.mark, Mark::Accepted);
        assert_eq!(device.stock_of(STEEL).row.on_hand, whole(1000 - 24));
        assert!(device.outbox().is_empty());
    }
    assert_eq!(ann.picture(), at(&ann, bob));
    assert_eq!(server.good(order(1), 10), whole(12));
}

/// What a device shows to somebody else at the same time.
fn at(other: &Device, mut device: Device) -> serde_json::Value {
    device.sign_in(ANN_OPERATOR);
    device.now = other.now;
    device.picture()
}

#[test]
fn a_mark_goes_from_saved_here_to_sent_to_accepted() {
    let (mut server, _) = floor();
    let mut ann = Device::ready(&mut server, 2, ANN_OPERATOR);
    ann.must(report(1, 10, 5, 0));
    let mark = |device: &Device| device.order(order(1)).reports[0].mark;
    assert_eq!(mark(&ann), Mark::SavedHere);
    let revision = ann.replica.revision();
    let verdicts = ann.push(&mut server);
    assert!(ann.replica.revision() > revision);
    assert_eq!(mark(&ann), Mark::Sent);
    assert_eq!(ann.replica.status().expect("reads").unsent_count, 1);
    ann.replica.settle(verdicts).expect("settled");
    assert_eq!(mark(&ann), Mark::Accepted);
    assert_eq!(ann.replica.status().expect("reads").unsent_count, 0);
    assert!(ann.unsent().is_empty());
    ann.pull(&server);
    assert_eq!(mark(&ann), Mark::Accepted);
    assert_eq!(ann.order(order(1)).operations[0].output.good, whole(5));
}

#[test]
fn a_batch_that_comes_before_the_verdict_counts_once() {
    let (mut server, _) = floor();
    let mut ann = Device::ready(&mut server, 2, ANN_OPERATOR);
    ann.must(start(1, 10));
    ann.must(report(1, 10, 5, 0));
    let verdicts = ann.push(&mut server);
    ann.pull_by(&server, 2);
    assert_eq!(ann.order(order(1)).operations[0].output.good, whole(5));
    assert!(ann.outbox().is_empty());
    ann.replica.settle(verdicts).expect("settled");
    assert_eq!(ann.order(order(1)).operations[0].output.good, whole(5));
    assert_eq!(ann.picture(), ann.reopen().picture());
}

#[test]
fn the_same_batch_and_the_same_verdict_twice_change_nothing() {
    let (mut server, _) = floor();
    let mut ann = Device::ready(&mut server, 2, ANN_OPERATOR);
    let cursors = ann.replica.cursors().expect("enrolled");
    ann.must(report(1, 10, 5, 0));
    let verdicts = ann.push(&mut server);
    ann.replica.settle(verdicts.clone()).expect("settled");
    ann.replica.settle(verdicts.clone()).expect("settled");
    ann.pull(&server);
    let seen = ann.picture();
    ann.replica.settle(verdicts).expect("settled");
    for cursor in cursors {
        if let Some(batch) = server.batch(cursor, 1000) {
            let until = batch.until;
            assert_eq!(ann.replica.apply(batch).expect("applied").seq, until);
        }
    }
    // One that begins earlier and ends later than what is here adds what is new.
    ann.must(report(1, 10, 2, 0));
    ann.push(&mut server);
    let all = server.batch(Cursor { feed: id(PLANT), seq: 0 }, 10_000).expect("a batch");
    assert_eq!(ann.replica.apply(all).expect("applied").seq, server.plant.len() as u64);
    assert_eq!(ann.order(order(1)).operations[0].output.good, whole(7));
    assert_ne!(ann.picture(), seen);
}

#[test]
fn a_gap_and_a_feed_of_somebody_else_are_errors_and_apply_nothing() {
    let (mut server, _) = floor();
    let mut ann = Device::new(2, ANN_OPERATOR);
    let cursor = Cursor { feed: id(PLANT), seq: 3 };
    let batch = server.batch(cursor, 5).expect("a batch");
    assert!(is_gap(&ann.replica.apply(batch.clone()).expect_err("a gap")));
    let other = shared_model::sync::wire::Batch { feed: id(77), after: 0, ..batch };
    assert!(matches!(ann.replica.apply(other), Err(Error::WrongFeed(_))));
    assert!(ann.replica.cursors().expect("enrolled").iter().all(|cursor| cursor.seq == 0));
    ann.sync(&mut server);
    assert_eq!(ann.order(order(1)).row.stage, Stage::Released);
}

#[test]
fn a_lost_verdict_comes_again_and_counts_once() {
    let (mut server, _) = floor();
    let mut ann = Device::ready(&mut server, 2, ANN_OPERATOR);
    ann.must(report(1, 10, 5, 0));
    drop(ann.push(&mut server));
    let facts = server.fact_count();
    ann.sync(&mut server);
    assert_eq!(server.fact_count(), facts);
    assert_eq!(server.good(order(1), 10), whole(5));
    assert!(ann.outbox().is_empty());
}

#[test]
fn what_others_do_to_an_order_shows_under_what_waits_here() {
    let (mut server, mut sue) = floor();
    let mut ann = Device::ready(&mut server, 2, ANN_OPERATOR);
    ann.must(start(1, 10));
    sue.must(shared_model::command::Command::AssignWorkOrder {
        order: order(1),
        assignee: Some(id(BOB_OPERATOR)),
        seen: None,
    });
    sue.must(report(1, 10, 3, 0));
    sue.sync(&mut server);
    ann.pull(&server);
    let seen = ann.order(order(1));
    assert_eq!(seen.row.assignee_name, "Bob");
    assert_eq!(seen.row.stage, Stage::InProgress);
    assert_eq!(seen.operations[0].output.good, whole(3));
    assert_eq!(seen.row.mark, Mark::SavedHere);
    let change = ann.unsent()[0].change.clone();
    ann.pull(&server);
    assert_eq!(ann.unsent()[0].change, change, "a change is not made anew by what others do");
    ann.sync(&mut server);
    assert_eq!(ann.order(order(1)).row.assignee_name, "Bob");
}

#[test]
fn a_command_that_comes_to_nothing_leaves_with_its_place_in_the_feed() {
    let (mut server, mut sue) = floor();
    let nothing = shared_model::work_order::WorkOrderEdit::default();
    sue.must(shared_model::command::Command::EditWorkOrder { order: order(1), edit: nothing });
    let mut verdicts = sue.push(&mut server);
    assert!(matches!(verdicts[0].1, Verdict::Accepted { .. }));
    // The server says a place that is not here yet.
    verdicts[0].1 = Verdict::Accepted { seq: server.plant.len() as u64 + 1 };
    sue.replica.settle(verdicts).expect("settled");
    assert_eq!(sue.order(order(1)).row.mark, Mark::Accepted);
    let mut ann = Device::ready(&mut server, 2, ANN_OPERATOR);
    ann.must(report(1, 10, 1, 0));
    ann.sync(&mut server);
    sue.pull(&server);
    assert!(crate::outbox::command::all(&sue.replica.outbox).expect("reads").is_empty());
}
