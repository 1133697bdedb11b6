//! Dial plans: an ordered list of patterns that turn what was dialled into what is sent to the trunk, or refuse it
//! (semantics 1.8).
//!
//! Promises: the first rule that matches decides and no other is looked at; no match passes the number on unchanged; a rule
//! that cannot be applied refuses rather than dials something else. Leaves to others: which plan applies (`admission`),
//! reading plans (the server's `provision`, which calls [`check_rule`]).

use crate::redact::Digits;
use crate::tenant::{DialPlan, DialPlanAction, DialPlanRule};
use regex::{Captures, Regex, RegexBuilder};
use serde::{Deserialize, Serialize};

/// The most memory that one pattern may compile to. A plan's patterns are a line of text; 256 KiB is room for any of them,
/// and not for `(\d{1000}){1000}`.
const PATTERN_SIZE_MAX: usize = 256 << 10;

/// How a plan came to its result, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explained {
    /// The rules that were looked at, in order; the last is the one that decided, if one matched.
    pub steps: Vec<Step>,
    /// What comes of the number.
    pub outcome: Outcome,
    /// The trunk that the rule names.
    pub trunk: Option<String>,
}

/// One rule that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// The rule's place in the plan, from 1.
    pub rule: usize,
    /// Its pattern.
    #[serde(rename = "match")]
    pub pattern: String,
    /// What it did.
    pub result: StepResult,
    /// The number after it, where it matched and did not refuse.
    pub number: Option<Digits>,
    /// The rule's comment.
    pub comment: Option<String>,
}

/// What a rule did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepResult {
    /// It did not match.
    NoMatch,
    /// It rewrote the number.
    Rewritten,
    /// It passed the number on.
    Passed,
    /// It refused the number.
    Refused,
}

/// What a plan makes of a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// This is dialled.
    Dial(Digits),
    /// The number is refused, with the rule's sentence.
    Refused(String),
}

/// Applies a plan and says how.
#[must_use]
pub fn explain(plan: &DialPlan, number: &Digits) -> Explained {
    let mut steps = Vec::new();
    for (index, rule) in plan.rules.iter().enumerate() {
        let (result, outcome) = apply(rule, number, index + 1);
        let dialled = match &outcome {
            Some(Outcome::Dial(digits)) => Some(digits.clone()),
            Some(Outcome::Refused(_)) | None => None,
        };
        steps.push(Step {
            rule: index + 1,
            pattern: rule.pattern.clone(),
            result,
            number: dialled,
            comment: rule.comment.clone(),
        });
        if let Some(outcome) = outcome {
            return Explained { steps, outcome, trunk: rule.trunk.clone() };
        }
    }
    Explained { steps, outcome: Outcome::Dial(number.clone()), trunk: None }
}

/// Checks that a rule can be applied: its pattern compiles and its rewrite names only groups that exist.
///
/// # Errors
/// One sentence.
pub fn check_rule(rule: &DialPlanRule) -> Result<(), String> {
    let pattern = compile(&rule.pattern)?;
    let DialPlanAction::Rewrite(rewrite) = &rule.action else { return Ok(()) };
    for piece in pieces(rewrite, &pattern) {
        match piece? {
            Piece::Text(text) if !text.bytes().all(|byte| byte.is_ascii_digit()) => {
                return Err(format!("rewrite may hold digits and groups such as $1 only, not \"{text}\""));
            }
            Piece::Text(_) | Piece::Group(_) => {}
        }
    }
    Ok(())
}

fn apply(rule: &DialPlanRule, number: &Digits, place: usize) -> (StepResult, Option<Outcome>) {
    let broken = |why: &str| {
        let sentence =
            format!("rule {place} of the dial plan cannot be applied ({why}); ask an administrator");
        (StepResult::Refused, Some(Outcome::Refused(sentence)))
    };
    let pattern = match compile(&rule.pattern) {
        Ok(pattern) => pattern,
        Err(why) => return broken(&why),
    };
    let Some(found) = pattern.captures(number.expose()) else { return (StepResult::NoMatch, None) };
    match &rule.action {
        DialPlanAction::Pass => (StepResult::Passed, Some(Outcome::Dial(number.clone()))),
        DialPlanAction::Refuse(sentence) => (StepResult::Refused, Some(Outcome::Refused(sentence.clone()))),
        DialPlanAction::Rewrite(rewrite) => match rewritten(number.expose(), &found, rewrite, &pattern) {
            Ok(text) => match Digits::new(&text) {
                Some(digits) => (StepResult::Rewritten, Some(Outcome::Dial(digits))),
                None => broken("it does not leave 1 to 32 digits"),
            },
            Err(why) => broken(&why),
        },
    }
}

