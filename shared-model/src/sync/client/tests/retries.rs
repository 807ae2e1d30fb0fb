//! How a server that was lost is looked for again.

use super::{at, connected, feed, welcome};
use crate::sync::client::{Effect, Engine, Input};
use crate::sync::wire::Cursor;
use crate::time::Timestamp;

/// Loses the connection, or an attempt in vain, and makes the next attempt in its time. Says when that was.
fn retry(engine: &mut Engine, now: Timestamp) -> Timestamp {
    let effects = engine.handle(now, Input::Disconnected);
    let until = effects.iter().find_map(|effect| match effect {
        Effect::WakeAt(until) => Some(*until),
        _ => None,
    });
    let until = until.expect("another attempt");
    assert!(engine.handle(until, Input::Tick).iter().any(|it| matches!(it, Effect::Connect { .. })));
    until
}

#[test]
fn retries_wait_longer_and_longer_and_never_stop() {
    let mut engine = Engine::new(42);
    let mut now = at(0);
    engine.handle(now, Input::Wake);
    for base in [1_000, 5_000, 15_000, 30_000, 30_000, 30_000] {
        let next = retry(&mut engine, now);
        let wait = next.millis_since(now);
        assert!((base..=base + base / 2).contains(&wait), "{wait} for {base}");
        now = next;
    }
}

#[test]
fn a_thousand_devices_that_lost_the_server_together_come_back_spread_out() {
    let lost = at(10);
    // Far apart, as those are that devices draw.
    let seeds = (0..1_000_u64).map(|n| n.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let devices: Vec<[i64; 3]> = seeds
        .map(|seed| {
            let mut engine = Engine::new(seed);
            engine.handle(at(0), Input::Wake);
            engine.handle(at(0), connected(vec![Cursor { feed: feed(), seq: 5 }]));
            engine.handle(at(0), welcome(5));
            let mut now = lost;
            [(); 3].map(|()| {
                now = retry(&mut engine, now);
                now.millis_since(lost)
            })
        })
        .collect();
    // Nobody answers, so the waits add up: the third attempt is after 1, 5 and 15 s, and up to half as much again.
    for (attempt, earliest) in [(0_usize, 1_000_i64), (2, 21_000)] {
        let tenth_millis = earliest / 2 / 10;
        let mut tenths = [0; 10];
        for attempts in &devices {
            let place = (attempts[attempt] - earliest) / tenth_millis;
            tenths[usize::try_from(place).expect("not before its time")] += 1;
        }
        assert!(tenths.iter().all(|count| (1..=250).contains(count)), "attempt {attempt}: {tenths:?}");
    }
}
