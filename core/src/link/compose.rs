//! How a link is written: the other way round of reading one.
//!
//! Promises: what is composed reads back as the same parameters and the same pairs, or is refused with the row that cannot be
//! written; merge fields of the one spelling that is asked for stand in it as they are, everything else is
//! percent-encoded. Leaves to others: whether the link is any good (`check`).

use super::Reading;
use crate::merge_field::{self, Samples, Spelling};
use crate::token::push_component;
use crate::userdata::Userdata;
use serde::{Deserialize, Serialize};

/// A link taken apart, as a form holds it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Draft {
    /// Parameters with their values, in order; those without a value are left out of the link.
    pub parameters: Vec<(String, String)>,
    /// The pairs of `ctl_userdata`.
    pub userdata: Vec<(String, String)>,
    /// The pairs of `extTransactionData`.
    pub ext: Vec<(String, String)>,
    /// Which merge fields are left for the CRM to fill; `None`: all values are meant as they are.
    pub spelling: Option<Spelling>,
}

/// A merge field of a draft.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NamedField {
    /// The name that samples go by.
    pub name: String,
    /// As it is written.
    pub field: String,
    /// How it is written.
    pub spelling: Spelling,
}

/// A part of a draft that no link can hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unwritable {
    /// `parameters`, `userdata` or `ext`.
    pub list: &'static str,
    /// Which of its rows, from 0.
    pub row: usize,
    /// One sentence that says what to do.
    pub text: String,
}

/// A link that can be written in several ways.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Composed {
    query: String,
    spelling: Option<Spelling>,
}

impl Draft {
    /// Puts the draft together.
    ///
    /// # Errors
    /// Every row that cannot be written.
    pub fn compose(&self) -> Result<Composed, Vec<Unwritable>> {
        let mut composed = Composed { query: String::new(), spelling: self.spelling };
        let mut wrong = Vec::new();
        for (row, (name, value)) in self.parameters.iter().enumerate() {
            if name.trim().is_empty() || value.is_empty() {
                continue;
            }
            if let Some(text) = self.unwritable(value) {
                wrong.push(Unwritable { list: "parameters", row, text });
            }
            composed.begin(name.trim());
            composed.push_value(value);
        }
        let lists = [("userdata", "ctl_userdata", &self.userdata), ("ext", "extTransactionData", &self.ext)];
        for (list, parameter, pairs) in lists {
            for (row, (_, value)) in pairs.iter().enumerate() {
                if let Some(text) = self.unwritable(value) {
                    wrong.push(Unwritable { list, row, text });
                }
            }
            if let Err((row, text)) = Userdata::of_pairs(pairs) {
                wrong.push(Unwritable { list, row, text: text.to_owned() });
            }
            if !pairs.is_empty() {
                composed.begin(parameter);
            }
            for (name, value) in pairs {
                push_query(&mut composed.query, &format!("[{}|", name.trim()));
                composed.push_value(value);
                push_query(&mut composed.query, "]");
            }
        }
        if wrong.is_empty() { Ok(composed) } else { Err(wrong) }
    }

    /// The draft as the CRM would fill it: with samples in place of merge fields, all values as they are.
    #[must_use]
    pub fn filled(&self, samples: &Samples) -> Self {
        let fill = |rows: &[(String, String)]| {
            let filled = rows.iter().map(|(name, value)| (name.clone(), merge_field::fill(value, samples).0));
            filled.collect::<Vec<_>>()
        };
        Self {
            parameters: fill(&self.parameters),
            userdata: fill(&self.userdata),
            ext: fill(&self.ext),
            spelling: None,
        }
    }

    /// The merge fields of all values, each once, in order of first use.
    #[must_use]
    pub fn fields(&self) -> Vec<NamedField> {
        let mut found: Vec<NamedField> = Vec::new();
        for (_, value) in self.parameters.iter().chain(&self.userdata).chain(&self.ext) {
            for field in merge_field::fields(value) {
                if !found.iter().any(|known| known.name == field.name()) {
                    found.push(NamedField {
                        name: field.name().to_owned(),
                        field: value[field.place.clone()].to_owned(),
                        spelling: field.spelling,
                    });
                }
            }
        }
        found
    }

    /// Why a merge field of the value would break the link: a browser, or the checker, sees it as it stands.
    fn unwritable(&self, value: &str) -> Option<String> {
        let fields = merge_field::fields(value).into_iter();
        let mut of_ours = fields.filter(|field| Some(field.spelling) == self.spelling);
        let breaks = |char: char| matches!(char, '&' | '#' | '%' | '+') || char.is_control();
        let bad = of_ours.find(|field| value[field.place.clone()].contains(breaks))?;
        Some(format!(
            "The merge field {} holds one of & # % + or a line break, which a link cannot carry unencoded; make a formula \
             field of it in the CRM and name that.",
            &value[bad.place]
        ))
    }
}

