//! Configuration Manager in a real browser: every form with bad and good input, two admins at once, everything by keyboard, and
//! at the end a tenant file that applies back to nothing (issue 4; SEC-27 for what pages may run).

use ringbridge_e2e::{
    browser::{Browser, Popups},
    center::Center,
    patience::{PATIENCE, until},
    setup::{PASSWORD, TENANT},
};
use serde_json::{Value, json};
use std::fs;

/// An admin at the pages.
struct Desk {
    center: Center,
    browser: Browser,
}

impl Desk {
    fn open() -> Self {
        let center = Center::start();
        let mut browser = Browser::start(Popups::Blocked);
        browser.cookie(&center.base(), center.login("ada").cookie());
        browser.open("page", "about:blank");
        Self { center, browser }
    }

    /// Opens a form afresh, as if nothing had been said before.
    fn form(&mut self, path: &str, name: &str) {
        self.browser.go("page", "about:blank");
        self.page(path);
        self.browser.sees("page", &format!("form[data-form={name}]"));
    }

    fn page(&mut self, path: &str) {
        self.browser.go("page", &format!("{}/AGUI/config/{path}", self.center.base()));
    }

    fn fill(&mut self, field: &str, text: &str) {
        self.browser.fill("page", &format!("[data-field=\"{field}\"]"), text);
    }

    fn click(&mut self, selector: &str) {
        self.browser.click("page", selector);
    }

    /// Saves what is wrong: it is said beside each field, the first of them has the focus, and nothing is saved.
    #[track_caller]
    fn refused(&mut self, fields: &[(&str, &str)]) {
        self.click("[data-save]");
        for (field, said) in fields {
            self.browser.sees("page", &format!("[data-error=\"{field}\"]:has-text(\"{said}\")"));
            let marked =
                format!("document.querySelector('[data-field=\"{field}\"]').getAttribute('aria-invalid')");
            assert_eq!(self.browser.run("page", &marked), json!("true"), "{field}");
        }
        let focus = self.browser.run("page", "document.activeElement.dataset.field");
        assert_eq!(focus, json!(fields[0].0), "the first wrong field has the focus");
        assert_eq!(self.said(), "");
    }

    /// Saves what is right.
    #[track_caller]
    fn saved(&mut self) {
        self.click("[data-save]");
        self.browser.sees("page", "[data-said]:has-text(\"Saved.\")");
        self.browser.misses("page", "[data-errors]");
    }

    fn said(&mut self) -> String {
        self.browser.text("page", "[data-said]")
    }

    fn focus(&mut self) -> Value {
        self.browser.run("page", "document.activeElement.dataset.field")
    }

    /// What `export` prints.
    fn exported(&self) -> String {
        let output = self.center.server.run(&["export", "--config", "ringbridge.toml", "--tenant", TENANT]);
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).expect("text")
    }

    /// The tenant file and the pages agree: what is exported applies back to nothing.
    #[track_caller]
    fn agrees(&self) {
        fs::write(self.center.server.path("exported.toml"), self.exported()).expect("the file");
        let plan = self.center.server.run(&[
            "provision",
            "exported.toml",
            "--config",
            "ringbridge.toml",
            "--dry-run",
        ]);
        assert!(plan.status.success(), "{plan:?}");
        assert_eq!(String::from_utf8_lossy(&plan.stdout), "nothing changes\n");
    }

    /// Ends it; no script failed and no policy refused anything.
    #[track_caller]
    fn ends(mut self) {
        assert_eq!(self.browser.faults(), Vec::<String>::new());
    }
}

#[test]
fn every_form_says_what_is_wrong_and_takes_what_is_right() {
    let mut desk = Desk::open();
    people(&mut desk);
    calls(&mut desk);
    access(&mut desk);
    crm(&mut desk);
    callbacks(&mut desk);

    let file = desk.exported();
    for part in [
        "login = \"erin\"",
        "id = 102",
        "number = \"442012345678\"",
        "name = \"UK\"",
        "name = \"Reason\"",
        "name = \"wallboard\"",
        "time_zone = \"Europe/Berlin\"",
        "duplicate_window_seconds = 20",
        "allowed_origins = [\"https://crm.example.com\"]",
        "account = \"ACCT9\"",
        "enrich = true",
        "[tenant.rest]",
        "X-Team = \"sales\"",
        "[tenant.hubspot]",
        "[tenant.zendesk]",
        "[tenant.dynamics]",
        "userdata_json = true",
    ] {
        assert!(file.contains(part), "{part} is not in the export:\n{file}");
    }
    desk.agrees();
    desk.ends();
}

