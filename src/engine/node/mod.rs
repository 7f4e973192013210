//! One database server: storage, log, and the role it plays. `handle` an input, then drain the outbox.

mod applier;
mod backup;
mod binlog;
mod binlog_commit;
mod binlog_text;
mod channel;
mod configuration;
mod copying;
pub mod core;
mod disk;
mod dump;
mod execute;
mod facts;
mod facts_mysql;
mod full_disk;
mod implicit_commit;
mod locks;
mod mysql;
mod mysql_session;
mod primary;
mod query;
mod replica;
mod retention;
mod sender;
mod session;
mod show_mysql;
mod slot_calls;
mod slots;
mod statement;
mod waits;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

pub use self::core::{Checkpoint, Core, EPOCH_US, Group};
pub use applier::MysqlReplica;
use backup::Backups;
pub use binlog::{Binlog, BinlogFile, BinlogPosition};
use binlog_commit::tell_semi_sync;
pub use channel::{Channel, ChannelError, RelayTransaction};
pub use copying::Copying;
pub use dump::{Dump, Dumps};
pub use primary::{Primary, candidate};
pub use replica::{Receiver, Replica};
pub use retention::{Retention, WalStatus};
pub use sender::{Sender, SenderState, Senders};
use session::Session;
pub use slots::{Slot, Slots};

use crate::engine::commit::{BinlogStage, CommitRule, PendingCommit};
use crate::engine::flavor::Flavor;
use crate::engine::gtid::GtidSet;
use crate::engine::ids::{ConnId, NodeId};
use crate::engine::io::{Input, Operation, Outbox, Output, Timer};
use crate::engine::log::{Lsn, Timeline, record};
use crate::engine::message::Message;
use crate::engine::settings::Settings;
use crate::engine::time::{MILLISECOND_US, SimTime};
use crate::engine::trace::{Life, What};

/// A server process needs this long to start, in microseconds, before it replays.
const STARTUP_US: u64 = 200 * MILLISECOND_US;

/// What a server is.
#[derive(Clone, Debug)]
pub enum Role {
    /// Takes writes, and follows nobody.
    Primary(Box<Primary>),
    /// PostgreSQL: recovers for ever from an upstream's log, and so takes no writes.
    Replica(Box<Replica>),
    /// MySQL: applies a source's transactions beside its own sessions.
    MysqlReplica(Box<MysqlReplica>),
}

impl Role {
    fn new(core: &Core, apply_rate: Option<u32>, upstream: Option<NodeId>) -> Role {
        match (upstream, core.flavor) {
            (None, _) => Role::Primary(Box::new(Primary::new(&core.data))),
            (Some(upstream), Flavor::Postgresql) => Role::Replica(Box::new(Replica::new(upstream, apply_rate))),
            (Some(upstream), Flavor::Mysql) => Role::MysqlReplica(Box::new(MysqlReplica {
                writer: Primary::new(&core.data),
                channel: Channel::new(upstream, apply_rate),
            })),
        }
    }

    /// What executes statements that write, where the server can.
    #[must_use]
    pub fn writer(&self) -> Option<&Primary> {
        match self {
            Role::Primary(writer) => Some(writer),
            Role::MysqlReplica(replica) => Some(&replica.writer),
            Role::Replica(_) => None,
        }
    }

    /// The same, to change it.
    pub fn writer_mut(&mut self) -> Option<&mut Primary> {
        match self {
            Role::Primary(writer) => Some(writer),
            Role::MysqlReplica(replica) => Some(&mut replica.writer),
            Role::Replica(_) => None,
        }
    }

    /// Whether log is coming in.
    #[must_use]
    pub fn streaming(&self) -> bool {
        match self {
            Role::Primary(_) => false,
            Role::Replica(replica) => replica.streaming(),
            Role::MysqlReplica(replica) => replica.channel.streaming(),
        }
    }

    /// Whom the server follows.
    #[must_use]
    pub fn upstream(&self) -> Option<NodeId> {
        match self {
            Role::Primary(_) => None,
            Role::Replica(replica) => Some(replica.upstream),
            Role::MysqlReplica(replica) => Some(replica.channel.source),
        }
    }
}

