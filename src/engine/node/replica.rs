//! The standby's part: a receiver that takes log from the upstream, and an applier that replays it.

use std::sync::Arc;

use super::core::{Core, apply_group};
use crate::engine::ids::{Addr, ConnId, NodeId};
use crate::engine::io::{Outbox, Timer};
use crate::engine::log::{Body, History, Lsn, Timeline};
use crate::engine::message::{Message, Positions};
use crate::engine::time::{MILLISECOND_US, SECOND_US, SimTime};
use crate::engine::trace::What;

/// Applying one transaction takes this long where no rate is set, in microseconds.
const APPLY_US: u64 = 40;
/// The most virtual time that one batch of the applier may stand for.
const BATCH_US: u64 = MILLISECOND_US;

/// What the receiver is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Receiver {
    /// Waits until it tries again.
    Idle,
    /// Opens a connection.
    Connecting(ConnId),
    /// Has asked for the stream.
    Starting(ConnId),
    /// Receives.
    Streaming(ConnId),
}

/// What a stream has come to, as `pg_stat_wal_receiver` shows it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Progress {
    /// The position and timeline that were asked for.
    pub started: Option<(Lsn, Timeline)>,
    /// When the last message was sent, and when it came.
    pub last_message: Option<(SimTime, SimTime)>,
    /// The end of the upstream's log as last reported, and when the message that moved it was sent.
    pub latest_end: Option<(Lsn, SimTime)>,
}

impl Progress {
    fn heard(&mut self, end_of_log: Lsn, sent_at: SimTime, now: SimTime) {
        self.last_message = Some((sent_at, now));
        if self.latest_end.is_none_or(|(end, _)| end < end_of_log) {
            self.latest_end = Some((end_of_log, sent_at));
        }
    }
}

/// What only a standby has.
#[derive(Clone, Debug)]
pub struct Replica {
    /// Whom it follows; nobody, when it was demoted and no other leader is known.
    pub upstream: Option<NodeId>,
    /// What its receiver is doing.
    pub receiver: Receiver,
    /// The end of the upstream's log, as it last said.
    pub end_of_upstream: Lsn,
    /// What its stream has come to, for those who ask.
    pub progress: Progress,
    /// Whether an operator paused the applier.
    pub paused: bool,
    /// How long one transaction takes to apply, in microseconds.
    pub apply_us: u64,
    /// Whether it was told to become the primary, and the newest timeline that the archive knows.
    pub promoting: Option<Timeline>,
    heard_at: SimTime,
    pinged: bool,
    batch: Option<Batch>,
    failed: bool,
}

/// Transactions that are being applied: done at a known instant.
#[derive(Clone, Copy, Debug)]
struct Batch {
    to: Lsn,
    transactions: u32,
    feedback: bool,
    due: SimTime,
}

impl Replica {
    /// A standby that follows `upstream`.
    #[must_use]
    pub fn new(upstream: Option<NodeId>, apply_rate: Option<u32>) -> Self {
        Replica {
            upstream,
            receiver: Receiver::Idle,
            end_of_upstream: Lsn::ZERO,
            progress: Progress::default(),
            paused: false,
            apply_us: apply_us(apply_rate),
            promoting: None,
            heard_at: SimTime::ZERO,
            pinged: false,
            batch: None,
            failed: false,
        }
    }

    /// The receiver's connection.
    #[must_use]
    pub fn conn(&self) -> Option<ConnId> {
        match self.receiver {
            Receiver::Idle => None,
            Receiver::Connecting(conn) | Receiver::Starting(conn) | Receiver::Streaming(conn) => Some(conn),
        }
    }

    /// Whether log is coming in.
    #[must_use]
    pub fn streaming(&self) -> bool {
        matches!(self.receiver, Receiver::Streaming(_))
    }

