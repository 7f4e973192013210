//! What the judges cost per write: the events of one synchronous write with two replicas and a proxy, none of them shared
//! with other writes, told to the judges one by one; what a checkpoint pays for them; and how much longer whole runs take
//! with judges than without. One line a figure.

use std::hint::black_box;
use std::time::Instant;

use replication_lab::check::Judges;
use replication_lab::engine::ids::{Addr, ClientId, ConnId, NodeId, SessionId, TxnId};
use replication_lab::engine::log::{Lsn, Timeline};
use replication_lab::engine::message::{MessageKind, Positions, Statement};
use replication_lab::engine::time::SimTime;
use replication_lab::engine::trace::{KeyWrites, MessageId, TraceEvent, Verdict, What};
use replication_lab::scenario::{Scenario, Source};
use replication_lab::sim::{Observer, Run};

/// Writes of a tape.
const WRITES: u64 = 100_000;
const KEYS: i64 = 1_000;
const SESSIONS: u64 = 32;
const PRIMARY: NodeId = NodeId(0);
const STANDBYS: [NodeId; 2] = [NodeId(1), NodeId(2)];

#[derive(Default)]
struct Tape {
    events: Vec<TraceEvent>,
    /// The number of the first of them.
    number: u64,
    now: u64,
}

impl Tape {
    fn tell(&mut self, what: What) {
        let number = self.number + self.events.len() as u64;
        self.events.push(TraceEvent { number, at: SimTime(self.now), what });
    }

    fn message(&mut self, from: Addr, to: Addr, kind: MessageKind, span: Option<(Lsn, Lsn)>, txn: Option<TxnId>) {
        let id = MessageId(self.events.len() as u64);
        let positions = (kind == MessageKind::Acknowledgement).then(Positions::default);
        let (conn, arrives_at) = (ConnId { opener: from, number: 1 }, SimTime(self.now + 1));
        self.tell(What::Sent { id, conn, from, to, kind, span, positions, txn, wire_bytes: 100, arrives_at });
        self.now += 1;
        self.tell(What::Delivered { id });
    }

    fn write(&mut self, txn: TxnId, (key, value): (i64, i64), start: Lsn, end: Lsn) {
        let (client, proxy, db1) = (Addr::Client(txn.session.client), Addr::Proxy, Addr::Node(PRIMARY));
        let (node, timeline) = (PRIMARY, Timeline(1));
        let statement = Statement::Upsert { id: key, value };
        self.tell(What::Submitted { txn, statement, writes: true, first_of_txn: true });
        self.message(client, proxy, MessageKind::Query, None, Some(txn));
        self.tell(What::Routed { by: proxy, txn, to: node, reason: "writes" });
        self.message(proxy, db1, MessageKind::Query, None, Some(txn));
        self.tell(What::Executed { node, txn, changes: 1 });
        let keys = KeyWrites { kv: Some((key, value)), changes: 1, kv_otherwise: false };
        self.tell(What::Logged { node, txn, timeline, start, end, keys, gtid: None });
        self.tell(What::Written { node, to: end });
        self.tell(What::Flushed { node, to: end, took_us: 1_000 });
        self.tell(What::CommitWaits { node, txn, at: end });
        for standby in STANDBYS {
            self.message(db1, Addr::Node(standby), MessageKind::Log, Some((start, end)), None);
            self.tell(What::Received { node: standby, from: db1, start, end });
            self.tell(What::Written { node: standby, to: end });
            self.tell(What::Flushed { node: standby, to: end, took_us: 1_000 });
            self.message(Addr::Node(standby), db1, MessageKind::Acknowledgement, None, None);
            self.tell(What::Applied { node: standby, to: end, transactions: 1 });
        }
        self.tell(What::CommitReleased { node, txn, at: end, waited_us: 4_000 });
        self.tell(What::Visible { node, txn, at: end });
        self.message(db1, proxy, MessageKind::Result, None, Some(txn));
        self.message(proxy, client, MessageKind::Result, None, Some(txn));
        let verdict = Verdict::Acknowledged { warning: None, committed_at: Some((timeline, end)) };
        self.tell(What::Finished { txn, writes: true, verdict, latency_us: 6_000 + end.0 % 3_000 });
    }

    fn read(&mut self, txn: TxnId, key: i64, value: i64) {
        let (client, proxy) = (Addr::Client(txn.session.client), Addr::Proxy);
        let statement = Statement::ReadKey { id: key };
        self.tell(What::Submitted { txn, statement, writes: false, first_of_txn: true });
        self.message(client, proxy, MessageKind::Query, None, Some(txn));
        self.message(proxy, client, MessageKind::Result, None, Some(txn));
        self.tell(What::ReadDone { txn, key, value: Some(value), node: STANDBYS[0], latency_us: 4_000 });
        let verdict = Verdict::Acknowledged { warning: None, committed_at: None };
        self.tell(What::Finished { txn, writes: false, verdict, latency_us: 4_000 });
    }
}

