//! Encrypted files: what lies on the disk, taking an older version's files over, keys that do not fit.

use std::cell::RefCell;
use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use serde_json::Value;
use shared_model::command::Command;
use tempfile::TempDir;

use super::plant::*;
use crate::driver::Files;
use crate::native::Directory;
use crate::sealed::{DataKey, Database, Place, make_ready, open};
use crate::{OpenError, Replica};

const NOTE: &str = "Spindle squeals when cold";

fn note() -> Command {
    Command::PauseOperation { order: order(1), operation: 10, reason: None, note: NOTE.to_owned() }
}

/// Work that the server has, and a pause with a note that it has not.
fn work_on(outbox: Connection, replica: Connection) -> Device {
    let (mut server, _) = floor();
    let mut ann = Device::on(outbox, replica, 2, ANN_OPERATOR);
    ann.sync(&mut server);
    ann.must(start(1, 10));
    ann.must(note());
    ann
}

pub(super) fn directory() -> TempDir {
    tempfile::tempdir().expect("a directory")
}

/// What an older version left: files that are not encrypted, and a log that was not played back.
fn old_files(root: &Path) -> Value {
    let before = directory();
    let at = |name| Connection::open(before.path().join(name)).expect("opens");
    let device = work_on(at("outbox.db"), at("replica.db"));
    copy(before.path(), root);
    device.picture()
}

/// As a power cut would leave the files.
pub(super) fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).expect("a directory") {
        let entry = entry.expect("an entry");
        fs::copy(entry.path(), to.join(entry.file_name())).expect("copied");
    }
}

fn has_text(root: &Path, text: &str) -> bool {
    let files = fs::read_dir(root).expect("a directory").map(|entry| entry.expect("an entry").path());
    files.map(|file| fs::read(file).expect("read")).any(|bytes| contains(&bytes, text.as_bytes()))
}

fn contains(bytes: &[u8], text: &[u8]) -> bool {
    bytes.windows(text.len()).any(|window| window == text)
}

pub(super) fn unlocked(root: &Path) -> Directory {
    let mut directory = Directory::open(root, false).expect("free");
    directory.unlock().expect("unlocked");
    directory
}

/// What the screens of the device in a directory show.
pub(super) fn picture(root: &Path) -> Value {
    let mut files = unlocked(root);
    let replica = Replica::open(files.open_outbox().expect("opens"), files.open_replica().expect("opens"));
    Device::again(replica.expect("opens"), 2).picture()
}

#[test]
fn nothing_that_was_entered_or_fetched_can_be_read_from_the_files() {
    let (sealed, plain) = (directory(), directory());
    old_files(plain.path());
    let mut files = unlocked(sealed.path());
    let device = work_on(files.open_outbox().expect("opens"), files.open_replica().expect("opens"));
    let number = device.order(order(1)).row.number.clone();
    for text in [NOTE, number.as_str(), "SQLite format 3"] {
        assert!(has_text(plain.path(), text), "the test itself finds \"{text}\" where it is not encrypted");
        assert!(!has_text(sealed.path(), text), "\"{text}\" is readable while the files are open");
    }
    drop((device, files));
    for text in [NOTE, number.as_str(), "SQLite format 3"] {
        assert!(!has_text(sealed.path(), text), "\"{text}\" is readable when the files are closed");
    }
}

#[test]
fn the_files_of_an_older_version_are_taken_over_with_all_that_was_entered() {
    let root = directory();
    let before = old_files(root.path());
    assert_eq!(picture(root.path()), before);
    assert!(!has_text(root.path(), NOTE), "the old files are gone");
    assert_eq!(picture(root.path()), before, "and again at the next start");
}

/// A directory whose state before and after each step is kept.
struct Watched {
    root: PathBuf,
    states: RefCell<Vec<TempDir>>,
}

impl Watched {
    fn step<T>(&self, step: impl FnOnce() -> T) -> T {
        self.keep();
        let done = step();
        self.keep();
        done
    }

    fn keep(&self) {
        let state = directory();
        copy(&self.root, state.path());
        self.states.borrow_mut().push(state);
    }
}

impl Place for Watched {
    fn has(&self, name: &str) -> bool {
        self.root.as_path().has(name)
    }

