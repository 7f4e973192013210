//! What every server has, whatever its role: identity, settings, the applied database, the log, the timeline.

use std::collections::VecDeque;
use std::sync::Arc;

use super::binlog::Binlog;
use super::configuration::Configuration;
use super::disk::LogWriter;
use crate::engine::flavor::Flavor;
use crate::engine::gtid::{Gtid, GtidSet, server_uuid};
use crate::engine::ids::{Addr, ClientId, ConnId, NodeId, TxnId};
use crate::engine::io::Outbox;
use crate::engine::log::{Body, Commit, History, Log, Lsn, RecordError, Timeline, record};
use crate::engine::settings::{Settings, SynchronousCommit};
use crate::engine::storage::{Database, Image};
use crate::engine::time::SimTime;
use crate::engine::trace::What;
use crate::order::OrderedMap;

/// The newest record groups that a server remembers: twice as many as are shown, since a rewind or a full disk takes
/// the last of them away.
const GROUPS: usize = 24;

/// One transaction's records in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Group {
    /// First byte.
    pub start: Lsn,
    /// First byte after it.
    pub end: Lsn,
    /// Whose it is.
    pub txn: Option<TxnId>,
    /// MySQL: its identifier.
    pub gtid: Option<Gtid>,
}

/// A database image that recovery can begin from.
#[derive(Clone, Debug)]
pub struct Checkpoint {
    /// The database with everything before `at` in it, and nothing else.
    pub image: Image,
    /// Where replay begins.
    pub at: Lsn,
    /// The timeline at that point.
    pub history: History,
    /// MySQL: what is in the image by GTIDs.
    pub gtids: GtidSet,
}

/// What every server has.
#[derive(Clone, Debug)]
pub struct Core {
    /// Who.
    pub id: NodeId,
    /// Its name: its `application_name`, too.
    pub name: Arc<str>,
    /// Whose rules it follows.
    pub flavor: Flavor,
    /// Its settings in force.
    pub settings: Settings,
    /// What its configuration files say, which may not be in force yet.
    pub configuration: Configuration,
    /// When its process began.
    pub started_at: SimTime,
    /// The database with the log applied: what readers see.
    pub data: Database,
    /// Everything before this position is in `data` (on a primary: all but what is not yet visible).
    pub applied: Lsn,
    /// The log.
    pub log: Log,
    /// Its writer.
    pub writer: LogWriter,
    /// What commits of a client's sessions wait for, where that is set for the client (`ALTER ROLE … SET`).
    pub roles: OrderedMap<ClientId, SynchronousCommit>,
    /// MySQL: what it knows of its log beside the bytes.
    pub binlog: Option<Binlog>,
    /// The names of all servers by number, as a hosts file has them.
    pub hosts: Arc<[Arc<str>]>,
    /// How it came to its timeline.
    pub history: History,
    /// Where recovery begins.
    pub checkpoint: Checkpoint,
    /// Where earlier checkpoints begin whose log may still be there, the last one's among them; oldest first.
    pub redo_points: Vec<Lsn>,
    /// The newest record groups.
    pub groups: VecDeque<Group>,
    /// The history of a timeline that its upstream is on and it is not: a `.history` file that it fetched.
    pub fetched_history: Option<History>,
    /// What stops it, in the server's words.
    pub error: Option<Arc<str>>,
    connections: u32,
}

impl Core {
    /// What it calls itself as a standby, which the synchronous rule goes by.
    pub fn application_name(&self) -> Arc<str> {
        match self.settings.cluster_name.as_str() {
            "" => self.name.clone(),
            name => name.into(),
        }
    }

    /// A server whose database is `image` at `at`.
    pub fn new(
        id: NodeId,
        name: Arc<str>,
        flavor: Flavor,
        settings: Settings,
        data: Database,
        checkpoint: Checkpoint,
    ) -> Self {
        let binlog = (flavor == Flavor::Mysql)
            .then(|| Binlog::new(server_uuid(id), checkpoint.at, checkpoint.gtids.clone(), SimTime::ZERO));
        Core {
            id,
            name,
            flavor,
            configuration: Configuration::new(&settings),
            started_at: SimTime::ZERO,
            settings,
            data,
            roles: OrderedMap::new(),
            binlog,
            hosts: Arc::new([]),
            applied: checkpoint.at,
            log: Log::new(checkpoint.at),
            writer: LogWriter::new(),
            history: checkpoint.history.clone(),
            redo_points: vec![checkpoint.at],
            checkpoint,
            groups: VecDeque::new(),
            fetched_history: None,
            error: None,
            connections: 0,
        }
    }

