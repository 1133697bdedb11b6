//! The steps after calls, for those who look after them: who may see and steer them, and what is told of them.

use crate::client::{Answer, Browser, Request, raw};
use crate::scene::{ACTION_TOKEN, DATA_TOKEN, Scene};
use ringbridge_core::redact::Secret;
use ringbridge_core::tenant::salesforce::{Interface, Login};
use ringbridge_core::tenant::{Salesforce, Tenant};
use serde_json::{Value, json};

pub(crate) fn quick(tenant: &mut Tenant) {
    tenant.wrap_up_seconds = 0;
    tenant.code_lists.clear();
}

/// A call of alice's whose callback waits: nobody works on it in this scene. The id of the step.
pub(crate) async fn callback_that_waits(scene: &Scene, ada: &mut Browser<'_>) -> Value {
    let mut alice = Browser::logged_in(scene, "alice").await;
    let link = "phone=6502928880&ctl_userdata=[ctl_callbackUrl|https://crm.example/<b>?a=b]";
    let answer = alice.click(link).await;
    assert_eq!(answer.status, 202, "{answer:?}");
    let id = answer.json()["transaction_id"].as_i64().expect("a number");
    alice.api("POST", &format!("/api/v1/calls/{id}/cancel"), None).await;
    for _ in 0..500 {
        let actions = ada.api("GET", "/api/v1/actions", None).await.json();
        if let Some(action) = actions["actions"].get(0) {
            assert_eq!((&action["kind"], &action["transaction_id"]), (&json!("callback"), &json!(id)));
            return action["id"].clone();
        }
        tokio::task::yield_now().await;
    }
    panic!("no callback was asked for");
}

