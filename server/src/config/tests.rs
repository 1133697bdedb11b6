//! What a configuration may say, and what is said about one that is wrong.

use super::{CallerIdHeader, Certificate, Config, SipListen, SipTransport};
use std::path::{Path, PathBuf};

const EXAMPLE: &str = include_str!("../../../ringbridge.example.toml");

fn parse(text: &str) -> Result<Config, Vec<String>> {
    with_environment(text, &[])
}

fn with_environment(text: &str, environment: &[(&str, &str)]) -> Result<Config, Vec<String>> {
    let environment = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Config::parse("r.toml", text, Path::new("/etc/ringbridge"), environment)
        .map_err(|problems| problems.0.iter().map(ToString::to_string).collect())
}

fn refusals(text: &str) -> Vec<String> {
    parse(text).err().unwrap_or_default()
}

#[test]
fn the_example_says_what_the_defaults_are() {
    let config = parse(EXAMPLE).expect("the example is right");
    let empty = parse("").expect("every key has a default");
    assert_eq!(config.public_url.as_str(), "https://localhost:8443/");
    assert_eq!(empty.public_url, config.public_url);
    assert_eq!(config.data_dir, PathBuf::from("/etc/ringbridge/data"));
    assert_eq!(empty.data_dir, config.data_dir);
    assert_eq!(empty.https.listen, config.https.listen);
    assert_eq!(config.https.certificate, None);
    assert_eq!(config.database_url, "sqlite:ringbridge.db");
    assert_eq!(empty.database_url, config.database_url);
    assert_eq!(empty.sip.listen, config.sip.listen);
    assert_eq!(config.sip.realm, "ringbridge");
    let names: Vec<_> = config.sip.trunks.iter().map(|trunk| trunk.name.as_str()).collect();
    assert_eq!(names, ["main"]);
    assert_eq!(empty.metrics, None);
}

#[test]
fn the_first_trunk_of_the_file_is_the_default_whatever_its_name() {
    let config = parse(
        "[sip.trunk.zulu]\nuri = \"sip:10.0.0.1\"\n[sip.trunk.alpha]\nuri = \"sip:10.0.0.2:5070;transport=tcp\"\ncaller_id_header = \"pai\"\n",
    )
    .expect("it is right");
    assert_eq!(config.sip.trunk(None).map(|trunk| trunk.name.as_str()), Some("zulu"));
    assert_eq!(
        config.sip.trunk(Some("alpha")).map(|trunk| trunk.caller_id_header),
        Some(CallerIdHeader::Pai)
    );
    assert_eq!(config.sip.trunk(Some("beta")), None);
}

#[test]
fn every_level_can_come_from_the_environment() {
    let config = with_environment(
        "[sip.trunk.Main]\nuri = \"sip:10.0.0.1\"\nusername = \"u\"\npassword = \"from file\"\n[https]\nlisten = \"0.0.0.0:1\"\n",
        &[
            ("HOME", "/root"),
            ("RINGBRIDGE_BINARY", "/x"),
            ("RINGBRIDGE_DATA_DIR", "/var/lib/ringbridge"),
            ("RINGBRIDGE_HTTPS__CERTIFICATE", "tls/chain.pem"),
            ("RINGBRIDGE_HTTPS__LISTEN", "[::1]:443"),
            ("RINGBRIDGE_HTTPS__PRIVATE_KEY", "/key.pem"),
            ("RINGBRIDGE_HTTPS__TRUSTED_PROXIES", "10.0.0.0/8, ::1"),
            ("RINGBRIDGE_LOG", "debug"),
            ("RINGBRIDGE_METRICS__LISTEN", "127.0.0.1:9464"),
            ("RINGBRIDGE_SIP__ADVERTISE", ""),
            ("RINGBRIDGE_SIP__LISTEN", "udp:127.0.0.1:5080"),
            ("RINGBRIDGE_SIP__TRUNK__MAIN__PASSWORD", "from environment"),
        ],
    )
    .expect("it is right");
    assert_eq!(config.data_dir, PathBuf::from("/var/lib/ringbridge"));
    assert_eq!(config.https.listen.to_string(), "[::1]:443");
    assert_eq!(
        config.https.certificate,
        Some(Certificate { chain: "/etc/ringbridge/tls/chain.pem".into(), private_key: "/key.pem".into() })
    );
    let proxies: Vec<_> = config.https.trusted_proxies.iter().map(ToString::to_string).collect();
    assert_eq!(proxies, ["10.0.0.0/8", "::1/128"]);
    assert_eq!(config.metrics.map(|listen| listen.port()), Some(9464));
    assert_eq!(config.sip.advertise, None);
    let udp =
        SipListen { transport: SipTransport::Udp, address: "127.0.0.1:5080".parse().expect("an address") };
    assert_eq!(config.sip.listen, [udp]);
    let trunk = config.sip.trunk(Some("Main")).expect("it is there");
    assert_eq!(trunk.password.expose(), "from environment");
}

