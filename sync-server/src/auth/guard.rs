//! How often somebody may guess. An attempt counts before it is looked at, so that many at the same
//! time do not all get through before the first of them has failed. In memory: several server
//! processes each count for themselves.
//!
//! Three limits hold for a password. For one account from one address, a few attempts are free and
//! each further one waits twice as long as the one before. For one account from all addresses
//! together the same holds with more patience, except where the person has signed in before: who
//! guesses from many places does not lock them out of their own. And one address has ten attempts a
//! minute that do not succeed (DOMAIN.md 26), whatever the accounts.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, MutexGuard, PoisonError};

use shared_model::ids::DeviceId;
use shared_model::time::Timestamp;

use super::hash_secret;

/// Wrong attempts that cost nothing: people mistype.
const FREE: u32 = 5;
const WAIT_MILLIS_MAX: i64 = 5 * 60 * 1000;
/// The same for one account from everywhere.
const FREE_FROM_EVERYWHERE: u32 = 20;
const WAIT_FROM_EVERYWHERE_MILLIS_MAX: i64 = 60 * 1000;
/// Attempts older than this are forgiven.
const FORGIVEN_MILLIS: i64 = 15 * 60 * 1000;
/// Attempts of one address in a minute.
const PER_MINUTE: u32 = 10;
/// Parts of its work that a revoked device hands in within a minute.
const PARTS_PER_MINUTE: u32 = 60;
const MINUTE_MILLIS: i64 = 60 * 1000;
/// Where somebody signed in they are known for this long.
const KNOWN_MILLIS: i64 = 30 * 24 * 60 * 60 * 1000;
/// As many are remembered of each: some 10 MB. Of more, those are forgotten first who have done least.
const REMEMBERED_MAX: usize = 100_000;

/// What is guessed at, or from where. Addresses themselves are not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Key([u8; 32]);

impl Key {
    fn of(kind: &str, what: &str, from: Option<IpAddr>) -> Self {
        let from = from.map(|from| network(from).to_string()).unwrap_or_default();
        Self(hash_secret(&format!("{kind}\0{what}\0{from}")))
    }
}

/// Whoever has one address of IPv6 has a whole network of them.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64)).into(),
        address @ IpAddr::V4(_) => address,
    }
}

/// What somebody tries, and from where.
#[derive(Clone, Copy, Debug)]
pub struct Attempt {
    target: Option<Target>,
    address: Key,
    per_minute: u32,
}

/// An account that is tried.
#[derive(Clone, Copy, Debug)]
struct Target {
    from_here: Key,
    from_everywhere: Key,
}

impl Attempt {
    /// A password is tried. Whether there is such an account makes no difference.
    #[must_use]
    pub fn sign_in(email_key: &str, from: IpAddr) -> Self {
        let target = Target {
            from_here: Key::of("account", email_key, Some(from)),
            from_everywhere: Key::of("account", email_key, None),
        };
        let address = Key::of("sign-in", "", Some(from));
        Self { target: Some(target), address, per_minute: PER_MINUTE }
    }

    /// An enrollment code is tried.
    #[must_use]
    pub fn enrollment(from: IpAddr) -> Self {
        Self::per_minute(Key::of("enrollment", "", Some(from)), PER_MINUTE)
    }

    /// Somebody says that they are a device that was revoked.
    #[must_use]
    pub fn handing_in(from: IpAddr) -> Self {
        Self::per_minute(Key::of("handing-in", "", Some(from)), PER_MINUTE)
    }

    /// A device that was revoked hands in a part of its work.
    #[must_use]
    pub fn part_of(device: DeviceId) -> Self {
        Self::per_minute(Key::of("part", &device.to_string(), None), PARTS_PER_MINUTE)
    }

    const fn per_minute(address: Key, attempts: u32) -> Self {
        Self { target: None, address, per_minute: attempts }
    }
}

#[derive(Debug, Default)]
pub struct Guard(Mutex<Memory>);

#[derive(Debug, Default)]
struct Memory {
    counts: HashMap<Key, Count>,
    /// When somebody last signed in with an account from an address.
    known: HashMap<Key, Timestamp>,
}

#[derive(Clone, Copy, Debug)]
struct Count {
    attempts: u32,
    /// The first one of the minute, where a minute is counted; otherwise the last one.
    at: Timestamp,
}

#[derive(Clone, Copy)]
enum Limit {
    Backoff { free: u32, wait_millis_max: i64 },
    PerMinute { attempts: u32 },
}

const FROM_HERE: Limit = Limit::Backoff { free: FREE, wait_millis_max: WAIT_MILLIS_MAX };
const FROM_EVERYWHERE: Limit =
    Limit::Backoff { free: FREE_FROM_EVERYWHERE, wait_millis_max: WAIT_FROM_EVERYWHERE_MILLIS_MAX };

impl Limit {
    /// How long a count matters, in milliseconds.
    const fn memory_millis(self) -> i64 {
        match self {
            Self::Backoff { .. } => FORGIVEN_MILLIS,
            Self::PerMinute { .. } => MINUTE_MILLIS,
        }
    }

