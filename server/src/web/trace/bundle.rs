//! The support bundle: a trace as text for somebody outside the house.
//!
//! Promises: of numbers the last two digits; no secret, no customer's value, no agent's name; only what stands in this file
//! is in it, and every sentence that comes from elsewhere goes through [`Scrub`]. Leaves to others: gathering (`trace`).

use super::{Datum, Moment, Trace};
use ringbridge_core::call::Leg;
use ringbridge_core::mask::{self, Scrub};
use ringbridge_core::time::Timestamp;
use ringbridge_core::token::Token;
use std::fmt::Write as _;

/// The bundle's text.
#[must_use]
pub fn text(trace: &Trace, scrub: &Scrub) -> String {
    let mut out = Text { out: String::with_capacity(4096), scrub, begin: trace.created_at.0 };
    out.line("Ringbridge support bundle");
    out.line("Numbers keep their last two digits; secrets, names and values are left out.");
    out.line("");
    out.fact("Version", trace.version);
    out.fact("Made at", &trace.server_time.0.rfc3339());
    out.fact("Transaction", &trace.transaction_id.to_string());
    out.fact("GUID", &trace.interaction_guid);
    out.fact("Agent", &trace.agent.id.to_string());
    out.fact("Queue", &trace.queue.as_ref().map_or("none".to_owned(), |queue| queue.id.to_string()));
    out.fact("State", &trace.state);
    out.fact("In words", trace.sentence);
    let ended = trace.end_reason.zip(trace.ended_by);
    out.fact("Ended", &ended.map_or("not yet".to_owned(), |(reason, by)| format!("{reason} by {by}")));
    for (name, moment) in [
        ("Click", Some(trace.created_at)),
        ("Answered", trace.answered_at),
        ("Hung up", trace.hung_up_at),
        ("Complete", trace.completed_at),
    ] {
        out.fact(name, &moment.map_or("-".to_owned(), |moment| moment.0.rfc3339()));
    }
    out.request(trace);
    out.admission(trace);
    out.heading("Stages");
    for stretch in &trace.stages {
        let to = stretch.to.map_or("goes on".to_owned(), |to| to.0.rfc3339());
        out.fact(stretch.stage, &format!("{} to {to}", stretch.from.0.rfc3339()));
    }
    out.ladder(trace);
    out.heading("Events");
    for event in &trace.events {
        out.step(event.at, &format!("{:<22} {}", event.kind, out.scrub.text(&event.text)));
    }
    out.tokens(trace);
    out.after(trace);
    out.out
}

/// Teaches a scrub all that must not leave the house: the link's values as they came (`words`) and as they were filled, the
/// notes, the agent.
#[must_use]
pub fn scrub<'a>(trace: &'a Trace, words: impl IntoIterator<Item = &'a str>) -> Scrub {
    let mut scrub = Scrub::default();
    for datum in trace.userdata.iter().chain(&trace.ext) {
        scrub.learn([datum.value.as_str()].into_iter().chain(datum.filled.as_deref()));
    }
    let notes = trace.tokens.iter().filter(|token| token.name == Token::Notes.name());
    scrub.learn(notes.filter_map(|token| token.value.as_deref()));
    scrub.learn([trace.agent.login.as_str(), trace.agent.name.as_str()]);
    scrub.learn(words);
    scrub
}

/// The text as it grows.
struct Text<'a> {
    out: String,
    scrub: &'a Scrub,
    /// The click, from which moments are counted.
    begin: Timestamp,
}

