//! What is left out of what people show each other: secrets in links, and in support bundles numbers and customers' words.
//!
//! Promises: a secret's value never passes; of a number its last two digits do; what is told apart by its name alone is
//! masked rather than shown. Leaves to others: who may see the rest (the server's `web`), logs (`redact`).

use std::borrow::Cow;
use url::Url;

/// What stands in a secret's place.
pub const MASK: &str = "***";

/// A number has so many digits at least; shorter ones are codes, places and times.
const NUMBER_DIGITS_MIN: usize = 5;

/// A customer's word is looked for in other texts from this length on: masking every `a` would leave no sentence standing.
const WORD_CHARS_MIN: usize = 3;

/// Parts of names whose values are secrets wherever they stand.
const SECRET_PARTS: [&str; 12] = [
    "password",
    "passwd",
    "passwort",
    "passphrase",
    "secret",
    "token",
    "apikey",
    "credential",
    "session",
    "signature",
    "authoriz",
    "cookie",
];

/// Names, and last words of names, whose values are secrets; inside a longer word they mean something else.
const SECRET_WORDS: [&str; 9] = ["pwd", "pw", "pin", "sid", "sig", "auth", "key", "jwt", "otp"];

/// Keys that open nothing: they tell which row is meant, and are looked for when a call went wrong.
const PLAIN_NAMES: [&str; 2] = ["foreign_key", "primary_key"];

/// Whether a value of this name is a secret, as far as the name tells.
#[must_use]
pub fn is_secret(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    if PLAIN_NAMES.contains(&lower.as_str()) {
        return false;
    }
    let plain: String = lower.chars().filter(char::is_ascii_alphanumeric).collect();
    if SECRET_PARTS.iter().any(|part| plain.contains(part)) {
        return true;
    }
    lower.split(|char: char| !char.is_ascii_alphanumeric()).any(|word| SECRET_WORDS.contains(&word))
        || SECRET_WORDS.iter().any(|word| {
            // `apiKey`, `extPwd`: the word begins with a capital.
            let begin = name.len().checked_sub(word.len());
            begin.is_some_and(|begin| {
                name.get(begin..).is_some_and(|end| {
                    end.eq_ignore_ascii_case(word)
                        && end.starts_with(|first: char| first.is_ascii_uppercase())
                })
            })
        })
}

/// An address without its user names, passwords, query values and fragment.
#[must_use]
pub fn url(text: &str) -> String {
    let Ok(mut url) = Url::parse(text.trim()) else { return MASK.to_owned() };
    if url.cannot_be_a_base() {
        return MASK.to_owned();
    }
    // Neither fails for an address that has a host; without one there is nothing to take out.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.set_fragment(None);
    let names: Vec<String> = url.query_pairs().map(|(name, _)| name.into_owned()).collect();
    url.set_query(None);
    let base = url.to_string();
    if names.is_empty() {
        return base;
    }
    let query: Vec<String> =
        names.iter().map(|name| format!("{}={MASK}", name.replace(['&', '='], "?"))).collect();
    format!("{base}?{}", query.join("&"))
}

/// Of an address its scheme and host alone: paths of callbacks hold keys too.
#[must_use]
pub fn host(text: &str) -> String {
    let Ok(url) = Url::parse(text.trim()) else { return MASK.to_owned() };
    match url.host_str() {
        Some(host) => format!("{}://{host}/{MASK}", url.scheme()),
        None => MASK.to_owned(),
    }
}

/// A number by its length and last two digits.
#[must_use]
pub fn number(digits: &str) -> String {
    let count = digits.chars().filter(char::is_ascii_digit).count();
    let end: String = digits.chars().filter(char::is_ascii_digit).skip(count.saturating_sub(2)).collect();
    if count < NUMBER_DIGITS_MIN { MASK.to_owned() } else { format!("…{end} ({count} digits)") }
}

/// A text in which whatever may be a number is masked: five digits or more, however they are parted.
#[must_use]
pub fn numbers(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut run = String::new();
    for char in text.chars() {
        let parts = matches!(char, ' ' | '.' | '-' | '/' | '(' | ')' | '+' | '\u{a0}');
        if char.is_ascii_digit() || (parts && !run.is_empty()) {
            run.push(char);
        } else {
            close(&mut out, &mut run);
            out.push(char);
        }
    }
    close(&mut out, &mut run);
    out
}

