//! How long a toast stays. Time stands still while someone points at it or has focus in it.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Countdown {
    left_ms: u32,
}

impl Countdown {
    pub fn from_secs(secs: u32) -> Self {
        Countdown { left_ms: secs.saturating_mul(1000) }
    }

    #[must_use]
    pub fn after(self, elapsed_ms: u32, is_held: bool) -> Self {
        if is_held { self } else { Countdown { left_ms: self.left_ms.saturating_sub(elapsed_ms) } }
    }

    pub fn is_over(self) -> bool {
        self.left_ms == 0
    }

    /// Seconds as people count them: the last one is 1.
    pub fn secs_left(self) -> u32 {
        self.left_ms.div_ceil(1000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_ends_when_its_time_has_passed() {
        let countdown = Countdown::from_secs(1).after(600, false);
        assert!(!countdown.is_over());
        assert!(countdown.after(600, false).is_over());
    }

    #[test]
    fn it_stands_still_while_held() {
        let countdown = Countdown::from_secs(10);
        assert_eq!(countdown.after(60_000, true), countdown);
    }

    #[test]
    fn the_last_second_is_one_not_zero() {
        assert_eq!(Countdown::from_secs(10).after(9_900, false).secs_left(), 1);
    }
}
