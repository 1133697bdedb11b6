//! `GET /api/v1/events`: what happens to an agent, or to all of a tenant, as server-sent events read from the journal.
//!
//! Promises: an event's id is its place in the journal, so `Last-Event-ID` resumes without a gap and without doubles; an
//! open stream counts as use of the session and ends with it; a client that does not read is not waited for for ever, and
//! an agent has [`STREAMS_MAX`] streams at most; a tenant's events are for those who look after it. Leaves to others: what
//! events say (`core::event`), and reading the journal (`feed`).

use super::App;
use super::problem::Problem;
use super::query::Query;
use super::session::{self, Caller, Principal};
use super::words;
use crate::store::journal::{self, Entry, Filter};
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use http_body_util::channel::{Channel, Sender};
use ringbridge_core::id::{AgentId, Seq};
use ringbridge_core::refusal::{Code, Refusal};
use serde::Deserialize;
use serde_json::Value;
use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout};

/// Streams of one agent: tabs, and the pages of calls just placed.
const STREAMS_MAX: usize = 20;

/// How often a sign of life keeps proxies from closing a quiet stream, and the session is looked at.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// What a quiet stream says then: an event, since scripts do not see comments and must know a stream that has died by its
/// silence.
const ALIVE: &str = "event: alive\ndata: {}\n\n";

/// A client that takes nothing for so long is gone.
const STALLED: Duration = Duration::from_secs(60);

/// Parts that wait for a slow client before the stream itself waits.
const BUFFERED: usize = 16;

/// How many streams each agent has open.
#[derive(Debug, Default)]
pub struct Streams(Mutex<HashMap<AgentId, usize>>);

/// One open stream; dropping it gives its place back.
struct Place {
    app: Arc<App>,
    agent: AgentId,
}

impl Place {
    fn take(app: &Arc<App>, agent: AgentId) -> Result<Self, Problem> {
        let mut open = app.streams.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(agent).or_insert(0);
        if *count >= STREAMS_MAX {
            return Err(Refusal::new(Code::RateLimited, words::TOO_MANY_STREAMS).into());
        }
        *count += 1;
        app.metrics.stream_opened();
        Ok(Self { app: Arc::clone(app), agent })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.app.streams.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.agent) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.agent);
            }
        }
        self.app.metrics.stream_ended();
    }
}

/// What is asked for.
#[derive(Debug, Deserialize)]
pub struct Asked {
    scope: Option<String>,
}

/// Whose events a stream carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scope {
    /// One's own.
    Own,
    /// Everybody's of the tenant: supervisors and admins.
    Tenant,
}

impl Scope {
    fn named(name: Option<&str>) -> Result<Self, Problem> {
        match name {
            None | Some("own") => Ok(Self::Own),
            Some("tenant") => Ok(Self::Tenant),
            Some(_) => {
                Err(Refusal::new(Code::BadParameter, "scope may be own or tenant.").about("scope").into())
            }
        }
    }

    /// Whether these events are theirs to hear.
    fn check(self, caller: &Caller) -> Result<(), Problem> {
        match self {
            Self::Own => Ok(()),
            Self::Tenant => Principal::Agent(caller.clone()).must_supervise(),
        }
    }
}

/// The handler.
pub async fn stream(
    State(app): State<Arc<App>>,
    caller: Caller,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let scope = Scope::named(asked.scope.as_deref())?;
    scope.check(&caller)?;
    let place = Place::take(&app, caller.agent)?;
    let resumed =
        headers.get("last-event-id").and_then(|value| value.to_str().ok()?.trim().parse().ok()).map(Seq);
    let newest = app.store.read(journal::newest).await?;
    // A place beyond the end is one of a database that was replaced by a backup since: there is nothing to wait for.
    let from = resumed.map_or(newest, |seq| seq.min(newest));
    let (sender, body) = Channel::<Bytes, Infallible>::new(BUFFERED);
    tokio::spawn(follow(place, (caller, scope), from, sender));
    Ok(([(CONTENT_TYPE, "text/event-stream")], Body::new(body)).into_response())
}

