//! An agent's phones as the API shows them, to themselves and to those who look after them.
//!
//! Promises: names, addresses and states; no password. Leaves to others: where phones are (`switchboard::phones`).

use super::App;
use crate::switchboard::{PhoneContact, PhonePlace, PhoneState};
use ringbridge_core::id::AgentId;
use ringbridge_core::tenant::Agent;
use serde_json::{Value, json};

/// The agent's phones, in the order in which they are tried.
#[must_use]
pub fn of(app: &App, agent: &Agent) -> Vec<Value> {
    app.switchboard.phones(agent).iter().map(phone).collect()
}

/// Where the agent's test call is, or how the last one ended; null where there was none lately.
#[must_use]
pub fn test_of(app: &App, agent: AgentId) -> Value {
    app.switchboard.phone_test(agent).map_or(
        Value::Null,
        |test| json!({ "state": test.course.state(), "text": test.course.text(), "at": test.at.rfc3339() }),
    )
}

fn phone(phone: &PhoneState) -> Value {
    let (kind, address, state, contacts) = match &phone.place {
        PhonePlace::Fixed { uri } => ("fixed", uri, "fixed", vec![]),
        PhonePlace::Registers { name, contacts } => {
            let state = if contacts.is_empty() { "not_registered" } else { "registered" };
            ("registers", name, state, contacts.iter().map(contact).collect())
        }
    };
    json!({
        "kind": kind,
        "address": address,
        "auto_answer": phone.auto_answer,
        "state": state,
        "contacts": contacts,
    })
}

fn contact(contact: &PhoneContact) -> Value {
    json!({
        "address": contact.address,
        "user_agent": contact.user_agent,
        "expires_at": contact.expires_at.rfc3339(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use ringbridge_core::tenant::AutoAnswer;
    use ringbridge_core::time::Timestamp;

    #[test]
    fn a_phone_says_where_it_is() {
        let registers = |contacts| PhoneState {
            place: PhonePlace::Registers { name: "desk".to_owned(), contacts },
            auto_answer: AutoAnswer::CallInfo,
        };
        let here = PhoneContact {
            address: "udp:192.0.2.7:5060".to_owned(),
            user_agent: "baresip".to_owned(),
            expires_at: Timestamp::from_millis(0),
        };
        assert_eq!(
            phone(&registers(vec![here])),
            json!({
                "kind": "registers", "address": "desk", "auto_answer": "call-info", "state": "registered",
                "contacts": [{
                    "address": "udp:192.0.2.7:5060", "user_agent": "baresip", "expires_at": "1970-01-01T00:00:00.000Z"
                }],
            })
        );
        assert_eq!(phone(&registers(vec![]))["state"], "not_registered");
        let fixed = PhonePlace::Fixed { uri: "sip:7@pbx.example".to_owned() };
        let fixed = phone(&PhoneState { place: fixed, auto_answer: AutoAnswer::None });
        assert_eq!(
            (&fixed["kind"], &fixed["state"], &fixed["address"]),
            (&json!("fixed"), &json!("fixed"), &json!("sip:7@pbx.example"))
        );
    }
}
