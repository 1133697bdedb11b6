//! Parked clicks: a link that waits for a log-in or a person's confirmation (security SEC-2, SEC-3, SEC-5).
//!
//! Promises: a parked click can be taken once, by its owner, before it expires; their number is capped for each owner and
//! in all, so that strangers cannot fill the disk. Leaves to others: making and hashing its id, and what is in it (`web`).

use super::{Row, StoreError, Tx};
use ringbridge_core::time::Timestamp;

/// A click that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parked {
    /// The SHA-256 of its id, in hexadecimal.
    pub id_hash: String,
    /// Whose it is: a session's hash, or an address where there is no session yet.
    pub owner: String,
    /// What waits, as JSON.
    pub body: String,
    /// When it was parked.
    pub created_at: Timestamp,
    /// Until when it can be taken.
    pub expires_at: Timestamp,
}

/// How many may wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caps {
    /// For one owner.
    pub per_owner: i64,
    /// In all.
    pub total: i64,
}

/// Whether a click was parked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parking {
    /// It waits.
    Kept,
    /// A cap is reached; it was not kept.
    Full,
}

/// Parks a click unless a cap is reached. Expired ones make room first.
pub fn park(tx: &mut Tx<'_>, click: &Parked, caps: Caps) -> Result<Parking, StoreError> {
    remove_expired(tx, click.created_at)?;
    let row = tx.first(
        "select count(*) as total, coalesce(sum(case when owner = $1 then 1 else 0 end), 0) as own from parked_click",
        &[click.owner.as_str().into()],
    )?;
    if let Some(row) = row
        && (row.int("total")? >= caps.total || row.int("own")? >= caps.per_owner)
    {
        return Ok(Parking::Full);
    }
    tx.execute(
        "insert into parked_click (id_hash, owner, body, created_at, expires_at) values ($1, $2, $3, $4, $5)",
        &[
            click.id_hash.as_str().into(),
            click.owner.as_str().into(),
            click.body.as_str().into(),
            click.created_at.into(),
            click.expires_at.into(),
        ],
    )?;
    Ok(Parking::Kept)
}

/// Looks at a parked click without taking it.
pub fn peek(tx: &mut Tx<'_>, id_hash: &str, now: Timestamp) -> Result<Option<Parked>, StoreError> {
    let row = tx.first(
        "select id_hash, owner, body, created_at, expires_at from parked_click
         where id_hash = $1 and expires_at > $2",
        &[id_hash.into(), now.into()],
    )?;
    row.as_ref().map(parked).transpose()
}

/// Takes a parked click; of two that try at once, one gets it.
pub fn take(tx: &mut Tx<'_>, id_hash: &str, now: Timestamp) -> Result<Option<Parked>, StoreError> {
    let row = tx.first(
        "delete from parked_click where id_hash = $1 and expires_at > $2
         returning id_hash, owner, body, created_at, expires_at",
        &[id_hash.into(), now.into()],
    )?;
    row.as_ref().map(parked).transpose()
}

/// Sweeps out parked clicks that nobody took.
pub fn remove_expired(tx: &mut Tx<'_>, now: Timestamp) -> Result<u64, StoreError> {
    tx.execute("delete from parked_click where expires_at <= $1", &[now.into()])
}

fn parked(row: &Row) -> Result<Parked, StoreError> {
    Ok(Parked {
        id_hash: row.text("id_hash")?,
        owner: row.text("owner")?,
        body: row.text("body")?,
        created_at: row.moment("created_at")?,
        expires_at: row.moment("expires_at")?,
    })
}
