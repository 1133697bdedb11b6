//! What was settled when a click was accepted: written once with the transaction, read ever after.
//!
//! Promises: nothing in it changes, so that a tenant's later settings do not reach into calls that are under way.
//! Leaves to others: what happens to the call (`call`), how the legs are reached (`sip`).

use crate::admission::Admitted;
use crate::call::{Outcome, Terms};
use crate::completion::{Completed, Facts, UserdataForm, complete};
use crate::id::{InteractionGuid, TransactionId};
use crate::link::Link;
use crate::time::{Timestamp, Zone};
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
    /// The agent's log-in.
    pub agent_login: String,
    /// The agent's name.
    pub agent_name: String,
}

impl Placement {
    /// Settles everything that follows from how the call ended (semantics 4 and 5.1).
    #[must_use]
    pub fn complete(
        &self,
        (transaction, guid): (TransactionId, &InteractionGuid),
        outcome: &Outcome,
        selection: &Selection,
        now: Timestamp,
    ) -> Completed {
        // The zone was a tenant's, so it exists; UTC if a later release should not know it any more.
        let zone = Zone::named(&self.zone).or_else(|_| Zone::named("UTC")).expect("UTC is built in");
        let caller_id = &self.admitted.caller_id;
        let facts = Facts { caller_id, transaction, guid, outcome, selection, zone: &zone, now };
        complete(&self.link.userdata, &facts, self.userdata_form)
    }
}
