//! The job runner against a real database and real receivers on loopback. Where time matters, the test walks the steps of
//! the runner itself and says what time it is.

use super::actions::Answer::{self as Acted, BeingTried, Done, NotThere, Settled};
use super::actions::{Act, Deed, Doubt, act};
use super::callback::{Outcome, enqueue};
use super::runner::{MOST_IN_A_LANE, Runner, TenantLookup, Tried};
use crate::outbound::{Outbound, Rules};
use crate::store::journal::{Entry, Filter};
use crate::store::tests::{Fixture, acme, at, click};
use crate::store::{StoreError, action, job, journal, lane, transaction};
use base64::Engine as _;
use ringbridge_core::callback::Callback;
use ringbridge_core::id::{Seq, TenantId, TransactionId};
use ringbridge_core::redact::Secret;
use ringbridge_core::retry::Failure;
use ringbridge_core::tenant::{Callbacks, OriginPolicy, Tenant};
use ringbridge_core::time::{Timestamp, Zone};
use ringbridge_standin::callback::{Answer, Received, Receiver};
use sha2::{Digest as _, Sha256};
use std::sync::Arc;
use std::time::Duration;

/// Longer than anything here takes; a test that waits so long has failed.
const LONG: Duration = Duration::from_secs(30);

/// Base64 of the 24 bytes `0123456789abcdef01234567`.
const SECRET: &str = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3";

/// A tenant with nothing but a name and a secret for its callbacks.
pub(super) fn tenant(id: TenantId) -> Tenant {
    Tenant {
        id,
        name: "acme".to_owned(),
        hosts: vec![],
        zone: Zone::named("UTC").unwrap(),
        country: "US".to_owned(),
        default_caller_id: None,
        default_dial_plan: None,
        code_lists: vec![],
        wrap_up_seconds: 0,
        duplicate_window_seconds: 10,
        allowed_origins: vec![],
        origin_policy: OriginPolicy::Listed,
        allowed_countries: vec![],
        channels: vec![],
        dial_plans: vec![],
        lists: vec![],
        queues: vec![],
        agents: vec![],
        screen_pop: None,
        salesforce: None,
        connectors: Default::default(),
        callbacks: Callbacks {
            secret: Secret::new(SECRET),
            previous: None,
            https_only: false,
            userdata_json: false,
        },
        tokens: vec![],
    }
}

/// A database with one transaction, a receiver, and what is needed for runners.
struct World {
    fixture: Fixture,
    receiver: Receiver,
    transaction: TransactionId,
    https_only: bool,
}

impl World {
    async fn new() -> Self {
        let fixture = tokio::task::spawn_blocking(acme).await.unwrap();
        let new = click(fixture.tenant, fixture.alice, "1");
        let transaction = fixture.store.write(move |tx| transaction::insert(tx, &new)).await.unwrap();
        let receiver = Receiver::start("127.0.0.1:0".parse().unwrap()).await.unwrap();
        Self { fixture, receiver, transaction, https_only: false }
    }

    /// A new worker of this node, as after a restart. It may call loopback.
    fn runner(&self) -> Runner {
        self.runner_with(Rules { allow_private: vec!["127.0.0.0/8".parse().unwrap()], ..Rules::default() })
    }

    fn runner_with(&self, rules: Rules) -> Runner {
        let mut known = tenant(self.fixture.tenant);
        known.callbacks.https_only = self.https_only;
        let known = Arc::new(known);
        let lookup: TenantLookup = Arc::new(move |id| (id == known.id).then(|| Arc::clone(&known)));
        Runner::new(self.fixture.store.clone(), Outbound::new(rules).unwrap(), lookup, "node")
    }

    fn callback(&self) -> Callback {
        Callback {
            url: self.receiver.url("/clicktodial/callback?transaction=7"),
            userdata: "[foreign_key|12345678]".to_owned(),
            userdata_pairs: None,
            result_code: "IGNORE".to_owned(),
            error_string: "no action".to_owned(),
            webhook_id: "msg_1".to_owned(),
        }
    }

