//! Assignments: a task with conditions, what a learner may change, and whether a run with the changes meets them.
//!
//! The teacher's scenario holds the task ([`Assignment`]). What a learner did is made into a scenario of its own
//! ([`Answer`]), compared with the teacher's key by key ([`Change`]), and run from the beginning with every seed
//! ([`Attempt`]); a link carries it back to the teacher.

mod answer;
#[allow(clippy::module_inception, reason = "the module's main type")]
mod assignment;
mod attempt;
mod changes;
mod flat;
mod permit;

pub use answer::{Answer, hold_from_the_beginning};
pub use assignment::{Assignment, Requirement};
pub use attempt::{Attempt, AttemptError, Condition, Judged, SeedOutcome, passed};
pub use changes::{Change, changes};
pub use permit::Permit;
