//! Pages that were clicked on and are not listed, for admins (SEC-2).

use crate::client::{Browser, Request};
use crate::scene::Scene;
use serde_json::{Value, json};

const LIST: &str = "/api/v1/config/origins/refused";
const TARGET: &str = "/AGUI/make_call.php?phone=6502928880";

/// Origin, times and code of each row.
async fn rows(browser: &mut Browser<'_>) -> Vec<Value> {
    let answer = browser.api("GET", LIST, None).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let rows = answer.json()["origins"].as_array().expect("a list").clone();
    rows.iter().map(|row| json!([row["origin"], row["times"], row["last_code"]])).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_admin_sees_the_pages_that_are_not_listed_newest_first() {
    let scene = Scene::start().await;
    let mut alice = Browser::logged_in(&scene, "alice").await;
    let mut ada = Browser::logged_in(&scene, "ada").await;
    // Asked about, twice (a number that cannot be read is refused for that); listed, own and typed ones are in nobody's way.
    for site in ["https://new.example", "https://new.example", "https://crm.example", &scene.origin()] {
        alice.send(Request::get("/AGUI/make_call.php?phone=nobody").clicked_on(site)).await;
        alice.send(Request::get(TARGET).clicked_on(site)).await;
    }
    let program = Request::get(TARGET).json().header("Referer", "https://script.example/a?b=secret");
    assert_eq!(alice.send(program).await.status, 403);
    alice.send(Request::get(TARGET).typed()).await;
    // A frame is refused wherever it is: listing its page would not help.
    let frame = Request::get(TARGET)
        .header("Accept", "text/html")
        .header("Sec-Fetch-Site", "cross-site")
        .header("Sec-Fetch-Dest", "iframe")
        .header("Referer", "https://frame.example/");
    assert_eq!(alice.send(frame).await.status, 403);

    assert_eq!(
        rows(&mut ada).await,
        [
            json!(["https://script.example", 1, "CONFIRMATION_REQUIRED"]),
            json!(["https://new.example", 2, "CONFIRMATION_REQUIRED"]),
        ]
    );
    assert_eq!(scene.journal("click.asked").await[0].body["phone"], "6502928880");

    for login in ["alice", "sue"] {
        let refused = Browser::logged_in(&scene, login).await.api("GET", LIST, None).await;
        assert_eq!(refused.outcome(), (403, "ADMINS_ONLY".to_owned()), "{login}");
    }
    let nobody = Browser::new(&scene).api("GET", LIST, None).await;
    assert_eq!(nobody.outcome(), (401, "SESSION_REQUIRED".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_a_waiting_click_only_claims_to_come_from_is_not_offered_for_listing() {
    let scene = Scene::start().await;
    let mut alice = Browser::logged_in(&scene, "alice").await;
    let mut ada = Browser::logged_in(&scene, "ada").await;
    let forged = Request::post(TARGET)
        .header("Accept", "text/html")
        .header("Sec-Fetch-Site", "cross-site")
        .header("Sec-Fetch-Mode", "navigate")
        .header("Sec-Fetch-Dest", "document")
        .header("Origin", "https://forged.example")
        .form("ctl_userdata=[a|b]");
    let parked = Browser::new(&scene).send(forged).await;
    let asked = alice.send(Request::get(parked.leads_to().1).clicked_on("https://evil.example")).await;
    assert!(asked.body.contains("Place this call?"), "{asked:?}");
    assert_eq!(rows(&mut ada).await, [json!(["https://evil.example", 1, "CONFIRMATION_REQUIRED"])]);
}
