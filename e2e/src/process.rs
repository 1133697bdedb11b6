//! What a process holds, as the kernel tells it.
//!
//! Promises: numbers of one moment. Leaves to others: what is too much.

use std::fs;

/// The file handles that a process has open.
///
/// # Panics
/// When the process is gone.
#[must_use]
pub fn handles(id: u32) -> usize {
    fs::read_dir(format!("/proc/{id}/fd")).expect("the process runs").count()
}

/// The memory a process has in RAM, in KiB.
///
/// # Panics
/// When the process is gone.
#[must_use]
pub fn memory(id: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{id}/status")).expect("the process runs");
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("the kernel tells");
    line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).expect("a number")
}
