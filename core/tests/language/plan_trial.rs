//! A dial plan tried out on a number, as the Configuration Manager's test box does it (semantics 1.4, 1.5, 1.8).

use crate::scene::{acme, digits};
use ringbridge_core::check::{self, Trial};
use ringbridge_core::dial_plan::{Outcome, StepResult};
use ringbridge_core::refusal::Code;
use ringbridge_core::tenant::Tenant;

fn tried(tenant: &Tenant, prefix: &str, phone: &str) -> Trial {
    let plan = tenant.dial_plans.first().expect("plan 1");
    check::try_plan(tenant, plan, prefix, phone).expect("a number")
}

#[test]
fn a_number_is_read_as_a_click_reads_it_and_each_rule_says_what_it_did() {
    let acme = acme();
    let trial = tried(&acme, "", "(650) 292-8880 x12");
    assert_eq!((trial.phone.digits, trial.phone.extension.as_deref()), (digits("6502928880"), Some("12")));
    let steps: Vec<_> =
        trial.explained.steps.into_iter().map(|step| (step.rule, step.result, step.number)).collect();
    assert_eq!(
        steps,
        [(1, StepResult::NoMatch, None), (2, StepResult::Rewritten, Some(digits("16502928880")))]
    );
    assert_eq!(trial.explained.outcome, Outcome::Dial(digits("16502928880")));
    assert_eq!(trial.explained.trunk.as_deref(), Some("main"));
    assert_eq!((trial.country.as_deref(), trial.forbidden), (Some("US"), None));
    assert_eq!(tried(&acme, "1", "6502928880").phone.digits, digits("16502928880"));
}

#[test]
fn a_rule_that_refuses_and_a_country_that_is_not_allowed_are_told_apart() {
    let mut acme = acme();
    let refused = tried(&acme, "", "9005551234");
    let sentence = "Premium numbers are not called from here.".to_owned();
    assert_eq!((refused.explained.outcome, refused.country), (Outcome::Refused(sentence), None));

    acme.allowed_countries = vec!["US".to_owned()];
    let abroad = tried(&acme, "", "+44 20 7946 0958");
    assert_eq!(abroad.explained.outcome, Outcome::Dial(digits("442079460958")));
    assert_eq!(abroad.country.as_deref(), Some("GB"));
    assert_eq!(abroad.forbidden.map(|refusal| refusal.code), Some(Code::NumberNotAllowed));
    assert_eq!(tried(&acme, "", "6502928880").forbidden, None);
}

#[test]
fn what_cannot_be_read_is_refused_with_its_place() {
    let acme = acme();
    let plan = acme.dial_plans.first().expect("plan 1");
    let refused = |prefix: &str, phone: &str| {
        let refusal = check::try_plan(&acme, plan, prefix, phone).expect_err("a refusal");
        (refusal.code, refusal.parameter, refusal.offset)
    };
    assert_eq!(refused("", "hello?"), (Code::BadNumber, Some("phone".to_owned()), Some(0)));
    assert_eq!(refused("1a", "6502928880"), (Code::BadParameter, Some("prefix".to_owned()), Some(1)));
}
