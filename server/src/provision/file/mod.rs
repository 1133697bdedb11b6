//! The tenant file: from its keys to what is wanted.
//!
//! Promises: every key of the contract is read, every reference is checked, and every problem carries its line; nothing of
//! the database is needed for it. Leaves to others: what only the database knows (`resolve`: kept secrets, names that other
//! tenants own).

mod agents;
mod crm;
mod integrations;
mod lists;
mod plans;
mod salesforce;
mod tenants;
mod words;

pub(super) use agents::{AddressDraft, AgentDraft};
pub(super) use integrations::TokenDraft;
pub(super) use tenants::TenantDraft;

use crate::document::{At, Document, Problem, Problems, Report, Section};
use ringbridge_core::redact::Secret;
use std::collections::HashMap;
use std::hash::Hash;
use std::path::Path;

/// What `export` prints in a secret's place, and `provision` leaves as it is.
pub(super) const KEEP: &str = "***";

/// A secret as the file has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// `"***"`: as it is.
    Keep,
    /// This one.
    Set(Secret),
}

impl Wanted {
    fn of(text: &str) -> Self {
        if text == KEEP { Self::Keep } else { Self::Set(Secret::new(text)) }
    }
}

/// Reads a tenant file; `trunks` are the configuration's.
///
/// # Errors
/// Everything that is wrong, in the order of lines.
pub(super) fn read(name: &str, text: &str, trunks: &[String]) -> Result<Vec<TenantDraft>, Problems> {
    let document = Document::parse(name, text).map_err(|problem| Problems(vec![problem]))?;
    let report = Report::default();
    let folder = Path::new(name).parent().unwrap_or(Path::new(""));
    let reader = Reader { trunks, folder, report: &report };
    let tenants = tenants::read(&Section::of(&document, &report), &reader);
    report.finish()?;
    Ok(tenants)
}

/// What all readers need.
struct Reader<'a> {
    trunks: &'a [String],
    /// Where the file lies.
    folder: &'a Path,
    report: &'a Report,
}

impl Reader<'_> {
    /// The absolute path of a file that is named beside the tenant file, so that the server finds it wherever it runs.
    fn beside(&self, file: &str) -> String {
        let path = self.folder.join(file);
        std::path::absolute(&path).unwrap_or(path).display().to_string()
    }

    fn refuse<T>(&self, at: &At<T>, text: impl Into<String>) {
        self.report.add(at.problem(text));
    }

    /// Reports every value that stands there twice.
    fn unique<T: Eq + Hash + Clone>(&self, values: &[At<T>], sentence: impl Fn(&T) -> String) {
        let mut first = HashMap::new();
        for at in values {
            if let Some(place) = first.get(&at.value) {
                self.refuse(at, format!("{}; it stands at {place} already", sentence(&at.value)));
            } else {
                first.insert(at.value.clone(), at.place.clone());
            }
        }
    }

    /// Reports every value that is not among those that exist.
    fn known<T: PartialEq>(&self, values: &[At<T>], existing: &[T], sentence: impl Fn(&T) -> String) {
        for at in values.iter().filter(|at| !existing.contains(&at.value)) {
            self.report.add(Problem { place: at.place.clone(), text: sentence(&at.value) });
        }
    }
}

/// The values without their places.
fn values<T>(items: Vec<At<T>>) -> Vec<T> {
    items.into_iter().map(|at| at.value).collect()
}
