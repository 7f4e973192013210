//! Rewinding: a stopped server whose log went past the fork is made what its new upstream was there, as `pg_rewind` does
//! it, and starts as its standby. The other side is in `backup.rs` and `rewind_source.rs`.

use std::sync::Arc;

use super::disk::LogWriter;
use super::rewind_plan::{RewindPlan, RewindRequest, changed, replayed, transactions};
use super::{Checkpoint, Node, Retention, Role};
use crate::engine::ids::{ConnId, NodeId};
use crate::engine::io::{Input, Operation, Outbox, Timer};
use crate::engine::log::{History, Lsn};
use crate::engine::message::Message;
use crate::engine::storage::{Manifest, Parts};
use crate::engine::time::{SECOND_US, SimTime};
use crate::engine::trace::{CloseReason, Life, What};

/// Discarded transactions that are told of one by one.
const TOLD: usize = 100;

/// A rewind under way.
#[derive(Clone, Debug)]
pub struct Rewinding {
    /// Where it fetches from.
    pub source: NodeId,
    conn: ConnId,
    /// Where the two diverged, once that is known.
    pub fork: Option<Lsn>,
    /// What was asked for. From the answer's beginning on the target is neither what it was nor what it shall be.
    request: Option<Arc<RewindRequest>>,
    begun: bool,
    /// Bytes of rows altogether; `None` until the source has begun.
    pub total: Option<u64>,
    parts: Vec<u8>,
    log: Vec<u8>,
    history: History,
    /// Where the rows were taken, and what they are checked by; then the log is being flushed.
    complete: Option<(Lsn, Box<Manifest>)>,
    heard_at: SimTime,
}

impl Rewinding {
    /// Bytes of rows and log that have arrived.
    #[must_use]
    pub fn received(&self) -> u64 {
        (self.parts.len() + self.log.len()) as u64
    }
}

impl Node {
    /// The rewind under way.
    #[must_use]
    pub fn rewinding(&self) -> Option<&Rewinding> {
        self.rewinding.as_deref()
    }

    /// Whether the server was shut down cleanly, which `pg_rewind` asks for.
    #[must_use]
    pub fn is_shut_down(&self) -> bool {
        self.life == Life::Stopped && self.shut_down
    }

    /// Crash recovery in a single-user server, which `pg_rewind` runs on a target that was not shut down cleanly: it ends in a
    /// checkpoint, and the rewind to `source` begins. Tools remove `standby.signal` before, with which such a server does not
    /// start.
    pub fn recover_alone(&mut self, source: NodeId, out: &mut Outbox) {
        self.alone = Some(source);
        self.start(out);
    }

    /// The single-user server has recovered.
    pub(super) fn recovered_alone(&mut self, source: NodeId, out: &mut Outbox) {
        if let Some(checkpoint) = self.image_now() {
            out.trace(What::Checkpoint { node: self.core.id, at: checkpoint.at });
            self.core.set_checkpoint(checkpoint);
            self.after_checkpoint(out);
        }
        self.rewind_to(source, out);
    }

    /// Begins to rewind to another server. Its process was shut down cleanly.
    pub fn rewind_to(&mut self, source: NodeId, out: &mut Outbox) {
        let node = self.core.id;
        self.life = Life::Rewinding;
        self.shut_down = true;
        self.core.error = None;
        out.trace(What::LifeChanged { node, life: Life::Rewinding });
        let conn = self.core.connect(source, out);
        self.rewinding = Some(Box::new(Rewinding {
            source,
            conn,
            fork: None,
            request: None,
            begun: false,
            total: None,
            parts: Vec::new(),
            log: Vec::new(),
            history: History::default(),
            complete: None,
            heard_at: out.now,
        }));
        self.arm_rewinding(out);
    }

    /// What a machine does on which a rewind runs: nothing but that.
    pub(super) fn handle_rewinding(&mut self, input: Input, out: &mut Outbox) {
        match input {
            Input::Opened { conn } if self.is_rewinding_on(conn) => out.send(conn, Message::StartRewind),
            Input::Closed { conn, reason } if self.is_rewinding_on(conn) => {
                let complete = self.rewinding.as_ref().is_some_and(|rewinding| rewinding.complete.is_some());
                if !complete {
                    self.rewind_failed(closed_words(reason), out);
                }
            }
            Input::Received { conn, message } if self.is_rewinding_on(conn) => self.rewind_received(message, out),
            Input::Received { conn, .. } | Input::Accepted { conn } => out.close(conn),
            Input::Timer(Timer::Copying) => self.rewind_due(out),
            Input::DiskWritten { to } => self.core.log_written(to, out),
            Input::DiskFlushed { to } => {
                self.core.log_flushed(to, out);
                self.rewind_complete(out);
            }
            Input::DiskFull => self.rewind_failed("could not write file \"pg_wal\": No space left on device", out),
            Input::Operator(operation @ (Operation::Set(_) | Operation::ApplyRate(_))) => self.operate(operation, out),
            _ => {}
        }
    }

