//! The stand-in's clock, and moments as Salesforce writes them.
//!
//! Promises: [`now`] is the one place here that asks for the time; a moment is written `2026-11-22T10:00:00.000+0000`.
//! Leaves to others: deciding anything by it.

use jiff::{Timestamp, civil::Date};

/// The present moment.
pub(super) fn now() -> Timestamp {
    #[expect(clippy::disallowed_methods, reason = "the stand-in's one place that asks")]
    let now = Timestamp::now();
    now
}

/// A moment as the REST API writes it.
pub(super) fn written(moment: Timestamp) -> String {
    let utc = moment.to_zoned(jiff::tz::TimeZone::UTC);
    utc.strftime("%Y-%m-%dT%H:%M:%S.%3f+0000").to_string()
}

/// Reads a moment with its zone (`Z`, `+00:00` or `+0000`); one without a zone is none (salesforce.md 1.4).
pub(super) fn read_moment(text: &str) -> Option<Timestamp> {
    let colon_less = text.len() > 5 && text.is_char_boundary(text.len() - 5) && {
        let zone = &text.as_bytes()[text.len() - 5..];
        matches!(zone[0], b'+' | b'-') && zone[1..].iter().all(u8::is_ascii_digit)
    };
    if colon_less && text.contains('T') {
        let (head, zone) = text.split_at(text.len() - 2);
        return format!("{head}:{zone}").parse().ok();
    }
    if text.contains('T') { text.parse().ok() } else { None }
}

/// Reads a date; the time part of a moment is ignored, as for `ActivityDate` (salesforce.md 1.4).
pub(super) fn read_date(text: &str) -> Option<Date> {
    let head = text.get(..10)?;
    let shaped = head.bytes().enumerate().all(|(place, byte)| match place {
        4 | 7 => byte == b'-',
        _ => byte.is_ascii_digit(),
    });
    let rest = &text[10..];
    if !shaped || !(rest.is_empty() || read_moment(text).is_some()) {
        return None;
    }
    head.parse().ok()
}

/// A moment as HTTP headers write it, in whole seconds.
pub(super) fn http_date(moment: Timestamp) -> String {
    moment.to_zoned(jiff::tz::TimeZone::UTC).strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// Reads what [`http_date`] writes; `None` for anything else.
pub(super) fn read_http_date(text: &str) -> Option<Timestamp> {
    let civil = jiff::civil::DateTime::strptime("%a, %d %b %Y %H:%M:%S GMT", text).ok()?;
    jiff::tz::TimeZone::UTC.to_timestamp(civil).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_read_with_each_spelling_of_its_zone_and_written_in_one() {
        for text in ["2026-11-22T10:00:00.000+0000", "2026-11-22T10:00:00Z", "2026-11-22T11:00:00+01:00"] {
            assert_eq!(read_moment(text).map(written).as_deref(), Some("2026-11-22T10:00:00.000+0000"));
        }
        for text in ["2026-11-22T10:00:00", "2026-11-22", "yesterday", ""] {
            assert_eq!(read_moment(text), None, "{text}");
        }
    }

    #[test]
    fn a_date_is_read_strictly() {
        assert_eq!(read_date("2026-11-22").map(|d| d.to_string()).as_deref(), Some("2026-11-22"));
        assert_eq!(read_date("2026-11-22T10:00:00Z").map(|d| d.to_string()).as_deref(), Some("2026-11-22"));
        for text in ["2026/11/22", "2026-11-31", "22.11.2026", "2026-11-22 10:00", "2026-1-2"] {
            assert_eq!(read_date(text), None, "{text}");
        }
    }

    #[test]
    fn a_date_of_http_survives_the_way_there_and_back() {
        let moment: Timestamp = "2026-11-22T10:00:05Z".parse().unwrap();
        assert_eq!(http_date(moment), "Sun, 22 Nov 2026 10:00:05 GMT");
        assert_eq!(read_http_date(&http_date(moment)), Some(moment));
    }
}
