//! Time as the SIP machines see it: a number that is handed in.
//!
//! Promises: nothing in this crate asks a clock. Leaves to others: which clock it is. The bridge is fed milliseconds since
//! 1970, so that stored deadlines survive a restart; the transactions may be fed the same or any other steady count.

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// A moment in milliseconds on the caller's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Millis(pub u64);

impl Millis {
    /// The moment `duration` later; the far future where it would overflow.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)))
    }

    /// The time from `earlier` to here; zero if it lies ahead.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }
}
