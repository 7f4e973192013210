//! The source's side of base backups: a checkpoint's image and the log since, sent over a connection in chunks.
//!
//! As `pg_basebackup -c fast` with a temporary replication slot, which holds back the log from the backup's start on;
//! MySQL's clone plugin ships its image the same way. The log follows the image on the same connection, where
//! `pg_basebackup -X stream` opens a second one.

use std::sync::Arc;

use super::{Checkpoint, Node, RewindRequest};
use crate::engine::facts::Facts;
use crate::engine::flavor::Flavor;
use crate::engine::ids::{Addr, ConnId, NodeId};
use crate::engine::io::{Outbox, Timer};
use crate::engine::log::{Lsn, segment_name};
use crate::engine::message::Message;
use crate::engine::time::SimTime;
use crate::engine::trace::{Life, What};
use crate::order::OrderedMap;

/// One chunk of the image: PostgreSQL's `SINK_BUFFER_LENGTH`.
const CHUNK_BYTES: usize = 32 * 1024;
/// Bytes under way before the source waits: about a socket's buffers.
const WINDOW_BYTES: u64 = 512 * 1024;

/// One backup that is being taken.
#[derive(Clone, Debug)]
struct Backup {
    standby: NodeId,
    /// What is shipped; `None` until the checkpoint that it begins with is complete.
    image: Option<Checkpoint>,
    /// A rewind: what is asked for, and what is sent in place of the image.
    rewind: Option<(Arc<RewindRequest>, Arc<[u8]>)>,
    /// Bytes of the image sent.
    sent: u64,
    /// Log is sent up to here, once the image is; and how many bytes of it that were.
    log: (Lsn, u64),
    /// Where the backup ends: set when the image is sent.
    end: Option<Lsn>,
    acknowledged: u64,
    heard_at: SimTime,
    done: bool,
}

/// All backups that are being taken from one server.
#[derive(Clone, Debug, Default)]
pub struct Backups {
    all: OrderedMap<ConnId, Backup>,
}

impl Backups {
    /// Forgets all: the process died.
    pub fn clear(&mut self) {
        self.all.clear();
    }

    /// A connection ended. Whether it was a backup's.
    pub fn closed(&mut self, conn: ConnId) -> bool {
        self.all.remove(&conn).is_some()
    }
}

impl Node {
    /// Somebody asks for a base backup.
    pub(super) fn backup_requested(&mut self, conn: ConnId, out: &mut Outbox) {
        let Addr::Node(standby) = conn.opener else {
            out.close(conn);
            return;
        };
        if self.life != Life::Running {
            self.refuse_backup(conn, "FATAL:  the database system is starting up", out);
            return;
        }
        if self.core.flavor == Flavor::Postgresql {
            let name = format!("pg_basebackup_{}", Facts::pid(conn));
            let from = Some(self.core.checkpoint.at);
            let most = self.core.settings.max_replication_slots;
            if let Err(error) = self.slots.create(&name, from, Some(conn), most) {
                let hint = error.hint.map(|hint| format!("\nHINT:  {hint}")).unwrap_or_default();
                let error = format!(
                    "could not send replication command \"CREATE_REPLICATION_SLOT \"{name}\" TEMPORARY PHYSICAL \
                     ( RESERVE_WAL)\": ERROR:  {}{hint}",
                    error.message
                );
                self.refuse_backup(conn, &error, out);
                return;
            }
        }
        let backup = Backup {
            standby,
            image: None,
            rewind: None,
            sent: 0,
            log: (Lsn::ZERO, 0),
            end: None,
            acknowledged: 0,
            heard_at: out.now,
            done: false,
        };
        self.backups.all.insert(conn, backup);
        self.arm_backups(out);
        self.checkpoint(out);
    }

    /// A rewind's target asked for what it needs as of `checkpoint`.
    pub(super) fn add_rewind(
        &mut self,
        conn: ConnId,
        request: Arc<RewindRequest>,
        checkpoint: Checkpoint,
        out: &mut Outbox,
    ) {
        let Addr::Node(standby) = conn.opener else { return };
        let backup = Backup {
            standby,
            image: Some(checkpoint),
            log: (request.from, 0),
            rewind: Some((request, Arc::new([]))),
            sent: 0,
            end: None,
            acknowledged: 0,
            heard_at: out.now,
            // Nothing is sent before the log up to there is durable.
            done: true,
        };
        self.backups.all.insert(conn, backup);
        self.arm_backups(out);
    }

    /// More log is durable: the rewinds that waited for it begin.
    pub(super) fn begin_rewinds(&mut self, out: &mut Outbox) {
        let flushed = self.core.log.flushed();
        let waits = |backup: &Backup| {
            let at = backup.image.as_ref().map(|checkpoint| checkpoint.at);
            backup.rewind.is_some() && backup.done && backup.end.is_none() && at.is_some_and(|at| at <= flushed)
        };
        let due: Vec<ConnId> = self.backups.all.iter().filter(|(_, b)| waits(b)).map(|(conn, _)| *conn).collect();
        for conn in due {
            let Some(Backup { image: Some(checkpoint), rewind: Some((request, _)), .. }) = self.backups.all.get(&conn)
            else {
                continue;
            };
            let (timeline, history) = (checkpoint.history.timeline(), checkpoint.history.switches());
            let (at, parts) = (checkpoint.at, self.rewind_parts(request, checkpoint));
            let total = parts.as_ref().map_or(0, |parts| parts.len() as u64);
            out.send(conn, Message::BackupStarted { at, timeline, history, total });
            match parts {
                Ok(parts) => {
                    if let Some(backup) = self.backups.all.get_mut(&conn) {
                        backup.rewind = backup.rewind.take().map(|(request, _)| (request, parts));
                        backup.done = false;
                    }
                    self.send_backup(conn, out);
                }
                Err(error) => {
                    self.backups.all.remove(&conn);
                    self.refuse_backup(conn, &error, out);
                }
            }
        }
    }

