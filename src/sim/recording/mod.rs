//! A run that was recorded: any instant of it can be reached again, and acting in its past begins another branch.
//!
//! What is recorded are the set-up, its schedule, what was done beside it ([`Deed`]), and checkpoints: clones of the run
//! every [`Limits::steps_between`] steps. Everything else is played again: the same set-up and deeds give the same run.
//! When there are more checkpoints than [`Limits`] allow, those go whose neighbours are nearest, and old ones rather than
//! new ones: seeking takes longer then, and nothing is lost. The trace is kept for as long as there is room, and played again where it was dropped.

mod branch;
mod moment;
mod player;
#[allow(clippy::module_inception, reason = "the module's main type")]
mod recording;
mod search;
mod tape;

pub use branch::{BranchId, BranchView};
pub use moment::{Deed, Moment};
pub use recording::{Limits, RECENT_US, Recording};