/// Tells `sink` of writes, each followed by as many reads of its key. Events are made one write at a time, so that they
/// come from the cache, as they do in a run.
fn play(reads: u32, mut sink: impl FnMut(&TraceEvent)) {
    let mut tape = Tape::default();
    tape.tell(What::BecamePrimary { node: PRIMARY, timeline: Timeline(1), at: Lsn(0) });
    for standby in STANDBYS {
        tape.tell(What::StreamingStarted { upstream: PRIMARY, standby, from: Lsn(0), timeline: Timeline(1) });
    }
    for i in 0..WRITES {
        let session = SessionId { client: ClientId(0), number: (i % SESSIONS) as u16 };
        let number = (i / SESSIONS) as u32 * (1 + reads) + 1;
        let (key, value) = (i as i64 % KEYS, i as i64);
        tape.write(TxnId { session, number }, (key, value), Lsn(i * 120), Lsn((i + 1) * 120));
        for read in 1..=reads {
            tape.read(TxnId { session, number: number + read }, key, value);
        }
        tape.events.iter().for_each(&mut sink);
        tape.number += tape.events.len() as u64;
        tape.events.clear();
    }
}

/// Nanoseconds that this process has spent on a processor: other work on the machine does not count.
fn cpu_ns(since: Instant) -> u64 {
    let on_cpu = std::fs::read_to_string("/proc/self/schedstat").ok();
    let first = on_cpu.as_deref().and_then(|text| text.split(' ').next()?.parse().ok());
    first.unwrap_or_else(|| since.elapsed().as_nanos() as u64)
}

/// The least of nine runs of `act`, in nanoseconds of processor time.
fn least_ns<T>(mut act: impl FnMut() -> T) -> u64 {
    let origin = Instant::now();
    let mut once = || {
        let begin = cpu_ns(origin);
        black_box(act());
        cpu_ns(origin) - begin
    };
    (0..9).map(|_| once()).min().unwrap_or(0)
}

fn judged(reads: u32) -> Judges {
    let mut judges = Judges::new(replication_lab::engine::flavor::Flavor::Postgresql);
    play(reads, |event| judges.take(event));
    judges
}

fn unjudged(reads: u32) {
    play(reads, |event| {
        black_box(event);
    });
}

/// What a run costs until its end, in nanoseconds of processor time; with judges also their last word.
fn run_ns<O: Observer>(scenario: &Scenario, observer: O, end: impl FnOnce(&mut Run<O>)) -> u64 {
    let origin = Instant::now();
    let begin = cpu_ns(origin);
    let Ok(mut run) = Run::new(scenario.setup.clone(), scenario.schedule.clone(), observer) else { return 0 };
    run.run_until(SimTime(scenario.duration_us));
    end(&mut run);
    black_box(run.trace_hash());
    cpu_ns(origin) - begin
}

/// The same run with and without judges by turns in one process; medians of nine.
fn whole_run(name: &str, text: &str) {
    let source = Source { origin: name.to_owned(), text: text.to_owned(), overrides: Vec::new() };
    let Ok(scenario) = source.scenario() else { return println!("{name}: is no scenario") };
    let (mut with, mut without) = (Vec::new(), Vec::new());
    for _ in 0..9 {
        without.push(run_ns(&scenario, (), |_| {}));
        with.push(run_ns(&scenario, Judges::new(scenario.setup.flavor), |run| {
            let now = run.now();
            run.observer_mut().judge_linearizability(now);
        }));
    }
    let median = |figures: &mut Vec<u64>| {
        figures.sort_unstable();
        figures[figures.len() / 2].max(1)
    };
    let (with, without) = (median(&mut with), median(&mut without));
    println!(
        "a run of {name} with judges takes {}.{:02} times as long as without ({} and {} ms; medians of 9)",
        with / without,
        with * 100 / without % 100,
        with / 1_000_000,
        without / 1_000_000
    );
}

/// Ten seconds of 2,000 writes and 4,000 reads a second, asynchronous, through the proxy.
const BUSY: &str = r#"
title = "Busy"
duration = "10s"
[[node]]
name = "db1"
[[node]]
name = "db2"
[[node]]
name = "db3"
[proxy]
read_policy = "round_robin"
[[client]]
name = "app"
writes_per_second = 2000
reads_per_second = 4000
keys = 1000
"#;

fn main() {
    whole_run("a busy cluster", BUSY);
    whole_run("asynchronous-loss", include_str!("../scenarios/asynchronous-loss.toml"));
    let each = |reads| least_ns(|| judged(reads)).saturating_sub(least_ns(|| unjudged(reads))) / WRITES;
    let (write, both) = (each(0), each(1));
    println!("judges, a synchronous write with two replicas and a proxy: {write} ns of processor time");
    println!("judges, a read of a key: {} ns", both.saturating_sub(write));
    let judges = judged(1);
    let clone = least_ns(|| (0..100).map(|_| judges.clone()).collect::<Vec<_>>()) / 100;
    println!("judges, a clone for a checkpoint after {WRITES} writes: {clone} ns");
}
