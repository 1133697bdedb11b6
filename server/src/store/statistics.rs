//! The calls of a tenant in a stretch of time, page by page (semantics 6.2).
//!
//! Promises: rows stand in the order in which they were committed, so that a row has one place for ever: what is committed
//! while somebody reads comes after all that was there, and who reads page by page misses none and gets none twice.
//!
//! The order is that of `txn.id`, not of `created_at`: clicks can be committed out of the order of their clocks, and a row
//! that moved in front of others would shift them. Ids follow commits because there is one writer at a time and rows are
//! never deleted; on an engine with several writers at once a page must end before the oldest transaction still open.
//! Leaves to others: what is shown of a call (`web::stats`).

use super::transaction::{View, viewed};
use super::{StoreError, Tx, Value};
use ringbridge_core::id::TenantId;
use ringbridge_core::time::Timestamp;
use std::ops::Range;

/// The calls whose click came in `range`, from the `offset`th on, `limit` at most.
///
/// The inner statement reads one index and nothing else; it sorts the ids of the stretch, so that a page of a day costs
/// milliseconds whatever the table holds, and one of a million calls a third of a second. The newest callback job is taken,
/// so that a call is one row whatever jobs it has.
pub fn page(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    range: Range<Timestamp>,
    offset: u32,
    limit: u32,
) -> Result<Vec<View>, StoreError> {
    let rows = tx.query(
        "select txn.id, txn.guid, txn.tenant_id, txn.agent_id, txn.queue_id, txn.number, txn.caller_id, txn.state,
                txn.link, txn.call, txn.created_at, txn.answered_at, txn.ended_at, txn.completed_at, txn.result_code,
                txn.error_string, txn.record_id, job.state as job_state, job.attempt as job_attempt
         from (select id from txn where tenant_id = $1 and created_at >= $2 and created_at < $3
               order by id limit $4 offset $5) as page
         join txn on txn.id = page.id
         left join job on job.id = (select max(id) from job where transaction_id = txn.id and kind = 'callback')
         order by txn.id",
        &[
            tenant.0.into(),
            range.start.into(),
            range.end.into(),
            Value::Int(limit.into()),
            Value::Int(offset.into()),
        ],
    )?;
    rows.iter().map(viewed).collect()
}
