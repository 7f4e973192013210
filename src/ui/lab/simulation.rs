//! TEMPORARY fixture until the engine's run lands.

use super::frames::wall_ms;
use super::watch::Watch;
use crate::engine::flavor::Flavor;
use crate::engine::ids::{Addr, ClientId, NodeId, SessionId, TxnId};
use crate::engine::log::{Lsn, Timeline};
use crate::engine::message::{MessageKind, Positions};
use crate::engine::time::SimTime;
use crate::engine::trace::{Life, MessageId, TraceEvent, What};
use crate::sim::command::{Command, Console};
use crate::sim::setup::Setup;
use crate::sim::view::*;
use crate::ui::compare::Value;

/// A typed statement and what came back.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// Counts the typed statements.
    pub number: u32,
    /// When it was sent.
    pub at: SimTime,
    /// Who ran it.
    pub console: Console,
    /// The statement.
    pub sql: String,
    /// The server that it was routed to.
    pub served_by: Option<String>,
    /// Whether the proxy chose that.
    pub by_proxy: bool,
    /// Why it went there.
    pub reason: Option<&'static str>,
    /// What came back; `None` while nothing has.
    pub outcome: Option<Result<Shown, String>>,
}

/// A result as it is shown.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Shown {
    /// The command tag and what it did.
    pub tag: String,
    /// Column names.
    pub columns: Vec<String>,
    /// Rows.
    pub rows: Vec<Vec<Value>>,
    /// The commit record's position.
    pub committed_at: Option<String>,
    /// The server's warning.
    pub warning: Option<String>,
}

pub struct Simulation {
    now: SimTime,
    watch: Watch,
    count: usize,
    number: u64,
}

