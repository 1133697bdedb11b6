//! The switchboard: one task a call. It decides by the core, commits to the store, and only then acts.
//!
//! Promises: a click is accepted in one commit that holds the claim on its key, the transaction and the first state of
//! both legs (semantics 1.12); a call's events, its projection and its jobs are one commit; a SIP message leaves only
//! after the commit that makes it true. Every bound says its number.
//!
//! Leaves to others: HTTP (`web`), SQL (`store`), SIP messages (`sip`), the wire (`telephony`), jobs (`jobs`).

pub mod session;
