//! Logs: one line for each decision that somebody may ask about, on standard error.
//!
//! Promises: `RINGBRIDGE_LOG` sets what is told (`info` without it). Numbers and secrets are types that do not print
//! (`core::redact`). Leaves to others: keeping and turning over log files (systemd does).

use std::io::IsTerminal as _;
use tracing_subscriber::EnvFilter;

/// The variable that sets what is told, in `tracing`'s words: `warn`, `ringbridge_server::telephony=debug`.
const VARIABLE: &str = "RINGBRIDGE_LOG";

/// Starts writing; a second start changes nothing.
pub fn start() {
    let filter = EnvFilter::try_from_env(VARIABLE).unwrap_or_else(|_| EnvFilter::new("info"));
    let colours = std::io::stderr().is_terminal();
    let logs = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let _ = logs.with_ansi(colours).with_target(false).try_init();
}
