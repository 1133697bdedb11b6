//! baresip as a phone with real media: it registers, answers by itself, sends a tone and writes down what it hears.
//!
//! Promises: each phone sends a tone of its own, so that what is heard tells who was heard. Leaves to others: who is called.
//! It will not use the loopback interface, so these phones live on another address of this machine; the kernel carries what
//! goes from the machine to itself over loopback all the same.

use crate::{
    patience::{PATIENCE, until},
    ports,
};
use std::{
    fs,
    net::{Ipv4Addr, SocketAddr},
    process::{Child, Command, Stdio},
};
use tempfile::TempDir;

/// The interface that is made where the machine has none but loopback; its other end is needed to bring it up.
const MADE_INTERFACE: (&str, &str) = ("ringbridge0", "ringbridge1");

/// Samples a second of what baresip writes down.
const RATE: f64 = 8000.0;

/// An address of this machine that is not loopback; where there is none, one is made on a virtual interface.
#[must_use]
pub fn address() -> Ipv4Addr {
    if let Some(address) = first_address() {
        return address;
    }
    let (name, other) = MADE_INTERFACE;
    for arguments in [
        vec!["link", "add", name, "type", "veth", "peer", "name", other],
        vec!["address", "add", "10.99.77.1/24", "dev", name],
        vec!["link", "set", other, "up"],
        vec!["link", "set", name, "up"],
    ] {
        let _ = Command::new("ip").args(arguments).status();
    }
    until("an address that is not loopback", PATIENCE, first_address)
}

fn first_address() -> Option<Ipv4Addr> {
    let output =
        Command::new("ip").args(["-4", "-o", "address", "show", "up", "scope", "global"]).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.lines().find_map(|line| line.split_whitespace().nth(3)?.split('/').next()?.parse().ok())
}

/// An account to register with.
#[derive(Clone, Copy, Debug)]
pub struct Account<'a> {
    /// The registrar.
    pub registrar: SocketAddr,
    /// The digest's password.
    pub password: &'a str,
}

/// A running baresip.
#[derive(Debug)]
pub struct Baresip {
    child: Child,
    folder: TempDir,
    address: SocketAddr,
}

impl Baresip {
    /// Starts a phone of that user that hums at `tone` Hz, registered where an account is given.
    #[must_use]
    pub fn start(user: &str, host: Ipv4Addr, tone: u32, account: Option<Account<'_>>) -> Self {
        let folder = tempfile::tempdir().expect("a folder for baresip");
        let address = SocketAddr::from((host, ports::free()));
        let media = ports::free();
        let config = format!(
            "sip_listen {address}\nrtp_ports {media}-{last}\ncall_local_timeout 60\ncall_max_calls 4\n\
             audio_source ausine,{tone}\nausrc_srate 48000\nausrc_channels 2\n\
             module_path {modules}\nmodule g711.so\nmodule ausine.so\nmodule sndfile.so\n\
             module_tmp account.so\nmodule_app menu.so\nsnd_path {folder}\n",
            last = media + 20,
            modules = module_path(),
            folder = folder.path().display(),
        );
        let account = match account {
            Some(account) => format!(
                "<sip:{user}@{}>;auth_user={user};auth_pass={};regint=60;answermode=auto;audio_codecs=PCMA,PCMU\n",
                account.registrar, account.password
            ),
            None => format!("<sip:{user}@{address}>;regint=0;answermode=auto;audio_codecs=PCMA,PCMU\n"),
        };
        fs::write(folder.path().join("config"), config).expect("baresip's configuration is written");
        fs::write(folder.path().join("accounts"), account).expect("baresip's account is written");
        let log = fs::File::create(folder.path().join("log")).expect("baresip's log");
        let child = Command::new("baresip")
            .args(["-4", "-v", "-f"])
            .arg(folder.path())
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("baresip's log"))
            .stderr(log)
            .spawn()
            .expect("baresip is installed (./ringbridge test installs it)");
        let phone = Self { child, folder, address };
        phone.until_it_says("baresip is ready");
        phone
    }

    /// Where it listens for SIP.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Waits until its log says so.
    #[track_caller]
    pub fn until_it_says(&self, words: &str) {
        until(&format!("baresip to say '{words}'"), PATIENCE, || self.log().contains(words).then_some(()));
    }

    /// What it wrote.
    #[must_use]
    pub fn log(&self) -> String {
        fs::read(self.folder.path().join("log"))
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .unwrap_or_default()
    }

    /// What it heard in its newest call, sample by sample.
    #[must_use]
    pub fn heard(&self) -> Vec<i16> {
        let mut files: Vec<_> = fs::read_dir(self.folder.path())
            .expect("baresip's folder")
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.to_string_lossy().ends_with("-dec.wav"))
            .collect();
        files.sort();
        let bytes = files.last().and_then(|file| fs::read(file).ok()).unwrap_or_default();
        bytes
            .get(44..)
            .unwrap_or_default()
            .chunks_exact(2)
            .map(|two| i16::from_le_bytes([two[0], two[1]]))
            .collect()
    }
}

impl Drop for Baresip {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            #[expect(clippy::print_stderr, reason = "a failing test shows what the phone said")]
            {
                eprintln!("baresip at {}: {}", self.address, self.log());
            }
        }
    }
}

/// How many 20 ms packets of RTP these samples came in.
#[must_use]
pub fn packets(samples: &[i16]) -> usize {
    samples.len() / 160
}

/// The frequency of the tone in the last second of the samples, by its zero crossings.
#[must_use]
pub fn tone(samples: &[i16]) -> f64 {
    let last = &samples[samples.len().saturating_sub(8000)..];
    let crossings = last.windows(2).filter(|pair| pair[0] < 0 && pair[1] >= 0).count();
    f64::from(u32::try_from(crossings).expect("below 8000")) * RATE
        / f64::from(u32::try_from(last.len().max(1)).expect("at most 8000"))
}

/// Where Debian puts baresip's modules, with or without the architecture in the path.
fn module_path() -> String {
    let candidates = [
        "/usr/lib/baresip/modules",
        "/usr/lib/x86_64-linux-gnu/baresip/modules",
        "/usr/local/lib/baresip/modules",
    ];
    candidates.into_iter().find(|path| fs::metadata(path).is_ok()).unwrap_or(candidates[0]).to_owned()
}