impl Text<'_> {
    fn line(&mut self, line: &str) {
        self.out.push_str(line.trim_end());
        self.out.push('\n');
    }

    fn heading(&mut self, heading: &str) {
        self.line("");
        self.line(heading);
        self.line(&"-".repeat(heading.len()));
    }

    fn fact(&mut self, name: &str, value: &str) {
        self.line(&format!("{name:<18} {value}"));
    }

    /// A line with its moment, counted from the click.
    fn step(&mut self, at: Moment, what: &str) {
        let millis = at.0.as_millis() - self.begin.as_millis();
        self.line(&format!("{:>9} ms  {what}", format!("+{millis}")));
    }

    fn request(&mut self, trace: &Trace) {
        let request = &trace.request;
        self.heading("Request");
        self.fact("Origin", request.origin.as_deref().unwrap_or("not told"));
        self.fact("Decision", request.decision.as_deref().unwrap_or("not known"));
        self.fact("Why", request.why);
        for (name, value) in &request.parameters {
            let value = match *name {
                "dialplan_id" | "queue_id" => value.clone(),
                _ => mask::number(value),
            };
            self.fact(name, &value);
        }
        for (heading, data) in [("ctl_userdata", &trace.userdata), ("extTransactionData", &trace.ext)] {
            for datum in data {
                let length = length(datum);
                self.fact(heading, &format!("[{}|{length}]", self.scrub.text(&datum.name)));
            }
        }
    }

    fn admission(&mut self, trace: &Trace) {
        let admission = &trace.admission;
        self.heading("Admission");
        self.fact("Number", &mask::number(admission.number.expose()));
        self.fact("Dialled", &mask::number(admission.dialled.expose()));
        self.fact("Caller ID", &mask::number(admission.caller_id.expose()));
        let plan = admission.dial_plan.as_ref().map_or("none".to_owned(), |plan| plan.id.to_string());
        self.fact("Dial plan", &plan);
        self.fact("Trunk", admission.trunk.as_deref().unwrap_or("the default one"));
        for step in &admission.steps {
            let result = serde_json::to_value(step.result).unwrap_or_default();
            let result = result.as_str().unwrap_or_default();
            let number = step.number.as_ref().map(|number| mask::number(number.expose())).unwrap_or_default();
            let pattern = self.scrub.text(&step.pattern);
            self.line(&format!("  rule {:<3} {result:<9} {pattern}  {number}", step.rule));
        }
        for warning in &admission.warnings {
            let about = warning.parameter.as_deref().unwrap_or("-");
            let text = self.scrub.text(&warning.text);
            self.line(&format!("  warning {} ({about}): {text}", warning.code));
        }
    }

    fn ladder(&mut self, trace: &Trace) {
        self.heading("Messages");
        if trace.ladder.is_empty() {
            self.line("none");
        }
        for message in &trace.ladder {
            let arrow = match (message.leg, message.dir) {
                (Leg::Agent, "in") => "agent ──▶ rb",
                (Leg::Agent, _) => "agent ◀── rb",
                (Leg::Customer, "in") => "         rb ◀── trunk",
                (Leg::Customer, _) => "         rb ──▶ trunk",
            };
            let what = self.scrub.text(&message.what);
            let cseq = message.cseq.as_ref().map(|cseq| format!("  (CSeq {})", self.scrub.text(cseq)));
            let sdp = message.sdp.as_ref().map(|_| "  with SDP").unwrap_or_default();
            self.step(message.at, &format!("{arrow:<22} {what}{}{sdp}", cseq.unwrap_or_default()));
        }
    }

    fn tokens(&mut self, trace: &Trace) {
        self.heading("Tokens");
        for token in &trace.tokens {
            let value = match (Token::named(token.name), token.value.as_deref()) {
                (_, None) => "not filled yet".to_owned(),
                (Some(Token::CallerId), Some(value)) => mask::number(value),
                (Some(Token::Notes), Some(value)) => format!("({} characters)", value.chars().count()),
                (_, Some(value)) => value.to_owned(),
            };
            let used = if token.used { "used" } else { "" };
            self.line(&format!("${:<22} {used:<5} {value}", format!("{}$", token.name)));
        }
    }

    fn after(&mut self, trace: &Trace) {
        self.heading("After the call");
        let result = &trace.result;
        self.fact("Result", result.code.as_deref().unwrap_or("not yet"));
        if let Some(error) = result.error_string.as_deref().filter(|error| !error.is_empty()) {
            self.fact("Reason", &self.scrub.text(error));
        }
        self.fact("Record", result.record_id.as_deref().unwrap_or("none"));
        for attempt in &trace.attempts {
            let to = if attempt.kind == "callback" { mask::host(&attempt.to) } else { attempt.to.clone() };
            let mut line = format!(
                "{} {} to {to}: {} after {} attempts",
                attempt.kind, attempt.id, attempt.state, attempt.attempts
            );
            if let Some(error) = &attempt.last_error {
                let _ = write!(line, "; last: {}", self.scrub.text(error));
            }
            self.line(&line);
        }
        let pop = trace.screen_pop.as_ref();
        let pop = pop.map_or("none".to_owned(), |pop| format!("{}, {}", pop.opens, pop.state));
        self.fact("Screen pop", &pop);
    }
}

/// How much a pair holds, without what.
fn length(datum: &Datum) -> String {
    let count = |text: &str| text.chars().count();
    match &datum.filled {
        _ if datum.value == mask::MASK => mask::MASK.to_owned(),
        None => format!("{} characters", count(&datum.value)),
        Some(filled) => format!("{} characters, filled {}", count(&datum.value), count(filled)),
    }
}
