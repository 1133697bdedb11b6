//! The log of callbacks, for admins: what was asked for, what became of it, and sending it again (semantics 5.5).

use crate::actions::{callback_that_waits, quick};
use crate::client::{Browser, Request, raw};
use crate::scene::{ACTION_TOKEN, Scene};
use ringbridge_server::store::{StoreError, Tx, job};
use serde_json::{Value, json};

const LOG: &str = "/api/v1/config/callbacks/deliveries";

/// Claims the one job that waits and settles it.
async fn settle(scene: &Scene, settle: fn(&mut Tx<'_>, &job::Claimed) -> Result<(), StoreError>) {
    let now = ringbridge_server::clock::now();
    let lease = job::Lease { until: now, crm_until: now };
    let share = job::Share { jobs: 1, each_lane: 1, each_crm: 1 };
    let unit = scene.app.store.write(move |tx| {
        let claimed = job::claim(tx, "test", now, lease, share)?.pop().expect("one is due");
        settle(tx, &claimed)
    });
    unit.await.expect("settled");
}

async fn only(ada: &mut Browser<'_>) -> Value {
    let log = ada.api("GET", LOG, None).await.json();
    assert_eq!((log["more"].as_bool(), log["deliveries"].as_array().map(Vec::len)), (Some(false), Some(1)));
    log["deliveries"][0].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_callback_is_in_the_log_whatever_became_of_it_and_can_be_sent_again() {
    let scene = Scene::with(quick).await;
    let mut ada = Browser::logged_in(&scene, "ada").await;
    let id = callback_that_waits(&scene, &mut ada).await;
    let waiting = only(&mut ada).await;
    assert_eq!(
        json!([waiting["id"], waiting["url"], waiting["state"], waiting["attempts"], waiting["settled_at"]]),
        json!([id, "https://crm.example/<b>?a=b", "pending", 0, null])
    );
    settle(&scene, |tx, job| job::done(tx, job, ringbridge_server::clock::now())).await;
    let delivered = only(&mut ada).await;
    assert_eq!(json!([delivered["state"], delivered["attempts"]]), json!(["delivered", 1]));
    assert!(delivered["settled_at"].is_string(), "{delivered}");

    let path = format!("{LOG}/{id}/resend");
    assert_eq!(ada.api("POST", &path, None).await.status, 204);
    assert_eq!(only(&mut ada).await["state"], "pending");
    let parked = |tx: &mut Tx<'_>, job: &job::Claimed| {
        let why = ("the receiver answered with status 410", job::Trace::Failure);
        job::park(tx, job, why, ringbridge_server::clock::now())
    };
    settle(&scene, parked).await;
    let shown = only(&mut ada).await;
    let why = "the receiver answered with status 410";
    assert_eq!(json!([shown["state"], shown["last_error"]]), json!(["parked", why]));
    let bearer = format!("Bearer {ACTION_TOKEN}");
    let by_token = Request::post(&path).header("Authorization", &bearer).bytes(&scene.host());
    assert_eq!(raw(&scene, &by_token).await.status, 204);
    assert_eq!(ada.api("POST", &format!("/api/v1/actions/{id}/give-up"), None).await.status, 204);
    assert_eq!(ada.api("POST", &path, None).await.outcome(), (410, "ACTION_SETTLED".to_owned()));
    assert_eq!(only(&mut ada).await["state"], "given_up");
    let by: Vec<_> =
        scene.journal("callback.resent").await.into_iter().map(|e| e.body["by"].clone()).collect();
    assert_eq!(by, [json!("ada"), json!("an action token")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_is_for_admins_of_its_tenant_and_has_pages() {
    let scene = Scene::with(quick).await;
    let mut ada = Browser::logged_in(&scene, "ada").await;
    let id = callback_that_waits(&scene, &mut ada).await;
    let path = format!("{LOG}/{id}/resend");
    for login in ["alice", "sue"] {
        let mut other = Browser::logged_in(&scene, login).await;
        for (method, path) in [("GET", LOG), ("POST", &path)] {
            let refused = other.api(method, path, None).await.outcome();
            assert_eq!(refused, (403, "ADMINS_ONLY".to_owned()), "{login} {method}");
        }
    }
    let bare = ada.send(Request::post(&path)).await;
    assert_eq!(bare.outcome(), (403, "CSRF".to_owned()));
    for bad in ["0", "x", "9223372036854775808"] {
        let refused = ada.api("POST", &format!("{LOG}/{bad}/resend"), None).await;
        assert_eq!(refused.outcome(), (404, "NOT_FOUND".to_owned()), "{bad}");
    }
    let unread = ada.api("GET", &format!("{LOG}?before=x"), None).await;
    assert_eq!(unread.outcome(), (400, "BAD_PARAMETER".to_owned()), "{}", unread.body);

    // The call again and again, fifty times more.
    let unit = scene.app.store.write(move |tx| {
        let tenant = tenant(tx)?;
        let first = ringbridge_server::store::action::callbacks(tx, tenant, job::JobId(i64::MAX), 1)?;
        let (first, now) = (first.first().expect("one").clone(), ringbridge_server::clock::now());
        let agent = ringbridge_server::store::agent::of_tenant(tx, tenant)?[0].id;
        for _ in 0..50 {
            let (transaction, lane, body) = (first.transaction, first.lane.clone(), first.body.clone());
            job::enqueue(
                tx,
                &job::NewJob { tenant, agent, transaction, kind: "callback", lane, body, due_at: now },
                now,
            )?;
        }
        Ok(())
    });
    unit.await.expect("written");
    let ids = |page: &Value| -> Vec<i64> {
        page["deliveries"].as_array().expect("rows").iter().filter_map(|row| row["id"].as_i64()).collect()
    };
    let newest = ada.api("GET", LOG, None).await.json();
    assert_eq!((ids(&newest).len(), newest["more"].as_bool()), (50, Some(true)));
    let last = ids(&newest).pop().expect("rows");
    let oldest = ada.api("GET", &format!("{LOG}?before={last}"), None).await.json();
    assert_eq!((json!(ids(&oldest)), oldest["more"].as_bool()), (json!([id]), Some(false)));
}

/// Acme, the first contact center of the scene.
fn tenant(tx: &mut Tx<'_>) -> Result<ringbridge_core::id::TenantId, StoreError> {
    Ok(ringbridge_server::store::tenant::find(tx, "acme")?.expect("acme").id)
}
