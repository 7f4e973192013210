//! The primary's part: the working database that is ahead of what readers see, locks, and commits that wait.

use super::core::Core;
use super::locks::Locks;
use super::sender::{Sender, SenderState, Senders};
use super::session::OpenTxn;
use crate::engine::beside::Live;
use crate::engine::commit::{BinlogStage, Candidate, CommitQueue, CommitRule, PendingCommit, SemiSync, SyncGroup};
use crate::engine::ids::{ConnId, TxnId};
use crate::engine::io::{Outbox, Timer};
use crate::engine::log::{Commit, record};
use crate::engine::message::Positions;
use crate::engine::settings::SynchronousCommit;
use crate::engine::storage::{Change, Database, RowKey, RowOp, StorageError, Value};
use crate::engine::time::SimTime;
use crate::engine::trace::{KeyWrites, What};
use crate::order::OrderedMap;

/// What only a primary has.
#[derive(Clone, Debug)]
pub struct Primary {
    /// Where statements run. It holds what open and waiting transactions did, which readers do not see yet.
    pub work: Database,
    /// Who holds which row.
    pub locks: Locks,
    /// Commits that are logged and not yet acknowledged.
    pub commits: CommitQueue,
    /// MySQL's semi-synchronous source.
    pub semi_sync: SemiSync,
    /// Whether the WAL writer's timer is set.
    pub(super) wal_writer_armed: bool,
    /// MySQL: commits since the log was last flushed (`sync_binlog`).
    pub(super) unsynced: u32,
    /// MySQL: what the timer of semi-synchronous waits is set to.
    pub(super) armed_for: SimTime,
    /// The synchronous standbys that were last told of: a bit a node, and whether they are enough.
    told: Option<(u16, bool)>,
    pub(super) encoded: Vec<u8>,
    /// PostgreSQL: where sequences are beyond what is logged.
    pub(super) sequences: OrderedMap<String, Live>,
}

impl Primary {
    /// A primary whose readers see `data`.
    #[must_use]
    pub fn new(data: &Database) -> Self {
        Primary {
            work: data.clone(),
            locks: Locks::default(),
            commits: CommitQueue::default(),
            semi_sync: SemiSync::new(),
            wal_writer_armed: false,
            unsynced: 0,
            armed_for: SimTime::NEVER,
            told: None,
            encoded: Vec::new(),
            sequences: OrderedMap::new(),
        }
    }

    /// Logs a transaction and queues its acknowledgement.
    pub fn commit(&mut self, core: &mut Core, conn: ConnId, txn: OpenTxn, level: SynchronousCommit, out: &mut Outbox) {
        let OpenTxn { id, changes, .. } = txn;
        let start = core.log.end();
        self.encoded.clear();
        for change in &changes {
            let at = start.plus(self.encoded.len());
            record::encode_change(&mut self.encoded, at, change);
        }
        let at = start.plus(self.encoded.len());
        let apply_feedback = level == SynchronousCommit::RemoteApply;
        record::encode_commit(
            &mut self.encoded,
            at,
            &Commit { txn: Some(id), first: start, at: out.now, apply_feedback, gtid: None },
        );
        let group = core.append_group(&self.encoded, Some(id), None);
        let (node, timeline) = (core.id, core.timeline());
        let keys = key_writes(&changes);
        out.trace(What::Logged { node, txn: id, timeline, start, end: group.end, keys, gtid: None });
        self.commits.push(PendingCommit {
            conn: Some(conn),
            txn: id,
            end: group.end,
            rule: CommitRule::Level(level),
            changes,
            since: out.now,
            waits: false,
        });
        if level != SynchronousCommit::Off {
            core.flush_log(out);
        } else if !self.wal_writer_armed {
            self.wal_writer_armed = true;
            out.set_timer(Timer::WalWriter, out.now.plus(core.settings.wal_writer_delay_us));
        }
    }

    /// The WAL writer's round: what asynchronous commits left behind is flushed.
    pub fn wal_writer(&mut self, core: &mut Core, out: &mut Outbox) {
        self.wal_writer_armed = false;
        core.flush_log(out);
    }

    /// How far the synchronous standbys have confirmed the log; `Some(None)` when none is asked for.
    #[must_use]
    pub fn reached(core: &Core, senders: &Senders) -> Option<Option<Positions>> {
        let asked = !core.settings.synchronous_standby_names.is_empty();
        Some(asked.then(|| senders.confirmed()))
    }

    /// Says so when other standbys count as synchronous than before.
    pub fn tell_synchronous(&mut self, core: &Core, senders: &Senders, out: &mut Outbox) {
        let candidates: Vec<Candidate<'_>> = senders.iter().map(candidate).collect();
        let now = SyncGroup::of(&core.settings.synchronous_standby_names, &candidates).map(|group| {
            let bits = group.counting().map(|index| 1_u16 << candidates[index].standby.0.min(15));
            (bits.fold(0, |all, bit| all | bit), group.satisfied())
        });
        if now != self.told {
            self.told = now;
            let (nodes, satisfied) = now.unwrap_or((0, true));
            out.trace(What::SyncStandbys { node: core.id, nodes, satisfied });
        }
    }

