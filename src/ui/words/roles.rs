//! What a server is now, in one word, and what its processes are called.

use crate::engine::flavor::Flavor;
use crate::engine::trace::Life;
use crate::sim::view::{NodeView, Role, SyncState};
use crate::t;

/// What colour and pattern go with a word. Colour is spent on roles and on trouble only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// A primary at work.
    Primary,
    /// A replica at work.
    Replica,
    /// The failover manager's store.
    Lease,
    /// Something that will pass or wants a look.
    Warning,
    /// Something that is broken.
    Trouble,
    /// Not there.
    Gone,
}

impl Tone {
    /// The class that carries it.
    #[must_use]
    pub fn class(self) -> &'static str {
        match self {
            Tone::Primary => "is-primary",
            Tone::Replica => "is-replica",
            Tone::Lease => "is-store",
            Tone::Warning => "is-warning",
            Tone::Trouble => "is-trouble",
            Tone::Gone => "is-gone",
        }
    }
}

/// The word in a card's header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Badge {
    /// The word.
    pub word: &'static str,
    /// How it looks.
    pub tone: Tone,
}

/// What a server is *now*, never what it was set up as.
#[must_use]
pub fn badge(node: &NodeView, flavor: Flavor) -> Badge {
    let (word, tone) = match (node.life, node.role) {
        (Life::Down, _) => (t!("badge.down"), Tone::Gone),
        (Life::Stopped, _) => (t!("badge.stopped"), Tone::Gone),
        (Life::Paused, _) => (t!("badge.frozen"), Tone::Warning),
        (Life::Recovering, _) => (t!("badge.recovering"), Tone::Warning),
        (Life::Copying, _) => (t!("badge.copying"), Tone::Warning),
        (Life::Rewinding, _) => (t!("badge.rewinding"), Tone::Warning),
        (Life::Running, _) if node.error.is_some() && (node.streaming || node.role == Role::Primary) => {
            (t!("badge.error"), Tone::Trouble)
        }
        (Life::Running, Role::Primary) if flavor == Flavor::Mysql => (t!("badge.source"), Tone::Primary),
        (Life::Running, Role::Primary) => (t!("badge.primary"), Tone::Primary),
        (Life::Running, Role::Replica) if !node.streaming => (t!("badge.no-stream"), Tone::Warning),
        (Life::Running, Role::Replica) => match node.sync_state {
            Some(SyncState::Sync) if flavor == Flavor::Mysql => (t!("badge.semi-sync"), Tone::Replica),
            Some(SyncState::Sync) => (t!("badge.sync"), Tone::Replica),
            Some(SyncState::Potential) => (t!("badge.potential"), Tone::Replica),
            Some(SyncState::Quorum) => (t!("badge.quorum"), Tone::Replica),
            Some(SyncState::Async) => (t!("badge.async"), Tone::Replica),
            None => (t!("badge.replica"), Tone::Replica),
        },
    };
    Badge { word, tone }
}

/// The process or thread that does a part of replication, as the flavor's documentation calls it.
#[must_use]
pub fn thread(flavor: Flavor, part: ReplicationPart) -> &'static str {
    match (flavor, part) {
        (Flavor::Postgresql, ReplicationPart::Sender) => "WAL sender",
        (Flavor::Postgresql, ReplicationPart::Receiver) => "WAL receiver",
        (Flavor::Postgresql, ReplicationPart::Applier) => "startup process",
        (Flavor::Postgresql, ReplicationPart::Log) => "WAL",
        (Flavor::Mysql, ReplicationPart::Sender) => "binary log dump thread",
        (Flavor::Mysql, ReplicationPart::Receiver) => "I/O (receiver) thread",
        (Flavor::Mysql, ReplicationPart::Applier) => "SQL (applier) thread",
        (Flavor::Mysql, ReplicationPart::Log) => "binary log",
    }
}

/// The parts of replication that have names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplicationPart {
    /// Sends the log.
    Sender,
    /// Receives it.
    Receiver,
    /// Applies it.
    Applier,
    /// The log itself.
    Log,
}
