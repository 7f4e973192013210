//! The judges at MySQL clusters: transactions that others end, and servers that were copied.

use replication_lab::check::{Fate, Judges, Kind, settled};
use replication_lab::engine::flavor::Flavor;
use replication_lab::engine::ids::NodeId;
use replication_lab::engine::time::SimTime;
use replication_lab::report::{Report, Subject};
use replication_lab::sim::Run;
use replication_lab::sim::command::{Between, Command, Console};
use replication_lab::sim::setup::{
    CausalReads, ClientSetup, DiskSetup, FailoverSetup, LinkShape, NodeSetup, ProxySetup, Setup, Tags,
};

fn node(name: &str) -> NodeSetup {
    NodeSetup {
        name: name.into(),
        upstream: None,
        disk: DiskSetup::default(),
        cpu: None,
        settings: Vec::new(),
        tags: Tags::default(),
    }
}

fn setup(writes_per_second: u32, reads_per_second: u32) -> Setup {
    Setup {
        flavor: Flavor::Mysql,
        seed: 7,
        schema: "CREATE TABLE t (id INTEGER PRIMARY KEY)".to_owned(),
        settings: Vec::new(),
        nodes: ["db1", "db2", "db3"].map(node).to_vec(),
        network: LinkShape::DEFAULT,
        links: Vec::new(),
        failover: FailoverSetup::default(),
        proxy: Some(ProxySetup::default()),
        clients: vec![ClientSetup {
            name: "app".into(),
            connect: None,
            settings: Vec::new(),
            causal_reads: CausalReads::None,
            writes_per_second,
            reads_per_second,
            keys: 10,
            ..ClientSetup::default()
        }],
    }
}

fn at(ms: u64, command: Command) -> (SimTime, Command) {
    (SimTime(ms * 1_000), command)
}

fn sql(text: &str) -> Command {
    Command::Sql { console: Console::Client("app".into()), sql: text.into() }
}

fn run(setup: Setup, schedule: Vec<(SimTime, Command)>, ms: u64) -> Run<Judges> {
    let mut run = Run::new(setup, schedule, Judges::new(Flavor::Mysql)).expect("the set-up is sound");
    for instant in (0..=ms).step_by(20) {
        run.run_until(SimTime(instant * 1_000));
        let (held, events, now) = (settled(run.world()), run.events(), run.now());
        run.observer_mut().compare(events, now, held);
        let ledger = run.observer().ledger();
        assert_eq!(ledger.total().acknowledged, ledger.survived() + ledger.lost());
        assert_eq!(ledger.total().pending, run.observer().pending().count() as u64);
    }
    run
}

fn report(run: &Run<Judges>) -> Report {
    Report::of(Subject {
        scenario: "A test",
        world: run.world(),
        judges: run.observer(),
        events: run.events(),
        trace_hash: run.trace_hash(),
    })
}

#[test]
fn a_transaction_that_begin_commits_is_a_write_of_its_own() {
    let schedule = vec![
        at(100, sql("BEGIN")),
        at(200, sql("INSERT INTO t VALUES (1)")),
        at(300, sql("BEGIN")),
        at(400, sql("INSERT INTO t VALUES (2)")),
        at(500, sql("ROLLBACK")),
        at(600, sql("BEGIN")),
        at(700, sql("INSERT INTO t VALUES (3)")),
        at(800, sql("START TRANSACTION")),
        at(900, sql("INSERT INTO t VALUES (4)")),
        at(1_000, sql("COMMIT")),
    ];
    let run = run(setup(0, 0), schedule, 1_500);
    let w = report(&run).writes;
    assert_eq!((w.attempted, w.acknowledged, w.pending), (3, 3, 0), "{w:?}");
    let ids: Vec<u32> = run.observer().ledger().entries().map(|write| write.txn.number).collect();
    assert_eq!(ids, [1, 3, 4], "the session's transactions are counted on");
}

#[test]
fn ddl_in_a_transaction_is_one_write_with_it() {
    let schedule = vec![
        at(100, sql("BEGIN")),
        at(200, sql("INSERT INTO t VALUES (1)")),
        at(300, sql("CREATE TABLE u (id INTEGER PRIMARY KEY)")),
        at(400, sql("BEGIN")),
        at(500, sql("INSERT INTO t VALUES (2)")),
        // It fails, but what came before it is committed.
        at(600, sql("CREATE TABLE u (id INTEGER PRIMARY KEY)")),
    ];
    let run = run(setup(0, 0), schedule, 1_000);
    let w = report(&run).writes;
    assert_eq!((w.attempted, w.acknowledged, w.failed), (2, 2, 0), "{w:?}");
}

#[test]
fn an_implicit_commit_that_no_replica_has_is_lost_with_its_source() {
    let schedule = vec![
        at(100, sql("BEGIN")),
        at(200, sql("INSERT INTO t VALUES (1)")),
        at(290, Command::Isolate { who: "db2".into() }),
        at(291, Command::Isolate { who: "db3".into() }),
        at(300, sql("BEGIN")),
        at(500, sql("COMMIT")),
        at(600, Command::Crash { node: "db1".into() }),
        at(700, Command::Heal { between: None }),
        at(2_000, Command::Promote { node: "db2".into() }),
    ];
    let run = run(setup(0, 0), schedule, 4_000);
    let w = report(&run).writes;
    assert_eq!((w.acknowledged, w.lost), (1, 1), "{w:?}");
}

