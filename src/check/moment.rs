//! Which event, and when.

use std::num::NonZeroU64;

use crate::engine::time::SimTime;
use crate::engine::trace::TraceEvent;

/// One event of the trace as evidence: its number and its instant. Moments are ordered as their events are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment {
    /// The event's number plus one, so that `Option<Moment>` costs no more than a moment.
    after: NonZeroU64,
    /// When it happened.
    pub at: SimTime,
}

impl Moment {
    /// The moment of event number `event`.
    #[must_use]
    pub fn new(event: u64, at: SimTime) -> Moment {
        Moment { after: NonZeroU64::MIN.saturating_add(event), at }
    }

    /// The number of the event.
    #[must_use]
    pub fn event(self) -> u64 {
        self.after.get() - 1
    }
}

impl From<&TraceEvent> for Moment {
    fn from(event: &TraceEvent) -> Moment {
        Moment::new(event.number, event.at)
    }
}