/// One database server.
#[derive(Clone, Debug)]
pub struct Node {
    /// What it has whatever its role.
    pub core: Core,
    /// What it is.
    pub role: Role,
    /// The standbys it sends its log to.
    pub senders: Senders,
    /// MySQL: the replicas it sends its binary log to.
    pub dumps: Dumps,
    /// Whether its process runs, and how.
    pub life: Life,
    /// Whether it is shutting down, after which another server is the primary.
    shutting_down: bool,
    /// MySQL: whether it was said that it refuses writes.
    told_read_only: bool,
    /// Its replication slots.
    pub slots: Slots,
    retention: Retention,
    backups: Backups,
    copying: Option<Box<Copying>>,
    dataless: bool,
    sessions: BTreeMap<ConnId, Session>,
    ready: VecDeque<ConnId>,
    apply_rate: Option<u32>,
    checkpoint_wanted: Option<Checkpoint>,
    /// What the timer of lock waits is set to.
    lock_timer: SimTime,
}

impl Node {
    /// A server; a standby when it has an upstream.
    #[must_use]
    pub fn new(core: Core, apply_rate: Option<u32>, upstream: Option<NodeId>) -> Self {
        let role = Role::new(&core, apply_rate, upstream);
        Node {
            core,
            role,
            senders: Senders::default(),
            dumps: Dumps::default(),
            life: Life::Running,
            shutting_down: false,
            told_read_only: false,
            slots: Slots::default(),
            retention: Retention::default(),
            backups: Backups::default(),
            copying: None,
            dataless: false,
            sessions: BTreeMap::new(),
            ready: VecDeque::new(),
            apply_rate,
            checkpoint_wanted: None,
            lock_timer: SimTime::NEVER,
        }
    }

    /// Begins to serve, at the start of a run or when it joins.
    pub fn begin(&mut self, out: &mut Outbox) {
        self.life = Life::Running;
        if self.core.started_at == SimTime::ZERO {
            self.core.started_at = out.now;
        }
        out.set_timer(Timer::Checkpoint, out.now.plus(self.core.settings.checkpoint_timeout_us));
        self.configure(out);
        match &mut self.role {
            Role::Primary(_) => self.tell_primary(out),
            Role::Replica(replica) => {
                replica.connect(&mut self.core, out);
                replica.apply_more(&mut self.core, out);
            }
            Role::MysqlReplica(replica) => {
                replica.channel.connect(&mut self.core, out);
                replica.channel.schedule(&self.core, out);
            }
        }
    }

    /// Settings may have changed: what keeps some of them in mind is told.
    pub(super) fn configure(&mut self, out: &mut Outbox) {
        if let Some(writer) = self.role.writer_mut().filter(|_| self.core.flavor == Flavor::Mysql) {
            let effects = writer.semi_sync.configure(&self.core.settings.mysql, out.now);
            tell_semi_sync(&effects, self.core.id, "its settings were changed", out);
        }
        let read_only = self.core.flavor == Flavor::Mysql && self.core.read_only();
        if read_only != std::mem::replace(&mut self.told_read_only, read_only) {
            out.trace(What::ReadOnly { node: self.core.id, on: read_only });
        }
    }

    fn tell_primary(&mut self, out: &mut Outbox) {
        let (node, timeline, at) = (self.core.id, self.core.timeline(), self.core.log.end());
        out.trace(What::BecamePrimary { node, timeline, at });
    }

    /// The process dies; of the log, what lies before `surviving` is left. `life` says what is left of the machine.
    pub fn die(&mut self, surviving: Lsn, life: Life, out: &mut Outbox) {
        self.life = life;
        self.shutting_down = false;
        out.trace(What::LifeChanged { node: self.core.id, life });
        self.core.lose_memory(surviving, out);
        self.sessions.clear();
        self.ready.clear();
        self.checkpoint_wanted = None;
        self.lock_timer = SimTime::NEVER;
        self.slots.crash();
        self.backups.clear();
        self.copying = None;
        for sender in std::mem::take(&mut self.senders).iter() {
            out.trace(What::StreamingEnded { upstream: self.core.id, standby: sender.standby });
        }
        for dump in std::mem::take(&mut self.dumps).iter() {
            out.trace(What::StreamingEnded { upstream: self.core.id, standby: dump.replica });
        }
        match &mut self.role {
            Role::Primary(_) => {}
            Role::Replica(replica) => **replica = Replica::new(replica.upstream, self.apply_rate),
            Role::MysqlReplica(replica) => replica.channel = replica.channel.after_death(life == Life::Down),
        }
    }