/// Ends a run of digits and what parts them.
fn close(out: &mut String, run: &mut String) {
    let end = run.rfind(|char: char| char.is_ascii_digit()).map_or(0, |last| last + 1);
    let (digits, rest) = run.split_at(end);
    if digits.chars().filter(char::is_ascii_digit).count() < NUMBER_DIGITS_MIN {
        out.push_str(digits);
    } else {
        out.push_str(&number(digits));
    }
    out.push_str(rest);
    run.clear();
}

/// Takes words and numbers out of texts.
#[derive(Clone, Debug, Default)]
pub struct Scrub {
    /// The longest first, so that no part of a word is left of it.
    words: Vec<String>,
}

impl Scrub {
    /// Looks for these words from now on: a customer's values, and all secrets.
    pub fn learn<'a>(&mut self, words: impl IntoIterator<Item = &'a str>) {
        for word in words.into_iter().map(str::trim) {
            if word.chars().count() >= WORD_CHARS_MIN && !self.words.iter().any(|known| known == word) {
                self.words.push(word.to_owned());
            }
        }
        self.words.sort_by_key(|word| std::cmp::Reverse(word.len()));
    }

    /// The text without them.
    #[must_use]
    pub fn text(&self, text: &str) -> String {
        let mut text = Cow::Borrowed(text);
        for word in &self.words {
            if text.contains(word.as_str()) {
                text = Cow::Owned(text.replace(word.as_str(), MASK));
            }
        }
        numbers(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_tells_whether_its_value_is_a_secret() {
        for secret in [
            "password",
            "Password",
            "extPwd",
            "pwd",
            "api_key",
            "apiKey",
            "X-Api-Key",
            "access_token",
            "ctl_secret",
            "sessionId",
            "sid",
            "user-pin",
            "Authorization",
            "sig",
        ] {
            assert!(is_secret(secret), "{secret}");
        }
        for plain in [
            "a",
            "foreign_key",
            "WhatId",
            "Subject",
            "keyword",
            "monkey",
            "spin",
            "side",
            "ctl_recordname",
            "shipping",
        ] {
            assert!(!is_secret(plain), "{plain}");
        }
    }

    #[test]
    fn an_address_keeps_what_leads_there_and_nothing_that_opens_it() {
        assert_eq!(
            url("https://bob:hunter2@crm.example:8443/call?t=4711&key=s3cret#top"),
            "https://crm.example:8443/call?t=***&key=***"
        );
        assert_eq!(url("http://crm.example"), "http://crm.example/");
        assert_eq!(url("crm.example/call?key=s3cret"), "***");
        assert_eq!(url("data:text/plain,s3cret"), "***");
        assert_eq!(host("https://bob:hunter2@hooks.example/T0/B0/s3cret?x=y"), "https://hooks.example/***");
        assert_eq!(host("s3cret"), "***");
    }

    #[test]
    fn a_number_keeps_its_last_two_digits_however_it_is_written() {
        assert_eq!(number("16502928880"), "…80 (11 digits)");
        assert_eq!(number("911"), "***");
        for written in ["16502928880", "+1 (650) 292-8880", "1.650.292.8880", "1/650 2928880"] {
            let masked = numbers(&format!("calls {written}, or not"));
            assert!(masked.ends_with("…80 (11 digits), or not"), "{masked}");
            assert!(!masked.contains("292"), "{masked}");
        }
        assert_eq!(numbers("status 503 after 2 tries - 30 s"), "status 503 after 2 tries - 30 s");
    }

    #[test]
    fn words_that_were_learned_do_not_pass_and_the_longest_goes_first() {
        let mut scrub = Scrub::default();
        scrub.learn(["Jane", "Jane Doe", "a", "", "s3cret"]);
        assert_eq!(scrub.text("Jane Doe said s3cret to Janet"), "*** said *** to ***t");
        assert_eq!(scrub.text("a plain sentence"), "a plain sentence");
    }
}
