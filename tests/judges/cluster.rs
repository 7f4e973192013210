//! A cluster made by hand: it tells the judges what happens, and keeps every server's log as a plain list, so that a test
//! can say the truth without any of the judges' cleverness.

use std::collections::BTreeMap;

use replication_lab::check::{Judges, Kind, Violation};
use replication_lab::engine::ids::{Addr, ClientId, ConnId, NodeId, SessionId, TxnId};
use replication_lab::engine::log::{Lsn, Timeline};
use replication_lab::engine::message::{MessageKind, Statement};
use replication_lab::engine::time::SimTime;
use replication_lab::engine::trace::{KeyWrites, Life, MessageId, TraceEvent, Verdict, What};

/// Every transaction's records take this many bytes.
pub const BYTES: u64 = 100;

#[derive(Clone, Debug, Default)]
pub struct Server {
    pub log: Vec<TxnId>,
    /// How many of the log's transactions are durable.
    pub durable: usize,
    pub timeline: u32,
    pub primary: bool,
    pub up: bool,
    /// Whom it streams from.
    pub upstream: Option<usize>,
}

#[derive(Clone, Debug, Default)]
pub struct Cluster {
    pub judges: Judges,
    pub servers: Vec<Server>,
    pub now_us: u64,
    events: u64,
    numbers: BTreeMap<SessionId, u32>,
    kv: BTreeMap<TxnId, (i64, i64)>,
    committed: BTreeMap<TxnId, (Timeline, Lsn)>,
    timelines: u32,
}

pub fn node(index: usize) -> NodeId {
    NodeId(u8::try_from(index).unwrap())
}

pub fn session(number: u16) -> SessionId {
    SessionId { client: ClientId(0), number }
}

impl Cluster {
    /// Server 0 is the primary, the others stream from it.
    pub fn new(servers: usize) -> Cluster {
        let fresh = Server { timeline: 1, up: true, ..Server::default() };
        let mut cluster = Cluster { servers: vec![fresh; servers], timelines: 1, ..Cluster::default() };
        cluster.servers[0].primary = true;
        cluster.tell(What::BecamePrimary { node: node(0), timeline: Timeline(1), at: Lsn(0) });
        for standby in 1..servers {
            cluster.stream(0, standby);
        }
        cluster
    }

    /// Tells the judges of an event, now.
    pub fn tell(&mut self, what: What) -> u64 {
        let event = TraceEvent { number: self.events, at: SimTime(self.now_us), what };
        self.judges.take(&event);
        self.events += 1;
        event.number
    }

    /// Lets time pass.
    pub fn wait_ms(&mut self, ms: u64) {
        self.now_us += ms * 1_000;
    }

    fn end(&self, server: usize) -> Lsn {
        Lsn(self.servers[server].log.len() as u64 * BYTES)
    }

    /// A client sends an upsert.
    pub fn submit(&mut self, session: SessionId, key: i64, value: i64) -> TxnId {
        let number = self.numbers.entry(session).or_default();
        *number += 1;
        let txn = TxnId { session, number: *number };
        self.kv.insert(txn, (key, value));
        let statement = Statement::Upsert { id: key, value };
        self.tell(What::Submitted { txn, statement, writes: true, first_of_txn: true });
        txn
    }

    /// The next transaction of a session, of which nothing is told yet.
    pub fn next_txn(&mut self, session: SessionId) -> TxnId {
        let number = self.numbers.entry(session).or_default();
        *number += 1;
        TxnId { session, number: *number }
    }

    /// A server logs a transaction, in memory.
    pub fn log(&mut self, server: usize, txn: TxnId) -> u64 {
        let keys = KeyWrites { kv: self.kv.get(&txn).copied(), changes: 1, kv_otherwise: false };
        self.log_as(server, txn, keys)
    }

    pub fn log_as(&mut self, server: usize, txn: TxnId, keys: KeyWrites) -> u64 {
        let start = self.end(server);
        self.servers[server].log.push(txn);
        let (end, timeline) = (self.end(server), Timeline(self.servers[server].timeline));
        self.committed.insert(txn, (timeline, end));
        self.tell(What::Logged { node: node(server), txn, timeline, start, end, keys, gtid: None })
    }

