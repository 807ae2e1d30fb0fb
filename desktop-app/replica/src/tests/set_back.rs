//! A server that is set back to a backup: devices have what it lost.

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
