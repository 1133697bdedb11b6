//! Who can be rung, and where: agents' phones and trunks.
//!
//! Promises: a phone that is found has a fixed address or a registration that has not expired; phones are looked at in
//! the order of the agent's list. Leaves to others: registering (`registrar`), ringing (`switchboard`).

use super::{EngineHandle, ToCall};
use crate::clock;
use crate::config::Trunk;
use crate::store::registration::{self, Registration};
use crate::store::{Store, StoreError};
use ringbridge_core::id::TransactionId;
use ringbridge_core::tenant::{Agent, AutoAnswer, PhoneAddress};
use ringbridge_sip::media::ToneCommand;
use ringbridge_sip::transaction::Outgoing;
use ringbridge_sip::transport::{Destination, Local};
use ringbridge_sip::uri::SipUri;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::sync::mpsc;

/// A phone that can be rung.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PhoneTarget {
    /// The Request-URI.
    pub request_uri: SipUri,
    /// The next hop.
    pub destination: Destination,
    /// The header that makes it answer by itself.
    pub auto_answer: AutoAnswer,
}

/// A trunk's URI that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("sip.trunk.{name}: \"{uri}\" is no SIP URI; write it as \"sip:host:port\"")]
pub struct BadTrunk {
    /// The trunk.
    pub name: String,
    /// What stands there.
    pub uri: String,
}

/// Telephony as the switchboard sees it. Cheap to clone.
#[derive(Clone)]
pub struct Telephony {
    engine: EngineHandle,
    store: Store,
    trunks: Arc<HashMap<String, Destination>>,
}

impl Telephony {
    /// Puts together the engine, the registrations and the trunks.
    ///
    /// # Errors
    /// The trunk whose URI cannot be read.
    pub fn new(engine: EngineHandle, store: Store, trunks: &[Trunk]) -> Result<Self, BadTrunk> {
        let mut destinations = HashMap::new();
        for trunk in trunks {
            let uri = trunk.uri.parse::<SipUri>();
            let bad = |_| BadTrunk { name: trunk.name.clone(), uri: trunk.uri.clone() };
            destinations.insert(trunk.name.clone(), Destination::new(uri.map_err(bad)?));
        }
        Ok(Self { engine, store, trunks: Arc::new(destinations) })
    }

    /// Where a trunk is.
    #[must_use]
    pub fn trunk(&self, name: &str) -> Option<Destination> {
        self.trunks.get(name).cloned()
    }

    /// The first of an agent's phones that can be rung now. A database that does not answer counts as no registration.
    pub async fn locate(&self, agent: &Agent) -> Option<PhoneTarget> {
        for phone in &agent.phones {
            let found = match &phone.address {
                PhoneAddress::Fixed(uri) => fixed(uri, phone.auto_answer),
                PhoneAddress::Registers { username, .. } => {
                    let bindings = self.bindings(username).await.unwrap_or_default();
                    bindings.iter().find_map(|binding| registered(binding, phone.auto_answer))
                }
            };
            if found.is_some() {
                return found;
            }
        }
        None
    }

    async fn bindings(&self, username: &str) -> Result<Vec<Registration>, StoreError> {
        let aor = username.to_owned();
        let now = clock::now();
        self.store.read(move |tx| registration::of_aor(tx, &aor, now)).await
    }

    /// [`EngineHandle::send`].
    pub fn send(&self, outgoing: Vec<Outgoing>) {
        self.engine.send(outgoing);
    }

    /// [`EngineHandle::tone`].
    pub fn tone(&self, call: TransactionId, command: ToneCommand) {
        self.engine.tone(call, command);
    }

    /// [`EngineHandle::tone_address`].
    #[must_use]
    pub fn tone_address(&self) -> SocketAddr {
        self.engine.tone_address()
    }

    /// [`EngineHandle::local_for`].
    #[must_use]
    pub fn local_for(&self, destination: &Destination) -> Local {
        self.engine.local_for(destination)
    }

    /// [`EngineHandle::open_inbox`].
    pub fn open_inbox(&self, call: TransactionId, inbox: mpsc::Sender<ToCall>) {
        self.engine.open_inbox(call, inbox);
    }

    /// [`EngineHandle::close_inbox`].
    pub fn close_inbox(&self, call: TransactionId) {
        self.engine.close_inbox(call);
    }
}

fn fixed(uri: &str, auto_answer: AutoAnswer) -> Option<PhoneTarget> {
    let uri: SipUri = uri.parse().ok()?;
    Some(PhoneTarget { request_uri: uri.clone(), destination: Destination::new(uri), auto_answer })
}

fn registered(binding: &Registration, auto_answer: AutoAnswer) -> Option<PhoneTarget> {
    let request_uri: SipUri = binding.contact.parse().ok()?;
    let flow = serde_json::from_str(&binding.flow).ok()?;
    let destination = Destination { uri: request_uri.clone(), flow: Some(flow) };
    Some(PhoneTarget { request_uri, destination, auto_answer })
}
