//! When a callback that was not delivered is tried again, and when it is given up (semantics 5.5, REL-4).
//!
//! Promises: pure policy: the failure, the number of the attempt, the moment and the dice are arguments. Waits grow from
//! seconds to hours, each ±20 %, and last at least a whole day before a callback is parked. A failure is named by a class
//! that gives away nothing about the network behind it (SEC-14). Leaves to others: trying, storing, waiting (`jobs`).

use crate::time::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The waits after the 1st, 2nd, … failed attempt. Their sum is 30.2 h: even if every wait is shortened by the full 20 %,
/// a receiver that is away for a whole day is still reached.
pub const WAITS: [Duration; 11] = [
    Duration::from_secs(5),
    Duration::from_secs(30),
    Duration::from_secs(2 * 60),
    Duration::from_secs(10 * 60),
    Duration::from_secs(30 * 60),
    Duration::from_secs(60 * 60),
    Duration::from_secs(2 * 60 * 60),
    Duration::from_secs(4 * 60 * 60),
    Duration::from_secs(7 * 60 * 60 + 30 * 60),
    Duration::from_secs(7 * 60 * 60 + 30 * 60),
    Duration::from_secs(7 * 60 * 60 + 30 * 60),
];

/// A receiver that says it is overloaded is left alone at least this long.
pub const LEAST_THROTTLE: Duration = Duration::from_secs(60);

/// The longest `Retry-After` that is honoured. A receiver may ask for a pause, not for oblivion.
pub const MOST_RETRY_AFTER: Duration = Duration::from_secs(4 * 60 * 60);

/// How far each wait is moved by chance, either way, so that a thousand callbacks that failed together do not come back
/// together.
const JITTER: f64 = 0.2;

/// A throw of the dice for one wait.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Jitter(f64);

impl Jitter {
    /// The wait as it stands in the table.
    pub const NONE: Self = Self(0.0);

    /// Maps 32 random bits evenly to -20 % … +20 %.
    #[must_use]
    pub fn from_random(bits: u32) -> Self {
        Self((f64::from(bits) / f64::from(u32::MAX) * 2.0 - 1.0) * JITTER)
    }

    /// Lengthens or shortens a wait.
    pub(crate) fn apply(self, wait: Duration) -> Duration {
        wait.mul_f64(1.0 + self.0)
    }
}

/// Why an attempt did not deliver.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Failure {
    /// Our own rules forbid the URL or the address behind it. Nothing was sent.
    Refused,
    /// The name cannot be resolved, nobody listens, or the connection broke before an answer.
    Connect,
    /// No connection, or no answer, in the time allowed.
    Timeout,
    /// The TLS handshake failed, for example because the certificate is not trusted.
    Tls,
    /// What came back is not HTTP.
    Garbled,
    /// An answer other than 2xx.
    Status {
        /// The status code.
        code: u16,
        /// What its `Retry-After` asked for.
        retry_after: Option<Duration>,
    },
}

impl Failure {
    /// The class, for agents, admins and the journal: never an address or a banner (SEC-14).
    #[must_use]
    pub const fn class(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Connect => "connect",
            Self::Timeout => "timeout",
            Self::Tls => "tls",
            Self::Garbled => "garbled",
            Self::Status { code: 300..=399, .. } => "http-3xx",
            Self::Status { code: 400..=499, .. } => "http-4xx",
            Self::Status { code: 500..=599, .. } => "http-5xx",
            Self::Status { .. } => "http-other",
        }
    }

    /// Whether the receiver is overloaded, so that other callbacks for it should wait too (Standard Webhooks: 429, 502,
    /// 504).
    #[must_use]
    pub const fn is_overload(self) -> bool {
        match self {
            Self::Status { code, .. } => matches!(code, 429 | 502 | 504),
            Self::Refused | Self::Connect | Self::Timeout | Self::Tls | Self::Garbled => false,
        }
    }
}

/// Why a callback is not tried again by itself. An admin can resend it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Parked {
    /// Our own rules forbid the URL; trying again would not change that.
    Refused,
    /// The receiver said 410: it wants no more of it.
    Gone,
    /// Every wait of the table has been waited.
    GivenUp,
}

/// What follows a failed attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It is tried again at this moment.
    Again(Timestamp),
    /// It is parked.
    Park(Parked),
}

/// Decides what follows the failed attempt number `attempt` (the first is 1) that ended at `now`.
#[must_use]
pub fn after(failure: Failure, attempt: u32, now: Timestamp, jitter: Jitter) -> Decision {
    let retry_after = match failure {
        Failure::Refused => return Decision::Park(Parked::Refused),
        Failure::Status { code: 410, .. } => return Decision::Park(Parked::Gone),
        Failure::Status { retry_after, .. } => retry_after.unwrap_or_default().min(MOST_RETRY_AFTER),
        Failure::Connect | Failure::Timeout | Failure::Tls | Failure::Garbled => Duration::ZERO,
    };
    let index = usize::try_from(attempt.saturating_sub(1)).unwrap_or(usize::MAX);
    let Some(wait) = WAITS.get(index) else {
        return Decision::Park(Parked::GivenUp);
    };
    let wait = if failure.is_overload() { (*wait).max(LEAST_THROTTLE) } else { *wait };
    // What the receiver asked for is a lower bound: chance may lengthen it, never shorten it.
    Decision::Again(now.plus(jitter.apply(wait).max(retry_after)))
}

