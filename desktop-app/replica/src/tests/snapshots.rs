//! Snapshots in place of feeds, whatever was here before and wherever they are cut off.

use shared_model::host::{Mark, OrderRow, OrderSort, QueueOf, WorkOrders};
use shared_model::sync::wire::{Chunk, Item};

use super::plant::*;
use crate::Error;

/// A floor on which something of everything happened, and a device that saw all of it.
fn busy_floor() -> (Server, Device) {
    let (mut server, mut sue) = floor();
    let mut ann = Device::ready(&mut server, 2, ANN_OPERATOR);
    ann.must(start(1, 10));
    ann.must(report(1, 10, 5, 1));
    ann.must(pause(1, 10));
    ann.sync(&mut server);
    sue.must(create(2, 20));
    sue.must(create(3, 5));
    sue.must(release(3));
    sue.must(cancel(3));
    sue.sync(&mut server);
    ann.must(resume(1, 10));
    ann.sync(&mut server);
    (server, ann)
}

/// A new device with the same person.
fn newcomer(ann: &Device) -> Device {
    let mut device = Device::new(5, ANN_OPERATOR);
    device.now = ann.now;
    device
}

#[test]
fn a_device_that_begins_with_a_snapshot_shows_what_the_feed_would_have_brought() {
    let (server, ann) = busy_floor();
    let mut whole = newcomer(&ann);
    whole.pull(&server);
    for size in [1, 3, 1000] {
        let mut device = newcomer(&ann);
        device.fetch(&server, size);
        assert_eq!(device.picture(), whole.picture(), "in chunks of {size}");
        assert_eq!(device.replica.cursors().expect("reads"), whole.replica.cursors().expect("reads"));
        assert!(device.replica.begun().expect("reads").is_empty());
    }
}

#[test]
fn work_goes_on_upon_documents_that_were_stored_unread() {
    let (mut server, ann) = busy_floor();
    let mut device = newcomer(&ann);
    device.fetch(&server, 3);
    device.must(report(1, 10, 7, 0));
    device.must(finish(1, 10));
    device.sync(&mut server);
    assert!(device.outbox().is_empty());
    assert_eq!(server.good(order(1), 10), whole(12));
}

#[test]
fn a_snapshot_goes_on_after_a_crash_where_it_was() {
    let (server, ann) = busy_floor();
    let mut whole = newcomer(&ann);
    whole.pull(&server);
    let mut device = newcomer(&ann);
    for cursor in device.replica.cursors().expect("enrolled") {
        let chunks = server.snapshot(cursor.feed, 2);
        let last = chunks.len() - 1;
        for (index, chunk) in chunks.into_iter().enumerate() {
            device.replica.place(chunk.clone()).expect("placed");
            device = device.reopen();
            let begun = device.replica.begun().expect("reads");
            let next = begun.iter().find(|begun| begun.feed == cursor.feed).map(|begun| begun.next as usize);
            assert_eq!(next, (index < last).then_some(index + 1));
            // The same again, as when the answer to it was lost.
            device.replica.place(chunk).expect("placed");
        }
    }
    assert_eq!(device.picture(), whole.picture());
}

#[test]
fn a_chunk_too_early_is_not_taken() {
    let (server, ann) = busy_floor();
    let mut device = newcomer(&ann);
    let chunks = server.snapshot(id(PLANT), 2);
    let error = device.replica.place(chunks[1].clone()).expect_err("too early");
    assert!(matches!(error, Error::Gap { .. }), "{error}");
    assert!(device.replica.begun().expect("reads").is_empty());
}

#[test]
fn a_chunk_of_another_history_is_not_placed_on_those_of_the_one_before() {
    let (server, ann) = busy_floor();
    let mut device = newcomer(&ann);
    device.replica.history(id(77), false, server.head()).expect("stored");
    let of = |check: i64| {
        let chunks = server.snapshot(id(PLANT), 2).into_iter();
        chunks.map(move |chunk| Chunk { check: Some(check), ..chunk })
    };
    for chunk in of(1).take(2) {
        device.replica.place(chunk).expect("placed");
    }
    let mut others = of(2).skip(2);
    let error = device.replica.place(others.next().expect("a third")).expect_err("another history");
    assert!(matches!(error, Error::OtherHistory(_)), "{error}");
    let history = device.replica.history(id(77), false, server.head()).expect("stored");
    assert!(matches!(history, crate::History::Replaced { .. }), "the server does not know that it is");
}

