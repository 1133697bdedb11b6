//! placeholder

pub mod store;
pub mod web;