    async fn enqueue(&self, callback: Callback, now: Timestamp) {
        let (tenant, agent, transaction) = (self.fixture.tenant, self.fixture.alice, self.transaction);
        let enqueued = self.fixture.store.write(move |tx| {
            enqueue(tx, (tenant, agent, transaction), &callback, now)?;
            // As at completion: the journal entry of the same commit is what wakes the runner.
            let entry = journal::NewEntry {
                tenant: Some(tenant),
                agent: Some(agent),
                transaction: Some(transaction),
                at: now,
                kind: "transaction.completed",
                body: serde_json::json!({}),
            };
            journal::append(tx, &entry)
        });
        enqueued.await.unwrap();
    }

    async fn entries(&self) -> Vec<Entry> {
        let found =
            self.fixture.store.read(|tx| journal::after(tx, Seq(0), Filter::All, 1000)).await.unwrap();
        found.into_iter().filter(|entry| entry.kind.starts_with("callback.")).collect()
    }

    async fn kinds(&self) -> Vec<String> {
        self.entries().await.into_iter().map(|entry| entry.kind).collect()
    }

    /// Waits for a journal entry of this kind.
    async fn wait_for(&self, kind: &str) -> Entry {
        let mut wake = self.fixture.store.wake();
        let search = async {
            loop {
                wake.mark_unchanged();
                if let Some(entry) = self.entries().await.into_iter().find(|entry| entry.kind == kind) {
                    return entry;
                }
                wake.changed().await.unwrap();
            }
        };
        tokio::time::timeout(LONG, search).await.unwrap_or_else(|_| panic!("no {kind} came"))
    }

    /// State, attempts and last error of the transaction's jobs.
    async fn jobs(&self) -> Vec<(String, i64, Option<String>)> {
        let (tenant, id) = (self.fixture.tenant, self.transaction);
        let views = self.fixture.store.read(move |tx| action::of_transaction(tx, tenant, id)).await.unwrap();
        views.into_iter().map(|view| (view.state, view.attempts, view.last_error)).collect()
    }

    /// One whole attempt at this moment, walked by hand; what it came to.
    async fn step(&self, runner: &Runner, now: Timestamp) -> Outcome {
        let claimed = runner.claim(now, 1).await.unwrap().pop().expect("a job is due");
        let outcome = runner.try_once(&claimed, now).await;
        runner.settle(claimed, outcome.clone(), now).await.unwrap();
        let Tried::Callback(outcome) = outcome else { panic!("a callback was due") };
        outcome
    }

    /// An admin does something about the transaction's job.
    async fn act(&self, deed: Deed, now: Timestamp) -> Acted {
        let (tenant, id) = (self.fixture.tenant, self.transaction);
        let acted = self.fixture.store.write(move |tx| {
            let job = action::of_transaction(tx, tenant, id)?.pop().expect("one");
            act(tx, &Act { tenant, id: job.id, by: "ada".to_owned() }, &deed, now)
        });
        acted.await.unwrap()
    }

    /// When the next job is due.
    async fn next(&self, now: Timestamp) -> Option<Timestamp> {
        self.fixture.store.read(move |tx| job::outlook(tx, now)).await.unwrap().next
    }
}

/// HMAC-SHA256 written out from RFC 2104, so that it is not the code under test that judges itself.
fn hmac_sha256(key: &[u8], message: &[u8]) -> Vec<u8> {
    let mut block = [0_u8; 64];
    block[..key.len()].copy_from_slice(key);
    let inner = Sha256::new().chain_update(block.map(|b| b ^ 0x36)).chain_update(message).finalize();
    Sha256::new().chain_update(block.map(|b| b ^ 0x5c)).chain_update(inner).finalize().to_vec()
}

