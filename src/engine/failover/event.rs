//! What the manager did, step by step: a part of the trace.

use std::sync::Arc;

use crate::engine::ids::NodeId;
use crate::engine::log::Timeline;
use crate::engine::time::SimTime;
use crate::engine::trace::Life;
use crate::order::OrderedSet;

/// A step of the manager.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ManagerEvent {
    /// The store went away or is back.
    StoreChanged { life: Life },
    /// The store prolonged the leader's lease.
    LeaseRenewed { node: NodeId, until: SimTime },
    /// An agent got no answer from the store in time. For a leader: a renewal that was missed.
    StoreSilent { node: NodeId, attempt: u32, leader: bool },
    /// The store's lease ran out without a renewal.
    LeaseExpired { node: NodeId },
    /// A leader gave its lease back.
    LeaseReleased { node: NodeId },
    /// An agent was given the leader key.
    LeaseAcquired { node: NodeId, until: SimTime },
    /// An agent wanted the leader key, and another has it.
    LeaseRefused { node: NodeId, holder: NodeId },
    /// An agent begins to compare itself with the others.
    ElectionBegan { by: NodeId, position: u64, timeline: Timeline },
    /// What another agent answered; `None`: nothing in time.
    Compared { by: NodeId, node: NodeId, position: Option<u64>, timeline: Option<Timeline> },
    /// An agent finds that this member (perhaps itself) must not lead.
    RuledOut { by: NodeId, node: NodeId, why: Arc<str> },
    /// An agent finds its own server the healthiest.
    Healthiest { node: NodeId },
    /// An agent takes the primary's role from its server.
    Demoting { node: NodeId, why: Arc<str> },
    /// A leader stays without the store: every member has agreed.
    Failsafe { node: NodeId },
    /// An agent leaves its server the primary without a lease, since fencing is off.
    NotFenced { node: NodeId, why: Arc<str> },
    /// A machine was powered off, so that its server takes no more writes: on this agent's demand, or by its watchdog.
    Fenced { node: NodeId, by: Option<NodeId> },
    /// An operator asked for another leader.
    HandOverAsked { from: Option<NodeId>, to: NodeId },
    /// A hand-over that was asked for does not take place.
    HandOverRefused { to: NodeId, why: Arc<str> },
    /// Those that may be promoted are these now, and a candidate must see so many others.
    SyncKey { leader: NodeId, standbys: OrderedSet<NodeId>, quorum: u32 },
    /// An agent starts its server.
    Starting { node: NodeId, primary: bool },
}
