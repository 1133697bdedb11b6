//! placeholder

pub mod outbound;
pub mod store;
pub mod web;
