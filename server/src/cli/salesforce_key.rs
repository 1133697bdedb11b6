//! `ringbridge salesforce-key`: the key with which the server logs in to Salesforce, and its certificate.
//!
//! Promises: nothing is overwritten; the key is for its owner's eyes only and on the disk before it is spoken of. Leaves to
//! others: logging in (`jobs/crm`).

use crate::store::{make_folder, sync_folder};
use rcgen::{CertificateParams, DnType, KeyPair, PKCS_RSA_SHA256, RsaKeySize};
use ringbridge_core::time::Timestamp;
use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

/// Years that the certificate is good for: long enough not to be forgotten each spring, short enough to be renewed by
/// somebody who still knows.
const YEARS: i32 = 2;

/// Makes `salesforce.key` and `salesforce.crt` in a folder, and says what to do with them.
///
/// # Errors
/// One sentence; no file of before was changed.
pub(crate) fn make(folder: &Path, now: Timestamp) -> Result<String, String> {
    let (key_file, certificate_file) = (folder.join("salesforce.key"), folder.join("salesforce.crt"));
    for file in [&key_file, &certificate_file] {
        if file.exists() {
            return Err(format!(
                "{} is there already; it may be in use. Name another folder, or move it away first",
                file.display()
            ));
        }
    }
    let (key, certificate, ends) = pair(now).map_err(|error| format!("no key could be made: {error}"))?;
    let unwritten = |error: io::Error| format!("nothing could be written to {}: {error}", folder.display());
    make_folder(folder).map_err(unwritten)?;
    write_new(&key_file, 0o600, &key).map_err(unwritten)?;
    write_new(&certificate_file, 0o644, &certificate).map_err(unwritten)?;
    sync_folder(folder).map_err(unwritten)?;
    let shown = std::path::absolute(&key_file).unwrap_or(key_file);
    Ok(format!(
        "made {key} and {certificate}, good until {ends}\n\
         1. In Salesforce, Setup, External Client App Manager, your app, Settings, OAuth: switch \"Enable JWT Bearer Flow\" on \
         and upload {certificate}\n\
         2. In the tenant file, [tenant.salesforce]: flow = \"jwt\", key_file = \"{key}\", username and client_id\n\
         3. Keep {key} where it is: it logs in without a password. It belongs in the backup of your secrets\n",
        key = shown.display(),
        certificate = certificate_file.display(),
    ))
}

/// A key, its certificate, and the day on which that ends.
fn pair(now: Timestamp) -> Result<(String, String, String), rcgen::Error> {
    let today = now.rfc3339();
    let number = |range: std::ops::Range<usize>| {
        today.get(range).and_then(|text| text.parse::<i32>().ok()).unwrap_or(1)
    };
    let (year, month, day) = (number(0..4), number(5..7), number(8..10).min(28));
    let date = |year| {
        let small = |number: i32| u8::try_from(number).unwrap_or(1);
        rcgen::date_time_ymd(year, small(month), small(day))
    };
    let mut params = CertificateParams::new(vec![])?;
    params.distinguished_name.push(DnType::CommonName, "Ringbridge log-in to Salesforce");
    (params.not_before, params.not_after) = (date(year), date(year + YEARS));
    let key = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048)?;
    let certificate = params.self_signed(&key)?;
    Ok((key.serialize_pem(), certificate.pem(), format!("{}-{month:02}-{day:02}", year + YEARS)))
}

fn write_new(file: &Path, mode: u32, content: &str) -> io::Result<()> {
    let mut open = OpenOptions::new().write(true).create_new(true).mode(mode).open(file)?;
    open.write_all(content.as_bytes())?;
    open.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    /// 2028-02-29T12:00:00Z
    const LEAP_DAY: Timestamp = Timestamp::from_millis(1_835_438_400_000);

    #[test]
    fn a_pair_is_made_once_and_its_key_is_for_the_owner_only() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("keys");
        let said = make(&inner, LEAP_DAY).unwrap();
        let first =
            format!("made {0}/salesforce.key and {0}/salesforce.crt, good until 2030-02-28", inner.display());
        assert_eq!(said.lines().next(), Some(first.as_str()));
        let key = fs::read_to_string(inner.join("salesforce.key")).unwrap();
        assert!(key.starts_with("-----BEGIN PRIVATE KEY-----"));
        assert!(!said.contains(key.lines().nth(1).unwrap()));
        assert_eq!(fs::metadata(inner.join("salesforce.key")).unwrap().permissions().mode() & 0o777, 0o600);

        let refused = format!(
            "{}/salesforce.key is there already; it may be in use. Name another folder, or move it away first",
            inner.display()
        );
        assert_eq!(make(&inner, LEAP_DAY), Err(refused));
        assert_eq!(fs::read_to_string(inner.join("salesforce.key")).unwrap(), key);
    }
}
