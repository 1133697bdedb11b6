//! `POST /api/v1/links/check` and `POST /api/v1/links/compose`: what a link will do for the one who asks, without calling,
//! and how a link is written.
//!
//! Promises: the reading is that of `check-link` and of a click (`core::check`); a slip comes with the part of the text that
//! it is about. Leaves to others: the rules of writing (`core::link`), the page (`assets/links.js`).

use crate::web::App;
use crate::web::body;
use crate::web::problem::{Place, Problem};
use crate::web::session::Caller;
use crate::web::words;
use axum::Json;
use axum::extract::{Request, State};
use ringbridge_core::check::{self, Checked, Context};
use ringbridge_core::link::Draft;
use ringbridge_core::merge_field::Samples;
use ringbridge_core::tenant::Tenant;
use ringbridge_core::token::{Token, Values};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What is filled in before a link is looked at.
#[derive(Debug, Default, Deserialize)]
struct Filling {
    /// What tokens stand for, by their names; names that are no token are left alone.
    #[serde(default)]
    values: BTreeMap<String, String>,
    /// What merge fields stand for, by their names.
    #[serde(default)]
    merge: Samples,
}

#[derive(Debug, Deserialize)]
struct Asked {
    link: String,
    #[serde(flatten)]
    filling: Filling,
}

#[derive(Debug, Deserialize)]
struct Written {
    draft: Draft,
    /// The words of an anchor.
    #[serde(default)]
    label: String,
    #[serde(flatten)]
    filling: Filling,
}

/// `POST /api/v1/links/check`: the document of `check-link --json` with the place of each slip, and the link taken apart.
pub async fn check(
    State(_): State<Arc<App>>,
    caller: Caller,
    request: Request,
) -> Result<Json<Value>, Problem> {
    // The whole body may be larger than the longest link by what JSON escapes.
    let asked: Asked = body::json_of(request, body::LINK_MAX).await?;
    document(&asked.link, &asked.filling, &caller.tenant).map(Json)
}

/// `POST /api/v1/links/compose`: a link in the forms that are copied, and the check of it; or the rows that no link can hold.
pub async fn compose(
    State(app): State<Arc<App>>,
    caller: Caller,
    request: Request,
) -> Result<Json<Value>, Problem> {
    let Written { draft, label, filling } = body::json_of(request, body::LINK_MAX).await?;
    let composed = match draft.compose() {
        Ok(composed) => composed,
        Err(errors) => return Ok(Json(json!({ "url": null, "errors": errors, "fields": draft.fields() }))),
    };
    let address = format!("{}{PATH}", app.origin);
    let url = composed.url(&address);
    // On this server itself, whatever name it is called by. Samples may bring what no link can hold.
    let test = draft.filled(&filling.merge).compose().map(|filled| filled.url(PATH)).ok();
    Ok(Json(json!({
        "checked": document(&url, &filling, &caller.tenant)?,
        "url": url,
        "anchor": composed.anchor(&address, &label),
        "test": test,
        "errors": [],
        "fields": draft.fields(),
    })))
}

/// Where links lead.
const PATH: &str = "/AGUI/make_call.php";

/// The check of a link as the API answers it.
fn document(link: &str, filling: &Filling, tenant: &Tenant) -> Result<Value, Problem> {
    let mut values = Values::new();
    for (token, value) in filling.values.iter().filter_map(|(name, value)| Some((Token::named(name)?, value)))
    {
        values.set(token, value.as_str());
    }
    let context = Context { values: &values, merge: &filling.merge, tenant: Some(tenant) };
    let checked = check::check(link, context);
    let mut document = serde_json::to_value(&checked).map_err(|error| Problem::internal(&error))?;
    let errors: Vec<Value> = checked
        .errors
        .iter()
        .map(|error| {
            let mut shown = json!(error);
            shown["text"] = words::sentence(&error.text, error.parameter.as_deref()).into();
            show_place(&mut shown, value_of(&checked, error.parameter.as_deref()), error.offset);
            shown
        })
        .collect();
    if let Some(first) = errors.first() {
        document["error"] = first.clone();
    }
    document["errors"] = errors.into();
    for (index, warning) in checked.warnings.iter().enumerate() {
        let value = value_of(&checked, warning.parameter.as_deref());
        show_place(&mut document["warnings"][index], value, warning.offset);
    }
    document["fields"] = json!(checked.draft.fields());
    document["draft"] = json!(checked.draft);
    Ok(document)
}

/// The value of a parameter that was given.
fn value_of<'a>(checked: &'a Checked, parameter: Option<&str>) -> Option<&'a str> {
    let given = checked.params.iter().find(|(given, _)| Some(given.as_str()) == parameter);
    given.map(|(_, value)| value.as_str())
}

/// Adds the text around a slip, and how many bytes of the value are to be marked.
fn show_place(slip: &mut Value, value: Option<&str>, offset: Option<usize>) {
    let (Some(value), Some(offset)) = (value, offset) else { return };
    let place = Place::in_text(value, offset);
    slip["place"] = format!("{}\n{}", place.line, place.caret).into();
    slip["length"] = check::marked(value, offset).len().into();
}
