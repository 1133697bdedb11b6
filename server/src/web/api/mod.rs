//! `/api/v1`: one endpoint a file, and the table of them all.
//!
//! Promises: what is routed stands in [`ROUTES`], which a test compares with the OpenAPI document. State-changing calls
//! by cookie need the header `X-Requested-With: ringbridge`; programs come with an action token instead.

pub mod actions;
pub mod callback_secret;
pub mod calls;
pub mod cancel;
pub mod config;
pub mod deliveries;
pub mod dial_plan_test;
pub mod external;
pub mod hangup;
pub mod links;
pub mod me;
pub mod more_time;
pub mod phone_test;
pub mod refused_origins;
pub mod salesforce_test;
pub mod screen_pops;
pub mod status;
pub mod team;
pub mod team_status;
pub mod trace;
pub mod wrap_up;

use super::{App, events};
use axum::Router;
use axum::routing::{get, post, put};
use std::sync::Arc;

/// Method and path of every endpoint.
pub const ROUTES: &[(&str, &str)] = &[
    ("get", "/api/v1/actions"),
    ("put", "/api/v1/actions/{id}"),
    ("post", "/api/v1/actions/{id}/give-up"),
    ("post", "/api/v1/actions/{id}/retry"),
    ("get", "/api/v1/calls"),
    ("get", "/api/v1/calls/{transaction_id}"),
    ("get", "/api/v1/calls/{transaction_id}/bundle"),
    ("post", "/api/v1/calls/{transaction_id}/cancel"),
    ("post", "/api/v1/calls/{transaction_id}/hangup"),
    ("put", "/api/v1/calls/{transaction_id}/more-time"),
    ("get", "/api/v1/calls/{transaction_id}/trace"),
    ("put", "/api/v1/calls/{transaction_id}/wrap-up"),
    ("get", "/api/v1/config"),
    ("get", "/api/v1/config/agents/export"),
    ("post", "/api/v1/config/agents/import"),
    ("get", "/api/v1/config/audit"),
    ("post", "/api/v1/config/audit/{id}/undo"),
    ("get", "/api/v1/config/callbacks/deliveries"),
    ("post", "/api/v1/config/callbacks/deliveries/{id}/resend"),
    ("post", "/api/v1/config/callbacks/rotate"),
    ("post", "/api/v1/config/dial_plan/test"),
    ("get", "/api/v1/config/origins/refused"),
    ("post", "/api/v1/config/salesforce/test"),
    ("delete", "/api/v1/config/{part}"),
    ("post", "/api/v1/config/{part}"),
    ("put", "/api/v1/config/{part}"),
    ("delete", "/api/v1/config/{part}/{key}"),
    ("put", "/api/v1/config/{part}/{key}"),
    ("get", "/api/v1/events"),
    ("post", "/api/v1/links/check"),
    ("post", "/api/v1/links/compose"),
    ("get", "/api/v1/me"),
    ("delete", "/api/v1/me/external"),
    ("put", "/api/v1/me/external"),
    ("post", "/api/v1/me/phone-test"),
    ("put", "/api/v1/me/status"),
    ("post", "/api/v1/screen-pops/{transaction_id}/blocked"),
    ("post", "/api/v1/screen-pops/{transaction_id}/dismiss"),
    ("post", "/api/v1/screen-pops/{transaction_id}/open"),
    ("get", "/api/v1/team"),
    ("get", "/api/v1/team/charts"),
    ("get", "/api/v1/team/refused"),
    ("put", "/api/v1/team/{login}/status"),
];

/// The routes.
pub fn router() -> Router<Arc<App>> {
    Router::new()
        .route("/api/v1/actions", get(actions::list))
        .route("/api/v1/actions/{id}", put(actions::edit))
        .route("/api/v1/actions/{id}/give-up", post(actions::give_up))
        .route("/api/v1/actions/{id}/retry", post(actions::retry))
        .route("/api/v1/calls", get(calls::list))
        .route("/api/v1/calls/{transaction_id}", get(calls::one))
        .route("/api/v1/calls/{transaction_id}/bundle", get(trace::bundle))
        .route("/api/v1/calls/{transaction_id}/cancel", post(cancel::post))
        .route("/api/v1/calls/{transaction_id}/hangup", post(hangup::post))
        .route("/api/v1/calls/{transaction_id}/more-time", put(more_time::put))
        .route("/api/v1/calls/{transaction_id}/trace", get(trace::get))
        .route("/api/v1/calls/{transaction_id}/wrap-up", put(wrap_up::put))
        .route("/api/v1/config", get(config::get))
        .route("/api/v1/config/agents/export", get(config::agents::export))
        .route("/api/v1/config/agents/import", post(config::agents::import))
        .route("/api/v1/config/audit", get(config::audit::list))
        .route("/api/v1/config/audit/{id}/undo", post(config::audit::undo))
        .route(
            "/api/v1/config/{part}",
            put(config::change::put).post(config::change::post).delete(config::change::delete),
        )
        .route(
            "/api/v1/config/{part}/{key}",
            put(config::change::put_item).delete(config::change::delete_item),
        )
        .route("/api/v1/config/callbacks/deliveries", get(deliveries::list))
        .route("/api/v1/config/callbacks/deliveries/{id}/resend", post(deliveries::resend))
        .route("/api/v1/config/callbacks/rotate", post(callback_secret::post))
        .route("/api/v1/config/dial_plan/test", post(dial_plan_test::post))
        .route("/api/v1/config/origins/refused", get(refused_origins::get))
        .route("/api/v1/config/salesforce/test", post(salesforce_test::post))
        .route("/api/v1/events", get(events::stream))
        .route("/api/v1/links/check", post(links::check))
        .route("/api/v1/links/compose", post(links::compose))
        .route("/api/v1/me", get(me::get))
        .route("/api/v1/me/external", put(external::put).delete(external::delete))
        .route("/api/v1/me/phone-test", post(phone_test::post))
        .route("/api/v1/me/status", put(status::put))
        .route("/api/v1/screen-pops/{transaction_id}/blocked", post(screen_pops::blocked))
        .route("/api/v1/screen-pops/{transaction_id}/dismiss", post(screen_pops::dismiss))
        .route("/api/v1/screen-pops/{transaction_id}/open", post(screen_pops::open))
        .route("/api/v1/team", get(team::get))
        .route("/api/v1/team/charts", get(team::charts))
        .route("/api/v1/team/refused", get(team::refused))
        .route("/api/v1/team/{login}/status", put(team_status::put))
}
