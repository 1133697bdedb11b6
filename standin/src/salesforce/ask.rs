//! Questions about records: queries and their pages, searches, what was deleted or changed.
//!
//! Promises: long answers come in pages behind a locator; at most [`CURSORS_MAX`] answers are kept for paging, as at a real
//! org. Leaves to others: the query language (`soql`).

pub(super) use super::soql::Scope;

use super::{
    State, clock,
    errors::Refusal,
    request::{Answer, Ordered},
    rest::Call,
    schema::{Kind, Object},
    soql::{self, Found},
};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use std::collections::VecDeque;

/// Records of one page, unless the client asks for fewer (`Sforce-Query-Options: batchSize=200`).
const PAGE: usize = 2000;
/// The smallest page that can be asked for.
const PAGE_MIN: usize = 200;
/// How many answers are kept for paging.
const CURSORS_MAX: usize = 10;
/// How far back deletions and changes can be asked for.
const WINDOW: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Answers that were longer than a page.
#[derive(Debug, Default)]
pub(super) struct Cursors {
    made: u64,
    kept: VecDeque<(String, Found)>,
}

impl Cursors {
    fn keep(&mut self, found: Found) -> String {
        self.made += 1;
        let locator = super::ids::make("01g", self.made);
        if self.kept.len() == CURSORS_MAX {
            self.kept.pop_front();
        }
        self.kept.push_back((locator.clone(), found));
        locator
    }
}

/// A record in an answer: what it is, then its values in their order.
pub(super) fn record<'a>(
    call: &Call<'_>,
    object: &str,
    id: &str,
    values: Vec<(&'a str, Value)>,
) -> Ordered<'a> {
    let url = format!("{}/sobjects/{object}/{id}", call.base());
    let mut members = vec![("attributes", json!({"type": object, "url": url}))];
    members.extend(values);
    Ordered(members)
}

/// `GET /query?q=…`.
pub(super) fn query(state: &mut State, call: &Call<'_>, scope: Scope) -> Result<Answer, Refusal> {
    let text = call.request.asked("q").unwrap_or_default();
    let found = soql::run(&state.schema, &state.records, text, scope)?;
    let page = page(call);
    if found.rows.len() <= page {
        return Ok(paged(call, &found, 0, page, ""));
    }
    let locator = state.cursors.keep(found);
    more_from(state, call, &locator, 0)
}

/// `GET /query/01g…-2000`: the next page.
pub(super) fn more(state: &State, call: &Call<'_>, locator: &str) -> Result<Answer, Refusal> {
    let unknown = || Refusal::plain(400, "INVALID_QUERY_LOCATOR", "invalid query locator");
    let (locator, start) = locator.rsplit_once('-').ok_or_else(unknown)?;
    more_from(state, call, locator, start.parse().map_err(|_| unknown())?)
}

fn more_from(state: &State, call: &Call<'_>, locator: &str, start: usize) -> Result<Answer, Refusal> {
    let kept = state.cursors.kept.iter().find(|(known, _)| known == locator);
    let unknown = || Refusal::plain(400, "INVALID_QUERY_LOCATOR", "invalid query locator");
    let (_, found) = kept.filter(|(_, found)| start < found.rows.len()).ok_or_else(unknown)?;
    Ok(paged(call, found, start, page(call), locator))
}

/// How many records the client wants in a page.
fn page(call: &Call<'_>) -> usize {
    let options = call.request.header("sforce-query-options").unwrap_or_default();
    let size = options.split(',').filter_map(|option| option.split_once('='));
    let size = size.filter(|(name, _)| name.trim().eq_ignore_ascii_case("batchSize"));
    let size = size.filter_map(|(_, size)| size.trim().parse().ok()).next();
    size.unwrap_or(PAGE).clamp(PAGE_MIN, PAGE)
}

fn paged(call: &Call<'_>, found: &Found, start: usize, page: usize, locator: &str) -> Answer {
    let end = (start + page).min(found.rows.len());
    let done = end == found.rows.len();
    let records = found.rows[start..end].iter();
    let records: Vec<_> =
        records.map(|(id, values)| record(call, found.object, id, values.clone()).text()).collect();
    let next = if done {
        String::new()
    } else {
        format!("\"nextRecordsUrl\":\"{}/query/{locator}-{end}\",", call.base())
    };
    let (total, records) = (found.total, records.join(","));
    Answer::json(200, format!("{{\"totalSize\":{total},\"done\":{done},{next}\"records\":[{records}]}}"))
}

