//! Failed log-ins, counted for each account and each address (security SEC-31).
//!
//! Promises: a count starts anew when its window is over. Leaves to others: the limits and the windows (`web`).

use super::{StoreError, Tx};
use ringbridge_core::time::Timestamp;

/// Counts a failed log-in under a key (an account or an address) and gives the count; the first one opens a window that
/// ends at `window_ends`.
pub fn failed(tx: &mut Tx<'_>, key: &str, now: Timestamp, window_ends: Timestamp) -> Result<i64, StoreError> {
    let row = tx.first(
        "insert into login_attempt (key, failures, expires_at) values ($1, 1, $2)
         on conflict (key) do update set
             failures = case when login_attempt.expires_at <= $3 then 1 else login_attempt.failures + 1 end,
             expires_at = case when login_attempt.expires_at <= $3 then excluded.expires_at else login_attempt.expires_at end
         returning failures",
        &[key.into(), window_ends.into(), now.into()],
    )?;
    row.map_or(Ok(1), |row| row.int("failures"))
}

/// How many log-ins failed under a key in its window, and when the window ends.
pub fn count(tx: &mut Tx<'_>, key: &str, now: Timestamp) -> Result<Option<(i64, Timestamp)>, StoreError> {
    let row = tx.first(
        "select failures, expires_at from login_attempt where key = $1 and expires_at > $2",
        &[key.into(), now.into()],
    )?;
    row.map(|row| Ok((row.int("failures")?, row.moment("expires_at")?))).transpose()
}

/// Forgets the failures under a key: after a log-in that succeeded.
pub fn clear(tx: &mut Tx<'_>, key: &str) -> Result<(), StoreError> {
    tx.execute("delete from login_attempt where key = $1", &[key.into()])?;
    Ok(())
}

/// Sweeps out windows that are over.
pub fn remove_expired(tx: &mut Tx<'_>, now: Timestamp) -> Result<u64, StoreError> {
    tx.execute("delete from login_attempt where expires_at <= $1", &[now.into()])
}
