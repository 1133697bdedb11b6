//! The kinds of text a SIP message is made of.
//!
//! Promises (SEC-18): no value of these types holds a byte below 0x20 or 0x7f, so that no CR, LF or NUL can enter a message
//! through them; the printer in [`crate::message`] takes nothing else. Leaves to others: the grammar of whole headers.

use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;

/// Why a piece of text was not taken, in a few words that quote nothing of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Invalid(pub &'static str);

/// Implements the stored form of a type by its printed form.
macro_rules! stored_as_text {
    ($name:ty) => {
        impl TryFrom<String> for $name {
            type Error = $crate::text::Invalid;
            fn try_from(text: String) -> Result<Self, Self::Error> {
                text.parse()
            }
        }
        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.to_string()
            }
        }
    };
}
pub(crate) use stored_as_text;

/// Whether a byte may stand in a token (RFC 3261 25.1).
#[must_use]
pub(crate) const fn is_token_byte(byte: u8) -> bool {
    matches!(byte, b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9'
        | b'-' | b'.' | b'!' | b'%' | b'*' | b'_' | b'+' | b'`' | b'\'' | b'~')
}

/// Whether a byte may stand in a word, the stuff of Call-IDs (RFC 3261 25.1).
#[must_use]
pub(crate) const fn is_word_byte(byte: u8) -> bool {
    is_token_byte(byte)
        || matches!(
            byte,
            b'(' | b')' | b'<' | b'>' | b':' | b'\\' | b'"' | b'/' | b'[' | b']' | b'?' | b'{' | b'}'
        )
}

/// Whether the text holds a control byte.
#[must_use]
pub(crate) fn has_control(text: &str) -> bool {
    text.bytes().any(|byte| byte < 0x20 || byte == 0x7f)
}

/// A token of RFC 3261: at least one of the letters, digits and signs that need no quotes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SipToken(Cow<'static, str>);

impl SipToken {
    /// Takes text that is a token.
    ///
    /// # Errors
    /// The text is empty or holds something else.
    pub fn new(text: impl Into<String>) -> Result<Self, Invalid> {
        let text = text.into();
        if !text.is_empty() && text.bytes().all(is_token_byte) {
            Ok(Self(Cow::Owned(text)))
        } else {
            Err(Invalid("not a token"))
        }
    }

    /// A token written in the source.
    ///
    /// # Panics
    /// The literal is no token: a slip in our own source, found by the first test that comes by.
    #[must_use]
    pub const fn constant(text: &'static str) -> Self {
        let bytes = text.as_bytes();
        assert!(!bytes.is_empty(), "a token is not empty");
        let mut at = 0;
        while at < bytes.len() {
            assert!(is_token_byte(bytes[at]), "a token holds token bytes only");
            at += 1;
        }
        Self(Cow::Borrowed(text))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is this word in any case.
    #[must_use]
    pub fn is(&self, word: &str) -> bool {
        self.0.eq_ignore_ascii_case(word)
    }
}

impl fmt::Display for SipToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::str::FromStr for SipToken {
    type Err = Invalid;
    fn from_str(text: &str) -> Result<Self, Invalid> {
        Self::new(text)
    }
}

stored_as_text!(SipToken);

/// A display name: any text without control bytes. Printed in quotes, with `"` and `\` escaped.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct QuotedDisplay(String);

impl QuotedDisplay {
    /// Takes text as people read it, without quotes.
    ///
    /// # Errors
    /// It holds a control byte.
    pub fn new(text: impl Into<String>) -> Result<Self, Invalid> {
        let text = text.into();
        if has_control(&text) {
            Err(Invalid("a control character in a display name"))
        } else {
            Ok(Self(text))
        }
    }

    /// Takes any text; control characters become blanks. For names that people chose and that a call must not fail on.
    #[must_use]
    pub fn lossy(text: &str) -> Self {
        Self(text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect())
    }

    /// The text without quotes.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for QuotedDisplay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_quoted(f, &self.0)
    }
}

impl TryFrom<String> for QuotedDisplay {
    type Error = Invalid;
    fn try_from(text: String) -> Result<Self, Invalid> {
        Self::new(text)
    }
}

impl From<QuotedDisplay> for String {
    fn from(display: QuotedDisplay) -> Self {
        display.0
    }
}

/// Writes text as a quoted-string.
pub(crate) fn write_quoted(f: &mut impl fmt::Write, text: &str) -> fmt::Result {
    f.write_char('"')?;
    for c in text.chars() {
        if c == '"' || c == '\\' {
            f.write_char('\\')?;
        }
        f.write_char(c)?;
    }
    f.write_char('"')
}

/// The value of a header: one line of text without control bytes and without blanks at its ends.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct HeaderValue(Cow<'static, str>);

impl HeaderValue {
    /// Takes text that fits on a header line; blanks at the ends are dropped.
    ///
    /// # Errors
    /// It holds a control byte.
    pub fn new(text: impl Into<String>) -> Result<Self, Invalid> {
        let text = text.into();
        if has_control(&text) {
            return Err(Invalid("a control character in a header value"));
        }
        let trimmed = text.trim_matches(' ');
        Ok(Self(Cow::Owned(if trimmed.len() == text.len() { text } else { trimmed.to_owned() })))
    }

    /// A value written in the source.
    ///
    /// # Panics
    /// The literal holds a control byte or a blank at an end: a slip in our own source.
    #[must_use]
    pub const fn constant(text: &'static str) -> Self {
        let bytes = text.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            assert!(bytes[at] >= 0x20 && bytes[at] != 0x7f, "a header value holds no control bytes");
            at += 1;
        }
        assert!(
            bytes.is_empty() || (bytes[0] != b' ' && bytes[bytes.len() - 1] != b' '),
            "a header value has no blanks at its ends"
        );
        Self(Cow::Borrowed(text))
    }

    /// Prints something whose own type already keeps control bytes out.
    pub(crate) fn printed(value: &impl fmt::Display) -> Self {
        Self(Cow::Owned(value.to_string()))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for HeaderValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<u32> for HeaderValue {
    fn from(number: u32) -> Self {
        Self::printed(&number)
    }
}

impl From<SipToken> for HeaderValue {
    fn from(token: SipToken) -> Self {
        Self(token.0)
    }
}

impl TryFrom<String> for HeaderValue {
    type Error = Invalid;
    fn try_from(text: String) -> Result<Self, Invalid> {
        Self::new(text)
    }
}

impl From<HeaderValue> for String {
    fn from(value: HeaderValue) -> Self {
        value.0.into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_takes_a_line_break_a_nul_or_a_delete() {
        for bad in ["a\r\nb", "a\nb", "a\rb", "\0", "\u{7f}", "\t"] {
            assert!(SipToken::new(bad).is_err(), "{bad:?}");
            assert!(HeaderValue::new(bad).is_err(), "{bad:?}");
            assert!(QuotedDisplay::new(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_display_name_is_printed_in_quotes_with_its_own_quotes_escaped() {
        let display = QuotedDisplay::new(r#"A "b" \ c"#).expect("no control bytes");
        assert_eq!(display.to_string(), r#""A \"b\" \\ c""#);
        assert_eq!(QuotedDisplay::lossy("a\r\nVia: x").as_str(), "a  Via: x");
    }

    #[test]
    fn a_header_value_loses_the_blanks_at_its_ends() {
        assert_eq!(HeaderValue::new("  a b ").expect("fits").as_str(), "a b");
    }
}
