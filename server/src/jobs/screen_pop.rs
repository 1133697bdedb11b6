//! The screen pop as a step: offered between the record and the callback (semantics 5.4).
//!
//! Promises: offered once for a transaction, in the commit of the step before it, with the event that consoles wait for.
//! Leaves to others: what it opens (`core::screen_pop`), opening it (`web` and the console).

use super::follow_up::{Over, note};
use crate::store::screen_pop::{self, Owner, Turn};
use crate::store::{StoreError, Tx};
use ringbridge_core::screen_pop::{Opens, Pop};
use ringbridge_core::time::Timestamp;

/// Offers the pop of a transaction, unless it was offered before.
pub(super) fn offer(tx: &mut Tx<'_>, over: &Over<'_>, pop: &Pop, now: Timestamp) -> Result<(), StoreError> {
    let owner = Owner { tenant: over.tenant, agent: over.agent, transaction: over.id };
    match screen_pop::offer(tx, owner, pop, now)? {
        Turn::Gone => Ok(()),
        Turn::Had => {
            let kind = match pop.opens {
                Opens::Form { .. } | Opens::Record { .. } => "screen_pop.offered",
                Opens::Nothing { .. } => "screen_pop.nothing",
            };
            note(tx, over, now, kind, pop.shown())
        }
    }
}