#[test]
fn what_is_wrong_is_said_with_its_line_all_of_it_at_once() {
    let text = "\
public_url = \"http://localhost\"
data_dri = \"x\"
[https]
listen = \"localhost:8443\"
certificate = \"cert.pem\"
[database]
url = \"postgres://u:hunter2@db/x\"
[sip]
listen = [\"udp:127.0.0.1:5060\",
  \"tls:127.0.0.1:5061\", 7]
[sip.trunk.main]
uri = \"tel:1\"
colour = \"red\"
[media]
mode = \"rtpengine\"
[outbound]
allow_private = [\"10.0.0.0/33\"]
";
    assert_eq!(
        refusals(text),
        [
            "r.toml:1: \"http://localhost\" must be \"https://\" and a host, without a path",
            "r.toml:2: unknown key \"data_dri\" in the file; known are call, data_dir, database, https, media, metrics, outbound, public_url, sip",
            "r.toml:3: \"certificate\" needs its \"private_key\"; without both a self-signed one is made",
            "r.toml:4: \"localhost:8443\" must be an IP address and a port, for example \"127.0.0.1:8443\"",
            "r.toml:7: this build has no PostgreSQL yet; use \"sqlite:ringbridge.db\"",
            "r.toml:10: \"listen\" must be a list of texts",
            "r.toml:10: this build has no SIP over TLS yet; use \"udp:\" or \"tcp:\"",
            "r.toml:12: \"tel:1\" must be \"sip:HOST:PORT\", with \";transport=tcp\" where needed",
            "r.toml:13: unknown key \"colour\" in [sip.trunk.main]; known are caller_id_header, keep_alive_seconds, password, uri, username",
            "r.toml:15: this build does not anchor media with rtpengine yet; use \"direct\"",
            "r.toml:17: \"10.0.0.0/33\" must be a network such as \"10.0.0.0/8\" or \"fd00::/8\"",
        ]
    );
}

#[test]
fn a_file_that_is_no_toml_and_a_variable_that_names_nothing_are_refused() {
    assert_eq!(refusals("a = 1\n[https\n"), ["r.toml:2: this is no TOML: unclosed table, expected `]`"]);
    let refused = with_environment("", &[("RINGBRIDGE_HTTP__LISTEN", "x"), ("RINGBRIDGE_DATA_DIR__X", "y")]);
    assert_eq!(
        refused.err().unwrap_or_default(),
        [
            "RINGBRIDGE_DATA_DIR__X: \"data_dir\" must be text in quotes",
            "RINGBRIDGE_HTTP__LISTEN: unknown key \"http\" in the file; known are call, data_dir, database, https, media, metrics, outbound, public_url, sip",
        ]
    );
}

#[test]
fn a_configuration_prints_no_password() {
    let config = parse("[sip.trunk.main]\nuri = \"sip:h\"\nusername = \"u\"\npassword = \"hunter2\"\n")
        .expect("right");
    assert!(!format!("{config:?}").contains("hunter2"));
}

#[test]
fn every_key_is_described_in_the_documentation() {
    let docs = include_str!("../../../docs/configure.md");
    let sections = ["", "https", "database", "sip", "sip.trunk.x", "call", "media", "outbound", "metrics"];
    let text: String = sections
        .iter()
        .map(
            |section| {
                if section.is_empty() { "zzz = 1\n".to_owned() } else { format!("[{section}]\nzzz = 1\n") }
            },
        )
        .collect();
    let known = refusals(&text);
    let known: Vec<_> = known.iter().filter_map(|refusal| refusal.split_once("known are ")).collect();
    assert_eq!(known.len(), sections.len());
    for key in known.iter().flat_map(|(_, keys)| keys.split(", ")) {
        assert!(
            docs.contains(&format!("`{key}`")) || docs.contains(&format!("[{key}")),
            "{key} is not described"
        );
    }
}
