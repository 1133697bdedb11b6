//! Templates: what they may say, what they come to, and that no value breaks out of its place (SEC-12, SEC-24).

use super::{Body, ContentType, Facts, HeaderTemplate, Unfillable, UrlTemplate};
use crate::crm::{CallFacts, Order, Purpose, Related};
use crate::id::{AgentId, InteractionGuid, TransactionId};
use crate::redact::Digits;
use crate::system_data::Integration;
use crate::time::Timestamp;
use proptest::prelude::*;
use url::{Url, form_urlencoded};

/// A call of 61 seconds with these notes and fields.
fn order(notes: &str, fields: &[(&str, &str)]) -> Order {
    Order {
        purpose: Purpose::Create,
        integration: Integration::Rest,
        object: "Call".to_owned(),
        fields: fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        related: Some(Related { id: "501".to_owned(), kind: "contact".to_owned() }),
        key: None,
        parent: None,
        call: CallFacts {
            transaction: TransactionId(4711),
            guid: InteractionGuid("int-0190b6f2c0de4abc8123456789abcdef".to_owned()),
            agent: AgentId(1),
            agent_login: "alice".to_owned(),
            agent_name: "Alice".to_owned(),
            number: Digits::new("16502928880").unwrap(),
            caller_id: Digits::new("5251990").unwrap(),
            answered_at: Some(Timestamp::from_millis(1_790_000_000_000)),
            hung_up_at: Timestamp::from_millis(1_790_000_061_500),
            completed_at: Timestamp::from_millis(1_790_000_090_000),
            duration_seconds: 61,
            end_reason: "hung_up".to_owned(),
            tokens: vec![("notes".to_owned(), notes.to_owned()), ("equal".to_owned(), "=".to_owned())],
            zone: "UTC".to_owned(),
        },
    }
}

fn body(content_type: ContentType, source: &str, order: &Order) -> String {
    Body::parse(content_type, source).unwrap().fill(&Facts::of(order)).unwrap()
}

fn refused(content_type: ContentType, source: &str) -> String {
    Body::parse(content_type, source).unwrap_err().to_string()
}

#[test]
fn a_json_body_is_filled_inside_its_strings_and_stays_as_it_was_written() {
    let order = order("a \"quoted\"\nline", &[("Subject", "Sale"), ("Amount", "12.50")]);
    let source = r#"{ "z": "{{ subject }}: $notes$", "a": [ "{{call.number}}", 1.10, null ],
  "n": "{{number:Amount}}", "none": "{{number:Subject}}", "s": "{{number:call.duration_seconds}}", "all": "{{fields}}" }"#;
    assert_eq!(
        body(ContentType::Json, source, &order),
        r#"{ "z": "Sale: a \"quoted\"\nline", "a": [ "16502928880", 1.10, null ],
  "n": 12.50, "none": null, "s": 61, "all": {"Subject":"Sale","Amount":"12.50"} }"#
    );
}

#[test]
fn every_fact_has_its_value() {
    let order = order("", &[]);
    let all = super::Fact::ALL
        .iter()
        .filter(|(_, fact)| *fact != super::Fact::RecordId)
        .map(|(name, _)| format!("{name}={{{{{name}}}}}"))
        .collect::<Vec<_>>();
    assert_eq!(
        body(ContentType::Plain, &all.join("\n"), &order),
        "call.number=16502928880\ncall.caller_id=5251990\ncall.guid=int-0190b6f2c0de4abc8123456789abcdef\n\
         call.uuid=0190b6f2-c0de-4abc-8123-456789abcdef\ncall.transaction=4711\ncall.agent=alice\n\
         call.agent_name=Alice\ncall.answered_at=2026-09-21T14:13:20.000Z\n\
         call.hung_up_at=2026-09-21T14:14:21.500Z\ncall.completed_at=2026-09-21T14:14:50.000Z\n\
         call.duration_seconds=61\ncall.duration_ms=61000\ncall.duration_minutes=1\ncall.end_reason=hung_up\n\
         related.id=501\nrelated.kind=contact\nparent=\nobject=Call"
    );
}

