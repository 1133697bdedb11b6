//! The screen pop in a real browser (semantics 5.4, SEC-29, SEC-30): which tab opens it, what arrives, what a blocker leaves.

use ringbridge_e2e::{
    browser::{Browser, Popups},
    org::Org,
    patience::{PATIENCE, until},
    receiver::{Receiver, form},
    scene::Scene,
    setup::{PASSWORD, Setup},
};
use ringbridge_standin::salesforce::OrgConfig;
use serde_json::json;

/// A scene whose tenant pops at a receiver of its own, and alice's browser with a console in two tabs.
struct Office {
    scene: Scene,
    crm: Receiver,
    browser: Browser,
    base: String,
}

impl Office {
    fn open(popups: Popups) -> Self {
        Self::with(popups, |setup| setup)
    }

    fn with(popups: Popups, change: impl FnOnce(Setup) -> Setup) -> Self {
        let crm = Receiver::start();
        let tables = format!(
            "[tenant.screen_pop]\nenabled = true\nurl = \"{}\"\naccount = \"ACCT1\"\nrole = \"custom\"\n\n",
            crm.url("/pop?a=b")
        );
        let scene = Scene::with(|setup| change(setup).tenant_tables(&tables));
        let base = format!("https://localhost:{}", scene.server.https().port());
        let mut browser = Browser::start(popups);
        browser.cookie(&base, scene.alice.cookie());
        for tab in ["first", "second"] {
            browser.open(tab, &format!("{base}/AGUI/"));
        }
        // Not asked in the tabs: what the driver runs there counts as a person's touch, which lets windows through.
        until("both to listen", PATIENCE, || {
            scene.server.metric("event_streams").filter(|streams| *streams == 2)
        });
        Self { scene, crm, browser, base }
    }

    /// A call that asks for a pop and is cancelled; its number.
    fn call(&self, more: &str) -> i64 {
        let id = self.cancelled(more);
        self.scene.alice.completed(id);
        id
    }

    /// A call whose pop the browser has blocked, before anybody touched a tab.
    fn blocked(&self, more: &str) -> i64 {
        let id = self.call(more);
        until("the browser to block it", PATIENCE, || (self.state(id) == "blocked").then_some(()));
        id
    }

    fn cancelled(&self, more: &str) -> i64 {
        let userdata = format!("[key|{more} $transaction_id$\nx][ctl_launchopt|true]{more}");
        let id = self.scene.alice.click(&[
            ("phone", "6502928880"),
            ("request_id", more),
            ("ctl_userdata", &userdata),
        ]);
        let _ = self.scene.alice.cancel(id);
        id
    }

    fn state(&self, id: i64) -> String {
        self.scene.alice.call(id)["screen_pop"]["state"].as_str().unwrap_or_default().to_owned()
    }
}

const BUTTON: &str = "[data-screen-pop] button.wanted";

