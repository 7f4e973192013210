//! What an agent sees of its own server, and does to it.

use std::sync::Arc;

use crate::engine::ids::NodeId;
use crate::engine::log::Timeline;
use crate::engine::trace::Life;

/// A server as its own agent sees it now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Local {
    /// Whether its process runs.
    pub life: Life,
    /// Whether it has a database at all (a copy may have failed).
    pub has_database: bool,
    /// Whether it is a primary: in MySQL, one that takes writes.
    pub primary: bool,
    /// Whether its timeline would outlive a crash: the record of its beginning is on the disk.
    pub durable: bool,
    /// Whether it is being promoted.
    pub promoting: bool,
    /// Whom it follows.
    pub upstream: Option<NodeId>,
    /// Whether log comes in.
    pub streaming: bool,
    /// Whether it cannot follow because its log went past the fork.
    pub diverged: bool,
    /// Its timeline.
    pub timeline: Timeline,
    /// How far its log has come: PostgreSQL, the end of what is flushed (a primary: written), in bytes; MySQL, how many
    /// transactions it has executed or received.
    pub position: u64,
    /// Its standbys.
    pub streams: Vec<Stream>,
    /// `synchronous_standby_names`.
    pub synchronous_standby_names: Arc<str>,
}

/// One of a server's standbys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stream {
    /// Which.
    pub node: NodeId,
    /// How far it has flushed, in the same unit as [`Local::position`].
    pub flushed: u64,
    /// Whether it has all that there is.
    pub has_all: bool,
}

impl Local {
    /// Whether it takes writes.
    #[must_use]
    pub fn leads(&self) -> bool {
        self.life == Life::Running && self.primary
    }
}

/// What an agent does to its own server, or has done by the machine's management.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Start the server, as a primary or as a standby of `upstream`.
    Start {
        /// Whether as a primary.
        primary: bool,
        /// Whom to follow, where that is known.
        upstream: Option<NodeId>,
    },
    /// Let no more writes in (true), or let them in again.
    HandOver(bool),
    /// Stop the server's process.
    Stop,
    /// Turn the running primary into a standby of nobody.
    Demote,
    /// Make it the primary.
    Promote,
    /// Follow another server.
    Follow(NodeId),
    /// Rewind it to the new primary's history.
    Rewind,
    /// `ALTER SYSTEM SET synchronous_standby_names`, and a reload.
    SynchronousStandbyNames(Arc<str>),
    /// Power off another member's machine; the world answers with [`Operation::Fenced`](crate::engine::io::Operation).
    PowerOff(NodeId),
}
