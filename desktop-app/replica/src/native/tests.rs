use std::fs;
use std::path::Path;

use shared_model::host::{HostError, Outbox, Query, Reply, Request, Session, Storage};

use super::{Directory, DirectoryError, Host, Options, StartError};
use crate::driver::Files;
use crate::tests::plant::{Device, SUE_SUPERVISOR, Server, receive};

fn start(directory: &Path) -> Result<Host, StartError> {
    Host::start(Options { directory: directory.to_owned(), is_networked: false, is_keychain_wanted: false })
}

/// A directory of a device with one entry that was not sent.
fn one_unsent() -> tempfile::TempDir {
    let root = tempfile::tempdir().expect("a directory");
    let mut directory = Directory::open(root.path(), false).expect("free");
    directory.unlock().expect("a new key");
    let outbox = directory.open_outbox().expect("opens");
    let replica = directory.open_replica().expect("opens");
    let mut device = Device::on(outbox, replica, 1, SUE_SUPERVISOR);
    device.sync(&mut Server::new());
    device.must(receive(5));
    root
}

async fn unsent(host: &Host) -> usize {
    match host.call(Request::Query(Query::Outbox(Outbox {}))).await {
        Ok(Reply::View(view)) => view.as_array().expect("rows").len(),
        other => panic!("no outbox: {other:?}"),
    }
}

/// Overwrites the middle of a file, as a failing disk does.
fn damage(file: &Path) {
    let mut bytes = fs::read(file).expect("a file");
    let end = bytes.len();
    bytes[100..end].fill(0xA5);
    fs::write(file, bytes).expect("written");
}

#[tokio::test]
async fn two_processes_do_not_share_a_directory() {
    let root = tempfile::tempdir().expect("a directory");
    let host = start(root.path()).expect("free");
    let error = start(root.path()).err().expect("in use");
    assert!(matches!(error, StartError::Directory(DirectoryError::InUse(_))));
    assert!(error.to_string().ends_with("is in use by another Unison; close that one first"), "{error}");
    host.close().await;
    start(root.path()).expect("free again").close().await;
}

#[tokio::test]
async fn what_was_entered_is_there_after_a_restart() {
    let root = one_unsent();
    let host = start(root.path()).expect("starts");
    assert_eq!(unsent(&host).await, 1);
    host.close().await;
    assert!(matches!(host.call(Request::Session).await, Err(HostError::Internal { .. })));
}

#[tokio::test]
async fn a_damaged_replica_is_set_aside_and_what_was_entered_stays() {
    let root = one_unsent();
    damage(&root.path().join("replica.sealed.db"));
    let host = start(root.path()).expect("starts");
    assert_eq!(unsent(&host).await, 1);
    assert!(root.path().join("replica-damaged.db").exists());
    host.close().await;
}

#[test]
fn where_there_is_no_room_the_replica_that_was_set_aside_goes_first() {
    let root = one_unsent();
    let mut files = Directory::open(root.path(), false).expect("opens");
    files.set_replica_aside().expect("set aside");
    assert!(root.path().join("replica-damaged.db").exists());
    files.make_room();
    files.make_room();
    assert!(!root.path().join("replica-damaged.db").exists());
    assert!(root.path().join("outbox.sealed.db").exists());
}

#[tokio::test]
async fn a_damaged_outbox_is_left_as_it_is_and_nothing_is_entered_over_it() {
    let root = one_unsent();
    let outbox = root.path().join("outbox.sealed.db");
    damage(&outbox);
    let before = fs::read(&outbox).expect("a file");
    let host = start(root.path()).expect("starts");
    let session = Session { storage: Storage::Locked, ..Session::default() };
    assert_eq!(host.call(Request::Session).await, Ok(Reply::Session(session)));
    let refused = host.call(Request::Command(receive(1))).await.expect_err("nothing is saved").to_string();
    assert!(
        refused.contains("the key is another one, or the file is damaged; it was left as it is"),
        "{refused}"
    );
    host.close().await;
    assert_eq!(fs::read(&outbox).expect("a file"), before);
}

#[cfg(unix)]
#[test]
fn nobody_else_on_the_machine_reads_the_key_of_a_device() {
    use std::os::unix::fs::PermissionsExt;
    let root = one_unsent();
    let mode = fs::metadata(root.path()).expect("a directory").permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
}
