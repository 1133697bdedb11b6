//! A click-to-dial link: its parameters, decoded and read into one value (semantics 1.2 to 1.6, 3, 4.1).
//!
//! Promises: the same reading for a click and for the link checker; whatever bytes come, the answer is a [`Link`] or a
//! [`Refusal`] that names parameter, place and what to do; nothing tolerated is silent. Leaves to others: what the tenant
//! allows (`admission`), HTTP and multipart (the server's `web`).
//!
//! How a query is decoded: raw CR, LF and TAB are dropped first, as browsers do with a pasted URL (WHATWG URL, "remove all
//! ASCII tab or newline"); a line break that is meant is `%0A`. Then `&` separates, `+` is a blank, `%XX` a byte, anything
//! else itself, so raw `[ ] | { } $` and blanks work. Blanks around a name belong to no name (` prefix=` is `prefix`). A
//! `+` at the start of `phone` stays a `+`.

use crate::id::{DialPlanId, QueueId};
use crate::merge_field;
use crate::phone::{self, Dialled};
use crate::redact::Digits;
use crate::refusal::{Code, Refusal, Warning};
use crate::system_data;
use crate::token::{self, Flaw};
use crate::userdata::{Slip, Userdata};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The most bytes of a URL (`security.md`, decision 4).
pub const MAX_URL: usize = 64 << 10;
/// The most bytes of a body (3.1).
pub const MAX_BODY: usize = 1 << 20;
/// The most bytes of a pair's name.
pub const MAX_NAME: usize = 128;
/// The most bytes of a pair's value.
pub const MAX_PAIR_VALUE: usize = 64 << 10;
/// The most parameters: eight are known, so more than this is no link.
pub const MAX_PARAMETERS: usize = 1000;
/// The most bytes of `request_id`: room for a UUID and a name before it.
pub const MAX_REQUEST_ID: usize = 128;
/// The most warnings that are kept; a person reads no more, and they are stored with the call.
pub const MAX_WARNINGS: usize = 50;

/// Where a parameter stood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// In the URL.
    Query,
    /// In the body of a POST.
    Body,
}

/// A parameter with its decoded bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Its name, without blanks around it.
    pub name: String,
    /// Its value.
    pub value: Vec<u8>,
    /// Where it stood.
    pub source: Source,
}

impl Parameter {
    /// A parameter as it stands in a part of `multipart/form-data`.
    #[must_use]
    pub fn of_part(name: &str, value: &[u8]) -> Self {
        Self { name: name.trim().to_owned(), value: value.to_vec(), source: Source::Body }
    }
}

/// Decodes a query string, without its `?`.
#[must_use]
pub fn decode_query(raw: &[u8]) -> Vec<Parameter> {
    decode(raw, Source::Query)
}

/// Decodes an `application/x-www-form-urlencoded` body.
#[must_use]
pub fn decode_body(raw: &[u8]) -> Vec<Parameter> {
    decode(raw, Source::Body)
}

/// What a link asks for. Stored with the transaction and never changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// The `prefix`, already part of the number.
    pub prefix: Option<String>,
    /// The number before the dial plan, and the extension.
    pub phone: Dialled,
    /// The caller ID asked for.
    pub caller_id: Option<Digits>,
    /// The dial plan asked for.
    pub dial_plan: Option<DialPlanId>,
    /// The queue asked for.
    pub queue: Option<QueueId>,
    /// `ctl_userdata`.
    pub userdata: Userdata,
    /// `extTransactionData`.
    pub ext: Userdata,
    /// The caller's own name for this click (1.12).
    pub request_id: Option<String>,
    /// What was tolerated.
    pub warnings: Vec<Warning>,
}

