//! Every refusal of a click with its exact answer (semantics 1.1 to 1.12, 3.1, 3.2), and its entry in the journal (1.14).

use crate::client::{Browser, Request};
use crate::scene::Scene;
use ringbridge_core::agent::Presence;
use ringbridge_core::tenant::Tenant;
use serde_json::{Value, json};

/// What a refused click answers: status, code, sentence, parameter, offset.
type Row = (u16, &'static str, &'static str, Option<&'static str>, Option<u64>);

fn row(document: &Value) -> (u16, String, String, Option<String>, Option<u64>) {
    let text = |name: &str| document[name].as_str().map(str::to_owned);
    (
        u16::try_from(document["status"].as_u64().expect("a status")).expect("small"),
        text("code").expect("a code"),
        text("detail").expect("a sentence"),
        text("parameter"),
        document["offset"].as_u64(),
    )
}

fn expected(
    (status, code, text, parameter, offset): Row,
) -> (u16, String, String, Option<String>, Option<u64>) {
    (status, code.to_owned(), text.to_owned(), parameter.map(str::to_owned), offset)
}

/// Clicks as alice of a changed acme, and checks answer, page and journal.
async fn refused(change: impl FnOnce(&mut Tenant), query: &str, answer: Row) {
    let scene = Scene::with(change).await;
    let mut alice = Browser::logged_in(&scene, "alice").await;
    check(&scene, &mut alice, query, answer).await;
}

async fn check(scene: &Scene, alice: &mut Browser<'_>, query: &str, answer: Row) {
    let before = scene.journal("click.refused").await.len();
    let got = alice.click(query).await;
    assert_eq!(got.status, answer.0, "{query}: {}", got.body);
    assert_eq!(row(&got.json()), expected(answer), "{query}");
    let page = alice.send(Request::get(&format!("/AGUI/make_call.php?{query}")).typed()).await;
    assert_eq!(page.status, answer.0, "{query} as a page");
    let shown = page
        .body
        .replace("&#34;", "\"")
        .replace("&#39;", "'")
        .replace("&#38;", "&")
        .replace("&#62;", ">")
        .replace("&#60;", "<");
    assert!(shown.contains(answer.1) && shown.contains(answer.2), "{query}: {shown}");
    let written = scene.journal("click.refused").await;
    assert_eq!(written.len(), before + 2, "{query}");
    let entry = &written[before];
    assert_eq!((entry.tenant, entry.agent), (Some(scene.acme), Some(scene.agent("alice"))));
    assert_eq!((&entry.body["code"], &entry.body["address"]), (&json!(answer.1), &json!("127.0.0.1")));
}

#[tokio::test(flavor = "multi_thread")]
async fn links_that_cannot_be_read_are_refused_with_parameter_and_place() {
    let scene = Scene::start().await;
    let mut alice = Browser::logged_in(&scene, "alice").await;
    for (query, answer) in [
        (
            "",
            (
                400,
                "BAD_NUMBER",
                "phone is missing; give the number to call: make_call.php?phone=…",
                Some("phone"),
                None,
            ),
        ),
        (
            "phone=1&prefix=1a",
            (
                400,
                "BAD_PARAMETER",
                "prefix may hold digits 0 to 9 only, or nothing.",
                Some("prefix"),
                Some(1),
            ),
        ),
        (
            "phone=1&callerId=+1",
            (
                400,
                "BAD_PARAMETER",
                "callerId may hold digits 0 to 9 only, or nothing.",
                Some("callerId"),
                Some(0),
            ),
        ),
        (
            "phone=1&dialplan_id=x",
            (
                400,
                "BAD_PARAMETER",
                "dialplan_id may hold digits 0 to 9 only, or nothing.",
                Some("dialplan_id"),
                Some(0),
            ),
        ),
        (
            "phone=1&queue_id=1.0",
            (
                400,
                "BAD_PARAMETER",
                "queue_id may hold digits 0 to 9 only, or nothing.",
                Some("queue_id"),
                Some(1),
            ),
        ),
        (
            "phone=%ff",
            (
                400,
                "BAD_PARAMETER",
                "phone is not UTF-8; percent-encode its text as UTF-8.",
                Some("phone"),
                Some(0),
            ),
        ),
        (
            "phone=1&ctl_userdata=a%ff",
            (
                400,
                "BAD_PARAMETER",
                "ctl_userdata is not UTF-8; percent-encode its text as UTF-8.",
                Some("ctl_userdata"),
                Some(1),
            ),
        ),
    ] {
        check(&scene, &mut alice, query, answer).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn malformed_userdata_is_shown_with_a_caret_under_its_place() {
    let scene = Scene::start().await;
    let mut alice = Browser::logged_in(&scene, "alice").await;
    let got = alice.click("phone=6502928880&ctl_userdata=[a|b]x").await;
    let document = got.json();
    assert_eq!(
        (got.outcome(), &document["parameter"], &document["offset"], &document["place"]),
        ((400, "USERDATA_MALFORMED".to_owned()), &json!("ctl_userdata"), &json!(0), &json!("[a|b]x\n^"))
    );
    let got = alice.click("phone=6502928880&extTransactionData=[|x]").await.json();
    assert_eq!(
        (&got["code"], &got["parameter"]),
        (&json!("USERDATA_MALFORMED"), &json!("extTransactionData"))
    );
    let page =
        alice.send(Request::get("/AGUI/make_call.php?phone=6502928880&ctl_userdata=[a|b]x").typed()).await;
    assert!(page.body.contains("[a|b]x\n^</pre>"), "{}", page.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn names_the_tenant_does_not_have_are_refused() {
    let scene = Scene::start().await;
    let mut alice = Browser::logged_in(&scene, "alice").await;
    for (query, status, code, parameter) in [
        ("phone=6502928880&callerId=999", 400, "CALLER_ID_UNKNOWN", "callerId"),
        ("phone=6502928880&dialplan_id=9", 400, "DIALPLAN_UNKNOWN", "dialplan_id"),
        ("phone=6502928880&queue_id=9", 400, "QUEUE_UNKNOWN", "queue_id"),
        ("phone=6502928880&queue_id=102", 403, "QUEUE_NOT_MEMBER", "queue_id"),
        ("phone=19005551234", 400, "DIALPLAN_REFUSED", "phone"),
        ("phone=%2B33142685300", 403, "NUMBER_NOT_ALLOWED", "phone"),
        ("phone=(none)", 400, "BAD_NUMBER", "phone"),
        ("phone=123456789012345678901234567890123", 400, "BAD_NUMBER", "phone"),
    ] {
        let got = alice.click(query).await;
        assert_eq!(
            (got.outcome(), got.json()["parameter"].as_str()),
            ((status, code.to_owned()), Some(parameter)),
            "{query}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_any_caller_id_nothing_is_dialled() {
    let change = |acme: &mut Tenant| acme.default_caller_id = None;
    refused(
        change,
        "phone=6502928880",
        (
            409,
            "NO_CALLER_ID",
            "No caller ID is set for you, the queue or the tenant; name one with callerId, or ask an administrator.",
            None,
            None,
        ),
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_who_is_not_available_does_not_dial() {
    let scene = Scene::start().await;
    let mut alice = Browser::logged_in(&scene, "alice").await;
    for presence in [Presence::OnBreak, Presence::WorkingOffline, Presence::LoggedOut] {
        scene.app.switchboard.set_presence(scene.acme, scene.agent("alice"), presence).await.expect("set");
        let got = alice.click("phone=6502928880").await;
        assert_eq!(got.outcome(), (409, "AGENT_NOT_AVAILABLE".to_owned()), "{presence:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_in_a_call_is_busy_for_another_number() {
    let scene = Scene::start().await;
    let mut alice = Browser::logged_in(&scene, "alice").await;
    assert_eq!(alice.click("phone=6502928880").await.status, 202);
    assert_eq!(alice.click("phone=6502928881").await.outcome(), (409, "AGENT_BUSY".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn methods_other_than_get_and_post_never_dial() {
    let scene = Scene::start().await;
    let mut alice = Browser::logged_in(&scene, "alice").await;
    for method in ["PUT", "DELETE", "OPTIONS", "PATCH"] {
        let got = alice.send(Request::new(method, "/AGUI/make_call.php?phone=6502928880").json()).await;
        assert_eq!(got.outcome(), (405, "METHOD_NOT_ALLOWED".to_owned()), "{method}");
        assert_eq!(got.header("allow"), Some("GET, POST"));
    }
    let head = alice.send(Request::new("HEAD", "/AGUI/make_call.php?phone=6502928880")).await;
    assert_eq!((head.status, head.body.as_str()), (405, ""));
    assert_eq!(scene.journal("click.accepted").await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_browser_loads_ahead_of_a_click_has_no_effect() {
    let scene = Scene::start().await;
    let mut alice = Browser::logged_in(&scene, "alice").await;
    for (name, value) in [
        ("Sec-Purpose", "prefetch"),
        ("Sec-Purpose", "prefetch;prerender"),
        ("Purpose", "prefetch"),
        ("X-Purpose", "preview"),
        ("X-Moz", "prefetch"),
    ] {
        let got = alice
            .send(Request::get("/AGUI/make_call.php?phone=6502928880").typed().header(name, value))
            .await;
        assert_eq!((got.status, got.header("cache-control")), (503, Some("no-store")), "{name}: {value}");
        assert!(got.body.contains("The browser loaded this link ahead of a click."));
    }
    assert_eq!(scene.journal("click.accepted").await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn images_frames_and_scripts_of_other_sites_never_dial() {
    let scene = Scene::with(|acme| acme.origin_policy = ringbridge_core::tenant::OriginPolicy::Any).await;
    let mut alice = Browser::logged_in(&scene, "alice").await;
    for (mode, dest) in
        [("no-cors", "image"), ("navigate", "iframe"), ("cors", "empty"), ("no-cors", "script")]
    {
        let request = Request::get("/AGUI/make_call.php?phone=6502928880")
            .header("Sec-Fetch-Site", "cross-site")
            .header("Sec-Fetch-Mode", mode)
            .header("Sec-Fetch-Dest", dest);
        assert_eq!(alice.send(request).await.status, 403, "{mode} {dest}");
    }
    assert_eq!(scene.journal("click.accepted").await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_of_another_kind_is_refused() {
    let scene = Scene::start().await;
    let mut alice = Browser::logged_in(&scene, "alice").await;
    let request = Request::post("/AGUI/make_call.php?phone=6502928880")
        .json()
        .body("text/plain", b"ctl_userdata=[a|b]");
    assert_eq!(alice.send(request).await.outcome(), (415, "UNSUPPORTED_MEDIA_TYPE".to_owned()));
    let request =
        Request::post("/AGUI/make_call.php?phone=6502928880").json().body("multipart/form-data", b"x");
    assert_eq!(alice.send(request).await.outcome(), (400, "BAD_PARAMETER".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_is_told_to_log_in_and_their_click_is_written_down_too() {
    let scene = Scene::start().await;
    let mut nobody = Browser::new(&scene);
    let got = nobody.click("phone=6502928880").await;
    assert_eq!(
        row(&got.json()),
        expected((
            401,
            "SESSION_REQUIRED",
            "You are not logged in, so nothing was dialled. Log in, then place the call with the button that appears.",
            None,
            None
        ))
    );
    let entry = &scene.journal("click.refused").await[0];
    assert_eq!((entry.tenant, entry.agent, &entry.body["code"]), (None, None, &json!("SESSION_REQUIRED")));
}
