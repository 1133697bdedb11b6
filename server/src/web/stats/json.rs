//! A sheet as JSON: one object, the rows in a list of objects.
//!
//! Promises: members stand in the order of the columns; numbers are numbers, flags flags, and what is not there is null;
//! texts are exact.

use super::sheet::{Cell, Sheet};
use serde::ser::{Serialize, SerializeMap as _, Serializer};

pub(super) fn write(sheet: &Sheet) -> Result<Vec<u8>, serde_json::Error> {
    serde_json::to_vec(&Document(sheet))
}

struct Document<'a>(&'a Sheet);

struct Row<'a> {
    names: &'a [&'static str],
    cells: &'a [Cell],
}

impl Serialize for Document<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let sheet = self.0;
        let mut document = serializer.serialize_map(None)?;
        for (name, cell) in &sheet.about {
            document.serialize_entry(name, cell)?;
        }
        let rows: Vec<_> = sheet.rows.iter().map(|cells| Row { names: &sheet.names, cells }).collect();
        document.serialize_entry(sheet.rows_name, &rows)?;
        document.end()
    }
}

impl Serialize for Row<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.names.iter().zip(self.cells))
    }
}

impl Serialize for Cell {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Empty => serializer.serialize_none(),
            Self::Number(number) => serializer.serialize_i64(*number),
            Self::Text(text) => serializer.serialize_str(text),
            Self::Flag(flag) => serializer.serialize_bool(*flag),
        }
    }
}
