//! The other side of a base backup: a machine without a database gets one from a running server, and starts on it.

use std::sync::Arc;

use super::disk::LogWriter;
use super::{Checkpoint, Node, Retention, Role};
use crate::engine::flavor::Flavor;
use crate::engine::gtid::GtidSet;
use crate::engine::ids::{ConnId, NodeId};
use crate::engine::io::{Input, Operation, Outbox, Timer};
use crate::engine::log::{History, Log, Lsn};
use crate::engine::message::Message;
use crate::engine::storage::{Image, Manifest};
use crate::engine::time::{SECOND_US, SimTime};
use crate::engine::trace::{CloseReason, Life, What};

/// A copy under way.
#[derive(Clone, Debug)]
pub struct Copying {
    /// Where it comes from.
    pub source: NodeId,
    /// The image so far.
    image: Vec<u8>,
    /// Bytes of the image altogether; `None` until the source has begun.
    pub total: Option<u64>,
    /// Bytes of log that followed.
    log_bytes: u64,
    conn: ConnId,
    history: History,
    complete: Option<(Lsn, Lsn, Box<Manifest>, Arc<GtidSet>)>,
    heard_at: SimTime,
}

impl Copying {
    /// Bytes of the image that have arrived.
    #[must_use]
    pub fn received(&self) -> u64 {
        self.image.len() as u64
    }
}

impl Node {
    /// Whether there is a database: not while one is copied here, nor after a copy that failed.
    #[must_use]
    pub fn has_database(&self) -> bool {
        !self.dataless
    }

    /// The copy under way.
    #[must_use]
    pub fn copying(&self) -> Option<&Copying> {
        self.copying.as_deref()
    }

    /// Throws away what is here and begins to copy another server. Its process is not running. `empty` is a database
    /// with nothing in it.
    pub fn copy_from(&mut self, source: NodeId, empty: Image, out: &mut Outbox) {
        let core = &mut self.core;
        if core.flavor == Flavor::Mysql && matches!(self.role, Role::Primary(_)) {
            core.set_read_only(true);
        }
        // An image that was just taken can be restored.
        let _ = core.data.restore(&empty);
        core.log = Log::new(Lsn::ZERO);
        core.writer = LogWriter::new();
        core.applied = Lsn::ZERO;
        core.history = History::default();
        core.checkpoint =
            Checkpoint { image: empty, at: Lsn::ZERO, history: History::default(), gtids: GtidSet::default() };
        core.begin_binlog(out.now);
        core.groups.clear();
        core.error = None;
        core.fetched_history = None;
        self.slots.clear();
        self.retention = Retention::default();
        self.role = Role::new(&self.core, self.apply_rate, Some(source));
        self.dataless = true;
        self.life = Life::Copying;
        let node = self.core.id;
        out.trace(What::LifeChanged { node, life: Life::Copying });
        out.trace(What::BackupRequested { node, source });
        let conn = self.core.connect(source, out);
        self.copying = Some(Box::new(Copying {
            source,
            image: Vec::new(),
            total: None,
            log_bytes: 0,
            conn,
            history: History::default(),
            complete: None,
            heard_at: out.now,
        }));
        self.arm_copying(out);
    }

    /// What a server does that is being copied: nothing but that.
    pub(super) fn handle_copying(&mut self, input: Input, out: &mut Outbox) {
        match input {
            Input::Opened { conn } if self.is_copying_on(conn) => out.send(conn, Message::StartBackup),
            Input::Closed { conn, reason } if self.is_copying_on(conn) => {
                let complete = self.copying.as_ref().is_some_and(|copying| copying.complete.is_some());
                if !complete {
                    self.copy_failed(closed_words(self.core.flavor, reason), out);
                }
            }
            Input::Received { conn, message } if self.is_copying_on(conn) => self.copy_received(message, out),
            Input::Received { conn, .. } | Input::Accepted { conn } => out.close(conn),
            Input::Timer(Timer::Copying) => self.copy_due(out),
            Input::DiskWritten { to } => self.core.log_written(to, out),
            Input::DiskFlushed { to } => {
                self.core.log_flushed(to, out);
                self.copy_complete(out);
            }
            Input::DiskFull => {
                self.copy_failed("could not write to file \"pg_wal\": No space left on device", out);
            }
            Input::Operator(Operation::Repoint(upstream)) => match &mut self.role {
                Role::Replica(replica) => replica.upstream = Some(upstream),
                Role::MysqlReplica(replica) => replica.channel.source = upstream,
                Role::Primary(_) => {}
            },
            Input::Operator(operation @ (Operation::Set(_) | Operation::ApplyRate(_))) => self.operate(operation, out),
            _ => {}
        }
    }

    fn is_copying_on(&self, conn: ConnId) -> bool {
        self.copying.as_ref().is_some_and(|copying| copying.conn == conn)
    }

