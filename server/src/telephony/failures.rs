//! How often somebody was wrong: what slows the guessing of passwords down.
//!
//! Promises: ten failures in ten minutes of one source at one name, or a hundred of one source or at one name, are enough
//! for silence until the ten minutes are over; what is remembered is bounded. A single phone with a wrong password does
//! not silence the others behind the same address. Leaves to others: what a failure is.

use ringbridge_core::time::Timestamp;
use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

/// How long failures are counted.
const WINDOW: Duration = Duration::from_secs(600);
/// How many failures one source may have at one name.
const AT_ONE_NAME: u32 = 10;
/// How many failures one source may have at all, and one name from everywhere.
const AT_ALL: u32 = 100;
/// The most counters; beyond them, those whose time is over are dropped, and if there are none nothing is counted.
const MAX_COUNTERS: usize = 50_000;

/// Who was wrong.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Who {
    Pair(IpAddr, String),
    Source(IpAddr),
    Name(String),
}

/// Counters of failures.
#[derive(Default)]
pub(super) struct Failures {
    counters: HashMap<Who, (u32, Timestamp)>,
}

/// The longest name that is counted as itself: names of phones are short, those of guessers need not be.
const LONGEST_NAME: usize = 64;

fn counters_of(source: IpAddr, name: &str) -> [(Who, u32); 3] {
    let name: String = name.chars().take(LONGEST_NAME).collect();
    [(Who::Pair(source, name.clone()), AT_ONE_NAME), (Who::Source(source), AT_ALL), (Who::Name(name), AT_ALL)]
}

impl Failures {
    /// Whether this source is no longer listened to at this name.
    pub(super) fn are_enough(&self, source: IpAddr, name: &str, now: Timestamp) -> bool {
        counters_of(source, name).iter().any(|(who, limit)| {
            self.counters.get(who).is_some_and(|(count, since)| count >= limit && now.since(*since) < WINDOW)
        })
    }

    /// Counts a failure.
    pub(super) fn count(&mut self, source: IpAddr, name: &str, now: Timestamp) {
        if self.counters.len() + 3 > MAX_COUNTERS {
            self.counters.retain(|_, (_, since)| now.since(*since) < WINDOW);
        }
        let room = self.counters.len() + 3 <= MAX_COUNTERS;
        for (who, _) in counters_of(source, name) {
            if !room && !self.counters.contains_key(&who) {
                continue;
            }
            let (count, since) = self.counters.entry(who).or_insert((0, now));
            if now.since(*since) >= WINDOW {
                (*count, *since) = (0, now);
            }
            *count = count.saturating_add(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OFFICE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));
    const ELSEWHERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(198, 51, 100, 1));

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(1_790_000_000_000 + seconds * 1000)
    }

    #[test]
    fn ten_failures_silence_one_name_for_ten_minutes_and_nobody_else() {
        let mut failures = Failures::default();
        for second in 0..10 {
            assert!(!failures.are_enough(OFFICE, "alice", at(second)));
            failures.count(OFFICE, "alice", at(second));
        }
        assert!(failures.are_enough(OFFICE, "alice", at(599)));
        assert!(!failures.are_enough(OFFICE, "bob", at(599)));
        assert!(!failures.are_enough(ELSEWHERE, "alice", at(599)));
        assert!(!failures.are_enough(OFFICE, "alice", at(600)));
    }

    #[test]
    fn a_hundred_failures_silence_a_source_at_every_name() {
        let mut failures = Failures::default();
        for n in 0..100 {
            failures.count(OFFICE, &format!("guess{n}"), at(0));
        }
        assert!(failures.are_enough(OFFICE, "alice", at(1)));
        assert!(!failures.are_enough(ELSEWHERE, "alice", at(1)));
    }
}
