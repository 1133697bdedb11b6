//! Answers that real orgs gave (`salesforce.md` 1.2), played by a server of a few lines that shares nothing with the
//! stand-in: client and stand-in cannot share one misreading here.

use super::*;
use ringbridge_core::crm::{Class, Usage};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// A described Task as short as it can be. Its key field is what a configured org has.
const TASK: &str = r#"{"name":"Task","keyPrefix":"00T","createable":true,"fields":[
    {"name":"Subject","label":"Subject","type":"combobox","length":255,"createable":true,"filterable":true},
    {"name":"CallObject","label":"Call Object Identifier","type":"string","length":255,"createable":true,"filterable":true},
    {"name":"Transactionid__c","label":"Transaction","type":"string","length":80,"createable":true,"filterable":true,
     "externalId":true,"unique":true,"idLookup":true}]}"#;

/// What is answered to one kind of request: status line and headers, and the body.
type Spoken = (&'static str, String);

/// A server that answers a write, and each other request, as it was told.
struct Recorded {
    url: String,
    requests: Arc<Mutex<Vec<(String, String)>>>,
    /// The heads of the requests, in lower case.
    heads: Arc<Mutex<Vec<String>>>,
}

impl Recorded {
    /// `writes` are the answers to POST and PATCH of records, in turn; `found` is the answer to a query.
    async fn start(writes: Vec<Spoken>, found: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(vec![]));
        let heads = Arc::new(Mutex::new(vec![]));
        let (told, told_heads, base) = (requests.clone(), heads.clone(), url.clone());
        tokio::spawn(async move {
            let mut writes = writes.into_iter();
            while let Ok((mut stream, _)) = listener.accept().await {
                let (request, body) = read(&mut stream).await;
                let line =
                    request.lines().next().unwrap_or_default().trim_end_matches(" HTTP/1.1").to_owned();
                told_heads.lock().unwrap().push(request.to_lowercase());
                let json = "200 OK\r\nContent-Type: application/json;charset=UTF-8";
                let (head, answer) = match line.as_str() {
                    line if line.starts_with("POST /services/oauth2/token") => {
                        let id = "https://login.salesforce.com/id/00Dx0000000BV7zEAG/005x00000012Q9PAAU";
                        let token = format!(
                            r#"{{"access_token":"00Dx!AR_TOKEN","signature":"s","token_format":"opaque","scope":"api","instance_url":"{base}","id":"{id}","token_type":"Bearer","issued_at":"1645223681952"}}"#
                        );
                        (json, token)
                    }
                    "GET /services/data" => (
                        json,
                        r#"[{"label":"Summer '26","url":"/services/data/v67.0","version":"67.0"}]"#
                            .to_owned(),
                    ),
                    line if line.ends_with("/Endless/describe") => (json, " ".repeat(4 * 1024 * 1024 + 1)),
                    line if line.ends_with("/describe") => (json, TASK.to_owned()),
                    line if line.contains("/query?q=") => (json, found.to_owned()),
                    _ => writes.next().expect("no more writes than were thought of"),
                };
                told.lock().unwrap().push((line, body));
                let length = match head.contains("chunked") {
                    true => String::new(),
                    false => format!("Content-Length: {}\r\n", answer.len()),
                };
                let answer = format!("HTTP/1.1 {head}\r\n{length}\r\n{answer}");
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
        });
        Self { url, requests, heads }
    }

    /// The requests that wrote records.
    fn writes(&self) -> Vec<(String, String)> {
        let requests = self.requests.lock().unwrap();
        requests
            .iter()
            .filter(|(line, _)| line.contains("/sobjects/") && !line.starts_with("GET"))
            .cloned()
            .collect()
    }

    async fn create(&self, key_field: Option<&str>, history: History) -> Report {
        let login = Login::ClientCredentials { client_secret: Secret::new("s") };
        let external_id_field = key_field.map(str::to_owned);
        self.create_with(Salesforce { external_id_field, ..settings(&self.url, login) }, history).await
    }

    async fn create_with(&self, settings: Salesforce, history: History) -> Report {
        let order = under(&settings, &order(&[("subject", "x"), ("transactionid__c", GUID)]));
        connections().create(&tenant(), &settings, &order, history, crate::clock::now()).await
    }
}

/// The head and the body.
async fn read(stream: &mut TcpStream) -> (String, String) {
    let mut text = String::new();
    let mut buffer = [0; 4096];
    loop {
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
            if body.len() >= length.unwrap_or(0) {
                return (format!("{head}\r\n"), body.to_owned());
            }
        }
        let read = stream.read(&mut buffer).await.unwrap();
        assert_ne!(read, 0, "the request ended early: {text}");
        text.push_str(std::str::from_utf8(&buffer[..read]).unwrap());
    }
}

