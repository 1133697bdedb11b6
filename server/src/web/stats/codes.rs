//! The transaction codes of a tenant: what a report needs to read the codes of its interactions (semantics 6.2).
//!
//! Promises: ids are made of names alone, the list's and `list:short` as in `$transaction_codes$`, so that they stay the
//! same wherever a list or code stands in the tenant file.

use super::sheet::{Cell, Sheet};
use ringbridge_core::tenant::{Choice, Code, CodeList, Need};

/// What a column says of a code.
type Column = (&'static str, fn(&CodeList, &Code) -> Cell);

const COLUMNS: [Column; 9] = [
    ("list_id", |list, _| Cell::text(&list.name)),
    ("list_name", |list, _| Cell::text(&list.name)),
    ("code_id", |list, code| Cell::text(format!("{}:{}", list.name, code.short))),
    ("short_code", |_, code| Cell::text(&code.short)),
    ("menu_text", |_, code| Cell::text(&code.menu)),
    ("report_text", |_, code| Cell::text(&code.report)),
    ("hot_key", |_, code| Cell::maybe(code.key.as_ref())),
    ("multiple", |list, _| Cell::Flag(list.choice == Choice::Multiple)),
    ("required", |list, _| Cell::Flag(list.need == Need::Required)),
];

/// All codes of all lists, in the order of the tenant file.
pub(super) fn sheet(lists: &[CodeList]) -> Sheet {
    let codes = lists.iter().flat_map(|list| list.codes.iter().map(move |code| (list, code)));
    let row = |(list, code): (&CodeList, &Code)| COLUMNS.iter().map(|(_, cell)| cell(list, code)).collect();
    let rows: Vec<Vec<Cell>> = codes.map(row).collect();
    Sheet {
        rows_name: "transaction_codes",
        row_name: "transaction_code",
        about: vec![("count", Cell::count(rows.len()))],
        names: COLUMNS.iter().map(|(name, _)| *name).collect(),
        rows,
    }
}
