//! What goes wrong with an org, and that nothing is written twice for it (semantics 5.6, REL-5).

use super::*;
use ringbridge_core::crm::{Class, Usage};
use ringbridge_standin::salesforce::{Fault, FaultScript, KeyField, Operation};

fn class(report: &Report) -> Option<Class> {
    match &report.outcome {
        Outcome::Created(_) => None,
        Outcome::Failed(failure) => Some(failure.class),
    }
}

async fn keyed() -> Stage {
    let mut stage = Stage::new().await;
    stage.settings.external_id_field = Some("Transactionid__c".into());
    stage
}

async fn marked() -> Stage {
    Stage::with(OrgConfig { key_field: KeyField::Plain, ..OrgConfig::default() }).await
}

#[tokio::test]
async fn each_fault_has_its_class_with_a_key_and_without() {
    use Class::{Away, Exhausted, Faulted, Locked, Refused, Throttled, Unsure};
    let refused = Fault::Refused {
        status: 400,
        code: "FIELD_CUSTOM_VALIDATION_EXCEPTION".into(),
        message: "Say why you called".into(),
        fields: vec!["Description".into()],
    };
    let table = [
        (Fault::LostAfterCommit, Away, Unsure),
        (Fault::LostBeforeCommit, Away, Unsure),
        (Fault::DailyLimit, Exhausted, Exhausted),
        (Fault::LongTransactions, Throttled, Throttled),
        (Fault::LockedRowAs400, Locked, Locked),
        (Fault::LockedRowAs500, Locked, Locked),
        (Fault::Ambiguous, Refused, Refused),
        (Fault::Unavailable, Away, Away),
        (Fault::ServerUnavailable, Away, Away),
        (Fault::UnknownAfterCommit, Faulted, Unsure),
        (Fault::UnknownBeforeCommit, Faulted, Unsure),
        (Fault::TruncatedJson, Away, Unsure),
        (Fault::CutBody, Away, Unsure),
        (refused, Refused, Refused),
    ];
    for (fault, with_key, without) in table {
        for (stage, expected) in [(keyed().await, with_key), (marked().await, without)] {
            stage.org.faults(FaultScript::once(fault.clone()));
            let report = stage.create(&example_1(), History::First).await;
            let found_at_once = fault == Fault::TruncatedJson && stage.settings.external_id_field.is_some();
            // Under its key the record of an answer that was cut short is found in the same attempt.
            let expected = Some(expected).filter(|_| !found_at_once);
            assert_eq!(class(&report), expected, "{fault:?}: {report:?}");

            let again = stage.create(&example_1(), History::Again).await;
            assert_eq!(class(&again), None, "{fault:?}: {again:?}");
            assert_eq!(stage.org.records("Task").len(), 1, "{fault:?}");
        }
    }
}

#[tokio::test]
async fn a_record_whose_answer_was_lost_and_that_may_not_be_changed_is_found_under_its_key() {
    let mut stage = keyed().await;
    // Fills `TaskSubtype`, which can be set in a new record only.
    stage.settings.enrich = true;
    stage.org.faults(FaultScript::once(Fault::LostAfterCommit));
    assert_eq!(class(&stage.create(&example_1(), History::First).await), Some(Class::Away));
    let created = stage.created(&example_1()).await;
    assert_eq!(stage.task(&["Id"]), [created.id]);
    let refusals = stage.org.requests().into_iter().filter(|request| request.status == Some(400));
    assert_eq!(refusals.count(), 1, "the org refused to change it");
}

#[tokio::test]
async fn a_validation_rules_words_are_kept() {
    let stage = keyed().await;
    stage.org.faults(FaultScript::once(Fault::Refused {
        status: 400,
        code: "FIELD_CUSTOM_VALIDATION_EXCEPTION".into(),
        message: "Say why you called".into(),
        fields: vec!["Description".into()],
    }));
    assert_eq!(
        stage.refused(&example_1()).await,
        "FIELD_CUSTOM_VALIDATION_EXCEPTION: Say why you called (Description)"
    );
}

#[tokio::test]
async fn a_record_that_cannot_be_found_again_is_not_written_again() {
    let stage = Stage::with(OrgConfig { key_field: KeyField::Absent, ..OrgConfig::default() }).await;
    let order = order(&[("Subject", "x"), ("CallObject", "mine")]);
    stage.org.faults(FaultScript::once(Fault::LostAfterCommit));
    assert_eq!(class(&stage.create(&order, History::First).await), Some(Class::Unsure));
    assert_eq!(class(&stage.create(&order, History::Again).await), Some(Class::Unprovable));
    assert_eq!(stage.org.records("Task").len(), 1);
}

