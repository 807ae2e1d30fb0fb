//! Opening the files again for which there was no room. A replica that is to be fetched anew, on a disk that has
//! become full, would else stay closed until somebody starts the app again.

use shared_model::time::Timestamp;

use super::{Driver, files};

const EVERY_MILLIS: i64 = 5_000;

impl Driver {
    pub(super) fn reopen(&mut self, now: Timestamp) {
        if !self.replica.as_ref().is_err_and(|closed| closed.is_full) {
            self.reopens_at = None;
            return;
        }
        let waits = self.reopens_at.is_some_and(|at| {
            // A clock that was set back does not make it wait for its old time.
            (1..=EVERY_MILLIS).contains(&at.millis_since(now))
        });
        if waits {
            return;
        }
        let is_first = self.reopens_at.replace(now.plus_millis(EVERY_MILLIS)).is_none();
        if is_first {
            return;
        }
        self.replica = files::open(&mut *self.files, self.setup.storage);
        if self.replica.is_ok() {
            self.reopens_at = None;
            self.show_comparison();
            self.tell_that_all_changed();
            self.wake(now);
        }
    }
}
