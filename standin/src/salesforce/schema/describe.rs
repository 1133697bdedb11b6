//! What the org says about its objects.
//!
//! Promises: the keys and words of a describe (salesforce.md 1.4): what callers read to know fields, types, lengths and
//! keys. Leaves to others: caching headers.

use super::{Access, Field, Key, Kind, Need, Object};
use serde_json::{Value, json};

/// The object without its fields, as describeGlobal lists it; URLs begin with `base` (`/services/data/v67.0`).
pub(in super::super) fn summary(object: &Object, base: &str) -> Value {
    let writable = object.access != Access::ReadOnly;
    let url = format!("{base}/sobjects/{}", object.name);
    json!({
        "activateable": false,
        "createable": writable,
        "custom": false,
        "customSetting": false,
        "deletable": writable,
        "deprecatedAndHidden": false,
        "feedEnabled": false,
        "keyPrefix": object.prefix,
        "label": object.label,
        "labelPlural": object.plural,
        "layoutable": true,
        "mergeable": false,
        "mruEnabled": false,
        "name": object.name,
        "queryable": true,
        "replicateable": true,
        "retrieveable": true,
        "searchable": true,
        "triggerable": writable,
        "undeletable": writable,
        "updateable": writable,
        "urls": {
            "sobject": url,
            "describe": format!("{url}/describe"),
            "rowTemplate": format!("{url}/{{ID}}"),
        },
    })
}

/// The object with its fields.
pub(in super::super) fn describe(object: &Object, base: &str) -> Value {
    let mut whole = summary(object, base);
    whole["fields"] = object.fields.iter().map(|field| described(field, object)).collect();
    whole["childRelationships"] = json!([]);
    whole["recordTypeInfos"] = json!([]);
    whole
}

fn described(field: &Field, object: &Object) -> Value {
    let writable = object.access != Access::ReadOnly;
    let (values, restricted): (&[&str], bool) = match field.kind {
        Kind::Picklist(values) => (values, false),
        Kind::Restricted(values) => (values, true),
        Kind::Id
        | Kind::Text
        | Kind::Combobox
        | Kind::LongText
        | Kind::Reference(_)
        | Kind::Date
        | Kind::DateTime
        | Kind::Int
        | Kind::Double
        | Kind::Boolean
        | Kind::Phone
        | Kind::Email => (&[], false),
    };
    let default = default_of(object.name, field.name);
    let picklist: Vec<_> = values
        .iter()
        .map(|value| {
            json!({
                "active": true,
                "defaultValue": default == Some(value),
                "label": value,
                "validFor": null,
                "value": value,
            })
        })
        .collect();
    let reference: &[&str] = if let Kind::Reference(objects) = field.kind { objects } else { &[] };
    let numeric = matches!(field.kind, Kind::Int | Kind::Double);
    json!({
        "autoNumber": field.name == "CaseNumber",
        "byteLength": if numeric { 0 } else { field.length * 3 },
        "calculated": false,
        "caseSensitive": false,
        "createable": writable && field.access != Access::ReadOnly,
        "custom": field.name.ends_with("__c"),
        "defaultValue": null,
        "defaultedOnCreate": field.need == Need::Defaulted,
        "digits": if field.kind == Kind::Int { field.length } else { 0 },
        "externalId": field.key != Key::No,
        "filterable": field.kind != Kind::LongText,
        "groupable": !matches!(field.kind, Kind::LongText | Kind::DateTime | Kind::Double),
        "idLookup": field.kind == Kind::Id || field.key != Key::No,
        "inlineHelpText": null,
        "label": field.label,
        "length": if numeric { 0 } else { field.length },
        "name": field.name,
        "nameField": is_name_of(object.name, field.name),
        "namePointing": field.name == "WhoId" || field.name == "WhatId",
        "nillable": field.need == Need::Optional,
        "permissionable": false,
        "picklistValues": picklist,
        "polymorphicForeignKey": reference.len() > 1,
        "precision": if field.kind == Kind::Double { field.length } else { 0 },
        "queryByDistance": false,
        "referenceTo": reference,
        "relationshipName": if reference.is_empty() { None } else { field.name.strip_suffix("Id") },
        "restrictedPicklist": restricted,
        "scale": if field.kind == Kind::Double { 2 } else { 0 },
        "soapType": match field.kind {
            Kind::Id | Kind::Reference(_) => "tns:ID".to_owned(),
            Kind::Text
            | Kind::Combobox
            | Kind::LongText
            | Kind::Picklist(_)
            | Kind::Restricted(_)
            | Kind::Date
            | Kind::DateTime
            | Kind::Int
            | Kind::Double
            | Kind::Boolean
            | Kind::Phone
            | Kind::Email => format!("xsd:{}", field.kind.wire_name()),
        },
        "sortable": field.kind != Kind::LongText,
        "type": field.kind.name(),
        "unique": field.key == Key::UniqueExternalId,
        "updateable": writable && field.access == Access::Write,
    })
}

/// The field that names a record of the object.
fn is_name_of(object: &str, field: &str) -> bool {
    match object {
        "Task" | "Event" => field == "Subject",
        "Case" => field == "CaseNumber",
        _ => field == "Name",
    }
}

/// What the org fills in for a picklist that was not given.
pub(in super::super) fn default_of(object: &str, field: &str) -> Option<&'static str> {
    match (object, field) {
        ("Task", "Status") => Some("Not Started"),
        ("Task", "Priority") => Some("Normal"),
        ("Task", "TaskSubtype") => Some("Task"),
        ("Lead", "Status") => Some("Open - Not Contacted"),
        ("Case", "Status") => Some("New"),
        _ => None,
    }
}
