//! What one server has logged and another has not: what a rewind, a copy, or a promotion would discard.
//!
//! The laboratory looks at both logs, wherever they are. A real operator can do so only while both servers, or their disks,
//! can be reached.

use std::sync::Arc;

use super::world::World;
use crate::engine::gtid::GtidSet;
use crate::engine::ids::{NodeId, TxnId};
use crate::engine::log::{Lsn, Timeline};
use crate::engine::node::{Core, LoggedTransaction, transactions};

/// The most transactions that are listed.
const LISTED: usize = 200;

/// One transaction that another server lacks.
#[derive(Clone, Debug, PartialEq)]
pub struct Discarded {
    /// Where its log records are, as the flavor prints positions.
    pub at: String,
    /// Whose it is.
    pub txn: Option<TxnId>,
    /// MySQL: its identifier.
    pub gtid: Option<String>,
    /// What it changed, a line a change.
    pub changes: Vec<String>,
}

/// What one server has and another lacks.
#[derive(Clone, Debug, PartialEq)]
pub struct Divergence {
    /// The server that has it.
    pub has: NodeId,
    /// The server that lacks it.
    pub lacks: NodeId,
    /// PostgreSQL: the last timeline that both were on, and the last position that both logs share.
    pub fork: Option<(Timeline, Lsn)>,
    /// MySQL: the identifiers.
    pub gtids: GtidSet,
    /// How many transactions it is.
    pub total: u64,
    /// The first of them.
    pub listed: Vec<Discarded>,
    /// Whose they are, all of them.
    pub txns: Vec<TxnId>,
}

impl World {
    fn core(&self, node: NodeId) -> Option<&Core> {
        Some(&self.servers.get(usize::from(node.0))?.as_ref()?.node.core)
    }

    /// A server's log as it is on its disk, by timelines: where each piece begins, and its bytes.
    #[must_use]
    pub fn log_on_disk(&self, node: NodeId) -> Vec<(Timeline, Lsn, Arc<[u8]>)> {
        let Some(core) = self.core(node) else { return Vec::new() };
        let (start, end) = (core.log.start(), core.log.flushed());
        let switches = core.history.switches();
        let ends = switches.iter().map(|switch| (switch.parent, switch.at)).chain([(core.timeline(), end)]);
        let mut from = start;
        let mut pieces = Vec::new();
        for (timeline, to) in ends {
            let to = to.min(end);
            if from < to {
                pieces.push((timeline, from, core.log.read(from, to, usize::MAX)));
                from = to;
            }
        }
        pieces
    }

    /// The transactions of a server's log that the present primary's history has not: what a rewind or a copy of it would
    /// discard. `None` when there are none.
    #[must_use]
    pub fn diverged(&self, node: NodeId) -> Option<Divergence> {
        self.lacking(node, self.primary)
    }

    /// The transactions of the present primary that a replica has not received: what promoting it now would lose.
    #[must_use]
    pub fn would_lose(&self, candidate: NodeId) -> Option<Divergence> {
        self.lacking(self.primary, candidate)
    }

    /// What `has` has logged and `lacks` has not.
    fn lacking(&self, has: NodeId, lacks: NodeId) -> Option<Divergence> {
        let (mine, theirs) = (self.core(has)?, self.core(lacks)?);
        if has == lacks {
            return None;
        }
        let empty =
            |fork, gtids| Divergence { has, lacks, fork, gtids, total: 0, listed: Vec::new(), txns: Vec::new() };
        let (mut found, from) = match (&mine.binlog, &theirs.binlog) {
            (Some(own), Some(other)) => {
                // What is in a relay log is applied before a promotion.
                let server = self.servers.get(usize::from(lacks.0))?.as_ref()?;
                let received = match &server.node.role {
                    crate::engine::node::Role::MysqlReplica(replica) => replica.channel.retrieved.clone(),
                    _ => GtidSet::new(),
                };
                let missing = own.logged.subtract(&other.logged).subtract(&other.executed).subtract(&received);
                if missing.is_empty() {
                    return None;
                }
                (empty(None, missing), mine.log.start())
            }
            _ => {
                let fork = mine.history.fork(mine.log.end(), &theirs.history, theirs.log.end());
                if mine.log.end() <= fork.1 || theirs.log.end() == Lsn::ZERO {
                    return None;
                }
                (empty(Some(fork), GtidSet::new()), fork.1)
            }
        };
        let concerned = |transaction: &LoggedTransaction| match found.fork {
            Some(_) => true,
            None => transaction.gtid.is_some_and(|gtid| found.gtids.contains(gtid)),
        };
        let (mut total, mut listed, mut txns) = (0, Vec::new(), Vec::new());
        for transaction in transactions(&mine.log, from).filter(concerned) {
            total += 1;
            txns.extend(transaction.txn);
            if listed.len() < LISTED {
                listed.push(Discarded {
                    at: self.log_position(has, transaction.start),
                    txn: transaction.txn,
                    gtid: transaction.gtid.map(|gtid| gtid.to_string()),
                    changes: transaction.changes.iter().map(ToString::to_string).collect(),
                });
            }
        }
        (found.total, found.listed, found.txns) = (total, listed, txns);
        // The beginning of a timeline alone is nothing that anybody wrote.
        (total > 0 || !found.gtids.is_empty()).then_some(found)
    }
}
