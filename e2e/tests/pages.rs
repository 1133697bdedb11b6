//! Every page, narrow and wide, light and dark: nothing for axe-core to find, nothing over another, all of it by keyboard, nothing
//! from elsewhere, and the first page light.
//!
//! Pictures of the pages come out of the same walk: into the folder that `RINGBRIDGE_PICTURES` names (from the workspace's
//! root, `docs/pictures` for those that the documents show), else below the target folder.

use ringbridge_e2e::{
    browser::{Browser, Popups, Width},
    center::Center,
    client::Session,
    demo::Demo,
    patience::{PATIENCE, until},
    report,
    server::Server,
    setup::{PASSWORD, Setup},
    site::Site,
    walker::{LOADED, Walker},
};
use serde_json::json;
use std::path::Path;

/// What the first page may weigh with all that it loads, in bytes on the wire.
const FIRST_PAGE_BYTES: u64 = 100_000;

fn walk(base: &str) -> Walker {
    Walker::start(base, &Path::new(env!("CARGO_TARGET_TMPDIR")).join("pictures"))
}

const PHONE: (&str, &str) = ("phone", "(650) 292-8880");
const OTHER_PHONE: (&str, &str) = ("phone", "(650) 202-2222");

/// Ends a call that nobody answers and its wrap-up, so that the last calls have something to show.
fn past_call(session: &Session) -> i64 {
    let id = session.click(&[PHONE, ("ctl_userdata", "[ctl_launchopt|true][n|1]")]);
    let _ = session.cancel(id);
    session.until_state(id, "wrap_up");
    let saved = session.finish_wrap_up(id, &[("Outcome", "LATER")], "Nobody was there.");
    assert!((200..300).contains(&saved.status), "{saved:?}");
    session.completed(id);
    id
}

#[test]
fn the_agents_pages_are_right_in_every_state_of_a_call() {
    let center = Center::start();
    let mut walker = walk(&center.base());
    walker.visit("log-in", "/AGUI/login");
    walker.browser.fill("page", "[name=login]", "alice");
    walker.browser.fill("page", "[name=password]", "wrong");
    walker.browser.click("page", "main button[type=submit]");
    walker.browser.sees("page", "[role=alert], .error");
    walker.look("log-in-refused");

    let [alice, bob, carol, dave] = ["alice", "bob", "carol", "dave"].map(|login| center.login(login));
    let past = past_call(&alice);
    walker.is_now(&alice);
    walker.visit("console-free", "/AGUI/");
    walker.visit_from_elsewhere("confirm", "/AGUI/make_call.php?phone=6502928880");
    walker.visit("call-over", &format!("/AGUI/call/{past}"));
    walker.visit("pop-ask", &format!("/AGUI/pop/{past}"));
    walker.visit("dial", "/AGUI/dial?tel=tel:%2B16502928880");
    walker.visit("links", "/AGUI/links/");
    walker.browser.fill("page", "[data-paste]", include_str!("../../core/tests/reference/example-2.txt"));
    walker.browser.sees("page", "[data-slip]");
    walker.look("links-checked");
    walker.visit("problem", "/AGUI/make_call.php?phone=&ctl_userdata=[a|b");
    walker.visit("not-found", "/AGUI/call/999999");
    walker.visit("admins-only", "/AGUI/config/agents");

    let ringing = bob.click(&[PHONE]);
    center.phones[1].rings();
    walker.is_now(&bob);
    walker.visit("console-ringing", "/AGUI/");
    walker.visit("call-ringing", &format!("/AGUI/call/{ringing}"));

    let connected = carol.click(&[PHONE]);
    center.phones[2].picks_up();
    center.customer.picks_up();
    carol.until_state(connected, "connected");
    walker.is_now(&carol);
    walker.visit("console-connected", "/AGUI/");
    walker.visit("call-connected", &format!("/AGUI/call/{connected}"));

    let wrapping = dave.click(&[PHONE]);
    center.phones[3].rings();
    let _ = dave.cancel(wrapping);
    dave.until_state(wrapping, "wrap_up");
    walker.is_now(&dave);
    walker.visit("console-wrap-up", "/AGUI/");
    walker.visit("call-wrap-up", &format!("/AGUI/call/{wrapping}"));
    walker.ends();
}

