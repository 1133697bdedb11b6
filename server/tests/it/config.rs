//! Changing the tenant by the API: who may, what is answered, and that a change is seen at the next request.

use crate::client::{Browser, Request, raw};
use crate::scene::{ACTION_TOKEN, DATA_TOKEN, Scene};
use serde_json::{Value, json};

const QUEUE: &str = "/api/v1/config/queue/101";

#[tokio::test(flavor = "multi_thread")]
async fn settings_are_read_and_changed_by_admins_and_action_tokens_only() {
    let scene = Scene::start().await;
    let ways = [
        ("GET", "/api/v1/config"),
        ("GET", "/api/v1/config/audit"),
        ("GET", "/api/v1/config/agents/export"),
        ("POST", "/api/v1/config/agents/import"),
        ("POST", "/api/v1/config/audit/1/undo"),
        ("PUT", "/api/v1/config/settings"),
        ("DELETE", "/api/v1/config/salesforce"),
        ("POST", "/api/v1/config/queue"),
        ("PUT", QUEUE),
        ("DELETE", QUEUE),
    ];
    let body = || Some(json!({ "value": {} }));
    for login in ["alice", "sue"] {
        let mut other = Browser::logged_in(&scene, login).await;
        for (method, path) in ways {
            let refused = other.api(method, path, body()).await.outcome();
            assert_eq!(refused, (403, "ADMINS_ONLY".to_owned()), "{login} {method} {path}");
        }
    }
    let mut nobody = Browser::new(&scene);
    for (method, path) in ways {
        let refused = nobody.api(method, path, body()).await.outcome();
        assert_eq!(refused, (401, "SESSION_REQUIRED".to_owned()), "{method} {path}");
    }
    let mut ada = Browser::logged_in(&scene, "ada").await;
    for (method, path) in ways.into_iter().filter(|(method, _)| *method != "GET") {
        let bare = Request::new(method, path).body("application/json", b"{\"value\": {}}");
        assert_eq!(ada.send(bare).await.outcome(), (403, "CSRF".to_owned()), "{method} {path}");
    }
    let by_token = |token: &str| {
        let sent = json!({ "value": { "country": "GB" } }).to_string();
        let request = Request::new("PUT", "/api/v1/config/settings");
        let request = request.header("Authorization", &format!("Bearer {token}"));
        request.body("application/json", sent.as_bytes()).bytes(&scene.host())
    };
    assert_eq!(raw(&scene, &by_token(DATA_TOKEN)).await.status, 401);
    let changed = raw(&scene, &by_token(ACTION_TOKEN)).await;
    assert_eq!((changed.status, &changed.json()["lines"]), (200, &json!(["~ tenant acme country US → GB"])));
    let audit = ada.api("GET", "/api/v1/config/audit", None).await.json();
    assert_eq!(audit["entries"][0]["who"], "an action token");

    // The admin of another tenant sees and changes their own only.
    let form = "login=otto&password=correct+horse";
    let log_in = raw(&scene, &Request::post("/AGUI/login").json().form(form).bytes("other.example")).await;
    let cookie = log_in.header("set-cookie").and_then(|set| set.split(';').next()).expect("a cookie");
    let otto = |method: &str, path: &str| {
        let request = Request::new(method, path).header("Cookie", cookie);
        request.header("X-Requested-With", "ringbridge").bytes("other.example")
    };
    let theirs = raw(&scene, &otto("GET", "/api/v1/config")).await.json();
    assert_eq!((&theirs["tenant"]["name"], &theirs["tenant"]["queue"]), (&json!("other"), &json!([])));
    let audit = raw(&scene, &otto("GET", "/api/v1/config/audit")).await.json();
    assert_eq!(audit, json!({ "entries": [], "more": false }));
    assert_eq!(raw(&scene, &otto("DELETE", QUEUE)).await.status, 404);
    let id = changed.json()["revision"].as_i64().expect("an id");
    assert_eq!(raw(&scene, &otto("POST", &format!("/api/v1/config/audit/{id}/undo"))).await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_is_told_done_seen_audited_and_undone() {
    let scene = Scene::start().await;
    let mut ada = Browser::logged_in(&scene, "ada").await;
    let read = ada.api("GET", "/api/v1/config", None).await.json();
    assert_eq!(read["trunks"], json!(["main"]));
    let queue = read["tenant"]["queue"][0].clone();
    assert_eq!(
        queue,
        json!({
            "id": 101, "name": "Sales", "caller_id": "5251990", "code_lists": ["Outcome"], "wrap_up_seconds": 60,
            "wrap_up_after_failed": "full",
        })
    );
    let agent = &read["tenant"]["agent"][0];
    assert_eq!((&agent["password"], &agent["external_password"]), (&json!("***"), &json!("***")));

    let mut wanted = queue.clone();
    wanted["name"] = json!("Vertrieb");
    let sent = Some(json!({ "value": wanted, "was": queue }));
    let line = json!(["~ tenant acme: queue 101 name Sales → Vertrieb"]);
    let dry = ada.api("PUT", &format!("{QUEUE}?dry_run=1"), sent.clone()).await.json();
    assert_eq!(dry, json!({ "lines": line, "made": [], "revision": null }));
    let done = ada.api("PUT", QUEUE, sent.clone()).await.json();
    let id = done["revision"].as_i64().expect("an id");
    assert_eq!(done, json!({ "lines": line, "made": [], "revision": id }));
    let again = ada.api("PUT", QUEUE, sent).await;
    assert_eq!(again.outcome(), (409, "CONFIG_CHANGED".to_owned()));
    let said = again.json()["detail"].as_str().expect("a sentence").to_owned();
    assert!(
        said.starts_with("Nothing was saved: in the meantime somebody changed queue 101 by ada on 20"),
        "{said}"
    );
    let now = ada.api("GET", "/api/v1/config", None).await.json();
    assert_eq!(now["tenant"]["queue"][0], wanted);
    assert!(now["version"].as_i64() > read["version"].as_i64());

    let audit = ada.api("GET", "/api/v1/config/audit", None).await.json();
    let entry = &audit["entries"][0];
    let at = entry["at"].clone();
    let expected = |undone: Value| {
        json!({
            "id": id, "at": at, "who": "ada", "how": "screen", "lines": line, "more_lines": 0,
            "can_undo": undone.is_null(), "undone_by": undone, "undoes": null,
        })
    };
    assert_eq!(audit, json!({ "entries": [expected(Value::Null)], "more": false }));
    let journal = scene.journal("tenant.provisioned").await;
    assert_eq!(journal[0].body, json!({ "plan": line, "who": "ada", "how": "screen" }));

    let undo = format!("/api/v1/config/audit/{id}/undo");
    let undone = ada.api("POST", &undo, None).await.json();
    assert_eq!(undone["lines"], json!(["~ tenant acme: queue 101 name Vertrieb → Sales"]));
    assert_eq!(ada.api("POST", &undo, None).await.outcome(), (409, "NOT_UNDOABLE".to_owned()));
    let audit = ada.api("GET", "/api/v1/config/audit", None).await.json();
    assert_eq!(audit["entries"][0]["undoes"], id);
    assert_eq!(audit["entries"][1], expected(undone["revision"].clone()));
    let older = ada.api("GET", &format!("/api/v1/config/audit?before={id}"), None).await.json();
    assert_eq!(older, json!({ "entries": [], "more": false }));
}

#[tokio::test(flavor = "multi_thread")]
async fn items_come_and_go_and_what_is_wrong_is_said_beside_its_field() {
    let scene = Scene::start().await;
    let mut ada = Browser::logged_in(&scene, "ada").await;
    let rule = json!({ "id": 2, "name": "b", "rule": [{ "match": "^1" }, { "match": "(" }] });
    let refused = ada.api("POST", "/api/v1/config/dial_plan", Some(json!({ "value": rule }))).await;
    assert_eq!(refused.outcome(), (422, "CONFIG_REFUSED".to_owned()));
    let problem = refused.json();
    assert_eq!(
        problem["errors"],
        json!([{ "path": ["rule", 1, "match"], "text": "the pattern is no regular expression: unclosed group" }])
    );
    assert_eq!(problem["detail"], "The pattern is no regular expression: unclosed group.");
    assert_eq!(problem["title"], "This cannot be saved as it is");

    let token = json!({ "value": { "name": "new", "kind": "data" } });
    let made = ada.api("POST", "/api/v1/config/token", Some(token)).await.json();
    assert_eq!(made["made"][0]["what"], "token new of tenant acme");
    assert_eq!(made["made"][0]["value"].as_str().map(str::len), Some(43));
    let gone = ada.api(
        "DELETE",
        "/api/v1/config/token/new",
        Some(json!({ "was": { "name": "new", "kind": "data", "value": "***" } })),
    );
    assert_eq!(gone.await.json()["lines"], json!(["- tenant acme: token new"]));

    let last = ada.api("DELETE", "/api/v1/config/agent/ada", None).await;
    assert_eq!(last.outcome(), (409, "LAST_ADMIN".to_owned()));
    for (method, path) in [
        ("PUT", "/api/v1/config/nothing"),
        ("PUT", "/api/v1/config/queue/9"),
        ("DELETE", "/api/v1/config/callbacks"),
        ("POST", "/api/v1/config/settings"),
    ] {
        let body = Some(json!({ "value": {} })).filter(|_| method != "DELETE");
        assert_eq!(
            ada.api(method, path, body).await.outcome(),
            (404, "NOT_FOUND".to_owned()),
            "{method} {path}"
        );
    }
    for body in [json!({}), json!({ "value": {}, "now": 1 })] {
        assert_eq!(ada.api("PUT", QUEUE, Some(body)).await.outcome(), (400, "BAD_PARAMETER".to_owned()));
    }

    // A new password ends the agent's log-ins (SEC-31), and is what they log in with.
    let mut alice = Browser::logged_in(&scene, "alice").await;
    let read = ada.api("GET", "/api/v1/config", None).await.json();
    let mut value = read["tenant"]["agent"][0].clone();
    assert_eq!(value["login"], "alice");
    value["password"] = json!("battery staple");
    let changed = ada.api("PUT", "/api/v1/config/agent/alice", Some(json!({ "value": value }))).await.json();
    assert_eq!(changed["lines"], json!(["~ tenant acme: agent alice password changed"]));
    assert_eq!(alice.api("GET", "/api/v1/me", None).await.status, 401);
    assert_eq!(alice.log_in("alice", "battery staple").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_could_be_made_can_be_removed_however_long_it_is() {
    let scene = Scene::start().await;
    let mut ada = Browser::logged_in(&scene, "ada").await;
    let rules: Vec<Value> = (0..2_000)
        .map(|rule| json!({ "match": format!("^{rule}$"), "comment": "one of very many" }))
        .collect();
    let plan = json!({ "id": 9, "name": "long", "rule": rules });
    let made = ada.api("POST", "/api/v1/config/dial_plan", Some(json!({ "value": plan }))).await;
    assert_eq!(made.status, 200, "{}", made.body);
    let removed = ada.api("DELETE", "/api/v1/config/dial_plan/9", Some(json!({ "was": plan }))).await;
    assert_eq!(removed.status, 200, "{}", removed.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn agents_go_out_and_come_in_as_a_spreadsheet() {
    let scene = Scene::start().await;
    let mut ada = Browser::logged_in(&scene, "ada").await;
    let sheet = ada.api("GET", "/api/v1/config/agents/export", None).await;
    assert_eq!(sheet.header("content-type"), Some("text/csv; charset=utf-8; header=present"));
    assert_eq!(sheet.header("content-disposition"), Some("attachment; filename=\"agents-acme.csv\""));
    let import = |query: &str, body: &[u8]| {
        let request = Request::post(&format!("/api/v1/config/agents/import{query}"));
        request.header("X-Requested-With", "ringbridge").body("text/csv", body)
    };
    let same = ada.send(import("", sheet.body.as_bytes())).await.json();
    assert_eq!(same, json!({ "lines": [], "made": [], "revision": null }));

    let wrong = ada.send(import("", b"login,role\nnew,boss\n")).await;
    assert_eq!(wrong.outcome(), (422, "CONFIG_REFUSED".to_owned()));
    let text = "\"role\" must be one of \"agent\", \"supervisor\", \"admin\"";
    assert_eq!(wrong.json()["errors"], json!([{ "line": 2, "column": "role", "text": text }]));
    let latin = ada.send(import("", b"login\nJos\xe9\n")).await;
    assert_eq!(latin.json()["errors"][0]["text"], "this file is not UTF-8; save it as \"CSV UTF-8\"");

    let dry = ada.send(import("?dry_run=1", b"login\nnew\n")).await.json();
    assert_eq!(dry, json!({ "lines": ["+ tenant acme: agent new"], "made": [], "revision": null }));
    let done = ada.send(import("", b"login\nnew\n")).await.json();
    assert_eq!((&done["lines"], &done["made"][0]["what"]), (&dry["lines"], &json!("password of agent new")));
    let password = done["made"][0]["value"].as_str().expect("a password");
    assert_eq!(Browser::new(&scene).log_in("new", password).await.status, 200);
    let last = &ada.api("GET", "/api/v1/config/audit", None).await.json()["entries"][0];
    assert_eq!((&last["how"], &last["who"]), (&json!("import"), &json!("ada")));
}
