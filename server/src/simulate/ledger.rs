//! The simulation's store and its conscience: what was committed, and what must hold of it.
//!
//! Promises: each rule is looked at where it can be broken: at the commit, at the act, or at the end of the schedule.
//! Leaves to others: making things happen (`world`).

use super::dice::mix;
use crate::switchboard::session::{Completion, Session, Step};
use ringbridge_core::call::{Call, Stage};
use ringbridge_core::completion::{
    AfterCall, AgentFacts, Decided, Facts, UserdataForm, Wish, complete, follow_up,
};
use ringbridge_core::event::Event;
use ringbridge_core::id::{AgentId, InteractionGuid, TransactionId};
use ringbridge_core::redact::Digits;
use ringbridge_core::time::{Timestamp, Zone};
use ringbridge_core::userdata::Userdata;
use ringbridge_sip::bridge::Leg;
use std::fmt;

/// A rule that was broken; the first of a schedule is reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Broken {
    /// A phone rings or is off the hook although nobody is left to talk to it, or had to help itself.
    LegLeftUp(Leg),
    /// The customer was called before the agent had answered.
    CustomerBeforeAgent,
    /// A call ended more than once, or never.
    Endings(usize),
    /// A click has not exactly one completed record.
    Completions(usize),
    /// A phone was called although that was not committed.
    NotCommitted(Leg),
    /// An agent has a live call that is over, or none although one lives, or two.
    BusyWithoutCall,
    /// A message of ours does not read as what was meant.
    Unreadable,
    /// The schedule goes on for ever.
    NeverRests,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LegLeftUp(Leg::Agent) => f.write_str("the agent's phone was left up"),
            Self::LegLeftUp(Leg::Customer) => f.write_str("the customer's phone was left up"),
            Self::CustomerBeforeAgent => f.write_str("the customer was called before the agent had answered"),
            Self::Endings(count) => write!(f, "a call ended {count} times"),
            Self::Completions(count) => write!(f, "a click has {count} completed records"),
            Self::NotCommitted(_) => f.write_str("a phone was called without a commit that says so"),
            Self::BusyWithoutCall => f.write_str("an agent is busy without a call, or free with one"),
            Self::Unreadable => f.write_str("a message does not read as what was meant"),
            Self::NeverRests => f.write_str("the schedule goes on for ever"),
        }
    }
}

/// What the completion of every simulated call fills in.
pub(super) struct Setting {
    userdata: Userdata,
    ext: Userdata,
    zone: Zone,
    caller_id: Digits,
}

/// A link's user data with a token of each kind.
const USERDATA: &str = "[ctl_action|create][ctl_intType|sfdc][Subject|Call $transaction_id$ $callDuration$]\
    [Start|$callAnsweredTenantTT$][End|$callHangupTenantTT$][Codes|$transaction_codes$ $notes$]\
    [ctl_callbackUrl|https://crm.example.com/log?id=$interaction_guid$&at=$call_answered_time$]";

impl Setting {
    pub(super) fn new() -> Self {
        Self {
            userdata: Userdata::parse(USERDATA).expect("written in this file"),
            ext: Userdata::default(),
            zone: Zone::named("America/Los_Angeles").expect("it is built in"),
            caller_id: Digits::new("5251990").expect("digits"),
        }
    }
}

/// What is committed of one transaction, as far as the rules need it.
#[derive(Debug)]
pub(super) struct Row {
    standing: Standing,
    live: bool,
    stage: Stage,
    endings: usize,
    completions: usize,
}

/// Whether a click was committed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    Accepted,
    /// Its commit did not come about: there is no such transaction.
    Void,
}

/// What was committed of one agent's transactions.
pub(super) struct Ledger<'a> {
    setting: &'a Setting,
    rows: Vec<Row>,
    broken: Option<Broken>,
    digest: u64,
}

impl<'a> Ledger<'a> {
    pub(super) fn new(setting: &'a Setting) -> Self {
        Self { setting, rows: Vec::new(), broken: None, digest: 0 }
    }

    pub(super) fn broken(&self) -> Option<Broken> {
        self.broken
    }

    pub(super) fn digest(&self) -> u64 {
        self.digest
    }

    pub(super) fn calls(&self) -> u64 {
        self.accepted().count() as u64
    }

    fn accepted(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(|row| row.standing == Standing::Accepted)
    }

    /// Notes that a rule was broken; the first is kept.
    pub(super) fn broke(&mut self, rule: Broken) {
        self.broken.get_or_insert(rule);
    }

