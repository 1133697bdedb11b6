//! One schedule: an agent who clicks, the two phones of each call, a network and a process that may die at any moment.
//!
//! Promises: everything follows from the dice; the process decides, commits and acts in that order, and loses at `kill -9`
//! what it had not committed, its transactions and every message of the time it is away. Leaves to others: when messages
//! arrive (`network`), the phones (`phone`), what must hold (`ledger`).

use super::dice::Dice;
use super::ledger::{Broken, Ledger, Setting};
use super::network::{Arrival, Queue};
use super::phone::{Deed, Phone, Wake};
use crate::switchboard::session::{AgentPlan, CustomerPlan, Happening, LegPlans, Session, Step};
use ringbridge_core::call::{Call, Effect, Finish, Initiator, Input, Stage, Terms};
use ringbridge_core::event::Event;
use ringbridge_core::tenant::{Choice, Code, CodeList, Need, WrapUpAfterFailed};
use ringbridge_core::time::Timestamp;
use ringbridge_core::wrap_up::{Picked, Rules, Selection};
use ringbridge_sip::bridge::{AutoAnswer, Bridge, Caller, CallerHeader, Leg, Target};
use ringbridge_sip::digest::Login;
use ringbridge_sip::ids::IdSource;
use ringbridge_sip::transport::{Destination, Local, Transport};
use ringbridge_sip::uri::SipUri;

/// The call machine as the simulation takes it: the product's own, or one that a test broke.
pub(crate) trait Machine: Fn(&mut Call, &Terms, Input, Timestamp) -> Vec<Effect> + Sync {}

impl<F: Fn(&mut Call, &Terms, Input, Timestamp) -> Vec<Effect> + Sync> Machine for F {}

/// Whether the process commits before it acts; only a test does it the other way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// As the product does.
    CommitThenAct,
    /// The mistake that the simulation must find.
    #[cfg_attr(not(test), expect(dead_code, reason = "only tests make it"))]
    ActThenCommit,
}

/// How messages cross the network of a schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wire {
    /// As values: fast.
    Values,
    /// Printed and parsed, each of them.
    Text,
}

/// When the first click happens: a day in 2026.
const BEGIN: i64 = 1_790_000_000_000;

/// The most steps of a schedule; the longest seen take some two hundred.
const STEPS_MAX: usize = 5_000;

/// Where the process dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Dies {
    /// In the step that follows after so many others, before its commit.
    BeforeCommit(u64),
    /// In that step, after its commit, when it has acted on a part of it.
    WhileActing(u64),
    Not,
}

/// What people and the process do at a moment.
#[derive(Clone, Copy, Debug)]
pub(super) enum Moment {
    Click,
    End(usize),
    WrapUp(usize),
    Start,
}

/// A call's process side and its phones.
pub(super) struct Life {
    /// Absent: over, or not yet taken up again after a death.
    pub(super) session: Option<Session>,
    /// What was committed when the process died.
    stored: Option<Stored>,
    pub(super) agent: Phone,
    pub(super) customer: Phone,
}

/// What survives a death: text, as in the database.
struct Stored {
    terms: Terms,
    call: String,
    bridge: String,
}

pub(super) struct World<'a, M> {
    machine: &'a M,
    order: Order,
    pub(super) wire: Wire,
    pub(super) dice: Dice,
    pub(super) now: i64,
    pub(super) queue: Queue,
    pub(super) lives: Vec<Life>,
    pub(super) ledger: Ledger<'a>,
    /// Whether the process runs.
    pub(super) running: bool,
    dies: Dies,
    /// How eager the network is to lose, double and delay: once in so many messages.
    pub(super) trouble: u64,
    pub(super) deeds: Vec<Deed>,
    pub(super) ids: IdSource,
    pub(super) clicks: u64,
    pub(super) trace: Option<Vec<String>>,
}

