//! Golden requests: each connector's whole request, to the byte.

use super::*;
use ringbridge_core::callback::SigningKey;
use ringbridge_core::crm::template::{Body, ContentType, HeaderTemplate, UrlTemplate};
use ringbridge_core::crm::{Created, Pages};
use ringbridge_core::tenant::connectors::{
    Auth, Dynamics, Hubspot, IdFrom, Method, PageTemplates, Repeat, Zendesk,
};

fn agent() -> String {
    format!("user-agent: Ringbridge/{}", env!("CARGO_PKG_VERSION"))
}

/// A request as it goes out: its line, its headers in alphabetical order without the length, its body.
fn sorted(request: &str) -> String {
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    let mut lines = head.split("\r\n");
    let first = lines.next().unwrap();
    let mut headers: Vec<_> = lines.filter(|line| !line.starts_with("content-length")).collect();
    headers.sort_unstable();
    format!("{first}\n{}\n\n{body}", headers.join("\n"))
}

fn hubspot(crm: &Crm, unique_property: Option<&str>) -> Connectors {
    let hubspot = Hubspot {
        access_token: Secret::new("pat-1"),
        unique_property: unique_property.map(str::to_owned),
        portal: Some("4711".to_owned()),
        base_url: Some(crm.url("")),
        test_endpoint: true,
    };
    Connectors { hubspot: Some(hubspot), ..Connectors::default() }
}

fn zendesk(crm: &Crm) -> Connectors {
    let zendesk = Zendesk {
        subdomain: "acme".to_owned(),
        email: "crm@acme.example".to_owned(),
        api_token: Secret::new("t0ken"),
        base_url: Some(crm.url("")),
        test_endpoint: true,
    };
    Connectors { zendesk: Some(zendesk), ..Connectors::default() }
}

fn dynamics(crm: &Crm) -> Connectors {
    let dynamics = Dynamics {
        url: crm.url(""),
        directory: "acme.onmicrosoft.com".to_owned(),
        client_id: "app".to_owned(),
        client_secret: Secret::new("s&cret"),
        token_url: Some(crm.url("/token")),
        test_endpoint: true,
    };
    Connectors { dynamics: Some(dynamics), ..Connectors::default() }
}

