//! The org's pages for people: the tasks as a table, a record to read or to edit, at the addresses of both interfaces.
//!
//! Promises: whatever stands in a record or an address is escaped; a page leads to addresses of this org alone; each page
//! says that it is a stand-in. Leaves to others: logging people in; there is nothing here to protect.

use super::{
    State, body, ids,
    records::{Author, Duplicates, Row},
    request::{Answer, Request, pairs, percent_encoded},
    schema::{Access, Kind, Object},
    values::{self, Write},
};
use serde_json::{Map, Value};

/// How many tasks the first page shows: the last ones.
const SHOWN: usize = 200;

/// Whether a record is read or edited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    View,
    Edit,
}

/// What an org that is down answers.
pub(super) fn unavailable() -> Answer {
    let body = "<!DOCTYPE html><html><head><title>Service Unavailable</title></head><body><h1>Service Unavailable</h1>\
                <p>The server is temporarily unable to handle your request.</p></body></html>";
    Answer::html(503, body.to_owned())
}

/// Answers what lies outside `/services`.
pub(super) fn answer(state: &mut State, request: &Request, path: &[&str]) -> Answer {
    let (object, id, mode, back) = match path {
        [] => return tasks(state),
        [id] => (None, *id, Mode::View, None),
        [id, "e"] => (None, *id, Mode::Edit, request.asked("retURL")),
        ["lightning", "r", object, id, "view"] => (Some(*object), *id, Mode::View, None),
        ["lightning", "r", object, id, "edit"] => {
            (Some(*object), *id, Mode::Edit, request.asked("backgroundContext"))
        }
        _ => return missing(),
    };
    let Some(row) = ids::normalise(id).and_then(|id| state.records.row(&id).cloned()) else {
        return missing();
    };
    if row.deleted.is_some() || object.is_some_and(|name| !name.eq_ignore_ascii_case(row.object)) {
        return missing();
    }
    let Some(object) = state.schema.object(row.object).cloned() else { return missing() };
    // The parent, on this org alone: an address that begins with two strokes would lead elsewhere.
    let own = |back: &&str| {
        back.starts_with('/') && !back.starts_with("//") && !back.contains(['\\', '\r', '\n', '\t'])
    };
    let back = back.filter(own).map_or_else(|| format!("/{}", row.id), str::to_owned);
    match (request.method.as_str(), mode) {
        ("GET", _) => shown(state, request, &object, &row, mode, &back),
        ("POST", Mode::Edit) => saved(state, request, &object, &row, &back),
        _ => Answer::html(405, page("Not allowed", "<p>This page can be read.</p>")),
    }
}

fn missing() -> Answer {
    Answer::html(404, page("Not found", "<p>There is no such record here. <a href=\"/\">All tasks</a></p>"))
}

/// Text in a page.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped += "&amp;",
            '<' => escaped += "&lt;",
            '>' => escaped += "&gt;",
            '"' => escaped += "&quot;",
            '\'' => escaped += "&#39;",
            other => escaped.push(other),
        }
    }
    escaped
}

