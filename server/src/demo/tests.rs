//! The demo's own set-up.

use super::*;
use crate::clock;
use ringbridge_core::callback::SigningKey;
use ringbridge_core::redact::Secret;

#[test]
fn the_page_and_the_tenant_file_know_the_same_signing_secret() {
    assert!(TENANT.contains(&format!("secret = \"{CALLBACK_SECRET}\"")));
    assert!(SigningKey::from_secret(&Secret::new(CALLBACK_SECRET)).is_ok());
}

/// A port that was free a moment ago.
fn port() -> u16 {
    free_port().unwrap()
}

#[tokio::test]
async fn a_taken_port_is_a_sentence_and_nothing_is_made() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let folder = tempfile::tempdir().unwrap();
    let options = Options { port, data: Some(folder.path().join("data")) };
    let error = Demo::prepare(options, clock::now()).await.err().unwrap();
    assert!(error.ends_with("; choose another with --port"), "{error}");
    assert!(!folder.path().join("data").exists());
}

#[tokio::test]
async fn the_tenant_is_provisioned_and_a_second_start_in_the_same_folder_is_well_too() {
    let folder = tempfile::tempdir().unwrap();
    let port = port();
    let options = Options { port, data: Some(folder.path().to_owned()) };
    for _ in 0..2 {
        let demo = Demo::prepare(options.clone(), clock::now()).await.unwrap();
        assert_eq!(demo.config.public_url.as_str(), format!("https://localhost:{port}/"));
        assert_eq!(demo.config.sip.trunks[0].uri, format!("sip:{}", demo.peers.customer()));
        assert_eq!(demo.fixed_names["www.mycompany.com"], [demo.peers.receiver()]);
        let welcome = demo.welcome();
        assert!(welcome.contains(&format!("https://localhost:{port}/demo/")), "{welcome}");
    }
    assert!(folder.path().join("ringbridge.db").exists());
}

#[tokio::test]
async fn a_folder_that_nobody_named_is_removed_at_the_end() {
    let demo = Demo::prepare(Options { port: port(), data: None }, clock::now()).await.unwrap();
    let path = demo.config.data_dir.clone();
    assert!(path.join("ringbridge.db").exists());
    drop(demo);
    assert!(!path.exists());
}
