//! The agent's phone: its INVITE (semantics 2.1).
//!
//! Promises: it shows the number to be dialled, carries the auto-answer header its profile asks for, and offers G.711 at
//! our tone source. Leaves to others: everything after the INVITE.

use super::{Bridge, Leg, LegEvent, LegFailure, Output, Outputs, Rounds, Slot, Target, Told};
use crate::bridge::FailureCause;
use crate::dialog::{Audio, Dialog, Plan, Step};
use crate::header::{CallId, HeaderName, Headers, NameAddr};
use crate::text::{HeaderValue, QuotedDisplay};
use crate::time::Millis;
use crate::uri::SipUri;
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;

/// The header that makes a phone answer by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AutoAnswer {
    /// None.
    None,
    /// `Call-Info: …;answer-after=0`
    CallInfo,
    /// `Alert-Info: …;info=alert-autoanswer`
    AlertInfo,
    /// `Answer-Mode: Auto` (RFC 5373)
    AnswerMode,
}

impl AutoAnswer {
    fn header(self, host: &crate::uri::Host) -> Option<(HeaderName, HeaderValue)> {
        let (name, value) = match self {
            Self::None => return None,
            Self::CallInfo => (HeaderName::CallInfo, format!("<sip:{host}>;answer-after=0")),
            Self::AlertInfo => (HeaderName::AlertInfo, format!("<http://{host}>;info=alert-autoanswer")),
            Self::AnswerMode => (HeaderName::AnswerMode, "Auto".to_owned()),
        };
        // A host has no control bytes.
        HeaderValue::new(value).ok().map(|value| (name, value))
    }
}

impl Bridge {
    /// Calls the agent's phone; nothing if it was called or given up before.
    pub(super) fn ring_agent(
        &mut self,
        target: &Target,
        display_name: &str,
        auto_answer: AutoAnswer,
        tone_address: SocketAddr,
        now: Millis,
        out: &mut Outputs,
    ) {
        if self.agent != Slot::Idle {
            return;
        }
        // The number is the user part too: phones put that into their list of calls.
        let user: String =
            display_name.chars().filter(|c| c.is_ascii_digit() || "+*#".contains(*c)).collect();
        let user = if user.is_empty() { "ringbridge" } else { &user };
        let from = NameAddr::new(SipUri::new(Some(user), target.local.host.clone(), None))
            .with_display(QuotedDisplay::lossy(display_name));
        let mut headers = Headers::new();
        if let Some((name, value)) = auto_answer.header(&target.local.host) {
            headers.push(name, value);
        }
        let offer = Audio::ours(tone_address);
        self.tone_source = Some(offer.clone());
        self.rounds = Rounds::default();
        self.call(Leg::Agent, target, from, headers, offer, now, out);
    }

    /// Sends a leg's first INVITE.
    #[allow(clippy::too_many_arguments, reason = "an INVITE has these parts")]
    pub(super) fn call(
        &mut self,
        leg: Leg,
        target: &Target,
        from: NameAddr,
        headers: Headers,
        offer: Audio,
        now: Millis,
        out: &mut Outputs,
    ) {
        let letter = match leg {
            Leg::Agent => 'a',
            Leg::Customer => 'c',
        };
        let prefix = format!("{}-{letter}", self.call_ref);
        let call_id: CallId = match self.ids.call_id(&prefix, &target.local.host) {
            Ok(call_id) => call_id,
            Err(_) => {
                let failure = LegFailure::ours(FailureCause::Other, "the call's reference is no Call-ID");
                *self.slot_mut(leg) = Slot::Closed;
                out.outputs.push(Output::Leg(leg, LegEvent::Failed(failure)));
                return;
            }
        };
        let plan = Plan {
            call_id,
            request_uri: target.request_uri.clone(),
            destination: target.destination.clone(),
            here: target.local.clone(),
            from,
            headers,
            offer,
        };
        let dialog = Dialog::invite(plan, &mut Step { now, ids: &mut self.ids, out: &mut out.sends });
        out.flush();
        *self.slot_mut(leg) = Slot::Called { dialog: Box::new(dialog), told: Told::Nothing };
    }
}
