//! What a reader asks for: `d`, the days, and `n`, the offset.
//!
//! Promises: what is not understood is refused with the parameter's name; nothing is ignored, since a misspelt `n` would
//! give the first page for ever. Days are days in the tenant's zone, both ends included.

use crate::web::problem::Problem;
use ringbridge_core::refusal::{Code, Refusal};
use ringbridge_core::time::{Day, Timestamp, Zone};
use std::ops::Range;

/// The most days of one question: a year with its leap day. The rows of a stretch are sorted for each page of it.
const DAYS_MAX: i64 = 366;

/// A question about interactions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Asked {
    /// The first day.
    pub(super) from: Day,
    /// The last day; it counts.
    pub(super) to: Day,
    /// How many rows are passed over.
    pub(super) offset: u32,
}

impl Asked {
    /// Reads the query string.
    ///
    /// # Errors
    /// `BAD_PARAMETER` that names the parameter.
    pub(super) fn read(query: Option<&str>) -> Result<Self, Problem> {
        let [d, n] = values(query.unwrap_or(""), ["d", "n"])?;
        let Some(d) = d else {
            return Err(refused(
                "d",
                "d is missing; give the first and the last day as d=YYYYMMDD,YYYYMMDD.",
            ));
        };
        let (from, to) = days(&d)?;
        let offset = n.map_or(Ok(0), |n| offset(&n))?;
        Ok(Self { from, to, offset })
    }

    /// From the first moment of the first day to the first moment after the last.
    pub(super) fn range(&self, zone: &Zone) -> Range<Timestamp> {
        zone.start_of(self.from)..zone.start_of(self.to.next())
    }
}

/// Refuses every parameter, where there is nothing to ask.
///
/// # Errors
/// `BAD_PARAMETER` that names the first one.
pub(super) fn none(query: Option<&str>) -> Result<(), Problem> {
    values(query.unwrap_or(""), []).map(|_: [Option<String>; 0]| ())
}

/// The values of the parameters with these names.
fn values<const N: usize>(query: &str, names: [&str; N]) -> Result<[Option<String>; N], Problem> {
    let mut found = [const { None }; N];
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        let place = names.iter().position(|known| *known == name).and_then(|place| found.get_mut(place));
        let Some(place) = place else {
            let known = if N == 0 { "none".to_owned() } else { names.join(", ") };
            let name: String = name.chars().take(40).collect();
            return Err(refused(&name, &format!("There is no parameter \"{name}\" here; known: {known}.")));
        };
        if place.replace(value.into_owned()).is_some() {
            return Err(refused(&name, &format!("{name} stands there twice; give it once.")));
        }
    }
    Ok(found)
}

/// One day, or two with a comma between.
fn days(text: &str) -> Result<(Day, Day), Problem> {
    let (from, to) = text.split_once(',').unwrap_or((text, text));
    let (Some(from), Some(to)) = (Day::parse(from), Day::parse(to)) else {
        return Err(refused("d", "d is one day, YYYYMMDD, or two with a comma between, YYYYMMDD,YYYYMMDD."));
    };
    match from.days_until(to) {
        ..0 => Err(refused("d", "In d the first day comes after the last one.")),
        0..DAYS_MAX => Ok((from, to)),
        DAYS_MAX.. => Err(refused("d", &format!("d spans more than {DAYS_MAX} days; ask in parts."))),
    }
}

fn offset(text: &str) -> Result<u32, Problem> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = if digits { text.parse().ok() } else { None };
    number.ok_or_else(|| refused("n", "n is the offset of the first row: a whole number from 0 on."))
}

fn refused(parameter: &str, text: &str) -> Problem {
    Refusal::new(Code::BadParameter, text).about(parameter).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(query: &str) -> Result<(String, String, u32), (String, String)> {
        Asked::read(Some(query))
            .map(|asked| (asked.from.to_string(), asked.to.to_string(), asked.offset))
            .map_err(|problem| (problem.parameter.unwrap_or_default().into_string(), problem.text))
    }

    #[test]
    fn semantics_6_2_days_and_offset_are_read() {
        let days = |from: &str, to: &str, offset| Ok((from.to_owned(), to.to_owned(), offset));
        assert_eq!(asked("d=20261101,20261130&n=500"), days("20261101", "20261130", 500));
        assert_eq!(asked("n=0&d=20261101%2C20261101"), days("20261101", "20261101", 0));
        assert_eq!(asked("d=20261101"), days("20261101", "20261101", 0), "one day alone");
        assert_eq!(asked("d=20280101,20281231"), days("20280101", "20281231", 0), "a leap year");
    }

    #[test]
    fn what_is_not_understood_is_refused_with_the_parameters_name() {
        let table = [
            ("", "d", "missing"),
            ("n=5", "d", "missing"),
            ("d=", "d", "one day"),
            ("d=2026-11-01", "d", "one day"),
            ("d=20261131", "d", "one day"),
            ("d=20261101,", "d", "one day"),
            ("d=20261101,20261102,20261103", "d", "one day"),
            ("d=20261102,20261101", "d", "after the last"),
            ("d=20260101,20270102", "d", "366 days"),
            ("d=20261101&d=20261102", "d", "twice"),
            ("d=20261101&n=-1", "n", "whole number"),
            ("d=20261101&n=%2B1", "n", "whole number"),
            ("d=20261101&n=4294967296", "n", "whole number"),
            ("d=20261101&n=", "n", "whole number"),
            ("d=20261101&offset=500", "offset", "known: d, n"),
        ];
        for (query, parameter, words) in table {
            let (about, text) = asked(query).expect_err(query);
            assert_eq!(about, parameter, "{query}");
            assert!(text.contains(words), "{query}: {text}");
        }
        assert!(asked("d=20260101,20270101").is_ok(), "366 days are taken");
    }

    #[test]
    fn the_stretch_ends_where_the_day_after_the_last_begins() {
        let asked = Asked::read(Some("d=20261031,20261101")).expect("days");
        let range = asked.range(&Zone::named("America/Los_Angeles").expect("a zone"));
        assert_eq!(range.start.rfc3339(), "2026-10-31T07:00:00.000Z");
        assert_eq!(range.end.rfc3339(), "2026-11-02T08:00:00.000Z", "a day of 25 hours");
    }
}
