//! The certificate of the HTTPS listener: readable, fitting, valid, and for the host of `public_url`.
//!
//! Promises: reads only; a self-signed pair that is not there yet is no failure. Leaves to others: loading it for the
//! listener (`web::tls`).

use super::{Finding, Verdict};
use crate::config::Config;
use crate::web::tls::{Source, server_config};
use ringbridge_core::time::Timestamp;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier as _;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, Error, RootCertStore};
use std::sync::Arc;
use std::time::Duration;

/// How long before its end a certificate is spoken of.
const NOTICE: Duration = Duration::from_secs(14 * 24 * 60 * 60);

const SUBJECT: &str = "certificate";

/// Looks at it.
pub(super) fn examine(config: &Config, now: Timestamp) -> Finding {
    let host = config.public_url.host_str().unwrap_or("localhost");
    let own = config.data_dir.join("self-signed.pem");
    let (file, source) = match &config.https.certificate {
        Some(files) => (
            files.chain.clone(),
            Source::Files { certificate: &files.chain, private_key: &files.private_key },
        ),
        None if !own.exists() => {
            let text = "none is there yet; the first start makes a self-signed one";
            return Finding::new(SUBJECT, Verdict::Note, text);
        }
        None => (own, Source::SelfSigned { folder: &config.data_dir, host }),
    };
    if let Err(error) = server_config(&source, now) {
        return Finding::failed(SUBJECT, error.to_string());
    }
    let chain: Vec<_> = CertificateDer::pem_file_iter(&file)
        .map(|found| found.filter_map(Result::ok).collect())
        .unwrap_or_default();
    let shown = file.display();
    match judge(&chain, host, now) {
        Ok(()) => match judge(&chain, host, now.plus(NOTICE)) {
            Ok(()) => Finding::fine(SUBJECT, format!("{shown} is valid for {host}")),
            Err(_) => {
                let text = format!("{shown} is valid for {host}, but ends within 14 days; renew it");
                Finding::new(SUBJECT, Verdict::Note, text)
            }
        },
        Err(reason) => Finding::failed(SUBJECT, format!("{shown} {reason}")),
    }
}

/// Judges the first certificate of a chain as a browser would that trusts whoever signed it: who that is, an operator may
/// decide otherwise than the public roots.
fn judge(chain: &[CertificateDer<'static>], host: &str, now: Timestamp) -> Result<(), String> {
    let [first, rest @ ..] = chain else { return Err("holds no certificate".to_owned()) };
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    roots.add_parsable_certificates(chain.iter().cloned());
    let provider = Arc::new(aws_lc_rs::default_provider());
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider)
        .build()
        .map_err(|error| format!("cannot be judged: {error}"))?;
    let bare = host.trim_start_matches('[').trim_end_matches(']').to_owned();
    let name = ServerName::try_from(bare).map_err(|_| format!("cannot be for \"{host}\""))?;
    let seconds = u64::try_from(now.as_seconds()).unwrap_or(0);
    let moment = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
    match verifier.verify_server_cert(first, rest, &name, &[], moment) {
        // A self-signed certificate is its own issuer, which some checks do not like; what is left are time and name.
        Ok(_) => Ok(()),
        Err(Error::InvalidCertificate(
            CertificateError::Expired | CertificateError::ExpiredContext { .. },
        )) => Err("has ended; renew it".to_owned()),
        Err(Error::InvalidCertificate(
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. },
        )) => Err("is not valid yet; look at the clock".to_owned()),
        Err(Error::InvalidCertificate(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
        )) => Err(format!("is not for {host}, the host of public_url")),
        Err(Error::InvalidCertificate(CertificateError::UnknownIssuer)) => Ok(()),
        Err(error) => Err(format!("is refused: {error}")),
    }
}
