//! The screen pop: what a call's record opens in the agent's browser, in which window, under which title (semantics 5.4).
//!
//! Promises: [`decide`] is a pure function of what was agreed and what the action came to; the form has exactly the ten
//! fields of the reference, in its order; no credentials stand in it (SEC-30), and no name of a window comes from a link
//! (SEC-29). Leaves to others: offering it once (the server's `jobs`), credentials and the page (the server's `web`).

use crate::completion::{ActionResult, FollowUp, UserdataForm};
use crate::crm::Pages;
use crate::id::{InteractionGuid, TenantId, TransactionId};
use crate::system_data::Launch;
use crate::tenant::{PopTarget, ScreenPop};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;

/// The longest title that is shown, in characters; a link's `ctl_recordname` may be as long as a link.
const TITLE_MAX: usize = 200;

/// What the screen pop of one call is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pop {
    /// What is opened.
    pub opens: Opens,
    /// The window.
    pub window: Window,
    /// What people read above it: `ctl_recordname` with its tokens filled, else words of ours.
    pub title: String,
}

/// What is opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Opens {
    /// The screen pop URL, by a POST of these fields.
    Form {
        /// The target that the admin set.
        url: String,
        /// Names and values in their order; those of [`Credential`] are empty.
        fields: Vec<(String, String)>,
    },
    /// The record that was created.
    Record {
        /// Its page.
        url: String,
    },
    /// Nothing, for this reason, which is told to the agent.
    Nothing {
        /// A sentence.
        reason: String,
    },
}

/// A window of the agent's browser.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// `ctd_` and 16 hexadecimal digits (SEC-29).
    pub name: String,
    /// Whether pops share it.
    pub kind: WindowKind,
}

/// Whether pops share a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WindowKind {
    /// The link named it: the next pop of that name opens in the same window.
    Named,
    /// It is for this call alone.
    Generated,
}

/// A field that is filled when the page is served, and never before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Credential {
    /// The agent's user name at the target.
    Username,
    /// Their password there.
    Password,
}

impl Credential {
    /// Which of them a field takes; the reference has both twice.
    #[must_use]
    pub fn of(field: &str) -> Option<Self> {
        match field {
            "Username" | "extLogin" => Some(Self::Username),
            "Password" | "extPwd" => Some(Self::Password),
            _ => None,
        }
    }
}

impl Pop {
    /// As the API and the journal show it: with every password empty (SEC-30).
    #[must_use]
    pub fn shown(&self) -> Value {
        let mut shown = json!({ "window": self.window.name, "title": self.title });
        let more = match &self.opens {
            Opens::Form { url, fields } => {
                let fields: serde_json::Map<String, Value> =
                    fields.iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect();
                json!({ "opens": "form", "method": "POST", "url": url, "fields": fields })
            }
            Opens::Record { url } => json!({ "opens": "record", "method": "GET", "url": url }),
            Opens::Nothing { reason } => json!({ "opens": "nothing", "reason": reason }),
        };
        if let (Value::Object(shown), Value::Object(more)) = (&mut shown, more) {
            shown.extend(more);
        }
        shown
    }
}

/// Where a pop's page is, below the server's own address.
#[must_use]
pub fn page(transaction: TransactionId) -> String {
    format!("/AGUI/pop/{transaction}")
}

/// Everything that a decision rests on.
#[derive(Clone, Copy, Debug)]
pub struct Given<'a> {
    /// What the link asks for.
    pub launch: Launch,
    /// The tenant's settings when the click was accepted.
    pub settings: Option<&'a ScreenPop>,
    /// Whether the user data goes along as JSON too.
    pub form: UserdataForm,
    /// What `ctl_action` came to.
    pub result: &'a ActionResult,
    /// The filled user data.
    pub follow_up: &'a FollowUp,
    /// The tenant.
    pub tenant: TenantId,
    /// The call.
    pub transaction: TransactionId,
    /// Its GUID.
    pub guid: &'a InteractionGuid,
    /// The agent's log-in.
    pub agent_login: &'a str,
}

