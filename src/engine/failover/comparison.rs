//! Who of several is the healthiest: pure rules.

use super::setup::Tags;
use crate::engine::ids::NodeId;
use crate::engine::log::Timeline;

/// What an agent answers another's question (Patroni's `GET /patroni`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PeerStatus {
    /// Whether its server runs.
    pub running: bool,
    /// Whether it takes writes.
    pub primary: bool,
    /// Its timeline.
    pub timeline: Timeline,
    /// How far its log has come. See [`Local::position`](super::Local).
    pub position: u64,
    /// Its tags.
    pub tags: Tags,
}

/// Why a member does not lead, from where another stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rank {
    /// It stands back.
    Behind,
    /// It is as good: whoever is first in the store leads.
    Equal,
    /// It is better.
    Ahead,
    /// It is a primary: nobody may lead beside it.
    StillPrimary,
}

/// How another member stands to oneself.
#[must_use]
pub fn rank(own: &PeerStatus, other: &PeerStatus, other_may_lead: bool) -> Rank {
    if other.running && other.primary {
        return Rank::StillPrimary;
    }
    if !other.running || !other_may_lead || !other.tags.may_lead() {
        return Rank::Behind;
    }
    let ours = (own.position, own.tags.failover_priority);
    let theirs = (other.position, other.tags.failover_priority);
    match theirs.cmp(&ours) {
        std::cmp::Ordering::Less => Rank::Behind,
        std::cmp::Ordering::Equal => Rank::Equal,
        std::cmp::Ordering::Greater => Rank::Ahead,
    }
}

/// In quorum mode: how many of the other voters are no further than oneself. With enough of them, a commit that was
/// acknowledged is on one of them or on oneself.
#[must_use]
pub fn votes<'a>(own: &PeerStatus, voters: impl Iterator<Item = (NodeId, Option<&'a PeerStatus>)>) -> u32 {
    voters.filter(|(_, status)| status.is_some_and(|status| status.position <= own.position)).count() as u32
}
