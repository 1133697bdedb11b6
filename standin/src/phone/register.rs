//! Registration of a phone: REGISTER, the answer to the challenge, the refresh before it runs out.
//!
//! Promises: one attempt after another, never two at once; after a failure it tries again in a while. Leaves to others: sending
//! (`line`).

use super::{Registration, RegistrationView};
use ringbridge_sip::{
    digest::{Answering, Login},
    header::{CallId, HeaderName, Headers, NameAddr, Via},
    ids::IdSource,
    message::{MAX_FORWARDS, Request, Response},
    method::Method,
    status::Status,
    text::{HeaderValue, SipToken},
    time::Millis,
    transaction::Outgoing,
    transport::{Destination, Flow, Transport},
    uri::{SipUri, Uri},
};
use std::{io, time::Duration};

/// How long a phone waits after a failure.
const AGAIN: Duration = Duration::from_secs(5);

/// How many challenges in a row are answered: a second one means that the password is wrong, or the nonce too old.
const CHALLENGES: u8 = 2;

/// A registration and where it stands.
#[derive(Debug)]
pub(crate) struct Register {
    account: Registration,
    contact: SipUri,
    call_id: CallId,
    tag: SipToken,
    cseq: u32,
    challenges: u8,
    view: RegistrationView,
    due: Option<Millis>,
}

impl Register {
    /// A registration that is due at once.
    pub(crate) fn new(account: Registration, contact: SipUri, ids: &mut IdSource) -> io::Result<Self> {
        let call_id = ids.call_id("register", &contact.host).map_err(io::Error::other)?;
        Ok(Self {
            account,
            contact,
            call_id,
            tag: ids.tag(),
            cseq: 0,
            challenges: 0,
            view: RegistrationView::Trying,
            due: Some(Millis(0)),
        })
    }

    /// How it stands.
    pub(crate) fn view(&self) -> RegistrationView {
        self.view.clone()
    }

    /// When the next attempt is due.
    pub(crate) const fn deadline(&self) -> Option<Millis> {
        self.due
    }

    /// The next attempt, if it is due.
    pub(crate) fn due(&mut self, now: Millis, ids: &mut IdSource) -> Option<Outgoing> {
        self.due.take_if(|due| *due <= now)?;
        self.challenges = 0;
        Some(self.attempt(None, ids))
    }

    /// Takes a response; the request that answers a challenge.
    pub(crate) fn answered(
        &mut self,
        response: &Response,
        now: Millis,
        ids: &mut IdSource,
    ) -> Option<Outgoing> {
        if response.call_id != self.call_id || response.status.is_provisional() {
            return None;
        }
        if response.status.is_success() {
            self.view = RegistrationView::Registered;
            // Half the time: one attempt may be lost.
            let granted = response.headers.number(&HeaderName::Expires).map(u64::from);
            let lasts = granted.map_or(self.account.expires, Duration::from_secs);
            self.due = Some(now.plus((lasts / 2).max(Duration::from_secs(1))));
            return None;
        }
        let (asks, answers) = if response.status == Status::PROXY_AUTHENTICATION_REQUIRED {
            (HeaderName::ProxyAuthenticate, HeaderName::ProxyAuthorization)
        } else {
            (HeaderName::WwwAuthenticate, HeaderName::Authorization)
        };
        let answering = Answering::strongest(&response.headers.challenges(&asks));
        let Some(mut answering) = answering.filter(|_| self.challenges < CHALLENGES) else {
            self.view = RegistrationView::Failed(format!("{} {}", response.status.code(), response.reason));
            self.due = Some(now.plus(AGAIN));
            return None;
        };
        self.challenges += 1;
        let login = Login::new(&self.account.user, &self.account.password);
        let uri = Uri::Sip(self.registrar());
        let credentials = answering.answer(&login, &Method::Register, &uri, ids);
        Some(self.attempt(Some((answers, HeaderValue::new(credentials.to_string()).ok()?)), ids))
    }

    /// The registrar did not answer.
    pub(crate) fn failed(&mut self, now: Millis) {
        self.view = RegistrationView::Failed("no answer".to_owned());
        self.due = Some(now.plus(AGAIN));
    }

    fn registrar(&self) -> SipUri {
        SipUri::at(None, self.account.registrar)
    }

    fn attempt(&mut self, credentials: Option<(HeaderName, HeaderValue)>, ids: &mut IdSource) -> Outgoing {
        self.cseq += 1;
        let host = self.account.domain.parse().unwrap_or_else(|_| self.account.registrar.ip().into());
        let record = NameAddr::new(SipUri::new(Some(&self.account.user), host, None));
        let mut headers = Headers::new();
        headers.push_address(HeaderName::Contact, &NameAddr::new(self.contact.clone()));
        if let Ok(seconds) = HeaderValue::new(self.account.expires.as_secs().to_string()) {
            headers.push(HeaderName::Expires, seconds);
        }
        if let Some((name, value)) = credentials {
            headers.push(name, value);
        }
        let port = self.contact.port.unwrap_or(5060);
        let request = Request {
            method: Method::Register,
            uri: Uri::Sip(self.registrar()),
            via: Via::new(Transport::Udp, self.contact.host.clone(), port, ids.branch()),
            more_via: Vec::new(),
            max_forwards: Some(MAX_FORWARDS),
            from: record.clone().with_tag(self.tag.clone()),
            to: record,
            call_id: self.call_id.clone(),
            cseq: self.cseq,
            headers,
            body: Vec::new(),
        };
        let flow = Flow { transport: Transport::Udp, remote: self.account.registrar, connection: None };
        Outgoing::Request { request, to: Destination { uri: self.registrar(), flow: Some(flow) } }
    }
}
