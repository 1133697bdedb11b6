//! The Stat API: what happened, for programs that make reports (semantics 6.2).
//!
//! Promises: a page is bounded, and says where the next one begins; what a row holds is decided in [`columns`] and
//! [`codes`] once, the three forms only write it. Leaves to others: the order of rows (`store::statistics`), who may read
//! (`access`).

mod access;
mod codes;
mod columns;
mod csv;
mod json;
mod query;
mod sheet;
#[cfg(test)]
mod tests;
mod xml;

use super::App;
use super::problem::Problem;
use crate::store::statistics;
use access::Reader;
use axum::Router;
use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, LINK};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use query::Asked;
use sheet::{Cell, Sheet};
use std::sync::Arc;

/// Rows of a page. With the longest notes an agent can write it is a few megabytes; with the usual ones half of one.
const PAGE_ROWS: u32 = 500;

/// How an answer is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Json,
    Xml,
    Csv,
}

impl Form {
    const ALL: [Self; 3] = [Self::Json, Self::Xml, Self::Csv];

    /// The ending of the address.
    const fn ending(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Xml => "xml",
            Self::Csv => "csv",
        }
    }

    const fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Xml => "application/xml; charset=utf-8",
            Self::Csv => "text/csv; charset=utf-8; header=present",
        }
    }

    /// The sheet's bytes, or what kept them from being written.
    fn write(self, sheet: &Sheet) -> Result<Vec<u8>, String> {
        match self {
            Self::Json => json::write(sheet).map_err(|error| error.to_string()),
            Self::Xml => xml::write(sheet).map_err(|error| error.to_string()),
            Self::Csv => csv::write(sheet).map_err(|error| error.to_string()),
        }
    }
}

/// The routes.
pub fn router() -> Router<Arc<App>> {
    let mut router = Router::new();
    for form in Form::ALL {
        let ending = form.ending();
        let all_codes = move |reader: Reader, RawQuery(query): RawQuery| async move {
            query::none(query.as_deref())?;
            answer(form, &codes::sheet(&reader.tenant.lists), None)
        };
        let calls = move |State(app): State<Arc<App>>, reader: Reader, RawQuery(query): RawQuery| async move {
            interactions(&app, &reader, query.as_deref(), form).await
        };
        router = router
            .route(&format!("/api/stats/transaction-codes.{ending}"), get(all_codes))
            .route(&format!("/api/stats/interactions.{ending}"), get(calls));
    }
    router
}

/// `GET /api/stats/interactions.{json,xml,csv}?d=from,to&n=offset`
async fn interactions(
    app: &App,
    reader: &Reader,
    query: Option<&str>,
    form: Form,
) -> Result<Response, Problem> {
    let asked = Asked::read(query)?;
    let (id, offset, range) = (reader.tenant.id, asked.offset, asked.range(&reader.tenant.zone));
    // One row more than is shown tells whether there is a next page.
    let read = app.store.read(move |tx| statistics::page(tx, id, range, offset, PAGE_ROWS + 1));
    let mut views = read.await?;
    let more = views.len() > PAGE_ROWS as usize;
    views.truncate(PAGE_ROWS as usize);
    let next = more.then(|| asked.offset.saturating_add(PAGE_ROWS));
    let rows = views.iter().map(|view| columns::row(view, &reader.tenant)).collect::<Result<Vec<_>, _>>();
    let rows = rows.map_err(|error| Problem::internal(&error))?;
    let sheet = Sheet {
        rows_name: "interactions",
        row_name: "interaction",
        about: vec![
            ("from", Cell::text(asked.from.to_string())),
            ("to", Cell::text(asked.to.to_string())),
            ("time_zone", Cell::text(reader.tenant.zone.name())),
            ("offset", Cell::Number(offset.into())),
            ("count", Cell::count(rows.len())),
            ("next", next.map_or(Cell::Empty, |next| Cell::Number(next.into()))),
        ],
        names: columns::names(),
        rows,
    };
    let link = next.map(|next| {
        let (ending, from, to) = (form.ending(), asked.from, asked.to);
        format!("</api/stats/interactions.{ending}?d={from},{to}&n={next}>; rel=\"next\"")
    });
    answer(form, &sheet, link)
}

/// The answer, with the address of the next page (RFC 8288) if there is one.
fn answer(form: Form, sheet: &Sheet, next: Option<String>) -> Result<Response, Problem> {
    let bytes = form.write(sheet).map_err(|error| Problem::internal(&error))?;
    let mut response =
        (StatusCode::OK, [(CONTENT_TYPE, form.content_type())], Body::from(bytes)).into_response();
    if let Some(next) = next {
        let value = HeaderValue::try_from(next).map_err(|error| Problem::internal(&error))?;
        response.headers_mut().insert(LINK, value);
    }
    match form {
        // A browser saves it instead of showing it as a page.
        Form::Csv => {
            response.headers_mut().insert(CONTENT_DISPOSITION, HeaderValue::from_static("attachment"));
        }
        Form::Json | Form::Xml => {}
    }
    Ok(response)
}
