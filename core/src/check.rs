//! What `check-link` finds in a link without calling: the click's own reading, shown whole, with every slip in its place.
//!
//! Promises: the same parser and the same sentences as a click; a template whose `phone` is a merge field is no error. With a
//! tenant, its names are looked up and its dial plan is applied too. Leaves to others: reading arguments, files and tenants
//! (the server's `cli`), the agent (nobody is logged in here).

use crate::admission::{self, Asked, Caller};
use crate::dial_plan::{self, Outcome, Step};
use crate::id::DialPlanId;
use crate::link::{self, Draft, MAX_URL, Parameter, Phone, Purpose, Reading};
use crate::merge_field::{self, Samples};
use crate::refusal::{Code, Refusal, Warning};
use crate::tenant::Tenant;
use crate::token::{self, Token, Values};
use crate::userdata::Userdata;
use serde::{Serialize, Serializer};

mod human;
mod mark;
mod plan;

pub use mark::marked;
pub use plan::{Trial, try_plan};

/// What is known beside the link.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// What the tokens stand for in `rendered`.
    pub values: &'a Values,
    /// What stands in place of merge fields, by their names; a field without a sample stays as it is.
    pub merge: &'a Samples,
    /// The tenant whose names and dial plan apply.
    pub tenant: Option<&'a Tenant>,
}

/// The checker's answer; its JSON is `contract.md`'s object.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Checked {
    /// The number before the dial plan; `None` for a template or an error.
    pub number: Option<String>,
    /// The extension.
    pub extension: Option<String>,
    /// Each parameter once.
    #[serde(serialize_with = "as_object")]
    pub params: Vec<(String, String)>,
    /// The pairs of `ctl_userdata`.
    pub userdata: Vec<(String, String)>,
    /// The pairs of `extTransactionData`.
    pub ext: Vec<(String, String)>,
    /// The tokens that `ctl_userdata` uses, each once, in order of first use.
    pub tokens: Vec<&'static str>,
    /// `ctl_userdata` as it would be posted back.
    pub rendered: Option<String>,
    /// What was tolerated.
    pub warnings: Vec<Warning>,
    /// Why a click on it would be refused.
    pub error: Option<Refusal>,
    /// What the tenant's dial plan makes of the number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dial_plan: Option<PlanResult>,
    /// Where samples stand in `params` and in every text and place of this answer.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub filled: Vec<Sample>,
    /// Everything that is wrong, `error` first: one slip hides no other.
    #[serde(skip)]
    pub errors: Vec<Refusal>,
    /// The link taken apart before samples were put in: what a form is filled with.
    #[serde(skip)]
    pub draft: Draft,
}

/// A sample where a merge field was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Sample {
    /// The parameter.
    pub parameter: String,
    /// Where the sample stands in its decoded value, in UTF-8 bytes.
    pub offset: usize,
    /// How many bytes it has.
    pub length: usize,
    /// The merge field as it is written in the link.
    pub field: String,
}

/// What a dial plan makes of the number.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PlanResult {
    /// The plan; `None` where none applies.
    pub id: Option<DialPlanId>,
    /// The rules that were looked at.
    pub steps: Vec<Step>,
    /// The number after it; `None` where it refuses.
    pub number: Option<String>,
}

/// Checks a link: a full URL, or just its query string. Line breaks in it are read as a browser reads them.
#[must_use]
pub fn check(text: &str, context: Context<'_>) -> Checked {
    let address = Address::of(text);
    let mut parameters = link::decode_query(address.query.as_bytes());
    let draft = Draft::from(&Reading::of(parameters.clone(), Purpose::Check));
    let filled = fill(&mut parameters, context.merge);
    let reading = Reading::of(parameters, Purpose::Check);
    let mut warnings = address.warnings;
    warnings.extend(reading.warnings.iter().cloned());
    let (number, extension) = match &reading.phone {
        Phone::Number(dialled) => (Some(dialled.digits.expose().to_owned()), dialled.extension.clone()),
        Phone::Template | Phone::Refused => (None, None),
    };
    let pairs = |data: &Option<crate::userdata::Userdata>| {
        let pairs = data.iter().flat_map(|data| data.pairs());
        pairs.map(|pair| (pair.name.to_owned(), pair.value.to_owned())).collect::<Vec<_>>()
    };
    let mut checked = Checked {
        number,
        extension,
        userdata: pairs(&reading.userdata),
        ext: pairs(&reading.ext),
        tokens: reading.userdata.iter().flat_map(|data| tokens_of(data)).collect(),
        rendered: reading.userdata.as_ref().map(|userdata| token::render(userdata, context.values)),
        warnings,
        error: reading.refusals.first().cloned(),
        dial_plan: None,
        params: reading.given.clone(),
        errors: reading.refusals.clone(),
        filled,
        draft,
    };
    if let Some(tenant) = context.tenant {
        checked.consult(tenant, reading);
    }
    checked
}

/// Puts samples in place of merge fields. They stand in the decoded values: a CRM, or the link's author, encodes what it
/// fills in. Of a parameter that is given twice only the last counts (1.2).
fn fill(parameters: &mut [Parameter], samples: &Samples) -> Vec<Sample> {
    let mut found: Vec<Sample> = Vec::new();
    for parameter in parameters {
        let name = link::right_name(&parameter.name);
        found.retain(|sample| sample.parameter != name);
        let Ok(text) = std::str::from_utf8(&parameter.value) else { continue };
        let (text, filled) = merge_field::fill(text, samples);
        found.extend(filled.into_iter().map(|one| Sample {
            parameter: name.to_owned(),
            offset: one.place.start,
            length: one.place.len(),
            field: one.field,
        }));
        parameter.value = text.into_bytes();
    }
    found
}

