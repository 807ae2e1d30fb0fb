//! A server that is set back to a backup: devices have what it lost.

use shared_model::command::{Command, Envelope};
use shared_model::host::{Attention, Mark};
use shared_model::ids::CommandId;
use shared_model::refusal::Refusal;
use shared_model::sync::wire::Verdict;
use shared_model::work_order::{Stage, WorkOrderEdit};
use uuid::Uuid;

use super::plant::*;
use crate::History;

/// What a device does when it hears of the other history.
fn meet(device: Device, server: &Server) -> Device {
    let mut device = device;
    device.replica.send_kept_again(server.head()).expect("stored");
    device.lose_replica()
}

#[test]
fn what_the_server_lost_comes_back_from_the_devices_once() {
    let (mut server, mut sue) = floor();
    let mut ann = Device::ready(&mut server, 2, ANN_OPERATOR);
    ann.must(start(1, 10));
    ann.must(report(1, 10, 5, 0));
    ann.sync(&mut server);
    let backup = server.clone();
    ann.must(report(1, 10, 7, 1));
    ann.must(finish(1, 10));
    ann.sync(&mut server);
    sue.must(create(2, 20));
    sue.must(release(2));
    sue.sync(&mut server);
    ann.must(report(1, 20, 3, 0));
    assert_eq!(server.good(order(1), 10), whole(12));

    let mut server = backup;
    let mut ann = meet(ann, &server);
    ann.pull(&server);
    let shown = ann.order(order(1)).operations[0].output;
    assert_eq!((shown.good, shown.scrap), (whole(12), whole(1)), "nothing is gone from the screen");
    ann.sync(&mut server);
    let mut sue = meet(sue, &server);
    sue.sync(&mut server);
    ann.sync(&mut server);
    for device in [&ann, &sue] {
        assert!(device.outbox().is_empty(), "{:?}", device.outbox());
        let made = device.order(order(1)).operations;
        assert_eq!((made[0].output.good, made[1].output.good), (whole(12), whole(3)));
        assert_eq!(device.order(order(2)).row.stage, shared_model::work_order::Stage::Released);
    }
    assert_eq!(server.good(order(1), 10), whole(12));
    assert_eq!(ann.stock_of(STEEL).row.on_hand, server.on_hand(STEEL, SHELF));
}

#[test]
fn a_server_that_was_set_back_to_where_the_device_is_gets_what_it_had_accepted_beyond() {
    let (mut server, mut sue) = floor();
    let mut ann = Device::ready(&mut server, 2, ANN_OPERATOR);
    ann.sync(&mut server);
    let backup = server.clone();
    ann.must(report(1, 10, 7, 1));
    let verdicts = ann.push(&mut server);
    ann.replica.settle(verdicts).expect("settled");
    // The server is set back before the feed has brought the report, and others go on with it.
    let mut server = backup;
    sue.must(create(2, 20));
    sue.must(release(2));
    sue.sync(&mut server);
    let history = ann.replica.history(Uuid::from_u128(1), false, server.head());
    assert_eq!(history.expect("stored"), History::First);
    ann.sync(&mut server);
    assert_eq!(server.good(order(1), 10), whole(7));
    assert!(ann.outbox().is_empty());
    assert_eq!(ann.order(order(1)).operations[0].output.good, whole(7));
}

#[test]
fn a_device_that_lost_its_replica_before_it_met_the_server_again_gives_back_what_it_had() {
    let (mut server, _) = floor();
    let mut ann = Device::ready(&mut server, 2, ANN_OPERATOR);
    let backup = server.clone();
    ann.must(report(1, 10, 7, 1));
    ann.sync(&mut server);
    let mut server = backup;
    let mut ann = ann.lose_replica();
    // It has nothing by which the server could tell that it is of another history.
    let history = ann.replica.history(Uuid::from_u128(1), false, server.head());
    assert_eq!(history.expect("stored"), History::First);
    ann.sync(&mut server);
    assert_eq!(server.good(order(1), 10), whole(7));
    assert!(ann.outbox().is_empty());
}

#[test]
fn a_server_that_lost_nothing_gets_nothing_twice() {
    let (mut server, sue) = floor();
    let mut ann = Device::ready(&mut server, 2, ANN_OPERATOR);
    ann.must(start(1, 10));
    ann.must(report(1, 10, 5, 2));
    ann.sync(&mut server);
    let facts = server.fact_count();
    let mut ann = meet(ann, &server);
    ann = meet(ann, &server); // A crash, and again.
    let mut sue = meet(sue, &server);
    ann.sync(&mut server);
    sue.sync(&mut server);
    assert_eq!(server.fact_count(), facts);
    assert!(ann.outbox().is_empty());
    assert_eq!(ann.order(order(1)).operations[0].output.good, whole(5));
}

