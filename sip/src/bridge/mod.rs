//! Two legs joined into one call: flow E, a third-party call by early offer to both (RFC 3725), media between the phones.
//!
//! ```text
//! A (agent)                 C (bridge)                     B (trunk)
//!  |<- INVITE offer of C ----|  G.711 at the tone source
//!  |-- 180, 200 ansA ------->|  ACK; silence, so that a NAT opens
//!  |                         |-- INVITE offer = ansA ------->|
//!  |                         |<- 180 ------------------------|  ringback to A
//!  |                         |<- 183 + sdpB -----------------|  the tone stops
//!  |<- re-INVITE sdpB -------|  A hears the trunk
//!  |                         |<- 200 sdpB -------------------|  ACK at once
//!  |<- re-INVITE sdpB -------|  unless A has it already
//!  |-- 200 ansA2 ----------->|  differs so that B must know? one re-INVITE to B, then rest
//!  |<==================== RTP, end to end ==================>|
//! ```
//!
//! What a leg should be told is never remembered, but follows from what the other one said last; `joining` compares it with
//! what it was told. Promises: deterministic (ids come from a stored generator); plain data, so that it goes on after a
//! restart; the customer is never called before the agent has answered; late, lost, doubled and crossed messages change
//! nothing they should not; after [`Command::End`] for both legs, [`Bridge::is_over`] comes true whatever the far ends do.
//! Leaves to others: how long a phone may ring, and what one leg's end means for the other (`core::call`); sending.

mod agent_leg;
mod customer_leg;
mod dtmf;
mod event;
mod joining;
mod tone;

pub use agent_leg::AutoAnswer;
pub use customer_leg::{Caller, CallerHeader};
pub use event::{Extension, FailureCause, Leg, LegEvent, LegFailure};

use crate::dialog::{Audio, Dialog, Heard, Step};
use crate::digest::Login;
use crate::header::CallId;
use crate::ids::IdSource;
use crate::media::ToneCommand;
use crate::message::{Request, Response};
use crate::method::Method;
use crate::status::Status;
use crate::time::Millis;
use crate::transaction::{Failure, Outgoing, ServerKey};
use crate::transport::{Destination, Local};
use crate::uri::SipUri;
use dtmf::Dtmf;
use joining::Rounds;
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;

/// Whom to call, which way, and what we call ourselves there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The Request-URI.
    pub request_uri: SipUri,
    /// The next hop.
    pub destination: Destination,
    /// For Via, Contact and From.
    pub local: Local,
}

/// What the call core wants.
#[derive(Clone, Debug)]
pub enum Command {
    /// Ring the agent's phone.
    RingAgent {
        /// The phone.
        target: Target,
        /// What it shows: the number to be dialled (semantics 2.1).
        display_name: String,
        /// What makes it answer by itself.
        auto_answer: AutoAnswer,
        /// Where our tone source listens.
        tone_address: SocketAddr,
    },
    /// Ring the customer.
    RingCustomer {
        /// The trunk, with the number in the Request-URI.
        target: Target,
        /// Who calls (semantics 2.2).
        caller: Caller,
        /// Our login there; without one, challenges are refusals. It is not stored: a call in set-up does not survive a
        /// restart.
        login: Option<Login>,
        /// Digits to be sent after the answer (semantics 1.4).
        extension: Option<String>,
    },
    /// End a leg: CANCEL, BYE or nothing, as it needs.
    End {
        /// Which.
        leg: Leg,
        /// Why: the Reason header.
        reason: ByeReason,
    },
}

/// Why we end a leg (RFC 3326).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ByeReason {
    /// A person hung up or cancelled.
    Normal,
    /// The other leg came to nothing, with this SIP status if there was one.
    OtherLegFailed(Option<u16>),
    /// It rang or talked too long.
    TimedOut,
    /// The process was restarted during set-up.
    Restarted,
}

/// What can happen.
#[derive(Clone, Debug)]
#[allow(clippy::large_enum_variant, reason = "moved once, from its maker to the bridge")]
pub enum Input {
    /// The call core decided something.
    Command(Command),
    /// A response to a request of ours, stray ones too.
    Response(Response),
    /// A request within one of our dialogs, other than ACK and CANCEL.
    Request {
        /// The request.
        request: Request,
        /// To answer it.
        key: ServerKey,
    },
    /// The ACK of a 2xx of ours.
    Ack(Request),
    /// A far end cancelled its re-INVITE.
    Cancelled {
        /// The INVITE's key.
        invite: ServerKey,
    },
    /// A transaction ended without what it waited for.
    TransactionFailed {
        /// Its branch.
        branch: String,
        /// Its method.
        method: Method,
        /// Its call.
        call_id: CallId,
        /// Why.
        why: Failure,
    },
    /// The moment of [`Bridge::deadline`] has come.
    Timer,
    /// The process was restarted: the transactions and the tone source have forgotten this call.
    Restored,
}

