//! Checkpoints: images of the database that recovery and base backups begin from.

use super::{Binlog, Checkpoint, Node};
use crate::engine::commit::{BinlogStage, CommitRule, PendingCommit};
use crate::engine::gtid::GtidSet;
use crate::engine::io::{Outbox, Timer};
use crate::engine::trace::{Life, What};

impl Node {
    /// Takes an image of everything committed; it counts once the log up to it is durable.
    pub(super) fn checkpoint(&mut self, out: &mut Outbox) {
        out.set_timer(Timer::Checkpoint, out.now.plus(self.core.settings.checkpoint_timeout_us));
        if let Some(checkpoint) = self.image_now().filter(|_| self.life == Life::Running) {
            self.checkpoint_wanted = Some(checkpoint);
            self.core.flush_log(out);
            self.finish_checkpoint(out);
        }
    }

    /// The database at one log position. On a primary the applied database lacks commits that wait, and may have later
    /// ones; with those that wait it is the database at the end of the log. They may be added in any order but their
    /// own, since no two of them, and no later one, touch the same row.
    pub(super) fn image_now(&self) -> Option<Checkpoint> {
        // What `AFTER_COMMIT` shows while it waits is in the database already.
        let unseen =
            |commit: &&PendingCommit| !matches!(commit.rule, CommitRule::Binlog { stage: BinlogStage::Seen(_), .. });
        let waiting = self.role.writer().filter(|writer| !writer.commits.is_empty());
        let gtids = |set: fn(&Binlog) -> &GtidSet| self.core.binlog.as_ref().map(set).cloned().unwrap_or_default();
        let (image, at, gtids) = match waiting {
            None => (self.core.data.image().ok()?, self.core.applied, gtids(|binlog| &binlog.executed)),
            Some(writer) => {
                let mut copy = self.core.data.clone();
                for change in writer.commits.iter().filter(unseen).flat_map(|commit| &commit.changes) {
                    copy.apply(change).ok()?;
                }
                (copy.image().ok()?, self.core.log.end(), gtids(|binlog| &binlog.logged))
            }
        };
        Some(Checkpoint { image, at, history: self.core.history.as_of(at), gtids })
    }

    pub(super) fn finish_checkpoint(&mut self, out: &mut Outbox) {
        let flushed = self.core.log.flushed();
        if let Some(checkpoint) = self.checkpoint_wanted.take_if(|c| c.at <= flushed) {
            out.trace(What::Checkpoint { node: self.core.id, at: checkpoint.at });
            if let Some(binlog) = &mut self.core.binlog {
                binlog.checkpointed(checkpoint.at);
            }
            self.core.set_checkpoint(checkpoint);
            self.after_checkpoint(out);
            self.begin_backups(out);
        }
    }
}