    fn copy_received(&mut self, message: Message, out: &mut Outbox) {
        let Node { core, copying: Some(copying), .. } = self else { return };
        copying.heard_at = out.now;
        match message {
            Message::BackupStarted { at, timeline, history, total } => {
                copying.total = Some(total);
                copying.history = History::of(timeline, history);
                core.history = copying.history.clone();
                core.log = Log::new(at);
            }
            Message::BackupData { offset, bytes } if offset == copying.received() => {
                copying.image.extend_from_slice(&bytes);
                acknowledge(copying, out);
            }
            Message::LogData { start, bytes, .. } if start == core.log.end() => {
                if let Err(error) = core.append_received(&bytes, out) {
                    self.copy_failed(&format!("could not receive data from WAL stream: {error}"), out);
                    return;
                }
                copying.log_bytes += bytes.len() as u64;
                acknowledge(copying, out);
            }
            Message::BackupDone { at, end, manifest, gtids } => {
                out.close(copying.conn);
                copying.complete = Some((at, end, manifest, gtids));
                self.core.flush_log(out);
                self.copy_complete(out);
            }
            Message::BackupRefused { error } => self.copy_failed(&error, out),
            _ => self.copy_failed("could not read COPY data: unexpected message", out),
        }
        self.arm_copying(out);
    }

    /// When all of it is here and durable, the server starts on it.
    fn copy_complete(&mut self, out: &mut Outbox) {
        let Some(copying) = self
            .copying
            .take_if(|copying| copying.complete.is_some() && self.core.log.flushed() == self.core.log.end())
        else {
            return;
        };
        let Copying { source, image, history, complete: Some((at, end, manifest, gtids)), .. } = *copying else {
            return;
        };
        let bytes = image.len() as u64;
        let Some(image) = Image::assemble(image, &manifest) else {
            self.copying = None;
            self.stop_copying("backup is incomplete: its size is not that of the manifest", source, out);
            return;
        };
        self.core.redo_points.clear();
        self.core.set_checkpoint(Checkpoint { image, at, history, gtids: (*gtids).clone() });
        // A MySQL server's own log begins here; it has executed, and purged, what the image holds.
        self.core.begin_binlog(out.now);
        self.dataless = false;
        out.set_timer(Timer::Copying, SimTime::NEVER);
        out.trace(What::BackupFinished { node: self.core.id, source, at, end, bytes });
        self.start(out);
    }

    /// Nothing was heard for long. `pg_basebackup` would wait until TCP gives up; here it is `wal_receiver_timeout`.
    fn copy_due(&mut self, out: &mut Outbox) {
        let limit_us = self.silence_us();
        match &self.copying {
            Some(copying) if out.now.since(copying.heard_at) >= limit_us => {
                out.close(copying.conn);
                self.copy_failed(closed_words(self.core.flavor, CloseReason::TimedOut), out);
            }
            _ => self.arm_copying(out),
        }
    }

    fn silence_us(&self) -> u64 {
        match self.core.settings.wal_receiver_timeout_us {
            0 => 60 * SECOND_US,
            limit => limit,
        }
    }

    fn arm_copying(&self, out: &mut Outbox) {
        if let Some(copying) = &self.copying {
            out.set_timer(Timer::Copying, copying.heard_at.plus(self.silence_us()).max(out.now.plus(1)));
        }
    }

    fn copy_failed(&mut self, why: &str, out: &mut Outbox) {
        if let Some(copying) = self.copying.take() {
            out.close(copying.conn);
            self.stop_copying(why, copying.source, out);
        }
    }

    /// The copy is given up: what arrived is removed, as `pg_basebackup` does, and no server runs here.
    fn stop_copying(&mut self, why: &str, source: NodeId, out: &mut Outbox) {
        let tool = match self.core.flavor {
            Flavor::Postgresql => "pg_basebackup: error: ",
            Flavor::Mysql => "Clone Donor Error: ",
        };
        let why: Arc<str> = format!("{tool}{why}").into();
        let node = self.core.id;
        self.core.error = Some(why.clone());
        self.core.log = Log::new(Lsn::ZERO);
        self.core.writer = LogWriter::new();
        self.core.groups.clear();
        self.core.history = History::default();
        self.life = Life::Stopped;
        out.set_timer(Timer::Copying, SimTime::NEVER);
        out.trace(What::BackupFailed { node, source, why });
        out.trace(What::LifeChanged { node, life: Life::Stopped });
    }
}

fn acknowledge(copying: &Copying, out: &mut Outbox) {
    let bytes = copying.received() + copying.log_bytes;
    out.send(copying.conn, Message::BackupAck { bytes });
}

/// What `pg_basebackup` (libpq) and MySQL's clone plugin say of a connection that ended.
fn closed_words(flavor: Flavor, reason: CloseReason) -> &'static str {
    match (flavor, reason) {
        (Flavor::Mysql, CloseReason::Refused) => "2003 : Can't connect to MySQL server.",
        (Flavor::Mysql, _) => "2013 : Lost connection to MySQL server during query.",
        (_, CloseReason::Refused) => "connection to server failed: Connection refused",
        (_, CloseReason::TimedOut) => {
            "could not read COPY data: could not receive data from server: Connection timed out"
        }
        (_, CloseReason::Closed | CloseReason::Reset | CloseReason::Disconnected) => {
            "could not read COPY data: server closed the connection unexpectedly"
        }
    }
}
