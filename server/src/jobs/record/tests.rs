//! Records as jobs, walked by hand: what is settled when, and what follows in the same commit.

use super::super::actions::{Act, Answer, Deed, Doubt, Edit, act};
use super::super::callback::Outcome as CallbackOutcome;
use super::super::runner::{Runner, TenantLookup, Tried};
use super::super::{Over, complete};
use crate::outbound::{Outbound, Rules};
use crate::store::job::Claimed;
use crate::store::journal::{self, Filter};
use crate::store::tests::{Fixture, acme, at, click};
use crate::store::transaction::{self, Version};
use crate::store::{action, lane};
use ringbridge_core::admission::Admitted;
use ringbridge_core::call::{Call, Initiator, Input, Terms};
use ringbridge_core::callback::Callback;
use ringbridge_core::completion::{AfterCall, AutoLog, Linking, UserdataForm};
use ringbridge_core::crm::{Class, Created, Order, Outcome, Report, Usage};
use ringbridge_core::id::{InteractionGuid, Seq, TransactionId};
use ringbridge_core::link::{self, decode_query};
use ringbridge_core::placement::Placement;
use ringbridge_core::redact::Digits;
use ringbridge_core::retry::Failure as CallbackFailure;
use ringbridge_core::system_data::Integration;
use ringbridge_core::tenant::WrapUpAfterFailed;
use ringbridge_core::time::Timestamp;
use ringbridge_core::wrap_up::Rules as WrapUpRules;
use std::sync::Arc;

const LINK: &str = "[ctl_action|create][ctl_intType|sfdc][ObjectType|Task][Subject|call]\
                    [ctl_callbackUrl|https://h.example/done]";

/// A database and a worker whose tenant is never asked for: attempts are told what they came to.
pub(super) struct World {
    pub(super) fixture: Fixture,
    runner: Runner,
}

impl World {
    pub(super) async fn new() -> Self {
        let fixture = tokio::task::spawn_blocking(acme).await.expect("a database");
        let runner = worker(&fixture);
        Self { fixture, runner }
    }

    /// A transaction whose wrap-up ended at this moment.
    pub(super) async fn completed(
        &self,
        name: &str,
        userdata: &str,
        after_call: AfterCall,
        now: Timestamp,
    ) -> TransactionId {
        let guid = InteractionGuid(format!("int-{name}"));
        let placement = placement(userdata, after_call);
        let mut new = click(self.fixture.tenant, self.fixture.alice, name);
        new.link = serde_json::to_string(&placement).expect("it is JSON");
        let terms = placement.terms.clone();
        let mut call = Call::new();
        call.handle(&terms, Input::Begin, now);
        call.handle(&terms, Input::End(Initiator::Agent), now);
        let (tenant, agent) = (self.fixture.tenant, self.fixture.alice);
        let written = self.fixture.store.write(move |tx| {
            let id = transaction::insert(tx, &new)?;
            transaction::update(tx, id, Version::FIRST, &call, "", now)?;
            let (guid, placement, call) = (&guid, &placement, &call);
            let over = Over { tenant, agent, id, guid, placement, call, completed_at: now };
            complete(tx, &over).map(|_| id)
        });
        written.await.expect("written")
    }

    async fn claim(&self, now: Timestamp) -> Vec<Claimed> {
        self.runner.claim(now, 64).await.expect("claimed")
    }

    async fn claim_one(&self, now: Timestamp) -> Claimed {
        let mut claimed = self.claim(now).await;
        assert_eq!(claimed.len(), 1, "{claimed:?}");
        claimed.remove(0)
    }

    async fn settle(&self, job: Claimed, report: impl Into<Report>, now: Timestamp) {
        self.runner.settle(job, Tried::Record(report.into()), now).await.expect("settled");
    }

    /// Result, error string, record.
    async fn result(&self, id: TransactionId) -> (Option<String>, Option<String>, Option<String>) {
        let tenant = self.fixture.tenant;
        let view = self.fixture.store.read(move |tx| transaction::view(tx, tenant, id)).await;
        let view = view.expect("read").expect("it is there");
        (view.result_code, view.error_string, view.record_id)
    }

    /// The jobs of a transaction as kind and state.
    async fn jobs(&self, id: TransactionId) -> Vec<(String, String)> {
        self.views(id).await.into_iter().map(|view| (view.kind, view.state)).collect()
    }

