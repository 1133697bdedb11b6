//! A server that cannot start says why in one sentence, ends with 2 and changes nothing.

use ringbridge_e2e::{client, server::Server, setup::Setup};
use rusqlite::Connection;
use sha2::{Digest as _, Sha256};
use std::{
    collections::BTreeMap,
    fs,
    net::{TcpListener, UdpSocket},
    path::Path,
};

/// A server that ran once, so that its data folder is as it is in life, and was ended.
fn settled() -> Server {
    let mut server =
        Server::start(&Setup::default().agent("alice", "127.0.0.1:9".parse().expect("an address")));
    assert!(server.terminate().success(), "SIGTERM ends it well");
    server
}

/// Every file below a folder with the hash of what is in it. SQLite's index of an empty log, and the empty log, come and go
/// with every opening: they hold nothing.
fn hashes(folder: &Path) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    for entry in fs::read_dir(folder).expect("the folder") {
        let path = entry.expect("an entry").path();
        let name = path.display().to_string();
        if path.is_dir() {
            all.extend(hashes(&path));
            continue;
        }
        let content = fs::read(&path).expect("the file");
        let empty = name.ends_with("-shm") || (name.ends_with("-wal") && content.is_empty());
        if !empty {
            all.insert(name, format!("{:x?}", Sha256::digest(content)));
        }
    }
    all
}

/// Starts it and expects it to end at once: 2, nothing on standard output, one sentence that names the matter, no change.
#[track_caller]
fn refused(server: &Server, matter: &str) {
    let before = hashes(&server.data());
    let output = server.run(&["serve", "--config", "ringbridge.toml"]);
    let sentence = String::from_utf8(output.stderr).expect("text");
    assert_eq!(output.status.code(), Some(2), "{sentence}");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "");
    assert_eq!(sentence.trim().lines().count(), 1, "one sentence: {sentence}");
    assert!(sentence.contains(matter), "'{matter}' in: {sentence}");
    assert_eq!(hashes(&server.data()), before, "nothing changed");
}

/// Changes the configuration.
fn configure(server: &Server, change: impl FnOnce(String) -> String) {
    let file = server.path("ringbridge.toml");
    let text = fs::read_to_string(&file).expect("the configuration");
    fs::write(file, change(text)).expect("the configuration");
}

#[test]
fn an_unknown_key_is_refused_with_its_line() {
    let server = settled();
    configure(&server, |text| text.replace("data_dir", "data_dri"));
    let output = server.run(&["serve", "--config", "ringbridge.toml"]);
    let sentence = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{sentence}");
    assert!(sentence.contains("ringbridge.toml:2") && sentence.contains("data_dri"), "{sentence}");
    refused(&server, "data_dri");
}

#[test]
fn a_broken_configuration_is_refused() {
    let server = settled();
    configure(&server, |text| text.replace("[https]", "[https"));
    refused(&server, "ringbridge.toml");
}

#[test]
fn a_missing_configuration_is_refused() {
    let server = settled();
    fs::remove_file(server.path("ringbridge.toml")).expect("it was there");
    refused(&server, "ringbridge.toml");
}

#[test]
fn a_taken_https_port_is_refused() {
    let server = settled();
    let _taken = TcpListener::bind(server.https()).expect("the port is free");
    refused(&server, &server.https().port().to_string());
}

#[test]
fn a_taken_sip_port_is_refused() {
    let server = settled();
    let _taken = UdpSocket::bind(server.sip()).expect("the port is free");
    refused(&server, &server.sip().port().to_string());
}

#[test]
fn an_unreadable_key_is_refused() {
    let server = settled();
    fs::write(server.path("cert.pem"), "nothing").expect("a file");
    configure(&server, |text| {
        text.replace("[https]\n", "[https]\ncertificate = \"cert.pem\"\nprivate_key = \"no-such-key.pem\"\n")
    });
    let before = hashes(&server.data());
    let output = server.run(&["serve", "--config", "ringbridge.toml"]);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert_eq!(String::from_utf8_lossy(&output.stderr).trim().lines().count(), 1, "{output:?}");
    assert_eq!(hashes(&server.data()), before, "nothing changed");
}

#[test]
fn a_master_key_that_is_none_is_refused() {
    let server = settled();
    let key = fs::read_dir(server.data())
        .expect("the data folder")
        .filter_map(|entry| Some(entry.ok()?.path()))
        .find(|path| path.file_name().is_some_and(|name| name.to_string_lossy().contains("master")))
        .expect("a master key");
    fs::write(&key, "nonsense").expect("the key");
    refused(&server, &key.file_name().expect("a name").to_string_lossy());
}

#[test]
fn a_database_of_a_newer_version_is_refused() {
    let server = settled();
    let database = server.data().join("ringbridge.db");
    let connection = Connection::open(&database).expect("the database");
    connection.pragma_update(None, "user_version", 9_999).expect("a version");
    connection.close().expect("closed");
    refused(&server, "newer");
}

#[test]
fn a_file_that_is_no_database_is_refused() {
    let server = settled();
    let database = server.data().join("ringbridge.db");
    fs::write(&database, "this is not a database, it is a sentence that is long enough to be looked at")
        .expect("a file");
    refused(&server, "ringbridge.db");
}

#[test]
fn plain_http_never_dials() {
    let server = Server::start(&Setup::default().agent("alice", "127.0.0.1:9".parse().expect("an address")));
    let url = format!("http://{}/AGUI/make_call.php?phone=16502928880", server.https());
    // 1.1: a sentence or nothing, never a call and never a redirect that would carry the parameters on.
    if let Ok(answer) = client::plain().get(url).call() {
        assert_eq!(answer.status(), 403);
        assert_eq!(answer.headers().get("location"), None);
    }
}