/// Decides what the screen pop of a call is; `None` where the link does not ask for one or the tenant has none.
#[must_use]
pub fn decide(given: &Given<'_>) -> Option<Pop> {
    let settings = given.settings.filter(|settings| settings.enabled)?;
    let pages = given.result.record.as_ref().and_then(|record| record.pages.as_ref());
    let opens = match (given.launch, settings.target, pages) {
        (Launch::No, _, _) => return None,
        (Launch::View, PopTarget::Salesforce, Some(Pages { view, .. })) => {
            Opens::Record { url: view.clone() }
        }
        (Launch::Edit, PopTarget::Salesforce, Some(Pages { edit, .. })) => {
            Opens::Record { url: edit.clone() }
        }
        (Launch::View | Launch::Edit, PopTarget::Salesforce, None) if settings.url.is_empty() => {
            Opens::Nothing { reason: why_no_record(given.result) }
        }
        (Launch::View | Launch::Edit, PopTarget::Url | PopTarget::Salesforce, _) => {
            Opens::Form { url: settings.url.clone(), fields: fields(given, settings) }
        }
    };
    let name = given.follow_up.record_name.as_deref().map(str::trim).filter(|name| !name.is_empty());
    let (window, title) = match name {
        Some(name) => (window(given.tenant, WindowKind::Named, name), title(name)),
        None => (
            window(given.tenant, WindowKind::Generated, &given.guid.0),
            format!("Call {}", given.transaction),
        ),
    };
    Some(Pop { opens, window, title })
}

