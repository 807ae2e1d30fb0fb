//! Clocks that are wrong: a tablet whose battery died says 1970, or 2031 for a minute.
//!
//! **Invariant:** a wrong clock is corrected and flagged, and never a reason to refuse. The device
//! corrects what it knows better ([`Clock::pressed_at`]), the server what can still not be
//! ([`corrected`]). What the document says stays as the device wrote it, because its hash is
//! compared; what is counted and sorted by, the facts, is corrected.

use crate::time::Timestamp;

/// A time may be this far ahead of the server's clock, in milliseconds, before it is corrected.
pub const AHEAD_MILLIS_MAX: i64 = 2 * 60 * 1000;
/// A device's times do not fall by less than this, in milliseconds: clocks are set by seconds and
/// minutes all the time. When they fall by more, they were wrong before.
pub const BACK_MILLIS_MAX: i64 = 5 * 60 * 1000;
/// The year 2000. No device worked before it.
const FIRST: Timestamp = Timestamp::from_millis(946_684_800_000);

/// What a device knows of the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clock {
    /// Its own clock with the offset to the server's that it measured last.
    pub says: Timestamp,
    /// What the server's clock said when the device last heard of it: it is not earlier now.
    pub server_said: Timestamp,
    /// The time of the last command.
    pub last: Timestamp,
}

impl Clock {
    /// What time it is now, at best knowledge.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.says.max(self.server_said)
    }

    /// The time of a command. Later than the last one, unless that was entered by a clock that was
    /// far ahead; `before` is what happened to the same order before.
    #[must_use]
    pub fn pressed_at(&self, before: Option<Timestamp>) -> Timestamp {
        let is_lost = self.server_said.millis_since(self.says) > BACK_MILLIS_MAX;
        let next = self.last.plus_millis(1);
        let fallen = next.millis_since(self.now());
        // A clock that lost its time says nothing about how long ago the last command was.
        let at = if fallen > 0 && (is_lost || fallen <= BACK_MILLIS_MAX) { next } else { self.now() };
        before.map_or(at, |before| at.max(before.plus_millis(1)))
    }
}

/// How far a time is from when the server received it, in milliseconds, where it cannot be right.
#[must_use]
pub fn skew_millis(said: Timestamp, received_at: Timestamp) -> Option<i64> {
    let ahead = said.millis_since(received_at);
    (ahead > AHEAD_MILLIS_MAX || said < FIRST).then_some(ahead)
}

/// When it happened, as far as the server can know; `before` is what happened to the same order
/// before.
#[must_use]
pub fn corrected(said: Timestamp, received_at: Timestamp, before: Option<Timestamp>) -> Timestamp {
    if skew_millis(said, received_at).is_none() {
        return said;
    }
    before.map_or(received_at, |before| received_at.max(before.plus_millis(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_790_000_000_000;
    const MINUTE: i64 = 60_000;
    const YEAR: i64 = 365 * 86_400_000;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    fn clock(says: i64, last: i64) -> Clock {
        Clock { says: at(says), server_said: at(NOW), last: at(last) }
    }

    #[test]
    fn a_clock_that_is_set_back_by_minutes_goes_on_from_the_last_command() {
        assert_eq!(clock(NOW + MINUTE, NOW + 4 * MINUTE).pressed_at(None), at(NOW + 4 * MINUTE + 1));
        assert_eq!(clock(NOW + MINUTE, NOW + MINUTE).pressed_at(None), at(NOW + MINUTE + 1));
        assert_eq!(clock(NOW + MINUTE, NOW).pressed_at(None), at(NOW + MINUTE));
    }

    #[test]
    fn a_minute_in_the_far_future_does_not_stick() {
        assert_eq!(clock(NOW + MINUTE, NOW + 5 * YEAR).pressed_at(None), at(NOW + MINUTE));
    }

    #[test]
    fn on_the_order_that_was_touched_then_work_goes_on_after_it() {
        let pressed = clock(NOW + MINUTE, NOW + 5 * YEAR).pressed_at(Some(at(NOW + 5 * YEAR)));
        assert_eq!(pressed, at(NOW + 5 * YEAR + 1));
    }

    #[test]
    fn a_clock_that_lost_its_time_goes_on_from_what_the_device_knows() {
        assert_eq!(clock(0, NOW - 3 * YEAR).pressed_at(None), at(NOW));
        assert_eq!(clock(0, NOW + 90 * MINUTE).pressed_at(None), at(NOW + 90 * MINUTE + 1));
        assert_eq!(clock(0, 0).now(), at(NOW));
    }

    #[test]
    fn only_what_cannot_be_is_corrected() {
        let now = at(NOW);
        for kept in [NOW + AHEAD_MILLIS_MAX, NOW - 30 * 86_400_000, FIRST.as_millis()] {
            assert_eq!((skew_millis(at(kept), now), corrected(at(kept), now, None)), (None, at(kept)));
        }
        for wrong in [NOW + AHEAD_MILLIS_MAX + 1, NOW + 5 * YEAR, 0, -YEAR, i64::MIN, i64::MAX] {
            assert!(skew_millis(at(wrong), now).is_some(), "{wrong}");
            assert_eq!(corrected(at(wrong), now, None), now);
            assert_eq!(corrected(at(wrong), now, Some(now)), at(NOW + 1));
        }
    }
}
