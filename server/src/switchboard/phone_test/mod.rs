//! A test call that rings an agent's own phone, in the way a click does.
//!
//! Promises: an agent has one test at a time and none beside a call: tests begin in the writer's thread, as clicks do, so
//! that neither comes between the other's look and its commit. A click ends a test and does not wait for it for long. A
//! test is no transaction and leaves nothing but its course in the journal. It lives in memory: after `kill -9` the tone
//! is silent at once, a phone that answers later is hung up on (`telephony::engine`), and one that had answered stays off
//! the hook until its person hangs up; that BYE is answered 481, which ends it.
//!
//! Leaves to others: the call itself (`ringing`), the words (`core::phone_test`), who may (`web`).

mod ringing;

use self::ringing::Ringing;
use super::person::unavailable;
use super::{Switchboard, Taking};
use crate::store::journal::{self, NewEntry};
use crate::store::{StoreError, Tx, transaction};
use crate::{chance, clock};
use ringbridge_core::admission;
use ringbridge_core::id::{AgentId, TenantId, TransactionId};
use ringbridge_core::phone_test::Course;
use ringbridge_core::refusal::{Code, Refusal};
use ringbridge_core::tenant::Agent;
use ringbridge_core::time::Timestamp;
use serde_json::json;
use std::collections::HashMap;
use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;

/// The most test calls at once: each is a call, and those of people go first.
const TESTS_MAX: usize = 200;

/// How long a click waits for a test to be off the phone. Beyond it the phone is called all the same.
const MAKES_WAY_WITHIN: Duration = Duration::from_secs(2);

/// How long the outcome of a test is shown.
const SHOWN_FOR: Duration = Duration::from_secs(3600);

/// Test calls have numbers as transactions have, for their Call-IDs and inboxes: from here on, where no transaction comes.
const FIRST_NUMBER: i64 = 1 << 62;

/// Where an agent's last test call is, or how it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PhoneTest {
    /// Its course.
    pub course: Course,
    /// Since when.
    pub at: Timestamp,
}

/// Whether a test goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    GoOn,
    End,
}

/// The last test of each agent.
#[derive(Default)]
pub(super) struct Tests(HashMap<AgentId, Kept>);

struct Kept {
    seen: PhoneTest,
    /// The number and the reins of the one that runs; its task holds the other end until it is over.
    running: Option<(TransactionId, Arc<watch::Sender<Wanted>>)>,
}

impl Tests {
    pub(super) fn is_running(&self, agent: AgentId) -> bool {
        self.0.get(&agent).is_some_and(|kept| kept.running.is_some())
    }

    /// Takes the agent's place for a test.
    fn begin(
        &mut self,
        agent: AgentId,
        id: TransactionId,
        reins: watch::Sender<Wanted>,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        self.0.retain(|_, kept| kept.running.is_some() || now.since(kept.seen.at) < SHOWN_FOR);
        if self.is_running(agent) {
            return Err(Refusal::new(Code::AgentBusy, "A test call to your phone is on its way already."));
        }
        if self.0.values().filter(|kept| kept.running.is_some()).count() >= TESTS_MAX {
            let text = "Too many phones are being tested; try again in a moment.";
            return Err(Refusal::new(Code::Overloaded, text));
        }
        let seen = PhoneTest { course: Course::Calling, at: now };
        self.0.insert(agent, Kept { seen, running: Some((id, Arc::new(reins))) });
        Ok(())
    }

    fn see(&mut self, agent: AgentId, id: TransactionId, seen: PhoneTest) {
        if let Some(kept) = self.0.get_mut(&agent)
            && kept.running.as_ref().is_none_or(|(running, _)| *running == id)
        {
            kept.seen = seen;
        }
    }

    /// Gives the agent's place back.
    fn end(&mut self, agent: AgentId, id: TransactionId) {
        if let Some(kept) = self.0.get_mut(&agent)
            && kept.running.as_ref().is_some_and(|(running, _)| *running == id)
        {
            kept.running = None;
        }
    }
}

impl Switchboard {
    pub(super) fn tests(&self) -> MutexGuard<'_, Tests> {
        // A panic elsewhere cannot leave a map of plain values half-changed.
        self.inner.tests.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where the agent's test call is, or how the last one ended, for an hour.
    #[must_use]
    pub fn phone_test(&self, agent: AgentId) -> Option<PhoneTest> {
        self.tests()
            .0
            .get(&agent)
            .map(|kept| kept.seen)
            .filter(|seen| clock::now().since(seen.at) < SHOWN_FOR)
    }

