//! What the doctor says.

use super::*;
use crate::clock::now as moment;
use crate::telephony::probe::tests::{answer_udp, not_found};
use std::path::Path;

fn config(folder: &Path, more: &str) -> Config {
    let text = format!(
        "public_url = \"https://localhost:8443\"\ndata_dir = \"{}\"\n[sip]\nlisten = [\"udp:127.0.0.1:0\", \"tcp:127.0.0.1:0\"]\n{more}",
        folder.display()
    );
    Config::parse("ringbridge.toml", &text, folder, []).unwrap()
}

fn lines(findings: &[Finding]) -> Vec<String> {
    findings.iter().map(ToString::to_string).collect()
}

#[tokio::test]
async fn a_folder_that_was_never_started_is_told_what_the_first_start_makes() {
    let folder = tempfile::tempdir().unwrap();
    let now = moment();
    let findings = examine(&config(folder.path(), ""), now).await;
    assert_eq!(
        lines(&findings),
        [
            &format!(
                "note  database: {} is not there yet; the first start makes it",
                folder.path().join("ringbridge.db").display()
            ),
            "note  certificate: none is there yet; the first start makes a self-signed one",
            "note  keys: there is no master key yet; the first start makes it",
            "ok    SIP port udp:127.0.0.1:0: it is free",
            "ok    SIP port tcp:127.0.0.1:0: it is free",
            "note  trunk: none is configured, so no customer can be called; add [sip.trunk.main]",
            &format!("ok    clock: it shows {}", now.rfc3339()),
            "ok    outbound rules: public hosts only, 0 private ranges and 0 roots added",
        ]
    );
    assert!(is_well(&findings));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "it made nothing");
}

#[tokio::test]
async fn a_server_that_has_run_is_found_well() {
    let folder = tempfile::tempdir().unwrap();
    let config = config(folder.path(), "");
    let now = moment();
    tokio::task::spawn_blocking({
        let config = config.clone();
        move || {
            let store = store::Store::open(&config.database_url, &config.data_dir).unwrap();
            Keys::open(&config.data_dir, &store).unwrap();
        }
    })
    .await
    .unwrap();
    let source = crate::web::tls::Source::SelfSigned { folder: folder.path(), host: "localhost" };
    crate::web::tls::server_config(&source, now).unwrap();
    let findings = examine(&config, now).await;
    let file = |name: &str| folder.path().join(name).display().to_string();
    assert_eq!(
        lines(&findings)[..3],
        [
            format!(
                "ok    database: {} is whole; 0 records and callbacks wait, 0 are parked",
                file("ringbridge.db")
            ),
            format!("ok    certificate: {} is valid for localhost", file("self-signed.pem")),
            "ok    keys: the master key is there and fits the database".to_owned(),
        ]
    );
    let eleven_years = now.plus(Duration::from_secs(11 * 366 * 24 * 60 * 60));
    let late = certificate::examine(&config, eleven_years);
    assert_eq!(
        late.to_string(),
        format!("FAIL  certificate: {} has ended; renew it", file("self-signed.pem"))
    );

    std::fs::write(folder.path().join("master.key"), [7; 32]).unwrap();
    let findings = examine(&config, now).await;
    assert_eq!(findings[2].verdict, Verdict::Failed);
    assert!(!is_well(&findings));
}

#[tokio::test]
async fn a_certificate_for_another_host_fails() {
    let folder = tempfile::tempdir().unwrap();
    let source = crate::web::tls::Source::SelfSigned { folder: folder.path(), host: "a.example" };
    crate::web::tls::server_config(&source, moment()).unwrap();
    let mut config = config(folder.path(), "");
    config.public_url = "https://b.example/".parse().unwrap();
    let finding = certificate::examine(&config, moment());
    assert_eq!(finding.verdict, Verdict::Failed);
    assert!(finding.text.ends_with("is not for b.example, the host of public_url"), "{finding}");
}

