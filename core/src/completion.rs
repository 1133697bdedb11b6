//! Completion: the tokens get their values, the result is settled, the callback is written out.
//!
//! Promises: [`complete`] is a pure function of what was agreed and what happened; asked again with the same facts it
//! answers the same, so that a stored transaction can be shown at any time. Leaves to others: the call itself (`call`),
//! replacing tokens (`token`), sending (the server's `jobs`).

use crate::call::Outcome;
use crate::callback::{Callback, webhook_id};
use crate::id::{InteractionGuid, TransactionId};
use crate::redact::Digits;
use crate::system_data::Action;
use crate::time::{Timestamp, Zone};
use crate::token::{self, Token, Values};
use crate::userdata::Userdata;
use crate::wrap_up::Selection;
use serde::{Deserialize, Serialize};

/// How `$callAnsweredTenantTT$` and `$callHangupTenantTT$` are written: `YYYY/MM/DD HH:mm:ss Z` (semantics 4.3).
const TENANT_TIME: &str = "%Y/%m/%d %H:%M:%S %z";

/// What happened, as far as the tokens tell it.
#[derive(Clone, Debug)]
pub struct Facts<'a> {
    /// The caller ID used.
    pub caller_id: &'a Digits,
    /// The transaction's number.
    pub transaction: TransactionId,
    /// The transaction's GUID.
    pub guid: &'a InteractionGuid,
    /// How the call ended.
    pub outcome: &'a Outcome,
    /// What the agent picked and wrote.
    pub selection: &'a Selection,
    /// The tenant's zone.
    pub zone: &'a Zone,
    /// The moment of completion.
    pub now: Timestamp,
}

impl Facts<'_> {
    /// The value of every token (semantics 4.3).
    #[must_use]
    pub fn values(&self) -> Values {
        let established = self.outcome.answered_at.map(|answered| (answered, self.outcome.hung_up_at));
        let seconds = |moment: Option<Timestamp>| moment.map_or(0, Timestamp::as_seconds).to_string();
        let in_zone = |moment: Option<Timestamp>| {
            moment.map_or(String::new(), |moment| self.zone.format(moment, TENANT_TIME))
        };
        let answered = established.map(|(answered, _)| answered);
        let hung_up = established.map(|(_, hung_up)| hung_up);
        let now = |pattern: &str| self.zone.format(self.now, pattern);
        let codes: Vec<String> =
            self.selection.codes.iter().map(|code| format!("{}:{}", code.list, code.short)).collect();
        let last = self.selection.codes.last();
        Values::new()
            .with(Token::CallerId, self.caller_id.expose())
            .with(Token::TransactionId, self.transaction.to_string())
            .with(Token::InteractionGuid, self.guid.to_string())
            .with(Token::CallAnsweredTime, seconds(answered))
            .with(Token::CallHangupTime, seconds(hung_up))
            .with(Token::CallAnsweredTenantTt, in_zone(answered))
            .with(Token::CallHangupTenantTt, in_zone(hung_up))
            .with(Token::CallDuration, clock_of(duration_seconds(self.outcome)))
            .with(Token::Year, now("%Y"))
            .with(Token::Month, now("%m"))
            .with(Token::Date, now("%d"))
            .with(Token::Hours, now("%H"))
            .with(Token::Minutes, now("%M"))
            .with(Token::Seconds, now("%S"))
            .with(Token::TransactionCodes, codes.join(","))
            .with(Token::Notes, self.selection.notes.clone())
            .with(Token::LastTclListName, last.map_or("", |code| &code.list))
            .with(Token::LastTclCodeDesc, last.map_or("", |code| &code.report))
            .with(Token::LastTclCodeShort, last.map_or("", |code| &code.short))
    }
}

/// Whole seconds from answer to hang-up; 0 for a call that was not established. They are the difference of the two
/// times as the tokens show them, so that nobody's sum is off by one.
#[must_use]
pub fn duration_seconds(outcome: &Outcome) -> i64 {
    outcome.answered_at.map_or(0, |answered| (outcome.hung_up_at.as_seconds() - answered.as_seconds()).max(0))
}

/// `HH:MM:SS`; hours go past 24 (semantics 4.3).
fn clock_of(seconds: i64) -> String {
    format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// What became of `ctl_action`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ResultCode {
    /// The record was created.
    Success,
    /// It was tried and failed.
    Fail,
    /// There was nothing to do, or nothing to do it with.
    Ignore,
}

impl ResultCode {
    /// As the reference writes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Success => "SUCCESS",
            Self::Fail => "FAIL",
            Self::Ignore => "IGNORE",
        }
    }
}

/// What of the tenant's settings completion needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum UserdataForm {
    /// The bracket form alone: the documented body.
    Brackets,
    /// `ctl_userdata_json` goes along.
    BracketsAndJson,
}

/// A completed transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completed {
    /// What became of `ctl_action`.
    pub result: ResultCode,
    /// Why, where it was not done.
    pub error_string: String,
    /// All pairs with their exact values (4.4), for records and JSON.
    pub pairs: Vec<(String, String)>,
    /// The callback to send, if the link asked for one.
    pub callback: Option<Callback>,
}

/// Settles everything that follows from the facts.
#[must_use]
pub fn complete(userdata: &Userdata, facts: &Facts<'_>, form: UserdataForm) -> Completed {
    let values = facts.values();
    let (result, error_string) = result(userdata);
    let pairs = token::filled_pairs(userdata, &values);
    let callback =
        userdata.system("ctl_callbackUrl").filter(|url| !url.trim().is_empty()).map(|url| Callback {
            url: token::fill(url, &values, token::Style::UrlComponent).trim().to_owned(),
            userdata: token::render(userdata, &values),
            userdata_pairs: match form {
                UserdataForm::Brackets => None,
                UserdataForm::BracketsAndJson => Some(pairs.clone()),
            },
            result_code: result.as_str().to_owned(),
            error_string: error_string.clone(),
            webhook_id: webhook_id(facts.guid),
        });
    Completed { result, error_string, pairs, callback }
}