    /// Takes out the oldest commit that may be acknowledged now, and makes it visible.
    ///
    /// # Errors
    /// When what was executed cannot be applied: the server must stop rather than show something else.
    pub fn release(
        &mut self,
        core: &mut Core,
        reached: Option<Option<Positions>>,
        out: &mut Outbox,
    ) -> Result<Option<PendingCommit>, String> {
        let flushed = core.log.flushed();
        for commit in self.commits.iter_mut() {
            if !commit.waits && commit.end <= flushed && !commit.remote_ready(reached) {
                commit.waits = true;
                out.trace(What::CommitWaits { node: core.id, txn: commit.txn, at: commit.end });
            }
        }
        let Some(commit) = self.commits.take_first(|c| c.ready(flushed, reached)) else { return Ok(None) };
        if commit.waits {
            let waited_us = out.now.since(commit.since);
            out.trace(What::CommitReleased { node: core.id, txn: commit.txn, at: commit.end, waited_us });
        }
        self.make_visible(core, &commit, out)?;
        Ok(Some(commit))
    }

    /// Ends the wait of a transaction's commit without its standbys.
    ///
    /// # Errors
    /// As [`Primary::release`].
    pub fn cancel(&mut self, core: &mut Core, txn: TxnId, out: &mut Outbox) -> Result<Option<PendingCommit>, String> {
        let flushed = core.log.flushed();
        let Some(commit) = self.commits.take_first(|c| c.txn == txn && c.waits && c.end <= flushed) else {
            return Ok(None);
        };
        out.trace(What::WaitCancelled { node: core.id, txn: commit.txn, at: commit.end });
        match commit.rule {
            CommitRule::Level(_) => self.make_visible(core, &commit, out)?,
            // With AFTER_COMMIT all have seen it already.
            CommitRule::Binlog { stage: BinlogStage::Seen(_), .. } => {}
            CommitRule::Binlog { gtid, .. } => self.commit_in_engine(&commit, gtid, core, out)?,
        }
        Ok(Some(commit))
    }

    fn make_visible(&mut self, core: &mut Core, commit: &PendingCommit, out: &mut Outbox) -> Result<(), String> {
        self.show(core, commit)?;
        out.trace(What::Visible { node: core.id, txn: commit.txn, at: commit.end });
        Ok(())
    }

    /// Applies a commit to the database that all see, and gives its locks back.
    pub(super) fn show(&mut self, core: &mut Core, commit: &PendingCommit) -> Result<(), String> {
        for change in &commit.changes {
            core.data.apply(change).map_err(|e| e.to_string())?;
        }
        self.locks.release(commit.txn, &commit.changes);
        core.applied = core.applied.max(commit.end);
        Ok(())
    }

    /// Takes back everything that a transaction did after its first `keep` changes.
    ///
    /// # Errors
    /// When the working database cannot be brought back.
    pub fn undo(&mut self, txn: &mut OpenTxn, keep: usize) -> Result<(), StorageError> {
        let undone = txn.forget_after(keep);
        match txn.before_ddl.iter().position(|(_, count)| *count >= keep) {
            Some(first) => {
                let (image, count) = &txn.before_ddl[first];
                self.work.restore(image)?;
                self.work.undo(&undone[..count - keep])?;
                txn.before_ddl.truncate(first);
                // The image is older than what sequences have given out since, which stays.
                for change in &txn.beside {
                    let _ = self.work.apply(change);
                }
            }
            None => self.work.undo(&undone)?,
        }
        self.locks.release(txn.id, &undone);
        // A row that was touched before as well stays locked.
        self.locks.take(txn.id, &txn.changes);
        Ok(())
    }
}

/// A sender, as the synchronous rule sees it.
#[must_use]
pub fn candidate(sender: &Sender) -> Candidate<'_> {
    Candidate {
        standby: sender.standby,
        application_name: &sender.application_name,
        slot: sender.slot,
        streaming: sender.state == SenderState::Streaming,
        positions: sender.positions,
    }
}

/// What a transaction writes, as far as the judges can follow it.
pub(super) fn key_writes(changes: &[Change]) -> KeyWrites {
    let mut keys = KeyWrites { kv: None, changes: changes.len() as u32, kv_otherwise: false };
    for change in changes {
        match change {
            Change::Row(row) if &*row.table == "kv" => {
                let new = match &row.op {
                    RowOp::Insert { new } | RowOp::Update { new, .. } => new.get(1).and_then(Value::as_integer),
                    RowOp::Delete { .. } => None,
                };
                match (&row.key, &row.moved_to, new) {
                    (RowKey::Rowid(id), None, Some(value)) if keys.kv.is_none() => keys.kv = Some((*id, value)),
                    _ => keys.kv_otherwise = true,
                }
            }
            Change::Row(_) => {}
            Change::Ddl { sql } => keys.kv_otherwise |= sql.to_ascii_lowercase().contains("kv"),
            Change::Statement(event) => keys.kv_otherwise |= event.sql.to_ascii_lowercase().contains("kv"),
        }
    }
    if keys.kv_otherwise {
        keys.kv = None;
    }
    keys
}
