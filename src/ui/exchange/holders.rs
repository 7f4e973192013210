//! Which servers have a write in their logs, and where: what tells its bytes from others at the same position.

use crate::engine::gtid::Gtid;
use crate::engine::ids::NodeId;
use crate::engine::log::Lsn;
use crate::engine::trace::What;
use crate::order::OrderedMap;

/// One server's copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Copy {
    /// Where it begins.
    pub start: Lsn,
    /// Where it ends.
    pub end: Lsn,
    /// Whether it is on disk.
    pub flushed: bool,
    /// Whether readers see it.
    pub applied: bool,
}

/// The copies of one write. A position alone does not tell: another timeline may have other bytes there.
#[derive(Clone, Debug, Default)]
pub(super) struct Holders {
    /// By server.
    copies: OrderedMap<NodeId, Copy>,
    /// MySQL: the servers that have it in their relay logs.
    received: Vec<NodeId>,
    gtid: Option<Gtid>,
}

impl Holders {
    /// A server's copy.
    pub fn copy(&self, node: NodeId) -> Option<Copy> {
        self.copies.get(&node).copied()
    }

    /// Whether a server has got it, be it in its log or in its relay log.
    pub fn has(&self, node: NodeId) -> bool {
        self.copies.contains_key(&node) || self.received.contains(&node)
    }

    fn add(&mut self, node: NodeId, start: Lsn, end: Lsn) {
        self.copies.insert(node, Copy { start, end, flushed: false, applied: false });
    }

    /// Takes a step of the log; whether it is one of this write.
    pub fn note(&mut self, what: &What, logged_here: bool) -> bool {
        match what {
            What::Logged { node, start, end, gtid, .. } if logged_here => {
                self.gtid = *gtid;
                self.add(*node, *start, *end);
                true
            }
            What::Received { node, from, start, end } => {
                let crate::engine::ids::Addr::Node(sender) = from else { return false };
                let Some(copy) = self.copy(*sender) else { return false };
                let is_in = *start < copy.end && *end >= copy.end && !self.copies.contains_key(node);
                if is_in {
                    self.add(*node, copy.start, copy.end);
                }
                is_in
            }
            What::GtidReceived { node, gtid, .. } if self.gtid == Some(*gtid) => {
                self.received.push(*node);
                true
            }
            What::Relogged { node, gtid, start, end } if self.gtid == Some(*gtid) => {
                self.add(*node, *start, *end);
                true
            }
            What::Flushed { node, to, .. } => match self.copies.get_mut(node) {
                Some(copy) if !copy.flushed && *to >= copy.end => {
                    copy.flushed = true;
                    true
                }
                _ => false,
            },
            What::Applied { node, to, .. } => match self.copies.get_mut(node) {
                Some(copy) if !copy.applied && *to >= copy.end => {
                    copy.applied = true;
                    true
                }
                _ => false,
            },
            What::LogLost { node, from, .. } => self.forget(*node, *from),
            What::TimelineFollowed { node, at, .. } | What::TimelineSwitched { node, at, .. } => {
                self.forget(*node, *at)
            }
            What::RewindStarted { node, fork, .. } => self.forget(*node, *fork),
            What::BackupRequested { node, .. } => self.forget(*node, Lsn::ZERO),
            _ => false,
        }
    }

    /// A server's log goes on differently from here; whether that takes the write away.
    fn forget(&mut self, node: NodeId, from: Lsn) -> bool {
        let lost = self.copy(node).is_some_and(|copy| copy.end > from);
        if lost {
            self.copies.remove(&node);
            self.received.retain(|one| *one != node);
        }
        lost
    }

    /// Whether it is on disk and applied on all of these; the server that logged it applies as it shows it.
    pub fn everywhere(&self, nodes: &[NodeId], logged_on: NodeId) -> bool {
        nodes.iter().all(|node| self.copy(*node).is_some_and(|c| c.flushed && (c.applied || *node == logged_on)))
    }
}
