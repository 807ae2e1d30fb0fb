//! Orders that were closed long ago leave the device, and come back.

use serde_json::Value;
use shared_model::command::Command;
use shared_model::host::{Details, HostError, OrderRow, OrderSort, WorkOrders};
use shared_model::sync::wire::WholeOrder;
use shared_model::work_order::Stage;

use super::plant::*;
use crate::Restored;

/// A floor where order 1 was worked on and cancelled, and order 2 goes on; and a device that saw all of it.
fn closed_floor() -> (Server, Device) {
    let (mut server, mut sue) = floor();
    sue.must(create(2, 20));
    sue.must(release(2));
    sue.must(report(1, 10, 5, 1));
    sue.must(report(1, 20, 4, 0));
    sue.must(report(2, 10, 3, 0));
    sue.must(finish(1, 10));
    sue.must(cancel(1));
    sue.sync(&mut server);
    (server, sue)
}

/// What the screens show, without what is stored how.
fn shown(device: &Device) -> Value {
    let mut picture = device.picture();
    let fields = picture.as_object_mut().expect("a picture");
    fields.retain(|name, _| !name.starts_with("table "));
    picture
}

/// The same, without what is known of archived orders only when they are opened.
fn shown_of_all(device: &Device) -> Value {
    let mut shown = shown(device);
    let fields = shown.as_object_mut().expect("a picture");
    fields.retain(|name, _| !name.starts_with("order ") && !name.starts_with("movements"));
    for (name, view) in fields {
        if name.starts_with("stock of") {
            view.as_object_mut().expect("an object").remove("archived");
        }
    }
    shown
}

fn away(device: &Device, n: u128) -> bool {
    device.order(order(n)).details != Details::Here
}

/// Does what the driver does for what is wanted.
fn fetch_wanted(device: &mut Device, server: &Server) {
    while let Some(wanted) = device.replica.wanted_order().expect("reads") {
        assert_eq!(device.replica.restore(server.whole(wanted)).expect("written"), Restored::Here);
    }
}

fn documents(device: &Device) -> i64 {
    device.replica.replica.query_row("select count(*) from document", [], |row| row.get(0)).expect("reads")
}

#[test]
fn an_archived_order_is_listed_and_counted_as_before_and_its_details_come_when_it_is_opened() {
    let (mut server, mut device) = closed_floor();
    let (before, before_of_all) = (shown(&device), shown_of_all(&device));
    server.archive(&[order(1)]);
    device.pull(&server);
    assert_eq!(shown_of_all(&device), before_of_all);
    assert_eq!(documents(&device), 1, "that of order 2");
    assert_eq!(device.stock_of(STEEL).archived, Some(whole(-12)), "two for each of 5 good and 1 scrap");
    let detail = device.order(order(1));
    assert_eq!((detail.details, detail.reports.len()), (Details::OnServer, 0));
    assert_eq!(detail.row.output.good, whole(4), "of the last operation");
    assert!(device.replica.wanted_order().expect("reads").is_none());

    device.replica.want_order(order(1)).expect("written");
    assert_eq!(device.order(order(1)).details, Details::Coming);
    device = device.reopen();
    fetch_wanted(&mut device, &server);
    assert_eq!(shown(&device), before);
    // Again, as when the answer came twice.
    device.replica.restore(server.whole(order(1))).expect("written");
    assert_eq!(shown(&device), before);

    // It leaves with the next ones.
    server.archive(&[order(99)]);
    device.pull(&server);
    assert!(away(&device, 1));
    assert_eq!(shown_of_all(&device), before_of_all);
}

