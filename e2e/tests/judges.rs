//! Clients that others wrote judge the stand-in Salesforce org: what they do with a real org must work here.
//!
//! Promises: their code comes from their registries as it is (`e2e/judges/prepare`) and is never bent; each gets an org of
//! its own. Left out are the parts of their suites that need Bulk, Composite, Metadata or SOAP, which the stand-in does not
//! have. Leaves to others: fetching and building them.

use rcgen::{CertificateParams, KeyPair, PKCS_RSA_SHA256, RsaKeySize};
use ringbridge_e2e::judges::{counted, judge, prepared, verdict};
use ringbridge_standin::salesforce::{Org, OrgConfig};
use serde_json::json;
use std::{
    fs,
    net::Ipv4Addr,
    path::{Path, PathBuf},
};
use tokio::runtime::Runtime;

/// An org for one judge, and the runtime it lives in.
fn org(config: OrgConfig) -> (Runtime, Org) {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    let runtime = builder.worker_threads(1).enable_all().build().expect("a runtime");
    let org = runtime.block_on(Org::start((Ipv4Addr::LOCALHOST, 0).into(), config)).expect("a free port");
    (runtime, org)
}

/// Writes the credentials file that salesforce_core's tests read.
fn credentials(folder: &Path, org: &Org, config: &OrgConfig) -> PathBuf {
    let path = folder.join("credentials.json");
    let credentials = json!({
        "client_id": config.consumer_key,
        "client_secret": config.client_secret,
        "instance_url": org.url(),
        "tenant_id": config.org_id,
    });
    fs::write(&path, credentials.to_string()).expect("a temporary folder takes a file");
    path
}

#[test]
fn salesforce_core_passes_its_own_tests_of_a_real_org() {
    let prepared = prepared("salesforce_core");
    let config = OrgConfig::default();
    let (_runtime, org) = org(config.clone());
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut cargo = judge("cargo", &prepared.join("source"));
    cargo
        .args(["test", "--locked", "--offline", "--no-default-features", "--features", "restapi"])
        // The tests that are ignored are those of a real org; the one that is not would ask the real login host.
        .args(["--test", "restapi", "--test", "auth", "--", "--ignored"])
        .env("CARGO_TARGET_DIR", prepared.join("target"))
        .env("CARGO_PROFILE_DEV_DEBUG", "0")
        .env("CARGO_INCREMENTAL", "0")
        .env("SFDC_CREDENTIALS", credentials(folder.path(), &org, &config));
    let said = verdict(cargo);
    assert_eq!(counted(&said, "test result: ok. "), [3, 10], "authentication and the REST API:\n{said}");
}

#[test]
fn jsforce_does_here_what_it_does_at_a_real_org() {
    let prepared = prepared("jsforce");
    let key = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).expect("a key");
    let certificate =
        CertificateParams::new(Vec::new()).expect("no names").self_signed(&key).expect("it signs");
    let config = OrgConfig { certificate: Some(certificate.pem()), ..OrgConfig::default() };
    let (_runtime, org) = org(config.clone());
    let mut node = judge(prepared.join("node_modules/.bin/node"), &prepared);
    node.args(["--test", "--test-reporter=tap", "judge.test.mjs"])
        .env("ORG_URL", org.url())
        .env("CONSUMER_KEY", &config.consumer_key)
        .env("CLIENT_SECRET", &config.client_secret)
        .env("ORG_USERNAME", &config.users[0].username)
        .env("PRIVATE_KEY", key.serialize_pem())
        .env("REDIRECT_URI", &config.redirect_uris[0]);
    let said = verdict(node);
    assert_eq!(
        (counted(&said, "# pass "), counted(&said, "# fail ")),
        (vec![13], vec![0]),
        "every test of the judge ran:\n{said}"
    );
}