fn assert_signed(received: &Received) {
    let id = received.header("webhook-id").unwrap();
    let timestamp = received.header("webhook-timestamp").unwrap();
    let message = format!("{id}.{timestamp}.{}", received.text());
    let expected = base64::engine::general_purpose::STANDARD
        .encode(hmac_sha256(b"0123456789abcdef01234567", message.as_bytes()));
    assert_eq!(received.header("webhook-signature"), Some(format!("v1,{expected}").as_str()));
}

#[tokio::test]
async fn rule_5_5_a_callback_is_posted_once_signed_and_written_down() {
    let world = World::new().await;
    let running = world.runner().start();
    world.enqueue(world.callback(), at(1000)).await;
    let received = world.receiver.wait_for(1, LONG).await.unwrap();
    let entry = world.wait_for("callback.delivered").await;
    running.stop().await;

    let [one] = received.as_slice() else { panic!("{received:?}") };
    assert_eq!(one.method, "POST");
    assert_eq!(one.target, "/clicktodial/callback?transaction=7");
    assert_eq!(one.header("content-type"), Some("application/x-www-form-urlencoded"));
    assert_eq!(
        one.text(),
        "ctl_userdata=%5Bforeign_key%7C12345678%5D&resultCode=IGNORE&errorString=no+action"
    );
    assert_eq!(one.header("webhook-id"), Some("msg_1"));
    assert_signed(one);
    assert_eq!(entry.body, serde_json::json!({ "attempt": 1, "status": 200 }));
    assert_eq!(entry.transaction, Some(world.transaction));
    assert_eq!(world.kinds().await, ["callback.delivered"]);
    assert_eq!(world.jobs().await, [("done".to_owned(), 1, None)]);
}

#[tokio::test]
async fn rule_5_5_a_receiver_that_fails_for_a_day_is_tried_twelve_times_under_one_id_and_parked() {
    let world = World::new().await;
    world.receiver.answer(Answer::Status(503));
    world.enqueue(world.callback(), at(1000)).await;
    let runner = world.runner();
    let mut now = at(1000);
    let mut attempts = 1;
    world.step(&runner, now).await;
    while let Some(next) = world.next(now).await {
        now = next;
        world.step(&runner, now).await;
        attempts += 1;
    }
    assert_eq!(attempts, 12);
    assert!(now.since(at(1000)) >= Duration::from_secs(24 * 60 * 60));
    let mut kinds = vec!["callback.attempted"; 11];
    kinds.push("callback.parked");
    assert_eq!(world.kinds().await, kinds);
    let reason = "the receiver answered with status 503";
    assert_eq!(world.jobs().await, [("parked".to_owned(), 12, Some(reason.to_owned()))]);
    let last = world.entries().await.pop().unwrap();
    assert_eq!(
        last.body,
        serde_json::json!({ "attempt": 12, "class": "http-5xx", "reason": reason, "why": "given_up" })
    );
    let received = world.receiver.received();
    assert_eq!(received.len(), 12);
    for one in &received {
        assert_eq!(one.header("webhook-id"), Some("msg_1"));
        assert_eq!(one.text(), received[0].text());
        assert_signed(one);
    }
}

#[tokio::test]
async fn what_will_never_be_taken_is_parked_at_once_with_its_reason() {
    let world = World::new().await;
    let runner = world.runner_with(Rules::default());
    let private = "the host has an address that is not public (loopback); the server's outbound.allow_private does not list it";
    let table = [
        (world.receiver.url("/"), private),
        ("ftp://example.com/".to_owned(), "only http: and https: URLs are called"),
        ("http://u:p@example.com/".to_owned(), "the URL must not hold a user name or password"),
        ("not a url".to_owned(), "this is no URL; it must look like https://host/path"),
    ];
    let mut expected = vec![];
    for (url, reason) in table {
        world.enqueue(Callback { url, ..world.callback() }, at(1000)).await;
        world.step(&runner, at(1000)).await;
        expected.push(("parked".to_owned(), 1, Some(reason.to_owned())));
    }
    assert_eq!(world.jobs().await, expected);
    assert_eq!(world.receiver.received(), []);
    assert_eq!(world.kinds().await, vec!["callback.parked"; 4]);
    assert_eq!(world.entries().await[0].body["class"], "refused");
}

