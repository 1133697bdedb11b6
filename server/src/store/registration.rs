//! Where registered phones are: address of record → contacts, each with the flow it came on.
//!
//! Promises: a contact found here has not expired. Leaves to others: authenticating REGISTER and the order of CSeq
//! (`telephony::registrar`).

use super::{Row, StoreError, Tx};
use ringbridge_core::time::Timestamp;

/// A contact of a phone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registration {
    /// The name it registers under (`register = "…"` in the tenant file).
    pub aor: String,
    /// Its contact URI.
    pub contact: String,
    /// How it is reached: transport, address and connection, as JSON.
    pub flow: String,
    /// The Call-ID of the last REGISTER.
    pub call_id: String,
    /// The CSeq of the last REGISTER.
    pub cseq: i64,
    /// What it says it is.
    pub user_agent: String,
    /// When it registered last.
    pub registered_at: Timestamp,
    /// When it expires.
    pub expires_at: Timestamp,
}

/// Writes a contact, or refreshes it.
pub fn put(tx: &mut Tx<'_>, new: &Registration) -> Result<(), StoreError> {
    tx.execute(
        "insert into registration (aor, contact, flow, call_id, cseq, user_agent, registered_at, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)
         on conflict (aor, contact) do update set flow = excluded.flow, call_id = excluded.call_id,
             cseq = excluded.cseq, user_agent = excluded.user_agent, registered_at = excluded.registered_at,
             expires_at = excluded.expires_at",
        &[
            new.aor.as_str().into(),
            new.contact.as_str().into(),
            new.flow.as_str().into(),
            new.call_id.as_str().into(),
            new.cseq.into(),
            new.user_agent.as_str().into(),
            new.registered_at.into(),
            new.expires_at.into(),
        ],
    )?;
    Ok(())
}

/// The contacts of an address of record, the newest first.
pub fn of_aor(tx: &mut Tx<'_>, aor: &str, now: Timestamp) -> Result<Vec<Registration>, StoreError> {
    let rows = tx.query(
        "select aor, contact, flow, call_id, cseq, user_agent, registered_at, expires_at from registration
         where aor = $1 and expires_at > $2 order by registered_at desc, contact",
        &[aor.into(), now.into()],
    )?;
    rows.iter().map(registration).collect()
}

/// All contacts that have not expired: what a restart begins with.
pub fn all(tx: &mut Tx<'_>, now: Timestamp) -> Result<Vec<Registration>, StoreError> {
    let rows = tx.query(
        "select aor, contact, flow, call_id, cseq, user_agent, registered_at, expires_at from registration
         where expires_at > $1 order by aor, contact",
        &[now.into()],
    )?;
    rows.iter().map(registration).collect()
}

/// Takes one contact away.
pub fn remove(tx: &mut Tx<'_>, aor: &str, contact: &str) -> Result<(), StoreError> {
    tx.execute("delete from registration where aor = $1 and contact = $2", &[aor.into(), contact.into()])?;
    Ok(())
}

/// Takes all contacts of an address of record away (`Contact: *`).
pub fn remove_aor(tx: &mut Tx<'_>, aor: &str) -> Result<(), StoreError> {
    tx.execute("delete from registration where aor = $1", &[aor.into()])?;
    Ok(())
}

/// Sweeps out expired contacts.
pub fn remove_expired(tx: &mut Tx<'_>, now: Timestamp) -> Result<u64, StoreError> {
    tx.execute("delete from registration where expires_at <= $1", &[now.into()])
}

fn registration(row: &Row) -> Result<Registration, StoreError> {
    Ok(Registration {
        aor: row.text("aor")?,
        contact: row.text("contact")?,
        flow: row.text("flow")?,
        call_id: row.text("call_id")?,
        cseq: row.int("cseq")?,
        user_agent: row.text("user_agent")?,
        registered_at: row.moment("registered_at")?,
        expires_at: row.moment("expires_at")?,
    })
}
