//! The sending side of replication: one sender for each standby that is connected (PostgreSQL's WAL sender, MySQL's
//! dump thread). A standby with standbys of its own has them, too.

use std::collections::VecDeque;
use std::sync::Arc;

use super::core::Core;
use super::primary::candidate;
use crate::engine::commit::{Candidate, SyncGroup};
use crate::engine::ids::{Addr, ConnId, NodeId};
use crate::engine::io::{Outbox, Timer};
use crate::engine::log::{Lsn, Segments, Timeline, segment_name};
use crate::engine::message::{Message, Positions};
use crate::engine::storage::SqlError;
use crate::engine::time::SimTime;
use crate::engine::trace::What;
use crate::order::OrderedMap;

/// The most log in one message: PostgreSQL's `MAX_SEND_SIZE`, 16 blocks of 8 kB.
const MAX_SEND_BYTES: usize = 128 * 1024;
/// Log under way to one standby before the sender waits: about a socket's buffers.
const WINDOW_BYTES: u64 = 512 * 1024;
/// Samples kept to measure lag with, as PostgreSQL's `LAG_TRACKER_BUFFER_SIZE`.
const LAG_SAMPLES: usize = 8192;

/// What a sender is doing, as `pg_stat_replication.state` says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SenderState {
    /// Sends what the standby missed.
    Catchup,
    /// Has caught up once, and sends what is new.
    Streaming,
}

impl SenderState {
    /// The server's word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            SenderState::Catchup => "catchup",
            SenderState::Streaming => "streaming",
        }
    }
}

/// One standby's stream.
#[derive(Clone, Debug)]
pub struct Sender {
    /// The standby.
    pub standby: NodeId,
    /// What it calls itself.
    pub application_name: Arc<str>,
    /// Its place in PostgreSQL's `WalSndCtl`: the lowest that was free. It decides between standbys of one name.
    pub slot: u16,
    /// What the sender is doing.
    pub state: SenderState,
    /// Sent up to here.
    pub sent: Lsn,
    /// What the standby last reported.
    pub positions: Positions,
    /// `write_lag`, `flush_lag`, `replay_lag` in microseconds.
    pub lag_us: [Option<u64>; 3],
    /// When its last status arrived.
    pub reply_at: Option<SimTime>,
    /// When the stream began.
    pub started_at: SimTime,
    /// The timeline that is sent.
    timeline: Timeline,
    heard_at: SimTime,
    pinged: bool,
    caught_up_at_reply: bool,
    samples: [VecDeque<(Lsn, SimTime)>; 3],
}

impl Sender {
    /// Whether this server left the timeline that is sent before what the standby has.
    fn is_past(&self, core: &Core) -> bool {
        core.history.left(self.timeline).is_none_or(|left| self.sent > left)
    }

    /// Sends what may be sent: only log that is durable here.
    fn ship(&mut self, conn: ConnId, core: &Core, out: &mut Outbox) {
        if self.timeline != core.timeline() {
            if self.is_past(core) {
                return;
            }
            self.timeline = core.timeline();
        }
        let limit = core.log.flushed();
        while self.sent < limit && self.sent.bytes_since(self.positions.write) < WINDOW_BYTES {
            let bytes = core.log.read(self.sent, limit, MAX_SEND_BYTES);
            if bytes.is_empty() {
                return;
            }
            let start = self.sent;
            self.sent = start.plus(bytes.len());
            let sample = (self.sent, out.now);
            for samples in &mut self.samples {
                if samples.len() == LAG_SAMPLES {
                    samples.pop_front();
                }
                samples.push_back(sample);
            }
            let message = Message::LogData {
                timeline: core.timeline(),
                start,
                bytes,
                end_of_log: core.log.flushed(),
                sent_at: out.now,
            };
            out.send(conn, message);
        }
    }

    /// Takes a status. PostgreSQL shows a lag until the standby reports twice that it has everything.
    fn heard(&mut self, positions: Positions, now: SimTime) {
        self.positions = positions;
        self.reply_at = Some(now);
        let reached = [positions.write, positions.flush, positions.apply];
        let caught_up = reached.iter().all(|lsn| *lsn == self.sent);
        let clear = caught_up && self.caught_up_at_reply;
        self.caught_up_at_reply = caught_up;
        for ((samples, lag), to) in self.samples.iter_mut().zip(&mut self.lag_us).zip(reached) {
            let mut newest = None;
            while samples.front().is_some_and(|(lsn, _)| *lsn <= to) {
                newest = samples.pop_front();
            }
            match newest {
                Some((_, sent_at)) => *lag = Some(now.since(sent_at)),
                None if clear => *lag = None,
                None => {}
            }
        }
    }
}

/// All streams of one server.
#[derive(Clone, Debug, Default)]
pub struct Senders {
    all: OrderedMap<ConnId, Sender>,
    /// Up to here the synchronous standbys have confirmed the log, as `WalSndCtl->lsn` says it.
    confirmed: Positions,
}