/// The ten fields of the reference ("Launch Option"), in its order.
fn fields(given: &Given<'_>, settings: &ScreenPop) -> Vec<(String, String)> {
    let mut fields: Vec<(String, String)> = [
        ("CtlUserData", given.follow_up.userdata.as_str()),
        ("AgentID", given.agent_login),
        ("Username", ""),
        ("extLogin", ""),
        ("Password", ""),
        ("extPwd", ""),
        ("Account", settings.account.as_str()),
        ("Role", settings.role.as_str()),
        ("Command", "launch"),
        ("cmd", "launch"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into();
    match given.form {
        UserdataForm::Brackets => {}
        UserdataForm::BracketsAndJson => {
            let pairs = json!(given.follow_up.pairs).to_string();
            fields.push(("ctl_userdata_json".to_owned(), pairs));
        }
    }
    fields
}

/// Why a tenant that opens records has none to open.
fn why_no_record(result: &ActionResult) -> String {
    match (&result.record, result.error_string.as_str()) {
        (Some(_), _) => {
            "The record was created, but its CRM names no page of it that could be opened.".to_owned()
        }
        (None, "") => "No record was created, so there is none to open.".to_owned(),
        (None, why) => {
            format!("No record was created, so there is none to open: {}.", why.trim_end_matches('.'))
        }
    }
}

/// The window's name: a link can name none that means something to a browser, nor one of another tenant (SEC-29).
fn window(tenant: TenantId, kind: WindowKind, name: &str) -> Window {
    let of = match kind {
        WindowKind::Named => "name",
        WindowKind::Generated => "call",
    };
    let hash = Sha256::digest(format!("{tenant}\n{of}\n{name}").as_bytes());
    let mut text = "ctd_".to_owned();
    for byte in hash.iter().take(8) {
        let _ = write!(text, "{byte:02x}");
    }
    Window { name: text, kind }
}

/// A name as one line that fits a window's title.
fn title(name: &str) -> String {
    name.chars().map(|c| if c.is_control() { ' ' } else { c }).take(TITLE_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::completion::ResultCode;
    use crate::crm::Created;

    const TARGET: &str = "https://crm.example/pop";

    fn settings(target: PopTarget, url: &str) -> ScreenPop {
        ScreenPop {
            enabled: true,
            target,
            url: url.to_owned(),
            account: "ACCT1".to_owned(),
            role: "custom".to_owned(),
            send_password: true,
        }
    }

    fn failed(why: &str) -> ActionResult {
        ActionResult { code: ResultCode::Fail, error_string: why.to_owned(), record: None }
    }

    fn created(pages: Option<Pages>) -> ActionResult {
        let record = Created { id: "00T1".to_owned(), object: "Task".to_owned(), pages, notes: vec![] };
        ActionResult { code: ResultCode::Success, error_string: String::new(), record: Some(record) }
    }

    fn pages() -> Option<Pages> {
        let at = |tail: &str| format!("https://acme.my.salesforce.example/{tail}");
        Some(Pages { view: at("view"), edit: at("edit") })
    }

    fn follow_up(record_name: Option<&str>) -> FollowUp {
        FollowUp {
            userdata: "[a|b (c)]".to_owned(),
            pairs: vec![("a".to_owned(), "b [c]".to_owned())],
            record_name: record_name.map(str::to_owned),
            callback: None,
        }
    }

    fn decided(
        launch: Launch,
        settings: Option<&ScreenPop>,
        form: UserdataForm,
        result: &ActionResult,
        record_name: Option<&str>,
    ) -> Option<Pop> {
        decide(&Given {
            launch,
            settings,
            form,
            result,
            follow_up: &follow_up(record_name),
            tenant: TenantId(1),
            transaction: TransactionId(4711),
            guid: &InteractionGuid("int-0190".to_owned()),
            agent_login: "alice",
        })
    }

    fn opens(launch: Launch, settings: &ScreenPop, result: &ActionResult) -> Option<Opens> {
        decided(launch, Some(settings), UserdataForm::Brackets, result, None).map(|pop| pop.opens)
    }

    fn ten_fields() -> Vec<(String, String)> {
        [
            ("CtlUserData", "[a|b (c)]"),
            ("AgentID", "alice"),
            ("Username", ""),
            ("extLogin", ""),
            ("Password", ""),
            ("extPwd", ""),
            ("Account", "ACCT1"),
            ("Role", "custom"),
            ("Command", "launch"),
            ("cmd", "launch"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into()
    }

    fn form() -> Option<Opens> {
        Some(Opens::Form { url: TARGET.to_owned(), fields: ten_fields() })
    }

    fn record(tail: &str) -> Option<Opens> {
        Some(Opens::Record { url: format!("https://acme.my.salesforce.example/{tail}") })
    }

    fn nothing(reason: &str) -> Option<Opens> {
        Some(Opens::Nothing { reason: reason.to_owned() })
    }

    #[test]
    fn rule_5_4_a_pop_is_asked_for_by_the_link_and_switched_on_by_the_tenant() {
        let on = settings(PopTarget::Url, TARGET);
        let off = ScreenPop { enabled: false, ..on.clone() };
        let brackets = UserdataForm::Brackets;
        let result = failed("x");
        assert_eq!(decided(Launch::No, Some(&on), brackets, &result, None), None);
        assert_eq!(decided(Launch::View, Some(&off), brackets, &result, None), None);
        assert_eq!(decided(Launch::View, None, brackets, &result, None), None);
        assert_eq!(
            decided(Launch::View, Some(&on), brackets, &result, None),
            Some(Pop {
                opens: Opens::Form { url: TARGET.to_owned(), fields: ten_fields() },
                window: Window { name: "ctd_9b125a9b05b9bc1c".to_owned(), kind: WindowKind::Generated },
                title: "Call 4711".to_owned(),
            })
        );
    }

    #[test]
    fn rule_5_4_every_target_result_and_mode_opens_what_the_rule_says() {
        use Launch::{Edit, View};
        use PopTarget::{Salesforce, Url};
        let without_record = "No record was created, so there is none to open: no such field.";
        let table = [
            (View, Url, TARGET, failed("x"), form()),
            (Edit, Url, TARGET, failed("x"), form()),
            (View, Url, TARGET, created(pages()), form()),
            (Edit, Url, TARGET, created(pages()), form()),
            (View, Salesforce, TARGET, created(pages()), record("view")),
            (Edit, Salesforce, TARGET, created(pages()), record("edit")),
            (View, Salesforce, "", created(pages()), record("view")),
            (Edit, Salesforce, "", created(pages()), record("edit")),
            (View, Salesforce, TARGET, created(None), form()),
            (View, Salesforce, TARGET, failed("x"), form()),
            (Edit, Salesforce, TARGET, failed("x"), form()),
            (View, Salesforce, "", failed("no such field."), nothing(without_record)),
            (Edit, Salesforce, "", failed("no such field"), nothing(without_record)),
            (View, Salesforce, "", failed(""), nothing("No record was created, so there is none to open.")),
            (
                View,
                Salesforce,
                "",
                created(None),
                nothing("The record was created, but its CRM names no page of it that could be opened."),
            ),
        ];
        for (launch, target, url, result, expected) in table {
            let found = opens(launch, &settings(target, url), &result);
            assert_eq!(found, expected, "{launch:?} {target:?} {url:?} {result:?}");
        }
    }

    #[test]
    fn the_exact_values_go_along_only_where_the_tenant_switches_it_on() {
        let settings = settings(PopTarget::Url, TARGET);
        let pop = decided(Launch::View, Some(&settings), UserdataForm::BracketsAndJson, &failed("x"), None);
        let mut expected = ten_fields();
        expected.push(("ctl_userdata_json".to_owned(), r#"[["a","b [c]"]]"#.to_owned()));
        assert_eq!(pop.map(|pop| pop.opens), Some(Opens::Form { url: TARGET.to_owned(), fields: expected }));
    }

    fn named(tenant: i64, name: &str) -> (Window, String) {
        let settings = settings(PopTarget::Url, TARGET);
        let pop = decide(&Given {
            launch: Launch::View,
            settings: Some(&settings),
            form: UserdataForm::Brackets,
            result: &failed("x"),
            follow_up: &follow_up(Some(name)),
            tenant: TenantId(tenant),
            transaction: TransactionId(4711),
            guid: &InteractionGuid("int-0190".to_owned()),
            agent_login: "alice",
        });
        let pop = pop.expect("a pop");
        (pop.window, pop.title)
    }

    #[test]
    fn sec_29_a_window_is_named_by_a_hash_that_no_link_can_choose() {
        let (acme, title) = named(1, "Acme\n[Inc]");
        assert_eq!(acme, Window { name: "ctd_f6b0df8d73c0aaca".to_owned(), kind: WindowKind::Named });
        assert_eq!(title, "Acme [Inc]");
        assert_eq!(named(1, " Acme\n[Inc] ").0, acme, "the same record, the same window");
        assert_ne!(named(2, "Acme\n[Inc]").0, acme, "another tenant's window is another");
        assert_ne!(named(1, "int-0190").0.name, "ctd_9b125a9b05b9bc1c", "nor that of a call without a name");
        for reserved in ["_self", "_top", "_blank", "ctd_f6b0df8d73c0aaca"] {
            let (window, title) = named(1, reserved);
            assert!(window.name.starts_with("ctd_") && window.name.len() == 20, "{window:?}");
            assert_ne!(window, acme);
            assert_eq!(title, reserved);
        }
        assert_eq!(named(1, &"x".repeat(1000)).1, "x".repeat(200));
        assert_eq!(named(1, "  ").0.kind, WindowKind::Generated, "a blank name is none");
    }

    #[test]
    fn sec_30_what_is_shown_has_no_password() {
        let form = settings(PopTarget::Url, TARGET);
        let pop = decided(Launch::View, Some(&form), UserdataForm::Brackets, &failed("x"), Some("Acme"));
        assert_eq!(
            pop.expect("a pop").shown(),
            json!({
                "opens": "form", "method": "POST", "url": TARGET, "window": named(1, "Acme").0.name, "title": "Acme",
                "fields": {
                    "CtlUserData": "[a|b (c)]", "AgentID": "alice", "Username": "", "extLogin": "",
                    "Password": "", "extPwd": "", "Account": "ACCT1", "Role": "custom",
                    "Command": "launch", "cmd": "launch",
                },
            })
        );
        let record = settings(PopTarget::Salesforce, "");
        let pop = decided(Launch::Edit, Some(&record), UserdataForm::Brackets, &created(pages()), None);
        assert_eq!(
            pop.expect("a pop").shown(),
            json!({
                "opens": "record", "method": "GET", "url": "https://acme.my.salesforce.example/edit",
                "window": "ctd_9b125a9b05b9bc1c", "title": "Call 4711",
            })
        );
    }

    #[test]
    fn a_pop_is_read_back_as_it_was_stored() {
        for target in [PopTarget::Url, PopTarget::Salesforce] {
            let settings = settings(target, "");
            let pop = decided(Launch::View, Some(&settings), UserdataForm::Brackets, &failed("x"), None);
            let stored = serde_json::to_string(&pop).expect("written");
            assert_eq!(serde_json::from_str::<Option<Pop>>(&stored).expect("read"), pop);
        }
        let stored =
            r#"{"enabled":true,"target":"salesforce","url":"","account":"","role":"","send_password":false}"#;
        let read: ScreenPop = serde_json::from_str(stored).expect("what earlier versions wrote");
        assert_eq!(read.target, PopTarget::Salesforce);
    }
}
