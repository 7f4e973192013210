//! Places in a run, and what was done there.

use serde::{Deserialize, Serialize};

use crate::engine::time::SimTime;
use crate::sim::command::Command;

/// An exact place in a run: so many steps of [`crate::sim::Run::step`] were carried out, the clock stands at `at`, and
/// what was done by then is done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Moment {
    /// Steps since the run began.
    pub steps: u64,
    /// The clock.
    pub at: SimTime,
}

impl Moment {
    /// After everything up to and including an instant, however many steps that takes.
    #[must_use]
    pub const fn after(at: SimTime) -> Moment {
        Moment { steps: u64::MAX, at }
    }
}

/// What somebody did to the running cluster, and where in the run. What a scenario schedules is no deed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deed {
    /// Where.
    pub moment: Moment,
    /// What.
    pub command: Command,
}
