//! When a commit may be acknowledged.

mod queue;
mod quorum;
pub mod semi_sync;
pub mod standby_names;

pub use queue::{BinlogStage, CommitQueue, CommitRule, PendingCommit};
pub use quorum::{Candidate, SyncGroup};
pub use semi_sync::{Effects, SemiSync, SemiSyncStatus};
pub use standby_names::{Method, StandbyRule};
