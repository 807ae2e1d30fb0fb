//! What is said when there is no replica to ask: no request is answered from memory.

use shared_model::host::{HostError, Reply, Request, Session, Storage};

/// Why the files are not open.
#[derive(Clone, Debug)]
pub struct Closed {
    pub storage: Storage,
    pub error: HostError,
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
        Self { storage: Storage::Unavailable, error }
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
