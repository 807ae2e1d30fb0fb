//! The key of the files: in the operating system's keychain, or, where there is none, in a file beside
//! them. The file `key` says which; it is written before the first encrypted file is made.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use keyring::{Entry, Error};
use uuid::Uuid;

use super::edge;
use crate::OpenError;
use crate::sealed::DataKey;

const FILE: &str = "key";
const UNFINISHED: &str = "key.new";
/// What the keychain shows as the name of the application.
const SERVICE: &str = "Unison";
/// So long somebody may take to unlock it.
const PATIENCE: Duration = Duration::from_secs(120);

/// Where the key of a device is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyPlace {
    /// The operating system gives it to whoever is signed in.
    Keychain,
    /// Beside the data: whoever reads the directory reads the data.
    File,
}

/// Where the key of the data in a directory is; none before it was first used.
#[must_use]
pub fn key_place(directory: &Path) -> Option<KeyPlace> {
    match read(directory).ok().flatten()? {
        Kept::Keychain(_) => Some(KeyPlace::Keychain),
        Kept::File(_) => Some(KeyPlace::File),
    }
}

/// Whether keys may go to the operating system's keychain. `UNISON_KEYCHAIN=off` says no, for machines
/// where nobody can unlock it.
#[must_use]
pub fn is_keychain_wanted() -> bool {
    std::env::var_os("UNISON_KEYCHAIN").is_none_or(|value| value != "off")
}

enum Kept {
    /// Under this name.
    Keychain(String),
    File(DataKey),
}

/// The key of a directory. Makes one where nothing is encrypted yet.
pub fn find_or_make(
    directory: &Path,
    is_keychain_wanted: bool,
    is_needed: bool,
) -> Result<DataKey, OpenError> {
    let locked = |problem: String| OpenError::Locked(problem);
    let unreadable =
        |error: io::Error| locked(format!("the file \"{FILE}\" beside the data cannot be read ({error})"));
    match read(directory).map_err(unreadable)? {
        Some(Kept::File(key)) => Ok(key),
        Some(Kept::Keychain(name)) => from_keychain(&name).map_err(locked),
        None if is_needed => Err(locked(format!(
            "the file \"{FILE}\" beside the data is lost, without which the data cannot be read; nothing was removed, \
             ask whoever looks after this device"
        ))),
        None => make(directory, is_keychain_wanted)
            .map_err(|error| locked(format!("a key for the data cannot be kept ({error})"))),
    }
}

fn from_keychain(name: &str) -> Result<DataKey, String> {
    let kept = ask(name, Entry::get_secret).map_err(|problem| match problem {
        Problem::Said(Error::NoEntry) => {
            "the key of the data is no longer in the operating system's keychain, and without it the data \
             cannot be read; nothing was removed, ask whoever looks after this device"
                .to_owned()
        }
        problem => format!(
            "the operating system's keychain, where the key of the data is, does not answer ({problem}); unlock it, \
             and start Unison again"
        ),
    })?;
    let key = kept.try_into().map_err(|_| "what the keychain has is not the key of the data".to_owned())?;
    Ok(DataKey::new(key))
}

/// Why a keychain gives nothing.
#[derive(Debug, thiserror::Error)]
enum Problem {
    #[error(transparent)]
    Said(Error),
    #[error("nothing came for {} minutes", PATIENCE.as_secs() / 60)]
    Silence,
}

/// What the keychain says of an entry. Where it is locked and there is nobody to be asked for the password, it
/// waits for ever.
fn ask<T: Send + 'static>(
    name: &str,
    work: impl FnOnce(&Entry) -> Result<T, Error> + Send + 'static,
) -> Result<T, Problem> {
    let name = name.to_owned();
    let said = in_time(PATIENCE, move || work(&Entry::new(SERVICE, &name)?));
    said.ok_or(Problem::Silence)?.map_err(Problem::Said)
}

/// What comes of work that may never end; none where it takes too long. Then its thread goes on waiting.
fn in_time<T: Send + 'static>(patience: Duration, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let (done, outcome) = mpsc::channel();
    std::thread::spawn(move || {
        // Nobody listens any more where it took too long.
        let _ = done.send(work());
    });
    outcome.recv_timeout(patience).ok()
}

