//! One database server: storage, log, and the role it plays. `handle` an input, then drain the outbox.

mod applier;
mod backup;
mod beside;
mod binlog;
mod binlog_commit;
mod binlog_text;
mod channel;
mod checkpoint;
mod configuration;
mod copying;
pub mod core;
mod cpu;
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
mod operate;
mod positions;
mod prepare;
mod primary;
mod query;
mod replica;
mod retention;
mod rewind_plan;
mod rewind_source;
mod rewinding;
mod role;
mod sender;
mod session;
mod show_mysql;
mod slot_calls;
mod slots;
mod statement;
mod temporary;
mod user_variables;
mod waits;

use std::collections::VecDeque;
use std::sync::Arc;

pub use self::core::{Checkpoint, Core, EPOCH_US, Group};
pub use applier::MysqlReplica;
use backup::Backups;
pub use binlog::{Binlog, BinlogFile, BinlogPosition};
use binlog_commit::tell_semi_sync;
pub use channel::{Channel, ChannelError, RelayTransaction};
pub use copying::Copying;
pub use cpu::{Cpu, Load, Processors};
pub use dump::{Dump, Dumps};
use positions::PositionWaits;
pub use primary::{Primary, candidate};
pub use replica::{Receiver, Replica};
pub use retention::{Retention, WalStatus};
pub use rewind_plan::{LoggedTransaction, RewindPlan, RewindRequest, transactions};
pub use rewinding::Rewinding;
pub use role::Role;
pub use sender::{Sender, SenderState, Senders};
use session::Session;
pub use slots::{Slot, Slots};

use crate::engine::beside::NamedLocks;
use crate::engine::flavor::Flavor;
use crate::engine::ids::{ConnId, NodeId};
use crate::engine::io::{Input, Outbox, Output, Timer};
use crate::engine::log::Lsn;
use crate::engine::message::Message;
use crate::engine::settings::Settings;
use crate::engine::time::{MILLISECOND_US, SimTime};
use crate::engine::trace::{Life, What};
use crate::order::OrderedMap;

/// A server process needs this long to start, in microseconds, before it replays.
const STARTUP_US: u64 = 200 * MILLISECOND_US;

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
    rewinding: Option<Box<Rewinding>>,
    /// Whether its process ended in good order.
    shut_down: bool,
    /// Recovers as a single-user server, to be rewound to this one then.
    alone: Option<NodeId>,
    dataless: bool,
    sessions: OrderedMap<ConnId, Session>,
    ready: VecDeque<ConnId>,
    apply_rate: Option<u32>,
    checkpoint_wanted: Option<Checkpoint>,
    /// What the timer of lock waits is set to.
    lock_timer: SimTime,
    position_waits: PositionWaits,
    named_locks: NamedLocks,
    processors: Option<Processors>,
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
            rewinding: None,
            shut_down: false,
            alone: None,
            dataless: false,
            sessions: OrderedMap::new(),
            ready: VecDeque::new(),
            apply_rate,
            checkpoint_wanted: None,
            lock_timer: SimTime::NEVER,
            position_waits: PositionWaits::default(),
            named_locks: NamedLocks::default(),
            processors: None,
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

    /// A process that ended takes its sessions with it, and all that waits for them.
    fn forget_sessions(&mut self) {
        self.sessions.clear();
        self.ready.clear();
        self.checkpoint_wanted = None;
        self.lock_timer = SimTime::NEVER;
        self.position_waits.clear();
        self.named_locks.clear();
        if let Some(processors) = &mut self.processors {
            processors.clear();
        }
    }

    /// The process dies; of the log, what lies before `surviving` is left. `life` says what is left of the machine.
    pub fn die(&mut self, surviving: Lsn, life: Life, out: &mut Outbox) {
        self.life = life;
        self.shutting_down = false;
        out.trace(What::LifeChanged { node: self.core.id, life });
        self.core.lose_memory(surviving, out);
        self.forget_sessions();
        self.slots.crash();
        self.backups.clear();
        self.copying = None;
        self.rewind_ends();
        self.shut_down = false;
        self.alone = None;
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
        self.shut_down = false;
        self.core.started_at = out.now;
        self.core.settings = self.core.configuration.settings().clone();
        self.core.error = None;
        out.trace(What::LifeChanged { node: self.core.id, life: Life::Recovering });
        let standby = matches!(self.role, Role::Replica(_));
        let recovered = self.core.recover(out);
        match recovered
            .and_then(|replayed| if standby { self.core.can_recover().map(|()| replayed) } else { Ok(replayed) })
        {
            Ok(replayed) => {
                // Every start of a MySQL server begins a new file.
                self.core.rotate_binlog(out);
                let replay_us = replayed * replica::apply_us(self.apply_rate);
                out.set_timer(Timer::StartupDone, out.now.plus(STARTUP_US + replay_us));
            }
            Err(error) if standby => self.exit(&format!("FATAL:  {error}"), out),
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
        if let Some(source) = self.alone.take() {
            self.recovered_alone(source, out);
            return;
        }
        out.trace(What::LifeChanged { node, life: Life::Running });
        self.begin(out);
        // PostgreSQL ends a crash recovery with a checkpoint, which is what lets old log go. That MySQL does is a
        // simplification of InnoDB's page cleaners: without it a server that crashes again and again recovers ever more.
        if matches!(self.role, Role::Primary(_)) || self.core.flavor == Flavor::Mysql {
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
        if self.rewinding.is_some() {
            self.handle_rewinding(input, out);
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
                self.core.log_written(to, out);
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
            Message::StartRewind => self.rewind_asked(conn, out),
            Message::RewindFetch(request) => self.rewind_fetch(conn, &request, out),
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
        let running = match &self.role {
            Role::Primary(_) | Role::Replica(_) => true,
            Role::MysqlReplica(replica) => replica.channel.seconds_behind_source(out.now).is_some(),
        };
        let lag_us = running.then(|| unapplied.map_or(0, |at| out.now.since(at)));
        let gtids = self.core.binlog.as_ref().map(|binlog| Arc::new(binlog.executed.clone()));
        let timeline = self.core.timeline();
        out.send(conn, Message::Health { in_recovery, timeline, position, lag_us, gtids });
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
            (Timer::PositionWaits, _) => self.position_waits_due(out),
            (Timer::Cpu, _) => self.processed(out),
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
                let happened = out.trace.len();
                replica.apply_due(&mut self.core, out);
                self.charge_for_applying(happened, out);
            }
            (Timer::ReceiverConnect, Role::Replica(replica)) => replica.connect(&mut self.core, out),
            (Timer::ReceiverTimeout, Role::Replica(replica)) => replica.timeout(&mut self.core, out),
            (Timer::ReceiverStatus, Role::Replica(replica)) => replica.send_status(&self.core, false, out),
            (Timer::Apply, Role::Replica(replica)) => {
                Core::set_clock(&mut self.core.data, out.now);
                let happened = out.trace.len();
                replica.apply_due(&mut self.core, out);
                self.charge_for_applying(happened, out);
                self.promote_if_drained(out);
            }
            _ => {}
        }
    }

    fn flushed(&mut self, to: Lsn, out: &mut Outbox) {
        self.core.log_flushed(to, out);
        self.senders.ship(&self.core, out);
        self.ship_binlog(out);
        self.finish_checkpoint(out);
        self.begin_rewinds(out);
        self.checkpoint_if_much_log(out);
        if let Role::Replica(replica) = &mut self.role {
            replica.send_status(&self.core, false, out);
            replica.apply_more(&mut self.core, out);
            self.promote_if_drained(out);
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
