//! `ringbridge doctor`: looks at everything a server needs before somebody has to wonder at night.
//!
//! Promises: changes nothing: no file is made, no database created or upgraded; one finding for each thing that was
//! looked at, in a fixed order, each a sentence that says what to do. It can run beside the server. Leaves to others:
//! printing and the exit code (`main`).

mod certificate;
mod salesforce;
#[cfg(test)]
mod tests;

use crate::config::{Config, SipListen, SipTransport};
use crate::keys::{KeyFile, Keys};
use crate::outbound::{self, Class, Outbound, Rules};
use crate::store::{self, Examined};
use crate::telephony::probe;
use ringbridge_core::time::Timestamp;
use ringbridge_sip::transport::Transport;
use std::fmt;
use std::net::{TcpListener, UdpSocket};
use std::time::Duration;

/// No clock that works shows less: 2026-01-01T00:00:00Z.
const EARLIEST: Timestamp = Timestamp::from_millis(1_767_225_600_000);

/// How far the clock may be behind the newest journal entry: the entry may be of this very moment.
const CLOCK_SLACK: Duration = Duration::from_secs(2);

/// How a thing was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// As it should be.
    Fine,
    /// It works, but somebody should know.
    Note,
    /// It does not work.
    Failed,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What it is.
    pub subject: String,
    /// How it is.
    pub verdict: Verdict,
    /// The sentence.
    pub text: String,
}

impl Finding {
    fn new(subject: impl Into<String>, verdict: Verdict, text: impl Into<String>) -> Self {
        Self { subject: subject.into(), verdict, text: text.into() }
    }

    fn fine(subject: impl Into<String>, text: impl Into<String>) -> Self {
        Self::new(subject, Verdict::Fine, text)
    }

    fn failed(subject: impl Into<String>, text: impl Into<String>) -> Self {
        Self::new(subject, Verdict::Failed, text)
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match self.verdict {
            Verdict::Fine => "ok  ",
            Verdict::Note => "note",
            Verdict::Failed => "FAIL",
        };
        write!(f, "{word}  {}: {}", self.subject, self.text)
    }
}

/// Whether nothing failed.
#[must_use]
pub fn is_well(findings: &[Finding]) -> bool {
    findings.iter().all(|finding| finding.verdict != Verdict::Failed)
}

/// Looks at everything.
pub async fn examine(config: &Config, now: Timestamp) -> Vec<Finding> {
    let database = store::examine(&config.database_url, &config.data_dir);
    let mut findings = vec![database_finding(&database)];
    findings.push(certificate::examine(config, now));
    findings.push(keys(config, database.as_ref().ok()));
    for listen in &config.sip.listen {
        findings.push(sip_port(*listen).await);
    }
    findings.extend(trunks(config).await);
    findings.push(clock(database.as_ref().ok(), now));
    findings.push(outbound_rules(config).await);
    if let (Ok(Examined::Whole { .. }), Ok(outbound)) = (&database, client(config)) {
        findings.extend(salesforce::examine(config, &outbound, now).await);
    }
    findings
}

fn database_finding(examined: &Result<Examined, store::OpenError>) -> Finding {
    match examined {
        Ok(Examined::Absent(file)) => Finding::new(
            "database",
            Verdict::Note,
            format!("{} is not there yet; the first start makes it", file.display()),
        ),
        Ok(Examined::Whole { file, jobs: (pending, parked), .. }) => {
            let text = format!(
                "{} is whole; {pending} records and callbacks wait, {parked} are parked",
                file.display()
            );
            Finding::fine("database", text)
        }
        Err(error) => Finding::failed("database", error.to_string()),
    }
}

fn keys(config: &Config, database: Option<&Examined>) -> Finding {
    let known = match database {
        Some(Examined::Whole { key_check, .. }) => key_check.as_deref(),
        Some(Examined::Absent(_)) | None => None,
    };
    match Keys::examine(&config.data_dir, known) {
        Ok(KeyFile::Fits) => Finding::fine("keys", "the master key is there and fits the database"),
        Ok(KeyFile::Absent) => {
            Finding::new("keys", Verdict::Note, "there is no master key yet; the first start makes it")
        }
        Err(error) => Finding::failed("keys", error.to_string()),
    }
}