    /// The process starts again: it recovers first, which takes time.
    pub fn start(&mut self, out: &mut Outbox) {
        self.life = Life::Recovering;
        self.core.started_at = out.now;
        self.core.settings = self.core.configuration.settings().clone();
        self.core.error = None;
        out.trace(What::LifeChanged { node: self.core.id, life: Life::Recovering });
        match self.core.recover(out) {
            Ok(replayed) => {
                // Every start of a MySQL server begins a new file.
                self.core.rotate_binlog(out);
                let replay_us = replayed * replica::apply_us(self.apply_rate);
                out.set_timer(Timer::StartupDone, out.now.plus(STARTUP_US + replay_us));
            }
            Err(error) => self.exit(&error, out),
        }
    }

    fn started(&mut self, out: &mut Outbox) {
        if self.life != Life::Recovering {
            return;
        }
        let (node, at, timeline) = (self.core.id, self.core.applied, self.core.timeline());
        out.trace(What::RecoveryFinished { node, at, timeline });
        if let Some(writer) = self.role.writer_mut() {
            *writer = Primary::new(&self.core.data);
        }
        out.trace(What::LifeChanged { node, life: Life::Running });
        self.begin(out);
        // PostgreSQL ends a crash recovery with a checkpoint, which is what lets old log go.
        if matches!(self.role, Role::Primary(_)) && self.core.flavor == Flavor::Postgresql {
            self.checkpoint(out);
        }
    }

    fn exit(&mut self, why: &str, out: &mut Outbox) {
        let why: Arc<str> = why.into();
        self.core.error = Some(why.clone());
        out.trace(What::Panicked { node: self.core.id, why: why.clone() });
        out.outputs.push(Output::Exit { why });
    }

    /// Takes one input.
    pub fn handle(&mut self, input: Input, out: &mut Outbox) {
        if self.copying.is_some() {
            self.handle_copying(input, out);
            return;
        }
        match input {
            Input::Accepted { .. } => {}
            Input::Opened { conn } => match &mut self.role {
                Role::Primary(_) => {}
                Role::Replica(replica) => replica.opened(conn, &self.core, out),
                Role::MysqlReplica(replica) => replica.channel.opened(conn, &self.core, out),
            },
            Input::Closed { conn, .. } => self.closed(conn, out),
            Input::Received { conn, message } => self.received(conn, message, out),
            Input::Timer(timer) => self.timer(timer, out),
            Input::DiskWritten { to } => {
                let Core { writer, log, .. } = &mut self.core;
                writer.written(to, log, out);
                out.trace(What::Written { node: self.core.id, to });
                self.disk_has_room();
                if let Role::Replica(replica) = &mut self.role {
                    replica.send_status(&self.core, false, out);
                }
                self.ship_binlog(out);
            }
            Input::DiskFlushed { to } => self.flushed(to, out),
            Input::DiskFull => self.disk_full(out),
            Input::Operator(operation) => self.operate(operation, out),
        }
        self.settle(out);
    }

    fn closed(&mut self, conn: ConnId, out: &mut Outbox) {
        self.senders.closed(conn, &self.core, out);
        self.slots.release(conn);
        self.backups.closed(conn);
        match &mut self.role {
            Role::Primary(primary) => self.dumps.closed(conn, &self.core, &mut primary.semi_sync, out),
            Role::Replica(replica) => replica.closed(conn, &self.core, out),
            Role::MysqlReplica(replica) => {
                replica.channel.closed(conn, &mut self.core, out);
                self.dumps.closed(conn, &self.core, &mut replica.writer.semi_sync, out);
            }
        }
        self.session_closed(conn, out);
    }

    /// The binary log is told how far its readers have come: files that they need are not removed.
    fn note_readers(&mut self) {
        if let Some(binlog) = &mut self.core.binlog {
            binlog.readers.clear();
            binlog.readers.extend(self.dumps.iter().map(|dump| dump.sent));
        }
    }

