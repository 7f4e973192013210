//! How MySQL commits: binary log, flush, semi-synchronous wait, storage engine, in the order that
//! `rpl_semi_sync_source_wait_point` says.

use super::core::Core;
use super::primary::{Primary, key_writes};
use super::session::OpenTxn;
use crate::engine::commit::{BinlogStage, CommitRule, Effects, PendingCommit, SemiSync};
use crate::engine::gtid::Gtid;
use crate::engine::ids::{ConnId, NodeId};
use crate::engine::io::{Outbox, Timer};
use crate::engine::log::{Commit, record};
use crate::engine::settings::WaitPoint;
use crate::engine::time::{SECOND_US, SimTime};
use crate::engine::trace::What;

/// What the operating system holds is on disk after this: Linux's `vm.dirty_expire_centisecs`, 30 seconds.
const WRITEBACK_US: u64 = 30 * SECOND_US;

impl Primary {
    /// Writes a transaction to the binary log and queues its commit. `replicated` are the identifier and the instant that
    /// the transaction had on its source, where the applier commits it.
    pub fn commit_to_binlog(
        &mut self,
        core: &mut Core,
        conn: Option<ConnId>,
        txn: OpenTxn,
        replicated: Option<(Gtid, SimTime)>,
        out: &mut Outbox,
    ) {
        let Some(binlog) = &mut core.binlog else { return };
        let start = core.log.end();
        self.encoded.clear();
        for event in txn.events() {
            let at = start.plus(self.encoded.len());
            record::encode_change(&mut self.encoded, at, event);
        }
        let given = replicated.or_else(|| Some((txn.gtid?, out.now)));
        // All numbers of a source are used up after 2^63 - 2 transactions; this one would be the last for good.
        let automatic = || (binlog.next_gtid().unwrap_or(Gtid { source: binlog.uuid, number: u64::MAX }), out.now);
        let (gtid, at) = given.unwrap_or_else(automatic);
        let place = start.plus(self.encoded.len());
        let commit = Commit { txn: Some(txn.id), first: start, at, apply_feedback: false, gtid: Some(gtid) };
        record::encode_commit(&mut self.encoded, place, &commit);
        binlog.log(gtid);
        let end = start.plus(self.encoded.len());
        if !txn.text.is_empty() {
            binlog.keep_redo(end, &txn.changes);
        }
        core.append_group(&self.encoded, Some(txn.id), Some(gtid));
        let node = core.id;
        match replicated {
            Some(_) => out.trace(What::Relogged { node, gtid, start, end }),
            None => {
                let (timeline, keys) = (core.timeline(), key_writes(&txn.changes));
                out.trace(What::Logged { node, txn: txn.id, timeline, start, end, keys, gtid: Some(gtid) });
            }
        }
        self.semi_sync.written(end);
        let durable = self.log_to_disk(core, out);
        self.commits.push(PendingCommit {
            conn,
            txn: txn.id,
            end,
            rule: CommitRule::Binlog { durable, gtid, stage: BinlogStage::Logging },
            changes: txn.changes,
            since: out.now,
            waits: false,
        });
        core.rotate_if_full(out);
    }

    /// Has the log written, and flushed when `sync_binlog` says so; whether this commit waits for a flush.
    fn log_to_disk(&mut self, core: &mut Core, out: &mut Outbox) -> bool {
        let every = core.settings.mysql.sync_binlog;
        self.unsynced = self.unsynced.saturating_add(1);
        if every > 0 && self.unsynced >= every {
            self.unsynced = 0;
            core.flush_log(out);
            return true;
        }
        core.write_log(out);
        if !self.wal_writer_armed {
            self.wal_writer_armed = true;
            out.set_timer(Timer::WalWriter, out.now.plus(WRITEBACK_US));
        }
        false
    }

    /// Lets commits go on as far as they can; those that are over, oldest first.
    ///
    /// # Errors
    /// When what was executed cannot be applied: the server must stop rather than show something else.
    pub fn release_from_binlog(&mut self, core: &mut Core, out: &mut Outbox) -> Result<Vec<PendingCommit>, String> {
        self.sync_group(core, out)?;
        let mut over = Vec::new();
        while let Some(commit) = self.commits.take_first(|commit| is_over(commit, &self.semi_sync)) {
            if commit.waits {
                let waited_us = out.now.since(commit.since);
                out.trace(What::CommitReleased { node: core.id, txn: commit.txn, at: commit.end, waited_us });
            }
            if let CommitRule::Binlog { gtid, stage: BinlogStage::Unseen(_), .. } = commit.rule {
                self.commit_in_engine(&commit, gtid, core, out)?;
            }
            over.push(commit);
        }
        let deadline = self.semi_sync.next_deadline().unwrap_or(SimTime::NEVER);
        if self.armed_for != deadline {
            self.armed_for = deadline;
            out.set_timer(Timer::SemiSync, deadline);
        }
        Ok(over)
    }