    /// A server's log becomes durable.
    pub fn flush(&mut self, server: usize) {
        self.servers[server].durable = self.servers[server].log.len();
        let to = self.end(server);
        self.tell(What::Flushed { node: node(server), to, took_us: 1_000 });
    }

    /// A transaction becomes visible on the primary.
    pub fn show(&mut self, server: usize, txn: TxnId) {
        let position = self.servers[server].log.iter().rposition(|t| *t == txn).unwrap();
        let at = Lsn((position as u64 + 1) * BYTES);
        self.tell(What::Visible { node: node(server), txn, at });
    }

    /// A standby receives, flushes and applies up to `limit` more transactions of what its upstream has durable.
    pub fn replicate(&mut self, standby: usize, limit: usize) {
        let Some(upstream) = self.servers[standby].upstream else { return };
        let have = self.servers[standby].log.len();
        let all = self.servers[upstream].log[..self.servers[upstream].durable].to_vec();
        let more: Vec<TxnId> = all.into_iter().skip(have).take(limit).collect();
        if more.is_empty() {
            return;
        }
        let start = self.end(standby);
        self.servers[standby].log.extend(more.iter().copied());
        let (end, to) = (self.end(standby), node(standby));
        let conn = ConnId { opener: Addr::Node(to), number: 1 };
        self.tell(What::Sent {
            id: MessageId(0),
            conn,
            from: Addr::Node(node(upstream)),
            to: Addr::Node(to),
            kind: MessageKind::Log,
            span: Some((start, end)),
            positions: None,
            txn: None,
            wire_bytes: 100,
            arrives_at: SimTime(self.now_us),
        });
        self.tell(What::Received { node: to, from: Addr::Node(node(upstream)), start, end });
        self.flush(standby);
        self.tell(What::Applied { node: to, to: end, transactions: more.len() as u32 });
    }

    pub fn finish(&mut self, txn: TxnId, writes: bool, verdict: Verdict) -> u64 {
        self.tell(What::Finished { txn, writes, verdict, latency_us: 4_000 })
    }

    /// Success reaches the client.
    pub fn acknowledge(&mut self, txn: TxnId) -> u64 {
        let committed_at = self.committed.get(&txn).copied();
        self.finish(txn, true, Verdict::Acknowledged { warning: None, committed_at })
    }

    pub fn fail(&mut self, txn: TxnId) {
        self.finish(txn, true, Verdict::Failed { code: "25006".into(), message: "read-only".into() });
    }

    pub fn give_up(&mut self, txn: TxnId) {
        self.finish(txn, true, Verdict::Indeterminate { reason: "the connection was lost".into() });
    }

    /// A write from end to end, on one server.
    pub fn write(&mut self, session: SessionId, server: usize, key: i64, value: i64) -> TxnId {
        let txn = self.submit(session, key, value);
        self.log(server, txn);
        self.flush(server);
        self.show(server, txn);
        self.acknowledge(txn);
        txn
    }

    /// A read that is sent, and comes back after `latency_ms`.
    pub fn read(&mut self, session: SessionId, server: usize, key: i64, value: Option<i64>, latency_ms: u64) {
        let txn = self.next_txn(session);
        let statement = Statement::ReadKey { id: key };
        self.tell(What::Submitted { txn, statement, writes: false, first_of_txn: true });
        self.wait_ms(latency_ms);
        let latency_us = latency_ms * 1_000;
        self.tell(What::ReadDone { txn, key, value, node: node(server), latency_us });
        let verdict = Verdict::Acknowledged { warning: None, committed_at: None };
        self.tell(What::Finished { txn, writes: false, verdict, latency_us });
    }

