//! A click on its way to being a call: claimed, admitted and committed at once, then rung.
//!
//! Promises: of any number of same clicks at once, one makes a call and the others are given it (semantics 1.12); the
//! claim, the transaction and the first INVITE's dialog are one commit, and the INVITE leaves after it. Leaves to others:
//! reading the link (`core::link`), the rules (`core::admission`), recording refusals (`web`).

use super::ladder::Ladder;
use super::legs;
use super::person::unavailable;
use super::record::{self, Identity, Page};
use super::session::{Happening, LegPlans, Session, Step};
use super::task::CallTask;
use super::{Inner, Switchboard, Taking};
use crate::store::journal::{self, NewEntry};
use crate::store::recent_click::{self, Key};
use crate::store::transaction::{self, NewTransaction, Stored, Version};
use crate::store::{StoreError, Tx, presence};
use crate::telephony::PhoneTarget;
use crate::{chance, clock};
use ringbridge_core::admission::{self, Admitted, Reachability, Situation};
use ringbridge_core::agent::{self, Engagement};
use ringbridge_core::call::{Call, Input, Stage, Terms};
use ringbridge_core::completion::{AfterCall, UserdataForm};
use ringbridge_core::id::{AgentId, InteractionGuid, TransactionId};
use ringbridge_core::link::Link;
use ringbridge_core::placement::Placement;
use ringbridge_core::redact::Digits;
use ringbridge_core::refusal::{Code, Refusal, Warning};
use ringbridge_core::tenant::{Agent, Tenant};
use ringbridge_core::time::Timestamp;
use ringbridge_core::wrap_up::Rules;
use serde_json::json;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

/// The most calls with a task at once. Each holds two dialogs and some 16 KiB; beyond it new clicks are refused so that
/// the calls that are up keep their answers.
const CALLS_MAX: usize = 20_000;

/// The longest conversation (security SEC-9).
const TALK_SECONDS_MAX: u32 = 4 * 3600;

/// How long a `request_id` counts: longer than any client repeats a request.
const REQUEST_ID_COUNTS: Duration = Duration::from_secs(24 * 3600);

/// A click that may become a call: who clicked what, and where it came from.
#[derive(Clone, Debug)]
pub struct Click {
    /// The agent's tenant.
    pub tenant: Arc<Tenant>,
    /// The agent.
    pub agent: AgentId,
    /// What was clicked.
    pub link: Link,
    /// Where it came from, for the record.
    pub source: ClickSource,
}

/// Where a click came from, for the record.
#[derive(Clone, Debug)]
pub struct ClickSource {
    /// The page's origin, where the browser told it.
    pub origin: Option<String>,
    /// The browser's address.
    pub address: IpAddr,
    /// What was decided about the origin, in a word: `dial`, `confirmed`.
    pub decision: &'static str,
}

/// What became of an accepted click.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    /// The transaction's number.
    pub transaction_id: TransactionId,
    /// Its global name.
    pub guid: InteractionGuid,
    /// The number before the dial plan.
    pub number: Digits,
    /// The caller ID.
    pub caller_id: Digits,
    /// What was tolerated.
    pub warnings: Vec<Warning>,
    /// Whether it is this click's call or the first one's.
    pub repeated: Repeated,
}

/// Whether a click made a call of its own (semantics 1.12).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeated {
    /// It did.
    First,
    /// It is the same click again, and this is the first one's call.
    Again,
}

/// What the unit of work came to.
enum Decided {
    /// A test call rings the agent's phone; it makes way first.
    TestFirst,
    Again(Box<Placed>),
    Refused(Refusal),
    Placed(Box<NewCall>),
}

/// A call that was just committed.
struct NewCall {
    who: Identity,
    placement: Placement,
    session: Session,
    ladder: Ladder,
    bridge_json: String,
    version: Version,
    step: Step,
    /// Wrap-ups that this click leaves behind.
    left_behind: Vec<TransactionId>,
}

/// What the unit of work takes with it into the writer's thread.
#[derive(Clone)]
struct Attempt {
    click: Click,
    agent: Agent,
    phone: Option<PhoneTarget>,
    reachability: Reachability,
    board: Switchboard,
    keys: Vec<Key>,
    seed: u64,
    guid: InteractionGuid,
    now: Timestamp,
}

