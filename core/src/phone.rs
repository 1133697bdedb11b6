//! Telephone numbers as people write them, turned into digits that can be dialled (semantics 1.4, 1.5).
//!
//! Promises: a [`Dialled`] is always 1 to 32 ASCII digits; an extension is never part of the number; letters are read by the
//! keypad only where they can be meant so. Where two readings are possible and one would dial a wrong number, nothing is
//! dialled. Leaves to others: the dial plan (`dial_plan`), which countries may be called (`country`, `admission`).

use crate::merge_field;
use crate::redact::Digits;
use crate::refusal::{Code, Refusal, Warning};
use serde::{Deserialize, Serialize};

/// The link's parameter, as refusals name it.
const PHONE: &str = "phone";

/// The most digits before the first letter of a vanity number: `1-800-555-TELL` has seven. After more than that a word is a
/// remark ("650 292 8880 home"), and keypad digits of a remark must never be dialled.
const VANITY_LEAD_MAX: usize = 7;

/// How many digits a vanity number comes to: Australia's `13 CATS` has six, E.164 knows no more than 15.
const VANITY_LENGTH: std::ops::RangeInclusive<usize> = 6..=15;

/// What has so many digits is a number of its own: two of them side by side are two numbers, since none has twice as many
/// (E.164 knows 15 at most).
const WHOLE_DIGITS: usize = 7;

/// The refusal of several numbers in one parameter.
const SEVERAL: &str = "there is more than one number; put in one number only";

/// A number ready for the dial plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dialled {
    /// The digits, prefix applied (1.5).
    pub digits: Digits,
    /// What is sent as DTMF after the answer: digits, `*` and `#`.
    pub extension: Option<String>,
    /// Whether the number was written with its country code.
    pub form: Form,
}

/// How a number was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// With `+`: complete, country code first.
    International,
    /// As it would be dialled from where the tenant is.
    AsDialled,
}

/// Puts prefix and phone together (1.5).
///
/// # Errors
/// `BAD_NUMBER` with the place in `phone`.
pub fn dial(prefix: Option<&str>, phone: &str) -> Result<(Dialled, Vec<Warning>), Refusal> {
    if let Some(place) = merge_field::find(phone) {
        return Err(bad(
            "phone still holds a merge field: the CRM did not fill it in; check the field's name in the link",
            place,
        ));
    }
    let mut reader = Reader::new(phone);
    reader.refuse_several()?;
    let extension = reader.split_extension()?;
    reader.leave_out_parameters()?;
    let form = reader.read()?;
    let mut warnings = reader.warnings;
    let mut digits = reader.digits;
    if digits.is_empty() {
        return Err(bad("nothing here can be dialled; give a number such as (650) 292-8880", 0));
    }
    match (prefix.filter(|prefix| !prefix.is_empty()), form) {
        (Some(prefix), Form::AsDialled) => digits.insert_str(0, prefix),
        (Some(prefix), Form::International) => warnings.push(Warning::about(
            "prefix",
            "PREFIX_NOT_APPLIED",
            format!(
                "The number starts with + and is complete, so the prefix {prefix} was not put before it."
            ),
        )),
        (None, Form::AsDialled | Form::International) => {}
    }
    let digits = Digits::new(&digits).ok_or_else(|| {
        bad(format!("the number has {} digits; at most {} can be dialled", digits.len(), Digits::MAX), 0)
    })?;
    Ok((Dialled { digits, extension, form }, warnings))
}

fn bad(text: impl Into<String>, offset: usize) -> Refusal {
    Refusal::new(Code::BadNumber, text).about(PHONE).at(offset)
}

/// Reads one number. Places are bytes in the decoded parameter.
struct Reader<'a> {
    /// The number, without scheme and extension.
    text: &'a str,
    /// Where `text` begins in the parameter.
    base: usize,
    digits: String,
    warnings: Vec<Warning>,
}

