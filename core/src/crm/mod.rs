//! What is asked of a CRM when a transaction completes, and what came of it (semantics 5.2, 5.3, 5.6).
//!
//! Promises: an [`Order`] holds all that a connector needs, so that it can be written down before it is tried and tried
//! again in a year; no vendor's field names stand here. Leaves to others: the vendors (the server's `jobs/crm`), when to
//! try again ([`retry`]), asking (`completion`).

pub mod retry;
pub mod template;

use crate::id::{AgentId, InteractionGuid, TransactionId};
use crate::redact::Digits;
use crate::system_data::Integration;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// One record to be written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// What it is for.
    pub purpose: Purpose,
    /// Which CRM.
    pub integration: Integration,
    /// `ObjectType` as the link has it, in any case; empty where the link has none.
    pub object: String,
    /// Every other user-data pair, filled, in order; of a name that stands there twice (in any case) the last (5.2).
    pub fields: Vec<(String, String)>,
    /// The record that the click came from: for Salesforce on a tenant with Enhanced integration (5.3), for the other CRMs
    /// always.
    pub related: Option<Related>,
    /// By what the CRM knows the GUID again, as the tenant named it when the call began: a field, a header. What an earlier
    /// attempt wrote is known by it and by nothing that was named later (5.6).
    #[serde(default)]
    pub key: Option<String>,
    /// `ctl_parentid`, filled: where the new record's page returns to.
    pub parent: Option<String>,
    /// The call.
    pub call: CallFacts,
}

/// What a record is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// The link's `create` (5.2). Its result is the transaction's.
    Create,
    /// The auto log (5.3). The connector writes its fields.
    AutoLog,
}

/// `extTransactionData`: a record of the CRM and its type, as the link has them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Related {
    /// `extRecordId`
    pub id: String,
    /// `extRecordType`; empty where the link has none.
    pub kind: String,
}

/// The call, for what a connector writes beside the link's own fields.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallFacts {
    /// The transaction's number.
    pub transaction: TransactionId,
    /// Its GUID: what a record is found by again (5.6).
    pub guid: InteractionGuid,
    /// The agent's row.
    pub agent: AgentId,
    /// The agent's log-in.
    pub agent_login: String,
    /// The agent's name.
    pub agent_name: String,
    /// The number before the dial plan.
    pub number: Digits,
    /// The caller ID.
    pub caller_id: Digits,
    /// When the customer answered; `None`: the call was not established.
    pub answered_at: Option<Timestamp>,
    /// When it ended.
    pub hung_up_at: Timestamp,
    /// When wrap-up was over.
    pub completed_at: Timestamp,
    /// Whole seconds from answer to hang-up.
    pub duration_seconds: i64,
    /// Why it ended, as the API names it.
    pub end_reason: String,
    /// The value of every token by its name (4.3).
    pub tokens: Vec<(String, String)>,
    /// The tenant's zone, by its IANA name.
    pub zone: String,
}

impl CallFacts {
    /// The value of a token; empty for a name that is none.
    #[must_use]
    pub fn token(&self, name: &str) -> &str {
        self.tokens.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }
}

/// A record that exists.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Created {
    /// Its id, in the CRM's canonical form: `ctl_newRecordId`.
    pub id: String,
    /// Its type, as the CRM spells it.
    pub object: String,
    /// Its pages, where the CRM has such.
    pub pages: Option<Pages>,
    /// What was tolerated on the way, in sentences: a field that was cut, a link that could not be made.
    pub notes: Vec<String>,
}

/// Where a record is looked at and edited; both return to the order's parent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pages {
    /// Read-only.
    pub view: String,
    /// In edit mode.
    pub edit: String,
}

/// What an attempt came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The record exists: written now, or found to have been written before.
    Created(Created),
    /// It does not exist, or nobody knows.
    Failed(Failure),
}

impl Outcome {
    /// A failure.
    #[must_use]
    pub fn failed(class: Class, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Failed(Failure { class, code: code.into(), message: message.into() })
    }
}

/// Why there is no record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// What kind of failure, for the policy.
    pub class: Class,
    /// The CRM's code, or ours, for example `STRING_TOO_LONG`.
    pub code: String,
    /// The CRM's own words, or ours, for people.
    pub message: String,
}

impl Failure {
    /// `errorString`: `CODE: message`.
    #[must_use]
    pub fn sentence(&self) -> String {
        match (self.code.as_str(), self.message.as_str()) {
            ("", message) => message.to_owned(),
            (code, "") => code.to_owned(),
            (code, message) => format!("{code}: {message}"),
        }
    }
}

/// What kind of failure, for the policy (`retry`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// The CRM, or our own rules, will not have this record; trying again would not change that.
    Refused,
    /// Something holds the record's neighbours locked; it passes in seconds.
    Locked,
    /// This record makes the CRM fail (an unexpected error of its own), others may go through.
    Faulted,
    /// The CRM as a whole takes nothing now: not reachable, in maintenance.
    Away,
    /// Our log-in is not accepted; an admin must act.
    Unauthorized,
    /// Too much at once; it passes in seconds.
    Throttled,
    /// The day's allowance is used up.
    Exhausted,
    /// The request went out and no answer came: it may have been written. The next attempt looks first.
    Unsure,
    /// It may have been written and there is no way to find out; a person must look.
    Unprovable,
}

/// What an attempt is told of those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum History {
    /// It is the first: nothing can have been written.
    First,
    /// There was one before, and it may have written the record.
    Again,
}

/// How much of the CRM's allowance is used, where it says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usage {
    /// Requests in the last 24 h.
    pub used: u64,
    /// How many are allowed.
    pub allowed: u64,
}

impl Usage {
    /// Whether so little is left that it should be left to the CRM's other users: the last twentieth.
    #[must_use]
    pub const fn is_near_the_end(self) -> bool {
        self.used.saturating_mul(20) >= self.allowed.saturating_mul(19)
    }
}

/// Everything an attempt tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// What it came to.
    pub outcome: Outcome,
    /// The CRM's allowance, if it was told.
    pub usage: Option<Usage>,
}

impl From<Outcome> for Report {
    fn from(outcome: Outcome) -> Self {
        Self { outcome, usage: None }
    }
}
