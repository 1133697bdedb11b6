//! Identifiers as types, so that an agent's id cannot stand where a tenant's belongs.
//!
//! Promises: every id is a plain number or text on the outside and a type of its own inside. Leaves to others: making them.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Makes a newtype over `i64` that prints as the bare number.
macro_rules! number_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

number_id!(
    /// A tenant's row.
    TenantId
);
number_id!(
    /// An agent's row; unique over all tenants.
    AgentId
);
number_id!(
    /// The number of a transaction: one click and all that comes of it.
    TransactionId
);
number_id!(
    /// A dial plan's id within its tenant, as links name it (`dialplan_id`).
    DialPlanId
);
number_id!(
    /// A queue's id within its tenant, as links name it (`queue_id`).
    QueueId
);
number_id!(
    /// A journal entry's place in the one order of all events.
    Seq
);

/// The globally unique name of a transaction (`$interaction_guid$`), for example `int-0190b6f2…`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct InteractionGuid(pub String);

impl InteractionGuid {
    /// Builds the GUID from 128 random bits: `int-` and 32 hexadecimal digits.
    #[must_use]
    pub fn from_random(bits: [u8; 16]) -> Self {
        let mut text = String::with_capacity(36);
        text.push_str("int-");
        for byte in bits {
            use fmt::Write as _;
            let _ = write!(text, "{byte:02x}");
        }
        Self(text)
    }
}

impl fmt::Display for InteractionGuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