#[test]
fn after_a_month_nothing_is_kept_for_such_a_server() {
    let (mut server, _) = floor();
    let mut ann = Device::ready(&mut server, 2, ANN_OPERATOR);
    ann.must(report(1, 10, 5, 0));
    ann.sync(&mut server);
    let later = ann.now.plus_millis(31 * 86_400_000);
    ann.replica.set_clock_offset(0, later).expect("stored");
    ann.replica.send_kept_again(0).expect("stored");
    assert!(ann.unsent().is_empty());
}

#[test]
fn what_the_first_part_of_a_snapshot_brought_back_is_not_lost_with_a_server_that_is_set_back() {
    let (mut server, _) = floor();
    let mut ann = Device::ready(&mut server, 2, ANN_OPERATOR);
    let backup = server.clone();
    let saved = ann.must(start(1, 10));
    ann.push(&mut server);
    // Nothing of the plant is here but what the first chunks bring, the order with her start among it.
    let mut ann = ann.lose_replica();
    ann.fetch(&server, 1);

    let mut server = backup;
    let mut ann = meet(ann, &server);
    ann.pull(&server);
    assert_eq!(ann.unsent().iter().map(|it| it.id).collect::<Vec<_>>(), [saved.command]);
    ann.sync(&mut server);
    assert!(matches!(
        server.verdict(saved.command),
        Some(shared_model::sync::wire::Verdict::Accepted { .. })
    ));
}

/// Sue made and released an order on which Ann worked, and the server lost all of that. Ann is back first: the
/// server, Ann, Sue, and what Ann had entered.
fn without_the_release() -> (Server, Device, Device, Vec<CommandId>) {
    let (mut server, mut sue) = floor();
    let mut ann = Device::ready(&mut server, 2, ANN_OPERATOR);
    let backup = server.clone();
    sue.must(create(2, 20));
    sue.must(release(2));
    sue.sync(&mut server);
    ann.pull(&server);
    let entered = [start(2, 10), report(2, 10, 7, 1), pause(2, 10)].map(|command| ann.must(command).command);
    ann.sync(&mut server);
    let mut server = backup;
    let mut ann = meet(ann, &server);
    ann.pull(&server);
    ann.sync(&mut server);
    (server, ann, sue, entered.to_vec())
}

#[test]
fn work_that_comes_before_the_order_and_its_release_waits_and_bothers_nobody() {
    let (mut server, mut ann, sue, entered) = without_the_release();
    assert!(entered.iter().all(|id| server.verdict(*id).is_none()), "the server did not hear of it");
    let status = ann.replica.status().expect("reads");
    assert_eq!((status.unsent_count, status.attention_count), (3, 0));
    assert!(ann.outbox().iter().all(|item| item.mark == Mark::SavedHere && item.refusal.is_none()));
    assert_eq!(refusal(ann.press(report(2, 10, 1, 0))), Refusal::UnknownOrder);

    // Sue's tablet comes back with the order, and then with the release.
    let mut sue = meet(sue, &server);
    sue.pull(&server);
    for envelope in sue.unsent() {
        if !matches!(envelope.command, Command::ReleaseWorkOrder { order: of, .. } if of == order(2)) {
            server.push(&envelope);
        }
    }
    ann.pull(&server);
    ann.sync(&mut server);
    assert_eq!(ann.order(order(2)).row.stage, Stage::Planned);
    let is_accepted =
        |server: &Server, id: CommandId| matches!(server.verdict(id), Some(Verdict::Accepted { .. }));
    let accepted: Vec<_> = entered.iter().map(|id| is_accepted(&server, *id)).collect();
    assert_eq!(accepted, [false, true, false], "pieces count on any order; it is not released yet");
    assert_eq!(server.verdict(entered[0]), None);
    sue.sync(&mut server);
    ann.pull(&server);
    ann.sync(&mut server);
    assert!(entered.iter().all(|id| is_accepted(&server, *id)));
    assert!(ann.outbox().is_empty());
    assert_eq!(server.good(order(2), 10), whole(7));
    sue.sync(&mut server);
    for device in [&ann, &sue] {
        assert_eq!(device.order(order(2)).operations[0].output.good, whole(7));
    }
}

