//! `ctl_intType=zendesk`: a ticket with a voice comment in Zendesk Support.
//!
//! Promises: the ticket's external id is the GUID, so that a ticket that may exist is looked for before it is made again. A
//! field that the link names wins over ours, that one alone excepted. Leaves to others: sending (`attempt`).

use super::preset::{base, encoded, merged, subject};
use super::recipe::{Ask, IdAt, Recipe, SafeBy, basic, header_value};
use crate::outbound::Schemes;
use hyper::Method;
use hyper::header::HeaderName;
use ringbridge_core::crm::{Failure, Order, Pages};
use ringbridge_core::tenant::connectors::Zendesk;
use serde_json::{Map, Value, json};

/// Types of a related record that are a person who asks.
const PEOPLE: [&str; 4] = ["user", "requester", "contact", "end-user"];

/// How the name of a custom field begins; its number follows.
const CUSTOM: &str = "custom_field_";

pub(super) fn recipe<'a>(zendesk: &'a Zendesk, order: &'a Order) -> Result<Recipe<'a>, Failure> {
    let own = format!("https://{}.zendesk.com", zendesk.subdomain);
    let base = base(zendesk.base_url.as_deref(), &own);
    let guid = &order.call.guid.0;
    let mut notes = Vec::new();
    let mut ticket = ours(order);
    if let Some(related) = &order.related {
        let number = related.id.parse::<u64>().ok();
        let person = PEOPLE.iter().any(|kind| kind.eq_ignore_ascii_case(&related.kind));
        match number.filter(|_| person) {
            Some(number) => drop(ticket.insert("requester_id".to_owned(), number.into())),
            None => notes
                .push(format!("the ticket was not linked: \"{}\" is no user with a number", related.kind)),
        }
    }
    let mut ticket = merged(ticket, order, value);
    custom_fields(&mut ticket);
    if ticket.insert("external_id".to_owned(), guid.clone().into()).is_some() {
        notes.push("external_id is ours: by it the ticket is found again".to_owned());
    }
    let mut ask = Ask::json(Method::POST, format!("{base}/api/v2/tickets"), &json!({ "ticket": ticket }));
    ask.headers.insert(HeaderName::from_static("idempotency-key"), header_value(guid)?);
    // A GUID needs no escaping: it is letters, digits and a hyphen.
    let look = Ask::get(format!("{base}/api/v2/tickets.json?external_id={guid}"));
    Ok(Recipe {
        ask,
        schemes: if zendesk.test_endpoint { Schemes::HttpAndHttps } else { Schemes::HttpsOnly },
        login: basic(&format!("{}/token", zendesk.email), zendesk.api_token.expose())?,
        id: IdAt::Pointer("/ticket/id".to_owned()),
        safe_by: SafeBy::LookUp { ask: Box::new(look), pointer: "/tickets/0/id".to_owned() },
        exists: None,
        after: Box::new(|_| None),
        pages: Box::new(move |id| {
            let view = format!("{own}/agent/tickets/{}", encoded(id));
            Some(Pages { edit: view.clone(), view })
        }),
        object: "ticket".to_owned(),
        notes,
    })
}

fn ours(order: &Order) -> Map<String, Value> {
    let call = &order.call;
    let begun = call.answered_at.unwrap_or(call.hung_up_at);
    let ticket = json!({
        "subject": subject(order),
        "voice_comment": {
            "from": call.caller_id.expose(),
            "to": call.number.expose(),
            "started_at": begun.rfc3339(),
            "call_duration": call.duration_seconds,
        },
    });
    ticket.as_object().cloned().unwrap_or_default()
}

/// A link's value in the form that Zendesk wants: ids are numbers, tags a list, a comment is an object and for agents.
fn value(name: &str, value: &str) -> Value {
    match (name, value.parse::<u64>()) {
        ("tags", _) => value.split([',', ' ']).filter(|tag| !tag.is_empty()).collect(),
        ("comment", _) => json!({ "body": value, "public": false }),
        (name, Ok(number)) if name.ends_with("_id") => number.into(),
        (_, Ok(_) | Err(_)) => value.into(),
    }
}

/// Brings `custom_field_NUMBER` to where Zendesk looks for it.
fn custom_fields(ticket: &mut Map<String, Value>) {
    let number = |name: &str| name.strip_prefix(CUSTOM).and_then(|number| number.parse::<u64>().ok());
    let names: Vec<String> = ticket.keys().filter(|name| number(name).is_some()).cloned().collect();
    let fields: Vec<Value> = names
        .iter()
        .filter_map(|name| Some(json!({ "id": number(name)?, "value": ticket.remove(name)? })))
        .collect();
    if !fields.is_empty() {
        ticket.insert("custom_fields".to_owned(), fields.into());
    }
}
