//! The figures of charts: calls by the hour or by the quarter of a day, answer rate, reasons.
//!
//! Promises: bars follow the tenant's clock, also where it is changed; each call is in one bar; the sums are the bars'.
//! Leaves to others: counting (`store::team`), drawing (`charts.js`).

use super::bystander;
use crate::store::team::Tally;
use ringbridge_core::call::EndReason;
use ringbridge_core::time::{Timestamp, Zone};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;

/// The seconds of an hour.
const HOUR: u64 = 3600;

/// How far back a chart looks, and by which bars.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stretch {
    /// 24 hours, by the hour.
    Day,
    /// 168 hours, by the quarter of a day.
    Week,
}

impl Stretch {
    /// Reads the number of hours.
    #[must_use]
    pub fn named(hours: &str) -> Option<Self> {
        match hours {
            "24" => Some(Self::Day),
            "168" => Some(Self::Week),
            _ => None,
        }
    }

    const fn hours(self) -> u64 {
        match self {
            Self::Day => 24,
            Self::Week => 168,
        }
    }

    /// The stretch that ends with the hour of `now`, on the tenant's clock.
    #[must_use]
    pub fn until(self, now: Timestamp, zone: &Zone) -> Range<Timestamp> {
        // Zones lie off UTC by quarters of an hour too, so the hour begins where the zone's clock says so.
        let minutes: u64 = zone.format(now, "%M").parse().unwrap_or(0);
        let seconds: u64 = zone.format(now, "%S").parse().unwrap_or(0);
        let into = i64::try_from((minutes * 60 + seconds) * 1000).unwrap_or(0);
        let begin = Timestamp::from_millis(now.as_millis() - now.as_millis().rem_euclid(1000) - into);
        let end = begin.plus(Duration::from_secs(HOUR));
        let length = i64::try_from(self.hours() * HOUR * 1000).unwrap_or(0);
        Timestamp::from_millis(end.as_millis() - length)..end
    }

    /// What names the bar of an hour: the same text, the same bar.
    fn bar(self, hour: Timestamp, zone: &Zone) -> String {
        match self {
            // The offset parts the two hours of one name when clocks are set back.
            Self::Day => zone.format(hour, "%Y-%m-%d %H %z"),
            Self::Week => {
                let quarter = zone.format(hour, "%H").parse::<u8>().unwrap_or(0) / 6;
                format!("{} {quarter}", zone.format(hour, "%Y-%m-%d"))
            }
        }
    }
}

/// A bar.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Bar {
    calls: i64,
    answered: i64,
    failed: i64,
}

impl Bar {
    fn add(&mut self, tally: &Tally) {
        self.calls += tally.calls;
        self.answered += tally.answered;
        if tally.end_reason.is_some() {
            self.failed += tally.calls - tally.answered;
        }
    }

    /// Of the calls that came to something, how many were answered.
    fn rate(&self) -> Option<f64> {
        let decided = i32::try_from(self.answered + self.failed).ok().filter(|sum| *sum > 0)?;
        let answered = i32::try_from(self.answered).ok()?;
        // Three digits are more than a person reads.
        Some((f64::from(answered) / f64::from(decided) * 1000.0).round() / 1000.0)
    }
}

/// The document of `GET /api/v1/team/charts`.
#[must_use]
pub fn document(stretch: Stretch, range: Range<Timestamp>, tallies: &[Tally], zone: &Zone) -> Value {
    let mut bars: Vec<(String, Timestamp, Bar)> = Vec::new();
    let mut hour = range.start;
    while hour < range.end {
        let name = stretch.bar(hour, zone);
        if bars.last().is_none_or(|(known, ..)| *known != name) {
            bars.push((name, hour, Bar::default()));
        }
        let here = tallies.iter().filter(|tally| tally.hour == hour);
        if let Some((.., bar)) = bars.last_mut() {
            here.for_each(|tally| bar.add(tally));
        }
        hour = hour.plus(Duration::from_secs(HOUR));
    }
    let mut all = Bar::default();
    let mut reasons: BTreeMap<&str, i64> = BTreeMap::new();
    for tally in tallies {
        all.add(tally);
        if let Some(reason) = &tally.end_reason {
            *reasons.entry(reason).or_default() += tally.calls;
        }
    }
    let mut reasons: Vec<_> = reasons.into_iter().collect();
    reasons.sort_by_key(|(name, calls)| (-calls, *name));
    json!({
        "from": range.start.rfc3339(),
        "to": range.end.rfc3339(),
        "hours": stretch.hours(),
        "calls": all.calls,
        "answered": all.answered,
        "failed": all.failed,
        "answer_rate": all.rate(),
        "buckets": bars.iter().map(|(_, at, bar)| json!({
            "at": at.rfc3339(), "calls": bar.calls, "answered": bar.answered, "failed": bar.failed,
        })).collect::<Vec<_>>(),
        "reasons": reasons.iter().map(|(name, calls)| json!({
            "end_reason": name, "sentence": told(name), "calls": calls,
        })).collect::<Vec<_>>(),
    })
}

