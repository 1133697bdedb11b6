//! What the store promises, one file a subject. The vocabulary of these tests stands here.

mod clicks;
mod durability;
mod jobs;
mod nouns;
mod opening;
mod screen_pops;
mod statements;
mod statistics;
mod units;
mod unlisted;

use super::{Store, agent, tenant, transaction};
use ringbridge_core::call::Call;
use ringbridge_core::id::{AgentId, InteractionGuid, TenantId};
use ringbridge_core::redact::Digits;
use ringbridge_core::time::Timestamp;
use tempfile::TempDir;

/// A store in a folder that vanishes with it.
pub(crate) struct Fixture {
    pub(crate) store: Store,
    pub(crate) folder: TempDir,
    pub(crate) tenant: TenantId,
    pub(crate) alice: AgentId,
    pub(crate) bob: AgentId,
}

/// A new database with the tenant `acme` and its agents alice and bob.
pub(crate) fn acme() -> Fixture {
    let folder = tempfile::tempdir().expect("a folder");
    let store = open(&folder);
    let (tenant, alice, bob) = store
        .write_blocking(|tx| {
            let tenant = tenant::insert(tx, "acme")?.id;
            Ok((tenant, agent::insert(tx, tenant, "alice")?, agent::insert(tx, tenant, "bob")?))
        })
        .expect("a tenant and two agents");
    Fixture { store, folder, tenant, alice, bob }
}

pub(crate) fn open(folder: &TempDir) -> Store {
    Store::open("sqlite:ringbridge.db", folder.path()).expect("the database opens")
}

pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(seconds * 1000)
}

/// A click of an agent; `name` makes its GUID.
pub(crate) fn click(tenant: TenantId, agent: AgentId, name: &str) -> transaction::NewTransaction {
    transaction::NewTransaction {
        guid: InteractionGuid(format!("int-{name}")),
        tenant,
        agent,
        queue: None,
        number: Digits::new("16502928880").expect("digits"),
        caller_id: Digits::new("5251990").expect("digits"),
        link: r#"{"phone":"16502928880"}"#.to_owned(),
        call: Call::new(),
        bridge: "{}".to_owned(),
        created_at: at(1000),
    }
}
