//! One database server: storage, log, and the role it plays. `handle` an input, then drain the outbox.

mod configuration;
pub mod core;
mod disk;
mod facts;
mod locks;
mod primary;
mod query;
mod replica;
mod retention;
mod sender;
mod session;
mod slot_calls;
mod slots;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

pub use self::core::{Checkpoint, Core, EPOCH_US, Group};
pub use primary::{Primary, candidate};
pub use replica::{Receiver, Replica};
pub use retention::{Retention, WalStatus};
pub use sender::{Sender, SenderState, Senders};
use session::Session;
pub use slots::{Slot, Slots};

use crate::engine::flavor::Flavor;
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
    /// Takes writes.
    Primary(Box<Primary>),
    /// Follows an upstream.
    Replica(Box<Replica>),
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
    /// Whether its process runs, and how.
    pub life: Life,
    /// Its replication slots.
    pub slots: Slots,
    retention: Retention,
    sessions: BTreeMap<ConnId, Session>,
    ready: VecDeque<ConnId>,
    apply_rate: Option<u32>,
    checkpoint_wanted: Option<Checkpoint>,
}

impl Node {
    /// A server; a standby when it has an upstream.
    #[must_use]
    pub fn new(core: Core, apply_rate: Option<u32>, upstream: Option<NodeId>) -> Self {
        let role = match upstream {
            None => Role::Primary(Box::new(Primary::new(&core.data))),
            Some(upstream) => Role::Replica(Box::new(Replica::new(upstream, apply_rate))),
        };
        Node {
            core,
            role,
            senders: Senders::default(),
            life: Life::Running,
            slots: Slots::default(),
            retention: Retention::default(),
            sessions: BTreeMap::new(),
            ready: VecDeque::new(),
            apply_rate,
            checkpoint_wanted: None,
        }
    }

    /// Begins to serve, at the start of a run or when it joins.
    pub fn begin(&mut self, out: &mut Outbox) {
        self.life = Life::Running;
        if self.core.started_at == SimTime::ZERO {
            self.core.started_at = out.now;
        }
        out.set_timer(Timer::Checkpoint, out.now.plus(self.core.settings.checkpoint_timeout_us));
        match &mut self.role {
            Role::Primary(_) => self.tell_primary(out),
            Role::Replica(replica) => {
                replica.connect(&mut self.core, out);
                replica.apply_more(&mut self.core, out);
            }
        }
    }

    fn tell_primary(&mut self, out: &mut Outbox) {
        let (node, timeline, at) = (self.core.id, self.core.timeline(), self.core.log.end());
        out.trace(What::BecamePrimary { node, timeline, at });
    }

