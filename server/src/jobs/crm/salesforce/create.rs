//! One attempt to bring a record about, never a second one (semantics 5.6, REL-5).
//!
//! Promises: where the tenant has a field that is External ID and Unique, the record is written under our GUID, and writing
//! it again changes nothing; elsewhere it is written so that it can be found by the GUID, and looked for before it is
//! written again; where neither can be, a second attempt is not made and a person is asked. Leaves to others: the fields
//! (`record`), when to try again (`core::crm::retry`).

use super::describe::Describe;
use super::exchange::{Exchange, Write};
use super::fault::{Fault, Repeat, refused, unreadable};
use super::ids::RecordId;
use super::org::Age;
use super::record::{self, Draft};
use super::{log, pages};
use crate::outbound::Reply;
use ringbridge_core::crm::{Class, Created, Failure, History, Order, Purpose};
use ringbridge_core::tenant::Salesforce;
use serde::Deserialize;
use serde_json::Value;
use std::sync::Arc;

/// The field by which a record without a key is found again, where the link leaves it free.
const FREE_MARK: &str = "CallObject";

/// What an attempt is about.
#[derive(Clone, Copy)]
pub(super) struct Attempt<'a> {
    /// The order.
    pub(super) order: &'a Order,
    /// The tenant's settings.
    pub(super) settings: &'a Salesforce,
    /// What is known of earlier attempts.
    pub(super) history: History,
}

/// Whether the tenant's key field is used.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Keying {
    /// Where the org has it.
    AsSet,
    /// No: Salesforce says that it is not there.
    Without,
}

/// How a record is written.
enum Way {
    /// Under the GUID in this field.
    Keyed { field: String },
    /// As a new record that bears the GUID in this field.
    Marked { field: String },
    /// As a new record that cannot be told from another.
    Unmarked,
}

#[derive(Deserialize)]
struct Written {
    id: String,
}

/// Brings the record about.
pub(super) async fn bring_about(
    exchange: &mut Exchange<'_>,
    attempt: Attempt<'_>,
) -> Result<Created, Failure> {
    match written(exchange, attempt, Keying::AsSet).await? {
        Some(created) => Ok(created),
        None => {
            let created = written(exchange, attempt, Keying::Without).await?;
            created.ok_or_else(|| refused("NOT_FOUND", "the external id field is there and is not there"))
        }
    }
}

/// Writes the record; nothing where the key field turned out to be gone.
async fn written(
    exchange: &mut Exchange<'_>,
    attempt: Attempt<'_>,
    keying: Keying,
) -> Result<Option<Created>, Failure> {
    let Attempt { order, settings, history } = attempt;
    let object = match order.purpose {
        Purpose::Create => order.object.as_str(),
        Purpose::AutoLog => log::OBJECT,
    };
    let (describe, mut draft) = drafted(exchange, object, order, settings).await?;
    let way = way(&mut draft, &describe, order, keying);
    if history == History::Again
        && let Some(found) = found_again(exchange, &describe, &way, order).await?
    {
        return created(exchange, attempt, &describe, draft, found).await.map(Some);
    }
    let (object, guid) = (describe.name.as_str(), order.call.guid.0.as_str());
    let write = match &way {
        Way::Keyed { field } => Write::Upsert { object, field, value: guid },
        Way::Marked { .. } | Way::Unmarked => Write::Insert { object },
    };
    let reply = exchange.write(&write, &draft.fields).await?;
    let id = match reply.status {
        200..300 => accepted(exchange, &describe, &way, order, &reply, &write).await?,
        300 => return Err(ambiguous(&way)),
        _ => {
            let fault = Fault::of(&reply);
            if matches!(way, Way::Keyed { .. }) && is_missing_key(&fault) {
                exchange.forget(object);
                return Ok(None);
            }
            if matches!(fault.code(), "INVALID_FIELD" | "INVALID_FIELD_FOR_INSERT_UPDATE" | "NOT_FOUND") {
                exchange.forget(object);
            }
            match already_there(exchange, &describe, &draft, &way, order, &fault).await? {
                Some(id) => id,
                None => return Err(fault.failure(write.repeat())),
            }
        }
    };
    created(exchange, attempt, &describe, draft, id).await.map(Some)
}

