//! `[[tenant.dial_plan]]` and its rules (semantics 1.8).
//!
//! Promises: every pattern compiles, every rewrite names groups that exist, every trunk is configured. Leaves to others:
//! applying the rules (`core::dial_plan`).

use super::{Reader, words};
use crate::document::{At, Section};
use ringbridge_core::dial_plan;
use ringbridge_core::id::DialPlanId;
use ringbridge_core::tenant::{DialPlan, DialPlanAction, DialPlanRule};

/// The largest id that a link may name: twelve digits are more than anyone types.
pub(super) const ID_MAX: i64 = 999_999_999_999;

pub(super) fn read(section: &Section<'_>, reader: &Reader<'_>) -> Vec<At<DialPlan>> {
    let mut plans = Vec::new();
    for plan in section.sections("dial_plan") {
        let id = plan.whole("id", 0..=ID_MAX);
        if !plan.has("id") {
            plan.missing("id", "");
        }
        let name = plan.parsed("name", words::name).map(|at| at.value).unwrap_or_default();
        let rules = plan.sections("rule").iter().filter_map(|section| rule(section, reader)).collect();
        plans.extend(id.map(|at| at.map(|id| DialPlan { id: DialPlanId(id), name, rules })));
    }
    let ids: Vec<_> = plans.iter().map(|at| at.clone().map(|plan| plan.id)).collect();
    reader.unique(&ids, |id| format!("the dial plan {id} stands there twice"));
    plans
}

fn rule(section: &Section<'_>, reader: &Reader<'_>) -> Option<DialPlanRule> {
    let rewrite = section.text("rewrite");
    let refuse = section.text("refuse");
    let trunk = section.filled("trunk").map(|at| at.map(str::to_owned));
    let comment = section.filled("comment").map(|at| at.value.to_owned());
    let pattern = section.required("match")?;
    if let Some(trunk) = &trunk {
        reader.known(std::slice::from_ref(trunk), reader.trunks, |name| {
            format!("there is no trunk \"{name}\" in the server's configuration ([sip.trunk.{name}])")
        });
    }
    let (action, place) = match (rewrite, refuse) {
        (Some(rewrite), None) => (DialPlanAction::Rewrite(rewrite.value.to_owned()), Some(rewrite.place)),
        (None, Some(refuse)) if refuse.value.trim().is_empty() => {
            reader.refuse(&refuse, "\"refuse\" must be a sentence for the agent");
            return None;
        }
        (None, Some(refuse)) => (DialPlanAction::Refuse(refuse.value.to_owned()), None),
        (None, None) => (DialPlanAction::Pass, None),
        (Some(_), Some(refuse)) => {
            reader.refuse(&refuse, "a rule either rewrites or refuses; take one of the two out");
            return None;
        }
    };
    let rule = DialPlanRule {
        pattern: pattern.value.to_owned(),
        action: DialPlanAction::Pass,
        trunk: trunk.map(|at| at.value),
        comment,
    };
    if let Err(sentence) = dial_plan::check_rule(&rule) {
        reader.refuse(&pattern, sentence);
        return None;
    }
    let rule = DialPlanRule { action, ..rule };
    if let (Some(place), Err(sentence)) = (place, dial_plan::check_rule(&rule)) {
        reader.refuse(&At { value: (), place }, sentence);
        return None;
    }
    Some(rule)
}
