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

#[tokio::test]
async fn the_tenant_is_provisioned_and_a_second_start_in_the_same_folder_is_well_too() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options { port: 8443, data: Some(folder.path().to_owned()) };
    for _ in 0..2 {
        let demo = Demo::prepare(options.clone(), clock::now()).await.unwrap();
        assert_eq!(demo.config.public_url.as_str(), "https://localhost:8443/");
        assert_eq!(demo.config.sip.trunks[0].uri, format!("sip:{}", demo.peers.customer()));
        assert_eq!(demo.fixed_names["www.mycompany.com"], [demo.peers.receiver()]);
        let welcome = demo.welcome();
        assert!(welcome.contains("https://localhost:8443/demo/"), "{welcome}");
    }
    assert!(folder.path().join("ringbridge.db").exists());
}

#[tokio::test]
async fn a_folder_that_nobody_named_is_removed_at_the_end() {
    let demo = Demo::prepare(Options { port: 8443, data: None }, clock::now()).await.unwrap();
    let path = demo.config.data_dir.clone();
    assert!(path.join("ringbridge.db").exists());
    drop(demo);
    assert!(!path.exists());
}
