//! A replica that lost a part of what was committed to it, and a server to compare it with.

use shared_model::host::{Comparison, Event, HostError, Request};
use shared_model::sync::client::Link;
use shared_model::time::Timestamp;

use super::world::World;
use crate::tests::plant::{
    ANN_OPERATOR, Device, SHELF, STEEL, SUE_SUPERVISOR, cancel, create, finish, order, receive, release,
    report, start, whole,
};

const DAY_MILLIS: i64 = 86_400_000;

/// A device that holds a plant with five orders: one that is worked on, one that is done, one that is archived.
fn plant() -> World {
    let mut world = World::new(ANN_OPERATOR);
    let mut other = Device::ready(&mut world.server, 7, SUE_SUPERVISOR);
    for command in [
        receive(1000),
        create(1, 50),
        release(1),
        start(1, 10),
        report(1, 10, 8, 2),
        create(2, 5),
        release(2),
        create(3, 7),
        create(4, 9),
        release(4),
        create(5, 3),
        cancel(5),
    ] {
        other.must(command);
    }
    other.sync(&mut world.server);
    world.server.archive(&[order(5)]);
    world.join();
    world
}

/// The same, with nothing damaged, and compared.
fn plant_compared() -> World {
    let mut world = plant();
    world.ask(Request::Compare).expect("compares");
    world
}

/// Changes the file behind the back of the app.
fn damage(world: &World, sql: &str) {
    let replica = &world.driver.replica().expect("open").replica;
    let changed = replica.execute(sql, []).expect("changes");
    assert!(changed > 0, "{sql}");
}

/// How many orders were put right; none where it is not the same now.
fn mended(world: &mut World) -> Option<u32> {
    match world.status().comparison {
        Comparison::Same { mended_count, .. } => Some(mended_count),
        _ => None,
    }
}

fn compared_at(world: &mut World) -> Timestamp {
    match world.status().comparison {
        Comparison::Same { at, .. } => at,
        other => panic!("{other:?}"),
    }
}

fn differs(world: &mut World) -> bool {
    matches!(world.status().comparison, Comparison::Differs { .. })
}

/// Whether the replica was dropped since this was asked last: then it begins to count anew.
fn is_dropped(world: &mut World) -> bool {
    std::mem::take(&mut world.told).iter().any(|event| matches!(event, Event::Changed { revision: 0 }))
}

fn shown(world: World) -> serde_json::Value {
    Device::again(world.driver.into_replica().expect("open"), 1).picture()
}

/// What a comparison finds after a damage, having mended it.
fn is_mended(sql: &str) -> Option<u32> {
    let mut world = plant();
    damage(&world, sql);
    world.ask(Request::Compare).expect("compares");
    let found = mended(&mut world);
    world.ask(Request::Compare).expect("compares");
    assert_eq!(mended(&mut world), Some(0), "{sql}: all is as it was");
    assert_eq!(shown(world), shown(plant_compared()), "{sql}");
    found
}

#[test]
fn a_device_that_holds_what_the_server_has_finds_nothing_and_looks_again_the_next_day() {
    let mut world = plant();
    assert_eq!(world.status().comparison, Comparison::NotYet);
    world.wait(600_000);
    let first = compared_at(&mut world);
    assert_eq!(mended(&mut world), Some(0));
    assert_eq!(world.ranges_asked, 3, "two orders at a time");
    world.wait(DAY_MILLIS);
    assert!(compared_at(&mut world) > first);
    assert_eq!(world.ranges_asked, 6);
}

