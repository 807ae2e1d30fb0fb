//! When the logs of the files are written into them: while nobody waits ([`crate::connection`]).

use shared_model::time::Timestamp;

use super::{Driver, is_ahead};

/// Nobody has pressed or sent anything for so long: the next press is not behind the copying, which takes five
/// milliseconds or more.
const QUIET_MILLIS: i64 = 500;

/// So many rows are worth the copying: a log of one megabyte, after some twenty presses.
const ROWS_MIN: u64 = 250;

#[derive(Default)]
pub struct Copying {
    /// Rows written in all, when that was last looked at.
    written: u64,
    copied: u64,
    due_at: Option<Timestamp>,
}

impl Copying {
    /// When the logs are copied, if nothing comes between.
    pub const fn due_at(&self) -> Option<Timestamp> {
        self.due_at
    }

    /// Whether to copy them now, `written` rows having been written since the files were opened.
    fn is_due(&mut self, now: Timestamp, written: u64) -> bool {
        // Other files are another beginning.
        self.copied = self.copied.min(written);
        if std::mem::replace(&mut self.written, written) != written {
            let is_worth_it = written - self.copied >= ROWS_MIN;
            self.due_at = is_worth_it.then(|| now.plus_millis(QUIET_MILLIS));
        }
        self.due_at.take_if(|at| !is_ahead(*at, now, QUIET_MILLIS)).is_some()
    }

    const fn copied(&mut self) {
        self.copied = self.written;
    }
}

impl Driver {
    pub(super) fn copy_logs(&mut self, now: Timestamp) {
        let Ok(replica) = &self.replica else { return };
        if !self.copying.is_due(now, replica.written()) {
            return;
        }
        match replica.copy_logs() {
            Ok(()) => self.copying.copied(),
            // What is in the logs is saved; it is tried again after the next write, which says so itself.
            Err(error) if error.is_full() => {}
            Err(error) => self.break_off(now, &error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    #[test]
    fn a_log_is_copied_when_it_is_long_and_nobody_has_pressed_anything_for_a_while() {
        let mut copying = Copying::default();
        assert!(!copying.is_due(at(0), ROWS_MIN - 1));
        assert_eq!(copying.due_at(), None, "short");
        assert!(!copying.is_due(at(1), ROWS_MIN));
        assert_eq!(copying.due_at(), Some(at(501)));
        assert!(!copying.is_due(at(400), ROWS_MIN + 5));
        assert!(!copying.is_due(at(600), ROWS_MIN + 5), "there was another press");
        assert!(copying.is_due(at(900), ROWS_MIN + 5));
        copying.copied();
        assert!(!copying.is_due(at(2000), ROWS_MIN + 5));
        assert_eq!(copying.due_at(), None);
        assert!(!copying.is_due(at(2001), ROWS_MIN + 10), "few since the last time");
        assert_eq!(copying.due_at(), None);
    }

    #[test]
    fn a_log_for_which_there_was_no_room_is_tried_again_after_the_next_write() {
        let mut copying = Copying::default();
        assert!(!copying.is_due(at(0), ROWS_MIN));
        assert!(copying.is_due(at(500), ROWS_MIN));
        assert_eq!(copying.due_at(), None);
        assert!(!copying.is_due(at(600), ROWS_MIN + 1));
        assert_eq!(copying.due_at(), Some(at(1100)));
    }

    #[test]
    fn another_file_is_another_beginning() {
        let mut copying = Copying::default();
        assert!(!copying.is_due(at(0), 10 * ROWS_MIN));
        assert!(copying.is_due(at(500), 10 * ROWS_MIN));
        copying.copied();
        assert!(!copying.is_due(at(600), ROWS_MIN / 2));
        assert!(!copying.is_due(at(700), ROWS_MIN + ROWS_MIN / 2));
        assert_eq!(copying.due_at(), Some(at(1200)));
    }
}
