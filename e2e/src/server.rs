//! The server under test: the built binary in a folder of its own, on ports of its own.
//!
//! Promises: it answers when `start` returns; it can be killed and started again on the same data; it is ended by its own id
//! when dropped, and a failing test shows its log. Leaves to others: what it is asked (`client`).

use crate::{
    client::{self, Session},
    patience::{PATIENCE, until},
    ports,
    setup::{PASSWORD, Setup, TENANT},
};
use std::{
    env, fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    thread,
};
use tempfile::TempDir;

/// Where the binary is: `RINGBRIDGE_BINARY`, else the release build of this workspace.
#[must_use]
pub fn binary() -> PathBuf {
    if let Some(named) = env::var_os("RINGBRIDGE_BINARY") {
        return PathBuf::from(named);
    }
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("e2e lies in the workspace");
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| workspace.join("target"), PathBuf::from);
    target.join("release").join("ringbridge")
}

/// A folder with configuration, tenant file and data, and the process while it runs.
#[derive(Debug)]
pub struct Server {
    folder: TempDir,
    https: SocketAddr,
    sip: SocketAddr,
    metrics: SocketAddr,
    child: Option<Child>,
}

impl Server {
    /// Writes the files, applies the tenant file, starts the server and waits until it is ready.
    #[track_caller]
    #[must_use]
    pub fn start(setup: &Setup) -> Self {
        let mut server = Self::prepare(setup);
        let output = server.run(&["provision", "tenant.toml", "--config", "ringbridge.toml"]);
        assert!(output.status.success(), "provision: {output:?}\n{}", setup.tenant());
        server.spawn();
        server.ready();
        server
    }

    /// Writes the files and starts nothing.
    #[must_use]
    pub fn prepare(setup: &Setup) -> Self {
        let folder = tempfile::tempdir().expect("a folder for the server");
        let host = setup.sip_host.parse().expect("an IP address");
        let (https, sip, metrics) =
            (ports::loopback(), SocketAddr::new(host, ports::free()), ports::loopback());
        let config = setup.config(&folder.path().join("data"), https, sip.port(), metrics);
        fs::write(folder.path().join("ringbridge.toml"), config).expect("the configuration is written");
        fs::write(folder.path().join("tenant.toml"), setup.tenant()).expect("the tenant file is written");
        Self { folder, https, sip, metrics, child: None }
    }

    /// Runs the binary in the server's folder until it ends.
    #[must_use]
    pub fn run(&self, arguments: &[&str]) -> std::process::Output {
        self.command(arguments).output().expect("the binary was built (./ringbridge builds it)")
    }

    /// Starts `serve` without waiting for it.
    pub fn spawn(&mut self) {
        let log = fs::OpenOptions::new().create(true).append(true).open(self.path("log")).expect("the log");
        let child = self
            .command(&["serve", "--config", "ringbridge.toml"])
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("the log"))
            .stderr(log)
            .spawn()
            .expect("the binary was built (./ringbridge builds it)");
        self.child = Some(child);
    }

    /// Waits until it says that it is ready.
    #[track_caller]
    pub fn ready(&mut self) {
        let url = format!("http://{}/readyz", self.metrics);
        let agent = client::plain();
        until("the server to be ready", PATIENCE, || {
            if let Some(status) = self.child.as_mut().and_then(|child| child.try_wait().expect("its state")) {
                panic!("the server ended at once ({status}): {}", self.log());
            }
            agent.get(&url).call().ok().filter(|answer| answer.status() == 200)
        });
    }

    /// A number that it counts, by the name behind `ringbridge_`.
    #[must_use]
    pub fn metric(&self, name: &str) -> Option<u64> {
        let url = format!("http://{}/metrics", self.metrics);
        let text = client::plain().get(url).call().ok()?.body_mut().read_to_string().ok()?;
        let name = format!("ringbridge_{name} ");
        text.lines().find_map(|line| line.strip_prefix(&name)?.parse().ok())
    }

    /// Kills it as `kill -9` does.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// Starts it again on the same data.
    #[track_caller]
    pub fn restart(&mut self) {
        self.kill();
        self.spawn();
        self.ready();
    }

    /// Asks it to end (SIGTERM) and waits until it has.
    #[track_caller]
    pub fn terminate(&mut self) -> ExitStatus {
        let mut child = self.child.take().expect("the server runs");
        let killed = Command::new("kill").args(["-TERM", &child.id().to_string()]).status();
        assert!(killed.is_ok_and(|status| status.success()), "kill -TERM");
        until("the server to end", PATIENCE, || child.try_wait().expect("its state"))
    }

    /// Its process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.as_ref().expect("the server runs").id()
    }

    /// Where its SIP listens.
    #[must_use]
    pub const fn sip(&self) -> SocketAddr {
        self.sip
    }

    /// Where its HTTPS listens.
    #[must_use]
    pub const fn https(&self) -> SocketAddr {
        self.https
    }

    /// Its data folder.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.path("data")
    }

    /// A file in its folder.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// What it wrote so far.
    #[must_use]
    pub fn log(&self) -> String {
        fs::read_to_string(self.path("log")).unwrap_or_default()
    }

    /// Logs an agent in.
    #[track_caller]
    #[must_use]
    pub fn login(&self, login: &str) -> Session {
        Session::login(self.https, &self.data(), TENANT, login, PASSWORD)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(binary());
        command.args(arguments).current_dir(self.folder.path());
        // What the caller's shell holds must not configure the server under test.
        for (name, _) in env::vars_os() {
            if name.to_string_lossy().starts_with("RINGBRIDGE_") {
                command.env_remove(name);
            }
        }
        command
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
        if thread::panicking() {
            let log = self.log();
            let tail: Vec<&str> = log.lines().rev().take(80).collect();
            let tail: Vec<&str> = tail.into_iter().rev().collect();
            // Captured and shown with the failing test.
            #[expect(clippy::print_stderr, reason = "a failing test shows the server's log")]
            {
                eprintln!("The server's log ends with:\n{}", tail.join("\n"));
            }
        }
    }
}