impl Senders {
    /// The streams in the order of connections.
    pub fn iter(&self) -> impl Iterator<Item = &Sender> {
        self.all.values()
    }

    /// The streams with their connections.
    pub fn connections(&self) -> impl Iterator<Item = (ConnId, &Sender)> {
        self.all.iter().map(|(conn, sender)| (*conn, sender))
    }

    /// The positions up to which commits need not wait for standbys.
    ///
    /// They move when a synchronous standby reports, as in `SyncRepReleaseWaiters` of PostgreSQL 15: that another rule,
    /// or another set of standbys, is content with what was reported before is noticed with the next report. They never
    /// move back.
    #[must_use]
    pub fn confirmed(&self) -> Positions {
        self.confirmed
    }

    /// A report has come in from `conn`.
    fn confirm(&mut self, conn: ConnId, core: &Core) {
        let candidates: Vec<Candidate<'_>> = self.iter().map(candidate).collect();
        let Some(group) = SyncGroup::of(&core.settings.synchronous_standby_names, &candidates) else { return };
        let Some(reporter) = self.all.keys().position(|key| *key == conn) else { return };
        if group.counting().any(|index| index == reporter)
            && let Some(reached) = group.reached(&candidates)
        {
            let known = self.confirmed;
            self.confirmed = Positions {
                write: known.write.max(reached.write),
                flush: known.flush.max(reached.flush),
                apply: known.apply.max(reached.apply),
            };
        }
    }

    fn free_slot(&self) -> u16 {
        (0..).find(|slot| self.all.values().all(|sender| sender.slot != *slot)).unwrap_or(u16::MAX)
    }

    /// Whether this connection is a stream.
    #[must_use]
    pub fn has(&self, conn: ConnId) -> bool {
        self.all.contains_key(&conn)
    }

    /// A standby asks for log. `held` is whether it has the slot that it wants.
    pub fn start(
        &mut self,
        conn: ConnId,
        name: Arc<str>,
        (timeline, from): (Timeline, Lsn),
        held: Result<(), SqlError>,
        core: &Core,
        out: &mut Outbox,
    ) {
        let Addr::Node(standby) = conn.opener else {
            out.close(conn);
            return;
        };
        if let Err(error) = held {
            refuse(conn, standby, &format!("ERROR:  {}", error.message), false, core, out);
            return;
        }
        // A standby asks for the whole of the segment in which its log ends.
        let segments = Segments::new(core.settings.wal_segment_size_bytes);
        let start = segments.start(segments.number(from));
        let admitted = core.history.admits(timeline, start, core.log.flushed());
        let past = core.history.left(timeline).is_none_or(|left| from > left);
        match admitted {
            Err(error) if !past => {
                refuse(conn, standby, &format!("ERROR:  {error}"), false, core, out);
                return;
            }
            _ if past => {
                end_of_timeline(conn, standby, timeline, admitted.err(), core, out);
                return;
            }
            _ => {}
        }
        if from < core.log.start() {
            // The real stream begins, and breaks at the first read.
            refuse(conn, standby, &removed(core, timeline, from), true, core, out);
            return;
        }
        out.trace(What::StreamingStarted { upstream: core.id, standby, from, timeline: core.timeline() });
        out.send(conn, Message::StreamingStarted { timeline: core.timeline(), history: core.history.switches() });
        let mut sender = Sender {
            standby,
            application_name: name,
            slot: self.free_slot(),
            state: SenderState::Catchup,
            sent: from,
            positions: Positions { write: from, flush: from, apply: Lsn::ZERO },
            lag_us: [None; 3],
            reply_at: None,
            started_at: out.now,
            timeline: core.timeline(),
            heard_at: out.now,
            pinged: false,
            caught_up_at_reply: false,
            samples: Default::default(),
        };
        sender.ship(conn, core, out);
        if sender.sent >= core.log.flushed() {
            sender.state = SenderState::Streaming;
        }
        self.all.insert(conn, sender);
        self.arm(core, out);
    }

    /// A standby reported its positions.
    pub fn status(&mut self, conn: ConnId, positions: Positions, reply_requested: bool, core: &Core, out: &mut Outbox) {
        let Some(sender) = self.all.get_mut(&conn) else { return };
        sender.heard_at = out.now;
        sender.pinged = false;
        sender.heard(positions, out.now);
        if reply_requested {
            let end_of_log = core.log.flushed();
            out.send(conn, Message::Keepalive { end_of_log, reply_requested: false, sent_at: out.now });
        }
        sender.ship(conn, core, out);
        if sender.sent >= core.log.flushed() {
            sender.state = SenderState::Streaming;
        }
        self.confirm(conn, core);
    }

