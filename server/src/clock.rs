//! What time it is: the one file that asks.
//!
//! Promises: [`now`] is the wall clock in milliseconds; everything else takes time as an argument. Leaves to others:
//! deciding anything by it.

use ringbridge_core::time::Timestamp;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::time::Instant;

/// The present moment.
#[must_use]
pub fn now() -> Timestamp {
    #[expect(clippy::disallowed_methods, reason = "the one place that asks")]
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    Timestamp::from_millis(i64::try_from(since_1970.as_millis()).unwrap_or(i64::MAX))
}

/// Waits until a moment; at once if it has passed, for ever without one.
pub async fn until(moment: Option<Timestamp>) {
    match moment {
        Some(moment) => tokio::time::sleep_until(Instant::now() + moment.since(now())).await,
        None => std::future::pending().await,
    }
}
