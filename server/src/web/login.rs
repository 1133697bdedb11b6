//! Log-in and log-out.
//!
//! Promises: the answer to a wrong log-in is the same in words and work whoever is meant; failures are counted for each
//! account before the password is looked at; a session's id is new at every log-in (security SEC-31). Logging in makes the
//! agent available, logging out of the last session logs them out (semantics 2.6). Leaves to others: the cookie
//! (`session`), checking passwords (`password`).

use super::App;
use super::body::Form;
use super::edge::Client;
use super::external;
use super::password::Verdict;
use super::problem::{Problem, Wants, page};
use super::query::Query;
use super::session::{self, Caller, client_of};
use super::setup;
use super::waiting::hexadecimal;
use super::words;
use crate::keys::Spot;
use crate::store::{self, journal::NewEntry};
use crate::{chance, clock};
use axum::Json;
use axum::extract::{Request, State};
use axum::http::header::{LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use ringbridge_core::agent::Presence;
use ringbridge_core::id::AgentId;
use ringbridge_core::redact::Secret;
use ringbridge_core::refusal::{Code, Refusal};
use ringbridge_core::tenant::Tenant;
use serde_json::json;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

/// Failures of one account in a window before its log-ins are refused unseen.
const ACCOUNT_FAILURES_MAX: i64 = 10;

/// Failures from one address in a window: a whole office may sit behind it.
pub(super) const ADDRESS_FAILURES_MAX: i64 = 100;

/// The window in which failures count.
pub(super) const WINDOW: Duration = Duration::from_secs(300);

/// Longer fields than this are nobody's.
const FIELD_MAX: usize = 1024;

#[derive(askama::Template)]
#[template(path = "login.html")]
struct LoginPage<'a> {
    error: Option<&'a str>,
    waiting: bool,
    ended: bool,
    ask_tenant: bool,
    tenant: &'a str,
    login: &'a str,
    next: Option<&'a str>,
}

/// What stands behind the question mark.
#[derive(Debug, serde::Deserialize)]
pub struct Asked {
    next: Option<String>,
    tenant: Option<String>,
    /// There where a page of ours came to know that its session is over.
    ended: Option<String>,
}

/// `GET /AGUI/login`
pub async fn form(
    State(app): State<Arc<App>>,
    client: Client,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    if setup::is_wanted(&app).await? {
        return Ok((StatusCode::SEE_OTHER, [(LOCATION, setup::PAGE)]).into_response());
    }
    let next = asked.next.as_deref().and_then(safe_next);
    Ok(page(&LoginPage {
        error: None,
        waiting: next.is_some_and(|next| next.starts_with("/AGUI/click/")),
        ended: asked.ended.is_some(),
        ask_tenant: tenant_of(&app, "", &client).is_none(),
        tenant: asked.tenant.as_deref().unwrap_or(""),
        login: "",
        next,
    }))
}