#[tokio::test]
async fn a_token_that_ends_under_many_attempts_is_renewed_by_one_log_in() {
    let stage = keyed().await;
    stage.created(&example_1()).await;
    stage.org.expire_tokens();
    let before = stage.org.counts().token_requests;
    let attempts = (0..12).map(|number| {
        let (connections, settings) = (stage.connections.clone(), stage.settings.clone());
        async move {
            let mut order = example_1();
            order.call.guid = InteractionGuid(format!("int-{number:032}"));
            order.fields.retain(|(name, _)| name != "Transactionid__c");
            let now = crate::clock::now();
            class(&connections.create(&tenant(), &settings, &order, History::First, now).await)
        }
    });
    assert_eq!(together(attempts).await, [None; 12]);
    assert_eq!(stage.org.counts().token_requests - before, 1);
    assert_eq!(stage.org.records("Task").len(), 13);
}

#[tokio::test]
async fn a_second_401_is_no_reason_to_log_in_a_second_time() {
    let stage = keyed().await;
    stage.created(&example_1()).await;
    let before = stage.org.counts().token_requests;
    stage.org.faults(FaultScript::sequence([
        Some(Fault::Expired),
        Some(Fault::Expired),
        Some(Fault::Expired),
    ]));
    let report = stage.create(&example_1(), History::First).await;
    assert_eq!(
        report.outcome,
        Outcome::failed(Class::Unauthorized, "INVALID_SESSION_ID", "Session expired or invalid")
    );
    assert_eq!(stage.org.counts().token_requests - before, 1);
}

#[tokio::test]
async fn a_401_that_is_no_expiry_renews_nothing() {
    let stage = keyed().await;
    stage.created(&example_1()).await;
    let before = stage.org.counts().token_requests;
    let message = "This session is not valid for use with the REST API";
    stage.org.faults(FaultScript::once(Fault::Refused {
        status: 401,
        code: "INVALID_SESSION_ID".into(),
        message: message.into(),
        fields: vec![],
    }));
    let report = stage.create(&example_1(), History::First).await;
    assert_eq!(report.outcome, Outcome::failed(Class::Unauthorized, "INVALID_SESSION_ID", message));
    assert_eq!(stage.org.counts().token_requests, before);
}

#[tokio::test]
async fn a_key_field_that_was_taken_away_costs_no_record() {
    let stage = keyed().await;
    stage.created(&example_1()).await;
    stage.org.set_key_field(KeyField::Absent);
    let mut order = example_1();
    order.call.guid = InteractionGuid("int-2".into());
    order.fields.retain(|(name, _)| name != "Transactionid__c");
    order.fields.push(("Transactionid__c".into(), "int-2".into()));
    let created = stage.created(&order).await;
    assert_eq!(created.notes, ["Transactionid__c is not in Task and was left out; create it again"]);
    assert_eq!(stage.org.records("Task").len(), 2);
}

#[tokio::test]
async fn a_log_in_that_is_refused_keeps_salesforces_words() {
    let mut stage = Stage::new().await;
    stage.settings.client_id = "nobody".into();
    let report = stage.create(&example_1(), History::First).await;
    let Outcome::Failed(failure) = report.outcome else { panic!("{report:?}") };
    assert_eq!((failure.class, failure.code.as_str()), (Class::Unauthorized, "invalid_client_id"));
    assert_eq!(failure.message, "client identifier invalid");
}

#[tokio::test]
async fn another_org_than_the_expected_one_gets_no_record() {
    let mut stage = Stage::new().await;
    stage.settings.org_id = Some("00D000000000001".into());
    assert_eq!(
        stage.refused(&example_1()).await,
        "ORG_MISMATCH: the org that answered is 00D5e0000000001EAA, but salesforce.org_id expects 00D000000000001"
    );
    stage.settings.org_id = Some("00D5e0000000001".into());
    stage.created(&example_1()).await;
}

#[tokio::test]
async fn an_org_that_is_down_is_away_and_found_well_later() {
    let stage = keyed().await;
    stage.org.go_down();
    assert_eq!(class(&stage.create(&example_1(), History::First).await), Some(Class::Away));
    stage.org.come_up();
    assert_eq!(class(&stage.create(&example_1(), History::First).await), None);
}

