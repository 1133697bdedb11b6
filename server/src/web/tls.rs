//! The certificate of the HTTPS listener: the operator's, or a self-signed one made on first start.
//!
//! Promises: a private key made here is readable by its owner only and on disk (fsync) before it is used; what cannot be
//! read is named in one sentence with what to do. TLS 1.2 and 1.3 only. Leaves to others: listening (`listener`) and the
//! exit code.

use ringbridge_core::time::Timestamp;
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Why there is no TLS; each prints as one sentence.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The certificate file.
    #[error("the certificate {0} cannot be read ({1}); check https.certificate and the file's rights")]
    Certificate(PathBuf, String),
    /// The key file.
    #[error("the private key {0} cannot be read ({1}); check https.private_key and the file's rights")]
    Key(PathBuf, String),
    /// Only one of the two was named.
    #[error(
        "https.certificate and https.private_key belong together; name both, or neither for a self-signed one"
    )]
    OnlyOne,
    /// The two do not fit together.
    #[error("the certificate {0} and its private key do not fit together ({1})")]
    Mismatch(PathBuf, String),
    /// The self-signed pair could not be made or written.
    #[error("no self-signed certificate could be written to {0} ({1}); check data_dir and its rights")]
    Write(PathBuf, String),
}

/// Where the certificate comes from.
#[derive(Clone, Debug)]
pub enum Source<'a> {
    /// PEM files of the operator.
    Files {
        /// The chain.
        certificate: &'a Path,
        /// Its key.
        private_key: &'a Path,
    },
    /// Made in this folder on first start, for these names beside localhost.
    SelfSigned {
        /// The data folder.
        folder: &'a Path,
        /// The host of the public URL.
        host: &'a str,
    },
}

/// Loads (or makes) the certificate and gives the configuration of the listener.
///
/// # Errors
/// One sentence that names the file.
pub fn server_config(source: &Source<'_>, now: Timestamp) -> Result<Arc<ServerConfig>, TlsError> {
    let (certificate, key) = match source {
        Source::Files { certificate, private_key } => ((*certificate).to_owned(), (*private_key).to_owned()),
        Source::SelfSigned { folder, host } => self_signed(folder, host, now)?,
    };
    let chain = CertificateDer::pem_file_iter(&certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| TlsError::Certificate(certificate.clone(), error.to_string()))?;
    if chain.is_empty() {
        return Err(TlsError::Certificate(certificate, "no certificate in it".to_owned()));
    }
    let key =
        PrivateKeyDer::from_pem_file(&key).map_err(|error| TlsError::Key(key.clone(), error.to_string()))?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key))
        .map_err(|error| TlsError::Mismatch(certificate, error.to_string()))?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// The paths of the self-signed pair, which is made if it is not there.
fn self_signed(folder: &Path, host: &str, now: Timestamp) -> Result<(PathBuf, PathBuf), TlsError> {
    let (certificate, key) = (folder.join("self-signed.pem"), folder.join("self-signed.key"));
    if !(certificate.exists() && key.exists()) {
        let (certificate_pem, key_pem) =
            make(host, now).map_err(|error| TlsError::Write(folder.to_owned(), error.to_string()))?;
        // The key first: a certificate without its key would look finished.
        write_durably(&key, 0o600, key_pem.as_bytes())
            .and_then(|()| write_durably(&certificate, 0o644, certificate_pem.as_bytes()))
            .map_err(|error| TlsError::Write(folder.to_owned(), error.to_string()))?;
    }
    Ok((certificate, key))
}

/// Makes a key and a certificate for the host and the names of this machine, good for ten years.
fn make(host: &str, now: Timestamp) -> Result<(String, String), rcgen::Error> {
    let mut names = vec!["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
    let host = host.trim_start_matches('[').trim_end_matches(']');
    if !names.iter().any(|name| name == host) {
        names.insert(0, host.to_owned());
    }
    let mut params = rcgen::CertificateParams::new(names)?;
    params.distinguished_name.push(rcgen::DnType::CommonName, format!("Ringbridge on {host}"));
    let year = now.rfc3339().get(..4).and_then(|year| year.parse().ok()).unwrap_or(2026);
    params.not_before = rcgen::date_time_ymd(year - 1, 1, 1);
    params.not_after = rcgen::date_time_ymd(year + 10, 1, 1);
    let key = rcgen::KeyPair::generate()?;
    let certificate = params.self_signed(&key)?;
    Ok((certificate.pem(), key.serialize_pem()))
}

/// Writes a file so that after a power loss it is whole or not there.
fn write_durably(path: &Path, mode: u32, content: &[u8]) -> io::Result<()> {
    let fresh = path.with_extension("new");
    let _ = std::fs::remove_file(&fresh);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&fresh)?;
    file.write_all(content)?;
    file.sync_all()?;
    std::fs::rename(&fresh, path)?;
    path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    const NOW: Timestamp = Timestamp::from_millis(1_790_000_000_000);

    #[test]
    fn the_first_start_makes_a_pair_and_the_second_keeps_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let source = Source::SelfSigned { folder: folder.path(), host: "dial.example.com" };
        server_config(&source, NOW).expect("made");
        let first = std::fs::read(folder.path().join("self-signed.pem")).expect("there");
        server_config(&source, NOW).expect("loaded");
        assert_eq!(std::fs::read(folder.path().join("self-signed.pem")).expect("there"), first);
        let mode =
            std::fs::metadata(folder.path().join("self-signed.key")).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn files_that_cannot_be_used_are_named_in_a_sentence() {
        let folder = tempfile::tempdir().expect("a folder");
        let (certificate, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
        let source = Source::Files { certificate: &certificate, private_key: &key };
        let sentence = |source: &Source<'_>| server_config(source, NOW).expect_err("refused").to_string();
        assert!(
            sentence(&source)
                .starts_with(&format!("the certificate {} cannot be read (", certificate.display()))
        );
        let (pem, _) = make("a.example", NOW).expect("made");
        std::fs::write(&certificate, pem).expect("written");
        std::fs::write(&key, "nothing").expect("written");
        assert!(
            sentence(&source).starts_with(&format!("the private key {} cannot be read (", key.display()))
        );
        let (_, other) = make("a.example", NOW).expect("made");
        std::fs::write(&key, other).expect("written");
        assert!(sentence(&source).contains("do not fit together"));
    }
}
