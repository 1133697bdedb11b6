//! Calls over real SIP: SIPp is the agent's phone and the trunk, the built binary stands between them.
//!
//! Each test checks the messages on the wire, the transaction's end, the tokens and the callback. The rules are those of the
//! semantics (2: the call, 4: tokens, 5.5: the callback).

mod dialogs;
mod endings;
mod networks;
mod phone_tests;
mod phones;
mod trunks;
