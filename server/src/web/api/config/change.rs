//! `PUT`, `POST` and `DELETE /api/v1/config/{part}` and `…/{part}/{key}`: one part of the tenant.
//!
//! Promises: with `?dry_run=1` nothing is changed; a wrong field is named by its way inside the part; a part that somebody
//! else changed is not overwritten. Leaves to others: what a part may say (`provision`).

use crate::provision::{Edit, How, Mode, Part, change};
use crate::web::App;
use crate::web::body;
use crate::web::changes;
use crate::web::problem::Problem;
use crate::web::query::Query;
use crate::web::session::Principal;
use axum::Json;
use axum::extract::{Path, Request, State};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use std::sync::Arc;

/// The most bytes of a change: a dial plan with thousands of rules, twice.
const CHANGE_MAX: usize = 2 << 20;

/// What stands behind the question mark.
#[derive(Debug, Deserialize)]
pub struct Options {
    /// `1`: only tell what would change.
    #[serde(default)]
    dry_run: String,
}

impl Options {
    /// Whether the change is carried out.
    #[must_use]
    pub fn mode(&self) -> Mode {
        match self.dry_run.as_str() {
            "" | "0" | "false" => Mode::Apply,
            _ => Mode::DryRun,
        }
    }
}

/// What is sent.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sent {
    value: Value,
    /// Absent: whatever it was. `null`: it was not there.
    #[serde(default, deserialize_with = "present")]
    was: Option<Value>,
}

/// What is sent with a removal, if anything.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Removal {
    #[serde(default, deserialize_with = "present")]
    was: Option<Value>,
}

/// A key that is there, even with `null`.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

/// `PUT /api/v1/config/{part}`
pub async fn put(
    State(app): State<Arc<App>>,
    who: Principal,
    Path(part): Path<String>,
    Query(options): Query<Options>,
    request: Request,
) -> Result<Json<Value>, Problem> {
    put_part(&app, &who, (&part, None), &options, request).await
}

/// `PUT /api/v1/config/{part}/{key}`
pub async fn put_item(
    State(app): State<Arc<App>>,
    who: Principal,
    Path((part, key)): Path<(String, String)>,
    Query(options): Query<Options>,
    request: Request,
) -> Result<Json<Value>, Problem> {
    put_part(&app, &who, (&part, Some(key)), &options, request).await
}

async fn put_part(
    app: &Arc<App>,
    who: &Principal,
    (part, key): (&str, Option<String>),
    options: &Options,
    request: Request,
) -> Result<Json<Value>, Problem> {
    let part = part_of(who, part)?;
    let Sent { value, was } = body::json_of(request, CHANGE_MAX).await?;
    done(app, who, Edit::Put { part, key, value, was }, options).await
}

/// `POST /api/v1/config/{part}`
pub async fn post(
    State(app): State<Arc<App>>,
    who: Principal,
    Path(part): Path<String>,
    Query(options): Query<Options>,
    request: Request,
) -> Result<Json<Value>, Problem> {
    let part = part_of(&who, &part)?;
    let Sent { value, was: _ } = body::json_of(request, CHANGE_MAX).await?;
    done(&app, &who, Edit::Add { part, value }, &options).await
}

/// `DELETE /api/v1/config/{part}`
pub async fn delete(
    State(app): State<Arc<App>>,
    who: Principal,
    Path(part): Path<String>,
    Query(options): Query<Options>,
    request: Request,
) -> Result<Json<Value>, Problem> {
    remove(&app, &who, (&part, None), &options, request).await
}

/// `DELETE /api/v1/config/{part}/{key}`
pub async fn delete_item(
    State(app): State<Arc<App>>,
    who: Principal,
    Path((part, key)): Path<(String, String)>,
    Query(options): Query<Options>,
    request: Request,
) -> Result<Json<Value>, Problem> {
    remove(&app, &who, (&part, Some(key)), &options, request).await
}

async fn remove(
    app: &Arc<App>,
    who: &Principal,
    (part, key): (&str, Option<String>),
    options: &Options,
    request: Request,
) -> Result<Json<Value>, Problem> {
    let part = part_of(who, part)?;
    let Removal { was } = body::json_of_if_any(request, CHANGE_MAX).await?.unwrap_or_default();
    done(app, who, Edit::Remove { part, key, was }, options).await
}

fn part_of(who: &Principal, name: &str) -> Result<Part, Problem> {
    who.must_administer()?;
    Part::named(name).ok_or_else(Problem::not_found)
}

async fn done(
    app: &Arc<App>,
    who: &Principal,
    edit: Edit,
    options: &Options,
) -> Result<Json<Value>, Problem> {
    let (tenant, stamp, mode) = (who.tenant(), changes::stamp(who, How::Screen), options.mode());
    let id = tenant.id;
    let outcome = changes::run(app, tenant, move |site| change(site, id, &[edit], &stamp, mode)).await?;
    Ok(Json(changes::shown(&outcome)))
}