    /// Adds a fact to the digest.
    pub(super) fn fold(&mut self, fact: u64) {
        self.digest = mix(self.digest ^ fact);
    }

    pub(super) fn fold_text(&mut self, text: &[u8]) {
        // FNV-1a, one word at a time: it only has to tell texts apart.
        let hash = text.chunks(8).fold(0xcbf2_9ce4_8422_2325_u64, |hash, chunk| {
            let word = chunk.iter().fold(0, |word, byte| word << 8 | u64::from(*byte));
            (hash ^ word).wrapping_mul(0x0100_0000_01b3)
        });
        self.fold(hash);
    }

    /// Whether the agent has a live call: what the database's unique index says.
    pub(super) fn is_live(&self) -> bool {
        self.rows.iter().any(|row| row.live)
    }

    /// Writes a click down.
    pub(super) fn insert(&mut self) -> usize {
        let standing = Standing::Accepted;
        self.rows.push(Row { standing, live: true, stage: Stage::Admitted, endings: 0, completions: 0 });
        self.rows.len() - 1
    }

    /// Takes a click back whose commit did not come about.
    pub(super) fn take_back(&mut self, call: usize) {
        if let Some(row) = self.rows.get_mut(call) {
            row.standing = Standing::Void;
            row.live = false;
        }
    }

    /// Commits what a step brought about.
    pub(super) fn commit(&mut self, call: usize, session: &Session, step: &Step, now: Timestamp) {
        self.fold(now.as_millis().unsigned_abs());
        let Some(row) = self.rows.get_mut(call) else { return };
        row.stage = session.call.stage().clone();
        row.live = session.call.is_live();
        row.endings += step.events.iter().filter(|event| matches!(event, Event::CallEnded(_))).count();
        if row.live != (row.endings == 0) {
            self.broken.get_or_insert(Broken::BusyWithoutCall);
        }
        for event in &step.events {
            self.fold_text(event.kind().as_bytes());
        }
        match step.completion {
            Completion::Now => self.complete(call, &session.call, now),
            Completion::NotNow => {}
        }
        if self.rows.iter().filter(|row| row.live).count() > 1 {
            self.broke(Broken::BusyWithoutCall);
        }
    }

    fn complete(&mut self, call: usize, machine: &Call, now: Timestamp) {
        if let Some(row) = self.rows.get_mut(call) {
            row.completions += 1;
        }
        let Some(outcome) = machine.outcome() else { return self.broke(Broken::Endings(0)) };
        let id = i64::try_from(call).unwrap_or(0) + 1;
        let facts = Facts {
            caller_id: &self.setting.caller_id,
            transaction: TransactionId(id),
            guid: &InteractionGuid("int-simulated".to_owned()),
            agent: AgentFacts { id: AgentId(1), login: "alice", name: "Alice" },
            number: &self.setting.caller_id,
            outcome,
            selection: machine.selection(),
            zone: &self.setting.zone,
            now,
        };
        let wish = Wish { userdata: &self.setting.userdata, ext: &self.setting.ext };
        let Decided::Settled(result) = complete(wish, &facts, &AfterCall::default()).action else { return };
        if let Some(callback) = &follow_up(wish, &facts, UserdataForm::Brackets, &result).callback {
            let text = [callback.userdata.as_bytes(), callback.url.as_bytes()].concat();
            self.fold_text(&text);
        }
    }

    /// Looks at a first INVITE that leaves now.
    pub(super) fn calls_phone(&mut self, call: usize, leg: Leg, agent_answered: bool) {
        let stage = self.rows.get(call).map(|row| &row.stage);
        let committed = match leg {
            Leg::Agent => matches!(stage, Some(Stage::RingingAgent { .. })),
            Leg::Customer => matches!(stage, Some(Stage::RingingCustomer { .. })),
        };
        if !committed {
            self.broke(Broken::NotCommitted(leg));
        }
        if leg == Leg::Customer && !agent_answered {
            self.broke(Broken::CustomerBeforeAgent);
        }
    }

    /// Looks at everything once more when nothing happens any more.
    pub(super) fn close(&mut self) {
        let endings = self.accepted().map(|row| row.endings).find(|count| *count != 1);
        let completions = self.accepted().map(|row| row.completions).find(|count| *count != 1);
        if let Some(count) = endings {
            self.broke(Broken::Endings(count));
        }
        if let Some(count) = completions {
            self.broke(Broken::Completions(count));
        }
        if self.is_live() {
            self.broke(Broken::BusyWithoutCall);
        }
    }
}
