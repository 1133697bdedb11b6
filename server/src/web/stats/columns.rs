//! The columns of an interaction, each with its name and where it comes from: the one place that decides them.
//!
//! Promises: a row needs nothing but itself and, for the queue's name and the zone, the tenant as it is now: an agent who
//! was taken out keeps login and name, since the transaction holds them as they were at the click. A call in progress has
//! empty cells for what has not happened yet.

use super::sheet::Cell;
use crate::store::transaction::View;
use crate::web::call_view;
use ringbridge_core::call::Outcome;
use ringbridge_core::completion::{TENANT_TIME, duration_seconds};
use ringbridge_core::placement::Placement;
use ringbridge_core::tenant::Tenant;
use ringbridge_core::time::Timestamp;

/// What a row is made of.
struct Call<'a> {
    view: &'a View,
    placement: Placement,
    tenant: &'a Tenant,
}

impl Call<'_> {
    fn outcome(&self) -> Option<&Outcome> {
        self.view.call.outcome()
    }

    /// A moment as the tokens write it (semantics 4.3), in the tenant's zone.
    fn in_zone(&self, moment: Option<Timestamp>) -> Cell {
        Cell::maybe(moment.map(|moment| self.tenant.zone.format(moment, TENANT_TIME)))
    }

    /// Whole seconds from the end of the call to its completion, counted like the duration.
    fn wrap_up_seconds(&self) -> Option<i64> {
        let (ended, completed) = (self.view.ended_at?, self.view.completed_at?);
        Some((completed.as_seconds() - ended.as_seconds()).max(0))
    }
}

fn utc(moment: Option<Timestamp>) -> Cell {
    Cell::maybe(moment.map(Timestamp::rfc3339))
}

fn number(number: Option<i64>) -> Cell {
    number.map_or(Cell::Empty, Cell::Number)
}

/// What a column says of a call.
type Column = (&'static str, fn(&Call<'_>) -> Cell);

const COLUMNS: [Column; 29] = [
    ("transaction_id", |call| Cell::Number(call.view.id.0)),
    ("interaction_guid", |call| Cell::text(&call.view.guid.0)),
    ("state", |call| Cell::text(&call.view.state)),
    ("agent_login", |call| Cell::text(&call.placement.agent_login)),
    ("agent_name", |call| Cell::text(&call.placement.agent_name)),
    ("queue_id", |call| number(call.view.queue.map(|id| id.0))),
    ("queue_name", |call| {
        Cell::maybe(call.view.queue.and_then(|id| call.tenant.queue(id)).map(|queue| &queue.name))
    }),
    ("number", |call| Cell::text(call.view.number.expose())),
    ("caller_id", |call| Cell::text(call.view.caller_id.expose())),
    ("direction", |_| Cell::text("outbound")),
    ("created_at", |call| utc(Some(call.view.created_at))),
    ("created_at_tenant", |call| call.in_zone(Some(call.view.created_at))),
    ("answered_at", |call| utc(call.view.answered_at)),
    ("answered_at_tenant", |call| call.in_zone(call.view.answered_at)),
    ("ended_at", |call| utc(call.view.ended_at)),
    ("ended_at_tenant", |call| call.in_zone(call.view.ended_at)),
    ("completed_at", |call| utc(call.view.completed_at)),
    ("completed_at_tenant", |call| call.in_zone(call.view.completed_at)),
    ("duration_seconds", |call| number(call.outcome().map(duration_seconds))),
    ("wrap_up_seconds", |call| number(call.wrap_up_seconds())),
    ("end_reason", |call| Cell::maybe(call.outcome().map(|outcome| outcome.reason.as_str()))),
    ("ended_by", |call| Cell::maybe(call.outcome().map(|outcome| outcome.by.as_str()))),
    ("sentence", |call| Cell::text(call_view::sentence_of(call.view))),
    ("transaction_codes", |call| Cell::text(call.view.call.selection().codes_text())),
    ("notes", |call| Cell::text(&call.view.call.selection().notes)),
    ("result_code", |call| Cell::maybe(call.view.result_code.as_ref())),
    ("error_string", |call| Cell::maybe(call.view.error_string.as_ref())),
    ("record_id", |call| Cell::maybe(call.view.record_id.as_ref())),
    ("callback_state", |call| Cell::text(call.view.callback.state)),
];

/// The names of the columns, in order.
pub(super) fn names() -> Vec<&'static str> {
    COLUMNS.iter().map(|(name, _)| *name).collect()
}

/// The cells of a call.
///
/// # Errors
/// When its row cannot be read; the sentence is for the log.
pub(super) fn row(view: &View, tenant: &Tenant) -> Result<Vec<Cell>, String> {
    let call = Call { view, placement: call_view::placement(view)?, tenant };
    Ok(COLUMNS.iter().map(|(_, cell)| cell(&call)).collect())
}
