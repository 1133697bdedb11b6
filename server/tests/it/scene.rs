//! A server with two contact centers: "acme" with its agents, and "other" with a host name and an agent of its own.
//!
//! Promises: everything is real but the phones: they are UDP ports that swallow what comes, so that a call stays ringing.

use argon2::Argon2;
use argon2::password_hash::PasswordHasher as _;
use ringbridge_core::id::{AgentId, DialPlanId, QueueId, TenantId};
use ringbridge_core::redact::{Digits, Secret};
use ringbridge_core::tenant::{
    Agent, ApiToken, AutoAnswer, Callbacks, Channel, Choice, Code, CodeList, DialPlan, DialPlanAction,
    DialPlanRule, Need, OriginPolicy, Phone, PhoneAddress, Queue, Role, Tenant, TokenKind, WrapUpAfterFailed,
};
use ringbridge_core::time::Zone;
use ringbridge_server::config::Config;
use ringbridge_server::directory::Directory;
use ringbridge_server::keys::Keys;
use ringbridge_server::outbound::{Outbound, Rules};
use ringbridge_server::provision::stored;
use ringbridge_server::store::{self, Store, agent::Standing, journal::Entry};
use ringbridge_server::switchboard::Switchboard;
use ringbridge_server::telephony::Sockets;
use ringbridge_server::web::{self, App, listener};
use std::net::{SocketAddr, UdpSocket};
use std::sync::{Arc, LazyLock};
use tempfile::TempDir;
use tokio::sync::watch;

/// The action token of acme, and its data token.
pub(crate) const ACTION_TOKEN: &str = "act-0123456789";
pub(crate) const DATA_TOKEN: &str = "data-0123456789";

/// The hash of "correct horse", made once: it costs a second in a debug build.
static PASSWORD_HASH: LazyLock<String> = LazyLock::new(|| {
    let hash = Argon2::default().hash_password(b"correct horse").expect("hashed");
    hash.to_string()
});

/// A running server.
pub(crate) struct Scene {
    pub(crate) folder: TempDir,
    pub(crate) address: SocketAddr,
    pub(crate) app: Arc<App>,
    pub(crate) config: Arc<Config>,
    /// Acme as it was written.
    pub(crate) acme: TenantId,
    stop: watch::Sender<bool>,
    /// Swallows what is sent to the phones.
    _phones: UdpSocket,
}

impl Drop for Scene {
    fn drop(&mut self) {
        let _ = self.stop.send(true);
    }
}

impl Scene {
    /// The usual scene.
    pub(crate) async fn start() -> Self {
        Self::with(|_| {}).await
    }

    /// The usual scene with a change to acme's settings.
    pub(crate) async fn with(change: impl FnOnce(&mut Tenant)) -> Self {
        let mut acme = acme();
        change(&mut acme);
        Self::made(Some(acme)).await
    }

    /// A server that was just installed.
    pub(crate) async fn without_tenants() -> Self {
        Self::made(None).await
    }

    async fn made(acme: Option<Tenant>) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let phones = UdpSocket::bind("127.0.0.1:0").expect("a port");
        let text = "public_url = \"https://localhost:8443\"\ndata_dir = \".\"\n[https]\nlisten = \"127.0.0.1:0\"\n\
            trusted_proxies = [\"127.0.0.2/32\"]\n[sip]\nlisten = [\"udp:127.0.0.1:0\"]\n[sip.trunk.main]\n\
            uri = \"sip:127.0.0.1:9\"\n";
        let config =
            Arc::new(Config::parse("ringbridge.toml", text, folder.path(), []).expect("a configuration"));
        let (store, keys) = tokio::task::block_in_place(|| {
            let store = Store::open("sqlite:ringbridge.db", folder.path()).expect("a database");
            let keys = Arc::new(Keys::open(folder.path(), &store).expect("keys"));
            (store, keys)
        });
        let acme = match acme {
            Some(acme) => write_both(&store, &keys, acme, phones.local_addr().expect("an address")).await,
            None => TenantId(0),
        };

        let directory = Arc::new(Directory::open(store.clone(), Arc::clone(&keys)).await.expect("tenants"));
        let (stop, stopping) = watch::channel(false);
        let switchboard = switchboard(&store, &config, &directory).await;
        let app = Arc::new(App::new(&config, store, directory, switchboard, keys, stopping.clone()));
        let now = ringbridge_server::clock::now();
        let tls = web::tls_config(&config, now).expect("a certificate");
        let bound = listener::bind(config.https.listen, "https.listen").await.expect("a port");
        let address = bound.address();
        tokio::spawn(bound.serve(tls, web::router(&app, axum::Router::new()), stopping));
        Self { folder, address, app, config, acme, stop, _phones: phones }
    }

    /// What a browser of this server writes into `Host`.
    pub(crate) fn host(&self) -> String {
        format!("localhost:{}", self.address.port())
    }

    /// The origin of our own pages.
    pub(crate) fn origin(&self) -> String {
        format!("https://{}", self.host())
    }

    /// The journal's entries of a kind, oldest first.
    pub(crate) async fn journal(&self, kind: &str) -> Vec<Entry> {
        let filter = store::journal::Filter::All;
        let read = self
            .app
            .store
            .read(move |tx| store::journal::after(tx, ringbridge_core::id::Seq(0), filter, 100_000));
        read.await.expect("a journal").into_iter().filter(|entry| entry.kind == kind).collect()
    }

    /// The id of an agent of acme.
    pub(crate) fn agent(&self, login: &str) -> AgentId {
        let acme = self.app.directory.tenant(self.acme).expect("acme");
        acme.agent_by_login(login).expect("an agent").id
    }
}