impl Switchboard {
    /// Places a call, or finds the one that the same click placed before (1.12). The caller records refusals (1.14).
    ///
    /// # Errors
    /// Every refusal of admission; [`Code::Overloaded`] when the server is ending or has more to do than it can.
    pub async fn click(&self, click: Click) -> Result<Placed, Refusal> {
        let Inner { store, telephony, taking, .. } = &*self.inner;
        if *taking.borrow() == Taking::NoCalls {
            let text = "Ringbridge is being restarted; click again in a moment.";
            return Err(Refusal::new(Code::Overloaded, text));
        }
        if self.calls() >= CALLS_MAX {
            let text = "Ringbridge has as many calls as it can hold; click again in a moment.";
            return Err(Refusal::new(Code::Overloaded, text));
        }
        let Some(agent) = click.tenant.agent(click.agent).cloned() else {
            return Err(Refusal::new(Code::SessionRequired, "Your log-in is no longer valid; log in again."));
        };
        let (phone, reachability) = (telephony.locate(&agent), telephony.reachability(&agent));
        let now = clock::now();
        let guid = InteractionGuid::from_random(chance::bytes());
        let keys = keys(&click, now);
        let seed = u64::from_ne_bytes(chance::bytes());
        let board = self.clone();
        let attempt = Attempt { click, agent, phone, reachability, board, keys, seed, guid, now };
        loop {
            let (agent, attempt) = (attempt.agent.id, attempt.clone());
            let decided = store.write(move |tx| attempt.decide(tx)).await;
            match decided.map_err(|error| unavailable(&error))? {
                // Each round ends a test, and nobody begins tests as fast as that.
                Decided::TestFirst => self.end_phone_test(agent).await,
                Decided::Again(placed) => return Ok(*placed),
                Decided::Refused(refusal) => return Err(refusal),
                Decided::Placed(call) => return Ok(self.begin(*call)),
            }
        }
    }

    /// Acts on a click that is committed: the INVITE leaves.
    fn begin(&self, call: NewCall) -> Placed {
        let placed = placed(&call.who, &call.placement, Repeated::First);
        let (tenant, agent) = (call.who.tenant, call.who.agent);
        let task = CallTask {
            board: self.clone(),
            who: call.who,
            placement: Arc::new(call.placement),
            session: call.session,
            ladder: call.ladder,
            version: call.version,
            bridge_json: call.bridge_json,
        };
        task.start(call.step);
        for id in call.left_behind {
            let board = self.clone();
            tokio::spawn(async move { board.finish_wrap_up(tenant, agent, id).await });
        }
        placed
    }
}

impl Attempt {
    /// Finds the same click, or admits this one and writes the call with its first step.
    fn decide(self, tx: &mut Tx<'_>) -> Result<Decided, StoreError> {
        let (tenant, agent, now) = (self.click.tenant.id, self.agent.id, self.now);
        if let Some(id) = recent_click::find(tx, tenant, agent, &self.keys, now)? {
            return again(tx, id);
        }
        let open = transaction::unfinished_of_agent(tx, agent)?;
        let situation = self.situation(tx, &open)?;
        let tenant_now = &self.click.tenant;
        let admitted = match admission::admit(tenant_now, &self.agent, &self.click.link, situation) {
            Ok(admitted) => admitted,
            Err(refusal) => return Ok(Decided::Refused(refusal)),
        };
        // Asked in the writer's thread, where tests begin too: none can come between this and the commit.
        if self.board.tests().is_running(self.agent.id) {
            return Ok(Decided::TestFirst);
        }
        let left_behind =
            open.iter().filter(|stored| !stored.call.is_live()).map(|stored| stored.id).collect();
        self.place(tx, admitted, left_behind)
    }

    fn situation(&self, tx: &mut Tx<'_>, open: &[Stored]) -> Result<Situation, StoreError> {
        let (presence, _) = presence::get(tx, self.agent.id)?;
        let required = open.iter().find(|stored| needs_a_code(stored));
        Ok(Situation {
            status: agent::status(presence, Engagement::Free),
            live_call: open.iter().find(|stored| stored.call.is_live()).map(|stored| stored.id),
            required_wrap_up: required.map(|stored| stored.id),
            phone: self.reachability,
        })
    }