    pub(super) fn refuse_backup(&mut self, conn: ConnId, error: &str, out: &mut Outbox) {
        out.send(conn, Message::BackupRefused { error: error.into() });
        out.close(conn);
    }

    /// Ends all backups with an error, as a promotion of their source does.
    pub(super) fn end_backups(&mut self, error: &str, out: &mut Outbox) {
        for conn in std::mem::take(&mut self.backups).all.into_keys() {
            self.refuse_backup(conn, error, out);
            self.slots.release(conn);
        }
    }

    /// A checkpoint is complete: the backups that waited for it begin.
    pub(super) fn begin_backups(&mut self, out: &mut Outbox) {
        let Node { core, backups, .. } = self;
        for (conn, backup) in backups.all.iter_mut().filter(|(_, backup)| backup.image.is_none()) {
            let Checkpoint { image, at, history, gtids } = core.checkpoint.clone();
            let total = image.len();
            out.trace(What::BackupStarted { source: core.id, node: backup.standby, at, bytes: total });
            let (timeline, switches) = (history.timeline(), history.switches());
            out.send(*conn, Message::BackupStarted { at, timeline, history: switches, total });
            backup.log = (at, 0);
            backup.image = Some(Checkpoint { image, at, history, gtids });
        }
        let conns: Vec<ConnId> = self.backups.all.keys().copied().collect();
        for conn in conns {
            self.send_backup(conn, out);
        }
    }

    /// The other side has so much of it.
    pub(super) fn backup_acknowledged(&mut self, conn: ConnId, bytes: u64, out: &mut Outbox) {
        if let Some(backup) = self.backups.all.get_mut(&conn) {
            backup.acknowledged = bytes;
            backup.heard_at = out.now;
            self.send_backup(conn, out);
        }
    }

    /// Sends what the window allows.
    fn send_backup(&mut self, conn: ConnId, out: &mut Outbox) {
        let Node { core, backups, .. } = self;
        let Some(backup) = backups.all.get_mut(&conn) else { return };
        let Some(Checkpoint { image, at, gtids, .. }) = &backup.image else { return };
        while !backup.done && (backup.sent + backup.log.1).saturating_sub(backup.acknowledged) < WINDOW_BYTES {
            let content = backup.rewind.as_ref().map_or(image.bytes(), |(_, parts)| parts);
            let rest = usize::try_from(backup.sent).ok().and_then(|sent| content.get(sent..)).unwrap_or_default();
            if !rest.is_empty() {
                let bytes: Arc<[u8]> = rest[..rest.len().min(CHUNK_BYTES)].into();
                let offset = backup.sent;
                backup.sent += bytes.len() as u64;
                out.send(conn, Message::BackupData { offset, bytes });
                continue;
            }
            // Its end is where the log ends when the image is through, as pg_backup_stop() says.
            // A MySQL server has a log of its own: it asks for what its copy lacks by GTIDs.
            let end = match core.flavor {
                Flavor::Postgresql => *backup.end.get_or_insert(core.log.flushed()),
                Flavor::Mysql => *at,
            };
            let bytes = core.log.read(backup.log.0, end, CHUNK_BYTES);
            if bytes.is_empty() && backup.log.0 < end {
                // No slot holds log back for a rewind.
                let name =
                    segment_name(core.history.at(backup.log.0), backup.log.0, core.settings.wal_segment_size_bytes);
                self.backups.all.remove(&conn);
                self.refuse_backup(
                    conn,
                    &format!("could not open file \"pg_wal/{name}\": No such file or directory"),
                    out,
                );
                return;
            }
            if bytes.is_empty() {
                backup.done = true;
                let (manifest, gtids) = (Box::new(image.manifest()), Arc::new(gtids.clone()));
                out.send(conn, Message::BackupDone { at: *at, end, manifest, gtids });
                continue;
            }
            let start = backup.log.0;
            backup.log = (start.plus(bytes.len()), backup.log.1 + bytes.len() as u64);
            let (timeline, sent_at) = (core.history.at(start), out.now);
            out.send(conn, Message::LogData { timeline, start, bytes, end_of_log: end, sent_at });
        }
    }

    /// Backups whose other side was silent for `wal_sender_timeout` end.
    pub(super) fn backups_due(&mut self, out: &mut Outbox) {
        let timeout_us = self.core.settings.wal_sender_timeout_us;
        let silent = |backup: &Backup| timeout_us > 0 && out.now.since(backup.heard_at) >= timeout_us;
        let gone: Vec<ConnId> = self.backups.all.iter().filter(|(_, b)| silent(b)).map(|(conn, _)| *conn).collect();
        for conn in gone {
            out.close(conn);
            self.backups.closed(conn);
            self.slots.release(conn);
        }
        self.arm_backups(out);
    }

    fn arm_backups(&self, out: &mut Outbox) {
        let timeout_us = self.core.settings.wal_sender_timeout_us;
        let oldest = self.backups.all.values().map(|backup| backup.heard_at).min();
        if let Some(at) = oldest.filter(|_| timeout_us > 0) {
            out.set_timer(Timer::Backups, at.plus(timeout_us).max(out.now.plus(1)));
        }
    }
}
