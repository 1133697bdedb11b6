//! Telephony: the port through which the switchboard speaks SIP and sends tones.
//!
//! Promises: one engine task owns all SIP transactions; every queue is bounded; what belongs to a call reaches the inbox
//! that call opened, found by the transaction number in front of its Call-IDs. Logs name method, Call-ID and code, never a
//! number or a secret. Leaves to others: what a message means for a call (the `sip` crate's bridge), and storage
//! (`store::registration`).

mod phones;
mod port;
pub mod probe;

pub use phones::{BadTrunk, PhoneTarget, Telephony};
pub use port::{EngineHandle, ToCall};
