//! A real browser: the machine's Chromium, driven over a pipe by a small program (`browser/drive.mjs`).
//!
//! Promises: every command is answered or fails within its time; the browser ends with the value. What the driver needs is
//! installed from its lock file when that changed. Leaves to others: what is typed and clicked (`hands`), what is looked at
//! (`look`).

mod hands;
mod look;

pub use look::{Loaded, Scheme, Width};

use crate::patience::PATIENCE;
use serde_json::{Value, json};
use std::{
    fs,
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

/// Whom the browser belongs to when nobody else is named.
const AGENT: &str = "agent";

/// A browser with one person's profile and those of others who are named; all are gone with it.
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

    /// Lets another person sit down, with cookies and a cache of their own.
    pub fn person(&mut self, who: &str) {
        self.ask(&json!({ "what": "person", "who": who }));
    }

    /// That person closes all of theirs and is gone.
    pub fn leave(&mut self, who: &str) {
        self.ask(&json!({ "what": "leave", "who": who }));
    }

    /// Gives it a cookie for a site.
    pub fn cookie(&mut self, url: &str, cookie: &str) {
        self.cookie_of(AGENT, url, cookie);
    }

    /// Gives another person a cookie for a site.
    pub fn cookie_of(&mut self, who: &str, url: &str, cookie: &str) {
        let (name, value) = cookie.split_once('=').expect("a cookie");
        self.ask(&json!({ "what": "cookie", "who": who, "name": name, "value": value, "url": url }));
    }

    /// Takes all cookies away.
    pub fn forget(&mut self) {
        self.ask(&json!({ "what": "forget", "who": AGENT }));
    }

    /// Opens a tab.
    pub fn open(&mut self, tab: &str, url: &str) {
        self.open_as(AGENT, tab, url);
    }

    /// Opens a tab for another person.
    pub fn open_as(&mut self, who: &str, tab: &str, url: &str) {
        self.ask(&json!({ "what": "open", "who": who, "name": tab, "url": url }));
    }

    /// Goes elsewhere in a tab.
    pub fn go(&mut self, tab: &str, url: &str) {
        self.ask(&json!({ "what": "go", "name": tab, "url": url }));
    }

    /// Loads a tab again.
    pub fn reload(&mut self, tab: &str) {
        self.ask(&json!({ "what": "reload", "name": tab }));
    }

    /// Closes a tab.
    pub fn close(&mut self, tab: &str) {
        self.ask(&json!({ "what": "close", "name": tab }));
    }

    /// Brings a tab to the front.
    pub fn front(&mut self, tab: &str) {
        self.ask(&json!({ "what": "front", "name": tab }));
    }

    /// Takes the connection away from all tabs of the agent.
    pub fn disconnect(&mut self) {
        self.ask(&json!({ "what": "offline", "who": AGENT, "offline": true }));
    }

    /// Gives it back.
    pub fn connect(&mut self) {
        self.ask(&json!({ "what": "offline", "who": AGENT, "offline": false }));
    }

    /// Waits until an element is seen. The selector is CSS with Playwright's `:has-text("…")` and `:text-is("…")`.
    #[track_caller]
    pub fn sees(&mut self, tab: &str, selector: &str) {
        self.ask(&json!({ "what": "wait", "name": tab, "selector": selector, "state": "visible" }));
    }

    /// Waits until an element is seen no more.
    #[track_caller]
    pub fn misses(&mut self, tab: &str, selector: &str) {
        self.ask(&json!({ "what": "wait", "name": tab, "selector": selector, "state": "hidden" }));
    }

    /// Waits until an expression holds in a tab.
    #[track_caller]
    pub fn until(&mut self, tab: &str, script: &str) {
        self.ask(&json!({ "what": "until", "name": tab, "script": script }));
    }

    /// The text of an element, as it is seen.
    #[track_caller]
    pub fn text(&mut self, tab: &str, selector: &str) -> String {
        self.words(&json!({ "what": "text", "name": tab, "selector": selector }))
    }

    /// What stands in an input.
    #[track_caller]
    pub fn value(&mut self, tab: &str, selector: &str) -> String {
        self.words(&json!({ "what": "value", "name": tab, "selector": selector }))
    }

    /// Where a tab is; `popup N` is the Nth window that a page opened.
    #[track_caller]
    pub fn url(&mut self, tab: &str) -> String {
        self.words(&json!({ "what": "url", "name": tab }))
    }

    /// What was copied last.
    #[track_caller]
    pub fn clipboard(&mut self, tab: &str) -> String {
        self.words(&json!({ "what": "clipboard", "name": tab }))
    }

    /// What an expression comes to in a tab.
    #[track_caller]
    pub fn run(&mut self, tab: &str, script: &str) -> Value {
        self.ask(&json!({ "what": "run", "name": tab, "script": script }))
    }

    /// How many windows pages have opened.
    pub fn popups(&mut self) -> u64 {
        self.ask(&json!({ "what": "popups" })).as_u64().expect("a number")
    }

    #[track_caller]
    fn words(&mut self, command: &Value) -> String {
        self.ask(command).as_str().unwrap_or_default().to_owned()
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
    let (lock, installed) = (folder.join("package-lock.json"), folder.join("node_modules/installed"));
    let wanted = fs::read(&lock).expect("the lock file");
    if fs::read(&installed).ok().as_ref() != Some(&wanted) {
        let status = Command::new("npm")
            .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"])
            .current_dir(&folder)
            .stdout(Stdio::null())
            .status()
            .expect("npm is installed (./ringbridge test installs it)");
        assert!(status.success(), "npm ci in {}", folder.display());
        fs::write(installed, wanted).expect("what was installed is noted");
    }
    folder
}
