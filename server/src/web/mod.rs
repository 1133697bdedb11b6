//! HTTP: the click, the agent's pages, the API.
//!
//! Promises: HTTP words live here and nowhere else. Leaves to others: decisions (`core`), calls (`switchboard`), rows (`store`).

pub mod listener;
pub mod problem;
pub mod request_line;
pub mod tls;
pub mod words;
