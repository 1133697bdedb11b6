//! The steps after a call, for those who look after them: a door from the web to the jobs.
//!
//! Promises: an act is answered after its commit. Leaves to others: what it does (`jobs::actions`), who may (`web`).

use super::Switchboard;
use super::person::unavailable;
use crate::clock;
use crate::jobs::{self, Answer};
use crate::store::StoreError;
use ringbridge_core::refusal::{Code, Refusal};

pub use crate::jobs::{Act, Deed, Doubt, Edit};

impl Switchboard {
    /// Does something about a step.
    ///
    /// # Errors
    /// [`Code::NotFound`], [`Code::ActionBusy`] for a step that is being tried, [`Code::ActionSettled`] for one that is
    /// settled, [`Code::BadParameter`] for a change that does not fit, [`Code::Overloaded`].
    pub async fn act_on(&self, act: Act, deed: Deed) -> Result<(), Refusal> {
        let now = clock::now();
        match self.inner.store.write(move |tx| jobs::act(tx, &act, &deed, now)).await {
            Ok(Answer::Done) => Ok(()),
            Ok(Answer::NotThere) => Err(Refusal::new(Code::NotFound, "there is no such action")),
            // Stale: somebody began to try it between our look and our write.
            Ok(Answer::BeingTried) | Err(StoreError::Stale { .. }) => Err(Refusal::new(
                Code::ActionBusy,
                "it is being tried at this moment; look again in a minute",
            )),
            Ok(Answer::Settled) => {
                Err(Refusal::new(Code::ActionSettled, "it is settled and cannot be changed any more"))
            }
            Ok(Answer::Unfit(why)) => Err(Refusal::new(Code::BadParameter, why)),
            Err(error) => Err(unavailable(&error)),
        }
    }
}