#[test]
fn rule_5_4_one_tab_posts_the_ten_fields_into_a_window_of_its_own() {
    let mut office = Office::open(Popups::Allowed);
    let id = office.call("");
    let received = office.crm.wait_for(1);
    let posted: Vec<_> = received.iter().filter(|received| received.method == "POST").collect();
    assert_eq!(posted.len(), 1);
    assert_eq!(
        (posted[0].target.as_str(), posted[0].header("content-type"), posted[0].header("referer")),
        ("/pop?a=b", Some("application/x-www-form-urlencoded"), None)
    );
    let userdata = format!("[key| {id}\r\nx][ctl_launchopt|true]");
    let expected = [
        ("CtlUserData", userdata.as_str()),
        ("AgentID", "alice"),
        ("Username", ""),
        ("extLogin", ""),
        ("Password", ""),
        ("extPwd", ""),
        ("Account", "ACCT1"),
        ("Role", "custom"),
        ("Command", "launch"),
        ("cmd", "launch"),
    ];
    assert_eq!(form(posted[0]), expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    until("the window", PATIENCE, || (office.browser.popups() == 1).then_some(()));
    until("the answer to the post", PATIENCE, || {
        (office.browser.url("popup 0") == office.crm.url("/pop?a=b")).then_some(())
    });
    let (name, opener) =
        (office.browser.run("popup 0", "window.name"), office.browser.run("popup 0", "window.opener"));
    assert_eq!(name, office.scene.alice.call(id)["screen_pop"]["window"]);
    assert_eq!(opener, json!(null), "SEC-29: the target cannot reach the console");
    assert_eq!(office.state(id), "opened");
    for tab in ["first", "second"] {
        office.browser.misses(tab, BUTTON);
    }
}

#[test]
fn rule_5_4_pops_of_one_name_share_a_window_through_which_the_console_cannot_be_reached() {
    let mut office = Office::open(Popups::Allowed);
    office.browser.close("second");
    let name = |n: u8| format!("[n|{n}][ctl_recordname|Acme]");
    let posts =
        |office: &Office| office.crm.received().iter().filter(|received| received.method == "POST").count();
    for n in 1..=2 {
        let id = office.call(&name(n));
        until("the pop", PATIENCE, || (posts(&office) == usize::from(n)).then_some(()));
        let there = office.crm.url("/pop?a=b");
        until("the answer to the post", PATIENCE, || (office.browser.url("popup 0") == there).then_some(()));
        until("the pop to be noted", PATIENCE, || (office.state(id) == "opened").then_some(()));
    }
    assert_eq!(office.browser.popups(), 1, "the second came into the window of the first");
    let attack = "(() => { let refused = 0; for (const reach of [() => opener, () => opener.parent, () => opener.top]) \
        { try { reach().location = 'https://evil.example/'; } catch { refused += 1; } } return refused; })()";
    assert_eq!(
        office.browser.run("popup 0", attack),
        json!(3),
        "SEC-29: and the target can navigate none of it"
    );
    assert_eq!(office.browser.url("first"), format!("{}/AGUI/", office.base));
}

#[test]
fn rule_5_4_a_blocked_pop_leaves_a_button_in_every_tab_that_opens_it() {
    let mut office = Office::open(Popups::Blocked);
    let id = office.blocked("[ctl_recordname|Acme & <Sons>]");
    for tab in ["first", "second"] {
        office.browser.sees(tab, BUTTON);
        assert_eq!(office.browser.text(tab, "[data-screen-pop] p"), "Acme & <Sons>");
    }
    assert_eq!(
        (office.state(id).as_str(), office.browser.popups(), office.crm.received()),
        ("blocked", 0, vec![])
    );

    office.browser.click("second", BUTTON);
    let received = office.crm.wait_for(1);
    assert_eq!((received[0].method.as_str(), form(&received[0]).len()), ("POST", 10));
    for tab in ["first", "second"] {
        office.browser.misses(tab, BUTTON);
    }
    assert_eq!(office.state(id), "opened");
}

#[test]
fn rule_5_4_a_blocked_pop_that_is_not_wanted_is_dismissed_in_every_tab() {
    let mut office = Office::open(Popups::Blocked);
    let id = office.blocked("");
    office.browser.sees("first", BUTTON);
    office.browser.sees("second", BUTTON);
    office.browser.click("first", "[data-screen-pop] button.plain");
    office.browser.misses("second", BUTTON);
    assert_eq!(office.state(id), "dismissed");
}

#[test]
fn rule_5_4_a_pop_after_a_click_in_the_console_is_let_through_by_the_blocker() {
    let mut office = Office::with(Popups::Blocked, |setup| setup.wrap_up_seconds(600));
    office.browser.close("second");
    let id = office.cancelled("");
    office.scene.alice.until_state(id, "wrap_up");
    office.browser.click("first", "[data-wrap-up-card] button[type=submit]");
    assert_eq!(form(&office.crm.wait_for(1)[0]).len(), 10);
    // The target may have its form before the driver hears of the window.
    until("the window", PATIENCE, || (office.browser.popups() == 1).then_some(()));
}

#[test]
fn rule_5_4_a_pop_that_comes_late_waits_for_a_person() {
    let mut office = Office::open(Popups::Allowed);
    for tab in ["first", "second"] {
        office.browser.close(tab);
    }
    let id = office.call("");
    // As if its record had waited for a CRM that was down.
    let file = office.scene.server.data().join("ringbridge.db");
    let database = rusqlite::Connection::open(file).expect("the database");
    let aged = database.execute("update txn set completed_at = completed_at - 120000", []).expect("aged");
    assert_eq!(aged, 1);
    office.browser.open("late", &format!("{}/AGUI/", office.base));
    office.browser.sees("late", BUTTON);
    assert_eq!((office.state(id).as_str(), office.browser.popups()), ("offered", 0));
    office.browser.click("late", BUTTON);
    assert_eq!(form(&office.crm.wait_for(1)[0]).len(), 10);
    office.browser.misses("late", BUTTON);
}

#[test]
fn sec_30_the_agent_enters_an_account_in_the_console_and_nothing_breaks_its_policy() {
    let mut office = Office::open(Popups::Allowed);
    office.browser.close("second");
    office.browser.click("first", "[data-external-box] summary");
    for (field, value) in [("username", "al"), ("password", "hunter2-of-alice")] {
        let script = format!("document.querySelector('[data-external] [name={field}]').value = '{value}'");
        office.browser.run("first", &script);
    }
    office.browser.click("first", "[data-external] button[type=submit]");
    office.browser.sees("first", "[data-external-forget]");
    assert_eq!(office.browser.text("first", "[data-external-said]"), "Kept until you log out: al");
    office.call("");
    let fields = form(&office.crm.wait_for(1)[0]);
    let of = |name: &str| fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
    let al = Some("al".to_owned());
    assert_eq!((of("Username"), of("extLogin")), (al.clone(), al));
    // Over plain http no password goes out, whatever the agent entered.
    assert_eq!((of("Password"), of("extPwd")), (Some(String::new()), Some(String::new())));
    assert!(!office.scene.server.log().contains("hunter2-of-alice"));
    let refused: Vec<_> =
        office.browser.said().into_iter().filter(|line| line.contains("Content Security Policy")).collect();
    assert_eq!(refused, Vec::<String>::new());
}

#[test]
fn an_admin_mends_a_parked_record_on_its_page() {
    let org = Org::start(OrgConfig::default());
    let ada = format!(
        "[[tenant.agent]]\nlogin = \"ada\"\npassword = \"{PASSWORD}\"\nname = \"Ada\"\nrole = \"admin\"\n\n"
    );
    let tables = org.connection("external_id_field = \"Transactionid__c\"") + &ada;
    let mut office = Office::with(Popups::Allowed, |setup| setup.tenant_tables(&tables));
    let pairs = "[ctl_action|create][ctl_intType|sfdc][ObjectType|Task][nonsense|1][Subjekt|<b>x</b>]";
    let id = office.scene.alice.click(&[("phone", "6502928880"), ("ctl_userdata", pairs)]);
    let _ = office.scene.alice.cancel(id);
    office.scene.alice.until(id, "its result", |call| call["result_code"] == "FAIL");
    office.browser.cookie(&office.base, office.scene.server.login("ada").cookie());
    office.browser.open("admin", &format!("{}/AGUI/config/actions", office.base));
    office.browser.click("admin", "[data-parked] details summary");
    // The name is wrong, and a field is to be left out.
    let typed = "(() => { const names = [...document.querySelectorAll('[data-parked] .pair input')]; \
        const before = names.map((input) => input.value); names[0].value = ''; names[1].value = 'Subject'; \
        return before; })()";
    assert_eq!(office.browser.run("admin", typed), json!(["nonsense", "Subjekt"]));
    office.browser.click("admin", "[data-parked] form button[type=submit]");
    let call = office
        .scene
        .alice
        .until(id, "its record", |call| call["record_id"].as_str().is_some_and(|id| !id.is_empty()));
    assert_eq!((&call["result_code"], &call["error_string"]), (&json!("SUCCESS"), &json!("")));
    assert_eq!(org.records("Task").len(), 1);
    office.browser.misses("admin", "article");
    assert_eq!(office.browser.text("admin", "[data-parked]"), "Nothing is parked.");
}
