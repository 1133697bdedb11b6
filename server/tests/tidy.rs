//! House rules as a test: the layout shows the architecture, and this keeps it so.
//!
//! Promises: reads the sources, not the build; a broken rule names file and line. Leaves to others: style (`rustfmt`) and
//! lints (`clippy`).

use std::fs;
use std::path::{Path, PathBuf};

/// The most lines of a file without its tests.
const LINES_MAX: usize = 500;

/// The most lines of a script.
const SCRIPT_LINES_MAX: usize = 350;

struct Source {
    path: String,
    text: String,
}

impl Source {
    /// The part before the tests; nothing of a file that is all tests.
    fn product(&self) -> &str {
        if self.path.ends_with("/tests.rs") {
            return "";
        }
        self.text.split("#[cfg(test)]\nmod tests").next().unwrap_or(&self.text)
    }

    fn is_in(&self, folder: &str) -> bool {
        self.path.starts_with(folder)
    }

    /// The lines of code in which one of the words stands, comments left out.
    fn lines_with(&self, words: &[&str]) -> Vec<String> {
        let lines = self.product().lines().enumerate();
        let code = lines.filter(|(_, line)| !line.trim_start().starts_with("//"));
        code.filter(|(_, line)| words.iter().any(|word| line.contains(word)))
            .map(|(number, line)| format!("{}:{}: {}", self.path, number + 1, line.trim()))
            .collect()
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace is above").to_owned()
}

fn collect(folder: &Path, root: &Path, found: &mut Vec<Source>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.map(|entry| entry.expect("readable").path()) {
        if entry.is_dir() {
            if !entry.ends_with("target") {
                collect(&entry, root, found);
            }
        } else if entry.extension().is_some_and(|extension| extension == "rs") {
            let path = entry.strip_prefix(root).expect("below the root").display().to_string();
            found.push(Source { path, text: fs::read_to_string(&entry).expect("a source is UTF-8") });
        }
    }
}

fn sources() -> Vec<Source> {
    let root = root();
    let mut found = Vec::new();
    for folder in ["core", "sip", "server", "standin", "e2e", "fuzz"] {
        collect(&root.join(folder), &root, &mut found);
    }
    assert!(found.len() > 50, "the sources are found");
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

fn assert_none(rule: &str, broken: &[String]) {
    assert!(broken.is_empty(), "{rule}:\n{}", broken.join("\n"));
}

#[test]
fn every_file_opens_by_saying_what_it_is() {
    let broken: Vec<_> = sources()
        .iter()
        .filter(|source| !source.text.starts_with("//!") && !source.text.starts_with("#![no_main]"))
        .map(|source| source.path.clone())
        .collect();
    assert_none("a file opens with //!", &broken);
}

#[test]
fn no_file_is_longer_than_a_reader_can_hold() {
    let broken: Vec<_> = sources()
        .iter()
        .filter(|source| !source.path.contains("/tests/") && !source.path.ends_with("/tests.rs"))
        .map(|source| (source.product().lines().count(), &source.path))
        .filter(|(lines, _)| *lines > LINES_MAX)
        .map(|(lines, path)| format!("{path}: {lines} lines"))
        .collect();
    assert_none("a file has 500 lines at most without its tests", &broken);
}

#[test]
fn files_have_the_name_of_a_thing() {
    let vague = ["utils.rs", "util.rs", "helpers.rs", "common.rs", "misc.rs"];
    let broken: Vec<_> = sources()
        .iter()
        .filter(|source| vague.iter().any(|name| source.path.ends_with(&format!("/{name}"))))
        .map(|source| source.path.clone())
        .collect();
    assert_none("a file has the name of a thing", &broken);
}

#[test]
fn the_pure_crates_depend_on_nothing_that_acts() {
    for manifest in ["core/Cargo.toml", "sip/Cargo.toml"] {
        let text = fs::read_to_string(root().join(manifest)).expect("it is there");
        for acting in ["tokio", "axum", "hyper", "rusqlite", "getrandom", "socket2", "tracing"] {
            assert!(!text.contains(&format!("{acting}.workspace")), "{manifest} depends on {acting}");
        }
    }
}

#[test]
fn the_pure_crates_read_no_clock_and_no_file() {
    let acting = [
        "Instant::now",
        "SystemTime",
        "std::fs",
        "std::net::Udp",
        "std::net::Tcp",
        "std::thread",
        "std::env",
    ];
    let sources = sources();
    let pure = sources.iter().filter(|source| source.is_in("core/src") || source.is_in("sip/src"));
    let broken: Vec<_> = pure.flat_map(|source| source.lines_with(&acting)).collect();
    assert_none("core and sip take time as an argument and touch nothing", &broken);
}

#[test]
fn only_the_clock_asks_for_the_time() {
    let sources = sources();
    let server =
        sources.iter().filter(|source| source.is_in("server/src") && source.path != "server/src/clock.rs");
    let broken: Vec<_> =
        server.flat_map(|source| source.lines_with(&["SystemTime::now", "jiff::Zoned::now"])).collect();
    assert_none("server/src/clock.rs alone asks for the time", &broken);
}

#[test]
fn only_the_store_knows_sql() {
    let words = ["\"select ", "\"insert into ", "\"update ", "\"delete from ", "rusqlite"];
    let sources = sources();
    let others =
        sources.iter().filter(|source| source.is_in("server/src") && !source.is_in("server/src/store"));
    let broken: Vec<_> = others.flat_map(|source| source.lines_with(&words)).collect();
    assert_none("SQL stands in server/src/store", &broken);
}

#[test]
fn only_the_web_knows_http_status() {
    let sources = sources();
    let others = sources.iter().filter(|source| {
        source.is_in("core/src")
            || (source.is_in("server/src")
                && !source.is_in("server/src/web")
                && !source.is_in("server/src/outbound")
                && !source.is_in("server/src/demo"))
    });
    let broken: Vec<_> = others.flat_map(|source| source.lines_with(&["StatusCode"])).collect();
    assert_none("HTTP status stands in server/src/web, and in outbound for what others answer", &broken);
}

#[test]
fn web_jobs_and_telephony_never_see_each_other() {
    let table = [
        ("server/src/web", ["crate::jobs", "crate::telephony"]),
        ("server/src/jobs", ["crate::web", "crate::telephony"]),
        ("server/src/telephony", ["crate::web", "crate::jobs"]),
    ];
    let sources = sources();
    let broken: Vec<_> = table
        .iter()
        .flat_map(|(folder, others)| {
            sources.iter().filter(|source| source.is_in(folder)).flat_map(|source| source.lines_with(others))
        })
        .collect();
    assert_none("web, jobs and telephony meet in the switchboard and the store", &broken);
}

/// The scripts of the product's pages; the demo's page is a story of its own.
fn scripts() -> Vec<Source> {
    let folder = root().join("server/assets");
    let files = fs::read_dir(&folder).expect("there are assets").map(|entry| entry.expect("readable").path());
    let scripts = files.filter(|file| file.extension().is_some_and(|extension| extension == "js"));
    let mut found: Vec<_> = scripts
        .map(|file| Source {
            path: file.strip_prefix(root()).expect("below the root").display().to_string(),
            text: fs::read_to_string(&file).expect("a script is UTF-8"),
        })
        .filter(|source| !source.path.ends_with("/demo.js"))
        .collect();
    found.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(found.len() > 5, "the scripts are found");
    found
}

/// What stands between quotes in a line of a script; good enough for lines that a person wrote.
fn quoted(line: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = line;
    while let Some(start) = rest.find(['"', '`']) {
        let quote = &rest[start..=start];
        let after = &rest[start + 1..];
        let Some(end) = after.find(quote) else { break };
        found.push(&after[..end]);
        rest = &after[end + 1..];
    }
    found
}

#[test]
fn what_scripts_say_stands_in_one_place() {
    // A label may stand beside its field; whole sentences begin with a capital and end.
    let says = |text: &str| {
        text.starts_with(|first: char| first.is_ascii_uppercase())
            && text.contains(' ')
            && (text.trim_end().ends_with(['.', '?', '!']) || text.contains(". "))
    };
    let scripts = scripts();
    let broken: Vec<_> = scripts
        .iter()
        .filter(|source| !source.path.contains("/words"))
        .flat_map(|source| {
            let lines = source.text.lines().enumerate();
            let code = lines.filter(|(_, line)| !line.trim_start().starts_with(['/', '*']));
            code.filter(|(_, line)| quoted(line).into_iter().any(says))
                .map(|(number, line)| format!("{}:{}: {}", source.path, number + 1, line.trim()))
        })
        .collect();
    assert_none("what scripts say stands in assets/words*.js", &broken);
}

#[test]
fn scripts_say_what_they_are_and_stay_short() {
    let broken: Vec<_> = scripts()
        .iter()
        .filter(|source| {
            let words = source.path.contains("/words");
            !source.text.starts_with("//") || (!words && source.text.lines().count() > SCRIPT_LINES_MAX)
        })
        .map(|source| source.path.clone())
        .collect();
    assert_none("a script opens with a comment and is no longer than a reader can hold", &broken);
}

#[test]
fn every_dependency_says_what_it_saves() {
    let text = fs::read_to_string(root().join("Cargo.toml")).expect("it is there");
    let section = text.split("[workspace.dependencies]").nth(1).expect("the section").split("\n[").next();
    let broken: Vec<_> = section
        .expect("split gives one")
        .lines()
        .filter(|line| line.contains(" = ") && !line.starts_with("ringbridge") && !line.starts_with('#'))
        .filter(|line| !line.contains(" # "))
        .map(str::to_owned)
        .collect();
    assert_none("a dependency has a line that says what it saves", &broken);
}

#[test]
fn nothing_is_left_undone_without_a_reason() {
    let words = ["todo!(", "unimplemented!(", "not built yet"];
    let broken: Vec<_> = sources()
        .iter()
        .filter(|source| !source.path.ends_with("tidy.rs"))
        .flat_map(|source| source.lines_with(&words))
        .collect();
    assert_none("nothing is left undone", &broken);
}