fn compile(pattern: &str) -> Result<Regex, String> {
    RegexBuilder::new(pattern).size_limit(PATTERN_SIZE_MAX).build().map_err(|error| {
        if matches!(error, regex::Error::CompiledTooBig(_)) {
            "the pattern is too large".to_owned()
        } else {
            format!("the pattern is no regular expression: {}", last_line(&error.to_string()))
        }
    })
}

/// The regex crate draws the pattern over several lines; its last says what is wrong.
fn last_line(text: &str) -> &str {
    text.lines().last().unwrap_or(text).trim_start_matches("error: ")
}

/// The number with the matched part replaced: what stands before and behind it stays.
fn rewritten(number: &str, found: &Captures<'_>, rewrite: &str, pattern: &Regex) -> Result<String, String> {
    let whole = found.get(0).map_or(0..0, |whole| whole.range());
    let mut out = number[..whole.start].to_owned();
    for piece in pieces(rewrite, pattern) {
        match piece? {
            Piece::Text(text) => out.push_str(text),
            Piece::Group(group) => out.push_str(found.get(group).map_or("", |group| group.as_str())),
        }
    }
    out.push_str(&number[whole.end..]);
    Ok(out)
}

/// A part of a rewrite.
enum Piece<'a> {
    Text(&'a str),
    Group(usize),
}

/// Splits a rewrite. `$12` is group 12 where there is one, else group 1 and a 2: whoever writes `$1555` means the first.
fn pieces<'a>(rewrite: &'a str, pattern: &'a Regex) -> impl Iterator<Item = Result<Piece<'a>, String>> {
    let mut rest = rewrite;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let Some(after) = rest.strip_prefix('$') else {
            let (text, tail) = rest.split_at(rest.find('$').unwrap_or(rest.len()));
            rest = tail;
            return Some(Ok(Piece::Text(text)));
        };
        let (name, tail) = match after.strip_prefix('{').and_then(|inner| inner.split_once('}')) {
            Some(braced) => braced,
            None => after.split_at(longest_group(after, pattern.captures_len())),
        };
        rest = tail;
        let group = match name.parse::<usize>() {
            Ok(number) => Some(number).filter(|number| *number < pattern.captures_len()),
            Err(_) => pattern.capture_names().position(|known| known == Some(name)),
        };
        if group.is_none() {
            // Nothing behind it can be read for sure.
            rest = "";
        }
        Some(
            group
                .map(Piece::Group)
                .ok_or_else(|| format!("rewrite names a group that the pattern lacks: ${name}")),
        )
    })
}