    fn place(
        self,
        tx: &mut Tx<'_>,
        admitted: Admitted,
        left_behind: Vec<TransactionId>,
    ) -> Result<Decided, StoreError> {
        let Inner { telephony, config, .. } = &*self.board.inner;
        let tenant = &self.click.tenant;
        let Some(phone) = self.phone else {
            let text = "Your phone cannot be reached; check that it is registered.";
            return Ok(Decided::Refused(Refusal::new(Code::AgentPhoneUnreachable, text)));
        };
        let customer = match legs::customer_plan(telephony, config, &admitted) {
            Ok(plan) => plan,
            Err(refusal) => return Ok(Decided::Refused(refusal)),
        };
        let plans =
            LegPlans { agent: legs::agent_plan(telephony, phone, legs::display_name(&admitted)), customer };
        let terms = Terms {
            ring_agent_seconds: config.call.agent_ring_seconds,
            ring_customer_seconds: config.call.customer_ring_seconds,
            talk_seconds_max: TALK_SECONDS_MAX,
            wrap_up: Rules::of(tenant, admitted.queue),
        };
        let placement = Placement {
            terms: terms.clone(),
            zone: tenant.zone.name().to_owned(),
            userdata_form: match tenant.callbacks.userdata_json {
                true => UserdataForm::BracketsAndJson,
                false => UserdataForm::Brackets,
            },
            after_call: AfterCall::of(tenant),
            agent_login: self.agent.login.clone(),
            agent_name: self.agent.name.clone(),
            link: self.click.link,
            admitted,
        };
        let new = NewTransaction {
            guid: self.guid.clone(),
            tenant: tenant.id,
            agent: self.agent.id,
            queue: placement.admitted.queue,
            number: placement.admitted.number.clone(),
            caller_id: placement.admitted.caller_id.clone(),
            link: serde_json::to_string(&placement)
                .map_err(|error| StoreError::Database(error.to_string()))?,
            call: Call::new(),
            bridge: String::new(),
            created_at: self.now,
        };
        let id = transaction::insert(tx, &new)?;
        recent_click::remember(tx, tenant.id, self.agent.id, &self.keys, id, self.now)?;
        let who = Identity {
            id,
            guid: self.guid,
            tenant: tenant.id,
            agent: self.agent.id,
            queue: placement.admitted.queue,
        };
        journal::append(tx, &accepted(&who, &placement, &self.click.source, self.now))?;
        let mut session = Session::new(terms, plans, legs::bridge(self.seed, id));
        let step = session.step(Happening::Call(Input::Begin), self.now);
        let bridge_json = session.bridge_json();
        let mut ladder = Ladder::default();
        ladder.sent(&step.sends, &session.bridge, self.now);
        let page = Page {
            who: &who,
            placement: &placement,
            call: &session.call,
            bridge: &bridge_json,
            events: &step.events,
            ladder: &ladder,
            completion: step.completion,
            before: Engagement::OnCall,
            version: Version::FIRST,
            now: self.now,
        };
        let version = record::write(tx, &page)?;
        ladder.written();
        let call = NewCall { who, placement, session, ladder, bridge_json, version, step, left_behind };
        Ok(Decided::Placed(Box::new(call)))
    }
}

/// Whether a wrap-up waits for a required code: it keeps its agent from the next call (1.11).
fn needs_a_code(stored: &Stored) -> bool {
    let Stage::WrapUp { .. } = stored.call.stage() else { return false };
    // A placement that cannot be read keeps nobody from calling.
    serde_json::from_str::<Placement>(&stored.link)
        .is_ok_and(|placement| stored.call.selection().missing(&placement.terms.wrap_up).is_some())
}

fn again(tx: &mut Tx<'_>, id: TransactionId) -> Result<Decided, StoreError> {
    let Some(stored) = transaction::get(tx, id)? else {
        return Err(StoreError::Stale { what: "the recent click" });
    };
    let placement: Placement =
        serde_json::from_str(&stored.link).map_err(|error| StoreError::Database(error.to_string()))?;
    let who =
        Identity { id, guid: stored.guid, tenant: stored.tenant, agent: stored.agent, queue: stored.queue };
    Ok(Decided::Again(Box::new(placed(&who, &placement, Repeated::Again))))
}

fn placed(who: &Identity, placement: &Placement, repeated: Repeated) -> Placed {
    Placed {
        transaction_id: who.id,
        guid: who.guid.clone(),
        number: placement.admitted.number.clone(),
        caller_id: placement.admitted.caller_id.clone(),
        warnings: placement.admitted.warnings.clone(),
        repeated,
    }
}

/// The signs by which this click is known again (1.12).
fn keys(click: &Click, now: Timestamp) -> Vec<Key> {
    let window = Duration::from_secs(click.tenant.duplicate_window_seconds.into());
    let record = Key { text: format!("k:{}", click.link.record_key()), expires_at: now.plus(window) };
    let request = click
        .link
        .request_id
        .as_ref()
        .map(|id| Key { text: format!("r:{id}"), expires_at: now.plus(REQUEST_ID_COUNTS) });
    std::iter::once(record).chain(request).collect()
}

fn accepted(who: &Identity, placement: &Placement, source: &ClickSource, now: Timestamp) -> NewEntry {
    let admitted = &placement.admitted;
    NewEntry {
        tenant: Some(who.tenant),
        agent: Some(who.agent),
        transaction: Some(who.id),
        at: now,
        kind: "click.accepted",
        body: json!({
            "number": admitted.number,
            "dialled": admitted.dialled,
            "extension": admitted.extension,
            "caller_id": admitted.caller_id,
            "dial_plan": admitted.plan_name,
            "steps": admitted.steps,
            "trunk": admitted.trunk,
            "warnings": admitted.warnings,
            "origin": source.origin,
            "address": source.address.to_string(),
            "decision": source.decision,
        }),
    }
}
