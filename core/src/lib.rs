//! What Ringbridge decides, as pure functions and data.
//!
//! Promises: nothing in this crate reads a clock, opens a socket, touches a database, spawns a task or rolls dice; its
//! `Cargo.toml` makes that a compile error. Time, ids and chance are arguments, so that every decision can be replayed.
//!
//! Leaves to others: HTTP status (the server's `web`), SQL (`store`), SIP words (`telephony` and the `sip` crate).

pub mod admission;
pub mod agent;
pub mod call;
pub mod callback;
pub mod check;
pub mod completion;
pub mod country;
pub mod crm;
pub mod dial_plan;
pub mod event;
pub mod id;
pub mod link;
pub mod mask;
pub mod merge_field;
pub mod origin;
pub mod phone;
pub mod phone_test;
pub mod placement;
pub mod redact;
pub mod refusal;
pub mod retry;
pub mod screen_pop;
pub mod system_data;
pub mod tenant;
pub mod time;
pub mod token;
pub mod userdata;
pub mod wrap_up;
