//! Trunks: where calls to the telephone network go, and whether anybody is there.
//!
//! Promises: each trunk is asked OPTIONS at its interval (30 s unless configured); any answer at all means up, silence or a
//! transport failure means down; the state can be seen at any time. A trunk that is down is still called: the answer to
//! OPTIONS is a hint, not a permission. Leaves to others: credentials in calls (the switchboard
//! hands them to the bridge), what doctor and console show.

use super::port::EngineHandle;
use crate::chance;
use crate::clock;
use crate::config;
use ringbridge_core::time::Timestamp;
use ringbridge_sip::header::{CallId, HeaderName, Headers, NameAddr, Via};
use ringbridge_sip::ids::IdSource;
use ringbridge_sip::message::{MAX_FORWARDS, Request};
use ringbridge_sip::method::Method;
use ringbridge_sip::status::Status;
use ringbridge_sip::text::HeaderValue;
use ringbridge_sip::transaction::Outgoing;
use ringbridge_sip::transport::Destination;
use ringbridge_sip::uri::{SipUri, Uri};
use std::collections::HashSet;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

/// How long an OPTIONS can be on its way: its transaction ends after 32 s, unless the engine was too busy to begin it.
const ONE_QUESTION: Duration = Duration::from_secs(33);

/// Whether a trunk answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrunkState {
    /// Not asked, or not answered yet.
    Unknown,
    /// It answered with this code.
    Up {
        /// The code.
        code: u16,
        /// When.
        at: Timestamp,
    },
    /// It did not answer.
    Down {
        /// Since when.
        since: Timestamp,
    },
}

/// One trunk.
struct Trunk {
    name: String,
    uri: SipUri,
    every: Duration,
    state: Mutex<TrunkState>,
    /// The Call-ID of the OPTIONS that is on its way, and since when.
    asked: Mutex<Option<(CallId, Timestamp)>>,
}

/// All trunks.
pub(super) struct Trunks {
    trunks: Vec<Trunk>,
    /// The addresses their hosts had when they were last asked.
    addresses: RwLock<HashSet<IpAddr>>,
}

impl Trunks {
    /// The trunks of the configuration.
    ///
    /// # Errors
    /// The name of a trunk whose URI cannot be read.
    pub(super) fn new(configured: &[config::Trunk]) -> Result<Self, String> {
        let mut trunks = Vec::new();
        for trunk in configured {
            let uri: SipUri = trunk.uri.parse().map_err(|_| trunk.name.clone())?;
            let every = Duration::from_secs(u64::from(trunk.keep_alive_seconds));
            trunks.push(Trunk {
                name: trunk.name.clone(),
                uri,
                every,
                state: Mutex::new(TrunkState::Unknown),
                asked: Mutex::new(None),
            });
        }
        let literals = trunks.iter().filter_map(|trunk| trunk.uri.host.address()).collect();
        Ok(Self { trunks, addresses: RwLock::new(literals) })
    }

    /// Where the trunk of this name is.
    #[must_use]
    pub(super) fn destination(&self, name: &str) -> Option<Destination> {
        let trunk = self.trunks.iter().find(|trunk| trunk.name == name)?;
        Some(Destination::new(trunk.uri.clone()))
    }

    /// All trunks and whether they answer.
    #[must_use]
    pub(super) fn states(&self) -> Vec<(String, TrunkState)> {
        self.trunks.iter().map(|trunk| (trunk.name.clone(), *lock(&trunk.state))).collect()
    }

    /// Whether this is the address of a trunk.
    pub(super) fn has_address(&self, ip: IpAddr) -> bool {
        self.addresses.read().unwrap_or_else(PoisonError::into_inner).contains(&ip)
    }

    /// An OPTIONS was answered.
    pub(super) fn answered(&self, call_id: &CallId, status: Status) {
        let Some(trunk) = self.asked_by(call_id) else { return };
        let mut state = lock(&trunk.state);
        if !matches!(*state, TrunkState::Up { .. }) {
            tracing::info!(trunk = trunk.name, code = status.code(), "the trunk answers");
        }
        *state = TrunkState::Up { code: status.code(), at: clock::now() };
    }