    /// MySQL: begins a binary log of its own behind the checkpoint's image, all of which counts as purged.
    pub fn begin_binlog(&mut self, now: SimTime) {
        if let Some(binlog) = &mut self.binlog {
            *binlog = Binlog::new(binlog.uuid, self.checkpoint.at, self.checkpoint.gtids.clone(), now);
        }
    }

    /// A checkpoint is complete: recovery begins there from now on.
    pub fn set_checkpoint(&mut self, checkpoint: Checkpoint) {
        let (start, at) = (self.log.start(), checkpoint.at);
        self.redo_points.retain(|redo| (start..at).contains(redo));
        self.redo_points.push(at);
        self.checkpoint = checkpoint;
    }

    /// The timeline that is being written.
    #[must_use]
    pub fn timeline(&self) -> Timeline {
        self.history.timeline()
    }

    /// Whether clients without special rights may not write: `read_only` or `super_read_only`.
    #[must_use]
    pub fn read_only(&self) -> bool {
        self.settings.mysql.read_only || self.settings.mysql.super_read_only
    }

    /// Sets both switches, for good: tools use `SET PERSIST`, so that a server comes back as they left it.
    pub fn set_read_only(&mut self, on: bool) {
        let mysql = &mut self.settings.mysql;
        (mysql.read_only, mysql.super_read_only) = (on, on);
        for name in ["read_only", "super_read_only"] {
            // The names are known, and a Boolean is a value.
            let _ = self.configuration.alter(name, Some(if on { "ON" } else { "OFF" }));
        }
    }

    /// What a commit of this client waits for, unless its session or transaction says otherwise.
    #[must_use]
    pub fn level_of(&self, client: ClientId) -> SynchronousCommit {
        self.roles.get(&client).copied().unwrap_or(self.settings.synchronous_commit)
    }

    /// Another server's name.
    #[must_use]
    pub fn host(&self, node: NodeId) -> Arc<str> {
        self.hosts.get(usize::from(node.0)).cloned().unwrap_or_else(|| "?".into())
    }

    /// Begins a new binary log file when the present one is full (`max_binlog_size`).
    pub fn rotate_if_full(&mut self, out: &mut Outbox) {
        let limit = self.settings.mysql.max_binlog_size_bytes;
        if self.binlog.as_ref().is_some_and(|binlog| binlog.file_is_full(&self.log, limit)) {
            self.rotate_binlog(out);
        }
    }

    /// Begins a new binary log file, and removes those that have expired, which happens at no other time.
    pub fn rotate_binlog(&mut self, out: &mut Outbox) {
        let Some(binlog) = &mut self.binlog else { return };
        binlog.rotate(&self.log, out.now);
        if let Some(file) = binlog.files().next_back() {
            out.trace(What::BinlogRotated { node: self.id, number: file.number });
        }
        let expire_us = self.settings.mysql.binlog_expire_logs_us;
        if expire_us > 0 && out.now.0 > expire_us {
            let expired = binlog.closed_before(SimTime(out.now.0 - expire_us));
            // What is in use goes another time; the server says nothing of it to anybody.
            let _ = self.purge_binlog(expired, out);
        }
    }

    /// Removes the oldest binary log files, up to one that a replica is being sent. Gives the warning, where there is one.
    pub fn purge_binlog(&mut self, files: usize, out: &mut Outbox) -> Option<String> {
        let binlog = self.binlog.as_mut()?;
        for purged in 0..files {
            let first = binlog.files().next()?;
            let (name, readers) = (first.name(), binlog.readers_of(first.number));
            if readers > 0 {
                // ER_WARN_PURGE_LOG_IN_USE.
                return Some(format!(
                    "Warning 1867: file ./{name} was not purged because it was being read by {readers} thread(s), purged \
                     only {purged} out of {files} files."
                ));
            }
            let (removed, start) = binlog.remove_oldest()?;
            out.trace(What::BinlogPurged { node: self.id, number: removed.number });
            // Our crash recovery reads the same bytes from the last checkpoint on; InnoDB has a log of its own for it.
            self.log.remove_before(start.min(self.checkpoint.at));
        }
        None
    }

