//! What Salesforce says when it refuses, and what that means to the policy (`salesforce.md` 1.2).
//!
//! Promises: the `errorCode` decides, the status only where there is none that we know; Salesforce's own words are kept,
//! on one line. Leaves to others: when to try again (`core::crm::retry`).

use crate::outbound::{Arrival, Error, Reply, Unanswered};
use ringbridge_core::crm::{Class, Failure};
use serde::Deserialize;

/// The most bytes of Salesforce's words that are kept: an error page is no sentence.
const WORDS_MAX: usize = 2_000;

/// The most characters of a code; the longest of Salesforce's has 60.
const CODE_MAX: usize = 100;

/// Texts of a 401 that a new token would not mend: clients that took them for expiry asked for tokens without end.
const NOT_EXPIRY: [&str; 2] =
    ["Connected app is not attached to Agent", "This session is not valid for use with the REST API"];

/// Whether a request that may have been carried out can be sent again without doing its work twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Repeat {
    /// It asks for what no record has to do with: a token, a version.
    Asks,
    /// It asks for the description of an object that a link names, and that may be too long to be read.
    Describes,
    /// It looks for a record, or writes under a key.
    Harmless,
    /// It makes a record each time.
    Harmful,
}

/// One refusal. `fields` is missing for some codes, `errorCode` is called otherwise by collections.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
struct Row {
    #[serde(default)]
    message: String,
    #[serde(rename = "errorCode", alias = "statusCode", default)]
    code: String,
    #[serde(default)]
    fields: Vec<String>,
}

/// An answer that is not the one hoped for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    status: u16,
    rows: Vec<Row>,
}

impl Fault {
    /// Reads an answer whose status is not 2xx.
    pub(super) fn of(reply: &Reply) -> Self {
        Self { status: reply.status, rows: serde_json::from_slice(&reply.body).unwrap_or_default() }
    }

    /// The first code: it decides.
    pub(super) fn code(&self) -> &str {
        self.rows.first().map_or("", |row| row.code.as_str())
    }

    /// The first message.
    pub(super) fn message(&self) -> &str {
        self.rows.first().map_or("", |row| row.message.as_str())
    }

    /// The status.
    pub(super) const fn status(&self) -> u16 {
        self.status
    }

    /// Whether the access token has ended, so that a new one mends it.
    pub(super) fn is_expiry(&self) -> bool {
        self.status == 401
            && self.code() == "INVALID_SESSION_ID"
            && !NOT_EXPIRY.iter().any(|text| self.message().contains(text))
    }

    /// The failure it is for the policy.
    pub(super) fn failure(&self, repeat: Repeat) -> Failure {
        let class = self.class(repeat);
        let Some(first) = self.rows.first() else {
            let text = if class == Class::Away {
                format!("Salesforce is not available (HTTP {})", self.status)
            } else {
                format!("Salesforce answered with HTTP {} and without words", self.status)
            };
            return Failure { class, code: format!("HTTP_{}", self.status), message: text };
        };
        let mut sentences = vec![row_text(first)];
        sentences.extend(self.rows.iter().skip(1).map(|row| format!("{}: {}", row.code, row_text(row))));
        Failure { class, code: code(&first.code), message: words(&sentences.join("; ")) }
    }

    fn class(&self, repeat: Repeat) -> Class {
        let faulted = match repeat {
            Repeat::Asks | Repeat::Describes | Repeat::Harmless => Class::Faulted,
            Repeat::Harmful => Class::Unsure,
        };
        match self.code() {
            "INVALID_SESSION_ID"
            | "INVALID_AUTH_HEADER"
            | "API_DISABLED_FOR_ORG"
            | "API_CURRENTLY_DISABLED" => Class::Unauthorized,
            "REQUEST_LIMIT_EXCEEDED" if self.message().starts_with("TotalRequests") => Class::Exhausted,
            "REQUEST_LIMIT_EXCEEDED" => Class::Throttled,
            "UNABLE_TO_LOCK_ROW" => Class::Locked,
            // A trigger that met a locked row says so inside its own code.
            _ if self.rows.iter().any(|row| row.message.contains("UNABLE_TO_LOCK_ROW")) => Class::Locked,
            "SERVER_UNAVAILABLE" => Class::Away,
            _ => match self.status {
                401 => Class::Unauthorized,
                429 => Class::Throttled,
                // 420: the edge did not find the org's instance.
                420 | 503 => Class::Away,
                500.. => faulted,
                _ => Class::Refused,
            },
        }
    }
}

/// A row's words, with the fields that they do not name themselves.
fn row_text(row: &Row) -> String {
    let unnamed: Vec<_> =
        row.fields.iter().filter(|field| !row.message.contains(*field)).map(String::as_str).collect();
    match unnamed.as_slice() {
        [] => row.message.clone(),
        fields => format!("{} ({})", row.message, fields.join(", ")),
    }
}

/// A foreign code: one line, not long.
pub(super) fn code(text: &str) -> String {
    words(&text.chars().take(CODE_MAX).collect::<String>())
}

/// Foreign text for a sentence: one line, not endless.
pub(super) fn words(text: &str) -> String {
    let mut text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.len() > WORDS_MAX {
        let end = (0..=WORDS_MAX).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
        text.truncate(end);
        text.push('…');
    }
    text
}

/// What a request that was not answered means.
pub(super) fn unanswered(unanswered: Unanswered, repeat: Repeat) -> Failure {
    let Unanswered { error, arrival } = unanswered;
    let class = match (arrival, repeat) {
        (Arrival::Never, Repeat::Asks | Repeat::Describes | Repeat::Harmless | Repeat::Harmful)
        | (Arrival::Perhaps, Repeat::Asks) => Class::Away,
        // Others' objects can be read.
        (Arrival::Perhaps, Repeat::Describes) if error == Error::Garbled => Class::Faulted,
        (Arrival::Perhaps, Repeat::Describes) => Class::Away,
        (Arrival::Perhaps, Repeat::Harmful) => Class::Unsure,
        // It was taken and not answered in time: more likely this record's triggers than the whole org.
        (Arrival::Perhaps, Repeat::Harmless) if error == Error::Timeout => Class::Faulted,
        (Arrival::Perhaps, Repeat::Harmless) => Class::Away,
    };
    Failure { class, code: String::new(), message: format!("Salesforce: {error}") }
}

/// What a 2xx means whose body cannot be read.
pub(super) fn unreadable(repeat: Repeat) -> Failure {
    let class = match repeat {
        Repeat::Asks | Repeat::Describes | Repeat::Harmless => Class::Away,
        Repeat::Harmful => Class::Unsure,
    };
    Failure { class, code: String::new(), message: "Salesforce's answer cannot be read".to_owned() }
}

/// A refusal of our own, under the code that Salesforce has for it.
pub(super) fn refused(code: &str, message: impl Into<String>) -> Failure {
    Failure { class: Class::Refused, code: code.to_owned(), message: words(&message.into()) }
}
