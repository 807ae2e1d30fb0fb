//! What is said when there is no replica to ask: no request is answered from memory.

use shared_model::host::{HostError, Reply, Request, Session, Storage};

/// Why the files are not open.
#[derive(Clone, Debug)]
pub struct Closed {
    pub storage: Storage,
    pub error: HostError,
    /// There was no room to open them, which there may be in a moment.
    pub(super) is_full: bool,
}

impl Default for Closed {
    fn default() -> Self {
        Self::storage("its files are not open")
    }
}

impl Closed {
    /// Nothing can be kept, for a reason that is a sentence without its subject and its full stop.
    #[must_use]
    pub fn storage(problem: &str) -> Self {
        let error = HostError::Storage { message: problem.to_owned() };
        Self { storage: Storage::Unavailable, error, is_full: false }
    }

    /// There is no room for the files.
    pub(super) fn full() -> Self {
        let problem = "its storage is full; make room on it, and it goes on by itself";
        Self { is_full: true, ..Self::storage(problem) }
    }

    /// The damaged or outdated replica is still there.
    pub(super) fn still_there(error: &std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::StorageFull => Self::full(),
            _ => Self::storage(&error.to_string()),
        }
    }

    /// The files cannot be read, and are left as they are; why, as for [`Self::storage`].
    #[must_use]
    pub fn locked(problem: &str) -> Self {
        Self { storage: Storage::Locked, ..Self::storage(problem) }
    }

    /// The session says how it stands with the storage, so that a screen can show it. All else fails.
    ///
    /// # Errors
    /// The reason for which the files are closed.
    pub fn answer(&self, request: &Request) -> Result<Reply, HostError> {
        match (request, &self.error) {
            (Request::Session, HostError::Storage { .. }) => {
                Ok(Reply::Session(Session { storage: self.storage, ..Session::default() }))
            }
            _ => Err(self.error.clone()),
        }
    }
}