    /// Opens a connection to another server.
    pub fn connect(&mut self, to: NodeId, out: &mut Outbox) -> ConnId {
        self.connections += 1;
        let conn = ConnId { opener: Addr::Node(self.id), number: self.connections };
        out.open(conn, Addr::Node(to));
        conn
    }

    /// Asks that all of the log be made durable.
    pub fn flush_log(&mut self, out: &mut Outbox) {
        self.writer.flush(self.log.end(), &self.log, out);
    }

    /// Asks that all of the log be handed to the operating system.
    pub fn write_log(&mut self, out: &mut Outbox) {
        self.writer.write(self.log.end(), &self.log, out);
    }

    /// Appends one whole group and remembers it.
    pub fn append_group(&mut self, bytes: &[u8], txn: Option<TxnId>, gtid: Option<Gtid>) -> Group {
        let start = self.log.end();
        self.log.append(bytes);
        let group = Group { start, end: self.log.end(), txn, gtid };
        self.remember(group);
        group
    }

    /// Remembers a group for the strip.
    pub fn remember(&mut self, group: Group) {
        if self.groups.len() == GROUPS {
            self.groups.pop_front();
        }
        self.groups.push_back(group);
    }

    /// Takes log that arrived from upstream, if it is what comes next and is sound.
    ///
    /// # Errors
    /// The first record that is not sound; the log is untouched then.
    pub fn append_received(&mut self, bytes: &[u8], out: &mut Outbox) -> Result<(), RecordError> {
        let start = self.log.end();
        let mut at = start;
        // Of many only the newest are remembered.
        let mut groups = VecDeque::with_capacity(GROUPS);
        let mut group = |group| {
            if groups.len() == GROUPS {
                groups.pop_front();
            }
            groups.push_back(group);
        };
        let mut switches = Vec::new();
        while let Some(rest) = bytes.get(at.bytes_since(start) as usize..).filter(|rest| !rest.is_empty()) {
            let length = record::verify(rest, at)?;
            let end = at.plus(length);
            if let Some(commit) = record::peek_commit(&rest[..length]) {
                group(Group { start: commit.first, end, txn: commit.txn, gtid: commit.gtid });
            } else if let Some((_, timeline)) = record::peek_new_timeline(&rest[..length]) {
                switches.push((timeline, at));
                group(Group { start: at, end, txn: None, gtid: None });
            }
            at = end;
        }
        self.log.append(bytes);
        groups.into_iter().for_each(|group| self.remember(group));
        for (timeline, at) in switches {
            self.history.switch(timeline, at);
            out.trace(What::TimelineFollowed { node: self.id, timeline, at });
        }
        Ok(())
    }

    /// What the process loses when it dies: everything that is not on disk (or with the operating system, up to
    /// `surviving`). The database in memory is gone until recovery rebuilds it.
    pub fn lose_memory(&mut self, surviving: Lsn, out: &mut Outbox) {
        let end = self.log.end();
        if surviving < end {
            out.trace(What::LogLost { node: self.id, from: surviving, to: end });
        }
        self.log.cut(surviving);
        self.log.set_written(self.log.end());
        self.writer = LogWriter::new();
        if let Some(binlog) = &mut self.binlog {
            binlog.cut(surviving, &self.checkpoint.gtids);
        }
    }

