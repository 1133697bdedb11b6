//! Changing tenants for requests: off the runtime's threads, a few at once.
//!
//! Promises: at most [`AT_ONCE`] changes run and [`WAITING_MAX`] wait; each way a change is refused has its status and its
//! sentence here. Leaves to others: changing (`provision`), what is to be changed (`api::config`).

use super::App;
use super::problem::Problem;
use super::session::Principal;
use super::words;
use crate::clock;
use crate::config::Config;
use crate::document::Step;
use crate::provision::{self, ChangeError, FieldError, How, Outcome, Site, Stamp};
use crate::store::StoreError;
use axum::http::StatusCode;
use ringbridge_core::refusal::{Code, Refusal};
use ringbridge_core::tenant::Tenant;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// Changes at once: new passwords take a core each while they are hashed, and calls come first.
const AT_ONCE: usize = 2;

/// Changes that may wait: more than a server has admins who save at one moment.
const WAITING_MAX: usize = 32;

/// How long a change may wait for its turn; an import before it may take that long.
const WAIT_SECONDS: u64 = 30;

/// What changes need of the server.
#[derive(Debug)]
pub struct Changes {
    trunks: Vec<String>,
    key_files: PathBuf,
    turns: Arc<Semaphore>,
    places: Arc<Semaphore>,
}

impl Changes {
    /// Takes what it needs of the configuration.
    #[must_use]
    pub fn new(config: &Config) -> Self {
        Self {
            trunks: provision::trunks(config),
            key_files: provision::key_files(config),
            turns: Arc::new(Semaphore::new(AT_ONCE)),
            places: Arc::new(Semaphore::new(AT_ONCE + WAITING_MAX)),
        }
    }

    /// The names of the configuration's trunks.
    #[must_use]
    pub fn trunks(&self) -> &[String] {
        &self.trunks
    }
}

/// Why nothing was changed.
pub enum Wrong {
    /// As `provision` says it.
    Change(ChangeError),
    /// As whoever asked says it.
    Told(Box<Problem>),
}

/// Runs a change in its turn. It is carried out to its end even if whoever asked is gone.
///
/// # Errors
/// Why nothing was changed.
pub async fn run<F, E>(app: &Arc<App>, tenant: &Arc<Tenant>, work: F) -> Result<Outcome, Problem>
where
    F: FnOnce(&Site<'_>) -> Result<Outcome, E> + Send + 'static,
    E: Into<Wrong> + Send + 'static,
{
    in_turn(app, work).await?.map_err(|error| match error.into() {
        Wrong::Change(error) => problem(error, tenant),
        Wrong::Told(problem) => *problem,
    })
}

/// The same where there is no tenant yet; what is wrong is left to whoever asks.
///
/// # Errors
/// There is no turn to be had, or the change failed inside.
pub async fn in_turn<F, E>(app: &Arc<App>, work: F) -> Result<Result<Outcome, E>, Problem>
where
    F: FnOnce(&Site<'_>) -> Result<Outcome, E> + Send + 'static,
    E: Send + 'static,
{
    let overloaded = || Problem::from(Refusal::new(Code::Overloaded, words::OVERLOADED));
    let place = Arc::clone(&app.changes.places).try_acquire_owned().map_err(|_| overloaded())?;
    let turn = Arc::clone(&app.changes.turns).acquire_owned();
    let turn = tokio::time::timeout(Duration::from_secs(WAIT_SECONDS), turn).await;
    let Ok(Ok(turn)) = turn else { return Err(overloaded()) };
    let shared = Arc::clone(app);
    let done = tokio::task::spawn_blocking(move || {
        let Changes { trunks, key_files, .. } = &shared.changes;
        let outcome = work(&Site { store: &shared.store, keys: &shared.keys, trunks, key_files });
        drop((turn, place));
        outcome
    });
    done.await.map_err(|error| Problem::internal(&error))
}

/// Who changes something, now.
#[must_use]
pub fn stamp(who: &Principal, how: How) -> Stamp {
    Stamp { who: who.name(), how, at: clock::now() }
}

/// An outcome on the wire.
#[must_use]
pub fn shown(outcome: &Outcome) -> Value {
    let made = outcome.made.iter().map(|(what, value)| json!({ "what": what, "value": value.expose() }));
    json!({
        "lines": outcome.lines,
        "made": made.collect::<Vec<_>>(),
        "revision": outcome.revisions.first().map(|id| id.0),
    })
}

fn problem(error: ChangeError, tenant: &Tenant) -> Problem {
    let conflict = |code, text: String| Problem::new(StatusCode::CONFLICT, code, text);
    match error {
        ChangeError::Changed { what, by } => {
            let who = by.map(|by| {
                let at = tenant.zone.format(by.at, words::MOMENT);
                format!(" by {} on {at}", by.who)
            });
            let text =
                format!("{} {what}{}. {}", words::CONFIG_CHANGED, who.unwrap_or_default(), words::LOOK_AGAIN);
            conflict("CONFIG_CHANGED", text)
        }
        ChangeError::LastAdmin => conflict("LAST_ADMIN", words::LAST_ADMIN.to_owned()),
        ChangeError::Load(error) => error.into(),
        ChangeError::Missing => Problem::not_found(),
        ChangeError::NotUndoable => conflict("NOT_UNDOABLE", words::NOT_UNDOABLE.to_owned()),
        ChangeError::Refused(errors) => refused(&errors),
        ChangeError::Store(StoreError::Stale { .. }) => {
            Refusal::new(Code::Overloaded, words::OVERLOADED).into()
        }
        ChangeError::Store(error) => error.into(),
    }
}

/// A refusal of fields.
#[must_use]
pub fn refused(errors: &[FieldError]) -> Problem {
    let said = errors.iter().map(|error| json!({ "path": path(&error.path), "text": error.text }));
    refusal(errors.iter().map(|error| error.text.as_str()), said.collect())
}

/// A refusal of values: the sentences as one, and each with its place.
#[must_use]
pub fn refusal<'a>(sentences: impl Iterator<Item = &'a str>, errors: Vec<Value>) -> Problem {
    /// As many sentences as somebody reads; all of them stand in the list.
    const SAID: usize = 5;
    let text = sentences.take(SAID).map(sentence).collect::<Vec<_>>().join(" ");
    let mut problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "CONFIG_REFUSED", text);
    problem.errors = Some(Box::new(errors.into()));
    problem
}

/// With a capital and a full stop.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str().trim_end_matches('.'))
}

/// The way to a field on the wire.
#[must_use]
pub fn path(steps: &[Step]) -> Value {
    let step = |step: &Step| match step {
        Step::Index(index) => json!(index),
        Step::Key(key) => json!(&**key),
    };
    steps.iter().map(step).collect()
}
