//! Wrap-up: which codes may be picked, what was picked, and when it ends.
//!
//! Promises: a [`Selection`] holds only codes of the call's own lists, one at most of a single-choice list, in the order
//! they were picked; notes fit their limit. Leaves to others: the timer and the end (`call`).

use crate::id::QueueId;
use crate::refusal::{Code as Refused, Refusal};
use crate::tenant::{Choice, CodeList, Need, Tenant, WrapUpAfterFailed};
use serde::{Deserialize, Serialize};

/// The most bytes of notes: one token's value stays within 4 KiB (security SEC-24).
pub const NOTES_BYTES_MAX: usize = 4096;

/// The most codes that can be picked for one call; more than any person picks, and it bounds the callback.
pub const CODES_MAX: usize = 100;

/// What wrap-up is for one call, settled when the call is admitted so that later changes of the tenant do not reach it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rules {
    /// How long it lasts, in seconds; 0: there is none.
    pub seconds: u32,
    /// Whether a call that was not established is wrapped up too (semantics 2.5).
    pub after_failed: WrapUpAfterFailed,
    /// The lists to pick from.
    pub lists: Vec<CodeList>,
}

impl Rules {
    /// The rules for a call with this queue, or without one (semantics 1.10).
    #[must_use]
    pub fn of(tenant: &Tenant, queue: Option<QueueId>) -> Self {
        let lists = tenant.lists_for(queue).into_iter().cloned().collect();
        match queue.and_then(|id| tenant.queue(id)) {
            Some(queue) => {
                Self { seconds: queue.wrap_up_seconds, after_failed: queue.wrap_up_after_failed, lists }
            }
            None => Self { seconds: tenant.wrap_up_seconds, after_failed: WrapUpAfterFailed::Full, lists },
        }
    }
}

/// One picked code, with the words that the tokens need.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Picked {
    /// The list's name.
    pub list: String,
    /// The short code.
    pub short: String,
    /// The report text (`$lastTclCodeDesc$`).
    pub report: String,
}

/// What the agent picked and wrote so far.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Selection {
    /// The codes in the order they were picked.
    pub codes: Vec<Picked>,
    /// The notes.
    pub notes: String,
}

impl Selection {
    /// Takes what the agent sent: `None` leaves that part as it is.
    ///
    /// # Errors
    /// [`Refused::BadParameter`] with what is wrong: an unknown list or code, two codes of a single-choice list, the
    /// same code twice, too many codes, notes that are too long.
    pub fn with(
        &self,
        rules: &Rules,
        codes: Option<&[(String, String)]>,
        notes: Option<&str>,
    ) -> Result<Self, Refusal> {
        let mut next = self.clone();
        if let Some(codes) = codes {
            next.codes = pick(rules, codes)?;
        }
        if let Some(notes) = notes {
            if notes.len() > NOTES_BYTES_MAX {
                let text = format!("The notes are longer than {NOTES_BYTES_MAX} bytes; shorten them.");
                return Err(Refusal::new(Refused::BadParameter, text).about("notes"));
            }
            notes.clone_into(&mut next.notes);
        }
        Ok(next)
    }

    /// The codes as `$transaction_codes$` writes them: `list:short`, with commas between (semantics 4.3).
    #[must_use]
    pub fn codes_text(&self) -> String {
        self.codes.iter().map(|code| format!("{}:{}", code.list, code.short)).collect::<Vec<_>>().join(",")
    }

    /// The first required list without a code.
    #[must_use]
    pub fn missing<'a>(&self, rules: &'a Rules) -> Option<&'a CodeList> {
        rules.lists.iter().find(|list| {
            list.need == Need::Required && !self.codes.iter().any(|picked| picked.list == list.name)
        })
    }

    /// The refusal that names the first required list without a code (`CODES_REQUIRED`).
    #[must_use]
    pub fn refuse_missing(&self, rules: &Rules) -> Option<Refusal> {
        self.missing(rules).map(|list| {
            let text = format!("Pick a code from \"{}\" before you finish.", list.name);
            Refusal::new(Refused::CodesRequired, text).about("codes")
        })
    }
}