#[test]
fn a_newer_snapshot_is_placed_over_the_beginning_of_an_older_one() {
    let (mut server, mut ann) = busy_floor();
    let mut device = newcomer(&ann);
    for chunk in server.snapshot(id(PLANT), 2).into_iter().take(2) {
        device.replica.place(chunk).expect("placed");
    }
    ann.must(report(1, 10, 3, 0));
    ann.must(finish(1, 10));
    ann.sync(&mut server);
    device.fetch(&server, 2);
    let mut whole = newcomer(&ann);
    whole.pull(&server);
    device.now = whole.now;
    assert_eq!(device.picture(), whole.picture());
}

#[test]
fn a_device_that_was_away_for_long_keeps_its_work_over_a_snapshot() {
    let (mut server, mut ann) = busy_floor();
    let mut bob = Device::ready(&mut server, 3, BOB_OPERATOR);
    bob.must(report(1, 10, 2, 0));
    let waiting = bob.unsent().len();
    ann.must(report(1, 10, 3, 0));
    ann.must(finish(1, 10));
    ann.sync(&mut server);
    bob.fetch(&server, 2);
    assert_eq!(bob.unsent().len(), waiting);
    assert_eq!(bob.order(order(1)).operations[0].output.good, whole(10), "5 + 3, and his own 2");
    bob.sync(&mut server);
    assert!(bob.outbox().is_empty());
    assert_eq!(server.good(order(1), 10), whole(10));
}

#[test]
fn a_report_is_shown_also_while_a_snapshot_has_brought_its_order_and_not_yet_the_report() {
    let (mut server, _) = floor();
    let mut bob = Device::ready(&mut server, 3, BOB_OPERATOR);
    bob.must(report(1, 10, 2, 0));
    assert!(bob.unsent()[0].change.is_some(), "it starts the operation, too");
    bob.push(&mut server);
    for cursor in bob.replica.cursors().expect("enrolled") {
        for chunk in server.snapshot(cursor.feed, 1) {
            bob.replica.place(chunk).expect("placed");
            assert_eq!(bob.order(order(1)).operations[0].output.good, whole(2));
        }
    }
    assert!(bob.outbox().is_empty());
}

#[test]
fn work_that_a_snapshot_brings_back_is_not_shown_twice() {
    let (mut server, _) = busy_floor();
    let mut bob = Device::ready(&mut server, 3, BOB_OPERATOR);
    bob.must(start(1, 10));
    bob.must(report(1, 10, 2, 0));
    // The server has it, and the verdicts are lost with the connection.
    bob.push(&mut server);
    for size in [1, 1000] {
        bob.fetch(&server, size);
        assert_eq!(bob.order(order(1)).operations[0].output.good, whole(7));
        assert_eq!(bob.stock_of(STEEL).row.on_hand, server.on_hand(STEEL, SHELF));
    }
    bob.sync(&mut server);
    assert!(bob.outbox().is_empty());
    assert_eq!(bob.order(order(1)).operations[0].output.good, whole(7));
    assert_eq!(server.good(order(1), 10), whole(7));
}

/// What a list of all orders shows.
fn listed(device: &Device) -> Vec<OrderRow> {
    let all = WorkOrders {
        search: String::new(),
        stages: Vec::new(),
        sort: OrderSort::Number,
        after: None,
        limit: 500,
    };
    device.ask(all).items
}

