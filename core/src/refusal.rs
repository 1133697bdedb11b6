//! The words in which Ringbridge refuses and warns: stable codes, one plain sentence, and for links the exact place.
//!
//! Promises: a code never changes its meaning (`contract.md`). Leaves to others: HTTP status (the server's `web`).

use serde::{Deserialize, Serialize};
use std::fmt;

/// Makes the enum of codes and its two tables from one list.
macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $text:literal,)*) => {
        /// A stable name for one kind of refusal.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Code { $($(#[$doc])* $variant,)* }

        impl Code {
            /// Every code, for documentation and for tests that walk them all.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The code as it stands in problem documents.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }
        }
    };
}

codes! {
    /// The step after a call is being tried at this moment.
    ActionBusy = "ACTION_BUSY",
    /// The step after a call is done or given up.
    ActionSettled = "ACTION_SETTLED",
    /// The agent already has a call, or a required wrap-up.
    AgentBusy = "AGENT_BUSY",
    /// On break, working offline or logged out.
    AgentNotAvailable = "AGENT_NOT_AVAILABLE",
    /// No phone of the agent can be rung.
    AgentPhoneUnreachable = "AGENT_PHONE_UNREACHABLE",
    /// Nothing dialable in `phone`, or more than 32 digits.
    BadNumber = "BAD_NUMBER",
    /// A parameter is not what is accepted there.
    BadParameter = "BAD_PARAMETER",
    /// The call is over.
    CallOver = "CALL_OVER",
    /// `callerId` is none of the tenant's phone channels.
    CallerIdUnknown = "CALLER_ID_UNKNOWN",
    /// A required transaction code list has no code.
    CodesRequired = "CODES_REQUIRED",
    /// A person must confirm before this dials.
    ConfirmationRequired = "CONFIRMATION_REQUIRED",
    /// The dial plan refuses the number.
    DialplanRefused = "DIALPLAN_REFUSED",
    /// `dialplan_id` names none of the tenant's dial plans.
    DialplanUnknown = "DIALPLAN_UNKNOWN",
    /// The request did not come over HTTPS.
    HttpsRequired = "HTTPS_REQUIRED",
    /// No caller ID can be found for the call.
    NoCallerId = "NO_CALLER_ID",
    /// A wrap-up has had all the time there is.
    NoMoreTime = "NO_MORE_TIME",
    /// There is no such thing here.
    NotFound = "NOT_FOUND",
    /// The number may not be dialled from this tenant.
    NumberNotAllowed = "NUMBER_NOT_ALLOWED",
    /// The server has more to do than it can.
    Overloaded = "OVERLOADED",
    /// The agent is not assigned to the queue.
    QueueNotMember = "QUEUE_NOT_MEMBER",
    /// `queue_id` names none of the tenant's queues.
    QueueUnknown = "QUEUE_UNKNOWN",
    /// Too many requests.
    RateLimited = "RATE_LIMITED",
    /// No valid session.
    SessionRequired = "SESSION_REQUIRED",
    /// The request is larger than the limit.
    TooLarge = "TOO_LARGE",
    /// `ctl_userdata` or `extTransactionData` breaks its grammar.
    UserdataMalformed = "USERDATA_MALFORMED",
    /// The host belongs to another tenant.
    WrongHost = "WRONG_HOST",
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Code {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// Why something is not done: a code, one sentence that says what to do, and for links the place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{text}")]
pub struct Refusal {
    /// The stable code.
    pub code: Code,
    /// One plain sentence for the person who can mend it.
    pub text: String,
    /// The link's parameter it is about.
    pub parameter: Option<String>,
    /// The place in the decoded parameter, in UTF-8 bytes.
    pub offset: Option<usize>,
}

impl Refusal {
    /// A refusal without a place.
    #[must_use]
    pub fn new(code: Code, text: impl Into<String>) -> Self {
        Self { code, text: text.into(), parameter: None, offset: None }
    }

    /// Names the parameter it is about.
    #[must_use]
    pub fn about(mut self, parameter: &str) -> Self {
        self.parameter = Some(parameter.to_owned());
        self
    }

    /// Names the place in the decoded parameter, in UTF-8 bytes.
    #[must_use]
    pub fn at(mut self, offset: usize) -> Self {
        self.offset = Some(offset);
        self
    }
}

/// Something tolerated: never silent (semantics, 'Words').
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warning {
    /// A stable code, for example `UNKNOWN_PARAMETER`.
    pub code: String,
    /// One plain sentence.
    pub text: String,
    /// The link's parameter it is about.
    pub parameter: Option<String>,
    /// The place in the decoded parameter, in UTF-8 bytes.
    pub offset: Option<usize>,
}

impl Warning {
    /// A warning about a parameter, without a place in it.
    #[must_use]
    pub fn about(parameter: &str, code: &'static str, text: impl Into<String>) -> Self {
        Self { code: code.to_owned(), text: text.into(), parameter: Some(parameter.to_owned()), offset: None }
    }

    /// Names the place in the decoded parameter, in UTF-8 bytes.
    #[must_use]
    pub fn at(mut self, offset: usize) -> Self {
        self.offset = Some(offset);
        self
    }
}