/// `POST /AGUI/login`
pub async fn log_in(
    State(app): State<Arc<App>>,
    client: Client,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Problem> {
    let wants = Wants::of("/AGUI/login", &headers);
    refuse_foreign_form(&headers, &client, &app)?;
    let old = session::find(&app, &headers, &client).await.ok().flatten();
    let form = Form::read(request).await?;
    match enter(&app, &client, &form).await {
        Ok(entered) => {
            // The id is new at every log-in; the one before is not left behind.
            if let Some(old) = old {
                app.store.write(move |tx| store::session::remove(tx, &old.session)).await?;
            }
            app.metrics.logged_in();
            let cookie = [(SET_COOKIE, session::set_cookie(&entered.id))];
            let next = safe_next(form.get("next")).unwrap_or("/AGUI/").to_owned();
            Ok(match wants {
                Wants::Json => (cookie, Json(json!({ "agent": entered.login, "tenant": entered.tenant })))
                    .into_response(),
                Wants::Page => (StatusCode::SEE_OTHER, cookie, [(LOCATION, next)]).into_response(),
            })
        }
        Err(problem) => {
            app.metrics.login_failed();
            if wants == Wants::Json || problem.status == StatusCode::INTERNAL_SERVER_ERROR {
                return Err(problem);
            }
            let next = safe_next(form.get("next"));
            let mut response = page(&LoginPage {
                error: Some(&problem.text),
                waiting: next.is_some_and(|next| next.starts_with("/AGUI/click/")),
                ended: false,
                ask_tenant: tenant_of(&app, "", &client).is_none(),
                tenant: form.get("tenant"),
                login: form.get("login"),
                next,
            });
            *response.status_mut() = problem.status;
            Ok(response)
        }
    }
}

/// A log-in that succeeded.
struct Entered {
    id: String,
    login: String,
    tenant: String,
}

async fn enter(app: &App, client: &Client, form: &Form) -> Result<Entered, Problem> {
    let (login, password) = (form.get("login"), form.get("password"));
    let asked = tenant_of(app, "", client).is_none();
    let text = if asked { words::LOGIN_WRONG } else { words::LOGIN_WRONG_HERE };
    let wrong = || Problem::from(Refusal::new(Code::SessionRequired, text));
    if [form.get("tenant"), login, password].iter().any(|field| field.len() > FIELD_MAX) {
        return Err(wrong());
    }
    app.directory.refresh().await?;
    let tenant = tenant_of(app, form.get("tenant"), client);
    let account = session::hash(&format!(
        "account\n{}\n{login}",
        tenant.as_ref().map_or(form.get("tenant"), |t| &t.name)
    ));
    count_attempt(app, &account, client.address).await?;

    let agent = tenant.as_ref().and_then(|tenant| tenant.agent_by_login(login));
    match app.passwords.check(agent.map(|agent| &agent.password_hash), Secret::new(password)).await {
        Verdict::Right => {}
        Verdict::Wrong => {
            note_failure(app, client.address, tenant.as_deref(), login).await?;
            return Err(wrong());
        }
        Verdict::Overloaded => return Err(Refusal::new(Code::Overloaded, words::LOGIN_OVERLOADED).into()),
    }
    let (Some(tenant), Some(agent)) = (&tenant, agent) else { return Err(wrong()) };
    session::check_host(app, tenant, &client.host)?;
    let id = begin(app, client, tenant, agent.id, external(form), account).await?;
    Ok(Entered { id, login: agent.login.clone(), tenant: tenant.name.clone() })
}

/// Counts this attempt against its account before the password is looked at, so that many at once gain nothing.
async fn count_attempt(app: &App, account: &str, address: IpAddr) -> Result<(), Problem> {
    let (account, address, now) = (account.to_owned(), address_key(address), clock::now());
    let counts = app.store.write(move |tx| {
        let of_address = store::login_attempt::count(tx, &address, now)?.map_or(0, |(count, _)| count);
        Ok((store::login_attempt::failed(tx, &account, now, now.plus(WINDOW))?, of_address))
    });
    let (of_account, of_address) = counts.await?;
    if of_account > ACCOUNT_FAILURES_MAX || of_address >= ADDRESS_FAILURES_MAX {
        return Err(Refusal::new(Code::RateLimited, words::LOGIN_THROTTLED).into());
    }
    Ok(())
}

async fn note_failure(
    app: &App,
    address: IpAddr,
    tenant: Option<&Tenant>,
    login: &str,
) -> Result<(), Problem> {
    let now = clock::now();
    let (key, shown) = (address_key(address), login.chars().take(100).collect::<String>());
    let tenant = tenant.map(|tenant| tenant.id);
    let unit = app.store.write(move |tx| {
        store::login_attempt::remove_expired(tx, now)?;
        store::login_attempt::failed(tx, &key, now, now.plus(WINDOW))?;
        let body = json!({ "login": shown, "address": address.to_string() });
        let kind = "agent.login_refused";
        store::journal::append(tx, &NewEntry { tenant, agent: None, transaction: None, at: now, kind, body })
    });
    unit.await?;
    Ok(())
}

fn address_key(address: IpAddr) -> String {
    format!("address {address}")
}

/// What the agent entered for the screen pop's target (semantics 5.4).
fn external(form: &Form) -> Option<Secret> {
    external::entered(form.get("external_username"), form.get("external_password"))
}

/// Writes the session, its journal entry and the agent's presence, and forgets the failures.
pub(super) async fn begin(
    app: &App,
    client: &Client,
    tenant: &Tenant,
    agent: AgentId,
    external: Option<Secret>,
    account: String,
) -> Result<String, Problem> {
    let now = clock::now();
    let id = hexadecimal(&chance::bytes::<32>());
    let id_hash = session::hash(&id);
    let external = external.map(|entered| app.keys.seal(Spot::Session(tenant.id, &id_hash), &entered));
    let row = store::session::Session {
        id_hash,
        tenant: tenant.id,
        agent,
        created_at: now,
        seen_at: now,
        expires_at: session::ends_at(now),
        external,
    };
    let body = json!({ "address": client.address.to_string() });
    let entry = NewEntry {
        tenant: Some(tenant.id),
        agent: Some(agent),
        transaction: None,
        at: now,
        kind: "agent.login",
        body,
    };
    let unit = app.store.write(move |tx| {
        store::session::remove_expired(tx, now, session::idle_since(now))?;
        store::session::insert(tx, &row)?;
        store::login_attempt::clear(tx, &account)?;
        store::journal::append(tx, &entry)
    });
    unit.await?;
    app.switchboard.set_presence(tenant.id, agent, Presence::Available).await?;
    Ok(id)
}

/// `POST /AGUI/logout`
pub async fn log_out(
    State(app): State<Arc<App>>,
    client: Client,
    headers: HeaderMap,
    caller: Option<Caller>,
) -> Result<Response, Problem> {
    refuse_foreign_form(&headers, &client, &app)?;
    if let Some(caller) = caller {
        let (session, tenant, agent, now) = (caller.session, caller.tenant.id, caller.agent, clock::now());
        let unit = app.store.write(move |tx| {
            store::session::remove(tx, &session)?;
            let (kind, body) = ("agent.logout", json!({}));
            let entry =
                NewEntry { tenant: Some(tenant), agent: Some(agent), transaction: None, at: now, kind, body };
            store::journal::append(tx, &entry)?;
            Ok(store::session::of_agent(tx, agent, now)?.is_empty())
        });
        if unit.await? {
            app.switchboard.set_presence(tenant, agent, Presence::LoggedOut).await?;
        }
    }
    let cookie = [(SET_COOKIE, session::clear_cookie())];
    Ok(match Wants::of("/AGUI/logout", &headers) {
        Wants::Json => (StatusCode::NO_CONTENT, cookie).into_response(),
        Wants::Page => (StatusCode::SEE_OTHER, cookie, [(LOCATION, "/AGUI/login")]).into_response(),
    })
}

/// The tenant that is meant: the one named, else the host's, else the only one.
fn tenant_of(app: &App, name: &str, client: &Client) -> Option<Arc<Tenant>> {
    let all = app.directory.all();
    let lists = |tenant: &Tenant| tenant.hosts.iter().any(|host| host.eq_ignore_ascii_case(&client.host));
    if !name.is_empty() {
        return all.iter().find(|tenant| tenant.name == name).cloned();
    }
    let mut of_host = all.iter().filter(|tenant| lists(tenant));
    match (of_host.next(), of_host.next(), all.len()) {
        (Some(tenant), None, _) => Some(Arc::clone(tenant)),
        (None, _, 1) => all.first().cloned(),
        (Some(_) | None, _, _) => None,
    }
}

/// Where a log-in may lead: a page of ours, never elsewhere.
fn safe_next(next: &str) -> Option<&str> {
    let of = |text: &str, more: &[u8]| text.bytes().all(|b| b.is_ascii_alphanumeric() || more.contains(&b));
    // The one page that is handed something: a number as `dial_page` writes it.
    if let Some(tel) = next.strip_prefix("/AGUI/dial?tel=") {
        return (tel.len() <= 600 && of(tel, b"%+-_.*")).then_some(next);
    }
    let ours = next.starts_with("/AGUI/") || next == "/demo/";
    let plain = ours && next.len() <= 200 && !next.contains("..");
    (plain && of(next, b"/-_.")).then_some(next)
}

/// Refuses a form that another site sent: nobody is to be logged in or out by a page they did not open here.
///
/// # Errors
/// 403.
pub fn refuse_foreign_form(headers: &HeaderMap, client: &Client, app: &App) -> Result<(), Problem> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let site_is_ours = text("sec-fetch-site").is_none_or(|site| site == "same-origin" || site == "none");
    let origin_is_ours = text("origin").is_none_or(|origin| origin == client.origin || origin == app.origin);
    if site_is_ours && origin_is_ours {
        Ok(())
    } else {
        Err(Problem::new(StatusCode::FORBIDDEN, "FOREIGN_FORM", words::FOREIGN_FORM))
    }
}

impl axum::extract::FromRequestParts<Arc<App>> for Client {
    type Rejection = Problem;
    async fn from_request_parts(
        parts: &mut axum::http::request::Parts,
        _: &Arc<App>,
    ) -> Result<Self, Problem> {
        client_of(parts)
    }
}

impl axum::extract::OptionalFromRequestParts<Arc<App>> for Caller {
    type Rejection = Problem;
    async fn from_request_parts(
        parts: &mut axum::http::request::Parts,
        app: &Arc<App>,
    ) -> Result<Option<Self>, Problem> {
        session::find(app, &parts.headers, &client_of(parts)?).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_in_leads_to_pages_of_ours_only() {
        for ours in ["/AGUI/click/0f", "/AGUI/dial?tel=tel%3A%2B1-650-292-8880"] {
            assert_eq!(safe_next(ours), Some(ours));
        }
        for elsewhere in [
            "",
            "//evil.example/AGUI/",
            "https://evil.example/",
            "/AGUI/../x",
            "/AGUI/a?b",
            "/AGUI/\\x",
            "/AGUI/dial?tel=1&next=2",
        ] {
            assert_eq!(safe_next(elsewhere), None, "{elsewhere}");
        }
    }
}
