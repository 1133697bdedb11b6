//! Answers to an INVITE that no call knows any more.
//!
//! Promises: a phone that answers a call which is over for us is not left off the hook: its 2xx is acknowledged and its
//! dialog ended, with nothing but the 2xx itself to go by. Leaves to others: finding out that no call knows it.

use super::compose::{Far, Near};
use crate::bridge::ByeReason;
use crate::header::{HeaderName, NameAddr};
use crate::ids::IdSource;
use crate::message::Response;
use crate::method::Method;
use crate::transaction::Outgoing;
use crate::transport::{Flow, Local};
use crate::uri::SipUri;

/// The ACK and the BYE for a 2xx to an INVITE of ours that belongs to no call; nothing for other responses.
#[must_use]
pub fn refuse_stray(
    response: &Response,
    here: &Local,
    flow: Option<Flow>,
    ids: &mut IdSource,
) -> Vec<Outgoing> {
    if response.cseq.method != Method::Invite || !response.status.is_success() {
        return vec![];
    }
    let Some(target) = response.headers.contact_uri().or_else(|| sip_uri(&response.to)) else {
        return vec![];
    };
    let near =
        Near { call_id: response.call_id.clone(), address: response.from.clone(), here: here.clone(), flow };
    let before = Far { address: response.to.clone(), routes: Vec::new(), target };
    let far = Far::of_response(response, &before);
    let (ack, to) = near.request(&far, Method::Ack, response.cseq.number, ids);
    let ack = Outgoing::Ack { request: ack, to };
    let (mut bye, to) = near.request(&far, Method::Bye, response.cseq.number.saturating_add(1), ids);
    bye.headers.push(HeaderName::Reason, ByeReason::Normal.header());
    vec![ack, Outgoing::Request { request: bye, to }]
}

fn sip_uri(address: &NameAddr) -> Option<SipUri> {
    address.uri.as_sip().cloned()
}
