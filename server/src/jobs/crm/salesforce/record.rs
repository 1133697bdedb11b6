//! An order as the fields of a record.
//!
//! Promises: exactly the link's fields, in the org's own spelling, and nothing else unless the tenant asks for it
//! (`enrich`) or the click came from a record (semantics 5.3); fields that would let a link act with our user's rights are
//! refused (SEC-25, decision 10). A field that the org does not have is refused before it is sent: Salesforce would refuse
//! the same in the same words, and an attempt that is not made cannot be in doubt. Leaves to others: single values
//! (`value`), writing it (`create`).

use super::describe::Describe;
use super::fault::refused;
use super::ids::RecordId;
use super::{log, value};
use ringbridge_core::crm::{Failure, Order, Purpose};
use ringbridge_core::tenant::Salesforce;
use serde_json::{Map, Value};

/// Fields by which a link would act with our user's rights: who owns and sees a record, who is said to have made it, and
/// who may do what.
const KEPT: [&str; 21] = [
    "Id",
    "OwnerId",
    "Owner",
    "RecordTypeId",
    "RecordType",
    "IsPrivate",
    "IsVisibleInSelfService",
    "IsDeleted",
    "CreatedById",
    "CreatedBy",
    "CreatedDate",
    "LastModifiedById",
    "LastModifiedBy",
    "LastModifiedDate",
    "SystemModstamp",
    "ProfileId",
    "UserRoleId",
    "PermissionSetId",
    "PermissionSetGroupId",
    "UserOrGroupId",
    "AssigneeId",
];

/// A record to be written.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Draft {
    /// Its fields by their canonical names.
    pub(super) fields: Map<String, Value>,
    /// What was tolerated.
    pub(super) notes: Vec<String>,
}

impl Draft {
    /// Whether a field is set.
    pub(super) fn has(&self, name: &str) -> bool {
        self.fields.contains_key(name)
    }

    /// The id in a field, if one is there.
    fn id(&self, name: &str) -> Option<RecordId> {
        self.fields.get(name).and_then(Value::as_str).and_then(RecordId::parse)
    }
}

/// Makes the record of an order.
pub(super) fn draft(describe: &Describe, order: &Order, settings: &Salesforce) -> Result<Draft, Failure> {
    let mut draft = Draft::default();
    match order.purpose {
        Purpose::Create => {
            for (name, text) in &order.fields {
                set(&mut draft, describe, settings, order, (name, text))?;
            }
            if settings.enrich {
                log::enrich(&mut draft, describe, order);
            }
        }
        Purpose::AutoLog => log::write(&mut draft, describe, order),
    }
    relate(&mut draft, describe, order);
    Ok(draft)
}

/// Sets one of the link's fields.
fn set(
    draft: &mut Draft,
    describe: &Describe,
    settings: &Salesforce,
    order: &Order,
    (name, text): (&str, &str),
) -> Result<(), Failure> {
    let is = |known: &&str| name.eq_ignore_ascii_case(known);
    let allowed = settings.allowed_fields.iter().any(|allowed| name.eq_ignore_ascii_case(allowed));
    if !allowed && KEPT.iter().any(is) {
        let why =
            format!("{name} is not set for a link; the tenant's salesforce.allowed_fields does not list it");
        return Err(refused("FIELD_NOT_ALLOWED", why));
    }
    let Some(field) = describe.field(name) else {
        let key = order.key.as_deref();
        if key.is_some_and(|key| name.eq_ignore_ascii_case(key)) && text.trim() == order.call.guid.0 {
            // The tenant's own key: its loss is the admin's to mend, not the record's to pay for.
            draft.notes.push(format!("{name} is not in {} and was left out; create it again", describe.name));
            return Ok(());
        }
        let why = format!("No such column '{name}' on sobject of type {}", describe.name);
        return Err(refused("INVALID_FIELD", why));
    };
    if !field.createable {
        let why = format!(
            "Unable to create/update fields: {}. Please check the security settings of this field and verify that it is \
             read/write for your profile or permission set.",
            field.name
        );
        return Err(refused("INVALID_FIELD_FOR_INSERT_UPDATE", why));
    }
    if let Some(fitted) = value::fit(field, text)? {
        draft.fields.insert(field.name.clone(), fitted.value);
        draft.notes.extend(fitted.note);
    }
    Ok(())
}

/// Links the record to the one that the click came from, unless the link itself did (5.3). What cannot be linked is said
/// and written all the same.
fn relate(draft: &mut Draft, describe: &Describe, order: &Order) {
    let Some(related) = &order.related else { return };
    let shown: String = related.id.chars().take(40).collect();
    let mut unlinked = |why: &str| draft.notes.push(format!("extRecordId {shown} was not linked: {why}"));
    let Some(id) = RecordId::parse(&related.id) else { return unlinked("it is no Salesforce id") };
    let (name, other) = match id.prefix() {
        "003" | "00Q" => ("WhoId", "WhatId"),
        "005" | "00D" | "00T" | "00U" | "012" => {
            let object = id.object().unwrap_or_default();
            return unlinked(&format!("a log cannot be related to a record of type {object}"));
        }
        _ => ("WhatId", "WhoId"),
    };
    let Some(field) = describe.settable(name) else {
        return unlinked(&format!("{} has no field {name}", describe.name));
    };
    if draft.has(&field.name) {
        // The link's own word wins.
        return;
    }
    let other = draft.id(other);
    let is_lead = |id: &RecordId| id.prefix() == "00Q";
    let mut unlinked = |why: &str| draft.notes.push(format!("extRecordId {shown} was not linked: {why}"));
    match (name, &other) {
        ("WhoId", Some(_)) if is_lead(&id) => unlinked("a lead cannot be together with WhatId"),
        ("WhatId", Some(who)) if is_lead(who) => {
            unlinked("WhoId is a lead, which cannot be together with WhatId")
        }
        _ => {
            draft.fields.insert(field.name.clone(), id.as_str().into());
        }
    }
}
