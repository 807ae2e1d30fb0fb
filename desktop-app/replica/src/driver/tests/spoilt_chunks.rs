//! Parts of a snapshot that do not arrive as they were sent.

use shared_model::host::Request;
use shared_model::ids::FeedId;
use shared_model::sync::client::Link;
use shared_model::sync::wire::{self, Begun, Chunk, Cursor, Item};

use super::world::{Fault, Spoilt, World};
use crate::tests::plant::{
    ANN_OPERATOR, Device, ORGANIZATION, PLANT, SUE_SUPERVISOR, create, finish, id, receive, release, report,
};

const CHUNK_SIZE: usize = 2;

/// A new device to which a snapshot comes, with one of its chunks spoilt on its way every time.
fn half_joined(chunk: (FeedId, usize), how: Fault) -> World {
    let mut world = World::new(ANN_OPERATOR);
    let mut other = Device::ready(&mut world.server, 7, SUE_SUPERVISOR);
    for command in [receive(1000), create(1, 50), release(1), report(1, 10, 8, 2), finish(1, 10)] {
        other.must(command);
    }
    other.sync(&mut world.server);
    world.chunk_size = Some(CHUNK_SIZE);
    world.spoilt = Some(Spoilt { chunk, how });
    world.session(Request::Enroll { server: String::new(), code: "K7QX".into(), name: "Line 1".into() });
    world
}

/// The same device with nothing spoilt.
fn joined() -> World {
    half_joined((id(PLANT), usize::MAX), Fault::CutTo(0))
}

fn chunks_of(feed: FeedId) -> Vec<Chunk> {
    joined().server.snapshot(feed, CHUNK_SIZE)
}

/// Everything that is committed here of the feeds.
fn committed(world: &World) -> (Vec<Cursor>, Vec<Begun>, Vec<i64>) {
    let replica = world.driver.replica().expect("open");
    let count = |table: &str| {
        let sql = format!("select count(*) from {table}");
        replica.replica.query_row(&sql, [], |row| row.get(0)).expect("counts")
    };
    let tables = ["record", "material", "work_order", "document", "operation", "fact", "movement", "stock"];
    (replica.cursors().expect("reads"), replica.begun().expect("reads"), tables.map(count).to_vec())
}

fn shown(world: World) -> serde_json::Value {
    Device::again(world.driver.into_replica().expect("open"), 1).picture()
}

/// A chunk comes spoilt in each of these ways, and then whole.
fn is_never_taken_for_whole(chunk: (FeedId, usize), faults: &[Fault]) {
    let mut world = half_joined(chunk, faults[0]);
    let before = committed(&world);
    for fault in faults {
        world.spoilt = Some(Spoilt { chunk, how: *fault });
        world.asked.clear();
        world.wait(60_000);
        assert!(world.asked.contains(&chunk), "{fault:?}: it is asked for again");
        assert_eq!(committed(&world), before, "{fault:?}");
        assert_ne!(world.status().link, Link::Online, "{fault:?}");
    }
    world.spoilt = None;
    world.asked.clear();
    world.wait(60_000);
    assert_eq!(world.status().link, Link::Online);
    assert!(world.driver.is_settled());
    assert_eq!(world.asked.iter().filter(|asked| **asked == chunk).count(), 1);
    assert!(world.driver.replica().expect("open").begun().expect("reads").is_empty());
    let is_here = |asked: &(FeedId, usize)| asked.0 == chunk.0 && asked.1 < chunk.1;
    assert!(!world.asked.iter().any(is_here), "what was placed is not fetched again: {:?}", world.asked);
    assert_eq!(shown(world), shown(joined()));
}

/// One in the beginning, the one with the order, and the last; with how long they are.
fn chunks_on_the_way() -> Vec<((FeedId, usize), usize)> {
    let (organization, plant) = (id(ORGANIZATION), id(PLANT));
    let of_plant = chunks_of(plant);
    let has_order = |chunk: &Chunk| chunk.items.iter().any(|item| matches!(item, Item::Order { .. }));
    let order = of_plant.iter().position(has_order).expect("an order");
    assert!((1..of_plant.len() - 1).contains(&order), "in the middle");
    let length = |chunk: &Chunk| wire::pack(chunk).expect("packs").len();
    vec![
        ((organization, 0), length(&chunks_of(organization)[0])),
        ((plant, order), length(&of_plant[order])),
        ((plant, of_plant.len() - 1), length(&of_plant[of_plant.len() - 1])),
    ]
}

#[test]
fn a_part_of_a_snapshot_that_is_cut_off_anywhere_is_not_taken_for_whole() {
    for (chunk, length) in chunks_on_the_way() {
        let faults: Vec<Fault> = (0..length).map(Fault::CutTo).collect();
        is_never_taken_for_whole(chunk, &faults);
    }
}

#[test]
fn a_part_of_a_snapshot_with_a_flipped_bit_is_not_taken_for_whole() {
    for (chunk, length) in chunks_on_the_way() {
        let flipped = |byte| Fault::Flipped { byte, bit: byte % 8 };
        let faults: Vec<Fault> = (0..length).map(flipped).collect();
        is_never_taken_for_whole(chunk, &faults);
    }
}

#[test]
fn an_answer_that_is_not_the_part_that_was_asked_for_is_asked_for_again() {
    let plant = id(PLANT);
    let others: [fn(&mut Chunk); 3] =
        [|chunk| chunk.index += 1, |chunk| chunk.seq += 1, |chunk| chunk.feed = id(ORGANIZATION)];
    is_never_taken_for_whole((plant, 1), &others.map(Fault::Another));
}
