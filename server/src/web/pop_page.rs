//! `/AGUI/pop/{transaction_id}`: the page through which a screen pop leaves for its target (semantics 5.4, SEC-29, SEC-30).
//!
//! Promises: it is its agent's alone; it acts by itself once for each ticket, and without one it is a page with a button;
//! what the agent's account at the target is stands in this one answer and nowhere else; the page may post to the
//! target's origin and to no other, and no other page may post there. Leaves to others: giving out tickets
//! (`api::screen_pops`), what is opened (`core::screen_pop`).

use super::App;
use super::edge::{self, Client};
use super::external::{self, External};
use super::login::refuse_foreign_form;
use super::problem::{Problem, page};
use super::query::Query;
use super::session::{self, Caller};
use super::waiting::hexadecimal;
use super::words;
use crate::store::journal::{self, NewEntry};
use crate::store::screen_pop::{self, Claim, Owner, Stored, Ticket, Turn};
use crate::store::{StoreError, Tx};
use crate::{chance, clock};
use axum::extract::{Path, State};
use axum::http::header::{CONTENT_SECURITY_POLICY, HeaderName, REFERRER_POLICY};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse as _, Response};
use ringbridge_core::id::TransactionId;
use ringbridge_core::screen_pop::{Credential, Opens, WindowKind, page as address};
use ringbridge_core::tenant::Tenant;
use ringbridge_core::time::Timestamp;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// How long a ticket can be used: a slow computer opens a window within seconds.
const TICKET_LIFE: Duration = Duration::from_secs(5 * 60);

/// What stands behind the question mark.
#[derive(Debug, serde::Deserialize)]
pub struct Asked {
    ticket: Option<String>,
}

/// A button, where there is no ticket.
#[derive(askama::Template)]
#[template(path = "pop_ask.html")]
struct AskPage<'a> {
    title: &'a str,
    page: String,
    record: bool,
    reason: Option<&'a str>,
}

/// The page that leaves.
#[derive(askama::Template)]
#[template(path = "pop.html")]
struct LeavingPage<'a> {
    title: &'a str,
    url: &'a str,
    host: &'a str,
    /// The form's fields; none where a record is opened.
    fields: Option<Vec<(&'a str, &'a str)>>,
    /// Whether later pops share the window, so that it must stay within the console's reach.
    shared: bool,
}

/// A new ticket: what the browser is given, and what is kept of it.
pub struct NewTicket {
    /// For the browser.
    pub value: String,
    /// For the database.
    pub hash: String,
}

impl NewTicket {
    /// 256 random bits.
    #[must_use]
    pub fn make() -> Self {
        let value = hexadecimal(&chance::bytes::<32>());
        let hash = session::hash(&value);
        Self { value, hash }
    }

    /// As it is stored.
    #[must_use]
    pub fn stored(&self, now: Timestamp) -> Ticket<'_> {
        Ticket { hash: &self.hash, expires_at: now.plus(TICKET_LIFE) }
    }
}

/// The caller's own pop.
///
/// # Errors
/// `NOT_FOUND` where there is none for them.
pub async fn owned(app: &App, caller: &Caller, id: &str) -> Result<(Owner, Stored), Problem> {
    let transaction = id.parse().map(TransactionId).map_err(|_| Problem::not_found())?;
    let owner = Owner { tenant: caller.tenant.id, agent: caller.agent, transaction };
    let found = app.store.read(move |tx| screen_pop::find(tx, owner.tenant, transaction)).await?;
    let stored = found.filter(|stored| stored.agent == owner.agent).ok_or_else(Problem::not_found)?;
    Ok((owner, stored))
}

/// Tells the agent's consoles what became of a pop, in the commit that changes it.
///
/// # Errors
/// Trouble with the database.
pub fn tell(tx: &mut Tx<'_>, owner: Owner, kind: &'static str, at: Timestamp) -> Result<(), StoreError> {
    let entry = NewEntry {
        tenant: Some(owner.tenant),
        agent: Some(owner.agent),
        transaction: Some(owner.transaction),
        at,
        kind,
        body: json!({}),
    };
    journal::append(tx, &entry).map(drop)
}

