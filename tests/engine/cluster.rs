//! A small cluster to test with, and what tests ask of it.

use std::sync::Arc;

use replication_lab::engine::flavor::Flavor;
use replication_lab::engine::ids::NodeId;
use replication_lab::engine::time::SimTime;
use replication_lab::engine::trace::{TraceEvent, What};
use replication_lab::sim::command::{Command, Console};
use replication_lab::sim::setup::{
    CausalReads, ClientSetup, DiskSetup, FailoverSetup, LinkShape, NodeSetup, ProxySetup, Setup, Tags,
};
use replication_lab::sim::{Observer, Run, World, trace_text};

/// Keeps the trace, as events and as text.
#[derive(Clone, Default)]
pub struct Tape {
    pub events: Vec<TraceEvent>,
    pub lines: Vec<String>,
}

impl Observer for Tape {
    fn observe(&mut self, event: &TraceEvent, world: &World) {
        self.events.push(event.clone());
        self.lines.push(trace_text::line(event, world));
    }
}

pub fn node(name: &str) -> NodeSetup {
    NodeSetup {
        name: name.into(),
        upstream: None,
        disk: DiskSetup::default(),
        cpu: None,
        settings: Vec::new(),
        tags: Tags::default(),
    }
}

pub fn setup(nodes: usize) -> Setup {
    Setup {
        flavor: Flavor::Postgresql,
        seed: 7,
        schema: "CREATE TABLE accounts (id INTEGER PRIMARY KEY, balance INTEGER NOT NULL)".to_owned(),
        settings: Vec::new(),
        nodes: (1..=nodes).map(|n| node(&format!("db{n}"))).collect(),
        network: LinkShape::DEFAULT,
        links: Vec::new(),
        failover: FailoverSetup::default(),
        proxy: Some(ProxySetup::default()),
        clients: vec![ClientSetup {
            name: "app".into(),
            connect: None,
            causal_reads: CausalReads::None,
            writes_per_second: 20,
            reads_per_second: 40,
            keys: 10,
            settings: Vec::new(),
            ..ClientSetup::default()
        }],
    }
}

pub fn quiet(nodes: usize) -> Setup {
    let mut setup = setup(nodes);
    setup.clients[0].writes_per_second = 0;
    setup.clients[0].reads_per_second = 0;
    setup
}

pub fn with(mut setup: Setup, settings: &[(&str, &str)]) -> Setup {
    setup.settings = settings.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
    setup
}

pub fn start(setup: Setup) -> Run<Tape> {
    Run::new(setup, Vec::new(), Tape::default()).expect("the set-up is sound")
}

pub fn ms(ms: u64) -> SimTime {
    SimTime(ms * 1_000)
}

pub fn sql_on(run: &mut Run<Tape>, node: &str, sql: &str) {
    run.act(Command::Sql { console: Console::On(node.into()), sql: sql.into() }).expect("the console takes it");
}

pub fn sql(run: &mut Run<Tape>, sql: &str) {
    run.act(Command::Sql { console: Console::Client("app".into()), sql: sql.into() }).expect("the console takes it");
}

/// The answer to the last typed statement, as text: rows joined, or the error.
pub fn answer(run: &Run<Tape>) -> String {
    match run.world().console().back().map(|entry| &entry.result) {
        None => "nothing".to_owned(),
        Some(Ok(result)) => {
            let rows: Vec<String> = result
                .rows
                .iter()
                .map(|row| row.iter().map(ToString::to_string).collect::<Vec<_>>().join("|"))
                .collect();
            match (&result.warning, rows.is_empty()) {
                (Some(warning), _) => warning.to_string(),
                (None, true) => result.tag.to_owned(),
                (None, false) => rows.join(";"),
            }
        }
        Some(Err(error)) => error.to_string(),
    }
}

pub fn rows(run: &mut Run<Tape>, node: u8, sql: &str) -> String {
    let outcome = run.world_mut().query(NodeId(node), sql).expect("the query is sound");
    let row = |row: &Vec<_>| row.iter().map(ToString::to_string).collect::<Vec<String>>().join("|");
    outcome.rows.iter().map(row).collect::<Vec<_>>().join(";")
}

pub fn count(run: &Run<Tape>, is: impl Fn(&What) -> bool) -> usize {
    run.observer().events.iter().filter(|event| is(&event.what)).count()
}

pub fn do_now(run: &mut Run<Tape>, command: Command) {
    run.act(command).expect("the command can be carried out");
}

pub fn name(text: &str) -> Arc<str> {
    text.into()
}
