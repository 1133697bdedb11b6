//! The switchboard: one task a call. It decides by the core, commits to the store, and only then acts.
//!
//! Promises: for now only the names that others call; what it does lands next. Leaves to others: HTTP (`web`), SQL
//! (`store`), SIP messages (`sip`), the wire (`telephony`), jobs (`jobs`).

mod click;
mod person;

pub use click::{Click, ClickSource, Placed, Repeated};
pub use person::{Actor, AgentStatus, WrapUpForm};

/// The switchboard. Cheap to clone.
#[derive(Clone)]
pub struct Switchboard {}
