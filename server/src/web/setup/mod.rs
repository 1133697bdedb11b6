//! `/AGUI/setup`: the first contact center and its admin, made on a page, while there is none.
//!
//! Promises: for whoever sits at the machine or has the code that `serve` printed; gone as soon as a contact center exists,
//! however it came about; of two who send the form at once one is heard. Whoever made it is logged in. Leaves to others:
//! who may (`door`), the fields (`form`), making it (`provision`).

mod door;
mod form;

pub use door::Code;

use super::App;
use super::body::Form;
use super::changes;
use super::console::to_login;
use super::edge::Client;
use super::header::Who;
use super::listener::Connection;
use super::login::{begin, refuse_foreign_form};
use super::problem::{Problem, page};
use super::session::{self, Caller};
use crate::clock;
use crate::provision::{self, ChangeError, How, Mode, Stamp};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::{LOCATION, SET_COOKIE};
use axum::response::{IntoResponse, Response};
use door::Door;
use form::Entered;
use ringbridge_core::tenant::PhoneAddress;
use ringbridge_core::time;
use std::sync::Arc;

/// Where it stands.
pub const PAGE: &str = "/AGUI/setup";

#[derive(askama::Template)]
#[template(path = "setup.html")]
struct SetupPage<'a> {
    entered: &'a Entered,
    zones: &'a [String],
    asks_code: bool,
}

#[derive(askama::Template)]
#[template(path = "welcome.html")]
struct WelcomePage<'a> {
    who: Who<'a>,
    here: &'static str,
    has_phone: bool,
    registers: Option<&'a str>,
    has_caller_id: bool,
    country: &'a str,
}

/// Whether there is no contact center yet.
///
/// # Errors
/// Trouble with the database.
pub async fn is_wanted(app: &App) -> Result<bool, Problem> {
    Ok(app.directory.refresh().await?.tenants().is_empty())
}

/// `GET /AGUI/setup`
pub async fn get(State(app): State<Arc<App>>, client: Client, request: Request) -> Result<Response, Problem> {
    if !is_wanted(&app).await? {
        return Err(Problem::not_found());
    }
    Ok(show(&Entered::nothing(), door_of(&app, &client, &request), StatusCode::OK))
}

/// `POST /AGUI/setup`
pub async fn post(
    State(app): State<Arc<App>>,
    client: Client,
    request: Request,
) -> Result<Response, Problem> {
    refuse_foreign_form(request.headers(), &client, &app)?;
    if !is_wanted(&app).await? {
        return Err(Problem::not_found());
    }
    let door = door_of(&app, &client, &request);
    let form = Form::read(request).await?;
    let mut entered = Entered::of(&form);
    if door == Door::Locked
        && let Err(shut) = door::unlock(&app, &client, form.get("code")).await
    {
        entered.refuse("code", shut.sentence()?);
        return Ok(show(&entered, door, StatusCode::FORBIDDEN));
    }
    if !entered.is_fine() {
        return Ok(show(&entered, door, StatusCode::UNPROCESSABLE_ENTITY));
    }
    let document = entered.document(&form);
    let stamp = Stamp { who: entered.value("login").to_owned(), how: How::Setup, at: clock::now() };
    let made =
        changes::in_turn(&app, move |site| provision::create(site, &document, &stamp, Mode::Apply)).await?;
    match made {
        Ok(_) => enter(&app, &client, &entered).await,
        Err(ChangeError::Refused(errors)) => {
            entered.refuse_all(errors);
            Ok(show(&entered, door, StatusCode::UNPROCESSABLE_ENTITY))
        }
        // Somebody else was faster.
        Err(ChangeError::Changed { .. }) => Err(Problem::not_found()),
        Err(ChangeError::Load(error)) => Err(error.into()),
        Err(ChangeError::Store(error)) => Err(error.into()),
        Err(error @ (ChangeError::LastAdmin | ChangeError::Missing | ChangeError::NotUndoable)) => {
            Err(Problem::internal(&error))
        }
    }
}

/// Logs the admin in who was just made, and sends them on.
async fn enter(app: &App, client: &Client, entered: &Entered) -> Result<Response, Problem> {
    let directory = app.directory.refresh().await?;
    let login = entered.value("login");
    let tenant = directory.named(entered.value("name")).ok_or_else(Problem::not_found)?;
    let agent = tenant.agent_by_login(login).ok_or_else(Problem::not_found)?;
    let id = begin(app, client, tenant, agent.id, None, door::key(client)).await?;
    let cookie = [(SET_COOKIE, session::set_cookie(&id))];
    Ok((StatusCode::SEE_OTHER, cookie, [(LOCATION, "/AGUI/welcome")]).into_response())
}

fn door_of(app: &App, client: &Client, request: &Request) -> Door {
    let connection = request.extensions().get::<Connection>().copied();
    Door::of(connection, client, (request.version(), request.headers()), &app.trusted_proxies)
}

fn show(entered: &Entered, door: Door, status: StatusCode) -> Response {
    let zones = time::zone_names();
    let mut response = page(&SetupPage { entered, zones: &zones, asks_code: door == Door::Locked });
    *response.status_mut() = status;
    response
}

/// `GET /AGUI/welcome`: what to do next, for the admin of a contact center.
pub async fn welcome(State(_): State<Arc<App>>, caller: Option<Caller>) -> Result<Response, Problem> {
    let Some(caller) = caller else { return Ok(to_login()) };
    let who = super::config_page::admin(&caller)?;
    let agent = caller.settings()?;
    Ok(page(&WelcomePage {
        who,
        here: "welcome",
        has_phone: !agent.phones.is_empty(),
        registers: agent.phones.iter().find_map(|phone| match &phone.address {
            PhoneAddress::Fixed(_) => None,
            PhoneAddress::Registers { username, .. } => Some(username.as_str()),
        }),
        has_caller_id: caller.tenant.default_caller_id.is_some(),
        country: &caller.tenant.country,
    }))
}
