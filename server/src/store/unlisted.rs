//! Clicks whose page stood in their way: it is not on its tenant's list of origins (security SEC-2).
//!
//! Promises: looks at the newest entries only, through an index that holds nothing else. Leaves to others: which of those
//! origins are listed by now (`core::origin`), writing the entries (`web::refused`).

use super::{Row, StoreError, Tx, Value};
use ringbridge_core::id::TenantId;
use ringbridge_core::time::Timestamp;

/// An origin with its clicks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unlisted {
    /// `scheme://host[:port]`.
    pub origin: String,
    /// How many clicks on it were refused or had to be confirmed.
    pub times: u64,
    /// When the last one was.
    pub last_at: Timestamp,
    /// What was answered to it.
    pub last_code: String,
}

/// The origins of a tenant's clicks since a moment, newest first; the newest `looked_at` entries are looked at.
pub fn origins(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    since: Timestamp,
    looked_at: u32,
) -> Result<Vec<Unlisted>, StoreError> {
    let rows = tx.query(
        "select at, body from journal where tenant_id = $1 and kind in ('click.asked', 'click.refused')
         order by seq desc limit $2",
        &[tenant.0.into(), Value::Int(looked_at.into())],
    )?;
    let mut origins: Vec<Unlisted> = Vec::new();
    for row in &rows {
        let Some(click) = unlisted(row)?.filter(|click| click.last_at >= since) else { continue };
        match origins.iter_mut().find(|known| known.origin == click.origin) {
            // The rows come newest first, so that the first one of an origin is its last.
            Some(known) => known.times += 1,
            None => origins.push(click),
        }
    }
    Ok(origins)
}

/// The click of an entry, if its page has an origin and was not listed.
fn unlisted(row: &Row) -> Result<Option<Unlisted>, StoreError> {
    let body = row.json("body")?;
    let text = |name: &str| body.get(name).and_then(|value| value.as_str()).map(str::to_owned);
    let (Some(true), Some(origin)) = (body.get("unlisted").and_then(|flag| flag.as_bool()), text("origin"))
    else {
        return Ok(None);
    };
    let last_code = text("code").unwrap_or_default();
    Ok(Some(Unlisted { origin, times: 1, last_at: row.moment("at")?, last_code }))
}