fn make(directory: &Path, is_keychain_wanted: bool) -> io::Result<DataKey> {
    let mut bytes = [0; 32];
    edge::random(&mut bytes);
    let key = DataKey::new(bytes);
    let mut name = [0; 16];
    edge::random(&mut name);
    let name = Uuid::from_bytes(name).to_string();
    let text = match is_keychain_wanted && keep_in_keychain(&name, &key) {
        true => format!("keychain {name}\n"),
        false => format!("file {}\n", STANDARD.encode(key.bytes())),
    };
    write(directory, &text)?;
    Ok(key)
}

/// Whether it is there: it was read back.
fn keep_in_keychain(name: &str, key: &DataKey) -> bool {
    let secret = key.clone();
    let kept = ask(name, move |entry| {
        entry.set_secret(secret.bytes())?;
        entry.get_secret()
    });
    match kept {
        Ok(kept) => kept == key.bytes(),
        Err(error) => {
            tracing::info!(%error, "no keychain can be used; the key is kept in a file beside the data");
            false
        }
    }
}

/// Removes the key for good. Again, it changes nothing.
///
/// # Errors
/// When it is still there.
pub fn remove(directory: &Path) -> io::Result<()> {
    // What does not say where the key is names no entry of a keychain either.
    if let Some(Kept::Keychain(name)) = read(directory).unwrap_or_default() {
        match ask(&name, Entry::delete_credential) {
            Ok(()) | Err(Problem::Said(Error::NoEntry)) => {}
            Err(error) => return Err(io::Error::other(error)),
        }
    }
    for name in [FILE, UNFINISHED] {
        overwrite(&directory.join(name))?;
    }
    sync_directory(directory)
}

/// Overwrites a small file before it is removed. (A flash disk may keep the old page a while.)
fn overwrite(path: &Path) -> io::Result<()> {
    let mut file = match OpenOptions::new().write(true).open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    let length = usize::try_from(file.metadata()?.len()).unwrap_or_default().min(4096);
    file.write_all(&vec![0; length])?;
    file.sync_all()?;
    fs::remove_file(path)
}

fn read(directory: &Path) -> io::Result<Option<Kept>> {
    let text = match fs::read_to_string(directory.join(FILE)) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let kept = match text.trim_end().split_once(' ') {
        Some(("keychain", name)) => Some(Kept::Keychain(name.to_owned())),
        Some(("file", key)) => {
            let bytes = STANDARD.decode(key).ok().and_then(|bytes| bytes.try_into().ok());
            bytes.map(|bytes| Kept::File(DataKey::new(bytes)))
        }
        _ => None,
    };
    kept.map(Some).ok_or_else(|| io::Error::other("it does not say where the key is"))
}

fn write(directory: &Path, text: &str) -> io::Result<()> {
    write_whole(directory, FILE, UNFINISHED, text)
}

/// Whole or not at all, and on the disk when this returns.
pub(super) fn write_whole(directory: &Path, name: &str, unfinished: &str, text: &str) -> io::Result<()> {
    let unfinished = directory.join(unfinished);
    let mut options = OpenOptions::new();
    options.create(true).truncate(true).write(true);
    private(&mut options);
    let mut file = options.open(&unfinished)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&unfinished, directory.join(name))?;
    sync_directory(directory)
}

/// So that a name that was added or removed stays so when the power goes.
#[cfg(unix)]
pub(super) fn sync_directory(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}

/// Other systems do not open directories.
#[cfg(not(unix))]
pub(super) fn sync_directory(_directory: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(unix)]
fn private(options: &mut OpenOptions) {
    use std::os::unix::fs::OpenOptionsExt;
    options.mode(0o600);
}

#[cfg(not(unix))]
fn private(_options: &mut OpenOptions) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_keychain_that_nobody_unlocks_is_not_waited_for_for_ever() {
        let (_never, waits) = mpsc::channel::<()>();
        assert_eq!(in_time(Duration::from_millis(20), move || waits.recv()), None);
        assert_eq!(in_time(PATIENCE, || 7), Some(7));
    }
}
