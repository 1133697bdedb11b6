//! The link builder's API: checking with samples and places, composing (semantics 3, 4; docs/links.md).

use crate::client::Browser;
use crate::scene::Scene;
use serde_json::{Value, json};

async fn ask(alice: &mut Browser<'_>, path: &str, body: Value) -> Value {
    let answer = alice.api("POST", &format!("/api/v1/links/{path}"), Some(body)).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()
}

/// The part of the parameter's value that a slip marks.
fn marked<'a>(found: &'a Value, slip: &'a Value) -> &'a str {
    let value =
        found["params"][slip["parameter"].as_str().expect("a parameter")].as_str().expect("its value");
    let number = |name: &str| usize::try_from(slip[name].as_u64().expect("a number")).expect("small");
    &value[number("offset")..number("offset") + number("length")]
}

#[tokio::test(flavor = "multi_thread")]
async fn the_references_slips_are_marked_at_their_place() {
    let scene = Scene::start().await;
    let mut alice = Browser::logged_in(&scene, "alice").await;
    for (example, slips) in [
        (include_str!("../../../core/tests/reference/example-2.txt"), &["$call_answered_time"][..]),
        (
            include_str!("../../../core/tests/reference/example-3.txt"),
            &[
                "$call_answered_time",
                "http://www.mycompany.com/clicktodial/callback?transaction=$transaction_id$",
            ],
        ),
    ] {
        let found = ask(&mut alice, "check", json!({ "link": example })).await;
        let warnings = found["warnings"].as_array().expect("warnings");
        let marks: Vec<&str> = warnings.iter().map(|warning| marked(&found, warning)).collect();
        assert_eq!(marks, slips);
        assert!(
            warnings[0]["place"].as_str().expect("a place").contains("$call_answered_time][end_time|\n"),
            "{found}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn samples_and_values_are_filled_in_and_slips_stand_in_what_is_shown() {
    let scene = Scene::start().await;
    let mut alice = Browser::logged_in(&scene, "alice").await;
    let link = "phone={!Account.Phone}&ctl_userdata=[n|{{name}}][t|$notes$][d|$year]";
    let body = json!({ "link": link, "merge": {"Account.Phone": "6502928880", "name": "Zoë"}, "values": {"notes": "n"} });
    let found = ask(&mut alice, "check", body).await;
    assert_eq!(
        (&found["number"], &found["dial_plan"]["number"]),
        (&json!("6502928880"), &json!("16502928880"))
    );
    assert_eq!(found["rendered"], "[n|Zoë][t|n][d|$year]");
    assert_eq!(marked(&found, &found["warnings"][0]), "$year");
    assert_eq!(
        found["filled"],
        json!([
            {"parameter": "phone", "offset": 0, "length": 10, "field": "{!Account.Phone}"},
            {"parameter": "ctl_userdata", "offset": 3, "length": 4, "field": "{{name}}"}
        ])
    );
    assert_eq!(
        found["fields"],
        json!([
            {"name": "Account.Phone", "field": "{!Account.Phone}", "spelling": "salesforce"},
            {"name": "name", "field": "{{name}}", "spelling": "braces"}
        ])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_becomes_a_link_that_is_taken_apart_into_the_same_draft() {
    let scene = Scene::start().await;
    let mut alice = Browser::logged_in(&scene, "alice").await;
    let draft = json!({
        "parameters": [["phone", "{!Contact.Phone}"], ["queue_id", "101"], ["campaign", "a&b"]],
        "userdata": [["ctl_callbackUrl", "https://example.com/?a=1&b=2"], ["note", "{!Contact.Name}: $notes$"]],
        "ext": [["extRecordId", "{!Contact.Id}"]],
        "spelling": "salesforce"
    });
    let merge = json!({"Contact.Phone": "6502928880", "Contact.Name": "R & D"});
    let body = json!({ "draft": draft, "label": "Call {!Contact.Name}", "merge": merge });
    let made = ask(&mut alice, "compose", body).await;
    let url = made["url"].as_str().expect("a link");
    assert!(
        url.starts_with("https://localhost:8443/AGUI/make_call.php?phone={!Contact.Phone}&queue_id=101&"),
        "{url}"
    );
    assert!(made["anchor"].as_str().expect("HTML").ends_with(">Call {!Contact.Name}</a>"), "{made}");
    assert_eq!((&made["checked"]["number"], &made["checked"]["error"]), (&json!("6502928880"), &Value::Null));
    assert_eq!(ask(&mut alice, "check", json!({ "link": url })).await["draft"], draft);

    // The test call is the same link with the samples in it, and it calls.
    let test = made["test"].as_str().expect("a link");
    let query = test.strip_prefix("/AGUI/make_call.php?").expect("on this server");
    let call = alice.click(query).await;
    assert_eq!(call.status, 202, "{call:?}");
    assert_eq!(call.json()["number"], "6502928880");
    let shown =
        alice.api("GET", &format!("/api/v1/calls/{}", call.json()["transaction_id"]), None).await.json();
    assert!(shown.to_string().contains("R & D: $notes$"), "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_slip_hides_no_other() {
    let scene = Scene::start().await;
    let mut alice = Browser::logged_in(&scene, "alice").await;
    let found =
        ask(&mut alice, "check", json!({ "link": "phone=no&queue_id=7x&ctl_userdata=[a|b][c" })).await;
    let errors = found["errors"].as_array().expect("errors");
    let marks: Vec<&str> = errors.iter().map(|error| marked(&found, error)).collect();
    assert_eq!(marks, ["no", "x", "[a|b]"]);
    assert_eq!(
        (&found["error"], &errors[2]["text"]),
        (
            &errors[0],
            &json!("This pair is not closed; end it with ], followed by the end or by another [name|value].")
        )
    );
    let unknown = ask(&mut alice, "check", json!({ "link": "phone=6502928880&queue_id=9" })).await;
    assert_eq!(unknown["errors"], json!([unknown["error"]]));
    assert_eq!(unknown["error"]["code"], "QUEUE_UNKNOWN");
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_no_link_can_hold_are_named_and_drafts_of_another_shape_refused() {
    let scene = Scene::start().await;
    let mut alice = Browser::logged_in(&scene, "alice").await;
    let draft = json!({ "parameters": [["phone", "650"]], "userdata": [["a", "b"], ["", "x"]] });
    let made = ask(&mut alice, "compose", json!({ "draft": draft })).await;
    assert_eq!(
        (&made["url"], &made["errors"]),
        (&Value::Null, &json!([{"list": "userdata", "row": 1, "text": "A pair needs a name."}]))
    );
    for body in [json!({}), json!({ "draft": {"spelling": "x"} }), json!({ "draft": {"rows": []} })] {
        let refused = alice.api("POST", "/api/v1/links/compose", Some(body)).await;
        assert_eq!(refused.outcome(), (400, "BAD_PARAMETER".to_owned()));
    }
}
