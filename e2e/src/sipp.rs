//! SIPp as a phone or a trunk: started on a port, its log read when it is done.
//!
//! Promises: it listens when `start` returns; it is ended by its own id; when it is not content the panic shows the exchange.
//! Leaves to others: what it does (`scenario`).

use crate::{
    patience::{PATIENCE, until},
    scenario::Scenario,
    wire::{self, Message},
};
use std::{
    fs,
    net::SocketAddr,
    path::PathBuf,
    process::{Child, Command, Stdio},
};
use tempfile::TempDir;

/// Over what SIPp speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// Datagrams.
    Udp,
    /// One listening TCP socket.
    Tcp,
}

/// A running SIPp.
#[derive(Debug)]
pub struct Sipp {
    child: Child,
    folder: TempDir,
    name: &'static str,
}

impl Sipp {
    /// Starts it for one call over UDP.
    #[must_use]
    pub fn start(name: &'static str, at: SocketAddr, scenario: &Scenario) -> Self {
        Self::start_for(name, at, scenario, 1, Transport::Udp)
    }

    /// Starts it for so many calls. It ends by itself after them.
    #[must_use]
    pub fn start_for(
        name: &'static str,
        at: SocketAddr,
        scenario: &Scenario,
        calls: u32,
        transport: Transport,
    ) -> Self {
        Self::start_with(name, at, scenario, calls, transport, &[])
    }

    /// The same with more arguments for SIPp.
    #[must_use]
    pub fn start_with(
        name: &'static str,
        at: SocketAddr,
        scenario: &Scenario,
        calls: u32,
        transport: Transport,
        more: &[&str],
    ) -> Self {
        Self::spawn(name, at, &scenario.xml(), calls, transport, more).listening(at, transport)
    }

    /// Starts it for one call over UDP with a scenario given as XML.
    #[must_use]
    pub fn serve(name: &'static str, at: SocketAddr, xml: &str) -> Self {
        Self::spawn(name, at, xml, 1, Transport::Udp, &[]).listening(at, Transport::Udp)
    }

    /// Waits until its port is open.
    fn listening(self, at: SocketAddr, transport: Transport) -> Self {
        let table = match transport {
            Transport::Udp => "/proc/net/udp",
            Transport::Tcp => "/proc/net/tcp",
        };
        // The second column of the kernel's table is the local address, the port in hexadecimal at its end.
        let port = format!("0100007F:{:04X}", at.port());
        until("SIPp to listen", PATIENCE, || {
            let sockets = fs::read_to_string(table).ok()?;
            let mut local = sockets.lines().filter_map(|line| line.split_whitespace().nth(1));
            local.any(|address| address == port).then_some(())
        });
        self
    }

    /// Starts it as a client that calls `remote` with a scenario given as XML, for example to register.
    #[must_use]
    pub fn client(name: &'static str, at: SocketAddr, remote: SocketAddr, xml: &str, more: &[&str]) -> Self {
        let remote = remote.to_string();
        let mut arguments = vec![remote.as_str()];
        arguments.extend(more);
        Self::spawn(name, at, xml, 1, Transport::Udp, &arguments)
    }

    fn spawn(
        name: &'static str,
        at: SocketAddr,
        xml: &str,
        calls: u32,
        transport: Transport,
        more: &[&str],
    ) -> Self {
        let folder = tempfile::tempdir().expect("a folder for SIPp");
        fs::write(folder.path().join("scenario.xml"), xml).expect("the scenario is written");
        let output = fs::File::create(folder.path().join("screen")).expect("SIPp's screen");
        let child = Command::new("sipp")
            .current_dir(folder.path())
            .args(["-sf", "scenario.xml", "-nostdin"])
            // On a busy machine messages are repeated: what SIPp did not expect it passes over. What it expects must come
            // all the same, and the tests compare the whole exchange.
            .args(["-default_behaviors", "all,-abortunexp"])
            .args(["-trace_msg", "-message_file", "messages", "-trace_err", "-error_file", "errors"])
            .args([
                "-t",
                match transport {
                    Transport::Udp => "u1",
                    Transport::Tcp => "t1",
                },
            ])
            .args(["-i", &at.ip().to_string(), "-p", &at.port().to_string(), "-m", &calls.to_string()])
            .args(more)
            .env("TERM", "dumb")
            .stdin(Stdio::null())
            .stdout(output.try_clone().expect("SIPp's screen"))
            .stderr(output)
            .spawn()
            .expect("sipp is installed (./ringbridge test installs it)");
        Self { child, folder, name }
    }

    /// The messages so far.
    #[must_use]
    pub fn messages(&self) -> Vec<Message> {
        wire::read_log(&self.read("messages"))
    }

    /// Waits until it has done all its calls as its scenario says; the messages. Panics with the exchange when it has not.
    #[track_caller]
    #[must_use]
    pub fn finish(mut self) -> Vec<Message> {
        let mut status = None;
        let deadline = crate::patience::Deadline::after(PATIENCE);
        while status.is_none() && deadline.left().is_some() {
            status = self.child.try_wait().expect("SIPp's state");
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        let messages = self.messages();
        assert!(
            status.is_some_and(|status| status.success()),
            "SIPp as {} was not content ({status:?}).\nThe exchange: {:#?}\nIts errors: {}",
            self.name,
            messages,
            self.read("errors")
        );
        messages
    }

    /// The messages so far as words, retransmissions left out.
    #[must_use]
    pub fn flow(&self) -> Vec<String> {
        wire::flow(&self.messages())
    }

    fn read(&self, file: &str) -> String {
        let path: PathBuf = self.folder.path().join(file);
        fs::read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
    }
}

impl Drop for Sipp {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            let messages = self.messages();
            let last = &messages[messages.len().saturating_sub(40)..];
            #[expect(clippy::print_stderr, reason = "a failing test shows what stood on the wire")]
            {
                eprintln!("SIPp as {}: {last:#?}\nIts errors: {}", self.name, self.read("errors"));
            }
        }
    }
}
