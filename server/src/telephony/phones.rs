//! An agent's phones and where they are, as people are shown them.
//!
//! Promises: what is said here is what a click would find ([`super::Telephony::locate`]), since both read the same
//! bindings; no password. Leaves to others: the form on the wire (`web::phones`).

use super::Telephony;
use crate::clock;
use ringbridge_core::tenant::{Agent, AutoAnswer, Phone, PhoneAddress};
use ringbridge_core::time::Timestamp;
use ringbridge_sip::transport::Transport;

/// A phone of an agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PhoneState {
    /// Where it is.
    pub place: PhonePlace,
    /// The header that makes it answer by itself (semantics 2.1).
    pub auto_answer: AutoAnswer,
}

/// Where a phone is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PhonePlace {
    /// At an address that somebody wrote down.
    Fixed {
        /// Its URI.
        uri: String,
    },
    /// Where it registers from.
    Registers {
        /// The name it registers under.
        name: String,
        /// The phones that are registered under it, the one that is rung first; none: it is not registered.
        contacts: Vec<PhoneContact>,
    },
}

/// A phone that is registered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PhoneContact {
    /// Where its REGISTER came from and where it is rung: `udp:192.0.2.7:5060`.
    pub address: String,
    /// What it says it is.
    pub user_agent: String,
    /// When its registration ends unless it is refreshed.
    pub expires_at: Timestamp,
}

impl Telephony {
    /// The agent's phones in the order in which they are tried.
    #[must_use]
    pub fn phones(&self, agent: &Agent) -> Vec<PhoneState> {
        let now = clock::now();
        agent.phones.iter().map(|phone| self.phone(phone, now)).collect()
    }

    fn phone(&self, phone: &Phone, now: Timestamp) -> PhoneState {
        let place = match &phone.address {
            PhoneAddress::Fixed(uri) => PhonePlace::Fixed { uri: uri.clone() },
            PhoneAddress::Registers { username, .. } => {
                let contacts = self.bindings.of(username, now).into_iter().map(|binding| PhoneContact {
                    address: format!("{}:{}", transport_name(binding.flow.transport), binding.flow.remote),
                    user_agent: binding.user_agent,
                    expires_at: binding.expires_at,
                });
                PhonePlace::Registers { name: username.clone(), contacts: contacts.collect() }
            }
        };
        PhoneState { place, auto_answer: phone.auto_answer }
    }
}

const fn transport_name(transport: Transport) -> &'static str {
    match transport {
        Transport::Udp => "udp",
        Transport::Tcp => "tcp",
    }
}
