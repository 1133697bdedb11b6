//! `POST /api/v1/screen-pops/{transaction_id}/open`, `…/blocked` and `…/dismiss`: an agent's tabs agree on who opens a pop.
//!
//! Promises: of all tabs that ask to open one by themselves, one is given a ticket (semantics 5.4); a person who presses
//! the button always is. Leaves to others: the page that the ticket is for (`pop_page`).

use crate::clock;
use crate::store::screen_pop::{self, Claim, Owner, Turn};
use crate::store::{StoreError, Tx};
use crate::web::App;
use crate::web::body;
use crate::web::pop_page::{self, NewTicket, tell};
use crate::web::problem::Problem;
use crate::web::session::Caller;
use crate::web::words;
use axum::Json;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use ringbridge_core::screen_pop::page as address;
use ringbridge_core::time::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// What is sent, or nothing.
#[derive(Debug, Deserialize)]
struct Asked {
    /// A person pressed the button.
    #[serde(default)]
    again: bool,
}

/// A turn that needs no ticket.
type TurnPop = fn(&mut Tx<'_>, Owner, Timestamp) -> Result<Turn, StoreError>;

/// `…/open`
pub async fn open(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
    request: Request,
) -> Result<Json<Value>, Problem> {
    let (owner, _) = pop_page::owned(&app, &caller, &id).await?;
    let again = body::json_if_any::<Asked>(request).await?.is_some_and(|asked| asked.again);
    let claim = if again { Claim::Again } else { Claim::First };
    let (ticket, now) = (NewTicket::make(), clock::now());
    let value = ticket.value.clone();
    let unit = app.store.write(move |tx| screen_pop::claim(tx, owner, claim, ticket.stored(now), now));
    match unit.await? {
        Turn::Had => {
            let page = format!("{}?ticket={value}", address(owner.transaction));
            Ok(Json(json!({ "page": page })))
        }
        Turn::Gone => Err(Problem::new(StatusCode::CONFLICT, "SCREEN_POP_TAKEN", words::POP_TAKEN)),
    }
}

/// `…/blocked`
pub async fn blocked(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    turn(&app, &caller, &id, (screen_pop::block, "screen_pop.blocked")).await
}

/// `…/dismiss`
pub async fn dismiss(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    turn(&app, &caller, &id, (screen_pop::dismiss, "screen_pop.dismissed")).await
}

/// Turns a pop of the caller's and tells their other tabs; one that is turned already stays as it is.
async fn turn(
    app: &App,
    caller: &Caller,
    id: &str,
    (turn, kind): (TurnPop, &'static str),
) -> Result<StatusCode, Problem> {
    let (owner, _) = pop_page::owned(app, caller, id).await?;
    let now = clock::now();
    let unit = app.store.write(move |tx| match turn(tx, owner, now)? {
        Turn::Had => tell(tx, owner, kind, now),
        Turn::Gone => Ok(()),
    });
    unit.await?;
    Ok(StatusCode::NO_CONTENT)
}
