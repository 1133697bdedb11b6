//! A real browser: the machine's Chromium, driven over a pipe by a small program (`browser/drive.mjs`).
//!
//! Promises: every command is answered or fails within its time; the browser ends with the value. What the driver needs is
//! installed from its lock file the first time. Leaves to others: what is clicked.

use crate::patience::PATIENCE;
use serde_json::{Value, json};
use std::{
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    sync::{Mutex, PoisonError, mpsc},
    thread,
};

/// Whether pages may open windows that nobody clicked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Popups {
    /// As people have it.
    Blocked,
    /// As an agent has it who let this site.
    Allowed,
}

/// A browser with one profile, which is gone with it.
pub struct Browser {
    child: Child,
    commands: Option<ChildStdin>,
    answers: mpsc::Receiver<String>,
}

impl Browser {
    /// Starts it.
    ///
    /// # Panics
    /// When Chromium, npm or the driver's library are not there.
    #[must_use]
    pub fn start(popups: Popups) -> Self {
        let popups = match popups {
            Popups::Blocked => "blocked",
            Popups::Allowed => "allowed",
        };
        let folder = installed();
        let mut child = Command::new(folder.join(NODE))
            .args(["drive.mjs", "/usr/bin/chromium", popups])
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the driver's node was installed with it");
        let commands = child.stdin.take();
        let lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        let (sender, answers) = mpsc::channel();
        thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        Self { child, commands, answers }
    }

    /// Gives it a cookie for a site.
    pub fn cookie(&mut self, url: &str, cookie: &str) {
        let (name, value) = cookie.split_once('=').expect("a cookie");
        self.ask(&json!({ "what": "cookie", "name": name, "value": value, "url": url }));
    }

    /// Opens a tab.
    pub fn open(&mut self, tab: &str, url: &str) {
        self.ask(&json!({ "what": "open", "name": tab, "url": url }));
    }

    /// Closes a tab.
    pub fn close(&mut self, tab: &str) {
        self.ask(&json!({ "what": "close", "name": tab }));
    }

    /// Clicks, as a person does, once the element is there.
    pub fn click(&mut self, tab: &str, selector: &str) {
        self.ask(&json!({ "what": "click", "name": tab, "selector": selector }));
    }

    /// Waits until an element is seen.
    pub fn sees(&mut self, tab: &str, selector: &str) {
        self.ask(&json!({ "what": "wait", "name": tab, "selector": selector, "state": "visible" }));
    }

    /// Waits until an element is seen no more.
    pub fn misses(&mut self, tab: &str, selector: &str) {
        self.ask(&json!({ "what": "wait", "name": tab, "selector": selector, "state": "hidden" }));
    }

    /// The text of an element, as it is seen.
    pub fn text(&mut self, tab: &str, selector: &str) -> String {
        let text = self.ask(&json!({ "what": "text", "name": tab, "selector": selector }));
        text.as_str().unwrap_or_default().to_owned()
    }

    /// Where a tab is; `popup N` is the Nth window that a page opened.
    pub fn url(&mut self, tab: &str) -> String {
        self.ask(&json!({ "what": "url", "name": tab })).as_str().unwrap_or_default().to_owned()
    }

    /// What an expression comes to in a tab.
    pub fn run(&mut self, tab: &str, script: &str) -> Value {
        self.ask(&json!({ "what": "run", "name": tab, "script": script }))
    }

    /// How many windows pages have opened.
    pub fn popups(&mut self) -> u64 {
        self.ask(&json!({ "what": "popups" })).as_u64().expect("a number")
    }

    /// What consoles and errors of all pages said.
    pub fn said(&mut self) -> Vec<String> {
        serde_json::from_value(self.ask(&json!({ "what": "said" }))).expect("lines")
    }

    #[track_caller]
    fn ask(&mut self, command: &Value) -> Value {
        let pipe = self.commands.as_mut().expect("the browser runs");
        writeln!(pipe, "{command}").expect("the driver runs");
        // The driver gives its own commands up after the same time, with a better word.
        let answer = self.answers.recv_timeout(PATIENCE * 2).expect("the driver answers");
        let mut answer: Value = serde_json::from_str(&answer).expect("JSON");
        assert!(answer["error"].is_null(), "{command}: {}", answer["error"].as_str().unwrap_or_default());
        answer["value"].take()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The end of its commands is the driver's end, and the browser's.
        drop(self.commands.take());
        if self.answers.recv_timeout(PATIENCE) != Err(mpsc::RecvTimeoutError::Disconnected) {
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
    }
}

/// The node that drives: playwright-core needs a newer one than Debian has, which comes from the registry beside it.
const NODE: &str = "node_modules/.bin/node";

/// The driver's folder, with its library in it.
fn installed() -> PathBuf {
    static INSTALLING: Mutex<()> = Mutex::new(());
    let _one_at_a_time = INSTALLING.lock().unwrap_or_else(PoisonError::into_inner);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("browser");
    if !folder.join(NODE).exists() || !folder.join("node_modules/playwright-core").is_dir() {
        let status = Command::new("npm")
            .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"])
            .current_dir(&folder)
            .stdout(Stdio::null())
            .status()
            .expect("npm is installed (./ringbridge test installs it)");
        assert!(status.success(), "npm ci in {}", folder.display());
    }
    folder
}
