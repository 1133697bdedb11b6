//! The pages: they are there, they hold no inline script or style, and what comes from outside is escaped (SEC-27).

use crate::client::{Browser, Request};
use crate::scene::Scene;

#[tokio::test(flavor = "multi_thread")]
async fn the_console_and_the_checker_are_for_people_who_are_logged_in() {
    let scene = Scene::start().await;
    let mut nobody = Browser::new(&scene);
    let mut alice = Browser::logged_in(&scene, "alice").await;
    for page in ["/AGUI/", "/AGUI/links/"] {
        assert_eq!(nobody.send(Request::get(page).typed()).await.leads_to(), (303, "/AGUI/login"));
        let shown = alice.send(Request::get(page).typed()).await;
        assert_eq!(shown.status, 200);
        assert!(shown.body.contains("alice · acme"), "{}", shown.body);
    }
    assert_eq!(nobody.send(Request::get("/").typed()).await.leads_to(), (303, "/AGUI/"));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_page_has_inline_scripts_or_styles_or_asks_another_server() {
    let scene = Scene::start().await;
    let mut alice = Browser::logged_in(&scene, "alice").await;
    let call = alice
        .send(Request::get("/AGUI/make_call.php?phone=6502928880").typed())
        .await
        .leads_to()
        .1
        .to_owned();
    let foreign =
        Request::get("/AGUI/make_call.php?phone=6502928881").clicked_on("https://elsewhere.example");
    let mut pages = vec![alice.send(foreign).await];
    for page in [
        "/AGUI/",
        "/AGUI/links/",
        "/AGUI/login",
        "/AGUI/dial?tel=tel%3A%2B1-650-292-8880",
        &call,
        "/nowhere",
        "/AGUI/make_call.php",
    ] {
        pages.push(alice.send(Request::get(page).typed()).await);
    }
    for page in pages {
        for forbidden in
            ["style=", "<style", "onclick", "onload", "javascript:", "src=\"http", "href=\"http", "<script>"]
        {
            assert!(!page.body.contains(forbidden), "{forbidden} in {}", page.body);
        }
        let files = page.body.split("/AGUI/assets/").skip(1).filter_map(|rest| rest.split('"').next());
        for file in files.map(str::to_owned).collect::<Vec<_>>() {
            let asset = alice.send(Request::get(&format!("/AGUI/assets/{file}"))).await;
            assert_eq!(asset.status, 200, "{file}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_link_brings_is_shown_as_text() {
    let scene = Scene::start().await;
    let mut alice = Browser::logged_in(&scene, "alice").await;
    let evil = "%3Cscript%3Ealert(1)%3C/script%3E";
    for query in [
        format!("phone=6502928880&{evil}=1"),
        format!("phone=6502928880&ctl_userdata=[{evil}|x]{evil}"),
        format!("phone={evil}"),
        format!("phone=6502928880&callerId={evil}"),
    ] {
        let page = alice
            .send(Request::get(&format!("/AGUI/make_call.php?{query}")).clicked_on("https://a.example"))
            .await;
        assert!(!page.body.contains("<script>"), "{query}: {}", page.body);
    }
}
