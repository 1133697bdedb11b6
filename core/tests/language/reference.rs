//! The reference's three examples, exactly as it prints them: line breaks, blanks and slips included.

use crate::scene::{acme, query, warned};
use ringbridge_core::admission::{self, Caller};
use ringbridge_core::check::{self, Checked, Context};
use ringbridge_core::merge_field::Samples;
use ringbridge_core::refusal::Code;
use ringbridge_core::token::Values;

const EXAMPLE_1: &str = include_str!("../reference/example-1.txt");
const EXAMPLE_2: &str = include_str!("../reference/example-2.txt");
const EXAMPLE_3: &str = include_str!("../reference/example-3.txt");

fn query_of(example: &str) -> &str {
    example.split_once('?').expect("a query").1
}

fn checked(example: &str) -> Checked {
    check::check(example, Context { values: &Values::new(), merge: &Samples::new(), tenant: None })
}

fn warnings(checked: &Checked) -> Vec<(&str, Option<&str>, Option<usize>)> {
    checked
        .warnings
        .iter()
        .map(|warning| (warning.code.as_str(), warning.parameter.as_deref(), warning.offset))
        .collect()
}

fn pairs(pairs: &[(String, String)]) -> Vec<(&str, &str)> {
    pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

#[test]
fn example_1_is_a_template_whose_pairs_are_what_it_means() {
    let found = checked(EXAMPLE_1);
    assert_eq!((found.number.as_deref(), &found.error), (None, &None));
    assert_eq!(warnings(&found), [("MERGE_FIELD", Some("phone"), Some(0))]);
    assert_eq!(
        pairs(&found.userdata),
        [
            ("ctl_action", "create"),
            ("subject", "outbound call log ($transaction_id$)"),
            ("Transactionid__c", "$interaction_guid$"),
            ("ObjectType", "Task"),
            ("WhatId", "{!Account.Id}"),
            ("status", "completed"),
            (
                "Description",
                "My Own Description\ncall answered at$equal$ $call_answered_time$\ncall hangup at: \
                 $call_hangup_time$\nTransaction Codes $equal$ $transaction_codes$"
            ),
            ("ctl_parentid", "{!Account.Id}"),
            ("ctl_launchopt", "true"),
            ("ctl_launchext", "edit"),
            ("ctl_intType", "sfdc"),
            ("ActivityDate", "$year$-$month$-$date$"),
        ]
    );
    assert_eq!(
        found.tokens,
        [
            "transaction_id",
            "interaction_guid",
            "equal",
            "call_answered_time",
            "call_hangup_time",
            "transaction_codes",
            "year",
            "month",
            "date"
        ]
    );
}

#[test]
fn example_1_with_its_merge_fields_filled_places_a_call() {
    let filled = query_of(EXAMPLE_1)
        .replace("{!Account.Phone}", "(650)%20292-8880")
        .replace("{!Account.Id}", "001A0000006Vm9r");
    let link = query(&filled).expect("it is read");
    assert_eq!(warned(&link), []);
    assert_eq!(link.prefix, None);
    assert_eq!(link.userdata.system("ctl_parentid"), Some("001A0000006Vm9r"));
    let admitted = admission::route(&acme(), Caller::Anyone, &link).expect("it is admitted");
    assert_eq!(admitted.dialled.expose(), "16502928880");
    assert_eq!(admitted.caller_id.expose(), "5251990");
}

#[test]
fn example_1_unfilled_is_refused_at_the_click_and_the_sentence_blames_the_crm() {
    let refusal = query(query_of(EXAMPLE_1)).expect_err("a refusal");
    assert_eq!(refusal.code, Code::BadNumber);
    assert_eq!(refusal.parameter.as_deref(), Some("phone"));
    assert_eq!(refusal.offset, Some(0));
    assert_eq!(
        refusal.text,
        "phone still holds a merge field: the CRM did not fill it in; check the field's name in the link"
    );
}

#[test]
fn example_2_places_a_call_and_its_token_without_end_is_found_with_a_caret() {
    let link = query(query_of(EXAMPLE_2)).expect("it is read");
    assert_eq!(link.phone.digits.expose(), "16502022222");
    assert_eq!(warned(&link), [("TOKEN_NOT_CLOSED", Some("ctl_userdata"), Some(68))]);
    let found = checked(EXAMPLE_2);
    assert_eq!((found.number.as_deref(), &found.error), (Some("16502022222"), &None));
    assert_eq!(warnings(&found), [("TOKEN_NOT_CLOSED", Some("ctl_userdata"), Some(68))]);
    assert_eq!(
        pairs(&found.userdata),
        [
            ("foreign_key", "12345678"),
            ("Transactionid", "$interaction_guid$"),
            ("start_time", "$call_answered_time"),
            ("end_time", "$call_hangup_time$"),
            ("transaction_codes", "$transaction_codes$"),
            ("ctl_launchopt", "true"),
            ("customer_id", "123456567"),
        ]
    );
    let report = found.for_people();
    let lines: Vec<&str> = report.lines().collect();
    let at = lines.iter().position(|line| line.starts_with("warning")).expect("a warning");
    assert_eq!(
        lines[at],
        "warning TOKEN_NOT_CLOSED in ctl_userdata, byte 68: $call_answered_time stays as it is: it lacks its closing \
         $. Write $call_answered_time$."
    );
    let caret = lines[at + 2].chars().position(|char| char == '^').expect("a caret");
    let under: String = lines[at + 1].chars().skip(caret).take(20).collect();
    assert_eq!(under, "$call_answered_time]");
}

#[test]
fn example_3_places_a_call_and_its_slips_are_found() {
    let link = query(query_of(EXAMPLE_3)).expect("it is read");
    assert_eq!(link.phone.digits.expose(), "5355566234");
    assert_eq!(
        link.userdata.system("ctl_callbackUrl"),
        Some("http://www.mycompany.com/clicktodial/callback?transaction=$transaction_id$")
    );
    let found = checked(EXAMPLE_3);
    assert_eq!((found.number.as_deref(), &found.error), (Some("5355566234"), &None));
    assert_eq!(
        warnings(&found),
        [
            ("TOKEN_NOT_CLOSED", Some("ctl_userdata"), Some(68)),
            ("CALLBACK_NOT_ENCRYPTED", Some("ctl_userdata"), Some(173)),
        ]
    );
}

#[test]
fn what_a_browser_makes_of_the_examples_is_read_as_the_same() {
    for example in [EXAMPLE_2, EXAMPLE_3] {
        // WHATWG: line breaks go, blanks become %20; brackets, bars, braces and dollars stay or are encoded, by browser.
        let sent = query_of(example).replace('\n', "").replace(' ', "%20");
        let encoded = sent.replace('[', "%5B").replace(']', "%5D").replace('|', "%7C").replace('$', "%24");
        let (printed, sent, encoded) = (query(query_of(example)), query(&sent), query(&encoded));
        assert_eq!(printed, sent);
        assert_eq!(printed, encoded);
        assert!(printed.is_ok());
    }
}

#[test]
fn a_pasted_example_with_dos_line_breaks_and_indents_means_the_same() {
    let pasted = EXAMPLE_3.replace('\n', "\r\n\t");
    assert_eq!(query(query_of(&pasted)), query(query_of(EXAMPLE_3)));
}