/// The object and the record's draft. What is believed of the object is asked anew before a record is refused for it.
async fn drafted(
    exchange: &mut Exchange<'_>,
    object: &str,
    order: &Order,
    settings: &Salesforce,
) -> Result<(Arc<Describe>, Draft), Failure> {
    let (age, describe) = exchange.describe(object).await?;
    match (record::draft(&describe, order, settings), age) {
        (Ok(draft), _) => Ok((describe, draft)),
        (Err(failure), Age::Fresh) => Err(failure),
        (Err(_), Age::Old) => {
            let describe = exchange.describe_anew(object).await?;
            record::draft(&describe, order, settings).map(|draft| (describe, draft))
        }
    }
}

/// Decides how the record is written, and fits the draft to it.
///
/// The key is the one of the order: what an earlier attempt wrote is found there, whatever the settings say now.
fn way(draft: &mut Draft, describe: &Describe, order: &Order, keying: Keying) -> Way {
    let guid = order.call.guid.0.as_str();
    if let Some(name) = order.key.as_deref().filter(|_| keying == Keying::AsSet) {
        match describe.field(name).filter(|field| field.is_key() && field.takes_text(guid.len())) {
            Some(key) if draft.fields.get(&key.name).is_none_or(|value| value == guid) => {
                // The key stands in the address and must not stand in the record as well.
                draft.fields.remove(&key.name);
                return Way::Keyed { field: key.name.clone() };
            }
            // The link has another use for it.
            Some(_) => {}
            None => draft.notes.push(format!(
                "{name} is no External ID that is Unique in {}; repeating is safer with one",
                describe.name
            )),
        }
    }
    let marks = |name: &str, value: &Value| {
        value == guid
            && describe.field(name).is_some_and(|field| field.filterable && field.takes_text(guid.len()))
    };
    if let Some((name, _)) = draft.fields.iter().find(|(name, value)| marks(name, value)) {
        return Way::Marked { field: name.clone() };
    }
    let free = describe.settable(FREE_MARK).filter(|field| field.filterable && field.takes_text(guid.len()));
    match free.filter(|field| !draft.has(&field.name)) {
        Some(field) => {
            draft.fields.insert(field.name.clone(), guid.into());
            Way::Marked { field: field.name.clone() }
        }
        None => Way::Unmarked,
    }
}

/// The record of an earlier attempt, if there is one.
async fn found_again(
    exchange: &mut Exchange<'_>,
    describe: &Describe,
    way: &Way,
    order: &Order,
) -> Result<Option<RecordId>, Failure> {
    let unprovable =
        |code: &str, why: String| Failure { class: Class::Unprovable, code: code.to_owned(), message: why };
    let (field, keyed) = match way {
        Way::Keyed { field } => (field, true),
        Way::Marked { field } => (field, false),
        Way::Unmarked => {
            let why = format!(
                "an earlier attempt may have written this {}, and it has no field by which it could be found; look in \
                 Salesforce, then try again or dismiss it. Of calls that begin with external_id_field set to a field that is \
                 External ID and Unique, none can come to this",
                describe.name
            );
            return Err(unprovable("MAY_BE_WRITTEN", why));
        }
    };
    match exchange.find(&describe.name, field, &order.call.guid.0).await {
        Ok(found) => Ok(found.into_iter().next()),
        // Under its key it can be written again without being found.
        Err(failure) if keyed && failure.class == Class::Refused => Ok(None),
        Err(failure) if failure.class == Class::Refused => {
            exchange.forget(&describe.name);
            let why = format!(
                "an earlier attempt may have written it, and it cannot be looked for: {}",
                failure.message
            );
            Err(unprovable(&failure.code, why))
        }
        Err(failure) => Err(failure),
    }
}