/// A port is well if it is free, or if SIP is spoken there already: then this server is running.
async fn sip_port(listen: SipListen) -> Finding {
    let (word, transport) = match listen.transport {
        SipTransport::Udp => ("udp", Transport::Udp),
        SipTransport::Tcp => ("tcp", Transport::Tcp),
    };
    let subject = format!("SIP port {word}:{}", listen.address);
    let bound = match listen.transport {
        SipTransport::Udp => UdpSocket::bind(listen.address).map(drop),
        SipTransport::Tcp => TcpListener::bind(listen.address).map(drop),
    };
    match bound {
        Ok(()) => Finding::fine(subject, "it is free"),
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
            match probe::options_at(listen.address, transport).await {
                Ok(_) => Finding::fine(subject, "SIP is spoken there: a server is running"),
                Err(_) => Finding::failed(
                    subject,
                    "another program has it; end that or name another port in sip.listen",
                ),
            }
        }
        Err(error) => Finding::failed(subject, format!("it cannot be opened: {error}")),
    }
}

async fn trunks(config: &Config) -> Vec<Finding> {
    if config.sip.trunks.is_empty() {
        let text = "none is configured, so no customer can be called; add [sip.trunk.main]";
        return vec![Finding::new("trunk", Verdict::Note, text)];
    }
    let mut findings = vec![];
    for trunk in &config.sip.trunks {
        let subject = format!("trunk {}", trunk.name);
        findings.push(match probe::options(&trunk.uri).await {
            Ok(status) => Finding::fine(subject, format!("it answers OPTIONS with {status}")),
            Err(error) => Finding::failed(subject, error.to_string()),
        });
    }
    findings
}

/// The clock stands in tokens and signatures; a wrong one makes receivers refuse callbacks.
fn clock(database: Option<&Examined>, now: Timestamp) -> Finding {
    let newest = match database {
        Some(Examined::Whole { newest_at, .. }) => *newest_at,
        Some(Examined::Absent(_)) | None => None,
    };
    if now < EARLIEST {
        return Finding::failed("clock", format!("it shows {}; set it", now.rfc3339()));
    }
    match newest {
        Some(newest) if newest > now.plus(CLOCK_SLACK) => {
            let text = format!(
                "it shows {}, but the journal's newest entry is of {}; set it",
                now.rfc3339(),
                newest.rfc3339()
            );
            Finding::failed("clock", text)
        }
        Some(_) | None => Finding::fine("clock", format!("it shows {}", now.rfc3339())),
    }
}

/// What an operator may have opened without wanting to.
const PROBES: [(&str, Class); 4] = [
    ("http://127.0.0.1/", Class::Loopback),
    ("http://169.254.169.254/", Class::LinkLocal),
    ("http://10.0.0.1/", Class::Private),
    ("http://[fd00:ec2::254]/", Class::Private),
];

/// The client that the server would have.
fn client(config: &Config) -> Result<Outbound, String> {
    let extra_roots = outbound::read_roots(&config.outbound.trust_certificates)?;
    let allow_private = config.outbound.allow_private.clone();
    Outbound::new(Rules { allow_private, extra_roots, ..Rules::default() })
}

async fn outbound_rules(config: &Config) -> Finding {
    let subject = "outbound rules";
    let client = match client(config) {
        Ok(client) => client,
        Err(sentence) => return Finding::failed(subject, sentence),
    };
    let (ranges, roots) = (config.outbound.allow_private.len(), config.outbound.trust_certificates.len());
    let mut open = vec![];
    for (url, class) in PROBES {
        if client.check(url, outbound::Schemes::HttpAndHttps).await.is_ok() {
            open.push(format!("{class} ({url})"));
        }
    }
    if open.is_empty() {
        let text = format!("public hosts only, {ranges} private ranges and {roots} roots added");
        return Finding::fine(subject, text);
    }
    let text = format!(
        "outbound.allow_private lets links reach {}; keep it as narrow as it can be",
        open.join(", ")
    );
    Finding::new(subject, Verdict::Note, text)
}
