//! A sheet as CSV (RFC 4180): a header row, then the rows; lines end with CR LF.
//!
//! Promises: no cell is run by a spreadsheet (SEC-26): a text that begins like a formula gets an apostrophe in front, which
//! spreadsheets show as text. Phone numbers are digits without `+` and stay as they are. What there is to say about all
//! rows has no place in this form; the next page stands in the `Link` header.

use super::sheet::{Cell, Sheet};
use crate::spreadsheet;
use std::borrow::Cow;

pub(super) fn write(sheet: &Sheet) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    writer.write_record(&sheet.names)?;
    for row in &sheet.rows {
        writer.write_record(row.iter().map(|cell| safe(cell).into_owned().into_bytes()))?;
    }
    writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))
}

/// The text of a cell that a spreadsheet takes for text.
fn safe(cell: &Cell) -> Cow<'_, str> {
    let text = cell.plain();
    match cell {
        Cell::Text(_) if spreadsheet::is_run(&text) => Cow::Owned(format!("'{text}")),
        Cell::Text(_) | Cell::Empty | Cell::Number(_) | Cell::Flag(_) => text,
    }
}
