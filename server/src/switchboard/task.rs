//! The task of one call: takes what happens, one thing after the other, commits what it means, and then acts.
//!
//! Promises: nothing is sent that was not committed; while the database is away the call stands still and what happens
//! waits in bounded queues. Leaves to others: what a happening means (`session`), what is written (`record`).

use super::ladder::Ladder;
use super::person::{Actor, WrapUpForm, unavailable};
use super::record::{self, Identity, Page};
use super::session::{Completion, Happening, Session, Step};
use super::{Inner, Switchboard};
use crate::clock;
use crate::store::StoreError;
use crate::store::transaction::Version;
use crate::telephony::ToCall;
use ringbridge_core::call::{Call, Finish, Initiator, Input};
use ringbridge_core::id::TenantId;
use ringbridge_core::placement::Placement;
use ringbridge_core::refusal::{Code, Refusal};
use ringbridge_sip::bridge;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tracing::{error, warn};

/// What waits for a call from the network. A call gets some ten messages in all; a peer that floods one loses them, and
/// SIP repeats what matters.
pub(super) const INBOX: usize = 64;

/// What waits for a call from people. Nobody clicks faster than calls are worked off.
const ASKS: usize = 16;

/// The longest wait between tries to commit while the database is away.
const COMMIT_WAIT_MAX: Duration = Duration::from_secs(5);

/// What a person asks of a call.
pub(super) struct Ask {
    /// The tenant it is asked in: another tenant's call is not there.
    pub(super) tenant: TenantId,
    pub(super) by: Actor,
    pub(super) what: Wish,
    pub(super) done: oneshot::Sender<Result<(), Refusal>>,
}

pub(super) enum Wish {
    /// End the call, wherever it is.
    End,
    /// Save codes and notes.
    Save(WrapUpForm),
    /// End an open wrap-up as it stands.
    FinishWrapUp,
    /// Give an open wrap-up more time.
    MoreTime,
}

pub(super) type Asks = mpsc::Sender<Ask>;

/// One call and what it needs to go on.
pub(super) struct CallTask {
    pub(super) board: Switchboard,
    pub(super) who: Identity,
    pub(super) placement: Arc<Placement>,
    pub(super) session: Session,
    /// Its SIP messages, for the trace.
    pub(super) ladder: Ladder,
    pub(super) version: Version,
    /// The legs as they were last committed.
    pub(super) bridge_json: String,
}

/// The ends of a call's queues that its task holds.
struct Queues {
    inbox: mpsc::Receiver<ToCall>,
    asks: mpsc::Receiver<Ask>,
}

impl CallTask {
    /// Starts the task; `first` is a step that was committed already and is to be acted on.
    pub(super) fn start(self, first: Step) {
        self.start_with(first, None);
    }

    /// Starts the task, with something that has happened to it already.
    pub(super) fn start_with(self, first: Step, happened: Option<Happening>) {
        let id = self.who.id;
        let (to_call, inbox) = mpsc::channel(INBOX);
        let (to_task, asks) = mpsc::channel(ASKS);
        self.board.inner.telephony.open_inbox(id, to_call);
        self.board.tasks().insert(id, to_task);
        self.act(first);
        tokio::spawn(self.run(Queues { inbox, asks }, happened));
    }

    async fn run(mut self, mut queues: Queues, happened: Option<Happening>) {
        let mut going_on = match happened {
            Some(happening) => self.take(happening).await,
            None => Ok(()),
        };
        while going_on.is_ok() && !self.session.is_over() {
            let deadline = self.session.deadline();
            going_on = tokio::select! {
                Some(message) = queues.inbox.recv() => self.take(Happening::Sip(from_network(message))).await,
                Some(ask) = queues.asks.recv() => self.answer(ask).await,
                () = clock::until(deadline) => self.take(Happening::Time).await,
            };
        }
        if let Err(error) = going_on {
            error!(transaction = %self.who.id, %error, "a call cannot be recorded any more and is left as it is");
        }
        self.board.tasks().remove(&self.who.id);
        self.board.inner.telephony.close_inbox(self.who.id);
        // Who asked in the last moment learns that the call is over.
        queues.asks.close();
        while let Some(ask) = queues.asks.recv().await {
            let _ = ask.done.send(Err(over()));
        }
    }

    async fn answer(&mut self, ask: Ask) -> Result<(), StoreError> {
        let allowed = ask.tenant == self.who.tenant && ask.by.may_touch(self.who.agent);
        let refusal = if allowed { self.refusal(&ask) } else { Some(not_found()) };
        if let Some(refusal) = refusal {
            let _ = ask.done.send(Err(refusal));
            return Ok(());
        }
        let done = match ask.what {
            Wish::End => self.take(Happening::Call(Input::End(ask.by.initiator()))).await,
            Wish::FinishWrapUp => self.take(Happening::Call(Input::Finish)).await,
            Wish::MoreTime => self.take(Happening::Call(Input::MoreTime)).await,
            Wish::Save(form) => self.save(form).await,
        };
        let answer = done.as_ref().copied().map_err(unavailable);
        let _ = ask.done.send(answer);
        done
    }

