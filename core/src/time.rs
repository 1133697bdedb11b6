//! Moments and time zones.
//!
//! Promises: a [`Timestamp`] is milliseconds since 1970 in UTC and nothing else; a [`Zone`] is a tenant's IANA zone with
//! data that is built in, never the machine's own; a [`Day`] is a day of the calendar, which begins in each zone at a moment
//! of its own. Leaves to others: asking what time it is (the server's `clock`).

use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use std::fmt;
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

    /// Reads a moment as [`Self::rfc3339`] writes it; nothing for what is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        text.parse::<jiff::Timestamp>().ok().map(|moment| Self(moment.as_millisecond()))
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

/// The IANA names of all zones that are cities or UTC, in the order of the alphabet: what people choose from.
#[must_use]
pub fn zone_names() -> Vec<String> {
    let all = jiff::tz::db().available().map(|name| name.as_str().to_owned());
    // "Etc/GMT+5" and "SystemV/…" mean the opposite of what they seem to; "EST" and its like know no summer.
    let is_city =
        |name: &String| name.contains('/') && !name.starts_with("Etc/") && !name.starts_with("SystemV/");
    let mut names: Vec<String> = all.filter(|name| is_city(name) || name == "UTC").collect();
    names.sort();
    names
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

    /// The first moment of a day in this zone: midnight, or what follows it where the clocks skip midnight. A day ends where
    /// the next one begins, so that days leave no moment out and share none, however long they are.
    #[must_use]
    pub fn start_of(&self, day: Day) -> Timestamp {
        let start =
            day.0.to_zoned(self.0.clone()).expect("the years of a Day are in jiff's range in every zone");
        Timestamp(start.timestamp().as_millisecond())
    }
}

/// A day of the calendar, in the years 1970 to 9998.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day(Date);

impl Day {
    /// Reads `YYYYMMDD`; nothing for what is no such day.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() != 8 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let year: i16 = text.get(..4)?.parse().ok().filter(|year| (1970..=9998).contains(year))?;
        Date::new(year, text.get(4..6)?.parse().ok()?, text.get(6..)?.parse().ok()?).ok().map(Self)
    }

    /// The day after; for the last day there is, that day itself.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.tomorrow().ok().filter(|date| date.year() <= 9998).unwrap_or(self.0))
    }

    /// How many days lie from this one to `later`: 0 for the same day, below 0 for one before.
    #[must_use]
    pub fn days_until(self, later: Self) -> i64 {
        self.0.duration_until(later.0).as_hours() / 24
    }
}

impl fmt::Display for Day {
    /// `YYYYMMDD`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.strftime("%Y%m%d"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_read_back_from_what_it_prints() {
        let moment = Timestamp::from_millis(1_790_000_000_120);
        assert_eq!(Timestamp::parse(&moment.rfc3339()), Some(moment));
        assert_eq!(Timestamp::parse("1970-01-01T01:00:00+01:00"), Some(Timestamp::from_millis(0)));
        for none in ["", "tomorrow", "2026-11-22", "2026-11-22T10:00:00", "2026-13-01T00:00:00Z"] {
            assert_eq!(Timestamp::parse(none), None, "{none}");
        }
    }

    #[test]
    fn every_zone_to_choose_from_is_one() {
        let names = zone_names();
        assert!(names.len() > 400, "{}", names.len());
        for expected in ["UTC", "America/Los_Angeles", "Europe/London", "Asia/Kolkata"] {
            assert!(names.iter().any(|name| name == expected), "{expected}");
        }
        for name in &names {
            assert_eq!(Zone::named(name).map(|zone| zone.name().to_owned()), Ok(name.clone()));
        }
        assert!(names.is_sorted());
    }

    #[test]
    fn a_moment_prints_in_utc_and_in_a_zone_with_its_offset() {
        let moment = Timestamp::from_millis(1_790_000_000_120);
        let zone = Zone::named("America/Los_Angeles").expect("it exists");
        assert_eq!(moment.rfc3339(), "2026-09-21T14:13:20.120Z");
        assert_eq!(zone.format(moment, "%Y/%m/%d %H:%M:%S %z"), "2026/09/21 07:13:20 -0700");
        assert_eq!(moment.as_seconds(), 1_790_000_000);
    }

    fn day(text: &str) -> Day {
        Day::parse(text).unwrap_or_else(|| panic!("{text} is a day"))
    }

    /// When a day begins and how many hours it has.
    fn begins(zone: &str, text: &str) -> (String, u64) {
        let zone = Zone::named(zone).expect("it exists");
        let (start, end) = (zone.start_of(day(text)), zone.start_of(day(text).next()));
        (start.rfc3339(), end.since(start).as_secs() / 3600)
    }

    #[test]
    fn a_day_has_the_hours_that_its_zone_gives_it() {
        let table = [
            ("UTC", "20261122", "2026-11-22T00:00:00.000Z", 24),
            ("America/Los_Angeles", "20260308", "2026-03-08T08:00:00.000Z", 23),
            ("America/Los_Angeles", "20261101", "2026-11-01T07:00:00.000Z", 25),
            // The clocks went from 23:59:59 to 01:00, and Samoa left a day out.
            ("America/Sao_Paulo", "20181104", "2018-11-04T03:00:00.000Z", 23),
            ("Pacific/Apia", "20111230", "2011-12-30T10:00:00.000Z", 0),
            // Midnight came twice.
            ("America/Havana", "20241103", "2024-11-03T04:00:00.000Z", 25),
        ];
        for (zone, text, start, hours) in table {
            assert_eq!(begins(zone, text), (start.to_owned(), hours), "{zone} {text}");
        }
    }

    #[test]
    fn a_day_is_eight_digits_and_on_the_calendar() {
        assert_eq!(day("20280229").next(), day("20280301"));
        assert_eq!(day("20261231").next().to_string(), "20270101");
        assert_eq!(
            (day("20261101").days_until(day("20261130")), day("20270101").days_until(day("20261231"))),
            (29, -1)
        );
        for text in [
            "",
            "2026112",
            "202611220",
            "20260229",
            "20261301",
            "20260100",
            "19691231",
            "99990101",
            "2026-1-1",
            "+2026112",
            "２０２６",
        ] {
            assert_eq!(Day::parse(text), None, "{text}");
        }
        assert_eq!(day("99981231").next(), day("99981231"));
    }

    #[test]
    fn a_zone_that_does_not_exist_is_refused_with_a_sentence() {
        assert_eq!(
            Zone::named("Mars/Base"),
            Err("\"Mars/Base\" is no time zone; give an IANA name such as \"America/Los_Angeles\"".to_owned())
        );
    }
}