    /// Begins to connect, unless it is connected.
    pub fn connect(&mut self, core: &mut Core, out: &mut Outbox) {
        if self.receiver == Receiver::Idle
            && self.promoting.is_none()
            && let Some(upstream) = self.upstream
        {
            let conn = core.connect(upstream, out);
            self.receiver = Receiver::Connecting(conn);
            self.heard(out);
            self.arm_timeout(core, out);
        }
    }

    /// Leaves its upstream.
    pub fn disconnect(&mut self, out: &mut Outbox) {
        if let Some(conn) = self.conn() {
            out.close(conn);
        }
        self.receiver = Receiver::Idle;
        out.set_timer(Timer::ReceiverTimeout, SimTime::NEVER);
        out.set_timer(Timer::ReceiverStatus, SimTime::NEVER);
    }

    /// Follows another upstream from now on.
    pub fn repoint(&mut self, upstream: NodeId, core: &mut Core, out: &mut Outbox) {
        self.disconnect(out);
        self.upstream = Some(upstream);
        core.error = None;
        out.trace(What::Repointed { node: core.id, upstream });
        self.connect(core, out);
    }

    /// The connection stands: ask for the log from the first byte that is missing here.
    pub fn opened(&mut self, conn: ConnId, core: &Core, out: &mut Outbox) {
        if self.receiver == Receiver::Connecting(conn) {
            self.receiver = Receiver::Starting(conn);
            self.progress = Progress { started: Some((core.log.end(), core.timeline())), ..Progress::default() };
            let application_name = core.application_name();
            out.send(
                conn,
                Message::StartReplication {
                    application_name,
                    timeline: core.timeline(),
                    from: core.log.end(),
                    slot: core.settings.primary_slot_name.clone(),
                },
            );
        }
    }

    /// The connection is gone, or never came about.
    pub fn closed(&mut self, conn: ConnId, core: &Core, out: &mut Outbox) {
        if self.conn() == Some(conn) {
            self.receiver = Receiver::Idle;
            out.set_timer(Timer::ReceiverTimeout, SimTime::NEVER);
            out.set_timer(Timer::ReceiverStatus, SimTime::NEVER);
            out.set_timer(Timer::ReceiverConnect, out.now.plus(core.settings.wal_retrieve_retry_interval_us));
        }
    }

    /// A message from the upstream.
    pub fn received(&mut self, conn: ConnId, message: Message, core: &mut Core, out: &mut Outbox) {
        self.heard(out);
        match message {
            Message::StreamingStarted { .. } => {
                self.receiver = Receiver::Streaming(conn);
                core.error = None;
                core.fetched_history = None;
                self.send_status(core, false, out);
                self.arm_timeout(core, out);
            }
            Message::ReplicationRefused { error, streaming: true } => core.error = Some(fatal(&error)),
            Message::ReplicationRefused { error, streaming: false } if error.starts_with("FATAL") => {
                core.error = Some(format!("could not connect to the primary server: {error}").into());
            }
            Message::ReplicationRefused { error, streaming: false } => {
                core.error = Some(format!("could not start WAL streaming: {error}").into());
            }
            Message::TimelineEnded { timeline, history, error } => {
                core.error = Some(cannot_follow(core, timeline, error.as_deref()).into());
                if timeline > core.timeline() {
                    core.fetched_history = Some(History::of(timeline, history));
                }
            }
            Message::LogData { start, bytes, end_of_log, sent_at, .. } => {
                self.end_of_upstream = end_of_log;
                self.progress.heard(end_of_log, sent_at, out.now);
                self.take(conn, start, &bytes, core, out);
            }
            Message::Keepalive { end_of_log, reply_requested, sent_at } => {
                self.end_of_upstream = end_of_log;
                self.progress.heard(end_of_log, sent_at, out.now);
                if reply_requested {
                    self.send_status(core, false, out);
                }
            }
            _ => {}
        }
    }

