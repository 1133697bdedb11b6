//! A whole contact center for tests of the screens: agents with phones that ring, an admin, a dial plan, queues, codes, a CRM, a
//! receiver of callbacks.
//!
//! Promises: names, numbers and settings are the same in every run. Leaves to others: who clicks what.

use crate::{
    client::Session,
    org::Org,
    phone::Phone,
    receiver::Receiver,
    server::Server,
    setup::{PASSWORD, Setup},
};
use ringbridge_standin::salesforce::OrgConfig;

/// The agents of the center whose phones ring until the test answers them.
pub const AGENTS: [&str; 4] = ["alice", "bob", "carol", "dave"];

/// What the tenant has besides its agents and its CRM.
const TABLES: &str = r#"
[[tenant.channel]]
number = "16505550100"
name = "Sales"

[[tenant.dial_plan]]
id = 1
name = "US"
[[tenant.dial_plan.rule]]
match = '^(911|933)$'
refuse = "Emergency numbers are not dialled from here; use your telephone."
[[tenant.dial_plan.rule]]
match = '^([2-9]\d{9})$'
rewrite = "1$1"
trunk = "main"
comment = "ten digits: the country code is missing"

[[tenant.code_list]]
name = "Outcome"
multiple = true
required = true
[[tenant.code_list.code]]
short = "SOLD"
menu = "Sold"
report = "Sale made"
key = "s"
[[tenant.code_list.code]]
short = "LATER"
menu = "Call again"
report = "Asked to be called again"
key = "l"
[[tenant.code_list.code]]
short = "NOINT"
menu = "Not interested"
report = "Not interested"
key = "n"

[[tenant.code_list]]
name = "Mood"
[[tenant.code_list.code]]
short = "GOOD"
menu = "Good"
report = "Good"
[[tenant.code_list.code]]
short = "BAD"
menu = "Bad"
report = "Bad"

[[tenant.queue]]
id = 101
name = "Sales"
caller_id = "16505550100"
code_lists = ["Outcome", "Mood"]
wrap_up_seconds = 900

[[tenant.token]]
name = "reports"
kind = "data"
value = "a-data-token-of-the-tests"

[tenant.screen_pop]
enabled = true
target = "salesforce"
"#;

/// The running center.
pub struct Center {
    /// The server.
    pub server: Server,
    /// The phones of [`AGENTS`], in their order.
    pub phones: Vec<Phone>,
    /// The trunk's far end: one customer at a time.
    pub customer: Phone,
    /// Who is called back.
    pub receiver: Receiver,
    /// The CRM.
    pub org: Org,
}

impl Center {
    /// Starts all of it.
    #[track_caller]
    #[must_use]
    pub fn start() -> Self {
        Self::with(|setup| setup)
    }

    /// Starts it with changes.
    #[track_caller]
    #[must_use]
    pub fn with(change: impl FnOnce(Setup) -> Setup) -> Self {
        let phones: Vec<Phone> = AGENTS.into_iter().map(Phone::start).collect();
        let customer = Phone::start("customer");
        let org = Org::start(OrgConfig::default());
        let people = [("ada", "Ada Admin", "admin"), ("sam", "Sam Supervisor", "supervisor")].map(|(login, name, role)| {
            format!("[[tenant.agent]]\nlogin = \"{login}\"\npassword = \"{PASSWORD}\"\nname = \"{name}\"\nrole = \"{role}\"\n\n")
        });
        let tables = format!(
            "{TABLES}\n{}{}",
            org.connection("external_id_field = \"Transactionid__c\""),
            people.concat()
        );
        let setup = Setup::default()
            .trunk(&customer.address().to_string())
            .wrap_up_seconds(900)
            .tenant_lines("default_dial_plan = 1\ncode_lists = [\"Outcome\", \"Mood\"]\n")
            .tenant_tables(&tables);
        let setup = AGENTS
            .into_iter()
            .zip(&phones)
            .fold(setup, |setup, (login, phone)| setup.agent(login, phone.address()));
        let server = Server::start(&change(setup));
        Self { server, phones, customer, receiver: Receiver::start(), org }
    }

    /// Where its pages are.
    #[must_use]
    pub fn base(&self) -> String {
        format!("https://localhost:{}", self.server.https().port())
    }

    /// Logs somebody in.
    #[track_caller]
    #[must_use]
    pub fn login(&self, login: &str) -> Session {
        self.server.login(login)
    }
}
