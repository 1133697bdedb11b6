//! The simulated network and transaction layer: messages late, lost, doubled and crossed.
//!
//! Promises: what SIP repeats until it is answered arrives late, or never and then is reported as failed after 64 · T1, as
//! the transactions do it; an ACK of a 2xx may be lost, and that 2xx then comes again; requests that were answered get the
//! same answer again until the process dies and forgets. Leaves to others: the real transactions, whose tests are their
//! own (`ringbridge_sip::transaction`).

use super::ledger::Broken;
use super::phone::{Deed, Wake};
use super::world::{Machine, Moment, Wire, World};
use crate::switchboard::session::Happening;
use ringbridge_sip::bridge::{Input, Leg};
use ringbridge_sip::dialog::refuse_stray;
use ringbridge_sip::header::CallId;
use ringbridge_sip::message::{Message, Request, Response};
use ringbridge_sip::method::Method;
use ringbridge_sip::parse::parse;
use ringbridge_sip::status::Status;
use ringbridge_sip::text::SipToken;
use ringbridge_sip::transaction::{Failure, Outgoing, ServerKey};
use ringbridge_sip::transport::{Local, Transport};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Something that comes about at its time.
#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "moved once into the queue and once out of it")]
pub(super) enum Arrival {
    Moment(Moment),
    Wake { call: usize, leg: Leg, wake: Wake },
    AtPhone { call: usize, leg: Leg, message: ToPhone },
    AtUs(ToUs),
}

/// What reaches a phone.
#[derive(Clone, Debug)]
#[allow(clippy::large_enum_variant, reason = "moved once into the queue and once out of it")]
pub(super) enum ToPhone {
    Request(Request),
    Ack(Request),
    Response(Response),
}

/// What reaches us.
#[derive(Clone, Debug)]
#[allow(clippy::large_enum_variant, reason = "moved once into the queue and once out of it")]
pub(super) enum ToUs {
    Response(Response),
    Request(Request),
    Ack(Request),
    /// The transaction layer gives a request up, if it is still the same process.
    Failed {
        life: u32,
        branch: String,
        method: Method,
        call_id: CallId,
    },
}

/// What is to come, in order; what comes at the same time, in the order it was put in.
#[derive(Default)]
pub(super) struct Queue {
    order: BinaryHeap<Reverse<(i64, u32, u32)>>,
    slots: Vec<Option<Arrival>>,
    free: Vec<u32>,
    count: u32,
    /// How often the process has died.
    life: u32,
    /// What the transaction layer has answered, or is about to.
    served: Vec<(ServerKey, Option<Response>)>,
}

impl Queue {
    pub(super) fn moment(&mut self, at: i64, moment: Moment) {
        self.push(at, Arrival::Moment(moment));
    }

    fn push(&mut self, at: i64, arrival: Arrival) {
        let slot = match self.free.pop() {
            Some(slot) => slot,
            None => {
                self.slots.push(None);
                u32::try_from(self.slots.len() - 1).unwrap_or(u32::MAX)
            }
        };
        if let Some(place) = self.slots.get_mut(slot as usize) {
            *place = Some(arrival);
        }
        self.count += 1;
        self.order.push(Reverse((at, self.count, slot)));
    }

    pub(super) fn next_at(&mut self) -> Option<i64> {
        // What was repeated by a process that died is no more.
        while let Some(Reverse((at, _, slot))) = self.order.peek() {
            if self.slots.get(*slot as usize).is_some_and(Option::is_some) {
                return Some(*at);
            }
            self.free.push(*slot);
            self.order.pop();
        }
        None
    }

    pub(super) fn pop(&mut self) -> Option<(i64, Arrival)> {
        let Reverse((at, _, slot)) = self.order.pop()?;
        self.free.push(slot);
        self.slots.get_mut(slot as usize)?.take().map(|arrival| (at, arrival))
    }

