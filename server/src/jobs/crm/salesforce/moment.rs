//! Dates and moments as links and tokens write them, in the form that Salesforce takes.
//!
//! Promises: `2026-11-22`, `2026/11/22` and the time tokens' `2026/11/22 10:00:00 -0800` are understood; what is no day of
//! the calendar or has no zone is refused with the reason. Leaves to others: which field takes what (`value`).

use ringbridge_core::time::Timestamp;

/// A date: `2026-11-22`. A time after it is left out, as Salesforce does.
pub(super) fn date(text: &str) -> Result<String, &'static str> {
    let (date, rest) = split(text);
    match rest {
        "" => read_date(date),
        rest => read_date(date).and_then(|date| read_time(rest).map(|_| date)),
    }
}

/// A moment with its zone: `2026-11-22T10:00:00.000-08:00`. Nine to eleven digits are seconds since 1970, as two of the
/// time tokens have them.
pub(super) fn date_time(text: &str) -> Result<String, &'static str> {
    let seconds = text.parse().ok().filter(|_: &i64| (9..=11).contains(&text.len()));
    if let Some(seconds) = seconds.filter(|_| text.bytes().all(|byte| byte.is_ascii_digit())) {
        return Ok(Timestamp::from_millis(seconds * 1000).rfc3339());
    }
    let (date, rest) = split(text);
    let date = read_date(date)?;
    if rest.is_empty() {
        return Err("the time of day and its zone are missing");
    }
    let (time, zone) = read_time(rest)?;
    let zone = zone.ok_or("the zone is missing; write Z or an offset such as -0800 behind the time")?;
    Ok(format!("{date}T{time}{zone}"))
}

/// Date and the rest, parted by the first `T` or blank.
fn split(text: &str) -> (&str, &str) {
    text.split_once(['T', ' ']).map_or((text, ""), |(date, rest)| (date, rest.trim()))
}

fn read_date(text: &str) -> Result<String, &'static str> {
    const NO_DATE: &str = "a date is written 2026-11-22";
    let mut parts = text.split(['-', '/']);
    let (Some(year), Some(month), Some(day), None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(NO_DATE);
    };
    let (year, month, day) = match (number(year, 4..=4), number(month, 1..=2), number(day, 1..=2)) {
        (Some(year), Some(month), Some(day)) => (year, month, day),
        _ => return Err(NO_DATE),
    };
    let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => 0,
    };
    // Salesforce's calendar begins with 1700.
    match (1700..=4000).contains(&year) && (1..=days).contains(&day) {
        true => Ok(format!("{year:04}-{month:02}-{day:02}")),
        false => Err("there is no such day"),
    }
}

/// `10:00:00.000` and the zone, if there is one.
fn read_time(text: &str) -> Result<(String, Option<String>), &'static str> {
    const NO_TIME: &str = "a time is written 10:00:00";
    let end = text.find(['Z', 'z', '+', '-', ' ']).unwrap_or(text.len());
    let (time, zone) = text.split_at(end);
    let (time, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let mut parts = time.split(':').map(|part| number(part, 2..=2));
    let (Some(Some(hours)), Some(Some(minutes)), seconds, None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(NO_TIME);
    };
    let seconds = seconds.unwrap_or(Some(0)).ok_or(NO_TIME)?;
    number(fraction, 1..=9).ok_or(NO_TIME)?;
    if hours > 23 || minutes > 59 || seconds > 59 {
        return Err("there is no such time");
    }
    let millis: String = fraction.chars().chain("000".chars()).take(3).collect();
    Ok((format!("{hours:02}:{minutes:02}:{seconds:02}.{millis}"), read_zone(zone.trim())?))
}

fn read_zone(text: &str) -> Result<Option<String>, &'static str> {
    const NO_ZONE: &str = "a zone is written Z or as an offset such as -0800";
    let (sign, offset) = match (text, text.strip_prefix('+'), text.strip_prefix('-')) {
        ("", ..) => return Ok(None),
        ("Z" | "z", ..) => return Ok(Some("Z".to_owned())),
        (_, Some(offset), _) => ('+', offset),
        (_, _, Some(offset)) => ('-', offset),
        _ => return Err(NO_ZONE),
    };
    let digits: String = offset.chars().filter(|c| *c != ':').collect();
    let number = number(&digits, 4..=4).ok_or(NO_ZONE)?;
    let (hours, minutes) = (number / 100, number % 100);
    if hours > 15 || minutes > 59 {
        return Err(NO_ZONE);
    }
    Ok(Some(format!("{sign}{hours:02}:{minutes:02}")))
}

/// A number of so many ASCII digits.
fn number(text: &str, lengths: std::ops::RangeInclusive<usize>) -> Option<u32> {
    let fits = lengths.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_understood_in_the_ways_that_links_write_them() {
        for text in ["2026-11-22", "2026/11/22", "2026/11/22 10:00:00 -0800", "2026-11-22T10:00:00Z"] {
            assert_eq!(date(text), Ok("2026-11-22".to_owned()), "{text}");
        }
        assert_eq!(date("2028/2/29"), Ok("2028-02-29".to_owned()));
        for text in ["2026-02-29", "2026-13-01", "0000-01-01", "2026-11-00"] {
            assert_eq!(date(text), Err("there is no such day"), "{text}");
        }
        for text in
            ["", "22.11.2026", "2026-11", "26-11-22", "2026-11-22-1", "２０２６-11-22", "$year$-$month$-1"]
        {
            assert_eq!(date(text), Err("a date is written 2026-11-22"), "{text}");
        }
    }

    #[test]
    fn moments_need_their_zone() {
        let table = [
            ("2026/11/22 10:00:00 -0800", "2026-11-22T10:00:00.000-08:00"),
            ("2026-11-22T10:00:00Z", "2026-11-22T10:00:00.000Z"),
            ("2026-11-22T10:00:00.120+0000", "2026-11-22T10:00:00.120+00:00"),
            ("2026-11-22T10:00+05:30", "2026-11-22T10:00:00.000+05:30"),
            ("1790000000", "2026-09-21T14:13:20.000Z"),
        ];
        for (text, expected) in table {
            assert_eq!(date_time(text), Ok(expected.to_owned()), "{text}");
        }
        let refused = [
            ("2026-11-22", "the time of day and its zone are missing"),
            (
                "2026-11-22T10:00:00",
                "the zone is missing; write Z or an offset such as -0800 behind the time",
            ),
            ("2026-11-22T25:00:00Z", "there is no such time"),
            ("2026-11-22T10Z", "a time is written 10:00:00"),
            ("2026-11-22T10:00:00 PST", "a zone is written Z or as an offset such as -0800"),
            ("2026-11-22T10:00:00-8", "a zone is written Z or as an offset such as -0800"),
            ("+790000000", "a date is written 2026-11-22"),
        ];
        for (text, reason) in refused {
            assert_eq!(date_time(text), Err(reason), "{text}");
        }
    }
}
