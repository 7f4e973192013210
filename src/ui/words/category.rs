//! Groups of events.

use crate::engine::trace::What;
use crate::t;

/// Groups of events, for filters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Category {
    /// Commands, faults, lives and roles of servers.
    Cluster,
    /// What the failover manager does.
    Failover,
    /// A write's way to its verdict.
    Writes,
    /// Reads and where they went.
    Reads,
    /// The log's way to the replicas.
    Replication,
    /// Every single message.
    Messages,
}

impl Category {
    /// All, in the order of their importance.
    pub const ALL: [Category; 6] = [
        Category::Cluster,
        Category::Failover,
        Category::Writes,
        Category::Replication,
        Category::Reads,
        Category::Messages,
    ];

    /// Its name on a filter.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Category::Cluster => t!("category.cluster"),
            Category::Failover => t!("category.failover"),
            Category::Writes => t!("category.writes"),
            Category::Reads => t!("category.reads"),
            Category::Replication => t!("category.replication"),
            Category::Messages => t!("category.messages"),
        }
    }
}

/// Which group an event belongs to; `None` for those that say nothing to people.
#[must_use]
pub fn category(what: &What, writes: bool) -> Option<Category> {
    Some(match what {
        What::Command { .. }
        | What::CommandRefused { .. }
        | What::PrimaryBelieved { .. }
        | What::PoolChanged { .. }
        | What::ReplicaShunned { .. }
        | What::ReplicaReturned { .. }
        | What::Drained { .. }
        | What::LifeChanged { .. }
        | What::LogLost { .. }
        | What::TornRecord { .. }
        | What::RecoveryStarted { .. }
        | What::RecoveryFinished { .. }
        | What::DiskFull { .. }
        | What::Panicked { .. }
        | What::SlotCreated { .. }
        | What::SlotDropped { .. }
        | What::SlotUserTerminated { .. }
        | What::SlotInvalidated { .. }
        | What::BackupRequested { .. }
        | What::BackupStarted { .. }
        | What::BackupFinished { .. }
        | What::BackupFailed { .. }
        | What::RewindStarted { .. }
        | What::RewindDiscards { .. }
        | What::RewindListed { .. }
        | What::RewindFetched { .. }
        | What::RewindFinished { .. }
        | What::RewindNotRequired { .. }
        | What::RewindFailed { .. }
        | What::ApplyFailed { .. }
        | What::ReplayPaused { .. }
        | What::StreamingStarted { .. }
        | What::StreamingEnded { .. }
        | What::ReplicationRefused { .. }
        | What::Repointed { .. }
        | What::TimelineFollowed { .. }
        | What::SyncStandbys { .. }
        | What::SemiSync { .. }
        | What::BinlogRotated { .. }
        | What::BinlogPurged { .. }
        | What::ReplicaThreads { .. }
        | What::ReadOnly { .. }
        | What::BecameStandby { .. }
        | What::PromotionStarted { .. }
        | What::TimelineSwitched { .. }
        | What::BecamePrimary { .. } => Category::Cluster,
        What::Manager(_) => Category::Failover,
        What::Submitted { writes, .. } | What::Finished { writes, .. } => {
            if *writes {
                Category::Writes
            } else {
                Category::Reads
            }
        }
        What::ReadDone { .. } | What::PositionWait { .. } | What::PositionWaitOver { .. } => Category::Reads,
        What::Routed { .. }
        | What::ConnectionWait { .. }
        | What::StateRepeated { .. }
        | What::NotRouted { .. }
        | What::SequenceLogged { .. } => {
            if writes {
                Category::Writes
            } else {
                Category::Reads
            }
        }
        What::Executed { changes, .. } => {
            if *changes > 0 {
                Category::Writes
            } else {
                Category::Reads
            }
        }
        What::LockWait { .. }
        | What::Logged { .. }
        | What::CommitWaits { .. }
        | What::CommitReleased { .. }
        | What::WaitCancelled { .. }
        | What::Visible { .. }
        | What::RolledBack { .. } => Category::Writes,
        What::Flushed { .. }
        | What::Received { .. }
        | What::GtidReceived { .. }
        | What::Relogged { .. }
        | What::Applied { .. }
        | What::Checkpoint { .. }
        | What::LogRemoved { .. } => Category::Replication,
        What::Sent { .. }
        | What::Held { .. }
        | What::Resumed { .. }
        | What::Dropped { .. }
        | What::Connected { .. }
        | What::Disconnected { .. } => Category::Messages,
        What::Delivered { .. } | What::Written { .. } | What::Answered { .. } => return None,
        #[allow(unreachable_patterns)]
        _ => return None,
    })
}
