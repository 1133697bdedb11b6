//! What was asked of the org.
//!
//! Promises: at most [`KEPT`] entries, the oldest go first. Leaves to others: judging them.

use super::faults::{Fault, Operation};
use std::collections::VecDeque;

/// How many requests are kept: enough for the longest test, bounded so that a demo left alone cannot grow.
pub(super) const KEPT: usize = 20_000;

/// One request and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logged {
    /// The method, after `_HttpMethod`.
    pub method: String,
    /// Path and query, as sent.
    pub target: String,
    /// What it asked for.
    pub operation: Operation,
    /// The status of the answer; none when the connection was closed instead.
    pub status: Option<u16>,
    /// The fault that it met.
    pub fault: Option<Fault>,
}

/// What was counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts {
    /// Requests of the API that count against the limit of the day.
    pub api_usage: u64,
    /// Requests for a token.
    pub token_requests: u64,
    /// The most requests that were being answered at one time.
    pub concurrent_max: usize,
}

/// The log, with who is being answered.
#[derive(Debug, Default)]
pub(super) struct Log {
    kept: VecDeque<Logged>,
    concurrent: usize,
    concurrent_max: usize,
}

impl Log {
    /// A request has begun.
    pub(super) fn begin(&mut self) {
        self.concurrent += 1;
        self.concurrent_max = self.concurrent_max.max(self.concurrent);
    }

    /// It was answered or given up.
    pub(super) fn end(&mut self, entry: Logged) {
        self.concurrent = self.concurrent.saturating_sub(1);
        if self.kept.len() == KEPT {
            self.kept.pop_front();
        }
        self.kept.push_back(entry);
    }

    pub(super) fn entries(&self) -> Vec<Logged> {
        self.kept.iter().cloned().collect()
    }

    pub(super) const fn concurrent_max(&self) -> usize {
        self.concurrent_max
    }
}