    fn is_rewinding_on(&self, conn: ConnId) -> bool {
        self.rewinding.as_ref().is_some_and(|rewinding| rewinding.conn == conn)
    }

    fn rewind_received(&mut self, message: Message, out: &mut Outbox) {
        let Some(rewinding) = &mut self.rewinding else { return };
        rewinding.heard_at = out.now;
        match message {
            Message::RewindIdentified { timeline, history, end } => {
                self.plan_rewind(&History::of(timeline, history), end, out);
            }
            Message::BackupStarted { timeline, history, total, .. } => {
                rewinding.total = Some(total);
                rewinding.history = History::of(timeline, history);
                rewinding.begun = true;
            }
            Message::BackupData { offset, bytes } if offset == rewinding.parts.len() as u64 => {
                rewinding.parts.extend_from_slice(&bytes);
                out.send(rewinding.conn, Message::BackupAck { bytes: rewinding.received() });
            }
            Message::LogData { bytes, .. } => {
                rewinding.log.extend_from_slice(&bytes);
                out.send(rewinding.conn, Message::BackupAck { bytes: rewinding.received() });
            }
            Message::BackupDone { at, manifest, .. } => {
                out.close(rewinding.conn);
                rewinding.complete = Some((at, manifest));
                if let Err(why) = self.put_together(out) {
                    self.rewind_failed(&why, out);
                }
            }
            Message::BackupRefused { error } => self.rewind_failed(&error, out),
            _ => self.rewind_failed("unexpected result while fetching remote files", out),
        }
        self.arm_rewinding(out);
    }

    /// What the source's control file says decides what there is to do.
    fn plan_rewind(&mut self, source: &History, end: Lsn, out: &mut Outbox) {
        let node = self.core.id;
        let plan = match RewindPlan::find(&self.core, source, end) {
            Ok(plan) => plan,
            Err(why) => {
                self.rewind_failed(&why, out);
                return;
            }
        };
        let Some(rewinding) = &mut self.rewinding else { return };
        let (to, (timeline, fork)) = (rewinding.source, plan.fork);
        let Some(checkpoint) = plan.checkpoint else {
            out.close(rewinding.conn);
            out.trace(What::RewindNotRequired { node, source: to, fork, timeline });
            self.rewinding = None;
            self.follow_after_rewind(to, out);
            return;
        };
        // The target's own database, with all of its log in it: a process that was killed had it in memory only.
        if let Err(why) = self.core.recover(&mut Outbox::default()) {
            self.rewind_failed(&why, out);
            return;
        }
        let Some(rewinding) = &mut self.rewinding else { return };
        out.trace(What::RewindStarted { node, source: to, fork, timeline, checkpoint });
        let mut told = 0;
        let mut discarded = 0;
        for transaction in transactions(&self.core.log, fork) {
            discarded += 1;
            if told < TOLD {
                told += 1;
                let (start, end, txn) = (transaction.start, transaction.end, transaction.txn);
                let what = transaction.changes.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ").into();
                out.trace(What::RewindDiscards { node, txn, start, end, what });
            }
        }
        let (rows, ddl) = changed(&self.core.log, checkpoint);
        let keys = rows.values().map(|keys| keys.len() as u64).sum();
        out.trace(What::RewindListed { node, transactions: discarded, rows: keys, ddl: ddl.len() as u32 });
        let objects = self.core.data.objects();
        let request = Arc::new(RewindRequest { from: checkpoint, rows, ddl, objects });
        rewinding.fork = Some(fork);
        rewinding.request = Some(request.clone());
        out.send(rewinding.conn, Message::RewindFetch(request));
    }

    /// All of it is here: rows in place of those that may differ, then the source's log from the last common checkpoint on.
    fn put_together(&mut self, out: &mut Outbox) -> Result<(), String> {
        let Node { core, rewinding: Some(rewinding), .. } = self else { return Ok(()) };
        let (Some(request), Some((at, manifest)), Some(fork)) =
            (&rewinding.request, &rewinding.complete, rewinding.fork)
        else {
            return Err("unexpected result while fetching remote files".to_owned());
        };
        let parts = Parts::decode(&rewinding.parts).ok_or("unexpected data while fetching remote files")?;
        let (node, end) = (core.id, core.log.end());
        out.trace(What::LogLost { node, from: fork, to: end });
        core.log.cut(request.from);
        core.writer = LogWriter::new();
        core.history = core.history.as_of(request.from);
        core.groups.retain(|group| group.end <= request.from);
        core.redo_points.retain(|redo| *redo <= request.from);
        core.append_received(&rewinding.log, out).map_err(|error| error.to_string())?;
        let (mut gone, rows) = replayed(&core.log, request.from, *at, &request.rows, &parts);
        let replayed = rows.len() as u64;
        for (table, keys) in &request.rows {
            gone.entry(Arc::clone(table)).or_default().extend(keys.iter().cloned());
        }
        let fetched = parts.rows.len() as u64;
        let mut parts = parts;
        parts.rows.extend(rows);
        core.data.patch(&gone, &parts).map_err(|error| error.0)?;
        if core.data.checksum() != manifest.checksum() {
            return Err("what was put together is not what the source has".to_owned());
        }
        let image = core.data.image().map_err(|error| error.0)?;
        let history = rewinding.history.clone();
        core.set_checkpoint(Checkpoint { image, at: *at, history, gtids: Default::default() });
        core.applied = *at;
        let (rows_bytes, log_bytes) = (rewinding.parts.len() as u64, rewinding.log.len() as u64);
        out.trace(What::RewindFetched { node, rows: fetched, replayed, rows_bytes, log_bytes });
        core.flush_log(out);
        self.rewind_complete(out);
        Ok(())
    }

