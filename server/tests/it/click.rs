//! Clicks that become calls: JSON and pages, GET and POST, raw and encoded links, one click = one call (semantics 1).

use crate::client::{Browser, Request, raw};
use crate::scene::Scene;
use serde_json::{Value, json};

/// The call that a click became.
async fn call_of(browser: &mut Browser<'_>, id: &Value) -> Value {
    browser.api("GET", &format!("/api/v1/calls/{id}"), None).await.json()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_gets_202_and_the_document_of_the_contract() {
    let scene = Scene::start().await;
    let mut alice = Browser::logged_in(&scene, "alice").await;
    let answer = alice.click("prefix=1&phone=(650)%20292-8880&colour=red").await;
    let document = answer.json();
    let (id, guid) = (&document["transaction_id"], &document["interaction_guid"]);
    assert_eq!(answer.status, 202);
    assert!(guid.as_str().is_some_and(|guid| guid.starts_with("int-") && guid.len() == 36), "{guid}");
    assert_eq!(
        document,
        json!({
            "transaction_id": id, "interaction_guid": guid, "number": "16502928880", "caller_id": "5251990",
            "status_url": format!("{}/api/v1/calls/{id}", scene.origin()),
            "warnings": [{
                "code": "UNKNOWN_PARAMETER", "text": "\"colour\" is not known and was ignored.",
                "parameter": "colour", "offset": null,
            }],
        })
    );
    assert_eq!(scene.journal("click.accepted").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_is_led_to_the_page_of_the_call_which_says_what_happens() {
    let scene = Scene::start().await;
    let mut alice = Browser::logged_in(&scene, "alice").await;
    let answer = alice.send(Request::get("/AGUI/make_call.php?phone=6502928880%20x123&what=1").typed()).await;
    let (status, page) = answer.leads_to();
    assert_eq!(status, 303);
    assert!(page.starts_with("/AGUI/call/"), "{page}");
    let page = alice.send(Request::get(page).typed()).await;
    assert_eq!(page.status, 200);
    for part in [
        "6502928880",
        "ext. 123",
        "You may close this window",
        "Caller ID 5251990",
        "is not known and was ignored",
    ] {
        assert!(page.body.contains(part), "{part} in {}", page.body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn userdata_comes_by_get_by_form_and_by_multipart_and_the_body_wins() {
    let pairs = json!([["a", "b c"], ["d", "é"]]);
    let multipart =
        "--x\r\nContent-Disposition: form-data; name=\"ctl_userdata\"\r\n\r\n[a|b c][d|é]\r\n--x--\r\n";
    let target = "/AGUI/make_call.php?phone=6502928880&ctl_userdata=[z|z]";
    for request in [
        Request::get("/AGUI/make_call.php?phone=6502928880&ctl_userdata=[a|b+c][d|%C3%A9]"),
        Request::post(target).form("ctl_userdata=%5Ba%7Cb+c%5D%5Bd%7C%C3%A9%5D"),
        Request::post(target).form("ctl_userdata=[a|b c][d|é]"),
        Request::post(target).body("multipart/form-data; boundary=x", multipart.as_bytes()),
    ] {
        let scene = Scene::start().await;
        let mut alice = Browser::logged_in(&scene, "alice").await;
        let answer = alice.send(request.clone().json()).await;
        assert_eq!(answer.status, 202, "{request:?} {answer:?}");
        assert_eq!(
            call_of(&mut alice, &answer.json()["transaction_id"]).await["userdata"],
            pairs,
            "{request:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_with_raw_blanks_line_breaks_and_quotes_works_as_it_is_printed() {
    let scene = Scene::start().await;
    let mut alice = Browser::logged_in(&scene, "alice").await;
    // Example 3 of the reference with its blanks and line breaks, and characters that a parser of HTTP refuses.
    let request = format!(
        "GET /AGUI/make_call.php? prefix=&phone=5355566234&ctl_userdata=[foreign_key|12345678]\r\n[Transactionid|\
         $interaction_guid$][note|say \"hé\" <now> #1] HTTP/1.1\r\nHost: {}\r\nAccept: application/json\r\nCookie: \
         __Host-agui={}\r\nConnection: close\r\n\r\n",
        scene.host(),
        alice.cookie.clone().expect("a cookie")
    );
    let answer = raw(&scene, request.as_bytes()).await;
    assert_eq!(answer.status, 202, "{answer:?}");
    let call = call_of(&mut alice, &answer.json()["transaction_id"]).await;
    assert_eq!(
        call["userdata"],
        json!([
            ["foreign_key", "12345678"],
            ["Transactionid", "$interaction_guid$"],
            ["note", "say \"hé\" <now> #1"]
        ])
    );
    assert_eq!(call["number"], "5355566234");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_click_is_one_call_however_often_it_comes() {
    let scene = Scene::start().await;
    let alice = Browser::logged_in(&scene, "alice").await;
    let mut clicks = Vec::new();
    for _ in 0..20 {
        let (mut alice, scene) = (alice.clone(), &scene);
        clicks.push(async move {
            let _ = scene;
            alice.click("phone=6502928880&ctl_userdata=[a|1]").await.json()["transaction_id"].clone()
        });
    }
    let mut ids = Vec::new();
    for click in join(clicks).await {
        ids.push(click);
    }
    ids.dedup();
    assert_eq!(ids.len(), 1, "{ids:?}");
    assert_eq!(scene.journal("click.accepted").await.len(), 1);
}

/// Runs futures side by side on this task.
async fn join<F: Future>(futures: Vec<F>) -> Vec<F::Output> {
    let mut waiting: Vec<_> = futures.into_iter().map(|future| (Box::pin(future), None)).collect();
    std::future::poll_fn(|cx| {
        for (future, done) in &mut waiting {
            if done.is_none()
                && let std::task::Poll::Ready(output) = future.as_mut().poll(cx)
            {
                *done = Some(output);
            }
        }
        if waiting.iter().all(|(_, done)| done.is_some()) {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    })
    .await;
    waiting.into_iter().filter_map(|(_, done)| done).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_id_names_the_click_beyond_its_parameters() {
    let scene = Scene::start().await;
    let mut alice = Browser::logged_in(&scene, "alice").await;
    let first = alice.click("phone=6502928880&request_id=r1").await.json();
    let again = alice.click("phone=6502928880&ctl_userdata=[other|1]&request_id=r1").await;
    assert_eq!((again.status, &again.json()["transaction_id"]), (202, &first["transaction_id"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_dial_at_once_follows_from_the_page_that_was_clicked_on() {
    let target = "/AGUI/make_call.php?phone=6502928880";
    let own = |scene: &Scene| {
        Request::get(target)
            .header("Sec-Fetch-Site", "same-origin")
            .header("Sec-Fetch-Mode", "navigate")
            .header("Sec-Fetch-Dest", "document")
            .header("Referer", &format!("{}/AGUI/", scene.origin()))
    };
    let scene = Scene::start().await;
    let mut alice = Browser::logged_in(&scene, "alice").await;
    let without_user = |request: Request| {
        let mut bytes = String::from_utf8(request.bytes(&scene.host())).expect("text");
        bytes = bytes.replace("Sec-Fetch-User: ?1\r\n", "");
        let cookie = format!("Cookie: __Host-agui={}\r\n\r\n", alice.cookie.clone().expect("a cookie"));
        bytes.trim_end().to_owned() + "\r\n" + &cookie
    };
    // Not from a person, or not from a listed page: the confirmation page, and no call.
    for request in [
        without_user(Request::get(target).typed()),
        without_user(Request::get(target).clicked_on("https://crm.example")),
    ] {
        let answer = raw(&scene, request.as_bytes()).await;
        assert_eq!(answer.status, 200, "{request}");
        assert!(answer.body.contains("Place this call?"), "{request}");
    }
    for site in [
        "https://evil.example",
        "https://crm.example.evil.example",
        "http://crm.example",
        "https://crm.example:8443",
    ] {
        let answer = alice.send(Request::get(target).clicked_on(site)).await;
        assert!(answer.body.contains("Place this call?"), "{site}");
    }
    assert_eq!(scene.journal("click.accepted").await, []);
    // All of these are the same click, so the first one dials and the others lead to it.
    let mut leads = Vec::new();
    for request in [
        Request::get(target).clicked_on("https://crm.example"),
        Request::get(target).typed(),
        own(&scene),
        Request::get(target),
    ] {
        let answer = alice.send(request).await;
        leads.push((answer.status, answer.leads_to().1.to_owned()));
    }
    leads.dedup();
    assert_eq!(leads.len(), 1, "{leads:?}");
    assert_eq!(leads[0].0, 303);
}