#[test]
fn other_bodies_escape_for_their_form() {
    let order = order("a&b=<c> d'\"\n", &[("x y", "1&2"), ("z", "")]);
    assert_eq!(
        body(ContentType::Form, " from=ring&{{fields}}&n=$notes$\n", &order),
        "from=ring&x+y=1%262&z=&n=a%26b%3D%3Cc%3E+d%27%22%0A"
    );
    assert_eq!(
        body(ContentType::TextXml, "<c n=\"{{x y}}\">$notes$</c>", &order),
        "<c n=\"1&amp;2\">a&amp;b=&lt;c&gt; d&apos;&quot;&#10;</c>"
    );
    let url = UrlTemplate::parse("https://crm.example/calls/{{x y}}?n=$notes$").unwrap();
    assert_eq!(
        url.fill(&Facts::of(&order)).unwrap(),
        "https://crm.example/calls/1%262?n=a%26b%3D%3Cc%3E%20d%27%22%0A"
    );
    let header = HeaderTemplate::parse("call $notes$").unwrap();
    assert_eq!(header.fill(&Facts::of(&order)).unwrap(), "call a&b=<c> d'\"");
}

#[test]
fn what_was_put_in_is_not_looked_at_again() {
    let order = order("{{call.number}} $equal$", &[("a", "$notes$"), ("call.number", "its own")]);
    assert_eq!(
        body(ContentType::Plain, "{{a}}|$notes$|{{field:call.number}}|$5|$unknown$", &order),
        "$notes$|{{call.number}} $equal$|its own|$5|$unknown$"
    );
}

