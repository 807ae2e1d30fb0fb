//! When the screens hear of changes: at once, and then not more often than they can draw.

use shared_model::host::{Event, Message, SyncStatus};
use shared_model::time::Timestamp;

use super::Effect;
use crate::Replica;

/// The initial sync changes the replica hundreds of times; ten pictures a second are enough.
const PAUSE_MILLIS: i64 = 100;

#[derive(Default)]
pub struct Teller {
    /// Nothing has happened since the last word.
    is_quiet: bool,
    told_at: Option<Timestamp>,
    revision: Option<u64>,
    status: Option<SyncStatus>,
}

impl Teller {
    /// Something may have changed.
    pub fn touch(&mut self) {
        self.is_quiet = false;
    }

    /// When there is something to tell that had to wait.
    pub fn due_at(&self) -> Option<Timestamp> {
        self.told_at.filter(|_| !self.is_quiet).map(|at| at.plus_millis(PAUSE_MILLIS))
    }

    pub fn tell(&mut self, now: Timestamp, replica: &Replica) -> Vec<Effect> {
        let since = self.told_at.map(|at| now.millis_since(at));
        // A clock that was set back does not make it wait for its old time.
        let is_early = since.is_some_and(|millis| (0..PAUSE_MILLIS).contains(&millis));
        if self.is_quiet || is_early {
            return Vec::new();
        }
        self.is_quiet = true;
        let mut events = Vec::new();
        let revision = replica.revision();
        if self.revision.replace(revision) != Some(revision) {
            events.push(Event::Changed { revision });
        }
        match replica.status() {
            Ok(status) if self.status.as_ref() != Some(&status) => {
                self.status = Some(status.clone());
                events.push(Event::Status(status));
            }
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "the status cannot be read"),
        }
        if !events.is_empty() {
            self.told_at = Some(now);
        }
        events.into_iter().map(|event| Effect::Tell(Message::Event(event))).collect()
    }
}
