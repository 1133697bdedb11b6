//! `/AGUI/make_call.php`: the click (semantics 1).
//!
//! Promises: the order of security SEC-1, each step failing closed and before any write: method, loads ahead of a click,
//! session, parsing, origin, then the switchboard, which makes one click one call. Every refusal is written down (1.14).
//! Leaves to others: reading the link (`core::link`), who may dial (`core::origin`), placing the call (`switchboard`).

use super::App;
use super::body::{self, ClickBody};
use super::confirm;
use super::edge::Client;
use super::problem::{Place, Problem, Wants};
use super::refused::{self, Facts};
use super::session::{self, Caller};
use super::waiting::{self, For, Owner, Waiting};
use super::words;
use crate::switchboard::{Click, ClickSource};
use axum::Json;
use axum::extract::{Path, Request, State};
use axum::http::header::LOCATION;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use ringbridge_core::link::{self, Link, Parameter};
use ringbridge_core::origin::{self, Decision};
use ringbridge_core::refusal::{Code, Refusal};
use serde_json::json;
use std::sync::Arc;

/// `GET|POST /AGUI/make_call.php`
pub async fn click(
    State(app): State<Arc<App>>,
    client: Client,
    request: Request,
) -> Result<Response, Problem> {
    let headers = request.headers().clone();
    let wants = Wants::of(request.uri().path(), &headers);
    let mut facts = Facts::of(&client, &headers);
    match answer(&app, &client, &headers, wants, request, &mut facts).await {
        Ok(response) => Ok(response),
        Err(problem) => {
            refused::record(&app, &facts, &problem).await;
            Err(problem)
        }
    }
}

async fn answer(
    app: &App,
    client: &Client,
    headers: &HeaderMap,
    wants: Wants,
    request: Request,
    facts: &mut Facts,
) -> Result<Response, Problem> {
    let is_post = match *request.method() {
        Method::GET => false,
        Method::POST => true,
        _ => return Err(Problem::method("GET, POST")),
    };
    if origin::is_speculative(&headers_of(headers, wants)) {
        return Err(speculative());
    }
    let caller = session::find(app, headers, client).await?;
    facts.caller(caller.as_ref());
    let query = request.uri().query().unwrap_or("").as_bytes().to_vec();
    let mut parameters = link::decode_query(&query);
    if is_post {
        match body::click(request).await? {
            ClickBody::Encoded(bytes) => parameters.extend(link::decode_body(&bytes)),
            ClickBody::Fields(fields) => {
                parameters.extend(fields.iter().map(|(name, value)| Parameter::of_part(name, value)));
            }
        }
    }
    let Some(caller) = caller else {
        return without_session(app, client, headers, wants, is_post, &parameters).await;
    };
    let link = read(&parameters, facts)?;
    match origin::decide(&headers_of(headers, wants), own_origin(app, client, headers), &caller.tenant) {
        Decision::Dial => {
            let source = source(client, origin_text(headers), "dial");
            place(app, client, &caller, link, source, wants).await
        }
        Decision::Confirm { origin } => {
            facts.unlisted();
            match wants {
                Wants::Json => {
                    Err(Refusal::new(Code::ConfirmationRequired, words::CONFIRMATION_REQUIRED).into())
                }
                Wants::Page => ask(app, &caller, &link, &parameters, origin, facts).await,
            }
        }
        Decision::Refuse(refusal) => Err(refusal.into()),
        Decision::Speculative => Err(speculative()),
    }
}

/// Nobody is logged in: the click waits for the log-in, or, as a POST of another site that carries no Lax cookie, for the
/// GET that it is sent on to (SEC-3).
async fn without_session(
    app: &App,
    client: &Client,
    headers: &HeaderMap,
    wants: Wants,
    is_post: bool,
    parameters: &[Parameter],
) -> Result<Response, Problem> {
    let problem = Problem::from(Refusal::new(Code::SessionRequired, words::SESSION_REQUIRED));
    let fetch = |name: &str, expected: &str| text(headers, name).is_none_or(|value| value == expected);
    let is_page = fetch("sec-fetch-mode", "navigate") && fetch("sec-fetch-dest", "document");
    if wants == Wants::Json || !is_page {
        return Err(problem);
    }
    let clicked_on = origin_text(headers);
    let is_foreign = clicked_on.as_deref().is_some_and(|origin| origin != own_origin(app, client, headers));
    let reason = if is_post && is_foreign { For::Redirect } else { For::LogIn };
    let id =
        waiting::park(app, &Waiting::new(reason, clicked_on, parameters), Owner::Address(client.address))
            .await?;
    match reason {
        For::Redirect => {
            Ok((StatusCode::SEE_OTHER, [(LOCATION, format!("/AGUI/click/{id}"))]).into_response())
        }
        For::LogIn | For::Confirmation => {
            Err(problem.leading_to(format!("/AGUI/login?next=/AGUI/click/{id}"), words::TO_LOGIN))
        }
    }
}

/// `GET /AGUI/click/{id}`: a click that waited goes on.
pub async fn resume(
    State(app): State<Arc<App>>,
    client: Client,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let mut facts = Facts::of(&client, &headers);
    match resumed(&app, &client, &headers, &id, &mut facts).await {
        Ok(response) => Ok(response),
        Err(problem) => {
            refused::record(&app, &facts, &problem).await;
            Err(problem)
        }
    }
}