impl Link {
    /// What makes two clicks of one agent the same (1.12): a hash of caller ID, number, extension and both data.
    #[must_use]
    pub fn record_key(&self) -> String {
        let caller_id = self.caller_id.as_ref().map_or("", Digits::expose);
        let extension = self.phone.extension.as_deref().unwrap_or_default();
        let mut hash = Sha256::new();
        for part in [caller_id, self.phone.digits.expose(), extension, self.userdata.text(), self.ext.text()]
        {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part.as_bytes());
        }
        hash.finalize().iter().fold(String::with_capacity(64), |mut hex, byte| {
            use std::fmt::Write as _;
            let _ = write!(hex, "{byte:02x}");
            hex
        })
    }
}

/// Reads a click's parameters.
///
/// # Errors
/// The first thing that is wrong, with its parameter and place.
pub fn parse(parameters: Vec<Parameter>) -> Result<Link, Refusal> {
    let reading = Reading::of(parameters, Purpose::Click);
    if let Some(refusal) = reading.refusals.into_iter().next() {
        return Err(refusal);
    }
    let (Phone::Number(phone), Some(userdata), Some(ext)) = (reading.phone, reading.userdata, reading.ext)
    else {
        // A reading without refusals has all three; should it ever not, no call is placed.
        return Err(Refusal::new(Code::BadParameter, "the link cannot be read"));
    };
    Ok(Link {
        prefix: reading.prefix,
        phone,
        caller_id: reading.caller_id,
        dial_plan: reading.dial_plan,
        queue: reading.queue,
        userdata,
        ext,
        request_id: reading.request_id,
        warnings: reading.warnings,
    })
}

/// What a link is read for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To call: an unfilled merge field in `phone` is refused, elsewhere warned of.
    Click,
    /// To check a template: merge fields are what the CRM will fill.
    Check,
}

/// What became of `phone`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Phone {
    /// A number.
    Number(Dialled),
    /// A merge field that the CRM will fill ([`Purpose::Check`] only).
    Template,
    /// Nothing that can be dialled; a refusal says why.
    Refused,
}

/// Everything that can be read from a link, with all that is wrong: what [`parse`] and the link checker share.
#[derive(Clone, Debug)]
pub struct Reading {
    /// Each parameter once, under its right name, in order of first appearance.
    pub given: Vec<(String, String)>,
    /// The `prefix`.
    pub prefix: Option<String>,
    /// The `phone`.
    pub phone: Phone,
    /// The `callerId`.
    pub caller_id: Option<Digits>,
    /// The `dialplan_id`.
    pub dial_plan: Option<DialPlanId>,
    /// The `queue_id`.
    pub queue: Option<QueueId>,
    /// `ctl_userdata`, unless it is malformed.
    pub userdata: Option<Userdata>,
    /// `extTransactionData`, unless it is malformed.
    pub ext: Option<Userdata>,
    /// The `request_id`.
    pub request_id: Option<String>,
    /// What is wrong, in the order of the reference's parameter tables.
    pub refusals: Vec<Refusal>,
    /// What was tolerated.
    pub warnings: Vec<Warning>,
}

/// The parameters that are known; the first five belong into the query (1.2).
const KNOWN: [&str; 8] = [
    "prefix",
    "phone",
    "callerId",
    "dialplan_id",
    "queue_id",
    "ctl_userdata",
    "extTransactionData",
    "request_id",
];
const QUERY_ONLY: usize = 5;
/// The reference's own misspelling (1.2).
const MISSPELT_EXT: &str = "exTransactionData";

