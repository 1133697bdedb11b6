//! `ctl_intType=hubspot`: a call in HubSpot's CRM.
//!
//! Promises: with a unique property the call is upserted by the GUID, which is safe to repeat; without one it is created
//! once and never again by itself. A property that the link names wins over ours. Leaves to others: sending (`attempt`).

use super::preset::{base, encoded, merged, subject};
use super::recipe::{Ask, FromId, IdAt, Recipe, SafeBy, bearer, known_by};
use crate::outbound::Schemes;
use hyper::Method;
use ringbridge_core::crm::template::{Fact, Facts};
use ringbridge_core::crm::{Failure, Order, Pages, Related};
use ringbridge_core::tenant::connectors::Hubspot;
use serde_json::{Map, Value, json};

/// What a call can be associated with: the type as links name it, and the number of HubSpot's own association.
const ASSOCIATIONS: [(&str, u32); 4] = [("contact", 194), ("company", 182), ("deal", 206), ("ticket", 220)];

pub(super) fn recipe<'a>(hubspot: &'a Hubspot, order: &'a Order) -> Result<Recipe<'a>, Failure> {
    let base = base(hubspot.base_url.as_deref(), "https://api.hubapi.com");
    let properties = merged(properties(order), order, |_, value| value.into());
    let mut notes = Vec::new();
    let association = order.related.as_ref().and_then(|related| {
        let association = association(related);
        if association.is_none() {
            notes.push(format!(
                "the call was not associated: \"{}\" is no contact, company, deal or ticket with a number",
                related.kind
            ));
        }
        association
    });
    let (ask, id, safe_by, after): (_, _, _, FromId<'_, Ask>) = match &hubspot.unique_property {
        Some(property) => {
            let input = json!({ "idProperty": property, "id": order.call.guid, "properties": properties });
            let url = format!("{base}/crm/v3/objects/calls/batch/upsert");
            // An upsert takes no associations; this way of making one is safe to repeat.
            let after = move |id: &str| {
                let (to, kind, _) = association?;
                let id = encoded(id);
                let url = format!("{base}/crm/v4/objects/calls/{id}/associations/default/{kind}/{to}");
                Some(Ask::json(Method::PUT, url, &Value::Null))
            };
            let ask = Ask::json(Method::POST, url, &json!({ "inputs": [input] }));
            (ask, "/results/0/id", known_by(order, property), Box::new(after))
        }
        None => {
            let mut body = json!({ "properties": properties });
            if let Some((to, _, number)) = association {
                let kind = json!({ "associationCategory": "HUBSPOT_DEFINED", "associationTypeId": number });
                body["associations"] = json!([{ "to": { "id": to }, "types": [kind] }]);
            }
            let ask = Ask::json(Method::POST, format!("{base}/crm/v3/objects/calls"), &body);
            (ask, "/id", SafeBy::Nothing, Box::new(|_| None))
        }
    };
    Ok(Recipe {
        ask,
        schemes: if hubspot.test_endpoint { Schemes::HttpAndHttps } else { Schemes::HttpsOnly },
        login: bearer(hubspot.access_token.expose())?,
        id: IdAt::Pointer(id.to_owned()),
        safe_by,
        exists: None,
        after,
        pages: Box::new(|id| {
            // 0-48 is the type of calls.
            let portal = hubspot.portal.as_deref()?;
            let id = encoded(id);
            let view = format!("https://app.hubspot.com/contacts/{portal}/record/0-48/{id}");
            Some(Pages { edit: view.clone(), view })
        }),
        object: "call".to_owned(),
        notes,
    })
}

fn properties(order: &Order) -> Map<String, Value> {
    let facts = Facts::of(order);
    let call = &order.call;
    let begun = call.answered_at.unwrap_or(call.hung_up_at);
    let all = [
        ("hs_timestamp", begun.rfc3339()),
        ("hs_call_title", subject(order)),
        ("hs_call_body", call.token("notes").to_owned()),
        ("hs_call_direction", "OUTBOUND".to_owned()),
        ("hs_call_duration", facts.fact(Fact::DurationMs).into_owned()),
        ("hs_call_from_number", call.caller_id.expose().to_owned()),
        ("hs_call_to_number", call.number.expose().to_owned()),
        ("hs_call_status", status(order).to_owned()),
    ];
    all.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect()
}

/// What became of the call, in HubSpot's words.
fn status(order: &Order) -> &'static str {
    match (order.call.answered_at, order.call.end_reason.as_str()) {
        (Some(_), _) => "COMPLETED",
        (None, "customer_busy") => "BUSY",
        (None, "customer_no_answer") => "NO_ANSWER",
        (None, "cancelled") => "CANCELED",
        (None, _) => "FAILED",
    }
}

/// The record that the click came from: its number, type and association.
fn association(related: &Related) -> Option<(&str, &'static str, u32)> {
    let number = !related.id.is_empty() && related.id.bytes().all(|byte| byte.is_ascii_digit());
    let known = ASSOCIATIONS.iter().find(|(kind, _)| kind.eq_ignore_ascii_case(&related.kind));
    known.filter(|_| number).map(|(kind, association)| (related.id.as_str(), *kind, *association))
}