#[test]
fn whatever_concerns_an_archived_order_brings_it_back() {
    for entered in [report(1, 20, 2, 0), void_of_first()] {
        let (mut server, mut device) = closed_floor();
        // Somebody who was away when it was archived.
        let mut bob = Device::ready(&mut server, 3, SUE_SUPERVISOR);
        bob.must(as_possible(&bob, entered));
        server.archive(&[order(1)]);
        device.pull(&server);
        assert!(away(&device, 1));
        bob.push(&mut server);
        device.pull(&server);
        assert_eq!(device.replica.wanted_order().expect("reads"), Some(order(1)));
        fetch_wanted(&mut device, &server);
        let mut whole = Device::new(1, SUE_SUPERVISOR);
        whole.now = device.now;
        let mut never_archived = server.clone();
        never_archived.forget_archived();
        whole.pull(&never_archived);
        assert_eq!(shown(&device), shown(&whole));
        // It can be worked on again.
        device.now = device.now.plus_millis(60_000);
        device.must(report(1, 20, 1, 0));
        device.sync(&mut server);
    }
}

fn void_of_first() -> Command {
    void(1, uuid::Uuid::nil().into())
}

/// A void of the first report that the device knows.
fn as_possible(device: &Device, command: Command) -> Command {
    match command {
        Command::VoidReport { .. } => {
            let reports = device.order(order(1)).reports;
            void(1, reports.last().expect("a report").id)
        }
        other => other,
    }
}

#[test]
fn an_order_on_which_work_waits_stays_and_leaves_with_the_next_ones() {
    let (mut server, mut device) = closed_floor();
    let mut bob = Device::ready(&mut server, 3, BOB_OPERATOR);
    bob.must(report(1, 20, 2, 0));
    server.archive(&[order(1)]);
    bob.pull(&server);
    assert!(!away(&bob, 1));
    assert_eq!(bob.order(order(1)).row.output.good, whole(6));
    bob.sync(&mut server);
    device.pull(&server);
    fetch_wanted(&mut device, &server);
    assert_eq!(shown_of_all(&bob)["orders"], shown_of_all(&device)["orders"]);
    server.archive(&[order(1)]);
    for device in [&mut bob, &mut device] {
        device.pull(&server);
        assert!(away(device, 1));
        assert_eq!(device.order(order(1)).row.output.good, whole(6));
    }
    assert_eq!(bob.stock_of(STEEL).row.on_hand, device.stock_of(STEEL).row.on_hand);
}

#[test]
fn nothing_is_entered_on_an_order_whose_details_are_not_here() {
    let (mut server, mut device) = closed_floor();
    server.archive(&[order(1)]);
    device.pull(&server);
    let error = device.press(report(1, 20, 1, 0)).expect_err("not here");
    assert!(
        matches!(&error, HostError::Rejected { message } if message.contains("open the order")),
        "{error:?}"
    );
    assert!(device.unsent().is_empty());
}

#[test]
fn a_device_that_begins_with_a_snapshot_shows_what_one_shows_that_let_go_of_the_order() {
    let (mut server, mut device) = closed_floor();
    server.archive(&[order(1)]);
    device.pull(&server);
    for size in [1, 3, 1000] {
        let mut newcomer = Device::new(1, SUE_SUPERVISOR);
        newcomer.now = device.now;
        newcomer.fetch(&server, size);
        assert_eq!(shown_of_all(&newcomer), shown_of_all(&device), "in chunks of {size}");
        assert!(away(&newcomer, 1));
        newcomer.replica.want_order(order(1)).expect("written");
        fetch_wanted(&mut newcomer, &server);
        device.replica.want_order(order(1)).expect("written");
        fetch_wanted(&mut device, &server);
        assert_eq!(shown(&newcomer), shown(&device));
    }
}

