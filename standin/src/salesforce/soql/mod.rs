//! Queries in the part of SOQL that call logging needs.
//!
//! Promises: what is not understood or not allowed is refused in the org's words, never guessed; `=` and `LIKE` on text
//! ignore case, as in a real org. Not there: parents and children of records (`Owner.Name`), grouping, sums.
//! Leaves to others: pages of long answers (`cursors`).

mod parse;
mod run;
mod token;

pub(super) use run::{Found, Scope, run};
