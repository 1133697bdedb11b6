//! The parameters of a click (semantics 1.2, 1.3, 1.6, 1.12, 3.2; `security.md` decisions 4 and 8).

use crate::scene::{digits, post, query, read, refused, warned};
use ringbridge_core::id::{DialPlanId, QueueId};
use ringbridge_core::link::{self, Link, MAX_PAIR_VALUE, MAX_URL, Parameter, Source};
use ringbridge_core::phone::{Dialled, Form};
use ringbridge_core::refusal::{Code, Refusal, Warning};
use ringbridge_core::userdata::Userdata;

fn about(code: Code, parameter: &str, offset: usize) -> (Code, Option<String>, Option<usize>) {
    (code, Some(parameter.to_owned()), Some(offset))
}

fn decoded(raw: &[u8]) -> Vec<(String, Vec<u8>)> {
    link::decode_query(raw).into_iter().map(|parameter| (parameter.name, parameter.value)).collect()
}

#[test]
fn a_link_with_all_eight_parameters_is_read_whole() {
    let found = query(
        "prefix=1&phone=(650)%20292-8880%20x7&callerId=5251990&dialplan_id=2&queue_id=101&\
         ctl_userdata=[a|b]&extTransactionData=[extRecordId|1][extRecordType|Account]&request_id=r-1",
    );
    assert_eq!(
        found,
        Ok(Link {
            prefix: Some("1".to_owned()),
            phone: Dialled {
                digits: digits("16502928880"),
                extension: Some("7".to_owned()),
                form: Form::AsDialled
            },
            caller_id: Some(digits("5251990")),
            dial_plan: Some(DialPlanId(2)),
            queue: Some(QueueId(101)),
            userdata: Userdata::parse("[a|b]").expect("pairs"),
            ext: Userdata::parse("[extRecordId|1][extRecordType|Account]").expect("pairs"),
            request_id: Some("r-1".to_owned()),
            warnings: Vec::new(),
        })
    );
}

#[test]
fn a_link_reads_back_from_what_is_stored() {
    let link = read("phone=6502928880&ctl_userdata=[a|$x$]&queue_id=101");
    let stored = serde_json::to_string(&link).expect("JSON");
    assert_eq!(serde_json::from_str::<Link>(&stored).expect("a link"), link);
}

#[test]
fn rule_1_2_the_last_of_a_name_wins_with_a_warning() {
    let link = read("phone=111&phone=222&ctl_userdata=[a|1]&ctl_userdata=[a|2]");
    assert_eq!(link.phone.digits, digits("222"));
    assert_eq!(link.userdata.text(), "[a|2]");
    assert_eq!(
        warned(&link),
        [("DUPLICATE_PARAMETER", Some("phone"), None), ("DUPLICATE_PARAMETER", Some("ctl_userdata"), None)]
    );
    assert_eq!(link.warnings[0].text, "phone is given more than once; the last one counts.");
}

#[test]
fn rule_1_2_the_body_beats_the_query() {
    let link =
        post("phone=111&ctl_userdata=[a|q]", "ctl_userdata=[a|b]&extTransactionData=[x|y]").expect("a link");
    assert_eq!((link.userdata.text(), link.ext.text()), ("[a|b]", "[x|y]"));
    assert_eq!(warned(&link), [("DUPLICATE_PARAMETER", Some("ctl_userdata"), None)]);
    // The order in which they come does not matter.
    let mut parameters = link::decode_body(b"ctl_userdata=[a|b]");
    parameters.extend(link::decode_query(b"phone=111&ctl_userdata=[a|q]"));
    assert_eq!(link::parse(parameters).expect("a link").userdata.text(), "[a|b]");
}

#[test]
fn rule_1_2_the_five_numbers_count_only_in_the_query() {
    let link = post("phone=111", "prefix=9&callerId=1&queue_id=x").expect("a link");
    assert_eq!((link.prefix.as_ref(), link.caller_id.as_ref(), link.queue), (None, None, None));
    assert_eq!(
        warned(&link),
        [
            ("BODY_PARAMETER_IGNORED", Some("prefix"), None),
            ("BODY_PARAMETER_IGNORED", Some("callerId"), None),
            ("BODY_PARAMETER_IGNORED", Some("queue_id"), None)
        ]
    );
    assert_eq!(
        post("", "phone=111"),
        Err(Refusal::new(
            Code::BadNumber,
            "phone stands in the body; it counts only in the URL: make_call.php?phone=…"
        )
        .about("phone"))
    );
}

#[test]
fn rule_1_2_a_part_of_a_multipart_form_counts_as_body() {
    let mut parameters = link::decode_query(b"phone=111");
    parameters.push(Parameter::of_part(" ctl_userdata", "[a|100% + é]".as_bytes()));
    let link = link::parse(parameters).expect("a link");
    assert_eq!(link.userdata.text(), "[a|100% + é]");
}

