//! The server: its parts put together, started in order, and ended in order.
//!
//! Promises: ports are taken and files are read before anything is changed, so that a start that fails leaves all as it
//! was; ending takes no more calls, lets those in set-up settle, and then closes the parts from the outside in.
//!
//! Leaves to others: the parts.

use crate::clock;
use crate::config::Config;
use crate::directory::Directory;
use crate::jobs::{Runner, Running};
use crate::keys::{KeyError, Keys};
use crate::occupancy::{Occupancy, OccupancyError};
use crate::outbound::{self, FixedNames, Outbound, Rules};
use crate::provision::stored::LoadError;
use crate::store::{OpenError, Store, StoreError};
use crate::switchboard::Switchboard;
use crate::telephony::{self, Sockets};
use crate::upkeep;
use crate::web::listener::{self, Bound};
use crate::web::tls::TlsError;
use crate::web::{self, App, metrics};
use axum::Router;
use std::sync::Arc;
use std::time::Duration;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tracing::info;

/// How long open connections may take to end once the server does.
const CONNECTIONS_END: Duration = Duration::from_secs(5);

/// What a start may bring along: the demo's pages, and names that lead to its receiver.
#[derive(Default)]
pub struct Extras {
    /// Pages beside the product's own.
    pub pages: Router<Arc<App>>,
    /// Names that are not looked up.
    pub fixed_names: FixedNames,
}

/// Why the server does not start: one sentence. Nothing was changed.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "each is the part that did not start")]
pub enum StartError {
    #[error(transparent)]
    Database(#[from] OpenError),
    #[error(transparent)]
    Http(#[from] listener::BindError),
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error(transparent)]
    Occupied(#[from] OccupancyError),
    #[error("{0}")]
    Outbound(String),
    #[error("the signals of the system cannot be heard: {0}")]
    Signals(std::io::Error),
    #[error(transparent)]
    Sip(#[from] telephony::StartError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Tenants(#[from] LoadError),
    #[error(transparent)]
    Tls(#[from] TlsError),
}

/// A server that runs.
pub struct Server {
    switchboard: Switchboard,
    jobs: Running,
    stop: watch::Sender<bool>,
    listeners: Vec<JoinHandle<()>>,
    signals: Signals,
    first_start: Option<String>,
    /// Held to the end: the data folder is ours alone.
    _occupancy: Occupancy,
}

struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn hear() -> std::io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

impl Server {
    /// Starts all parts.
    ///
    /// # Errors
    /// One sentence that says what is wrong and what to do.
    pub async fn start(config: Config, extras: Extras) -> Result<Self, StartError> {
        let config = Arc::new(config);
        let signals = Signals::hear().map_err(StartError::Signals)?;
        let https = listener::bind(config.https.listen, "https.listen").await?;
        let plain = match config.metrics {
            Some(address) => Some(listener::bind(address, "metrics.listen").await?),
            None => None,
        };
        let sip = Sockets::bind(&config.sip).await?;
        let rules = Rules {
            allow_private: config.outbound.allow_private.clone(),
            extra_roots: outbound::read_roots(&config.outbound.trust_certificates)
                .map_err(StartError::Outbound)?,
            fixed_names: extras.fixed_names,
        };
        let outbound = Outbound::new(rules).map_err(StartError::Outbound)?;
        // A certificate that was named is read before anything is made.
        let named = config.https.certificate.is_some();
        let tls = if named { Some(web::tls_config(&config, clock::now())?) } else { None };
        let (store, keys, occupancy) = open(&config).await?;
        let tls = match tls {
            Some(tls) => tls,
            None => web::tls_config(&config, clock::now())?,
        };
        let directory = Arc::new(Directory::open(store.clone(), Arc::clone(&keys)).await?);
        let (telephony, doors) = sip.start(&config.sip.realm, store.clone(), Arc::clone(&directory)).await?;
        let switchboard = Switchboard::new(store.clone(), telephony, Arc::clone(&config), outbound.clone());
        switchboard.recover().await?;
        doors.open();
        let jobs = start_jobs(&store, outbound, &directory);
        upkeep::start(store.clone(), Arc::clone(&directory));
        let (stop, stopping) = watch::channel(false);
        let app = App::new(&config, store, directory, switchboard.clone(), keys, stopping.clone());
        let app = Arc::new(app);
        let first_start = app.setup_code().map(|code| first_start(&config, &code));
        let listeners = listen(&app, https, plain, tls, extras.pages, &stopping);
        info!(https = %config.https.listen, "Ringbridge takes clicks");
        Ok(Self { switchboard, jobs, stop, listeners, signals, first_start, _occupancy: occupancy })
    }

    /// What to do where there is no contact center yet, for whoever sees the terminal.
    #[must_use]
    pub fn first_start(&self) -> Option<&str> {
        self.first_start.as_deref()
    }

    /// Runs until the system asks it to end; a second time means at once.
    pub async fn run(mut self) {
        self.signals.next().await;
        info!("ending: no new calls are taken; ask again to end at once");
        let mut signals = self.signals;
        let ending = async {
            self.switchboard.drain().await;
            self.stop.send_replace(true);
            for listener in self.listeners {
                let _ = tokio::time::timeout(CONNECTIONS_END, listener).await;
            }
            self.jobs.stop().await;
        };
        tokio::select! {
            () = ending => {}
            () = signals.next() => {}
        }
    }
}

/// How the first contact center is made. The code is not for the log: logs are kept and sent on.
fn first_start(config: &Config, code: &str) -> String {
    let page = web::setup::PAGE;
    let url = config.public_url.as_str().trim_end_matches('/');
    let port = config.https.listen.port();
    format!(
        "There is no contact center yet. Make the first one in a browser:\n\
         \n\
         on this machine    https://localhost:{port}{page}\n\
         from elsewhere     {url}{page}\n\
         with the code      {code}\n\
         \n\
         The code is good until then or until the server ends.\n"
    )
}

/// Opens database and keys, on a thread that may block.
async fn open(config: &Arc<Config>) -> Result<(Store, Arc<Keys>, Occupancy), StartError> {
    let config = Arc::clone(config);
    let opened = tokio::task::spawn_blocking(move || -> Result<_, StartError> {
        Keys::check(&config.data_dir, &config.database_url)?;
        let store = Store::open(&config.database_url, &config.data_dir)?;
        let keys = Keys::open(&config.data_dir, &store)?;
        // Last, so that a start which is refused leaves not even the lock's file behind; before any call is touched.
        let occupancy = Occupancy::take(&config.data_dir)?;
        Ok((store, Arc::new(keys), occupancy))
    });
    opened.await.map_err(|_| StartError::Store(StoreError::Panicked))?
}

fn start_jobs(store: &Store, outbound: Outbound, directory: &Arc<Directory>) -> Running {
    let directory = Arc::clone(directory);
    let tenants = Arc::new(move |id| directory.tenant(id));
    // One node as yet: the name only has to be the same after a restart.
    Runner::new(store.clone(), outbound, tenants, "node").start()
}

fn listen(
    app: &Arc<App>,
    https: Bound,
    plain: Option<Bound>,
    tls: Arc<rustls::ServerConfig>,
    pages: Router<Arc<App>>,
    stopping: &watch::Receiver<bool>,
) -> Vec<JoinHandle<()>> {
    let mut listeners = vec![tokio::spawn(https.serve(tls, web::router(app, pages), stopping.clone()))];
    if let Some(plain) = plain {
        let router = metrics::router(Arc::clone(app));
        listeners.push(tokio::spawn(plain.serve_plain(router, stopping.clone())));
    }
    listeners
}
