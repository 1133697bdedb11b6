//! From the keys of `ringbridge.toml` to [`Config`].
//!
//! Promises: one place for each key; every problem in one run. Leaves to others: the types (`config`).

use super::{
    CallerIdHeader, Calls, Certificate, Config, Https, OTHER_VARIABLES, Outbound, PREFIX, Sip, SipListen,
    SipTransport, Trunk,
};
use crate::document::{At, Document, Problems, Report, Section};
use ringbridge_core::redact::Secret;
use std::net::{Ipv4Addr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::Path;
use url::Url;

pub(super) fn parse(
    name: &str,
    text: &str,
    folder: &Path,
    environment: impl IntoIterator<Item = (String, String)>,
) -> Result<Config, Problems> {
    let mut document = Document::parse(name, text).map_err(|problem| Problems(vec![problem]))?;
    let report = Report::default();
    let mut variables: Vec<_> = environment
        .into_iter()
        .filter(|(variable, _)| variable.starts_with(PREFIX) && !OTHER_VARIABLES.contains(&variable.as_str()))
        .collect();
    variables.sort();
    for (variable, value) in &variables {
        let path: Vec<_> = variable.trim_start_matches(PREFIX).split("__").collect();
        if let Err(problem) = document.overlay(&path, variable, value) {
            report.add(problem);
        }
    }
    let config = config(&Section::of(&document, &report), folder);
    report.finish()?;
    Ok(config)
}

fn config(root: &Section<'_>, folder: &Path) -> Config {
    let data_dir = folder.join(present(root.text("data_dir")).map_or("data", |at| at.value));
    let https = https(root.section("https").as_ref(), folder);
    let default_url = || own_url(https.listen);
    let public_url = root.parsed("public_url", public_url).map_or_else(default_url, |at| at.value);
    if let Some(media) = root.section("media") {
        refuse_rtpengine(&media);
    }
    Config {
        public_url,
        data_dir: normal(&data_dir),
        https,
        database_url: database_url(root.section("database").as_ref()),
        sip: sip(root.section("sip").as_ref()),
        call: call(root.section("call").as_ref()),
        outbound: outbound(root.section("outbound").as_ref(), folder),
        metrics: root
            .section("metrics")
            .and_then(|metrics| metrics.parsed("listen", address))
            .map(|at| at.value),
    }
}

fn https(section: Option<&Section<'_>>, folder: &Path) -> Https {
    let mut https = Https {
        listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8443)),
        certificate: None,
        trusted_proxies: Vec::new(),
    };
    let Some(section) = section else { return https };
    if let Some(listen) = section.parsed("listen", address) {
        https.listen = listen.value;
    }
    https.trusted_proxies =
        section.parsed_list("trusted_proxies", network).into_iter().map(|at| at.value).collect();
    https.certificate = match (present(section.text("certificate")), present(section.text("private_key"))) {
        (Some(chain), Some(key)) => Some(Certificate {
            chain: normal(&folder.join(chain.value)),
            private_key: normal(&folder.join(key.value)),
        }),
        (None, None) => None,
        (Some(_), None) => {
            section
                .refuse("\"certificate\" needs its \"private_key\"; without both a self-signed one is made");
            None
        }
        (None, Some(_)) => {
            section
                .refuse("\"private_key\" needs its \"certificate\"; without both a self-signed one is made");
            None
        }
    };
    https
}

fn database_url(section: Option<&Section<'_>>) -> String {
    let read = section.and_then(|section| section.parsed("url", known_database));
    read.map_or_else(|| "sqlite:ringbridge.db".to_owned(), |at| at.value)
}

/// The URL may hold a password, so no sentence repeats it.
fn known_database(url: &str) -> Result<String, String> {
    if url.starts_with("postgres:") || url.starts_with("postgresql:") {
        return Err("this build has no PostgreSQL yet; use \"sqlite:ringbridge.db\"".to_owned());
    }
    crate::store::file_of(url, Path::new(""))
        .map(|_| url.to_owned())
        .map_err(|_| "\"url\" must be \"sqlite:FILE\", for example \"sqlite:ringbridge.db\"".to_owned())
}

fn sip(section: Option<&Section<'_>>) -> Sip {
    let port = 5060;
    let mut sip = Sip {
        listen: [SipTransport::Udp, SipTransport::Tcp]
            .map(|transport| SipListen { transport, address: SocketAddr::from((Ipv4Addr::LOCALHOST, port)) })
            .to_vec(),
        advertise: None,
        realm: "ringbridge".to_owned(),
        trunks: Vec::new(),
    };
    let Some(section) = section else { return sip };
    if section.has("listen") {
        sip.listen = section.parsed_list("listen", listener).into_iter().map(|at| at.value).collect();
    }
    sip.advertise =
        present(section.text("advertise")).and_then(|text| section.understand(text, host)).map(|at| at.value);
    if let Some(realm) = present(section.text("realm")).and_then(|text| section.understand(text, realm)) {
        sip.realm = realm.value;
    }
    for (name, trunk) in section.named_sections("trunk") {
        if let Some(trunk) = self::trunk(name.value, &trunk) {
            sip.trunks.push(trunk);
        }
    }
    sip
}

fn trunk(name: &str, section: &Section<'_>) -> Option<Trunk> {
    let headers =
        [("from", CallerIdHeader::From), ("pai", CallerIdHeader::Pai), ("ppi", CallerIdHeader::Ppi)];
    let username = section.text("username").map_or("", |at| at.value).to_owned();
    let password = Secret::new(section.text("password").map_or("", |at| at.value));
    let caller_id_header = section.choice("caller_id_header", &headers).unwrap_or(CallerIdHeader::From);
    if username.is_empty() && !password.is_empty() {
        section.refuse(format!("the trunk \"{name}\" has a password but no username"));
    }
    let keep_alive_seconds = seconds(section, "keep_alive_seconds", 0..=3600, 30);
    let uri = section.required("uri")?;
    let uri = section.understand(uri, trunk_uri)?.value;
    Some(Trunk { name: name.to_owned(), uri, username, password, caller_id_header, keep_alive_seconds })
}

