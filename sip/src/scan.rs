//! A cursor over the text of one header value or URI.
//!
//! Promises: never looks past the end, never panics, always moves forward. Leaves to others: what the pieces mean.

use crate::text::{Invalid, is_token_byte};

/// Reads a text from left to right. Folded lines have become single blanks before.
pub(crate) struct Scan<'a> {
    rest: &'a str,
}

impl<'a> Scan<'a> {
    pub(crate) const fn new(text: &'a str) -> Self {
        Self { rest: text }
    }

    /// What has not been read yet.
    pub(crate) const fn rest(&self) -> &'a str {
        self.rest
    }

    pub(crate) fn peek(&self) -> Option<u8> {
        self.rest.bytes().next()
    }

    pub(crate) const fn at_end(&self) -> bool {
        self.rest.is_empty()
    }

    pub(crate) fn blanks(&mut self) {
        self.rest = self.rest.trim_start_matches(' ');
    }

    /// Takes this ASCII byte if it comes next.
    pub(crate) fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        if found {
            self.rest = self.rest.get(1..).unwrap_or("");
        }
        found
    }

    /// Takes blanks, this byte and blanks again, if that is what comes next; otherwise nothing.
    pub(crate) fn eat_spaced(&mut self, byte: u8) -> bool {
        let before = self.rest;
        self.blanks();
        if self.eat(byte) {
            self.blanks();
            true
        } else {
            self.rest = before;
            false
        }
    }

    /// Takes as long as the bytes are of a kind. The kind must be made of ASCII bytes, or of all bytes from 0x80 on too.
    pub(crate) fn run(&mut self, of: impl Fn(u8) -> bool) -> &'a str {
        let end = self.rest.bytes().position(|byte| !of(byte)).unwrap_or(self.rest.len());
        // A kind that stops inside a character takes nothing of it: `get` then fails and the text stays.
        let (Some(taken), Some(rest)) = (self.rest.get(..end), self.rest.get(end..)) else { return "" };
        self.rest = rest;
        taken
    }

    /// Takes a token.
    pub(crate) fn token(&mut self) -> Option<&'a str> {
        Some(self.run(is_token_byte)).filter(|token| !token.is_empty())
    }

    /// Takes a quoted-string, quotes and escapes included.
    pub(crate) fn quoted(&mut self) -> Result<&'a str, Invalid> {
        let unbalanced = Invalid("quotes that do not close");
        if self.peek() != Some(b'"') {
            return Err(Invalid("a quoted string expected"));
        }
        let mut escaped = false;
        for (at, byte) in self.rest.bytes().enumerate().skip(1) {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => {
                    let taken = self.rest.get(..=at).ok_or(unbalanced)?;
                    self.rest = self.rest.get(at + 1..).ok_or(unbalanced)?;
                    return Ok(taken);
                }
                _ => {}
            }
        }
        Err(unbalanced)
    }
}

/// The text inside a quoted-string, escapes undone.
pub(crate) fn unquote(quoted: &str) -> String {
    let inner = quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(quoted);
    let mut text = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => text.extend(chars.next()),
            other => text.push(other),
        }
    }
    text
}

/// A decimal number that is nothing but digits and fits.
pub(crate) fn number<N: std::str::FromStr>(text: &str) -> Option<N> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}
