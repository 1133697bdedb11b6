//! What each answer means, with each way of repeating (semantics 5.1, 5.6).

use super::*;
use ringbridge_core::crm::template::{Body, ContentType, UrlTemplate};
use ringbridge_core::tenant::connectors::{Auth, IdFrom, Method, Repeat};

fn key() -> Repeat {
    Repeat::Key { header: "Idempotency-Key".to_owned() }
}

fn look_up(crm: &Crm) -> Repeat {
    let url = UrlTemplate::for_request(&crm.url("/calls?guid={{call.guid}}")).unwrap();
    Repeat::LookUp { url, pointer: "/calls/0/id".to_owned() }
}

fn rest(crm: &Crm, repeat: Repeat) -> Rest {
    Rest {
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
    }
}

/// The three ways of repeating, at this CRM.
fn ways(crm: &Crm) -> [Repeat; 3] {
    [key(), look_up(crm), Repeat::Never]
}

/// What a first attempt comes to with each way, each against a CRM that says this.
async fn classes(says: Say) -> [Class; 3] {
    let crm = Crm::that([says.clone(), says.clone(), says]).await;
    let mut classes = Vec::new();
    for way in ways(&crm) {
        let outcome =
            attempt(with_rest(rest(&crm, way)), &order(Integration::Rest, &[]), History::First).await;
        classes.push(failed(&outcome).0);
    }
    assert_eq!(crm.lines(), ["POST /calls"; 3]);
    classes.try_into().unwrap()
}