/// What becomes of `ctl_action` as long as no CRM is connected (semantics 5.1).
#[must_use]
pub fn result(userdata: &Userdata) -> (ResultCode, String) {
    let reason = Action::of(userdata).why_ignored();
    (ResultCode::Ignore, reason.unwrap_or_else(|| "no CRM is connected for this tenant".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::{EndReason, Initiator};
    use crate::wrap_up::Picked;

    fn picked(list: &str, short: &str, report: &str) -> Picked {
        Picked { list: list.into(), short: short.into(), report: report.into() }
    }

    /// Calls `check` with the facts of a call that was answered at 1790000000.120 and lasted 75 seconds and 880 ms.
    fn with_facts<T>(answered: bool, check: impl FnOnce(&Facts<'_>) -> T) -> T {
        let outcome = Outcome {
            reason: EndReason::HungUp,
            by: Initiator::Customer,
            answered_at: answered.then_some(Timestamp::from_millis(1_790_000_000_120)),
            hung_up_at: Timestamp::from_millis(1_790_000_076_000),
        };
        let selection = Selection {
            codes: vec![picked("Outcome", "SOLD", "Sale made"), picked("Outcome", "CB", "Call again")],
            notes: "said [maybe] | call\nback".into(),
        };
        check(&Facts {
            caller_id: &Digits::new("5251990").expect("digits"),
            transaction: TransactionId(4711),
            guid: &InteractionGuid("int-0190".into()),
            outcome: &outcome,
            selection: &selection,
            zone: &Zone::named("America/Los_Angeles").expect("it exists"),
            now: Timestamp::from_millis(1_790_000_096_000),
        })
    }

    #[test]
    fn rule_4_3_every_token_tells_what_happened() {
        let values = with_facts(true, |facts| facts.values());
        let told: Vec<_> = Token::ALL.iter().map(|token| (token.name(), values.get(*token))).collect();
        assert_eq!(
            told,
            [
                ("caller_id", "5251990"),
                ("transaction_id", "4711"),
                ("call_answered_time", "1790000000"),
                ("call_hangup_time", "1790000076"),
                ("callAnsweredTenantTT", "2026/09/21 07:13:20 -0700"),
                ("callHangupTenantTT", "2026/09/21 07:14:36 -0700"),
                ("callDuration", "00:01:16"),
                ("equal", "="),
                ("interaction_guid", "int-0190"),
                ("year", "2026"),
                ("month", "09"),
                ("date", "21"),
                ("hours", "07"),
                ("minutes", "14"),
                ("seconds", "56"),
                ("transaction_codes", "Outcome:SOLD,Outcome:CB"),
                ("notes", "said [maybe] | call\nback"),
                ("lastTclListName", "Outcome"),
                ("lastTclCodeDesc", "Call again"),
                ("lastTclCodeShort", "CB"),
            ]
        );
    }

    #[test]
    fn rule_4_3_a_call_that_was_not_established_has_no_times() {
        let values = with_facts(false, |facts| facts.values());
        let told = [
            Token::CallAnsweredTime,
            Token::CallHangupTime,
            Token::CallAnsweredTenantTt,
            Token::CallHangupTenantTt,
            Token::CallDuration,
        ]
        .map(|token| values.get(token).to_owned());
        assert_eq!(told, ["0", "0", "", "", "00:00:00"]);
    }

    #[test]
    fn rule_4_3_hours_go_past_twenty_four() {
        assert_eq!(clock_of(25 * 3600 + 61), "25:01:01");
    }

    #[test]
    fn rule_5_1_without_a_crm_each_action_is_ignored_with_its_reason() {
        let reason = |text: &str| result(&Userdata::parse(text).expect("well-formed"));
        let ignored = |text: &str| (ResultCode::Ignore, text.to_owned());
        assert_eq!(reason("[a|b]"), ignored("no ctl_action was given"));
        assert_eq!(reason("[ctl_action|fax]"), ignored("ctl_action \"fax\" is not known; known is: create"));
        assert_eq!(
            reason("[CTL_ACTION|Create][ctl_inttype|SFDC]"),
            ignored("no CRM is connected for this tenant")
        );
    }

    #[test]
    fn rule_4_2_the_callback_goes_to_the_filled_url_and_carries_the_filled_text() {
        let userdata = Userdata::parse("[n|$notes$][ctl_callbackUrl|https://h.example/p?n=$notes$]")
            .expect("well-formed");
        let completed = with_facts(true, |facts| complete(&userdata, facts, UserdataForm::BracketsAndJson));
        let url = "https://h.example/p?n=said%20%5Bmaybe%5D%20%7C%20call%0Aback";
        let pairs = vec![
            ("n".to_owned(), "said [maybe] | call\nback".to_owned()),
            ("ctl_callbackUrl".to_owned(), url.to_owned()),
        ];
        assert_eq!(
            completed,
            Completed {
                result: ResultCode::Ignore,
                error_string: "no ctl_action was given".into(),
                pairs: pairs.clone(),
                callback: Some(Callback {
                    url: url.into(),
                    userdata: format!("[n|said (maybe) / call\nback][ctl_callbackUrl|{url}]"),
                    userdata_pairs: Some(pairs),
                    result_code: "IGNORE".into(),
                    error_string: "no ctl_action was given".into(),
                    webhook_id: webhook_id(&InteractionGuid("int-0190".into())),
                }),
            }
        );
    }
}
