//! A call from the click to the record, as an agent lives it: in a real browser, with real SIP on both sides, by keyboard alone
//! but for the click itself. And how long it takes until the console shows what is so.

use ringbridge_e2e::{
    browser::{Browser, Popups},
    center::Center,
    patience::{PATIENCE, unix_milliseconds, until},
    receiver::{field, signed_with},
    report,
    setup::{CALLBACK_SECRET, PASSWORD},
    site::Site,
};
use serde_json::json;

/// Example 1 of the reference as it is printed, with what a CRM puts where its own fields stand.
fn example_1(base: &str) -> String {
    include_str!("../../core/tests/reference/example-1.txt")
        .replace("https://mycontactual.com", base)
        .replace("{!Account.Phone}", "(650) 292-8880")
        .replace("{!Account.Id}", ringbridge_standin::salesforce::REFERENCE_ACCOUNT)
}

/// A link as it stands in a page of HTML.
fn anchor(link: &str) -> String {
    format!("<h1>Acme</h1><a href=\"{}\">(650) 292-8880</a>", link.trim_end().replace('&', "&amp;"))
}

fn log_in(browser: &mut Browser, base: &str) {
    browser.open("console", &format!("{base}/AGUI/"));
    browser.types("console", "alice");
    browser.press("console", "Tab");
    browser.types("console", PASSWORD);
    browser.press("console", "Enter");
    browser.sees("console", "[data-call-card][data-state=none]");
}

#[test]
fn a_click_in_the_crm_becomes_a_call_a_record_and_a_callback() {
    let center = Center::start();
    let base = center.base();
    let link = format!("{}[ctl_callbackUrl|{}]", example_1(&base).trim_end(), center.receiver.url("/cb"));
    let crm = Site::start(&anchor(&link));
    let mut browser = Browser::start(Popups::Allowed);
    log_in(&mut browser, &base);

    // The page is not listed: a person is asked first, and told where they clicked.
    browser.open("crm", &crm.origin());
    browser.click("crm", "a");
    browser.sees("crm", "[data-confirm]");
    assert_eq!(browser.text("crm", "dt:text-is('Clicked on') + dd"), crm.origin());
    browser.tabs_to("crm", "[data-confirm] button[type=submit]");
    browser.press("crm", "Enter");
    center.phones[0].rings();
    browser.sees("console", "[data-call-card][data-state=ringing_agent]");
    assert_eq!(center.customer.view().calls, 0, "the customer does not ring before the agent has answered");

    center.phones[0].picks_up();
    center.customer.rings();
    browser.sees("console", "[data-call-card][data-state=ringing_customer]");
    center.customer.picks_up();
    browser.sees("console", "[data-call-card][data-state=connected]");
    browser.until("console", "document.querySelectorAll('[data-call-card] .leg.answered').length === 2");
    let at = browser.url("crm");
    let id: i64 = at.rsplit('/').next().and_then(|id| id.parse().ok()).unwrap_or_else(|| panic!("{at}"));
    browser.until("crm", "document.querySelectorAll('.leg.answered').length === 2");
    center.customer.hang_up();
    browser.sees("console", "[data-call-card][data-state=wrap_up]");
    center.phones[0].rests();

    // Two codes by their keys, the notes, and the end of it, without the mouse.
    browser.front("console");
    browser.press("console", "s");
    browser.sees("console", "[data-code=SOLD]:checked");
    browser.press("console", "l");
    browser.sees("console", "[data-code=LATER]:checked");
    browser.tabs_to("console", "[data-notes]");
    browser.types("console", "Wants ten.");
    browser.press("console", "Control+Enter");

    // The record is in the CRM, and open for editing.
    until("the window of the record", PATIENCE, || (browser.popups() == 1).then_some(()));
    let record =
        center.login("alice").until(id, "its record", |call| call["record_id"].is_string())["record_id"]
            .take();
    let record = record.as_str().expect("an id");
    let open = format!("{}/lightning/r/Task/{record}/edit?", center.org.url());
    until("the record to be open", PATIENCE, || browser.url("popup 0").starts_with(&open).then_some(()));
    let tasks = center.org.records("Task");
    assert_eq!(tasks.len(), 1);
    let subject = browser.value("popup 0", "[name=Subject]");
    assert_eq!(subject, format!("outbound call log ({id})"));
    let description = browser.value("popup 0", "[name=Description]");
    assert!(description.ends_with("Transaction Codes = Outcome:SOLD,Outcome:LATER"), "{description}");

    let callback = &center.receiver.wait_for(1)[0];
    assert!(signed_with(callback, CALLBACK_SECRET));
    assert_eq!(field(callback, "resultCode").as_deref(), Some("SUCCESS"));
    browser.sees("console", "[data-call-card][data-state=over]");
    browser.misses("console", "[data-wrap-up]");
    let call = center.login("alice").call(id);
    assert_eq!(
        (&call["notes"], &call["codes"], &call["end_reason"]),
        (
            &json!("Wants ten."),
            &json!([{"list": "Outcome", "code": "SOLD"}, {"list": "Outcome", "code": "LATER"}]),
            &json!("hung_up")
        )
    );
    assert_eq!(browser.faults(), Vec::<String>::new());
}

