//! The registrar: agents' phones say where they are (RFC 3261 10.3).
//!
//! Promises: digest with `qop=auth` and nonces that cannot be played again; the same 401 for known and unknown names; a
//! binding is in the store before its phone is told so; 60 to 3600 seconds; several phones under one name; nothing is kept
//! of requests that are not genuine. Leaves to others: the passwords (`directory`), and ringing.

use super::bindings::{Binding, Bindings};
use super::engine::Event;
use super::failures::Failures;
use super::told::{self, PhoneIs, Told};
use crate::chance;
use crate::clock;
use crate::directory::Directory;
use crate::store::journal::{self, NewEntry};
use crate::store::registration::{self, Registration};
use crate::store::{Store, StoreError};
use ringbridge_core::time::Timestamp;
use ringbridge_sip::digest::{Judgement, NonceKeeper, Stale};
use ringbridge_sip::header::{Algorithm, Contacts, HeaderName, NameAddr, Rport};
use ringbridge_sip::message::{Request, Response};
use ringbridge_sip::status::Status;
use ringbridge_sip::text::{HeaderValue, SipToken};
use ringbridge_sip::time::Millis;
use ringbridge_sip::transaction::{Hop, ServerKey};
use ringbridge_sip::transport::{Flow, Transport};
use ringbridge_sip::uri::SipUri;
use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;

/// The shortest registration: shorter ones are answered 423 (RFC 3261 10.3, step 7).
const MIN_EXPIRES: u32 = 60;
/// The longest registration, and the one for phones that ask for none.
const MAX_EXPIRES: u32 = 3600;
/// The most phones under one name; the oldest gives way.
const MAX_PHONES: usize = 10;
/// How long answers are kept for repetitions of their request (timer J of RFC 3261).
const ANSWERS_KEPT: Duration = Duration::from_secs(32);
/// The most answers kept.
const MAX_ANSWERS: usize = 10_000;
/// How often is looked for phones that did not register again: a console learns of it this late at most.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// How often what has expired is swept out of the database.
const SWEEP_EVERY: Duration = Duration::from_secs(300);

/// A REGISTER at the door, its top Via stamped.
pub(super) struct Knock {
    pub(super) request: Request,
    pub(super) flow: Flow,
}

/// The registrar's state.
pub(super) struct Registrar {
    realm: String,
    store: Store,
    directory: Arc<Directory>,
    bindings: Arc<Bindings>,
    nonces: NonceKeeper,
    failures: Failures,
    /// The password that stands for those of unknown names, so that both take the same time.
    decoy: String,
    /// Whom consoles were told of.
    told: Told,
    answers: HashMap<ServerKey, Response>,
    answers_by_age: VecDeque<(Timestamp, ServerKey)>,
}

/// What a genuine REGISTER wants changed.
#[derive(Debug, PartialEq, Eq)]
enum Change {
    /// Nothing: it asks what there is.
    Ask,
    /// All bindings of the name go.
    RemoveAll,
    /// These come, or go where their time is 0.
    Set(Vec<(SipUri, u32)>),
}

impl Registrar {
    /// A registrar with the bindings that were stored before.
    ///
    /// # Errors
    /// The store cannot be read.
    pub(super) async fn open(
        realm: &str,
        store: Store,
        directory: Arc<Directory>,
        bindings: Arc<Bindings>,
    ) -> Result<Self, StoreError> {
        let now = clock::now();
        let stored = store.read(move |tx| registration::all(tx, now)).await?;
        bindings.restore(stored.into_iter().filter_map(restored));
        let decoy = format!("{:032x}", u128::from_ne_bytes(chance::bytes()));
        Ok(Self {
            realm: realm.to_owned(),
            store,
            directory,
            bindings,
            nonces: NonceKeeper::new(chance::bytes()),
            failures: Failures::default(),
            decoy,
            told: Told::default(),
            answers: HashMap::new(),
            answers_by_age: VecDeque::new(),
        })
    }

