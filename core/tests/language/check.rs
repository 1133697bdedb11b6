//! The link checker (`contract.md`): the same reading as a click, shown whole.

use crate::scene::acme;
use ringbridge_core::check::{self, Checked, Context};
use ringbridge_core::merge_field::Samples;
use ringbridge_core::refusal::Code;
use ringbridge_core::tenant::Tenant;
use ringbridge_core::token::{Token, Values};
use serde_json::json;

fn checked(link: &str) -> Checked {
    check::check(link, Context { values: &Values::new(), merge: &Samples::new(), tenant: None })
}

fn with_tenant(link: &str, tenant: &Tenant) -> Checked {
    check::check(link, Context { values: &Values::new(), merge: &Samples::new(), tenant: Some(tenant) })
}

fn codes(checked: &Checked) -> Vec<&str> {
    checked.warnings.iter().map(|warning| warning.code.as_str()).collect()
}

#[test]
fn the_object_has_the_contracts_fields_and_no_others() {
    let found = checked("phone=hello?&ctl_userdata=[a|$year$]&x=1");
    assert_eq!(
        serde_json::to_value(&found).expect("JSON"),
        json!({
            "number": null,
            "extension": null,
            "params": {"phone": "hello?", "ctl_userdata": "[a|$year$]", "x": "1"},
            "userdata": [["a", "$year$"]],
            "ext": [],
            "tokens": ["year"],
            "rendered": "[a|]",
            "warnings": [{
                "code": "UNKNOWN_PARAMETER",
                "text": "\"x\" is not known and was ignored.",
                "parameter": "x",
                "offset": null
            }],
            "error": {
                "code": "BAD_NUMBER",
                "text": "nothing here can be dialled; give a number such as (650) 292-8880",
                "parameter": "phone",
                "offset": 0
            }
        })
    );
}

#[test]
fn a_full_url_and_its_bare_query_are_the_same() {
    let query = "prefix=1&phone=6502928880&ctl_userdata=[u|https://x/?a=1]";
    let bare = checked(query);
    assert_eq!(bare.number.as_deref(), Some("16502928880"));
    for link in [
        format!("https://na1.example.com/AGUI/make_call.php?{query}"),
        format!("/AGUI/make_call.php?{query}"),
        format!("?{query}"),
        format!("  https://localhost:8443/AGUI/make_call.php? {query}\n"),
    ] {
        assert_eq!(checked(&link), bare, "{link}");
    }
    assert_eq!(checked("https://h/AGUI/make_call.php").error.map(|error| error.code), Some(Code::BadNumber));
    assert_eq!(checked("").error.map(|error| error.code), Some(Code::BadNumber));
}

#[test]
fn what_a_browser_would_not_send_or_the_server_not_take_is_warned_of() {
    let cut = checked("https://h/c?phone=650&ctl_userdata=[a|#1]");
    assert_eq!(codes(&cut), ["FRAGMENT_CUT"]);
    assert_eq!(cut.error.map(|error| error.code), Some(Code::UserdataMalformed));
    assert_eq!(codes(&checked("HTTP://h/c?phone=650")), ["NOT_HTTPS"]);
    assert_eq!(codes(&checked("phone=650&ctl_userdata=[u|x#y]")), ["FRAGMENT_CUT"]);
    let long = format!("phone=650&ctl_userdata={}", "[a|b]".repeat(20_000));
    let long = checked(&long);
    assert_eq!((codes(&long), long.userdata.len(), &long.error), (vec!["URL_TOO_LONG"], 20_000, &None));
}

#[test]
fn a_merge_field_in_phone_is_a_template_and_no_error() {
    for phone in
        ["{!Account.Phone}", "{{contact.phone}}", "${phone}", "%7B!Account.Phone%7D", "+1{!Lead.Phone}"]
    {
        let found = checked(&format!("prefix=1&phone={phone}&ctl_userdata=[a|{{!b}}]"));
        assert_eq!((found.number.as_deref(), &found.error), (None, &None), "{phone}");
        assert_eq!(codes(&found), ["MERGE_FIELD"], "{phone}");
    }
}

#[test]
fn one_slip_hides_no_other_reading() {
    let found = checked("phone=650&queue_id=x&ctl_userdata=[a|b]&extTransactionData=[c");
    assert_eq!(found.error.map(|error| error.parameter), Some(Some("queue_id".to_owned())));
    assert_eq!(found.number.as_deref(), Some("650"));
    assert_eq!(found.rendered.as_deref(), Some("[a|b]"));
    let malformed = checked("phone=650&ctl_userdata=[a");
    assert_eq!((malformed.rendered, malformed.userdata), (None, Vec::new()));
    let without = checked("phone=650");
    assert_eq!(without.rendered.as_deref(), Some(""));
}

