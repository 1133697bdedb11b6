//! The stylesheet, the icon and the scripts, built into the binary.
//!
//! Promises: nothing is read from disk and nothing is fetched from elsewhere; all files of a page come from one build, whose
//! version stands in their addresses, so that browsers keep them and an upgrade mixes nothing; who understands gzip gets it,
//! packed once. Pages and answers of the API are not packed:
//! they hold secrets beside what others wrote (BREACH).

use super::problem::Problem;
use axum::extract::Path;
use axum::http::HeaderMap;
use axum::http::header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, VARY};
use axum::response::{IntoResponse, Response};
use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;
use std::io::Write as _;
use std::sync::{LazyLock, OnceLock};

/// Name, type and content of every file.
const FILES: &[(&str, &str, &[u8])] = &[
    ("actions.js", SCRIPT, include_bytes!("../../assets/actions.js")),
    ("builder.js", SCRIPT, include_bytes!("../../assets/builder.js")),
    ("call.js", SCRIPT, include_bytes!("../../assets/call.js")),
    ("call_card.js", SCRIPT, include_bytes!("../../assets/call_card.js")),
    ("charts.js", SCRIPT, include_bytes!("../../assets/charts.js")),
    ("config.js", SCRIPT, include_bytes!("../../assets/config.js")),
    ("config_agents.js", SCRIPT, include_bytes!("../../assets/config_agents.js")),
    ("config_api.js", SCRIPT, include_bytes!("../../assets/config_api.js")),
    ("config_audit.js", SCRIPT, include_bytes!("../../assets/config_audit.js")),
    ("config_callbacks.js", SCRIPT, include_bytes!("../../assets/config_callbacks.js")),
    ("config_crm.js", SCRIPT, include_bytes!("../../assets/config_crm.js")),
    ("config_dial_plans.js", SCRIPT, include_bytes!("../../assets/config_dial_plans.js")),
    ("config_list.js", SCRIPT, include_bytes!("../../assets/config_list.js")),
    ("config_lists.js", SCRIPT, include_bytes!("../../assets/config_lists.js")),
    ("config_origins.js", SCRIPT, include_bytes!("../../assets/config_origins.js")),
    ("config_phones.js", SCRIPT, include_bytes!("../../assets/config_phones.js")),
    ("config_salesforce.js", SCRIPT, include_bytes!("../../assets/config_salesforce.js")),
    ("config_settings.js", SCRIPT, include_bytes!("../../assets/config_settings.js")),
    ("config_single.js", SCRIPT, include_bytes!("../../assets/config_single.js")),
    ("confirm.js", SCRIPT, include_bytes!("../../assets/confirm.js")),
    ("connection.js", SCRIPT, include_bytes!("../../assets/connection.js")),
    ("console.js", SCRIPT, include_bytes!("../../assets/console.js")),
    ("dial.js", SCRIPT, include_bytes!("../../assets/dial.js")),
    ("dial_page.js", SCRIPT, include_bytes!("../../assets/dial_page.js")),
    ("fields.js", SCRIPT, include_bytes!("../../assets/fields.js")),
    ("form.js", SCRIPT, include_bytes!("../../assets/form.js")),
    ("form_rows.js", SCRIPT, include_bytes!("../../assets/form_rows.js")),
    ("history.js", SCRIPT, include_bytes!("../../assets/history.js")),
    ("icon.svg", "image/svg+xml", include_bytes!("../../assets/icon.svg")),
    ("ladder.js", SCRIPT, include_bytes!("../../assets/ladder.js")),
    ("links.js", SCRIPT, include_bytes!("../../assets/links.js")),
    ("live.js", SCRIPT, include_bytes!("../../assets/live.js")),
    ("phone_test.js", SCRIPT, include_bytes!("../../assets/phone_test.js")),
    ("pop.js", SCRIPT, include_bytes!("../../assets/pop.js")),
    ("ringbridge.css", "text/css; charset=utf-8", include_bytes!("../../assets/ringbridge.css")),
    ("screen_pops.js", SCRIPT, include_bytes!("../../assets/screen_pops.js")),
    ("status.js", SCRIPT, include_bytes!("../../assets/status.js")),
    ("team.js", SCRIPT, include_bytes!("../../assets/team.js")),
    ("trace.js", SCRIPT, include_bytes!("../../assets/trace.js")),
    ("words.js", SCRIPT, include_bytes!("../../assets/words.js")),
    ("words_config.js", SCRIPT, include_bytes!("../../assets/words_config.js")),
    ("words_crm.js", SCRIPT, include_bytes!("../../assets/words_crm.js")),
    ("wrap_up.js", SCRIPT, include_bytes!("../../assets/wrap_up.js")),
    ("wrap_up_codes.js", SCRIPT, include_bytes!("../../assets/wrap_up_codes.js")),
];

