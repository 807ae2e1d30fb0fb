//! Instants, civil dates and plant time zones. Nothing here knows what time it is now.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A civil date in the plant's zone ("due on 24 November").
pub use jiff::civil::{Date, Time};

/// A UTC instant with millisecond precision.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(i64);

impl Timestamp {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    #[must_use]
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// Whole seconds since 1970, for Automerge, which keeps no finer time.
    #[must_use]
    pub const fn as_secs(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// Milliseconds from `earlier` to `self`; negative when `self` is the earlier one.
    #[must_use]
    pub const fn millis_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    #[must_use]
    pub const fn plus_millis(self, millis: i64) -> Self {
        Self(self.0.saturating_add(millis))
    }

    fn instant(self) -> jiff::Timestamp {
        jiff::Timestamp::from_millisecond(self.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH)
    }
}

impl From<jiff::Timestamp> for Timestamp {
    fn from(instant: jiff::Timestamp) -> Self {
        Self(instant.as_millisecond())
    }
}

impl From<Timestamp> for jiff::Timestamp {
    fn from(at: Timestamp) -> Self {
        at.instant()
    }
}

/// RFC 3339 in UTC.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.instant().fmt(f)
    }
}

/// An IANA time zone that exists, as "Europe/Berlin".
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Zone(String);

#[derive(Debug, thiserror::Error)]
#[error("{0:?} is not a time zone; write one as Europe/Berlin")]
pub struct UnknownZone(String);

impl Zone {
    /// # Errors
    /// When the name is not an IANA zone.
    pub fn parse(name: &str) -> Result<Self, UnknownZone> {
        match jiff::tz::TimeZone::get(name) {
            Ok(_) => Ok(Self(name.to_owned())),
            Err(_) => Err(UnknownZone(name.to_owned())),
        }
    }

    #[must_use]
    pub fn name(&self) -> &str {
        &self.0
    }

    fn rules(&self) -> jiff::tz::TimeZone {
        jiff::tz::TimeZone::get(&self.0).unwrap_or(jiff::tz::TimeZone::UTC)
    }

    /// The civil date and time on the plant's clock at an instant.
    #[must_use]
    pub fn civil(&self, at: Timestamp) -> jiff::civil::DateTime {
        self.rules().to_datetime(at.instant())
    }

    /// The date on the plant's calendar at an instant.
    #[must_use]
    pub fn date(&self, at: Timestamp) -> Date {
        self.civil(at).date()
    }

    /// The instant of a civil time; in a gap the later, in a fold the earlier one, as people read
    /// their clocks.
    #[must_use]
    pub fn instant(&self, at: jiff::civil::DateTime) -> Timestamp {
        self.rules()
            .to_ambiguous_zoned(at)
            .compatible()
            .map_or_else(|_| Timestamp::default(), |zoned| zoned.timestamp().into())
    }

    /// "14:02".
    #[must_use]
    pub fn clock(&self, at: Timestamp) -> String {
        let time = self.civil(at);
        format!("{:02}:{:02}", time.hour(), time.minute())
    }
}

impl TryFrom<String> for Zone {
    type Error = UnknownZone;

    fn try_from(name: String) -> Result<Self, Self::Error> {
        Self::parse(&name)
    }
}

impl From<Zone> for String {
    fn from(zone: Zone) -> Self {
        zone.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_night_of_the_clock_change_has_its_own_length() {
        let berlin = Zone::parse("Europe/Berlin").expect("a zone");
        let hours = |from: &str, to: &str| {
            let at = |text: &str| berlin.instant(text.parse().expect("a civil time"));
            at(to).millis_since(at(from)) / 3_600_000
        };
        assert_eq!(hours("2026-03-28T22:00", "2026-03-29T06:00"), 7);
        assert_eq!(hours("2026-10-24T22:00", "2026-10-25T06:00"), 9);
    }

    #[test]
    fn an_unknown_zone_is_refused_by_name() {
        let error = Zone::parse("Mars/Olympus").expect_err("no such zone");
        assert!(error.to_string().contains("Mars/Olympus"));
    }

    #[test]
    fn the_plant_dates_an_instant_by_its_own_calendar() {
        let at = Timestamp::from("2026-11-20T23:30:00Z".parse::<jiff::Timestamp>().expect("an instant"));
        assert_eq!(Zone::parse("Asia/Kolkata").expect("a zone").date(at).to_string(), "2026-11-21");
        assert_eq!(at.to_string(), "2026-11-20T23:30:00Z");
    }
}
