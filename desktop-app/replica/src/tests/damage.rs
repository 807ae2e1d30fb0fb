//! A replica file that is not as it was written: noticed wherever it is damaged, and dropped. The outbox
//! stays.

use std::fs;
use std::path::Path;

use shared_model::host::Storage;
use shared_model::host::{
    Call, Exceptions, HostError, Message, Movements, OrderOf, OrderSort, Query, Reply, Request, Stations,
    Stock, WorkOrders,
};

use super::plant::*;
use super::sealed::{copy, directory, unlocked, work_in};
use crate::Replica;
use crate::driver::{Driver, Effect, Files, Input, Setup};
use crate::native::Directory;

const REPLICA: &str = "replica.sealed.db";
const PLACES: usize = 160;

/// What the screens ask for.
fn questions() -> Vec<Query> {
    let list = WorkOrders {
        search: String::new(),
        stages: Vec::new(),
        sort: OrderSort::Number,
        after: None,
        limit: 500,
    };
    vec![
        list.into(),
        OrderOf { order: order(1) }.into(),
        Stations {}.into(),
        Stock { search: String::new(), location: None, after: None, limit: 500 }.into(),
        Movements { material: None, location: None, after: None, limit: 500 }.into(),
        Exceptions { include_closed: true }.into(),
    ]
}

fn ask(driver: &mut Driver, id: u64, query: Query) -> Result<Reply, HostError> {
    let now = shared_model::time::Timestamp::from_millis(START);
    let call = Call { id, request: Request::Query(query) };
    let told = driver.handle(now, Input::Call(call));
    told.into_iter()
        .find_map(|effect| match effect {
            Effect::Tell(Message::Answer(answer)) if answer.id == id => Some(answer.reply),
            _ => None,
        })
        .expect("an answer")
}

/// The answers, until one says that the files are damaged.
fn answers(root: &Path) -> (Driver, Vec<Result<Reply, HostError>>) {
    let setup = Setup {
        random: Box::new(|bytes| bytes.fill(7)),
        home: None,
        is_networked: false,
        storage: Storage::Durable,
    };
    let files = Directory::open(root, false).expect("free");
    let mut driver = Driver::open(Box::new(files), setup);
    let asked = questions().into_iter().zip(1u64..);
    let answers = asked.map(|(query, id)| ask(&mut driver, id, query)).collect();
    (driver, answers)
}

fn unsent(replica: &Replica) -> Vec<shared_model::command::Envelope> {
    replica.unsent(0, 100).expect("reads")
}

#[test]
fn a_byte_flipped_anywhere_in_the_replica_never_shows_anything_wrong_and_costs_nothing_entered() {
    let root = directory();
    drop(work_in(root.path()));
    let before = {
        let mut files = unlocked(root.path());
        let (outbox, replica) = (files.open_outbox().expect("opens"), files.open_replica().expect("opens"));
        unsent(&Replica::open(outbox, replica).expect("opens"))
    };
    assert!(!before.is_empty());
    let (driver, sound) = answers(root.path());
    assert!(sound.iter().all(Result::is_ok), "{sound:?}");
    drop(driver);
    let bytes = fs::read(root.path().join(REPLICA)).expect("read");
    let mut noticed = 0;
    for place in 0..PLACES {
        let at = place * bytes.len() / PLACES + place % 97;
        let damaged = directory();
        copy(root.path(), damaged.path());
        let mut flipped = bytes.clone();
        flipped[at] ^= 1 << (place % 8);
        fs::write(damaged.path().join(REPLICA), flipped).expect("written");
        let (driver, answers) = answers(damaged.path());
        let replica = driver.replica().expect("a replica, the old one or a new one");
        let is_dropped = match replica.cursors() {
            Ok(cursors) => cursors.iter().all(|cursor| cursor.seq == 0),
            // No screen asks for them; the next connection does.
            Err(error) => error.is_replica_damaged(),
        };
        noticed += usize::from(is_dropped);
        assert_eq!(unsent(replica), before, "byte {at}");
        if !is_dropped {
            assert_eq!(answers, sound, "byte {at}");
        }
    }
    // What is not noticed lies where nobody asked, as in pages that are free.
    assert!(noticed > PLACES / 2, "only {noticed} of {PLACES} were noticed");
}
