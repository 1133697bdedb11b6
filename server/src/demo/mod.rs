//! `ringbridge demo`: the whole server and the world around it on loopback, in one process.
//!
//! Promises: the server is the real one, configured by an ordinary configuration and an ordinary tenant file; only the
//! phones, the receiver and the Salesforce org are stand-ins, and one name (`www.mycompany.com`, of the reference's Example 3) leads to that
//! receiver. Nothing leaves the machine. A data folder that was not named is removed at the end. Leaves to others: running
//! the server (`serve`), the phones (`standin`).

mod page;
mod peers;
#[cfg(test)]
mod tests;

pub use peers::Peers;

use crate::chance;
use crate::config::Config;
use crate::outbound::FixedNames;
use crate::provision::{self, Mode};
use crate::web::App;
use axum::Router;
use page::Example;
use ringbridge_core::time::Timestamp;
use std::fs;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The examples of the reference, verbatim; the core's tests read the same files.
const EXAMPLES: &[Example] = &[
    Example {
        number: 1,
        about: "Writes a Task into the stand-in Salesforce after the call, and opens it in edit mode.",
        text: include_str!("../../../core/tests/reference/example-1.txt"),
    },
    Example {
        number: 2,
        about: "Asks for a screen pop after the call. It creates no record, so its ten fields are posted to a page that shows them.",
        text: include_str!("../../../core/tests/reference/example-2.txt"),
    },
    Example {
        number: 3,
        about: "Asks for a callback after the call: see it arrive at the foot of this page.",
        text: include_str!("../../../core/tests/reference/example-3.txt"),
    },
];

/// Who can log in, and with what: in a demo that is no secret.
const LOGINS: &[(&str, &str)] = &[("alice", "alice"), ("admin", "admin")];

/// The tenant file; `{agent_phone}`, `{crm}` and `{pop}` are filled in.
const TENANT: &str = include_str!("tenant.toml");

/// The tenant's signing secret, for the page that checks the signatures. The tenant file holds the same.
const CALLBACK_SECRET: &str = "whsec_UmluZ2JyaWRnZSBkZW1vIHNlY3JldCwgbm90IHNlY3JldA==";

/// The host of Example 3's callback.
const CALLBACK_HOST: &str = "www.mycompany.com";

/// How often a port that is free for both UDP and TCP is looked for.
const PORT_TRIES: usize = 50;

/// What the demo is started with.
#[derive(Clone, Debug)]
pub struct Options {
    /// The port of the pages.
    pub port: u16,
    /// Where its data lies; absent: a folder that is removed at the end.
    pub data: Option<PathBuf>,
}

/// A demo that is ready to be served.
pub struct Demo {
    /// The configuration of the server.
    pub config: Config,
    /// Names that lead to the receiver.
    pub fixed_names: FixedNames,
    peers: Arc<Peers>,
    _folder: Folder,
}

impl Demo {
    /// Starts the phones and the receiver, and provisions the tenant.
    ///
    /// # Errors
    /// One sentence.
    pub async fn prepare(options: Options, now: Timestamp) -> Result<Self, String> {
        // Looked at before anything is made; the server takes it later.
        TcpListener::bind((Ipv4Addr::LOCALHOST, options.port)).map_err(|error| {
            format!("port {} cannot be had ({error}); choose another with --port", options.port)
        })?;
        let folder = Folder::open(options.data)
            .map_err(|error| format!("the demo's data folder cannot be made: {error}"))?;
        let peers =
            Peers::start().await.map_err(|error| format!("no port on loopback can be had: {error}"))?;
        let config = config(options.port, &folder.path, peers.customer())?;
        let tenant_file = folder.path.join("tenant.toml");
        let tenant = TENANT
            .replace("{agent_phone}", &format!("sip:alice@{}", peers.agent()))
            .replace("{pop}", &format!("https://localhost:{}/demo/pop", options.port))
            .replace("{crm}", &peers.crm());
        fs::write(&tenant_file, tenant)
            .map_err(|error| format!("{} cannot be written: {error}", tenant_file.display()))?;
        let provisioned = tokio::task::spawn_blocking({
            let config = config.clone();
            move || provision::run(&tenant_file, &config, Mode::Apply, now)
        });
        provisioned.await.map_err(|error| error.to_string())?.map_err(|error| error.to_string())?;
        let fixed_names = FixedNames::from([(CALLBACK_HOST.to_owned(), vec![peers.receiver()])]);
        Ok(Self { config, fixed_names, peers: Arc::new(peers), _folder: folder })
    }

