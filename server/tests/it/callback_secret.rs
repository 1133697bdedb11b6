//! A callback secret is replaced while receivers learn the new one (Standard Webhooks, SEC-16).

use crate::client::{Browser, Request};
use crate::scene::{DATA_TOKEN, Scene};
use ringbridge_core::callback::sign;
use ringbridge_core::time::Timestamp;
use ringbridge_server::provision;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

const ROTATE: &str = "/api/v1/config/callbacks/rotate";

/// Acme as it is now.
async fn acme(scene: &Scene) -> Arc<ringbridge_core::tenant::Tenant> {
    scene.app.directory.refresh().await.expect("a directory").named("acme").expect("acme").clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_new_secret_is_shown_once_and_the_old_one_signs_beside_it_for_so_long() {
    let scene = Scene::start().await;
    let mut ada = Browser::logged_in(&scene, "ada").await;
    let old = acme(&scene).await.callbacks.secret.clone();
    let begun = ringbridge_server::clock::now();
    let answer = ada.api("POST", ROTATE, Some(json!({ "overlap_hours": 2 }))).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let rotated = answer.json();
    assert_eq!(rotated["made"][0]["what"], "callback secret of tenant acme");
    let value = rotated["made"][0]["value"].as_str().expect("a secret").to_owned();
    assert!(rotated["revision"].is_i64(), "{rotated}");
    let lines = rotated["lines"].to_string();
    assert!(!lines.contains(&value) && !lines.contains(old.expose()), "{lines}");

    let callbacks = acme(&scene).await.callbacks.clone();
    let previous = callbacks.previous.clone().expect("the old one");
    assert_eq!((callbacks.secret.expose(), previous.secret.expose()), (value.as_str(), old.expose()));
    let two_hours = Duration::from_secs(2 * 60 * 60);
    let range = begun.plus(two_hours)..=ringbridge_server::clock::now().plus(two_hours);
    assert!(range.contains(&previous.until), "{previous:?}");
    let signatures = |now: Timestamp| {
        let signed = sign(&callbacks, "msg_1", now, "body").expect("it signs");
        signed.signature.split(' ').count()
    };
    assert_eq!((signatures(begun), signatures(previous.until)), (2, 1));

    // What is shown holds no secret, and the file that is exported changes nothing.
    let shown = ada.api("GET", "/api/v1/config", None).await;
    let until = previous.until.rfc3339();
    assert_eq!(
        shown.json()["tenant"]["callbacks"],
        json!({ "secret": "***", "previous_secret": "***", "previous_secret_until": until, "https_only": false,
                "userdata_json": false })
    );
    let kept = json!({ "value": shown.json()["tenant"]["callbacks"] });
    let unchanged = ada.api("PUT", "/api/v1/config/callbacks", Some(kept)).await;
    assert_eq!((unchanged.status, unchanged.json()["lines"].clone()), (200, json!([])));
    let config = scene.config.clone();
    let text = tokio::task::spawn_blocking(move || provision::export(&config, "acme").expect("it exports"));
    let text = text.await.expect("no panic");
    assert!(
        text.contains(&format!("previous_secret = \"***\"\nprevious_secret_until = \"{until}\"\n")),
        "{text}"
    );

    // Without overlap the old one is gone at once.
    assert_eq!(ada.api("POST", ROTATE, Some(json!({ "overlap_hours": 0 }))).await.status, 200);
    let callbacks = acme(&scene).await.callbacks.clone();
    assert_eq!(callbacks.previous, None);
    assert_ne!(callbacks.secret.expose(), value);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_admins_replace_it_and_half_a_pair_is_refused() {
    let scene = Scene::start().await;
    for login in ["alice", "sue"] {
        let refused = Browser::logged_in(&scene, login).await.api("POST", ROTATE, None).await;
        assert_eq!(refused.outcome(), (403, "ADMINS_ONLY".to_owned()), "{login}");
    }
    let mut ada = Browser::logged_in(&scene, "ada").await;
    assert_eq!(ada.send(Request::post(ROTATE)).await.outcome(), (403, "CSRF".to_owned()));
    let data = Request::post(ROTATE).header("Authorization", &format!("Bearer {DATA_TOKEN}"));
    assert_eq!(Browser::new(&scene).send(data).await.status, 401);
    let long = ada.api("POST", ROTATE, Some(json!({ "overlap_hours": 721 }))).await;
    assert_eq!(long.outcome(), (400, "BAD_PARAMETER".to_owned()));
    for half in [
        json!({ "secret": "***", "previous_secret": "whsec_c2VjcmV0" }),
        json!({ "secret": "***", "previous_secret_until": "2026-11-22T10:00:00Z" }),
        json!({ "secret": "***", "previous_secret": "whsec_c2VjcmV0", "previous_secret_until": "tomorrow" }),
    ] {
        let refused = ada.api("PUT", "/api/v1/config/callbacks", Some(json!({ "value": half }))).await;
        assert_eq!(refused.outcome(), (422, "CONFIG_REFUSED".to_owned()), "{half}");
    }
    assert_eq!(acme(&scene).await.callbacks.previous, None);
}
