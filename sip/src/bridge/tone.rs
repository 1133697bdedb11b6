//! What the agent hears before the customer's own sound is there: silence, then ringback (semantics 2.3).
//!
//! Promises: the tone source is told of changes only, and told to stop as soon as the trunk sends sound, the customer
//! answers, or the agent's leg is no longer up. Leaves to others: RTP.

use super::{Bridge, Output, Outputs, Slot, Told};
use crate::media::{ToneCommand, ToneKind};

impl Bridge {
    /// Tells the tone source what has changed.
    pub(super) fn tend_tone(&mut self, out: &mut Outputs) {
        let wanted = self.wanted_tone();
        if wanted == self.tone {
            return;
        }
        out.outputs.push(Output::Tone(wanted.unwrap_or(ToneCommand::Stop)));
        self.tone = wanted;
    }

    fn wanted_tone(&self) -> Option<ToneCommand> {
        let agent = self.agent.dialog().filter(|dialog| dialog.is_up())?;
        let kind = match &self.customer {
            Slot::Idle | Slot::Closed => ToneKind::Silence,
            Slot::Called { dialog, told } => match (dialog.received(), told) {
                (Some(_), _) => return None,
                (None, Told::Nothing) => ToneKind::Silence,
                (None, Told::Ringing | Told::EarlyMedia) => ToneKind::Ringback,
            },
        };
        let phone = agent.received().filter(|audio| !audio.address.ip().is_unspecified())?;
        Some(ToneCommand::Start { to: phone.address, kind, codec: phone.codec()? })
    }
}
