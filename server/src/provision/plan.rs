//! The plan: what applying a file changes, one line each.
//!
//! Promises: no line, no change; a secret's line says only that it changed. Leaves to others: changing it (`apply`).

use super::facts::{self, Fact, Shown, Thing};
use ringbridge_core::tenant::Tenant;

/// The lines from what is to what shall be: `+` comes, `-` goes, `~` changes.
pub(super) fn lines(current: Option<&Tenant>, wanted: &Tenant) -> Vec<String> {
    let tenant = format!("tenant {}", wanted.name);
    let called = |thing: &Thing| match thing.name.as_str() {
        "" => tenant.clone(),
        name => format!("{tenant}: {name}"),
    };
    let before = current.map(facts::of).unwrap_or_default();
    let after = facts::of(wanted);
    let mut lines = Vec::new();
    for thing in &after {
        match before.iter().find(|old| old.name == thing.name) {
            None => lines.push(format!("+ {}", called(thing))),
            Some(old) => {
                let changes = changes(old, thing).into_iter();
                lines.extend(changes.map(|change| format!("~ {} {change}", called(thing))));
            }
        }
    }
    let gone = before.iter().filter(|old| after.iter().all(|thing| thing.name != old.name));
    lines.extend(gone.map(|old| format!("- {}", called(old))));
    lines
}

/// The facts that differ, by their keys: a thing may have others than before, as a log-in by another flow has.
fn changes(before: &Thing, after: &Thing) -> Vec<String> {
    let of = |thing: &Thing, key: &str| thing.facts.iter().find(|fact| fact.key == key).cloned();
    let gone = before.facts.iter().filter(|old| after.facts.iter().all(|new| new.key != old.key));
    let keys = after.facts.iter().chain(gone).map(|fact| fact.key);
    keys.filter_map(|key| change(key, of(before, key), of(after, key))).collect()
}

/// What became of a fact; one that is absent is as one that is empty.
fn change(key: &str, old: Option<Fact>, new: Option<Fact>) -> Option<String> {
    let is_secret = [&old, &new].into_iter().flatten().any(|fact| fact.shown == Shown::Hidden);
    let [old, new] = [old, new].map(|fact| fact.map(|fact| fact.value).unwrap_or_default());
    match (old == new, is_secret) {
        (true, _) => None,
        (false, true) => Some(format!("{key} changed")),
        (false, false) => Some(format!("{key} {} → {}", quoted(&old), quoted(&new))),
    }
}

/// Words stand as they are; what could be misread stands in quotes.
fn quoted(value: &str) -> String {
    let list = value.starts_with('[') && value.ends_with(']');
    let odd = |character: char| character.is_whitespace() || character.is_control() || character == '"';
    if (value.is_empty() || value.contains(odd)) && !list { format!("{value:?}") } else { value.to_owned() }
}
