//! Who is listened to: what is done with a request before anything is kept of it.
//!
//! Promises (SEC-35, SEC-37): strangers get silence for everything but REGISTER; trunks and phones get an answer to OPTIONS
//! and a refusal of what this server does not do; requests in our calls pass; nothing here keeps anything. Leaves to
//! others: whether a REGISTER is genuine ([`super::registrar`]).

use super::bindings::Bindings;
use super::inbox::{Inboxes, call_of};
use super::trunk::Trunks;
use crate::directory::{Directory, Snapshot};
use ringbridge_core::tenant::PhoneAddress;
use ringbridge_sip::header::HeaderName;
use ringbridge_sip::message::{Request, Response};
use ringbridge_sip::method::Method;
use ringbridge_sip::status::Status;
use ringbridge_sip::text::HeaderValue;
use ringbridge_sip::transport::Flow;
use ringbridge_sip::uri::SipUri;
use std::collections::HashSet;
use std::net::IpAddr;
use std::sync::Arc;

/// The methods that mean something here.
const ALLOW: &str = "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, NOTIFY, REGISTER";

/// What is done with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Screen {
    /// A transaction is made for it.
    Pass,
    /// The registrar gets it.
    Register,
    /// It is answered, and nothing kept.
    Answer(Status),
    /// Nothing is done.
    Silence,
}

/// Knows who is no stranger.
pub(super) struct Guard {
    trunks: Arc<Trunks>,
    bindings: Arc<Bindings>,
    directory: Arc<Directory>,
    /// The tenants the fixed phones were read from, and the phones' addresses.
    fixed: (Arc<Snapshot>, HashSet<IpAddr>),
}

impl Guard {
    pub(super) fn new(trunks: Arc<Trunks>, bindings: Arc<Bindings>, directory: Arc<Directory>) -> Self {
        let snapshot = directory.snapshot();
        let hosts = fixed_hosts(&snapshot);
        Self { trunks, bindings, directory, fixed: (snapshot, hosts) }
    }

    /// Judges a request that no transaction knows.
    pub(super) fn screen(&mut self, request: &Request, flow: &Flow, inboxes: &Inboxes) -> Screen {
        match &request.method {
            // Without its transaction it means nothing, and must not be answered (RFC 3261 17.1.1.3).
            Method::Ack => return Screen::Silence,
            Method::Register => return Screen::Register,
            Method::Bye
            | Method::Cancel
            | Method::Info
            | Method::Invite
            | Method::Message
            | Method::Notify
            | Method::Options
            | Method::Prack
            | Method::Publish
            | Method::Refer
            | Method::Subscribe
            | Method::Update
            | Method::Other(_) => {}
        }
        if request.to.tag().is_some() && call_of(&request.call_id).is_some() {
            // In one of our calls. Its Call-ID cannot be guessed, so that this is no way in for strangers. Calls from before
            // a restart have their inboxes before the network is heard.
            let is_here = inboxes.has(&request.call_id);
            return if is_here { Screen::Pass } else { Screen::Answer(Status::NO_SUCH_CALL) };
        }
        if !self.knows(flow.remote.ip()) {
            return Screen::Silence;
        }
        match &request.method {
            Method::Options if request.to.tag().is_none() => Screen::Answer(Status::OK),
            Method::Bye
            | Method::Cancel
            | Method::Prack
            | Method::Update
            | Method::Info
            | Method::Options => Screen::Answer(Status::NO_SUCH_CALL),
            // Calls are made here, not taken.
            Method::Invite if request.to.tag().is_none() => Screen::Answer(Status::FORBIDDEN),
            Method::Invite | Method::Notify => Screen::Answer(Status::NO_SUCH_CALL),
            Method::Message | Method::Publish | Method::Refer | Method::Subscribe => {
                Screen::Answer(Status::METHOD_NOT_ALLOWED)
            }
            Method::Other(_) => Screen::Answer(Status::NOT_IMPLEMENTED),
            Method::Ack | Method::Register => Screen::Silence,
        }
    }

    /// Whether somebody at this address is a trunk or a phone. Ports are not looked at: OPTIONS often comes from another.
    pub(super) fn knows(&mut self, ip: IpAddr) -> bool {
        let snapshot = self.directory.snapshot();
        if !Arc::ptr_eq(&snapshot, &self.fixed.0) {
            let hosts = fixed_hosts(&snapshot);
            self.fixed = (snapshot, hosts);
        }
        self.trunks.has_address(ip) || self.bindings.has_source(ip) || self.fixed.1.contains(&ip)
    }
}

/// The response of an element that keeps nothing.
pub(super) fn answer(request: &Request, status: Status) -> Response {
    let mut response = request.answer_without_state(status);
    if matches!(status, Status::OK | Status::METHOD_NOT_ALLOWED | Status::NOT_IMPLEMENTED) {
        response.headers.push(HeaderName::Allow, HeaderValue::constant(ALLOW));
    }
    if status == Status::OK {
        response.headers.push(HeaderName::Accept, HeaderValue::constant("application/sdp"));
    }
    response
}

/// The addresses of phones that are named by address.
fn fixed_hosts(snapshot: &Snapshot) -> HashSet<IpAddr> {
    let agents = snapshot.tenants().iter().flat_map(|tenant| &tenant.agents);
    let phones = agents.flat_map(|agent| &agent.phones);
    phones
        .filter_map(|phone| match &phone.address {
            PhoneAddress::Fixed(uri) => uri.parse::<SipUri>().ok()?.host.address(),
            PhoneAddress::Registers { .. } => None,
        })
        .collect()
}