#[tokio::test]
async fn a_tenant_that_allows_only_https_has_http_callbacks_parked() {
    let world = World { https_only: true, ..World::new().await };
    world.enqueue(world.callback(), at(1000)).await;
    world.step(&world.runner(), at(1000)).await;
    let reason = "this tenant allows only https: URLs".to_owned();
    assert_eq!(world.jobs().await, [("parked".to_owned(), 1, Some(reason))]);
    assert_eq!(world.receiver.received(), []);
}

#[tokio::test]
async fn a_receiver_that_is_gone_is_not_asked_again_and_a_redirect_is_a_failure() {
    let world = World::new().await;
    let runner = world.runner();
    world.receiver.answer(Answer::Status(410));
    world.enqueue(world.callback(), at(1000)).await;
    world.step(&runner, at(1000)).await;
    world.receiver.answer(Answer::Status(302));
    world.enqueue(world.callback(), at(1000)).await;
    world.step(&runner, at(1000)).await;
    assert_eq!(world.kinds().await, ["callback.parked", "callback.attempted"]);
    assert_eq!(world.entries().await[0].body["why"], "gone");
    assert_eq!(world.entries().await[1].body["class"], "http-3xx");
}

#[tokio::test]
async fn rule_5_6_a_restart_takes_an_attempt_over_at_once_and_the_dead_cannot_settle_it() {
    let world = World::new().await;
    world.enqueue(world.callback(), at(1000)).await;
    // The first worker claims it and dies: the claim is all that is left of it.
    let dead = world.runner();
    let held = dead.claim(at(1000), 1).await.unwrap().pop().expect("it is due");
    assert_eq!(held.attempt, 1);

    let second = world.runner();
    assert!(second.claim(at(1001), 1).await.unwrap().is_empty(), "the lease holds");
    assert_eq!(second.take_over().await, Ok(1));
    assert_eq!(world.step(&second, at(1001)).await, Outcome::Delivered(200));

    let late = dead.settle(held, Tried::Callback(Outcome::Delivered(200)), at(1002)).await;
    assert_eq!(late, Err(StoreError::Stale { what: "the job" }));
    assert_eq!(world.kinds().await, ["callback.delivered"]);
    assert_eq!(world.jobs().await, [("done".to_owned(), 2, None)]);
    assert_eq!(world.receiver.received()[0].header("webhook-id"), Some("msg_1"));
}

#[tokio::test]
async fn a_runner_that_starts_delivers_what_its_predecessor_left() {
    let world = World::new().await;
    let now = crate::clock::now();
    world.enqueue(world.callback(), now).await;
    let dead = world.runner();
    assert_eq!(dead.claim(now, 1).await.unwrap().len(), 1);
    drop(dead);
    let running = world.runner().start();
    let entry = world.wait_for("callback.delivered").await;
    running.stop().await;
    assert_eq!(entry.body["attempt"], 2);
}

#[tokio::test]
async fn another_nodes_lease_is_respected_until_it_runs_out() {
    let world = World::new().await;
    world.enqueue(world.callback(), at(1000)).await;
    let claimed = world.fixture.store.write(|tx| {
        let lease = job::Lease { until: at(1030), crm_until: at(1030) };
        job::claim(tx, "other/1", at(1000), lease, job::Share { jobs: 1, each_lane: 1, each_crm: 1 })
    });
    assert_eq!(claimed.await.unwrap().len(), 1);
    let runner = world.runner();
    assert_eq!(runner.take_over().await, Ok(0));
    assert!(runner.claim(at(1029), 1).await.unwrap().is_empty());
    assert_eq!(world.next(at(1029)).await, Some(at(1030)));
    assert_eq!(world.step(&runner, at(1030)).await, Outcome::Delivered(200));
}

