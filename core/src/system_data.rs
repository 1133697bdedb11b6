//! What the system data of a link asks for: the action, the screen pop, the callback (semantics 3.3, 5.1).
//!
//! Promises: the click's warnings and the completion's result are taken from the same reading, so that they cannot disagree.
//! Leaves to others: doing it (`completion`, jobs), filling tokens (`token`).

use crate::refusal::Warning;
use crate::userdata::{Pair, Userdata};
use serde::{Deserialize, Serialize};

/// The system data that the reference lists.
const KNOWN: [&str; 8] = [
    "ctl_action",
    "ctl_intType",
    "ctl_launchopt",
    "ctl_launchext",
    "ctl_parentid",
    "ctl_newRecordId",
    "ctl_callbackUrl",
    "ctl_recordname",
];

/// A CRM that records can be written to: the values of `ctl_intType`. `sfdc` is the reference's, the others are ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Integration {
    /// Salesforce.
    Sfdc,
    /// Any CRM that takes a request over HTTP.
    Rest,
    /// HubSpot.
    Hubspot,
    /// Zendesk.
    Zendesk,
    /// Microsoft Dynamics 365.
    Dynamics,
}

impl Integration {
    /// All of them, as sentences list them.
    pub const ALL: [Self; 5] = [Self::Sfdc, Self::Rest, Self::Hubspot, Self::Zendesk, Self::Dynamics];

    /// As `ctl_intType` writes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sfdc => "sfdc",
            Self::Rest => "rest",
            Self::Hubspot => "hubspot",
            Self::Zendesk => "zendesk",
            Self::Dynamics => "dynamics",
        }
    }

    /// Reads `ctl_intType`, in any case.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.as_str().eq_ignore_ascii_case(name))
    }
}

/// What `ctl_action` and `ctl_intType` come to (5.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// No `ctl_action`.
    None,
    /// A `ctl_action` that is not known.
    Unknown(String),
    /// `create` without `ctl_intType`.
    CreateWithoutType,
    /// `create` with an integration type that is not known.
    CreateUnknownType(String),
    /// `create` with one that is.
    Create(Integration),
}

impl Action {
    /// Reads what the link asks for. Values are compared without regard to case and to blanks around them.
    #[must_use]
    pub fn of(userdata: &Userdata) -> Self {
        let action = userdata.system("ctl_action").map(str::trim).unwrap_or_default();
        let kind = userdata.system("ctl_intType").map(str::trim).unwrap_or_default();
        match (action, kind) {
            ("", _) => Self::None,
            (other, _) if !other.eq_ignore_ascii_case("create") => Self::Unknown(other.to_owned()),
            (_, "") => Self::CreateWithoutType,
            (_, kind) => match Integration::named(kind) {
                Some(integration) => Self::Create(integration),
                None => Self::CreateUnknownType(kind.to_owned()),
            },
        }
    }

    /// Why nothing is done with the user data: the `errorString` of `IGNORE` (5.1). `None` where the action is done.
    #[must_use]
    pub fn why_ignored(&self) -> Option<String> {
        match self {
            Self::None => Some("no ctl_action was given".to_owned()),
            Self::Unknown(action) => Some(format!("ctl_action \"{action}\" is not known; known is: create")),
            Self::CreateWithoutType => {
                Some(format!("ctl_action create needs ctl_intType; known are: {}", known_integrations()))
            }
            Self::CreateUnknownType(kind) => {
                Some(format!("ctl_intType \"{kind}\" is not known; known are: {}", known_integrations()))
            }
            Self::Create(_) => None,
        }
    }
}

/// The integration types as a sentence lists them.
fn known_integrations() -> String {
    Integration::ALL.map(Integration::as_str).join(", ")
}

/// Whether a screen pop is launched (`ctl_launchopt`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Launch {
    /// No: `false`, absent, or neither true nor false (3.3).
    No,
    /// Yes, read-only.
    View,
    /// Yes, in edit mode (`ctl_launchext=edit`).
    Edit,
}

impl Launch {
    /// Reads what the link asks for (3.3).
    #[must_use]
    pub fn of(userdata: &Userdata) -> Self {
        match (flag(userdata.system("ctl_launchopt")), extension(userdata.system("ctl_launchext"))) {
            (Flag::Absent | Flag::False | Flag::Neither, _) => Self::No,
            (Flag::True, Extension::Edit) => Self::Edit,
            (Flag::True, Extension::Absent | Extension::Other) => Self::View,
        }
    }
}