/// `GET /AGUI/pop/{transaction_id}`
pub async fn get(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let (owner, stored) = owned(&app, &caller, &id).await?;
    if let Some(ticket) = asked.ticket {
        let (hash, now) = (session::hash(&ticket), clock::now());
        let unit = app.store.write(move |tx| {
            let turn = screen_pop::take_ticket(tx, owner, &hash, now)?;
            match turn {
                Turn::Had => tell(tx, owner, "screen_pop.opened", now)?,
                Turn::Gone => {}
            }
            Ok(turn)
        });
        match unit.await? {
            Turn::Had => return leave(&app, &caller, &stored).await,
            Turn::Gone => {}
        }
    }
    let (record, reason) = match &stored.pop.opens {
        Opens::Form { .. } => (false, None),
        Opens::Record { .. } => (true, None),
        Opens::Nothing { reason } => (false, Some(reason.as_str())),
    };
    Ok(page(&AskPage { title: &stored.pop.title, page: address(stored.transaction), record, reason }))
}

/// `POST /AGUI/pop/{transaction_id}`: the button of that page.
pub async fn post(
    State(app): State<Arc<App>>,
    client: Client,
    headers: HeaderMap,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    refuse_foreign_form(&headers, &client, &app)?;
    let (owner, stored) = owned(&app, &caller, &id).await?;
    let now = clock::now();
    let unit = app.store.write(move |tx| {
        let ticket = NewTicket::make();
        if screen_pop::claim(tx, owner, Claim::Again, ticket.stored(now), now)? == Turn::Gone {
            return Ok(Turn::Gone);
        }
        tell(tx, owner, "screen_pop.opened", now)?;
        screen_pop::take_ticket(tx, owner, &ticket.hash, now)
    });
    match unit.await? {
        Turn::Had => leave(&app, &caller, &stored).await,
        Turn::Gone => Err(Problem::not_found()),
    }
}

/// The page that goes to the target.
async fn leave(app: &App, caller: &Caller, stored: &Stored) -> Result<Response, Problem> {
    let external;
    let (url, fields) = match &stored.pop.opens {
        Opens::Nothing { .. } => return Err(Problem::not_found()),
        Opens::Record { url } => (url, None),
        Opens::Form { url, fields } => {
            external = external::of(app, caller).await?;
            let sending = sending(&caller.tenant, url);
            let filled = fields.iter().map(|(name, value)| {
                let value = match Credential::of(name) {
                    None => value.as_str(),
                    Some(credential) => credential_of(credential, &external, sending),
                };
                (name.as_str(), value)
            });
            (url, Some(filled.collect()))
        }
    };
    let target = Url::parse(url).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    let target = target.ok_or_else(|| Problem::internal(&words::POP_ADDRESS))?;
    let posts_to = match fields {
        Some(_) => target.origin().ascii_serialization(),
        None => "'none'".to_owned(),
    };
    let shown = page(&LeavingPage {
        title: &stored.pop.title,
        url: target.as_str(),
        host: target.host_str().unwrap_or_default(),
        fields,
        shared: stored.pop.window.kind == WindowKind::Named,
    });
    let policy = edge::policy_of_page_posting_to(&posts_to);
    let policy = HeaderValue::try_from(policy).map_err(|error| Problem::internal(&error))?;
    let headers = [
        (CONTENT_SECURITY_POLICY, policy),
        (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        // With another value the browser would cut the window off from the console when it goes to the target, and the
        // next pop of the same name would open a second one.
        (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("unsafe-none")),
    ];
    Ok((headers, shown).into_response())
}

/// Whether the password goes along.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sending {
    Password,
    NoPassword,
}

/// The password goes where the admin sends it now, over TLS, and nowhere else: a pop may be older than a setting.
fn sending(tenant: &Tenant, url: &str) -> Sending {
    let Some(settings) = tenant.screen_pop.as_ref().filter(|pop| pop.enabled && pop.send_password) else {
        return Sending::NoPassword;
    };
    match (Url::parse(url), Url::parse(&settings.url)) {
        (Ok(url), Ok(now)) if url.scheme() == "https" && url.origin() == now.origin() => Sending::Password,
        (Ok(_) | Err(_), _) => Sending::NoPassword,
    }
}

fn credential_of(credential: Credential, external: &External, sending: Sending) -> &str {
    match (credential, sending) {
        (Credential::Username, _) => &external.username,
        (Credential::Password, Sending::Password) => external.password.expose(),
        (Credential::Password, Sending::NoPassword) => "",
    }
}
