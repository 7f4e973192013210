//! How long a server keeps its log: which segments a checkpoint removes, and what holds them back.
//!
//! After PostgreSQL 15's `KeepLogSeg`, `GetWALAvailability` and `InvalidateObsoleteReplicationSlots` (`xlog.c`, `slot.c`).

use super::slots::Slot;
use super::{Node, Role};
use crate::engine::facts::Facts;
use crate::engine::flavor::Flavor;
use crate::engine::ids::{Addr, ConnId};
use crate::engine::io::{Outbox, Timer};
use crate::engine::log::{Lsn, Segments};
use crate::engine::storage::SqlError;
use crate::engine::trace::{Life, What};

/// Whether the log that a slot holds back is there, as `pg_replication_slots.wal_status` says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WalStatus {
    /// Within `max_wal_size`.
    Reserved,
    /// Beyond it, and held back all the same.
    Extended,
    /// No longer held back: the next checkpoint removes it.
    Unreserved,
    /// Gone.
    Lost,
}

impl WalStatus {
    /// The server's word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            WalStatus::Reserved => "reserved",
            WalStatus::Extended => "extended",
            WalStatus::Unreserved => "unreserved",
            WalStatus::Lost => "lost",
        }
    }
}

/// What retention remembers between checkpoints.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Retention {
    /// The newest segment that was looked at for a checkpoint that `max_wal_size` asks for.
    seen: u64,
    /// The oldest file; 0 as long as none was removed.
    first: u64,
    /// Files that are there and hold no log any more, kept to be written anew.
    recycled: u64,
}

impl Node {
    /// The log as files.
    #[must_use]
    pub fn segments(&self) -> Segments {
        Segments::new(self.core.settings.wal_segment_size_bytes)
    }

    /// How many log files there are on the disk, those that are kept for reuse among them.
    #[must_use]
    pub fn log_files(&self) -> u64 {
        self.log_files_to(self.core.log.written()) + self.retention.recycled
    }

    /// How many files it takes to hold the log up to `to`.
    #[must_use]
    pub fn log_files_to(&self, to: Lsn) -> u64 {
        let segments = self.segments();
        segments.spanned(segments.start(self.first_file()), to)
    }

    /// The oldest file. It may hold no more than the end of a record that began in one that is gone.
    fn first_file(&self) -> u64 {
        match self.retention.first {
            0 => self.segments().number(self.core.log.start()),
            first => first,
        }
    }

    /// Up to where log may go: a segment's beginning. All before the checkpoint's redo position may, except what
    /// `wal_keep_size` and the slots hold back.
    #[must_use]
    pub fn log_may_go_before(&self) -> Lsn {
        match self.core.flavor {
            Flavor::Postgresql => {
                let segments = self.segments();
                let redo = segments.number(self.core.checkpoint.at);
                segments.start(redo.min(self.oldest_kept(self.core.log.flushed())))
            }
            // Binary logs go when they expire, and by nothing else.
            Flavor::Mysql => self.core.log.start(),
        }
    }

    /// The oldest segment that slots and `wal_keep_size` hold back, for a log that ends at `end` (`KeepLogSeg`).
    fn oldest_kept(&self, end: Lsn) -> u64 {
        let (segments, settings) = (self.segments(), &self.core.settings);
        let current = segments.number(end);
        let mut kept = current;
        if let Some(minimum) = self.slots.minimum().filter(|minimum| *minimum < end) {
            kept = segments.number(minimum);
            if let Some(most) = settings.max_slot_wal_keep_size_bytes {
                kept = kept.max(current.saturating_sub(segments.count(most)));
            }
        }
        if settings.wal_keep_size_bytes > 0 {
            kept = kept.min(current.saturating_sub(segments.count(settings.wal_keep_size_bytes)).max(1));
        }
        kept
    }

    /// `pg_replication_slots.wal_status` and `safe_wal_size`: how many bytes can be written before the slot is in danger.
    #[must_use]
    pub fn slot_state(&self, slot: &Slot) -> (Option<WalStatus>, Option<i64>) {
        let status = self.wal_status(slot);
        let segments = self.segments();
        let safe = self.core.settings.max_slot_wal_keep_size_bytes.filter(|_| status != Some(WalStatus::Lost));
        let safe = safe.map(|most| {
            let keep = segments.count(most).max(segments.count(self.core.settings.wal_keep_size_bytes));
            // A slot that reserves nothing yet counts from position 0, and so is far below: the server prints just that.
            let fails = segments.start(segments.number(slot.restart_lsn.unwrap_or(Lsn::ZERO)) + keep + 1);
            fails.0.cast_signed() - self.core.log.written().0.cast_signed()
        });
        (status, safe)
    }

    fn wal_status(&self, slot: &Slot) -> Option<WalStatus> {
        let Some(restart_lsn) = slot.restart_lsn else {
            return slot.invalidated_at.map(|_| WalStatus::Lost);
        };
        let segments = self.segments();
        let end = self.core.log.written();
        let (wanted, current) = (segments.number(restart_lsn), segments.number(end));
        if wanted >= self.oldest_kept(end) {
            let normal = segments.count(self.core.settings.max_wal_size_bytes) + 1;
            let within = wanted >= current.saturating_sub(normal).max(1);
            return Some(if within { WalStatus::Reserved } else { WalStatus::Extended });
        }
        let there = wanted >= self.first_file();
        Some(if there || slot.active.is_some() { WalStatus::Unreserved } else { WalStatus::Lost })
    }

