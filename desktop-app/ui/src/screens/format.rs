//! Amounts, times and spans as people read them. Exact values come in, text goes out.

use shared_model::quantity::Amount;
use shared_model::time::{Date, Timestamp};

use crate::dom::Zone;
use crate::{i18n, t};

const SECOND: i64 = 1000;
const MINUTE: i64 = 60 * SECOND;

/// "1,234.5".
pub fn amount(amount: Amount) -> String {
    i18n::number(&amount.to_string())
}

/// "1,234.5 kg".
pub fn quantity(value: Amount, unit: &str) -> String {
    let value = amount(value);
    if unit.is_empty() { value } else { format!("{value} {unit}") }
}

/// "+5" or "−5".
pub fn signed(value: Amount) -> String {
    if value.is_positive() { format!("+{}", amount(value)) } else { amount(value) }
}

pub fn count(value: impl Into<u64>) -> String {
    i18n::number(&value.into().to_string())
}

/// For drawing only.
pub fn share(value: Amount) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a picture has fewer pixels than a float has digits")]
    let micros = value.micros() as f64;
    micros / 1_000_000.0
}

/// "14:02" today, "Mon 24 Nov 14:02" on another day.
pub fn moment(zone: &Zone, at: Timestamp, now: Timestamp) -> String {
    let (day, today) = (zone.date(at), zone.date(now));
    if day == today { zone.clock(at) } else { format!("{} {}", date(day, today), zone.clock(at)) }
}

/// "Mon 24 Nov", with the year where it is another than today's.
pub fn date(date: Date, today: Date) -> String {
    let (weekday, day, month) = (weekday(date), date.day(), month(date));
    if date.year() == today.year() {
        t!("date-near", weekday = weekday, day = day, month = month)
    } else {
        // As text, because a year takes no thousands separator.
        t!("date-far", weekday = weekday, day = day, month = month, year = date.year().to_string())
    }
}

/// Days from today, negative in the past.
pub fn days_until(date: Date, today: Date) -> i32 {
    i32::try_from(today.duration_until(date).as_hours() / 24).unwrap_or_default()
}

/// "today", "tomorrow", "in 4 days", "2 days late".
pub fn due(date: Date, today: Date) -> String {
    match days_until(date, today) {
        0 => t!("due-today"),
        1 => t!("due-tomorrow"),
        days if days < 0 => t!("due-late", count = -days),
        days => t!("due-in", count = days),
    }
}

/// A stopwatch: "0:42:10".
pub fn running(millis: i64) -> String {
    let secs = millis.max(0) / SECOND;
    format!("{}:{:02}:{:02}", secs / 3600, secs / 60 % 60, secs % 60)
}

/// "1 h 24 min".
pub fn hours(millis: i64) -> String {
    let minutes = millis.max(0) / MINUTE;
    match (minutes / 60, minutes % 60) {
        (0, minutes) => t!("time-minutes", count = minutes),
        (hours, 0) => t!("time-hours", count = hours),
        (hours, minutes) => t!("time-hours-minutes", hours = hours, minutes = minutes),
    }
}

/// The same of a plan in minutes.
pub fn minutes(value: Amount) -> String {
    hours(value.micros() / 1_000_000 * MINUTE)
}

/// How long ago, in the largest unit: "2 h".
pub fn age(at: Timestamp, now: Timestamp) -> String {
    let secs = now.millis_since(at).max(0) / SECOND;
    i18n::span(u64::try_from(secs).unwrap_or_default())
}

/// "14:02 (2 h ago)"; of this minute only "14:02".
pub fn moment_ago(zone: &Zone, at: Timestamp, now: Timestamp) -> String {
    let moment = moment(zone, at, now);
    if now.millis_since(at) < MINUTE {
        return moment;
    }
    t!("sync-last", moment = moment, age = age(at, now))
}

/// "1.4 MB".
pub fn bytes(bytes: u64) -> String {
    const KILO: u64 = 1000;
    let tenths = |unit: u64| {
        let tenths = bytes * 10 / unit;
        i18n::number(&format!("{}.{}", tenths / 10, tenths % 10))
    };
    match bytes {
        b if b < KILO => t!("bytes", count = b),
        b if b < KILO * KILO => t!("kilobytes", count = tenths(KILO)),
        _ => t!("megabytes", count = tenths(KILO * KILO)),
    }
}

