//! How links are written (`link::compose`), samples in place of merge fields, and the parts that slips mark.

use proptest::prelude::*;
use ringbridge_core::check::{self, Checked, Context, Sample};
use ringbridge_core::link::{Draft, Unwritable};
use ringbridge_core::merge_field::{Samples, Spelling};
use ringbridge_core::token::Values;

const ADDRESS: &str = "https://dial.example.com/AGUI/make_call.php";

fn checked(link: &str, samples: &Samples) -> Checked {
    check::check(link, Context { values: &Values::new(), merge: samples, tenant: None })
}

fn rows(rows: &[(&str, &str)]) -> Vec<(String, String)> {
    rows.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn samples(list: &[(&str, &str)]) -> Samples {
    rows(list).into_iter().collect()
}

/// The reference's Example 1 in short.
fn task() -> Draft {
    Draft {
        parameters: rows(&[("prefix", ""), ("phone", "{!Account.Phone}"), ("callerId", "5251990")]),
        userdata: rows(&[("subject", "R&D <call> at 100% + \"$hours$\""), ("WhatId", "{!Account.Id}")]),
        ext: rows(&[("extRecordId", "{!Account.Id}")]),
        spelling: Some(Spelling::Salesforce),
    }
}

#[test]
fn a_link_is_encoded_but_for_its_merge_fields_and_what_may_stand() {
    let composed = task().compose().expect("it can be written");
    assert_eq!(
        composed.url(ADDRESS),
        "https://dial.example.com/AGUI/make_call.php?phone={!Account.Phone}&callerId=5251990&ctl_userdata=\
         %5Bsubject%7CR%26D%20%3Ccall%3E%20at%20100%25%20%2B%20%22$hours$%22%5D%5BWhatId%7C{!Account.Id}%5D\
         &extTransactionData=%5BextRecordId%7C{!Account.Id}%5D"
    );
    assert_eq!(
        checked(&composed.url(ADDRESS), &Samples::new()).draft,
        Draft { parameters: rows(&[("phone", "{!Account.Phone}"), ("callerId", "5251990")]), ..task() }
    );
}

#[test]
fn fields_of_another_spelling_are_plain_text() {
    let draft = Draft {
        parameters: rows(&[("phone", "{!A.b}"), ("request_id", "{{c}}${d}")]),
        spelling: Some(Spelling::Braces),
        ..Draft::default()
    };
    assert_eq!(draft.compose().expect("written").query(), "phone=%7B!A.b%7D&request_id={{c}}$%7Bd%7D");
    let plain = Draft { spelling: None, ..draft };
    assert_eq!(
        plain.compose().expect("written").query(),
        "phone=%7B!A.b%7D&request_id=%7B%7Bc%7D%7D$%7Bd%7D"
    );
}

#[test]
fn an_anchor_is_escaped_for_html_but_not_in_its_merge_fields() {
    let draft = Draft {
        parameters: rows(&[("prefix", "1"), ("phone", "{{ phone | default(\"0\") }}")]),
        spelling: Some(Spelling::Braces),
        ..Draft::default()
    };
    assert_eq!(
        draft.compose().expect("written").anchor(ADDRESS, "Call <{{ name }}> & \"co\""),
        "<a href=\"https://dial.example.com/AGUI/make_call.php?prefix=1&amp;phone={{ phone | default(\"0\") }}\" \
         target=\"_blank\" rel=\"noopener\">Call &lt;{{ name }}&gt; &amp; &quot;co&quot;</a>"
    );
}

#[test]
fn what_no_link_can_hold_is_refused_with_its_row() {
    let draft = Draft {
        parameters: rows(&[("phone", "1"), ("prefix", "{!IF(a && b, 1, 2)}")]),
        userdata: rows(&[("a", "x"), ("b", "x][c|y")]),
        ext: rows(&[("a|b", "x")]),
        spelling: Some(Spelling::Salesforce),
    };
    let at: Vec<_> = draft
        .compose()
        .expect_err("refused")
        .into_iter()
        .map(|Unwritable { list, row, .. }| (list, row))
        .collect();
    assert_eq!(at, [("parameters", 1), ("userdata", 1), ("ext", 0)]);
    let nameless = Draft { userdata: rows(&[("a", "x"), (" ", "y")]), ..Draft::default() };
    let refused = nameless.compose().expect_err("refused");
    assert_eq!(refused, [Unwritable { list: "userdata", row: 1, text: "A pair needs a name.".to_owned() }]);
}

#[test]
fn samples_stand_in_the_answer_where_it_says() {
    let account = samples(&[("Account.Phone", "(650) 292-8880"), ("Account.Name", "Röhm [x")]);
    let link = "prefix=1&phone={!URLENCODE(Account.Phone)}&ctl_userdata=[a|{!Account.Name}][b|{!Account.Id}]";
    let found = checked(link, &account);
    assert_eq!((found.number.as_deref(), &found.error), (Some("16502928880"), &None));
    assert_eq!(found.rendered.as_deref(), Some("[a|Röhm [x][b|{!Account.Id}]"));
    let sample = |parameter: &str, offset, length, field: &str| Sample {
        parameter: parameter.to_owned(),
        offset,
        length,
        field: field.to_owned(),
    };
    assert_eq!(
        found.filled,
        [
            sample("phone", 0, 14, "{!URLENCODE(Account.Phone)}"),
            sample("ctl_userdata", 3, 8, "{!Account.Name}"),
        ]
    );
    assert_eq!(found.draft.userdata, rows(&[("a", "{!Account.Name}"), ("b", "{!Account.Id}")]));
    // A sample can break a link as the CRM's own value would, and the place is that in what is shown.
    let breaks = checked("phone=1&phone={{p}}&ctl_userdata=x{{n}}", &samples(&[("p", "no"), ("n", "y")]));
    let error = breaks.error.expect("a refusal");
    assert_eq!((error.parameter.as_deref(), error.offset), (Some("phone"), Some(0)));
    assert_eq!(breaks.filled, [sample("phone", 0, 2, "{{p}}"), sample("ctl_userdata", 1, 1, "{{n}}")]);
}

#[test]
fn what_breaks_the_grammar_of_pairs_stays_in_a_draft_as_it_is() {
    let draft = checked("phone=1&x=y&exTransactionData=[a|b]&ctl_userdata=[a|b", &Samples::new()).draft;
    assert_eq!(draft.parameters, rows(&[("phone", "1"), ("x", "y"), ("ctl_userdata", "[a|b")]));
    assert_eq!((draft.userdata, draft.ext), (vec![], rows(&[("a", "b")])));
}

/// Values made of what matters to the languages that meet in a link.
fn value() -> impl Strategy<Value = String> {
    let pieces = [
        "[", "]", "|", "][a|", "{!A.b}", "{{c}}", "${d}", "{!", "}", "$", "$notes$", "&", "&amp;", "#", "%",
        "%41", "+", "\"", "'", "<", ">", "=", "?", " ", "\n", "\t", "ä", "650",
    ];
    let piece = prop_oneof![4 => proptest::sample::select(pieces.to_vec()).prop_map(str::to_owned), 1 => any::<char>().prop_map(String::from)];
    proptest::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

fn draft() -> impl Strategy<Value = Draft> {
    let names = ["prefix", "phone", "callerId", "dialplan_id", "queue_id", "request_id", "other&name"];
    let parameters = proptest::collection::vec(value(), names.len())
        .prop_map(move |values| names.iter().map(|name| (*name).to_owned()).zip(values).collect::<Vec<_>>());
    let pairs = || proptest::collection::vec(("[a-zA-Z_$ {}!]{1,6}", value()), 0..4);
    let spelling = proptest::sample::select(vec![
        None,
        Some(Spelling::Salesforce),
        Some(Spelling::Braces),
        Some(Spelling::Dollar),
    ]);
    (parameters, pairs(), pairs(), spelling).prop_map(|(parameters, userdata, ext, spelling)| Draft {
        parameters,
        userdata,
        ext,
        spelling,
    })
}

fn unescaped(html: &str) -> String {
    html.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_composed_reads_back_as_it_was(draft in draft()) {
        // Readers refuse NUL bytes before they take a link apart.
        let values = draft.parameters.iter().chain(&draft.userdata).chain(&draft.ext);
        prop_assume!(!values.clone().any(|(_, value)| value.contains('\0')));
        let Ok(composed) = draft.compose() else { return Ok(()) };
        let read = checked(&composed.url(ADDRESS), &Samples::new()).draft;
        let given: Vec<_> = draft.parameters.iter().filter(|(_, value)| !value.is_empty()).cloned().collect();
        let trimmed = |pairs: &[(String, String)]| -> Vec<(String, String)> {
            pairs.iter().map(|(name, value)| (name.trim().to_owned(), value.clone())).collect()
        };
        prop_assert_eq!(&read.parameters, &given);
        prop_assert_eq!(&read.userdata, &trimmed(&draft.userdata));
        prop_assert_eq!(&read.ext, &trimmed(&draft.ext));
        // As HTML it is the same link once a browser has read it, where no merge field holds what a browser would read.
        let anchor = composed.anchor(ADDRESS, "");
        let href = anchor.split("href=\"").nth(1).and_then(|rest| rest.split("\" target").next()).unwrap_or("");
        if !values.clone().any(|(_, value)| value.contains("&")) {
            prop_assert_eq!(unescaped(href), composed.url(ADDRESS));
        }
    }
}