    fn open(&self, name: &str) -> rusqlite::Result<Connection> {
        self.step(|| self.root.as_path().open(name))
    }

    fn address(&self, name: &str) -> String {
        // Asked for in the middle, when the new file has its tables and no rows.
        self.step(|| self.root.as_path().address(name))
    }

    fn remove(&self, name: &str) -> std::io::Result<()> {
        self.keep();
        fs::remove_file(self.root.join(name))?;
        // The file is gone, and its log may not be.
        self.keep();
        fs::write(self.root.join(name), "")?;
        self.root.as_path().remove(name)?;
        self.keep();
        Ok(())
    }
}

#[test]
fn a_crash_at_any_step_of_taking_over_loses_nothing() {
    let root = directory();
    let before = old_files(root.path());
    // The key is there before the first encrypted file.
    drop(Directory::open(root.path(), false).expect("free"));
    let key = DataKey::new([5; 32]);
    let watched = Watched { root: root.path().to_owned(), states: RefCell::default() };
    for database in [Database::Outbox, Database::Replica] {
        make_ready(&watched, database, &key).expect("taken over");
    }
    let states = watched.states.into_inner();
    assert!(states.len() > 15, "only {} steps were looked at", states.len());
    for (n, state) in states.iter().enumerate() {
        for database in [Database::Outbox, Database::Replica] {
            make_ready(&state.path(), database, &key)
                .unwrap_or_else(|error| panic!("after step {n}: {error}"));
        }
        let opened = |database| open(&state.path(), database, &key).expect("opens");
        let replica = Replica::open(opened(Database::Outbox), opened(Database::Replica)).expect("opens");
        assert_eq!(Device::again(replica, 2).picture(), before, "after step {n}");
        assert!(!has_text(state.path(), NOTE), "after step {n} something is readable");
    }
}

#[test]
fn without_its_key_the_outbox_is_left_as_it_is() {
    let root = directory();
    drop(work_in(root.path()));
    let key = root.path().join("key");
    let (kept, outbox) = (fs::read(&key).expect("read"), bytes_of_outbox(root.path()));
    fs::remove_file(&key).expect("removed");
    let problem = locked(root.path());
    assert!(problem.contains("\"key\" beside the data is lost"), "{problem}");
    assert!(problem.contains("nothing was removed"), "{problem}");
    assert!(!key.exists(), "no other key is made over it");
    assert_eq!(bytes_of_outbox(root.path()), outbox);
    fs::write(&key, kept).expect("written");
    unlocked(root.path());
}

#[test]
fn with_another_key_the_outbox_is_left_as_it_is() {
    let (root, other) = (directory(), directory());
    drop(work_in(root.path()));
    drop(work_in(other.path()));
    fs::copy(other.path().join("key"), root.path().join("key")).expect("copied");
    let outbox = bytes_of_outbox(root.path());
    let problem = locked(root.path());
    assert!(problem.contains("the key is another one, or the file is damaged"), "{problem}");
    assert_eq!(bytes_of_outbox(root.path()), outbox);
}

#[test]
fn two_outboxes_are_both_left_for_a_person() {
    let root = directory();
    drop(work_in(root.path()));
    old_files(root.path());
    // Somebody used the older version again.
    let old = Connection::open(root.path().join("outbox.db")).expect("opens");
    old.execute("update device set clock_offset_millis = 7", []).expect("written");
    drop(old);
    let problem = locked(root.path());
    assert!(problem.contains("two files with unsent entries"), "{problem}");
    assert!(root.path().join("outbox.db").exists() && root.path().join("outbox.sealed.db").exists());
}

pub(super) fn work_in(root: &Path) -> Device {
    let mut files = unlocked(root);
    work_on(files.open_outbox().expect("opens"), files.open_replica().expect("opens"))
}

fn bytes_of_outbox(root: &Path) -> Vec<u8> {
    fs::read(root.join("outbox.sealed.db")).expect("read")
}

fn locked(root: &Path) -> String {
    match Directory::open(root, false).expect("free").unlock() {
        Err(OpenError::Locked(problem)) => problem,
        other => panic!("not locked: {other:?}"),
    }
}