/// A reason in words for somebody who was not in the call.
fn told(name: &str) -> &'static str {
    serde_json::from_value::<EndReason>(name.into()).map_or("", |reason| bystander::ended(reason, None))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: i64) -> Timestamp {
        Timestamp::from_millis(text)
    }

    fn zone(name: &str) -> Zone {
        Zone::named(name).expect("it exists")
    }

    fn tally(hour: Timestamp, reason: Option<&str>, answered: i64, calls: i64) -> Tally {
        Tally { hour, end_reason: reason.map(str::to_owned), answered, calls }
    }

    /// 2026-09-21 07:13:20.5 in Los Angeles, 19:43:20.5 in Calcutta.
    const NOW: Timestamp = Timestamp::from_millis(1_790_000_000_500);

    #[test]
    fn a_stretch_ends_with_the_hour_of_the_tenants_clock() {
        let day = Stretch::Day.until(NOW, &zone("Asia/Kolkata"));
        assert_eq!(zone("Asia/Kolkata").format(day.end, "%H:%M:%S"), "20:00:00");
        assert_eq!(day.end.since(day.start), Duration::from_secs(24 * HOUR));
        let week = Stretch::Week.until(NOW, &zone("America/Los_Angeles"));
        assert_eq!(zone("America/Los_Angeles").format(week.end, "%d %H:%M:%S"), "21 08:00:00");
        assert_eq!(week.end.since(week.start), Duration::from_secs(168 * HOUR));
    }

    #[test]
    fn each_call_is_in_one_bar_and_calls_that_go_on_count_for_nothing_yet() {
        let zone = zone("America/Los_Angeles");
        let range = Stretch::Day.until(NOW, &zone);
        let first = range.start;
        let last = at(range.end.as_millis() - 3_600_000);
        let tallies = [
            tally(first, Some("customer_busy"), 0, 1),
            tally(first, Some("hung_up"), 3, 3),
            tally(last, None, 1, 2),
        ];
        let document = document(Stretch::Day, range, &tallies, &zone);
        let bars = document["buckets"].as_array().expect("bars");
        assert_eq!(bars.len(), 24);
        assert_eq!(bars[0], json!({ "at": first.rfc3339(), "calls": 4, "answered": 3, "failed": 1 }));
        assert_eq!(bars[23], json!({ "at": last.rfc3339(), "calls": 2, "answered": 1, "failed": 0 }));
        assert_eq!(
            (&document["calls"], &document["answered"], &document["failed"], &document["answer_rate"]),
            (&json!(6), &json!(4), &json!(1), &json!(0.8))
        );
        assert_eq!(
            document["reasons"],
            json!([
                { "end_reason": "hung_up", "sentence": "Somebody hung up after the answer.", "calls": 3 },
                { "end_reason": "customer_busy", "sentence": "The number is busy.", "calls": 1 },
            ])
        );
    }

    #[test]
    fn nothing_has_no_rate() {
        let zone = zone("UTC");
        let document = document(Stretch::Week, Stretch::Week.until(NOW, &zone), &[], &zone);
        assert_eq!((&document["answer_rate"], &document["reasons"]), (&Value::Null, &json!([])));
        assert_eq!(
            document["buckets"].as_array().map(Vec::len),
            Some(29),
            "28 quarters, the first and last cut"
        );
    }

    #[test]
    fn the_hour_that_comes_twice_is_two_bars_and_the_quarter_with_it_is_one() {
        let zone = zone("America/Los_Angeles");
        // 2026-11-01 02:00 PDT is 01:00 PST; 12:30 UTC is half past four.
        let now = at(1_793_536_200_000);
        let day = document(Stretch::Day, Stretch::Day.until(now, &zone), &[], &zone);
        assert_eq!(day["buckets"].as_array().map(Vec::len), Some(24));
        let week = document(Stretch::Week, Stretch::Week.until(now, &zone), &[], &zone);
        let bars = week["buckets"].as_array().expect("bars");
        let length = |from: usize| {
            let moment = |value: &Value| value["at"].as_str().map(str::to_owned).expect("a moment");
            (moment(&bars[from]), moment(&bars[from + 1]))
        };
        assert_eq!(
            length(bars.len() - 2),
            ("2026-11-01T01:00:00.000Z".to_owned(), "2026-11-01T07:00:00.000Z".to_owned())
        );
    }
}
