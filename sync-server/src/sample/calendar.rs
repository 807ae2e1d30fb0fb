//! When things happened, seen from the day on which the sample is loaded.

use shared_model::time::{Date, Time, Timestamp, Zone};

pub(super) struct Calendar {
    zone: Zone,
    now: Timestamp,
}

impl Calendar {
    pub(super) const fn new(zone: Zone, now: Timestamp) -> Self {
        Self { zone, now }
    }

    /// A time of day some working days ago.
    pub(super) fn ago(&self, working_days: u32, hour: i8, minute: i8) -> Timestamp {
        let mut day = self.today();
        let mut left = working_days;
        while left > 0 {
            day = day.yesterday().unwrap_or(day);
            if day.weekday().to_monday_zero_offset() < 5 {
                left -= 1;
            }
        }
        let time = Time::new(hour, minute, 0, 0).unwrap_or(Time::midnight());
        self.zone.instant(day.to_datetime(time))
    }

    pub(super) fn minutes_ago(&self, minutes: i64) -> Timestamp {
        self.now.plus_millis(-minutes * 60_000)
    }

    /// A date some days from today.
    pub(super) fn in_days(&self, days: i64) -> Date {
        let today = self.today();
        today.checked_add(jiff::Span::new().days(days)).unwrap_or(today)
    }

    fn today(&self) -> Date {
        self.zone.date(self.now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn working_days_pass_over_the_weekend() {
        let zone = Zone::parse("Europe/Berlin").expect("a zone");
        // A Monday.
        let now = zone.instant("2026-01-05T09:00".parse().expect("a time"));
        let calendar = Calendar::new(zone.clone(), now);
        assert_eq!(zone.civil(calendar.ago(1, 6, 30)).to_string(), "2026-01-02T06:30:00");
        assert_eq!(zone.civil(calendar.ago(6, 14, 0)).to_string(), "2025-12-26T14:00:00");
        assert_eq!(calendar.in_days(-4).to_string(), "2026-01-01");
    }
}
