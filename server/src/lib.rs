//! The server: it acts on what the core decides.
//!
//! Promises: HTTP status only in [`web`], SQL only in [`store`], SIP words only in `telephony`, one outbound HTTP client
//! in [`outbound`]; `web`, `jobs` and `telephony` never see each other. Leaves to others: deciding (`ringbridge-core`),
//! speaking SIP (`ringbridge-sip`).

pub mod chance;
pub mod cli;
pub mod clock;
pub mod config;
pub mod demo;
pub mod directory;
pub mod doctor;
pub mod document;
pub mod jobs;
pub mod keys;
pub mod logs;
pub mod occupancy;
pub mod outbound;
pub mod provision;
pub mod serve;
pub mod simulate;
pub mod spreadsheet;
pub mod store;
pub mod switchboard;
pub mod telephony;
pub mod upkeep;
pub mod web;