/// Whole pieces only: such a unit needs no decimal key.
pub fn is_counted(unit: &str) -> bool {
    matches!(
        unit.to_ascii_lowercase().as_str(),
        "" | "pcs" | "pc" | "pce" | "ea" | "each" | "piece" | "pieces" | "set" | "box" | "st" | "stk"
    )
}

fn weekday(date: Date) -> String {
    match date.weekday().to_monday_one_offset() {
        1 => t!("weekday-1"),
        2 => t!("weekday-2"),
        3 => t!("weekday-3"),
        4 => t!("weekday-4"),
        5 => t!("weekday-5"),
        6 => t!("weekday-6"),
        _ => t!("weekday-7"),
    }
}

fn month(date: Date) -> String {
    match date.month() {
        1 => t!("month-1"),
        2 => t!("month-2"),
        3 => t!("month-3"),
        4 => t!("month-4"),
        5 => t!("month-5"),
        6 => t!("month-6"),
        7 => t!("month-7"),
        8 => t!("month-8"),
        9 => t!("month-9"),
        10 => t!("month-10"),
        11 => t!("month-11"),
        _ => t!("month-12"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 60 * MINUTE;

    fn day(text: &str) -> Date {
        text.parse().expect("a date")
    }

    #[test]
    fn a_moment_of_today_is_only_its_clock_time_in_the_plant_s_zone() {
        let berlin = Zone::parse("Europe/Berlin").expect("a zone");
        let at = |text: &str| berlin.instant(text.parse().expect("a civil time"));
        let now = at("2026-11-20T16:00");
        assert_eq!(moment(&berlin, at("2026-11-20T14:02"), now), "14:02");
        assert_eq!(moment(&berlin, at("2026-11-19T23:30"), now), "Thu 19 Nov 23:30");
        assert_eq!(moment(&berlin, at("2025-01-06T06:00"), now), "Mon 6 Jan 2025 06:00");
    }

    #[test]
    fn an_age_is_told_from_a_minute_on() {
        let utc = Zone::parse("UTC").expect("a zone");
        let at = Timestamp::from_millis(0);
        assert_eq!(moment_ago(&utc, at, at.plus_millis(MINUTE - 1)), "00:00");
        assert_eq!(moment_ago(&utc, at, at.plus_millis(2 * HOUR)), "00:00 (2 h ago)");
    }

    #[test]
    fn what_is_due_is_told_from_today() {
        let today = day("2026-11-20");
        assert_eq!(due(day("2026-11-20"), today), "today");
        assert_eq!(due(day("2026-11-21"), today), "tomorrow");
        assert_eq!(due(day("2026-12-02"), today), "in 12 days");
        assert_eq!(due(day("2026-11-19"), today), "1 day late");
        assert_eq!(due(day("2026-11-10"), today), "10 days late");
    }

    #[test]
    fn a_running_time_shows_seconds_and_a_span_does_not() {
        assert_eq!(running(42 * MINUTE + 10 * SECOND), "0:42:10");
        assert_eq!(running(-5), "0:00:00");
        assert_eq!(hours(84 * MINUTE), "1 h 24 min");
        assert_eq!(hours(2 * HOUR), "2 h");
        assert_eq!(hours(59 * SECOND), "0 min");
    }

    #[test]
    fn amounts_are_exact_and_grouped() {
        let value = |text: &str| text.parse::<Amount>().expect("an amount");
        assert_eq!(quantity(value("1234.5"), "kg"), "1,234.5 kg");
        assert_eq!(signed(value("5")), "+5");
        assert_eq!(signed(value("-5")), "−5");
        assert_eq!(quantity(value("3"), ""), "3");
    }

    #[test]
    fn pieces_are_counted_and_kilograms_are_not() {
        assert!(is_counted("pcs") && is_counted("EA") && is_counted(""));
        assert!(!is_counted("kg") && !is_counted("m"));
    }

    #[test]
    fn sizes_are_told_in_the_unit_that_fits() {
        assert_eq!(bytes(512), "512 B");
        assert_eq!(bytes(1_450_000), "1.4 MB");
        assert_eq!(bytes(64_250), "64.2 KB");
    }
}
