//! Opening the files again for which there was no room. A replica that is to be fetched anew, on a disk that has
//! become full, would else stay closed until somebody starts the app again.

use shared_model::time::Timestamp;

use super::{Driver, files, is_ahead};

const EVERY_MILLIS: i64 = 5_000;

impl Driver {
    pub(super) fn reopen(&mut self, now: Timestamp) {
        if !self.is_without_room() {
            self.reopens_at = None;
            return;
        }
        let next = now.plus_millis(EVERY_MILLIS);
        if is_ahead(*self.reopens_at.get_or_insert(next), now, EVERY_MILLIS) {
            return;
        }
        self.reopens_at = Some(next);
        self.files.make_room();
        self.replica = files::open(&mut *self.files, self.setup.storage);
        if self.is_without_room() {
            return;
        }
        self.reopens_at = None;
        self.show_comparison();
        self.tell_that_all_changed();
        if self.replica.is_ok() {
            self.wrote(false);
            // What the engine believes is of the files that were closed.
            let news = self.hang_up();
            self.drive(now, news);
            self.wake(now);
        }
    }

    fn is_without_room(&self) -> bool {
        self.replica.as_ref().is_err_and(|closed| closed.is_full)
    }
}