    /// Log was flushed: enough of it since the last checkpoint brings on the next (`XLogCheckpointNeeded`).
    pub(super) fn checkpoint_if_much_log(&mut self, out: &mut Outbox) {
        if self.core.flavor == Flavor::Mysql {
            return;
        }
        let segments = self.segments();
        let current = segments.number(self.core.log.flushed());
        if self.retention.seen == 0 {
            self.retention.seen = current;
        }
        if current <= self.retention.seen {
            return;
        }
        // Files that were kept for reuse are written anew.
        let grown = current - self.retention.seen;
        self.retention.recycled = self.retention.recycled.saturating_sub(grown);
        self.retention.seen = current;
        // max_wal_size / (1 + checkpoint_completion_target), which is 0.9 and not modelled.
        let distance = (segments.count(self.core.settings.max_wal_size_bytes) * 10 / 19).max(1);
        if self.life == Life::Running && current >= segments.number(self.core.checkpoint.at) + distance - 1 {
            self.checkpoint(out);
        }
    }

    /// A checkpoint is complete: slots are written, and old log is removed.
    pub(super) fn after_checkpoint(&mut self, out: &mut Outbox) {
        self.slots.save();
        for gone in self.slots.invalidate(self.log_may_go_before()) {
            let (node, slot) = (self.core.id, gone.name.clone());
            if let Some(conn) = gone.active {
                out.trace(What::SlotUserTerminated { node, slot: slot.clone(), pid: Facts::pid(conn) });
                self.senders.refuse(
                    conn,
                    "FATAL:  terminating connection due to administrator command",
                    &self.core,
                    out,
                );
            }
            out.trace(What::SlotInvalidated { node, slot, restart_lsn: gone.restart_lsn });
        }
        let to = self.log_may_go_before();
        let segments = self.segments();
        let (first, last) = (self.first_file(), segments.number(to));
        if last <= first {
            return;
        }
        self.core.log.remove_before(to);
        self.retention.first = last;
        let removed = last - first;
        let kept = self.log_files_to(self.core.log.written());
        let reuse = segments.count(self.core.settings.min_wal_size_bytes).saturating_sub(kept);
        let before = self.retention.recycled;
        self.retention.recycled = (before + removed).min(reuse);
        let recycled = self.retention.recycled.saturating_sub(before).min(removed);
        out.trace(What::LogRemoved { node: self.core.id, to, removed: removed - recycled, recycled });
        self.senders.end_those_before(&self.core, out).into_iter().for_each(|conn| self.slots.release(conn));
    }

    /// Settings were read again. PostgreSQL's startup process asks for a new WAL receiver when its slot has another name.
    pub(super) fn slot_changed(&mut self, before: Option<&str>, out: &mut Outbox) {
        if let Role::Replica(replica) = &mut self.role
            && self.core.settings.primary_slot_name.as_deref() != before
            && replica.conn().is_some()
        {
            replica.disconnect(out);
            out.set_timer(Timer::ReceiverConnect, out.now.plus(1));
        }
    }

    /// There is no room for another log file. A primary stops; a standby's receiver ends, and tries again later.
    pub(super) fn disk_full(&mut self, out: &mut Outbox) {
        if self.core.flavor == Flavor::Mysql {
            self.wait_for_room(out);
            return;
        }
        let file = match self.life {
            Life::Recovering => "pg_logical/replorigin_checkpoint.tmp".to_owned(),
            _ => format!("pg_wal/xlogtemp.{}", Facts::pid(ConnId { opener: Addr::Node(self.core.id), number: 0 })),
        };
        let error = format!("could not write to file \"{file}\": No space left on device");
        let Role::Replica(replica) = &mut self.role else {
            self.exit(&format!("PANIC:  {error}"), out);
            return;
        };
        replica.disconnect(out);
        self.core.lose_memory(self.core.log.written(), out);
        let end = self.core.log.end();
        self.core.groups.retain(|group| group.end <= end);
        self.core.error = Some(error.into());
        let retry_us = self.core.settings.wal_retrieve_retry_interval_us;
        out.set_timer(Timer::ReceiverConnect, out.now.plus(retry_us));
    }

    /// Makes a slot, as `pg_create_physical_replication_slot` does. Log is held back from the last checkpoint's redo
    /// position on when `reserve` asks for it at once; returns that position then.
    ///
    /// # Errors
    /// The server's: a name that is none, or is taken, or no room.
    pub fn create_slot(&mut self, name: &str, reserve: bool, out: &mut Outbox) -> Result<Option<Lsn>, SqlError> {
        let from = reserve.then_some(self.core.checkpoint.at);
        self.slots.create(name, from, None, self.core.settings.max_replication_slots)?;
        out.trace(What::SlotCreated { node: self.core.id, slot: name.into(), restart_lsn: from });
        Ok(from)
    }

    /// Removes a slot, as `pg_drop_replication_slot` does. What it held back goes with the next checkpoint.
    ///
    /// # Errors
    /// The server's: there is none of this name, or it is in use.
    pub fn drop_slot(&mut self, name: &str, out: &mut Outbox) -> Result<(), SqlError> {
        self.slots.drop(name)?;
        out.trace(What::SlotDropped { node: self.core.id, slot: name.into() });
        Ok(())
    }
}