#[tokio::test]
async fn the_allowance_is_reported() {
    let stage = keyed().await;
    stage.org.set_daily_limit(94, 100);
    let report = stage.create(&example_1(), History::First).await;
    // The description of the object and the record.
    assert_eq!(report.usage, Some(Usage { used: 96, allowed: 100 }));
}

#[tokio::test]
async fn what_was_learnt_of_an_org_is_asked_once() {
    let stage = keyed().await;
    for number in 0..3 {
        let mut order = order(&[("Subject", "x")]);
        order.call.guid = InteractionGuid(format!("int-{number}"));
        stage.created(&order).await;
    }
    let asked =
        |operation| stage.org.requests().iter().filter(|request| request.operation == operation).count();
    assert_eq!(
        [Operation::Token, Operation::Describe, Operation::Other, Operation::Upsert].map(asked),
        [1, 1, 1, 3]
    );
}

/// Tries an order as the runner does, until it is there; how many tries it took.
async fn until_created(stage: &Stage, order: &Order) -> usize {
    let mut history = History::First;
    for tries in 1..=50 {
        match class(&stage.create(order, history).await) {
            None => return tries,
            Some(Class::Unsure) => history = History::Again,
            Some(Class::Refused) => panic!("{:?}", stage.org.requests().last()),
            Some(_) => {}
        }
    }
    panic!("it never got through");
}

#[tokio::test]
async fn rule_5_6_whatever_goes_wrong_each_order_is_one_record() {
    let faults = || {
        [
            (120, Fault::LostAfterCommit),
            (120, Fault::LostBeforeCommit),
            (60, Fault::Expired),
            (60, Fault::LockedRowAs500),
            (60, Fault::Unavailable),
            (80, Fault::UnknownAfterCommit),
            (60, Fault::UnknownBeforeCommit),
            (80, Fault::TruncatedJson),
            (80, Fault::CutBody),
        ]
    };
    for (seed, stage) in [(1, keyed().await), (2, marked().await)] {
        stage.org.faults(FaultScript::seeded(seed, faults()).on([
            Operation::Create,
            Operation::Upsert,
            Operation::Query,
            Operation::Token,
        ]));
        let mut tries = 0;
        for number in 0..60 {
            let guid = format!("int-{number:032}");
            let mut order = order(&[("Subject", "x"), ("Transactionid__c", &guid)]);
            order.call.guid = InteractionGuid(guid);
            tries += until_created(&stage, &order).await;
        }
        let tasks = stage.org.records("Task");
        let guids: std::collections::BTreeSet<_> =
            tasks.iter().filter_map(|task| task.text("Transactionid__c")).collect();
        assert_eq!((tasks.len(), guids.len()), (60, 60));
        assert!(tries > 90, "the faults were met: {tries}");
    }
}

#[tokio::test]
async fn rule_5_6_a_record_is_looked_for_where_its_first_attempt_wrote_it_whatever_the_settings_say_now() {
    let order = order(&[("Subject", "x")]);
    for (first, then) in [(None, Some("Transactionid__c")), (Some("Transactionid__c"), None)] {
        let mut stage = Stage::new().await;
        stage.settings.external_id_field = first.map(str::to_owned);
        let order = under(&stage.settings, &order);
        let written = stage.created(&order).await.id;
        // Its answer was lost, and an admin read that a key makes repeating safer.
        stage.settings.external_id_field = then.map(str::to_owned);
        assert_eq!(created(stage.attempt(&order, History::Again).await).id, written, "{first:?}");
        assert_eq!(stage.org.records("Task").len(), 1, "{first:?}");
    }
}

#[tokio::test]
async fn an_org_that_takes_requests_and_never_answers_is_away_before_any_record_is_to_blame() {
    let deaf = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let login = Login::ClientCredentials { client_secret: Secret::new("a secret") };
    let settings = settings(&format!("http://{}", deaf.local_addr().unwrap()), login);
    let rules = Rules { allow_private: vec!["127.0.0.0/8".parse().unwrap()], ..Rules::default() };
    let connections = Connections::new(Outbound::new(rules).unwrap().impatient());
    let now = crate::clock::now();
    let report = connections.create(&tenant(), &settings, &example_1(), History::First, now).await;
    let words = "Salesforce: the receiver did not answer in time";
    assert_eq!(report.outcome, Outcome::failed(Class::Away, "", words));
}