#[test]
fn a_snapshot_is_right_over_whatever_a_device_has_of_an_archived_order() {
    let (mut server, device) = closed_floor();
    let seen = device.now;
    let begin = |server: &Server| {
        let mut device = Device::new(1, SUE_SUPERVISOR);
        device.now = seen;
        device.pull(server);
        device
    };
    let mut had_it_whole = begin(&server);
    let mut opened_it = begin(&server);
    server.archive(&[order(1)]);
    let mut let_go = begin(&server);
    opened_it.pull(&server);
    opened_it.replica.want_order(order(1)).expect("written");
    fetch_wanted(&mut opened_it, &server);
    // One more entry, so that the snapshot is newer than what they have.
    server.put(true, center_of(700, "NEW-1", None));
    let mut newcomer = Device::new(1, SUE_SUPERVISOR);
    newcomer.now = seen;
    newcomer.fetch(&server, 2);
    for device in [&mut had_it_whole, &mut opened_it, &mut let_go] {
        device.fetch(&server, 2);
        assert!(away(device, 1));
        assert_eq!(shown_of_all(device), shown_of_all(&newcomer));
    }

    // And the other way round: it comes back before the next snapshot.
    let mut bob = Device::ready(&mut server, 3, BOB_OPERATOR);
    bob.replica.want_order(order(1)).expect("written");
    fetch_wanted(&mut bob, &server);
    bob.must(report(1, 20, 2, 0));
    bob.sync(&mut server);
    let mut whole = Device::new(1, SUE_SUPERVISOR);
    whole.now = seen;
    whole.fetch(&server, 3);
    assert!(!away(&whole, 1));
    for device in [&mut had_it_whole, &mut opened_it, &mut let_go] {
        device.fetch(&server, 3);
        assert_eq!(shown(device), shown(&whole));
    }
}

/// Bob reported on order 1 and lost his replica, and the snapshot that he fetched has the order archived.
fn with_unsent_work_beside_an_archived_order() -> (Server, Device, Device) {
    let (mut server, sue) = closed_floor();
    let mut bob = Device::ready(&mut server, 3, BOB_OPERATOR);
    bob.must(report(1, 20, 2, 0));
    server.archive(&[order(1)]);
    let mut bob = bob.lose_replica();
    bob.fetch(&server, 2);
    (server, sue, bob)
}

#[test]
fn unsent_work_on_an_order_that_a_snapshot_has_archived_goes_out_and_counts_once() {
    let (mut server, _, mut bob) = with_unsent_work_beside_an_archived_order();
    assert_eq!(bob.outbox().len(), 1);
    assert_eq!(bob.replica.wanted_order().expect("reads"), Some(order(1)), "to show it with his report");
    fetch_wanted(&mut bob, &server);
    assert_eq!(bob.order(order(1)).row.output.good, whole(6));
    bob.sync(&mut server);
    assert_eq!(bob.order(order(1)).row.output.good, whole(6));
    assert_eq!(server.good(order(1), 20), whole(6));
}

#[test]
fn an_order_that_is_archived_again_before_it_was_fetched_is_fetched_all_the_same() {
    let (mut server, mut sue, mut bob) = with_unsent_work_beside_an_archived_order();
    // Somebody else brought it back meanwhile, and it was closed for long enough once more.
    sue.must(report(1, 20, 1, 0));
    sue.sync(&mut server);
    server.archive(&[order(1)]);
    bob.pull(&server);
    assert!(away(&bob, 1));
    assert_eq!(bob.replica.wanted_order().expect("reads"), Some(order(1)), "to show it with his report");
    fetch_wanted(&mut bob, &server);
    bob.sync(&mut server);
    sue.pull(&server);
    fetch_wanted(&mut sue, &server);
    for device in [&bob, &sue] {
        assert_eq!(device.order(order(1)).row.output.good, whole(7));
        assert_eq!(device.stock_of(STEEL).row.on_hand, server.on_hand(STEEL, SHELF));
    }
}

#[test]
fn unsent_work_goes_out_also_before_the_order_is_fetched() {
    let (mut server, mut sue, mut bob) = with_unsent_work_beside_an_archived_order();
    bob.sync(&mut server);
    assert!(bob.outbox().is_empty());
    fetch_wanted(&mut bob, &server);
    sue.pull(&server);
    fetch_wanted(&mut sue, &server);
    assert_eq!(bob.order(order(1)).row.output.good, whole(6));
    assert_eq!(sue.order(order(1)).row.output.good, whole(6));
}