    /// What the log holds safely now leaves the log stage, as one commit group: with `AFTER_SYNC` the group waits as one,
    /// for its last position.
    fn sync_group(&mut self, core: &mut Core, out: &mut Outbox) -> Result<(), String> {
        let (flushed, written) = (core.log.flushed(), core.log.written());
        let synced = |commit: &PendingCommit| match commit.rule {
            CommitRule::Binlog { durable, stage: BinlogStage::Logging, .. } => {
                commit.end <= if durable { flushed } else { written }
            }
            _ => false,
        };
        if !self.commits.iter().any(synced) {
            return Ok(());
        }
        // A real replica that is enabled as a source and has no semi-synchronous replica of its own waits for nobody with
        // the first transaction that it applies, for all of the time-out. Here its applier does not (docs/FIDELITY.md).
        let alone = self.semi_sync.status().clients == 0;
        let asks = |commit: &PendingCommit| synced(commit) && !(alone && commit.conn.is_none());
        // It does not overtake either what it applied while there were some, and which waits still: a replica commits in the
        // order of its source.
        let applied_before =
            self.commits.iter().filter(|commit| commit.conn.is_none()).filter_map(|commit| match commit.rule {
                CommitRule::Binlog { stage: BinlogStage::Unseen(on), .. } if self.semi_sync.waits(on) => Some(on),
                _ => None,
            });
        let applied_before = applied_before.max();
        let wait_point = core.settings.mysql.rpl_semi_sync_source_wait_point;
        let mut group = std::mem::take(&mut self.commits);
        let last = group.iter().filter(|commit| asks(commit)).map(|commit| commit.end).max();
        if let Some(last) = last.filter(|_| wait_point == WaitPoint::AfterSync) {
            self.semi_sync.committing(last, out.now);
        }
        for commit in group.iter_mut().filter(|commit| synced(commit)) {
            let CommitRule::Binlog { durable, gtid, .. } = commit.rule else { continue };
            let stage = match (wait_point, last.filter(|_| asks(commit))) {
                (WaitPoint::AfterSync, Some(last)) => BinlogStage::Unseen(last),
                (WaitPoint::AfterSync, None) => BinlogStage::Unseen(applied_before.unwrap_or(commit.end)),
                (WaitPoint::AfterCommit, asked) => {
                    self.commit_in_engine(commit, gtid, core, out)?;
                    if asked.is_some() {
                        self.semi_sync.committing(commit.end, out.now);
                    }
                    BinlogStage::Seen(commit.end)
                }
            };
            commit.rule = CommitRule::Binlog { durable, gtid, stage };
            commit.waits = !is_over(commit, &self.semi_sync);
            if commit.waits {
                out.trace(What::CommitWaits { node: core.id, txn: commit.txn, at: commit.end });
            }
        }
        self.commits = group;
        Ok(())
    }

    pub(super) fn commit_in_engine(
        &mut self,
        commit: &PendingCommit,
        gtid: Gtid,
        core: &mut Core,
        out: &mut Outbox,
    ) -> Result<(), String> {
        if let Some(binlog) = &mut core.binlog {
            binlog.execute(gtid);
        }
        self.show(core, commit)?;
        let (node, at) = (core.id, commit.end);
        match commit.conn {
            Some(_) => out.trace(What::Visible { node, txn: commit.txn, at }),
            None => out.trace(What::Applied { node, to: at, transactions: 1 }),
        }
        Ok(())
    }
}

/// Whether nothing more is waited for.
fn is_over(commit: &PendingCommit, semi_sync: &SemiSync) -> bool {
    match commit.rule {
        CommitRule::Binlog { stage: BinlogStage::Unseen(on) | BinlogStage::Seen(on), .. } => !semi_sync.waits(on),
        CommitRule::Binlog { stage: BinlogStage::Logging, .. } | CommitRule::Level(_) => false,
    }
}

/// Says so when semi-synchronous replication was switched on or off.
pub fn tell_semi_sync(effects: &Effects, node: NodeId, why: &'static str, out: &mut Outbox) {
    if let Some(on) = effects.switched {
        out.trace(What::SemiSync { node, on, why });
    }
}
