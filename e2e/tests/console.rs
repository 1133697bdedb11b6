//! The agent console in a real browser: what it shows is what the server committed, in every tab, by keyboard alone, through a
//! lost connection and a closed window (semantics 1.12, 1.13, 2.6).

use ringbridge_e2e::{
    browser::{Browser, Popups},
    center::Center,
    client::Session,
    patience::{PATIENCE, until},
};
use serde_json::{Value, json};

/// A center, alice, and her browser.
struct Desk {
    center: Center,
    alice: Session,
    browser: Browser,
}

const PHONE: (&str, &str) = ("phone", "(650) 292-8880");
const CARD: &str = "[data-call-card]";

impl Desk {
    /// Alice is logged in; no page is open yet.
    fn new(center: Center) -> Self {
        let alice = center.login("alice");
        let mut browser = Browser::start(Popups::Allowed);
        browser.cookie(&center.base(), alice.cookie());
        Self { center, alice, browser }
    }

    /// With a console in these tabs, each listening.
    fn with_tabs(tabs: &[&str]) -> Self {
        let mut desk = Self::new(Center::start());
        for tab in tabs {
            desk.open(tab);
        }
        desk
    }

    fn open(&mut self, tab: &str) {
        let console = self.page("/AGUI/");
        self.browser.open(tab, &console);
        self.browser.until(tab, "document.body.dataset.connected === 'open'");
    }

    fn page(&self, path: &str) -> String {
        format!("{}{path}", self.center.base())
    }

    /// Waits until a tab shows this state of a call.
    fn shows(&mut self, tab: &str, state: &str) {
        self.browser.sees(tab, &format!("{CARD}[data-state={state}]"));
    }

    /// A call that is cancelled while alice's phone rings, and in its wrap-up now.
    fn wrapping(&self) -> i64 {
        let id = self.alice.click(&[PHONE]);
        self.center.phones[0].rings();
        let _ = self.alice.cancel(id);
        self.alice.until_state(id, "wrap_up");
        id
    }

    /// A call that is up.
    fn talking(&self) -> i64 {
        let id = self.alice.click(&[PHONE]);
        self.center.phones[0].picks_up();
        self.center.customer.picks_up();
        self.alice.until_state(id, "connected");
        id
    }

    fn calls(&self) -> Vec<Value> {
        self.alice.get("/api/v1/calls").json["calls"].as_array().cloned().expect("a list")
    }

    /// Waits until the server has these codes and notes.
    fn has(&self, id: i64, codes: &Value, notes: &str) {
        self.alice.until(id, "what was typed", |call| call["codes"] == *codes && call["notes"] == notes);
    }
}

fn picked(codes: &[(&str, &str)]) -> Value {
    codes.iter().map(|(list, code)| json!({ "list": list, "code": code })).collect()
}

#[test]
fn two_tabs_show_one_call_and_do_not_undo_each_others_work() {
    let mut desk = Desk::with_tabs(&["first", "second"]);
    let id = desk.talking();
    for tab in ["first", "second"] {
        desk.shows(tab, "connected");
        assert_eq!(desk.browser.text(tab, "[data-sentence]"), "Connected.");
        desk.browser.until(tab, "document.title.startsWith('Talking · ')");
    }
    desk.browser.press("first", "Shift+F8");
    for tab in ["first", "second"] {
        desk.shows(tab, "wrap_up");
        assert_eq!(desk.browser.text(tab, "[data-sentence]"), "You hung up.");
    }
    desk.browser.fill("first", "#notes", "Said yes.");
    desk.has(id, &json!([]), "Said yes.");
    desk.browser.click("second", "[data-code=SOLD]");
    // The second tab sends its code alone; the notes of the first stay.
    desk.has(id, &picked(&[("Outcome", "SOLD")]), "Said yes.");
    desk.browser.until("first", "document.querySelector('[data-code=SOLD]').checked");
    desk.browser.until("second", "document.querySelector('#notes').value === 'Said yes.'");
    desk.browser.click("second", "[data-wrap-up] button[type=submit]");
    for tab in ["first", "second"] {
        desk.browser.misses(tab, "[data-wrap-up-card]");
        desk.browser.sees(tab, &format!("[data-past='{id}']"));
    }
}