#[test]
fn rule_1_2_the_references_own_misspelling_is_taken_with_a_warning() {
    let link = read("phone=111&exTransactionData=[extRecordId|7]");
    assert_eq!(link.ext.text(), "[extRecordId|7]");
    assert_eq!(
        link.warnings,
        [Warning::about(
            "exTransactionData",
            "MISSPELT_PARAMETER",
            "exTransactionData was taken as extTransactionData; write extTransactionData."
        )]
    );
    let both = read("phone=111&exTransactionData=[a|1]&extTransactionData=[a|2]");
    assert_eq!(both.ext.text(), "[a|2]");
    assert_eq!(
        warned(&both),
        [
            ("MISSPELT_PARAMETER", Some("exTransactionData"), None),
            ("DUPLICATE_PARAMETER", Some("extTransactionData"), None)
        ]
    );
}

#[test]
fn rule_1_2_unknown_parameters_are_ignored_with_a_warning_that_helps() {
    let texts = |query: &str| {
        let link = read(query);
        assert_eq!(link.phone.digits, digits("111"));
        assert!(link.warnings.iter().all(|warning| warning.code == "UNKNOWN_PARAMETER"));
        link.warnings.into_iter().map(|warning| warning.text).collect::<Vec<_>>()
    };
    assert_eq!(texts("phone=111&utm_source=crm"), ["\"utm_source\" is not known and was ignored."]);
    assert_eq!(texts("phone=111&callerid=1"), ["callerid is not known and was ignored; write callerId."]);
    assert_eq!(
        texts("phone=111&amp;queue_id=7"),
        ["amp;queue_id is not known and was ignored; write &queue_id= instead of &amp;queue_id=."]
    );
    assert_eq!(texts("phone=111&x=%FF"), ["\"x\" is not known and was ignored."]);
    assert_eq!(texts("phone=111&&=&"), ["\"\" is not known and was ignored."][..0]);
}

#[test]
fn rule_1_3_bytes_that_are_no_utf_8_are_refused_with_parameter_and_place() {
    for name in ["phone", "callerId", "queue_id", "ctl_userdata", "extTransactionData", "prefix"] {
        let text = format!("phone=111&{name}=12%FF");
        assert_eq!(refused(query(&text)), about(Code::BadParameter, name, 2), "{name}");
    }
    assert_eq!(
        query("phone=111&ctl_userdata=[a|%E9t%E9]"),
        Err(Refusal::new(Code::BadParameter, "ctl_userdata is not UTF-8; percent-encode its text as UTF-8")
            .about("ctl_userdata")
            .at(3))
    );
    // The last one counts, so bytes before it do no harm.
    assert!(query("phone=%FF&phone=111").is_ok());
}

#[test]
fn a_nul_byte_is_refused() {
    assert_eq!(
        query("phone=111&ctl_userdata=[a|%00]"),
        Err(Refusal::new(Code::BadParameter, "ctl_userdata holds a NUL byte; take it out")
            .about("ctl_userdata")
            .at(3))
    );
}

#[test]
fn rule_1_3_raw_brackets_bars_braces_dollars_blanks_and_line_breaks_work() {
    let link = read(" prefix=1&\r\n\tphone=650 292\n 8880&ctl_userdata=[a b|{c} $d]\n[e|\tf]");
    assert_eq!(link.phone.digits, digits("16502928880"));
    assert_eq!(link.userdata.text(), "[a b|{c} $d][e|f]");
    assert_eq!(warned(&link), []);
}

#[test]
fn decoding_knows_plus_percent_and_nothing_else() {
    let owned = |name: &str, value: &[u8]| (name.to_owned(), value.to_vec());
    assert_eq!(
        decoded(b"a=1+2%2B%2b&b=%zz%4&c&=d&%20e%20=f=g&&h=%0A\n%"),
        [
            owned("a", b"1 2++"),
            owned("b", b"%zz%4"),
            owned("c", b""),
            owned("", b"d"),
            owned("e", b"f=g"),
            owned("h", b"\n%"),
        ]
    );
    assert_eq!(decoded(b""), []);
    assert_eq!(decoded(b"%4\n1=x"), [owned("A", b"x")]);
}

#[test]
fn rule_1_4_a_plus_in_front_of_the_phone_stays_a_plus() {
    for text in ["phone=+6502928880", "phone=%2B6502928880", "phone= +6502928880", " phone=+6502928880"] {
        let link = read(&format!("prefix=1&{text}"));
        assert_eq!(link.phone.digits, digits("6502928880"), "{text}");
        assert_eq!(link.phone.form, Form::International, "{text}");
        assert_eq!(warned(&link), [("PREFIX_NOT_APPLIED", Some("prefix"), None)], "{text}");
    }
    assert_eq!(read("prefix=1&phone=650+292+8880").phone.digits, digits("16502928880"));
    assert_eq!(refused(query("phone=111&callerId=+1")), about(Code::BadParameter, "callerId", 0));
}

