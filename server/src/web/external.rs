//! The agent's account at the screen pop's target: what they entered, else what the admin set (semantics 5.4, SEC-30).
//!
//! Promises: what an agent enters is sealed before it is stored, for their session unless they ask for more; the password
//! leaves this file for the one page that posts it and for nothing else. Leaves to others: the endpoint (`api::external`),
//! the page (`pop_page`).

use super::App;
use super::problem::Problem;
use super::session::Caller;
use crate::keys::Spot;
use crate::{clock, store};
use ringbridge_core::redact::Secret;
use serde::{Deserialize, Serialize};

/// Longer fields than this are nobody's.
const FIELD_MAX: usize = 1024;

/// The column that what is remembered is sealed for.
const COLUMN: &str = "external_login";

/// An account at the target.
pub struct External {
    /// The user name.
    pub username: String,
    /// The password.
    pub password: Secret,
    /// Where it is from.
    pub kept: Kept,
}

/// Where an account is from, the first that there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kept {
    /// The agent entered it for this session.
    Session,
    /// The agent entered it and asked to have it remembered.
    Remembered,
    /// The admin set it.
    Admin,
    /// There is none.
    None,
}

/// For how long what an agent enters is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// Until they log out.
    ForTheSession,
    /// Until they say otherwise.
    Remembered,
}

/// An account as it is sealed.
#[derive(Serialize, Deserialize)]
struct Entered {
    username: String,
    password: String,
}

/// What an agent entered, ready to be sealed; nothing where both are empty or one is too long.
#[must_use]
pub fn entered(username: &str, password: &str) -> Option<Secret> {
    if (username.is_empty() && password.is_empty()) || !fits(username) || !fits(password) {
        return None;
    }
    let entered = Entered { username: username.to_owned(), password: password.to_owned() };
    serde_json::to_string(&entered).ok().map(Secret::new)
}

/// Whether a field is of a length that is taken.
#[must_use]
pub const fn fits(field: &str) -> bool {
    field.len() <= FIELD_MAX
}

/// The caller's account.
///
/// # Errors
/// Trouble with the database.
pub async fn of(app: &App, caller: &Caller) -> Result<External, Problem> {
    let (session, tenant, agent, now) =
        (caller.session.clone(), caller.tenant.id, caller.agent, clock::now());
    let sealed = app.store.read(move |tx| {
        let of_session = store::session::find(tx, &session, now)?.and_then(|session| session.external);
        Ok((of_session, store::external_login::find(tx, tenant, agent)?))
    });
    let (of_session, remembered) = sealed.await?;
    let spots = [
        (of_session, Spot::Session(tenant, &caller.session), Kept::Session),
        (remembered, Spot::Agent(tenant, agent, COLUMN), Kept::Remembered),
    ];
    for (sealed, spot, kept) in spots {
        let Some(sealed) = sealed.filter(|sealed| !sealed.is_empty()) else { continue };
        let opened = app.keys.open_sealed(spot, &sealed).ok();
        let opened = opened.and_then(|opened| serde_json::from_str::<Entered>(opened.expose()).ok());
        match opened {
            Some(Entered { username, password }) => {
                return Ok(External { username, password: Secret::new(password), kept });
            }
            None => tracing::error!(%agent, "what an agent entered for screen pops cannot be opened"),
        }
    }
    let settings = caller.settings()?;
    let (username, password) = (settings.external_username.clone(), settings.external_password.clone());
    let kept = if username.is_empty() && password.is_empty() { Kept::None } else { Kept::Admin };
    Ok(External { username, password, kept })
}

/// Keeps what the caller entered, in the place of everything they entered before.
///
/// # Errors
/// Trouble with the database.
pub async fn keep(app: &App, caller: &Caller, entered: &Secret, keep: Keep) -> Result<(), Problem> {
    let (session, tenant, agent, now) =
        (caller.session.clone(), caller.tenant.id, caller.agent, clock::now());
    let spot = match keep {
        Keep::ForTheSession => Spot::Session(tenant, &caller.session),
        Keep::Remembered => Spot::Agent(tenant, agent, COLUMN),
    };
    let sealed = app.keys.seal(spot, entered);
    let unit = app.store.write(move |tx| match keep {
        Keep::ForTheSession => {
            store::external_login::forget(tx, tenant, agent)?;
            store::session::set_external(tx, &session, Some(&sealed))
        }
        Keep::Remembered => {
            store::session::set_external(tx, &session, None)?;
            store::external_login::keep(tx, tenant, agent, &sealed, now)
        }
    });
    Ok(unit.await?)
}

/// Forgets what the caller entered; the admin's account counts again.
///
/// # Errors
/// Trouble with the database.
pub async fn forget(app: &App, caller: &Caller) -> Result<(), Problem> {
    let (session, tenant, agent) = (caller.session.clone(), caller.tenant.id, caller.agent);
    let unit = app.store.write(move |tx| {
        store::session::set_external(tx, &session, None)?;
        store::external_login::forget(tx, tenant, agent)
    });
    Ok(unit.await?)
}
