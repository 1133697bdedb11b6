//! The digits of an extension, sent after the answer by SIP INFO (semantics 1.4).
//!
//! Promises: one key at a time, each after the far end took the one before; only where the far end's Allow names INFO;
//! what became of it is said once. Leaves to others: the INFO itself (`dialog::requests`), what the agent is told.

use super::{Bridge, Extension, Leg, Output, Outputs};
use crate::dialog::{Dialog, TakesInfo};
use crate::status::Status;
use crate::time::Millis;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How long after the answer the first key is sent: an attendant's first word opens the ears of its DTMF detector.
const FIRST_KEY_AFTER: Duration = Duration::from_millis(500);

/// The most keys that are sent; an extension has a handful.
const KEYS_MAX: usize = 32;

/// Where the digits are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Dtmf {
    /// There are none, or it is done.
    None,
    /// The customer has not answered yet.
    Waiting(String),
    /// They are being sent.
    Sending {
        /// Those that are left.
        left: String,
        /// Not before.
        from: Millis,
    },
}

impl Dtmf {
    /// The keys of an extension; other signs are left out.
    pub(super) fn of(extension: Option<&str>) -> Self {
        let is_key = |c: &char| matches!(c.to_ascii_uppercase(), '0'..='9' | '*' | '#' | 'A'..='D');
        let keys: String = extension.unwrap_or("").chars().filter(is_key).take(KEYS_MAX).collect();
        if keys.is_empty() { Self::None } else { Self::Waiting(keys.to_ascii_uppercase()) }
    }

    pub(super) fn deadline(&self) -> Option<Millis> {
        match self {
            // Once the time has come, the answers of the far end set the pace.
            Self::Sending { from, .. } => Some(*from).filter(|from| *from != Millis(0)),
            Self::None | Self::Waiting(_) => None,
        }
    }

    /// The customer has answered.
    pub(super) fn answered(&mut self, now: Millis) {
        if let Self::Waiting(keys) = self {
            *self = Self::Sending { left: std::mem::take(keys), from: now.plus(FIRST_KEY_AFTER) };
        }
    }

    /// The far end answered a key.
    pub(super) fn answered_digit(&mut self, status: Status, out: &mut Outputs) {
        match self {
            Self::Sending { left, .. } if status.is_success() => {
                if left.is_empty() {
                    self.finish(Extension::Sent, out);
                }
            }
            Self::Sending { .. } => self.finish(Extension::NotSent, out),
            Self::None | Self::Waiting(_) => {}
        }
    }

    /// A restart: whether the last key arrived is unknown, and a key too many is worse than one too few.
    pub(super) fn interrupted(&mut self, out: &mut Outputs) {
        match self {
            Self::Sending { .. } => self.finish(Extension::NotSent, out),
            Self::None | Self::Waiting(_) => {}
        }
    }

    fn finish(&mut self, result: Extension, out: &mut Outputs) {
        *self = Self::None;
        out.outputs.push(Output::Extension(result));
    }
}

impl Bridge {
    /// Sends the next key if it is time.
    pub(super) fn dial_extension(&mut self, now: Millis, out: &mut Outputs) {
        let Some(customer) = self.customer.dialog() else { return };
        let Dtmf::Sending { left, from } = &mut self.dtmf else { return };
        if !customer.is_up() {
            self.dtmf = Dtmf::None;
            return;
        }
        match customer.takes_info() {
            TakesInfo::No => return self.dtmf.finish(Extension::NotSent, out),
            TakesInfo::Yes => {}
        }
        if now < *from || customer.awaits_info() || left.is_empty() {
            return;
        }
        *from = Millis(0);
        let digit = left.remove(0);
        self.on(Some(Leg::Customer), now, out, |dialog: &mut Dialog, step| {
            dialog.info(digit, step);
            None
        });
    }
}
