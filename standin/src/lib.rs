//! What stands in for the outside world in the demo and in the tests: SIP phones, a callback receiver and a
//! Salesforce org.
//!
//! Promises: real SIP and real RTP over UDP, real HTTP; everything is driven by handles and ends when they are dropped.
//! Leaves to others: being part of the product. Nothing here decides anything about a call of Ringbridge.

pub mod callback;
pub mod phone;
pub mod salesforce;