#[test]
fn with_a_tenant_its_dial_plan_is_applied_and_explained() {
    let found = with_tenant("phone=6502928880", &acme());
    assert_eq!((found.number.as_deref(), &found.error), (Some("6502928880"), &None));
    assert_eq!(
        serde_json::to_value(&found.dial_plan).expect("JSON"),
        json!({
            "id": 1,
            "steps": [
                {"rule": 1, "match": "^1?900", "result": "no_match", "number": null, "comment": null},
                {"rule": 2, "match": r"^([2-9]\d{9})$", "result": "rewritten", "number": "16502928880", "comment": null}
            ],
            "number": "16502928880"
        })
    );
    let refused = with_tenant("phone=19005551234", &acme());
    assert_eq!(refused.dial_plan.expect("a plan").number, None);
    assert_eq!(
        refused.error.map(|error| (error.code, error.text)),
        Some((Code::DialplanRefused, "Premium numbers are not called from here.".to_owned()))
    );
    let none = Tenant { default_dial_plan: None, ..acme() };
    let plain = with_tenant("phone=650", &none).dial_plan.expect("a result");
    assert_eq!((plain.id, plain.steps, plain.number.as_deref()), (None, Vec::new(), Some("650")));
}

#[test]
fn with_a_tenant_the_names_in_a_link_are_looked_up_even_in_a_template() {
    for phone in ["6502928880", "{!Account.Phone}"] {
        for (parameter, code) in [
            ("callerId=1", Code::CallerIdUnknown),
            ("dialplan_id=9", Code::DialplanUnknown),
            ("queue_id=9", Code::QueueUnknown),
        ] {
            let found = with_tenant(&format!("phone={phone}&{parameter}"), &acme());
            assert_eq!(found.error.map(|error| error.code), Some(code), "{phone} {parameter}");
        }
        let fine =
            with_tenant(&format!("phone={phone}&callerId=5251990&dialplan_id=2&queue_id=101"), &acme());
        assert_eq!(fine.error, None, "{phone}");
    }
    let ext = with_tenant("phone=650&extTransactionData=[extRecordId|1]", &acme());
    assert_eq!(codes(&ext), ["EXT_NOT_LINKED"]);
}

#[test]
fn values_of_tokens_are_read_from_a_json_object() {
    let (values, unknown) =
        check::values_from_json(r#"{"notes": "n", "equal": "x", "note": "y"}"#).expect("values");
    assert_eq!((values.get(Token::Notes), values.get(Token::Equal), values.get(Token::Year)), ("n", "=", ""));
    assert_eq!(unknown, ["note"]);
    assert_eq!(
        check::values_from_json(r#"{"notes": null}"#),
        Err("the value of \"notes\" is no text; write it in quotes".to_owned())
    );
    let error = check::values_from_json("[]").expect_err("no object");
    assert!(error.starts_with("the values are no JSON object of token names and texts: "), "{error}");
}

#[test]
fn the_report_names_everything_and_points_at_every_slip() {
    let found =
        with_tenant("prefix=1&phone=6502928880 x9&ctl_userdata=[a|$notes][ctl_x|\u{1b}[31m]", &acme());
    assert_eq!(
        found.for_people(),
        "number     16502928880\n\
         extension  9 (sent as tones after the answer)\n\
         dial plan  1: dials 16502928880\n\
         \u{20}          rule 1 ^1?900: no match\n\
         \u{20}          rule 2 ^([2-9]\\d{9})$: no match\n\
         userdata   a = $notes\n\
         \u{20}          ctl_x =  [31m\n\
         posted     [a|$notes][ctl_x| [31m]\n\
         warning TOKEN_NOT_CLOSED in ctl_userdata, byte 3: $notes stays as it is: it lacks its closing $. Write $notes$.\n    \
         [a|$notes][ctl_x| [31m]\n    \
         \u{20}  ^\n\
         warning UNKNOWN_SYSTEM_DATA in ctl_userdata, byte 10: \"ctl_x\" is no system data that is known; it is passed on \
         and does nothing. Names of user data should not start with ctl_.\n    \
         [a|$notes][ctl_x| [31m]\n    \
         \u{20}         ^\n"
    );
}