/// What a bridge wants done or known, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::large_enum_variant, reason = "moved once, from the bridge to its user")]
pub enum Output {
    /// Send this.
    Send(Outgoing),
    /// Something happened to a leg.
    Leg(Leg, LegEvent),
    /// For the tone source.
    Tone(ToneCommand),
    /// What became of the extension's digits.
    Extension(Extension),
}

/// The two legs of a call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bridge {
    ids: IdSource,
    call_ref: String,
    agent: Slot,
    customer: Slot,
    /// What the agent's phone is offered before the customer is there.
    tone_source: Option<Audio>,
    /// What the tone source was told last.
    tone: Option<ToneCommand>,
    rounds: Rounds,
    dtmf: Dtmf,
    #[serde(skip)]
    login: Option<Login>,
}

/// A place for a leg.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Slot {
    /// Not called yet.
    Idle,
    /// Ended before it was called; it never will be.
    Closed,
    /// Called.
    Called { dialog: Box<Dialog>, told: Told },
}

/// How much progress of a leg was reported; each is reported once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Told {
    Nothing,
    Ringing,
    EarlyMedia,
}

impl Slot {
    fn dialog(&self) -> Option<&Dialog> {
        match self {
            Self::Idle | Self::Closed => None,
            Self::Called { dialog, .. } => Some(dialog),
        }
    }

    fn dialog_mut(&mut self) -> Option<&mut Dialog> {
        match self {
            Self::Idle | Self::Closed => None,
            Self::Called { dialog, .. } => Some(dialog),
        }
    }
}

impl Bridge {
    /// A bridge without legs. `call_ref` is the transaction's number; every Call-ID begins with it.
    #[must_use]
    pub fn new(ids: IdSource, call_ref: String) -> Self {
        Self {
            ids,
            call_ref,
            agent: Slot::Idle,
            customer: Slot::Idle,
            tone_source: None,
            tone: None,
            rounds: Rounds::default(),
            dtmf: Dtmf::None,
            login: None,
        }
    }

    /// Whether nothing is up, coming up or being ended.
    #[must_use]
    pub fn is_over(&self) -> bool {
        [&self.agent, &self.customer].into_iter().filter_map(|slot| slot.dialog()).all(Dialog::is_over)
    }

    /// When [`Input::Timer`] is due.
    #[must_use]
    pub fn deadline(&self) -> Option<Millis> {
        let legs = [&self.agent, &self.customer].into_iter().filter_map(|slot| slot.dialog()?.deadline());
        legs.chain(self.dtmf.deadline()).min()
    }

    /// Takes one input and says what is to be done about it.
    pub fn handle(&mut self, input: Input, now: Millis) -> Vec<Output> {
        let mut out = Outputs { sends: Vec::new(), outputs: Vec::new() };
        match input {
            Input::Command(command) => self.command(command, now, &mut out),
            Input::Response(response) => {
                let leg = self.leg_of(&response.call_id);
                // Only the trunk may ask for our password (SEC-36).
                let login = self.login.clone().filter(|_| leg == Some(Leg::Customer));
                self.on(leg, now, &mut out, |dialog, step| dialog.response(&response, login.as_ref(), step));
            }
            Input::Request { request, key } => match self.leg_of(&request.call_id) {
                Some(leg) => {
                    self.on(Some(leg), now, &mut out, |dialog, step| dialog.request(&request, key, step));
                }
                None => {
                    let response = request.answer(Status::NO_SUCH_CALL, &self.ids.tag());
                    out.outputs.push(Output::Send(Outgoing::Response { response, key }));
                }
            },
            Input::Ack(ack) => {
                let leg = self.leg_of(&ack.call_id);
                self.on(leg, now, &mut out, |dialog, _| dialog.ack_received(&ack));
            }
            Input::Cancelled { invite } => {
                for leg in [Leg::Agent, Leg::Customer] {
                    self.on(Some(leg), now, &mut out, |dialog, step| {
                        dialog.cancelled(&invite, step);
                        None
                    });
                }
            }
            Input::TransactionFailed { branch, method, call_id, why } => {
                let leg = self.leg_of(&call_id);
                self.on(leg, now, &mut out, |dialog, step| {
                    dialog.transaction_failed(&branch, &method, why, step)
                });
            }
            Input::Timer => self.timer(now, &mut out),
            Input::Restored => self.restored(now, &mut out),
        }
        self.join(now, &mut out);
        self.dial_extension(now, &mut out);
        self.tend_tone(&mut out);
        out.outputs
    }

