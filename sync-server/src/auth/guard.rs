//! How often somebody may guess. After a few wrong attempts each further one has to wait, twice as
//! long as the one before. In memory: several server processes each count for themselves.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use shared_model::time::Timestamp;

use super::hash_secret;

/// Wrong attempts that cost nothing: people mistype.
const FREE: u32 = 5;
const WAIT_MILLIS_MAX: i64 = 5 * 60 * 1000;
/// Attempts older than this are forgiven.
const FORGIVEN_MILLIS: i64 = 15 * 60 * 1000;
/// More than this many guessers are not remembered one by one.
const REMEMBERED_MAX: usize = 100_000;

/// What is guessed at, and from where. Addresses themselves are not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key([u8; 32]);

impl Key {
    #[must_use]
    pub fn account(email_key: &str, from: IpAddr) -> Self {
        Self(hash_secret(&format!("account\0{email_key}\0{from}")))
    }

    #[must_use]
    pub fn enrollment(from: IpAddr) -> Self {
        Self(hash_secret(&format!("enrollment\0{from}")))
    }
}

#[derive(Debug, Default)]
pub struct Guard {
    failures: Mutex<HashMap<Key, Failures>>,
}

#[derive(Clone, Copy, Debug)]
struct Failures {
    count: u32,
    last: Timestamp,
}

impl Failures {
    fn free_again_at(self) -> Timestamp {
        let beyond = self.count.saturating_sub(FREE);
        if beyond == 0 {
            return self.last;
        }
        let wait = 1000_i64.checked_shl(beyond - 1).filter(|wait| *wait > 0).unwrap_or(WAIT_MILLIS_MAX);
        self.last.plus_millis(wait.min(WAIT_MILLIS_MAX))
    }
}

impl Guard {
    /// # Errors
    /// How many seconds to wait.
    pub fn check(&self, key: Key, now: Timestamp) -> Result<(), u32> {
        let failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        let wait = failures.get(&key).map_or(0, |failures| failures.free_again_at().millis_since(now));
        if wait <= 0 { Ok(()) } else { Err(u32::try_from(wait.div_euclid(1000) + 1).unwrap_or(u32::MAX)) }
    }

    pub fn failed(&self, key: Key, now: Timestamp) {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        if failures.len() >= REMEMBERED_MAX {
            failures.retain(|_, failures| now.millis_since(failures.last) < FORGIVEN_MILLIS);
        }
        let entry = failures.entry(key).or_insert(Failures { count: 0, last: now });
        if now.millis_since(entry.last) >= FORGIVEN_MILLIS {
            entry.count = 0;
        }
        *entry = Failures { count: entry.count.saturating_add(1), last: now };
    }

    pub fn succeeded(&self, key: Key) {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner).remove(&key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_mistakes_are_free_and_the_next_ones_cost_ever_more_time() {
        let guard = Guard::default();
        let key = Key::account("a@b.c", IpAddr::from([127, 0, 0, 1]));
        let now = Timestamp::from_millis(1_790_000_000_000);
        for _ in 0..5 {
            guard.check(key, now).expect("free");
            guard.failed(key, now);
        }
        guard.check(key, now).expect("the fifth mistake is free too");
        guard.failed(key, now);
        assert_eq!(guard.check(key, now), Err(2));
        guard.check(key, now.plus_millis(1000)).expect("a second later");
        for _ in 0..60 {
            guard.failed(key, now);
        }
        assert_eq!(guard.check(key, now), Err(301));
        let elsewhere = Key::account("a@b.c", IpAddr::from([127, 0, 0, 2]));
        guard.check(elsewhere, now).expect("the person themselves is not locked out");
        guard.succeeded(key);
        guard.check(key, now).expect("forgiven");
    }

    #[test]
    fn old_mistakes_are_forgiven() {
        let guard = Guard::default();
        let key = Key::enrollment(IpAddr::from([127, 0, 0, 1]));
        let now = Timestamp::from_millis(1_790_000_000_000);
        (0..5).for_each(|_| guard.failed(key, now));
        let later = now.plus_millis(FORGIVEN_MILLIS);
        guard.failed(key, later);
        guard.check(key, later).expect("counted from one again");
    }
}