const NOTHING: &str = r#"{"totalSize":0,"done":true,"records":[]}"#;
const KEY: Option<&str> = Some("Transactionid__c");

#[tokio::test]
async fn a_201_is_read_as_it_was_recorded() {
    let head = "201 Created\r\nDate: Wed, 09 Feb 2022 18:19:26 GMT\r\nSet-Cookie: BrowserId=x; domain=.salesforce.com\r\n\
        X-Content-Type-Options: nosniff\r\nCache-Control: no-cache,must-revalidate,max-age=0,no-store,private\r\n\
        Sforce-Limit-Info: api-usage=18/5000\r\nLocation: /services/data/v51.0/sobjects/Task/00T4C00000B5BugUAF\r\n\
        Content-Type: application/json;charset=UTF-8\r\nVary: Accept-Encoding\r\nTransfer-Encoding: chunked";
    let body = "32\r\n{\"id\":\"00T4C00000B5BugUAF\",\"success\":true,\"errors\"\r\n4\r\n:[]}\r\n0\r\n\r\n";
    let server = Recorded::start(vec![(head, body.to_owned())], NOTHING).await;
    let report = server.create(None, History::First).await;
    assert_eq!(report.usage, Some(Usage { used: 18, allowed: 5000 }));
    assert_eq!(created(report).id, "00T4C00000B5BugUAF");
    let [(line, body)] = server.writes().try_into().unwrap();
    assert_eq!(line, "POST /services/data/v67.0/sobjects/Task");
    assert_eq!(body, format!(r#"{{"Subject":"x","Transactionid__c":"{GUID}"}}"#));
}

#[tokio::test]
async fn an_upsert_has_its_key_in_the_address_and_not_in_the_body() {
    let answer = r#"{"id":"00T4C00000B5Bug","success":true,"errors":[],"created":true}"#;
    let server = Recorded::start(vec![("201 Created", answer.to_owned())], NOTHING).await;
    let created = created(server.create(KEY, History::First).await);
    assert_eq!(created.id, "00T4C00000B5BugUAF");
    let line = format!("PATCH /services/data/v67.0/sobjects/Task/Transactionid__c/{GUID}");
    assert_eq!(server.writes(), [(line, r#"{"Subject":"x"}"#.to_owned())]);
}

#[tokio::test]
async fn each_recorded_refusal_has_its_class_and_keeps_its_words() {
    let bad = "400 Bad Request";
    let table = [
        (
            "403 Forbidden",
            r#"[{"message":"TotalRequests Limit exceeded.","errorCode":"REQUEST_LIMIT_EXCEEDED"}]"#,
            Class::Exhausted,
            "REQUEST_LIMIT_EXCEEDED: TotalRequests Limit exceeded.",
        ),
        (
            "403 Forbidden",
            r#"[{"message":"ConcurrentPerOrgLongTxn Limit exceeded.","errorCode":"REQUEST_LIMIT_EXCEEDED"}]"#,
            Class::Throttled,
            "REQUEST_LIMIT_EXCEEDED: ConcurrentPerOrgLongTxn Limit exceeded.",
        ),
        (
            "403 Forbidden",
            r#"[{"message":"API is not enabled for this Organization or Partner","errorCode":"API_DISABLED_FOR_ORG"}]"#,
            Class::Unauthorized,
            "API_DISABLED_FOR_ORG: API is not enabled for this Organization or Partner",
        ),
        (
            bad,
            r#"[{"message":"No such column 'foo' on sobject of type Bar","errorCode":"INVALID_FIELD"}]"#,
            Class::Refused,
            "INVALID_FIELD: No such column 'foo' on sobject of type Bar",
        ),
        (
            bad,
            r#"[{"message":"Required fields are missing: [Name]","errorCode":"REQUIRED_FIELD_MISSING","fields":["Name"]}]"#,
            Class::Refused,
            "REQUIRED_FIELD_MISSING: Required fields are missing: [Name]",
        ),
        (
            bad,
            r#"[{"message":"Topic Name: data value too large: XXX (max length=25)","errorCode":"STRING_TOO_LONG","fields":["Name"]}]"#,
            Class::Refused,
            "STRING_TOO_LONG: Topic Name: data value too large: XXX (max length=25)",
        ),
        (
            bad,
            r#"[{"message":"Name ID: id value of incorrect type: 0015w000029KTYHAA4","errorCode":"FIELD_INTEGRITY_EXCEPTION","fields":["WhoId"]}]"#,
            Class::Refused,
            "FIELD_INTEGRITY_EXCEPTION: Name ID: id value of incorrect type: 0015w000029KTYHAA4 (WhoId)",
        ),
        (
            bad,
            r#"[{"message":"insufficient access rights on cross-reference id: 001","errorCode":"INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY","fields":[]}]"#,
            Class::Refused,
            "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY: insufficient access rights on cross-reference id: 001",
        ),
        (
            bad,
            r#"[{"duplicateResut":{"allowSave":true,"matchResults":[]},"errorCode":"DUPLICATES_DETECTED","message":"Use one of these records?"}]"#,
            Class::Refused,
            "DUPLICATES_DETECTED: Use one of these records?",
        ),
        (
            bad,
            r#"[{"message":"unable to obtain exclusive access to this record or 1 records: 0035","errorCode":"UNABLE_TO_LOCK_ROW","fields":[]}]"#,
            Class::Locked,
            "UNABLE_TO_LOCK_ROW: unable to obtain exclusive access to this record or 1 records: 0035",
        ),
        (
            bad,
            r#"[{"message":"T: execution of BeforeInsert caused by: UNABLE_TO_LOCK_ROW","errorCode":"CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY","fields":[]}]"#,
            Class::Locked,
            "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY: T: execution of BeforeInsert caused by: UNABLE_TO_LOCK_ROW",
        ),
        (
            bad,
            r#"[{"message":"one","errorCode":"A","fields":[]},{"message":"two\nlines","errorCode":"B"}]"#,
            Class::Refused,
            "A: one; B: two lines",
        ),
        (bad, r#"[{"message":"new","statusCode":"NEW_CODE"}]"#, Class::Refused, "NEW_CODE: new"),
        (
            "500 Internal Server Error",
            r#"[{"message":"unable to obtain exclusive access","errorCode":"UNABLE_TO_LOCK_ROW","fields":[]}]"#,
            Class::Locked,
            "UNABLE_TO_LOCK_ROW: unable to obtain exclusive access",
        ),
        (
            "500 Internal Server Error",
            r#"[{"message":"An unexpected error occurred.","errorCode":"UNKNOWN_EXCEPTION"}]"#,
            Class::Unsure,
            "UNKNOWN_EXCEPTION: An unexpected error occurred.",
        ),
        (
            "502 Bad Gateway",
            "<html>",
            Class::Unsure,
            "HTTP_502: Salesforce answered with HTTP 502 and without words",
        ),
        (
            "503 Service Unavailable",
            "<html>Down for maintenance</html>",
            Class::Away,
            "HTTP_503: Salesforce is not available (HTTP 503)",
        ),
        (
            "503 Service Unavailable",
            r#"[{"message":"Server Unavailable","errorCode":"SERVER_UNAVAILABLE"}]"#,
            Class::Away,
            "SERVER_UNAVAILABLE: Server Unavailable",
        ),
        ("420 Edge", "", Class::Away, "HTTP_420: Salesforce is not available (HTTP 420)"),
        (
            "401 Unauthorized",
            r#"[{"message":"INVALID_HEADER_TYPE","errorCode":"INVALID_AUTH_HEADER"}]"#,
            Class::Unauthorized,
            "INVALID_AUTH_HEADER: INVALID_HEADER_TYPE",
        ),
        ("201 Created", r#"{"id":"00T4C00000B5Bu"#, Class::Unsure, "Salesforce's answer cannot be read"),
    ];
    for (head, body, class, sentence) in table {
        let server = Recorded::start(vec![(head, body.to_owned())], NOTHING).await;
        let Outcome::Failed(failure) = server.create(None, History::First).await.outcome else {
            panic!("{body}")
        };
        assert_eq!((failure.class, failure.sentence().as_str()), (class, sentence), "{body}");
        assert_eq!(server.writes().len(), 1, "{body}");
    }
}

#[tokio::test]
async fn a_duplicate_of_our_own_guid_is_the_record_itself() {
    let told = |words: &str| {
        format!(
            r#"[{{"message":"duplicate value found: {words}","errorCode":"DUPLICATE_VALUE","fields":[]}}]"#
        )
    };
    let one =
        r#"{"totalSize":1,"done":true,"records":[{"attributes":{"type":"Task"},"Id":"00T4C00000B5BugUAF"}]}"#;
    let table = [
        ("Transactionid__c duplicates value on record with id: 00T4C00000B5BugUAF", NOTHING),
        ("Transactionid__c duplicates value on record with id: 00T4C00000B5Bug", NOTHING),
        ("Transactionid__c duplicates value on record with id: <unknown>", one),
    ];
    for (words, found) in table {
        for key in [KEY, None] {
            let server = Recorded::start(vec![("400 Bad Request", told(words))], found).await;
            assert_eq!(created(server.create(key, History::First).await).id, "00T4C00000B5BugUAF", "{words}");
        }
    }
    let other = told("Serial__c duplicates value on record with id: 001Vr00000m4eGCIAY");
    let server = Recorded::start(vec![("400 Bad Request", other)], one).await;
    let Outcome::Failed(failure) = server.create(KEY, History::First).await.outcome else {
        panic!("not ours")
    };
    assert_eq!((failure.class, failure.code.as_str()), (Class::Refused, "DUPLICATE_VALUE"));
}

#[tokio::test]
async fn what_is_found_again_is_not_written_again() {
    let one =
        r#"{"totalSize":1,"done":true,"records":[{"attributes":{"type":"Task"},"Id":"00T4C00000B5BugUAF"}]}"#;
    for key in [KEY, None] {
        let server = Recorded::start(vec![], one).await;
        assert_eq!(created(server.create(key, History::Again).await).id, "00T4C00000B5BugUAF");
        let requests = server.requests.lock().unwrap();
        let (line, _) = requests.last().unwrap();
        let query = format!(
            "GET /services/data/v67.0/query?q=SELECT+Id+FROM+Task+WHERE+Transactionid__c+%3D+%27{GUID}%27+ORDER+BY+CreatedDate+LIMIT+2"
        );
        assert_eq!(*line, query);
    }
}

#[tokio::test]
async fn a_key_field_that_is_gone_leads_to_a_plain_create() {
    let gone = r#"[{"errorCode":"NOT_FOUND","message":"Provided external ID field does not exist or is not accessible: Transactionid__c"}]"#;
    let written = r#"{"id":"00T4C00000B5BugUAF","success":true,"errors":[]}"#;
    let writes = vec![("404 Not Found", gone.to_owned()), ("201 Created", written.to_owned())];
    let server = Recorded::start(writes, NOTHING).await;
    assert_eq!(created(server.create(KEY, History::First).await).id, "00T4C00000B5BugUAF");
    let lines: Vec<_> = server.writes().into_iter().map(|(line, _)| line).collect();
    let upsert = format!("PATCH /services/data/v67.0/sobjects/Task/Transactionid__c/{GUID}");
    assert_eq!(lines, [upsert, "POST /services/data/v67.0/sobjects/Task".to_owned()]);
}

#[tokio::test]
async fn a_write_bears_the_token_and_the_tenants_word_on_duplicates() {
    for (allow_duplicates, expected) in
        [(false, None), (true, Some("sforce-duplicate-rule-header: allowsave=true"))]
    {
        let written = r#"{"id":"00T4C00000B5BugUAF","success":true,"errors":[]}"#;
        let server = Recorded::start(vec![("201 Created", written.to_owned())], NOTHING).await;
        let login = Login::ClientCredentials { client_secret: Secret::new("s") };
        let settings = Salesforce { allow_duplicates, ..settings(&server.url, login) };
        created(server.create_with(settings, History::First).await);
        let heads = server.heads.lock().unwrap();
        let head = heads.last().unwrap();
        assert!(head.contains("\r\nauthorization: bearer 00dx!ar_token\r\n"), "{head}");
        assert!(head.contains("\r\ncontent-type: application/json\r\n"), "{head}");
        assert_eq!(head.lines().find(|line| line.starts_with("sforce-")), expected);
    }
}

#[tokio::test]
async fn sec_14_a_refusal_is_short_on_one_line_and_repeats_no_token() {
    let code = format!("BAD\\u001b[31m{}", "X".repeat(5000));
    let refusal = format!(r#"[{{"message":"session 00Dx!AR_TOKEN\u0007 is odd","errorCode":"{code}"}}]"#);
    let server = Recorded::start(vec![("400 Bad Request", refusal)], NOTHING).await;
    let Outcome::Failed(failure) = server.create(KEY, History::First).await.outcome else {
        panic!("refused")
    };
    assert!(failure.code.starts_with("BAD [31mXXX") && failure.code.len() <= 110, "{}", failure.code);
    assert_eq!(failure.message, "session ***  is odd");
}

#[tokio::test]
async fn an_object_that_is_too_long_to_be_described_is_the_trouble_of_its_own_record() {
    let server = Recorded::start(vec![], NOTHING).await;
    let login = Login::ClientCredentials { client_secret: Secret::new("s") };
    let order = Order { object: "Endless".into(), ..order(&[("Subject", "x")]) };
    let now = crate::clock::now();
    let report =
        connections().create(&tenant(), &settings(&server.url, login), &order, History::First, now).await;
    let words = "Salesforce: the receiver's answer is no HTTP";
    assert_eq!(report.outcome, Outcome::failed(Class::Faulted, "", words));
}