#[test]
fn work_waits_over_a_restart_and_a_lost_replica() {
    let (mut server, ann, sue, entered) = without_the_release();
    let mut ann = ann.reopen().lose_replica().reopen();
    ann.sync(&mut server);
    assert_eq!(ann.replica.status().expect("reads").unsent_count, 3);
    let mut sue = meet(sue, &server);
    sue.pull(&server);
    sue.sync(&mut server);
    ann.fetch(&server, 3);
    ann.sync(&mut server);
    assert!(entered.iter().all(|id| matches!(server.verdict(*id), Some(Verdict::Accepted { .. }))));
    assert!(ann.outbox().is_empty());
}

#[test]
fn what_nobody_brings_back_for_a_day_needs_a_person() {
    let (mut server, mut ann, _, entered) = without_the_release();
    const HOUR: i64 = 3_600_000;
    assert!(ann.replica.stop_waiting(ann.now).expect("stored"));
    assert!(!ann.replica.stop_waiting(ann.now.plus_millis(23 * HOUR)).expect("stored"));
    // By the server's clock: somebody sets the tablet's to next week.
    let next_week = ann.now.plus_millis(7 * 24 * HOUR);
    ann.replica.set_clock_offset(-7 * 24 * HOUR, next_week).expect("stored");
    assert!(!ann.replica.stop_waiting(next_week).expect("stored"));
    assert_eq!(ann.replica.status().expect("reads").attention_count, 0);

    assert!(ann.replica.stop_waiting(next_week.plus_millis(25 * HOUR)).expect("stored"));
    assert_eq!(ann.replica.status().expect("reads").attention_count, 0, "the server has the last word");
    ann.sync(&mut server);
    let status = ann.replica.status().expect("reads");
    assert_eq!((status.unsent_count, status.attention_count), (0, 3));
    let rows = ann.ask(Attention {});
    assert_eq!(rows.iter().map(|row| row.item.command).collect::<Vec<_>>(), entered);
    assert!(rows.iter().all(|row| row.item.refusal == Some(Refusal::UnknownOrder)));
    ann.replica.discard_refused(entered[1]).expect("it is refused like any other");
}

#[test]
fn what_the_server_has_after_all_waits_for_nothing() {
    let (mut server, mut sue) = floor();
    sue.must(create(2, 20));
    sue.must(release(2));
    sue.must(cancel(2));
    sue.sync(&mut server);
    let facts = server.fact_count();
    let mut sue = meet(sue, &server);
    // A snapshot has what was done to an order, and not the commands.
    sue.fetch(&server, 2);
    assert_eq!(sue.replica.status().expect("reads").attention_count, 0);
    sue.sync(&mut server);
    assert!(sue.outbox().is_empty(), "{:?}", sue.outbox());
    assert_eq!(server.fact_count(), facts);
    assert_eq!(sue.order(order(2)).row.stage, Stage::Cancelled);
}

/// Sue made order 2, changed it, released and cancelled it.
fn with_an_ended_order() -> (Server, Device) {
    let (mut server, mut sue) = floor();
    sue.must(create(2, 20));
    let edit = WorkOrderEdit { title: Some("Handles".to_owned()), ..WorkOrderEdit::default() };
    sue.must(Command::EditWorkOrder { order: order(2), edit });
    sue.must(release(2));
    sue.must(cancel(2));
    sue.sync(&mut server);
    (server, sue)
}

/// `waiting`: what was to be sent when the order was not here.
fn is_not_refused_when_the_first_is_made_anew(sue: &mut Device, server: &mut Server, waiting: &[Envelope]) {
    let first = waiting.iter().find(|it| it.command.order() == Some(order(2))).expect("doubtful");
    let again = vec![(first.id, Verdict::Rebase { epoch: first.epoch.0 })];
    sue.replica.settle(again).expect("stored");
    assert_eq!(sue.replica.status().expect("reads").attention_count, 0, "{:?}", sue.outbox());
    sue.sync(server);
    assert!(sue.outbox().is_empty(), "{:?}", sue.outbox());
}

#[test]
fn what_the_server_has_after_all_is_not_refused_here_because_something_before_it_is_made_anew() {
    let (mut server, sue) = with_an_ended_order();
    let mut sue = meet(sue, &server);
    sue.fetch(&server, 2);
    let waiting = sue.unsent();
    is_not_refused_when_the_first_is_made_anew(&mut sue, &mut server, &waiting);
}

