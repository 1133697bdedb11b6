//! One record and never two, whatever goes wrong in whatever order (semantics 5.6).

use super::*;
use ringbridge_core::crm::template::{Body, ContentType, UrlTemplate};
use ringbridge_core::tenant::connectors::{Auth, IdFrom, Method, Repeat};

/// What goes wrong with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// Nothing.
    None,
    /// It is carried out, and the answer is lost.
    AnswerLost,
    /// It is lost itself.
    RequestLost,
    /// It is carried out, and answered with a 500 all the same.
    DoneAnd500,
    /// It is carried out behind a gateway that does not wait for it.
    DoneAnd504,
    /// It is not carried out.
    Busy,
    /// It is not carried out, for want of a log-in.
    LoggedOut,
}

const FAULTS: [Fault; 7] = [
    Fault::None,
    Fault::AnswerLost,
    Fault::RequestLost,
    Fault::DoneAnd500,
    Fault::DoneAnd504,
    Fault::Busy,
    Fault::LoggedOut,
];

/// A CRM that has these faults in this order and then none. It keeps what it made, and knows a key again.
async fn crm(faults: Vec<Fault>) -> (Crm, Arc<Mutex<Vec<String>>>) {
    let records = Arc::new(Mutex::new(Vec::new()));
    let kept = records.clone();
    let mut faults = VecDeque::from(faults);
    let crm = Crm::asked(move |request| {
        let mut records = kept.lock().unwrap();
        let fault = faults.pop_front().unwrap_or(Fault::None);
        let key = request.lines().find_map(|line| line.strip_prefix("idempotency-key: ")).map(str::to_owned);
        let answer = |records: &mut Vec<String>| {
            if request.starts_with("GET ") {
                let found: Vec<_> = (0..records.len()).map(|id| format!("{{\"id\":{id}}}")).collect();
                return say("200 OK", &format!("{{\"calls\":[{}]}}", found.join(",")));
            }
            let known = key.as_ref().and_then(|key| records.iter().position(|record| record == key));
            let id = known.unwrap_or_else(|| {
                records.push(key.clone().unwrap_or_default());
                records.len() - 1
            });
            say("201 Created", &format!("{{\"id\":{id}}}"))
        };
        match fault {
            Fault::None => answer(&mut records),
            Fault::RequestLost => Say::Nothing,
            Fault::Busy => say("503 Service Unavailable", ""),
            Fault::LoggedOut => say("401 Unauthorized", ""),
            Fault::AnswerLost => {
                answer(&mut records);
                Say::Nothing
            }
            Fault::DoneAnd500 => {
                answer(&mut records);
                say("500 Internal Server Error", "")
            }
            Fault::DoneAnd504 => {
                answer(&mut records);
                say("504 Gateway Timeout", "")
            }
        }
    })
    .await;
    (crm, records)
}

fn rest(crm: &Crm, repeat: Repeat) -> Connectors {
    with_rest(Rest {
        method: Method::Post,
        url: UrlTemplate::for_request(&crm.url("/calls")).unwrap(),
        headers: vec![],
        body: Body::parse(ContentType::Json, "{}").unwrap(),
        id: IdFrom::Pointer("/id".to_owned()),
        pages: None,
        repeat,
        auth: Auth::None,
        signing_secret: None,
        test_endpoint: true,
    })
}

/// Tries as the runner does, until the record is settled: doubt, once there, stays.
async fn settle(connectors: Connectors) -> Outcome {
    let connections = connections();
    let key = connectors.keys().next().map(|(_, key)| key);
    let order = Order { key, ..order(Integration::Rest, &[]) };
    let tenant = tenant(connectors);
    let mut history = History::First;
    for _ in 0..8 {
        let report = connections.create(&tenant, &order, history, now()).await.unwrap();
        match &report.outcome {
            Outcome::Created(_) => return report.outcome,
            Outcome::Failed(failure) => match failure.class {
                Class::Refused | Class::Unprovable => return report.outcome,
                Class::Unsure => history = History::Again,
                Class::Locked
                | Class::Faulted
                | Class::Away
                | Class::Unauthorized
                | Class::Throttled
                | Class::Exhausted => {}
            },
        }
    }
    panic!("it does not come to an end")
}

/// Every order of three faults.
fn orders() -> impl Iterator<Item = Vec<Fault>> {
    let three = |a: Fault| FAULTS.into_iter().flat_map(move |b| FAULTS.map(|c| vec![a, b, c]));
    FAULTS.into_iter().flat_map(three)
}

#[tokio::test]
async fn a_key_brings_one_record_about_whatever_goes_wrong() {
    for faults in orders() {
        let (crm, records) = crm(faults.clone()).await;
        let outcome = settle(rest(&crm, Repeat::Key { header: "Idempotency-Key".to_owned() })).await;
        assert_eq!((created(&outcome), records.lock().unwrap().len()), ("0", 1), "{faults:?}");
    }
}

#[tokio::test]
async fn a_look_up_brings_one_record_about_whatever_goes_wrong() {
    for faults in orders() {
        let (crm, records) = crm(faults.clone()).await;
        let url = UrlTemplate::for_request(&crm.url("/calls?guid={{call.guid}}")).unwrap();
        let outcome = settle(rest(&crm, Repeat::LookUp { url, pointer: "/calls/0/id".to_owned() })).await;
        assert_eq!((created(&outcome), records.lock().unwrap().len()), ("0", 1), "{faults:?}");
    }
}

#[tokio::test]
async fn without_either_there_are_never_two_and_a_person_is_asked() {
    for faults in orders() {
        let (crm, records) = crm(faults.clone()).await;
        let outcome = settle(rest(&crm, Repeat::Never)).await;
        let made = records.lock().unwrap().len();
        match outcome {
            Outcome::Created(_) => assert_eq!(made, 1, "{faults:?}"),
            Outcome::Failed(failure) => {
                assert_eq!(failure.class, Class::Unprovable, "{faults:?}");
                assert!(made <= 1, "{faults:?}");
                assert_ne!(faults[0], Fault::None);
            }
        }
    }
}