    /// Rings the agent's own phone and plays a tone to it. Answered as soon as the phone is called.
    ///
    /// # Errors
    /// [`Code::AgentPhoneUnreachable`], [`Code::AgentBusy`] beside a call or another test, [`Code::Overloaded`].
    pub async fn test_phone(&self, tenant: TenantId, agent: &Agent) -> Result<(), Refusal> {
        if *self.inner.taking.borrow() == Taking::NoCalls {
            let text = "Ringbridge is being restarted; try again in a moment.";
            return Err(Refusal::new(Code::Overloaded, text));
        }
        admission::refuse_unreachable(self.inner.telephony.reachability(agent))?;
        let Some(phone) = self.inner.telephony.locate(agent) else {
            let text = "Your phone cannot be reached; check that it is registered.";
            return Err(Refusal::new(Code::AgentPhoneUnreachable, text));
        };
        let id = number();
        let (reins, wanted) = watch::channel(Wanted::GoOn);
        let (board, agent) = (self.clone(), agent.id);
        let begun = self.inner.store.write(move |tx| board.begin_test(tx, tenant, agent, id, reins)).await;
        match begun {
            Ok(Ok(())) => {
                Ringing::new(self.clone(), (tenant, agent), id, wanted).start(phone);
                Ok(())
            }
            Ok(Err(refusal)) => Err(refusal),
            Err(error) => {
                self.tests().end(agent, id);
                Err(unavailable(&error))
            }
        }
    }

    fn begin_test(
        &self,
        tx: &mut Tx<'_>,
        tenant: TenantId,
        agent: AgentId,
        id: TransactionId,
        reins: watch::Sender<Wanted>,
    ) -> Result<Result<(), Refusal>, StoreError> {
        if transaction::live_of_agent(tx, agent)?.is_some() {
            let text = "You are in a call; test your phone when it is over.";
            return Ok(Err(Refusal::new(Code::AgentBusy, text)));
        }
        let now = clock::now();
        if let Err(refusal) = self.tests().begin(agent, id, reins, now) {
            return Ok(Err(refusal));
        }
        journal::append(tx, &entry(tenant, agent, Course::Calling, now))?;
        Ok(Ok(()))
    }

    /// Ends an agent's test call: their phone is wanted for a call.
    pub(super) async fn end_phone_test(&self, agent: AgentId) {
        let running = self.tests().0.get(&agent).and_then(|kept| kept.running.clone());
        let Some((id, reins)) = running else { return };
        reins.send_replace(Wanted::End);
        if tokio::time::timeout(MAKES_WAY_WITHIN, reins.closed()).await.is_err() {
            tracing::warn!(%agent, "a phone does not let go of a test call; it is called all the same");
        }
        self.tests().end(agent, id);
    }

    /// Ends all test calls: the server is ending.
    pub(super) async fn end_phone_tests(&self) {
        let running: Vec<_> = self.tests().0.values().filter_map(|kept| kept.running.clone()).collect();
        for (_, reins) in &running {
            reins.send_replace(Wanted::End);
        }
        let all = async {
            for (_, reins) in &running {
                reins.closed().await;
            }
        };
        if tokio::time::timeout(MAKES_WAY_WITHIN, all).await.is_err() {
            tracing::warn!("phones do not let go of test calls; they are left");
        }
    }

    /// Notes where a test is, for who asks and for the consoles that are told.
    async fn note_test(&self, tenant: TenantId, agent: AgentId, id: TransactionId, course: Course) {
        let now = clock::now();
        self.tests().see(agent, id, PhoneTest { course, at: now });
        let entry = entry(tenant, agent, course, now);
        let written = self.inner.store.write(move |tx| journal::append(tx, &entry).map(|_| ())).await;
        if let Err(error) = written {
            tracing::warn!(%error, "consoles are not told of a test call's course");
        }
    }
}

fn entry(tenant: TenantId, agent: AgentId, course: Course, now: Timestamp) -> NewEntry {
    NewEntry {
        tenant: Some(tenant),
        agent: Some(agent),
        transaction: None,
        at: now,
        kind: "agent.phone_test",
        body: json!({ "state": course.state(), "text": course.text() }),
    }
}

/// A number of its own: chance, so that what belongs to a test of the last run reaches none of this one.
fn number() -> TransactionId {
    TransactionId(FIRST_NUMBER | (i64::from_ne_bytes(chance::bytes()) & (FIRST_NUMBER - 1)))
}
