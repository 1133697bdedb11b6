//! The connectors against a server that keeps requests to the byte and answers as it is told.

mod answers;
mod once;
mod requests;
mod tokens;

use super::Connections;
use crate::outbound::{Outbound, Rules};
use ringbridge_core::crm::{CallFacts, Class, History, Order, Outcome, Purpose, Related};
use ringbridge_core::id::{AgentId, InteractionGuid, TenantId, TransactionId};
use ringbridge_core::redact::{Digits, Secret};
use ringbridge_core::system_data::Integration;
use ringbridge_core::tenant::Tenant;
use ringbridge_core::tenant::connectors::{Connectors, Rest};
use ringbridge_core::time::Timestamp;
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

const GUID: &str = "int-0190b6f2c0de4abc8123456789abcdef";

/// What the server does with its next request.
#[derive(Clone, Debug)]
enum Say {
    /// Status line, further headers, body.
    Answer(&'static str, Vec<String>, String),
    /// It takes the request and closes.
    Nothing,
}

fn say(status: &'static str, body: &str) -> Say {
    Say::Answer(status, vec!["Content-Type: application/json".to_owned()], body.to_owned())
}

/// How a CRM answers.
type Answers = Arc<Mutex<dyn FnMut(&str) -> Say + Send>>;

/// A CRM: its answers in their order, and what it was sent.
struct Crm {
    address: SocketAddr,
    received: Arc<Mutex<Vec<String>>>,
}

impl Crm {
    async fn that(says: impl IntoIterator<Item = Say>) -> Self {
        let mut says = VecDeque::from_iter(says);
        Self::asked(move |_| says.pop_front().expect("an answer for each request")).await
    }

    /// One that makes up its answer to each request.
    async fn asked(say: impl FnMut(&str) -> Say + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let received = Arc::new(Mutex::new(Vec::new()));
        let say: Answers = Arc::new(Mutex::new(say));
        let kept = received.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(talk(stream, say.clone(), kept.clone()));
            }
        });
        Self { address, received }
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// All requests as they came, the port taken out.
    fn received(&self) -> Vec<String> {
        let port = self.address.to_string();
        self.received.lock().unwrap().iter().map(|request| request.replace(&port, "crm")).collect()
    }

    /// The request lines alone.
    fn lines(&self) -> Vec<String> {
        self.received()
            .iter()
            .map(|request| request.lines().next().unwrap().replace(" HTTP/1.1", ""))
            .collect()
    }
}

async fn talk(mut stream: TcpStream, say: Answers, kept: Arc<Mutex<Vec<String>>>) {
    let mut request = String::new();
    loop {
        let mut buffer = [0; 8192];
        let read = stream.read(&mut buffer).await.unwrap();
        request.push_str(std::str::from_utf8(&buffer[..read]).unwrap());
        if let Some((head, body)) = request.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap_or("0");
            if body.len() >= length.parse().unwrap() {
                break;
            }
        }
        if read == 0 {
            return;
        }
    }
    let next = (say.lock().unwrap())(&request);
    kept.lock().unwrap().push(request);
    if let Say::Answer(status, headers, body) = next {
        let headers: String = headers.iter().map(|header| format!("{header}\r\n")).collect();
        let length = body.len();
        let answer = format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {length}\r\n\r\n{body}");
        stream.write_all(answer.as_bytes()).await.unwrap();
    }
}

fn connections() -> Connections {
    let rules = Rules { allow_private: vec!["127.0.0.0/8".parse().unwrap()], ..Rules::default() };
    Connections::new(Outbound::new(rules).unwrap())
}

fn now() -> Timestamp {
    Timestamp::from_millis(1_790_000_090_000)
}

fn tenant(connectors: Connectors) -> Tenant {
    Tenant { connectors, ..crate::jobs::tests::tenant(TenantId(1)) }
}

/// A call of 61 seconds to 16502928880, from a contact, with these fields of the link.
fn order(integration: Integration, fields: &[(&str, &str)]) -> Order {
    Order {
        purpose: Purpose::Create,
        integration,
        object: "Call".to_owned(),
        fields: fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        related: Some(Related { id: "501".to_owned(), kind: "Contact".to_owned() }),
        key: None,
        parent: None,
        call: CallFacts {
            transaction: TransactionId(4711),
            guid: InteractionGuid(GUID.to_owned()),
            agent: AgentId(1),
            agent_login: "alice".to_owned(),
            agent_name: "Alice".to_owned(),
            number: Digits::new("16502928880").unwrap(),
            caller_id: Digits::new("5251990").unwrap(),
            answered_at: Some(Timestamp::from_millis(1_790_000_000_000)),
            hung_up_at: Timestamp::from_millis(1_790_000_061_000),
            completed_at: now(),
            duration_seconds: 61,
            end_reason: "hung_up".to_owned(),
            tokens: vec![("notes".to_owned(), "she said \"yes\"\nand [paid]".to_owned())],
            zone: "UTC".to_owned(),
        },
    }
}

/// An attempt at an order that was written under these settings.
async fn attempt(connectors: Connectors, order: &Order, history: History) -> Outcome {
    let key = connectors.keys().next().map(|(_, key)| key);
    attempt_as_written(connectors, &Order { key, ..order.clone() }, history).await
}

async fn attempt_as_written(connectors: Connectors, order: &Order, history: History) -> Outcome {
    connections().create(&tenant(connectors), order, history, now()).await.expect("it is connected").outcome
}

/// The class and the sentence of a failure.
fn failed(outcome: &Outcome) -> (Class, String) {
    match outcome {
        Outcome::Failed(failure) => (failure.class, failure.sentence()),
        Outcome::Created(created) => panic!("{created:?}"),
    }
}

/// The id of a record that was created.
fn created(outcome: &Outcome) -> &str {
    match outcome {
        Outcome::Created(created) => &created.id,
        Outcome::Failed(failure) => panic!("{failure:?}"),
    }
}

fn with_rest(rest: Rest) -> Connectors {
    Connectors { rest: Some(rest), ..Connectors::default() }
}
