//! What happened in a call, as the tokens and the records tell it (semantics 4.3).
//!
//! Promises: the same facts give the same values at any time. Leaves to others: putting the values in (`token`), what
//! follows from them (`completion`).

use crate::call::Outcome;
use crate::crm::CallFacts;
use crate::id::{AgentId, InteractionGuid, TransactionId};
use crate::redact::Digits;
use crate::time::{Timestamp, Zone};
use crate::token::{Token, Values};
use crate::wrap_up::Selection;

/// How `$callAnsweredTenantTT$` and `$callHangupTenantTT$` are written: `YYYY/MM/DD HH:mm:ss Z` (semantics 4.3).
pub const TENANT_TIME: &str = "%Y/%m/%d %H:%M:%S %z";

/// What happened, as far as the tokens tell it.
#[derive(Clone, Debug)]
pub struct Facts<'a> {
    /// The caller ID used.
    pub caller_id: &'a Digits,
    /// The transaction's number.
    pub transaction: TransactionId,
    /// The transaction's GUID.
    pub guid: &'a InteractionGuid,
    /// The agent.
    pub agent: AgentFacts<'a>,
    /// The number before the dial plan.
    pub number: &'a Digits,
    /// How the call ended.
    pub outcome: &'a Outcome,
    /// What the agent picked and wrote.
    pub selection: &'a Selection,
    /// The tenant's zone.
    pub zone: &'a Zone,
    /// The moment of completion.
    pub now: Timestamp,
}

/// The agent, as far as records tell of them.
#[derive(Clone, Copy, Debug)]
pub struct AgentFacts<'a> {
    /// The row.
    pub id: AgentId,
    /// The log-in.
    pub login: &'a str,
    /// The name.
    pub name: &'a str,
}

impl Facts<'_> {
    /// The call as a connector needs it.
    pub(super) fn for_crm(&self, values: &Values) -> CallFacts {
        CallFacts {
            transaction: self.transaction,
            guid: self.guid.clone(),
            agent: self.agent.id,
            agent_login: self.agent.login.to_owned(),
            agent_name: self.agent.name.to_owned(),
            number: self.number.clone(),
            caller_id: self.caller_id.clone(),
            answered_at: self.outcome.answered_at,
            hung_up_at: self.outcome.hung_up_at,
            completed_at: self.now,
            duration_seconds: duration_seconds(self.outcome),
            end_reason: self.outcome.reason.as_str().to_owned(),
            tokens: Token::ALL
                .iter()
                .map(|token| (token.name().to_owned(), values.get(*token).to_owned()))
                .collect(),
            zone: self.zone.name().to_owned(),
        }
    }

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
            .with(Token::TransactionCodes, self.selection.codes_text())
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

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::call::{EndReason, Initiator};
    use crate::wrap_up::Picked;

    fn picked(list: &str, short: &str, report: &str) -> Picked {
        Picked { list: list.into(), short: short.into(), report: report.into() }
    }

    /// Calls `check` with the facts of a call that was answered at 1790000000.120 and lasted 75 seconds and 880 ms.
    pub(in crate::completion) fn with_facts<T>(answered: bool, check: impl FnOnce(&Facts<'_>) -> T) -> T {
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
            agent: AgentFacts { id: AgentId(7), login: "alice", name: "Alice" },
            number: &Digits::new("16502928880").expect("digits"),
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
}
