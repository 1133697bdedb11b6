//! A CRM that is away for a day, with the clock walked by hand and a real org over real HTTP.

use super::super::runner::{Runner, TenantLookup};
use super::super::tests::tenant;
use super::tests::{World, connected};
use crate::outbound::{Outbound, Rules};
use crate::store::{action, job, lane};
use ringbridge_core::completion::AfterCall;
use ringbridge_core::redact::Secret;
use ringbridge_core::system_data::Integration;
use ringbridge_core::tenant::salesforce::{Interface, Login, Salesforce};
use ringbridge_core::time::Timestamp;
use ringbridge_standin::callback::Receiver;
use ringbridge_standin::salesforce::{Org, OrgConfig};
use std::sync::Arc;
use std::time::Duration;

/// A call of the day every so often.
const EVERY: Duration = Duration::from_secs(8 * 60);

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The day begins here; the moment means nothing.
const MORNING: Timestamp = Timestamp::from_millis(1_790_000_000_000);

/// A worker whose tenant is connected to the org and may call loopback.
fn worker(world: &World, org: &Org) -> Runner {
    let OrgConfig { consumer_key, client_secret, .. } = OrgConfig::default();
    let mut known = tenant(world.fixture.tenant);
    known.salesforce = Some(Salesforce {
        login_url: org.url(),
        login: Login::ClientCredentials { client_secret: Secret::new(client_secret) },
        client_id: consumer_key,
        api_version: None,
        org_id: None,
        enhanced: false,
        auto_log: false,
        enrich: false,
        external_id_field: Some("Transactionid__c".to_owned()),
        allowed_fields: vec![],
        allow_duplicates: false,
        interface: Interface::Auto,
        test_endpoint: true,
    });
    let known = Arc::new(known);
    let lookup: TenantLookup = Arc::new(move |_| Some(Arc::clone(&known)));
    let rules = Rules { allow_private: vec!["127.0.0.0/8".parse().expect("a range")], ..Rules::default() };
    Runner::new(world.fixture.store.clone(), Outbound::new(rules).expect("a client"), lookup, "node")
}

/// What was settled at the click, under that tenant's settings.
fn keyed() -> AfterCall {
    AfterCall { keys: vec![(Integration::Sfdc, "Transactionid__c".to_owned())], ..connected() }
}

/// Tries everything that is due, side by side, until nothing is; gives how many attempts there were.
async fn work(runner: &Runner, now: Timestamp) -> usize {
    let mut attempts = 0;
    loop {
        let claimed = runner.claim(now, 64).await.expect("claimed");
        if claimed.is_empty() {
            return attempts;
        }
        attempts += claimed.len();
        let mut running = tokio::task::JoinSet::new();
        for job in claimed {
            let runner = runner.clone();
            running.spawn(async move {
                let tried = runner.try_once(&job, now).await;
                runner.settle(job, tried, now).await.expect("settled");
            });
        }
        while let Some(done) = running.join_next().await {
            done.expect("no panic");
        }
    }
}

/// The next moment at which there is something to do, before `end`.
async fn next(world: &World, now: Timestamp, end: Timestamp) -> Timestamp {
    let outlook = world.fixture.store.read(move |tx| job::outlook(tx, now)).await.expect("read");
    outlook.next.unwrap_or(end).min(end)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crm_that_is_away_for_a_day_loses_nothing_and_is_not_overrun_when_it_is_back() {
    let world = World::new().await;
    let org = Org::start(([127, 0, 0, 1], 0).into(), OrgConfig::default()).await.expect("a free port");
    let receiver = Receiver::start(([127, 0, 0, 1], 0).into()).await.expect("a free port");
    let runner = worker(&world, &org);
    org.go_down();

    let callback = format!("[ctl_callbackUrl|{}]", receiver.url("/done"));
    let create =
        format!("[ctl_action|create][ctl_intType|sfdc][ObjectType|Task][Subject|$transaction_id$]{callback}");
    let evening = MORNING.plus(DAY);
    let mut calls = Vec::new();
    let mut now = MORNING;
    let mut call_at = MORNING;
    let mut attempts = 0;
    while now < evening {
        if now >= call_at {
            let name = format!("call-{}", calls.len());
            calls.push(world.completed(&name, &create, keyed(), now).await);
            call_at = now.plus(EVERY);
        }
        attempts += work(&runner, now).await;
        now = next(&world, now, call_at).await;
    }
    assert_eq!(calls.len(), 180, "calls went on all day");
    assert!(attempts <= 4 * 24 + 15, "four times an hour is enough to see that it is away: {attempts}");
    // An attempt asks for the version and for a token.
    assert!(org.requests().len() <= 2 * attempts, "{}", org.requests().len());
    assert_eq!(receiver.received(), [], "what carries the record waits for it");

    // What has nothing to do with the CRM is not held up by it.
    world.completed("other", &callback, AfterCall::default(), now).await;
    work(&runner, now).await;
    assert_eq!(receiver.received().len(), 1);

    // The admin sees it.
    let tenant = world.fixture.tenant;
    let (lanes, waiting, parked) = world
        .fixture
        .store
        .read(move |tx| {
            Ok((
                lane::of_tenant(tx, tenant)?,
                action::waiting(tx, tenant, 1000)?,
                action::parked(tx, tenant, 10)?,
            ))
        })
        .await
        .expect("read");
    let [lane] = lanes.as_slice() else { panic!("one lane: {lanes:?}") };
    assert_eq!((lane.name.as_str(), lane.waiting, lane.since), ("crm:1:sfdc", 180, MORNING));
    assert!(lane.failures > 90 && !lane.reason.is_empty(), "{lane:?}");
    assert_eq!((waiting.len(), parked.len()), (180, 0));

    // It is back: one record finds out, then four at a time.
    org.come_up();
    let open_at = next(&world, now, now.plus(DAY)).await;
    assert!(
        open_at.since(now) <= Duration::from_secs(18 * 60),
        "it is asked again within the quarter of an hour"
    );
    now = open_at;
    let left =
        async || world.fixture.store.read(move |tx| action::waiting(tx, tenant, 1)).await.expect("read");
    while !left().await.is_empty() {
        work(&runner, now).await;
        now = next(&world, now, now.plus(Duration::from_secs(60))).await;
    }
    assert!(now.since(open_at) < Duration::from_secs(3600), "the backlog is gone within the hour");
    assert!(org.counts().concurrent_max <= 4, "{:?}", org.counts());
    let tasks = org.records("Task");
    let mut subjects: Vec<i64> = tasks
        .iter()
        .map(|task| task.text("Subject").and_then(|id| id.parse().ok()).expect("an id"))
        .collect();
    subjects.sort_unstable();
    assert_eq!(subjects, calls.iter().map(|id| id.0).collect::<Vec<_>>(), "each once");
    // Each callback carries its record: it came after it.
    let told = receiver.received();
    assert_eq!(told.len(), 181);
    assert!(told.iter().skip(1).all(|one| one.text().contains("ctl_newRecordId%7C00T")), "{told:?}");
    let lanes = world.fixture.store.read(move |tx| lane::of_tenant(tx, tenant)).await.expect("read");
    assert_eq!(lanes, []);
}
