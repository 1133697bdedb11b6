//! A tenant's tree as the text of a TOML file.
//!
//! Promises: what is printed is read back as the same tree: plain keys stand before the tables below them. Leaves to
//! others: which keys there are (`tree`).

use super::tree::{Branch, Tree};
use std::fmt::Write as _;

/// The text of a tenant's file.
pub(super) fn toml(tree: &Tree) -> String {
    let mut text = String::new();
    table(&mut text, "[[tenant]]", "tenant", tree);
    text
}

fn table(text: &mut String, header: &str, path: &str, tree: &Tree) {
    if !text.is_empty() {
        text.push('\n');
    }
    text.push_str(header);
    text.push('\n');
    for (key, value) in &tree.entries {
        if let Some(value) = plain(value) {
            writeln!(text, "{} = {value}", name(key)).expect("a String takes all text");
        }
    }
    for (key, value) in &tree.entries {
        let below = format!("{path}.{}", name(key));
        match value {
            Branch::Flag(_) | Branch::List(_) | Branch::Text(_) | Branch::Whole(_) => {}
            Branch::Table(tree) => table(text, &format!("[{below}]"), &below, tree),
            Branch::Tables(trees) => {
                trees.iter().for_each(|tree| table(text, &format!("[[{below}]]"), &below, tree));
            }
        }
    }
}

/// A value that stands on its key's line.
fn plain(value: &Branch) -> Option<toml::Value> {
    match value {
        Branch::Flag(flag) => Some(toml::Value::Boolean(*flag)),
        Branch::List(items) => Some(toml::Value::Array(items.iter().filter_map(plain).collect())),
        Branch::Table(_) | Branch::Tables(_) => None,
        Branch::Text(text) => Some(toml::Value::String(text.clone())),
        Branch::Whole(number) => Some(toml::Value::Integer(*number)),
    }
}

/// A key, in quotes where it needs them.
fn name(key: &str) -> String {
    let bare = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    if !key.is_empty() && key.bytes().all(bare) {
        key.to_owned()
    } else {
        toml::Value::String(key.to_owned()).to_string()
    }
}
