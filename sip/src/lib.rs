//! SIP as Ringbridge speaks it, without I/O.
//!
//! Promises: no socket, clock, task or randomness; time and chance are arguments. Nothing a peer sends makes it panic, and
//! no control byte can enter a message (SEC-18). Leaves to others: sockets, resolving and storage (the server's
//! `telephony` and `store`), and what a call means (the `core` crate).
//!
//! From the wire upward: [`stream`] cuts a byte stream into messages, [`parse`] reads one strictly into a [`message`] whose
//! [`header`]s and [`uri`]s have types, [`transaction`] matches requests and responses and repeats what is lost,
//! [`digest`] answers and judges challenges, [`sdp`] reads and edits session descriptions, [`dialog`] keeps one leg of a
//! call, [`bridge`] joins two.

pub mod bridge;
pub mod dialog;
pub mod digest;
pub mod header;
pub mod ids;
pub mod media;
pub mod message;
pub mod method;
pub mod params;
pub mod parse;
mod scan;
pub mod sdp;
pub mod status;
pub mod stream;
pub mod text;
pub mod time;
pub mod transaction;
pub mod transport;
pub mod uri;