    fn take(&mut self, conn: ConnId, start: Lsn, bytes: &[u8], core: &mut Core, out: &mut Outbox) {
        if start != core.log.end() {
            core.error =
                Some(fatal(&format!("unexpected log position {start} from the upstream, expected {}", core.log.end())));
            out.close(conn);
            self.closed(conn, core, out);
            return;
        }
        match core.append_received(bytes, out) {
            Ok(()) => {
                let end = core.log.end();
                if let Some(upstream) = self.upstream {
                    out.trace(What::Received { node: core.id, from: Addr::Node(upstream), start, end });
                }
                core.flush_log(out);
            }
            Err(error) => {
                core.error = Some(fatal(&error.to_string()));
                out.close(conn);
                self.closed(conn, core, out);
            }
        }
    }

    /// Where it has come to.
    #[must_use]
    pub fn positions(core: &Core) -> Positions {
        Positions { write: core.log.written(), flush: core.log.flushed(), apply: core.applied }
    }

    /// Tells the upstream where it has come to.
    pub fn send_status(&mut self, core: &Core, reply_requested: bool, out: &mut Outbox) {
        if let Receiver::Streaming(conn) = self.receiver {
            out.send(conn, Message::Status { positions: Self::positions(core), reply_requested });
            let every_us = core.settings.wal_receiver_status_interval_us;
            let next = if every_us == 0 { SimTime::NEVER } else { out.now.plus(every_us) };
            out.set_timer(Timer::ReceiverStatus, next);
        }
    }

    fn heard(&mut self, out: &Outbox) {
        self.heard_at = out.now;
        self.pinged = false;
    }

    fn arm_timeout(&self, core: &Core, out: &mut Outbox) {
        let timeout_us = core.settings.wal_receiver_timeout_us;
        // A connection attempt is given up after a while, too: nothing else would end one into the void.
        let limit_us = match (self.receiver, timeout_us) {
            (Receiver::Idle, _) => return,
            (Receiver::Connecting(_) | Receiver::Starting(_), 0) => 10 * SECOND_US,
            (Receiver::Connecting(_) | Receiver::Starting(_), limit) => limit.min(10 * SECOND_US),
            (Receiver::Streaming(_), 0) => return,
            (Receiver::Streaming(_), limit) if self.pinged => limit,
            (Receiver::Streaming(_), limit) => limit / 2,
        };
        out.set_timer(Timer::ReceiverTimeout, self.heard_at.plus(limit_us).max(out.now.plus(1)));
    }

    /// Nothing was heard for long (`wal_receiver_timeout`): ask after half of it, give up after all of it.
    pub fn timeout(&mut self, core: &mut Core, out: &mut Outbox) {
        let timeout_us = core.settings.wal_receiver_timeout_us;
        let silent_us = out.now.since(self.heard_at);
        match self.receiver {
            Receiver::Idle => return,
            Receiver::Connecting(conn) | Receiver::Starting(conn)
                if silent_us >= timeout_us.clamp(1, 10 * SECOND_US) =>
            {
                core.error = Some("could not connect to the primary server: timeout expired".into());
                self.give_up(conn, core, out);
                return;
            }
            Receiver::Streaming(conn) if silent_us >= timeout_us => {
                core.error = Some("terminating walreceiver due to timeout".into());
                self.give_up(conn, core, out);
                return;
            }
            Receiver::Streaming(_) if silent_us >= timeout_us / 2 && !self.pinged => {
                self.pinged = true;
                self.send_status(core, true, out);
            }
            _ => {}
        }
        self.arm_timeout(core, out);
    }

    fn give_up(&mut self, conn: ConnId, core: &Core, out: &mut Outbox) {
        out.close(conn);
        self.closed(conn, core, out);
    }

