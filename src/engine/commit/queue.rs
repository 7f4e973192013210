//! Commits that are in the log and not yet acknowledged.

use std::collections::VecDeque;

use crate::engine::gtid::Gtid;
use crate::engine::ids::{ConnId, TxnId};
use crate::engine::log::Lsn;
use crate::engine::message::Positions;
use crate::engine::settings::SynchronousCommit;
use crate::engine::storage::Change;
use crate::engine::time::SimTime;

/// One commit between its log record and its acknowledgement.
#[derive(Clone, Debug)]
pub struct PendingCommit {
    /// The session's connection, whose client may be gone; `None` when the server itself applies the transaction.
    pub conn: Option<ConnId>,
    /// Whose.
    pub txn: TxnId,
    /// The end of its commit record.
    pub end: Lsn,
    /// What it waits for.
    pub rule: CommitRule,
    /// What becomes visible with it.
    pub changes: Vec<Change>,
    /// When it was logged.
    pub since: SimTime,
    /// Whether it was said that it waits for standbys.
    pub waits: bool,
}

/// What a commit waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommitRule {
    /// PostgreSQL: the level that was in force.
    Level(SynchronousCommit),
    /// MySQL.
    Binlog {
        /// Whether the binary log is flushed first (`sync_binlog = 1`).
        durable: bool,
        /// Its global identifier.
        gtid: Gtid,
        /// How far it has come.
        stage: BinlogStage,
    },
}

/// How far a MySQL commit has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum BinlogStage {
    /// It is being written to the binary log.
    Logging,
    /// Semi-synchronous acknowledgements of this position may be waited for, and nobody sees it (`AFTER_SYNC`).
    Unseen(Lsn),
    /// It is committed and seen by all; acknowledgements of this position may be waited for (`AFTER_COMMIT`).
    Seen(Lsn),
}

impl PendingCommit {
    /// Whether everything it waits for has happened. `reached` is `None` when too few standbys are connected, and
    /// `Some(None)` when no standby is asked for.
    #[must_use]
    pub fn ready(&self, flushed: Lsn, reached: Option<Option<Positions>>) -> bool {
        let local = self.rule == CommitRule::Level(SynchronousCommit::Off) || self.end <= flushed;
        local && self.remote_ready(reached)
    }

    /// Whether the standbys have done their part.
    #[must_use]
    pub fn remote_ready(&self, reached: Option<Option<Positions>>) -> bool {
        let reached = match reached {
            Some(None) => return true,
            Some(Some(positions)) => Some(positions),
            None => None,
        };
        let far_enough = |of: fn(&Positions) -> Lsn| reached.is_some_and(|p| of(&p) >= self.end);
        let CommitRule::Level(level) = self.rule else { return true };
        match level {
            SynchronousCommit::Off | SynchronousCommit::Local => true,
            SynchronousCommit::RemoteWrite => far_enough(|p| p.write),
            SynchronousCommit::On => far_enough(|p| p.flush),
            SynchronousCommit::RemoteApply => far_enough(|p| p.apply),
        }
    }
}

/// The commits of a primary that wait, in log order.
#[derive(Clone, Debug, Default)]
pub struct CommitQueue {
    waiting: VecDeque<PendingCommit>,
}

impl CommitQueue {
    /// Adds the newest commit.
    pub fn push(&mut self, commit: PendingCommit) {
        self.waiting.push_back(commit);
    }

    /// The commits, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &PendingCommit> {
        self.waiting.iter()
    }

    /// The commits, oldest first, to be marked.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut PendingCommit> {
        self.waiting.iter_mut()
    }

    /// How many wait.
    #[must_use]
    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Whether none waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Takes out the oldest commit for which `done` holds.
    pub fn take_first(&mut self, done: impl Fn(&PendingCommit) -> bool) -> Option<PendingCommit> {
        let index = self.waiting.iter().position(done)?;
        self.waiting.remove(index)
    }
}
