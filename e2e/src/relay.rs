//! A bad network between Ringbridge and a peer: it loses, doubles and holds back what a rule says, and keeps what it saw.
//!
//! Promises: messages that cross on the wire cross every time, not by chance. Leaves to others: the rule.

use crate::wire::{From, Message};
use std::{
    net::{SocketAddr, UdpSocket},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

/// What becomes of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It goes through.
    Pass,
    /// It is lost.
    Lose,
    /// It arrives twice.
    Double,
    /// It waits until another message releases it.
    Hold,
    /// It goes through, and after it what was held.
    PassAndRelease,
}

type Rule = Box<dyn FnMut(&Message, &[Message]) -> Fate + Send>;

struct State {
    rule: Rule,
    seen: Vec<Message>,
    held: Vec<(From, Vec<u8>)>,
    server: Option<SocketAddr>,
}

struct Shared {
    front: UdpSocket,
    back: UdpSocket,
    peer: SocketAddr,
    state: Mutex<State>,
    stop: AtomicBool,
}

/// The relay. It stops when dropped.
pub struct Relay {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

impl Relay {
    /// Listens on `at` for Ringbridge and passes on to `peer` what the rule lets through. The rule sees the message and all
    /// that came before it.
    #[must_use]
    pub fn start(
        at: SocketAddr,
        peer: SocketAddr,
        rule: impl FnMut(&Message, &[Message]) -> Fate + Send + 'static,
    ) -> Self {
        let front = UdpSocket::bind(at).expect("the relay's port is free");
        let back = UdpSocket::bind((at.ip(), 0)).expect("a port toward the peer");
        for socket in [&front, &back] {
            socket.set_read_timeout(Some(Duration::from_millis(50))).expect("a read time-out");
        }
        let state =
            Mutex::new(State { rule: Box::new(rule), seen: Vec::new(), held: Vec::new(), server: None });
        let shared = Arc::new(Shared { front, back, peer, state, stop: AtomicBool::new(false) });
        let threads = [From::Ringbridge, From::Peer]
            .into_iter()
            .map(|from| {
                let shared = Arc::clone(&shared);
                thread::spawn(move || shared.run(from))
            })
            .collect();
        Self { shared, threads }
    }

    /// Everything that came to the relay, also what it lost.
    #[must_use]
    pub fn seen(&self) -> Vec<Message> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner).seen.clone()
    }
}

impl Shared {
    /// Carries what one side sends until the relay is dropped.
    fn run(&self, from: From) {
        let socket = match from {
            From::Ringbridge => &self.front,
            From::Peer => &self.back,
        };
        let mut buffer = vec![0; 65_536];
        while !self.stop.load(Ordering::Relaxed) {
            let Ok((length, source)) = socket.recv_from(&mut buffer) else { continue };
            self.carry(from, source, &buffer[..length]);
        }
    }

    fn carry(&self, from: From, source: SocketAddr, bytes: &[u8]) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if from == From::Ringbridge {
            state.server = Some(source);
        }
        let Some(message) = Message::read(from, &String::from_utf8_lossy(bytes)) else { return };
        let State { rule, seen, .. } = &mut *state;
        let fate = rule(&message, seen);
        seen.push(message);
        match fate {
            Fate::Pass => self.send(&state, from, bytes),
            Fate::Lose => {}
            Fate::Double => {
                self.send(&state, from, bytes);
                self.send(&state, from, bytes);
            }
            Fate::Hold => state.held.push((from, bytes.to_vec())),
            Fate::PassAndRelease => {
                self.send(&state, from, bytes);
                for (from, bytes) in std::mem::take(&mut state.held) {
                    self.send(&state, from, &bytes);
                }
            }
        }
    }

    fn send(&self, state: &State, from: From, bytes: &[u8]) {
        let sent = match (from, state.server) {
            (From::Ringbridge, _) => self.back.send_to(bytes, self.peer),
            (From::Peer, Some(server)) => self.front.send_to(bytes, server),
            (From::Peer, None) => return,
        };
        // A peer that is gone makes the kernel refuse: to the other side that is a lost message.
        let _ = sent;
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}
