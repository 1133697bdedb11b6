//! Jobs: what a commit asked to be done outside, done after it, at least once.
//!
//! Promises (semantics 5.5, 5.6, REL-4): a job is under lease and its attempt counted before it is tried; what an attempt
//! came to is settled in one commit with its journal entry, and only by whoever still holds the lease; at most
//! 64 attempts run at once, 8 of them for one receiver of a tenant and 4 for one CRM. A restarted
//! node takes its own leases over at once. What comes after a record waits until the record is settled. Leaves to others: what to send (`core::callback`), when to try again
//! (`core::retry`), the network (`outbound`), SQL (`store`).

mod actions;
mod callback;
mod crm;
mod follow_up;
mod record;
mod runner;
mod screen_pop;
mod settle;

pub use actions::{Act, Answer, Deed, Doubt, Edit, act};
pub use crm::{Crm, Found, Step};
pub use follow_up::{Over, complete};
pub use runner::{Runner, Running, TenantLookup};

#[cfg(test)]
mod tests;