fn digits(text: &str) -> Digits {
    Digits::new(text).expect("digits")
}

/// A tenant with nothing in it.
fn empty() -> Tenant {
    Tenant {
        id: TenantId(0),
        name: String::new(),
        hosts: vec![],
        zone: Zone::named("America/Los_Angeles").expect("a zone"),
        country: "US".to_owned(),
        default_caller_id: None,
        default_dial_plan: None,
        code_lists: vec![],
        wrap_up_seconds: 30,
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
            secret: Secret::new("whsec_c2VjcmV0"),
            previous: None,
            https_only: false,
            userdata_json: false,
        },
        tokens: vec![],
    }
}

fn acme() -> Tenant {
    let rule = |pattern: &str, action| DialPlanRule {
        pattern: pattern.to_owned(),
        action,
        trunk: None,
        comment: None,
    };
    let code = |short: &str| Code {
        short: short.to_owned(),
        menu: short.to_owned(),
        report: short.to_owned(),
        key: None,
    };
    let token = |name: &str, kind, value: &str| ApiToken {
        name: name.to_owned(),
        kind,
        value_sha256: web::session::hash(value),
    };
    let queue = |id, name: &str| Queue {
        id: QueueId(id),
        name: name.to_owned(),
        caller_id: Some(digits("5251990")),
        code_lists: vec!["Outcome".to_owned()],
        wrap_up_seconds: 60,
        wrap_up_after_failed: WrapUpAfterFailed::Full,
    };
    Tenant {
        name: "acme".to_owned(),
        default_caller_id: Some(digits("5251990")),
        default_dial_plan: Some(DialPlanId(1)),
        code_lists: vec!["Outcome".to_owned()],
        allowed_origins: vec!["https://crm.example".to_owned()],
        allowed_countries: vec!["US".to_owned(), "CA".to_owned(), "GB".to_owned()],
        channels: vec![Channel { number: digits("5251990"), name: "Main".to_owned() }],
        dial_plans: vec![DialPlan {
            id: DialPlanId(1),
            name: "US".to_owned(),
            rules: vec![
                rule("^1900", DialPlanAction::Refuse("premium numbers are not dialled".to_owned())),
                rule("^([2-9]\\d{9})$", DialPlanAction::Rewrite("1$1".to_owned())),
            ],
        }],
        lists: vec![CodeList {
            name: "Outcome".to_owned(),
            choice: Choice::Multiple,
            need: Need::Required,
            codes: vec![code("SOLD"), code("CB")],
        }],
        queues: vec![queue(101, "Sales"), queue(102, "Support")],
        tokens: vec![
            token("robot", TokenKind::Action, ACTION_TOKEN),
            token("reports", TokenKind::Data, DATA_TOKEN),
        ],
        ..empty()
    }
}

/// Writes acme and the other contact center; gives the id of acme.
async fn write_both(store: &Store, keys: &Arc<Keys>, acme: Tenant, phone: SocketAddr) -> TenantId {
    let logins =
        [("alice", Role::Agent), ("bob", Role::Agent), ("sue", Role::Supervisor), ("ada", Role::Admin)];
    let acme = write(store, keys, acme, &logins, phone).await;
    let other = Tenant { name: "other".to_owned(), hosts: vec!["other.example".to_owned()], ..empty() };
    write(store, keys, other, &[("olga", Role::Agent), ("otto", Role::Admin)], phone).await;
    acme
}

/// Writes a tenant with its agents as `provision` would.
async fn write(
    store: &Store,
    keys: &Arc<Keys>,
    mut tenant: Tenant,
    logins: &[(&'static str, Role)],
    phone: SocketAddr,
) -> TenantId {
    let (keys, logins) = (Arc::clone(keys), logins.to_vec());
    let unit = store.write(move |tx| {
        let row = store::tenant::insert(tx, &tenant.name)?;
        tenant.id = row.id;
        store::tenant::update(tx, row.id, row.version, &stored::settings(&tenant, &keys))?;
        for (login, role) in logins {
            let id = store::agent::insert(tx, row.id, login)?;
            let address = PhoneAddress::Fixed(format!("sip:{login}@{phone}"));
            let agent = Agent {
                id,
                login: login.to_owned(),
                password_hash: Secret::default(),
                name: login.to_owned(),
                role,
                queues: vec![QueueId(101)],
                caller_id: None,
                dial_plan: None,
                phones: vec![Phone { address, auto_answer: AutoAnswer::None }],
                external_username: format!("{login}@crm"),
                external_password: Secret::new("set-by-the-admin"),
            };
            let profile = stored::profile(row.id, &agent, &keys);
            store::agent::update(tx, id, &PASSWORD_HASH, &profile, Standing::Active)?;
        }
        store::tenant::touch_directory(tx)?;
        Ok(row.id)
    });
    unit.await.expect("a tenant")
}

/// The switchboard with an engine.
async fn switchboard(store: &Store, config: &Arc<Config>, directory: &Arc<Directory>) -> Switchboard {
    let sockets = Sockets::bind(&config.sip).await.expect("free ports");
    let started = sockets.start(&config.sip.realm, store.clone(), Arc::clone(directory)).await;
    let (telephony, doors) = started.expect("an empty database");
    doors.open();
    let rules = Rules { allow_private: vec!["127.0.0.0/8".parse().expect("a range")], ..Rules::default() };
    let outbound = Outbound::new(rules).expect("a client");
    Switchboard::new(store.clone(), telephony, Arc::clone(config), outbound)
}
