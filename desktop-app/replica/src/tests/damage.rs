//! A replica file that is not as it was written: noticed wherever it is damaged, and dropped. The outbox
//! stays.

use std::fs::{self, File};
use std::io::{Seek as _, SeekFrom, Write as _};
use std::ops::Range;
use std::path::Path;

use serde_json::Value;
use shared_model::command::Envelope;
use shared_model::host::Storage;
use shared_model::host::{
    Call, Exceptions, HostError, Message, Movements, OrderOf, OrderSort, Query, Reply, Request, Stations,
    Stock, WorkOrders,
};
use shared_model::sync::wire::Cursor;

use super::plant::*;
use super::sealed::{copy, directory, picture, unlocked, work_in};
use crate::Replica;
use crate::driver::{Driver, Effect, Files, Input, Setup};
use crate::native::Directory;

const REPLICA: &str = "replica.sealed.db";
const LOG: &str = "replica.sealed.db-wal";
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

fn ask(driver: &mut Driver, id: u64, request: Request) -> Result<Reply, HostError> {
    let now = shared_model::time::Timestamp::from_millis(START);
    let call = Call { id, request };
    let told = driver.handle(now, Input::Call(call));
    told.into_iter()
        .find_map(|effect| match effect {
            Effect::Tell(Message::Answer(answer)) if answer.id == id => Some(answer.reply),
            _ => None,
        })
        .expect("an answer")
}

/// What the screens get.
fn ask_all(driver: &mut Driver) -> Vec<Result<Reply, HostError>> {
    let asked = questions().into_iter().zip(1u64..);
    asked.map(|(query, id)| ask(driver, id, Request::Query(query))).collect()
}

fn open(root: &Path) -> Driver {
    let setup = Setup {
        random: Box::new(|bytes| bytes.fill(7)),
        home: None,
        is_networked: false,
        storage: Storage::Durable,
        pace: crate::driver::Pace::default(),
    };
    let files = Directory::open(root, false).expect("free");
    Driver::open(Box::new(files), setup)
}

/// The answers, until one says that the files are damaged.
fn answers(root: &Path) -> (Driver, Vec<Result<Reply, HostError>>) {
    let mut driver = open(root);
    let answers = ask_all(&mut driver);
    (driver, answers)
}

