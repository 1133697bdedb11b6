//! How a leg ends: CANCEL, BYE, forked answers nobody wants, and what a restart does.
//!
//! Promises: giving a call up is idempotent; a CANCEL follows only a provisional response (RFC 3261 9.1), except after a
//! restart, when nobody knows whether one came; a 2xx that crosses the CANCEL is acknowledged and ended; what is waited for
//! has an end. Leaves to others: why a leg ends.

use super::compose::Far;
use super::state::{
    Cancel, Ending, FORKS_MAX, Fork, LONG_PATIENCE, Ours, PATIENCE, Progress, State, Theirs, Watch,
};
use super::{Dialog, Heard, Step};
use crate::bridge::{ByeReason, FailureCause, LegFailure};
use crate::header::HeaderName;
use crate::message::Response;
use crate::method::Method;
use crate::status::Status;

impl Dialog {
    /// Ends the leg, whatever it is doing.
    pub(crate) fn end(&mut self, reason: ByeReason, step: &mut Step<'_>) {
        match &mut self.state {
            State::Inviting(inviting) => match (inviting.cancel, inviting.progress, inviting.watch) {
                (Cancel::Wanted { .. } | Cancel::Sent { .. }, _, _) => {}
                (Cancel::No, Progress::None, Watch::Transaction) => {
                    inviting.cancel = Cancel::Wanted { until: step.now.plus(PATIENCE), reason };
                }
                (Cancel::No, Progress::Some, _) | (Cancel::No, _, Watch::Orphaned) => {
                    self.send_cancel(reason, step);
                }
            },
            State::Confirmed(_) => self.send_bye(reason, step),
            State::Ending(_) | State::Over => {}
        }
    }

    /// Sends the CANCEL of the first INVITE.
    pub(super) fn send_cancel(&mut self, reason: ByeReason, step: &mut Step<'_>) {
        let State::Inviting(inviting) = &mut self.state else { return };
        let mut cancel = inviting.request.cancel();
        cancel.headers.push(HeaderName::Reason, reason.header());
        step.request(cancel, inviting.to.clone());
        inviting.cancel = Cancel::Sent { until: step.now.plus(PATIENCE) };
    }

    /// Sends the BYE of a dialog that is up. A re-INVITE of the far end that waits is answered first (RFC 3261 15.1.2).
    fn send_bye(&mut self, reason: ByeReason, step: &mut Step<'_>) {
        self.refuse(Status::REQUEST_TERMINATED, step);
        let sequence = self.next_sequence();
        let (mut bye, to) = self.near.request(&self.far, Method::Bye, sequence, step.ids);
        bye.headers.push(HeaderName::Reason, reason.header());
        step.request(bye.clone(), to);
        self.state = State::Ending(Ending { request: bye, until: step.now.plus(LONG_PATIENCE) });
    }

    /// Ends a dialog that can go on no longer, by BYE unless the far end has forgotten it, and says so.
    pub(super) fn lose(
        &mut self,
        status: Option<Status>,
        cause: FailureCause,
        words: &str,
        step: &mut Step<'_>,
    ) -> Heard {
        if status == Some(Status::NO_SUCH_CALL) {
            self.refuse(Status::REQUEST_TERMINATED, step);
            self.state = State::Over;
        } else {
            self.send_bye(ByeReason::OtherLegFailed(status.map(Status::code)), step);
        }
        Heard::Failed(LegFailure { sip_code: status.map(Status::code), cause, reason: words.to_owned() })
    }

    /// The far end's BYE: answered 200 in any state of the dialog.
    pub(super) fn bye_received(&mut self, step: &mut Step<'_>) -> Option<Heard> {
        match &mut self.state {
            // A phone that was answered and hung up before its 200 reached us: the 200 may still come, and is ended then.
            State::Inviting(inviting) => {
                let heard = (inviting.cancel == Cancel::No).then_some(Heard::Ended);
                self.end(ByeReason::Normal, step);
                heard
            }
            State::Confirmed(_) => {
                self.refuse(Status::REQUEST_TERMINATED, step);
                self.state = State::Over;
                Some(Heard::Ended)
            }
            // Both hang up at once: ours is answered too, if only with 481.
            State::Ending(_) | State::Over => None,
        }
    }