    /// Answers until the engine is gone.
    pub(super) async fn run(mut self, mut knocks: mpsc::Receiver<Knock>, events: mpsc::Sender<Event>) {
        let mut look = tokio::time::interval(LOOK_EVERY);
        let mut sweep = tokio::time::interval(SWEEP_EVERY);
        loop {
            let knock = tokio::select! {
                knock = knocks.recv() => knock,
                _ = look.tick() => {
                    self.look().await;
                    continue;
                }
                _ = sweep.tick() => {
                    self.sweep().await;
                    continue;
                }
            };
            let Some(Knock { request, flow }) = knock else { return };
            let to = Hop::back(&request, flow);
            let Some(response) = self.answer(&request, flow, clock::now()).await else { continue };
            tracing::debug!(call_id = %request.call_id, code = response.status.code(), "REGISTER answered");
            if events.send(Event::Answer { response, to }).await.is_err() {
                return;
            }
        }
    }

    /// Forgets what has expired, and tells the consoles of phones that are nowhere any more.
    pub(super) async fn look(&mut self) {
        let now = clock::now();
        let gone = self.bindings.sweep(now);
        let news: Vec<NewEntry> =
            gone.iter().filter_map(|aor| self.news(aor, PhoneIs::Nowhere, now)).collect();
        if news.is_empty() {
            return;
        }
        let written = self.store.write(move |tx| {
            registration::remove_expired(tx, now)?;
            news.iter().try_for_each(|entry| journal::append(tx, entry).map(|_| ()))
        });
        if let Err(error) = written.await {
            tracing::warn!(%error, "consoles are not told that phones are not registered any more");
        }
    }

    async fn sweep(&mut self) {
        let now = clock::now();
        if let Err(error) = self.store.write(move |tx| registration::remove_expired(tx, now)).await {
            tracing::warn!(%error, "expired registrations stay in the database for now");
        }
    }

    /// What its agent's console is told when a phone has become reachable or is so no more.
    fn news(&mut self, aor: &str, is: PhoneIs, now: Timestamp) -> Option<NewEntry> {
        let phone = self.directory.phone(aor)?;
        self.told.may_tell(aor, now).then(|| told::entry(&phone, aor, is, now))
    }

    /// The answer to a REGISTER; `None`: silence.
    async fn answer(&mut self, request: &Request, flow: Flow, now: Timestamp) -> Option<Response> {
        let key = ServerKey::of(request);
        self.forget_answers(now);
        if let Some(known) = self.answers.get(&key) {
            return Some(known.clone());
        }
        let aor = match self.admit(request, flow, now).await {
            Admission::Genuine(aor) => aor,
            Admission::Refused(response) => return Some(response),
            Admission::Silenced => return None,
        };
        let response = self.apply(&aor, request, flow, now).await;
        if self.answers.len() < MAX_ANSWERS {
            self.answers.insert(key.clone(), response.clone());
            self.answers_by_age.push_back((now, key));
        }
        Some(response)
    }

    fn forget_answers(&mut self, now: Timestamp) {
        while let Some((since, _)) = self.answers_by_age.front()
            && now.since(*since) >= ANSWERS_KEPT
            && let Some((_, key)) = self.answers_by_age.pop_front()
        {
            self.answers.remove(&key);
        }
    }

    /// Finds out who it is.
    async fn admit(&mut self, request: &Request, flow: Flow, now: Timestamp) -> Admission {
        let source = flow.remote.ip();
        let credentials = request.headers.credentials(&HeaderName::Authorization);
        let Some(credentials) = credentials.into_iter().find(|credentials| credentials.realm == self.realm)
        else {
            return Admission::Refused(self.challenge(request, Stale::No, now));
        };
        let name = credentials.username.clone();
        if self.failures.are_enough(source, &name, now) {
            return Admission::Silenced;
        }
        if let Err(error) = self.directory.refresh().await {
            tracing::warn!(%error, "the tenants cannot be read again; phones are judged by what was known");
        }
        let phone = self.directory.phone(&name);
        let password = phone.as_ref().map_or(self.decoy.as_str(), |phone| phone.password.expose());
        let millis = Millis(u64::try_from(now.as_millis()).unwrap_or(0));
        let judged = self.nonces.judge(&credentials, &self.realm, &request.method, password, millis);
        match judged {
            Judgement::Right if phone.is_some() => {}
            Judgement::Stale if phone.is_some() => {
                return Admission::Refused(self.challenge(request, Stale::Yes, now));
            }
            Judgement::Right | Judgement::Stale | Judgement::Wrong => {
                self.failures.count(source, &name, now);
                tracing::info!(call_id = %request.call_id, "a REGISTER with wrong credentials");
                return Admission::Refused(self.challenge(request, Stale::No, now));
            }
        }
        // A phone may register itself and nobody else. It knows its password, so that this tells it nothing new.
        let asked = request.to.uri.as_sip().and_then(SipUri::user_text);
        if asked.as_deref() == Some(name.as_str()) {
            Admission::Genuine(name)
        } else {
            Admission::Refused(request.answer_without_state(Status::FORBIDDEN))
        }
    }

