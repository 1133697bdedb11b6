//! Starting telephony: sockets first, then tasks.
//!
//! Promises: when something cannot be had, one sentence says what, and nothing runs. Leaves to others: the configuration.

use super::Telephony;
use super::bindings::Bindings;
use super::engine::{Engine, Event};
use super::guard::Guard;
use super::inbox::Inboxes;
use super::names::{Names, transport_of};
use super::port::{EngineHandle, Shared};
use super::registrar::Registrar;
use super::tcp::Connector;
use super::tone::{self, ToneSource};
use super::trunk::Trunks;
use super::udp;
use super::wire::Wire;
use crate::config::{Sip, SipListen};
use crate::directory::Directory;
use crate::store::{Store, StoreError};
use crate::{chance, clock};
use ringbridge_sip::ids::IdSource;
use ringbridge_sip::transaction::{Config, Transactions};
use ringbridge_sip::transport::Transport;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::{TcpListener, UdpSocket};
use tokio::sync::mpsc;
use tokio::time::Instant;

/// How many messages from the network may wait for the engine; beyond that they wait in the kernel.
const EVENTS: usize = 8192;
/// How many batches of messages from calls may wait for the engine.
const COMMANDS: usize = 16_384;
/// How many REGISTERs may wait for the registrar; phones repeat those beyond.
const KNOCKS: usize = 2048;

/// Why telephony does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A port is taken, or an address is not ours.
    #[error("SIP cannot listen on {address}: {error}; free the port or change [sip] listen")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        error: io::Error,
    },
    /// `[sip] advertise` is no host.
    #[error("[sip] advertise is no host name and no address")]
    Advertise,
    /// A trunk's URI cannot be read.
    #[error("the uri of [sip.trunk.{0}] is no SIP URI")]
    Trunk(String),
    /// No socket for tones.
    #[error("no UDP port is free for ringback tones: {0}")]
    Tones(io::Error),
    /// The registrations cannot be read.
    #[error("the registered phones cannot be read: {0}")]
    Store(#[from] StoreError),
}

/// Sockets that are ours, with nothing running yet.
pub struct Sockets {
    udp: Vec<Arc<UdpSocket>>,
    tcp: Vec<TcpListener>,
    listen: Vec<SipListen>,
    names: Names,
    trunks: Arc<Trunks>,
    tones: ToneSource,
    tone_address: SocketAddr,
}

/// The way in from the network, still closed.
pub struct Doors {
    udp: Vec<Arc<UdpSocket>>,
    tcp: Vec<TcpListener>,
    connector: Connector,
    events: mpsc::Sender<Event>,
    engine: EngineHandle,
    trunks: Arc<Trunks>,
}

impl Sockets {
    /// Takes all ports. Nothing is heard and nothing is changed.
    ///
    /// # Errors
    /// [`StartError`], one sentence.
    pub async fn bind(config: &Sip) -> Result<Self, StartError> {
        let advertise =
            config.advertise.as_deref().map(str::parse).transpose().map_err(|_| StartError::Advertise)?;
        let trunks = Arc::new(Trunks::new(&config.trunks).map_err(StartError::Trunk)?);
        let opened = open(&config.listen).await?;
        let names = Names { advertise, listen: opened.listen.clone() };
        // A phone must be able to reach it: where that is another host than ours, we listen on the address it is for.
        let tones = match ToneSource::bind(names.media_ip()).await {
            Ok(tones) => tones,
            Err(_) => ToneSource::bind(names.listening_ip()).await.map_err(StartError::Tones)?,
        };
        let tone_address =
            SocketAddr::new(names.media_ip(), tones.address().map_err(StartError::Tones)?.port());
        let Opened { udp, tcp, listen } = opened;
        Ok(Self { udp, tcp, listen, names, trunks, tones, tone_address })
    }

    /// Starts all tasks but those that hear the network: what belongs to a call of the last run must not come before that
    /// call has its inbox. The tasks end with the runtime, or when the last handle is gone.
    ///
    /// # Errors
    /// [`StartError::Store`].
    pub async fn start(
        self,
        realm: &str,
        store: Store,
        directory: Arc<Directory>,
    ) -> Result<(Telephony, Doors), StartError> {
        let Self { udp, tcp, listen, names, trunks, tones, tone_address } = self;
        let (event_sender, events) = mpsc::channel(EVENTS);
        let (commands, outgoing) = mpsc::channel(COMMANDS);
        let (knock_sender, knocks) = mpsc::channel(KNOCKS);
        let (tone_sender, tone_commands) = mpsc::channel(tone::MAX_WAITING);
        let (inboxes, bindings) = (Arc::new(Inboxes::default()), Arc::new(Bindings::default()));
        let registrar = Registrar::open(realm, store, directory.clone(), bindings.clone()).await?;
        let shared = Shared {
            commands,
            inboxes: inboxes.clone(),
            tones: tone_sender,
            tone_address,
            names: names.clone(),
        };
        let engine = EngineHandle { shared: Arc::new(shared) };

        let started_at = u64::try_from(clock::now().as_millis()).unwrap_or(0);
        let connector = Connector::new(event_sender.clone(), started_at);
        tokio::spawn(tones.run(tone_commands));
        tokio::spawn(registrar.run(knocks, event_sender.clone()));
        let machine = Engine {
            transactions: Transactions::new(Config::default()),
            wire: Wire::new(udp.clone(), connector.clone(), event_sender.clone()),
            inboxes,
            trunks: trunks.clone(),
            guard: Guard::new(trunks.clone(), bindings.clone(), directory),
            registrar: knock_sender,
            names,
            ids: IdSource::new(u64::from_ne_bytes(chance::bytes())),
            started: Instant::now(),
        };
        tokio::spawn(machine.run(events, outgoing));
        let doors = Doors {
            udp,
            tcp,
            connector,
            events: event_sender,
            engine: engine.clone(),
            trunks: trunks.clone(),
        };
        Ok((Telephony { engine, bindings, trunks, listening: listen.into() }, doors))
    }
}

impl Doors {
    /// Hears the network from now on, and asks the trunks how they are.
    pub fn open(self) {
        for listener in self.tcp {
            tokio::spawn(self.connector.clone().accept(listener));
        }
        for (place, socket) in self.udp.iter().enumerate() {
            // The first socket is where everything goes that no flow says otherwise of.
            let place = u64::try_from(place).ok().filter(|place| *place > 0);
            tokio::spawn(udp::receive(socket.clone(), place, self.events.clone()));
        }
        self.trunks.keep_asking(&self.engine);
    }
}

/// What was opened for the listeners.
#[derive(Default)]
struct Opened {
    udp: Vec<Arc<UdpSocket>>,
    tcp: Vec<TcpListener>,
    listen: Vec<SipListen>,
}

async fn open(listen: &[SipListen]) -> Result<Opened, StartError> {
    let mut opened = Opened::default();
    for asked in listen {
        let failed = |error| StartError::Listen { address: asked.address, error };
        let address = match transport_of(asked) {
            Transport::Udp => {
                let socket = udp::bind(asked.address).map_err(failed)?;
                let address = socket.local_addr().map_err(failed)?;
                opened.udp.push(Arc::new(socket));
                address
            }
            Transport::Tcp => {
                let listener = TcpListener::bind(asked.address).await.map_err(failed)?;
                let address = listener.local_addr().map_err(failed)?;
                opened.tcp.push(listener);
                address
            }
        };
        opened.listen.push(SipListen { transport: asked.transport, address });
    }
    Ok(opened)
}
