//! One change of the primary.

use std::sync::Arc;

use crate::engine::ids::NodeId;
use crate::engine::log::Timeline;
use crate::engine::time::SimTime;

/// One change of the primary, with its instants and its price.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failover {
    /// When the old primary failed, or the operator's command where it had not.
    pub at: SimTime,
    /// The old primary.
    pub from: Option<NodeId>,
    /// The new one.
    pub to: NodeId,
    /// The new timeline.
    pub timeline: Timeline,
    /// When whoever decided learned of the failure: the end of the lease, or the instant of the command.
    pub detected: SimTime,
    /// When the new timeline began.
    pub promoted: SimTime,
    /// When the new primary began to take writes.
    pub writable: SimTime,
    /// When the first write of the new timeline was acknowledged to its client: service is restored.
    pub first_acknowledged: Option<SimTime>,
    /// Acknowledged writes that the old primary's log had and the new one's lacks, with those that were acknowledged
    /// later nevertheless (a reply that was on its way, a former primary that went on).
    pub lost_writes: u64,
    /// Why.
    pub reason: Reason,
}

/// Why the primary changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// An operator's command, as a scenario would write it.
    Command(Arc<str>),
    /// The lease of the former primary ran out.
    LeaseExpired,
    /// It gave its lease back without having been asked.
    LeaseReleased,
    /// A server was promoted by its agent, which still had the lease.
    LeaseHeld,
    /// A promotion that nobody commanded: a function that a session called.
    Function,
}

impl Failover {
    /// How long no writes were taken, in microseconds: from the failure (or the command) until the new primary took them.
    #[must_use]
    pub fn recovery_time_us(&self) -> u64 {
        self.writable.since(self.at)
    }
}