    /// Sends what is new in the binary log.
    fn ship_binlog(&mut self, out: &mut Outbox) {
        if let Some(writer) = self.role.writer_mut() {
            self.dumps.ship(&self.core, &mut writer.semi_sync, out);
        }
        self.note_readers();
    }

    fn received(&mut self, conn: ConnId, message: Message, out: &mut Outbox) {
        match message {
            Message::Query { txn, statement } => self.query(conn, txn, statement, out),
            Message::Cancel { txn } => self.cancel(txn, out),
            Message::StartReplication { application_name, timeline, from, slot } if self.life == Life::Running => {
                let held = slot.map_or(Ok(()), |slot| self.slots.acquire(&slot, conn));
                self.senders.start(conn, application_name, (timeline, from), held, &self.core, out);
                if !self.senders.has(conn) {
                    self.slots.release(conn);
                }
            }
            Message::StartReplication { .. } => {
                let error = "FATAL:  the database system is starting up".into();
                out.send(conn, Message::ReplicationRefused { error, streaming: false });
                out.close(conn);
            }
            Message::Status { positions, reply_requested } => {
                self.slots.confirm(conn, positions.flush);
                self.senders.status(conn, positions, reply_requested, &self.core, out);
            }
            Message::StartBackup => self.backup_requested(conn, out),
            Message::BackupAck { bytes } => self.backup_acknowledged(conn, bytes, out),
            Message::BinlogDump { name, has, semi_sync } => match self.role.writer_mut() {
                Some(writer) if self.life == Life::Running => {
                    self.dumps.start(conn, name, has, semi_sync, &self.core, &mut writer.semi_sync, out);
                    self.note_readers();
                }
                _ => out.close(conn),
            },
            Message::SemiSyncAck { position } => {
                if let Some(writer) = self.role.writer_mut() {
                    self.dumps.acknowledged(conn, position, &self.core, &mut writer.semi_sync, out);
                }
            }
            Message::HealthCheck => self.health(conn, out),
            other => match &mut self.role {
                Role::Replica(replica) if replica.conn() == Some(conn) => {
                    replica.received(conn, other, &mut self.core, out);
                }
                Role::MysqlReplica(replica) if replica.channel.conn() == Some(conn) => {
                    replica.channel.received(conn, other, &mut self.core, out);
                }
                _ => {}
            },
        }
    }

    fn health(&mut self, conn: ConnId, out: &mut Outbox) {
        if !self.accepts_connections() {
            out.close(conn);
            return;
        }
        // `pg_is_in_recovery()`; in MySQL, where a replica may well take writes, `@@read_only`.
        let in_recovery = match &self.role {
            Role::Replica(_) => true,
            Role::Primary(_) | Role::MysqlReplica(_) => self.core.flavor == Flavor::Mysql && self.core.read_only(),
        };
        let position = if in_recovery { self.core.applied } else { self.core.log.end() };
        // As `now() - pg_last_xact_replay_timestamp()` where something received is not yet applied, else 0.
        let unapplied = match &self.role {
            Role::Primary(_) => None,
            Role::Replica(_) => self.core.log.commits(self.core.applied, self.core.log.end()).next().map(|(c, _)| c.at),
            Role::MysqlReplica(replica) => replica.channel.relay.front().map(|transaction| transaction.commit.at),
        };
        let lag_us = unapplied.map_or(0, |at| out.now.since(at));
        out.send(conn, Message::Health { in_recovery, timeline: self.core.timeline(), position, lag_us });
    }

