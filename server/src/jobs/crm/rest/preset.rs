//! What the presets have in common.
//!
//! Promises: a field of the link replaces ours of the same name, in any case. Leaves to others: the vendors.

use ringbridge_core::crm::Order;
use serde_json::{Map, Value};
use url::form_urlencoded::byte_serialize;

/// The address that requests begin with.
pub(super) fn base(other: Option<&str>, own: &str) -> String {
    other.unwrap_or(own).trim_end_matches('/').to_owned()
}

/// An id of the CRM's own as a part of a path.
pub(super) fn encoded(id: &str) -> String {
    byte_serialize(id.as_bytes()).collect()
}

/// What a record is called where the link does not say.
pub(super) fn subject(order: &Order) -> String {
    format!("Call to {}", order.call.number.expose())
}

/// Our fields, and the link's over them. `value` brings a link's value into the form of the field, which is named in
/// lower case.
pub(super) fn merged(
    mut ours: Map<String, Value>,
    order: &Order,
    value: impl Fn(&str, &str) -> Value,
) -> Map<String, Value> {
    for (name, text) in &order.fields {
        let same = ours.keys().find(|known| known.eq_ignore_ascii_case(name)).cloned();
        let put = value(&name.to_ascii_lowercase(), text);
        ours.insert(same.unwrap_or_else(|| name.clone()), put);
    }
    ours
}
