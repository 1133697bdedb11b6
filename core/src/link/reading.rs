//! Everything that can be read from a link's parameters, and all that is wrong with them: what clicks and the link checker
//! share.
//!
//! Promises: each parameter is read by itself, so that one slip hides no other; refusals stand in the order of the
//! reference's parameter tables, warnings in the order of the link. Leaves to others: choosing the first refusal (`link`),
//! showing them all (`check`).

use super::decode::{MAX_PARAMETERS, Parameter, Source};
use super::{MAX_BODY, MAX_NAME, MAX_PAIR_VALUE, MAX_REQUEST_ID, MAX_URL, MAX_WARNINGS};
use crate::id::{DialPlanId, QueueId};
use crate::merge_field;
use crate::phone::{self, Dialled};
use crate::redact::Digits;
use crate::refusal::{Code, Refusal, Warning};
use crate::system_data;
use crate::token::{self, Flaw};
use crate::userdata::{Slip, Userdata};

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

/// The right name of a parameter (1.2).
pub(crate) fn right_name(name: &str) -> &str {
    if name == MISSPELT_EXT { "extTransactionData" } else { name }
}

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
        if let Err(refusal) = within_limits(&parameters, purpose) {
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
            let right = right_name(name);
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

fn within_limits(parameters: &[Parameter], purpose: Purpose) -> Result<(), Refusal> {
    if parameters.len() > MAX_PARAMETERS {
        let text = format!("a link may have at most {MAX_PARAMETERS} parameters");
        return Err(Refusal::new(Code::TooLarge, text));
    }
    let size = |source| {
        let of_source = parameters.iter().filter(|parameter| parameter.source == source);
        of_source.map(|parameter| parameter.name.len() + parameter.value.len()).sum::<usize>()
    };
    // A link that is checked may be meant for a POST, whose body may be larger than a URL.
    let query_limit = match purpose {
        Purpose::Click => MAX_URL,
        Purpose::Check => MAX_BODY,
    };
    if size(Source::Query) > query_limit {
        let text = format!("a URL may have at most {MAX_URL} bytes; send ctl_userdata in the body of a POST");
        return Err(Refusal::new(Code::TooLarge, text));
    }
    if size(Source::Body) > MAX_BODY {
        return Err(Refusal::new(Code::TooLarge, format!("a body may have at most {MAX_BODY} bytes")));
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
