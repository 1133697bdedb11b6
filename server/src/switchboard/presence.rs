//! What agents are: as they choose it, or as a supervisor forces it.
//!
//! Promises: a choice and its journal entry are one commit; a forced state says who forced it, and always frees an agent
//! from a wrap-up, with or without its required code (semantics 2.6: a stuck state cannot be). A call that is up is left
//! alone: to end it is an act of its own. Leaves to others: who may (`web`), the status that follows (`core::agent`).

use super::Switchboard;
use super::person::{open_transaction, unavailable};
use crate::clock;
use crate::store::journal::{self, NewEntry};
use crate::store::{StoreError, Tx, presence, session, transaction};
use ringbridge_core::agent::{self, Engagement, Presence};
use ringbridge_core::id::{AgentId, TenantId, TransactionId};
use ringbridge_core::refusal::{Code, Refusal};
use ringbridge_core::time::Timestamp;
use serde_json::json;

impl Switchboard {
    /// Notes what an agent chose to be. Logging out ends an open wrap-up, so that its callback is not kept waiting.
    ///
    /// # Errors
    /// [`Code::Overloaded`] when the database does not take it.
    pub async fn set_presence(
        &self,
        tenant: TenantId,
        agent: AgentId,
        chosen: Presence,
    ) -> Result<(), Refusal> {
        let now = clock::now();
        let write = self.inner.store.write(move |tx| {
            note(tx, (tenant, agent), chosen, None, now)?;
            open_transaction(tx, agent)
        });
        let open = write.await.map_err(|error| unavailable(&error))?;
        if let (Presence::LoggedOut, (Engagement::WrappingUp, Some(id))) = (chosen, open) {
            self.finish_wrap_up(tenant, agent, id).await;
        }
        Ok(())
    }

    /// Forces what an agent is, by the name of who does it. Open wrap-ups end as they stand; logging out ends the agent's
    /// sessions too.
    ///
    /// # Errors
    /// [`Code::AgentNotAvailable`] for somebody who has no session and is to be there, [`Code::Overloaded`].
    pub async fn force_presence(
        &self,
        tenant: TenantId,
        agent: AgentId,
        forced: Presence,
        by: String,
    ) -> Result<(), Refusal> {
        let now = clock::now();
        let write = self.inner.store.write(move |tx| {
            match forced {
                Presence::LoggedOut => {
                    session::remove_of_agent(tx, agent)?;
                }
                Presence::Available | Presence::OnBreak | Presence::WorkingOffline => {
                    if session::of_agent(tx, agent, now)?.is_empty() {
                        return Ok(None);
                    }
                }
            }
            note(tx, (tenant, agent), forced, Some(&by), now)?;
            let open = transaction::unfinished_of_agent(tx, agent)?;
            let wrap_ups = open.iter().filter(|stored| !stored.call.is_live());
            Ok(Some(wrap_ups.map(|stored| stored.id).collect::<Vec<TransactionId>>()))
        });
        let Some(wrap_ups) = write.await.map_err(|error| unavailable(&error))? else {
            let text = "They are not logged in; nobody is made available who is not there.";
            return Err(Refusal::new(Code::AgentNotAvailable, text));
        };
        for id in wrap_ups {
            self.finish_wrap_up(tenant, agent, id).await;
        }
        Ok(())
    }
}

/// Writes a presence and tells of it.
fn note(
    tx: &mut Tx<'_>,
    (tenant, agent): (TenantId, AgentId),
    chosen: Presence,
    by: Option<&str>,
    now: Timestamp,
) -> Result<(), StoreError> {
    presence::set(tx, tenant, agent, chosen, now)?;
    let status = agent::status(chosen, open_transaction(tx, agent)?.0);
    let mut body = json!({ "status": status, "presence": chosen });
    if let Some(by) = by {
        body["by"] = by.into();
    }
    let entry = NewEntry {
        tenant: Some(tenant),
        agent: Some(agent),
        transaction: None,
        at: now,
        kind: "agent.status",
        body,
    };
    journal::append(tx, &entry).map(|_| ())
}
