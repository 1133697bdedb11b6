//! The tenant file, and the JSON document that says the same: from its keys to what is wanted.
//!
//! Promises: every key of the contract is read, every reference is checked, and every problem carries its place; nothing of
//! the database is needed for it; files and screens are read by the same functions. Leaves to others: what only the
//! database knows (`resolve`: kept secrets, names that other tenants own).

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

use crate::document::{At, Document, Place, Problem, Problems, Report, Section};
use ringbridge_core::redact::Secret;
use ringbridge_core::tenant::DialPlan;
use std::collections::HashMap;
use std::hash::Hash;
use std::path::{Component, Path};

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
    let reader = Reader { trunks, files: Files::Beside(folder), report: &report };
    let tenants = tenants::read(&Section::of(&document, &report), &reader);
    report.finish()?;
    Ok(tenants)
}

/// Reads one tenant as a JSON document: the same keys and nesting below `[[tenant]]`.
///
/// # Errors
/// Everything that is wrong.
pub(super) fn read_json(
    value: &serde_json::Value,
    trunks: &[String],
    files: Files<'_>,
) -> Result<TenantDraft, Problems> {
    let document = Document::of_json(value);
    let report = Report::default();
    let reader = Reader { trunks, files, report: &report };
    let draft = {
        let root = Section::of(&document, &report);
        let draft = tenants::tenant(&root, &reader);
        if draft.is_none() && report.is_empty() {
            root.refuse("this is no tenant");
        }
        draft
    };
    report.finish()?;
    draft.ok_or(Problems(Vec::new()))
}

/// Reads one dial plan as a JSON document; one that has no id yet is given 0.
///
/// # Errors
/// Everything that is wrong.
pub(super) fn read_plan(value: &serde_json::Value, trunks: &[String]) -> Result<DialPlan, Problems> {
    let mut plan = value.clone();
    if let Some(keys) = plan.as_object_mut()
        && keys.get("id").is_none_or(serde_json::Value::is_null)
    {
        keys.insert("id".to_owned(), 0.into());
    }
    let document = Document::of_json(&serde_json::json!({ "dial_plan": [plan] }));
    let report = Report::default();
    let reader =
        Reader { trunks, files: Files::Within { folder: Path::new(""), kept: &[] }, report: &report };
    let plans = plans::read(&Section::of(&document, &report), &reader);
    report.finish()?;
    values(plans).pop().ok_or(Problems(Vec::new()))
}

/// Which files of the server's may be named.
#[derive(Clone, Copy)]
pub(super) enum Files<'a> {
    /// Any; a relative one lies in this folder. Whoever applies a tenant file reads the server's files anyway.
    Beside(&'a Path),
    /// Those of the tenant's own folder and those that are named already: an admin of a tenant must not use the keys of
    /// another one.
    Within {
        /// The folder.
        folder: &'a Path,
        /// What is named already.
        kept: &'a [String],
    },
}

/// What all readers need.
struct Reader<'a> {
    trunks: &'a [String],
    files: Files<'a>,
    report: &'a Report,
}

impl Reader<'_> {
    /// The absolute path of a file that is named, so that the server finds it wherever it runs.
    fn file(&self, at: &At<&str>) -> String {
        let (folder, kept) = match self.files {
            Files::Beside(folder) => (folder, None),
            Files::Within { folder, kept } => (folder, Some(kept)),
        };
        let path = folder.join(at.value);
        let path = std::path::absolute(&path).unwrap_or(path);
        let text = path.display().to_string();
        let inside = path.starts_with(folder) && !path.components().any(|part| part == Component::ParentDir);
        if kept.is_some_and(|kept| !inside && !kept.contains(&text)) {
            let folder = folder.display();
            self.refuse(
                at,
                format!(
                    "a file that is named here lies in {folder}; put it there, or name it in the tenant file"
                ),
            );
        }
        text
    }

    fn refuse<T>(&self, at: &At<T>, text: impl Into<String>) {
        self.report.add(at.problem(text));
    }

    /// Reports every value that stands there twice.
    fn unique<T: Eq + Hash + Clone>(&self, values: &[At<T>], sentence: impl Fn(&T) -> String) {
        let mut first: HashMap<T, Place> = HashMap::new();
        for at in values {
            if let Some(place) = first.get(&at.value) {
                let text = sentence(&at.value);
                // A form shows the place itself.
                let already = place.way().is_none().then(|| format!("; it stands at {place} already"));
                self.refuse(at, format!("{text}{}", already.unwrap_or_default()));
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
