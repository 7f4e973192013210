//! Virtual time.

use std::fmt;

use serde::{Deserialize, Serialize};

/// An instant of virtual time, in microseconds since the start of the run.
///
/// Durations are plain `u64` microseconds and end in `_us`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SimTime(pub u64);

impl SimTime {
    /// The start of every run.
    pub const ZERO: SimTime = SimTime(0);
    /// Later than every instant a run can reach.
    pub const NEVER: SimTime = SimTime(u64::MAX);

    /// This instant plus `duration_us` microseconds, saturating at [`SimTime::NEVER`].
    #[must_use]
    pub fn plus(self, duration_us: u64) -> SimTime {
        SimTime(self.0.saturating_add(duration_us))
    }

    /// Microseconds from `earlier` to this instant; zero when `earlier` is later.
    #[must_use]
    pub fn since(self, earlier: SimTime) -> u64 {
        self.0.saturating_sub(earlier.0)
    }

    /// This instant in milliseconds, for reports.
    #[must_use]
    pub fn as_millis(self) -> f64 {
        self.0 as f64 / 1_000.0
    }
}

impl fmt::Display for SimTime {
    /// Seconds with six decimals: `4.171250`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:06}", self.0 / 1_000_000, self.0 % 1_000_000)
    }
}

/// Microseconds in a millisecond.
pub const MILLISECOND_US: u64 = 1_000;
/// Microseconds in a second.
pub const SECOND_US: u64 = 1_000_000;
