//! The confirmation page: a person sees what would be dialled and presses a button (security SEC-2, SEC-5).
//!
//! Promises: the button's token works once, within a minute, in the session that was shown it; it places exactly the
//! click that was shown. Leaves to others: when a confirmation is needed (`core::origin`).

use super::App;
use super::body::Form;
use super::click;
use super::edge::Client;
use super::login::refuse_foreign_form;
use super::problem::{self, Problem, Wants};
use super::refused::{self, Facts};
use super::session::{self, Caller};
use super::waiting::{self, For, Owner, Waiting};
use super::words;
use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::response::Response;
use ringbridge_core::admission;
use ringbridge_core::country;
use ringbridge_core::link::{Link, Parameter};
use ringbridge_core::refusal::{Code, Refusal, Warning};
use std::sync::Arc;

#[derive(askama::Template)]
#[template(path = "confirm.html")]
struct ConfirmPage<'a> {
    number: &'a str,
    extension: Option<&'a str>,
    country: Option<&'a str>,
    caller_id: &'a str,
    queue: Option<&'a str>,
    origin: &'a str,
    callback_host: Option<&'a str>,
    token: &'a str,
    why: &'a str,
    warnings: &'a [Warning],
}

/// Shows what would be dialled. What cannot be dialled in any case is refused here already.
pub async fn page(
    app: &App,
    caller: &Caller,
    link: &Link,
    parameters: &[Parameter],
    origin: Option<String>,
    why: &str,
) -> Result<Response, Problem> {
    let agent = caller.settings()?;
    let admitted = admission::route(&caller.tenant, admission::Caller::Agent(agent), link)?;
    let waiting = Waiting::new(For::Confirmation, origin.clone(), parameters);
    let token = waiting::park(app, &waiting, Owner::Session(&caller.session)).await?;
    let queue = admitted.queue.and_then(|id| caller.tenant.queue(id));
    let callback = link.userdata.system("ctl_callbackUrl").and_then(|text| url::Url::parse(text).ok());
    let country = country::of(&admitted.dialled, link.phone.form, &caller.tenant.country);
    Ok(problem::page(&ConfirmPage {
        number: admitted.dialled.expose(),
        extension: admitted.extension.as_deref(),
        country: country.as_deref(),
        caller_id: admitted.caller_id.expose(),
        queue: queue.map(|queue| queue.name.as_str()),
        origin: origin.as_deref().unwrap_or(words::ORIGIN_UNKNOWN),
        callback_host: callback.as_ref().and_then(url::Url::host_str),
        token: &token,
        why,
        warnings: &admitted.warnings,
    }))
}

/// `POST /AGUI/confirm`
pub async fn post(
    State(app): State<Arc<App>>,
    client: Client,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Problem> {
    let mut facts = Facts::of(&client, &headers);
    match confirmed(&app, &client, &headers, request, &mut facts).await {
        Ok(response) => Ok(response),
        Err(problem) => {
            refused::record(&app, &facts, &problem).await;
            Err(problem)
        }
    }
}

async fn confirmed(
    app: &App,
    client: &Client,
    headers: &HeaderMap,
    request: Request,
    facts: &mut Facts,
) -> Result<Response, Problem> {
    refuse_foreign_form(headers, client, app)?;
    let caller = session::find(app, headers, client).await?.ok_or_else(session::log_in_first)?;
    facts.caller(Some(&caller));
    let form = Form::read(request).await?;
    let used = || Problem::from(Refusal::new(Code::ConfirmationRequired, words::CONFIRMATION_USED));
    let waiting = waiting::take(app, form.get("token"), Some(&caller.session), &[For::Confirmation]).await?;
    let waiting = waiting.ok_or_else(used)?;
    let link = click::read(&waiting.parameters(), facts)?;
    let source = click::source(client, waiting.origin, "confirmed");
    click::place(app, client, &caller, link, source, Wants::of("/AGUI/confirm", headers)).await
}
