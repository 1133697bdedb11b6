//! The 20 tokens of the reference, found in values and replaced by what really happened (semantics 4).
//!
//! Promises: one pass, left to right; what was put in is never looked at again (4.1); however the values look, the text
//! written back has the same pairs with the same names in the same order (4.4); it is never longer than [`MAX_RENDERED`].
//! Leaves to others: the values themselves (`completion`), reading the pairs (`userdata`), sending the text.

use crate::userdata::{self, Userdata};
use crate::wrap_up;
use std::ops::Range;

mod about;

/// The most bytes that `ctl_userdata` may grow to when its tokens are filled (`security.md`, decision 4): 1 MiB.
pub const MAX_RENDERED: usize = 1 << 20;

/// The most bytes that all selected codes come to: as many as wrap-up allows, with 160 bytes for list name and short code.
const CODES_BYTES: usize = wrap_up::CODES_MAX * 160;

/// The most bytes of a code's list name, description or short code that are reckoned with.
const CODE_BYTES: usize = 1024;

/// Makes the enum of tokens and its tables from one list.
macro_rules! tokens {
    ($($(#[$doc:meta])* $variant:ident = $text:literal,)*) => {
        /// A token of the reference; `$` + name + `$` in a value, case-sensitive (4.1).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Token { $($(#[$doc])* $variant,)* }

        impl Token {
            /// All tokens, in the reference's order.
            pub const ALL: [Self; 20] = [$(Self::$variant,)*];

            /// The name between the dollars.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// The token of this name.
            #[must_use]
            pub fn named(name: &str) -> Option<Self> {
                match name { $($text => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

tokens! {
    /// The caller ID used.
    CallerId = "caller_id",
    /// The transaction's number.
    TransactionId = "transaction_id",
    /// UTC seconds of the customer's answer, or 0.
    CallAnsweredTime = "call_answered_time",
    /// UTC seconds of hang-up, or 0.
    CallHangupTime = "call_hangup_time",
    /// The answer in the tenant's zone, or empty.
    CallAnsweredTenantTt = "callAnsweredTenantTT",
    /// The hang-up in the tenant's zone, or empty.
    CallHangupTenantTt = "callHangupTenantTT",
    /// `HH:MM:SS` from answer to hang-up.
    CallDuration = "callDuration",
    /// `=`.
    Equal = "equal",
    /// The transaction's GUID.
    InteractionGuid = "interaction_guid",
    /// The year of completion.
    Year = "year",
    /// The month of completion, two digits.
    Month = "month",
    /// The day of completion, two digits.
    Date = "date",
    /// The hour of completion, two digits.
    Hours = "hours",
    /// The minute of completion, two digits.
    Minutes = "minutes",
    /// The second of completion, two digits.
    Seconds = "seconds",
    /// `list:short code`, joined by commas.
    TransactionCodes = "transaction_codes",
    /// The agent's notes.
    Notes = "notes",
    /// The list of the code selected last.
    LastTclListName = "lastTclListName",
    /// The description of the code selected last.
    LastTclCodeDesc = "lastTclCodeDesc",
    /// The short code of the code selected last.
    LastTclCodeShort = "lastTclCodeShort",
}

/// The longest name, so that a dollar costs at most this many bytes of looking ahead.
const LONGEST_NAME: usize = "callAnsweredTenantTT".len();

/// What every token stands for. All are empty at first, except `$equal$`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Values([String; 20]);

impl Default for Values {
    fn default() -> Self {
        let mut values = Self(Default::default());
        "=".clone_into(&mut values.0[Token::Equal as usize]);
        values
    }
}

impl Values {
    /// No token has a value yet, except `$equal$`.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Gives a token its value. `$equal$` is always `=`.
    pub fn set(&mut self, token: Token, value: impl Into<String>) {
        if token != Token::Equal {
            self.0[token as usize] = value.into();
        }
    }

    /// The same, for chains.
    #[must_use]
    pub fn with(mut self, token: Token, value: impl Into<String>) -> Self {
        self.set(token, value);
        self
    }

    /// What a token stands for.
    #[must_use]
    pub fn get(&self, token: Token) -> &str {
        &self.0[token as usize]
    }
}

/// How a token's value is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Exactly: records and JSON (4.4).
    Exact,
    /// For the bracket form: `[`, `]`, `|` become `(`, `)`, `/`, control characters other than line breaks blanks (4.4).
    Bracketed,
    /// Percent-encoded as a query component: `ctl_callbackUrl` (4.2).
    UrlComponent,
}

/// The tokens of a value with the places of their `$name$`.
pub fn tokens(value: &str) -> impl Iterator<Item = (Range<usize>, Token)> {
    let mut from = 0;
    std::iter::from_fn(move || {
        while let Some(dollar) = value[from..].find('$').map(|found| from + found) {
            if let Some((token, end)) = token_at(value, dollar) {
                from = end;
                return Some((dollar..end, token));
            }
            from = dollar + 1;
        }
        None
    })
}

/// The value with its tokens replaced.
#[must_use]
pub fn fill(value: &str, values: &Values, style: Style) -> String {
    let mut out = String::with_capacity(value.len() + 32);
    let mut budget = MAX_RENDERED.saturating_sub(value.len());
    fill_into(&mut out, value, values, Writing { style, blank: Blank::Kept }, &mut budget);
    out
}

/// `ctl_userdata` written back as one string: the text outside tokens byte for byte (4.4), tokens filled, in
/// `ctl_callbackUrl` percent-encoded (4.2).
#[must_use]
pub fn render(userdata: &Userdata, values: &Values) -> String {
    let mut out = String::with_capacity(userdata.text().len() + 128);
    let mut budget = MAX_RENDERED.saturating_sub(userdata.text().len());
    for (before, pair) in userdata.frame() {
        out.push_str(before);
        let (start, left) = (out.len(), budget);
        let style = style_of(pair.name, Style::Bracketed);
        fill_into(&mut out, pair.value, values, Writing { style, blank: Blank::Kept }, &mut budget);
        // `[a|x]$notes$[b|y]` is one pair; with empty notes it would read as two. Only there a value that is empty is
        // written as a dash.
        if pair.value.contains(']') && userdata::seems_to_end_in(&out[start..]) {
            out.truncate(start);
            budget = left;
            fill_into(&mut out, pair.value, values, Writing { style, blank: Blank::Dashed }, &mut budget);
        }
    }
    out.push_str(userdata.tail());
    out
}

/// The pairs with their exact values, for records and JSON (4.4); `ctl_callbackUrl` as it is called (4.2).
#[must_use]
pub fn filled_pairs(userdata: &Userdata, values: &Values) -> Vec<(String, String)> {
    userdata
        .pairs()
        .map(|pair| (pair.name.to_owned(), fill(pair.value, values, style_of(pair.name, Style::Exact))))
        .collect()
}

/// The most bytes that [`render`] can give, whatever the values are.
#[must_use]
pub fn longest_rendering(userdata: &Userdata) -> usize {
    userdata.pairs().fold(userdata.text().len(), |sum, pair| {
        // Percent-encoding makes three bytes of one.
        let factor = if style_of(pair.name, Style::Bracketed) == Style::UrlComponent { 3 } else { 1 };
        tokens(pair.value).fold(sum, |sum, (_, token)| sum.saturating_add(factor * longest_value(token)))
    })
}

/// Writes a value with `[`, `]`, `|` as `(`, `)`, `/` and control characters other than line breaks as blanks (4.4).
pub(crate) fn push_harmless(out: &mut String, value: &str) {
    let mut kept = 0;
    for (at, char) in value.char_indices() {
        let instead = match char {
            '[' => '(',
            ']' => ')',
            '|' => '/',
            '\n' | '\r' => continue,
            _ if char.is_control() => ' ',
            _ => continue,
        };
        out.push_str(&value[kept..at]);
        out.push(instead);
        kept = at + char.len_utf8();
    }
    out.push_str(&value[kept..]);
}

/// The most bytes a token's value can have: texts written by people have their limits, the rest is made by us and short.
const fn longest_value(token: Token) -> usize {
    match token {
        Token::Notes => wrap_up::NOTES_BYTES_MAX,
        Token::TransactionCodes => CODES_BYTES,
        Token::LastTclListName | Token::LastTclCodeDesc | Token::LastTclCodeShort => CODE_BYTES,
        Token::CallerId
        | Token::TransactionId
        | Token::CallAnsweredTime
        | Token::CallHangupTime
        | Token::CallAnsweredTenantTt
        | Token::CallHangupTenantTt
        | Token::CallDuration
        | Token::Equal
        | Token::InteractionGuid
        | Token::Year
        | Token::Month
        | Token::Date
        | Token::Hours
        | Token::Minutes
        | Token::Seconds => 64,
    }
}

/// How the values of one pair are written.
#[derive(Clone, Copy)]
struct Writing {
    style: Style,
    blank: Blank,
}

/// Whether a value that is empty, or only blanks, may stand as it is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Blank {
    Kept,
    Dashed,
}

fn style_of(name: &str, otherwise: Style) -> Style {
    if name.eq_ignore_ascii_case("ctl_callbackUrl") { Style::UrlComponent } else { otherwise }
}

/// Appends the filled value. `budget` is how many bytes the values may still add; one that does not fit is left out. A click
/// is refused where that could be (`longest_rendering`), so this only holds what the tenant's own names could break.
fn fill_into(out: &mut String, value: &str, values: &Values, writing: Writing, budget: &mut usize) {
    let mut kept = 0;
    for (place, token) in tokens(value) {
        out.push_str(&value[kept..place.start]);
        kept = place.end;
        let put = values.get(token);
        let start = out.len();
        if writing.blank == Blank::Dashed && put.chars().all(|char| char.is_whitespace() || char.is_control())
        {
            out.push('-');
        } else {
            match writing.style {
                Style::Exact => out.push_str(put),
                Style::Bracketed => push_harmless(out, put),
                Style::UrlComponent => push_component(out, put),
            }
        }
        match budget.checked_sub(out.len() - start) {
            Some(left) => *budget = left,
            None => out.truncate(start),
        }
    }
    out.push_str(&value[kept..]);
}

/// Percent-encodes everything but RFC 3986's unreserved characters.
pub(crate) fn push_component(out: &mut String, value: &str) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push(char::from(HEX[usize::from(byte >> 4)]));
            out.push(char::from(HEX[usize::from(byte & 15)]));
        }
    }
}

/// The token whose first dollar stands at `dollar`, and the byte behind its second.
fn token_at(value: &str, dollar: usize) -> Option<(Token, usize)> {
    let name = word_at(value, dollar + 1);
    let end = dollar + 1 + name.len();
    (value.as_bytes().get(end) == Some(&b'$'))
        .then(|| Token::named(name))
        .flatten()
        .map(|token| (token, end + 1))
}

/// The run of ASCII letters, digits and `_` from here, at most one byte longer than the longest name.
fn word_at(value: &str, from: usize) -> &str {
    let bytes = value.as_bytes().get(from..).unwrap_or_default();
    let run = bytes
        .iter()
        .take(LONGEST_NAME + 1)
        .take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_')
        .count();
    // Only ASCII bytes were counted, so both ends are character boundaries.
    &value[from..from + run]
}

/// Something in a value that was surely meant as a token and is none (4.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lookalike {
    /// Where its dollar stands in the value.
    pub offset: usize,
    /// The word behind the dollar.
    pub word: String,
    /// What is wrong with it.
    pub flaw: Flaw,
}

/// Why a lookalike is no token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// A listed name without its second dollar.
    Unclosed,
    /// Two dollars, but no listed name; the token that differs only in case, if there is one.
    Unknown(Option<Token>),
}

/// Finds what looks like a token and stays as it is (4.1).
#[must_use]
pub fn lookalikes(value: &str) -> Vec<Lookalike> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(dollar) = value[from..].find('$').map(|place| from + place) {
        if let Some((_, end)) = token_at(value, dollar) {
            from = end;
            continue;
        }
        from = dollar + 1;
        let word = whole_word_at(value, dollar + 1);
        let closed = value.as_bytes().get(dollar + 1 + word.len()) == Some(&b'$');
        let starts_as_a_name = word.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
        let flaw = match (closed, Token::named(word)) {
            (false, Some(_)) => Flaw::Unclosed,
            (true, _) if starts_as_a_name => {
                Flaw::Unknown(Token::ALL.into_iter().find(|token| token.name().eq_ignore_ascii_case(word)))
            }
            (true | false, _) => continue,
        };
        found.push(Lookalike { offset: dollar, word: word.to_owned(), flaw });
        from = dollar + 1 + word.len();
    }
    found
}

/// The run of ASCII letters, digits and `_` from here.
fn whole_word_at(value: &str, from: usize) -> &str {
    let rest = &value[from..];
    let end = rest.bytes().position(|byte| !byte.is_ascii_alphanumeric() && byte != b'_');
    &rest[..end.unwrap_or(rest.len())]
}
