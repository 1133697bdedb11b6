//! The agents of a tenant as a spreadsheet (CSV): out, and in again.
//!
//! Promises: what goes out comes in as no change; rows go through the readers that every change goes through, all of them
//! or none; a wrong cell is named by line and column; columns that are missing leave their part of each agent as it is, and
//! so do agents who have no row. Of an agent's phones the sheet has the first. Leaves to others: HTTP (`web`).

mod row;

use super::change::{ChangeError, Edit, FieldError, change};
use super::part::{self, Part};
use super::{Mode, Outcome, Site, Stamp, TRIES, export, load};
use crate::document::Step;
use crate::spreadsheet;
use ringbridge_core::id::TenantId;
use ringbridge_core::redact::Secret;
use ringbridge_core::tenant::Tenant;
use row::Row;
use serde_json::Value;
use std::collections::HashMap;

/// The columns in the order in which they are written; they are read in any.
pub const COLUMNS: [&str; 13] = [
    "login",
    "name",
    "role",
    "password",
    "queues",
    "caller_id",
    "dial_plan",
    "phone_uri",
    "phone_register",
    "phone_password",
    "auto_answer",
    "external_username",
    "external_password",
];

/// The most bytes of a sheet: its most rows, each well filled.
pub const BYTES_MAX: usize = 4 << 20;

/// The most rows: as many agents as the largest contact centers have.
const ROWS_MAX: usize = 10_000;

/// The most passwords that are set at once: each takes a core some 50 ms to hash, and somebody waits for the answer.
const PASSWORDS_MAX: usize = 1_000;

/// The most errors that are told: whoever has more has made one mistake often.
const ERRORS_MAX: usize = 200;

/// Something wrong in a sheet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CellError {
    /// The line of the file, from 1; none: the sheet as a whole.
    pub line: Option<u64>,
    /// The column; none: the row as a whole.
    pub column: Option<String>,
    /// One sentence.
    pub text: String,
}

/// Why a sheet was not taken. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// As with any change.
    #[error(transparent)]
    Change(#[from] ChangeError),
    /// The sheet is wrong.
    #[error("the sheet was refused")]
    Refused(Vec<CellError>),
}

impl From<super::stored::LoadError> for ImportError {
    fn from(error: super::stored::LoadError) -> Self {
        Self::Change(error.into())
    }
}

/// The sheet of a tenant's agents; secrets stand as `***`.
///
/// # Errors
/// None that memory does not give.
pub fn write(tenant: &Tenant) -> Result<Vec<u8>, csv::Error> {
    let document = export::json(tenant);
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    writer.write_record(COLUMNS)?;
    for agent in part::items(&document, Part::Agent) {
        let cells = COLUMNS.map(|column| spreadsheet::guarded(row::cell(agent, column).into()).into_owned());
        writer.write_record(cells)?;
    }
    writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))
}

/// Changes a tenant's agents by a sheet. An agent who is new and has no password gets one, which the outcome shows once.
/// Blocks as [`change`] does.
///
/// # Errors
/// Why nothing was changed.
pub fn import(
    site: &Site<'_>,
    tenant: TenantId,
    text: &str,
    stamp: &Stamp,
    mode: Mode,
) -> Result<Outcome, ImportError> {
    let rows = rows(text).map_err(ImportError::Refused)?;
    let mut tries = 1;
    loop {
        let (_, tenants) = load(site.store, site.keys)?;
        let current = tenants.iter().find(|known| known.id == tenant).ok_or(ChangeError::Missing)?;
        let (edits, made) = edits(&rows, current);
        let passwords = rows.iter().filter(|row| row.sets_password()).count() + made.len();
        if passwords > PASSWORDS_MAX {
            let text = format!("a sheet sets at most {PASSWORDS_MAX} passwords; send it in parts");
            return Err(ImportError::Refused(vec![CellError { line: None, column: None, text }]));
        }
        match change(site, tenant, &edits, stamp, mode) {
            // An agent was changed between the two looks; what the sheet does not say must be theirs of now.
            Err(ChangeError::Changed { .. }) if tries < TRIES => tries += 1,
            Err(ChangeError::Refused(errors)) => return Err(ImportError::Refused(places(&rows, errors))),
            Err(error) => return Err(error.into()),
            Ok(mut outcome) => {
                if !outcome.revisions.is_empty() {
                    outcome.made.extend(made);
                }
                return Ok(outcome);
            }
        }
    }
}

fn edits(rows: &[Row], tenant: &Tenant) -> (Vec<Edit>, Vec<(String, Secret)>) {
    let document = export::json(tenant);
    let known: HashMap<_, _> = part::items(&document, Part::Agent)
        .iter()
        .filter_map(|agent| Some((agent.get("login")?.as_str()?, agent)))
        .collect();
    let mut made = Vec::new();
    let edit = |row: &Row| match known.get(row.login()) {
        Some(agent) => Edit::Put {
            part: Part::Agent,
            key: Some(row.login().to_owned()),
            value: row.changed(agent),
            was: Some((*agent).clone()),
        },
        None => {
            let mut value = row.changed(&Value::Object(serde_json::Map::new()));
            if value.get("password").is_none() {
                let password = row::password();
                value["password"] = password.expose().into();
                made.push((format!("password of agent {}", row.login()), password));
            }
            Edit::Add { part: Part::Agent, value }
        }
    };
    (rows.iter().map(edit).collect(), made)
}