impl Reading {
    /// Reads the parameters as far as they can be read.
    #[must_use]
    pub fn of(parameters: Vec<Parameter>, purpose: Purpose) -> Self {
        let mut reading = Self {
            given: Vec::new(),
            prefix: None,
            phone: Phone::Refused,
            caller_id: None,
            dial_plan: None,
            queue: None,
            userdata: None,
            ext: None,
            request_id: None,
            refusals: Vec::new(),
            warnings: Vec::new(),
        };
        if let Err(refusal) = within_limits(&parameters) {
            reading.refusals.push(refusal);
            return reading;
        }
        let chosen = reading.choose(parameters);
        reading.read_numbers(&chosen, purpose);
        let cut = if chosen.unknown { Cut::MaybeByAmpersand } else { Cut::No };
        reading.userdata = reading.read_pairs("ctl_userdata", chosen.text(5), cut);
        reading.ext = reading.read_pairs("extTransactionData", chosen.text(6), cut);
        reading.read_system_data();
        if purpose == Purpose::Click {
            reading.warn_of_merge_fields();
        }
        match chosen.text(7) {
            Some("") | None => {}
            Some(id) if id.len() <= MAX_REQUEST_ID => reading.request_id = Some(id.to_owned()),
            Some(_) => reading.refusals.push(
                Refusal::new(
                    Code::BadParameter,
                    format!("request_id may have at most {MAX_REQUEST_ID} bytes"),
                )
                .about("request_id"),
            ),
        }
        reading.limit_warnings();
        reading
    }

    /// Picks the value of each known parameter: the last wins, the body beats the query (1.2; decision 8).
    fn choose(&mut self, parameters: Vec<Parameter>) -> Chosen {
        let mut chosen = Chosen::default();
        let (query, body): (Vec<_>, Vec<_>) =
            parameters.into_iter().partition(|parameter| parameter.source == Source::Query);
        for parameter in query.into_iter().chain(body) {
            let name = parameter.name.as_str();
            let right = if name == MISSPELT_EXT { "extTransactionData" } else { name };
            let known = KNOWN.iter().position(|known| *known == right);
            if known.is_some_and(|index| index < QUERY_ONLY) && parameter.source == Source::Body {
                chosen.phone_in_body |= name == "phone";
                self.warn(
                    name,
                    "BODY_PARAMETER_IGNORED",
                    format!("{name} counts only in the URL, not in the body."),
                );
                continue;
            }
            let text = String::from_utf8(parameter.value);
            let shown = match &text {
                Ok(text) => text.clone(),
                Err(bytes) => String::from_utf8_lossy(bytes.as_bytes()).into_owned(),
            };
            match self.given.iter_mut().find(|(given, _)| given == right) {
                Some((_, value)) => *value = shown,
                None => self.given.push((right.to_owned(), shown)),
            }
            let Some(index) = known else {
                chosen.unknown = true;
                self.warn(name, "UNKNOWN_PARAMETER", unknown_parameter(name));
                continue;
            };
            if name != right {
                self.warn(name, "MISSPELT_PARAMETER", format!("{name} was taken as {right}; write {right}."));
            }
            let value = text.map_err(|bytes| {
                Refusal::new(
                    Code::BadParameter,
                    format!("{right} is not UTF-8; percent-encode its text as UTF-8"),
                )
                .about(right)
                .at(bytes.utf8_error().valid_up_to())
            });
            let value = value.and_then(|text| match text.find('\0') {
                Some(at) => {
                    Err(Refusal::new(Code::BadParameter, format!("{right} holds a NUL byte; take it out"))
                        .about(right)
                        .at(at))
                }
                None => Ok(text),
            });
            if chosen.values[index].replace(value).is_some() {
                self.warn(
                    right,
                    "DUPLICATE_PARAMETER",
                    format!("{right} is given more than once; the last one counts."),
                );
            }
        }
        for value in &mut chosen.values {
            if let Some(Err(refusal)) = value {
                self.refusals.push(refusal.clone());
                *value = None;
            }
        }
        chosen
    }

