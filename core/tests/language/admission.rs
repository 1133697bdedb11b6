//! Admission (semantics 1.7 to 1.11, 5.3): every refusal, and which comes first.

use crate::scene::{acme, alice, digits, read};
use ringbridge_core::admission::{Admitted, Reachability, Situation, admit};
use ringbridge_core::agent::Status;
use ringbridge_core::dial_plan::{Step, StepResult};
use ringbridge_core::id::{DialPlanId, QueueId, TransactionId};
use ringbridge_core::refusal::{Code, Refusal, Warning};
use ringbridge_core::tenant::connectors::{Connectors, Hubspot};
use ringbridge_core::tenant::salesforce::{Interface, Login};
use ringbridge_core::tenant::{Agent, Salesforce, Tenant};

/// An agent who can take a call.
fn idle() -> Situation {
    Situation {
        status: Status::Available,
        live_call: None,
        required_wrap_up: None,
        phone: Reachability::Reachable,
    }
}

fn admitted(query: &str) -> Admitted {
    admit(&acme(), &alice(), &read(query), idle()).expect("admitted")
}

fn refused_by(tenant: &Tenant, agent: &Agent, query: &str, situation: Situation) -> (Code, String) {
    let refusal = admit(tenant, agent, &read(query), situation).expect_err("a refusal");
    (refusal.code, refusal.text)
}

fn code(query: &str) -> Code {
    refused_by(&acme(), &alice(), query, idle()).0
}

fn in_situation(situation: Situation) -> (Code, String) {
    refused_by(&acme(), &alice(), "phone=6502928880", situation)
}

#[test]
fn a_click_that_is_admitted_has_all_that_the_call_needs() {
    assert_eq!(
        admitted("phone=6502928880%20x5&queue_id=101&utm=1"),
        Admitted {
            number: digits("6502928880"),
            dialled: digits("16502928880"),
            extension: Some("5".to_owned()),
            caller_id: digits("5251991"),
            queue: Some(QueueId(101)),
            dial_plan: Some(DialPlanId(1)),
            plan_name: Some("US".to_owned()),
            trunk: Some("main".to_owned()),
            steps: vec![
                Step {
                    rule: 1,
                    pattern: "^1?900".to_owned(),
                    result: StepResult::NoMatch,
                    number: None,
                    comment: None
                },
                Step {
                    rule: 2,
                    pattern: r"^([2-9]\d{9})$".to_owned(),
                    result: StepResult::Rewritten,
                    number: Some(digits("16502928880")),
                    comment: None
                },
            ],
            warnings: vec![Warning::about(
                "utm",
                "UNKNOWN_PARAMETER",
                "\"utm\" is not known and was ignored."
            )],
        }
    );
}

#[test]
fn rule_1_7_the_caller_id_of_the_link_must_be_a_channel() {
    assert_eq!(admitted("phone=650&callerId=5251992&queue_id=101").caller_id, digits("5251992"));
    assert_eq!(
        admit(&acme(), &alice(), &read("phone=650&callerId=5550000"), idle()),
        Err(Refusal::new(
            Code::CallerIdUnknown,
            "callerId 5550000 is none of this tenant's phone channels; take a number from the channel list, or leave \
             callerId out"
        )
        .about("callerId"))
    );
}

#[test]
fn rule_1_7_without_one_the_queues_then_the_agents_then_the_tenants_counts() {
    let mut agent = alice();
    let chosen = |tenant: &Tenant, agent: &Agent, query: &str| {
        admit(tenant, agent, &read(query), idle()).map(|admitted| admitted.caller_id)
    };
    assert_eq!(chosen(&acme(), &agent, "phone=650"), Ok(digits("5251990")));
    agent.caller_id = Some(digits("5251992"));
    assert_eq!(chosen(&acme(), &agent, "phone=650"), Ok(digits("5251992")));
    assert_eq!(chosen(&acme(), &agent, "phone=650&queue_id=102"), Ok(digits("5251992")));
    assert_eq!(chosen(&acme(), &agent, "phone=650&queue_id=101"), Ok(digits("5251991")));
    // A default that is no channel any more is not shown; the next one counts.
    let mut tenant = acme();
    tenant.channels.retain(|channel| channel.number != digits("5251991"));
    assert_eq!(chosen(&tenant, &agent, "phone=650&queue_id=101"), Ok(digits("5251992")));
    agent.caller_id = None;
    tenant.default_caller_id = None;
    assert_eq!(
        chosen(&tenant, &agent, "phone=650"),
        Err(Refusal::new(
            Code::NoCallerId,
            "no caller ID is set for you, the queue or the tenant; name one with callerId, or ask an administrator"
        ))
    );
}