fn people(desk: &mut Desk) {
    desk.form("agents#/new", "agent");
    desk.fill("login", "er in");
    desk.fill("password", PASSWORD);
    desk.click("[data-add=phone]");
    desk.browser.select("page", "[data-field=\"phone.0.kind\"]", "Fixed address");
    desk.fill("phone.0.uri", "nonsense");
    desk.refused(&[("login", "blanks"), ("phone.0.uri", "nonsense")]);
    desk.fill("login", "erin");
    desk.browser.select("page", "[data-field=\"phone.0.kind\"]", "Registers here");
    desk.fill("phone.0.register", "erin");
    desk.fill("phone.0.password", "phone password");
    desk.click("[data-option=\"queues=101\"]");
    desk.saved();
    assert!(desk.browser.url("page").ends_with("#/erin"), "{}", desk.browser.url("page"));
    // What is stored of a secret is neither shown nor lost.
    assert_eq!(desk.browser.value("page", "[data-field=\"phone.0.password\"]"), "");
    assert!(desk.center.login("erin").cookie().contains("__Host-agui"), "erin can log in");

    desk.form("queues#/new", "queue");
    desk.fill("id", "one");
    desk.refused(&[("id", "whole number")]);
    desk.fill("id", "102");
    desk.fill("name", "Support");
    desk.saved();
}

fn calls(desk: &mut Desk) {
    desk.form("channels#/new", "channel");
    desk.fill("number", "44-20");
    desk.refused(&[("number", "digits")]);
    desk.fill("number", "442012345678");
    desk.saved();

    desk.form("dial-plans#/new", "dial_plan");
    desk.fill("name", "UK");
    desk.click("[data-add=rule]");
    desk.fill("rule.0.match", "^(0");
    desk.fill("rule.0.rewrite", "44$1");
    desk.refused(&[("rule.0.match", "")]);
    desk.fill("rule.0.match", "^0(.*)$");
    desk.saved();

    desk.form("code-lists#/new", "code_list");
    desk.fill("name", "Reason");
    desk.refused(&[("code.0.short", "short")]);
    desk.fill("code.0.short", "PRICE");
    desk.fill("code.0.menu", "The price");
    desk.saved();

    desk.form("limits", "limits");
    desk.fill("duplicate_window_seconds", "999");
    desk.refused(&[("duplicate_window_seconds", "120")]);
    desk.fill("duplicate_window_seconds", "20");
    desk.saved();
}

fn access(desk: &mut Desk) {
    desk.form("settings", "settings");
    desk.fill("time_zone", "Mars/Olympus");
    desk.refused(&[("time_zone", "Mars/Olympus")]);
    desk.fill("time_zone", "Europe/Berlin");
    desk.saved();

    desk.form("origins", "origins");
    desk.fill("allowed_origins", "http://crm.example.com/path");
    desk.refused(&[("allowed_origins", "https")]);
    desk.fill("allowed_origins", "https://crm.example.com");
    desk.saved();

    desk.form("tokens#/new", "token");
    desk.refused(&[("name", "name")]);
    desk.fill("name", "wallboard");
    desk.saved();
    let value = desk.browser.text("page", "[data-made-value]");
    desk.click("[data-copy]");
    desk.browser.sees("page", "[data-made] :text-is(\"Copied.\")");
    assert_eq!(desk.browser.clipboard("page"), value);
    desk.click("[data-made-done]");
    desk.browser.misses("page", "[data-made]");
    assert!(!desk.exported().contains(&value), "it was shown this once");
}

