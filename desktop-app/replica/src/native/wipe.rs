//! Emptying a directory. A note says that it has begun, before the first thing goes: a crash at any step is
//! made up for when the directory is opened again. The note stays, to tell people what happened.

use std::fs;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};
use shared_model::host::Wiped;

use super::directory::{DAMAGED, remove_with_log};
use super::key;
use crate::sealed::Database;

const FILE: &str = "wiped";
const UNFINISHED: &str = "wiped.new";

/// What people entered goes first.
const FILES: [&str; 5] = [
    Database::Outbox.name(),
    Database::Outbox.old_name(),
    Database::Replica.name(),
    Database::Replica.old_name(),
    DAMAGED,
];

#[derive(Serialize, Deserialize)]
struct Note {
    /// Nothing is left.
    is_done: bool,
    wiped: Wiped,
}

/// Removes the key, and then the files. What is in the directory beside them is left.
///
/// # Errors
/// When something is still there.
pub fn wipe(directory: &Path, wiped: &Wiped) -> io::Result<()> {
    write(directory, &Note { is_done: false, wiped: wiped.clone() })?;
    finish(directory)
}

/// Goes on with what was begun, if anything was.
///
/// # Errors
/// When something is still there.
pub fn finish(directory: &Path) -> io::Result<()> {
    let Some(note) = read(directory)?.filter(|note| !note.is_done) else { return Ok(()) };
    // A keychain that does not answer is no reason to leave the files.
    let key = key::remove(directory);
    FILES.iter().try_for_each(|name| remove_with_log(directory, name))?;
    key::sync_directory(directory)?;
    key?;
    write(directory, &Note { is_done: true, ..note })
}

/// What the last wipe left to tell.
pub fn last(directory: &Path) -> Option<Wiped> {
    read(directory).ok().flatten().map(|note| note.wiped)
}

fn read(directory: &Path) -> io::Result<Option<Note>> {
    match fs::read_to_string(directory.join(FILE)) {
        Ok(text) => serde_json::from_str(&text).map(Some).map_err(io::Error::other),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn write(directory: &Path, note: &Note) -> io::Result<()> {
    let text = serde_json::to_string(note).map_err(io::Error::other)?;
    key::write_whole(directory, FILE, UNFINISHED, &text)
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use shared_model::time::Timestamp;
    use tempfile::TempDir;

    use super::*;
    use crate::driver::Files;
    use crate::native::Directory;
    use crate::tests::plant::{ANN_OPERATOR, Device, floor, start};
    use crate::{OpenError, Replica};

    fn wiped() -> Wiped {
        Wiped { plant: "Plant 1".to_owned(), at: Timestamp::from_millis(1_790_000_000_000) }
    }

    /// A device with work, and a replica that was set aside before.
    fn used() -> TempDir {
        let root = tempfile::tempdir().expect("a directory");
        let mut files = Directory::open(root.path(), false).expect("opens");
        files.unlock().expect("unlocked");
        let (outbox, replica) = (files.open_outbox().expect("opens"), files.open_replica().expect("opens"));
        let (mut server, _) = floor();
        let mut ann = Device::on(outbox, replica, 2, ANN_OPERATOR);
        ann.sync(&mut server);
        ann.must(start(1, 10));
        fs::write(root.path().join(DAMAGED), "damaged").expect("written");
        fs::write(root.path().join("notes.txt"), "of somebody else").expect("written");
        root
    }

    fn names(root: &Path) -> Vec<String> {
        let entries = fs::read_dir(root).expect("a directory");
        let mut names: Vec<String> = entries
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    fn opened(root: &Path) -> Result<Replica, OpenError> {
        let mut files = Directory::open(root, false).expect("opens");
        files.unlock()?;
        let (outbox, replica) = (files.open_outbox().expect("opens"), files.open_replica().expect("opens"));
        Replica::open(outbox, replica)
    }

    #[test]
    fn nothing_of_the_device_is_left_and_nothing_else_is_touched() {
        let root = used();
        assert!(names(root.path()).len() > 4, "{:?}", names(root.path()));
        wipe(root.path(), &wiped()).expect("wiped");
        assert_eq!(names(root.path()), ["lock", "notes.txt", FILE]);
        assert_eq!(last(root.path()), Some(wiped()));
        let anew = opened(root.path()).expect("opens");
        assert!(anew.enrollment().is_none() && anew.unsent(0, 10).expect("reads").is_empty());
        drop(anew);
        // The files of the device that begins anew stay.
        assert_eq!(last(root.path()), Some(wiped()));
        let key = fs::read(root.path().join("key")).expect("a key");
        opened(root.path()).expect("opens");
        assert_eq!(fs::read(root.path().join("key")).expect("a key"), key);
    }

    #[test]
    fn a_wipe_that_a_crash_cut_off_goes_on_when_the_directory_is_opened() {
        for steps in 0..=FILES.len() + 1 {
            let root = used();
            write(root.path(), &Note { is_done: false, wiped: wiped() }).expect("written");
            if steps > 0 {
                key::remove(root.path()).expect("removed");
            }
            for name in FILES.iter().take(steps.saturating_sub(1)) {
                remove_with_log(root.path(), name).expect("removed");
            }
            let anew = opened(root.path()).expect("opens");
            assert!(anew.enrollment().is_none(), "after {steps} steps");
            assert!(anew.unsent(0, 10).expect("reads").is_empty(), "after {steps} steps");
            assert!(!root.path().join(DAMAGED).exists(), "after {steps} steps");
            assert_eq!(last(root.path()), Some(wiped()));
        }
    }

    #[test]
    fn a_forgotten_copy_of_the_files_cannot_be_opened_any_more() {
        let (root, forgotten) = (used(), tempfile::tempdir().expect("a directory"));
        let copy = |from: &Path, to: &Path| {
            for database in [Database::Outbox, Database::Replica] {
                for suffix in ["", "-wal"] {
                    let name = format!("{}{suffix}", database.name());
                    let (from, to): (PathBuf, PathBuf) = (from.join(&name), to.join(&name));
                    if from.exists() {
                        fs::copy(from, to).expect("copied");
                    }
                }
            }
        };
        copy(root.path(), forgotten.path());
        wipe(root.path(), &wiped()).expect("wiped");
        assert!(matches!(opened(forgotten.path()), Err(OpenError::Locked(_))));
        // Not with the key of the device that begins anew in that place either.
        opened(root.path()).expect("opens");
        copy(forgotten.path(), root.path());
        assert!(matches!(opened(root.path()), Err(OpenError::Locked(_))));
    }
}