    /// Rebuilds the database from the checkpoint and the surviving log, as crash recovery does. Returns the number of
    /// transactions replayed.
    ///
    /// # Errors
    /// In the server's words, when the image or a sound record cannot be applied.
    pub fn recover(&mut self, out: &mut Outbox) -> Result<u64, String> {
        out.trace(What::RecoveryStarted { node: self.id, checkpoint: self.checkpoint.at, end: self.log.end() });
        let end = self.sound_end(out);
        self.log.cut(end);
        self.log.set_written(end);
        self.log.set_flushed(end);
        self.data.restore(&self.checkpoint.image).map_err(|e| e.to_string())?;
        self.history = self.checkpoint.history.clone();
        self.groups.clear();
        self.applied = self.checkpoint.at;
        if let Some(binlog) = &mut self.binlog {
            binlog.cut(end, &self.checkpoint.gtids);
        }
        let mut replayed = 0;
        // A clone shares the bytes; all records at once would be some megabytes in one piece.
        let log = self.log.clone();
        let mut changes = Vec::new();
        for record in log.records(self.checkpoint.at).map_while(Result::ok) {
            match record.body {
                Body::Change(change) => changes.push((record.start, change)),
                Body::Commit(commit) => {
                    let redo = self.binlog.as_ref().and_then(|binlog| binlog.redo(record.end));
                    match redo {
                        Some(redo) => {
                            changes.clear();
                            self.data.apply_all(&redo).map_err(|(_, error)| error.to_string())?;
                        }
                        None => apply_group(&mut self.data, &mut changes, &commit)?,
                    }
                    if let (Some(binlog), Some(gtid)) = (&mut self.binlog, commit.gtid) {
                        binlog.log(gtid);
                        binlog.execute(gtid);
                    }
                    let Commit { first: start, txn, gtid, .. } = commit;
                    self.remember(Group { start, end: record.end, txn, gtid });
                    self.applied = record.end;
                    replayed += 1;
                }
                Body::NewTimeline { timeline, .. } => {
                    changes.clear();
                    self.history.switch(timeline, record.start);
                    self.applied = record.end;
                }
            }
        }
        Ok(replayed)
    }

    /// Whether a standby can recover onto the newest timeline that it knows of: recovery looks for it among the history
    /// files on its disk, and does not start where its own log goes past the fork.
    ///
    /// # Errors
    /// In the server's words (`StartupXLOG`, PostgreSQL 15).
    pub fn can_recover(&self) -> Result<(), String> {
        let Some(known) = self.fetched_history.as_ref().filter(|known| known.timeline() > self.timeline()) else {
            return Ok(());
        };
        let (newest, mine) = (known.timeline(), self.timeline());
        let left = known.left(mine).unwrap_or(Lsn::ZERO);
        if self.checkpoint.at > left {
            return Err(format!(
                "requested timeline {newest} is not a child of this server's history\nDETAIL:  Latest checkpoint is at \
                 {} on timeline {mine}, but in the history of the requested timeline, the server forked off from that \
                 timeline at {left}.",
                self.checkpoint.at
            ));
        }
        match self.log.end() > left {
            true => Err(format!(
                "requested timeline {newest} does not contain minimum recovery point {} on timeline {mine}",
                self.log.end()
            )),
            false => Ok(()),
        }
    }

    /// Whether what stops it is log past the point where its upstream's timeline forked.
    #[must_use]
    pub fn is_past_the_fork(&self) -> bool {
        let words = ["forked", "does not contain minimum recovery point"];
        self.error.as_ref().is_some_and(|error| words.iter().any(|words| error.contains(words)))
    }

    /// The end of the last sound record; says so when something follows it.
    fn sound_end(&self, out: &mut Outbox) -> Lsn {
        let mut end = self.checkpoint.at;
        for record in self.log.records(self.checkpoint.at) {
            match record {
                Ok(record) => end = record.end,
                Err(_) => {
                    out.trace(What::TornRecord { node: self.id, at: end });
                    break;
                }
            }
        }
        end
    }

    /// Sets the database's clock.
    pub fn set_clock(database: &mut Database, now: SimTime) {
        database.set_now(EPOCH_US + now.0 as i64);
    }
}

/// What virtual time 0 is for SQL: 2026-01-01 00:00:00 UTC, in microseconds since 1970.
pub const EPOCH_US: i64 = 1_767_225_600_000_000;

/// Applies the changes that belong to `commit` and forgets all that were collected.
///
/// # Errors
/// The applier's error, in the server's words.
pub fn apply_group(
    data: &mut Database,
    changes: &mut Vec<(Lsn, crate::engine::storage::Change)>,
    commit: &Commit,
) -> Result<(), String> {
    for (at, change) in changes.drain(..) {
        // Records before `first` belong to a group that was torn and never committed.
        if at >= commit.first {
            data.apply(&change).map_err(|e| e.to_string())?;
        }
    }
    Ok(())
}
