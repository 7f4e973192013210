//! When a commit may be acknowledged.

mod queue;
mod quorum;
pub mod semi_sync;
pub mod standby_names;

pub use queue::{CommitQueue, PendingCommit};
pub use quorum::{Candidate, SyncGroup};
pub use semi_sync::SemiSync;
pub use standby_names::{Method, StandbyRule};