    /// The process dies; of the log, what lies before `surviving` is left. `life` says what is left of the machine.
    pub fn die(&mut self, surviving: Lsn, life: Life, out: &mut Outbox) {
        self.life = life;
        out.trace(What::LifeChanged { node: self.core.id, life });
        self.core.lose_memory(surviving, out);
        self.sessions.clear();
        self.ready.clear();
        self.checkpoint_wanted = None;
        self.slots.crash();
        for sender in std::mem::take(&mut self.senders).iter() {
            out.trace(What::StreamingEnded { upstream: self.core.id, standby: sender.standby });
        }
        if let Role::Replica(replica) = &mut self.role {
            **replica = Replica::new(replica.upstream, self.apply_rate);
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
        if let Role::Primary(primary) = &mut self.role {
            **primary = Primary::new(&self.core.data);
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
        match input {
            Input::Accepted { .. } => {}
            Input::Opened { conn } => {
                if let Role::Replica(replica) = &mut self.role {
                    replica.opened(conn, &self.core, out);
                }
            }
            Input::Closed { conn, .. } => self.closed(conn, out),
            Input::Received { conn, message } => self.received(conn, message, out),
            Input::Timer(timer) => self.timer(timer, out),
            Input::DiskWritten { to } => {
                let Core { writer, log, .. } = &mut self.core;
                writer.written(to, log, out);
                out.trace(What::Written { node: self.core.id, to });
                if let Role::Replica(replica) = &mut self.role {
                    replica.send_status(&self.core, false, out);
                }
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
        if let Role::Replica(replica) = &mut self.role {
            replica.closed(conn, &self.core, out);
        }
        self.session_closed(conn, out);
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
            Message::HealthCheck => self.health(conn, out),
            other => {
                if let Role::Replica(replica) = &mut self.role
                    && replica.conn() == Some(conn)
                {
                    replica.received(conn, other, &mut self.core, out);
                }
            }
        }
    }

    fn health(&mut self, conn: ConnId, out: &mut Outbox) {
        if self.life != Life::Running {
            out.close(conn);
            return;
        }
        let in_recovery = matches!(self.role, Role::Replica(_));
        let position = if in_recovery { self.core.applied } else { self.core.log.end() };
        // As `now() - pg_last_xact_replay_timestamp()` where something received is not yet applied, else 0.
        let mut unapplied = self.core.log.commits(self.core.applied, self.core.log.end());
        let lag_us = match in_recovery {
            true => unapplied.next().map_or(0, |(commit, _)| out.now.since(commit.at)),
            false => 0,
        };
        out.send(conn, Message::Health { in_recovery, timeline: self.core.timeline(), position, lag_us });
    }

    fn timer(&mut self, timer: Timer, out: &mut Outbox) {
        match (timer, &mut self.role) {
            (Timer::StartupDone, _) => self.started(out),
            (Timer::Senders, _) => {
                self.senders.tick(&self.core, out).into_iter().for_each(|conn| self.slots.release(conn));
            }
            (Timer::Checkpoint, _) => self.checkpoint(out),
            (Timer::WalWriter, Role::Primary(primary)) => primary.wal_writer(&mut self.core, out),
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
            Operation::Repoint(upstream) => self.repoint(upstream, out),
            Operation::PauseReplay(paused) => {
                if let Role::Replica(replica) = &mut self.role {
                    replica.pause(paused, &mut self.core, out);
                }
            }
            Operation::Set(settings) => {
                let slot = self.core.settings.primary_slot_name.clone();
                for (name, value) in settings {
                    // The command was validated before it came here; a setting that is refused stays as it was.
                    let _ = self.core.settings.set(&name, &value);
                    let _ = self.core.configuration.alter(&name, Some(&value));
                }
                self.slot_changed(slot.as_deref(), out);
            }
            Operation::ApplyRate(rate) => {
                self.apply_rate = rate;
                if let Role::Replica(replica) = &mut self.role {
                    replica.apply_us = replica::apply_us(rate);
                }
            }
            _ => {}
        }
    }

    fn repoint(&mut self, upstream: NodeId, out: &mut Outbox) {
        match &mut self.role {
            Role::Replica(replica) => replica.repoint(upstream, &mut self.core, out),
            Role::Primary(_) => {
                // As with a `standby.signal` file and a restart: sessions end, open transactions are undone by
                // replaying the log into a fresh database.
                for conn in std::mem::take(&mut self.sessions).into_keys() {
                    out.close(conn);
                }
                self.role = Role::Replica(Box::new(Replica::new(upstream, self.apply_rate)));
                out.trace(What::Repointed { node: self.core.id, upstream });
                self.start(out);
            }
        }
    }

    fn promote(&mut self, newest: Timeline, out: &mut Outbox) {
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
        self.core.append_group(&bytes, None);
        self.core.history.switch(timeline, at);
        self.core.applied = self.core.log.end();
        self.core.error = None;
        out.trace(What::TimelineSwitched { node: self.core.id, parent, timeline, at });
        self.core.flush_log(out);
        self.role = Role::Primary(Box::new(Primary::new(&self.core.data)));
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
        let waiting = match &self.role {
            Role::Primary(primary) if !primary.commits.is_empty() => Some(&primary.commits),
            _ => None,
        };
        let (image, at) = match waiting {
            None => (self.core.data.image().ok()?, self.core.applied),
            Some(commits) => {
                let mut copy = self.core.data.clone();
                for change in commits.iter().flat_map(|commit| &commit.changes) {
                    copy.apply(change).ok()?;
                }
                (copy.image().ok()?, self.core.log.end())
            }
        };
        Some(Checkpoint { image, at, history: self.core.history.as_of(at) })
    }

    /// What a new standby begins with: this server's database now if that can be had and its log is durable, else its
    /// last checkpoint, after which the log makes up the difference.
    #[must_use]
    pub fn base_backup(&self) -> Checkpoint {
        let durable = |backup: &Checkpoint| backup.at <= self.core.log.flushed();
        self.image_now().filter(durable).unwrap_or_else(|| self.core.checkpoint.clone())
    }

    fn finish_checkpoint(&mut self, out: &mut Outbox) {
        let flushed = self.core.log.flushed();
        if let Some(checkpoint) = self.checkpoint_wanted.take_if(|c| c.at <= flushed) {
            out.trace(What::Checkpoint { node: self.core.id, at: checkpoint.at });
            self.core.checkpoint = checkpoint;
            self.after_checkpoint(out);
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
        match &self.role {
            Role::Primary(primary) => {
                let mut waiting = primary.commits.iter().filter(|c| c.waits);
                let oldest = waiting.next().map(|c| (c.txn, c.end, c.since));
                (waiting.count() as u32 + u32::from(oldest.is_some()), oldest)
            }
            Role::Replica(_) => (0, None),
        }
    }
}

impl Node {
    /// Transactions a second that it can apply; `None` is as fast as it can.
    #[must_use]
    pub fn apply_rate(&self) -> Option<u32> {
        self.apply_rate
    }
}
