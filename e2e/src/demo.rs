//! A running `ringbridge demo`.
//!
//! Promises: it answers when `start` returns, and is ended by its own id. Leaves to others: what is clicked in it.

use crate::{
    client::Session,
    patience::{PATIENCE, until},
    ports,
    server::binary,
};
use serde_json::Value;
use std::{
    io::{BufRead as _, BufReader},
    net::SocketAddr,
    path::Path,
    process::{Child, Command, Stdio},
};
use tempfile::TempDir;

/// A running demo, and alice logged in.
pub struct Demo {
    /// Its process.
    pub child: Child,
    folder: TempDir,
    /// Where its pages are.
    pub https: SocketAddr,
    /// Alice, logged in.
    pub alice: Session,
}

impl Demo {
    /// Starts it on a port of its own; both phones answer by themselves.
    #[must_use]
    pub fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let https = ports::loopback();
        let mut child = Command::new(binary())
            .args(["demo", "--port", &https.port().to_string(), "--data"])
            .arg(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the binary was built");
        let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        let url = format!("https://localhost:{}", https.port());
        let printed = lines.any(|line| line.is_ok_and(|line| line.contains(&url)));
        assert!(printed, "the demo prints its URL");
        // Nobody reads on: what it prints later must not block it.
        std::thread::spawn(move || lines.count());
        let alice = Session::login(https, folder.path(), "demo", "alice", "alice");
        let demo = Self { child, folder, https, alice };
        for phone in ["agent", "customer"] {
            assert_eq!(demo.alice.post(&format!("/demo/phone/{phone}/auto-on")).status, 204);
        }
        demo
    }

    /// Where its pages are, as a browser names it.
    #[must_use]
    pub fn base(&self) -> String {
        format!("https://localhost:{}", self.https.port())
    }

    /// Its data folder.
    #[must_use]
    pub fn data(&self) -> &Path {
        self.folder.path()
    }

    /// The call connects, the customer hangs up, the agent finishes wrap-up; the completed transaction.
    #[expect(clippy::must_use_candidate, reason = "what it does counts")]
    pub fn call(&self, id: i64) -> Value {
        self.alice.until_state(id, "connected");
        assert_eq!(self.alice.post("/demo/phone/customer/hang-up").status, 204);
        self.alice.until_state(id, "wrap_up");
        let saved = self.alice.finish_wrap_up(id, &[("Outcome", "SOLD")], "ok");
        assert!((200..300).contains(&saved.status), "{saved:?}");
        self.alice.completed(id)
    }

    /// The newest callback that arrived.
    #[must_use]
    pub fn callback(&self) -> Value {
        until("the callback", PATIENCE, || {
            self.alice.get("/demo/state").json["callbacks"].as_array().and_then(|all| all.first().cloned())
        })
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