fn crm(desk: &mut Desk) {
    desk.form("screen-pop", "screen_pop");
    desk.fill("url", "nonsense");
    desk.refused(&[("url", "nonsense")]);
    desk.fill("url", "https://crm.example.com/pop");
    desk.fill("account", "ACCT9");
    desk.saved();

    desk.form("salesforce", "salesforce");
    let login = desk.browser.value("page", "[data-field=login_url]");
    desk.fill("login_url", "nonsense");
    desk.refused(&[("login_url", "nonsense")]);
    desk.fill("login_url", &login);
    desk.click("[data-field=enrich]");
    desk.saved();
    desk.click("[data-test]");
    desk.browser.sees("page", "[data-test-result]:has-text(\"The connection works.\")");

    desk.page("crm#/rest");
    desk.click("[data-start-rest]");
    desk.fill("url", "https://crm.example.com/api/calls");
    desk.fill("body", "{ \"subject\": \"{{Subject}}");
    desk.fill("id_pointer", "/id");
    desk.refused(&[("body", "")]);
    desk.fill("body", "{ \"subject\": \"{{Subject}}\" }");
    desk.click("[data-add=headers]");
    desk.fill("headers.0.name", "X-Team");
    desk.fill("headers.0.value", "sales");
    desk.saved();

    connector(desk, "hubspot", &[("portal", "12345")], ("access_token", "access"), "a token of HubSpot");
    connector(
        desk,
        "zendesk",
        &[("subdomain", "acme"), ("email", "ada@acme.example")],
        ("api_token", "api"),
        "a token",
    );
    let dynamics = [("directory", "acme.example"), ("client_id", "an-app"), ("client_secret", "a secret")];
    connector(desk, "dynamics", &dynamics, ("url", "missing"), "https://acme.crm.dynamics.com");
}

/// Sets one of the other CRMs up, first without what it needs.
fn connector(desk: &mut Desk, name: &str, fields: &[(&str, &str)], needed: (&str, &str), good: &str) {
    desk.browser.go("page", "about:blank");
    desk.page(&format!("crm#/{name}"));
    desk.click(&format!("[data-start-{name}]"));
    for (field, text) in fields {
        desk.fill(field, text);
    }
    desk.refused(&[needed]);
    desk.fill(needed.0, good);
    desk.saved();
}

fn callbacks(desk: &mut Desk) {
    desk.form("callbacks", "callbacks");
    desk.fill("secret", "nonsense");
    desk.refused(&[("secret", "whsec_")]);
    desk.fill("secret", "");
    desk.click("[data-field=userdata_json]");
    desk.saved();

    desk.browser.fill("page", "[data-overlap]", "soon");
    desk.click("[data-rotate]");
    desk.click("[data-rotate-yes]");
    desk.browser.sees("page", "#overlap-error");
    desk.browser.fill("page", "[data-overlap]", "24");
    desk.click("[data-rotate]");
    desk.click("[data-rotate-yes]");
    desk.browser.sees("page", "[data-made-value]:has-text(\"whsec_\")");
    desk.click("[data-made-done]");
    desk.browser.sees("page", "[data-overlap-until]");
}

#[test]
fn agents_come_by_csv_after_a_dry_run_that_names_line_and_column() {
    let mut desk = Desk::open();
    let columns = desk.browser_csv();
    desk.page("agents");
    desk.click("[data-bulk] summary");
    let csv = |role: &str| format!("login,name,password,role\nfrank,Frank,{PASSWORD},{role}\n");
    assert!(columns.starts_with("login"), "{columns}");
    desk.browser.fill("page", "[data-csv]", &csv("emperor"));
    desk.click("[data-csv-dry-run]");
    desk.browser.sees("page", "[data-csv-result] td:text-is(\"role\")");
    assert_eq!(desk.browser.text("page", "[data-csv-result] tbody td"), "2", "the line");
    desk.browser.fill("page", "[data-csv]", &csv("agent"));
    desk.click("[data-csv-dry-run]");
    desk.browser.sees("page", "[data-csv-result] .plan .added:has-text(\"agent frank\")");
    assert!(!desk.exported().contains("frank"), "nothing changed yet");
    desk.click("[data-csv-apply]");
    desk.browser.sees("page", "[data-item=frank]");
    assert!(desk.exported().contains("login = \"frank\""));
    desk.agrees();
    desk.ends();
}

impl Desk {
    /// The agents as CSV, as the page's button gets them.
    fn browser_csv(&mut self) -> String {
        self.form("agents#/new", "agent");
        let text =
            self.browser.run("page", "fetch('/api/v1/config/agents/export').then((answer) => answer.text())");
        text.as_str().expect("text").to_owned()
    }
}