fn pick(rules: &Rules, codes: &[(String, String)]) -> Result<Vec<Picked>, Refusal> {
    let refuse = |text: String| Err(Refusal::new(Refused::BadParameter, text).about("codes"));
    if codes.len() > CODES_MAX {
        return refuse(format!("More than {CODES_MAX} codes; pick fewer."));
    }
    let mut picked: Vec<Picked> = Vec::with_capacity(codes.len());
    for (list_name, short) in codes {
        let Some(list) = rules.lists.iter().find(|list| list.name == *list_name) else {
            return refuse(format!("\"{list_name}\" is no code list of this call."));
        };
        let Some(code) = list.codes.iter().find(|code| code.short == *short) else {
            return refuse(format!("\"{short}\" is no code of the list \"{list_name}\"."));
        };
        let of_list = picked.iter().filter(|other| other.list == list.name);
        match list.choice {
            Choice::Single if of_list.clone().count() > 0 => {
                return refuse(format!("Only one code of \"{list_name}\" can be picked."));
            }
            Choice::Single | Choice::Multiple => {}
        }
        if of_list.clone().any(|other| other.short == code.short) {
            return refuse(format!("\"{short}\" of \"{list_name}\" is picked twice."));
        }
        picked.push(Picked {
            list: list.name.clone(),
            short: code.short.clone(),
            report: code.report.clone(),
        });
    }
    Ok(picked)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tenant::Code;

    fn code(short: &str) -> Code {
        Code { short: short.to_owned(), menu: short.to_owned(), report: format!("{short} report"), key: None }
    }

    fn rules() -> Rules {
        let list = |name: &str, choice, need| CodeList {
            name: name.to_owned(),
            choice,
            need,
            codes: vec![code("SOLD"), code("CB")],
        };
        Rules {
            seconds: 30,
            after_failed: WrapUpAfterFailed::Full,
            lists: vec![
                list("Outcome", Choice::Multiple, Need::Required),
                list("Mood", Choice::Single, Need::Optional),
            ],
        }
    }

    fn pair(list: &str, short: &str) -> (String, String) {
        (list.to_owned(), short.to_owned())
    }

    fn refused(text: &str, parameter: &str) -> Refusal {
        Refusal::new(Refused::BadParameter, text).about(parameter)
    }

    #[test]
    fn codes_keep_the_order_in_which_they_were_picked() {
        let picked = Selection::default()
            .with(
                &rules(),
                Some(&[pair("Mood", "CB"), pair("Outcome", "SOLD"), pair("Outcome", "CB")]),
                Some("hi"),
            )
            .expect("all exist");
        let shorts: Vec<_> =
            picked.codes.iter().map(|code| (code.list.as_str(), code.short.as_str())).collect();
        assert_eq!(shorts, [("Mood", "CB"), ("Outcome", "SOLD"), ("Outcome", "CB")]);
        assert_eq!(picked.notes, "hi");
    }

    #[test]
    fn what_is_not_sent_stays_as_it_was() {
        let first =
            Selection::default().with(&rules(), Some(&[pair("Mood", "CB")]), Some("hi")).expect("fine");
        let second = first.with(&rules(), None, Some("ho")).expect("fine");
        assert_eq!(second.codes, first.codes);
        assert_eq!(second.notes, "ho");
    }

    #[test]
    fn what_cannot_be_picked_is_refused_with_its_reason() {
        let try_codes = |codes: &[(String, String)]| Selection::default().with(&rules(), Some(codes), None);
        assert_eq!(
            try_codes(&[pair("Nope", "CB")]),
            Err(refused("\"Nope\" is no code list of this call.", "codes"))
        );
        assert_eq!(
            try_codes(&[pair("Mood", "X")]),
            Err(refused("\"X\" is no code of the list \"Mood\".", "codes"))
        );
        assert_eq!(
            try_codes(&[pair("Mood", "CB"), pair("Mood", "SOLD")]),
            Err(refused("Only one code of \"Mood\" can be picked.", "codes"))
        );
        assert_eq!(
            try_codes(&[pair("Outcome", "CB"), pair("Outcome", "CB")]),
            Err(refused("\"CB\" of \"Outcome\" is picked twice.", "codes"))
        );
        let long = "x".repeat(NOTES_BYTES_MAX + 1);
        assert_eq!(
            Selection::default().with(&rules(), None, Some(&long)),
            Err(refused("The notes are longer than 4096 bytes; shorten them.", "notes"))
        );
    }

    #[test]
    fn a_required_list_without_a_code_is_named() {
        let refusal = Selection::default().refuse_missing(&rules()).expect("Outcome is required");
        assert_eq!(
            refusal,
            Refusal::new(Refused::CodesRequired, "Pick a code from \"Outcome\" before you finish.")
                .about("codes")
        );
        let picked = Selection::default().with(&rules(), Some(&[pair("Outcome", "CB")]), None).expect("fine");
        assert_eq!(picked.refuse_missing(&rules()), None);
    }
}