/// Feeds one stream until the client, the session or the server ends.
async fn follow(place: Place, (caller, scope): (Caller, Scope), from: Seq, mut sender: Sender<Bytes>) {
    let app = &place.app;
    let mut stop = app.stopping.clone();
    let mut keep_alive = interval_at(Instant::now() + KEEP_ALIVE, KEEP_ALIVE);
    keep_alive.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let filter = match scope {
        Scope::Own => Filter::Agent(caller.tenant.id, caller.agent),
        Scope::Tenant => Filter::Tenant(caller.tenant.id),
    };
    let mut listening = app.feed.listen(filter, from);
    // The id alone: a client that reconnects before the first event resumes from here.
    let mut part = Bytes::from(format!("retry: 1000\nid: {from}\n\n"));
    loop {
        match timeout(STALLED, sender.send_data(part)).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) | Err(_) => return,
        }
        part = tokio::select! {
            said = listening.next() => match said {
                Ok(said) => said,
                Err(_) => return,
            },
            _ = keep_alive.tick() => match session::alive(app, caller.session.clone()).await {
                // Who is no supervisor any more hears no more of others.
                Ok(Some(now)) if scope.check(&now).is_ok() => Bytes::from_static(ALIVE.as_bytes()),
                Ok(_) | Err(_) => return,
            },
            () = super::listener::told(&mut stop) => return,
        };
    }
}

/// One journal entry on the wire; nothing for kinds that consoles have no use for.
pub(super) fn event(entry: &Entry) -> Option<String> {
    let kind = kind_of(&entry.kind)?;
    Some(format!("id: {}\nevent: {kind}\ndata: {}\n\n", entry.seq, json_of(entry)))
}

/// The four kinds of the contract, by the journal's kind.
fn kind_of(kind: &str) -> Option<&'static str> {
    match kind.split('.').next()? {
        "agent" => Some("status"),
        "wrap_up" => Some("wrap_up"),
        "screen_pop" => Some("screen_pop"),
        "action" | "call" | "callback" | "dial" | "leg" | "record" | "transaction" => Some("call"),
        "click" if kind == "click.accepted" => Some("call"),
        _ => None,
    }
}

/// An entry as the API shows it: its place, time and kind beside what it says.
#[must_use]
pub fn json_of(entry: &Entry) -> Value {
    let mut shown = match &entry.body {
        Value::Object(body) => body.clone(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            serde_json::Map::new()
        }
    };
    shown.insert("seq".to_owned(), entry.seq.0.into());
    shown.insert("at".to_owned(), entry.at.rfc3339().into());
    shown.insert("kind".to_owned(), entry.kind.as_str().into());
    shown.insert("transaction_id".to_owned(), entry.transaction.map(|id| id.0).into());
    Value::Object(shown)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ringbridge_core::id::TransactionId;
    use ringbridge_core::time::Timestamp;
    use serde_json::json;

    #[test]
    fn an_event_carries_its_place_as_id_and_is_one_line_of_json() {
        let entry = Entry {
            seq: Seq(7),
            tenant: None,
            agent: None,
            transaction: Some(TransactionId(3)),
            at: Timestamp::from_millis(0),
            kind: "leg.failed".to_owned(),
            body: json!({ "reason": "Busy\nHere" }),
        };
        assert_eq!(
            event(&entry).as_deref(),
            Some(concat!(
                "id: 7\nevent: call\ndata: {\"at\":\"1970-01-01T00:00:00.000Z\",\"kind\":\"leg.failed\",",
                "\"reason\":\"Busy\\nHere\",\"seq\":7,\"transaction_id\":3}\n\n"
            ))
        );
    }

    #[test]
    fn refusals_and_other_server_matters_stay_in_the_journal() {
        assert_eq!(kind_of("click.refused"), None);
        assert_eq!(kind_of("tenant.provisioned"), None);
        assert_eq!(kind_of("agent.status"), Some("status"));
        assert_eq!(kind_of("wrap_up.started"), Some("wrap_up"));
    }
}