    async fn views(&self, id: TransactionId) -> Vec<action::View> {
        let tenant = self.fixture.tenant;
        self.fixture.store.read(move |tx| action::of_transaction(tx, tenant, id)).await.expect("read")
    }

    /// The callbacks of a transaction: id, user data, result, error.
    async fn callbacks(&self, id: TransactionId) -> Vec<(String, String, String, String)> {
        let views = self.views(id).await.into_iter().filter(|view| view.kind == "callback");
        let read = views.map(|view| serde_json::from_str::<Callback>(&view.body).expect("a callback"));
        read.map(|one| (one.webhook_id, one.userdata, one.result_code, one.error_string)).collect()
    }

    async fn kinds(&self) -> Vec<String> {
        let all = self.fixture.store.read(|tx| journal::after(tx, Seq(0), Filter::All, 1000)).await;
        all.expect("read").into_iter().map(|entry| entry.kind).collect()
    }

    async fn act(&self, id: TransactionId, deed: Deed, now: Timestamp) -> Answer {
        let view = self.views(id).await.into_iter().find(|view| view.kind == "crm").expect("a record");
        let who = Act { tenant: self.fixture.tenant, id: view.id, by: "admin".to_owned() };
        self.fixture.store.write(move |tx| act(tx, &who, &deed, now)).await.expect("written")
    }

    async fn lanes(&self) -> Vec<(String, u32, Timestamp)> {
        let tenant = self.fixture.tenant;
        let lanes = self.fixture.store.read(move |tx| lane::of_tenant(tx, tenant)).await.expect("read");
        lanes.into_iter().map(|lane| (lane.name, lane.failures, lane.open_at)).collect()
    }
}

/// A new worker of this node, as after a restart.
fn worker(fixture: &Fixture) -> Runner {
    let nobody: TenantLookup = Arc::new(|_| None);
    let outbound = Outbound::new(Rules::default()).expect("a client");
    Runner::new(fixture.store.clone(), outbound, nobody, "node")
}

pub(super) fn connected() -> AfterCall {
    AfterCall { connected: vec![Integration::Sfdc], ..AfterCall::default() }
}

fn placement(userdata: &str, after_call: AfterCall) -> Placement {
    let query = format!("phone=16502928880&ctl_userdata={userdata}&extTransactionData=[extRecordId|003A]");
    let digits = |text| Digits::new(text).expect("digits");
    Placement {
        link: link::parse(decode_query(query.as_bytes())).expect("a link"),
        admitted: Admitted {
            number: digits("16502928880"),
            dialled: digits("16502928880"),
            extension: None,
            caller_id: digits("5251990"),
            queue: None,
            dial_plan: None,
            plan_name: None,
            trunk: None,
            steps: vec![],
            warnings: vec![],
        },
        terms: Terms {
            ring_agent_seconds: 30,
            ring_customer_seconds: 60,
            talk_seconds_max: 3600,
            wrap_up: WrapUpRules { seconds: 0, after_failed: WrapUpAfterFailed::None, lists: vec![] },
        },
        zone: "UTC".to_owned(),
        userdata_form: UserdataForm::Brackets,
        after_call,
        agent_login: "alice".to_owned(),
        agent_name: "Alice".to_owned(),
    }
}