#[test]
fn what_the_server_has_after_all_is_not_refused_here_when_its_order_is_archived_and_fetched() {
    let (mut server, sue) = with_an_ended_order();
    server.archive(&[order(2)]);
    let mut sue = meet(sue, &server);
    sue.fetch(&server, 2);
    let waiting = sue.unsent();
    assert_eq!(sue.replica.wanted_order().expect("reads"), Some(order(2)));
    sue.replica.restore(server.whole(order(2))).expect("written");
    is_not_refused_when_the_first_is_made_anew(&mut sue, &mut server, &waiting);
}

#[test]
fn what_came_to_nothing_and_was_not_answered_is_not_refused_here_when_the_replica_is_lost() {
    // The mark that it was sent may be lost with the power.
    for is_marked in [true, false] {
        came_to_nothing(is_marked);
    }
}

fn came_to_nothing(is_marked: bool) {
    let (mut server, mut sue) = floor();
    let edit = WorkOrderEdit { title: Some("Handles".to_owned()), ..WorkOrderEdit::default() };
    let edited = sue.must(Command::EditWorkOrder { order: order(1), edit }).command;
    let moved =
        sue.must(Command::MoveOperation { order: order(1), operation: 10, work_center: id(SAW) }).command;
    let sent = sue.unsent();
    if is_marked {
        sue.replica.mark_sent(&sent.iter().map(|it| it.id).collect::<Vec<_>>()).expect("marked");
    }
    let verdicts: Vec<_> = sent.iter().map(|envelope| server.push(envelope)).collect();
    assert!(verdicts.iter().all(|(_, verdict)| matches!(verdict, Verdict::Accepted { .. })), "{verdicts:?}");
    sue.replica.settle(verdicts.into_iter().filter(|(id, _)| *id == edited).collect()).expect("stored");
    let mut other = Device::ready(&mut server, 3, SUE_SUPERVISOR);
    other.must(cancel(1));
    other.sync(&mut server);

    let mut sue = sue.lose_replica();
    sue.replica.history(Uuid::from_u128(1), false, server.head()).expect("stored");
    // A snapshot says what became of the order, and not of which commands.
    sue.fetch(&server, 100);
    assert_eq!(sue.replica.status().expect("reads").attention_count, 0, "{:?}", sue.outbox());
    sue.sync(&mut server);
    assert!(sue.outbox().is_empty(), "{:?}", sue.outbox());
    assert!(matches!(server.verdict(moved), Some(Verdict::Accepted { .. })));
}

#[test]
fn what_stands_beyond_the_end_of_the_feed_is_decided_anew_although_nobody_says_that_it_is_another_one() {
    let (mut server, mut sue) = floor();
    let mut ann = Device::ready(&mut server, 2, ANN_OPERATOR);
    let backup = server.clone();
    sue.must(create(2, 20));
    sue.must(release(2));
    sue.sync(&mut server);
    ann.pull(&server);
    ann.must(report(2, 10, 7, 0));
    // The replica is gone before the device hears of the other history.
    let (mut server, mut ann) = (backup, ann.lose_replica());
    ann.replica.history(Uuid::from_u128(1), false, server.head()).expect("stored");
    ann.pull(&server);
    assert!(ann.unsent().is_empty(), "it waits for the order");
    let mut sue = meet(sue, &server);
    sue.pull(&server);
    sue.sync(&mut server);
    ann.pull(&server);
    ann.sync(&mut server);
    assert_eq!(server.good(order(2), 10), whole(7));
}

#[test]
fn what_others_ended_meanwhile_does_not_wait() {
    let (mut server, sue) = floor();
    let mut ann = Device::ready(&mut server, 2, ANN_OPERATOR);
    let backup = server.clone();
    let entered = ann.must(start(1, 10)).command;
    ann.sync(&mut server);
    let mut server = backup;
    let mut sue = meet(sue, &server);
    sue.pull(&server);
    sue.must(cancel(1));
    sue.sync(&mut server);
    let mut ann = meet(ann, &server);
    ann.pull(&server);
    ann.sync(&mut server);
    assert!(matches!(server.verdict(entered), Some(Verdict::Refused(Refusal::WrongState { .. }))));
    assert_eq!(ann.replica.status().expect("reads").attention_count, 1);
}
