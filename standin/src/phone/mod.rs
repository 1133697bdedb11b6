//! A SIP phone without a person: it rings, is answered, rejects, hangs up as its handle says, and sends a tone as RTP.
//!
//! Promises: real SIP over UDP with the transactions of `ringbridge-sip`; one call at a time (the next gets 486); a tone in
//! G.711 to where the newest session description says, and a count of what arrived; registration by digest when asked for.
//! Leaves to others: placing calls. Ringbridge calls; these phones are called.

mod call;
mod line;
mod media;
mod register;

use serde::Serialize;
use std::{io, net::SocketAddr, time::Duration};
use tokio::{
    net::UdpSocket,
    sync::{mpsc, watch},
    task::JoinHandle,
};

/// How many orders may wait for the phone's task; more than any demo page or test gives at once.
const ORDERS: usize = 64;

/// What a phone is set up with.
#[derive(Clone, Debug)]
pub struct PhoneConfig {
    /// Its name: user part of its Contact.
    pub name: String,
    /// Where it listens; port 0 takes any free one.
    pub listen: SocketAddr,
    /// Whether it answers by itself.
    pub auto_answer: AutoAnswer,
    /// The tone it sends while a call is up, in Hz.
    pub tone: u16,
    /// Where it registers, if it does.
    pub registration: Option<Registration>,
}

impl PhoneConfig {
    /// A phone that waits to be answered by hand, does not register, and hums an A.
    #[must_use]
    pub fn new(name: &str, listen: SocketAddr) -> Self {
        Self { name: name.to_owned(), listen, auto_answer: AutoAnswer::Off, tone: 440, registration: None }
    }
}

/// An account at a registrar.
#[derive(Clone, Debug)]
pub struct Registration {
    /// Where the registrar listens.
    pub registrar: SocketAddr,
    /// The domain of the address of record.
    pub domain: String,
    /// The user of the address of record and of the digest.
    pub user: String,
    /// The digest's password.
    pub password: String,
    /// How long a registration is asked to last.
    pub expires: Duration,
}

/// Whether a phone answers by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AutoAnswer {
    /// It rings until somebody answers.
    Off,
    /// It answers after ringing this long.
    After(Duration),
}

/// What a phone shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PhoneView {
    /// Its name.
    pub name: String,
    /// Where it listens.
    pub address: SocketAddr,
    /// Whether it answers by itself.
    pub auto_answer: AutoAnswer,
    /// How its registration stands.
    pub registration: RegistrationView,
    /// The call it has.
    pub call: Option<CallView>,
    /// How many calls have come in since it was started.
    pub calls: u64,
    /// How the call before ended, in a few words; empty before the first.
    pub last_end: String,
}

/// How a registration stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "state", content = "reason")]
pub enum RegistrationView {
    /// The phone does not register.
    None,
    /// It asks.
    Trying,
    /// It is registered.
    Registered,
    /// The registrar refused, or did not answer.
    Failed(String),
}

/// The call of a phone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CallView {
    /// Its Call-ID.
    pub call_id: String,
    /// The number of the caller (user part of From).
    pub from: String,
    /// The display name of From: on an agent's phone the number that will be dialled.
    pub display: String,
    /// The number that was called (user part of the Request-URI).
    pub called: String,
    /// How far it is.
    pub phase: Phase,
    /// DTMF that came by INFO.
    pub digits: String,
    /// RTP packets sent and received; refreshed once a second while the call is up.
    pub rtp: RtpCount,
}

/// How far a call is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// It rings.
    Ringing,
    /// It was answered; the tone runs.
    Talking,
}

/// RTP packets of one call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RtpCount {
    /// Sent by this phone.
    pub sent: u64,
    /// Received by this phone, from whomever.
    pub received: u64,
}

/// What a person does to a phone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// Picks up.
    Answer,
    /// Refuses the ringing call with this status.
    Reject(u16),
    /// Puts down.
    HangUp,
    /// Turns auto-answer.
    AutoAnswer(AutoAnswer),
}

/// The handle of a running phone. The phone stops, without a word on the wire, when its last handle is dropped.
#[derive(Debug)]
pub struct Phone {
    address: SocketAddr,
    orders: mpsc::Sender<Order>,
    view: watch::Receiver<PhoneView>,
    task: JoinHandle<()>,
}

impl Phone {
    /// Opens the phone's sockets and starts it.
    pub async fn start(config: PhoneConfig) -> io::Result<Self> {
        let socket = UdpSocket::bind(config.listen).await?;
        let address = socket.local_addr()?;
        let (orders, given) = mpsc::channel(ORDERS);
        let (shown, view) = watch::channel(PhoneView {
            name: config.name.clone(),
            address,
            auto_answer: config.auto_answer,
            registration: match config.registration {
                Some(_) => RegistrationView::Trying,
                None => RegistrationView::None,
            },
            call: None,
            calls: 0,
            last_end: String::new(),
        });
        let line = line::Line::open(config, socket, address, shown).await?;
        Ok(Self { address, orders, view, task: tokio::spawn(line.run(given)) })
    }

    /// Where the phone listens for SIP.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it shows now.
    #[must_use]
    pub fn view(&self) -> PhoneView {
        self.view.borrow().clone()
    }

    /// What it shows, as it changes.
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<PhoneView> {
        self.view.clone()
    }

    /// Picks up the ringing call; nothing happens without one.
    pub fn answer(&self) {
        self.order(Order::Answer);
    }

    /// Refuses the ringing call with this status, for example 486 (busy) or 603 (declined).
    pub fn reject(&self, status: u16) {
        self.order(Order::Reject(status));
    }

    /// Ends the call: BYE when it was answered, 486 when it still rings.
    pub fn hang_up(&self) {
        self.order(Order::HangUp);
    }

    /// Turns auto-answer; a call that is ringing now is answered too.
    pub fn set_auto_answer(&self, auto_answer: AutoAnswer) {
        self.order(Order::AutoAnswer(auto_answer));
    }

    /// Waits until the phone shows what the question asks for; `None` when the time is over first.
    pub async fn until(
        &self,
        limit: Duration,
        mut shows: impl FnMut(&PhoneView) -> bool,
    ) -> Option<PhoneView> {
        let mut view = self.view.clone();
        let seen = view.wait_for(|view| shows(view));
        Some(tokio::time::timeout(limit, seen).await.ok()?.ok()?.clone())
    }

    /// Passes an order on. A full queue means that somebody leans on the button: more presses change nothing.
    fn order(&self, order: Order) {
        if self.orders.try_send(order).is_err() {
            tracing::debug!(phone = %self.address, "an order was dropped");
        }
    }
}

impl Drop for Phone {
    fn drop(&mut self) {
        self.task.abort();
    }
}
