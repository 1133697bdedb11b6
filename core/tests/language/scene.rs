//! The usual scene: a tenant with everything that a link can name, and short words for links.

use ringbridge_core::id::{AgentId, DialPlanId, QueueId, TenantId};
use ringbridge_core::link::{self, Link, Parameter};
use ringbridge_core::redact::{Digits, Secret};
use ringbridge_core::refusal::{Code, Refusal};
use ringbridge_core::tenant::{
    Agent, Callbacks, Channel, DialPlan, DialPlanAction, DialPlanRule, OriginPolicy, Queue, Role, Tenant,
    WrapUpAfterFailed,
};
use ringbridge_core::time::Zone;

/// Digits, where a test knows that they are some.
pub(crate) fn digits(text: &str) -> Digits {
    Digits::new(text).expect("a test's digits")
}

/// A link with this query.
pub(crate) fn query(query: &str) -> Result<Link, Refusal> {
    link::parse(link::decode_query(query.as_bytes()))
}

/// A link with this query that is read.
pub(crate) fn read(text: &str) -> Link {
    query(text).expect("a test's link")
}

/// A click with a query and a form body.
pub(crate) fn post(query: &str, body: &str) -> Result<Link, Refusal> {
    let parameters: Vec<Parameter> =
        link::decode_query(query.as_bytes()).into_iter().chain(link::decode_body(body.as_bytes())).collect();
    link::parse(parameters)
}

/// The refusal, as code, parameter, offset.
pub(crate) fn refused(result: Result<Link, Refusal>) -> (Code, Option<String>, Option<usize>) {
    let refusal = result.expect_err("a refusal");
    (refusal.code, refusal.parameter, refusal.offset)
}

/// The warnings, as code, parameter, offset.
pub(crate) fn warned(link: &Link) -> Vec<(&str, Option<&str>, Option<usize>)> {
    link.warnings
        .iter()
        .map(|warning| (warning.code.as_str(), warning.parameter.as_deref(), warning.offset))
        .collect()
}

/// A rule that rewrites.
pub(crate) fn rewrite(pattern: &str, to: &str) -> DialPlanRule {
    DialPlanRule {
        pattern: pattern.to_owned(),
        action: DialPlanAction::Rewrite(to.to_owned()),
        trunk: Some("main".to_owned()),
        comment: None,
    }
}

/// The tenant `acme` of the contract: plans 1 (ten digits get a 1, 1900 is refused) and 2 (everything passes), queues 101
/// with a caller ID of its own and 102 without, three channels.
pub(crate) fn acme() -> Tenant {
    let channel = |number: &str| Channel { number: digits(number), name: format!("Line {number}") };
    let queue = |id: i64, name: &str, caller_id: Option<&str>| Queue {
        id: QueueId(id),
        name: name.to_owned(),
        caller_id: caller_id.map(digits),
        code_lists: Vec::new(),
        wrap_up_seconds: 60,
        wrap_up_after_failed: WrapUpAfterFailed::Full,
    };
    let refuse = DialPlanRule {
        pattern: "^1?900".to_owned(),
        action: DialPlanAction::Refuse("Premium numbers are not called from here.".to_owned()),
        trunk: None,
        comment: None,
    };
    Tenant {
        id: TenantId(1),
        name: "acme".to_owned(),
        hosts: Vec::new(),
        zone: Zone::named("America/Los_Angeles").expect("it exists"),
        country: "US".to_owned(),
        default_caller_id: Some(digits("5251990")),
        default_dial_plan: Some(DialPlanId(1)),
        code_lists: Vec::new(),
        wrap_up_seconds: 30,
        duplicate_window_seconds: 10,
        allowed_origins: vec![
            "https://acme.lightning.force.com".to_owned(),
            "https://crm.example.com:8443".to_owned(),
            "https://*.trusted.example".to_owned(),
        ],
        origin_policy: OriginPolicy::Listed,
        allowed_countries: Vec::new(),
        channels: vec![channel("5251990"), channel("5251991"), channel("5251992")],
        dial_plans: vec![
            DialPlan {
                id: DialPlanId(1),
                name: "US".to_owned(),
                rules: vec![refuse, rewrite(r"^([2-9]\d{9})$", "1$1")],
            },
            DialPlan { id: DialPlanId(2), name: "As it is".to_owned(), rules: Vec::new() },
        ],
        lists: Vec::new(),
        queues: vec![queue(101, "Sales", Some("5251991")), queue(102, "Support", None)],
        agents: Vec::new(),
        screen_pop: None,
        salesforce: None,
        connectors: Default::default(),
        callbacks: Callbacks {
            secret: Secret::new("whsec_dGVzdA=="),
            previous: None,
            https_only: false,
            userdata_json: false,
        },
        tokens: Vec::new(),
    }
}

/// The agent `alice`, in both queues, with nothing of her own.
pub(crate) fn alice() -> Agent {
    Agent {
        id: AgentId(1),
        login: "alice".to_owned(),
        password_hash: Secret::default(),
        name: "Alice".to_owned(),
        role: Role::Agent,
        queues: vec![QueueId(101), QueueId(102)],
        caller_id: None,
        dial_plan: None,
        phones: Vec::new(),
        external_username: String::new(),
        external_password: Secret::default(),
    }
}