impl<'a> Reader<'a> {
    fn new(phone: &'a str) -> Self {
        let start = phone.trim_start();
        let scheme = start.get(..4).is_some_and(|scheme| scheme.eq_ignore_ascii_case("tel:"));
        // Blanks in front stay unless a scheme follows: one of them may have been a `+` (see `lost_plus`).
        let base = if scheme { phone.len() - start.len() + 4 } else { 0 };
        Self { text: &phone[base..], base, digits: String::new(), warnings: Vec::new() }
    }

    /// Leaves out the other parameters of a `tel:` URI, such as `;phone-context=`; they do not change the number.
    fn leave_out_parameters(&mut self) -> Result<(), Refusal> {
        let Some(semicolon) = self.text.find(';') else { return Ok(()) };
        let place = self.base + semicolon;
        let parameters = &self.text[semicolon..];
        let named =
            |parameter: &str| parameter.trim().is_empty() || parameter.starts_with(char::is_alphabetic);
        if !parameters.split(';').all(named) {
            return Err(bad(SEVERAL, place));
        }
        self.text = &self.text[..semicolon];
        self.warnings.push(
            Warning::about(PHONE, "PHONE_TEXT_IGNORED", "What stands behind the ; is not dialled.").at(place),
        );
        Ok(())
    }