#[tokio::test]
async fn what_an_answer_means_depends_on_what_makes_repeating_safe() {
    let same = |class| [class; 3];
    let done = [Class::Faulted, Class::Unsure, Class::Unprovable];
    let lost = [Class::Away, Class::Unsure, Class::Unprovable];
    let table = [
        ("302 Found", same(Class::Refused)),
        ("400 Bad Request", same(Class::Refused)),
        ("401 Unauthorized", same(Class::Unauthorized)),
        ("403 Forbidden", same(Class::Unauthorized)),
        ("404 Not Found", same(Class::Refused)),
        ("408 Request Timeout", same(Class::Throttled)),
        ("409 Conflict", same(Class::Refused)),
        ("422 Unprocessable Content", same(Class::Refused)),
        ("425 Too Early", same(Class::Throttled)),
        ("429 Too Many Requests", same(Class::Throttled)),
        ("500 Internal Server Error", done),
        ("502 Bad Gateway", lost),
        ("503 Service Unavailable", same(Class::Away)),
        ("504 Gateway Timeout", lost),
    ];
    for (status, expected) in table {
        assert_eq!(classes(say(status, "{}")).await, expected, "{status}");
    }
    assert_eq!(classes(Say::Nothing).await, lost);
    let no_id = [Class::Refused, Class::Unprovable, Class::Unprovable];
    assert_eq!(classes(say("201 Created", r#"{"number":1}"#)).await, no_id);
}

#[tokio::test]
async fn what_never_went_out_can_be_tried_again_whatever_the_way() {
    let crm = Crm::that([]).await;
    for way in ways(&crm) {
        let mut rest = rest(&crm, way);
        // Port 1 belongs to nobody on loopback, and the client does not even try it.
        rest.url = UrlTemplate::for_request("http://127.0.0.1:1/").unwrap();
        let outcome = attempt(with_rest(rest), &order(Integration::Rest, &[]), History::First).await;
        assert_eq!(failed(&outcome).0, Class::Away);
    }
    let mut rest = rest(&crm, key());
    rest.test_endpoint = false;
    let outcome = attempt(with_rest(rest), &order(Integration::Rest, &[]), History::First).await;
    assert_eq!(
        failed(&outcome),
        (Class::Away, "UNREACHABLE: this tenant allows only https: URLs".to_owned())
    );
}

#[tokio::test]
async fn an_attempt_that_may_be_a_repetition_makes_no_second_record() {
    let crm = Crm::that([say("201 Created", r#"{"id":"a"}"#)]).await;
    let order = order(Integration::Rest, &[]);
    let again = |repeat| attempt(with_rest(rest(&crm, repeat)), &order, History::Again);
    assert_eq!(created(&again(key()).await), "a");
    assert!(crm.received()[0].contains(&format!("idempotency-key: {GUID}\r\n")));
    assert_eq!(
        failed(&again(Repeat::Never).await),
        (
            Class::Unprovable,
            "MAY_EXIST: an earlier attempt may have made the record, and this connection has no way to find out: look \
             for it in the CRM, then try again if it is not there, or give up if it is"
                .to_owned()
        )
    );
    assert_eq!(crm.lines(), ["POST /calls"]);
}

#[tokio::test]
async fn a_look_up_decides_whether_the_request_goes_out_again() {
    let order = order(Integration::Rest, &[]);
    let look = format!("GET /calls?guid={GUID}");
    let made = say("201 Created", r#"{"id":"new"}"#);
    let found = say("200 OK", r#"{"calls":[{"id":"old"}]}"#);
    for (says, id) in [
        (vec![found], "old"),
        (vec![say("200 OK", r#"{"calls":[]}"#), made.clone()], "new"),
        (vec![say("404 Not Found", ""), made], "new"),
    ] {
        let (count, crm) = (says.len(), Crm::that(says).await);
        let outcome = attempt(with_rest(rest(&crm, look_up(&crm))), &order, History::Again).await;
        assert_eq!(created(&outcome), id);
        assert_eq!(crm.lines(), [look.as_str(), "POST /calls"][..count]);
    }
    let doubt = "an earlier attempt may have made the record, and the look-up does not tell";
    for (says, class, sentence) in [
        (
            say("200 OK", "<html>"),
            Class::Unprovable,
            format!("LOOK_UP_FAILED: {doubt}: the answer is no JSON"),
        ),
        (
            say("400 Bad Request", r#"{"message":"no guid"}"#),
            Class::Unprovable,
            format!("LOOK_UP_FAILED: {doubt}: HTTP_400: no guid"),
        ),
        (say("500 Internal Server Error", "{}"), Class::Unsure, "HTTP_500: the CRM answered 500".to_owned()),
        (say("503 Service Unavailable", "{}"), Class::Away, "HTTP_503: the CRM answered 503".to_owned()),
        (Say::Nothing, Class::Away, "NO_ANSWER: the CRM could not be reached".to_owned()),
    ] {
        let crm = Crm::that([says]).await;
        let outcome = attempt(with_rest(rest(&crm, look_up(&crm))), &order, History::Again).await;
        assert_eq!(failed(&outcome), (class, sentence));
        assert_eq!(crm.lines(), [look.as_str()], "nothing is made while it is in doubt");
    }
}

#[tokio::test]
async fn a_person_is_told_the_crms_own_words() {
    let long = "x".repeat(600);
    let long_body = format!(r#"{{"message":"{long}"}}"#);
    let cut = format!("HTTP_422: {}…", "x".repeat(500));
    let table = [
        (r#"{"message":"Subject\nis missing","code":"REQUIRED"}"#, "REQUIRED: Subject is missing"),
        (r#"{"error":{"code":"0x80040203","message":"bad id"}}"#, "0x80040203: bad id"),
        (
            r#"{"error":"RecordInvalid","description":"Record validation errors"}"#,
            "RecordInvalid: Record validation errors",
        ),
        (r#"{"error":"it is closed"}"#, "HTTP_422: it is closed"),
        (r#"{"errors":[{"message":"no such owner"},{"message":"b"}]}"#, "HTTP_422: no such owner"),
        (r#"{"errors":[{"title":"Invalid","detail":"too long","code":"E7"}]}"#, "E7: Invalid: too long"),
        (r#"{"errors":["taken"]}"#, "HTTP_422: taken"),
        (r#"{"type":"about:blank","title":"Invalid","detail":"no name"}"#, "HTTP_422: Invalid: no name"),
        (r#"[{"message":"duplicate","errorCode":"DUPLICATE_VALUE"}]"#, "DUPLICATE_VALUE: duplicate"),
        (r#"{"status":"error","message":"bad","category":"VALIDATION_ERROR"}"#, "VALIDATION_ERROR: bad"),
        ("<html><body>oops</body></html>", "HTTP_422: the CRM answered 422"),
        ("", "HTTP_422: the CRM answered 422"),
        (long_body.as_str(), cut.as_str()),
    ];
    let order = order(Integration::Rest, &[]);
    for (body, sentence) in table {
        let crm = Crm::that([say("422 Unprocessable Content", body)]).await;
        let outcome = attempt(with_rest(rest(&crm, key())), &order, History::First).await;
        assert_eq!(failed(&outcome), (Class::Refused, sentence.to_owned()));
    }
    for (kind, body, sentence) in [
        ("text/plain; charset=utf-8", "no such call", "HTTP_422: no such call"),
        ("text/html", "no such call", "HTTP_422: the CRM answered 422"),
        ("text/plain", " <html>", "HTTP_422: the CRM answered 422"),
    ] {
        let headers = vec![format!("Content-Type: {kind}")];
        let crm = Crm::that([Say::Answer("422 Unprocessable Content", headers, body.to_owned())]).await;
        let outcome = attempt(with_rest(rest(&crm, key())), &order, History::First).await;
        assert_eq!(failed(&outcome), (Class::Refused, sentence.to_owned()));
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let crm = Crm::that([Say::Answer(
        "307 Temporary Redirect",
        vec!["Location: /elsewhere".to_owned()],
        String::new(),
    )])
    .await;
    let outcome = attempt(with_rest(rest(&crm, key())), &order(Integration::Rest, &[]), History::First).await;
    assert_eq!(
        failed(&outcome),
        (
            Class::Refused,
            "HTTP_307: the CRM answered with a redirect; redirects are not followed, so write the address that it \
             redirects to into the settings"
                .to_owned()
        )
    );
    assert_eq!(crm.lines(), ["POST /calls"]);
}

#[tokio::test]
async fn an_id_is_found_where_the_settings_say() {
    let header = |value: &str| Say::Answer("201 Created", vec![format!("Location: {value}")], String::new());
    let location = || IdFrom::Header("Location".to_owned());
    let long = format!(r#"{{"id":"{}"}}"#, "x".repeat(256));
    let table = [
        (
            say("200 OK", r#"{"id":12345678901234567890}"#),
            IdFrom::Pointer("/id".to_owned()),
            Some("12345678901234567890"),
        ),
        (say("200 OK", r#"{"a":[{"b/c":"x"}]}"#), IdFrom::Pointer("/a/0/b~1c".to_owned()), Some("x")),
        (header("/api/calls/77?x=1"), location(), Some("77")),
        (header("https://crm.example/calls(00aa-1)/"), location(), Some("00aa-1")),
        (header("https://crm.example/calls('k')"), location(), Some("k")),
        (header("/"), location(), None),
        (say("200 OK", r#"{"id":""}"#), IdFrom::Pointer("/id".to_owned()), None),
        (say("200 OK", r#"{"id":{"id":1}}"#), IdFrom::Pointer("/id".to_owned()), None),
        (say("200 OK", r#"{"id":"a\u0000"}"#), IdFrom::Pointer("/id".to_owned()), None),
        (say("200 OK", &long), IdFrom::Pointer("/id".to_owned()), None),
    ];
    for (says, id, expected) in table {
        let shown = format!("{says:?}");
        let crm = Crm::that([says]).await;
        let settings = Rest { id, ..rest(&crm, key()) };
        let outcome = attempt(with_rest(settings), &order(Integration::Rest, &[]), History::First).await;
        match expected {
            Some(id) => assert_eq!(created(&outcome), id, "{shown}"),
            None => {
                let (class, sentence) = failed(&outcome);
                assert!(
                    class == Class::Refused
                        && sentence.starts_with("ID_NOT_FOUND: the CRM took the record (20"),
                    "{sentence}"
                );
            }
        }
    }
}

#[tokio::test]
async fn a_yes_with_errors_in_it_is_a_no() {
    let body = r#"{"status":"COMPLETE","results":[],"errors":[{"category":"VALIDATION_ERROR","message":"Property x does not exist"}]}"#;
    let crm = Crm::that([say("207 Multi-Status", body)]).await;
    let outcome = attempt(with_rest(rest(&crm, key())), &order(Integration::Rest, &[]), History::First).await;
    assert_eq!(failed(&outcome), (Class::Refused, "VALIDATION_ERROR: Property x does not exist".to_owned()));
}

#[tokio::test]
async fn values_that_fit_no_request_refuse_the_record_before_anything_is_sent() {
    let crm = Crm::that([]).await;
    let settings =
        Rest { url: UrlTemplate::for_request(&crm.url("/calls/{{a}}")).unwrap(), ..rest(&crm, key()) };
    let climbing =
        attempt(with_rest(settings.clone()), &order(Integration::Rest, &[("a", "..")]), History::First).await;
    assert_eq!(
        failed(&climbing),
        (
            Class::Refused,
            "BAD_ADDRESS: filled with this call's values the address has \".\" or \"..\" as a part of its path".to_owned()
        )
    );
    let long = "x".repeat(3000);
    let too_long =
        attempt(with_rest(settings), &order(Integration::Rest, &[("a", &long)]), History::First).await;
    assert_eq!(
        failed(&too_long),
        (Class::Refused, "UNREACHABLE: the URL is longer than 2048 bytes".to_owned())
    );
    assert_eq!(crm.lines(), Vec::<String>::new());
}

#[tokio::test]
async fn a_tenant_without_the_connection_has_none() {
    for integration in [Integration::Rest, Integration::Hubspot, Integration::Zendesk, Integration::Dynamics]
    {
        let order = order(integration, &[]);
        let report =
            connections().create(&tenant(Connectors::default()), &order, History::First, now()).await;
        assert_eq!(report, None);
    }
}

#[tokio::test]
async fn a_look_up_that_finds_what_is_no_id_has_found_nothing_out() {
    for id in [String::new(), "  ".to_owned(), "x".repeat(300), "a\\nb".to_owned()] {
        let crm = Crm::that([say("200 OK", &format!(r#"{{"calls":[{{"id":"{id}"}}]}}"#))]).await;
        let order = order(Integration::Rest, &[]);
        let outcome = attempt(with_rest(rest(&crm, look_up(&crm))), &order, History::Again).await;
        let sentence = "LOOK_UP_FAILED: an earlier attempt may have made the record, and the look-up does not tell: what \
                        it found is no id";
        assert_eq!(failed(&outcome), (Class::Unprovable, sentence.to_owned()), "{id:?}");
    }
}

#[tokio::test]
async fn sec_14_a_refusal_has_no_control_characters_and_repeats_no_secret() {
    let refusal = r#"{"code":"\u001b[31m","message":"the token tok-123456 is\u0007 bad"}"#;
    let crm = Crm::that([say("400 Bad Request", refusal)]).await;
    let auth = Auth::Bearer(Secret::new("tok-123456"));
    let settings = Rest { auth, ..rest(&crm, key()) };
    let outcome = attempt(with_rest(settings), &order(Integration::Rest, &[]), History::First).await;
    assert_eq!(failed(&outcome), (Class::Refused, "HTTP_400: the token *** is  bad".to_owned()));
}

#[tokio::test]
async fn rule_5_6_a_key_that_was_named_later_proves_nothing_of_an_earlier_attempt() {
    let crm = Crm::that([]).await;
    for named_then in [None, Some("Another-Key".to_owned())] {
        let order = Order { key: named_then, ..order(Integration::Rest, &[]) };
        let outcome = attempt_as_written(with_rest(rest(&crm, key())), &order, History::Again).await;
        assert_eq!(failed(&outcome).0, Class::Unprovable);
    }
    assert!(crm.lines().is_empty());
}

#[tokio::test]
async fn an_answer_that_is_too_long_is_the_trouble_of_its_own_record() {
    let crm = Crm::that([say("201 Created", &" ".repeat((1 << 20) + 1))]).await;
    let outcome = attempt(with_rest(rest(&crm, key())), &order(Integration::Rest, &[]), History::First).await;
    let sentence = "NO_ANSWER: the CRM's answer could not be read";
    assert_eq!(failed(&outcome), (Class::Faulted, sentence.to_owned()));
}