/// The rows of a sheet, or all that is wrong with its form.
fn rows(text: &str) -> Result<Vec<Row>, Vec<CellError>> {
    let text = text.trim_start_matches('\u{feff}');
    let first = text.lines().next().unwrap_or_default();
    // Spreadsheets of many countries write semicolons.
    let delimiter = if first.contains(';') && !first.contains(',') { b';' } else { b',' };
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .from_reader(text.as_bytes());
    let mut records = reader.records();
    let whole = |text: String| vec![CellError { line: None, column: None, text }];
    let unreadable = |error: csv::Error| whole(format!("this is no CSV: {error}"));
    let Some(head) = records.next().transpose().map_err(unreadable)? else {
        return Err(whole("the first row must name the columns".to_owned()));
    };
    let head: Vec<String> = head.iter().map(|name| name.trim().to_lowercase()).collect();
    check_head(&head)?;
    let (mut rows, mut errors, mut lines) = (Vec::new(), Vec::new(), HashMap::new());
    for record in records {
        let record = record.map_err(unreadable)?;
        let line = record.position().map_or(0, |position| line_of(text, position));
        // Blanks around a word are a slip, in a password they may be meant.
        let secret = |place: usize| head.get(place).is_some_and(|name| name.ends_with("password"));
        let cells = record.iter().enumerate();
        let cells: Vec<&str> = cells
            .map(|(place, cell)| spreadsheet::unguarded(if secret(place) { cell } else { cell.trim() }))
            .collect();
        if cells.iter().all(|cell| cell.is_empty()) {
            continue;
        }
        let mut wrong = |column: Option<&str>, text: String| {
            errors.push(CellError { line: Some(line), column: column.map(str::to_owned), text });
        };
        if cells.len() != head.len() {
            wrong(None, format!("this row has {} cells, the first row has {}", cells.len(), head.len()));
            continue;
        }
        let row = Row::of(line, &head, &cells);
        match lines.insert(row.login().to_owned(), line) {
            _ if row.login().is_empty() => wrong(Some("login"), "\"login\" must not be empty".to_owned()),
            Some(first) => {
                wrong(Some("login"), format!("\"{}\" stands on line {first} already", row.login()))
            }
            None => {}
        }
        row.check(|column, text| wrong(Some(column), text));
        rows.push(row);
        if rows.len() > ROWS_MAX {
            return Err(whole(format!("a sheet has at most {ROWS_MAX} rows; send it in parts")));
        }
    }
    errors.truncate(ERRORS_MAX);
    if errors.is_empty() { Ok(rows) } else { Err(errors) }
}

/// The line of a record: the empty lines in front of it are counted as part of it.
fn line_of(text: &str, position: &csv::Position) -> u64 {
    let from = usize::try_from(position.byte()).ok().and_then(|byte| text.as_bytes().get(byte..));
    let empty = from.unwrap_or_default().iter().take_while(|byte| b"\r\n".contains(byte));
    position.line() + empty.filter(|byte| **byte == b'\n').count() as u64
}

fn check_head(head: &[String]) -> Result<(), Vec<CellError>> {
    let mut errors = Vec::new();
    let mut wrong = |column: &str, text: String| {
        errors.push(CellError { line: Some(1), column: Some(column.to_owned()), text });
    };
    for (place, name) in head.iter().enumerate() {
        if !COLUMNS.contains(&name.as_str()) {
            wrong(name, format!("unknown column \"{name}\"; known are {}", COLUMNS.join(", ")));
        } else if head.iter().take(place).any(|other| other == name) {
            wrong(name, format!("the column \"{name}\" stands there twice"));
        }
    }
    if !head.iter().any(|name| name == "login") {
        wrong("login", "the column \"login\" is missing; it says whose row it is".to_owned());
    }
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

/// The errors of a change as those of cells.
fn places(rows: &[Row], errors: Vec<FieldError>) -> Vec<CellError> {
    let place = |error: FieldError| CellError {
        line: error.edit.and_then(|edit| rows.get(edit)).map(Row::line),
        column: column(&error.path).map(str::to_owned),
        text: error.text,
    };
    errors.into_iter().take(ERRORS_MAX).map(place).collect()
}

/// The column that a way inside an agent belongs to.
fn column(path: &[Step]) -> Option<&'static str> {
    let key = |step: Option<&Step>| match step {
        Some(Step::Key(key)) => Some(key.to_string()),
        Some(Step::Index(_)) | None => None,
    };
    let name = match key(path.first())?.as_str() {
        "phone" => match key(path.get(2)).as_deref() {
            Some("auto_answer") => "auto_answer".to_owned(),
            Some(field) => format!("phone_{field}"),
            None => "phone_uri".to_owned(),
        },
        other => other.to_owned(),
    };
    COLUMNS.into_iter().find(|column| *column == name)
}
