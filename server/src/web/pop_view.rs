//! A screen pop as the API shows it: where it is, what it opens, and never a password (SEC-30).

use super::App;
use super::external;
use super::problem::Problem;
use super::session::{Caller, Principal};
use crate::clock;
use crate::store::screen_pop::{self, Stored};
use ringbridge_core::id::{TenantId, TransactionId};
use ringbridge_core::screen_pop::{Credential, page};
use ringbridge_core::time::Timestamp;
use serde_json::{Value, json};
use std::time::Duration;

/// How many pops a console shows: nobody presses more buttons than that.
const SHOWN_MAX: u32 = 10;

/// A pop that waited longer than a day is not shown any more; its call still tells of it.
const SHOWN_FOR: Duration = Duration::from_secs(24 * 60 * 60);

/// The whole of it.
fn whole(stored: &Stored) -> Value {
    let mut shown = stored.pop.shown();
    shown["state"] = stored.state.as_str().into();
    shown["page"] = page(stored.transaction).into();
    shown["offered_at"] = stored.offered_at.rfc3339().into();
    shown
}

/// As a console needs it: without the fields, and with the time since its call was complete, by our clock.
fn short(stored: &Stored, now: Timestamp) -> Value {
    let mut shown = whole(stored);
    if let Value::Object(shown) = &mut shown {
        shown.remove("fields");
    }
    shown["transaction_id"] = stored.transaction.0.into();
    shown["age_seconds"] = now.since(stored.complete_at).as_secs().into();
    shown["unchanged_seconds"] = now.since(stored.changed_at).as_secs().into();
    shown
}

/// The pop of a call; the user name at the target is for its agent's eyes only.
///
/// # Errors
/// Trouble with the database.
pub async fn of_call(
    app: &App,
    who: &Principal,
    tenant: TenantId,
    transaction: TransactionId,
) -> Result<Value, Problem> {
    let found = app.store.read(move |tx| screen_pop::find(tx, tenant, transaction)).await?;
    let Some(stored) = found else { return Ok(Value::Null) };
    let mut shown = whole(&stored);
    let owner = match who {
        Principal::Agent(caller) if caller.agent == stored.agent => Some(caller),
        Principal::Agent(_) | Principal::Program(_) => None,
    };
    if let (Some(caller), Some(Value::Object(fields))) = (owner, shown.get_mut("fields")) {
        let username = external::of(app, caller).await?.username;
        for (name, value) in fields {
            match Credential::of(name) {
                Some(Credential::Username) => *value = username.as_str().into(),
                Some(Credential::Password) | None => {}
            }
        }
    }
    Ok(shown)
}

/// The pops that the caller's consoles show.
///
/// # Errors
/// Trouble with the database.
pub async fn of_agent(app: &App, caller: &Caller) -> Result<Value, Problem> {
    let (tenant, agent, now) = (caller.tenant.id, caller.agent, clock::now());
    let day = i64::try_from(SHOWN_FOR.as_millis()).unwrap_or(i64::MAX);
    let after = Timestamp::from_millis(now.as_millis().saturating_sub(day));
    let open =
        app.store.read(move |tx| screen_pop::open_of_agent(tx, tenant, agent, after, SHOWN_MAX)).await?;
    Ok(json!(open.iter().map(|stored| short(stored, now)).collect::<Vec<_>>()))
}
