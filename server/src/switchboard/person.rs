//! What people ask of the switchboard: end a call, save a wrap-up, see where they are.
//!
//! Promises: a call that is another's, or another tenant's, is not there; a wish is answered after its commit. Leaves to
//! others: who the person is (`web`), what the wish means (`task`, `core`).

use super::Switchboard;
use super::record;
use super::task::{Ask, Wish, not_found, over};
use crate::store::transaction::Stored;
use crate::store::{StoreError, Tx, presence, transaction};
use ringbridge_core::agent::{self, Engagement, Moments, Presence, Status};
use ringbridge_core::call::Finish;
use ringbridge_core::id::{AgentId, TenantId, TransactionId};
use ringbridge_core::refusal::{Code, Refusal};
use ringbridge_core::time::Timestamp;
use ringbridge_core::wrap_up::{Rules, Selection};
use tokio::sync::oneshot;

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actor {
    /// An agent, about their own calls.
    Agent(AgentId),
    /// A supervisor, an admin or an action token, about any call of the tenant.
    Overseer,
}

impl Actor {
    /// Whether the calls of this agent are there for them.
    #[must_use]
    pub fn may_touch(self, owner: AgentId) -> bool {
        match self {
            Self::Agent(agent) => agent == owner,
            Self::Overseer => true,
        }
    }
}

/// What the agent sends in wrap-up. `None` leaves that part as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrapUpForm {
    /// The picked codes as (list, short code), in the order they were picked.
    pub codes: Option<Vec<(String, String)>>,
    /// The notes.
    pub notes: Option<String>,
    /// Whether wrap-up ends with it.
    pub finish: Finish,
}

impl WrapUpForm {
    pub(super) fn selection(&self, present: &Selection, rules: &Rules) -> Result<Selection, Refusal> {
        present.with(rules, self.codes.as_deref(), self.notes.as_deref())
    }
}

/// Where an agent is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AgentStatus {
    /// What others see.
    pub status: Status,
    /// What they chose.
    pub presence: Presence,
    /// Since when they chose it.
    pub since: Timestamp,
    /// Since when the status is what it is.
    pub status_since: Timestamp,
    /// Their open transaction: the live call, else the one in wrap-up.
    pub call: Option<TransactionId>,
}

impl Switchboard {
    /// Ends a call, wherever it is; the agent cancels it before it is answered.
    ///
    /// # Errors
    /// [`Code::NotFound`], [`Code::CallOver`], [`Code::Overloaded`].
    pub async fn cancel(&self, tenant: TenantId, by: Actor, id: TransactionId) -> Result<(), Refusal> {
        self.ask(tenant, by, id, Wish::End).await
    }

    /// Ends a call that is up. The same as [`Switchboard::cancel`]: the call knows where it is.
    ///
    /// # Errors
    /// As [`Switchboard::cancel`].
    pub async fn hang_up(&self, tenant: TenantId, by: Actor, id: TransactionId) -> Result<(), Refusal> {
        self.ask(tenant, by, id, Wish::End).await
    }

    /// Saves codes and notes, and finishes wrap-up if the form says so.
    ///
    /// # Errors
    /// [`Code::NotFound`], [`Code::CallOver`], [`Code::BadParameter`], [`Code::CodesRequired`], [`Code::AgentBusy`] for
    /// finishing while the call is up, [`Code::Overloaded`].
    pub async fn save_wrap_up(
        &self,
        tenant: TenantId,
        agent: AgentId,
        id: TransactionId,
        form: WrapUpForm,
    ) -> Result<(), Refusal> {
        self.ask(tenant, Actor::Agent(agent), id, Wish::Save(form)).await
    }