#[test]
fn rule_1_6_four_parameters_take_digits_only_and_empty_means_absent() {
    for name in ["prefix", "callerId", "dialplan_id", "queue_id"] {
        assert_eq!(
            query(&format!("phone=111&{name}=12a")),
            Err(Refusal::new(Code::BadParameter, format!("{name} may hold digits 0 to 9 only, or nothing"))
                .about(name)
                .at(2)),
            "{name}"
        );
        for wrong in ["-1", "%EF%BC%91", "1.0", "%20", "0x1", "1%2C2", "+1"] {
            let refusal = query(&format!("phone=111&{name}={wrong}")).expect_err("a refusal");
            assert_eq!(
                (refusal.code, refusal.parameter.as_deref()),
                (Code::BadParameter, Some(name)),
                "{wrong}"
            );
        }
        let absent = read(&format!("phone=111&{name}="));
        assert_eq!(absent, read("phone=111"), "{name}");
    }
    assert_eq!(read("phone=111&queue_id=0101").queue, Some(QueueId(101)));
}

#[test]
fn an_id_or_number_too_long_to_exist_is_unknown() {
    let long = "9".repeat(40);
    assert_eq!(
        query(&format!("phone=111&dialplan_id={long}")),
        Err(Refusal::new(Code::DialplanUnknown, format!("there is no dial plan {long}")).about("dialplan_id"))
    );
    assert_eq!(
        query(&format!("phone=111&queue_id={long}")),
        Err(Refusal::new(Code::QueueUnknown, format!("there is no queue {long}")).about("queue_id"))
    );
    assert_eq!(
        query(&format!("phone=111&callerId={long}")),
        Err(Refusal::new(Code::CallerIdUnknown, "callerId is none of this tenant's phone channels")
            .about("callerId"))
    );
    assert_eq!(refused(query(&format!("phone=111&prefix={long}"))), about(Code::BadNumber, "phone", 0));
}

#[test]
fn rule_1_4_a_missing_phone_is_refused() {
    let missing =
        Refusal::new(Code::BadNumber, "phone is missing; give the number to call: make_call.php?phone=…")
            .about("phone");
    assert_eq!(query(""), Err(missing.clone()));
    assert_eq!(query("prefix=1"), Err(missing));
    assert_eq!(refused(query("phone=")), about(Code::BadNumber, "phone", 0));
}

#[test]
fn rule_3_2_malformed_pairs_are_refused_with_parameter_and_place() {
    for name in ["ctl_userdata", "extTransactionData"] {
        assert_eq!(
            query(&format!("phone=111&{name}=[a|b]%20x")),
            Err(Refusal::new(
                Code::UserdataMalformed,
                "this pair is not closed; end it with ], followed by the end or by another [name|value]"
            )
            .about(name)
            .at(0)),
            "{name}"
        );
    }
    assert_eq!(
        refused(query("phone=111&ctl_userdata=[%C3%BC|b] [c|d")),
        about(Code::UserdataMalformed, "ctl_userdata", 7)
    );
}

#[test]
fn a_value_cut_by_a_raw_ampersand_is_explained() {
    let refusal =
        query("phone=111&ctl_userdata=[ctl_callbackUrl|https://h/?a=1&b=2]").expect_err("a refusal");
    assert_eq!(
        refusal,
        Refusal::new(
            Code::UserdataMalformed,
            "this pair is not closed; end it with ], followed by the end or by another [name|value]. An & inside a \
             value must be written as %26"
        )
        .about("ctl_userdata")
        .at(0)
    );
}

#[test]
fn a_merge_field_that_the_crm_did_not_fill_is_warned_of_in_the_data() {
    let link = read("phone=111&ctl_userdata=[WhatId|{!Account.Id}]&extTransactionData=[extRecordId|{{id}}]");
    assert_eq!(
        warned(&link),
        [
            ("MERGE_FIELD", Some("ctl_userdata"), Some(8)),
            ("MERGE_FIELD", Some("extTransactionData"), Some(13))
        ]
    );
}

#[test]
fn rule_4_1_a_token_without_its_end_is_warned_of_at_its_place() {
    let link = read("phone=111&ctl_userdata=[a|b][start|at $call_answered_time][c|$Notes$ $nope$]");
    let texts: Vec<_> = link.warnings.iter().map(|warning| warning.text.as_str()).collect();
    assert_eq!(
        texts,
        [
            "$call_answered_time stays as it is: it lacks its closing $. Write $call_answered_time$.",
            "$Notes$ stays as it is: tokens are case-sensitive. Write $notes$.",
            "$nope$ stays as it is: there is no such token.",
        ]
    );
    assert_eq!(
        warned(&link),
        [
            ("TOKEN_NOT_CLOSED", Some("ctl_userdata"), Some(15)),
            ("TOKEN_UNKNOWN", Some("ctl_userdata"), Some(38)),
            ("TOKEN_UNKNOWN", Some("ctl_userdata"), Some(46)),
        ]
    );
}

