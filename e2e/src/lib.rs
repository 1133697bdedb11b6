//! The harness of the end-to-end tests: it runs the built binary among phones that others wrote, and reads the wire.
//!
//! Promises: everything on loopback and on ports of its own, every wait bounded, every process it starts ended by its own id.
//! Leaves to others: what must be true (`tests/`).

pub mod baresip;
pub mod browser;
pub mod center;
pub mod client;
pub mod console;
pub mod demo;
pub mod judges;
pub mod ledger;
pub mod org;
pub mod patience;
pub mod phone;
pub mod ports;
pub mod process;
pub mod receiver;
pub mod relay;
pub mod report;
pub mod rude;
pub mod scenario;
pub mod scene;
pub mod server;
pub mod setup;
pub mod sipp;
pub mod site;
pub mod walker;
pub mod wire;
