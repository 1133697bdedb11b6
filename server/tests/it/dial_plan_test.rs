//! A dial plan tried out before it is saved (semantics 1.4, 1.5, 1.8).

use crate::client::{Browser, Request};
use crate::scene::Scene;
use serde_json::{Value, json};

const TEST: &str = "/api/v1/config/dial_plan/test";

fn plan() -> Value {
    json!({ "name": "New", "rule": [
        { "match": "^1?900", "refuse": "premium numbers are not dialled" },
        { "match": "^([2-9]\\d{9})$", "rewrite": "1$1", "trunk": "main", "comment": "ten digits" },
        { "match": "^44", "rewrite": "01144" },
    ] })
}

#[tokio::test(flavor = "multi_thread")]
async fn each_rule_says_whether_it_matched_and_the_last_one_what_comes_of_it() {
    let scene = Scene::start().await;
    let mut ada = Browser::logged_in(&scene, "ada").await;
    let asked = json!({ "plan": plan(), "number": "(650) 292-8880 x7" });
    let answer = ada.api("POST", TEST, Some(asked)).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(
        answer.json(),
        json!({
            "number": "6502928880",
            "extension": "7",
            "steps": [
                { "rule": 1, "match": "^1?900", "comment": null, "matched": false, "result": "no_match",
                  "before": "6502928880", "after": null },
                { "rule": 2, "match": "^([2-9]\\d{9})$", "comment": "ten digits", "matched": true,
                  "result": "rewritten", "before": "6502928880", "after": "16502928880" },
            ],
            "result": { "number": "16502928880", "trunk": "main" },
            "refused": null,
            "country": "US",
            "warnings": [],
        })
    );
    let mut short = async |number: &str, prefix: &str| {
        let asked = json!({ "plan": plan(), "number": number, "prefix": prefix });
        let tried = ada.api("POST", TEST, Some(asked)).await.json();
        json!([tried["result"]["number"], tried["refused"], tried["country"]])
    };
    assert_eq!(short("9005551234", "1").await, json!([null, "premium numbers are not dialled", null]));
    // A trunk's prefix hides no country; acme calls the US, Canada and Great Britain.
    assert_eq!(short("+442079460958", "").await, json!(["011442079460958", null, "GB"]));
    let forbidden =
        "the number belongs to FR, which this tenant does not call; ask an administrator to allow it";
    assert_eq!(short("+33142685300", "").await, json!(["33142685300", forbidden, "FR"]));
    assert_eq!(scene.journal("click.refused").await, [], "nobody clicked");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_named_by_its_way_in_the_plan_or_its_place_in_the_number() {
    let scene = Scene::start().await;
    let mut ada = Browser::logged_in(&scene, "ada").await;
    let mut refused = async |plan: Value, number: &str| {
        let answer = ada.api("POST", TEST, Some(json!({ "plan": plan, "number": number }))).await;
        (answer.outcome(), answer.json())
    };
    let mut wrong = plan();
    wrong["rule"][1]["match"] = "(".into();
    wrong["rule"][2]["trunk"] = "nowhere".into();
    let ((status, code), problem) = refused(wrong, "650").await;
    assert_eq!((status, code.as_str()), (422, "CONFIG_REFUSED"));
    let paths: Vec<_> =
        problem["errors"].as_array().expect("errors").iter().map(|e| e["path"].clone()).collect();
    assert_eq!(paths, [json!(["rule", 1, "match"]), json!(["rule", 2, "trunk"])]);
    assert_eq!(problem["errors"][0]["text"], "the pattern is no regular expression: unclosed group");

    let ((status, code), problem) = refused(plan(), "nobody").await;
    assert_eq!((status, code.as_str(), problem["parameter"].as_str()), (400, "BAD_NUMBER", Some("phone")));
    let ((status, code), _) = refused(json!("x"), "650").await;
    assert_eq!((status, code.as_str()), (422, "CONFIG_REFUSED"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_test_box_is_for_admins() {
    let scene = Scene::start().await;
    let asked = || Some(json!({ "plan": plan(), "number": "650" }));
    for login in ["alice", "sue"] {
        let refused = Browser::logged_in(&scene, login).await.api("POST", TEST, asked()).await;
        assert_eq!(refused.outcome(), (403, "ADMINS_ONLY".to_owned()), "{login}");
    }
    let bare = Browser::logged_in(&scene, "ada").await.send(Request::post(TEST)).await;
    assert_eq!(bare.outcome(), (403, "CSRF".to_owned()));
}
