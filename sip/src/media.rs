//! Words for the tones a leg hears while it waits.
//!
//! Promises: plain data. Leaves to others: the RTP itself (the server's `telephony::tone`).

use serde::{Deserialize, Serialize};
use std::net::SocketAddr;

/// A G.711 codec with its static payload type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Codec {
    /// G.711 µ-law, payload type 0.
    Pcmu,
    /// G.711 A-law, payload type 8.
    Pcma,
}

impl Codec {
    /// Its static payload type (RFC 3551).
    #[must_use]
    pub const fn payload_type(self) -> u8 {
        match self {
            Self::Pcmu => 0,
            Self::Pcma => 8,
        }
    }

    /// Its name in an `rtpmap`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pcmu => "PCMU",
            Self::Pcma => "PCMA",
        }
    }
}

/// What is to be heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ToneKind {
    /// Nothing, but packets: so that the phone sees media and a NAT stays open.
    Silence,
    /// The far end rings.
    Ringback,
    /// The far end is busy or the call failed.
    Busy,
    /// A tone without end, for a test of a phone.
    Test,
}

/// What the tone source is to do for one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ToneCommand {
    /// Send to this address; replaces what was sent before.
    Start {
        /// The phone's media address, from its SDP.
        to: SocketAddr,
        /// What is to be heard.
        kind: ToneKind,
        /// How it is encoded.
        codec: Codec,
    },
    /// Send no more.
    Stop,
}
