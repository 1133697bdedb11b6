//! The link language by its rules: numbers, pairs, tokens, links, dial plans, admission, origins, the link checker.
//!
//! Promises: each test cites the rule it holds and asserts whole values. Leaves to others: HTTP (the server's tests).

mod admission;
mod check;
mod compose;
mod conformance;
mod link;
mod origin;
mod phone;
mod plan_trial;
mod properties;
mod random_links;
mod reference;
mod scene;
mod system_data;
mod token;
mod userdata;
