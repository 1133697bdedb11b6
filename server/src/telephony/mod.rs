//! Telephony: the port through which the switchboard speaks SIP and sends tones.
//!
//! Promises: one engine task owns all SIP transactions; every queue is bounded; what belongs to a call reaches the inbox
//! that call opened, found by the transaction number in front of its Call-IDs. Logs name method, Call-ID and code, never a
//! number or a secret. Leaves to others: what a message means for a call (the `sip` crate's bridge), and storage
//! (`store::registration`).

mod bindings;
mod engine;
mod failures;
mod guard;
mod inbox;
mod names;
mod phones;
mod port;
pub mod probe;
mod registrar;
mod resolve;
mod start;
mod tcp;
#[cfg(test)]
mod tests;
mod told;
mod tone;
mod trunk;
mod udp;
mod wire;

pub use phones::{PhoneContact, PhonePlace, PhoneState};
pub use port::{EngineHandle, ToCall};
pub use start::{Doors, Sockets, StartError};
pub use trunk::TrunkState;

use self::bindings::Bindings;
use self::trunk::Trunks;
use crate::clock;
use crate::config::SipListen;
use ringbridge_core::admission::Reachability;
use ringbridge_core::tenant::{Agent, AutoAnswer, Phone, PhoneAddress};
use ringbridge_sip::transport::Destination;
use ringbridge_sip::uri::SipUri;
use std::ops::Deref;
use std::sync::Arc;

/// All of telephony: the engine's handle, the phones and the trunks. Cheap to clone.
#[derive(Clone)]
pub struct Telephony {
    engine: EngineHandle,
    bindings: Arc<Bindings>,
    trunks: Arc<Trunks>,
    listening: Arc<[SipListen]>,
}

/// A phone that can be rung.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PhoneTarget {
    /// Whom the INVITE is for.
    pub request_uri: SipUri,
    /// Where it goes.
    pub destination: Destination,
    /// The header that makes the phone answer by itself (2.1).
    pub auto_answer: AutoAnswer,
}

/// The engine's handle is what is used most; it is at hand without a name.
impl Deref for Telephony {
    type Target = EngineHandle;
    fn deref(&self) -> &EngineHandle {
        &self.engine
    }
}

impl Telephony {
    /// Where a phone of the agent can be rung now: the first of its phones, in their order, that has an address. Of several
    /// phones registered under one name it is the one that registered last.
    #[must_use]
    pub fn locate(&self, agent: &Agent) -> Option<PhoneTarget> {
        agent.phones.iter().find_map(|phone| self.locate_phone(phone))
    }

    /// Whether a phone of the agent can be rung, as admission asks (1.11).
    #[must_use]
    pub fn reachability(&self, agent: &Agent) -> Reachability {
        if agent.phones.is_empty() {
            Reachability::NoPhone
        } else if self.locate(agent).is_some() {
            Reachability::Reachable
        } else {
            Reachability::NotRegistered
        }
    }

    fn locate_phone(&self, phone: &Phone) -> Option<PhoneTarget> {
        let auto_answer = phone.auto_answer;
        match &phone.address {
            PhoneAddress::Fixed(uri) => {
                let request_uri: SipUri = uri.parse().ok()?;
                Some(PhoneTarget {
                    destination: Destination::new(request_uri.clone()),
                    request_uri,
                    auto_answer,
                })
            }
            PhoneAddress::Registers { username, .. } => {
                let binding = self.bindings.of(username, clock::now()).into_iter().next()?;
                let destination = Destination { uri: binding.contact.clone(), flow: Some(binding.flow) };
                Some(PhoneTarget { request_uri: binding.contact, destination, auto_answer })
            }
        }
    }

    /// Where the trunk of this name is.
    #[must_use]
    pub fn trunk(&self, name: &str) -> Option<Destination> {
        self.trunks.destination(name)
    }

    /// All trunks and whether they answer.
    #[must_use]
    pub fn trunk_states(&self) -> Vec<(String, TrunkState)> {
        self.trunks.states()
    }

    /// Where SIP is really listened to: a configured port 0 has become one that was free.
    #[must_use]
    pub fn listening(&self) -> &[SipListen] {
        &self.listening
    }
}