/// Reads a `Retry-After` header (RFC 9110 10.2.3): seconds, or a date, which counts from `now`. What cannot be read asks for
/// nothing. A receiver whose clock is wrong harms only itself: the table's own wait is the least,
/// [`MOST_RETRY_AFTER`] the most.
#[must_use]
pub fn retry_after(header: &str, now: Timestamp) -> Option<Duration> {
    let text = header.trim();
    if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
        // More digits than fit are more than is honoured anyway.
        return Some(text.parse().map_or(Duration::MAX, Duration::from_secs));
    }
    let until = DateTimeParser::new().parse_timestamp(text).ok()?;
    Some(Timestamp::from_millis(until.as_millisecond()).since(now))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_790_000_000_000);

    fn status(code: u16) -> Failure {
        Failure::Status { code, retry_after: None }
    }

    /// The waits in seconds of a callback that fails in the same way until it is parked, and why it is parked.
    fn life(failure: Failure, jitter: Jitter) -> (Vec<u64>, Parked) {
        let mut waits = Vec::new();
        for attempt in 1.. {
            match after(failure, attempt, NOW, jitter) {
                Decision::Again(at) => waits.push(at.since(NOW).as_secs()),
                Decision::Park(why) => return (waits, why),
            }
        }
        unreachable!("the loop ends when it is parked")
    }

    #[test]
    fn a_receiver_that_is_away_is_tried_twelve_times_and_then_parked() {
        let golden = vec![5, 30, 120, 600, 1800, 3600, 7200, 14400, 27000, 27000, 27000];
        for failure in
            [Failure::Connect, Failure::Timeout, Failure::Tls, Failure::Garbled, status(500), status(404)]
        {
            assert_eq!(life(failure, Jitter::NONE), (golden.clone(), Parked::GivenUp), "{failure:?}");
        }
    }

    #[test]
    fn even_the_shortest_waits_together_last_a_whole_day_and_the_longest_a_day_and_a_half() {
        let day = 24 * 60 * 60;
        let (shortest, _) = life(Failure::Connect, Jitter::from_random(0));
        let (longest, _) = life(Failure::Connect, Jitter::from_random(u32::MAX));
        assert_eq!(shortest[..3], [4, 24, 96]);
        assert_eq!(longest[..3], [6, 36, 144]);
        assert!(shortest.iter().sum::<u64>() >= day, "{shortest:?}");
        assert!(longest.iter().sum::<u64>() <= day * 8 / 5, "{longest:?}");
    }

    #[test]
    fn what_is_refused_or_gone_is_parked_at_once() {
        assert_eq!(life(Failure::Refused, Jitter::NONE), (vec![], Parked::Refused));
        assert_eq!(life(status(410), Jitter::NONE), (vec![], Parked::Gone));
    }

    #[test]
    fn a_redirect_is_a_failure_like_any_other() {
        for code in [300, 301, 302, 303, 307, 308] {
            assert_eq!(after(status(code), 1, NOW, Jitter::NONE), again_in(5), "{code}");
        }
    }

    #[test]
    fn an_overloaded_receiver_is_left_alone_for_at_least_a_minute() {
        for code in [429, 502, 504] {
            assert_eq!(after(status(code), 1, NOW, Jitter::NONE), again_in(60), "{code}");
            assert_eq!(after(status(code), 4, NOW, Jitter::NONE), again_in(600), "{code}");
        }
        assert_eq!(after(status(503), 1, NOW, Jitter::NONE), again_in(5));
    }

    #[test]
    fn retry_after_is_honoured_never_shortened_and_clamped() {
        let asked = |seconds| Failure::Status { code: 429, retry_after: Some(Duration::from_secs(seconds)) };
        assert_eq!(after(asked(90), 1, NOW, Jitter::NONE), again_in(90));
        assert_eq!(after(asked(90), 1, NOW, Jitter::from_random(0)), again_in(90));
        assert_eq!(after(asked(1), 1, NOW, Jitter::NONE), again_in(60));
        assert_eq!(after(asked(999_999_999), 1, NOW, Jitter::NONE), again_in(4 * 60 * 60));
    }

    #[test]
    fn retry_after_is_read_in_seconds_or_as_a_date() {
        let now = Timestamp::from_millis(1_795_366_740_000); // Sun, 22 Nov 2026 16:59:00 GMT
        let read = |text| retry_after(text, now);
        assert_eq!(read(" 120 "), Some(Duration::from_secs(120)));
        assert_eq!(read("0"), Some(Duration::ZERO));
        assert_eq!(read("99999999999999999999"), Some(Duration::MAX));
        assert_eq!(read("Sun, 22 Nov 2026 17:00:00 GMT"), Some(Duration::from_secs(60)));
        assert_eq!(read("Sun, 22 Nov 2026 16:00:00 GMT"), Some(Duration::ZERO), "that is over");
        for other in ["", "-1", "1.5", "soon", "Sun, 22 Nov 2026", "Mon, 22 Nov 2026 17:00:00 GMT"] {
            assert_eq!(read(other), None, "{other}");
        }
    }

    #[test]
    fn every_failure_has_a_class_that_names_no_address() {
        let table = [
            (Failure::Refused, "refused"),
            (Failure::Connect, "connect"),
            (Failure::Timeout, "timeout"),
            (Failure::Tls, "tls"),
            (Failure::Garbled, "garbled"),
            (status(302), "http-3xx"),
            (status(410), "http-4xx"),
            (status(503), "http-5xx"),
            (status(999), "http-other"),
        ];
        for (failure, class) in table {
            assert_eq!(failure.class(), class);
        }
    }

    fn again_in(seconds: u64) -> Decision {
        Decision::Again(NOW.plus(Duration::from_secs(seconds)))
    }
}