/// How many of the leading digits name a group that exists.
fn longest_group(text: &str, groups: usize) -> usize {
    let digits = text.bytes().take(3).take_while(u8::is_ascii_digit).count();
    let exists = |len: &usize| text[..*len].parse::<usize>().is_ok_and(|number| number < groups);
    (1..=digits).rev().find(exists).unwrap_or(digits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::DialPlanId;

    fn rule(pattern: &str, action: DialPlanAction) -> DialPlanRule {
        DialPlanRule { pattern: pattern.to_owned(), action, trunk: None, comment: None }
    }

    fn rewrite(pattern: &str, to: &str) -> DialPlanRule {
        rule(pattern, DialPlanAction::Rewrite(to.to_owned()))
    }

    fn plan(rules: Vec<DialPlanRule>) -> DialPlan {
        DialPlan { id: DialPlanId(1), name: "US".to_owned(), rules }
    }

    fn digits(text: &str) -> Digits {
        Digits::new(text).expect("digits")
    }

    fn outcome(rules: Vec<DialPlanRule>, number: &str) -> Outcome {
        explain(&plan(rules), &digits(number)).outcome
    }

    #[test]
    fn rule_1_8_the_first_rule_that_matches_wins_and_says_so() {
        let mut first = rewrite(r"^([2-9]\d{9})$", "1$1");
        first.trunk = Some("main".to_owned());
        first.comment = Some("ten digits".to_owned());
        let rules =
            vec![rewrite(r"^00", "9"), first, rule(r"^\d+$", DialPlanAction::Refuse("never".to_owned()))];
        assert_eq!(
            explain(&plan(rules), &digits("6502928880")),
            Explained {
                steps: vec![
                    Step {
                        rule: 1,
                        pattern: "^00".to_owned(),
                        result: StepResult::NoMatch,
                        number: None,
                        comment: None
                    },
                    Step {
                        rule: 2,
                        pattern: r"^([2-9]\d{9})$".to_owned(),
                        result: StepResult::Rewritten,
                        number: Some(digits("16502928880")),
                        comment: Some("ten digits".to_owned())
                    },
                ],
                outcome: Outcome::Dial(digits("16502928880")),
                trunk: Some("main".to_owned()),
            }
        );
    }

    #[test]
    fn rule_1_8_no_match_passes_the_number_on_unchanged() {
        assert_eq!(outcome(vec![], "911"), Outcome::Dial(digits("911")));
        assert_eq!(outcome(vec![rewrite("^44", "0")], "16502928880"), Outcome::Dial(digits("16502928880")));
    }

    #[test]
    fn rule_1_8_a_rule_may_refuse_with_its_message() {
        let refuse = rule("^1900", DialPlanAction::Refuse("Premium numbers are off.".to_owned()));
        assert_eq!(
            outcome(vec![refuse], "19005551234"),
            Outcome::Refused("Premium numbers are off.".to_owned())
        );
    }

    #[test]
    fn a_rewrite_replaces_the_matched_part_only() {
        assert_eq!(outcome(vec![rewrite("00$", "7")], "65000"), Outcome::Dial(digits("6507")));
        assert_eq!(
            outcome(vec![rewrite("^00", "")], "00442079460958"),
            Outcome::Dial(digits("442079460958"))
        );
        assert_eq!(
            outcome(vec![rewrite("^0(?<rest>.*)", "49${rest}")], "0301234"),
            Outcome::Dial(digits("49301234"))
        );
    }

    #[test]
    fn a_group_number_ends_where_no_such_group_exists() {
        assert_eq!(outcome(vec![rewrite(r"^(\d{3})$", "$1555")], "650"), Outcome::Dial(digits("650555")));
        assert_eq!(outcome(vec![rewrite(r"^(\d)(\d)$", "$2$1")], "12"), Outcome::Dial(digits("21")));
    }

    #[test]
    fn a_rule_that_leaves_nothing_to_dial_refuses() {
        let sentence = "rule 1 of the dial plan cannot be applied (it does not leave 1 to 32 digits); ask an \
                        administrator";
        assert_eq!(outcome(vec![rewrite(r"^\d+$", "")], "650"), Outcome::Refused(sentence.to_owned()));
    }

    #[test]
    fn a_rule_is_checked_before_it_is_stored() {
        assert_eq!(check_rule(&rewrite(r"^([2-9]\d{9})$", "1$1")), Ok(()));
        assert_eq!(
            check_rule(&rewrite("(", "1")),
            Err("the pattern is no regular expression: unclosed group".to_owned())
        );
        assert_eq!(
            check_rule(&rewrite("^(1)", "$2")),
            Err("rewrite names a group that the pattern lacks: $2".to_owned())
        );
        assert_eq!(
            check_rule(&rewrite("^1", "+1")),
            Err("rewrite may hold digits and groups such as $1 only, not \"+1\"".to_owned())
        );
        assert_eq!(
            check_rule(&rewrite(r"(\d{1000}){1000}", "1")),
            Err("the pattern is too large".to_owned())
        );
    }
}