#[test]
fn rule_2_7_a_server_that_dies_in_a_call_is_said_to_and_the_truth_is_shown_when_it_is_back() {
    let mut desk = Desk::with_tabs(&["console"]);
    let id = desk.talking();
    desk.shows("console", "connected");
    desk.center.server.kill();
    desk.browser.sees("console", "[data-connection]");
    let said = desk.browser.text("console", "[data-connection]");
    assert!(said.starts_with("No connection since ") && said.contains("Calls go on at the server"), "{said}");
    desk.browser.sees("console", "[data-end][aria-disabled=true]");
    // Nothing is done that could not be, and the call is not shown as if it had been.
    desk.browser.press("console", "Shift+F8");
    desk.browser.fill("console", "#notes", "Typed without a connection");
    desk.browser.sees("console", "[data-saved=not]");
    desk.shows("console", "connected");
    desk.center.server.restart();
    desk.browser.misses("console", "[data-connection]");
    desk.has(id, &json!([]), "Typed without a connection");
    desk.browser.sees("console", "[data-end]:not([aria-disabled])");
    desk.browser.click("console", "[data-end]");
    desk.shows("console", "wrap_up");
    assert_eq!(desk.alice.call(id)["end_reason"], "hung_up");
}

#[test]
fn what_happened_while_the_network_was_away_is_shown_when_it_is_back() {
    let mut desk = Desk::with_tabs(&["console"]);
    let id = desk.alice.click(&[PHONE]);
    desk.shows("console", "ringing_agent");
    desk.browser.disconnect();
    desk.browser.sees("console", "[data-connection]");
    let _ = desk.alice.cancel(id);
    desk.alice.until_state(id, "wrap_up");
    desk.shows("console", "ringing_agent");
    desk.browser.connect();
    desk.browser.misses("console", "[data-connection]");
    desk.shows("console", "wrap_up");
    let seq = desk.alice.call(id)["events"].as_array().and_then(|events| events.last()?["seq"].as_i64());
    let shown = desk.browser.run("console", "Number(document.querySelector('[data-call-card]').dataset.seq)");
    assert_eq!(shown.as_i64(), seq, "the newest event of the journal is on the screen");
}

#[test]
fn rule_2_6_a_browser_closed_in_wrap_up_loses_no_draft() {
    let mut desk = Desk::with_tabs(&["console"]);
    let id = desk.wrapping();
    desk.shows("console", "wrap_up");
    desk.browser.click("console", "[data-code=LATER]");
    desk.browser.fill("console", "#notes", "Grüße – ruft zurück");
    desk.has(id, &picked(&[("Outcome", "LATER")]), "Grüße – ruft zurück");
    desk.browser.close("console");
    desk.open("again");
    assert_eq!(desk.browser.value("again", "#notes"), "Grüße – ruft zurück");
    assert_eq!(desk.browser.run("again", "document.querySelector('[data-code=LATER]').checked"), true);
    // ü, ß and – are more bytes than letters.
    assert_eq!(desk.browser.text("again", "[data-notes-count]"), "24 of 4,096 bytes");
}

#[test]
fn rule_2_6_the_servers_timer_ends_a_wrap_up_whose_browser_is_closed() {
    let mut desk = Desk::new(Center::with(|setup| setup.wrap_up_seconds(3)));
    desk.open("console");
    let id = desk.wrapping();
    desk.shows("console", "wrap_up");
    desk.browser.focus("console", "#wrap-up-title");
    desk.browser.press("console", "n");
    desk.has(id, &picked(&[("Outcome", "NOINT")]), "");
    desk.browser.close("console");
    assert_eq!(desk.alice.completed(id)["codes"], picked(&[("Outcome", "NOINT")]));
    desk.open("again");
    desk.browser.sees("again", &format!("[data-past='{id}']"));
    assert_eq!(desk.browser.text("again", "[data-status]"), "available");
}

#[test]
fn codes_are_found_picked_and_finished_by_keyboard_in_the_order_of_picking() {
    let mut desk = Desk::with_tabs(&["console"]);
    let id = desk.wrapping();
    desk.shows("console", "wrap_up");
    // Nobody typed anywhere, so the codes' keys work at once.
    desk.browser.until("console", "document.activeElement.id === 'wrap-up-title'");
    desk.browser.sees("console", "[data-missing]");
    desk.browser.press("console", "Control+Enter");
    desk.browser.sees("console", "[data-wrap-up-complaint]");
    assert_eq!(
        desk.browser.text("console", "[data-wrap-up-complaint]"),
        "Pick a code from \"Outcome\" before you finish."
    );
    desk.browser.press("console", "n");
    desk.browser.tabs_to("console", "[data-code-filter]");
    // Letters are typed here, not keys of codes.
    desk.browser.types("console", "sold");
    assert_eq!(desk.browser.text("console", "[data-code-found]"), "1 code; Enter picks “Sold”.");
    desk.browser.press("console", "Enter");
    desk.browser.types("console", "mood");
    desk.browser.press("console", "ArrowDown");
    desk.browser.press("console", "ArrowDown");
    desk.browser.press("console", "Enter");
    desk.has(id, &picked(&[("Outcome", "NOINT"), ("Outcome", "SOLD"), ("Mood", "BAD")]), "");
    // Picked again is picked no more; the other one of a single choice takes its place.
    desk.browser.press("console", "ArrowUp");
    desk.browser.press("console", "Enter");
    desk.browser.press("console", "n");
    let expected = picked(&[("Outcome", "SOLD"), ("Mood", "GOOD")]);
    desk.has(id, &expected, "");
    desk.browser.misses("console", "[data-missing]");
    desk.browser.press("console", "Control+Enter");
    assert_eq!(desk.alice.completed(id)["codes"], expected);
    desk.browser.misses("console", "[data-wrap-up-card]");
}