/// db1 dies with transactions that nobody has, db2 takes over, db3 follows it, and db1 comes back as a copy of db2.
fn failover_and_clone() -> Vec<(SimTime, Command)> {
    let cut = |a: &str, b: &str| Command::Partition { between: Between(a.into(), b.into()), one_way: false };
    vec![
        at(2_000, cut("db1", "db2")),
        at(2_000, cut("db1", "db3")),
        at(2_300, Command::Crash { node: "db1".into() }),
        at(2_400, Command::Heal { between: None }),
        at(3_000, Command::Promote { node: "db2".into() }),
        at(5_000, Command::Reclone { node: "db1".into() }),
    ]
}

#[test]
fn a_former_source_that_was_cloned_is_judged_by_what_it_copied() {
    let mut run = run(setup(50, 100), failover_and_clone(), 10_000);
    let report = report(&run);
    assert!((5..30).contains(&report.writes.lost), "three tenths of a second of writes: {:?}", report.writes);
    let count = |run: &Run<Judges>, kind| run.observer().violations().count(kind);
    assert_eq!(count(&run, Kind::LostWrite), report.writes.lost);
    assert_eq!(count(&run, Kind::Divergence), 0, "{:?}", report.violations);
    assert_eq!(count(&run, Kind::SplitBrain), 0);
    // Reads on the copy are as fresh as the link lets them be; none goes back to the history that was thrown away.
    let late: Vec<_> = report.violations.iter().filter(|v| v.kind == Kind::StaleRead && v.at_ms > 6_500.0).collect();
    assert!(late.len() < 40, "{}", late.len());
    let by_node: std::collections::BTreeMap<_, _> = report.reads.by_node.iter().cloned().collect();
    assert!(by_node["db1"] > 50, "the copy answers reads: {by_node:?}");
    let gtids = run.world_mut().query(NodeId(0), "SELECT @@gtid_executed, @@gtid_purged, @@super_read_only").unwrap();
    let cells: Vec<String> = gtids.rows[0].iter().map(ToString::to_string).collect();
    assert!(
        !cells[1].is_empty() && cells[2] == "1",
        "what was copied is purged, and tools leave it read-only: {cells:?}"
    );
    assert!(cells[0].contains("02020202-0202-0202-0202-020202020202"), "it follows the new source: {cells:?}");
    run.act(Command::Workload { client: "app".into(), writes_per_second: 0, reads_per_second: 0 }).unwrap();
    run.run_until(SimTime(12_000_000));
    let held: Vec<_> = (0..3).map(|n| run.world().checksum(NodeId(n)).map(|(_, sum)| sum)).collect();
    assert!(held[0].is_some() && held[0] == held[1] && held[1] == held[2], "{held:?}");
}

#[test]
fn what_only_the_copy_has_is_not_lost_with_its_source() {
    // db1 is copied from db2, then both others die: what it has received is what there is.
    let mut schedule = failover_and_clone();
    schedule.extend([
        at(8_000, Command::Crash { node: "db3".into() }),
        at(8_500, Command::Crash { node: "db2".into() }),
        at(9_000, Command::Promote { node: "db1".into() }),
    ]);
    let mut run = run(setup(50, 0), schedule, 11_000);
    let w = report(&run).writes;
    let judges = run.observer();
    let lost: Vec<i64> = judges
        .ledger()
        .entries()
        .filter(|w| judges.fate(w) == Fate::Lost)
        .filter_map(|w| w.kv.map(|kv| kv.1))
        .collect();
    let kept: Vec<i64> = judges
        .ledger()
        .entries()
        .filter(|w| judges.fate(w) == Fate::Survived)
        .filter_map(|w| w.kv.map(|kv| kv.1))
        .collect();
    assert_eq!(lost.len() as u64, w.lost);
    // The newest write of each key that survived is in the new source's database, and no lost one is.
    let rows = run.world_mut().query(NodeId(0), "SELECT value FROM kv").unwrap().rows;
    let held: Vec<i64> = rows.iter().filter_map(|row| row.first()?.as_integer()).collect();
    assert!(held.len() == 10 && held.iter().all(|value| kept.contains(value)), "{held:?}");
    assert!(held.iter().all(|value| !lost.contains(value)));
}

#[test]
fn a_replica_that_joins_under_load_is_judged_from_its_copy_on() {
    let schedule = vec![at(2_000, Command::AddNode { node: Box::new(node("db4")) })];
    let mut run = run(setup(50, 100), schedule, 8_000);
    let report = report(&run);
    assert_eq!(report.writes.lost, 0);
    assert_eq!(run.observer().violations().count(Kind::Divergence), 0, "{:?}", report.violations);
    assert!(report.reads.by_node.iter().any(|(name, n)| name == "db4" && *n > 50), "{:?}", report.reads.by_node);
    assert!(report.reads.staleness_ms.max.is_none_or(|max| max < 100.0), "{:?}", report.reads.staleness_ms);
    let gtids =
        run.world_mut().query(NodeId(3), "SELECT GTID_SUBSET(@@gtid_purged, @@gtid_executed), @@gtid_purged").unwrap();
    let cells: Vec<String> = gtids.rows[0].iter().map(ToString::to_string).collect();
    assert!(cells[0] == "1" && cells[1].starts_with("01010101-0101-0101-0101-010101010101:1-"), "{cells:?}");
}