impl Composed {
    fn begin(&mut self, name: &str) {
        if !self.query.is_empty() {
            self.query.push('&');
        }
        push_component(&mut self.query, name);
        self.query.push('=');
    }

    fn push_value(&mut self, value: &str) {
        let mut query = std::mem::take(&mut self.query);
        self.push_with_fields(&mut query, value, push_query);
        self.query = query;
    }

    /// The link's query.
    #[must_use]
    pub fn query(&self) -> &str {
        &self.query
    }

    /// The link as a URL: for a bookmark, a template, or Salesforce's buttons of content source *URL*, which encode the
    /// values that they fill in by themselves (`URLENCODE` would encode them twice).
    #[must_use]
    pub fn url(&self, address: &str) -> String {
        format!("{address}?{}", self.query)
    }

    /// The link as an HTML anchor. Merge fields stay as they are: the CRM fills them before a browser reads the HTML.
    #[must_use]
    pub fn anchor(&self, address: &str, label: &str) -> String {
        let mut out = String::from("<a href=\"");
        self.push_with_fields(&mut out, &self.url(address), push_html);
        out.push_str("\" target=\"_blank\" rel=\"noopener\">");
        self.push_with_fields(&mut out, label, push_html);
        out.push_str("</a>");
        out
    }

    /// Writes the text: merge fields as they are, what is between them by `plain`.
    fn push_with_fields(&self, out: &mut String, text: &str, plain: impl Fn(&mut String, &str)) {
        let mut from = 0;
        for field in merge_field::fields(text) {
            if Some(field.spelling) == self.spelling {
                plain(out, &text[from..field.place.start]);
                from = field.place.end;
                out.push_str(&text[field.place]);
            }
        }
        plain(out, &text[from..]);
    }
}

/// Percent-encodes a value, but for the characters that a query may hold (RFC 3986 3.4) and that mean nothing in a form or
/// in HTML: links stay readable where they can.
fn push_query(out: &mut String, text: &str) {
    let mut from = 0;
    let readable =
        |char: char| matches!(char, '$' | ':' | '/' | '?' | '@' | ',' | ';' | '!' | '(' | ')' | '*');
    for (at, found) in text.match_indices(readable) {
        push_component(out, &text[from..at]);
        out.push_str(found);
        from = at + found.len();
    }
    push_component(out, &text[from..]);
}

fn push_html(out: &mut String, text: &str) {
    for char in text.chars() {
        match char {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            other => out.push(other),
        }
    }
}

impl From<&Reading> for Draft {
    /// A link taken apart. What breaks the grammar of pairs stays a parameter, as it is.
    fn from(reading: &Reading) -> Self {
        let pairs = |data: &Option<Userdata>| {
            let pairs = data.iter().flat_map(|data| data.pairs());
            pairs.map(|pair| (pair.name.to_owned(), pair.value.to_owned())).collect::<Vec<_>>()
        };
        let whole = |name: &str| match name {
            "ctl_userdata" => reading.userdata.is_none(),
            "extTransactionData" => reading.ext.is_none(),
            _ => true,
        };
        let parameters: Vec<_> = reading.given.iter().filter(|(name, _)| whole(name)).cloned().collect();
        let spelling = reading
            .given
            .iter()
            .find_map(|(_, value)| merge_field::fields(value).first().map(|field| field.spelling));
        Self { parameters, userdata: pairs(&reading.userdata), ext: pairs(&reading.ext), spelling }
    }
}

impl Userdata {
    /// Writes pairs as a row that reads back as the same pairs (3.1).
    ///
    /// # Errors
    /// The first pair that cannot be written, and why.
    pub fn of_pairs(pairs: &[(String, String)]) -> Result<Self, (usize, &'static str)> {
        let mut text = String::new();
        for (row, (name, value)) in pairs.iter().enumerate() {
            let name = name.trim();
            if name.is_empty() {
                return Err((row, "A pair needs a name."));
            }
            if name.contains(['[', ']', '|']) {
                return Err((row, "A name cannot hold [ ] or |."));
            }
            if crate::userdata::seems_to_end_in(value) {
                return Err((
                    row,
                    "The value holds ] followed by a pair: it would be read as two. Take one bracket out.",
                ));
            }
            for part in ["[", name, "|", value, "]"] {
                text.push_str(part);
            }
        }
        let same = |userdata: &Self| {
            userdata.pairs().len() == pairs.len()
                && userdata
                    .pairs()
                    .zip(pairs)
                    .all(|(read, (name, value))| read.name == name.trim() && read.value == value)
        };
        match Self::parse(&text) {
            Ok(userdata) if same(&userdata) => Ok(userdata),
            Ok(_) | Err(_) => {
                Err((0, "These pairs would not be read back as they are; take brackets out of their values."))
            }
        }
    }
}