#[test]
fn two_admins_do_not_overwrite_each_other_unseen() {
    let mut desk = Desk::open();
    let address = format!("{}/AGUI/config/queues#/101", desk.center.base());
    for tab in ["one", "two"] {
        desk.browser.open(tab, &address);
        desk.browser.sees(tab, "form[data-form=queue]");
    }
    let name = "[data-field=name]";
    desk.browser.fill("one", name, "Their name");
    desk.browser.click("one", "[data-save]");
    desk.browser.sees("one", "[data-said]:has-text(\"Saved.\")");

    desk.browser.fill("two", name, "My name");
    desk.browser.click("two", "[data-save]");
    desk.browser.sees("two", "[data-conflict]:has-text(\"ada\")");
    assert_eq!(desk.browser.value("two", name), "My name", "what was typed is still there");
    let row = desk.browser.text("two", "[data-conflict] tbody");
    assert_eq!(row.split_whitespace().collect::<Vec<_>>().join(" "), "Name Their name My name");
    assert!(desk.exported().contains("Their name"));

    desk.browser.click("two", "[data-keep-mine]");
    desk.browser.click("two", "[data-save]");
    desk.browser.sees("two", "[data-said]:has-text(\"Saved.\")");
    let file = desk.exported();
    assert!(file.contains("My name") && !file.contains("Their name"), "{file}");
    desk.ends();
}

#[test]
fn rules_are_ordered_and_tried_by_keyboard_alone() {
    let mut desk = Desk::open();
    desk.form("dial-plans#/1", "dial_plan");
    desk.browser.focus("page", "[data-field=\"rule.1.match\"]");
    desk.browser.press("page", "Alt+ArrowUp");
    assert_eq!(desk.focus(), json!("rule.0.match"), "the focus moves along");
    desk.browser.focus("page", "[data-plan-number]");
    desk.browser.types("page", "(650) 292-8880");
    desk.browser.sees("page", "[data-step=\"1\"].matched");
    desk.browser.sees("page", "[data-plan-end=dialled]:has-text(\"16502928880\")");
    assert!(
        desk.exported().find("911").expect("the rule") < desk.exported().find("rewrite").expect("the rule")
    );

    desk.browser.focus("page", "[data-save]");
    desk.browser.press("page", "Enter");
    desk.browser.sees("page", "[data-said]:has-text(\"Saved.\")");
    let file = desk.exported();
    assert!(file.find("911").expect("the rule") > file.find("rewrite").expect("the rule"), "{file}");

    desk.browser.drag("page", "[data-row=\"rule.0\"] .handle", "[data-row=\"rule.1\"] input");
    desk.browser.sees("page", "[data-discard]:enabled");
    desk.click("[data-discard]");
    desk.browser.misses("page", "[data-discard]:enabled");
    desk.agrees();
    desk.ends();
}

#[test]
fn nothing_is_lost_unasked_and_changes_are_taken_back() {
    let mut desk = Desk::open();
    let before = desk.exported();
    desk.form("queues#/101", "queue");
    desk.fill("name", "Vertrieb");
    desk.click("[data-dry-run]");
    desk.browser.sees("page", "[data-plan]:has-text(\"Vertrieb\")");
    assert_eq!(desk.exported(), before, "a dry run changes nothing");
    desk.click(".crumb a");
    desk.browser.sees("page", "[data-leaving]");
    desk.click("[data-stay]");
    assert_eq!(desk.browser.value("page", "[data-field=name]"), "Vertrieb");
    desk.saved();
    assert_ne!(desk.exported(), before);

    desk.page("audit");
    desk.click("[data-revision] [data-undo-start]");
    desk.browser.sees("page", "[data-revision] .problems:has-text(\"Sales\")");
    desk.click("[data-undo-yes]");
    desk.browser.sees("page", "[data-said]:has-text(\"taken back\")");
    assert_eq!(desk.exported(), before);

    desk.form("channels#/16505550100", "channel");
    desk.click("[data-delete]");
    desk.browser.sees("page", "[data-errors]:has-text(\"16505550100\")");
    assert_eq!(desk.exported(), before, "the queue still shows it");
    desk.form("tokens#/reports", "token");
    desk.click("[data-delete]");
    desk.click("[data-delete-yes]");
    desk.browser.sees("page", "[data-said]:has-text(\"Deleted.\")");
    assert!(!desk.exported().contains("reports"));
    desk.click("[data-undo]");
    desk.browser.sees("page", "[data-item=reports]");
    until("the undoing to be seen", PATIENCE, || (desk.exported() == before).then_some(()));
    desk.agrees();
    desk.ends();
}