impl Simulation {
    pub fn new(setup: Setup) -> Result<Simulation, String> {
        Ok(Simulation { now: SimTime(0), watch: Watch::default(), count: setup.nodes.len().max(1), number: 0 })
    }
    pub fn now(&self) -> SimTime {
        self.now
    }
    pub fn advance(&mut self, until: SimTime, budget: f64) -> bool {
        let started = wall_ms();
        while self.now < until && wall_ms() - started <= budget {
            let before = self.now.0 / 3_000;
            self.now = SimTime((self.now.0 + 5_000).min(until.0));
            if self.now.0 / 3_000 != before {
                self.tell(What::Flushed { node: NodeId(0), to: self.lsn(0), took_us: 1_000 });
            }
        }
        self.now >= until
    }
    fn tell(&mut self, what: What) {
        self.number += 1;
        self.watch.note(&TraceEvent { number: self.number, at: self.now, what });
    }
    pub fn step_told(&mut self) {
        self.now = self.now.plus(500);
    }
    pub fn act(&mut self, command: Command) {
        if let Command::AddNode { .. } = command {
            self.count += 1;
        }
        self.tell(What::Command { text: format!("{command:?}").into() });
    }
    pub fn tables(&self) -> Vec<String> {
        vec!["accounts".into(), "kv".into()]
    }
    pub fn table(&self, node: NodeId, table: &str, _limit: usize) -> Result<(Vec<String>, Vec<Vec<Value>>), String> {
        use crate::ui::compare::ValueKind::{Number, Text};
        if node.0 == 4 {
            return Err("is down".into());
        }
        let v = |t: &str, kind| Value { text: t.into(), kind };
        let n = if node.0 == 2 { 4 } else { 6 };
        if table == "kv" {
            return Ok((vec!["id".into(), "value".into()], (0..n).map(|i| vec![v(&i.to_string(), Number), v(&(i * 7).to_string(), Number)]).collect()));
        }
        Ok((
            vec!["id".into(), "owner".into(), "balance".into()],
            (0..n).map(|i| vec![v(&i.to_string(), Number), v(["Ada", "Grace", "Edsger", "Barbara", "Tony", "Leslie"][i as usize], Text), v(&(i * 100 + if i == 2 { self.now.0 / 1_000_000 % 2 * i64::from(node.0) as u64 } else { 0 }).to_string(), Number)]).collect(),
        ))
    }
    pub fn setting(&self, name: &str) -> String {
        if name == "synchronous_commit" { "on".into() } else { "db2".into() }
    }
    pub fn answers(&self, _most: usize) -> Vec<Answer> {
        vec![Answer {
            number: 1, at: SimTime(3_211_000), console: Console::Client("app".into()), sql: "SELECT * FROM accounts".into(), served_by: Some("db2".into()), by_proxy: true, reason: Some("a read"),
            outcome: Some(Ok(Shown { tag: "SELECT".into(), columns: vec!["id".into(), "owner".into(), "balance".into()], rows: self.table(NodeId(0), "accounts", 9).unwrap().1, ..Shown::default() })),
        }, Answer { number: 0, at: SimTime(2_211_000), console: Console::On("db2".into()), sql: "INSERT INTO accounts VALUES (1)".into(), served_by: None, by_proxy: false, reason: None, outcome: Some(Err("ERROR 25006: cannot execute INSERT in a read-only transaction".into())) }]
    }
    pub fn watch(&mut self) -> &mut Watch {
        &mut self.watch
    }
    fn lsn(&self, back: u64) -> Lsn {
        Lsn(0x16B_3F28 + (self.now.0 / 20_000) * 152 - back * 152)
    }
    pub fn view(&mut self) -> ClusterView {
        let phase = self.now.0 % 20_000;
        let strip = (0..12u64)
            .map(|i| RecordView {
                start: self.lsn(12 - i),
                end: self.lsn(11 - i),
                txn: Some(TxnId { session: SessionId { client: ClientId(0), number: 0 }, number: 1 }),
                stage: if i == 11 && phase < 1_000 { Stage::Memory } else { Stage::Applied },
                shipped: true,
                acknowledged: true,
            })
            .collect::<Vec<_>>();
        let nodes = (0..self.count)
            .map(|i| {
                let late = i as u64 * 3_000 + 8_000;
                let behind = u64::from(i > 0 && phase < late) + if i == 2 { 2 } else { 0 };
                let at = self.lsn(behind);
                NodeView {
                    id: NodeId(i as u8),
                    name: format!("db{}", i + 1).into(),
                    role: if i == 0 { Role::Primary } else { Role::Replica },
                    life: if i == 4 { Life::Down } else { Life::Running },
                    timeline: Timeline(2),
                    upstream: match i { 0 => None, 3 => Some(NodeId(1)), _ => Some(NodeId(0)) },
                    streaming: i != 5,
                    sync_state: Some(if i == 1 { SyncState::Sync } else { SyncState::Async }),
                    insert_lsn: at,
                    positions: Positions { write: at, flush: at, apply: if i == 0 { at } else { self.lsn(behind + u64::from(i == 2)) } },
                    lag_bytes: behind * 152,
                    lag_us: behind * phase,
                    rows: 42,
                    waiting_commits: u32::from(i == 0 && phase < 9_000),
                    oldest_wait: (i == 0 && phase < 9_000).then(|| (strip[11].txn.unwrap(), self.lsn(0), SimTime(self.now.0 - phase))),
                    strip: if i == 0 { strip.clone() } else { Vec::new() },
                    fsync_us: 1_000,
                    apply_rate: None,
                    disk_full: false,
                    replay_paused: false,
                    error: (i == 6).then(|| "requested WAL segment 000000010000000000000001 has already been removed".into()),
                    senders: Vec::new(),
                }
            })
            .collect::<Vec<_>>();
        let link = |a, b, used_for| LinkView { ends: (a, b), used_for, cut_there: false, cut_back: false, latency_us: 10_000, bandwidth: 0 };
        let mut links = vec![link(Addr::Client(ClientId(0)), Addr::Proxy, LinkUse::Query)];
        for n in &nodes {
            links.push(link(Addr::Proxy, Addr::Node(n.id), LinkUse::Query));
            if let Some(up) = n.upstream {
                let mut l = link(Addr::Node(up), Addr::Node(n.id), LinkUse::Replication { synchronous: n.id.0 == 1, streaming: n.streaming });
                l.cut_there = n.id.0 == 7;
                links.push(l);
            }
        }
        ClusterView {
            now: self.now,
            flavor: Flavor::Postgresql,
            clients: vec![ClientView { id: ClientId(0), name: "app".into(), writes_per_second: 20, reads_per_second: 20, outstanding: 1, believes_primary: None }],
            proxy: Some(ProxyView { primary: Some(NodeId(0)), read_pool: nodes.iter().skip(1).map(|n| n.id).collect(), down: vec![], outstanding: 0 }),
            nodes,
            links,
        }
    }
    pub fn packets(&self) -> impl Iterator<Item = PacketView> {
        let phase = self.now.0 % 20_000;
        let start = self.now.0 - phase;
        let mut list = Vec::new();
        let mut push = |from, to, kind, sent: u64| {
            if (sent..sent + 6_000).contains(&phase) {
                list.push(PacketView { id: MessageId(0), from, to, kind, sent_at: SimTime(start + sent), arrives_at: SimTime(start + sent + 6_000), held_since: None, txn: None, span: None });
            }
        };
        push(Addr::Client(ClientId(0)), Addr::Proxy, MessageKind::Query, 0);
        push(Addr::Proxy, Addr::Node(NodeId(0)), MessageKind::Query, 6_000);
        push(Addr::Node(NodeId(0)), Addr::Proxy, MessageKind::Result, 9_000);
        for i in 1..self.count as u8 {
            push(Addr::Node(NodeId(0)), Addr::Node(NodeId(i)), MessageKind::Log, 1_000 + u64::from(i) * 700);
            push(Addr::Node(NodeId(i)), Addr::Node(NodeId(0)), MessageKind::Acknowledgement, 4_000 + u64::from(i) * 900);
            push(Addr::Proxy, Addr::Node(NodeId(i)), MessageKind::Query, 8_000 + u64::from(i) * 700);
        }
        list.into_iter()
    }
}