    /// The demo's own pages, for the server's listener.
    pub fn pages(&self) -> Router<Arc<App>> {
        page::router(Arc::clone(&self.peers))
    }

    /// What is printed when the server runs.
    #[must_use]
    pub fn welcome(&self) -> String {
        let url = self.config.public_url.as_str().trim_end_matches('/');
        let logins: Vec<String> =
            LOGINS.iter().map(|(login, password)| format!("{login} / {password}")).collect();
        format!(
            "Ringbridge demo\n\
             \n\
             Open     {url}/demo/    (the certificate is self-signed: let the browser go on)\n\
             Console  {url}/AGUI/\n\
             Log-ins  {}    (contact center: demo)\n\
             Click    {url}/AGUI/make_call.php?prefix=1&phone=6502928880\n\
             \n\
             Agent's phone    sip:{}\n\
             Customer, trunk  sip:{}\n\
             Callbacks        {CALLBACK_HOST} leads to http://{}\n\
             Salesforce       {} (a stand-in)\n\
             \n\
             Ctrl-C ends it.\n",
            logins.join(", "),
            self.peers.agent(),
            self.peers.customer(),
            self.peers.receiver(),
            self.peers.crm(),
        )
    }
}

/// The configuration: an ordinary one, with every port on loopback.
fn config(port: u16, folder: &Path, trunk: SocketAddr) -> Result<Config, String> {
    let sip = free_port().map_err(|error| format!("no free SIP port on loopback: {error}"))?;
    let data_dir = toml::Value::String(folder.display().to_string());
    let text = format!(
        "public_url = \"https://localhost:{port}\"\n\
         data_dir = {data_dir}\n\
         [https]\nlisten = \"127.0.0.1:{port}\"\n\
         [sip]\nlisten = [\"udp:127.0.0.1:{sip}\", \"tcp:127.0.0.1:{sip}\"]\nrealm = \"ringbridge\"\n\
         [sip.trunk.main]\nuri = \"sip:{trunk}\"\n\
         [outbound]\nallow_private = [\"127.0.0.0/8\"]\n"
    );
    // The environment is left out: a demo is the same everywhere.
    Config::parse("the demo's configuration", &text, folder, []).map_err(|problems| problems.to_string())
}

/// A port that nobody has on loopback, neither for UDP nor for TCP. Somebody could take it before the server does; then
/// the server says so.
fn free_port() -> io::Result<u16> {
    let mut last = io::Error::from(io::ErrorKind::AddrInUse);
    for _ in 0..PORT_TRIES {
        let udp = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
        let port = udp.local_addr()?.port();
        match TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
            Ok(_) => return Ok(port),
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// The data folder.
struct Folder {
    path: PathBuf,
    keep: Keep,
}

/// What becomes of the folder at the end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Keep {
    /// It stays: somebody named it.
    Yes,
    /// It goes: nobody knows of it.
    No,
}

impl Folder {
    fn open(named: Option<PathBuf>) -> io::Result<Self> {
        let (path, keep) = match named {
            Some(path) => (std::path::absolute(path)?, Keep::Yes),
            None => {
                let name = format!("ringbridge-demo-{:016x}", u64::from_ne_bytes(chance::bytes()));
                (std::env::temp_dir().join(name), Keep::No)
            }
        };
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&path)?;
        Ok(Self { path, keep })
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if self.keep == Keep::No {
            // Nothing can be done about a failure here, and nothing in it matters.
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}
