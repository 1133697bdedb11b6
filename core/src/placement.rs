//! What was settled when a click was accepted: written once with the transaction, read ever after.
//!
//! Promises: nothing in it changes, so that a tenant's later settings do not reach into calls that are under way.
//! Leaves to others: what happens to the call (`call`), how the legs are reached (`sip`).

use crate::admission::Admitted;
use crate::call::{Outcome, Terms};
use crate::completion::{
    ActionResult, AfterCall, AgentFacts, Completed, Facts, FollowUp, UserdataForm, Wish, complete, follow_up,
};
use crate::id::{AgentId, InteractionGuid, TenantId, TransactionId};
use crate::link::Link;
use crate::screen_pop::{self, Pop};
use crate::system_data::Launch;
use crate::time::{Timestamp, Zone};
use crate::token::{self, Values};
use crate::wrap_up::Selection;
use serde::{Deserialize, Serialize};

/// What was settled when a click was accepted.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Placement {
    /// The link as it was read.
    pub link: Link,
    /// What admission made of it.
    pub admitted: Admitted,
    /// Ring times and wrap-up.
    pub terms: Terms,
    /// The tenant's zone, by its IANA name.
    pub zone: String,
    /// What the callback carries.
    pub userdata_form: UserdataForm,
    /// The tenant's integrations; none in what was stored by a version that knew none.
    #[serde(default)]
    pub after_call: AfterCall,
    /// The agent's log-in.
    pub agent_login: String,
    /// The agent's name.
    pub agent_name: String,
}

/// Whose placement it is, and what became of its call.
#[derive(Clone, Copy, Debug)]
pub struct Ended<'a> {
    /// The transaction's number.
    pub transaction: TransactionId,
    /// Its GUID.
    pub guid: &'a InteractionGuid,
    /// The agent.
    pub agent: AgentId,
    /// How the call ended.
    pub outcome: &'a Outcome,
    /// What the agent picked and wrote.
    pub selection: &'a Selection,
    /// The moment of completion.
    pub completed_at: Timestamp,
}

/// What tokens came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filled {
    /// The value of every token.
    pub values: Values,
    /// `ctl_userdata`, pair by pair.
    pub userdata: Vec<(String, String)>,
    /// `extTransactionData`, pair by pair.
    pub ext: Vec<(String, String)>,
}

impl Placement {
    /// Settles what is to be done when wrap-up is over (semantics 4 and 5.1 to 5.3).
    #[must_use]
    pub fn complete(&self, ended: Ended<'_>) -> Completed {
        self.with_facts(ended, |facts| complete(self.wish(), facts, &self.after_call))
    }

    /// Writes out what follows once the action is settled (semantics 5.4, 5.5).
    #[must_use]
    pub fn follow_up(&self, ended: Ended<'_>, result: &ActionResult) -> FollowUp {
        self.with_facts(ended, |facts| follow_up(self.wish(), facts, self.userdata_form, result))
    }

    /// Decides what the screen pop opens, once it is known what follows from the result (semantics 5.4).
    #[must_use]
    pub fn screen_pop(
        &self,
        tenant: TenantId,
        ended: Ended<'_>,
        result: &ActionResult,
        follow_up: &FollowUp,
    ) -> Option<Pop> {
        screen_pop::decide(&screen_pop::Given {
            launch: Launch::of(&self.link.userdata),
            settings: self.after_call.screen_pop.as_ref(),
            form: self.userdata_form,
            result,
            follow_up,
            tenant,
            transaction: ended.transaction,
            guid: ended.guid,
            agent_login: &self.agent_login,
        })
    }

    /// What the tokens stood for, and the user data with them in their places, exactly (semantics 4.3, 4.4).
    #[must_use]
    pub fn filled(&self, ended: Ended<'_>) -> Filled {
        self.with_facts(ended, |facts| {
            let values = facts.values();
            Filled {
                userdata: token::filled_pairs(&self.link.userdata, &values),
                ext: token::filled_pairs(&self.link.ext, &values),
                values,
            }
        })
    }

    fn wish(&self) -> Wish<'_> {
        Wish { userdata: &self.link.userdata, ext: &self.link.ext }
    }

    fn with_facts<T>(&self, ended: Ended<'_>, work: impl FnOnce(&Facts<'_>) -> T) -> T {
        // The zone was a tenant's, so it exists; UTC if a later release should not know it any more.
        let zone = Zone::named(&self.zone).or_else(|_| Zone::named("UTC")).expect("UTC is built in");
        work(&Facts {
            caller_id: &self.admitted.caller_id,
            transaction: ended.transaction,
            guid: ended.guid,
            agent: AgentFacts { id: ended.agent, login: &self.agent_login, name: &self.agent_name },
            number: &self.admitted.number,
            outcome: ended.outcome,
            selection: ended.selection,
            zone: &zone,
            now: ended.completed_at,
        })
    }
}