    /// A 401. MD5 alone: phones in wide use give up when they see another algorithm, even beside MD5. SHA-256 is taken from
    /// those who use it with the same nonce.
    fn challenge(&mut self, request: &Request, stale: Stale, now: Timestamp) -> Response {
        let millis = Millis(u64::try_from(now.as_millis()).unwrap_or(0));
        let challenge = self.nonces.challenge(&self.realm, Algorithm::Md5, stale, millis);
        let mut response = request.answer_without_state(Status::UNAUTHORIZED);
        match HeaderValue::new(challenge.to_string()) {
            Ok(value) => response.headers.push(HeaderName::WwwAuthenticate, value),
            Err(error) => tracing::error!(%error, "the realm cannot stand in a header"),
        }
        response
    }

    /// Does what a genuine REGISTER wants, first in the store.
    async fn apply(&mut self, aor: &str, request: &Request, flow: Flow, now: Timestamp) -> Response {
        let change = match wanted(request) {
            Ok(change) => change,
            Err(refusal) => return *refusal,
        };
        let old = self.bindings.of(aor, now);
        let overtaken = old
            .iter()
            .any(|binding| binding.call_id == request.call_id.as_str() && binding.cseq >= request.cseq);
        if overtaken && change != Change::Ask {
            // An older request that came late must not undo a newer one (RFC 3261 10.3, step 7).
            return request.answer_without_state(Status::SERVER_ERROR);
        }
        let new = match &change {
            Change::Ask => old.clone(),
            Change::RemoveAll => Vec::new(),
            Change::Set(contacts) => changed(&old, contacts, request, flow, now),
        };
        if change != Change::Ask {
            let (name, rows) =
                (aor.to_owned(), new.iter().filter_map(|binding| row(aor, binding)).collect::<Vec<_>>());
            let news = PhoneIs::after(&old, &new).and_then(|is| self.news(aor, is, now));
            let written = self.store.write(move |tx| {
                registration::remove_aor(tx, &name)?;
                rows.iter().try_for_each(|row| registration::put(tx, row))?;
                news.map_or(Ok(()), |entry| journal::append(tx, &entry).map(|_| ()))
            });
            if let Err(error) = written.await {
                tracing::error!(%error, "a registration could not be stored");
                let mut response = request.answer_without_state(Status::SERVICE_UNAVAILABLE);
                response.headers.push(HeaderName::RetryAfter, HeaderValue::constant("10"));
                return response;
            }
            self.bindings.put(aor, new.clone());
        }
        accepted(request, &new, now)
    }
}

/// Whose REGISTER it is.
#[allow(clippy::large_enum_variant, reason = "short-lived")]
enum Admission {
    /// It is genuine; the name it registers.
    Genuine(String),
    /// It is answered so.
    Refused(Response),
    /// It is not answered.
    Silenced,
}

/// What a REGISTER wants, or the response that refuses it.
fn wanted(request: &Request) -> Result<Change, Box<Response>> {
    let refuse = |status| Box::new(request.answer_without_state(status));
    if let Some(required) = request.headers.get(&HeaderName::Require) {
        let mut response = refuse(Status::BAD_EXTENSION);
        response.headers.push(HeaderName::Unsupported, HeaderValue::new(required).unwrap_or_default());
        return Err(response);
    }
    let general = request.headers.number(&HeaderName::Expires);
    let contacts = match request.headers.contacts() {
        Ok(Contacts::Star) if general == Some(0) => return Ok(Change::RemoveAll),
        Ok(Contacts::Star) | Err(_) => return Err(refuse(Status::BAD_REQUEST)),
        Ok(Contacts::List(list)) if list.is_empty() => return Ok(Change::Ask),
        Ok(Contacts::List(list)) => list,
    };
    let mut set = Vec::new();
    for contact in contacts {
        let own = contact.params.get("expires").map(str::parse::<u32>);
        let seconds = match own {
            Some(Ok(seconds)) => seconds,
            // What cannot be read counts as not given (RFC 3261 10.2.1.1).
            Some(Err(_)) | None => general.unwrap_or(MAX_EXPIRES),
        };
        if seconds > 0 && seconds < MIN_EXPIRES {
            let mut response = refuse(Status::INTERVAL_TOO_BRIEF);
            response.headers.push(HeaderName::MinExpires, MIN_EXPIRES.into());
            return Err(response);
        }
        let uri = contact.uri.as_sip().filter(|uri| !uri.has_headers()).cloned();
        set.push((uri.ok_or_else(|| refuse(Status::BAD_REQUEST))?, seconds.min(MAX_EXPIRES)));
    }
    Ok(Change::Set(set))
}