const SCRIPT: &str = "text/javascript; charset=utf-8";

/// Each file packed, from its first request on.
static PACKED: [OnceLock<Vec<u8>>; FILES.len()] = [const { OnceLock::new() }; FILES.len()];

/// A file as gzip; empty where packing failed, which memory alone could make it.
fn packed(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(content).and_then(|()| encoder.finish()).unwrap_or_default()
}

/// Whether the client says that it takes gzip (RFC 9110 12.5.3); `gzip;q=0` says that it does not.
fn takes_gzip(headers: &HeaderMap) -> bool {
    let values = headers.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    let mut codings = values.flat_map(|value| value.split(',')).map(|coding| coding.trim());
    codings.any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
        let weight = weight.trim().trim_start_matches("q=").parse();
        name.trim().eq_ignore_ascii_case("gzip") && weight.unwrap_or(1.0_f32) > 0.0
    })
}

/// The address below which this build's files stand.
static BASE: LazyLock<String> = LazyLock::new(|| {
    let mut digest = Sha256::new();
    for (name, _, content) in FILES {
        digest.update(name);
        digest.update(content);
    }
    let mut base = "/AGUI/assets/".to_owned();
    // Eight bytes: builds are told apart, nobody is kept from guessing.
    for byte in digest.finalize().iter().take(8) {
        write!(base, "{byte:02x}").expect("a String takes all text");
    }
    base
});

/// The address below which this build's files stand, for templates. Scripts import each other by relative addresses, so
/// they stay below it.
#[must_use]
pub fn base() -> &'static str {
    &BASE
}

/// `GET /AGUI/assets/{version}/{name}`: kept for good, if it is this build's version. A page of the build before gets what
/// there is now, and does not keep it.
pub async fn versioned(
    Path((version, name)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let ours = base().ends_with(&format!("/{version}"));
    send(&name, &headers, if ours { "public, max-age=31536000, immutable" } else { "no-cache" })
}

/// `GET /AGUI/assets/{name}`: for pages that do not know the version.
pub async fn get(Path(name): Path<String>, headers: HeaderMap) -> Result<Response, Problem> {
    send(&name, &headers, "no-cache")
}

fn send(name: &str, headers: &HeaderMap, cache: &'static str) -> Result<Response, Problem> {
    let at = FILES.iter().position(|(known, ..)| *known == name).ok_or_else(Problem::not_found)?;
    let (_, kind, content) = FILES[at];
    let told = [(CONTENT_TYPE, kind), (CACHE_CONTROL, cache), (VARY, "accept-encoding")];
    if takes_gzip(headers) {
        let packed = PACKED[at].get_or_init(|| packed(content));
        if !packed.is_empty() {
            return Ok((told, [(CONTENT_ENCODING, "gzip")], packed.as_slice()).into_response());
        }
    }
    Ok((told, content).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;
    use flate2::read::GzDecoder;
    use std::io::Read as _;

    #[test]
    fn a_packed_file_is_the_file_and_lighter() {
        for (name, _, content) in FILES {
            let packed = packed(content);
            let mut unpacked = Vec::new();
            GzDecoder::new(packed.as_slice()).read_to_end(&mut unpacked).unwrap();
            assert_eq!(unpacked, *content, "{name}");
            assert!(packed.len() < content.len(), "{name}");
        }
    }

    #[test]
    fn gzip_is_for_who_asks_for_it() {
        let takes = |value: &'static str| {
            takes_gzip(&HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_static(value))]))
        };
        let asked =
            ["gzip, deflate, br, zstd", "br, GZIP;q=0.5", "gzip; q=1", "gzip;q=0", "br", ""].map(takes);
        assert_eq!(asked, [true, true, true, false, false, false]);
        assert!(!takes_gzip(&HeaderMap::new()));
    }

    #[test]
    fn scripts_name_each_other_so_that_all_come_from_one_build() {
        for (name, _, content) in FILES.iter().filter(|(_, kind, _)| *kind == SCRIPT) {
            let text = std::str::from_utf8(content).expect("scripts are UTF-8");
            let imports = text.lines().filter(|line| line.starts_with("import ") || line.contains("import("));
            for line in imports {
                assert!(line.contains("\"./") || line.contains("`./"), "{name}: {line}");
            }
        }
    }
}
