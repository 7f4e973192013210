//! What many runs of one scenario amounted to: one object for programs, one page of text for people.
//!
//! Runs come as [`Outcome`]s in the order of their seeds; [`Sweep::of`] counts them. It knows nothing of how or in which
//! order they were run.

mod distribution;
mod outcome;
mod paired;
#[allow(clippy::module_inception, reason = "the module's main type")]
mod sweep;
mod text;

pub use distribution::{Bar, Distribution};
pub use outcome::Outcome;
pub use paired::{Difference, Paired};
pub use sweep::{Expected, Figures, Sweep, Violated, Worst, WorstRun};