/// The bindings after a change: the contacts named are replaced, the others stay, the oldest give way.
fn changed(
    old: &[Binding],
    contacts: &[(SipUri, u32)],
    request: &Request,
    flow: Flow,
    now: Timestamp,
) -> Vec<Binding> {
    let mut bindings: Vec<Binding> = old
        .iter()
        .filter(|binding| contacts.iter().all(|(uri, _)| *uri != binding.contact))
        .cloned()
        .collect();
    let user_agent = request.headers.get(&HeaderName::UserAgent).unwrap_or("");
    for (contact, seconds) in contacts.iter().filter(|(_, seconds)| *seconds > 0) {
        bindings.push(Binding {
            contact: contact.clone(),
            flow: way_to(contact, request, flow),
            call_id: request.call_id.as_str().to_owned(),
            cseq: request.cseq,
            user_agent: user_agent.chars().take(200).collect(),
            registered_at: now,
            expires_at: now.plus(Duration::from_secs(u64::from(*seconds))),
        });
    }
    bindings.sort_by_key(|binding| std::cmp::Reverse(binding.registered_at));
    bindings.truncate(MAX_PHONES);
    bindings
}

/// How a phone is reached: the way its REGISTER came, which passes a NAT. A phone on UDP that does not ask for `rport` and
/// names its own address is called at the port it names: it may send from another.
fn way_to(contact: &SipUri, request: &Request, flow: Flow) -> Flow {
    let named = contact.host.address().filter(|ip| *ip == flow.remote.ip());
    let symmetric = request.via.rport() != Rport::Absent;
    match (flow.transport, named) {
        (Transport::Udp, Some(ip)) if !symmetric => {
            Flow { remote: SocketAddr::new(ip, contact.port.unwrap_or(5060)), ..flow }
        }
        (Transport::Udp | Transport::Tcp, _) => flow,
    }
}

/// The 200 with all bindings and the seconds they have left.
fn accepted(request: &Request, bindings: &[Binding], now: Timestamp) -> Response {
    let mut response = request.answer_without_state(Status::OK);
    for binding in bindings {
        let left = u32::try_from(binding.expires_at.since(now).as_secs()).unwrap_or(u32::MAX);
        let mut contact = NameAddr::new(binding.contact.clone());
        contact.params.set(SipToken::constant("expires"), Some(left.into()));
        response.headers.push_address(HeaderName::Contact, &contact);
    }
    response
}

fn row(aor: &str, binding: &Binding) -> Option<Registration> {
    Some(Registration {
        aor: aor.to_owned(),
        contact: binding.contact.to_string(),
        flow: serde_json::to_string(&binding.flow).ok()?,
        call_id: binding.call_id.clone(),
        cseq: i64::from(binding.cseq),
        user_agent: binding.user_agent.clone(),
        registered_at: binding.registered_at,
        expires_at: binding.expires_at,
    })
}

/// A stored binding; one that cannot be read is left out: its phone registers again.
fn restored(row: Registration) -> Option<(String, Binding)> {
    let binding = Binding {
        contact: row.contact.parse().ok()?,
        flow: serde_json::from_str(&row.flow).ok()?,
        call_id: row.call_id,
        cseq: u32::try_from(row.cseq).ok()?,
        user_agent: row.user_agent,
        registered_at: row.registered_at,
        expires_at: row.expires_at,
    };
    Some((row.aor, binding))
}
