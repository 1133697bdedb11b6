//! Judges: what others wrote, run from outside with `e2e/judges/prepare` having fetched it.
//!
//! Promises: a judge that was not fetched is a sentence that says how; one that does not come to its end is ended, with all
//! that it started. Leaves to others: what is judged (`tests/`).

use std::{
    env,
    ffi::OsStr,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// The folder of a prepared judge: in what `RINGBRIDGE_JUDGES` names, or in `judges` of cargo's target folder.
///
/// # Panics
/// When it was not prepared.
#[track_caller]
#[must_use]
pub fn prepared(name: &str) -> PathBuf {
    let folder = env::var_os("RINGBRIDGE_JUDGES").map_or_else(
        || {
            let test = env::current_exe().expect("a test has a path");
            test.ancestors().nth(3).expect("target/profile/deps/test").join("judges")
        },
        PathBuf::from,
    );
    let judge = folder.join(name);
    assert!(
        judge.join("installed").exists() || judge.join("source").exists(),
        "{name} is not in {folder}: run `e2e/judges/prepare {folder}` (./ringbridge test does)",
        folder = folder.display(),
    );
    judge
}

/// A judge in its folder that is ended, with all that it started, after a time in which a slow machine could build it anew.
#[must_use]
pub fn judge(program: impl AsRef<OsStr>, folder: &Path) -> Command {
    let mut command = Command::new("timeout");
    command.args(["--kill-after=10", "900"]).arg(program.as_ref()).current_dir(folder);
    command
}

/// Runs a judge to its end; what it said.
///
/// # Panics
/// When it is not content, with what it said.
#[track_caller]
#[must_use]
pub fn verdict(mut command: Command) -> String {
    let output = command.stdin(Stdio::null()).output().expect("the judge starts");
    let said =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "the judge ended with {}:\n{said}", output.status);
    said
}

/// The numbers that stand behind these words.
#[must_use]
pub fn counted(said: &str, before: &str) -> Vec<u32> {
    let after = said.split(before).skip(1);
    let digits = after.map(|rest| rest.chars().take_while(char::is_ascii_digit).collect::<String>());
    digits.filter_map(|digits| digits.parse().ok()).collect()
}