fn unsent(replica: &Replica) -> Vec<Envelope> {
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

/// Ann's device in a directory, in step with the server.
fn ann_in(root: &Path, server: &mut Server) -> Device {
    let mut files = unlocked(root);
    let (outbox, replica) = (files.open_outbox().expect("opens"), files.open_replica().expect("opens"));
    let mut ann = Device::on(outbox, replica, 2, ANN_OPERATOR);
    ann.sync(server);
    ann
}

/// A shift in a directory: work that came back with the feed, what others did, and work that waits.
fn shift_in(root: &Path) -> (Server, Device) {
    let (mut server, mut sue) = floor();
    let mut ann = ann_in(root, &mut server);
    ann.must(start(1, 10));
    ann.must(report(1, 10, 5, 1));
    ann.sync(&mut server);
    for n in 2..6 {
        sue.must(create(n, 20));
        for command in [release(n), start(n, 10), pause(n, 10)] {
            sue.must(command);
        }
        sue.sync(&mut server);
        ann.pull(&server);
    }
    sue.must(receive(7));
    sue.sync(&mut server);
    ann.pull(&server);
    ann.must(report(2, 10, 3, 0));
    ann.must(report(1, 10, 2, 0));
    ann.must(pause(1, 10));
    (server, ann)
}

/// What a new replica shows with the outbox in a directory, as far as another one is.
fn fresh(root: &Path, server: &Server, cursors: &[Cursor]) -> Value {
    let at = directory();
    copy(root, at.path());
    let outbox = unlocked(at.path()).open_outbox().expect("opens");
    let mut device = Device::again(Replica::open(outbox, memory()).expect("opens"), 2);
    for until in cursors {
        let mut cursor = Cursor { seq: 0, ..*until };
        while cursor.seq < until.seq {
            let batch = server.batch(cursor, 1).expect("a batch");
            cursor.seq = device.replica.apply(batch).expect("applied").seq;
        }
        assert_eq!(cursor, *until);
    }
    device.picture()
}

/// Somebody's screens after the replica was damaged: as of some moment, and as before when the server was
/// there again.
fn is_as_of_some_moment(driver: Driver, root: &Path, server: &Server, before: &Value, what: &str) -> bool {
    let replica = driver.into_replica().unwrap_or_else(|| panic!("{what}: no replica, neither old nor new"));
    let mut device = Device::again(replica, 2);
    let cursors = device.replica.cursors().expect("reads");
    assert_eq!(device.picture(), fresh(root, server, &cursors), "{what}");
    let is_older = &device.picture() != before;
    device.pull(server);
    assert_eq!(&device.picture(), before, "{what}: and when the server is there again");
    is_older
}

/// Where the pages of a log are that count: what stands behind them is of the log before.
fn pages(log: &[u8]) -> Vec<Range<usize>> {
    const HEADER: usize = 32;
    const PAGE: usize = 24 + 4096;
    let salt = &log[16..24];
    let all = (HEADER..log.len()).step_by(PAGE).map(|at| at..at + PAGE);
    all.take_while(|page| &log[page.start + 8..page.start + 16] == salt).collect()
}

#[test]
fn a_byte_flipped_in_the_log_of_the_replica_costs_at_most_what_the_server_sends_again() {
    let (root, at, sound) = (directory(), directory(), directory());
    let (server, device) = shift_in(at.path());
    // As a power cut leaves the files.
    copy(at.path(), root.path());
    copy(at.path(), sound.path());
    drop(device);
    let before = picture(sound.path());
    let log = fs::read(root.path().join(LOG)).expect("a log");
    let pages = pages(&log);
    assert!(pages.len() > 50, "{} pages", pages.len());
    let places = pages.iter().zip(0..).step_by(2).map(|(page, n)| page.start + n * 97 % page.len());
    let mut older = 0;
    // And one in the header.
    for (n, at) in places.chain([16]).enumerate() {
        let damaged = directory();
        copy(root.path(), damaged.path());
        let mut flipped = log.clone();
        flipped[at] ^= 1 << (n % 8);
        fs::write(damaged.path().join(LOG), flipped).expect("written");
        let what = format!("byte {at} of {}", log.len());
        older +=
            usize::from(is_as_of_some_moment(open(damaged.path()), root.path(), &server, &before, &what));
    }
    assert!(older > pages.len() / 3, "only {older} were noticed in {} pages", pages.len());
}

/// Flips a byte of a file that is open.
fn flip(file: &Path, bytes: &[u8], at: usize, bit: usize) {
    let mut open = File::options().write(true).open(file).expect("a file");
    open.seek(SeekFrom::Start(at as u64)).expect("there");
    open.write_all(&[bytes[at] ^ (1 << bit)]).expect("written");
}

#[test]
fn a_byte_flipped_in_the_replica_while_it_is_open_is_never_shown_and_costs_nothing_entered() {
    let root = directory();
    let (server, device) = shift_in(root.path());
    drop(device);
    let before = picture(root.path());
    let entry = || Request::Command(report(1, 10, 4, 0));
    // The same on sound files.
    let (sound, entered, waits, waits_then) = {
        let at = directory();
        copy(root.path(), at.path());
        let (mut driver, sound) = answers(at.path());
        let waits = unsent(driver.replica().expect("open"));
        let entered = ask(&mut driver, 90, entry());
        assert!(matches!(entered, Ok(Reply::Saved(_))), "{entered:?}");
        (sound, entered, waits, unsent(driver.replica().expect("open")))
    };
    assert_eq!((waits.len() + 1, waits.is_empty()), (waits_then.len(), false));
    assert!(sound.iter().all(Result::is_ok), "{sound:?}");
    let bytes = fs::read(root.path().join(REPLICA)).expect("read");
    let (mut noticed_by_a_question, mut noticed_by_an_entry) = (0, 0);
    for place in (0..PLACES).filter(|place| place % 4 < 2) {
        let at = place * bytes.len() / PLACES + place % 97;
        let damaged = directory();
        copy(root.path(), damaged.path());
        let mut driver = open(damaged.path());
        flip(&damaged.path().join(REPLICA), &bytes, at, place % 8);
        // Half of the time a person enters something before anything is looked at.
        let enters_first = place % 2 == 0;
        let mut is_dropped = false;
        let mut waits_now = &waits;
        if enters_first {
            let told = ask(&mut driver, 90, entry());
            if is_rebuilt(&told) {
                (is_dropped, noticed_by_an_entry) = (true, noticed_by_an_entry + 1);
            } else {
                assert_eq!(told, entered, "byte {at}");
                waits_now = &waits_then;
            }
        } else {
            for (told, sound) in ask_all(&mut driver).iter().zip(&sound) {
                if !is_dropped && is_rebuilt(told) {
                    (is_dropped, noticed_by_a_question) = (true, noticed_by_a_question + 1);
                } else if !is_dropped {
                    assert_eq!(told, sound, "byte {at}");
                }
            }
        }
        let replica = driver.replica().expect("a replica, the old one or a new one");
        assert_eq!(&unsent(replica), waits_now, "byte {at}");
        if is_dropped {
            assert!(replica.cursors().expect("reads").iter().all(|cursor| cursor.seq == 0), "byte {at}");
            let mut device = Device::again(driver.into_replica().expect("open"), 2);
            device.pull(&server);
            assert_eq!(device.picture(), before, "byte {at}");
            // What was not saved is entered again, and counts with the rest.
            device.now = device.now.plus_millis(3_600_000);
            let mut server = server.clone();
            device.must(report(1, 10, 4, 0));
            device.sync(&mut server);
            assert!(device.outbox().is_empty(), "byte {at}");
            assert_eq!(server.good(order(1), 10), whole(5 + 2 + 4));
            assert_eq!(server.good(order(2), 10), whole(3));
        }
    }
    assert!(noticed_by_a_question > PLACES / 16, "only {noticed_by_a_question}");
    assert!(noticed_by_an_entry > PLACES / 16, "only {noticed_by_an_entry}");
}

/// Whether an answer says that the replica is damaged, for which the driver drops it.
fn is_rebuilt(told: &Result<Reply, HostError>) -> bool {
    matches!(told, Err(HostError::Storage { message }) if message.contains("damaged"))
}

/// The files after a power cut, with a log that began anew and was copied into the file itself; and what they
/// showed.
fn with_a_copied_log() -> (tempfile::TempDir, Server, Value) {
    let (root, at, sound) = (directory(), directory(), directory());
    let (mut server, mut sue) = floor();
    let mut ann = ann_in(at.path(), &mut server);
    ann.must(start(1, 10));
    ann.must(report(1, 10, 5, 1));
    ann.must(pause(1, 10));
    ann.sync(&mut server);
    crate::connection::copy_log(&ann.replica.replica).expect("copied");
    for n in 2..6 {
        for command in [create(n, 20), release(n), start(n, 10), pause(n, 10)] {
            sue.must(command);
        }
        sue.sync(&mut server);
        ann.pull(&server);
    }
    sue.must(receive(7));
    sue.sync(&mut server);
    ann.pull(&server);
    ann.must(report(1, 10, 2, 0));
    crate::connection::copy_log(&ann.replica.replica).expect("copied");
    copy(at.path(), root.path());
    copy(at.path(), sound.path());
    let before = picture(sound.path());
    (root, server, before)
}

/// Opens the files with a byte flipped in each page of the log, one after the other.
fn with_each_page_flipped(root: &Path, mut look: impl FnMut(Driver, &str)) {
    let log = fs::read(root.join(LOG)).expect("a log");
    for (page, n) in pages(&log).iter().zip(0..) {
        let at = page.start + n * 97 % page.len();
        let damaged = directory();
        copy(root, damaged.path());
        let mut flipped = log.clone();
        flipped[at] ^= 1 << (n % 8);
        fs::write(damaged.path().join(LOG), flipped).expect("written");
        look(open(damaged.path()), &format!("byte {at} of {}", log.len()));
    }
}

#[test]
fn a_replica_with_a_byte_flipped_in_its_log_takes_in_the_feed_or_is_found_to_be_damaged() {
    let (root, server, before) = with_a_copied_log();
    with_each_page_flipped(root.path(), |driver, what| {
        let mut device = Device::again(driver.into_replica().expect("open"), 2);
        for mut cursor in device.replica.cursors().expect("reads") {
            while let Some(batch) = server.batch(cursor, 7) {
                match device.replica.apply(batch) {
                    Ok(applied) => cursor.seq = applied.seq,
                    Err(error) => {
                        // What the driver asks before it rebuilds the replica.
                        let is_found =
                            error.is_replica_damaged() || crate::check::replica(&device.replica).is_err();
                        assert!(is_found, "{what}: {error:?}, at every connection from now on");
                        return;
                    }
                }
            }
        }
        assert_eq!(device.picture(), before, "{what}");
    });
}
