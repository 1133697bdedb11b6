//! Clicks that wait: for a press of the button, for a log-in, for the second half of a POST (SEC-2, SEC-3, SEC-5).

use crate::client::{Answer, Browser, Request};
use crate::scene::Scene;

const TARGET: &str = "/AGUI/make_call.php?phone=6502928880&queue_id=101&ctl_userdata=[ctl_callbackUrl|https://cb.example/x?a=$notes$]";
const TOKEN: &str = "name=\"token\" value=\"";

/// Presses the button of a confirmation page.
async fn press(browser: &mut Browser<'_>, page: &Answer) -> Answer {
    let origin = browser.scene.origin();
    let form = format!("token={}", page.after(TOKEN));
    browser.send(Request::post("/AGUI/confirm").header("Origin", &origin).form(&form)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_shows_what_would_be_dialled_and_its_button_works_once() {
    let scene = Scene::start().await;
    let mut alice = Browser::logged_in(&scene, "alice").await;
    let page = alice.send(Request::get(TARGET).clicked_on("https://elsewhere.example")).await;
    assert_eq!(page.status, 200);
    for part in [
        "16502928880",
        "<dd>5251990</dd>",
        "<dd>Sales</dd>",
        "<dd>https://elsewhere.example</dd>",
        "<dd>cb.example</dd>",
        "US",
    ] {
        assert!(page.body.contains(part), "{part} in {}", page.body);
    }
    assert_eq!(scene.journal("click.accepted").await, []);
    let placed = press(&mut alice, &page).await;
    let (status, place) = placed.leads_to();
    assert_eq!((status, place.starts_with("/AGUI/call/")), (303, true), "{placed:?}");
    assert_eq!(scene.journal("click.accepted").await.len(), 1);
    let again = press(&mut alice, &page).await;
    assert_eq!(again.status, 403);
    assert!(
        again
            .body
            .contains("This confirmation was used already or is older than its time. Click the link again.")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_works_in_its_own_session_only_and_for_our_own_form_only() {
    let scene = Scene::start().await;
    let mut alice = Browser::logged_in(&scene, "alice").await;
    let mut bob = Browser::logged_in(&scene, "bob").await;
    let page = alice.send(Request::get(TARGET).clicked_on("https://elsewhere.example")).await;
    assert_eq!(press(&mut bob, &page).await.status, 403);
    assert_eq!(press(&mut Browser::new(&scene), &page).await.status, 401);
    let form = format!("token={}", page.after(TOKEN));
    let foreign = Request::post("/AGUI/confirm").header("Origin", "https://evil.example").form(&form);
    assert_eq!(alice.send(foreign).await.status, 403);
    assert_eq!(scene.journal("click.accepted").await, []);
    assert_eq!(press(&mut alice, &page).await.status, 303, "what others tried did not use it up");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_is_told_that_a_person_must_confirm() {
    let scene = Scene::start().await;
    let mut alice = Browser::logged_in(&scene, "alice").await;
    let request = Request::get(TARGET).json().header("Referer", "https://elsewhere.example/");
    let answer = alice.send(request).await;
    assert_eq!(answer.outcome(), (403, "CONFIRMATION_REQUIRED".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_dialled_is_refused_before_anyone_is_asked() {
    let scene = Scene::start().await;
    let mut alice = Browser::logged_in(&scene, "alice").await;
    let request =
        Request::get("/AGUI/make_call.php?phone=%2B33142685300").clicked_on("https://elsewhere.example");
    assert_eq!(alice.send(request).await.status, 403);
    assert_eq!(scene.journal("click.refused").await[0].body["code"], "NUMBER_NOT_ALLOWED");
}

#[tokio::test(flavor = "multi_thread")]
async fn after_the_log_in_the_very_click_waits_behind_a_button() {
    let scene = Scene::start().await;
    let mut alice = Browser::new(&scene);
    let refused = alice.send(Request::get(TARGET).clicked_on("https://crm.example")).await;
    assert_eq!(refused.status, 401);
    let to_login = refused.after("class=\"button\" href=\"").to_owned();
    let next = to_login.strip_prefix("/AGUI/login?next=").expect("a way back").to_owned();
    let login = alice.send(Request::get(&to_login).typed()).await;
    assert!(login.body.contains(&format!("name=\"next\" value=\"{next}\"")), "{}", login.body);
    let form = format!("tenant=acme&login=alice&password=correct+horse&next={next}");
    let entered = alice.send(Request::post("/AGUI/login").form(&form)).await;
    assert_eq!(entered.leads_to(), (303, next.as_str()));
    // A browser follows with headers of our own origin, which would dial anywhere else.
    let own = Request::get(&next).header("Sec-Fetch-Site", "same-origin").header("Sec-Fetch-User", "?1");
    let page = alice.send(own).await;
    assert!(page.body.contains("Place this call?"), "{}", page.body);
    assert_eq!(scene.journal("click.accepted").await, []);
    assert_eq!(press(&mut alice, &page).await.status, 303);
    assert_eq!(scene.journal("click.accepted").await.len(), 1);
    let gone = alice.send(Request::get(&next).typed()).await;
    assert_eq!(gone.status, 404, "what waited was taken once");
}

/// A form of another site, as a browser posts it: no Lax cookie comes with it.
fn posted(site: &str) -> Request {
    Request::post("/AGUI/make_call.php?phone=6502928880")
        .header("Accept", "text/html")
        .header("Sec-Fetch-Site", "cross-site")
        .header("Sec-Fetch-Mode", "navigate")
        .header("Sec-Fetch-Dest", "document")
        .header("Sec-Fetch-User", "?1")
        .header("Origin", site)
        .form("ctl_userdata=[a|b]")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_post_of_a_listed_site_goes_on_as_a_get_with_the_cookie_and_dials() {
    let scene = Scene::start().await;
    let mut alice = Browser::logged_in(&scene, "alice").await;
    let parked = Browser::new(&scene).send(posted("https://crm.example")).await;
    let (status, place) = parked.leads_to();
    assert_eq!((status, place.starts_with("/AGUI/click/")), (303, true));
    assert_eq!(scene.journal("click.accepted").await, []);
    let placed = alice.send(Request::get(place).clicked_on("https://crm.example")).await;
    assert_eq!((placed.status, placed.leads_to().1.starts_with("/AGUI/call/")), (303, true), "{placed:?}");
    let again = alice.send(Request::get(place).clicked_on("https://crm.example")).await;
    assert_eq!(again.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_post_that_claims_a_listed_origin_dials_only_if_the_get_comes_from_there() {
    let scene = Scene::start().await;
    let mut alice = Browser::logged_in(&scene, "alice").await;
    // Anybody can post with a forged Origin and lure the agent to the address that comes back.
    for lured in [
        |place: &str| Request::get(place).clicked_on("https://evil.example"),
        |place: &str| Request::get(place).typed(),
    ] {
        let parked = Browser::new(&scene).send(posted("https://crm.example")).await;
        let answer = alice.send(lured(parked.leads_to().1)).await;
        assert!(answer.body.contains("Place this call?"), "{answer:?}");
    }
    assert_eq!(scene.journal("click.accepted").await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_post_that_was_sent_on_without_a_session_waits_for_the_log_in_and_its_button() {
    let scene = Scene::start().await;
    let mut alice = Browser::new(&scene);
    let parked = alice.send(posted("https://crm.example")).await;
    let refused = alice.send(Request::get(parked.leads_to().1).clicked_on("https://crm.example")).await;
    assert_eq!(refused.status, 401);
    let next = refused.after("href=\"/AGUI/login?next=").to_owned();
    alice.log_in("alice", "correct horse").await;
    let page = alice.send(Request::get(&next).header("Sec-Fetch-Site", "same-origin")).await;
    assert!(page.body.contains("Place this call?"), "{}", page.body);
    assert_eq!(scene.journal("click.accepted").await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn so_many_clicks_of_strangers_wait_and_no_more() {
    let scene = Scene::start().await;
    let mut nobody = Browser::new(&scene);
    for _ in 0..100 {
        assert_eq!(nobody.send(Request::get(TARGET).typed()).await.status, 401);
    }
    let answer = nobody.send(Request::get(TARGET).typed()).await;
    assert_eq!(answer.status, 429);
    let large = format!("ctl_userdata=[a|{}]", "x".repeat(300_000));
    let answer = nobody.send(Request::post("/AGUI/make_call.php?phone=1").form(&large)).await;
    assert_eq!(answer.status, 413);
}