fn page(title: &str, body: &str) -> String {
    format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>{title} | stand-in org</title><style>\
         body{{font:16px/1.5 system-ui,sans-serif;margin:0;background:#f3f3f3;color:#181818}}\
         .note{{background:#fff3c4;padding:.5rem 1rem}}main{{max-width:60rem;margin:1rem auto;padding:1rem;background:#fff}}\
         table{{border-collapse:collapse;width:100%}}th,td{{text-align:left;vertical-align:top;padding:.3rem .6rem;\
         border-bottom:1px solid #ddd;white-space:pre-wrap}}h1,td{{overflow-wrap:anywhere}}input,textarea{{font:inherit;width:100%;box-sizing:border-box}}\
         textarea{{min-height:8rem}}</style></head><body><p class=\"note\">A stand-in for Salesforce, part of Ringbridge's \
         demo and tests. Nothing here is a real org.</p><main><h1>{title}</h1>{body}</main></body></html>"
    )
}

/// A page that runs nothing, loads nothing and stands in no frame, as those of a real org.
fn answered(status: u16, html: String) -> Answer {
    let policy = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";
    Answer::html(status, html).with("content-security-policy", policy).with("cache-control", "no-store")
}

fn tasks(state: &State) -> Answer {
    let rows = state.records.rows().iter().filter(|row| row.object == "Task" && row.deleted.is_none());
    let rows: Vec<String> = rows
        .rev()
        .take(SHOWN)
        .map(|row| {
            let cell = |name: &str| format!("<td>{}</td>", escaped(&text(row.value(name))));
            let cells = ["Subject", "Status", "WhatId", "WhoId", "Transactionid__c", "CreatedDate"].map(cell);
            format!("<tr><td><a href=\"/{0}\">{0}</a></td>{1}</tr>", row.id, cells.join(""))
        })
        .collect();
    let table = if rows.is_empty() {
        "<p>No task yet.</p>".to_owned()
    } else {
        format!(
            "<table><thead><tr><th>Id</th><th>Subject</th><th>Status</th><th>Related to</th><th>Name</th>\
             <th>Transaction</th><th>Created</th></tr></thead><tbody>{}</tbody></table>",
            rows.join("")
        )
    };
    answered(200, page("Tasks", &table))
}

/// A value as people read it.
fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}

fn shown(state: &State, request: &Request, object: &Object, row: &Row, mode: Mode, back: &str) -> Answer {
    let rows: Vec<String> = object
        .fields
        .iter()
        .map(|field| {
            let value = text(row.value(field.name));
            let name = field.name;
            let editable = mode == Mode::Edit && is_editable(field.kind, field.access);
            let content = if editable && field.kind == Kind::LongText {
                format!("<textarea id=\"{name}\" name=\"{name}\">{}</textarea>", escaped(&value))
            } else if editable {
                format!("<input id=\"{name}\" name=\"{name}\" value=\"{}\">", escaped(&value))
            } else {
                linked(state, &value)
            };
            format!(
                "<tr><th><label for=\"{name}\">{}</label></th><td>{content}</td></tr>",
                escaped(field.label)
            )
        })
        .collect();
    let table = format!("<table><tbody>{}</tbody></table>", rows.join(""));
    let title = format!("{} {}", object.label, row.id);
    let body = match mode {
        Mode::View => {
            let context = format!("/lightning/r/{}/{}/view", object.name, row.id);
            let edit = format!(
                "/lightning/r/{}/{}/edit?backgroundContext={}",
                object.name,
                row.id,
                percent_encoded(&context)
            );
            format!("<p><a href=\"/\">All tasks</a> · <a href=\"{}\">Edit</a></p>{table}", escaped(&edit))
        }
        Mode::Edit => {
            let (target, back) = (escaped(&request.target), escaped(back));
            format!(
                "<form method=\"post\" action=\"{target}\">{table}<p><button>Save</button> <a href=\"{back}\">Cancel</a></p>\
                 </form>"
            )
        }
    };
    answered(200, page(&title, &body))
}

/// Whether the form has the field: text that people may change.
fn is_editable(kind: Kind, access: Access) -> bool {
    access == Access::Write && matches!(kind.wire_name(), "string" | "date")
}

/// A value, as a link when it is the id of a record here.
fn linked(state: &State, value: &str) -> String {
    let shown = escaped(value);
    match ids::normalise(value).filter(|id| state.records.row(id).is_some()) {
        Some(id) => format!("<a href=\"/{id}\">{shown}</a>"),
        None => shown,
    }
}

/// Saves the form by the rules of the API, and leads to the parent.
fn saved(state: &mut State, request: &Request, object: &Object, row: &Row, back: &str) -> Answer {
    let form = pairs(&String::from_utf8_lossy(&request.body));
    let fields = form
        .into_iter()
        .filter(|(name, _)| object.field(name).is_some_and(|field| is_editable(field.kind, field.access)));
    let members: Map<String, Value> = fields
        .map(|(name, value)| {
            // Forms send line ends as two characters.
            let value = value.replace("\r\n", "\n");
            (name, if value.is_empty() { Value::Null } else { Value::from(value) })
        })
        .collect();
    let saved = body::read(Value::Object(members).to_string().as_bytes()).and_then(|members| {
        let values = values::check(&state.schema, object, &members, Write::Update)?;
        let user = ids::make("005", 1);
        let author = Author { user: &user, duplicates: Duplicates::Allow };
        state.records.update(&state.schema, object, &row.id, values, author)
    });
    match saved {
        Ok(()) => Answer::redirect(303, back.to_owned()),
        Err(refusal) => {
            let body = format!(
                "<p>Not saved: {}</p><p><a href=\"{}\">Back</a></p>",
                escaped(&refusal.body()),
                escaped(&request.target)
            );
            answered(400, page("Not saved", &body))
        }
    }
}
