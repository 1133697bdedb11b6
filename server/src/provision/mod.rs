//! Tenants from files and into files.
//!
//! Promises: a tenant file is applied whole or not at all; applying it again changes nothing. Leaves to others: what the
//! settings do (`core`).

pub mod stored;
