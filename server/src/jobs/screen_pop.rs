//! The screen pop as a step: offered between the record and the callback (semantics 5.4).
//!
//! Promises: offered once for a transaction, in the commit of the step before it, with the event that consoles wait for.
//! Leaves to others: what it opens (`core::screen_pop`), opening it (`web` and the console).

use super::follow_up::{Over, note};
use crate::store::screen_pop::{self, Owner, State, Turn};
use crate::store::{StoreError, Tx};
use ringbridge_core::screen_pop::{Opens, Pop, page};
use ringbridge_core::time::Timestamp;

/// Offers the pop of a transaction, unless it was offered before.
pub(super) fn offer(tx: &mut Tx<'_>, over: &Over<'_>, pop: &Pop, now: Timestamp) -> Result<(), StoreError> {
    let owner = Owner { tenant: over.tenant, agent: over.agent, transaction: over.id };
    match screen_pop::offer(tx, owner, pop, now)? {
        Turn::Gone => Ok(()),
        Turn::Had => {
            let (kind, state) = match pop.opens {
                Opens::Form { .. } | Opens::Record { .. } => ("screen_pop.offered", State::Offered),
                Opens::Nothing { .. } => ("screen_pop.nothing", State::Nothing),
            };
            let mut body = pop.shown();
            body["state"] = state.as_str().into();
            body["page"] = page(over.id).into();
            body["offered_at"] = now.rfc3339().into();
            note(tx, over, now, kind, body)
        }
    }
}