    /// Gives an agent's open wrap-up more time.
    ///
    /// # Errors
    /// [`Code::NotFound`], [`Code::CallOver`], [`Code::NoMoreTime`], [`Code::AgentBusy`] while the call is up,
    /// [`Code::Overloaded`].
    pub async fn more_time(
        &self,
        tenant: TenantId,
        agent: AgentId,
        id: TransactionId,
    ) -> Result<(), Refusal> {
        self.ask(tenant, Actor::Agent(agent), id, Wish::MoreTime).await
    }

    /// Ends an agent's open wrap-up as it stands: a new call or a log-out leaves it behind.
    pub(super) async fn finish_wrap_up(&self, tenant: TenantId, agent: AgentId, id: TransactionId) {
        let _ = self.ask(tenant, Actor::Agent(agent), id, Wish::FinishWrapUp).await;
    }

    async fn ask(&self, tenant: TenantId, by: Actor, id: TransactionId, what: Wish) -> Result<(), Refusal> {
        let asks = self.tasks().get(&id).cloned();
        let Some(asks) = asks else { return Err(self.gone(tenant, by, id).await) };
        let (done, answer) = oneshot::channel();
        if asks.send(Ask { tenant, by, what, done }).await.is_err() {
            return Err(self.gone(tenant, by, id).await);
        }
        answer.await.unwrap_or_else(|_| Err(over()))
    }

    /// Why a call has no task: it is over, or there is none for this person.
    async fn gone(&self, tenant: TenantId, by: Actor, id: TransactionId) -> Refusal {
        let view = self.inner.store.read(move |tx| transaction::view(tx, tenant, id)).await;
        match view {
            Ok(Some(view)) if by.may_touch(view.agent) => over(),
            Ok(_) => not_found(),
            Err(error) => unavailable(&error),
        }
    }

    /// Where an agent is, derived from what they chose and from the call that lives (semantics 2.6).
    ///
    /// # Errors
    /// [`Code::Overloaded`] when the database cannot be read.
    pub async fn status(&self, agent: AgentId) -> Result<AgentStatus, Refusal> {
        let read = self.inner.store.read(move |tx| status_of(tx, agent)).await;
        read.map_err(|error| unavailable(&error))
    }
}

/// Where an agent is, for those who read of several agents at once.
///
/// # Errors
/// As the store.
pub fn status_of(tx: &mut Tx<'_>, agent: AgentId) -> Result<AgentStatus, StoreError> {
    let (presence, since) = presence::get(tx, agent)?;
    let open = transaction::unfinished_of_agent(tx, agent)?;
    let first = first_open(&open);
    let engagement = first.map_or(Engagement::Free, |stored| record::engagement(&stored.call, stored.queue));
    let moments = Moments {
        chosen_at: since,
        answered_at: first.and_then(|stored| stored.call.answered_at()),
        ended_at: first.and_then(|stored| stored.call.outcome()).map(|outcome| outcome.hung_up_at),
        freed_at: transaction::freed_at(tx, agent)?,
    };
    Ok(AgentStatus {
        status: agent::status(presence, engagement),
        presence,
        since,
        status_since: agent::since(engagement, moments),
        call: first.map(|stored| stored.id),
    })
}

/// Of an agent's open transactions the one that counts: the live call, else the newest wrap-up.
fn first_open(open: &[Stored]) -> Option<&Stored> {
    open.iter().find(|stored| stored.call.is_live()).or_else(|| open.first())
}

/// What an agent's open transaction means for them.
pub(super) fn open_transaction(
    tx: &mut Tx<'_>,
    agent: AgentId,
) -> Result<(Engagement, Option<TransactionId>), StoreError> {
    let open = transaction::unfinished_of_agent(tx, agent)?;
    Ok(first_open(&open).map_or((Engagement::Free, None), |stored| {
        (record::engagement(&stored.call, stored.queue), Some(stored.id))
    }))
}

/// The refusal for a database that does not answer.
pub(super) fn unavailable(error: &StoreError) -> Refusal {
    tracing::error!(%error, "the database did not answer a person");
    Refusal::new(Code::Overloaded, "Ringbridge cannot do this right now; try again in a moment.")
}
