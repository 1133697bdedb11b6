//! What people ask of the switchboard: end a call, save a wrap-up, change their presence, see where they are.
//!
//! Promises: a call that is another's, or another tenant's, is not there; a wish is answered after its commit. Leaves to
//! others: who the person is (`web`), what the wish means (`task`, `core`).

use super::Switchboard;
use ringbridge_core::agent::{Presence, Status};
use ringbridge_core::call::Finish;
use ringbridge_core::id::{AgentId, TenantId, TransactionId};
use ringbridge_core::refusal::{Code, Refusal};
use ringbridge_core::time::Timestamp;
use ringbridge_core::wrap_up::{Rules, Selection};

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
    /// Their open transaction: the live call, else the one in wrap-up.
    pub call: Option<TransactionId>,
}

impl Switchboard {
    /// Ends a call, wherever it is; the agent cancels it before it is answered.
    pub async fn cancel(&self, tenant: TenantId, by: Actor, id: TransactionId) -> Result<(), Refusal> {
        let _ = (tenant, by, id);
        Err(Refusal::new(Code::Overloaded, "not built yet"))
    }

    /// Ends a call that is up. The same as [`Switchboard::cancel`]: the call knows where it is.
    pub async fn hang_up(&self, tenant: TenantId, by: Actor, id: TransactionId) -> Result<(), Refusal> {
        self.cancel(tenant, by, id).await
    }

    /// Saves codes and notes, and finishes wrap-up if the form says so.
    pub async fn save_wrap_up(
        &self,
        tenant: TenantId,
        agent: AgentId,
        id: TransactionId,
        form: WrapUpForm,
    ) -> Result<(), Refusal> {
        let _ = (tenant, agent, id, form);
        Err(Refusal::new(Code::Overloaded, "not built yet"))
    }

    /// Notes what an agent chose to be.
    pub async fn set_presence(
        &self,
        tenant: TenantId,
        agent: AgentId,
        chosen: Presence,
    ) -> Result<(), Refusal> {
        let _ = (tenant, agent, chosen);
        Err(Refusal::new(Code::Overloaded, "not built yet"))
    }

    /// Where an agent is, derived from what they chose and from the call that lives (semantics 2.6).
    pub async fn status(&self, agent: AgentId) -> Result<AgentStatus, Refusal> {
        let _ = agent;
        Err(Refusal::new(Code::Overloaded, "not built yet"))
    }
}
