//! How long a device waits before it looks again for a server that it lost.

/// A floor is not to be stale for minutes after a server was away for one.
const WAIT_MILLIS: [i64; 4] = [1_000, 5_000, 15_000, 30_000];

/// The waits of one device.
#[derive(Clone, Debug)]
pub struct Retries {
    /// How many waits there were since the server answered.
    count: usize,
    jitter: u64,
}

impl Retries {
    /// `seed` spreads devices that lost the server together: each has another one, and any number will do.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self { count: 0, jitter: seed }
    }

    /// The wait before the next attempt, in milliseconds: 1,000, 5,000, 15,000, then 30,000 for ever, each with up
    /// to half as much again.
    pub fn next_wait_millis(&mut self) -> i64 {
        let base = WAIT_MILLIS[self.count.min(WAIT_MILLIS.len() - 1)];
        self.count = self.count.saturating_add(1);
        base + base * self.next_jitter() / 2000
    }

    /// The server answered: the next wait is the shortest again.
    pub const fn begin_anew(&mut self) {
        self.count = 0;
    }

    /// 0 to 999, by a small linear congruence: spread is all that is asked of it.
    fn next_jitter(&mut self) -> i64 {
        self.jitter =
            self.jitter.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        i64::try_from((self.jitter >> 33) % 1000).unwrap_or_default()
    }
}
