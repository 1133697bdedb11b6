//! The parts of a tenant that are changed one at a time: its own settings, its sections, the items of its lists.
//!
//! Promises: a part's name is its key in the tenant file; an item is found by the key that names it there. Leaves to
//! others: what the parts say (`file`), changing them (`change`).

use crate::document::Step;
use serde_json::Value;

/// A part of a tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the names are the tenant file's own, described in docs/configure.md")]
pub enum Part {
    Agent,
    Callbacks,
    Channel,
    CodeList,
    DialPlan,
    Dynamics,
    Hubspot,
    Queue,
    Rest,
    Salesforce,
    ScreenPop,
    /// The tenant's own keys.
    Settings,
    Token,
    Zendesk,
}

/// How many there are of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A list of them; each item is named by this key.
    List(&'static str),
    /// One or none.
    Maybe,
    /// One.
    One,
}

impl Part {
    const ALL: [Self; 14] = [
        Self::Agent,
        Self::Callbacks,
        Self::Channel,
        Self::CodeList,
        Self::DialPlan,
        Self::Dynamics,
        Self::Hubspot,
        Self::Queue,
        Self::Rest,
        Self::Salesforce,
        Self::ScreenPop,
        Self::Settings,
        Self::Token,
        Self::Zendesk,
    ];

    /// The part with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|part| part.as_str() == name)
    }

    /// Its name: the key in the tenant file, or `settings`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Agent => "agent",
            Self::Callbacks => "callbacks",
            Self::Channel => "channel",
            Self::CodeList => "code_list",
            Self::DialPlan => "dial_plan",
            Self::Dynamics => "dynamics",
            Self::Hubspot => "hubspot",
            Self::Queue => "queue",
            Self::Rest => "rest",
            Self::Salesforce => "salesforce",
            Self::ScreenPop => "screen_pop",
            Self::Settings => "settings",
            Self::Token => "token",
            Self::Zendesk => "zendesk",
        }
    }

    /// How many there are of it.
    #[must_use]
    pub const fn kind(self) -> Kind {
        match self {
            Self::Agent => Kind::List("login"),
            Self::Channel => Kind::List("number"),
            Self::CodeList | Self::Token => Kind::List("name"),
            Self::DialPlan | Self::Queue => Kind::List("id"),
            Self::Dynamics
            | Self::Hubspot
            | Self::Rest
            | Self::Salesforce
            | Self::ScreenPop
            | Self::Zendesk => Kind::Maybe,
            Self::Callbacks | Self::Settings => Kind::One,
        }
    }

    /// What plans call it, or an item of it: `queue 101`. Empty for the tenant's own settings.
    #[must_use]
    pub fn thing(self, key: Option<&str>) -> String {
        match (self, self.kind()) {
            (Self::Settings, _) => String::new(),
            (_, Kind::List(_)) => format!("{} {}", self.as_str().replace('_', " "), key.unwrap_or_default()),
            (_, Kind::Maybe | Kind::One) => self.as_str().to_owned(),
        }
    }
}

/// The text of an item's key: a number stands for its digits.
pub(super) fn key_of(item: &Value, name: &str) -> Option<String> {
    match item.get(name)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Array(_) | Value::Bool(_) | Value::Null | Value::Object(_) => None,
    }
}

/// The items of a list in a tenant's document.
pub(super) fn items(document: &Value, part: Part) -> &[Value] {
    document.get(part.as_str()).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// Where an item stands.
pub(super) fn place_of(document: &Value, part: Part, name: &str, key: &str) -> Option<usize> {
    let is = |item: &Value| match item.get(name) {
        Some(Value::String(text)) => text == key,
        Some(Value::Number(number)) => number.to_string() == key,
        Some(Value::Array(_) | Value::Bool(_) | Value::Null | Value::Object(_)) | None => false,
    };
    items(document, part).iter().position(is)
}

/// Whether a key of a tenant's document is one of its own settings.
pub(super) fn is_setting(key: &str) -> bool {
    key != "name" && (key == Part::Settings.as_str() || Part::named(key).is_none())
}

/// Whether a problem on this way lies in the tenant's own settings.
pub(super) fn leads_to_setting(steps: &[Step]) -> bool {
    match steps.first() {
        Some(Step::Key(key)) => is_setting(key),
        Some(Step::Index(_)) | None => false,
    }
}