    /// An OPTIONS was not answered.
    pub(super) fn failed(&self, call_id: &CallId) {
        let Some(trunk) = self.asked_by(call_id) else { return };
        let mut state = lock(&trunk.state);
        if !matches!(*state, TrunkState::Down { .. }) {
            tracing::warn!(trunk = trunk.name, "the trunk does not answer");
            *state = TrunkState::Down { since: clock::now() };
        }
    }

    fn asked_by(&self, call_id: &CallId) -> Option<&Trunk> {
        let trunk = self
            .trunks
            .iter()
            .find(|trunk| lock(&trunk.asked).as_ref().is_some_and(|(asked, _)| asked == call_id))?;
        *lock(&trunk.asked) = None;
        Some(trunk)
    }

    /// Asks all trunks at their intervals for as long as the server runs.
    pub(super) fn keep_asking(self: &Arc<Self>, engine: &EngineHandle) {
        for place in 0..self.trunks.len() {
            tokio::spawn(ask(self.clone(), place, engine.clone()));
        }
    }

    /// Remembers what a trunk's host name stands for now, so that requests of the trunk are known as its own.
    async fn look_up(&self, trunk: &Trunk) {
        let uri = &trunk.uri;
        if uri.host.address().is_some() {
            return;
        }
        let Ok(found) = tokio::net::lookup_host((uri.host.to_string(), uri.port.unwrap_or(5060))).await
        else {
            return;
        };
        let mut addresses = self.addresses.write().unwrap_or_else(PoisonError::into_inner);
        // A host name that stands for something new every time must not grow this for ever.
        if addresses.len() < 1024 {
            addresses.extend(found.map(|address| address.ip()));
        }
    }
}

async fn ask(trunks: Arc<Trunks>, place: usize, engine: EngineHandle) {
    let Some(trunk) = trunks.trunks.get(place) else { return };
    if trunk.every.is_zero() {
        trunks.look_up(trunk).await;
        return;
    }
    let mut ids = IdSource::new(u64::from_ne_bytes(chance::bytes()));
    let mut ticks = tokio::time::interval(trunk.every);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        trunks.look_up(trunk).await;
        // One question at a time: a trunk that is asked every second is not asked again while it is silent.
        let now = clock::now();
        if lock(&trunk.asked).as_ref().is_some_and(|(_, since)| now.since(*since) < ONE_QUESTION) {
            continue;
        }
        let Some(request) = options(&trunk.uri, &engine, &mut ids) else { return };
        *lock(&trunk.asked) = Some((request.call_id.clone(), now));
        engine.send(vec![Outgoing::Request { request, to: Destination::new(trunk.uri.clone()) }]);
    }
}

fn options(trunk: &SipUri, engine: &EngineHandle, ids: &mut IdSource) -> Option<Request> {
    let local = engine.local_for(&Destination::new(trunk.clone()));
    let us = SipUri::new(Some("ringbridge"), local.host.clone(), Some(local.port));
    let mut headers = Headers::new();
    headers.push(HeaderName::Accept, HeaderValue::constant("application/sdp"));
    Some(Request {
        method: Method::Options,
        uri: Uri::Sip(trunk.clone()),
        via: Via::new(local.transport, local.host.clone(), local.port, ids.branch()),
        more_via: Vec::new(),
        max_forwards: Some(MAX_FORWARDS),
        from: NameAddr::new(us).with_tag(ids.tag()),
        to: NameAddr::new(trunk.clone()),
        call_id: ids.call_id("trunk", &local.host).ok()?,
        cseq: 1,
        headers,
        body: Vec::new(),
    })
}

fn lock<T>(place: &Mutex<T>) -> MutexGuard<'_, T> {
    place.lock().unwrap_or_else(PoisonError::into_inner)
}
