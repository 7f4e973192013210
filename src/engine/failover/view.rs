//! What the store holds, as an agent that reads it sees it.

use super::setup::Tags;
use crate::engine::ids::NodeId;
use crate::engine::log::Timeline;
use crate::engine::time::SimTime;
use crate::order::{OrderedMap, OrderedSet};

/// The cluster as the store knows it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ClusterView {
    /// The leader key, while its lease holds.
    pub leader: Option<Leader>,
    /// Counts how often the leader key was given away.
    pub term: u64,
    /// Whether the server of whoever holds the leader key has been seen to be the primary since.
    pub led: bool,
    /// Who held the leader key last.
    pub last_leader: Option<NodeId>,
    /// Whether the last leader gave the key back itself: it takes no writes any more.
    pub released: bool,
    /// How far the last leader's log had come when it last said (`/status`). See [`Local::position`](super::Local).
    pub last_position: u64,
    /// The newest timeline that a leader told of (`/history`).
    pub timeline: Timeline,
    /// The members whose own keys have not expired.
    pub members: OrderedMap<NodeId, Member>,
    /// Who is synchronous (`/sync`).
    pub sync: SyncKey,
    /// A switchover or failover that an operator asked for (`/failover`).
    pub failover: Option<FailoverKey>,
}

impl Default for ClusterView {
    /// A store in which nothing was ever written.
    fn default() -> Self {
        ClusterView {
            leader: None,
            term: 0,
            led: false,
            last_leader: None,
            released: false,
            last_position: 0,
            timeline: Timeline(1),
            members: OrderedMap::new(),
            sync: SyncKey::default(),
            failover: None,
        }
    }
}

/// The leader key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Leader {
    /// Who holds it.
    pub node: NodeId,
    /// Until when, unless it is renewed.
    pub until: SimTime,
}

/// What a server is, as its agent tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MemberRole {
    /// Takes writes.
    Primary,
    /// Does not.
    Replica,
}

/// A member's own key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Member {
    /// What its server is.
    pub role: MemberRole,
    /// Whether its server runs.
    pub running: bool,
    /// Whether log comes in.
    pub streaming: bool,
    /// Its timeline.
    pub timeline: Timeline,
    /// How far its log has come. See [`Local::position`](super::Local).
    pub position: u64,
    /// Its tags.
    pub tags: Tags,
}

/// Patroni's `/sync` key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct SyncKey {
    /// Who wrote it; `None` while nobody ever did.
    pub leader: Option<NodeId>,
    /// Those that may be promoted.
    pub standbys: OrderedSet<NodeId>,
    /// In quorum mode: so many other standbys a candidate must see.
    pub quorum: u32,
}

impl SyncKey {
    /// Whether this member may become the leader, as far as the key says.
    #[must_use]
    pub fn lets(&self, node: NodeId) -> bool {
        self.leader.is_none() || self.leader == Some(node) || self.standbys.contains(&node)
    }
}

/// Patroni's `/failover` key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FailoverKey {
    /// Who hands over: a switchover; `None`: whoever leads, if anybody does.
    pub from: Option<NodeId>,
    /// Who takes over.
    pub to: NodeId,
}