    /// When the log is durable, the server starts as a standby.
    fn rewind_complete(&mut self, out: &mut Outbox) {
        if self.core.log.flushed() < self.core.log.end() {
            return;
        }
        let Some(rewinding) = self.rewinding.take_if(|rewinding| rewinding.complete.is_some()) else { return };
        let (node, at, end) = (self.core.id, self.core.checkpoint.at, self.core.log.end());
        let source = rewinding.source;
        self.slots.clear();
        self.retention = Retention::default();
        out.trace(What::RewindFinished { node, source, at, end, bytes: rewinding.received() });
        self.follow_after_rewind(source, out);
    }

    fn follow_after_rewind(&mut self, source: NodeId, out: &mut Outbox) {
        out.set_timer(Timer::Copying, SimTime::NEVER);
        self.core.fetched_history = None;
        self.role = Role::new(&self.core, self.apply_rate, Some(source));
        out.trace(What::Repointed { node: self.core.id, upstream: source });
        self.start(out);
    }

    /// Nothing was heard for long. `pg_rewind` would wait until TCP gives up; here it is `wal_receiver_timeout`.
    fn rewind_due(&mut self, out: &mut Outbox) {
        match &self.rewinding {
            Some(rewinding) if out.now.since(rewinding.heard_at) >= self.rewind_silence_us() => {
                self.rewind_failed(closed_words(CloseReason::TimedOut), out);
            }
            _ => self.arm_rewinding(out),
        }
    }

    fn rewind_silence_us(&self) -> u64 {
        match self.core.settings.wal_receiver_timeout_us {
            0 => 60 * SECOND_US,
            limit => limit,
        }
    }

    fn arm_rewinding(&self, out: &mut Outbox) {
        if let Some(rewinding) = &self.rewinding {
            let at = rewinding.heard_at.plus(self.rewind_silence_us());
            out.set_timer(Timer::Copying, at.max(out.now.plus(1)));
        }
    }

    /// The process of a rewind ends before it is done. What it had begun to overwrite is of no use to any server.
    pub(super) fn rewind_ends(&mut self) {
        if self.rewinding.take().is_some_and(|rewinding| rewinding.begun) {
            self.dataless = true;
            self.shut_down = false;
            // "the data folder of the target is likely not in a state that can be recovered" (PostgreSQL 15, pg_rewind).
            let error = self.core.error.take();
            let error = error.unwrap_or_else(|| "pg_rewind: error: it was interrupted".into());
            self.core.error = Some(
                format!("{error}\nIts data is likely not in a state that can be recovered: take a new base backup.")
                    .into(),
            );
        }
    }

    fn rewind_failed(&mut self, why: &str, out: &mut Outbox) {
        let Some(rewinding) = &self.rewinding else { return };
        let (node, source, begun) = (self.core.id, rewinding.source, rewinding.begun);
        out.close(rewinding.conn);
        let why: Arc<str> = format!("pg_rewind: error: {why}").into();
        self.core.error = Some(why.clone());
        self.rewind_ends();
        self.rewinding = None;
        self.life = Life::Stopped;
        out.set_timer(Timer::Copying, SimTime::NEVER);
        out.trace(What::RewindFailed { node, source, why, useless: begun });
        out.trace(What::LifeChanged { node, life: Life::Stopped });
    }
}

/// What libpq says of a connection that ended, as `pg_rewind` passes it on.
fn closed_words(reason: CloseReason) -> &'static str {
    match reason {
        CloseReason::Refused => "connection to server failed: Connection refused",
        CloseReason::TimedOut => {
            "unexpected result while fetching remote files: could not receive data from server: Connection timed out"
        }
        CloseReason::Closed | CloseReason::Reset | CloseReason::Disconnected => {
            "unexpected result while fetching remote files: server closed the connection unexpectedly"
        }
    }
}