#[test]
fn the_pages_of_supervisors_and_admins_are_right() {
    let center = Center::start();
    let mut walker = walk(&center.base());
    let alice = center.login("alice");
    let past = past_call(&alice);
    let _ = alice.click(&[OTHER_PHONE]);
    center.phones[0].rings();
    let ada = center.login("ada");
    let change = json!({ "value": { "wrap_up_seconds": 600 }, "was": null });
    let changed = ada.put("/api/v1/config/settings", &change);
    assert_eq!(changed.status, 200, "{changed:?}");
    walker.is_now(&ada);
    walker.visit("team", "/AGUI/team/");
    walker.visit("trace", &format!("/AGUI/trace/{past}"));
    for section in [
        "agents",
        "phones",
        "queues",
        "channels",
        "dial-plans",
        "code-lists",
        "limits",
        "screen-pop",
        "salesforce",
        "crm",
        "callbacks",
        "actions",
        "settings",
        "origins",
        "tokens",
        "audit",
    ] {
        walker.visit(&format!("config-{section}"), &format!("/AGUI/config/{section}"));
    }
    // Forms as they are open, and as they say what is wrong. What is left unsaved is asked about.
    walker.browser.says_yes();
    walker.visit("config-agent", "/AGUI/config/agents#/alice");
    for (name, path, field, wrong) in [
        ("config-agent-refused", "agents#/new", "name", ""),
        ("config-queue-refused", "queues#/new", "id", "many"),
        ("config-dial-plan-refused", "dial-plans#/1", "rule.0.match", "("),
        ("config-settings-refused", "settings", "time_zone", "Nowhere"),
    ] {
        walker.browser.width("page", Width::Wide);
        walker.browser.go("page", "about:blank");
        walker.browser.go("page", &format!("{}/AGUI/config/{path}", center.base()));
        walker.browser.fill("page", &format!("[data-field=\"{field}\"]"), wrong);
        walker.browser.click("page", "[data-save]");
        walker.browser.sees("page", "[data-errors]");
        walker.look(name);
    }
    walker.browser.go("page", "about:blank");
    walker.visit("config-dial-plan", "/AGUI/config/dial-plans#/1");
    walker.browser.fill("page", "#plan-number", "(650) 292-8880");
    walker.browser.sees("page", "[data-plan-end=dialled]");
    walker.look("config-dial-plan-tried");
    walker.ends();
}

#[test]
fn the_demos_page_is_right() {
    let demo = Demo::start();
    let mut walker = walk(&demo.base());
    walker.visit("demo-first", "/demo/");
    walker.is_now(&demo.alice);
    walker.visit("demo", "/demo/");
    walker.browser.click("page", "[data-example='1'] [data-link][href]");
    walker.browser.sees("page", "[data-phone=customer] [data-act=hang-up]");
    walker.look("demo-connected");
    walker.ends();
}

#[test]
fn the_first_start_makes_a_contact_center_on_pages_that_are_right() {
    let mut server = Server::prepare(&Setup::default());
    server.spawn();
    server.ready();
    let mut walker = walk(&format!("https://localhost:{}", server.https().port()));
    walker.visit("setup", "/AGUI/");
    walker.browser.width("page", Width::Wide);
    for (field, value) in [
        ("name", "acme"),
        ("country", "Nowhere"),
        ("login", "ada"),
        ("password", PASSWORD),
        ("password_again", "else"),
    ] {
        walker.browser.fill("page", &format!("[name={field}]"), value);
    }
    walker.browser.click("page", "[data-setup] button[type=submit]");
    walker.browser.sees("page", "[id$=-error]");
    walker.look("setup-refused");
    walker.browser.width("page", Width::Wide);
    for (field, value) in [("country", "US"), ("password", PASSWORD), ("password_again", PASSWORD)] {
        walker.browser.fill("page", &format!("[name={field}]"), value);
    }
    walker.browser.click("page", "[data-setup] button[type=submit]");
    walker.browser.until("page", "location.pathname === '/AGUI/welcome'");
    walker.look("welcome");
    walker.ends();
}

#[test]
fn the_first_page_is_light() {
    let center = Center::start();
    let mut browser = Browser::start(Popups::Allowed);
    browser.open("page", &format!("{}/AGUI/", center.base()));
    browser.fill("page", "[name=login]", "alice");
    browser.fill("page", "[name=password]", PASSWORD);
    browser.press("page", "Enter");
    browser.until("page", "location.pathname === '/AGUI/'");
    assert_eq!(browser.run("page", LOADED), true);
    browser.until("page", "document.body.dataset.connected === 'open'");
    // The driver hears of a weight after the page has used what weighs.
    let loaded = until("every weight", PATIENCE, || {
        let loaded = browser.loaded();
        loaded.iter().filter(|one| one.kind == "script").all(|one| one.bytes > 0).then_some(loaded)
    });
    let bytes: u64 = loaded.iter().map(|one| one.bytes).sum();
    report::line(
        "weight of the first page, log-in with it",
        &format!("{bytes} bytes in {} requests", loaded.len()),
    );
    assert!(bytes < FIRST_PAGE_BYTES, "{bytes}: {loaded:#?}");
}

#[test]
fn what_is_wrong_with_a_page_is_found() {
    let site = Site::start(
        "<style>.on { position: absolute; top: 50px; left: 10px } .dim { color: #999; background: #fff } \
         .bare:focus { outline: none }</style><main><h1>Faults</h1><button class=on>One</button> \
         <button class=on>Other</button> <p class=dim>Hardly read</p> <input> <div style=\"width: 400px\">Wide</div> \
         <button class=bare>Unmarked</button> <span tabindex=0 style=\"position: absolute; left: -99px\">Out</span></main>\
         <script>undefined.fails</script>",
    );
    let mut browser = Browser::start(Popups::Allowed);
    browser.open("page", &site.origin());
    browser.width("page", Width::Narrow);
    let mut found = browser.layout("page");
    found.extend(browser.axe("page"));
    found.extend(browser.walk("page"));
    found.extend(browser.faults());
    for fault in [
        "px wide in a window of 360 px",
        "controls overlap: <button> One and <button> Other",
        "texts overlap: <button> One and <button> Other",
        "color-contrast",
        "label (Form elements must have labels): <input>",
        "the focus is not marked: <button class=\"bare\">",
        "the focus is out of sight: <span",
        "pageerror: TypeError",
    ] {
        assert!(found.iter().any(|one| one.contains(fault)), "{fault} is not in\n{}", found.join("\n"));
    }
}