    /// Why a wish cannot be fulfilled now.
    fn refusal(&self, ask: &Ask) -> Option<Refusal> {
        let call = &self.session.call;
        match &ask.what {
            Wish::End => (!call.is_live()).then(over),
            Wish::FinishWrapUp => None,
            Wish::MoreTime => call.check_more_time(&self.session.terms).err(),
            Wish::Save(form) => {
                let rules = &self.session.terms.wrap_up;
                let next = form.selection(call.selection(), rules);
                next.and_then(|next| call.check_save(rules, &next, form.finish)).err()
            }
        }
    }

    async fn save(&mut self, form: WrapUpForm) -> Result<(), StoreError> {
        let rules = &self.session.terms.wrap_up;
        let Ok(next) = form.selection(self.session.call.selection(), rules) else { return Ok(()) };
        self.take(Happening::Call(Input::Save(next))).await?;
        match form.finish {
            Finish::Now => self.take(Happening::Call(Input::Finish)).await,
            Finish::Later => Ok(()),
        }
    }

    /// Decides, commits, acts.
    async fn take(&mut self, happening: Happening) -> Result<(), StoreError> {
        let now = clock::now();
        let before = self.session.call.clone();
        if let Happening::Sip(input) = &happening {
            self.ladder.heard(input, &self.session.bridge, now);
        }
        let step = self.session.step(happening, now);
        self.ladder.sent(&step.sends, &self.session.bridge, now);
        let bridge = self.session.bridge_json();
        let is_news = !step.events.is_empty()
            || step.completion == Completion::Now
            || before != self.session.call
            || bridge != self.bridge_json;
        if is_news {
            self.bridge_json = bridge;
            self.commit(&before, &step).await?;
            self.ladder.written();
        }
        self.act(step);
        Ok(())
    }

    /// Commits a step, however long the database is away.
    async fn commit(&mut self, before: &Call, step: &Step) -> Result<(), StoreError> {
        let mut wait = Duration::from_millis(20);
        loop {
            match self.try_commit(before, step).await {
                Ok(version) => {
                    self.version = version;
                    return Ok(());
                }
                Err(
                    error @ (StoreError::Stale { .. } | StoreError::Closed | StoreError::Unreadable { .. }),
                ) => {
                    return Err(error);
                }
                Err(
                    error @ (StoreError::Overloaded
                    | StoreError::Database(_)
                    | StoreError::Panicked
                    | StoreError::Conflict { .. }),
                ) => {
                    warn!(transaction = %self.who.id, %error, "a step of a call waits for the database");
                    tokio::time::sleep(wait).await;
                    wait = (wait * 2).min(COMMIT_WAIT_MAX);
                }
            }
        }
    }

    async fn try_commit(&self, before: &Call, step: &Step) -> Result<Version, StoreError> {
        let who = self.who.clone();
        let placement = Arc::clone(&self.placement);
        let call = self.session.call.clone();
        let bridge = self.bridge_json.clone();
        let events = step.events.clone();
        let ladder = self.ladder.clone();
        let completion = step.completion;
        let before = record::engagement(before, who.queue);
        let version = self.version;
        let now = clock::now();
        let write = self.board.inner.store.write(move |tx| {
            record::write(
                tx,
                &Page {
                    who: &who,
                    placement: &placement,
                    call: &call,
                    bridge: &bridge,
                    events: &events,
                    ladder: &ladder,
                    completion,
                    before,
                    version,
                    now,
                },
            )
        });
        write.await
    }

    fn act(&self, step: Step) {
        let Inner { telephony, .. } = &*self.board.inner;
        for tone in step.tones {
            telephony.tone(self.who.id, tone);
        }
        if !step.sends.is_empty() {
            telephony.send(step.sends);
        }
    }
}

pub(super) fn from_network(message: ToCall) -> bridge::Input {
    match message {
        ToCall::Response(response) => bridge::Input::Response(response),
        ToCall::Request { request, key, flow: _ } => bridge::Input::Request { request, key },
        ToCall::Ack(request) => bridge::Input::Ack(request),
        ToCall::Cancelled { invite, call_id: _ } => bridge::Input::Cancelled { invite },
        ToCall::Failed { branch, method, call_id, why } => {
            bridge::Input::TransactionFailed { branch, method, call_id, why }
        }
    }
}

pub(super) fn over() -> Refusal {
    Refusal::new(Code::CallOver, "This call is over.")
}

pub(super) fn not_found() -> Refusal {
    Refusal::new(Code::NotFound, "There is no such call.")
}

impl Actor {
    fn initiator(self) -> Initiator {
        match self {
            Self::Agent(_) => Initiator::Agent,
            Self::Overseer => Initiator::System,
        }
    }
}
