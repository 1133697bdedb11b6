//! The usual scene of a call test: one agent with a phone at one address, a trunk at another, a receiver for callbacks.
//!
//! Promises: a click carries every token that tells how the call went, and `ends` checks the API's record, the tokens and the
//! callback against each other, byte by byte. Leaves to others: what the phones do.

use crate::{
    client::{Session, query},
    ports,
    receiver::{Receiver, field, form, signed_with},
    server::Server,
    setup::{CALLBACK_SECRET, Setup},
};
use jiff::{Timestamp, tz::TimeZone};
use serde_json::Value;
use std::net::SocketAddr;

/// The number that the tests dial, as their dial plan leaves it.
pub const NUMBER: &str = "16502928880";

/// The caller ID of the test tenant.
pub const CALLER_ID: &str = "5251990";

/// The user data of a click; the callback's address comes behind it.
const USERDATA: &str = "[who|$caller_id$][tx|$transaction_id$][guid|$interaction_guid$][from|$call_answered_time$]\
    [to|$call_hangup_time$][fromTT|$callAnsweredTenantTT$][toTT|$callHangupTenantTT$][took|$callDuration$]\
    [eq|a$equal$b][codes|$transaction_codes$][notes|$notes$]";

/// Whether the customer was on the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Established {
    /// They talked.
    Yes,
    /// It never came to that: times 0, duration 00:00:00 (2.5).
    No,
}

/// A server, its agent alice, and who calls back.
pub struct Scene {
    /// Where alice's phone is expected.
    pub phone: SocketAddr,
    /// Where the trunk is expected.
    pub trunk: SocketAddr,
    /// The callback receiver.
    pub receiver: Receiver,
    /// The server.
    pub server: Server,
    /// Alice, logged in.
    pub alice: Session,
}

impl Scene {
    /// The usual server.
    #[track_caller]
    #[must_use]
    pub fn new() -> Self {
        Self::with(|setup| setup)
    }

    /// The usual server with changes.
    #[track_caller]
    #[must_use]
    pub fn with(change: impl FnOnce(Setup) -> Setup) -> Self {
        let (phone, trunk) = (ports::loopback(), ports::loopback());
        let server = Server::start(&change(Setup::between(phone, trunk)));
        let alice = server.login("alice");
        Self { phone, trunk, receiver: Receiver::start(), server, alice }
    }

    /// The callback URL of a click, its token unfilled.
    #[must_use]
    pub fn callback_url(&self) -> String {
        self.receiver.url("/cb?transaction=$transaction_id$")
    }

    /// Alice clicks; the transaction's number.
    #[track_caller]
    #[must_use]
    pub fn click(&self) -> i64 {
        self.click_with(&[])
    }

    /// The same with more parameters.
    #[track_caller]
    #[must_use]
    pub fn click_with(&self, more: &[(&str, &str)]) -> i64 {
        let userdata = format!("{USERDATA}[ctl_callbackUrl|{}]", self.callback_url());
        let mut parameters =
            vec![("prefix", "1"), ("phone", "(650) 292-8880"), ("ctl_userdata", userdata.as_str())];
        parameters.extend(more);
        self.alice.click(&parameters)
    }

    /// The query of the usual click, for tests that send it themselves.
    #[must_use]
    pub fn click_query(&self) -> String {
        let userdata = format!("{USERDATA}[ctl_callbackUrl|{}]", self.callback_url());
        query(&[("prefix", "1"), ("phone", "(650) 292-8880"), ("ctl_userdata", &userdata)])
    }

    /// Waits until the transaction is completed and checks how it ended, its tokens and its one callback. The record.
    #[track_caller]
    pub fn ends(&self, id: i64, reason: &str, by: &str, established: Established) -> Value {
        let call = self.alice.completed(id);
        assert_eq!(
            (call["end_reason"].as_str(), call["ended_by"].as_str()),
            (Some(reason), Some(by)),
            "{call:#}"
        );
        assert_eq!(call["answered_at"].is_string(), established == Established::Yes, "{call:#}");
        let received = self.receiver.wait_for(1);
        assert_eq!(received.len(), 1, "one callback for one click");
        let callback = &received[0];
        assert_eq!(
            (callback.method.as_str(), callback.target.as_str(), callback.header("content-type")),
            ("POST", format!("/cb?transaction={id}").as_str(), Some("application/x-www-form-urlencoded"))
        );
        let names: Vec<String> = form(callback).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["ctl_userdata", "resultCode", "errorString"]);
        assert_eq!(field(callback, "resultCode").as_deref(), Some("IGNORE"));
        assert_eq!(field(callback, "ctl_userdata"), Some(self.filled(id, &call, established)));
        assert!(signed_with(callback, CALLBACK_SECRET), "signed as Standard Webhooks says: {callback:?}");
        call
    }

    /// The user data as it must come back.
    fn filled(&self, id: i64, call: &Value, established: Established) -> String {
        let times = match established {
            Established::No => "[from|0][to|0][fromTT|][toTT|][took|00:00:00]".to_owned(),
            Established::Yes => {
                let (from, to) = (moment(&call["answered_at"]), moment(&call["hung_up_at"]));
                let seconds = to.as_second() - from.as_second();
                format!(
                    "[from|{}][to|{}][fromTT|{}][toTT|{}][took|{:02}:{:02}:{:02}]",
                    from.as_second(),
                    to.as_second(),
                    in_tenant_zone(from),
                    in_tenant_zone(to),
                    seconds / 3600,
                    seconds / 60 % 60,
                    seconds % 60
                )
            }
        };
        let guid = call["interaction_guid"].as_str().expect("a GUID");
        let url = self.callback_url().replace("$transaction_id$", &id.to_string());
        format!(
            "[who|{CALLER_ID}][tx|{id}][guid|{guid}]{times}[eq|a=b][codes|][notes|][ctl_callbackUrl|{url}]"
        )
    }
}

impl Default for Scene {
    fn default() -> Self {
        Self::new()
    }
}

fn moment(value: &Value) -> Timestamp {
    value.as_str().and_then(|text| text.parse().ok()).unwrap_or_else(|| panic!("no RFC 3339 time: {value}"))
}

fn in_tenant_zone(moment: Timestamp) -> String {
    let zone = TimeZone::get("America/Los_Angeles").expect("the bundled zones");
    moment.to_zoned(zone).strftime("%Y/%m/%d %H:%M:%S %z").to_string()
}