#[tokio::test]
async fn a_port_that_another_program_has_fails_and_one_where_sip_is_spoken_is_well() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    std::thread::spawn(move || drop(taken.accept()));
    let finding = sip_port(SipListen { transport: SipTransport::Tcp, address }).await;
    assert_eq!(finding.text, "another program has it; end that or name another port in sip.listen");
    assert_eq!(finding.verdict, Verdict::Failed);
}

#[tokio::test]
async fn a_trunk_is_asked_by_options() {
    let folder = tempfile::tempdir().unwrap();
    let there = answer_udp(not_found).await;
    let closed = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let trunk =
        format!("[sip.trunk.main]\nuri = \"sip:{}\"\n[sip.trunk.away]\nuri = \"sip:{closed}\"", there);
    let findings = trunks(&config(folder.path(), &trunk)).await;
    assert_eq!(lines(&findings)[0], "ok    trunk main: it answers OPTIONS with 404");
    assert_eq!(findings[1].verdict, Verdict::Failed);
}

#[tokio::test]
async fn private_ranges_that_are_open_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let finding =
        outbound_rules(&config(folder.path(), "[outbound]\nallow_private = [\"127.0.0.0/8\"]")).await;
    assert_eq!(
        finding.to_string(),
        "note  outbound rules: outbound.allow_private lets links reach loopback (http://127.0.0.1/); keep it as narrow as it can be"
    );
    let missing = "[outbound]\ntrust_certificates = [\"absent.pem\"]";
    assert_eq!(outbound_rules(&config(folder.path(), missing)).await.verdict, Verdict::Failed);
}

#[test]
fn a_clock_behind_the_journal_or_before_this_software_fails() {
    let database = Examined::Whole {
        file: "x".into(),
        key_check: None,
        newest_at: Some(EARLIEST.plus(Duration::from_secs(100))),
        jobs: (0, 0),
    };
    assert_eq!(clock(Some(&database), EARLIEST).verdict, Verdict::Failed);
    assert_eq!(clock(Some(&database), EARLIEST.plus(Duration::from_secs(99))).verdict, Verdict::Fine);
    assert_eq!(clock(None, Timestamp::from_millis(0)).verdict, Verdict::Failed);
}

#[tokio::test]
async fn a_connection_to_salesforce_is_tried_out() {
    use ringbridge_standin::salesforce::{Org, OrgConfig};
    let org = Org::start("127.0.0.1:0".parse().unwrap(), OrgConfig::default()).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let config = config(folder.path(), "[outbound]\nallow_private = [\"127.0.0.0/8\"]");
    let tenant = |name: &str, secret: &str| {
        format!(
            "[[tenant]]\nname = \"{name}\"\n[tenant.salesforce]\nlogin_url = \"{}\"\ntest_endpoint = true\n\
             client_id = \"3MVG9.ringbridge.standin\"\nclient_secret = \"{secret}\"\n\
             external_id_field = \"Transactionid__c\"\n",
            org.url()
        )
    };
    let file = folder.path().join("tenant.toml");
    let text =
        format!("{}{}[[tenant]]\nname = \"other\"\n", tenant("acme", "standin-secret"), tenant("bad", "x"));
    std::fs::write(&file, text).unwrap();
    let applied = tokio::task::spawn_blocking({
        let config = config.clone();
        move || crate::provision::run(&file, &config, crate::provision::Mode::Apply, moment())
    });
    applied.await.unwrap().unwrap();
    let findings = examine(&config, moment()).await;
    assert_eq!(
        lines(&findings)[findings.len() - 2..],
        [
            "note  salesforce of acme: api@standin.example in org 00D5e0000000001EAA, version 67.0, the Task takes the facts \
             of a call, Transactionid__c tells records apart, 99999 of 100000 requests left; test_endpoint is set: this need \
             not be Salesforce",
            "FAIL  salesforce of bad: invalid_client: invalid client credentials; compare salesforce.client_secret with the \
             app's consumer secret",
        ]
    );
}