    /// Begins to apply what is durable, if nothing is being applied.
    pub fn apply_more(&mut self, core: &mut Core, out: &mut Outbox) {
        if self.batch.is_some() || self.failed || (self.paused && self.promoting.is_none()) {
            return;
        }
        core.applied = core.log.skip_timelines(core.applied, core.log.flushed());
        let delay_us = if self.promoting.is_some() { 0 } else { core.settings.recovery_min_apply_delay_us };
        let most = (BATCH_US / self.apply_us.max(1)).max(1);
        let mut batch = Batch { to: core.applied, transactions: 0, feedback: false, due: out.now };
        for (commit, end) in core.log.commits(core.applied, core.log.flushed()) {
            let allowed = commit.at.plus(delay_us);
            if delay_us > 0 && allowed > out.now {
                if batch.transactions == 0 {
                    out.set_timer(Timer::Apply, allowed);
                }
                break;
            }
            batch.to = end;
            batch.transactions += 1;
            batch.feedback |= commit.apply_feedback;
            if u64::from(batch.transactions) == most {
                break;
            }
        }
        if batch.transactions > 0 {
            batch.due = out.now.plus(self.apply_us * u64::from(batch.transactions));
            out.set_timer(Timer::Apply, batch.due);
            self.batch = Some(batch);
        }
    }

    /// The batch is done: readers see it. Without a batch, a delay is over.
    pub fn apply_due(&mut self, core: &mut Core, out: &mut Outbox) {
        if let Some(batch) = self.batch.take_if(|batch| batch.due <= out.now) {
            match self.apply(batch, core) {
                Ok(()) => {
                    core.applied = batch.to;
                    out.trace(What::Applied { node: core.id, to: batch.to, transactions: batch.transactions });
                    if batch.feedback {
                        self.send_status(core, false, out);
                    }
                }
                Err((at, error)) => {
                    self.failed = true;
                    core.applied = at;
                    let error: Arc<str> = error.into();
                    core.error = Some(error.clone());
                    out.trace(What::ApplyFailed { node: core.id, at, error });
                }
            }
        }
        self.apply_more(core, out);
    }

    fn apply(&mut self, batch: Batch, core: &mut Core) -> Result<(), (Lsn, String)> {
        let Core { log, data, applied, .. } = core;
        let mut changes = Vec::new();
        let mut done = *applied;
        for record in log.records(*applied) {
            let record = record.map_err(|error| (done, error.to_string()))?;
            match record.body {
                Body::Change(change) => changes.push((record.start, change)),
                Body::NewTimeline { .. } => changes.clear(),
                Body::Commit(commit) => {
                    apply_group(data, &mut changes, &commit).map_err(|error| (done, error))?;
                    done = record.end;
                }
            }
            if record.end >= batch.to {
                break;
            }
        }
        Ok(())
    }

    /// Whether everything that is durable here is applied.
    #[must_use]
    pub fn drained(&self, core: &Core) -> bool {
        self.batch.is_none() && (self.failed || core.log.commits(core.applied, core.log.flushed()).next().is_none())
    }

    /// Pauses the applier, or lets it go on.
    pub fn pause(&mut self, paused: bool, core: &mut Core, out: &mut Outbox) {
        if self.paused != paused {
            self.paused = paused;
            out.trace(What::ReplayPaused { node: core.id, paused });
            self.apply_more(core, out);
        }
    }
}

/// Microseconds that one transaction takes at this rate.
#[must_use]
pub fn apply_us(rate: Option<u32>) -> u64 {
    rate.map_or(APPLY_US, |per_second| SECOND_US / u64::from(per_second.max(1)))
}

/// Why a standby whose log goes past the fork cannot follow (`WalReceiverMain`, `rescanLatestTimeLine`; PostgreSQL
/// 15.18 was asked, see `tests/data/postgresql-15-return.txt`).
fn cannot_follow(core: &Core, theirs: Timeline, error: Option<&str>) -> String {
    let mine = core.timeline();
    match error {
        _ if theirs < mine => {
            format!("highest timeline {theirs} of the primary is behind recovery timeline {mine}")
        }
        Some(error) => format!("could not start WAL streaming: {error}"),
        None => format!(
            "new timeline {theirs} forked off current database system timeline {mine} before current recovery point {}",
            core.log.end()
        ),
    }
}

fn fatal(error: &str) -> Arc<str> {
    format!("could not receive data from WAL stream: {error}").into()
}
