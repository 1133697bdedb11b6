//! Who is sent a secret that stays as it is.
//!
//! Promises: on a screen a kept secret goes to nobody but those who had it; an admin may not see it, so they may not have
//! it sent to an address of their choice either. An assertion that Salesforce would take is handed to Salesforce alone.
//! Whoever applies a tenant file holds the server, and may. Leaves to others: whether addresses are fine (`file`).

use super::file::KEEP;
use super::part::Part;
use ringbridge_core::tenant::salesforce::is_salesforce_host;
use serde_json::Value;
use url::Url;

/// Why a section must not be put as it is wanted: the key and a sentence.
pub(super) fn refusal(part: Part, was: &Value, wanted: &Value) -> Option<(&'static str, String)> {
    let secret = secret_of(part)?;
    if text(wanted, secret).trim() == KEEP {
        let known = receivers(part, was);
        let stranger = receivers(part, wanted).into_iter().find(|receiver| !known.contains(receiver));
        if let Some(receiver) = stranger {
            let text = format!("enter it again, since it would be sent to {receiver} now");
            return Some((secret, text));
        }
    }
    (part == Part::Salesforce && hands_assertions_on(was, wanted)).then(|| {
        let text =
            "leave it out where \"login_url\" is not Salesforce's: what is signed for it would be good there";
        ("audience", text.to_owned())
    })
}

/// The secret of a section that is sent along.
const fn secret_of(part: Part) -> Option<&'static str> {
    match part {
        Part::Dynamics | Part::Salesforce => Some("client_secret"),
        Part::Hubspot => Some("access_token"),
        Part::Rest => Some("secret"),
        Part::Zendesk => Some("api_token"),
        // A callback secret signs and is not sent; phones and tokens come to us.
        Part::Agent
        | Part::Callbacks
        | Part::Channel
        | Part::CodeList
        | Part::DialPlan
        | Part::Queue
        | Part::ScreenPop
        | Part::Settings
        | Part::Token => None,
    }
}

/// Everybody who is sent the secret, or what it is exchanged for.
fn receivers(part: Part, section: &Value) -> Vec<String> {
    let mut receivers: Vec<String> = ["login_url", "url", "look_up_url", "token_url", "base_url"]
        .iter()
        .filter_map(|key| origin(text(section, key)))
        .collect();
    let or_named = |key: &str, name: &str| {
        let named = text(section, key).is_empty().then(|| text(section, name).to_ascii_lowercase());
        named.filter(|name| !name.is_empty()).map(|value| format!("{name} {value}"))
    };
    match part {
        // A secret of another kind is another secret.
        Part::Rest => receivers.extend([format!("a service with auth {}", text(section, "auth"))]),
        Part::Dynamics => receivers.extend(or_named("token_url", "directory")),
        Part::Zendesk => receivers.extend(or_named("base_url", "subdomain")),
        Part::Hubspot => {
            receivers.extend(text(section, "base_url").is_empty().then(|| "HubSpot".to_owned()));
        }
        Part::Salesforce
        | Part::Agent
        | Part::Callbacks
        | Part::Channel
        | Part::CodeList
        | Part::DialPlan
        | Part::Queue
        | Part::ScreenPop
        | Part::Settings
        | Part::Token => {}
    }
    receivers
}

/// Scheme, host and port of an address; one that cannot be read is its own.
fn origin(address: &str) -> Option<String> {
    let read = || Url::parse(address).ok().map(|url| url.origin()).filter(url::Origin::is_tuple);
    (!address.is_empty())
        .then(|| read().map_or_else(|| address.to_owned(), |origin| origin.ascii_serialization()))
}

/// Whether assertions for somebody by name would newly go to somebody who is not Salesforce.
fn hands_assertions_on(was: &Value, wanted: &Value) -> bool {
    let changed = ["login_url", "audience"].iter().any(|key| text(was, key) != text(wanted, key));
    let login = Url::parse(text(wanted, "login_url")).ok();
    let at_salesforce = login.and_then(|url| url.host_str().map(is_salesforce_host)).unwrap_or(false);
    changed && !text(wanted, "audience").trim().is_empty() && !at_salesforce
}

fn text<'a>(section: &'a Value, key: &str) -> &'a str {
    section.get(key).and_then(Value::as_str).unwrap_or_default()
}
