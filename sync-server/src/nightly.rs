//! What the server does by itself at night.

use std::time::Duration;

use shared_model::time::Timestamp;

use crate::app::App;

const DAY_MILLIS: i64 = 24 * 60 * 60 * 1000;
const MINUTE_MILLIS: i64 = 60 * 1000;

/// Waits for the next night, for some minutes after midnight by UTC (the quiet hours of most plants); false
/// when the server stops instead.
pub async fn comes(app: &App, minutes: i64) -> bool {
    let wait = Duration::from_millis(until_next(app.now(), minutes).unsigned_abs());
    tokio::select! {
        () = app.stopping() => false,
        () = tokio::time::sleep(wait) => true,
    }
}

fn until_next(now: Timestamp, minutes: i64) -> i64 {
    DAY_MILLIS - (now.as_millis() - minutes * MINUTE_MILLIS).rem_euclid(DAY_MILLIS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_time_is_at_the_next_half_past_one_and_not_twice_in_one_night() {
        let hours = |at: i64| until_next(Timestamp::from_millis(at * 3_600_000), 90) as f64 / 3_600_000.0;
        assert_eq!([hours(0), hours(1), hours(2), hours(24 * 20_000)], [1.5, 0.5, 23.5, 1.5]);
        assert_eq!(until_next(Timestamp::from_millis(90 * MINUTE_MILLIS), 90), DAY_MILLIS);
    }
}