    /// There is more durable log.
    pub fn ship(&mut self, core: &Core, out: &mut Outbox) {
        let past = |sender: &&Sender| sender.timeline != core.timeline() && sender.is_past(core);
        let past: Vec<ConnId> = self.all.iter().filter(|(_, sender)| past(sender)).map(|(conn, _)| *conn).collect();
        for conn in past {
            if let Some(sender) = self.all.get(&conn) {
                end_of_timeline(conn, sender.standby, sender.timeline, None, core, out);
            }
            self.closed(conn, core, out);
        }
        for (conn, sender) in &mut self.all {
            sender.ship(*conn, core, out);
        }
    }

    /// A stream's connection is gone.
    pub fn closed(&mut self, conn: ConnId, core: &Core, out: &mut Outbox) {
        if let Some(sender) = self.all.remove(&conn) {
            out.trace(What::StreamingEnded { upstream: core.id, standby: sender.standby });
        }
    }

    /// Ends a stream with an error, as when its process is terminated.
    pub fn refuse(&mut self, conn: ConnId, error: &str, core: &Core, out: &mut Outbox) {
        if let Some(sender) = self.all.get(&conn) {
            refuse(conn, sender.standby, error, true, core, out);
            self.closed(conn, core, out);
        }
    }

    /// Log was removed: streams that have not come so far cannot go on. Returns their connections.
    pub fn end_those_before(&mut self, core: &Core, out: &mut Outbox) -> Vec<ConnId> {
        let behind = self.all.iter().filter(|(_, sender)| sender.sent < core.log.start());
        let behind: Vec<(ConnId, Lsn)> = behind.map(|(conn, sender)| (*conn, sender.sent)).collect();
        for (conn, sent) in &behind {
            let timeline = core.history.at(*sent);
            self.refuse(*conn, &removed(core, timeline, *sent), core, out);
        }
        behind.into_iter().map(|(conn, _)| conn).collect()
    }

    /// Keepalives and time-outs that are due (`wal_sender_timeout`). Returns the connections that timed out.
    pub fn tick(&mut self, core: &Core, out: &mut Outbox) -> Vec<ConnId> {
        let timeout_us = core.settings.wal_sender_timeout_us;
        let mut gone = Vec::new();
        for (conn, sender) in &mut self.all {
            let silent_us = out.now.since(sender.heard_at);
            if timeout_us > 0 && silent_us >= timeout_us {
                gone.push(*conn);
            } else if timeout_us > 0 && silent_us >= timeout_us / 2 && !sender.pinged {
                sender.pinged = true;
                let end_of_log = core.log.flushed();
                out.send(*conn, Message::Keepalive { end_of_log, reply_requested: true, sent_at: out.now });
            }
        }
        for conn in &gone {
            out.close(*conn);
            self.closed(*conn, core, out);
        }
        self.arm(core, out);
        gone
    }

    fn arm(&self, core: &Core, out: &mut Outbox) {
        let timeout_us = core.settings.wal_sender_timeout_us;
        if timeout_us == 0 {
            return;
        }
        let next = |s: &Sender| s.heard_at.plus(if s.pinged { timeout_us } else { timeout_us / 2 });
        if let Some(at) = self.all.values().map(next).min() {
            out.set_timer(Timer::Senders, at.max(out.now.plus(1)));
        }
    }
}

/// Says that a standby cannot be served, and ends its connection.
fn refuse(conn: ConnId, standby: NodeId, error: &str, streaming: bool, core: &Core, out: &mut Outbox) {
    let error: Arc<str> = error.into();
    out.trace(What::ReplicationRefused { upstream: core.id, standby, error: error.clone() });
    out.send(conn, Message::ReplicationRefused { error, streaming });
    out.close(conn);
}

/// Says that a standby has log beyond what this server has of its timeline, and ends its connection. It is the standby
/// that complains, unless the segment that it asks for begins there.
fn end_of_timeline(
    conn: ConnId,
    standby: NodeId,
    asked: Timeline,
    error: Option<String>,
    core: &Core,
    out: &mut Outbox,
) {
    let error: Option<Arc<str>> = error.map(|error| format!("ERROR:  {error}").into());
    let said = error.clone().unwrap_or_else(|| match asked > core.timeline() {
        true => {
            format!("highest timeline {} of the primary is behind recovery timeline {asked}", core.timeline()).into()
        }
        false => format!("primary server contains no more WAL on requested timeline {asked}").into(),
    });
    out.trace(What::ReplicationRefused { upstream: core.id, standby, error: said });
    let (timeline, history) = (core.timeline(), core.history.switches());
    out.send(conn, Message::TimelineEnded { timeline, history, error });
    out.close(conn);
}

/// The words for log that is gone (`wal_segment_open`, PostgreSQL 15).
fn removed(core: &Core, timeline: Timeline, at: Lsn) -> String {
    let name = segment_name(timeline, at, core.settings.wal_segment_size_bytes);
    format!("ERROR:  requested WAL segment {name} has already been removed")
}
