//! Header names.
//!
//! Promises: names are compared in any case; compact forms become the full name; printed in the usual spelling. Leaves to
//! others: what the headers mean.

use crate::text::{Invalid, SipToken, stored_as_text};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Builds the enum, its spelling and its parser from one table.
macro_rules! header_names {
    ($($variant:ident $text:literal $($compact:literal)?,)+) => {
        /// The name of a header.
        #[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        #[allow(missing_docs, reason = "the names are SIP's own")]
        pub enum HeaderName {
            $($variant,)+
            /// Any other, as it was written.
            Other(SipToken),
        }

        impl HeaderName {
            /// The usual spelling.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $text,)+
                    Self::Other(token) => token.as_str(),
                }
            }
        }

        impl std::str::FromStr for HeaderName {
            type Err = Invalid;
            fn from_str(text: &str) -> Result<Self, Invalid> {
                $(if text.eq_ignore_ascii_case($text) $(|| text.eq_ignore_ascii_case($compact))? {
                    return Ok(Self::$variant);
                })+
                SipToken::new(text).map(Self::Other).map_err(|_| Invalid("a header name that is no token"))
            }
        }
    };
}

header_names! {
    Via "Via" "v",
    From "From" "f",
    To "To" "t",
    CallId "Call-ID" "i",
    CSeq "CSeq",
    MaxForwards "Max-Forwards",
    Contact "Contact" "m",
    ContentLength "Content-Length" "l",
    ContentType "Content-Type" "c",
    Route "Route",
    RecordRoute "Record-Route",
    Allow "Allow",
    Supported "Supported" "k",
    Require "Require",
    Unsupported "Unsupported",
    ProxyRequire "Proxy-Require",
    UserAgent "User-Agent",
    Server "Server",
    Authorization "Authorization",
    WwwAuthenticate "WWW-Authenticate",
    ProxyAuthorization "Proxy-Authorization",
    ProxyAuthenticate "Proxy-Authenticate",
    AuthenticationInfo "Authentication-Info",
    Expires "Expires",
    MinExpires "Min-Expires",
    SessionExpires "Session-Expires" "x",
    MinSe "Min-SE",
    RSeq "RSeq",
    RAck "RAck",
    Reason "Reason",
    RetryAfter "Retry-After",
    Warning "Warning",
    Accept "Accept",
    AcceptEncoding "Accept-Encoding",
    AcceptLanguage "Accept-Language",
    ContentEncoding "Content-Encoding" "e",
    ContentDisposition "Content-Disposition",
    AlertInfo "Alert-Info",
    CallInfo "Call-Info",
    AnswerMode "Answer-Mode",
    PAssertedIdentity "P-Asserted-Identity",
    PPreferredIdentity "P-Preferred-Identity",
    Privacy "Privacy",
    ReferTo "Refer-To" "r",
    ReferredBy "Referred-By" "b",
    Replaces "Replaces",
    Event "Event" "o",
    AllowEvents "Allow-Events" "u",
    Subject "Subject" "s",
    Date "Date",
    Timestamp "Timestamp",
    MimeVersion "MIME-Version",
    Path "Path",
    ServiceRoute "Service-Route",
    Identity "Identity" "y",
}

impl HeaderName {
    /// Whether both name the same header.
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Other(one), Self::Other(two)) => one.is(two.as_str()),
            (one, two) => one == two,
        }
    }
}

impl fmt::Display for HeaderName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

stored_as_text!(HeaderName);