impl<'a, M: Machine> World<'a, M> {
    pub(super) fn new(
        mut dice: Dice,
        machine: &'a M,
        order: Order,
        setting: &'a Setting,
        wire: Wire,
    ) -> Self {
        let dies = match dice.below(16) {
            0 => Dies::BeforeCommit(dice.below(24)),
            1 => Dies::WhileActing(dice.below(24)),
            _ => Dies::Not,
        };
        let trouble = if dice.once_in(2) { 12 } else { 400 };
        let ids = IdSource::new(dice.bits());
        Self {
            machine,
            order,
            wire,
            dice,
            now: BEGIN,
            queue: Queue::default(),
            lives: Vec::new(),
            ledger: Ledger::new(setting),
            running: true,
            dies,
            trouble,
            deeds: Vec::new(),
            ids,
            clicks: 0,
            trace: None,
        }
    }

    /// Plays the schedule to its end and says what was broken.
    pub(super) fn play(&mut self) -> Option<Broken> {
        self.queue.moment(BEGIN, Moment::Click);
        // Two clicks at once, or one after the other.
        if self.dice.once_in(8) {
            let pause =
                if self.dice.once_in(2) { self.dice.between(0, 40) } else { self.dice.between(0, 90_000) };
            self.queue.moment(BEGIN + pause, Moment::Click);
        }
        for _ in 0..STEPS_MAX {
            if !self.next() {
                return self.close();
            }
        }
        self.ledger.broke(Broken::NeverRests);
        self.ledger.broken()
    }

    /// Does the next thing; false when there is none.
    fn next(&mut self) -> bool {
        let arrival = self.queue.next_at();
        let due = if self.running { self.next_deadline() } else { None };
        match (arrival, due) {
            (None, None) => false,
            (arrival, Some((at, call))) if arrival.is_none_or(|arrival| at <= arrival) => {
                self.now = self.now.max(at);
                self.step(call, Happening::Time);
                true
            }
            (_, _) => {
                let Some((at, arrival)) = self.queue.pop() else { return false };
                self.now = self.now.max(at);
                self.arrive(arrival);
                true
            }
        }
    }

    fn next_deadline(&self) -> Option<(i64, usize)> {
        let deadlines = self
            .lives
            .iter()
            .enumerate()
            .filter_map(|(call, life)| Some((life.session.as_ref()?.deadline()?.as_millis(), call)));
        deadlines.min()
    }

    fn arrive(&mut self, arrival: Arrival) {
        match arrival {
            Arrival::Moment(Moment::Click) => self.click(),
            Arrival::Moment(Moment::Start) => self.start(),
            Arrival::Moment(Moment::End(call)) => self.person_ends(call),
            Arrival::Moment(Moment::WrapUp(call)) => self.person_wraps_up(call),
            Arrival::Wake { call, leg, wake } => self.wake(call, leg, wake),
            Arrival::AtPhone { call, leg, message } => self.at_phone(call, leg, message),
            Arrival::AtUs(message) => self.at_us(message),
        }
    }

    fn wake(&mut self, call: usize, leg: Leg, wake: Wake) {
        let mut deeds = std::mem::take(&mut self.deeds);
        self.phone(call, leg).wake(wake, &mut deeds);
        self.do_deeds(call, leg, deeds);
    }

    pub(super) fn phone(&mut self, call: usize, leg: Leg) -> &mut Phone {
        let life = &mut self.lives[call];
        match leg {
            Leg::Agent => &mut life.agent,
            Leg::Customer => &mut life.customer,
        }
    }

    /// A click is refused while the agent has a live call (1.11); it ends a wrap-up.
    fn click(&mut self) {
        if !self.running {
            return;
        }
        self.clicks += 1;
        if self.ledger.is_live() {
            return self.note(|| "a click is refused: the agent is in a call".to_owned());
        }
        for call in 0..self.lives.len() {
            self.step(call, Happening::Call(Input::Finish));
        }
        if !self.running {
            return;
        }
        let call = self.ledger.insert();
        let seed = self.dice.bits();
        let bridge = Bridge::new(IdSource::new(seed), (call + 1).to_string());
        let session = Session::new(terms(&mut self.dice), plans(&mut self.dice), bridge);
        let agent = Phone::new(Leg::Agent, &mut self.dice);
        let customer = Phone::new(Leg::Customer, &mut self.dice);
        self.lives.push(Life { session: Some(session), stored: None, agent, customer });
        self.note(|| format!("click {} is accepted", call + 1));
        if self.dice.once_in(3) {
            let pause = self.dice.between(0, 40_000);
            self.queue.moment(self.now + pause, Moment::End(call));
        }
        self.step(call, Happening::Call(Input::Begin));
    }