#[tokio::test]
async fn one_receiver_gets_only_its_share_of_the_slots() {
    let world = World::new().await;
    for _ in 0..20 {
        world.enqueue(world.callback(), at(1000)).await;
    }
    world.enqueue(Callback { url: "http://other.example/".to_owned(), ..world.callback() }, at(1000)).await;
    let runner = world.runner();
    let lanes = |jobs: Vec<job::Claimed>| jobs.into_iter().map(|job| job.lane).collect::<Vec<_>>();
    let busy = format!("callback:{}:{}", world.fixture.tenant, world.receiver.address());
    let mut expected = vec![busy; MOST_IN_A_LANE as usize];
    expected.push(format!("callback:{}:other.example", world.fixture.tenant));
    assert_eq!(lanes(runner.claim(at(1000), 64).await.unwrap()), expected);
    assert!(runner.claim(at(1000), 64).await.unwrap().is_empty(), "the lane is full");
}

#[tokio::test]
async fn an_overloaded_receiver_holds_its_lane_and_no_other() {
    let world = World::new().await;
    let runner = world.runner();
    for _ in 0..2 {
        world.enqueue(world.callback(), at(1000)).await;
    }
    let claimed = runner.claim(at(1000), 1).await.unwrap().pop().unwrap();
    let failure = Failure::Status { code: 429, retry_after: Some(Duration::from_secs(120)) };
    let outcome = Outcome::Failed { failure, reason: "busy".to_owned() };
    runner.settle(claimed, Tried::Callback(outcome), at(1000)).await.unwrap();

    assert!(runner.claim(at(1119), 64).await.unwrap().is_empty());
    world.enqueue(Callback { url: "http://other.example/".to_owned(), ..world.callback() }, at(1100)).await;
    assert_eq!(runner.claim(at(1119), 64).await.unwrap().len(), 1, "another lane is free");
    assert_eq!(runner.claim(at(1120), 64).await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_receiver_that_asked_for_a_pause_is_in_trouble_until_it_is_over() {
    let world = World::new().await;
    let runner = world.runner();
    for _ in 0..2 {
        world.enqueue(world.callback(), at(1000)).await;
    }
    let held = async || {
        let tenant = world.fixture.tenant;
        let lanes = world.fixture.store.read(move |tx| lane::of_tenant(tx, tenant)).await.unwrap();
        lanes.into_iter().map(|lane| lane.open_at).collect::<Vec<_>>()
    };
    // Two are under way together: one meets the overload, the other was taken just before.
    let mut claimed = runner.claim(at(1000), 2).await.unwrap();
    let failure = Failure::Status { code: 429, retry_after: Some(Duration::from_secs(120)) };
    let outcome = Outcome::Failed { failure, reason: "busy".to_owned() };
    runner.settle(claimed.remove(0), Tried::Callback(outcome), at(1000)).await.unwrap();
    runner.settle(claimed.remove(0), Tried::Callback(Outcome::Delivered(200)), at(1001)).await.unwrap();
    assert_eq!(held().await, [at(1120)]);
    assert_eq!(world.step(&runner, at(1120)).await, Outcome::Delivered(200));
    assert_eq!(held().await, []);
}

#[tokio::test]
async fn a_job_of_an_unknown_kind_or_tenant_is_parked() {
    let world = World::new().await;
    let runner = world.runner();
    world.enqueue(world.callback(), at(1000)).await;
    let mut claimed = runner.claim(at(1000), 1).await.unwrap().pop().unwrap();
    let refused = |reason: &str| Outcome::Failed { failure: Failure::Refused, reason: reason.to_owned() };
    let stranger = job::Claimed { tenant: TenantId(99), ..claimed.clone() };
    let outcome = runner.try_once(&stranger, at(1000)).await;
    assert_eq!(outcome, Tried::Callback(refused("the tenant does not exist any more")));
    let garbled = job::Claimed { body: "{".to_owned(), ..claimed.clone() };
    let outcome = runner.try_once(&garbled, at(1000)).await;
    assert_eq!(outcome, Tried::Callback(refused("the stored callback cannot be read")));
    let poison = job::Claimed { attempt: 1001, ..claimed.clone() };
    let outcome = runner.try_once(&poison, at(1000)).await;
    assert_eq!(outcome, Tried::Callback(refused("it was begun too often without an end")));
    claimed.kind = "dance".to_owned();
    let outcome = runner.try_once(&claimed, at(1000)).await;
    assert_eq!(outcome, Tried::Callback(refused("this version does not know this kind of job")));
    assert_eq!(world.receiver.received(), []);
}

#[tokio::test]
async fn a_parked_callback_can_be_sent_again() {
    let world = World::new().await;
    let runner = world.runner();
    world.receiver.answer(Answer::Status(410));
    world.enqueue(world.callback(), at(1000)).await;
    world.step(&runner, at(1000)).await;
    world.receiver.answer(Answer::Status(204));
    let tenant = world.fixture.tenant;
    let resent = world.fixture.store.write(move |tx| {
        let parked = action::parked(tx, tenant, 10)?.pop().expect("one is parked");
        let who = Act { tenant, id: parked.id, by: "admin".to_owned() };
        act(tx, &who, &Deed::Retry(Doubt::Kept), at(2000))
    });
    assert_eq!(resent.await, Ok(Done));
    assert_eq!(world.step(&runner, at(2000)).await, Outcome::Delivered(204));
    let received = world.receiver.received();
    assert_eq!(received[0].header("webhook-id"), received[1].header("webhook-id"));
}

#[tokio::test]
async fn rule_5_5_a_callback_that_was_delivered_can_be_sent_again_under_its_id() {
    let world = World::new().await;
    let runner = world.runner();
    world.enqueue(world.callback(), at(1000)).await;
    assert_eq!(world.step(&runner, at(1000)).await, Outcome::Delivered(200));
    assert_eq!(world.act(Deed::Retry(Doubt::Kept), at(2000)).await, Settled, "only who says resend means it");
    assert_eq!(world.act(Deed::Resend, at(2000)).await, Done);
    assert_eq!(world.jobs().await, [("pending".to_owned(), 1, None)]);
    let claimed = runner.claim(at(2000), 1).await.unwrap().pop().expect("it is due");
    assert_eq!(world.act(Deed::Resend, at(2001)).await, BeingTried);
    let outcome = runner.try_once(&claimed, at(2001)).await;
    runner.settle(claimed, outcome, at(2001)).await.unwrap();
    let received = world.receiver.received();
    assert_eq!(received[0].header("webhook-id"), received[1].header("webhook-id"));
    assert_eq!(received[0].text(), received[1].text());
    assert_signed(&received[1]);
    assert_eq!(world.kinds().await, ["callback.delivered", "callback.delivered"]);

    // What something newer took the place of is not sent any more.
    assert_eq!(world.act(Deed::Resend, at(3000)).await, Done);
    assert_eq!(world.act(Deed::GiveUp, at(3000)).await, Done);
    assert_eq!(world.act(Deed::Resend, at(3000)).await, Settled);
}

#[tokio::test]
async fn a_record_is_no_callback_to_be_sent_again() {
    let world = World::new().await;
    let (tenant, agent, transaction) = (world.fixture.tenant, world.fixture.alice, world.transaction);
    let new = job::NewJob {
        tenant,
        agent,
        transaction,
        kind: "crm",
        lane: "crm:1:sfdc".to_owned(),
        body: "{}".to_owned(),
        due_at: at(1000),
    };
    world.fixture.store.write(move |tx| job::enqueue(tx, &new, at(1000))).await.unwrap();
    assert_eq!(world.act(Deed::Resend, at(1000)).await, NotThere);
}