#[test]
fn an_order_of_which_a_part_was_lost_is_fetched_and_is_as_it_was() {
    let (first, last) = (order(1).uuid().simple().to_string(), order(4).uuid().simple().to_string());
    for sql in [
        // What was committed last is gone, or some of it.
        "delete from fact where kind = 'production_reported'".to_owned(),
        "delete from fact where kind = 'stock_moved' and order_id is not null".to_owned(),
        "delete from output".to_owned(),
        "update output set good = good + 1000000".to_owned(),
        "delete from clock".to_owned(),
        format!("update operation set state = 'finished' where number = 20 and order_id = x'{first}'"),
        format!("update work_order set title = 'Of before' where id = x'{first}'"),
        // The document is another one, or none.
        format!(
            "update document set bytes = (select bytes from document where id = x'{last}') where id = x'{first}'"
        ),
        format!("update document set bytes = substr(bytes, 1, 90) where id = x'{first}'"),
        format!("delete from document where id = x'{first}'"),
        format!("delete from work_order where id = x'{first}'"),
    ] {
        assert!(is_mended(&sql) > Some(0), "{sql}");
    }
}

#[test]
fn an_order_that_was_lost_whole_comes_back_with_its_stock() {
    let first = order(1).uuid().simple().to_string();
    let mut world = plant();
    for sql in [
        "update stock set on_hand = on_hand - (
             select coalesce(sum(amount), 0) from movement join fact on fact.id = fact_id
             where order_id = x'ORDER' and movement.material = stock.material
                 and movement.location = stock.location)",
        "delete from movement where fact_id in (select id from fact where order_id = x'ORDER')",
        "delete from fact where order_id = x'ORDER'",
        "delete from document where id = x'ORDER'",
        "delete from work_order where id = x'ORDER'",
    ] {
        damage(&world, &sql.replace("ORDER", &first));
    }
    world.ask(Request::Compare).expect("compares");
    assert_eq!(mended(&mut world), Some(1));
    assert_eq!(shown(world), shown(plant_compared()));
}

#[test]
fn what_belongs_to_no_order_is_looked_at_twice_and_then_everything_is_fetched_anew() {
    for sql in [
        "delete from fact where order_id is null",
        "update stock set on_hand = on_hand + 1",
        "delete from movement",
        "delete from archived_order",
    ] {
        let mut world = plant();
        world.press(report(1, 10, 1, 0));
        world.told.clear();
        damage(&world, sql);
        world.ask(Request::Compare).expect("compares");
        assert!(differs(&mut world), "{sql}");
        assert!(!is_dropped(&mut world), "{sql}: not at once");
        world.wait(DAY_MILLIS);
        assert_eq!((world.status().link, is_dropped(&mut world)), (Link::Online, true), "{sql}");
        assert_eq!(mended(&mut world), Some(0), "{sql}");
        let steel = world.server.on_hand(STEEL, SHELF);
        let view = Device::again(world.driver.into_replica().expect("open"), 1);
        assert_eq!(view.stock_of(STEEL).row.on_hand, steel, "{sql}");
        assert_eq!(view.order(order(1)).operations[0].output.good, whole(9), "{sql}");
    }
}

#[test]
fn a_device_that_finds_a_new_replica_wanting_too_does_not_fetch_it_again_and_again() {
    let mut world = plant();
    world.is_never_the_same = true;
    world.wait(DAY_MILLIS);
    assert!(is_dropped(&mut world));
    world.wait(6 * DAY_MILLIS);
    assert_eq!((world.status().link, is_dropped(&mut world)), (Link::Online, false));
    assert!(matches!(world.status().comparison, Comparison::StillDiffers { .. }));
    assert!(world.ranges_asked < 80, "{} were asked for", world.ranges_asked);
    world.press(finish(1, 10));
    assert!(world.driver.is_settled());
}

#[test]
fn without_a_connection_there_is_nothing_to_compare_with() {
    let mut world = plant();
    world.cut();
    assert_eq!(world.ask(Request::Compare), Err(HostError::Offline));
    world.wait(DAY_MILLIS);
    assert_eq!(world.ranges_asked, 0);
    world.connect();
    world.wait(DAY_MILLIS);
    assert!(compared_at(&mut world) > world.now.plus_millis(-DAY_MILLIS));
}