    /// A standby begins to stream, if its log is a beginning of the upstream's.
    pub fn stream(&mut self, upstream: usize, standby: usize) {
        let log = &self.servers[standby].log;
        let above = &self.servers[upstream];
        if !above.up
            || !self.servers[standby].up
            || !above.log[..above.durable].starts_with(log)
            || self.feeds(standby, upstream)
        {
            return;
        }
        self.servers[standby].upstream = Some(upstream);
        self.servers[standby].primary = false;
        self.servers[standby].timeline = self.servers[upstream].timeline;
        let (from, timeline) = (self.end(standby), Timeline(self.servers[upstream].timeline));
        self.tell(What::StreamingStarted { upstream: node(upstream), standby: node(standby), from, timeline });
    }

    /// Whether `server` is `other` or above it.
    fn feeds(&self, server: usize, other: usize) -> bool {
        server == other || self.servers[other].upstream.is_some_and(|above| self.feeds(server, above))
    }

    fn stop_streams(&mut self, server: usize) {
        for standby in 0..self.servers.len() {
            if self.servers[standby].upstream == Some(server) {
                self.servers[standby].upstream = None;
                self.tell(What::StreamingEnded { upstream: node(server), standby: node(standby) });
            }
        }
        if let Some(upstream) = self.servers[server].upstream.take() {
            self.tell(What::StreamingEnded { upstream: node(upstream), standby: node(server) });
        }
    }

    /// The machine dies; what was not flushed is lost.
    pub fn crash(&mut self, server: usize) {
        if !self.servers[server].up {
            return;
        }
        self.servers[server].up = false;
        self.tell(What::LifeChanged { node: node(server), life: Life::Down });
        self.stop_streams(server);
        let (to, durable) = (self.end(server), self.servers[server].durable);
        self.servers[server].log.truncate(durable);
        let from = self.end(server);
        if from < to {
            self.tell(What::LogLost { node: node(server), from, to });
        }
    }

    /// The machine comes back; a primary comes back as one.
    pub fn restart(&mut self, server: usize) {
        if self.servers[server].up {
            return;
        }
        self.servers[server].up = true;
        let (at, timeline) = (self.end(server), Timeline(self.servers[server].timeline));
        self.tell(What::LifeChanged { node: node(server), life: Life::Recovering });
        self.tell(What::RecoveryStarted { node: node(server), checkpoint: Lsn(0), end: at });
        self.tell(What::RecoveryFinished { node: node(server), at, timeline });
        self.tell(What::LifeChanged { node: node(server), life: Life::Running });
        if self.servers[server].primary {
            self.tell(What::BecamePrimary { node: node(server), timeline, at });
        }
    }

    /// A running standby becomes the primary on a new timeline.
    pub fn promote(&mut self, server: usize) {
        if !self.servers[server].up || self.servers[server].primary {
            return;
        }
        self.tell(What::Command { text: format!("promote = \"db{}\"", server + 1).into() });
        self.tell(What::PromotionStarted { node: node(server) });
        if let Some(upstream) = self.servers[server].upstream.take() {
            self.tell(What::StreamingEnded { upstream: node(upstream), standby: node(server) });
        }
        self.wait_ms(1);
        self.timelines += 1;
        let parent = Timeline(self.servers[server].timeline);
        self.servers[server].timeline = self.timelines;
        self.servers[server].primary = true;
        self.servers[server].durable = self.servers[server].log.len();
        let (at, timeline) = (self.end(server), Timeline(self.timelines));
        self.tell(What::TimelineSwitched { node: node(server), parent, timeline, at });
        self.wait_ms(1);
        self.tell(What::BecamePrimary { node: node(server), timeline, at });
    }

    /// The violations of a kind.
    pub fn found(&self, kind: Kind) -> Vec<Violation> {
        let found: Vec<Violation> = self.judges.violations().iter().filter(|v| v.kind() == kind).copied().collect();
        assert_eq!(found.len() as u64, self.judges.violations().count(kind), "{kind}");
        found
    }

    /// How many violations of each kind there are, leaving out kinds without any.
    pub fn counts(&self) -> Vec<(&'static str, u64)> {
        let counts = Kind::ALL.iter().map(|kind| (kind.name(), self.judges.violations().count(*kind)));
        counts.filter(|(_, n)| *n > 0).collect()
    }
}
