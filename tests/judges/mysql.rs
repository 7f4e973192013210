//! The judges at MySQL clusters: transactions that others end, and servers that were copied.

use replication_lab::check::{Judges, settled};
use replication_lab::engine::flavor::Flavor;
use replication_lab::engine::time::SimTime;
use replication_lab::report::{Report, Subject};
use replication_lab::sim::Run;
use replication_lab::sim::command::{Command, Console};
use replication_lab::sim::setup::{
    CausalReads, ClientSetup, DiskSetup, FailoverSetup, LinkShape, NodeSetup, ProxySetup, Setup,
};

fn node(name: &str) -> NodeSetup {
    NodeSetup { name: name.into(), upstream: None, disk: DiskSetup::default(), settings: Vec::new() }
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
