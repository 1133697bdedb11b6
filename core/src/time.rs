//! Moments and time zones.
//!
//! Promises: a [`Timestamp`] is milliseconds since 1970 in UTC and nothing else; a [`Zone`] is a tenant's IANA zone with
//! data that is built in, never the machine's own. Leaves to others: asking what time it is (the server's `clock`).

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// A moment: milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(i64);

impl Timestamp {
    /// Takes milliseconds since 1970.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Gives milliseconds since 1970.
    #[must_use]
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// Gives whole seconds since 1970, as the tokens want them (semantics 4.3).
    #[must_use]
    pub const fn as_seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// The moment `duration` later; the far future where it would overflow.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)))
    }

    /// The time from `earlier` to here; zero if it lies ahead.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// RFC 3339 in UTC with milliseconds: `2026-11-22T17:13:53.120Z`.
    #[must_use]
    pub fn rfc3339(self) -> String {
        self.civil(&TimeZone::UTC).strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
    }

    /// The civil date and time in a zone.
    fn civil(self, zone: &TimeZone) -> jiff::Zoned {
        let clamped =
            self.0.clamp(jiff::Timestamp::MIN.as_millisecond(), jiff::Timestamp::MAX.as_millisecond());
        jiff::Timestamp::from_millisecond(clamped)
            .unwrap_or(jiff::Timestamp::UNIX_EPOCH)
            .to_zoned(zone.clone())
    }
}

/// A tenant's time zone, by its IANA name.
#[derive(Clone, Debug, PartialEq)]
pub struct Zone(TimeZone);

impl Zone {
    /// Finds a zone by its IANA name, for example `America/Los_Angeles`.
    ///
    /// # Errors
    /// A sentence that names what was not found.
    pub fn named(name: &str) -> Result<Self, String> {
        TimeZone::get(name).map(Self).map_err(|_| {
            format!("\"{name}\" is no time zone; give an IANA name such as \"America/Los_Angeles\"")
        })
    }

    /// The zone's IANA name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.iana_name().unwrap_or("UTC")
    }

    /// Formats a moment in this zone by a `strftime` pattern.
    #[must_use]
    pub fn format(&self, moment: Timestamp, pattern: &str) -> String {
        moment.civil(&self.0).strftime(pattern).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_prints_in_utc_and_in_a_zone_with_its_offset() {
        let moment = Timestamp::from_millis(1_790_000_000_120);
        let zone = Zone::named("America/Los_Angeles").expect("it exists");
        assert_eq!(moment.rfc3339(), "2026-09-21T14:13:20.120Z");
        assert_eq!(zone.format(moment, "%Y/%m/%d %H:%M:%S %z"), "2026/09/21 07:13:20 -0700");
        assert_eq!(moment.as_seconds(), 1_790_000_000);
    }

    #[test]
    fn a_zone_that_does_not_exist_is_refused_with_a_sentence() {
        assert_eq!(
            Zone::named("Mars/Base"),
            Err("\"Mars/Base\" is no time zone; give an IANA name such as \"America/Los_Angeles\"".to_owned())
        );
    }
}
