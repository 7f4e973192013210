//! What a server is: whom it follows, and whether it can write.

use super::{Channel, Core, MysqlReplica, Primary, Replica};
use crate::engine::flavor::Flavor;
use crate::engine::ids::NodeId;

/// What a server is.
#[derive(Clone, Debug)]
pub enum Role {
    /// Takes writes, and follows nobody.
    Primary(Box<Primary>),
    /// PostgreSQL: recovers for ever from an upstream's log, and so takes no writes.
    Replica(Box<Replica>),
    /// MySQL: applies a source's transactions beside its own sessions.
    MysqlReplica(Box<MysqlReplica>),
}

impl Role {
    pub(super) fn new(core: &Core, apply_rate: Option<u32>, upstream: Option<NodeId>) -> Role {
        match (upstream, core.flavor) {
            (None, _) => Role::Primary(Box::new(Primary::new(&core.data))),
            (Some(upstream), Flavor::Postgresql) => Role::Replica(Box::new(Replica::new(Some(upstream), apply_rate))),
            (Some(upstream), Flavor::Mysql) => Role::MysqlReplica(Box::new(MysqlReplica {
                writer: Primary::new(&core.data),
                channel: Channel::new(upstream, apply_rate),
            })),
        }
    }

    /// What executes statements that write, where the server can.
    #[must_use]
    pub fn writer(&self) -> Option<&Primary> {
        match self {
            Role::Primary(writer) => Some(writer),
            Role::MysqlReplica(replica) => Some(&replica.writer),
            Role::Replica(_) => None,
        }
    }

    /// The same, to change it.
    pub fn writer_mut(&mut self) -> Option<&mut Primary> {
        match self {
            Role::Primary(writer) => Some(writer),
            Role::MysqlReplica(replica) => Some(&mut replica.writer),
            Role::Replica(_) => None,
        }
    }

    /// Whether log is coming in.
    #[must_use]
    pub fn streaming(&self) -> bool {
        match self {
            Role::Primary(_) => false,
            Role::Replica(replica) => replica.streaming(),
            Role::MysqlReplica(replica) => replica.channel.streaming(),
        }
    }

    /// Whom the server follows.
    #[must_use]
    pub fn upstream(&self) -> Option<NodeId> {
        match self {
            Role::Primary(_) => None,
            Role::Replica(replica) => replica.upstream,
            Role::MysqlReplica(replica) => Some(replica.channel.source),
        }
    }
}