/// Reads the values of tokens from a JSON object: token name without `$` → text. Names that are no token come back, too.
///
/// # Errors
/// One sentence.
pub fn values_from_json(json: &str) -> Result<(Values, Vec<String>), String> {
    let object: serde_json::Map<String, serde_json::Value> = serde_json::from_str(json)
        .map_err(|error| format!("the values are no JSON object of token names and texts: {error}"))?;
    let mut values = Values::new();
    let mut unknown = Vec::new();
    for (name, value) in object {
        let Some(text) = value.as_str() else {
            return Err(format!("the value of \"{name}\" is no text; write it in quotes"));
        };
        match Token::named(&name) {
            Some(token) => values.set(token, text),
            None => unknown.push(name),
        }
    }
    Ok((values, unknown))
}

impl Checked {
    /// Looks the link's names up in the tenant and applies its dial plan.
    fn consult(&mut self, tenant: &Tenant, reading: Reading) {
        let asked = Asked {
            dial_plan: reading.dial_plan,
            queue: reading.queue,
            caller_id: reading.caller_id.as_ref(),
        };
        let named = asked.find(tenant, Caller::Anyone);
        if let (Ok(named), Phone::Number(dialled)) = (&named, &reading.phone) {
            let result = match named.plan {
                Some(plan) => {
                    let explained = dial_plan::explain(plan, &dialled.digits);
                    let number = match explained.outcome {
                        Outcome::Dial(digits) => Some(digits.expose().to_owned()),
                        Outcome::Refused(_) => None,
                    };
                    PlanResult { id: Some(plan.id), steps: explained.steps, number }
                }
                None => PlanResult { id: None, steps: Vec::new(), number: self.number.clone() },
            };
            self.dial_plan = Some(result);
        }
        let none = Userdata::default();
        let (userdata, ext) =
            (reading.userdata.as_ref().unwrap_or(&none), reading.ext.as_ref().unwrap_or(&none));
        self.warnings.extend(admission::tenant_warnings(tenant, userdata, ext));
        if self.error.is_some() {
            return;
        }
        self.error = match (named, link::of_reading(reading)) {
            (Err(refusal), _) => Some(refusal),
            (Ok(_), Ok(link)) => admission::route(tenant, Caller::Anyone, &link).err(),
            // A template has no number to route.
            (Ok(_), Err(_)) => None,
        };
        self.errors.extend(self.error.clone());
    }

    /// The answer for people, over several lines, with a caret under the place of each slip.
    #[must_use]
    pub fn for_people(&self) -> String {
        human::report(self)
    }

    /// The answer for people in one line.
    #[must_use]
    pub fn in_one_line(&self) -> String {
        human::line(self)
    }
}

/// The query of a link.
struct Address<'a> {
    query: &'a str,
    warnings: Vec<Warning>,
}

impl<'a> Address<'a> {
    fn of(text: &'a str) -> Self {
        let text = text.trim();
        let mut warnings = Vec::new();
        let mut warn = |code: &str, sentence: String| {
            warnings.push(Warning { code: code.to_owned(), text: sentence, parameter: None, offset: None });
        };
        // What stands before the first parameter: in a URL its address, in a bare query a name.
        let head = text.split(['=', '&']).next().unwrap_or_default();
        let mut query = match head.find('?') {
            Some(question) => &text[question + 1..],
            None if head.contains("://") => "",
            None => text,
        };
        if head.get(..7).is_some_and(|scheme| scheme.eq_ignore_ascii_case("http://")) {
            warn("NOT_HTTPS", "The link is plain http; Ringbridge takes clicks over https only.".to_owned());
        }
        if let Some(hash) = query.find('#') {
            query = &query[..hash];
            warn(
                "FRAGMENT_CUT",
                "A browser does not send what stands behind #; write %23 where a # is meant.".to_owned(),
            );
        }
        if text.len() > MAX_URL {
            warn(
                "URL_TOO_LONG",
                format!("The URL is longer than {MAX_URL} bytes; send ctl_userdata in the body of a POST."),
            );
        }
        Self { query, warnings }
    }
}

/// The tokens in use, each once, in order of first use.
fn tokens_of(userdata: &crate::userdata::Userdata) -> Vec<&'static str> {
    let mut names = Vec::new();
    for (_, token) in userdata.pairs().flat_map(|pair| token::tokens(pair.value)) {
        if !names.contains(&token.name()) {
            names.push(token.name());
        }
    }
    names
}

/// Writes pairs as a JSON object in their order.
fn as_object<S: Serializer>(pairs: &[(String, String)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(pairs.iter().map(|(name, value)| (name, value)))
}

/// Refuses text that is no link's size before it is looked at: the checker reads what strangers paste.
///
/// # Errors
/// `TOO_LARGE` with the limit.
pub fn within_limit(text: &str) -> Result<(), Refusal> {
    if text.len() <= link::MAX_BODY {
        return Ok(());
    }
    Err(Refusal::new(Code::TooLarge, format!("a link may have at most {} bytes", link::MAX_BODY)))
}
