//! `GET /AGUI/dial?tel=…`: the dial box filled in, for `tel:` links that a browser hands over.
//!
//! Promises: it never dials by itself, since any page may open it; a person presses the button. Who is not logged in comes
//! back here after the log-in. Leaves to others: reading the number (`core::phone`) and placing the call (`click`).

use super::App;
use super::header::Who;
use super::problem::{Problem, page};
use super::query::Query;
use super::session::Caller;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse, Response};
use ringbridge_core::tenant::{Agent, Channel, Queue, Tenant};
use std::sync::Arc;

/// The most characters of a number that is handed over; what the box takes as well.
const TEL_MAX: usize = 200;

/// What `dial_box.html` shows.
pub struct DialBox<'a> {
    tenant: &'a Tenant,
    agent: &'a Agent,
    tel: &'a str,
}

impl<'a> DialBox<'a> {
    /// The box of this agent with a number in it, or none.
    ///
    /// # Errors
    /// The session's refusal, when the agent was removed in the meantime.
    pub fn of(caller: &'a Caller, tel: &'a str) -> Result<Self, Problem> {
        Ok(Self { tenant: &caller.tenant, agent: caller.settings()?, tel })
    }

    /// The number that stands in it.
    #[must_use]
    pub const fn tel(&self) -> &str {
        self.tel
    }

    /// The caller IDs to choose from.
    #[must_use]
    pub fn channels(&self) -> &[Channel] {
        &self.tenant.channels
    }

    /// The agent's queues.
    #[must_use]
    pub fn queues(&self) -> Vec<&Queue> {
        self.agent.queues.iter().filter_map(|id| self.tenant.queue(*id)).collect()
    }

    /// The agent's own dial plan, which goes before the tenant's (semantics 1.8); empty where there is none.
    #[must_use]
    pub fn plan(&self) -> String {
        self.agent.dial_plan.map_or(String::new(), |id| id.to_string())
    }
}

#[derive(askama::Template)]
#[template(path = "dial.html")]
struct DialPage<'a> {
    who: Who<'a>,
    dial: DialBox<'a>,
}

/// What stands behind the question mark.
#[derive(Debug, serde::Deserialize)]
pub struct Asked {
    #[serde(default)]
    tel: String,
}

/// The handler.
pub async fn get(
    State(_): State<Arc<App>>,
    caller: Option<Caller>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let tel: String = asked.tel.chars().filter(|char| !char.is_control()).take(TEL_MAX).collect();
    let Some(caller) = caller else {
        let encoded = |name: &str, value: &str| {
            url::form_urlencoded::Serializer::new(String::new()).append_pair(name, value).finish()
        };
        let here = format!("/AGUI/dial?{}", encoded("tel", &tel));
        return Ok((StatusCode::SEE_OTHER, [(LOCATION, format!("/AGUI/login?{}", encoded("next", &here)))])
            .into_response());
    };
    Ok(page(&DialPage { who: Who::of(&caller)?, dial: DialBox::of(&caller, tel.trim())? }))
}