#[tokio::test]
async fn rest_sends_what_its_templates_say() {
    let crm = Crm::that([say("201 Created", r#"{"data":{"id":77}}"#)]).await;
    let header = |text: &str| HeaderTemplate::parse(text).unwrap();
    let secret = SigningKey::make_secret([7; 32]);
    let rest = Rest {
        method: Method::Post,
        url: UrlTemplate::for_request(&crm.url("/{{object}}/{{call.transaction}}?n={{Subject}}")).unwrap(),
        headers: vec![("X-Agent".to_owned(), header("{{call.agent}} é"))],
        body: Body::parse(
            ContentType::Json,
            r#"{"note":"$notes$","seconds":"{{number:call.duration_seconds}}","all":"{{fields}}"}"#,
        )
        .unwrap(),
        id: IdFrom::Pointer("/data/id".to_owned()),
        pages: Some(PageTemplates {
            view: UrlTemplate::parse("https://crm.example/#/calls/{{record.id}}").unwrap(),
            edit: None,
        }),
        repeat: Repeat::Key { header: "Idempotency-Key".to_owned() },
        auth: Auth::Basic { user: "ringbridge".to_owned(), password: Secret::new("p:w") },
        signing_secret: Some(secret.clone()),
        test_endpoint: true,
    };
    let order = order(Integration::Rest, &[("Subject", "a & \"b\""), ("Status", "Done")]);
    let outcome = attempt(with_rest(rest), &order, History::First).await;
    let page = "https://crm.example/#/calls/77".to_owned();
    assert_eq!(
        outcome,
        Outcome::Created(Created {
            id: "77".to_owned(),
            object: "Call".to_owned(),
            pages: Some(Pages { view: page.clone(), edit: page }),
            notes: vec![],
        })
    );
    let body = r#"{"note":"she said \"yes\"\nand [paid]","seconds":61,"all":{"Subject":"a & \"b\"","Status":"Done"}}"#;
    let id = "msg_0190b6f2c0de4abc8123456789abcdef";
    let signed = SigningKey::from_secret(&secret).unwrap().headers(id, now(), body);
    assert_eq!(
        crm.received().iter().map(|request| sorted(request)).collect::<Vec<_>>(),
        [format!(
            "POST /Call/4711?n=a%20%26%20%22b%22 HTTP/1.1\naccept: application/json\n\
             authorization: Basic cmluZ2JyaWRnZTpwOnc=\nconnection: close\ncontent-type: application/json\n\
             host: crm\nidempotency-key: {GUID}\n{}\nwebhook-id: {id}\n\
             webhook-signature: {}\nwebhook-timestamp: 1790000090\nx-agent: alice é\n\n{body}",
            agent(),
            signed.signature
        )]
    );
}

#[tokio::test]
async fn hubspot_upserts_by_the_guid_and_then_associates() {
    let crm = Crm::that([
        say("200 OK", r#"{"status":"COMPLETE","results":[{"id":"901","new":true}]}"#),
        say("200 OK", "{}"),
    ])
    .await;
    let order = order(Integration::Hubspot, &[("HS_Call_Title", "Sale"), ("hubspot_owner_id", "12")]);
    let outcome = attempt(hubspot(&crm, Some("ringbridge_guid")), &order, History::First).await;
    let page = "https://app.hubspot.com/contacts/4711/record/0-48/901".to_owned();
    assert_eq!(
        outcome,
        Outcome::Created(Created {
            id: "901".to_owned(),
            object: "call".to_owned(),
            pages: Some(Pages { view: page.clone(), edit: page }),
            notes: vec![],
        })
    );
    let head = format!(
        "accept: application/json\nauthorization: Bearer pat-1\nconnection: close\ncontent-type: application/json\n\
         host: crm\n{}",
        agent()
    );
    let bare = head.replace("content-type: application/json\n", "");
    assert_eq!(
        crm.received().iter().map(|request| sorted(request)).collect::<Vec<_>>(),
        [
            format!(
                "POST /crm/v3/objects/calls/batch/upsert HTTP/1.1\n{head}\n\n{{\"inputs\":[{{\"id\":\"{GUID}\",\
                 \"idProperty\":\"ringbridge_guid\",\"properties\":{{\"hs_call_body\":\"she said \\\"yes\\\"\\nand [paid]\",\
                 \"hs_call_direction\":\"OUTBOUND\",\"hs_call_duration\":\"61000\",\"hs_call_from_number\":\"5251990\",\
                 \"hs_call_status\":\"COMPLETED\",\"hs_call_title\":\"Sale\",\"hs_call_to_number\":\"16502928880\",\
                 \"hs_timestamp\":\"2026-09-21T14:13:20.000Z\",\"hubspot_owner_id\":\"12\"}}}}]}}"
            ),
            format!("PUT /crm/v4/objects/calls/901/associations/default/contact/501 HTTP/1.1\n{bare}\n\n"),
        ]
    );
}

#[tokio::test]
async fn hubspot_without_a_unique_property_creates_once_with_its_association() {
    let crm = Crm::that([say("201 Created", r#"{"id":"902"}"#)]).await;
    let mut order = order(Integration::Hubspot, &[]);
    order.call.answered_at = None;
    order.call.duration_seconds = 0;
    order.call.end_reason = "customer_no_answer".to_owned();
    let outcome = attempt(hubspot(&crm, None), &order, History::First).await;
    assert_eq!(created(&outcome), "902");
    assert_eq!(
        crm.received()[0].split_once("\r\n\r\n").unwrap().1,
        "{\"associations\":[{\"to\":{\"id\":\"501\"},\"types\":[{\"associationCategory\":\"HUBSPOT_DEFINED\",\
         \"associationTypeId\":194}]}],\"properties\":{\"hs_call_body\":\"she said \\\"yes\\\"\\nand [paid]\",\
         \"hs_call_direction\":\"OUTBOUND\",\"hs_call_duration\":\"0\",\"hs_call_from_number\":\"5251990\",\
         \"hs_call_status\":\"NO_ANSWER\",\"hs_call_title\":\"Call to 16502928880\",\
         \"hs_call_to_number\":\"16502928880\",\"hs_timestamp\":\"2026-09-21T14:14:21.000Z\"}}"
    );
    assert_eq!(crm.lines(), ["POST /crm/v3/objects/calls"]);
    let again = attempt(hubspot(&crm, None), &order, History::Again).await;
    assert_eq!((failed(&again).0, crm.lines().len()), (Class::Unprovable, 1));
}

#[tokio::test]
async fn zendesk_makes_a_ticket_with_a_voice_comment() {
    let crm = Crm::that([say("201 Created", r#"{"ticket":{"id":35436}}"#)]).await;
    let fields = [
        ("Subject", "Sale"),
        ("tags", "phone, outbound"),
        ("comment", "$5"),
        ("group_id", "77"),
        ("custom_field_360", "gold"),
        ("external_id", "mine"),
    ];
    let order = order(Integration::Zendesk, &fields);
    let outcome = attempt(zendesk(&crm), &order, History::First).await;
    let page = "https://acme.zendesk.com/agent/tickets/35436".to_owned();
    assert_eq!(
        outcome,
        Outcome::Created(Created {
            id: "35436".to_owned(),
            object: "ticket".to_owned(),
            pages: Some(Pages { view: page.clone(), edit: page }),
            notes: vec!["external_id is ours: by it the ticket is found again".to_owned()],
        })
    );
    assert_eq!(
        crm.received().iter().map(|request| sorted(request)).collect::<Vec<_>>(),
        [format!(
            "POST /api/v2/tickets HTTP/1.1\naccept: application/json\n\
             authorization: Basic Y3JtQGFjbWUuZXhhbXBsZS90b2tlbjp0MGtlbg==\nconnection: close\n\
             content-type: application/json\nhost: crm\nidempotency-key: {GUID}\n{}\n\n\
             {{\"ticket\":{{\"comment\":{{\"body\":\"$5\",\"public\":false}},\
             \"custom_fields\":[{{\"id\":360,\"value\":\"gold\"}}],\"external_id\":\"{GUID}\",\"group_id\":77,\
             \"requester_id\":501,\"subject\":\"Sale\",\"tags\":[\"phone\",\"outbound\"],\
             \"voice_comment\":{{\"call_duration\":61,\"from\":\"5251990\",\
             \"started_at\":\"2026-09-21T14:13:20.000Z\",\"to\":\"16502928880\"}}}}}}",
            agent()
        )]
    );
}

#[tokio::test]
async fn zendesk_looks_for_the_ticket_before_it_makes_it_again() {
    let look = format!("GET /api/v2/tickets.json?external_id={GUID}");
    let order = order(Integration::Zendesk, &[]);
    let crm = Crm::that([say("200 OK", r#"{"tickets":[{"id":35436}],"count":1}"#)]).await;
    assert_eq!(created(&attempt(zendesk(&crm), &order, History::Again).await), "35436");
    assert_eq!(crm.lines(), [look.as_str()]);
    let crm = Crm::that([
        say("200 OK", r#"{"tickets":[],"count":0}"#),
        say("201 Created", r#"{"ticket":{"id":35437}}"#),
    ])
    .await;
    assert_eq!(created(&attempt(zendesk(&crm), &order, History::Again).await), "35437");
    assert_eq!(crm.lines(), [look, "POST /api/v2/tickets".to_owned()]);
}

#[tokio::test]
async fn dynamics_upserts_a_phone_call_under_our_id_and_completes_it() {
    let crm = Crm::that([
        say("200 OK", r#"{"access_token":"at-1","expires_in":3599}"#),
        say("204 No Content", ""),
        say("204 No Content", ""),
    ])
    .await;
    let fields =
        [("Subject", "Sale"), ("prioritycode", "2"), ("leftvoicemail", "True"), ("new_code", "4711")];
    let mut order = order(Integration::Dynamics, &fields);
    let contact = "{00aa00bb-0000-4000-8000-0000000000CC}";
    order.related = Some(Related { id: contact.to_owned(), kind: "contact".to_owned() });
    let outcome = attempt(dynamics(&crm), &order, History::First).await;
    let id = "0190b6f2-c0de-4abc-8123-456789abcdef";
    let page = crm.url(&format!("/main.aspx?etn=phonecall&pagetype=entityrecord&id={id}"));
    assert_eq!(
        outcome,
        Outcome::Created(Created {
            id: id.to_owned(),
            object: "phonecall".to_owned(),
            pages: Some(Pages { view: page.clone(), edit: page }),
            notes: vec![],
        })
    );
    let agent = agent();
    let head = |condition: &str, last: &str| {
        format!(
            "accept: application/json\nauthorization: Bearer at-1\nconnection: close\ncontent-type: application/json\n\
             host: crm\n{condition}: *\nodata-maxversion: 4.0\nodata-version: 4.0\n{agent}\n\n{last}"
        )
    };
    let contact = "/contacts(00aa00bb-0000-4000-8000-0000000000cc)";
    assert_eq!(
        crm.received().iter().map(|request| sorted(request)).collect::<Vec<_>>(),
        [
            format!(
                "POST /token HTTP/1.1\naccept: application/json\nconnection: close\n\
                 content-type: application/x-www-form-urlencoded\nhost: crm\n{agent}\n\n\
                 grant_type=client_credentials&client_id=app&client_secret=s%26cret&scope=http%3A%2F%2Fcrm%2F.default"
            )
            .replace("http%3A%2F%2Fcrm", &crm.url("").replace(':', "%3A").replace('/', "%2F")),
            format!(
                "PATCH /api/data/v9.2/phonecalls({id}) HTTP/1.1\n{}",
                head(
                    "if-none-match",
                    &format!(
                        "{{\"actualdurationminutes\":1,\"actualend\":\"2026-09-21T14:14:21.000Z\",\
                         \"actualstart\":\"2026-09-21T14:13:20.000Z\",\
                         \"description\":\"she said \\\"yes\\\"\\nand [paid]\",\"directioncode\":true,\
                         \"leftvoicemail\":true,\"new_code\":\"4711\",\
                         \"phonecall_activity_parties\":[{{\"participationtypemask\":2,\
                         \"partyid_contact@odata.bind\":\"{contact}\"}}],\"phonenumber\":\"16502928880\",\
                         \"prioritycode\":2,\"regardingobjectid_contact_phonecall@odata.bind\":\"{contact}\",\"subject\":\"Sale\"}}"
                    )
                )
            ),
            format!(
                "PATCH /api/data/v9.2/phonecalls({id}) HTTP/1.1\n{}",
                head("if-match", "{\"statecode\":1,\"statuscode\":2}")
            ),
        ]
    );
}

#[tokio::test]
async fn dynamics_finds_a_call_that_is_there_and_only_completes_it() {
    let crm = Crm::that([
        say("200 OK", r#"{"access_token":"at-1","expires_in":"3599"}"#),
        say("412 Precondition Failed", r#"{"error":{"code":"0x80060892","message":"exists"}}"#),
        say("204 No Content", ""),
    ])
    .await;
    let order = order(Integration::Dynamics, &[]);
    let outcome = attempt(dynamics(&crm), &order, History::Again).await;
    let Outcome::Created(record) = outcome else { panic!("{outcome:?}") };
    assert_eq!(record.id, "0190b6f2-c0de-4abc-8123-456789abcdef");
    assert_eq!(
        record.notes,
        [
            "the call was not linked: \"Contact\" is no account, contact, lead, opportunity or case with a GUID"
        ]
    );
    assert_eq!(crm.lines().len(), 3);
}

#[tokio::test]
async fn a_call_that_cannot_be_completed_exists_all_the_same() {
    let order = order(Integration::Dynamics, &[]);
    let refused = r#"{"error":{"code":"0x80048408","message":"state 1 is not valid"}}"#;
    for (says, expected) in [
        (say("400 Bad Request", refused), None),
        (say("503 Service Unavailable", ""), Some(Class::Away)),
        (say("500 Internal Server Error", ""), Some(Class::Faulted)),
        (Say::Nothing, Some(Class::Away)),
    ] {
        let token = say("200 OK", r#"{"access_token":"at-1","expires_in":3599}"#);
        let crm = Crm::that([token, say("204 No Content", ""), says]).await;
        match (attempt(dynamics(&crm), &order, History::First).await, expected) {
            (Outcome::Created(record), None) => {
                assert_eq!(record.notes[1], "the record was not completed: 0x80048408: state 1 is not valid")
            }
            // Tried again, the request finds the call there.
            (outcome, Some(class)) => assert_eq!(failed(&outcome).0, class),
            (outcome, None) => panic!("{outcome:?}"),
        }
    }
}

#[tokio::test]
async fn what_cannot_be_linked_is_made_without_the_link_and_said() {
    let stranger = |mut order: Order| {
        order.related = Some(Related { id: "x/../y".to_owned(), kind: "Contact".to_owned() });
        order
    };
    let crm = Crm::that([say("200 OK", r#"{"results":[{"id":"901"}]}"#)]).await;
    let order_of = |integration| stranger(order(integration, &[]));
    let outcome = attempt(hubspot(&crm, Some("guid")), &order_of(Integration::Hubspot), History::First).await;
    let Outcome::Created(record) = outcome else { panic!("{outcome:?}") };
    assert_eq!(
        (record.notes.as_slice(), crm.lines().len()),
        (
            ["the call was not associated: \"Contact\" is no contact, company, deal or ticket with a number"
                .to_owned()]
            .as_slice(),
            1
        )
    );
    let crm = Crm::that([say("201 Created", r#"{"ticket":{"id":1}}"#)]).await;
    let outcome = attempt(zendesk(&crm), &order_of(Integration::Zendesk), History::First).await;
    let Outcome::Created(record) = outcome else { panic!("{outcome:?}") };
    assert_eq!(record.notes, ["the ticket was not linked: \"Contact\" is no user with a number"]);
}