/// The chunks of the plant's snapshot: the first ends with order 1, the others bring one thing each.
fn order_first(server: &Server) -> Vec<Chunk> {
    let whole = server.snapshot(id(PLANT), usize::MAX).remove(0);
    let is_order = |item: &Item| matches!(item, Item::Order { .. });
    let length = whole.items.iter().position(is_order).expect("an order") + 1;
    let mut parts = server.snapshot(id(PLANT), 1);
    let items = parts.drain(..length).flat_map(|chunk| chunk.items).collect();
    parts.insert(0, Chunk { items, ..whole });
    let last = parts.len() - 1;
    let numbered = parts.into_iter().enumerate().map(|(index, chunk)| Chunk {
        index: u32::try_from(index).expect("small"),
        is_last: index == last,
        ..chunk
    });
    numbered.collect()
}

#[test]
fn somebody_works_on_the_first_order_while_the_rest_of_the_plant_is_still_coming() {
    for is_sent_meanwhile in [false, true] {
        let (mut server, ann) = busy_floor();
        let mut bob = Device::new(3, BOB_OPERATOR);
        bob.now = ann.now;
        for chunk in server.snapshot(id(ORGANIZATION), 1000) {
            bob.replica.place(chunk).expect("placed");
        }
        let mut chunks = order_first(&server).into_iter();
        assert!(chunks.len() > 5, "most of it is missing");
        assert!(listed(&bob).is_empty());
        bob.replica.place(chunks.next().expect("the first")).expect("placed");

        assert_eq!(listed(&bob).iter().map(|row| row.id).collect::<Vec<_>>(), [order(1)]);
        let shown = bob.order(order(1));
        assert_eq!((shown.row.title.as_str(), shown.row.material_name.as_str()), ("Order 1", "Widget"));
        assert_eq!(shown.operations.len(), 2);
        assert!(shown.reports.is_empty(), "Ann's is in a chunk that is missing");
        bob.must(start(1, 10));
        let saved = bob.must(report(1, 10, 3, 0));
        bob = bob.reopen();
        let shows_his = |bob: &Device, marks: &[Mark]| {
            let mut mine = bob.order(order(1)).reports;
            mine.retain(|row| row.user == id(BOB_OPERATOR));
            assert_eq!(mine.len(), 1, "{mine:?}");
            assert_eq!(mine[0].output.good, whole(3));
            assert!(marks.contains(&mine[0].mark), "{mine:?}");
            assert!(bob.order(order(1)).operations[0].working.contains(&"Bob".to_owned()));
        };
        shows_his(&bob, &[Mark::SavedHere]);
        assert_eq!(bob.order(order(1)).operations[0].output.good, whole(3));
        let marks: Vec<_> = bob.outbox().iter().map(|item| (item.code.clone(), item.mark)).collect();
        let saved_here = |code: &str| (code.to_owned(), Mark::SavedHere);
        assert_eq!(marks, [saved_here("start_operation"), saved_here("report_production")]);
        assert_eq!(bob.outbox()[1].command, saved.command);
        let queue = bob.ask(QueueOf { work_center: id(SAW), limit: 100 });
        assert_eq!(queue.rows.iter().map(|row| row.mark).collect::<Vec<_>>(), [Mark::SavedHere]);

        if is_sent_meanwhile {
            let verdicts = bob.push(&mut server);
            bob.replica.settle(verdicts).expect("settled");
        }
        for chunk in chunks {
            bob.replica.place(chunk).expect("placed");
            shows_his(&bob, &[if is_sent_meanwhile { Mark::Accepted } else { Mark::SavedHere }]);
        }
        assert_eq!(bob.order(order(1)).operations[0].output.good, whole(8), "5 of Ann's, and his own 3");
        assert_eq!(server.good(order(1), 10), whole(if is_sent_meanwhile { 8 } else { 5 }));
        bob.sync(&mut server);
        assert!(bob.outbox().is_empty());
        shows_his(&bob, &[Mark::Accepted]);
        assert_eq!(server.good(order(1), 10), whole(8));
        let mut other = newcomer(&ann);
        other.pull(&server);
        other.sign_in(BOB_OPERATOR);
        other.now = bob.now;
        assert_eq!(bob.picture(), other.picture());
    }
}
