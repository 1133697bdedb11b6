//! The requests of a dialog.
//!
//! Promises: From, To, Call-ID, CSeq, Route and Request-URI as RFC 3261 12.2.1.1 wants them, strict routers included; an ACK
//! never has a body. Leaves to others: when to send what.

use crate::header::{CallId, HeaderName, Headers, NameAddr, Via};
use crate::ids::IdSource;
use crate::message::{MAX_FORWARDS, Request, Response};
use crate::method::Method;
use crate::text::HeaderValue;
use crate::transport::{Destination, Flow, Local};
use crate::uri::{SipUri, Uri};
use serde::{Deserialize, Serialize};

/// What we take in a dialog; also the answer to a method we do not take.
pub(crate) const ALLOW: HeaderValue =
    HeaderValue::constant("INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, INFO");

/// The type of a session description.
pub(crate) const SDP_TYPE: HeaderValue = HeaderValue::constant("application/sdp");

/// Our end of a dialog: what stays the same for every fork of its INVITE.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Near {
    /// The call.
    pub(crate) call_id: CallId,
    /// Our From, with our tag.
    pub(crate) address: NameAddr,
    /// What we call ourselves in Via and Contact.
    pub(crate) here: Local,
    /// The way to the far end, where it is known already: kept for the whole dialog, since the Contact of a phone behind a
    /// NAT leads nowhere.
    pub(crate) flow: Option<Flow>,
}

/// The far end of a dialog.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Far {
    /// Its address, with its tag once that is known.
    pub(crate) address: NameAddr,
    /// The route set, the next hop first.
    pub(crate) routes: Vec<NameAddr>,
    /// Where it wants its requests.
    pub(crate) target: SipUri,
}

impl Far {
    /// The far end that a response comes from: Record-Route reversed (RFC 3261 12.1.2), the Contact as target.
    pub(crate) fn of_response(response: &Response, before: &Self) -> Self {
        let mut routes = response.headers.addresses(&HeaderName::RecordRoute).unwrap_or_default();
        routes.reverse();
        let target = response.headers.contact_uri().unwrap_or_else(|| before.target.clone());
        Self { address: response.to.clone(), routes, target }
    }

    /// Its tag.
    pub(crate) fn tag(&self) -> Option<&str> {
        self.address.tag()
    }

    /// Request-URI, Route headers and next hop (RFC 3261 12.2.1.1). A first route without `lr` is a strict router: it
    /// becomes the Request-URI, and the target goes to the end of the Routes.
    fn way(&self) -> (SipUri, Vec<NameAddr>, SipUri) {
        let Some((first, rest)) = self.routes.split_first() else {
            return (self.target.clone(), Vec::new(), self.target.clone());
        };
        let Some(hop) = first.uri.as_sip() else {
            return (self.target.clone(), self.routes.clone(), self.target.clone());
        };
        if hop.is_loose_route() {
            return (self.target.clone(), self.routes.clone(), hop.clone());
        }
        let mut routes = rest.to_vec();
        routes.push(NameAddr::new(self.target.clone()));
        (hop.clone(), routes, hop.clone())
    }
}

impl Near {
    /// Our tag.
    pub(crate) fn tag(&self) -> Option<&str> {
        self.address.tag()
    }

    /// Our Contact.
    pub(crate) fn contact(&self) -> NameAddr {
        let uri = SipUri::new(Some("ringbridge"), self.here.host.clone(), Some(self.here.port));
        NameAddr::new(match self.here.transport {
            crate::transport::Transport::Udp => uri,
            crate::transport::Transport::Tcp => uri.with_param(
                const { crate::text::SipToken::constant("transport") },
                Some(const { crate::text::SipToken::constant("tcp") }),
            ),
        })
    }

    /// A request to the far end, and where it goes. INVITE and UPDATE carry our Contact and what we allow.
    pub(crate) fn request(
        &self,
        far: &Far,
        method: Method,
        cseq: u32,
        ids: &mut IdSource,
    ) -> (Request, Destination) {
        let (uri, routes, hop) = far.way();
        let to = Destination { uri: hop, flow: self.flow };
        let mut headers = Headers::new();
        for route in &routes {
            headers.push_address(HeaderName::Route, route);
        }
        if matches!(method, Method::Invite | Method::Update) {
            headers.push_address(HeaderName::Contact, &self.contact());
            headers.push(HeaderName::Allow, ALLOW);
        }
        let via = Via::new(to.transport(), self.here.host.clone(), self.here.port, ids.branch());
        let request = Request {
            method,
            uri: Uri::Sip(uri),
            via,
            more_via: Vec::new(),
            max_forwards: Some(MAX_FORWARDS),
            from: self.address.clone(),
            to: far.address.clone(),
            call_id: self.call_id.clone(),
            cseq,
            headers,
            body: Vec::new(),
        };
        (request, to)
    }

    /// Where a request that was composed before goes: the way is in its Route and Request-URI.
    pub(crate) fn way_of(&self, request: &Request) -> Option<Destination> {
        let route =
            request.headers.addresses(&HeaderName::Route).ok().and_then(|list| list.into_iter().next());
        let hop = match route {
            Some(route) => route.uri.as_sip().cloned().filter(SipUri::is_loose_route),
            None => None,
        };
        let uri = hop.or_else(|| request.uri.as_sip().cloned())?;
        Some(Destination { uri, flow: self.flow })
    }
}