/// `GET /search?q=FIND {…} [IN … FIELDS] [RETURNING Object(Field, …), …]`: text in any text or phone field.
pub(super) fn search(state: &State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let text = call.request.asked("q").unwrap_or_default();
    let malformed = || {
        Refusal::plain(400, "MALFORMED_SEARCH", "No search term found. The search term must be in braces.")
    };
    let after = text.trim_start().get(..4).filter(|word| word.eq_ignore_ascii_case("FIND"));
    let (term, rest) = text.trim_start()[after.ok_or_else(malformed)?.len()..]
        .trim_start()
        .strip_prefix('{')
        .and_then(|text| text.split_once('}'))
        .ok_or_else(malformed)?;
    let term = term.replace('\\', "").trim_matches('*').to_lowercase();
    let wanted = returning(rest);
    let mut records = Vec::new();
    for object in state.schema.objects() {
        let named = wanted.iter().find(|(name, _)| name.eq_ignore_ascii_case(object.name));
        if named.is_none() && !wanted.is_empty() {
            continue;
        }
        let fields = named.map(|(_, fields)| fields.as_slice()).unwrap_or_default();
        let fields: Vec<_> = fields
            .iter()
            .map(|name| object.field(name).ok_or_else(|| Refusal::no_column(name, object.name)))
            .collect::<Result<_, _>>()?;
        let rows = state.records.rows().iter();
        let rows = rows.filter(|row| row.object == object.name && row.deleted.is_none());
        let texts = |kind: Kind| kind.wire_name() == "string";
        for row in rows.filter(|row| {
            let searched = object.fields.iter().filter(|field| texts(field.kind));
            searched.filter_map(|field| row.value(field.name).as_str()).any(|value| fits(value, &term))
        }) {
            let mut values: Vec<_> =
                fields.iter().map(|field| (field.name, row.value(field.name).clone())).collect();
            if !values.iter().any(|(name, _)| *name == "Id") {
                values.insert(0, ("Id", Value::from(row.id.as_str())));
            }
            records.push(record(call, object.name, &row.id, values).text());
        }
    }
    records.truncate(PAGE);
    Ok(Answer::json(200, format!("{{\"searchRecords\":[{}]}}", records.join(","))))
}

/// Whether the text holds the term; a term of digits is looked for in the digits, as in phone numbers.
fn fits(value: &str, term: &str) -> bool {
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let number = !term.is_empty() && term.chars().all(|c| c.is_ascii_digit());
    value.to_lowercase().contains(term) || (number && digits(value).contains(term))
}

/// Objects and fields behind RETURNING.
fn returning(text: &str) -> Vec<(String, Vec<String>)> {
    let Some(at) = text.to_ascii_uppercase().find("RETURNING") else { return Vec::new() };
    let mut rest = &text[at + "RETURNING".len()..];
    let mut wanted = Vec::new();
    while !rest.trim().is_empty() {
        let end = rest.find(['(', ',']).unwrap_or(rest.len());
        let name = rest[..end].trim().to_owned();
        let mut fields = Vec::new();
        rest = &rest[end..];
        if let Some(inner) = rest.strip_prefix('(') {
            let (inside, after) = inner.split_once(')').unwrap_or((inner, ""));
            fields = inside.split(',').map(|field| field.trim().to_owned()).collect();
            rest = after.trim_start();
        }
        rest = rest.strip_prefix(',').unwrap_or(rest);
        wanted.push((name, fields));
    }
    wanted
}

/// The time window of a question about changes, in whole minutes at a real org.
fn window(call: &Call<'_>) -> Result<(Timestamp, Timestamp), Refusal> {
    let moment = |name: &str| {
        let text = call.request.asked(name).unwrap_or_default();
        // A "+" of a zone that was not encoded has become a blank.
        let moment = clock::read_moment(&text.replace(' ', "+"));
        moment.ok_or_else(|| Refusal::plain(400, "INVALID_PARAMETER", format!("invalid {name}: {text}")))
    };
    let (start, end) = (moment("start")?, moment("end")?);
    if start >= end {
        let message = "startDate before endDate is required";
        return Err(Refusal::plain(400, "INVALID_REPLICATION_DATE", message));
    }
    if start < clock::now() - WINDOW {
        let message = "startDate cannot be more than 30 days ago";
        return Err(Refusal::plain(400, "INVALID_REPLICATION_DATE", message));
    }
    Ok((start, end))
}

/// `GET /sobjects/X/deleted?start=…&end=…`.
pub(super) fn deleted(state: &State, call: &Call<'_>, object: &Object) -> Result<Answer, Refusal> {
    let (start, end) = window(call)?;
    let rows = state.records.rows().iter().filter(|row| row.object == object.name);
    let records = rows.filter_map(|row| {
        let moment = row.deleted.filter(|moment| (start..end).contains(moment))?;
        Some(json!({"deletedDate": clock::written(moment), "id": row.id}))
    });
    let body = json!({
        "deletedRecords": records.collect::<Value>(),
        "earliestDateAvailable": clock::written(clock::now() - WINDOW),
        "latestDateCovered": clock::written(end),
    });
    Ok(Answer::json(200, body.to_string()))
}

/// `GET /sobjects/X/updated?start=…&end=…`.
pub(super) fn updated(state: &State, call: &Call<'_>, object: &Object) -> Result<Answer, Refusal> {
    let (start, end) = window(call)?;
    let rows = state.records.rows().iter().filter(|row| row.object == object.name);
    let changed = rows.filter(|row| row.deleted.is_none() && (start..end).contains(&row.changed));
    let body = json!({
        "ids": changed.map(|row| row.id.as_str()).collect::<Value>(),
        "latestDateCovered": clock::written(end),
    });
    Ok(Answer::json(200, body.to_string()))
}