#[test]
fn a_template_that_cannot_be_right_is_refused_with_a_sentence() {
    let known = "call.number, call.caller_id, call.guid, call.uuid, call.transaction, call.agent, call.agent_name, \
                 call.answered_at, call.hung_up_at, call.completed_at, call.duration_seconds, call.duration_ms, \
                 call.duration_minutes, call.end_reason, related.id, related.kind, parent, object, record.id";
    assert_eq!(
        refused(ContentType::Json, r#"{"a": "{{call.nummer}}"}"#),
        format!(
            "the placeholder {{{{call.nummer}}}} is not known; known are {known}, fields, and the names of a link's \
             fields ({{{{field:NAME}}}} where such a name has a dot)"
        )
    );
    assert_eq!(
        refused(ContentType::Json, r#"{"a": {{fields}}}"#),
        "the body is no JSON: key must be a string at line 1 column 8; placeholders stand inside its strings"
    );
    assert_eq!(refused(ContentType::Json, r#"{"{{a}}": 1}"#), "the name \"{{a}}\" must hold no placeholder");
    assert_eq!(
        refused(ContentType::Json, r#"["x {{number:a}}"]"#),
        "in \"x {{number:a}}\" {{fields}} or {{number:…}} must stand alone between the quotes"
    );
    assert_eq!(refused(ContentType::Plain, "{{a"), "a placeholder is not closed: a");
    assert_eq!(refused(ContentType::Plain, "{{ }}"), "a placeholder is empty: {{}}");
    assert_eq!(refused(ContentType::Plain, "{{fields}}"), "{{fields}} cannot stand in a plain text");
    assert_eq!(
        refused(ContentType::Form, "a={{fields}}"),
        "in a form {{fields}} stands alone between two \"&\""
    );
    assert_eq!(
        refused(ContentType::Form, "a=b c"),
        "a form has no blanks and no line breaks; write + for a blank"
    );
    let tag = "in XML a placeholder can stand in text and in an attribute's quotes, not in a tag, comment or section";
    for source in ["<{{a}}/>", "<a {{a}}='x'/>", "<!-- {{a}} -->", "<a><![CDATA[{{a}}]]></a>", "<?x {{a}}?>"]
    {
        assert_eq!(refused(ContentType::ApplicationXml, source), tag, "{source}");
    }
    assert_eq!(
        refused(ContentType::ApplicationXml, "<a b='"),
        "the body ends within a tag, comment or section"
    );
}

#[test]
fn sec_12_an_address_has_placeholders_in_path_and_query_only() {
    let refused = |source: &str| UrlTemplate::for_request(source).map(|_| ()).unwrap_err().to_string();
    let before = "a placeholder can stand in the path and the query of an address, not before";
    for source in [
        "{{a}}://crm.example/",
        "https://{{a}}/",
        "https://crm.{{a}}/x",
        "https://crm.example:{{a}}/",
        "https://$notes$.example/",
        "https://{{a}}@crm.example/",
        "{{a}}",
    ] {
        assert_eq!(refused(source), before, "{source}");
    }
    assert_eq!(
        refused("ftp://crm.example/{{a}}"),
        "\"ftp://crm.example/{{a}}\" must be a URL that begins with https:// or http:// and a host"
    );
    assert_eq!(refused("https://crm.example/#{{a}}"), "an address of a request has no \"#\"");
    assert_eq!(refused("https://crm.example/a b"), "an address has no blanks and no line breaks; write %20");
    let climbing = UrlTemplate::parse("https://crm.example/calls/{{a}}/notes").unwrap();
    for up in ["..", "."] {
        let order = order("", &[("a", up)]);
        assert_eq!(climbing.fill(&Facts::of(&order)), Err(Unfillable::DotSegment));
    }
}

#[test]
fn only_a_page_knows_the_record() {
    let order = order("", &[]);
    let page = UrlTemplate::parse("https://crm.example/#/calls/{{record.id}}?from={{related.id}}").unwrap();
    let facts = Facts { order: &order, record: "a/b" };
    assert_eq!(page.fill(&facts).unwrap(), "https://crm.example/#/calls/a%2Fb?from=501");
    let known = "{{record.id}} is known after the request; it can stand in the addresses of pages";
    let url = UrlTemplate::for_request("https://crm.example/{{record.id}}").map(|_| ());
    assert_eq!(url.unwrap_err().to_string(), known);
    assert_eq!(HeaderTemplate::parse("{{record.id}}").map(|_| ()).unwrap_err().to_string(), known);
    let bodies = [
        (ContentType::Json, "[\"{{record.id}}\"]"),
        (ContentType::Form, "a={{record.id}}"),
        (ContentType::TextXml, "<a>{{record.id}}</a>"),
        (ContentType::Plain, "{{record.id}}"),
    ];
    for (content_type, source) in bodies {
        assert_eq!(refused(content_type, source), known);
    }
}

#[test]
fn sec_24_a_filled_template_has_at_most_1_mib() {
    let order = order(&"x".repeat(1 << 19), &[]);
    let template = |times: usize| Body::parse(ContentType::Plain, &"$notes$".repeat(times)).unwrap();
    assert_eq!(template(2).fill(&Facts::of(&order)).map(|body| body.len()), Ok(1 << 20));
    assert_eq!(template(3).fill(&Facts::of(&order)), Err(Unfillable::TooLong));
    let json = Body::parse(ContentType::Json, r#"["$notes$","$notes$"]"#).unwrap();
    assert_eq!(json.fill(&Facts::of(&order)), Err(Unfillable::TooLong));
}

#[test]
fn a_stored_template_is_the_one_that_was_read() {
    let body = Body::parse(ContentType::Form, "a={{b}}&{{fields}}").unwrap();
    let stored = serde_json::to_string(&body).unwrap();
    assert_eq!(stored, r#"{"content_type":"application/x-www-form-urlencoded","text":"a={{b}}&{{fields}}"}"#);
    assert_eq!(serde_json::from_str::<Body>(&stored).unwrap(), body);
}

/// Values that like to break out, and any others.
fn value() -> impl Strategy<Value = String> {
    let nasty = prop::sample::select(vec![
        "\"",
        "'",
        "\\",
        "<",
        ">",
        "&",
        "=",
        "]]>",
        "-->",
        "\r\n",
        "\0",
        "\u{85}",
        "{{a}}",
        "$notes$",
        "%",
        "#",
        "?",
        "/",
        "..",
        "+",
        ";",
        "\u{2028}",
        "é",
        "\u{ffff}",
        "\",\"x\":\"",
    ]);
    prop_oneof![
        ".{0,20}",
        prop::collection::vec(nasty, 0..8).prop_map(|parts| parts.concat()),
        any::<String>(),
    ]
}

proptest! {
    #[test]
    fn no_value_breaks_out_of_json(notes in value(), a in value(), name in value()) {
        let order = order(&notes, &[("a", &a), (&name, "v")]);
        let filled = body(ContentType::Json, r#"{"x":"<$notes$|{{a}}>","f":"{{fields}}"}"#, &order);
        let read: serde_json::Value = serde_json::from_str(&filled).unwrap();
        let mut fields = serde_json::Map::new();
        for (name, value) in &order.fields {
            fields.insert(name.clone(), value.clone().into());
        }
        prop_assert_eq!(read, serde_json::json!({ "x": format!("<{notes}|{a}>"), "f": fields }));
    }

    #[test]
    fn no_value_breaks_out_of_a_form(notes in value(), a in value()) {
        let order = order(&notes, &[("a", &a)]);
        let filled = body(ContentType::Form, "n=$notes$&{{fields}}&z=.{{a}}.", &order);
        let pairs: Vec<_> = form_urlencoded::parse(filled.as_bytes()).into_owned().collect();
        let pair = |name: &str, value: String| (name.to_owned(), value);
        prop_assert_eq!(pairs, [pair("n", notes), pair("a", a.clone()), pair("z", format!(".{a}."))]);
    }

    #[test]
    fn no_value_breaks_out_of_xml(notes in value()) {
        let order = order(&notes, &[]);
        let filled = body(ContentType::ApplicationXml, "<c n='$notes$'>$notes$</c>", &order);
        let inside = filled.strip_prefix("<c n='").and_then(|rest| rest.strip_suffix("</c>")).unwrap();
        let (attribute, text) = inside.split_once("'>").unwrap();
        prop_assert_eq!(attribute, text);
        prop_assert!(!text.contains(['<', '>', '"', '\'']) && !text.chars().any(char::is_control));
        let references = ["&amp;", "&lt;", "&gt;", "&quot;", "&apos;", "&#9;", "&#10;", "&#13;"];
        let characters = ["&", "<", ">", "\"", "'", "\t", "\n", "\r"];
        let mut rest = text;
        let mut read = String::new();
        while let Some(first) = rest.chars().next() {
            let found = references.iter().position(|reference| rest.starts_with(reference));
            prop_assert!(first != '&' || found.is_some());
            read.push_str(&found.map_or(first.to_string(), |index| characters[index].to_owned()));
            rest = &rest[found.map_or(first.len_utf8(), |index| references[index].len())..];
        }
        let held = |char: char| match char {
            '\t' | '\n' | '\r' => char,
            '\u{fffe}' | '\u{ffff}' => ' ',
            char if char.is_control() => ' ',
            char => char,
        };
        prop_assert_eq!(read, notes.chars().map(held).collect::<String>());
    }

    #[test]
    fn no_value_breaks_out_of_an_address(notes in value(), a in value()) {
        let order = order(&notes, &[("a", &a)]);
        let template = UrlTemplate::parse("https://crm.example:8443/x/{{a}}/y?n=$notes$&z=1").unwrap();
        match template.fill(&Facts::of(&order)) {
            Err(why) => prop_assert!(why == Unfillable::DotSegment && matches!(a.as_str(), "." | "..")),
            Ok(filled) => {
                let url = Url::parse(&filled).unwrap();
                prop_assert_eq!((url.scheme(), url.host_str(), url.port()), ("https", Some("crm.example"), Some(8443)));
                let segments: Vec<_> = url.path_segments().unwrap().collect();
                prop_assert_eq!((segments.len(), segments[0], segments[2]), (3, "x", "y"));
                let pairs: Vec<_> = url.query_pairs().into_owned().collect();
                prop_assert_eq!(pairs, [("n".to_owned(), notes), ("z".to_owned(), "1".to_owned())]);
                prop_assert_eq!(url.fragment(), None);
            }
        }
    }

    #[test]
    fn no_value_breaks_out_of_a_header(notes in value()) {
        let order = order(&notes, &[]);
        let filled = HeaderTemplate::parse("a $notes$ b").unwrap().fill(&Facts::of(&order)).unwrap();
        prop_assert!(!filled.chars().any(char::is_control));
        prop_assert!(filled.starts_with("a ") && filled.ends_with(" b"));
    }
}