#[test]
fn after_the_log_in_a_click_asks_before_it_dials() {
    let center = Center::start();
    let crm = Site::start(&anchor(&example_1(&center.base())));
    let mut browser = Browser::start(Popups::Allowed);
    browser.open("crm", &crm.origin());
    browser.click("crm", "a");
    browser.sees("crm", "h1:text-is('Log in first')");
    browser.tabs_to("crm", "a:any-link:not(.skip, .brand)");
    browser.press("crm", "Enter");
    browser.sees("crm", "[name=password]");
    browser.types("crm", "alice");
    browser.press("crm", "Tab");
    browser.types("crm", PASSWORD);
    browser.press("crm", "Enter");
    browser.sees("crm", "[data-confirm]");
    assert_eq!(center.phones[0].view().calls, 0, "nothing was dialled by logging in");
    browser.tabs_to("crm", "[data-confirm] button[type=submit]");
    browser.press("crm", "Enter");
    center.phones[0].rings();
}

/// How many changes of the status are timed.
const CHANGES: usize = 50;

/// How many answers of customers are timed.
const ANSWERS: usize = 10;

/// Notes in the page when the text or an attribute of an element changes to something else.
fn watching(selector: &str, shown: &str) -> String {
    format!(
        "(() => {{ const watched = document.querySelector('{selector}'); let last = {shown}; window.shown = []; \
         new MutationObserver(() => {{ const now = {shown}; if (now === last) return; last = now; \
         window.shown.push([now, performance.timeOrigin + performance.now()]); }}) \
         .observe(watched, {{ attributes: true, childList: true, characterData: true, subtree: true }}); }})()"
    )
}

#[test]
fn a_change_is_soon_in_the_console_and_the_report_says_how_soon() {
    let center = Center::start();
    let alice = center.login("alice");
    let mut browser = Browser::start(Popups::Allowed);
    browser.cookie(&center.base(), alice.cookie());
    browser.open("console", &format!("{}/AGUI/", center.base()));
    browser.sees("console", "[data-call-card][data-state=none]");
    let moment = |shown: &serde_json::Value| shown[1].as_f64().expect("a time");

    browser.run("console", &watching("span[data-status]", "watched.className"));
    let mut took = Vec::new();
    for change in 1..=CHANGES {
        let status = if change % 2 == 1 { "on_break" } else { "available" };
        let sent = unix_milliseconds();
        assert_eq!(alice.put("/api/v1/me/status", &json!({ "status": status })).status, 200);
        browser.until("console", &format!("shown.length >= {change}"));
        let shown = browser.run("console", "shown.at(-1)");
        assert!(shown[0].as_str().is_some_and(|class| class.contains(status)), "{status}: {shown}");
        took.push(moment(&shown) - sent);
    }
    report::line("state change → console", &report::median(took));

    browser.run("console", &watching("[data-call-card]", "watched.dataset.state"));
    let mut took = Vec::new();
    for call in 0..ANSWERS {
        let number = format!("65029288{call:02}");
        let id = alice.click(&[("phone", &number)]);
        center.phones[0].picks_up();
        center.customer.rings();
        let sent = unix_milliseconds();
        center.customer.answer();
        browser.sees("console", "[data-call-card][data-state=connected]");
        let shown = browser.run("console", "shown.findLast(([state]) => state === 'connected')");
        took.push(moment(&shown) - sent);
        let _ = alice.hang_up(id);
        alice.until_state(id, "wrap_up");
        let saved = alice.finish_wrap_up(id, &[("Outcome", "SOLD")], "");
        assert!((200..300).contains(&saved.status), "{saved:?}");
        browser.sees("console", "[data-call-card][data-state=over]");
        center.phones[0].rests();
        center.customer.rests();
    }
    report::line("customer answers → console", &report::median(took));
    assert_eq!(browser.faults(), Vec::<String>::new());
}

/// What is marked in the text of each slip that the checker shows, with the slip's code.
const MARKS: &str = "[...document.querySelectorAll('[data-slip]')].map((slip) => \
    [slip.dataset.slip, slip.querySelector('mark')?.textContent, slip.querySelector('pre')?.textContent])";

#[test]
fn the_checker_shows_the_slip_of_examples_2_and_3_at_its_place() {
    let center = Center::start();
    let mut browser = Browser::start(Popups::Allowed);
    browser.cookie(&center.base(), center.login("alice").cookie());
    browser.open("links", &format!("{}/AGUI/links/", center.base()));
    let callback = "http://www.mycompany.com/clicktodial/callback?transaction=$transaction_id$";
    let before = "[foreign_key|12345678][Transactionid|$interaction_guid$][start_time|$call_answered_time]\
        [end_time|$call_hangup_time$][transaction_codes|$transaction_codes$]";
    let unclosed = ("TOKEN_NOT_CLOSED", "$call_answered_time");
    for (example, end, slips) in [
        (
            include_str!("../../core/tests/reference/example-2.txt"),
            "[ctl_launchopt|true][customer_id|123456567]".to_owned(),
            vec![unclosed],
        ),
        (
            include_str!("../../core/tests/reference/example-3.txt"),
            format!("[ctl_callbackUrl|{callback}]"),
            vec![unclosed, ("CALLBACK_NOT_ENCRYPTED", callback)],
        ),
    ] {
        browser.fill("links", "[data-paste]", example);
        browser.sees("links", "[data-slip]");
        let whole = format!("{before}{end}");
        let expected: Vec<_> = slips.iter().map(|(code, marked)| json!([code, marked, whole])).collect();
        assert_eq!(browser.run("links", MARKS), json!(expected));
        browser.fill("links", "[data-paste]", "phone=6502928880");
        browser.misses("links", "[data-slip]");
    }
    assert_eq!(browser.faults(), Vec::<String>::new());
}