    /// Refuses two numbers: parted by a slash, a comma or a bar, or two groups that are each a number. Of commas one alone
    /// parts numbers; two are a pause before digits that are sent as tones, which may be many.
    fn refuse_several(&self) -> Result<(), Refusal> {
        let digits = |text: &str| text.chars().filter(|char| ascii_digit(*char).is_some()).count();
        let single_comma = |at: usize| !self.text[at..].starts_with(",,") && !self.text[..at].ends_with(',');
        let (mut group, mut begins) = (0, 0);
        let mut whole_before = false;
        for (at, char) in self.text.char_indices() {
            if ascii_digit(char).is_some() {
                begins = if group == 0 { at } else { begins };
                group += 1;
                if group == WHOLE_DIGITS && whole_before {
                    return Err(bad(SEVERAL, self.base + begins));
                }
                continue;
            }
            whole_before |= group >= WHOLE_DIGITS;
            group = 0;
            let parts = matches!(char, '/' | '|') || (char == ',' && single_comma(at));
            if parts && digits(&self.text[..at]) >= WHOLE_DIGITS && digits(&self.text[at..]) >= WHOLE_DIGITS {
                return Err(bad(SEVERAL, self.base + at));
            }
            // What follows these is no part of the number, however long it is.
            let seen = digits(&self.text[..at]) > 0;
            if seen && (matches!(char, ',' | ';' | '#') || char.is_alphabetic()) {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Takes an extension off the end: `x123`, `ext. 123`, `;ext=123`, `,,123`, `#123` (1.4).
    fn split_extension(&mut self) -> Result<Option<String>, Refusal> {
        let Some((start, from)) = extension_mark(self.text) else { return Ok(None) };
        let (number, tail) = (&self.text[..start], &self.text[from..]);
        self.text = number;
        let mut extension = String::new();
        for (at, char) in tail.char_indices() {
            match ascii_digit(char) {
                Some(digit) => extension.push(digit),
                None if matches!(char, '*' | '#') => extension.push(char),
                // Other parameters of a tel: URI say nothing about what to dial.
                None if char == ';' => break,
                None if char.is_alphabetic() || char == '+' => {
                    return Err(bad(
                        "the extension holds more than digits; write it as x123 or leave it out",
                        self.base + from + at,
                    ));
                }
                None => {}
            }
        }
        if extension.len() > Digits::MAX {
            return Err(bad("the extension has more than 32 digits", self.base + from));
        }
        if extension.is_empty() {
            self.warnings.push(
                Warning::about(PHONE, "EXTENSION_EMPTY", "An extension was announced, but none was given.")
                    .at(self.base + start),
            );
        }
        Ok(Some(extension).filter(|extension| !extension.is_empty()))
    }

    /// Reads the digits, and the letters where they are vanity letters.
    fn read(&mut self) -> Result<Form, Refusal> {
        let mut form = Form::AsDialled;
        let mut letters: Option<usize> = None;
        let mut text = self.text;
        if lost_plus(text) {
            form = Form::International;
            text = text.trim_start();
        }
        let start = self.base + (self.text.len() - text.len());
        // Words in front ("Tel.", "Call") are a label: a vanity number begins with digits.
        let first = begins_at(text);
        if text[..first].contains(char::is_alphabetic) && first < text.len() {
            self.warnings.push(
                Warning::about(PHONE, "PHONE_TEXT_IGNORED", "The words before the number were left out.")
                    .at(start),
            );
        }
        let trunk_zero = trunk_zero(&text[first..]).map(|at| first + at);
        for (at, char) in text.char_indices().skip_while(|(at, _)| *at < first) {
            let place = start + at;
            if let Some(digit) = ascii_digit(char) {
                if trunk_zero == Some(at) {
                    self.warnings.push(
                        Warning::about(
                            PHONE,
                            "TRUNK_ZERO_LEFT_OUT",
                            "The (0) after the country code is not dialled from abroad and was left out.",
                        )
                        .at(place),
                    );
                } else {
                    self.digits.push(digit);
                }
            } else if is_plus(char) {
                if !self.digits.is_empty() || form == Form::International {
                    return Err(bad("there is a + inside the number; put in one number only", place));
                }
                form = Form::International;
            } else if char.is_alphabetic() {
                let key = keypad(char).filter(|_| letters.is_some() || self.digits.len() <= VANITY_LEAD_MAX);
                let Some(key) = key else {
                    return Err(bad(
                        "there are words behind the number; leave only the number, and write an extension as x123",
                        place,
                    ));
                };
                letters.get_or_insert(place);
                self.digits.push(key);
            } else if matches!(char, '*' | '#') {
                return Err(bad(
                    "* and # cannot be dialled as part of a number; write an extension as x123",
                    place,
                ));
            }
            if self.digits.len() > Digits::MAX {
                return Err(bad(format!("the number has more than {} digits", Digits::MAX), place));
            }
        }
        if let Some(place) = letters {
            if !VANITY_LENGTH.contains(&self.digits.len()) {
                return Err(bad("the letters do not make a number; put in digits", place));
            }
            self.warnings.push(
                Warning::about(
                    PHONE,
                    "VANITY_LETTERS",
                    "The letters were dialled by the keypad; put in digits if they are no part of the number.",
                )
                .at(place),
            );
        }
        Ok(form)
    }
}

/// Finds where an extension begins and where its digits do.
fn extension_mark(text: &str) -> Option<(usize, usize)> {
    const WORDS: [&str; 4] = ["extension", "extn", "ext", "x"];
    let mut after_letter = false;
    let mut seen_digit = false;
    let mut from = 0;
    for (at, char) in text.char_indices() {
        if at < from {
            continue;
        }
        let rest = &text[at..];
        match char {
            // RFC 3966 parameters: nothing behind the first ; is part of the number.
            ';' => return parameter_extension(rest).map(|digits| (at, at + digits)),
            ',' if seen_digit => return Some((at, at)),
            '#' if seen_digit && tail_is_digits(&rest[1..]) => return Some((at, at + 1)),
            _ if seen_digit && !after_letter && char.is_alphabetic() => {
                let found = WORDS.iter().find(|word| {
                    starts_with_ignoring_case(rest, word) && tail_is_digits(&rest[word.len()..])
                });
                if let Some(word) = found {
                    return Some((at, at + word.len()));
                }
                // A word that is none of these: look again behind it.
                from = at + rest.find(|char: char| !char.is_alphabetic()).unwrap_or(rest.len());
            }
            _ => {}
        }
        after_letter = char.is_alphabetic();
        seen_digit |= ascii_digit(char).is_some();
    }
    None
}

/// Finds the digits of `;ext=` among the parameters of a `tel:` URI.
fn parameter_extension(parameters: &str) -> Option<usize> {
    let mut at = 0;
    for parameter in parameters.split(';') {
        if starts_with_ignoring_case(parameter, "ext=") {
            return Some(at + "ext=".len());
        }
        at += parameter.len() + 1;
    }
    None
}

/// Whether nothing but digits and what stands between them follows; a letter would make it a word.
fn tail_is_digits(tail: &str) -> bool {
    tail.chars().take_while(|char| *char != ';').all(|char| !char.is_alphabetic() && !is_plus(char))
}

fn starts_with_ignoring_case(text: &str, word: &str) -> bool {
    text.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word))
}

/// Whether the blank in front was a `+` that form-decoding turned into a blank (1.4): digits follow it at once, and they are a
/// number of some country. `link::decode_query` keeps a `+` that was sent as such; this is for what came through another
/// decoder before. A blank before a number that no country has is only a blank.
fn lost_plus(text: &str) -> bool {
    let Some(rest) = text.strip_prefix(' ') else { return false };
    rest.starts_with(|char| ascii_digit(char).is_some()) && {
        let digits: String = rest.chars().map_while(number_char).flatten().collect();
        crate::country::of_international(&digits).is_some()
    }
}

/// A digit, or nothing for what may stand between digits; `None` ends the number.
fn number_char(char: char) -> Option<Option<char>> {
    match ascii_digit(char) {
        Some(digit) => Some(Some(digit)),
        None if char.is_alphabetic() || is_plus(char) || matches!(char, ',' | ';' | '#' | '*') => None,
        None => Some(None),
    }
}

/// Where the number begins: at its first digit, its `+`, or at a service code such as `*67`, which is refused there.
fn begins_at(text: &str) -> usize {
    let digit_at = |at: usize| text[at..].starts_with(|char| ascii_digit(char).is_some());
    let begins = |(at, char): &(usize, char)| match char {
        '*' => true,
        '#' => digit_at(at + 1),
        _ => digit_at(*at) || is_plus(*char),
    };
    text.char_indices().find(begins).map_or(text.len(), |(at, _)| at)
}

/// The place of the zero in `+44 (0)20 …`, which is not dialled from abroad. Italy's zero is part of the number.
fn trunk_zero(text: &str) -> Option<usize> {
    let international = text.starts_with(is_plus) && !text.trim_start_matches(is_plus).starts_with("39");
    let zero = text.find("(0)").filter(|_| international)?;
    // Country codes have one to three digits.
    let before = text[..zero].chars().filter(|char| ascii_digit(*char).is_some()).count();
    (1..=3).contains(&before).then_some(zero + 1)
}

fn is_plus(char: char) -> bool {
    matches!(char, '+' | '\u{FF0B}')
}

/// The ASCII digit that a digit of another script means: full-width, Arabic, Persian, Devanagari, Bengali, Thai.
fn ascii_digit(char: char) -> Option<char> {
    const ZEROS: [char; 6] = ['\u{FF10}', '\u{0660}', '\u{06F0}', '\u{0966}', '\u{09E6}', '\u{0E50}'];
    if char.is_ascii() {
        return char.is_ascii_digit().then_some(char);
    }
    ZEROS.into_iter().find_map(|zero| {
        let value = u32::from(char).checked_sub(u32::from(zero)).filter(|value| *value < 10)?;
        char::from_digit(value, 10)
    })
}

/// The key of a letter (ITU-T E.161), also of full-width letters.
fn keypad(char: char) -> Option<char> {
    let ascii = match char {
        '\u{FF21}'..='\u{FF3A}' | '\u{FF41}'..='\u{FF5A}' => char::from_u32(u32::from(char) - 0xFEE0)?,
        other => other,
    };
    match ascii.to_ascii_uppercase() {
        'A'..='C' => Some('2'),
        'D'..='F' => Some('3'),
        'G'..='I' => Some('4'),
        'J'..='L' => Some('5'),
        'M'..='O' => Some('6'),
        'P'..='S' => Some('7'),
        'T'..='V' => Some('8'),
        'W'..='Z' => Some('9'),
        _ => None,
    }
}