    fn person_ends(&mut self, call: usize) {
        let live = self.session(call).is_some_and(|session| session.call.is_live());
        if self.running && live {
            self.note(|| "the agent ends the call in the console".to_owned());
            self.step(call, Happening::Call(Input::End(Initiator::Agent)));
        }
    }

    fn person_wraps_up(&mut self, call: usize) {
        let Some(session) = self.session(call).filter(|_| self.running) else { return };
        let has_more = session.call.more_time(&session.terms).is_some();
        if has_more && self.dice.once_in(4) {
            self.note(|| "the agent needs more time".to_owned());
            self.step(call, Happening::Call(Input::MoreTime));
            let pause = self.dice.between(0, 90_000);
            return self.queue.moment(self.now + pause, Moment::WrapUp(call));
        }
        let Some(session) = self.session(call) else { return };
        let picked = Picked { list: "Outcome".into(), short: "SOLD".into(), report: "Sale made".into() };
        let next = Selection { codes: vec![picked], notes: "called [back] | later".into() };
        if session.call.check_save(&session.terms.wrap_up, &next, Finish::Now).is_ok() {
            self.step(call, Happening::Call(Input::Save(next)));
            if self.running {
                self.step(call, Happening::Call(Input::Finish));
            }
        }
    }

    fn session(&self, call: usize) -> Option<&Session> {
        self.lives.get(call)?.session.as_ref()
    }

    /// Decides, commits, acts; or dies at it.
    pub(super) fn step(&mut self, call: usize, happening: Happening) {
        let dies = self.death_comes();
        let Some(session) = self.lives.get_mut(call).and_then(|life| life.session.as_mut()) else { return };
        let now = Timestamp::from_millis(self.now);
        let before = matches!(dies, Dies::BeforeCommit(_)).then(|| Stored::of(session));
        let step = session.step_with(happening, now, self.machine);
        if let Some(before) = before {
            return self.die_before_commit(call, before, step);
        }
        self.ledger.commit(call, session, &step, now);
        let over = session.is_over();
        let wraps_up = step.events.iter().any(|event| matches!(event, Event::WrapUpStarted { .. }));
        if wraps_up && self.dice.once_in(2) {
            let pause = self.dice.between(0, 60_000);
            self.queue.moment(self.now + pause, Moment::WrapUp(call));
        }
        let mut sends = step.sends;
        if matches!(dies, Dies::WhileActing(_)) {
            let done = self.dice.below(sends.len() as u64 + 1);
            sends.truncate(usize::try_from(done).unwrap_or(0));
        }
        self.send(call, sends);
        if over && let Some(life) = self.lives.get_mut(call) {
            life.session = None;
        }
        if matches!(dies, Dies::WhileActing(_)) {
            self.die();
        }
    }

    fn death_comes(&mut self) -> Dies {
        match self.dies {
            Dies::Not => Dies::Not,
            due @ (Dies::BeforeCommit(0) | Dies::WhileActing(0)) => {
                self.dies = Dies::Not;
                due
            }
            Dies::BeforeCommit(left) => {
                self.dies = Dies::BeforeCommit(left - 1);
                Dies::Not
            }
            Dies::WhileActing(left) => {
                self.dies = Dies::WhileActing(left - 1);
                Dies::Not
            }
        }
    }

    fn die_before_commit(&mut self, call: usize, before: Stored, step: Step) {
        match self.order {
            Order::CommitThenAct => {}
            Order::ActThenCommit => self.send(call, step.sends),
        }
        let admitted =
            matches!(self.session(call).map(|session| session.call.stage()), Some(Stage::Admitted));
        self.die();
        let never_was = before.call.contains("admitted") && !admitted;
        match self.lives.get_mut(call) {
            // The click itself was not committed: the agent sees an error, and there is no transaction.
            Some(life) if never_was => {
                life.stored = None;
                self.ledger.take_back(call);
            }
            Some(life) => life.stored = Some(before),
            None => {}
        }
    }

