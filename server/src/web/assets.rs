//! The stylesheet, the icon and the scripts, built into the binary.
//!
//! Promises: nothing is read from disk and nothing is fetched from elsewhere; an unchanged file costs a browser one
//! conditional request an hour at most.

use super::problem::Problem;
use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};

/// Name, type and content of every file.
const FILES: &[(&str, &str, &[u8])] = &[
    ("actions.js", SCRIPT, include_bytes!("../../assets/actions.js")),
    ("builder.js", SCRIPT, include_bytes!("../../assets/builder.js")),
    ("call.js", SCRIPT, include_bytes!("../../assets/call.js")),
    ("charts.js", SCRIPT, include_bytes!("../../assets/charts.js")),
    ("config.js", SCRIPT, include_bytes!("../../assets/config.js")),
    ("confirm.js", SCRIPT, include_bytes!("../../assets/confirm.js")),
    ("console.js", SCRIPT, include_bytes!("../../assets/console.js")),
    ("dial.js", SCRIPT, include_bytes!("../../assets/dial.js")),
    ("form.js", SCRIPT, include_bytes!("../../assets/form.js")),
    ("icon.svg", "image/svg+xml", include_bytes!("../../assets/icon.svg")),
    ("links.js", SCRIPT, include_bytes!("../../assets/links.js")),
    ("live.js", SCRIPT, include_bytes!("../../assets/live.js")),
    ("phone_test.js", SCRIPT, include_bytes!("../../assets/phone_test.js")),
    ("pop.js", SCRIPT, include_bytes!("../../assets/pop.js")),
    ("ringbridge.css", "text/css; charset=utf-8", include_bytes!("../../assets/ringbridge.css")),
    ("screen_pops.js", SCRIPT, include_bytes!("../../assets/screen_pops.js")),
    ("team.js", SCRIPT, include_bytes!("../../assets/team.js")),
    ("trace.js", SCRIPT, include_bytes!("../../assets/trace.js")),
    ("words.js", SCRIPT, include_bytes!("../../assets/words.js")),
    ("wrap_up.js", SCRIPT, include_bytes!("../../assets/wrap_up.js")),
];

const SCRIPT: &str = "text/javascript; charset=utf-8";

/// `GET /AGUI/assets/{name}`
pub async fn get(Path(name): Path<String>) -> Result<Response, Problem> {
    let (_, kind, content) =
        FILES.iter().find(|(known, ..)| *known == name).ok_or_else(Problem::not_found)?;
    // A new version is seen within the hour; scripts of one page always come from one server.
    Ok(([(CONTENT_TYPE, *kind), (CACHE_CONTROL, "public, max-age=3600")], *content).into_response())
}
