//! What placeholders stand for.
//!
//! Promises: every value is a text that depends on the order alone, so that a repeated request is the same to the byte.
//! Leaves to others: escaping (the places).

use super::Source;
use crate::crm::Order;
use crate::id::InteractionGuid;
use sha2::{Digest as _, Sha256};
use std::borrow::Cow;

/// Makes the enum of facts and its table from one list.
macro_rules! facts {
    ($($(#[$doc:meta])* $variant:ident = $text:literal,)*) => {
        /// A fact of a call that a template can name.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Fact { $($(#[$doc])* $variant,)* }

        impl Fact {
            /// All facts with their names.
            pub const ALL: &'static [(&'static str, Self)] = &[$(($text, Self::$variant),)*];
        }
    };
}

facts! {
    /// The number before the dial plan, digits.
    Number = "call.number",
    /// The caller ID, digits.
    CallerId = "call.caller_id",
    /// `$interaction_guid$`
    Guid = "call.guid",
    /// The same as a UUID; see [`uuid_of`].
    Uuid = "call.uuid",
    /// `$transaction_id$`
    Transaction = "call.transaction",
    /// The agent's log-in.
    Agent = "call.agent",
    /// The agent's name.
    AgentName = "call.agent_name",
    /// When the customer answered, RFC 3339 in UTC; empty where nobody did.
    AnsweredAt = "call.answered_at",
    /// When it ended.
    HungUpAt = "call.hung_up_at",
    /// When wrap-up was over.
    CompletedAt = "call.completed_at",
    /// From answer to hang-up, in seconds.
    DurationSeconds = "call.duration_seconds",
    /// The same in milliseconds.
    DurationMs = "call.duration_ms",
    /// The same in minutes, to the nearest one and at least 1 where there was a conversation.
    DurationMinutes = "call.duration_minutes",
    /// Why it ended, as the API names it.
    EndReason = "call.end_reason",
    /// `extRecordId`
    RelatedId = "related.id",
    /// `extRecordType`
    RelatedKind = "related.kind",
    /// `ctl_parentid`
    Parent = "parent",
    /// `ObjectType`
    Object = "object",
    /// The new record's id; only in the addresses of its pages.
    RecordId = "record.id",
}

impl Fact {
    /// The fact of this name, in any case.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, fact)| *fact)
    }
}

/// What a template is filled with.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// The order.
    pub order: &'a Order,
    /// The new record's id; empty before there is one.
    pub record: &'a str,
}

impl<'a> Facts<'a> {
    /// Before the request: there is no record.
    #[must_use]
    pub const fn of(order: &'a Order) -> Self {
        Self { order, record: "" }
    }

    pub(super) fn value(&self, source: &Source) -> Cow<'a, str> {
        match source {
            Source::Token(token) => Cow::Borrowed(self.order.call.token(token.name())),
            Source::Field(name) => Cow::Borrowed(field(self.order, name)),
            Source::Fact(fact) => self.fact(*fact),
        }
    }

    /// The value of a fact.
    #[must_use]
    pub fn fact(&self, fact: Fact) -> Cow<'a, str> {
        let Order { call, related, parent, object, .. } = self.order;
        let seconds = call.duration_seconds;
        match fact {
            Fact::Number => call.number.expose().into(),
            Fact::CallerId => call.caller_id.expose().into(),
            Fact::Guid => call.guid.0.as_str().into(),
            Fact::Uuid => uuid_of(&call.guid).into(),
            Fact::Transaction => call.transaction.to_string().into(),
            Fact::Agent => call.agent_login.as_str().into(),
            Fact::AgentName => call.agent_name.as_str().into(),
            Fact::AnsweredAt => call.answered_at.map(|at| at.rfc3339()).unwrap_or_default().into(),
            Fact::HungUpAt => call.hung_up_at.rfc3339().into(),
            Fact::CompletedAt => call.completed_at.rfc3339().into(),
            Fact::DurationSeconds => seconds.to_string().into(),
            Fact::DurationMs => seconds.saturating_mul(1000).to_string().into(),
            Fact::DurationMinutes => minutes(seconds).to_string().into(),
            Fact::EndReason => call.end_reason.as_str().into(),
            Fact::RelatedId => related.as_ref().map_or("", |related| &related.id).into(),
            Fact::RelatedKind => related.as_ref().map_or("", |related| &related.kind).into(),
            Fact::Parent => parent.as_deref().unwrap_or_default().into(),
            Fact::Object => object.as_str().into(),
            Fact::RecordId => self.record.to_owned().into(),
        }
    }
}

/// The value of a link's field, in any case; empty where the link has none.
fn field<'a>(order: &'a Order, name: &str) -> &'a str {
    order.fields.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map_or("", |(_, value)| value)
}

const fn minutes(seconds: i64) -> i64 {
    match seconds {
        1..30 => 1,
        seconds => seconds.saturating_add(30) / 60,
    }
}

/// A GUID's 32 hexadecimal digits as a UUID. A GUID of another form, which no server makes, gets the beginning of its
/// SHA-256, so that it too has one UUID for ever.
fn uuid_of(guid: &InteractionGuid) -> String {
    let own = guid.0.strip_prefix("int-").unwrap_or(&guid.0);
    let hex = match own.len() == 32 && own.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        true => own.to_ascii_lowercase(),
        false => Sha256::digest(&guid.0).iter().take(16).map(|byte| format!("{byte:02x}")).collect(),
    };
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}