/// What is tolerated in the system data, each with its place (3.3, 5.1; `security.md`, decision 2).
#[must_use]
pub fn warnings(userdata: &Userdata, parameter: &'static str) -> Vec<Warning> {
    let mut found = Vec::new();
    for pair in userdata.pairs().filter(Pair::is_system) {
        if !KNOWN.iter().any(|known| known.eq_ignore_ascii_case(pair.name)) {
            found.push(
                Warning::about(
                    parameter,
                    "UNKNOWN_SYSTEM_DATA",
                    format!(
                        "\"{}\" is no system data that is known; it is passed on and does nothing. Names of user data \
                         should not start with ctl_.",
                        pair.name
                    ),
                )
                .at(pair.offset),
            );
        }
    }
    let mut about = |name: &str, code: &'static str, text: String| {
        let place = userdata.system_pair(name).map(|pair| pair.value_offset);
        let warning = Warning::about(parameter, code, text);
        found.push(match place {
            Some(place) => warning.at(place),
            None => warning,
        });
    };
    match Action::of(userdata) {
        Action::Create(Integration::Sfdc) if !userdata.user().any(is_object_type) => about(
            "ctl_action",
            "OBJECT_TYPE_MISSING",
            "No record will be created: the user data names no ObjectType, for example [ObjectType|Task]."
                .to_owned(),
        ),
        Action::None | Action::Create(_) => {}
        ignored @ Action::Unknown(_) => {
            let why = ignored.why_ignored().unwrap_or_default();
            about("ctl_action", "ACTION_IGNORED", format!("No record will be created: {why}."));
        }
        ignored @ (Action::CreateWithoutType | Action::CreateUnknownType(_)) => {
            let why = ignored.why_ignored().unwrap_or_default();
            let place = userdata.system_pair("ctl_intType").map_or("ctl_action", |_| "ctl_intType");
            about(place, "ACTION_IGNORED", format!("No record will be created: {why}."));
        }
    }
    if flag(userdata.system("ctl_launchopt")) == Flag::Neither {
        about(
            "ctl_launchopt",
            "LAUNCHOPT_NOT_BOOLEAN",
            "ctl_launchopt is neither true nor false; it counts as false.".to_owned(),
        );
    }
    if extension(userdata.system("ctl_launchext")) == Extension::Other {
        about(
            "ctl_launchext",
            "LAUNCHEXT_UNKNOWN",
            "ctl_launchext is not \"edit\"; the record is opened read-only.".to_owned(),
        );
    }
    if let Some(url) = userdata.system("ctl_callbackUrl").map(str::trim).filter(|url| !url.is_empty()) {
        match callback_scheme(url) {
            CallbackScheme::Https | CallbackScheme::Template => {}
            CallbackScheme::Http => about(
                "ctl_callbackUrl",
                "CALLBACK_NOT_ENCRYPTED",
                "The callback goes over plain http: anyone on the way can read it. Use https.".to_owned(),
            ),
            CallbackScheme::Other => about(
                "ctl_callbackUrl",
                "CALLBACK_URL_INVALID",
                "ctl_callbackUrl is no http or https URL; no callback can be delivered.".to_owned(),
            ),
        }
    }
    found
}

/// Whether this pair names the type of the record (5.2).
fn is_object_type(pair: Pair<'_>) -> bool {
    pair.name.eq_ignore_ascii_case("ObjectType") && !pair.value.trim().is_empty()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Flag {
    Absent,
    True,
    False,
    Neither,
}

fn flag(value: Option<&str>) -> Flag {
    match value.map(str::trim) {
        None | Some("") => Flag::Absent,
        Some(value) if value.eq_ignore_ascii_case("true") => Flag::True,
        Some(value) if value.eq_ignore_ascii_case("false") => Flag::False,
        Some(_) => Flag::Neither,
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Extension {
    Absent,
    Edit,
    Other,
}

fn extension(value: Option<&str>) -> Extension {
    match value.map(str::trim) {
        None | Some("") => Extension::Absent,
        Some(value) if value.eq_ignore_ascii_case("edit") => Extension::Edit,
        Some(_) => Extension::Other,
    }
}

enum CallbackScheme {
    Https,
    Http,
    /// A merge field begins it, so nothing can be said yet.
    Template,
    Other,
}

fn callback_scheme(url: &str) -> CallbackScheme {
    if crate::merge_field::find(url) == Some(0) {
        return CallbackScheme::Template;
    }
    match url::Url::parse(url) {
        Ok(parsed) if parsed.scheme() == "https" => CallbackScheme::Https,
        Ok(parsed) if parsed.scheme() == "http" => CallbackScheme::Http,
        Ok(_) | Err(_) => CallbackScheme::Other,
    }
}
