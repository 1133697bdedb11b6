//! How long transactions wait, and how many there may be.
//!
//! Promises: the values of RFC 3261 table 4, all derived from T1, T2 and T4; tests may pass others. Leaves to others: the
//! waiting itself.

use std::time::Duration;

/// The settings of the transactions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    /// The round trip a peer is given: 500 ms.
    pub t1: Duration,
    /// The longest time between repetitions: 4 s.
    pub t2: Duration,
    /// How long a message may live in the network: 5 s.
    pub t4: Duration,
    /// How many transactions there may be; requests inside dialogs, which end calls, may go a quarter beyond. At a
    /// thousand calls a second about 200 bytes each wait 32 s for repetitions of some six messages.
    pub limit: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            t1: Duration::from_millis(500),
            t2: Duration::from_secs(4),
            t4: Duration::from_secs(5),
            limit: 200_000,
        }
    }
}

impl Config {
    /// Timers B, F, H, J, L and M, and D on UDP: 64 T1, at least the 32 s of D.
    #[must_use]
    pub fn patience(&self) -> Duration {
        self.t1.saturating_mul(64)
    }
}

/// After this long without a response of the user, an INVITE is answered 100 (RFC 3261 17.2.1).
pub(super) const TRYING_AFTER: Duration = Duration::from_millis(200);

/// An INVITE of a peer that its user has not answered by then is forgotten: longer than any phone rings.
pub(super) const UNANSWERED_INVITE: Duration = Duration::from_secs(600);

/// The time between repetitions: doubled, up to a longest.
pub(super) fn doubled(interval: Duration, longest: Duration) -> Duration {
    interval.saturating_mul(2).min(longest)
}
