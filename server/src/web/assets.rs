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

/// `GET /AGUI/assets/{name}`
pub async fn get(Path(name): Path<String>) -> Result<Response, Problem> {
    let (_, kind, content) =
        FILES.iter().find(|(known, ..)| *known == name).ok_or_else(Problem::not_found)?;
    // A new version is seen within the hour; scripts of one page always come from one server.
    Ok(([(CONTENT_TYPE, *kind), (CACHE_CONTROL, "public, max-age=3600")], *content).into_response())
}
