//! `GET /AGUI/config/{section}`: Configuration Manager, a frame for each section that its script fills.
//!
//! Promises: admins only; the sections stand here once, in the order of the menu. Leaves to others: what a section shows
//! (`assets/config.js`), reading and changing settings (`api::config`).

use super::App;
use super::console::to_login;
use super::header::Who;
use super::problem::{Problem, page};
use super::session::{Caller, Principal};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;

/// A heading of the menu with its pages.
pub struct Group {
    /// The heading.
    pub title: &'static str,
    /// The pages below it.
    pub pages: &'static [Page],
}

/// A page of the menu.
pub struct Page {
    /// The last part of its address.
    pub name: &'static str,
    /// What people call it.
    pub title: &'static str,
}

const fn entry(name: &'static str, title: &'static str) -> Page {
    Page { name, title }
}

/// The menu.
pub const GROUPS: &[Group] = &[
    Group {
        title: "People",
        pages: &[entry("agents", "Agents"), entry("phones", "Phones"), entry("queues", "Queues")],
    },
    Group {
        title: "Calls",
        pages: &[
            entry("channels", "Channels"),
            entry("dial-plans", "Dial plans"),
            entry("code-lists", "Transaction codes"),
            entry("limits", "Limits"),
        ],
    },
    Group {
        title: "CRM",
        pages: &[
            entry("screen-pop", "Screen pop"),
            entry("salesforce", "Salesforce"),
            entry("crm", "Other CRMs"),
            entry("callbacks", "Callbacks"),
            entry("actions", "After the call"),
        ],
    },
    Group {
        title: "Access",
        pages: &[
            entry("settings", "Contact center"),
            entry("origins", "Allowed origins"),
            entry("tokens", "API tokens"),
            entry("audit", "Audit trail"),
        ],
    },
];

/// Who this is, if they are an admin.
///
/// # Errors
/// `ADMINS_ONLY`.
pub fn admin(caller: &Caller) -> Result<Who<'_>, Problem> {
    Principal::Agent(caller.clone()).must_administer()?;
    Who::of(caller)
}

#[derive(askama::Template)]
#[template(path = "config.html")]
struct ConfigPage<'a> {
    who: Who<'a>,
    groups: &'static [Group],
    section: &'static str,
    title: &'static str,
}

/// `GET /AGUI/config/` and `GET /AGUI/config`: the first page of the menu.
pub async fn first() -> impl IntoResponse {
    (StatusCode::SEE_OTHER, [(LOCATION, "/AGUI/config/agents")])
}

/// The handler.
pub async fn get(
    State(_): State<Arc<App>>,
    caller: Option<Caller>,
    Path(section): Path<String>,
) -> Result<Response, Problem> {
    let Some(caller) = caller else { return Ok(to_login()) };
    let who = admin(&caller)?;
    let found = GROUPS.iter().flat_map(|group| group.pages).find(|page| page.name == section);
    let Page { name, title } = found.ok_or_else(Problem::not_found)?;
    Ok(page(&ConfigPage { who, groups: GROUPS, section: name, title }))
}
