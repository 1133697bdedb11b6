//! Where a leg is, as plain data.
//!
//! Promises: every state that waits for the far end says until when; nothing here is a reference, so that a leg can be
//! written down at any moment and go on after a restart. Leaves to others: the moves (the sibling files).

use super::audio::Audio;
use super::offering::Purpose;
use crate::bridge::ByeReason;
use crate::message::Request;
use crate::time::Millis;
use crate::transaction::ServerKey;
use crate::transport::Destination;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// 64 · T1 of RFC 3261: how long the far end has to answer before it counts as gone.
pub(crate) const PATIENCE: Duration = Duration::from_secs(32);

/// When we stop waiting for the transaction layer to report [`PATIENCE`] itself: it may have been restarted.
pub(crate) const LONG_PATIENCE: Duration = Duration::from_secs(40);

/// How many early dialogs and how many forked answers of one INVITE are kept apart. Real forks have two or three phones;
/// beyond it an answer is still refused with ACK and BYE, but its BYE is not waited for.
pub(crate) const FORKS_MAX: usize = 8;

/// Where a leg is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(clippy::large_enum_variant, reason = "one a leg, and every leg comes through `Ending`")]
pub(crate) enum State {
    /// The first INVITE is out.
    Inviting(Box<Inviting>),
    /// Answered and up.
    Confirmed(Box<Confirmed>),
    /// Our BYE is out.
    Ending(Ending),
    /// Finished.
    Over,
}

/// The first INVITE and what came back so far.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Inviting {
    /// As it was sent last: the model of its CANCEL, of its ACK, and of the INVITE that answers a challenge.
    pub(crate) request: Request,
    /// Where it went.
    pub(crate) to: Destination,
    /// What has come back.
    pub(crate) progress: Progress,
    /// Whether the call was given up.
    pub(crate) cancel: Cancel,
    /// Which challenges were answered.
    pub(crate) challenge: Challenged,
    /// Who resends the INVITE and acknowledges its refusal.
    pub(crate) watch: Watch,
    /// Early dialogs, the newest last.
    pub(crate) early: Vec<Early>,
}

/// What has come back to an INVITE.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Progress {
    /// Nothing: it may not have arrived, and a CANCEL must wait (RFC 3261 9.1).
    None,
    /// A provisional response.
    Some,
}

/// Whether the first INVITE was given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Cancel {
    /// It was not.
    No,
    /// It was; CANCEL follows the first provisional response. `until`: then nothing will come any more.
    Wanted {
        /// When we stop waiting.
        until: Millis,
        /// What the CANCEL will say.
        reason: ByeReason,
    },
    /// CANCEL was sent; the final response is still to come.
    Sent {
        /// When we stop waiting.
        until: Millis,
    },
}

/// How far the peer has challenged us.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Challenged {
    /// Not yet.
    No,
    /// Answered; only a stale nonce is answered once more.
    Once,
    /// Answered again; no more.
    Twice,
}

/// Who resends a request and acknowledges its refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Watch {
    /// The transaction layer.
    Transaction,
    /// Nobody any more: the process was restarted.
    Orphaned,
}

/// An early dialog.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Early {
    /// The far end's tag.
    pub(crate) tag: String,
    /// The session it announced, which also answers our offer if the 200 brings none.
    pub(crate) audio: Option<Audio>,
    /// The last reliable provisional response that was acknowledged.
    pub(crate) reliable: Option<u32>,
}

/// What goes on in a dialog that is up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Confirmed {
    /// Our re-INVITE.
    pub(crate) ours: Ours,
    /// How often in a row the far end said 491 to it.
    pub(crate) glares: u8,
    /// The far end's re-INVITE or UPDATE with an offer.
    pub(crate) theirs: Theirs,
    /// Our INFO that waits for its answer.
    pub(crate) info: Option<Waiting>,
    /// When the session expires unless the far end refreshes it (RFC 4028).
    pub(crate) expires: Option<Millis>,
}

/// A request of ours that waits for its final response.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Waiting {
    /// Its branch.
    pub(crate) branch: String,
    /// When we stop waiting.
    pub(crate) until: Millis,
}

/// Our re-INVITE.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Ours {
    /// None.
    Idle,
    /// Sent.
    Offering {
        /// Its branch and its time.
        wait: Waiting,
        /// Its CSeq.
        sequence: u32,
        /// What it offers.
        offer: Audio,
        /// Whose offer it is.
        purpose: Purpose,
    },
    /// The far end said 491; not before `until` (RFC 3261 14.1).
    BackOff {
        /// When it may be tried again.
        until: Millis,
    },
}

/// The far end's re-INVITE or UPDATE.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Theirs {
    /// None.
    Idle,
    /// Came with an offer that the other leg must answer.
    Pending {
        /// The request.
        request: Box<Request>,
        /// Where its answer goes.
        key: ServerKey,
        /// What it offers.
        offer: Audio,
    },
    /// Answered with 200; its ACK is to come.
    AwaitingAck {
        /// Its CSeq.
        sequence: u32,
        /// When we stop waiting.
        until: Millis,
        /// What the ACK brings.
        ack: AckBrings,
    },
}

/// What the ACK of the far end's re-INVITE brings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AckBrings {
    /// Nothing: the re-INVITE had the offer.
    Nothing,
    /// The answer: the re-INVITE had no offer, our 200 had.
    Answer,
}

/// Our BYE is out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Ending {
    /// The BYE as it was sent, to be sent again after a restart.
    pub(crate) request: Request,
    /// When we stop waiting.
    pub(crate) until: Millis,
}

/// An answer of the first INVITE that came too late or from another branch of a fork: acknowledged and ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Fork {
    /// The far end's tag.
    pub(crate) tag: String,
    /// Sent again when the answer comes again.
    pub(crate) ack: Request,
    /// The BYE, while it waits for its answer.
    pub(crate) bye: Option<Ending>,
}

impl Confirmed {
    /// A dialog that was just answered.
    pub(crate) const fn new() -> Self {
        Self { ours: Ours::Idle, glares: 0, theirs: Theirs::Idle, info: None, expires: None }
    }

    /// When something of it is due.
    pub(crate) fn deadline(&self) -> Option<Millis> {
        let ours = match &self.ours {
            Ours::Idle => None,
            Ours::Offering { wait, .. } => Some(wait.until),
            Ours::BackOff { until } => Some(*until),
        };
        let theirs = match &self.theirs {
            Theirs::Idle | Theirs::Pending { .. } => None,
            Theirs::AwaitingAck { until, .. } => Some(*until),
        };
        let info = self.info.as_ref().map(|info| info.until);
        [ours, theirs, info, self.expires].into_iter().flatten().min()
    }
}