    /// How many milliseconds the next attempt has to wait; none or fewer where it may come now.
    fn wait_millis(self, count: Count, now: Timestamp) -> i64 {
        let free_at = match self {
            Self::PerMinute { attempts } if count.attempts < attempts => return 0,
            Self::PerMinute { .. } => count.at.plus_millis(MINUTE_MILLIS),
            Self::Backoff { free, .. } if count.attempts <= free => return 0,
            Self::Backoff { free, wait_millis_max } => {
                let doublings = (count.attempts - free - 1).min(30);
                count.at.plus_millis((1000 << doublings).min(wait_millis_max))
            }
        };
        // A clock that was set back must not lock anybody out for longer.
        free_at.millis_since(now).min(self.memory_millis())
    }

    fn counted(self, count: Count, now: Timestamp) -> Count {
        let at = match self {
            Self::Backoff { .. } => now,
            Self::PerMinute { .. } => count.at,
        };
        Count { attempts: count.attempts.saturating_add(1), at }
    }
}

impl Guard {
    /// Counts an attempt, before anything is looked at. One that has to wait does not count.
    ///
    /// # Errors
    /// How many seconds to wait.
    pub fn begin(&self, attempt: &Attempt, now: Timestamp) -> Result<(), u32> {
        let mut memory = self.memory();
        let mut limits = vec![(attempt.address, Limit::PerMinute { attempts: attempt.per_minute })];
        if let Some(target) = attempt.target {
            limits.push((target.from_here, FROM_HERE));
            let known = memory.known.get(&target.from_here);
            if known.is_none_or(|at| now.millis_since(*at) >= KNOWN_MILLIS) {
                limits.push((target.from_everywhere, FROM_EVERYWHERE));
            }
        }
        let counts: Vec<Count> = limits.iter().map(|(key, limit)| memory.count(*key, *limit, now)).collect();
        let wait = limits.iter().zip(&counts).map(|((_, limit), count)| limit.wait_millis(*count, now)).max();
        if let Some(wait) = wait.filter(|wait| *wait > 0) {
            return Err(u32::try_from(wait.div_euclid(1000) + 1).unwrap_or(u32::MAX));
        }
        for ((key, limit), count) in limits.into_iter().zip(counts) {
            memory.counts.insert(key, limit.counted(count, now));
        }
        memory.shrink(now);
        Ok(())
    }

