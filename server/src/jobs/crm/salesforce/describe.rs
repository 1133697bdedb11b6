//! What an org says about an object: its fields, their types and lengths (`salesforce.md` 1.4).
//!
//! Promises: names are found whatever their case. Leaves to others: asking, keeping (`org`), values (`value`).

use serde::Deserialize;

/// An object.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(super) struct Describe {
    /// Its canonical name.
    pub(super) name: String,
    /// Its fields, as far as our user may see them.
    #[serde(default)]
    pub(super) fields: Vec<Field>,
}

/// A field.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Field {
    /// Its canonical name.
    pub(super) name: String,
    /// What people call it, in our user's language.
    pub(super) label: String,
    /// What it holds.
    #[serde(rename = "type")]
    pub(super) kind: Kind,
    /// The most characters; 0 where that means nothing.
    pub(super) length: usize,
    /// Whether our user may set it in a new record.
    pub(super) createable: bool,
    /// Whether a query can ask for its value.
    pub(super) filterable: bool,
    /// Whether it is an External ID.
    pub(super) external_id: bool,
    /// Whether no two records may have the same value.
    pub(super) unique: bool,
    /// Whether a picklist takes its own values alone.
    pub(super) restricted_picklist: bool,
    /// A picklist's values.
    pub(super) picklist_values: Vec<Choice>,
    /// Which objects a reference may point to.
    pub(super) reference_to: Vec<String>,
}

/// A value of a picklist.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct Choice {
    /// Whether it can be chosen now.
    pub(super) active: bool,
    /// What people read; absent: the value.
    pub(super) label: Option<String>,
    /// What is stored.
    pub(super) value: String,
}

/// What a field holds, as far as we treat it differently.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    Textarea,
    Date,
    DateTime,
    Int,
    Double,
    Currency,
    Percent,
    Boolean,
    Picklist,
    MultiPicklist,
    Reference,
    Id,
    /// Text of any kind: string, combobox, phone, email, url, …
    #[default]
    #[serde(other)]
    Text,
}

impl Describe {
    /// A field by its name in any case.
    pub(super) fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name.eq_ignore_ascii_case(name))
    }

    /// A field that our user may set in a new record.
    pub(super) fn settable(&self, name: &str) -> Option<&Field> {
        self.field(name).filter(|field| field.createable)
    }
}

impl Field {
    /// Whether it takes any text of this length.
    pub(super) fn takes_text(&self, characters: usize) -> bool {
        self.kind == Kind::Text && (self.length == 0 || self.length >= characters)
    }

    /// Whether a record can be found, and never made twice, by its value.
    pub(super) fn is_key(&self) -> bool {
        self.external_id && self.unique && self.createable
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_that_are_treated_alike_are_text() {
        let kind = |word: &str| serde_json::from_value::<Kind>(word.into()).expect("every word is a kind");
        let told =
            ["string", "combobox", "phone", "textarea", "datetime", "multipicklist", "new in 2030"].map(kind);
        assert_eq!(
            told,
            [
                Kind::Text,
                Kind::Text,
                Kind::Text,
                Kind::Textarea,
                Kind::DateTime,
                Kind::MultiPicklist,
                Kind::Text
            ]
        );
    }
}
