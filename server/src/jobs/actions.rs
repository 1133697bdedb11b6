//! What an admin does about the steps after a call: try again, mend and try again, give up (issue: actions as durable
//! steps; semantics 5.5, 5.6).
//!
//! Promises: a step that is being tried is not touched; each act is one commit with its journal entry, which names who did
//! it; a record that is given up settles its transaction, so that what waits for it goes on. Leaves to others: who may do
//! it (`web`).

use super::{callback, follow_up, record};
use crate::store::action::{self, Again, View};
use crate::store::job::JobId;
use crate::store::{StoreError, Tx, lane};
use ringbridge_core::callback::Callback;
use ringbridge_core::crm::{Class, Order, Outcome};
use ringbridge_core::id::TenantId;
use ringbridge_core::time::Timestamp;
use serde::Serialize;
use serde_json::json;

/// Which step, and who does it.
#[derive(Clone, Debug)]
pub struct Act {
    /// The tenant.
    pub tenant: TenantId,
    /// The step.
    pub id: JobId,
    /// The person's log-in, or the word for a program.
    pub by: String,
}

/// What is done about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    /// It is tried at once.
    Retry(Doubt),
    /// It is changed and tried at once.
    Edit(Edit),
    /// It is not tried any more.
    GiveUp,
    /// A callback is sent once more, also one that was taken; under the same `webhook-id`, so that its receiver knows it
    /// for a repeat.
    Resend,
}

/// Whether an earlier attempt may have done it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// As far as anybody knows, it may; it is looked for first.
    Kept,
    /// A person has looked: it did not.
    Dispelled,
}

/// A change. What is `None` stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edit {
    /// A record's type.
    pub object: Option<String>,
    /// A record's fields, all of them.
    pub fields: Option<Vec<(String, String)>>,
    /// A callback's address.
    pub url: Option<String>,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It is done.
    Done,
    /// There is no such step.
    NotThere,
    /// It is being tried at this moment.
    BeingTried,
    /// It is settled: done, or given up.
    Settled,
    /// The change does not fit this kind of step; the sentence says why.
    Unfit(&'static str),
}

/// Does it.
pub fn act(tx: &mut Tx<'_>, act: &Act, deed: &Deed, now: Timestamp) -> Result<Answer, StoreError> {
    let Some(view) = action::find(tx, act.tenant, act.id)? else { return Ok(Answer::NotThere) };
    if *deed == Deed::Resend && view.kind != callback::KIND {
        return Ok(Answer::NotThere);
    }
    match view.state.as_str() {
        "pending" | "parked" => {}
        "done" if *deed == Deed::Resend => {}
        _ => return Ok(Answer::Settled),
    }
    if view.leased_until > now {
        return Ok(Answer::BeingTried);
    }
    match deed {
        Deed::Retry(doubt) => {
            again(tx, act, &view, (&view.body, &view.lane, *doubt), now)?;
            note(tx, act, &view, now, ("record.retried", "callback.retried"), json!({}))?;
        }
        Deed::Resend => {
            again(tx, act, &view, (&view.body, &view.lane, Doubt::Kept), now)?;
            note(tx, act, &view, now, ("record.resent", "callback.resent"), json!({}))?;
        }
        Deed::Edit(edit) => {
            let body = match edited(&view, edit) {
                Ok(body) => body,
                Err(why) => return Ok(Answer::Unfit(why)),
            };
            // Another receiver has another lane; the old one's trouble is not the new one's.
            let lane = edit.url.as_ref().map(|url| callback::lane(act.tenant, url));
            again(tx, act, &view, (&body, lane.as_ref().unwrap_or(&view.lane), Doubt::Kept), now)?;
            let changed = json!({
                "object": edit.object,
                "fields": edit.fields.as_ref().map(|fields| fields.iter().map(|(name, _)| name).collect::<Vec<_>>()),
                "url": edit.url.is_some(),
            });
            note(tx, act, &view, now, ("record.edited", "callback.edited"), json!({ "changed": changed }))?;
        }
        Deed::GiveUp => {
            action::give_up(tx, act.tenant, act.id, now)?;
            note(tx, act, &view, now, ("record.given_up", "callback.given_up"), json!({}))?;
            if view.kind == record::KIND {
                let words = "an administrator gave the record up before it was written";
                let outcome = Outcome::failed(Class::Refused, "GIVEN_UP", words);
                let purpose = record::purpose(&view.body);
                record::with_transaction(tx, view.transaction, |tx, over| {
                    record::failed_for_good(tx, over, purpose, &outcome, now)
                })?;
            }
        }
    }
    Ok(Answer::Done)
}

/// Puts a step back to work, and lets its lane try at once. What a record's last attempt sent may still be on its way: the
/// record is not looked for before it must have arrived.
fn again(
    tx: &mut Tx<'_>,
    act: &Act,
    view: &View,
    (body, lane, doubt): (&str, &str, Doubt),
    now: Timestamp,
) -> Result<(), StoreError> {
    let doubts = match doubt {
        Doubt::Kept => view.doubts,
        Doubt::Dispelled => 0,
    };
    let arrived = match view.settled_at {
        Some(settled) => settled.plus(record::REST),
        None => view.due_at.min(now.plus(record::REST)),
    };
    let in_doubt = view.kind == record::KIND && doubts > 0;
    let due_at = if in_doubt { arrived.max(now) } else { now };
    action::again(tx, act.tenant, act.id, Again { body, lane, doubts, due_at, was: &view.state }, now)?;
    lane::open_now(tx, act.tenant, lane, now)
}

/// The changed body.
fn edited(view: &View, edit: &Edit) -> Result<String, &'static str> {
    let unreadable = "what is stored of this step cannot be read by this version";
    if view.kind == record::KIND {
        let mut order: Order = serde_json::from_str(&view.body).map_err(|_| unreadable)?;
        if edit.url.is_some() {
            return Err("a record has no url; change its object or its fields");
        }
        if let Some(object) = &edit.object {
            order.object.clone_from(object);
        }
        if let Some(fields) = &edit.fields {
            order.fields.clone_from(fields);
        }
        return written(&order);
    }
    let mut callback: Callback = serde_json::from_str(&view.body).map_err(|_| unreadable)?;
    if edit.object.is_some() || edit.fields.is_some() {
        return Err("a callback has no object and no fields; change its url");
    }
    if let Some(url) = &edit.url {
        callback.url.clone_from(url);
    }
    written(&callback)
}

fn written(value: &impl Serialize) -> Result<String, &'static str> {
    serde_json::to_string(value).map_err(|_| "the change cannot be written down")
}

/// Writes down who did what, under the name it has for a record or for a callback.
fn note(
    tx: &mut Tx<'_>,
    act: &Act,
    view: &View,
    now: Timestamp,
    (of_record, of_callback): (&'static str, &'static str),
    mut body: serde_json::Value,
) -> Result<(), StoreError> {
    body["by"] = json!(act.by);
    let kind = if view.kind == record::KIND { of_record } else { of_callback };
    record::with_transaction(tx, view.transaction, |tx, over| follow_up::note(tx, over, now, kind, body))
}