fn call(section: Option<&Section<'_>>) -> Calls {
    let read =
        |key, otherwise| section.map_or(otherwise, |section| seconds(section, key, 1..=600, otherwise));
    Calls {
        agent_ring_seconds: read("agent_ring_seconds", 30),
        customer_ring_seconds: read("customer_ring_seconds", 60),
    }
}

/// A number of seconds within limits.
fn seconds(section: &Section<'_>, key: &'static str, range: RangeInclusive<i64>, otherwise: u32) -> u32 {
    section.whole(key, range).and_then(|at| u32::try_from(at.value).ok()).unwrap_or(otherwise)
}

fn refuse_rtpengine(media: &Section<'_>) {
    let _ = media.texts("rtpengine");
    let _ = media.parsed("mode", |mode| match mode {
        "direct" => Ok(()),
        "rtpengine" => Err("this build does not anchor media with rtpengine yet; use \"direct\"".to_owned()),
        _ => Err("\"mode\" must be one of \"direct\", \"rtpengine\"".to_owned()),
    });
}

fn outbound(section: Option<&Section<'_>>, folder: &Path) -> Outbound {
    let Some(section) = section else {
        return Outbound { allow_private: Vec::new(), trust_certificates: Vec::new() };
    };
    let files = section.texts("trust_certificates");
    Outbound {
        allow_private: section.parsed_list("allow_private", network).into_iter().map(|at| at.value).collect(),
        trust_certificates: files.into_iter().map(|at| normal(&folder.join(at.value))).collect(),
    }
}

/// An empty text counts as absent: an environment variable can be emptied more easily than removed.
fn present(text: Option<At<&str>>) -> Option<At<&str>> {
    text.filter(|at| !at.value.trim().is_empty())
}

/// The path without `./`, so that sentences read well. `..` stays: what it means depends on links.
fn normal(path: &Path) -> std::path::PathBuf {
    path.components().filter(|part| !matches!(part, std::path::Component::CurDir)).collect()
}

fn own_url(listen: SocketAddr) -> Url {
    let url = format!("https://localhost:{}", listen.port());
    Url::parse(&url).expect("a host and a port make a URL")
}

fn public_url(text: &str) -> Result<Url, String> {
    let wanted = || format!("\"{text}\" must be \"https://\" and a host, without a path");
    let url = Url::parse(text).map_err(|_| wanted())?;
    let bare =
        url.path() == "/" && url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
    if url.scheme() != "https" || !bare || url.host_str().is_none() {
        return Err(wanted());
    }
    Ok(url)
}

fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse()
        .map_err(|_| format!("\"{text}\" must be an IP address and a port, for example \"127.0.0.1:8443\""))
}

fn network(text: &str) -> Result<ipnet::IpNet, String> {
    let alone = || text.parse::<std::net::IpAddr>().map(ipnet::IpNet::from);
    text.parse().or_else(|_| alone()).map_err(|_: std::net::AddrParseError| {
        format!("\"{text}\" must be a network such as \"10.0.0.0/8\" or \"fd00::/8\"")
    })
}

fn listener(text: &str) -> Result<SipListen, String> {
    let wanted = || format!("\"{text}\" must be \"udp:ADDRESS:PORT\" or \"tcp:ADDRESS:PORT\"");
    let (transport, rest) = text.split_once(':').ok_or_else(wanted)?;
    let transport = match transport {
        "udp" => SipTransport::Udp,
        "tcp" => SipTransport::Tcp,
        "tls" => return Err("this build has no SIP over TLS yet; use \"udp:\" or \"tcp:\"".to_owned()),
        _ => return Err(wanted()),
    };
    Ok(SipListen { transport, address: rest.parse().map_err(|_| wanted())? })
}

fn host(text: &str) -> Result<String, String> {
    let fine = url::Host::parse(text).is_ok();
    fine.then(|| text.to_owned())
        .ok_or_else(|| format!("\"{text}\" must be a host name or an IP address, without a port"))
}

fn realm(text: &str) -> Result<String, String> {
    let fine = text.bytes().all(|byte| (b' '..=b'~').contains(&byte) && byte != b'"' && byte != b'\\');
    fine.then(|| text.to_owned()).ok_or_else(|| "\"realm\" must be plain ASCII without quotes".to_owned())
}

fn trunk_uri(text: &str) -> Result<String, String> {
    let wanted = || format!("\"{text}\" must be \"sip:HOST:PORT\", with \";transport=tcp\" where needed");
    let rest = text.strip_prefix("sip:").ok_or_else(wanted)?;
    let (host_port, parameters) =
        rest.split_once(';').map_or((rest, None), |(host, rest)| (host, Some(rest)));
    let as_url = Url::parse(&format!("http://{host_port}")).map_err(|_| wanted())?;
    if as_url.host_str().is_none() || as_url.path() != "/" || host_port.contains(['@', '?', '#', '/']) {
        return Err(wanted());
    }
    match parameters {
        None | Some("transport=udp" | "transport=tcp") => Ok(text.to_owned()),
        Some("transport=tls") => Err("this build has no SIP over TLS yet; use \";transport=tcp\"".to_owned()),
        Some(_) => Err(wanted()),
    }
}
