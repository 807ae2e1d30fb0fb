//! Power cuts between the two commits, damaged files, files of other versions.

use rusqlite::Connection;
use shared_model::refusal::Refusal;

use super::plant::*;
use crate::{OpenError, Replica};

#[test]
fn a_command_survives_a_crash_before_the_replica_has_it() {
    let (mut server, _) = floor();
    let mut ann = Device::ready(&mut server, 2, ANN_OPERATOR);
    ann.must(start(1, 10));
    ann.replica.crash_between_commits = true;
    ann.must(report(1, 10, 48, 0));
    let mut ann = ann.reopen();
    assert_eq!(ann.order(order(1)).operations[0].output.good, whole(48));
    assert_eq!(ann.stock_of(STEEL).row.on_hand, whole(904));
    ann.sync(&mut server);
    assert_eq!(server.good(order(1), 10), whole(48));
    assert!(ann.outbox().is_empty());
}

#[test]
fn a_replica_that_could_not_be_written_is_healed_with_the_next_command() {
    let (mut server, _) = floor();
    let mut ann = Device::ready(&mut server, 2, ANN_OPERATOR);
    ann.replica.crash_between_commits = true;
    ann.must(start(1, 10));
    ann.replica.crash_between_commits = false;
    ann.must(report(1, 10, 48, 0));
    assert_eq!(ann.order(order(1)).operations[0].working, ["Ann"]);
    assert_eq!(ann.picture(), ann.reopen().picture());
}

#[test]
fn what_the_feed_brought_back_is_not_doubled_by_a_crash_before_the_outbox_lets_go() {
    let (mut server, mut sue) = floor();
    // Both kinds: with facts, and with a change of the document only.
    sue.must(report(1, 10, 5, 0));
    sue.must(shared_model::command::Command::AssignWorkOrder {
        order: order(1),
        assignee: Some(id(ANN_OPERATOR)),
        seen: None,
    });
    sue.push(&mut server);
    sue.replica.crash_between_commits = true;
    let cursor = sue.replica.cursors().expect("enrolled")[1];
    sue.replica.apply(server.batch(cursor, 1000).expect("a batch")).expect("applied");
    let mut sue = sue.reopen();
    assert!(sue.outbox().is_empty());
    assert!(sue.unsent().is_empty());
    assert_eq!(sue.order(order(1)).operations[0].output.good, whole(5));
    assert_eq!(sue.stock_of(STEEL).row.on_hand, whole(990));
    sue.sync(&mut server);
    assert_eq!(sue.picture(), sue.reopen().picture());
}

#[test]
fn a_verdict_survives_a_crash_before_the_replica_shows_it() {
    let (mut server, _) = floor();
    let mut ann = Device::ready(&mut server, 2, ANN_OPERATOR);
    let started = ann.must(start(1, 10)).command;
    ann.must(finish(1, 10));
    server.refuses.insert(started, Refusal::NotSignedIn);
    let verdicts = ann.push(&mut server);
    ann.replica.crash_between_commits = true;
    ann.replica.settle(verdicts).expect("settled");
    let mut ann = ann.reopen();
    assert_eq!(ann.outbox().len(), 2);
    assert!(ann.unsent().is_empty());
    assert_eq!(ann.order(order(1)).row.stage, shared_model::work_order::Stage::Released);
    ann.sync(&mut server);
}

#[test]
fn a_damaged_replica_is_told_apart_from_a_damaged_outbox() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = |name: &str| dir.path().join(name);
    let open = || {
        let connect = |name| Connection::open(path(name)).expect("opens");
        Replica::open(connect("outbox.db"), connect("replica.db"))
    };
    drop(open().expect("opens"));
    let spoil = |name| std::fs::write(path(name), [0x5a; 8192]).expect("written");

    spoil("replica.db");
    assert!(matches!(open(), Err(OpenError::ReplicaDamaged(_))));
    std::fs::remove_file(path("replica.db")).expect("removed");
    drop(open().expect("opens"));
    spoil("outbox.db");
    assert!(matches!(open(), Err(OpenError::OutboxDamaged(_))));
}

#[test]
fn damage_that_shows_only_in_use_asks_for_a_rebuild() {
    let (mut server, _) = floor();
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("replica.db");
    let mut ann = Device::on(memory(), Connection::open(&path).expect("opens"), 2, ANN_OPERATOR);
    ann.sync(&mut server);
    let (outbox, replica) = ann.replica.into_connections();
    drop(replica);
    // Everything behind the first page, which holds the schema, is overwritten.
    let mut bytes = std::fs::read(&path).expect("read");
    bytes[4096..].fill(0x5a);
    std::fs::write(&path, bytes).expect("written");
    let damaged = Replica::open(outbox, Connection::open(&path).expect("opens"))
        .map(|mut replica| replica.command(report(1, 10, 1, 0), ann.now, [9; 16]));
    match damaged {
        Err(OpenError::ReplicaDamaged(_)) => {}
        Ok(Err(error)) => assert!(error.to_string().contains("damaged"), "{error}"),
        other => panic!("the damage was not seen: {:?}", other.map(|_| ())),
    }
}

#[test]
fn files_of_a_newer_app_ask_for_an_update_and_are_not_touched() {
    for newer in ["outbox", "replica"] {
        let (outbox, replica) = (memory(), memory());
        let spoiled = if newer == "outbox" { &outbox } else { &replica };
        spoiled.pragma_update(None, "user_version", 99).expect("written");
        assert!(matches!(Replica::open(outbox, replica), Err(OpenError::Newer)), "{newer}");
    }
}