    /// Reads the five parameters that are numbers (1.4 to 1.6).
    fn read_numbers(&mut self, chosen: &Chosen, purpose: Purpose) {
        self.prefix = self.digits_only("prefix", chosen.text(0)).map(ToOwned::to_owned);
        self.phone = self.read_phone(chosen, purpose);
        self.caller_id = self.digits_only("callerId", chosen.text(2)).and_then(|text| {
            let digits = Digits::new(text);
            if digits.is_none() {
                self.refusals.push(
                    Refusal::new(Code::CallerIdUnknown, "callerId is none of this tenant's phone channels")
                        .about("callerId"),
                );
            }
            digits
        });
        self.dial_plan = self.digits_only("dialplan_id", chosen.text(3)).and_then(|text| {
            let refusal =
                Refusal::new(Code::DialplanUnknown, format!("there is no dial plan {}", shown(text)));
            self.id(text, refusal.about("dialplan_id")).map(DialPlanId)
        });
        self.queue = self.digits_only("queue_id", chosen.text(4)).and_then(|text| {
            let refusal = Refusal::new(Code::QueueUnknown, format!("there is no queue {}", shown(text)));
            self.id(text, refusal.about("queue_id")).map(QueueId)
        });
    }

    fn read_phone(&mut self, chosen: &Chosen, purpose: Purpose) -> Phone {
        let Some(phone) = chosen.text(1) else {
            // Unreadable bytes have been refused already.
            if !self.refusals.iter().any(|refusal| refusal.parameter.as_deref() == Some("phone")) {
                let text = if chosen.phone_in_body {
                    "phone stands in the body; it counts only in the URL: make_call.php?phone=…"
                } else {
                    "phone is missing; give the number to call: make_call.php?phone=…"
                };
                self.refusals.push(Refusal::new(Code::BadNumber, text).about("phone"));
            }
            return Phone::Refused;
        };
        if let (Purpose::Check, Some(place)) = (purpose, merge_field::find(phone)) {
            self.warnings.push(
                Warning::about(
                    "phone",
                    "MERGE_FIELD",
                    "phone is a merge field; the CRM fills in the number.",
                )
                .at(place),
            );
            return Phone::Template;
        }
        match phone::dial(self.prefix.as_deref(), phone) {
            Ok((dialled, warnings)) => {
                self.warnings.extend(warnings);
                Phone::Number(dialled)
            }
            Err(refusal) => {
                self.refusals.push(refusal);
                Phone::Refused
            }
        }
    }

