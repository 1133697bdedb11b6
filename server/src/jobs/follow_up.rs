//! The steps after a call, in their order: record, new record's id, screen pop, callback (semantics 5).
//!
//! Promises: each step is written down in the commit that makes its turn come: the record at completion, the rest in the
//! commit that settles the record, or at completion where there is none to wait for. A result is written once, and again
//! only when an admin brought a record about after all; then the receiver is told again, under another `webhook-id`. Leaves to others: what each step says
//! (`core::completion`), trying (`runner`).

use super::{callback, crm, screen_pop};
use crate::store::journal::{self, NewEntry};
use crate::store::{StoreError, Tx, action, transaction};
use ringbridge_core::call::Call;
use ringbridge_core::completion::{ActionResult, Decided};
use ringbridge_core::id::{AgentId, InteractionGuid, TenantId, TransactionId};
use ringbridge_core::placement::{Ended, Placement};
use ringbridge_core::time::Timestamp;
use serde_json::json;

/// A transaction whose call is over.
#[derive(Clone, Copy, Debug)]
pub struct Over<'a> {
    /// Its tenant.
    pub tenant: TenantId,
    /// Its agent.
    pub agent: AgentId,
    /// Its number.
    pub id: TransactionId,
    /// Its GUID.
    pub guid: &'a InteractionGuid,
    /// What was settled at admission.
    pub placement: &'a Placement,
    /// The call.
    pub call: &'a Call,
    /// The moment of completion.
    pub completed_at: Timestamp,
}

impl<'a> Over<'a> {
    fn ended(&self) -> Option<Ended<'a>> {
        let outcome = self.call.outcome()?;
        let Self { agent, id, guid, call, completed_at, .. } = *self;
        Some(Ended { transaction: id, guid, agent, outcome, selection: call.selection(), completed_at })
    }
}

/// Begins the steps, in the transaction that completes the call. Gives the result where it is settled already.
pub fn complete(tx: &mut Tx<'_>, over: &Over<'_>) -> Result<Option<ActionResult>, StoreError> {
    let Some(ended) = over.ended() else { return Ok(None) };
    let completed = over.placement.complete(ended);
    if let Some(log) = &completed.auto_log {
        crm::enqueue(tx, over, log)?;
    }
    match completed.action {
        Decided::Create(order) => {
            crm::enqueue(tx, over, &order)?;
            Ok(None)
        }
        Decided::Settled(result) => {
            go_on(tx, over, &result, over.completed_at)?;
            Ok(Some(result))
        }
    }
}

/// Writes the result down and the steps that follow from it.
pub(super) fn go_on(
    tx: &mut Tx<'_>,
    over: &Over<'_>,
    result: &ActionResult,
    now: Timestamp,
) -> Result<(), StoreError> {
    let Some(ended) = over.ended() else { return Ok(()) };
    transaction::set_result(tx, over.id, result)?;
    note(tx, over, now, "action.settled", told(result))?;
    let mut follow_up = over.placement.follow_up(ended, result);
    if let Some(pop) = over.placement.screen_pop(over.tenant, ended, result, &follow_up) {
        screen_pop::offer(tx, over, &pop, now)?;
    }
    if let Some(callback) = &mut follow_up.callback {
        // A second one tells of another result, so it is another message: receivers drop what they have seen.
        let earlier = action::of_kind(tx, over.id, callback::KIND)?;
        if earlier > 0 {
            // What was not delivered yet says what is not true any more, and must not arrive after this.
            action::supersede(tx, over.id, callback::KIND, now)?;
            callback.webhook_id = format!("{}_{}", callback.webhook_id, earlier + 1);
        }
        callback::enqueue(tx, (over.tenant, over.agent, over.id), callback, now)?;
    }
    Ok(())
}

/// Appends an event of this transaction.
pub(super) fn note(
    tx: &mut Tx<'_>,
    over: &Over<'_>,
    at: Timestamp,
    kind: &'static str,
    body: serde_json::Value,
) -> Result<(), StoreError> {
    let entry = NewEntry {
        tenant: Some(over.tenant),
        agent: Some(over.agent),
        transaction: Some(over.id),
        at,
        kind,
        body,
    };
    journal::append(tx, &entry).map(drop)
}

/// What an event says of a result.
fn told(result: &ActionResult) -> serde_json::Value {
    json!({
        "result_code": result.code.as_str(),
        "error_string": result.error_string,
        "record_id": result.record.as_ref().map(|record| &record.id),
        "page": result.record.as_ref().and_then(|record| record.pages.as_ref()).map(|pages| &pages.view),
    })
}