    /// A response to a BYE of ours. Any final one ends the wait: a challenge is not answered (SEC-36), and a far end that
    /// does not know the dialog has none.
    pub(super) fn bye_answered(&mut self, branch: &str, status: Status) {
        if status.is_provisional() {
            return;
        }
        for fork in &mut self.forks {
            if fork.bye.as_ref().is_some_and(|bye| bye.request.branch() == branch) {
                fork.bye = None;
            }
        }
        if matches!(&self.state, State::Ending(ending) if ending.request.branch() == branch) {
            self.state = State::Over;
        }
    }

    /// A response to our CANCEL. 481 after a restart: the INVITE never went out, or the CANCEL overtook it; if the phone
    /// rings after all, it is cancelled again.
    pub(super) fn cancel_answered(&mut self, status: Status) {
        let State::Inviting(inviting) = &mut self.state else { return };
        match (inviting.watch, inviting.cancel) {
            (Watch::Orphaned, Cancel::Sent { until }) if status == Status::NO_SUCH_CALL => {
                inviting.cancel = Cancel::Wanted { until, reason: ByeReason::Restarted };
            }
            (
                Watch::Transaction | Watch::Orphaned,
                Cancel::No | Cancel::Wanted { .. } | Cancel::Sent { .. },
            ) => {}
        }
    }

    /// A 2xx of the first INVITE that does not make our dialog: acknowledged, and ended with BYE.
    pub(super) fn end_fork(&mut self, response: &Response, step: &mut Step<'_>) {
        let tag = response.to.tag().unwrap_or("");
        if let Some(fork) = self.forks.iter().find(|fork| fork.tag == tag) {
            if let Some(to) = self.near.way_of(&fork.ack) {
                step.ack(fork.ack.clone(), to);
            }
            return;
        }
        let far = Far::of_response(response, &self.far);
        let (ack, to) = self.ack_of(response, &far, step);
        step.ack(ack.clone(), to);
        let sequence = self.next_sequence();
        let (mut bye, to) = self.near.request(&far, Method::Bye, sequence, step.ids);
        bye.headers.push(HeaderName::Reason, ByeReason::Normal.header());
        step.request(bye.clone(), to);
        if self.forks.len() < FORKS_MAX {
            let bye = Ending { request: bye, until: step.now.plus(LONG_PATIENCE) };
            self.forks.push(Fork { tag: tag.to_owned(), ack, bye: Some(bye) });
        }
    }

    /// Whether a request comes from a forked answer that was ended.
    pub(super) fn is_fork(&self, tag: Option<&str>) -> bool {
        tag.is_some_and(|tag| self.forks.iter().any(|fork| fork.tag == tag))
    }

    /// Goes on after a restart: the transactions are forgotten, the dialog is not. What was being ended is ended again
    /// with the same requests; a re-INVITE of ours is dropped (the bridge makes a new one); one of theirs comes again if
    /// the far end still wants it.
    pub(crate) fn restored(&mut self, step: &mut Step<'_>) {
        match &mut self.state {
            State::Inviting(inviting) => {
                inviting.watch = Watch::Orphaned;
                match inviting.cancel {
                    Cancel::No => {}
                    Cancel::Wanted { reason, .. } => self.send_cancel(reason, step),
                    Cancel::Sent { .. } => self.send_cancel(ByeReason::Restarted, step),
                }
            }
            State::Confirmed(confirmed) => {
                confirmed.ours = Ours::Idle;
                confirmed.info = None;
                match &confirmed.theirs {
                    Theirs::Idle => {}
                    // Its transaction is gone; the answer is sent all the same, in case the engine can still place it.
                    Theirs::Pending { .. } => self.refuse(Status::SERVER_ERROR, step),
                    // The ACK may have come while we were away.
                    Theirs::AwaitingAck { .. } => confirmed.theirs = Theirs::Idle,
                }
            }
            State::Ending(_) | State::Over => {}
        }
        let own = match &self.state {
            State::Ending(ending) => Some(ending),
            State::Inviting(_) | State::Confirmed(_) | State::Over => None,
        };
        let forks = self.forks.iter().filter_map(|fork| fork.bye.as_ref());
        for Ending { request, .. } in own.into_iter().chain(forks) {
            if let Some(to) = self.near.way_of(request) {
                step.request(request.clone(), to);
            }
        }
    }
}