    /// Takes digits; empty means absent (1.6).
    fn digits_only<'a>(&mut self, name: &str, text: Option<&'a str>) -> Option<&'a str> {
        let text = text.filter(|text| !text.is_empty())?;
        let Some(place) = text.bytes().position(|byte| !byte.is_ascii_digit()) else { return Some(text) };
        self.refusals.push(
            Refusal::new(Code::BadParameter, format!("{name} may hold digits 0 to 9 only, or nothing"))
                .about(name)
                .at(place),
        );
        None
    }

    fn id(&mut self, text: &str, otherwise: Refusal) -> Option<i64> {
        let id = text.parse().ok();
        if id.is_none() {
            self.refusals.push(otherwise);
        }
        id
    }

    /// Reads one of the two texts of pairs; absent is empty.
    fn read_pairs(&mut self, name: &'static str, text: Option<&str>, cut: Cut) -> Option<Userdata> {
        let refuse = |code, text: String, offset| Refusal::new(code, text).about(name).at(offset);
        let read = Userdata::parse(text.unwrap_or_default()).map_err(|malformed| {
            let hint = match (cut, malformed.slip) {
                (Cut::MaybeByAmpersand, Slip::Unclosed) => ". An & inside a value must be written as %26",
                (Cut::MaybeByAmpersand | Cut::No, _) => "",
            };
            refuse(Code::UserdataMalformed, format!("{}{hint}", malformed.slip.sentence()), malformed.offset)
        });
        let read = read.and_then(|userdata| {
            for pair in userdata.pairs() {
                if pair.name.len() > MAX_NAME {
                    let text =
                        format!("a name may have at most {MAX_NAME} bytes, this one has {}", pair.name.len());
                    return Err(refuse(Code::TooLarge, text, pair.offset));
                }
                if pair.value.len() > MAX_PAIR_VALUE {
                    let text = format!(
                        "a value may have at most {MAX_PAIR_VALUE} bytes, this one has {}",
                        pair.value.len()
                    );
                    return Err(refuse(Code::TooLarge, text, pair.offset));
                }
            }
            if token::longest_rendering(&userdata) > token::MAX_RENDERED {
                let text = format!(
                    "with its tokens filled this could grow beyond {} bytes; use fewer tokens",
                    token::MAX_RENDERED
                );
                return Err(refuse(Code::TooLarge, text, 0));
            }
            Ok(userdata)
        });
        read.map_err(|refusal| self.refusals.push(refusal)).ok()
    }

    /// Warns of tokens that are none and of system data that does nothing, and drops `ctl_newRecordId` (3.3, 4.1, 5.1).
    fn read_system_data(&mut self) {
        const PARAMETER: &str = "ctl_userdata";
        let Some(userdata) = &mut self.userdata else { return };
        for pair in userdata.pairs() {
            for lookalike in token::lookalikes(pair.value) {
                let word = shown(&lookalike.word);
                let (code, text) = match lookalike.flaw {
                    Flaw::Unclosed => (
                        "TOKEN_NOT_CLOSED",
                        format!("${word} stays as it is: it lacks its closing $. Write ${word}$."),
                    ),
                    Flaw::Unknown(Some(token)) => (
                        "TOKEN_UNKNOWN",
                        format!(
                            "${word}$ stays as it is: tokens are case-sensitive. Write ${}$.",
                            token.name()
                        ),
                    ),
                    Flaw::Unknown(None) => {
                        ("TOKEN_UNKNOWN", format!("${word}$ stays as it is: there is no such token."))
                    }
                };
                let warning = Warning::about(PARAMETER, code, text).at(pair.value_offset + lookalike.offset);
                if self.warnings.len() <= MAX_WARNINGS {
                    self.warnings.push(warning);
                }
            }
        }
        self.warnings.extend(system_data::warnings(userdata, PARAMETER));
        if let Some(place) = userdata.remove_system("ctl_newRecordId") {
            self.warnings.push(
                Warning::about(
                    PARAMETER,
                    "NEW_RECORD_ID_DROPPED",
                    "ctl_newRecordId was left out: only the system sets it, after a record was created.",
                )
                .at(place),
            );
        }
    }

    /// A merge field that reaches a click was not filled by the CRM.
    fn warn_of_merge_fields(&mut self) {
        for (name, data) in [("ctl_userdata", &self.userdata), ("extTransactionData", &self.ext)] {
            if let Some(place) = data.as_ref().and_then(|data| merge_field::find(data.text())) {
                self.warnings.push(
                    Warning::about(
                        name,
                        "MERGE_FIELD",
                        "A merge field was not filled in by the CRM; it is passed on as it is.",
                    )
                    .at(place),
                );
            }
        }
    }

    fn warn(&mut self, parameter: &str, code: &'static str, text: String) {
        if self.warnings.len() <= MAX_WARNINGS {
            self.warnings.push(Warning::about(&shown(parameter), code, text));
        }
    }

    /// Says that there is more where there are more warnings than anyone reads.
    fn limit_warnings(&mut self) {
        if self.warnings.len() > MAX_WARNINGS {
            self.warnings.truncate(MAX_WARNINGS - 1);
            self.warnings.push(Warning {
                code: "MORE_WARNINGS".to_owned(),
                text: "There is more to warn of than is shown.".to_owned(),
                parameter: None,
                offset: None,
            });
        }
    }
}

/// Whether something may have cut a value short.
#[derive(Clone, Copy)]
enum Cut {
    No,
    /// There are parameters nobody knows, perhaps the rest of a value.
    MaybeByAmpersand,
}

/// The value of each known parameter.
#[derive(Default)]
struct Chosen {
    values: [Option<Result<String, Refusal>>; KNOWN.len()],
    unknown: bool,
    phone_in_body: bool,
}