    /// `kill -9`: what is committed is stored, the rest is gone.
    fn die(&mut self) {
        self.note(|| "the process dies".to_owned());
        self.running = false;
        for life in &mut self.lives {
            life.stored = life.session.take().as_ref().map(Stored::of);
        }
        for (call, leg) in self.queue.forget_transactions(self.now) {
            // A stray answer's BYE is nobody's state: if it is lost with the process, only the phone can help itself.
            if self.lives.get(call).is_some_and(|life| life.stored.is_none()) {
                self.phone(call, leg).cut_off = true;
            }
        }
        let away = self.dice.between(0, 6_000);
        self.queue.moment(self.now + away, Moment::Start);
    }

    /// The process comes back and takes up what was not over.
    fn start(&mut self) {
        self.note(|| "the process is back".to_owned());
        self.running = true;
        // Recovery itself may be interrupted.
        if self.dice.once_in(8) {
            self.dies = Dies::WhileActing(self.dice.below(4));
        }
        for call in 0..self.lives.len() {
            if let Some(stored) = self.lives[call].stored.take() {
                self.lives[call].session = Some(stored.revive());
            }
        }
        for call in 0..self.lives.len() {
            if self.running {
                self.step(call, Happening::Restart);
            }
        }
    }

    fn close(&mut self) -> Option<Broken> {
        self.ledger.close();
        for call in 0..self.lives.len() {
            for leg in [Leg::Agent, Leg::Customer] {
                let phone = self.phone(call, leg);
                if (phone.is_up() || phone.left_alone) && !phone.cut_off {
                    self.ledger.broke(Broken::LegLeftUp(leg));
                }
            }
        }
        self.ledger.broken()
    }

    /// Writes a line of the trace, if there is one.
    pub(super) fn note(&mut self, line: impl FnOnce() -> String) {
        if let Some(trace) = &mut self.trace {
            trace.push(format!("{:>9} ms  {}", self.now - BEGIN, line()));
        }
    }
}

impl Stored {
    fn of(session: &Session) -> Self {
        Self {
            terms: session.terms.clone(),
            call: serde_json::to_string(&session.call).expect("plain data"),
            bridge: serde_json::to_string(&session.bridge).expect("plain data"),
        }
    }

    fn revive(self) -> Session {
        let call = serde_json::from_str(&self.call).expect("what was written");
        let bridge = serde_json::from_str(&self.bridge).expect("what was written");
        Session { terms: self.terms, call, bridge, plans: None }
    }
}

fn terms(dice: &mut Dice) -> Terms {
    let code = Code { short: "SOLD".into(), menu: "Sold".into(), report: "Sale made".into(), key: None };
    let need = if dice.once_in(3) { Need::Required } else { Need::Optional };
    let list = CodeList { name: "Outcome".into(), choice: Choice::Single, need, codes: vec![code] };
    Terms {
        ring_agent_seconds: 30,
        ring_customer_seconds: 60,
        talk_seconds_max: 4 * 3600,
        wrap_up: Rules {
            seconds: if dice.once_in(3) { 0 } else { 30 },
            after_failed: if dice.once_in(2) { WrapUpAfterFailed::Full } else { WrapUpAfterFailed::None },
            lists: vec![list],
        },
    }
}

fn plans(dice: &mut Dice) -> LegPlans {
    let target = |user| {
        let uri = SipUri::new(Some(user), [192, 0, 2, 2].into_host(), Some(5060));
        Target {
            destination: Destination::new(uri.clone()),
            request_uri: uri,
            local: Local { host: [192, 0, 2, 1].into_host(), port: 5060, transport: Transport::Udp },
        }
    };
    LegPlans {
        agent: AgentPlan {
            target: target("alice"),
            display_name: "16502928880".to_owned(),
            auto_answer: AutoAnswer::None,
            tone_address: ([192, 0, 2, 1], 30_000).into(),
        },
        customer: CustomerPlan {
            target: target("16502928880"),
            caller: Caller { user: "5251990".to_owned(), display: None, header: CallerHeader::From },
            login: Some(Login::new("us", "secret")),
            extension: dice.once_in(6).then(|| "12".to_owned()),
        },
    }
}

/// Four numbers as a host.
trait IntoHost {
    fn into_host(self) -> ringbridge_sip::uri::Host;
}

impl IntoHost for [u8; 4] {
    fn into_host(self) -> ringbridge_sip::uri::Host {
        ringbridge_sip::uri::Host::V4(self.into())
    }
}
