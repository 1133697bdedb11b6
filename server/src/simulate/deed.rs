//! What a simulated telephone does, and what it means to do later.
//!
//! Promises: plain words between a phone and the network. Leaves to others: the phone (`phone`), when things arrive (`network`).

use ringbridge_sip::message::{Request, Response};

/// What wakes a phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wake {
    Ring,
    LastWord,
    /// Its 200 has no ACK yet.
    Repeat {
        /// How long it waited.
        after: i64,
        /// Which INVITE it answers.
        cseq: u32,
        /// How often it repeats yet.
        left: u32,
    },
    /// A request of its own has no answer yet.
    Resend {
        after: i64,
    },
    HangUp,
    Hold,
    Resume,
    /// It stops ringing by itself.
    Tires,
}

/// What a phone wants done.
#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "short-lived")]
pub(super) enum Deed {
    Respond(Response),
    Request(Request),
    Ack(Request),
    WakeIn(i64, Wake),
}
