//! The REST API: versions, limits, objects and records (salesforce.md 1.2, 1.3, 1.6).
//!
//! Promises: nothing without a session; each request is counted against the day's limit and says how much is used; an
//! unknown place is 404 before a wrong method is 405. Leaves to others: queries (`ask`), faults (`http`).

use super::{
    State, ask, body, clock,
    errors::Refusal,
    ids,
    records::{Author, Duplicates, Row},
    request::{Answer, Ordered, Request},
    schema::{Access, Field, Key, Object, describe, summary},
    values::{self, Write},
};
use serde_json::{Value, json};

/// The oldest and the newest version that is served; the newest documented one is a preview.
const VERSIONS: std::ops::RangeInclusive<u32> = 31..=68;

/// One request of the API that was let in.
pub(super) struct Call<'a> {
    pub(super) request: &'a Request,
    /// The id of the user.
    pub(super) user: String,
    pub(super) version: u32,
}

impl Call<'_> {
    /// `/services/data/v67.0`.
    pub(super) fn base(&self) -> String {
        format!("/services/data/v{}.0", self.version)
    }

    fn author(&self) -> Author<'_> {
        let header = self.request.header("sforce-duplicate-rule-header").unwrap_or_default();
        let allow = header.to_ascii_lowercase().replace(' ', "").contains("allowsave=true");
        let duplicates = if allow { Duplicates::Allow } else { Duplicates::Refuse };
        Author { user: &self.user, duplicates }
    }

    /// Refuses a method that the place does not know.
    fn methods(&self, allowed: &str) -> Refusal {
        Refusal::method(&self.request.method, allowed)
    }

    fn members(&self) -> Result<Vec<body::Member>, Refusal> {
        let kind = self.request.media_type();
        if kind != "application/json" {
            return Err(Refusal::media_type(&kind));
        }
        body::read(&self.request.body)
    }
}

/// Answers what lies under `/services/data`.
pub(super) fn answer(state: &mut State, request: &Request, path: &[&str]) -> Answer {
    let Some((version, path)) = path.split_first() else {
        return match request.method.as_str() {
            "GET" => Answer::json(200, versions()),
            method => Refusal::method(method, "GET,HEAD").into(),
        };
    };
    match admitted(state, request, version) {
        Ok(call) => {
            let answer = route(state, &call, path).unwrap_or_else(Answer::from);
            answer.with("sforce-limit-info", format!("api-usage={}/{}", state.used, state.limit))
        }
        Err(refusal) => refusal.into(),
    }
}

/// The versions, which need no session and are not counted.
fn versions() -> String {
    let all = VERSIONS.map(|version| {
        // Three releases a year; version 67 is that of summer 2026.
        let (season, year) = match version % 3 {
            1 => ("Summer", 26 - (67 - version) / 3),
            2 => ("Winter", 27 - (68 - version) / 3),
            _ => ("Spring", 26 - (66 - version) / 3),
        };
        let label = format!("{season} '{year:02}");
        Ordered(vec![
            ("label", label.into()),
            ("url", format!("/services/data/v{version}.0").into()),
            ("version", format!("{version}.0").into()),
        ])
    });
    serde_json::to_string(&all.collect::<Vec<_>>()).expect("names are text and values are JSON")
}

/// Lets a request in: its session lives, its version is served, the day's limit is not used up.
fn admitted<'a>(state: &mut State, request: &'a Request, version: &str) -> Result<Call<'a>, Refusal> {
    let session = state.grants.use_session(request.token()?).ok_or_else(Refusal::session)?;
    let number = version.strip_prefix('v').and_then(|version| version.strip_suffix(".0"));
    let number = number.and_then(|number| number.parse().ok()).filter(|number| VERSIONS.contains(number));
    let version = number.ok_or_else(Refusal::not_found)?;
    if state.used >= state.limit {
        return Err(Refusal::daily_limit());
    }
    state.used += 1;
    Ok(Call { request, user: session.user, version })
}

