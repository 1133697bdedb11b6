//! Every vector of `conformance/links.json` (semantics 1.4, 1.5, 3, 4), through the link checker as from outside.

use ringbridge_core::check::{self, Checked, Context};
use ringbridge_core::merge_field::Samples;
use ringbridge_core::refusal::Code;
use ringbridge_core::token::Values;
use ringbridge_core::userdata::Userdata;
use serde_json::Value;

fn vectors() -> Value {
    serde_json::from_str(include_str!("../conformance/links.json")).expect("JSON")
}

fn values(vectors: &Value) -> Values {
    let (values, unknown) = check::values_from_json(&vectors["values"].to_string()).expect("texts");
    assert_eq!(unknown, Vec::<String>::new());
    values
}

/// Percent-encodes everything, so that nothing but the vector itself is tested.
fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

fn checked(query: &str, values: &Values) -> Checked {
    check::check(query, Context { values, merge: &Samples::new(), tenant: None })
}

#[test]
fn rules_3_and_4_every_userdata_vector_reads_and_renders_as_it_says() {
    let vectors = vectors();
    let values = values(&vectors);
    let all = vectors["userdata"].as_array().expect("a list");
    assert_eq!(all.len(), 31);
    for vector in all {
        let name = &vector["name"];
        let text = vector["userdata"].as_str().expect("a text");
        let found = checked(&format!("phone=6502928880&ctl_userdata={}", encoded(text)), &values);
        let offset = vector["error_offset"].as_u64().map(|offset| usize::try_from(offset).expect("small"));
        let error = found.error.as_ref().map(|error| (error.code, error.parameter.as_deref(), error.offset));
        assert_eq!(
            error,
            offset.map(|offset| (Code::UserdataMalformed, Some("ctl_userdata"), Some(offset))),
            "{name}"
        );
        let pairs =
            if vector["pairs"].is_null() { Value::Array(Vec::new()) } else { vector["pairs"].clone() };
        assert_eq!(serde_json::to_value(&found.userdata).expect("JSON"), pairs, "{name}");
        assert_eq!(found.rendered.as_deref(), vector["rendered"].as_str(), "{name}");
        assert_eq!(
            Userdata::parse(text).map_err(|error| Some(error.offset)).err(),
            offset.map(Some),
            "{name}"
        );
    }
}

#[test]
fn rules_1_4_and_1_5_every_number_vector_dials_what_it_says() {
    let vectors = vectors();
    let all = vectors["numbers"].as_array().expect("a list");
    assert_eq!(all.len(), 14);
    for vector in all {
        let prefix = vector["prefix"].as_str().expect("a text");
        let phone = vector["phone"].as_str().expect("a text");
        let found = checked(&format!("prefix={prefix}&phone={}", encoded(phone)), &Values::new());
        assert_eq!(found.number.as_deref(), vector["number"].as_str(), "{vector}");
        assert_eq!(found.extension.as_deref(), vector["extension"].as_str(), "{vector}");
        let expected = vector["number"].is_null().then_some(Code::BadNumber);
        assert_eq!(found.error.map(|error| error.code), expected, "{vector}");
    }
}