/// The id of a 2xx.
async fn accepted(
    exchange: &mut Exchange<'_>,
    describe: &Describe,
    way: &Way,
    order: &Order,
    reply: &Reply,
    write: &Write<'_>,
) -> Result<RecordId, Failure> {
    let written: Option<Written> = serde_json::from_slice(&reply.body).ok();
    if let Some(id) = written.and_then(|written| RecordId::parse(&written.id)) {
        return Ok(id);
    }
    // Old versions answer an upsert of a record that exists with 204 and nothing.
    if let Way::Keyed { field } = way
        && let Some(id) = exchange.find(&describe.name, field, &order.call.guid.0).await?.into_iter().next()
    {
        return Ok(id);
    }
    Err(unreadable(write.repeat()))
}

fn ambiguous(way: &Way) -> Failure {
    let field = match way {
        Way::Keyed { field } | Way::Marked { field } => field.as_str(),
        Way::Unmarked => "the key",
    };
    refused(
        "MULTIPLE_CHOICES",
        format!(
            "more than one record has this call's GUID in {field}; make the field Unique and remove the surplus one"
        ),
    )
}

fn is_missing_key(fault: &Fault) -> bool {
    fault.status() == 404 && fault.code() == "NOT_FOUND" && fault.message().contains("external ID field")
}

/// The record of a refusal, where it is this very call's.
///
/// `DUPLICATE_VALUE` names it: the value that two records must not share is our GUID. And a record that is there under its
/// key, its answer lost, may not be changed any more: fields that are set once, rules that keep completed Tasks as they are.
async fn already_there(
    exchange: &mut Exchange<'_>,
    describe: &Describe,
    draft: &Draft,
    way: &Way,
    order: &Order,
    fault: &Fault,
) -> Result<Option<RecordId>, Failure> {
    if fault.code() != "DUPLICATE_VALUE" {
        return match way {
            Way::Keyed { field } if fault.failure(Repeat::Harmless).class == Class::Refused => {
                // What the refusal says matters more than what is wrong with the look-up.
                let found = exchange.find(&describe.name, field, &order.call.guid.0).await;
                Ok(found.unwrap_or_default().into_iter().next())
            }
            Way::Keyed { .. } | Way::Marked { .. } | Way::Unmarked => Ok(None),
        };
    }
    let guid = order.call.guid.0.as_str();
    let key = match way {
        Way::Keyed { field } => Some(field),
        Way::Marked { .. } | Way::Unmarked => None,
    };
    let marked = draft.fields.iter().filter(|(_, value)| *value == guid).map(|(name, _)| name);
    let ours: Vec<&String> = key.into_iter().chain(marked).collect();
    let words = || fault.message().split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let named = |word: &str| ours.iter().find(|name| word.eq_ignore_ascii_case(name));
    let Some(field) = words().find_map(named) else { return Ok(None) };
    // "… duplicates value on record with id: 001Vr00000m4eGCIAY"; the sentence is in the user's language.
    if let Some(id) = words().rev().find_map(RecordId::parse) {
        return Ok(Some(id));
    }
    Ok(exchange.find(&describe.name, field, guid).await?.into_iter().next())
}

/// What is told of a record that is there.
async fn created(
    exchange: &mut Exchange<'_>,
    attempt: Attempt<'_>,
    describe: &Describe,
    draft: Draft,
    id: RecordId,
) -> Result<Created, Failure> {
    let origin = exchange.session().await?.grant.origin.clone();
    let parent = attempt.order.parent.as_deref().and_then(RecordId::parse);
    let pages = pages::of(&origin, attempt.settings.interface, &describe.name, &id, parent.as_ref());
    Ok(Created { id: id.to_string(), object: describe.name.clone(), pages: Some(pages), notes: draft.notes })
}