    /// The attempt was right: the account's count is forgotten, and the address has its attempt back.
    /// Not more of them, or who has one account could guess at others for ever.
    pub fn succeeded(&self, attempt: &Attempt, now: Timestamp) {
        let mut memory = self.memory();
        if let Some(count) = memory.counts.get_mut(&attempt.address) {
            count.attempts = count.attempts.saturating_sub(1);
        }
        if let Some(target) = attempt.target {
            memory.counts.remove(&target.from_here);
            memory.counts.remove(&target.from_everywhere);
            memory.known.insert(target.from_here, now);
        }
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Memory {
    fn count(&self, key: Key, limit: Limit, now: Timestamp) -> Count {
        let old = self.counts.get(&key).copied();
        old.filter(|count| now.millis_since(count.at) < limit.memory_millis())
            .unwrap_or(Count { attempts: 0, at: now })
    }

    /// Forgets what does not matter any more, and then who has done least, down to half.
    fn shrink(&mut self, now: Timestamp) {
        if self.counts.len() > REMEMBERED_MAX {
            self.counts.retain(|_, count| now.millis_since(count.at) < FORGIVEN_MILLIS);
            keep(&mut self.counts, |count| (count.attempts, count.at));
        }
        if self.known.len() > REMEMBERED_MAX {
            keep(&mut self.known, |at| *at);
        }
    }
}

/// Keeps the greatest half where there are too many.
fn keep<V, R: Ord>(all: &mut HashMap<Key, V>, rank: impl Fn(&V) -> R) {
    if all.len() <= REMEMBERED_MAX {
        return;
    }
    let mut ranked: Vec<(R, Key)> = all.iter().map(|(key, value)| (rank(value), *key)).collect();
    let surplus = ranked.len() - REMEMBERED_MAX / 2;
    ranked.select_nth_unstable(surplus);
    for (_, key) in &ranked[..surplus] {
        all.remove(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: [u8; 4] = [192, 0, 2, 1];
    const NOW: Timestamp = Timestamp::from_millis(1_790_000_000_000);

    fn of(email: &str, from: [u8; 4]) -> Attempt {
        Attempt::sign_in(email, IpAddr::from(from))
    }

    #[test]
    fn five_mistakes_are_free_and_the_next_ones_cost_ever_more_time() {
        let guard = Guard::default();
        let ann = of("ann@example.test", HERE);
        // One a minute, or the address has to wait as well.
        let mut now = NOW;
        for _ in 0..6 {
            now = now.plus_millis(MINUTE_MILLIS);
            guard.begin(&ann, now).expect("free");
        }
        assert_eq!(guard.begin(&ann, now), Err(2));
        for wait in [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300] {
            guard.begin(&ann, now.plus_millis(wait * 1000 - 1)).expect_err("too early");
            now = now.plus_millis(wait * 1000);
            guard.begin(&ann, now).expect("waited long enough");
        }
        guard.succeeded(&ann, now);
        (0..6).for_each(|_| guard.begin(&ann, now).expect("forgiven"));
    }

    #[test]
    fn attempts_at_the_same_time_are_counted_before_any_of_them_has_failed() {
        let guard = Guard::default();
        let ann = of("ann@example.test", HERE);
        let let_through = (0..100).filter(|_| guard.begin(&ann, NOW).is_ok()).count();
        assert_eq!(let_through, 6);
    }

    #[test]
    fn one_address_guesses_ten_times_a_minute_whatever_the_accounts() {
        let guard = Guard::default();
        let account = |n: i64| of(&format!("{n}@example.test"), HERE);
        (0..10).for_each(|n| guard.begin(&account(n), NOW).expect("one of ten"));
        assert_eq!(guard.begin(&account(10), NOW), Err(61));
        guard.begin(&of("10@example.test", [192, 0, 2, 2]), NOW).expect("from elsewhere");
        guard.begin(&account(10), NOW.plus_millis(MINUTE_MILLIS)).expect("a minute later");
    }

    #[test]
    fn a_shift_of_people_signs_in_behind_one_address() {
        let guard = Guard::default();
        for n in 0..200 {
            let person = of(&format!("{n}@example.test"), HERE);
            guard.begin(&person, NOW).expect("no mistake, no limit");
            guard.succeeded(&person, NOW);
        }
    }

    #[test]
    fn who_has_an_account_cannot_use_it_to_guess_at_others() {
        let guard = Guard::default();
        let own = of("mallory@example.test", HERE);
        let mut guesses = 0;
        for n in 0..100 {
            if guard.begin(&own, NOW).is_ok() {
                guard.succeeded(&own, NOW);
            }
            guesses += u32::from(guard.begin(&of(&format!("{n}@example.test"), HERE), NOW).is_ok());
        }
        assert_eq!(guesses, PER_MINUTE);
    }

    #[test]
    fn guesses_from_many_addresses_slow_down_together_and_do_not_lock_the_person_out_at_their_own() {
        let guard = Guard::default();
        let ann = of("ann@example.test", HERE);
        guard.begin(&ann, NOW).expect("nobody tried yet");
        guard.succeeded(&ann, NOW);
        let let_through =
            (0..100).filter(|n| guard.begin(&of("ann@example.test", [198, 51, 100, *n]), NOW).is_ok());
        assert_eq!(let_through.count(), 21);
        guard.begin(&ann, NOW).expect("she signed in here before");
        let elsewhere = of("ann@example.test", [203, 0, 113, 1]);
        assert_eq!(guard.begin(&elsewhere, NOW), Err(2));
        guard.begin(&elsewhere, NOW.plus_millis(WAIT_FROM_EVERYWHERE_MILLIS_MAX)).expect("never longer");
    }

    #[test]
    fn the_addresses_of_one_network_count_as_one() {
        let guard = Guard::default();
        let code = |n: u16| Attempt::enrollment(Ipv6Addr::new(0x2001, 0xdb8, 0, 1, 0, 0, 0, n).into());
        let let_through = (0..100).filter(|n| guard.begin(&code(*n), NOW).is_ok()).count();
        assert_eq!(let_through, 10);
    }

    #[test]
    fn old_mistakes_are_forgiven() {
        let guard = Guard::default();
        let ann = of("ann@example.test", HERE);
        (0..6).for_each(|_| guard.begin(&ann, NOW).expect("free"));
        let later = NOW.plus_millis(FORGIVEN_MILLIS);
        (0..6).for_each(|_| guard.begin(&ann, later).expect("counted from one again"));
    }

    #[test]
    fn the_memory_has_an_end_and_keeps_who_guessed_most() {
        let guard = Guard::default();
        let ann = of("ann@example.test", HERE);
        (0..6).for_each(|_| guard.begin(&ann, NOW).expect("free"));
        for n in 0..u32::try_from(REMEMBERED_MAX).expect("small") {
            let from = IpAddr::from((0x0a00_0000 + n).to_be_bytes());
            let someone = Attempt::sign_in(&format!("{n}@example.test"), from);
            guard.begin(&someone, NOW).expect("one attempt");
            guard.succeeded(&someone, NOW);
            guard.begin(&someone, NOW).expect("one attempt");
        }
        let memory = guard.memory();
        assert!(memory.counts.len() <= REMEMBERED_MAX && memory.known.len() <= REMEMBERED_MAX);
        drop(memory);
        assert_eq!(guard.begin(&ann, NOW), Err(2));
    }
}