#[test]
fn rule_1_8_the_plan_of_the_link_then_the_agents_then_the_tenants_counts() {
    let plan = |tenant: &Tenant, agent: &Agent, query: &str| {
        admit(tenant, agent, &read(query), idle()).map(|admitted| (admitted.dial_plan, admitted.dialled))
    };
    let mut agent = alice();
    assert_eq!(plan(&acme(), &agent, "phone=6502928880"), Ok((Some(DialPlanId(1)), digits("16502928880"))));
    assert_eq!(
        plan(&acme(), &agent, "phone=6502928880&dialplan_id=2"),
        Ok((Some(DialPlanId(2)), digits("6502928880")))
    );
    agent.dial_plan = Some(DialPlanId(2));
    assert_eq!(plan(&acme(), &agent, "phone=6502928880"), Ok((Some(DialPlanId(2)), digits("6502928880"))));
    assert_eq!(
        plan(&acme(), &agent, "phone=6502928880&dialplan_id=1"),
        Ok((Some(DialPlanId(1)), digits("16502928880")))
    );
    let none = Tenant { default_dial_plan: None, ..acme() };
    assert_eq!(plan(&none, &alice(), "phone=6502928880"), Ok((None, digits("6502928880"))));
}

#[test]
fn rule_1_8_a_plan_that_does_not_exist_is_refused() {
    assert_eq!(
        admit(&acme(), &alice(), &read("phone=650&dialplan_id=9"), idle()),
        Err(Refusal::new(
            Code::DialplanUnknown,
            "there is no dial plan 9; take an id from the dial plan list, or leave dialplan_id out"
        )
        .about("dialplan_id"))
    );
    let broken = Tenant { default_dial_plan: Some(DialPlanId(7)), ..acme() };
    assert_eq!(
        admit(&broken, &alice(), &read("phone=650"), idle()),
        Err(Refusal::new(
            Code::DialplanUnknown,
            "the dial plan 7 of the settings does not exist; ask an administrator"
        ))
    );
}

#[test]
fn rule_1_8_a_rule_refuses_with_its_own_message() {
    assert_eq!(
        admit(&acme(), &alice(), &read("prefix=1&phone=9005551234"), idle()),
        Err(Refusal::new(Code::DialplanRefused, "Premium numbers are not called from here.").about("phone"))
    );
}

#[test]
fn rule_1_9_the_queue_must_exist_and_the_agent_must_be_in_it() {
    assert_eq!(
        admit(&acme(), &alice(), &read("phone=650&queue_id=7"), idle()),
        Err(Refusal::new(
            Code::QueueUnknown,
            "there is no queue 7; take an id from the queue list, or leave queue_id out"
        )
        .about("queue_id"))
    );
    let outsider = Agent { queues: vec![QueueId(102)], ..alice() };
    assert_eq!(
        admit(&acme(), &outsider, &read("phone=650&queue_id=101"), idle()),
        Err(Refusal::new(
            Code::QueueNotMember,
            "you are not assigned to the queue Sales; ask an administrator to assign you"
        )
        .about("queue_id"))
    );
}

