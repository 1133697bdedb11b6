//! Merge fields: what a CRM fills before a person clicks, such as `{!Account.Phone}`, `{{contact.phone}}`, `${phone}`.
//!
//! Promises: finds them and puts samples in their place, in time linear in the text. Leaves to others: whether one is a
//! template's right or a click's slip (`link`, `check`).

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ops::Range;

/// Sample values by the fields' names: for trying a template.
pub type Samples = BTreeMap<String, String>;

/// How a CRM writes its merge fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Spelling {
    /// `{!Account.Phone}`, as Salesforce does.
    Salesforce,
    /// `{{contact.phone}}`, as HubSpot, Zendesk and many others do.
    Braces,
    /// `${phone}`.
    Dollar,
}

impl Spelling {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Salesforce, Self::Braces, Self::Dollar];

    /// What stands before and behind a field's name.
    #[must_use]
    pub const fn marks(self) -> (&'static str, &'static str) {
        match self {
            Self::Salesforce => ("{!", "}"),
            Self::Braces => ("{{", "}}"),
            Self::Dollar => ("${", "}"),
        }
    }
}

/// A merge field in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field<'a> {
    /// Where it stands, marks included, in bytes.
    pub place: Range<usize>,
    /// How it is written.
    pub spelling: Spelling,
    /// What stands between the marks, without blanks around it.
    pub inside: &'a str,
}

impl<'a> Field<'a> {
    /// The field's name: what stands inside, without Salesforce's `URLENCODE(…)` around it.
    #[must_use]
    pub fn name(&self) -> &'a str {
        let encoded = self.inside.strip_prefix("URLENCODE(").and_then(|rest| rest.strip_suffix(')'));
        encoded.unwrap_or(self.inside).trim()
    }
}

/// The merge fields of a text, in order. One that never closes is none.
#[must_use]
pub fn fields(text: &str) -> Vec<Field<'_>> {
    let mut found = Vec::new();
    let mut from = 0;
    // A spelling whose end does not come any more is not looked for again: so the time stays linear.
    let mut open = Spelling::ALL.to_vec();
    // A field begins with one of its two first characters.
    while let Some(at) = text[from..].find(['{', '$']).map(|place| from + place) {
        from = at + 1;
        let Some(spelling) = open.iter().copied().find(|one| text[at..].starts_with(one.marks().0)) else {
            continue;
        };
        let (begin, end) = spelling.marks();
        let inside = at + begin.len();
        match text[inside..].find(end) {
            Some(length) => {
                from = inside + length + end.len();
                let inside = text[inside..inside + length].trim();
                found.push(Field { place: at..from, spelling, inside });
            }
            None => open.retain(|one| *one != spelling),
        }
    }
    found
}

/// Where the first merge field starts, in bytes.
#[must_use]
pub fn find(text: &str) -> Option<usize> {
    fields(text).first().map(|field| field.place.start)
}

/// A sample in the text where a field stood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filled {
    /// Where the sample stands, in bytes.
    pub place: Range<usize>,
    /// The field as it was written.
    pub field: String,
}

/// The text with samples in place of the fields that have one, and where they stand.
#[must_use]
pub fn fill(text: &str, samples: &Samples) -> (String, Vec<Filled>) {
    let mut out = String::with_capacity(text.len());
    let (mut filled, mut kept) = (Vec::new(), 0);
    for field in fields(text) {
        let Some(sample) = samples.get(field.name()) else { continue };
        out.push_str(&text[kept..field.place.start]);
        kept = field.place.end;
        let start = out.len();
        out.push_str(sample);
        filled.push(Filled { place: start..out.len(), field: text[field.place].to_owned() });
    }
    out.push_str(&text[kept..]);
    (out, filled)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_common_spellings_are_found_and_lone_braces_are_not() {
        assert_eq!(find("{!Account.Phone}"), Some(0));
        assert_eq!(find("Call {{ contact.phone }}"), Some(5));
        assert_eq!(find("+${phone}"), Some(1));
        assert_eq!(find("{Account} {! ${"), None);
        let all = "{!A.b} ${ c } {{d}} {!URLENCODE(E.f)} {!";
        let names: Vec<_> = fields(all).iter().map(|field| (field.spelling, field.name())).collect();
        assert_eq!(
            names,
            [
                (Spelling::Salesforce, "A.b"),
                (Spelling::Dollar, "c"),
                (Spelling::Braces, "d"),
                (Spelling::Salesforce, "E.f")
            ]
        );
    }

    #[test]
    fn samples_stand_where_the_answer_says_and_fields_without_one_stay() {
        let samples = Samples::from([("A.b".to_owned(), "ü".to_owned()), ("c".to_owned(), String::new())]);
        let (text, filled) = fill("x{!A.b}{{c}}${d}{!URLENCODE(A.b)}", &samples);
        assert_eq!(text, "xü${d}ü");
        let places: Vec<_> = filled.iter().map(|one| (one.place.clone(), one.field.as_str())).collect();
        assert_eq!(places, [(1..3, "{!A.b}"), (3..3, "{{c}}"), (7..9, "{!URLENCODE(A.b)}")]);
    }

    #[test]
    fn a_text_full_of_beginnings_takes_no_more_than_a_moment() {
        let text = "{!{{${".repeat(200_000);
        assert_eq!(fields(&text), []);
    }
}