fn route(state: &mut State, call: &Call<'_>, path: &[&str]) -> Result<Answer, Refusal> {
    let method = call.request.method.as_str();
    match path {
        [] => only_get(call, |call| Ok(resources(call))),
        ["limits"] => only_get(call, |_| Ok(limits(state))),
        ["query"] => only_get(call, |call| ask::query(state, call, ask::Scope::Live)),
        ["queryAll"] => only_get(call, |call| ask::query(state, call, ask::Scope::All)),
        ["query" | "queryAll", locator] => only_get(call, |call| ask::more(state, call, locator)),
        ["search"] => only_get(call, |call| ask::search(state, call)),
        ["sobjects"] => only_get(call, |call| Ok(global(state, call))),
        ["sobjects", name, rest @ ..] => {
            let object = state.schema.object(name).cloned().ok_or_else(Refusal::not_found)?;
            match (rest, method) {
                ([], "GET") => Ok(basic(call, &object)),
                ([], "POST") => create(state, call, &object),
                ([], _) => Err(call.methods("GET,HEAD,POST")),
                (["describe"], "GET") => Ok(described(state, call, &object)),
                (["deleted"], "GET") => ask::deleted(state, call, &object),
                (["updated"], "GET") => ask::updated(state, call, &object),
                (["describe" | "deleted" | "updated"], _) => Err(call.methods("GET,HEAD")),
                ([id], "GET") => get(state, call, &object, id),
                ([id], "PATCH") => update(state, call, &object, id),
                ([id], "DELETE") => delete(state, &object, id),
                ([_], _) => Err(call.methods("DELETE,GET,HEAD,PATCH")),
                ([key, value], "GET") => get_by_key(state, call, &object, key, value),
                ([key, value], "PATCH") => upsert(state, call, &object, key, value),
                ([key, value], "DELETE") => delete_by_key(state, &object, key, value),
                ([_, _], _) => Err(call.methods("DELETE,GET,HEAD,PATCH")),
                _ => Err(Refusal::not_found()),
            }
        }
        _ => Err(Refusal::not_found()),
    }
}

fn only_get<'a>(
    call: &'a Call<'a>,
    answer: impl FnOnce(&'a Call<'a>) -> Result<Answer, Refusal>,
) -> Result<Answer, Refusal> {
    if call.request.method == "GET" { answer(call) } else { Err(call.methods("GET,HEAD")) }
}

fn resources(call: &Call<'_>) -> Answer {
    let base = call.base();
    let names = ["limits", "query", "queryAll", "search", "sobjects"];
    let members = names.iter().map(|name| (*name, Value::from(format!("{base}/{name}"))));
    Answer::json(200, Ordered(members.collect()).text())
}

fn limits(state: &State) -> Answer {
    let left = state.limit.saturating_sub(state.used);
    let body = json!({
        "DailyApiRequests": {"Max": state.limit, "Remaining": left},
        "DailyBulkApiBatches": {"Max": 15_000, "Remaining": 15_000},
        "DataStorageMB": {"Max": 1024, "Remaining": 1000},
    });
    Answer::json(200, body.to_string())
}

fn global(state: &State, call: &Call<'_>) -> Answer {
    let base = call.base();
    let objects = state.schema.objects().iter().map(|object| summary(object, &base));
    let body = json!({"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": objects.collect::<Value>()});
    unless_known(state, call, body.to_string())
}

fn basic(call: &Call<'_>, object: &Object) -> Answer {
    let body = json!({"objectDescribe": summary(object, &call.base()), "recentItems": []});
    Answer::json(200, body.to_string())
}

fn described(state: &State, call: &Call<'_>, object: &Object) -> Answer {
    unless_known(state, call, describe(object, &call.base()).to_string())
}

/// 304 when the client has this description already.
fn unless_known(state: &State, call: &Call<'_>, body: String) -> Answer {
    let changed = state.schema.changed();
    let tag = format!("\"{:x}-{:x}\"", changed.as_second(), body.len());
    let known =
        call.request.header("if-none-match").map(|tags| tags.split(',').any(|known| known.trim() == tag));
    let since = call.request.header("if-modified-since").and_then(clock::read_http_date);
    let current =
        known.unwrap_or_else(|| since.is_some_and(|since| changed.as_second() <= since.as_second()));
    let answer = if current { Answer::empty(304) } else { Answer::json(200, body) };
    answer.with("etag", tag).with("last-modified", clock::http_date(changed))
}

fn writable(object: &Object) -> Result<(), Refusal> {
    if object.access == Access::ReadOnly { Err(Refusal::read_only()) } else { Ok(()) }
}

/// What is answered to a write that went well, in the order of real answers.
fn written(id: &str, created: Option<bool>) -> String {
    let mut members = vec![("id", Value::from(id)), ("success", true.into()), ("errors", json!([]))];
    members.extend(created.map(|created| ("created", Value::from(created))));
    Ordered(members).text()
}

fn create(state: &mut State, call: &Call<'_>, object: &Object) -> Result<Answer, Refusal> {
    writable(object)?;
    let values = values::check(&state.schema, object, &call.members()?, Write::Create)?;
    let id = state.records.create(&state.schema, object, values, call.author())?;
    let place = format!("{}/sobjects/{}/{id}", call.base(), object.name);
    Ok(Answer::json(201, written(&id, None)).with("location", place))
}

/// The 18-character id in a path. What is no id at all is read as a key field's name by real orgs, and missed.
fn id_in_path(id: &str) -> Result<String, Refusal> {
    if matches!(id.len(), 15 | 18) {
        let malformed = || Refusal::plain(400, "MALFORMED_ID", format!("malformed id {id}"));
        ids::normalise(id).ok_or_else(malformed)
    } else {
        Err(Refusal::no_key_field(id))
    }
}

