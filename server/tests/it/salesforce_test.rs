//! The connection to Salesforce, tried out by an admin against the stand-in org.

use crate::client::{Browser, Request};
use crate::scene::Scene;
use ringbridge_core::redact::Secret;
use ringbridge_core::tenant::salesforce::{Interface, Login};
use ringbridge_core::tenant::{Salesforce, Tenant};
use ringbridge_standin::salesforce::{Org, OrgConfig};
use serde_json::{Value, json};

const TEST: &str = "/api/v1/config/salesforce/test";

fn connect(tenant: &mut Tenant, org: &str, client_id: &str, secret: &str) {
    tenant.salesforce = Some(Salesforce {
        login_url: org.to_owned(),
        login: Login::ClientCredentials { client_secret: Secret::new(secret) },
        client_id: client_id.to_owned(),
        api_version: None,
        org_id: None,
        enhanced: false,
        auto_log: false,
        enrich: false,
        external_id_field: Some("Transactionid__c".to_owned()),
        allowed_fields: vec![],
        allow_duplicates: false,
        interface: Interface::Auto,
        test_endpoint: true,
    });
}

/// Name, ok and advice of each step, and the last one's text.
async fn steps(scene: &Scene) -> (Vec<Value>, String) {
    let mut ada = Browser::logged_in(scene, "ada").await;
    let answer = ada.api("POST", TEST, None).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let steps = answer.json()["steps"].as_array().expect("steps").clone();
    let last = steps.last().expect("one at least")["text"].as_str().expect("a text").to_owned();
    (steps.iter().map(|step| json!([step["step"], step["ok"], step["advice"]])).collect(), last)
}

#[tokio::test(flavor = "multi_thread")]
async fn each_step_says_what_was_found_and_the_one_that_fails_is_the_last() {
    let config = OrgConfig::default();
    let (client_id, secret) = (config.consumer_key.clone(), config.client_secret.clone());
    let org = Org::start("127.0.0.1:0".parse().expect("an address"), config).await.expect("an org");

    let scene = Scene::with(|tenant| connect(tenant, &org.url(), &client_id, &secret)).await;
    let (tried, _) = steps(&scene).await;
    assert_eq!(
        tried,
        [
            json!(["address", true, true]),
            json!(["log in", true, false]),
            json!(["API version", true, false]),
            json!(["the Task's fields", true, false]),
            json!(["external id", true, false]),
            json!(["requests", true, false]),
        ]
    );
    assert_eq!(org.records("Task").len(), 0, "a trial writes nothing");

    let scene = Scene::with(|tenant| connect(tenant, &org.url(), &client_id, "not the secret")).await;
    let (tried, text) = steps(&scene).await;
    assert_eq!(tried, [json!(["address", true, true]), json!(["log in", false, false])]);
    assert!(text.ends_with("compare salesforce.client_secret with the app's consumer secret"), "{text}");
    assert!(!text.contains("not the secret"));

    let (tried, text) = steps(&Scene::start().await).await;
    assert_eq!(tried, [json!(["settings", false, false])]);
    assert_eq!(text, "Salesforce is not connected yet; save its settings first.");
}

#[tokio::test(flavor = "multi_thread")]
async fn trials_are_for_admins_and_not_for_pages_of_other_sites() {
    let scene = Scene::start().await;
    for login in ["alice", "sue"] {
        let refused = Browser::logged_in(&scene, login).await.api("POST", TEST, None).await;
        assert_eq!(refused.outcome(), (403, "ADMINS_ONLY".to_owned()), "{login}");
    }
    let bare = Browser::logged_in(&scene, "ada").await.send(Request::post(TEST)).await;
    assert_eq!(bare.outcome(), (403, "CSRF".to_owned()));
    let nobody = Browser::new(&scene).api("POST", TEST, None).await;
    assert_eq!(nobody.outcome(), (401, "SESSION_REQUIRED".to_owned()));
}