#[test]
fn an_order_that_comes_before_the_feed_is_as_far_is_fetched_again() {
    let (mut server, mut device) = closed_floor();
    let mut bob = Device::ready(&mut server, 3, BOB_OPERATOR);
    bob.must(report(1, 20, 2, 0));
    server.archive(&[order(1)]);
    device.pull(&server);
    bob.sync(&mut server);
    device.replica.want_order(order(1)).expect("written");
    let whole: WholeOrder = server.whole(order(1));
    assert_eq!(device.replica.restore(whole.clone()).expect("nothing written"), Restored::TooEarly);
    assert!(away(&device, 1));
    device.pull(&server);
    assert_eq!(device.replica.restore(whole).expect("written"), Restored::Here);
    assert_eq!(device.order(order(1)).row.output.good, super::plant::whole(6));
}

#[test]
fn an_order_that_was_read_before_something_concerned_it_is_fetched_again() {
    let (mut server, mut device) = closed_floor();
    let mut bob = Device::ready(&mut server, 3, BOB_OPERATOR);
    server.archive(&[order(1)]);
    device.pull(&server);
    device.replica.want_order(order(1)).expect("written");
    // Bob's report comes with the feed while the order is on its way.
    let whole: WholeOrder = server.whole(order(1));
    bob.must(report(1, 20, 2, 0));
    bob.sync(&mut server);
    device.pull(&server);
    assert_eq!(device.replica.restore(whole).expect("nothing written"), Restored::TooEarly);
    fetch_wanted(&mut device, &server);
    assert!(!away(&device, 1));
    assert_eq!(device.order(order(1)).row.output.good, super::plant::whole(6));
    bob.pull(&server);
    assert_eq!(device.order(order(1)).reports.len(), bob.order(order(1)).reports.len());
}

#[test]
fn an_order_that_is_archived_and_concerned_again_in_one_batch_stays() {
    let (mut server, mut device) = closed_floor();
    let mut bob = Device::ready(&mut server, 3, BOB_OPERATOR);
    bob.must(report(1, 20, 2, 0));
    server.archive(&[order(1)]);
    bob.push(&mut server);
    device.pull_by(&server, 1000);
    assert!(!away(&device, 1));
    assert_eq!(device.order(order(1)).row.output.good, whole(6));
}

/// What a search finds, in any stage or in one.
fn found(device: &Device, search: &str, stages: &[Stage]) -> Vec<OrderRow> {
    let asked = WorkOrders {
        search: search.to_owned(),
        stages: stages.to_vec(),
        sort: OrderSort::Number,
        after: None,
        limit: 500,
    };
    let page = device.ask(asked);
    assert_eq!(page.total as usize, page.items.len());
    page.items
}

#[test]
fn an_archived_order_is_found_by_its_number_and_its_title_as_before() {
    let (mut server, mut device) = closed_floor();
    let number = device.order(order(1)).row.number;
    let searches = [number.clone(), number.to_lowercase(), "Order 1".to_owned(), "order 1".to_owned()];
    let stages: [&[Stage]; 2] = [&[], &[Stage::Cancelled]];
    let asked = || searches.iter().flat_map(|search| stages.map(|stages| (search.as_str(), stages)));
    let find = |device: &Device| -> Vec<Vec<OrderRow>> {
        asked().map(|(search, stages)| found(device, search, stages)).collect()
    };
    let before = find(&device);
    for rows in &before {
        assert_eq!(rows.iter().map(|row| row.id).collect::<Vec<_>>(), [order(1)]);
    }
    assert_eq!(found(&device, "Order 1", &[Stage::Released]), []);

    server.archive(&[order(1)]);
    device.pull(&server);
    assert!(away(&device, 1));
    assert_eq!(find(&device), before);
    assert_eq!(found(&device, "Order 1", &[Stage::Released]), []);
    assert_eq!(find(&device.reopen()), before);

    let mut newcomer = Device::new(1, SUE_SUPERVISOR);
    newcomer.fetch(&server, 3);
    assert!(away(&newcomer, 1));
    assert_eq!(find(&newcomer), before, "where nothing but the archived row ever came");
    newcomer.replica.want_order(order(1)).expect("written");
    fetch_wanted(&mut newcomer, &server);
    assert!(!away(&newcomer, 1));
    assert_eq!(find(&newcomer), before, "opened again");
}