fn update(state: &mut State, call: &Call<'_>, object: &Object, id: &str) -> Result<Answer, Refusal> {
    writable(object)?;
    let id = id_in_path(id)?;
    state.records.live(object, &id)?;
    let values = values::check(&state.schema, object, &call.members()?, Write::Update)?;
    state.records.update(&state.schema, object, &id, values, call.author())?;
    Ok(Answer::empty(204))
}

fn delete(state: &mut State, object: &Object, id: &str) -> Result<Answer, Refusal> {
    writable(object)?;
    state.records.delete(object, &id_in_path(id)?)?;
    Ok(Answer::empty(204))
}

fn get(state: &State, call: &Call<'_>, object: &Object, id: &str) -> Result<Answer, Refusal> {
    let row = state.records.live(object, &id_in_path(id)?).map_err(|_| Refusal::not_found())?;
    shown(call, object, row)
}

/// One record with all its fields, or with those that were asked for.
fn shown(call: &Call<'_>, object: &Object, row: &Row) -> Result<Answer, Refusal> {
    let fields: Vec<&Field> = match call.request.asked("fields") {
        None => object.fields.iter().collect(),
        Some(names) => names
            .split(',')
            .map(|name| {
                let field = object.field(name.trim());
                field.ok_or_else(|| Refusal::no_column(name.trim(), object.name))
            })
            .collect::<Result<_, _>>()?,
    };
    let values = fields.iter().map(|field| (field.name, row.value(field.name).clone())).collect();
    Ok(Answer::json(200, ask::record(call, object.name, &row.id, values).text()))
}

/// The field that a path names as key: an external id, or there is none.
fn key_field<'a>(object: &'a Object, name: &str) -> Result<&'a Field, Refusal> {
    let field = object.field(name).filter(|field| field.key != Key::No);
    field.ok_or_else(|| Refusal::no_key_field(name))
}

/// The live records with this key; a value that looks like a file's name is not found by real orgs (salesforce.md 1.3).
fn with_key(state: &State, object: &Object, field: &Field, value: &str) -> Result<Vec<String>, Refusal> {
    if value.ends_with(".inc") {
        return Err(Refusal::not_found());
    }
    let value = values::check_text(&state.schema, field, value)?;
    Ok(state.records.with_value(object, field, &value))
}

/// 300: several records have the key, nothing is written.
fn ambiguous(call: &Call<'_>, object: &Object, found: &[String]) -> Answer {
    let places = found.iter().map(|id| format!("{}/sobjects/{}/{id}", call.base(), object.name));
    Answer::json(300, Value::from(places.collect::<Vec<_>>()).to_string())
}

fn get_by_key(
    state: &State,
    call: &Call<'_>,
    object: &Object,
    key: &str,
    value: &str,
) -> Result<Answer, Refusal> {
    let found = with_key(state, object, key_field(object, key)?, value)?;
    match found.as_slice() {
        [] => Err(Refusal::not_found()),
        [id] => shown(call, object, state.records.live(object, id)?),
        several => Ok(ambiguous(call, object, several)),
    }
}

fn delete_by_key(state: &mut State, object: &Object, key: &str, value: &str) -> Result<Answer, Refusal> {
    let found = with_key(state, object, key_field(object, key)?, value)?;
    match found.as_slice() {
        [id] => delete(state, object, id),
        [] | [_, _, ..] => Err(Refusal::not_found()),
    }
}

/// Creates or updates by an external id; from version 46 on both say which it was (salesforce.md 1.3).
fn upsert(
    state: &mut State,
    call: &Call<'_>,
    object: &Object,
    key: &str,
    value: &str,
) -> Result<Answer, Refusal> {
    writable(object)?;
    let field = key_field(object, key)?;
    let found = with_key(state, object, field, value)?;
    let members = call.members()?;
    if members.iter().any(|member| member.name.eq_ignore_ascii_case(field.name)) {
        return Err(Refusal::named_in_body(field.name));
    }
    match found.as_slice() {
        [] if call.request.asked("updateOnly") == Some("true") => Err(Refusal::not_found()),
        [] => {
            let mut values = values::check(&state.schema, object, &members, Write::Create)?;
            values.push((field.name, Value::from(value)));
            let id = state.records.create(&state.schema, object, values, call.author())?;
            let place = format!("{}/sobjects/{}/{id}", call.base(), object.name);
            Ok(Answer::json(201, written(&id, Some(true))).with("location", place))
        }
        [id] => {
            let values = values::check(&state.schema, object, &members, Write::Update)?;
            state.records.update(&state.schema, object, id, values, call.author())?;
            if call.version >= 46 {
                Ok(Answer::json(200, written(id, Some(false))))
            } else {
                Ok(Answer::empty(204))
            }
        }
        several => Ok(ambiguous(call, object, several)),
    }
}