/// Every way to see and steer a step.
fn ways(id: &Value) -> [(&'static str, String, Option<Value>); 4] {
    [
        ("GET", "/api/v1/actions".to_owned(), None),
        ("PUT", format!("/api/v1/actions/{id}"), Some(json!({ "url": "https://evil.example/" }))),
        ("POST", format!("/api/v1/actions/{id}/retry"), None),
        ("POST", format!("/api/v1/actions/{id}/give-up"), None),
    ]
}

async fn by_token(scene: &Scene, method: &str, path: &str, authorization: &str) -> Answer {
    let request = Request::new(method, path).header("Authorization", authorization);
    raw(scene, &request.bytes(&scene.host())).await
}

#[tokio::test(flavor = "multi_thread")]
async fn steps_are_for_admins_and_action_tokens_of_their_tenant() {
    let scene = Scene::with(quick).await;
    let mut ada = Browser::logged_in(&scene, "ada").await;
    let id = callback_that_waits(&scene, &mut ada).await;

    for login in ["alice", "sue"] {
        let mut other = Browser::logged_in(&scene, login).await;
        for (method, path, body) in ways(&id) {
            let refused = other.api(method, &path, body).await.outcome();
            assert_eq!(refused, (403, "ADMINS_ONLY".to_owned()), "{login} {method} {path}");
        }
        assert_eq!(other.send(Request::get("/AGUI/config/actions").typed()).await.status, 403, "{login}");
    }
    let mut nobody = Browser::new(&scene);
    for (method, path, body) in ways(&id) {
        assert_eq!(nobody.api(method, &path, body).await.outcome(), (401, "SESSION_REQUIRED".to_owned()));
    }
    let page = nobody.send(Request::get("/AGUI/config/actions").typed()).await;
    assert_eq!(page.leads_to(), (303, "/AGUI/login"));

    // The admin of another tenant.
    let host = "other.example";
    let form = "login=otto&password=correct+horse";
    let in_other = raw(&scene, &Request::post("/AGUI/login").json().form(form).bytes(host)).await;
    let cookie = in_other.header("set-cookie").and_then(|set| set.split(';').next()).expect("a cookie");
    let otto = |method: &str, path: &str| {
        Request::new(method, path)
            .header("Cookie", cookie)
            .header("X-Requested-With", "ringbridge")
            .bytes(host)
    };
    let seen = raw(&scene, &otto("GET", "/api/v1/actions")).await;
    assert_eq!((seen.status, seen.json()), (200, json!({ "actions": [], "connections": [] })));
    for what in ["retry", "give-up"] {
        let refused = raw(&scene, &otto("POST", &format!("/api/v1/actions/{id}/{what}"))).await;
        assert_eq!(refused.outcome(), (404, "NOT_FOUND".to_owned()), "{what}");
    }

    // A page of another site cannot send the header; a data token opens nothing here; an action token does.
    let bare = ada.send(Request::post(&format!("/api/v1/actions/{id}/give-up"))).await;
    assert_eq!(bare.outcome(), (403, "CSRF".to_owned()));
    for wrong in [DATA_TOKEN, "nonsense"] {
        let refused = by_token(&scene, "GET", "/api/v1/actions", &format!("Bearer {wrong}")).await;
        assert_eq!(refused.outcome(), (401, "SESSION_REQUIRED".to_owned()), "{wrong}");
    }
    let bearer = format!("Bearer {ACTION_TOKEN}");
    let retried = by_token(&scene, "POST", &format!("/api/v1/actions/{id}/retry"), &bearer).await;
    assert_eq!(retried.status, 204, "{retried:?}");
    let who = |entries: Vec<ringbridge_server::store::journal::Entry>| -> Vec<Value> {
        entries.iter().map(|entry| entry.body["by"].clone()).collect()
    };
    assert_eq!(who(scene.journal("callback.retried").await), [json!("an action token")]);
    assert_eq!(scene.journal("callback.edited").await.len(), 0, "nobody else has changed it");
    assert_eq!(scene.journal("callback.given_up").await.len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_admin_mends_a_step_and_gives_it_up_and_it_is_written_down_who_did() {
    let scene = Scene::with(quick).await;
    let mut ada = Browser::logged_in(&scene, "ada").await;
    let id = callback_that_waits(&scene, &mut ada).await;
    let path = format!("/api/v1/actions/{id}");
    for unfit in [json!({ "object": "Task" }), json!({ "fields": [["a", "b"]] }), json!({ "URL": "x" })] {
        let refused = ada.api("PUT", &path, Some(unfit)).await;
        assert_eq!(refused.outcome(), (400, "BAD_PARAMETER".to_owned()));
    }
    let mended = ada.api("PUT", &path, Some(json!({ "url": "https://crm.example/right" }))).await;
    assert_eq!(mended.status, 204, "{mended:?}");
    let shown = ada.api("GET", "/api/v1/actions", None).await.json();
    assert_eq!(shown["actions"][0]["url"], "https://crm.example/right");
    assert_eq!(ada.api("POST", &format!("{path}/give-up"), None).await.status, 204);
    for (method, path, body) in ways(&id).into_iter().skip(1) {
        let refused = ada.api(method, &path, body).await.outcome();
        assert_eq!(refused, (410, "ACTION_SETTLED".to_owned()), "{method} {path}");
    }
    assert_eq!(ada.api("GET", "/api/v1/actions", None).await.json()["actions"], json!([]));
    for kind in ["callback.edited", "callback.given_up"] {
        let entries = scene.journal(kind).await;
        assert_eq!(entries.len(), 1, "{kind}");
        assert_eq!(entries[0].body["by"], "ada", "{kind}");
    }
    for bad in ["0", "-1", "x", "9999999", "9223372036854775808"] {
        let refused = ada.api("POST", &format!("/api/v1/actions/{bad}/retry"), None).await;
        assert_eq!(refused.outcome(), (404, "NOT_FOUND".to_owned()), "{bad}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_way_to_the_steps_is_shown_to_admins_and_a_test_endpoint_to_everybody() {
    let org = |tenant: &mut Tenant| {
        tenant.salesforce = Some(Salesforce {
            login_url: "http://127.0.0.1:9".to_owned(),
            login: Login::ClientCredentials { client_secret: Secret::new("s") },
            client_id: "c".to_owned(),
            api_version: None,
            org_id: None,
            enhanced: false,
            auto_log: false,
            enrich: false,
            external_id_field: None,
            allowed_fields: vec![],
            allow_duplicates: false,
            interface: Interface::Auto,
            test_endpoint: true,
        });
    };
    const WAY: &str = "href=\"/AGUI/config/\"";
    const NOTICE: &str = "class=\"test-endpoint\"";
    let (plain, stand_in) = (Scene::start().await, Scene::with(org).await);
    for (scene, noticed) in [(&plain, [false, false]), (&stand_in, [true, true])] {
        let mut shown = vec![];
        for (login, page) in [("alice", "/AGUI/"), ("sue", "/AGUI/links/")] {
            let page = Browser::logged_in(scene, login).await.send(Request::get(page).typed()).await;
            assert!(!page.body.contains(WAY), "{login} is no admin");
            shown.push(page.body.contains(NOTICE));
        }
        assert_eq!(shown, noticed);
        let mut bob = Browser::logged_in(scene, "bob").await;
        let click = bob.send(Request::get("/AGUI/make_call.php?phone=6502928880").typed()).await;
        let call = bob.send(Request::get(click.leads_to().1).typed()).await;
        assert_eq!((call.status, call.body.contains(NOTICE)), (200, noticed[0]), "{}", call.body);
        let mut ada = Browser::logged_in(scene, "ada").await;
        for page in ["/AGUI/", "/AGUI/links/", "/AGUI/config/actions"] {
            let shown = ada.send(Request::get(page).typed()).await;
            assert!(shown.body.contains(WAY), "{page}");
            assert_eq!(shown.body.contains(NOTICE), noticed[0], "{page}");
        }
    }
}