#[test]
fn decision_4_every_limit_is_named_where_it_is_passed() {
    let name = "n".repeat(129);
    assert_eq!(
        query(&format!("phone=111&ctl_userdata=[a|b][{name}|x]")),
        Err(Refusal::new(Code::TooLarge, "a name may have at most 128 bytes, this one has 129")
            .about("ctl_userdata")
            .at(5))
    );
    assert!(query(&format!("phone=111&ctl_userdata=[{}|x]", "n".repeat(128))).is_ok());

    let value = "v".repeat(MAX_PAIR_VALUE + 1);
    assert_eq!(
        post("phone=111", &format!("ctl_userdata=[a|{value}]")),
        Err(Refusal::new(Code::TooLarge, "a value may have at most 65536 bytes, this one has 65537")
            .about("ctl_userdata")
            .at(0))
    );
    assert!(post("phone=111", &format!("ctl_userdata=[a|{}]", &value[1..])).is_ok());

    let long = format!("phone=111&x={}", "y".repeat(MAX_URL));
    assert_eq!(
        query(&long),
        Err(Refusal::new(
            Code::TooLarge,
            "a URL may have at most 65536 bytes; send ctl_userdata in the body of a POST"
        ))
    );
    let body = format!("ctl_userdata={}", "[a|b]".repeat(1 << 18));
    assert_eq!(
        post("phone=111", &body),
        Err(Refusal::new(Code::TooLarge, "a body may have at most 1048576 bytes"))
    );
    assert_eq!(
        query(&format!("phone=111{}", "&a=b".repeat(1000))),
        Err(Refusal::new(Code::TooLarge, "a link may have at most 1000 parameters"))
    );
    assert_eq!(
        post("phone=111", &format!("ctl_userdata=[a|{}]", "$notes$".repeat(300))),
        Err(Refusal::new(
            Code::TooLarge,
            "with its tokens filled this could grow beyond 1048576 bytes; use fewer tokens"
        )
        .about("ctl_userdata")
        .at(0))
    );
    assert_eq!(
        query(&format!("phone=111&request_id={}", "r".repeat(129))),
        Err(Refusal::new(Code::BadParameter, "request_id may have at most 128 bytes").about("request_id"))
    );
}

#[test]
fn rule_3_1_a_body_full_of_pairs_is_read() {
    let link = post("phone=111", &format!("ctl_userdata={}", "[a|b]".repeat(200_000))).expect("a link");
    assert_eq!(link.userdata.pairs().len(), 200_000);
}

#[test]
fn warnings_end_where_nobody_reads_on() {
    let link = read(&format!("phone=111&{}", "x=1&".repeat(200)));
    assert_eq!(link.warnings.len(), link::MAX_WARNINGS);
    let last = link.warnings.last().expect("a warning");
    assert_eq!((last.code.as_str(), last.parameter.as_deref()), ("MORE_WARNINGS", None));
    let exactly = read(&format!("phone=111&{}", "x=1&".repeat(link::MAX_WARNINGS)));
    assert!(exactly.warnings.iter().all(|warning| warning.code == "UNKNOWN_PARAMETER"));
}

#[test]
fn rule_1_12_two_clicks_are_the_same_where_caller_id_number_and_record_are() {
    let key = |query: &str| read(query).record_key();
    let one = key("phone=6502928880&ctl_userdata=[a|b]");
    assert_eq!(one.len(), 64);
    assert_eq!(one, key("ctl_userdata=[a|b]&phone=(650) 292-8880&x=1&request_id=7"));
    assert_eq!(key("prefix=1&phone=650"), key("phone=1650"));
    for other in [
        "phone=6502928881&ctl_userdata=[a|b]",
        "phone=6502928880&ctl_userdata=[a|c]",
        "phone=6502928880&extTransactionData=[a|b]",
        "phone=6502928880&ctl_userdata=[a|b]&callerId=5251990",
        "phone=6502928880x1&ctl_userdata=[a|b]",
    ] {
        assert_ne!(one, key(other), "{other}");
    }
}

#[test]
fn parameters_know_where_they_stood() {
    let source = |parameters: Vec<Parameter>| parameters[0].source;
    assert_eq!(source(link::decode_query(b"a=b")), Source::Query);
    assert_eq!(source(link::decode_body(b"a=b")), Source::Body);
    assert_eq!(Parameter::of_part("a", b"b").source, Source::Body);
}
