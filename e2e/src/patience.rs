//! Bounded waiting: the one place of the harness that asks the clock.
//!
//! Promises: no wait without an end, and a sentence about what was waited for when it comes. Leaves to others: what to wait for.

use std::{
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

/// How long most things may take on a busy machine with two cores before a test gives up.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// How often a condition that cannot wake us is looked at.
const LOOK: Duration = Duration::from_millis(10);

/// A moment by which something must have happened.
#[derive(Clone, Copy, Debug)]
pub struct Deadline(Instant);

impl Deadline {
    /// That long from now.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the harness's clock")]
    pub fn after(limit: Duration) -> Self {
        Self(Instant::now() + limit)
    }

    /// What is left; `None` when it is over.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the harness's clock")]
    pub fn left(self) -> Option<Duration> {
        self.0.checked_duration_since(Instant::now()).filter(|left| !left.is_zero())
    }
}

/// Looks until the thing is there. Panics with what was waited for when the time is over.
#[track_caller]
pub fn until<T>(what: &str, limit: Duration, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Deadline::after(limit);
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(deadline.left().is_some(), "waited {limit:?} for {what}");
        thread::sleep(LOOK);
    }
}

/// Measures how long something took.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts now.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the harness's clock")]
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// The time since.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}

/// What the clock of this machine says, in milliseconds since 1970: to be compared with a browser's.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the harness's clock")]
pub fn unix_milliseconds() -> f64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is past 1970");
    since.as_secs_f64() * 1000.0
}
