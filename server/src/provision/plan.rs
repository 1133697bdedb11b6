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
                lines.extend(changes(old, thing).map(|change| format!("~ {} {change}", called(thing))))
            }
        }
    }
    let gone = before.iter().filter(|old| after.iter().all(|thing| thing.name != old.name));
    lines.extend(gone.map(|old| format!("- {}", called(old))));
    lines
}

fn changes<'a>(before: &'a Thing, after: &'a Thing) -> impl Iterator<Item = String> + 'a {
    before.facts.iter().zip(&after.facts).filter(|(old, new)| old != new).map(|(old, new)| change(old, new))
}

fn change(old: &Fact, new: &Fact) -> String {
    match new.shown {
        Shown::Hidden => format!("{} changed", new.key),
        Shown::Openly => format!("{} {} → {}", new.key, quoted(&old.value), quoted(&new.value)),
    }
}

/// Words stand as they are; what could be misread stands in quotes.
fn quoted(value: &str) -> String {
    let list = value.starts_with('[') && value.ends_with(']');
    let odd = |character: char| character.is_whitespace() || character.is_control() || character == '"';
    if (value.is_empty() || value.contains(odd)) && !list { format!("{value:?}") } else { value.to_owned() }
}
