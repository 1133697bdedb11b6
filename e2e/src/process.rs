//! What a process holds, as the kernel tells it.
//!
//! Promises: numbers of one moment. Leaves to others: what is too much.

use std::{fs, time::Duration};

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

/// The processor time that a process has used, in user and kernel together, to a hundredth of a second.
///
/// # Panics
/// When the process is gone.
#[must_use]
pub fn cpu(id: u32) -> Duration {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).expect("the process runs");
    // The name in parentheses may hold blanks; utime and stime are the 12th and 13th fields behind it (proc(5)).
    let behind = stat.rsplit_once(')').map_or("", |(_, behind)| behind);
    let ticks = behind.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<u64>().ok());
    // Linux tells user space a hundred ticks a second on every platform we run on (USER_HZ).
    Duration::from_millis(ticks.sum::<u64>() * 10)
}
