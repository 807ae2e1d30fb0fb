//! The replica is on the disk before the outbox forgets what it holds.

use std::sync::{Arc, Mutex};

use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use shared_model::sync::client::Link;
use shared_model::sync::wire::{Cursor, Verdict};

use super::plant::*;

/// What the replica's connection did that has to do with the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Did {
    WaitsFromHere,
    WaitsNoMore,
    Checkpoint,
    Commit,
}

type Log = Arc<Mutex<Vec<Did>>>;

fn watch(device: &Device) -> Log {
    let log = Log::default();
    let to = Arc::clone(&log);
    let note = move |context: AuthContext<'_>| {
        let did = match context.action {
            AuthAction::Pragma { pragma_name: "synchronous", pragma_value: Some(value) } => {
                Some(if value == "full" { Did::WaitsFromHere } else { Did::WaitsNoMore })
            }
            AuthAction::Pragma { pragma_name: "wal_checkpoint", .. } => Some(Did::Checkpoint),
            _ => None,
        };
        to.lock().expect("a log").extend(did);
        Authorization::Allow
    };
    device.replica.replica.authorizer(Some(note)).expect("watched");
    let to = Arc::clone(&log);
    let commits = move || {
        to.lock().expect("a log").push(Did::Commit);
        false
    };
    device.replica.replica.commit_hook(Some(commits)).expect("watched");
    log
}

fn seen(log: &Log) -> Vec<Did> {
    std::mem::take(&mut *log.lock().expect("a log"))
}

fn plant_cursor(device: &Device) -> Cursor {
    device.replica.cursors().expect("enrolled")[1]
}

#[test]
fn a_batch_with_own_commands_is_on_the_disk_before_the_outbox_forgets_them() {
    let (mut server, _) = floor();
    let mut ann = Device::ready(&mut server, 2, ANN_OPERATOR);
    for _ in 0..20 {
        ann.must(report(1, 10, 1, 0));
    }
    let verdicts = ann.push(&mut server);
    ann.replica.settle(verdicts).expect("settled");
    let log = watch(&ann);
    let batch = server.batch(plant_cursor(&ann), 1000).expect("a batch");
    ann.replica.apply(batch).expect("applied");
    assert!(ann.outbox().is_empty());
    assert_eq!(seen(&log), [Did::WaitsFromHere, Did::Commit, Did::WaitsNoMore], "once for all of them");
}

#[test]
fn a_batch_of_others_and_a_press_of_a_button_do_not_wait_for_the_replica() {
    let (mut server, mut sue) = floor();
    let mut ann = Device::ready(&mut server, 2, ANN_OPERATOR);
    sue.must(report(1, 10, 1, 0));
    sue.sync(&mut server);
    let log = watch(&ann);
    ann.must(start(1, 10));
    let batch = server.batch(plant_cursor(&ann), 1000).expect("a batch");
    ann.replica.apply(batch).expect("applied");
    assert_eq!(seen(&log), [Did::Commit, Did::Commit]);
}

#[test]
fn a_verdict_on_what_the_feed_brought_before_waits_for_the_replica() {
    let (mut server, _) = floor();
    let mut ann = Device::ready(&mut server, 2, ANN_OPERATOR);
    let pressed = ann.must(start(1, 10)).command;
    let log = watch(&ann);
    let seq = plant_cursor(&ann).seq;
    ann.replica.settle(vec![(pressed, Verdict::Accepted { seq })]).expect("settled");
    assert!(ann.unsent().is_empty());
    assert_eq!(seen(&log), [Did::Checkpoint, Did::Commit]);
}

#[test]
fn what_is_healed_after_a_crash_is_on_the_disk_before_the_outbox_forgets_it() {
    let (mut server, mut sue) = floor();
    sue.must(report(1, 10, 5, 0));
    sue.push(&mut server);
    sue.replica.crash_between_commits = true;
    let batch = server.batch(plant_cursor(&sue), 1000).expect("a batch");
    sue.replica.apply(batch).expect("applied");
    sue.replica.crash_between_commits = false;
    let log = watch(&sue);
    sue.replica.heal().expect("healed");
    assert!(sue.outbox().is_empty());
    assert_eq!(seen(&log), [Did::Checkpoint, Did::Commit]);
}

#[test]
fn a_device_with_a_full_disk_does_not_say_that_it_is_online_when_it_is_not() {
    let (_, mut device) = floor();
    let (now, _) = device.later();
    device.replica.set_link(Link::Online, now).expect("written");
    device.replica.replica.pragma_update(None, "query_only", true).expect("a setting");
    device.replica.set_link(Link::Offline, now).expect_err("nothing can be written");
    assert_eq!(device.replica.status().expect("a status").link, Link::Offline);
}