fn created(id: &str) -> Outcome {
    Outcome::Created(Created { id: id.to_owned(), object: "Task".to_owned(), pages: None, notes: vec![] })
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn pair(kind: &str, state: &str) -> (String, String) {
    (kind.to_owned(), state.to_owned())
}

#[tokio::test]
async fn rule_5_what_carries_the_new_record_is_written_down_when_the_record_is_settled() {
    let world = World::new().await;
    let id = world.completed("a", LINK, connected(), at(1000)).await;
    assert_eq!(world.result(id).await, (None, None, None), "the result is open while the record is written");
    assert_eq!(world.jobs(id).await, [pair("crm", "pending")], "the callback waits");

    let job = world.claim_one(at(1000)).await;
    world.settle(job, created("00T0000000000001AA"), at(1001)).await;
    assert_eq!(world.result(id).await, (some("SUCCESS"), some(""), some("00T0000000000001AA")));
    assert_eq!(world.jobs(id).await, [pair("crm", "done"), pair("callback", "pending")]);
    let userdata = format!("{LINK}[ctl_newRecordId|00T0000000000001AA]");
    let [(_, told, result, error)] = world.callbacks(id).await.try_into().expect("one callback");
    assert_eq!((told, result, error), (userdata, "SUCCESS".to_owned(), String::new()));
    assert_eq!(world.kinds().await, ["record.created", "action.settled"]);
}

#[tokio::test]
async fn rule_5_1_a_refused_record_fails_in_the_crms_words_and_a_mended_one_is_told_of_again() {
    let world = World::new().await;
    let id = world.completed("a", LINK, connected(), at(1000)).await;
    let job = world.claim_one(at(1000)).await;
    let refused = Outcome::failed(Class::Refused, "INVALID_FIELD", "No such column 'Subjekt'");
    world.settle(job, refused, at(1001)).await;
    let words = "INVALID_FIELD: No such column 'Subjekt'";
    assert_eq!(world.result(id).await, (some("FAIL"), some(words), None));
    assert_eq!(world.jobs(id).await, [pair("crm", "parked"), pair("callback", "pending")]);

    let edit = Edit { fields: Some(vec![("Subject".to_owned(), "x".to_owned())]), ..Edit::default() };
    assert_eq!(world.act(id, Deed::Edit(edit), at(2000)).await, Answer::Done);
    let jobs = world.claim(at(2000)).await;
    // The callback of the failure is tried beside it, and given back: its receiver is away.
    let (records, callbacks): (Vec<_>, Vec<_>) = jobs.into_iter().partition(|job| job.kind == "crm");
    let [job, earlier] = [records, callbacks].map(|jobs| jobs.into_iter().next().expect("one is due"));
    let away = CallbackOutcome::Failed { failure: CallbackFailure::Connect, reason: "away".to_owned() };
    world.runner.settle(earlier, Tried::Callback(away), at(2000)).await.expect("settled");
    let order: Order = serde_json::from_str(&job.body).expect("an order");
    assert_eq!(order.fields, [("Subject".to_owned(), "x".to_owned())]);
    assert_eq!(job.doubts, 1, "what was refused cannot have been written");
    world.settle(job, created("00T2"), at(2001)).await;
    assert_eq!(world.result(id).await, (some("SUCCESS"), some(""), some("00T2")));
    let [first, second] = world.callbacks(id).await.try_into().expect("two callbacks");
    assert_eq!((first.2.as_str(), second.2.as_str()), ("FAIL", "SUCCESS"));
    assert_eq!(second.0, format!("{}_2", first.0), "another message has another webhook-id");
    let all = [pair("crm", "done"), pair("callback", "given_up"), pair("callback", "pending")];
    assert_eq!(world.jobs(id).await, all, "the first was not delivered, and is not true any more");
    assert_eq!(
        world.kinds().await,
        [
            "record.parked",
            "action.settled",
            "record.edited",
            "callback.attempted",
            "record.created",
            "action.settled"
        ]
    );
}

#[tokio::test]
async fn rule_5_1_an_ignored_action_is_settled_with_the_completion() {
    let world = World::new().await;
    let link = "[a|b][ctl_callbackUrl|https://h.example/done]";
    let id = world.completed("a", link, connected(), at(1000)).await;
    assert_eq!(world.result(id).await, (some("IGNORE"), some("no ctl_action was given"), None));
    assert_eq!(world.jobs(id).await, [pair("callback", "pending")]);
}

#[tokio::test]
async fn rule_5_3_the_auto_log_is_a_record_without_a_result() {
    let world = World::new().await;
    let logging = AfterCall { auto_log: AutoLog::On, linking: Linking::Enhanced, ..connected() };
    let id = world.completed("a", "[a|b]", logging, at(1000)).await;
    assert_eq!(world.result(id).await, (some("IGNORE"), some("no ctl_action was given"), None));
    let job = world.claim_one(at(1000)).await;
    let order: Order = serde_json::from_str(&job.body).expect("an order");
    assert_eq!(order.related.map(|related| related.id), some("003A"));
    world.settle(job, created("00TLOG"), at(1001)).await;
    assert_eq!(world.result(id).await, (some("IGNORE"), some("no ctl_action was given"), some("00TLOG")));
}

#[tokio::test]
async fn rule_5_6_a_record_that_a_dead_server_may_have_written_rests_and_is_then_tried_as_one_that_may_exist()
{
    let world = World::new().await;
    world.completed("a", LINK, connected(), at(1000)).await;
    assert_eq!(
        world.claim_one(at(1000)).await.doubts,
        1,
        "nothing can have been written before the first attempt"
    );
    let successor = worker(&world.fixture);
    successor.take_over().await.expect("taken over");
    // The take-over itself looks at the clock.
    let now = crate::clock::now();
    assert_eq!(successor.claim(now, 64).await.expect("claimed"), [], "what was sent may still be on its way");
    let again = successor.claim(now.plus(super::REST), 64).await.expect("claimed");
    assert_eq!(again.iter().map(|job| job.doubts).collect::<Vec<_>>(), [2]);
}

#[tokio::test]
async fn rule_5_6_doubt_stays_until_somebody_has_looked() {
    let world = World::new().await;
    let id = world.completed("a", LINK, connected(), at(1000)).await;
    let job = world.claim_one(at(1000)).await;
    world.settle(job, Outcome::failed(Class::Unsure, "", "no answer"), at(1015)).await;
    assert_eq!(world.claim(at(1040)).await, [], "it is looked for after half a minute");
    let job = world.claim_one(at(1100)).await;
    assert_eq!(job.doubts, 2);
    world.settle(job, Outcome::failed(Class::Unprovable, "", "nobody can know"), at(1101)).await;
    assert_eq!(world.result(id).await.0, some("FAIL"));

    assert_eq!(world.act(id, Deed::Retry(Doubt::Dispelled), at(2000)).await, Answer::Done);
    let jobs = world.claim(at(2000)).await;
    let job = jobs.into_iter().find(|job| job.kind == "crm").expect("the record is due");
    assert_eq!(job.doubts, 1);
}

#[tokio::test]
async fn a_crm_that_is_away_is_asked_by_one_record_and_costs_none_an_attempt() {
    let world = World::new().await;
    for name in ["a", "b", "c", "d", "e", "f"] {
        world.completed(name, LINK, connected(), at(1000)).await;
    }
    let jobs = world.claim(at(1000)).await;
    assert_eq!(jobs.len(), 4, "four at once");
    for job in jobs {
        world.settle(job, Outcome::failed(Class::Away, "", "maintenance"), at(1001)).await;
    }
    let [(name, failures, open_at)] = world.lanes().await.try_into().expect("one lane");
    assert_eq!((name.as_str(), failures), ("crm:1:sfdc", 1), "failures that come together are one");
    assert_eq!(world.claim(at(1001)).await, []);
    let probe = world.claim(open_at.plus(std::time::Duration::from_secs(3))).await;
    assert_eq!(probe.len(), 1, "one record finds out");
    let job = probe.into_iter().next().expect("one");
    assert_eq!((job.failures, job.doubts), (0, 1));
    world.settle(job, created("00T1"), at(1020)).await;
    assert_eq!(world.lanes().await, []);
    let rest = world.claim(at(1030)).await;
    assert_eq!(rest.iter().filter(|job| job.kind == "crm").count(), 4, "and the rest follows");
}

#[tokio::test]
async fn a_crm_near_the_end_of_its_allowance_is_spared() {
    let world = World::new().await;
    world.completed("a", LINK, connected(), at(1000)).await;
    world.completed("b", LINK, connected(), at(1000)).await;
    let jobs = world.claim(at(1000)).await;
    let usage = Some(Usage { used: 95, allowed: 100 });
    for job in jobs {
        world.settle(job, Report { outcome: created("00T1"), usage }, at(1001)).await;
    }
    assert_eq!(world.lanes().await, [("crm:1:sfdc".to_owned(), 0, at(1901))]);
    world.completed("c", LINK, connected(), at(1002)).await;
    let kinds: Vec<_> = world.claim(at(1900)).await.into_iter().map(|job| job.kind).collect();
    assert_eq!(kinds, ["callback", "callback"], "callbacks have nothing to do with it");
    assert_eq!(world.claim(at(1901)).await.len(), 1);
}

#[tokio::test]
async fn a_record_given_up_while_it_waits_fails_and_lets_its_callback_go() {
    let world = World::new().await;
    let id = world.completed("a", LINK, connected(), at(1000)).await;
    let job = world.claim_one(at(1000)).await;
    assert_eq!(world.act(id, Deed::GiveUp, at(1000)).await, Answer::BeingTried);
    world.settle(job, Outcome::failed(Class::Away, "", "maintenance"), at(1001)).await;
    assert_eq!(world.act(id, Deed::GiveUp, at(1002)).await, Answer::Done);
    let words = "GIVEN_UP: an administrator gave the record up before it was written";
    assert_eq!(world.result(id).await, (some("FAIL"), some(words), None));
    assert_eq!(world.jobs(id).await, [pair("crm", "given_up"), pair("callback", "pending")]);
    assert_eq!(world.act(id, Deed::Retry(Doubt::Kept), at(1003)).await, Answer::Settled);
    let unfit = Edit { url: some("https://x.example"), ..Edit::default() };
    let other = world.completed("b", LINK, connected(), at(2000)).await;
    assert_eq!(
        world.act(other, Deed::Edit(unfit), at(2000)).await,
        Answer::Unfit("a record has no url; change its object or its fields")
    );
}

#[tokio::test]
async fn a_lost_lease_settles_nothing() {
    let world = World::new().await;
    let id = world.completed("a", LINK, connected(), at(1000)).await;
    let slow = world.claim_one(at(1000)).await;
    let fresh = world.claim_one(at(1200)).await;
    let stale = world.runner.settle(slow, Tried::Record(created("00TSLOW").into()), at(1201)).await;
    assert!(stale.is_err(), "another worker holds it");
    world.settle(fresh, created("00TFRESH"), at(1202)).await;
    assert_eq!(world.result(id).await.2, some("00TFRESH"));
    assert_eq!(world.callbacks(id).await.len(), 1);
}

#[tokio::test]
async fn a_retry_that_fails_again_tells_nobody_a_second_time() {
    let world = World::new().await;
    let id = world.completed("a", LINK, connected(), at(1000)).await;
    let refused = || Outcome::failed(Class::Refused, "INVALID_FIELD", "No such column 'Subjekt'");
    let record = |jobs: Vec<Claimed>| jobs.into_iter().find(|job| job.kind == "crm").expect("it is due");
    world.settle(record(world.claim(at(1000)).await), refused(), at(1001)).await;
    let told = world.callbacks(id).await;
    assert_eq!(told.len(), 1);

    assert_eq!(world.act(id, Deed::Retry(Doubt::Kept), at(2000)).await, Answer::Done);
    world.settle(record(world.claim(at(2000)).await), refused(), at(2001)).await;
    assert_eq!(world.callbacks(id).await, told, "it has failed before");
    assert_eq!(world.act(id, Deed::Retry(Doubt::Kept), at(3000)).await, Answer::Done);
    assert_eq!(world.act(id, Deed::GiveUp, at(3000)).await, Answer::Done);
    assert_eq!(world.callbacks(id).await, told);
    let words = "INVALID_FIELD: No such column 'Subjekt'";
    assert_eq!(world.result(id).await, (some("FAIL"), some(words), None), "what was told stays");
    let kinds = world.kinds().await;
    assert_eq!(kinds.iter().filter(|kind| *kind == "action.settled").count(), 1, "{kinds:?}");
}

#[tokio::test]
async fn rule_5_6_a_retry_by_hand_does_not_look_before_what_was_sent_must_have_arrived() {
    let world = World::new().await;
    let id = world.completed("a", LINK, connected(), at(1000)).await;
    let job = world.claim_one(at(1000)).await;
    world.settle(job, Outcome::failed(Class::Unsure, "", "no answer"), at(1015)).await;
    assert_eq!(world.act(id, Deed::Retry(Doubt::Kept), at(1016)).await, Answer::Done);
    assert_eq!(world.claim(at(1044)).await, [], "the record may still be on its way");
    let job = world.claim_one(at(1046)).await;
    assert_eq!(job.doubts, 2);
    world.settle(job, Outcome::failed(Class::Unprovable, "", "nobody can know"), at(1047)).await;
    assert_eq!(world.act(id, Deed::Retry(Doubt::Kept), at(1048)).await, Answer::Done);
    let early = world.claim(at(1048)).await;
    assert!(early.iter().all(|job| job.kind == "callback"), "{early:?}");

    // A person who has looked knows more than the clock.
    assert_eq!(world.act(id, Deed::Retry(Doubt::Dispelled), at(1049)).await, Answer::Done);
    assert_eq!(world.claim(at(1049)).await.len(), 1);
}

#[tokio::test]
async fn a_callback_with_another_address_waits_for_its_new_receiver_alone() {
    let world = World::new().await;
    let id = world.completed("a", "[ctl_callbackUrl|https://h.example/done]", connected(), at(1000)).await;
    let tenant = world.fixture.tenant;
    let job = world.views(id).await.remove(0).id;
    let edit = Edit { url: some("https://other.example/done"), ..Edit::default() };
    let who = Act { tenant, id: job, by: "admin".to_owned() };
    let held = world.fixture.store.write(move |tx| {
        lane::hold(tx, (tenant, "callback:1:h.example"), (lane::Why::Spared, "busy"), at(1300), at(1000))?;
        act(tx, &who, &Deed::Edit(edit), at(1001))
    });
    assert_eq!(held.await.expect("written"), Answer::Done);
    assert_eq!(world.claim_one(at(1001)).await.lane, "callback:1:other.example");
    assert_eq!(world.lanes().await, [("callback:1:h.example".to_owned(), 0, at(1300))], "its pause goes on");
}

#[tokio::test]
async fn rule_5_6_a_record_that_is_being_tried_is_not_tried_a_second_time_beside_it() {
    let world = World::new().await;
    world.completed("a", LINK, connected(), at(1000)).await;
    let before_sleep = world.claim_one(at(1000)).await;
    let under_way = world.runner.begin(&before_sleep).expect("nobody tries it yet");
    // The machine sleeps for an hour: the lease has run out, and the attempt goes on.
    let after_sleep = world.claim_one(at(4600)).await;
    assert!(world.runner.begin(&after_sleep).is_none());
    assert!(worker(&world.fixture).begin(&after_sleep).is_some(), "another worker cannot know");
    drop(under_way);
    assert!(world.runner.begin(&world.claim_one(at(4800)).await).is_some());
}

#[tokio::test]
async fn a_crm_that_is_back_and_near_the_end_of_its_allowance_is_in_no_trouble_any_more() {
    let world = World::new().await;
    world.completed("a", LINK, connected(), at(1000)).await;
    let job = world.claim_one(at(1000)).await;
    world.settle(job, Outcome::failed(Class::Away, "", "maintenance"), at(1001)).await;
    let job = world.claim_one(at(1010)).await;
    let usage = Some(Usage { used: 95, allowed: 100 });
    world.settle(job, Report { outcome: created("00T1"), usage }, at(1011)).await;
    assert_eq!(world.lanes().await, [("crm:1:sfdc".to_owned(), 0, at(1911))]);
}

#[tokio::test]
async fn a_record_that_an_admin_tries_again_late_has_three_days_again() {
    let world = World::new().await;
    let id = world.completed("a", LINK, connected(), at(1000)).await;
    let job = world.claim_one(at(1000)).await;
    world.settle(job, Outcome::failed(Class::Refused, "", "a rule"), at(1001)).await;
    let late = at(1000).plus(ringbridge_core::crm::retry::LONGEST * 2);
    assert_eq!(world.act(id, Deed::Retry(Doubt::Kept), late).await, Answer::Done);
    let jobs = world.claim(late).await;
    let job = jobs.into_iter().find(|job| job.kind == "crm").expect("the record is due");
    world.settle(job, Outcome::failed(Class::Away, "", "maintenance"), late).await;
    let crm = world.jobs(id).await.into_iter().find(|(kind, _)| kind == "crm");
    assert_eq!(crm, Some(pair("crm", "pending")));
}

#[tokio::test]
async fn a_refusal_does_not_show_that_a_crm_is_back() {
    let world = World::new().await;
    for name in ["a", "b", "c"] {
        world.completed(name, LINK, connected(), at(1000)).await;
    }
    let mut jobs = world.claim(at(1000)).await.into_iter();
    world.settle(jobs.next().expect("one"), Outcome::failed(Class::Away, "", "maintenance"), at(1001)).await;
    // Our own rules refuse without asking the CRM.
    for job in jobs {
        world.settle(job, Outcome::failed(Class::Refused, "FIELD_NOT_ALLOWED", "OwnerId"), at(1002)).await;
    }
    let lanes: Vec<_> = world.lanes().await.into_iter().map(|(name, failures, _)| (name, failures)).collect();
    assert_eq!(lanes, [("crm:1:sfdc".to_owned(), 1)]);
}