#[test]
fn countries_that_are_not_listed_are_refused_and_unknown_numbers_pass() {
    let tenant = Tenant {
        allowed_countries: vec!["us".to_owned(), "CA".to_owned()],
        default_dial_plan: Some(DialPlanId(2)),
        ..acme()
    };
    let decide = |query: &str| {
        admit(&tenant, &alice(), &read(query), idle()).map(|_| ()).map_err(|refusal| refusal.text)
    };
    let elsewhere = |country: &str| {
        Err(format!(
            "the number belongs to {country}, which this tenant does not call; ask an administrator to allow it"
        ))
    };
    for fine in [
        "prefix=1&phone=6502928880",
        "phone=+16502928880",
        "phone=6502928880",
        "phone=+16135550123",
        // No numbering plan knows these: extensions, test numbers, the reference's own number.
        "phone=100",
        "phone=5355566234",
        "phone=15355566234",
        "phone=99999999999999999999",
    ] {
        assert_eq!(decide(fine), Ok(()), "{fine}");
    }
    assert_eq!(decide("phone=+442079460958"), elsewhere("GB"));
    assert_eq!(decide("phone=442079460958"), elsewhere("GB"));
    assert_eq!(decide("phone=011442079460958"), elsewhere("GB"));
    assert_eq!(decide("prefix=1&phone=8765551234"), elsewhere("JM"));
    assert_eq!(decide("phone=+5355566234"), elsewhere("CU"));
    assert_eq!(
        decide("phone=+870773111632"),
        Err("the number belongs to no country (a satellite or an international service number), which this tenant does \
             not call; ask an administrator to allow it"
            .to_owned())
    );
    assert_eq!(refused_by(&tenant, &alice(), "phone=+442079460958", idle()).0, Code::NumberNotAllowed);
    let any = Tenant { allowed_countries: Vec::new(), ..tenant.clone() };
    assert!(admit(&any, &alice(), &read("phone=+442079460958"), idle()).is_ok());
}

#[test]
fn a_trunks_prefix_does_not_hide_the_country() {
    let mut tenant = Tenant { allowed_countries: vec!["US".to_owned()], ..acme() };
    tenant.dial_plans[0].rules = vec![crate::scene::rewrite(r"^(\d+)$", "77700$1")];
    assert_eq!(refused_by(&tenant, &alice(), "phone=+442079460958", idle()).0, Code::NumberNotAllowed);
    assert!(admit(&tenant, &alice(), &read("phone=6502928880"), idle()).is_ok());
}

#[test]
fn rule_1_11_an_agent_who_is_in_a_call_or_owes_a_code_is_busy() {
    let busy = |text: &str| (Code::AgentBusy, text.to_owned());
    assert_eq!(
        in_situation(Situation { live_call: Some(TransactionId(7)), ..idle() }),
        busy("you are in a call already (transaction 7); end it first")
    );
    assert_eq!(
        in_situation(Situation {
            status: Status::WrapUp,
            required_wrap_up: Some(TransactionId(8)),
            ..idle()
        }),
        busy("your last call (transaction 8) still needs a code; finish its wrap-up first")
    );
    assert_eq!(
        in_situation(Situation { status: Status::Busy, ..idle() }),
        busy("you are in a call already; end it first")
    );
}

#[test]
fn rule_1_11_a_wrap_up_that_needs_no_code_does_not_hold_the_next_call() {
    let wrapping_up = Situation { status: Status::WrapUp, ..idle() };
    assert!(admit(&acme(), &alice(), &read("phone=650"), wrapping_up).is_ok());
}

#[test]
fn rule_1_11_an_agent_who_is_away_is_not_available() {
    for (status, what) in [
        (Status::OnBreak, "on break"),
        (Status::WorkingOffline, "working offline"),
        (Status::LoggedOut, "logged out"),
    ] {
        assert_eq!(
            in_situation(Situation { status, ..idle() }),
            (Code::AgentNotAvailable, format!("you are {what}; set yourself available in the console first"))
        );
    }
}

#[test]
fn rule_1_11_a_phone_must_be_there_to_ring() {
    assert_eq!(
        in_situation(Situation { phone: Reachability::NotRegistered, ..idle() }),
        (
            Code::AgentPhoneUnreachable,
            "none of your phones is registered; switch one on and try again".to_owned()
        )
    );
    assert_eq!(
        in_situation(Situation { phone: Reachability::NoPhone, ..idle() }),
        (Code::AgentPhoneUnreachable, "no phone is set up for you; ask an administrator".to_owned())
    );
}