    fn timer(&mut self, timer: Timer, out: &mut Outbox) {
        match (timer, &mut self.role) {
            (Timer::StartupDone, _) => self.started(out),
            (Timer::Senders, _) if self.core.flavor == Flavor::Mysql => self.dumps.tick(&self.core, out),
            (Timer::Senders, _) => {
                self.senders.tick(&self.core, out).into_iter().for_each(|conn| self.slots.release(conn));
            }
            (Timer::Checkpoint, _) => self.checkpoint(out),
            (Timer::LockTimeout, _) => self.lock_waits_due(out),
            (Timer::DiskRetry, _) => self.core.writer.retry(&self.core.log, out),
            (Timer::Backups, _) => self.backups_due(out),
            (Timer::WalWriter, role) => {
                if let Some(writer) = role.writer_mut() {
                    writer.wal_writer(&mut self.core, out);
                }
            }
            (Timer::SemiSync, role) => {
                if let Some(writer) = role.writer_mut() {
                    writer.armed_for = SimTime::NEVER;
                    let effects = writer.semi_sync.timed_out(out.now);
                    tell_semi_sync(&effects, self.core.id, "no acknowledgement came in time", out);
                }
            }
            (Timer::ReceiverConnect, Role::MysqlReplica(replica)) => replica.channel.connect(&mut self.core, out),
            (Timer::ReceiverTimeout, Role::MysqlReplica(replica)) => replica.channel.timeout(&mut self.core, out),
            (Timer::Apply, Role::MysqlReplica(replica)) => {
                replica.apply_due(&mut self.core, out);
            }
            (Timer::ReceiverConnect, Role::Replica(replica)) => replica.connect(&mut self.core, out),
            (Timer::ReceiverTimeout, Role::Replica(replica)) => replica.timeout(&mut self.core, out),
            (Timer::ReceiverStatus, Role::Replica(replica)) => replica.send_status(&self.core, false, out),
            (Timer::Apply, Role::Replica(replica)) => {
                Core::set_clock(&mut self.core.data, out.now);
                replica.apply_due(&mut self.core, out);
                self.promote_if_drained(out);
            }
            _ => {}
        }
    }

    fn flushed(&mut self, to: Lsn, out: &mut Outbox) {
        let Core { writer, log, .. } = &mut self.core;
        let took_us = writer.flushed(to, log, out);
        out.trace(What::Flushed { node: self.core.id, to, took_us });
        self.senders.ship(&self.core, out);
        self.ship_binlog(out);
        self.finish_checkpoint(out);
        self.checkpoint_if_much_log(out);
        if let Role::Replica(replica) = &mut self.role {
            replica.send_status(&self.core, false, out);
            replica.apply_more(&mut self.core, out);
            self.promote_if_drained(out);
        }
    }

    fn operate(&mut self, operation: Operation, out: &mut Outbox) {
        match operation {
            Operation::Promote { newest } => self.promote(newest, out),
            Operation::HandOver(begin) => self.hand_over(begin, out),
            Operation::Repoint(upstream) => self.repoint(upstream, out),
            Operation::PauseReplay(paused) => match &mut self.role {
                Role::Primary(_) => {}
                Role::Replica(replica) => replica.pause(paused, &mut self.core, out),
                Role::MysqlReplica(_) => self.replica_threads(None, Some(!paused), out),
            },
            Operation::Set(settings) => {
                let slot = self.core.settings.primary_slot_name.clone();
                for (name, value) in settings {
                    // The command was validated before it came here; a setting that is refused stays as it was.
                    let _ = self.core.settings.set(&name, &value);
                    let _ = self.core.configuration.alter(&name, Some(&value));
                }
                self.slot_changed(slot.as_deref(), out);
                self.configure(out);
            }
            Operation::ApplyRate(rate) => {
                self.apply_rate = rate;
                match &mut self.role {
                    Role::Primary(_) => {}
                    Role::Replica(replica) => replica.apply_us = replica::apply_us(rate),
                    Role::MysqlReplica(replica) => replica.channel.apply_us = replica::apply_us(rate),
                }
            }
            _ => {}
        }
    }

    pub(super) fn repoint(&mut self, upstream: NodeId, out: &mut Outbox) {
        match &mut self.role {
            Role::Replica(replica) => replica.repoint(upstream, &mut self.core, out),
            Role::MysqlReplica(replica) => replica.channel.repoint(upstream, &mut self.core, out),
            Role::Primary(_) if self.core.flavor == Flavor::Mysql => self.follow_source(upstream, out),
            Role::Primary(_) => {
                // As with a `standby.signal` file and a restart: sessions end, open transactions are undone by
                // replaying the log into a fresh database.
                for conn in std::mem::take(&mut self.sessions).into_keys() {
                    out.close(conn);
                }
                for (conn, sender) in std::mem::take(&mut self.senders).connections() {
                    out.trace(What::StreamingEnded { upstream: self.core.id, standby: sender.standby });
                    out.close(conn);
                }
                self.role = Role::Replica(Box::new(Replica::new(upstream, self.apply_rate)));
                out.trace(What::Repointed { node: self.core.id, upstream });
                self.start(out);
            }
        }
    }

