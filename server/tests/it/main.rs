//! The server's HTTP side, driven over real TLS on loopback with a real database in a folder of its own.
//!
//! Promises: what is asserted is what a client sees, byte by byte where it matters. Leaves to others: phones and calls that
//! connect (the `e2e` crate).

mod actions;
mod api;
mod callback_secret;
mod click;
mod client;
mod config;
mod confirm;
mod deliveries;
mod dial_plan_test;
mod events;
mod links;
mod login;
mod origins;
mod pages;
mod phones;
mod random_links;
mod refusals;
mod salesforce_test;
mod scene;
mod screen_pop;
mod setup;
mod stats;
mod team;
mod trace;
mod transport;
