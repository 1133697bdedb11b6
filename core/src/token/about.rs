//! What each token is, in words, and what one looks like when it is filled: for the link builder.
//!
//! Promises: a sentence and a sample for every token. Leaves to others: the real values (`completion`).

use super::{Token, Values};

impl Token {
    /// What it stands for, in one plain sentence.
    #[must_use]
    pub const fn explains(self) -> &'static str {
        match self {
            Self::CallerId => "The caller ID that the customer saw.",
            Self::TransactionId => "The call's number here.",
            Self::CallAnsweredTime => {
                "When the customer answered, in seconds since 1970 (UTC); 0 if nobody did."
            }
            Self::CallHangupTime => {
                "When the call ended, in seconds since 1970 (UTC); 0 if it was never answered."
            }
            Self::CallAnsweredTenantTt => {
                "When the customer answered, in your contact center's time zone; empty if nobody did."
            }
            Self::CallHangupTenantTt => {
                "When the call ended, in your contact center's time zone; empty if it was never answered."
            }
            Self::CallDuration => "From answer to hang-up, as hours:minutes:seconds.",
            Self::Equal => "An equals sign, for programs that cannot have one in the link.",
            Self::InteractionGuid => "The call's unique name, the same nowhere else.",
            Self::Year => "The year in which wrap-up ended.",
            Self::Month => "The month in which wrap-up ended, two digits.",
            Self::Date => "The day on which wrap-up ended, two digits.",
            Self::Hours => "The hour in which wrap-up ended, 00 to 23.",
            Self::Minutes => "The minute in which wrap-up ended.",
            Self::Seconds => "The second in which wrap-up ended.",
            Self::TransactionCodes => {
                "All transaction codes that the agent picked, each as list:short code, with commas between."
            }
            Self::Notes => "The agent's notes.",
            Self::LastTclListName => "The list of the transaction code that was picked last.",
            Self::LastTclCodeDesc => "The description of the transaction code that was picked last.",
            Self::LastTclCodeShort => "The short code of the transaction code that was picked last.",
        }
    }

    /// What a filled one looks like.
    #[must_use]
    pub const fn sample(self) -> &'static str {
        match self {
            Self::CallerId => "5251990",
            Self::TransactionId => "4711",
            Self::CallAnsweredTime => "1790000000",
            Self::CallHangupTime => "1790000150",
            Self::CallAnsweredTenantTt => "2026/09/21 07:13:20 -0700",
            Self::CallHangupTenantTt => "2026/09/21 07:15:50 -0700",
            Self::CallDuration => "00:02:30",
            Self::Equal => "=",
            Self::InteractionGuid => "int-0199f3a2-7c11-7bd1-9d5e-2f6b1c0a4e57",
            Self::Year => "2026",
            Self::Month => "09",
            Self::Date => "21",
            Self::Hours => "07",
            Self::Minutes => "16",
            Self::Seconds => "04",
            Self::TransactionCodes => "Outcome:SOLD",
            Self::Notes => "Wants an offer [urgent] by Friday",
            Self::LastTclListName => "Outcome",
            Self::LastTclCodeDesc => "Sold",
            Self::LastTclCodeShort => "SOLD",
        }
    }
}

impl Values {
    /// A value for every token, as after a call.
    #[must_use]
    pub fn samples() -> Self {
        Token::ALL.into_iter().fold(Self::new(), |values, token| values.with(token, token.sample()))
    }
}