    /// The process died: its transactions are forgotten, and what they would have repeated does not come any more. Gives
    /// whom that was for.
    pub(super) fn forget_transactions(&mut self, now: i64) -> Vec<(usize, Leg)> {
        self.life += 1;
        self.served.clear();
        let mut gone = Vec::new();
        for Reverse((at, _, slot)) in &self.order {
            let Some(place) = self.slots.get_mut(*slot as usize).filter(|_| *at > now + ON_THE_WAY) else {
                continue;
            };
            if let Some(Arrival::AtPhone { call, leg, message: ToPhone::Request(_) }) = place {
                gone.push((*call, *leg));
                *place = None;
            }
        }
        gone
    }
}

/// How long a packet is on its way; what arrives later was repeated.
const ON_THE_WAY: i64 = 40;

/// What the network does to a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Arrives,
    Twice,
    Late(i64),
    Lost,
    /// It and all its repetitions are lost, or all answers to it.
    Never,
}

impl<M: Machine> World<'_, M> {
    fn fate(&mut self) -> Fate {
        if !self.dice.once_in(self.trouble) {
            return Fate::Arrives;
        }
        match self.dice.below(16) {
            0..=4 => Fate::Twice,
            5..=8 => Fate::Late(self.dice.between(100, 1_500)),
            9..=10 => Fate::Late(self.dice.between(1_500, 12_000)),
            11..=14 => Fate::Lost,
            _ => Fate::Never,
        }
    }

    fn soon(&mut self) -> i64 {
        self.now + self.dice.between(1, 40)
    }

    /// Hands what a step sends to the network.
    pub(super) fn send(&mut self, call: usize, sends: Vec<Outgoing>) {
        for outgoing in sends {
            self.send_one(call, outgoing);
        }
    }

    fn send_one(&mut self, call: usize, outgoing: Outgoing) {
        match outgoing {
            Outgoing::Request { request, .. } => {
                let leg = leg_of(&request.call_id);
                if request.method == Method::Invite && request.to.tag().is_none() {
                    let answered = self.lives.get(call).is_some_and(|life| life.agent.answered);
                    self.ledger.calls_phone(call, leg, answered);
                }
                self.note(|| format!("{leg:?} <- {} {}", request.method, request.cseq));
                let Some(Message::Request(request)) = self.cross(Message::Request(request)) else { return };
                self.deliver_request(call, leg, request);
            }
            Outgoing::Ack { request, .. } => {
                let leg = leg_of(&request.call_id);
                self.note(|| format!("{leg:?} <- ACK {}", request.cseq));
                let Some(Message::Request(request)) = self.cross(Message::Request(request)) else { return };
                match self.fate() {
                    Fate::Lost => {}
                    Fate::Late(late) => {
                        let at = self.now + late;
                        self.reach_phone(at, call, leg, ToPhone::Ack(request));
                    }
                    Fate::Arrives | Fate::Twice | Fate::Never => {
                        let at = self.soon();
                        self.reach_phone(at, call, leg, ToPhone::Ack(request));
                    }
                }
            }
            Outgoing::Response { response, key } => {
                let leg = leg_of(&response.call_id);
                let known = self.queue.served.iter_mut().find(|(served, _)| *served == key);
                // A server transaction that a death has forgotten answers no more.
                let Some((_, said)) = known else { return };
                *said = Some(response.clone());
                self.note(|| format!("{leg:?} <- {} {}", response.status, response.cseq));
                let Some(Message::Response(response)) = self.cross(Message::Response(response)) else {
                    return;
                };
                let late = match self.fate() {
                    Fate::Late(late) => late,
                    Fate::Arrives | Fate::Twice | Fate::Lost | Fate::Never => 0,
                };
                let at = self.soon() + late;
                self.reach_phone(at, call, leg, ToPhone::Response(response));
            }
        }
    }

    fn deliver_request(&mut self, call: usize, leg: Leg, request: Request) {
        let at = self.soon();
        match self.fate() {
            Fate::Arrives => self.reach_phone(at, call, leg, ToPhone::Request(request)),
            Fate::Twice => {
                self.reach_phone(at, call, leg, ToPhone::Request(request.clone()));
                let again = at + self.dice.between(0, 600);
                self.reach_phone(again, call, leg, ToPhone::Request(request));
            }
            Fate::Late(late) => self.reach_phone(at + late, call, leg, ToPhone::Request(request)),
            // Repeated after T1.
            Fate::Lost => self.reach_phone(at + 500, call, leg, ToPhone::Request(request)),
            Fate::Never => {
                self.note(|| format!("{leg:?} is cut off from {}", request.method));
                self.phone(call, leg).cut_off = true;
                let failed = ToUs::Failed {
                    life: self.queue.life,
                    branch: request.branch().to_owned(),
                    method: request.method,
                    call_id: request.call_id,
                };
                self.queue.push(self.now + 32_000, Arrival::AtUs(failed));
            }
        }
    }

    fn reach_phone(&mut self, at: i64, call: usize, leg: Leg, message: ToPhone) {
        self.queue.push(at, Arrival::AtPhone { call, leg, message });
    }

    pub(super) fn at_phone(&mut self, call: usize, leg: Leg, message: ToPhone) {
        let mut deeds = std::mem::take(&mut self.deeds);
        let phone = self.phone(call, leg);
        match message {
            ToPhone::Request(request) => phone.request(request, &mut deeds),
            ToPhone::Ack(ack) => phone.ack(&ack),
            ToPhone::Response(response) => phone.response(&response, &mut deeds),
        }
        self.do_deeds(call, leg, deeds);
    }

    /// Hands what a phone does to the network.
    pub(super) fn do_deeds(&mut self, call: usize, leg: Leg, mut deeds: Vec<Deed>) {
        for deed in deeds.drain(..) {
            match deed {
                Deed::WakeIn(pause, wake) => {
                    self.queue.push(self.now + pause, Arrival::Wake { call, leg, wake })
                }
                Deed::Respond(response) => {
                    self.note(|| format!("{leg:?} -> {} {}", response.status, response.cseq));
                    let Some(Message::Response(response)) = self.cross(Message::Response(response)) else {
                        continue;
                    };
                    self.carry_response(response);
                }
                Deed::Request(request) => {
                    self.note(|| format!("{leg:?} -> {} {}", request.method, request.cseq));
                    let Some(Message::Request(request)) = self.cross(Message::Request(request)) else {
                        continue;
                    };
                    self.carry(ToUs::Request(request));
                }
                Deed::Ack(ack) => {
                    let Some(Message::Request(ack)) = self.cross(Message::Request(ack)) else { continue };
                    self.carry(ToUs::Ack(ack));
                }
            }
        }
        self.deeds = deeds;
    }

    fn carry_response(&mut self, response: Response) {
        let at = self.soon();
        let repeated_by_phone = response.cseq.method == Method::Invite && response.status.is_success();
        match self.fate() {
            Fate::Lost if repeated_by_phone => {}
            // Our INVITE is repeated after T1, and the phone says it again.
            Fate::Lost => self.queue.push(at + 500, Arrival::AtUs(ToUs::Response(response))),
            Fate::Twice => {
                self.queue.push(at, Arrival::AtUs(ToUs::Response(response.clone())));
                let again = at + self.dice.between(0, 3_000);
                self.queue.push(again, Arrival::AtUs(ToUs::Response(response)));
            }
            Fate::Late(late) => self.queue.push(at + late, Arrival::AtUs(ToUs::Response(response))),
            Fate::Arrives | Fate::Never => {
                self.queue.push(at, Arrival::AtUs(ToUs::Response(response)));
            }
        }
    }

    fn carry(&mut self, message: ToUs) {
        let late = match self.fate() {
            Fate::Late(late) => late,
            Fate::Arrives | Fate::Twice | Fate::Lost | Fate::Never => 0,
        };
        let at = self.soon() + late;
        self.queue.push(at, Arrival::AtUs(message));
    }

    pub(super) fn at_us(&mut self, message: ToUs) {
        if !self.running {
            return;
        }
        match message {
            ToUs::Failed { life, branch, method, call_id } => {
                if life == self.queue.life {
                    let why = Failure::Timeout;
                    let input = Input::TransactionFailed { branch, method, call_id: call_id.clone(), why };
                    self.sip(&call_id, input);
                }
            }
            ToUs::Ack(ack) => {
                let call_id = ack.call_id.clone();
                self.sip(&call_id, Input::Ack(ack));
            }
            ToUs::Request(request) => self.serve(request),
            ToUs::Response(response) => {
                let call_id = response.call_id.clone();
                match self.alive(&call_id) {
                    Some(call) => self.step(call, Happening::Sip(Input::Response(response))),
                    None => self.stray(&response),
                }
            }
        }
    }

    /// A request of a phone: new ones go to their call, repeated ones get their answer again.
    fn serve(&mut self, request: Request) {
        let key = ServerKey::of(&request);
        let call_id = request.call_id.clone();
        if let Some((_, said)) = self.queue.served.iter().find(|(served, _)| *served == key) {
            if let (Some(response), Some(call)) = (said.clone(), call_of(&call_id)) {
                let at = self.soon();
                self.reach_phone(at, call, leg_of(&call_id), ToPhone::Response(response));
            }
            return;
        }
        self.queue.served.push((key.clone(), None));
        if self.alive(&call_id).is_some() {
            return self.sip(&call_id, Input::Request { request, key });
        }
        let response = request.answer(Status::NO_SUCH_CALL, &const { SipToken::constant("engine") });
        if let Some(call) = call_of(&call_id) {
            self.send_one(call, Outgoing::Response { response, key });
        }
    }

    fn sip(&mut self, call_id: &CallId, input: Input) {
        if let Some(call) = self.alive(call_id) {
            self.step(call, Happening::Sip(input));
        }
    }

    /// The call of a message, if its task lives.
    fn alive(&self, call_id: &CallId) -> Option<usize> {
        let call = call_of(call_id)?;
        self.lives.get(call)?.session.as_ref().map(|_| call)
    }

    /// An answer of a call that is over: the engine ends it.
    fn stray(&mut self, response: &Response) {
        let Some(call) = call_of(&response.call_id) else { return };
        let host = std::net::IpAddr::from([192, 0, 2, 1]).into();
        let here = Local { host, port: 5060, transport: Transport::Udp };
        let sends = refuse_stray(response, &here, None, &mut self.ids);
        self.send(call, sends);
    }

    /// Lets a message cross the wire of this schedule; notes what it was.
    fn cross(&mut self, message: Message) -> Option<Message> {
        let (word, number) = match &message {
            Message::Request(request) => (request.method.as_str().len() as u64, u64::from(request.cseq)),
            Message::Response(response) => {
                (u64::from(response.status.code()), u64::from(response.cseq.number))
            }
        };
        self.ledger.fold(self.now.unsigned_abs() << 16 ^ word << 32 ^ number);
        match self.wire {
            Wire::Values => Some(message),
            Wire::Text => {
                let bytes = message.to_bytes();
                self.ledger.fold_text(&bytes);
                match parse(&bytes) {
                    Ok(read) if read == message => Some(read),
                    Ok(_) | Err(_) => {
                        self.ledger.broke(Broken::Unreadable);
                        None
                    }
                }
            }
        }
    }
}

/// The place of a call among those of its schedule; Call-IDs begin with it, counted from one.
fn call_of(call_id: &CallId) -> Option<usize> {
    let number = call_id.transaction()?.checked_sub(1)?;
    usize::try_from(number).ok()
}

fn leg_of(call_id: &CallId) -> Leg {
    if call_id.as_str().contains("-a-") { Leg::Agent } else { Leg::Customer }
}