    fn command(&mut self, command: Command, now: Millis, out: &mut Outputs) {
        match command {
            Command::RingAgent { target, display_name, auto_answer, tone_address } => {
                self.ring_agent(&target, &display_name, auto_answer, tone_address, now, out);
            }
            Command::RingCustomer { target, caller, login, extension } => {
                self.login = login;
                self.ring_customer(&target, &caller, extension.as_deref(), now, out);
            }
            Command::End { leg, reason } => {
                if let slot @ Slot::Idle = self.slot_mut(leg) {
                    *slot = Slot::Closed;
                }
                self.on(Some(leg), now, out, |dialog, step| {
                    dialog.end(reason, step);
                    None
                });
            }
        }
    }

    fn timer(&mut self, now: Millis, out: &mut Outputs) {
        for leg in [Leg::Agent, Leg::Customer] {
            // Each round does at least one thing that is due, or ends the loop; a dialog has a handful of waits.
            for _ in 0..16 {
                let due = self.slot(leg).dialog().and_then(Dialog::deadline);
                if due.is_none_or(|due| due > now) {
                    break;
                }
                self.on(Some(leg), now, out, |dialog, step| dialog.timer(step));
            }
        }
    }

    fn restored(&mut self, now: Millis, out: &mut Outputs) {
        for leg in [Leg::Agent, Leg::Customer] {
            self.on(Some(leg), now, out, |dialog, step| {
                dialog.restored(step);
                None
            });
        }
        self.dtmf.interrupted(out);
        // What the tone source was told is gone; `tend_tone` tells it again.
        self.tone = None;
    }

    /// Lets a leg do something, and hears what it has to say.
    fn on(
        &mut self,
        leg: Option<Leg>,
        now: Millis,
        out: &mut Outputs,
        act: impl FnOnce(&mut Dialog, &mut Step<'_>) -> Option<Heard>,
    ) {
        let Some(leg) = leg else { return };
        let (slot, ids) = match leg {
            Leg::Agent => (&mut self.agent, &mut self.ids),
            Leg::Customer => (&mut self.customer, &mut self.ids),
        };
        let Some(dialog) = slot.dialog_mut() else { return };
        let heard = act(dialog, &mut Step { now, ids, out: &mut out.sends });
        out.flush();
        if let Some(heard) = heard {
            self.heard(leg, heard, now, out);
        }
    }

    fn heard(&mut self, leg: Leg, heard: Heard, now: Millis, out: &mut Outputs) {
        match heard {
            Heard::Ringing => self.tell(leg, Told::Ringing, LegEvent::Ringing, out),
            Heard::EarlyMedia => self.tell(leg, Told::EarlyMedia, LegEvent::EarlyMedia, out),
            Heard::Answered => {
                out.outputs.push(Output::Leg(leg, LegEvent::Answered));
                if leg == Leg::Customer {
                    self.rounds = Rounds::after_answer(self.agent.dialog());
                    self.dtmf.answered(now);
                }
            }
            Heard::Failed(failure) => out.outputs.push(Output::Leg(leg, LegEvent::Failed(failure))),
            Heard::Ended => out.outputs.push(Output::Leg(leg, LegEvent::Ended)),
            Heard::Taken(purpose) => self.offer_taken(leg, purpose, now, out),
            Heard::Refused(purpose, status) => self.offer_refused(leg, purpose, status, now, out),
            Heard::Changed => self.rounds.allow(leg.other()),
            Heard::InfoAnswered(status) => self.dtmf.answered_digit(status, out),
        }
    }

    fn tell(&mut self, leg: Leg, news: Told, event: LegEvent, out: &mut Outputs) {
        if let Slot::Called { told, .. } = self.slot_mut(leg)
            && *told < news
        {
            *told = news;
            out.outputs.push(Output::Leg(leg, event));
        }
    }

    /// The leg that a message with this Call-ID belongs to, once that leg was called.
    #[must_use]
    pub fn leg_of(&self, call_id: &CallId) -> Option<Leg> {
        [Leg::Agent, Leg::Customer]
            .into_iter()
            .find(|leg| self.slot(*leg).dialog().is_some_and(|dialog| dialog.owns(call_id)))
    }

    const fn slot(&self, leg: Leg) -> &Slot {
        match leg {
            Leg::Agent => &self.agent,
            Leg::Customer => &self.customer,
        }
    }

    const fn slot_mut(&mut self, leg: Leg) -> &mut Slot {
        match leg {
            Leg::Agent => &mut self.agent,
            Leg::Customer => &mut self.customer,
        }
    }
}

/// What one input brings about, in order.
struct Outputs {
    /// What a dialog wants sent, until it is put in its place among the outputs.
    sends: Vec<Outgoing>,
    outputs: Vec<Output>,
}

impl Outputs {
    fn flush(&mut self) {
        self.outputs.extend(self.sends.drain(..).map(Output::Send));
    }
}