    /// PostgreSQL: `pg_ctl stop -m fast` as far as clients see it; the process stays until its standbys have all log. MySQL:
    /// `SET GLOBAL super_read_only`.
    fn hand_over(&mut self, begin: bool, out: &mut Outbox) {
        if self.core.flavor == Flavor::Mysql {
            let mysql = &mut self.core.settings.mysql;
            (mysql.read_only, mysql.super_read_only) = (begin, begin);
            self.configure(out);
            return;
        }
        self.shutting_down = begin;
        if begin {
            let sessions: Vec<ConnId> = self.sessions.keys().copied().collect();
            for conn in sessions {
                out.close(conn);
                self.session_closed(conn, out);
            }
            self.core.flush_log(out);
        }
    }

    fn promote(&mut self, newest: Timeline, out: &mut Outbox) {
        if self.core.flavor == Flavor::Mysql {
            return self.promote_mysql(newest, out);
        }
        let Role::Replica(replica) = &mut self.role else { return };
        if replica.promoting.is_some() {
            return;
        }
        out.trace(What::PromotionStarted { node: self.core.id });
        replica.promoting = Some(newest);
        replica.disconnect(out);
        replica.apply_more(&mut self.core, out);
        self.promote_if_drained(out);
    }

    /// Ends recovery: when all that was received is applied, a new timeline begins here.
    fn promote_if_drained(&mut self, out: &mut Outbox) {
        let Role::Replica(replica) = &self.role else { return };
        let Some(newest) = replica.promoting else { return };
        if self.core.log.flushed() < self.core.log.end() || !replica.drained(&self.core) {
            return;
        }
        let parent = self.core.timeline();
        let timeline = Timeline(parent.0.max(newest.0) + 1);
        let at = self.core.log.end();
        let mut bytes = Vec::new();
        record::encode_new_timeline(&mut bytes, at, parent, timeline);
        self.core.append_group(&bytes, None, None);
        self.core.history.switch(timeline, at);
        self.core.applied = self.core.log.end();
        self.core.error = None;
        out.trace(What::TimelineSwitched { node: self.core.id, parent, timeline, at });
        self.core.flush_log(out);
        self.role = Role::Primary(Box::new(Primary::new(&self.core.data)));
        // PostgreSQL 15, xlog.c, do_pg_backup_stop().
        self.end_backups("ERROR:  the standby was promoted during online backup", out);
        self.tell_primary(out);
    }

    /// Takes an image of everything committed; it counts once the log up to it is durable.
    fn checkpoint(&mut self, out: &mut Outbox) {
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
    fn image_now(&self) -> Option<Checkpoint> {
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

    fn finish_checkpoint(&mut self, out: &mut Outbox) {
        let flushed = self.core.log.flushed();
        if let Some(checkpoint) = self.checkpoint_wanted.take_if(|c| c.at <= flushed) {
            out.trace(What::Checkpoint { node: self.core.id, at: checkpoint.at });
            if let Some(binlog) = &mut self.core.binlog {
                binlog.checkpointed(checkpoint.at);
            }
            self.core.checkpoint = checkpoint;
            self.after_checkpoint(out);
            self.begin_backups(out);
        }
    }

    /// Settings for somebody who asks what they are.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.core.settings
    }

    /// Commits that wait for standbys here: how many, and the oldest.
    #[must_use]
    pub fn waiting(&self) -> (u32, Option<(crate::engine::ids::TxnId, Lsn, SimTime)>) {
        let Some(writer) = self.role.writer() else { return (0, None) };
        let mut waiting = writer.commits.iter().filter(|c| c.waits);
        let oldest = waiting.next().map(|c| (c.txn, c.end, c.since));
        (waiting.count() as u32 + u32::from(oldest.is_some()), oldest)
    }
}

impl Node {
    /// Transactions a second that it can apply; `None` is as fast as it can.
    #[must_use]
    pub fn apply_rate(&self) -> Option<u32> {
        self.apply_rate
    }
}
