//! The trunk: the customer's INVITE (semantics 2.2).
//!
//! Promises: it is sent only while the agent's phone is up; the caller ID stands in From, and in the header the trunk
//! asks for besides; it offers the agent's own audio. Leaves to others: everything after the INVITE.

use super::{Bridge, FailureCause, Leg, LegEvent, LegFailure, Output, Outputs, Slot, Target};
use crate::bridge::dtmf::Dtmf;
use crate::dialog::Dialog;
use crate::header::{HeaderName, Headers, NameAddr};
use crate::text::QuotedDisplay;
use crate::time::Millis;
use crate::uri::SipUri;
use serde::{Deserialize, Serialize};

/// Who calls, as the customer is to see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The number.
    pub user: String,
    /// The name beside it, where there is one.
    pub display: Option<String>,
    /// Where it stands.
    pub header: CallerHeader,
}

/// Where a trunk looks for the caller ID.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallerHeader {
    /// In From alone.
    From,
    /// Also in P-Asserted-Identity (RFC 3325), for a trunk that trusts us.
    PAssertedIdentity,
    /// Also in P-Preferred-Identity.
    PPreferredIdentity,
}

impl Bridge {
    /// Calls the customer; nothing if they were called or given up before.
    pub(super) fn ring_customer(
        &mut self,
        target: &Target,
        caller: &Caller,
        extension: Option<&str>,
        now: Millis,
        out: &mut Outputs,
    ) {
        if self.customer != Slot::Idle {
            return;
        }
        let agent = self.agent.dialog().filter(|dialog| dialog.is_up());
        let Some(offer) = agent.and_then(Dialog::received).cloned() else {
            // Never the customer before the agent (semantics 2.2), and nothing to offer either.
            self.customer = Slot::Closed;
            let failure = LegFailure::ours(FailureCause::Other, "the agent's phone is not up");
            out.outputs.push(Output::Leg(Leg::Customer, LegEvent::Failed(failure)));
            return;
        };
        let mut from = NameAddr::new(SipUri::new(Some(&caller.user), target.local.host.clone(), None));
        if let Some(display) = &caller.display {
            from = from.with_display(QuotedDisplay::lossy(display));
        }
        let mut headers = Headers::new();
        match caller.header {
            CallerHeader::From => {}
            CallerHeader::PAssertedIdentity => headers.push_address(HeaderName::PAssertedIdentity, &from),
            CallerHeader::PPreferredIdentity => headers.push_address(HeaderName::PPreferredIdentity, &from),
        }
        self.dtmf = Dtmf::of(extension);
        self.call(Leg::Customer, target, from, headers, offer, now, out);
    }
}
