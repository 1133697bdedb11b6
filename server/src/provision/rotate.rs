//! A new callback secret, while the one before it goes on signing for a while.
//!
//! Promises: an ordinary change with its revision; the new secret is told once; of two rotations at once one is refused.
//! Leaves to others: signing with both (`core::callback`).

use super::change::{ChangeError, Edit, change};
use super::part::Part;
use super::{Mode, Outcome, Site, Stamp, export, load};
use crate::chance;
use ringbridge_core::callback::SigningKey;
use ringbridge_core::id::TenantId;
use std::time::Duration;

/// Rotates a tenant's secret; the old one signs for `overlap` from now on, and one that signed beside it no more. Blocks as
/// [`change`] does.
///
/// # Errors
/// Why nothing was changed.
pub fn rotate_callback_secret(
    site: &Site<'_>,
    tenant: TenantId,
    overlap: Duration,
    stamp: &Stamp,
) -> Result<Outcome, ChangeError> {
    let (_, tenants) = load(site.store, site.keys)?;
    let current = tenants.iter().find(|known| known.id == tenant).ok_or(ChangeError::Missing)?;
    let was = export::json(current)[Part::Callbacks.as_str()].clone();
    let secret = SigningKey::make_secret(chance::bytes());
    let mut value = was.clone();
    value["secret"] = secret.expose().into();
    if !overlap.is_zero() && !current.callbacks.secret.is_empty() {
        value["previous_secret"] = current.callbacks.secret.expose().into();
        value["previous_secret_until"] = stamp.at.plus(overlap).rfc3339().into();
    } else if let Some(keys) = value.as_object_mut() {
        keys.remove("previous_secret");
        keys.remove("previous_secret_until");
    }
    // What is compared shows no secret, but the moment of the last rotation.
    let edit = Edit::Put { part: Part::Callbacks, key: None, value, was: Some(was) };
    let mut outcome = change(site, tenant, &[edit], stamp, Mode::Apply)?;
    outcome.made.push((format!("callback secret of tenant {}", current.name), secret));
    Ok(outcome)
}
