//! How a call's two legs are reached: the agent's phone and the trunk.
//!
//! Promises: a phone is looked for in the order of the agent's list, a fixed address or a live registration; the trunk is
//! the dial plan's, else the first of the configuration. Leaves to others: the messages (`sip::bridge`), registrations
//! (`telephony`).

use super::session::{AgentPlan, CustomerPlan};
use super::words;
use crate::config::{CallerIdHeader, Config};
use crate::telephony::{PhoneTarget, Telephony};
use ringbridge_core::admission::Admitted;
use ringbridge_core::id::TransactionId;
use ringbridge_core::refusal::{Code, Refusal};
use ringbridge_sip::bridge::{Bridge, Caller, CallerHeader, Target};
use ringbridge_sip::digest::Login;
use ringbridge_sip::ids::IdSource;

/// How the agent's phone is called (semantics 2.1).
pub(super) fn agent_plan(telephony: &Telephony, phone: PhoneTarget, display_name: String) -> AgentPlan {
    AgentPlan {
        target: Target {
            local: telephony.local_for(&phone.destination),
            request_uri: phone.request_uri,
            destination: phone.destination,
        },
        display_name,
        auto_answer: words::auto_answer(phone.auto_answer),
        tone_address: telephony.tone_address(),
    }
}

/// The number that is dialled, and its extension, so that the agent can press it where it cannot be sent.
pub(super) fn display_name(admitted: &Admitted) -> String {
    let number = admitted.number.expose();
    admitted.extension.as_ref().map_or(number.to_owned(), |extension| format!("{number} ext. {extension}"))
}

/// How the customer is called (semantics 2.2).
///
/// # Errors
/// [`Code::DialplanRefused`] if the dial plan's trunk is not configured, or no trunk is.
pub(super) fn customer_plan(
    telephony: &Telephony,
    config: &Config,
    admitted: &Admitted,
) -> Result<CustomerPlan, Refusal> {
    let Some(trunk) = config.sip.trunk(admitted.trunk.as_deref()) else {
        let text = match &admitted.trunk {
            Some(name) => {
                format!("The dial plan sends this number to the trunk \"{name}\", which is not configured.")
            }
            None => "No trunk is configured; an operator must add one.".to_owned(),
        };
        return Err(Refusal::new(Code::DialplanRefused, text));
    };
    let Some(destination) = telephony.trunk(&trunk.name) else {
        let text = format!("The trunk \"{}\" cannot be used; an operator must look at it.", trunk.name);
        return Err(Refusal::new(Code::DialplanRefused, text));
    };
    let login =
        (!trunk.username.is_empty()).then(|| Login::new(trunk.username.as_str(), trunk.password.expose()));
    Ok(CustomerPlan {
        target: Target {
            local: telephony.local_for(&destination),
            request_uri: destination.uri.clone().with_user(admitted.dialled.expose()),
            destination,
        },
        caller: Caller {
            user: admitted.caller_id.expose().to_owned(),
            display: None,
            header: match trunk.caller_id_header {
                CallerIdHeader::From => CallerHeader::From,
                CallerIdHeader::Pai => CallerHeader::PAssertedIdentity,
                CallerIdHeader::Ppi => CallerHeader::PPreferredIdentity,
            },
        },
        login,
        extension: admitted.extension.clone(),
    })
}

/// The legs of a new call, with ids of their own; the transaction's number leads every Call-ID.
pub(super) fn bridge(seed: u64, id: TransactionId) -> Bridge {
    Bridge::new(IdSource::new(seed), id.to_string())
}
