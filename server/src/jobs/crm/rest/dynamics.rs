//! `ctl_intType=dynamics`: a phone call activity in Microsoft Dynamics 365.
//!
//! Promises: the activity's id is ours, made of the GUID, and it is only ever created (`If-None-Match`): repeated, the
//! request finds it there. Then it is marked as completed. A field that the link names wins over ours, the id excepted.
//! Leaves to others: sending (`attempt`), tokens (`grant`).

use super::grant::Login;
use super::preset::{merged, subject};
use super::recipe::{Ask, IdAt, Recipe, SafeBy};
use crate::outbound::Schemes;
use hyper::Method;
use ringbridge_core::crm::template::{Fact, Facts};
use ringbridge_core::crm::{Failure, Order, Pages, Related};
use ringbridge_core::tenant::connectors::{Client, Dynamics};
use serde_json::{Map, Value, json};

/// The version of the Web API.
const VERSION: &str = "v9.2";

/// Precondition Failed: with `If-None-Match: *` the record is there already.
const EXISTS: u16 = 412;

/// What a call can be regarding: the type as links name it, the type, its set, and whether it can be called.
const REGARDING: [(&str, &str, &str, Party); 6] = [
    ("account", "account", "accounts", Party::Called),
    ("contact", "contact", "contacts", Party::Called),
    ("lead", "lead", "leads", Party::Called),
    ("opportunity", "opportunity", "opportunities", Party::No),
    ("incident", "incident", "incidents", Party::No),
    ("case", "incident", "incidents", Party::No),
];

/// Whether a record can be a party of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Party {
    Called,
    No,
}

/// Fields of a phone call that are numbers.
const NUMBERS: [&str; 5] =
    ["actualdurationminutes", "prioritycode", "scheduleddurationminutes", "statecode", "statuscode"];

/// Fields of a phone call that are true or false.
const FLAGS: [&str; 4] = ["directioncode", "isbilled", "isworkflowcreated", "leftvoicemail"];

pub(super) fn recipe<'a>(dynamics: &'a Dynamics, order: &'a Order) -> Result<Recipe<'a>, Failure> {
    let id = Facts::of(order).fact(Fact::Uuid).into_owned();
    let record = format!("{}/api/data/{VERSION}/phonecalls({id})", dynamics.url);
    let mut notes = Vec::new();
    let mut fields = merged(ours(order), order, value);
    if fields.remove("activityid").is_some() {
        notes.push("activityid is ours: by it the call is found again".to_owned());
    }
    if let Some(related) = &order.related {
        match regarding(related) {
            Some(links) if !fields.keys().any(|name| name.starts_with("regardingobjectid")) => {
                for (name, value) in links {
                    fields.entry(name).or_insert(value);
                }
            }
            // The link has said itself what it is regarding.
            Some(_) => {}
            None => notes.push(format!(
                "the call was not linked: \"{}\" is no account, contact, lead, opportunity or case with a GUID",
                related.kind
            )),
        }
    }
    let login = Client {
        token_url: dynamics.token_url.clone().unwrap_or_else(|| {
            format!("https://login.microsoftonline.com/{}/oauth2/v2.0/token", dynamics.directory)
        }),
        id: dynamics.client_id.clone(),
        secret: dynamics.client_secret.clone(),
        scope: Some(format!("{}/.default", dynamics.url)),
    };
    let completed = json!({ "statecode": 1, "statuscode": 2 });
    let after = odata(Ask::json(Method::PATCH, record.clone(), &completed)).with("if-match", "*");
    Ok(Recipe {
        ask: odata(Ask::json(Method::PATCH, record, &fields.into())).with("if-none-match", "*"),
        schemes: if dynamics.test_endpoint { Schemes::HttpAndHttps } else { Schemes::HttpsOnly },
        login: Login::Client(Box::new(login)),
        id: IdAt::Chosen(id),
        safe_by: SafeBy::Itself,
        exists: Some(EXISTS),
        after: Box::new(move |_| Some(after.clone())),
        pages: Box::new(|id| {
            let page = "main.aspx?etn=phonecall&pagetype=entityrecord&id=";
            let view = format!("{}/{page}{id}", dynamics.url);
            Some(Pages { edit: view.clone(), view })
        }),
        object: "phonecall".to_owned(),
        notes,
    })
}

fn odata(ask: Ask) -> Ask {
    ask.with("odata-version", "4.0").with("odata-maxversion", "4.0")
}

fn ours(order: &Order) -> Map<String, Value> {
    let call = &order.call;
    let facts = Facts::of(order);
    let mut fields = Map::new();
    let mut set = |name: &str, value: Value| drop(fields.insert(name.to_owned(), value));
    set("subject", subject(order).into());
    set("phonenumber", call.number.expose().into());
    set("directioncode", true.into());
    set("actualend", call.hung_up_at.rfc3339().into());
    if let Some(answered) = call.answered_at {
        set("actualstart", answered.rfc3339().into());
        set("actualdurationminutes", facts.fact(Fact::DurationMinutes).parse::<i64>().unwrap_or(0).into());
    }
    let notes = call.token("notes");
    if !notes.is_empty() {
        set("description", notes.into());
    }
    fields
}

/// A link's value in the type of the field, where it is one of the standard ones that are no text.
fn value(name: &str, value: &str) -> Value {
    let number = || value.trim().parse::<i64>().ok().filter(|_| NUMBERS.contains(&name)).map(Value::from);
    let flag = || {
        let flag = value.trim().to_ascii_lowercase().parse::<bool>();
        flag.ok().filter(|_| FLAGS.contains(&name)).map(Value::from)
    };
    number().or_else(flag).unwrap_or_else(|| value.into())
}

/// The fields that link a call to the record that the click came from.
fn regarding(related: &Related) -> Option<Vec<(String, Value)>> {
    let (_, kind, set, party) =
        REGARDING.iter().find(|(name, ..)| name.eq_ignore_ascii_case(&related.kind))?;
    let id = guid(&related.id)?;
    let mut links =
        vec![(format!("regardingobjectid_{kind}_phonecall@odata.bind"), format!("/{set}({id})").into())];
    if *party == Party::Called {
        let bind = format!("partyid_{kind}@odata.bind");
        let called = json!([{ bind: format!("/{set}({id})"), "participationtypemask": 2 }]);
        links.push(("phonecall_activity_parties".to_owned(), called));
    }
    Some(links)
}

/// A GUID without braces, in lower case.
fn guid(text: &str) -> Option<String> {
    let bare = text.trim().trim_start_matches('{').trim_end_matches('}').to_ascii_lowercase();
    let fine = bare.len() == 36
        && bare.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        });
    fine.then_some(bare)
}