impl Chosen {
    fn text(&self, index: usize) -> Option<&str> {
        self.values[index].as_ref().and_then(|value| value.as_deref().ok())
    }
}

fn within_limits(parameters: &[Parameter]) -> Result<(), Refusal> {
    if parameters.len() > MAX_PARAMETERS {
        let text = format!("a link may have at most {MAX_PARAMETERS} parameters");
        return Err(Refusal::new(Code::TooLarge, text));
    }
    for (source, limit, what) in [(Source::Query, MAX_URL, "a URL"), (Source::Body, MAX_BODY, "a body")] {
        let of_source = parameters.iter().filter(|parameter| parameter.source == source);
        let size: usize = of_source.map(|parameter| parameter.name.len() + parameter.value.len()).sum();
        if size > limit {
            let hint = if source == Source::Query { "; send ctl_userdata in the body of a POST" } else { "" };
            return Err(Refusal::new(Code::TooLarge, format!("{what} may have at most {limit} bytes{hint}")));
        }
    }
    Ok(())
}

fn unknown_parameter(name: &str) -> String {
    let unescaped = name.strip_prefix("amp;").filter(|name| KNOWN.contains(name));
    let meant = KNOWN.iter().find(|known| known.eq_ignore_ascii_case(name));
    match (unescaped, meant) {
        (Some(meant), _) => {
            format!("{} is not known and was ignored; write &{meant}= instead of &amp;{meant}=.", shown(name))
        }
        (None, Some(meant)) => format!("{} is not known and was ignored; write {meant}.", shown(name)),
        (None, None) => format!("\"{}\" is not known and was ignored.", shown(name)),
    }
}

/// A name of someone else's making, short enough for a sentence.
fn shown(text: &str) -> String {
    const MAX: usize = 40;
    let clean = |char: char| if char.is_control() { ' ' } else { char };
    let mut short: String = text.chars().take(MAX).map(clean).collect();
    if text.chars().nth(MAX).is_some() {
        short.push('…');
    }
    short
}

fn decode(raw: &[u8], source: Source) -> Vec<Parameter> {
    let segments = raw.split(|byte| *byte == b'&').filter(|segment| !segment.is_empty());
    segments.take(MAX_PARAMETERS + 1).filter_map(|segment| parameter(segment, source)).collect()
}

fn parameter(segment: &[u8], source: Source) -> Option<Parameter> {
    let equal = segment.iter().position(|byte| *byte == b'=');
    let (name, value) = equal.map_or((segment, &[][..]), |equal| (&segment[..equal], &segment[equal + 1..]));
    let name = String::from_utf8_lossy(&decode_component(name)).trim().to_owned();
    let mut decoded = decode_component(value);
    if name == "phone" && value.iter().find(|byte| **byte != b' ') == Some(&b'+') {
        // The blanks in front are as many in both; the next byte is the + that became a blank.
        let blanks = value.iter().take_while(|byte| **byte == b' ').count();
        decoded[blanks] = b'+';
    }
    // A line break alone between two & is no parameter.
    (!name.is_empty() || !decoded.is_empty()).then_some(Parameter { name, value: decoded, source })
}

fn decode_component(raw: &[u8]) -> Vec<u8> {
    let hex = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let clean: Vec<u8> = raw.iter().copied().filter(|byte| !matches!(byte, b'\r' | b'\n' | b'\t')).collect();
    let mut out = Vec::with_capacity(clean.len());
    let mut at = 0;
    while let Some(&byte) = clean.get(at) {
        let pair = clean.get(at + 1).copied().and_then(hex).zip(clean.get(at + 2).copied().and_then(hex));
        match (byte, pair) {
            (b'%', Some((high, low))) => {
                out.push(high << 4 | low);
                at += 2;
            }
            (b'+', _) => out.push(b' '),
            (other, _) => out.push(other),
        }
        at += 1;
    }
    out
}