#[test]
fn rule_1_12_a_redial_is_one_call_however_often_it_is_pressed() {
    let mut desk = Desk::new(Center::with(|setup| setup.tenant_lines("duplicate_window_seconds = 0\n")));
    desk.open("console");
    let first = desk.wrapping();
    let _ = desk.alice.finish_wrap_up(first, &[("Outcome", "LATER")], "");
    desk.alice.completed(first);
    let row = format!("[data-redial='{first}']");
    desk.browser.sees("console", &row);
    desk.browser.run(
        "console",
        &format!("(() => {{ const button = document.querySelector(\"{row}\"); button.click(); button.click(); }})()"),
    );
    desk.shows("console", "ringing_agent");
    desk.center.phones[0].rings();
    let calls = desk.calls();
    assert_eq!(calls.len(), 2, "{calls:#?}");
    assert_eq!(calls[0]["number"], calls[1]["number"]);
}

#[test]
fn the_dial_box_says_what_the_plan_makes_of_a_number_and_refuses_in_place() {
    let mut desk = Desk::with_tabs(&["console"]);
    desk.browser.press("console", "F8");
    desk.browser.types("console", "650.292.8880 x12");
    let will = "Will call 16502928880, then send the extension 12.";
    desk.browser
        .until("console", &format!("document.querySelector('[data-dial-reading]').textContent === '{will}'"));
    desk.browser.fill("console", "#dial-phone", "911");
    let refusal = "Emergency numbers are not dialled from here; use your telephone.";
    desk.browser.until(
        "console",
        &format!("document.querySelector('[data-dial-reading]').textContent.includes('{refusal}')"),
    );
    desk.browser.press("console", "Enter");
    desk.browser.sees("console", "[data-dial-complaint]:not(:empty)");
    let said = desk.browser.text("console", "[data-dial-complaint]");
    assert!(said.contains(refusal), "{said}");
    assert_eq!(desk.browser.url("console"), desk.page("/AGUI/"));
    assert_eq!(desk.browser.value("console", "#dial-phone"), "911", "it can be mended");
    assert_eq!(desk.calls(), Vec::<Value>::new());
    desk.browser.fill("console", "#dial-phone", "(650) 292-8880");
    desk.browser.press("console", "Enter");
    desk.shows("console", "ringing_agent");
    assert_eq!(desk.calls().len(), 1);
    // The focus has left the box, where the codes' keys would be letters of the next number.
    desk.browser.until("console", "document.activeElement.id === 'call-title'");
}

#[test]
fn a_tel_link_fills_the_dial_box_and_never_dials_by_itself() {
    let mut desk = Desk::new(Center::start());
    let tel = desk.page("/AGUI/dial?tel=tel%3A%2B1-650-292-8880");
    desk.browser.forget();
    desk.browser.open("page", &tel);
    desk.browser.fill("page", "[name=login]", "alice");
    desk.browser.fill("page", "[name=password]", ringbridge_e2e::setup::PASSWORD);
    desk.browser.press("page", "Enter");
    desk.browser.sees("page", "[data-dial]");
    assert_eq!(desk.browser.value("page", "#dial-phone"), "tel:+1-650-292-8880");
    let will = "Will call 16502928880.";
    desk.browser
        .until("page", &format!("document.querySelector('[data-dial-reading]').textContent === '{will}'"));
    // Its button is awake: whatever would dial by itself would have done so.
    desk.browser.until("page", "document.activeElement.matches('[data-dial] button')");
    assert_eq!(desk.calls(), Vec::<Value>::new());
    desk.browser.press("page", "Enter");
    desk.browser.sees("page", "[data-call]");
    until("the call", PATIENCE, || (desk.calls().len() == 1).then_some(()));
}