async fn resumed(
    app: &App,
    client: &Client,
    headers: &HeaderMap,
    id: &str,
    facts: &mut Facts,
) -> Result<Response, Problem> {
    let asked = headers_of(headers, Wants::Page);
    if origin::is_speculative(&asked) {
        return Err(speculative());
    }
    let caller = session::find(app, headers, client).await?;
    facts.caller(caller.as_ref());
    let gone = || Problem::from(Refusal::new(Code::NotFound, words::PARKED_GONE));
    let waiting = waiting::take(app, id, None, &[For::LogIn, For::Redirect]).await?.ok_or_else(gone)?;
    let parameters = waiting.parameters();
    let Some(caller) = caller else {
        // It waits again, now for the log-in: after that it can only be placed by the button (SEC-5).
        let again = Waiting::new(For::LogIn, waiting.origin, &parameters);
        let id = waiting::park(app, &again, Owner::Address(client.address)).await?;
        let problem = Problem::from(Refusal::new(Code::SessionRequired, words::SESSION_REQUIRED));
        return Err(problem.leading_to(format!("/AGUI/login?next=/AGUI/click/{id}"), words::TO_LOGIN));
    };
    let link = read(&parameters, facts)?;
    match waiting.reason {
        For::LogIn | For::Confirmation => {
            confirm::page(app, &caller, &link, &parameters, waiting.origin, words::WHY_AFTER_LOGIN).await
        }
        // Only what this GET itself shows counts: the POST before it carried no session, so anybody can have made it.
        For::Redirect => match origin::decide(&asked, own_origin(app, client, headers), &caller.tenant) {
            Decision::Dial if origin_text(headers) == waiting.origin => {
                place(app, client, &caller, link, source(client, waiting.origin, "dial"), Wants::Page).await
            }
            Decision::Dial | Decision::Confirm { .. } => {
                facts.unlisted();
                ask(app, &caller, &link, &parameters, waiting.origin, facts).await
            }
            Decision::Refuse(refusal) => Err(refusal.into()),
            Decision::Speculative => Err(speculative()),
        },
    }
}

/// Asks a person about a click from a page that is not listed, and writes down that it was asked.
async fn ask(
    app: &App,
    caller: &Caller,
    link: &Link,
    parameters: &[Parameter],
    origin: Option<String>,
    facts: &Facts,
) -> Result<Response, Problem> {
    let page = confirm::page(app, caller, link, parameters, origin, words::WHY_UNLISTED).await?;
    refused::asked(app, facts).await;
    Ok(page)
}

/// Reads the link; a refusal gets the text around its place.
pub(super) fn read(parameters: &[Parameter], facts: &mut Facts) -> Result<Link, Problem> {
    facts.parameters(parameters);
    link::parse(parameters.to_vec()).map_err(|refusal| {
        let about = refusal.parameter.clone().zip(refusal.offset);
        let mut problem = Problem::from(refusal);
        if let Some((name, offset)) = about {
            let value = parameters.iter().rev().find(|parameter| parameter.name == name);
            let place = |text: &[u8]| Place::in_text(&String::from_utf8_lossy(text), offset);
            problem.place = value.map(|parameter| Box::new(place(&parameter.value)));
        }
        problem
    })
}

/// Places the call and answers with where it can be followed (1.12, 1.13).
pub(super) async fn place(
    app: &App,
    client: &Client,
    caller: &Caller,
    link: Link,
    source: ClickSource,
    wants: Wants,
) -> Result<Response, Problem> {
    let click = Click { tenant: Arc::clone(&caller.tenant), agent: caller.agent, link, source };
    let placed = app.switchboard.click(click).await?;
    app.metrics.click_accepted();
    let id = placed.transaction_id;
    Ok(match wants {
        Wants::Json => {
            let document = json!({
                "transaction_id": id,
                "interaction_guid": placed.guid,
                "status_url": format!("{}/api/v1/calls/{id}", client.origin),
                "number": placed.number,
                "caller_id": placed.caller_id,
                "warnings": placed.warnings,
            });
            (StatusCode::ACCEPTED, Json(document)).into_response()
        }
        Wants::Page => (StatusCode::SEE_OTHER, [(LOCATION, format!("/AGUI/call/{id}"))]).into_response(),
    })
}

/// Where a click came from, for the journal.
pub(super) fn source(client: &Client, origin: Option<String>, decision: &'static str) -> ClickSource {
    ClickSource { origin, address: client.address, decision }
}

fn speculative() -> Problem {
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "SPECULATIVE", words::SPECULATIVE)
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// The origin of the page that was clicked on, where a header tells.
pub(super) fn origin_text(headers: &HeaderMap) -> Option<String> {
    let from = text(headers, "origin").or_else(|| text(headers, "referer"))?;
    url::Url::parse(from)
        .ok()
        .map(|url| url.origin())
        .filter(url::Origin::is_tuple)
        .map(|o| o.ascii_serialization())
}

/// Our origin as the browser sees it: the one it used, or the public one behind a proxy that changes the host.
fn own_origin<'a>(app: &'a App, client: &'a Client, headers: &HeaderMap) -> &'a str {
    if origin_text(headers).as_deref() == Some(app.origin.as_str()) { &app.origin } else { &client.origin }
}

/// The headers that say where a click came from.
fn headers_of(headers: &HeaderMap, wants: Wants) -> origin::Headers<'_> {
    origin::Headers {
        sec_purpose: text(headers, "sec-purpose"),
        purpose: text(headers, "purpose"),
        x_purpose: text(headers, "x-purpose"),
        x_moz: text(headers, "x-moz"),
        fetch_site: text(headers, "sec-fetch-site"),
        fetch_mode: text(headers, "sec-fetch-mode"),
        fetch_dest: text(headers, "sec-fetch-dest"),
        fetch_user: text(headers, "sec-fetch-user"),
        origin: text(headers, "origin"),
        referer: text(headers, "referer"),
        wants: match wants {
            Wants::Json => origin::Wants::Json,
            Wants::Page => origin::Wants::Page,
        },
    }
}
