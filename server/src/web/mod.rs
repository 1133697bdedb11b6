//! HTTP: the click, the agent's pages, the API.
//!
//! Promises: HTTP words live here and nowhere else; every request goes through [`edge`], every refusal through
//! [`problem`]; what a person or a program sees is in [`words`] and the templates. Leaves to others: decisions (`core`),
//! calls (`switchboard`), rows (`store`).
//!
//! One click followed through the files: `listener` → `request_line` → `edge` → `click` → `session` → `core::link` →
//! `core::origin` → (`confirm`) → `switchboard` → `call_page`.

mod actions_page;
pub mod api;
pub mod assets;
pub mod body;
pub mod bystander;
pub mod call_page;
pub mod call_view;
pub mod changes;
pub mod chart;
pub mod click;
pub mod config_page;
pub mod confirm;
pub mod console;
pub mod dial_page;
pub mod edge;
pub mod embedded;
pub mod events;
pub mod external;
pub mod feed;
pub mod header;
pub mod links_page;
pub mod listener;
pub mod login;
pub mod metrics;
pub mod openapi;
pub mod password;
pub mod phones;
pub mod pop_page;
pub mod pop_view;
pub mod problem;
pub mod query;
pub mod refused;
pub mod request_line;
pub mod session;
pub mod setup;
pub mod stats;
pub mod team_page;
pub mod tls;
pub mod trace;
pub mod waiting;
pub mod words;

pub use edge::Client;
pub use session::{Caller, Principal};

use crate::config::Config;
use crate::directory::Directory;
use crate::keys::Keys;
use crate::provision::stored::LoadError;
use crate::store::{Store, StoreError};
use crate::switchboard::Switchboard;
use axum::Router;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::middleware::from_fn_with_state;
use axum::response::IntoResponse;
use axum::routing::{any, get, post};
use ipnet::IpNet;
use problem::Problem;
use ringbridge_core::refusal::{Code, Refusal};
use ringbridge_core::time::Timestamp;
use std::path::Path;
use std::sync::Arc;
use tls::TlsError;
use tokio::sync::watch;

/// What handlers work with.
pub struct App {
    /// The database.
    pub store: Store,
    /// The tenants.
    pub directory: Arc<Directory>,
    /// The calls.
    pub switchboard: Switchboard,
    /// Seals what agents enter for the screen pop's target.
    pub keys: Arc<Keys>,
    /// Says true when the server is about to end.
    pub stopping: watch::Receiver<bool>,
    /// What is counted.
    pub metrics: metrics::Metrics,
    /// What changes of tenants need.
    pub changes: changes::Changes,
    origin: String,
    hsts: edge::Hsts,
    trusted_proxies: Vec<IpNet>,
    passwords: password::Passwords,
    feed: feed::Feed,
    streams: events::Streams,
    strangers: refused::Strangers,
    setup: setup::Code,
}

impl App {
    /// Puts together what handlers work with.
    #[must_use]
    pub fn new(
        config: &Config,
        store: Store,
        directory: Arc<Directory>,
        switchboard: Switchboard,
        keys: Arc<Keys>,
        stopping: watch::Receiver<bool>,
    ) -> Self {
        let feed = feed::Feed::new(store.clone(), stopping.clone());
        Self {
            store,
            directory,
            switchboard,
            keys,
            stopping,
            metrics: metrics::Metrics::default(),
            changes: changes::Changes::new(config),
            origin: config.public_url.origin().ascii_serialization(),
            hsts: config.public_url.host().map_or(edge::Hsts::Off, |host| edge::Hsts::for_host(&host)),
            trusted_proxies: config.https.trusted_proxies.clone(),
            passwords: password::Passwords::new(),
            feed,
            streams: events::Streams::default(),
            strangers: refused::Strangers::default(),
            setup: setup::Code::make(),
        }
    }
}

impl App {
    /// The code with which the first contact center is made from elsewhere; none where there is one already.
    #[must_use]
    pub fn setup_code(&self) -> Option<String> {
        self.directory.all().is_empty().then(|| self.setup.shown())
    }
}

/// Loads (or makes) the certificate that the configuration names.
///
/// # Errors
/// One sentence that names the file.
pub fn tls_config(config: &Config, now: Timestamp) -> Result<Arc<rustls::ServerConfig>, TlsError> {
    let host = config.public_url.host_str().unwrap_or("localhost");
    let folder: &Path = &config.data_dir;
    let source = match &config.https.certificate {
        Some(files) => tls::Source::Files { certificate: &files.chain, private_key: &files.private_key },
        None => tls::Source::SelfSigned { folder, host },
    };
    tls::server_config(&source, now)
}

/// All routes. `extra` adds pages of others (the demo's) under the same edge.
pub fn router(app: &Arc<App>, extra: Router<Arc<App>>) -> Router {
    Router::new()
        .route("/", get(|| async { (StatusCode::SEE_OTHER, [(LOCATION, "/AGUI/")]) }))
        .route("/AGUI", get(|| async { (StatusCode::SEE_OTHER, [(LOCATION, "/AGUI/")]) }))
        .route("/AGUI/", get(console::console))
        .route("/AGUI/config", get(config_page::first))
        .route("/AGUI/config/", get(config_page::first))
        .route("/AGUI/config/actions", get(actions_page::get))
        .route("/AGUI/config/{section}", get(config_page::get))
        .route("/AGUI/team/", get(team_page::team))
        .route("/AGUI/trace/{transaction_id}", get(team_page::trace))
        .route("/AGUI/links/", get(links_page::get))
        .route("/AGUI/make_call.php", any(click::click))
        .route("/AGUI/click/{id}", get(click::resume))
        .route("/AGUI/confirm", post(confirm::post))
        .route("/AGUI/dial", get(dial_page::get))
        .route("/AGUI/call/{transaction_id}", get(call_page::get))
        .route("/AGUI/pop/{transaction_id}", get(pop_page::get).post(pop_page::post))
        .route("/AGUI/login", get(login::form).post(login::log_in))
        .route("/AGUI/logout", post(login::log_out))
        .route(setup::PAGE, get(setup::get).post(setup::post))
        .route("/AGUI/welcome", get(setup::welcome))
        .route("/AGUI/assets/{name}", get(assets::get))
        .route("/AGUI/assets/{version}/{name}", get(assets::versioned))
        .route("/openapi.json", get(openapi::get))
        .route(request_line::TOO_LONG, any(too_long))
        .merge(api::router())
        .merge(stats::router())
        .merge(extra)
        .fallback(|| async { Problem::not_found() })
        .method_not_allowed_fallback(|| async { wrong_method() })
        .layer(from_fn_with_state(Arc::clone(app), edge::edge))
        .with_state(Arc::clone(app))
}

/// The request line was longer than is taken.
async fn too_long() -> Problem {
    let mut problem = Problem::from(Refusal::new(Code::TooLarge, words::URL_TOO_LONG));
    problem.status = StatusCode::URI_TOO_LONG;
    problem
}

/// A known address, but not with this method; axum adds the `Allow` header.
fn wrong_method() -> impl IntoResponse {
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED", words::WRONG_METHOD)
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Overloaded => Refusal::new(Code::Overloaded, words::OVERLOADED).into(),
            StoreError::Closed => Refusal::new(Code::Overloaded, words::STOPPING).into(),
            StoreError::Conflict { .. }
            | StoreError::Database(_)
            | StoreError::Panicked
            | StoreError::Stale { .. }
            | StoreError::Unreadable { .. } => Self::internal(&error),
        }
    }
}

impl From<LoadError> for Problem {
    fn from(error: LoadError) -> Self {
        Self::internal(&error)
    }
}
