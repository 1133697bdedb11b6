//! What one step writes: its events, the projection, and at completion the result and the jobs, in one commit.
//!
//! Promises: the journal and the transaction's row cannot disagree, since they are written together. Leaves to others:
//! when to commit (`click`, `task`), the statements (`store`).

use super::ladder::{Ladder, SIP_MESSAGES};
use super::session::Completion;
use crate::jobs::{self, Over};
use crate::store::journal::{self, NewEntry};
use crate::store::transaction::{self, Version};
use crate::store::{StoreError, Tx, presence};
use ringbridge_core::agent::{self, Engagement};
use ringbridge_core::call::{Call, Stage};
use ringbridge_core::event::Event;
use ringbridge_core::id::{AgentId, InteractionGuid, QueueId, TenantId, TransactionId};
use ringbridge_core::placement::Placement;
use ringbridge_core::time::Timestamp;
use serde_json::json;

/// Which transaction it is, and whose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Identity {
    pub(super) id: TransactionId,
    pub(super) guid: InteractionGuid,
    pub(super) tenant: TenantId,
    pub(super) agent: AgentId,
    pub(super) queue: Option<QueueId>,
}

/// What one step is to write.
pub(super) struct Page<'a> {
    pub(super) who: &'a Identity,
    pub(super) placement: &'a Placement,
    pub(super) call: &'a Call,
    pub(super) bridge: &'a str,
    pub(super) events: &'a [Event],
    /// The SIP messages that belong to it.
    pub(super) ladder: &'a Ladder,
    pub(super) completion: Completion,
    /// What the call meant for the agent's status before the step.
    pub(super) before: Engagement,
    pub(super) version: Version,
    pub(super) now: Timestamp,
}

/// Writes it; gives the guard of the next page.
pub(super) fn write(tx: &mut Tx<'_>, page: &Page<'_>) -> Result<Version, StoreError> {
    if let Some(body) = page.ladder.body() {
        // For the trace alone: without an agent, no console looks at it.
        journal::append(tx, &NewEntry { agent: None, ..entry(page, SIP_MESSAGES, body) })?;
    }
    for event in page.events {
        append(tx, page, event.kind(), event.body())?;
    }
    let version = transaction::update(tx, page.who.id, page.version, page.call, page.bridge, page.now)?;
    match page.completion {
        Completion::Now => complete(tx, page)?,
        Completion::NotNow => {}
    }
    note_status(tx, page)?;
    Ok(version)
}

fn append(
    tx: &mut Tx<'_>,
    page: &Page<'_>,
    kind: &'static str,
    body: serde_json::Value,
) -> Result<(), StoreError> {
    journal::append(tx, &entry(page, kind, body)).map(|_| ())
}

fn entry(page: &Page<'_>, kind: &'static str, body: serde_json::Value) -> NewEntry {
    NewEntry {
        tenant: Some(page.who.tenant),
        agent: Some(page.who.agent),
        transaction: Some(page.who.id),
        at: page.now,
        kind,
        body,
    }
}

/// Begins the steps after the call (semantics 4 and 5). The result stays open while a record is being written.
fn complete(tx: &mut Tx<'_>, page: &Page<'_>) -> Result<(), StoreError> {
    let over = Over {
        tenant: page.who.tenant,
        agent: page.who.agent,
        id: page.who.id,
        guid: &page.who.guid,
        placement: page.placement,
        call: page.call,
        completed_at: page.now,
    };
    let result = jobs::complete(tx, &over)?;
    let body = json!({
        "result_code": result.as_ref().map(|result| result.code),
        "error_string": result.as_ref().map(|result| &result.error_string),
    });
    append(tx, page, "transaction.completed", body)
}

/// Tells consoles when the step changed the agent's status (semantics 1.10, 2.6).
fn note_status(tx: &mut Tx<'_>, page: &Page<'_>) -> Result<(), StoreError> {
    let after = engagement(page.call, page.who.queue);
    if page.before == after {
        return Ok(());
    }
    let (presence, _) = presence::get(tx, page.who.agent)?;
    let status = agent::status(presence, after);
    if status == agent::status(presence, page.before) {
        return Ok(());
    }
    append(tx, page, "agent.status", json!({ "status": status }))
}

/// What a call means for its agent's status.
pub(super) fn engagement(call: &Call, queue: Option<QueueId>) -> Engagement {
    match call.stage() {
        Stage::Connected { .. } if queue.is_some() => Engagement::OnQueueCall,
        Stage::Admitted
        | Stage::RingingAgent { .. }
        | Stage::RingingCustomer { .. }
        | Stage::Connected { .. } => Engagement::OnCall,
        Stage::WrapUp { .. } => Engagement::WrappingUp,
        Stage::Completed => Engagement::Free,
    }
}