#[test]
fn of_several_slips_the_first_of_the_list_is_named() {
    // All at once; each line mends the slip that the line before named.
    let all_wrong = Situation {
        status: Status::OnBreak,
        live_call: Some(TransactionId(1)),
        required_wrap_up: None,
        phone: Reachability::NoPhone,
    };
    let mut tenant = Tenant { allowed_countries: vec!["US".to_owned()], ..acme() };
    let outsider = Agent { queues: Vec::new(), ..alice() };
    let first = |tenant: &Tenant, agent: &Agent, query: &str, situation: &Situation| {
        refused_by(tenant, agent, query, situation.clone()).0
    };
    let link = "phone=19005551234&callerId=1&dialplan_id=9&queue_id=9";
    assert_eq!(first(&tenant, &outsider, link, &all_wrong), Code::DialplanUnknown);
    let link = "phone=19005551234&callerId=1&queue_id=9";
    assert_eq!(first(&tenant, &outsider, link, &all_wrong), Code::QueueUnknown);
    let link = "phone=19005551234&callerId=1&queue_id=102";
    assert_eq!(first(&tenant, &outsider, link, &all_wrong), Code::QueueNotMember);
    assert_eq!(first(&tenant, &alice(), link, &all_wrong), Code::CallerIdUnknown);
    tenant.default_caller_id = None;
    let link = "phone=19005551234&queue_id=102";
    assert_eq!(first(&tenant, &alice(), link, &all_wrong), Code::NoCallerId);
    tenant.default_caller_id = Some(digits("5251990"));
    assert_eq!(first(&tenant, &alice(), link, &all_wrong), Code::DialplanRefused);
    let abroad = "phone=+442079460958&queue_id=102";
    assert_eq!(first(&tenant, &alice(), abroad, &all_wrong), Code::NumberNotAllowed);
    let fine = "phone=6502928880&queue_id=102";
    assert_eq!(first(&tenant, &alice(), fine, &all_wrong), Code::AgentBusy);
    let away = Situation { live_call: None, ..all_wrong };
    assert_eq!(first(&tenant, &alice(), fine, &away), Code::AgentNotAvailable);
    let here = Situation { status: Status::Available, ..away };
    assert_eq!(first(&tenant, &alice(), fine, &here), Code::AgentPhoneUnreachable);
    assert!(admit(&tenant, &alice(), &read(fine), idle()).is_ok());
    assert_eq!(code("phone=650&queue_id=7"), Code::QueueUnknown);
}

#[test]
fn rule_5_3_transaction_data_without_enhanced_integration_is_kept_with_a_warning() {
    let query = "phone=6502928880&extTransactionData=[extRecordId|001]";
    let codes = |tenant: &Tenant| {
        let admitted = admit(tenant, &alice(), &read(query), idle()).expect("admitted");
        admitted.warnings.into_iter().map(|warning| (warning.code, warning.parameter)).collect::<Vec<_>>()
    };
    let warning = ("EXT_NOT_LINKED".to_owned(), Some("extTransactionData".to_owned()));
    assert_eq!(codes(&acme()), std::slice::from_ref(&warning));
    let salesforce = |enhanced| Salesforce {
        login_url: String::new(),
        login: Login::ClientCredentials { client_secret: ringbridge_core::redact::Secret::default() },
        client_id: String::new(),
        api_version: None,
        org_id: None,
        enhanced,
        auto_log: false,
        enrich: false,
        external_id_field: None,
        allowed_fields: Vec::new(),
        allow_duplicates: false,
        interface: Interface::Auto,
        test_endpoint: false,
    };
    assert_eq!(codes(&Tenant { salesforce: Some(salesforce(false)), ..acme() }), [warning]);
    assert_eq!(codes(&Tenant { salesforce: Some(salesforce(true)), ..acme() }), []);
}

#[test]
fn transaction_data_goes_along_with_a_record_in_another_crm_than_salesforce() {
    let hubspot = Hubspot {
        access_token: ringbridge_core::redact::Secret::default(),
        unique_property: None,
        portal: None,
        base_url: None,
        test_endpoint: false,
    };
    let connectors = Connectors { hubspot: Some(hubspot), ..Connectors::default() };
    let tenant = Tenant { connectors, ..acme() };
    let codes = |userdata: &str| {
        let query = format!("phone=6502928880&ctl_userdata={userdata}&extTransactionData=[extRecordId|501]");
        let admitted = admit(&tenant, &alice(), &read(&query), idle()).expect("admitted");
        admitted.warnings.into_iter().map(|warning| warning.code).collect::<Vec<_>>()
    };
    assert_eq!(codes("[ctl_action|create][ctl_intType|hubspot]"), Vec::<String>::new());
    assert_eq!(codes("[a|b]"), ["EXT_NOT_LINKED"]);
    assert_eq!(codes("[ctl_action|create][ctl_intType|zendesk]"), ["ACTION_IGNORED", "EXT_NOT_LINKED"]);
}
