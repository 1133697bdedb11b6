//! What was measured in a run: one line a thing, in `browser-report.txt` of the target folder.
//!
//! Promises: a new measurement takes the place of the old one. Leaves to others: judging; nothing is asserted by time.

use std::{
    env, fs,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

/// Writes a line down and prints it. What stands before the colon is what it measures.
pub fn line(what: &str, measured: &str) {
    static WRITING: Mutex<()> = Mutex::new(());
    let _one_at_a_time = WRITING.lock().unwrap_or_else(PoisonError::into_inner);
    let line = format!("{what}: {measured}");
    #[expect(clippy::print_stdout, reason = "the report of a run")]
    {
        println!("{line}");
    }
    let file = target().join("browser-report.txt");
    let old = fs::read_to_string(&file).unwrap_or_default();
    let start = format!("{what}: ");
    let kept = old.lines().filter(|old| !old.starts_with(&start));
    let mut lines: Vec<&str> = kept.chain([line.as_str()]).collect();
    lines.sort_unstable();
    fs::write(&file, lines.join("\n") + "\n").expect("the report is written");
}

/// The median of some milliseconds in words, with the longest.
#[must_use]
pub fn median(mut milliseconds: Vec<f64>) -> String {
    milliseconds.sort_by(f64::total_cmp);
    let (middle, last) = (milliseconds[milliseconds.len() / 2], milliseconds[milliseconds.len() - 1]);
    format!("median {middle:.1} ms over {} changes, the longest {last:.1} ms", milliseconds.len())
}

fn target() -> PathBuf {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("e2e lies in the workspace");
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| workspace.join("target"), PathBuf::from)
}
