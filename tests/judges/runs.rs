//! The judges and the report at real runs.

use replication_lab::check::{Judges, Kind, settled};
use replication_lab::engine::flavor::Flavor;
use replication_lab::engine::time::SimTime;
use replication_lab::report::{Report, Subject};
use replication_lab::sim::Run;
use replication_lab::sim::command::{Between, Command, Console};
use replication_lab::sim::setup::{
    CausalReads, ClientSetup, DiskSetup, FailoverSetup, LinkShape, NodeSetup, ProxySetup, Setup, Tags,
};
use serde_json::Value;

fn setup(synchronous: bool) -> Setup {
    let names = if synchronous { "*" } else { "" };
    let node = |n: usize| NodeSetup {
        name: format!("db{n}").into(),
        upstream: None,
        disk: DiskSetup::default(),
        cpu: None,
        settings: Vec::new(),
        tags: Tags::default(),
    };
    Setup {
        flavor: Flavor::Postgresql,
        seed: 42,
        schema: "CREATE TABLE accounts (id INTEGER PRIMARY KEY, balance INTEGER NOT NULL)".to_owned(),
        settings: vec![("synchronous_standby_names".into(), names.into())],
        nodes: (1..=3).map(node).collect(),
        network: LinkShape::DEFAULT,
        links: Vec::new(),
        failover: FailoverSetup::default(),
        proxy: Some(ProxySetup::default()),
        clients: vec![ClientSetup {
            name: "app".into(),
            connect: None,
            causal_reads: CausalReads::None,
            writes_per_second: 50,
            reads_per_second: 100,
            keys: 10,
            settings: Vec::new(),
            ..ClientSetup::default()
        }],
    }
}

fn at(ms: u64, command: Command) -> (SimTime, Command) {
    (SimTime(ms * 1_000), command)
}

fn cut(a: &str, b: &str) -> Command {
    Command::Partition { between: Between(a.into(), b.into()), one_way: false }
}

/// Cuts the primary from its replicas, crashes it half a second later, promotes one.
fn catastrophe() -> Vec<(SimTime, Command)> {
    vec![
        at(2_000, cut("db1", "db2")),
        at(2_000, cut("db1", "db3")),
        at(2_500, Command::Crash { node: "db1".into() }),
        at(3_500, Command::Promote { node: "db2".into() }),
    ]
}

fn run(setup: Setup, schedule: Vec<(SimTime, Command)>, ms: u64) -> Run<Judges> {
    let mut run = {
        let judges = Judges::new(setup.flavor);
        Run::new(setup, schedule, judges)
    }
    .expect("the set-up is sound");
    // The identities hold at every instant, not only at the end.
    for instant in (0..=ms).step_by(50) {
        run.run_until(SimTime(instant * 1_000));
        let ledger = run.observer().ledger();
        assert_eq!(ledger.total().acknowledged, ledger.survived() + ledger.lost());
        assert_eq!(ledger.total().pending, run.observer().pending().count() as u64);
    }
    run
}

fn report(run: &mut Run<Judges>) -> Report {
    let (held, events, now) = (settled(run.world()), run.events(), run.now());
    run.observer_mut().compare(events, now, held);
    Report::of(Subject {
        scenario: "A test",
        world: run.world(),
        judges: run.observer(),
        events: run.events(),
        trace_hash: run.trace_hash(),
    })
}

#[test]
fn a_quiet_run_breaks_no_promise_but_freshness() {
    let mut run = run(setup(false), Vec::new(), 5_000);
    let report = report(&mut run);
    let w = &report.writes;
    assert!((200..300).contains(&w.attempted), "{w:?}");
    assert_eq!((w.lost, w.failed, w.indeterminate), (0, 0, 0));
    assert_eq!(w.acknowledged, w.survived);
    // To the proxy, to the primary, and back: four times 2 ms at least, and a flush.
    assert!(w.latency_ms.p50.is_some_and(|p50| (9.0..15.0).contains(&p50)), "{:?}", w.latency_ms);
    assert!(report.reads.total > 400 && report.reads.failed == 0, "{:?}", report.reads);
    assert_eq!(report.reads.by_node.iter().map(|(_, n)| n).sum::<u64>(), report.reads.total);
    assert_eq!(report.reads.by_node[0], ("db1".to_owned(), 0), "reads go to the replicas");
    let broken: Vec<Kind> = report.violations_by_kind.iter().filter(|(_, n)| *n > 0).map(|(kind, _)| *kind).collect();
    let freshness = [Kind::StaleRead, Kind::ReadYourWrites, Kind::MonotonicReads];
    assert!(broken.iter().all(|kind| freshness.contains(kind)), "{broken:?}");
    assert!(report.reads.staleness_ms.max.is_none_or(|max| max < 50.0), "{:?}", report.reads.staleness_ms);
    assert_eq!(report.failovers, []);
}

#[test]
fn an_asynchronous_failover_loses_what_was_not_shipped() {
    let mut run = run(setup(false), catastrophe(), 8_000);
    let report = report(&mut run);
    assert!((10..40).contains(&report.writes.lost), "half a second of writes: {:?}", report.writes);
    let lost: Vec<_> = report.violations.iter().filter(|v| v.kind == Kind::LostWrite).collect();
    assert_eq!(lost.len() as u64, report.writes.lost);
    assert!(lost.iter().all(|v| v.events.len() == 3 && v.session.as_deref().is_some_and(|s| s.starts_with("app/"))));
    assert_eq!(report.failovers.len(), 1);
    let f = &report.failovers[0];
    assert_eq!((f.from.as_deref(), f.to.as_str(), f.lost_writes), (Some("db1"), "db2", report.writes.lost));
    assert_eq!((f.at_ms, f.detected_ms), (2_500.0, 3_500.0));
    assert!(f.promoted_ms >= 3_500.0 && f.writable_ms >= f.promoted_ms && f.rto_ms == f.writable_ms - f.at_ms);
    assert!(f.first_acknowledged_ms.is_some_and(|at| at > f.writable_ms), "{f:?}");
    assert!(f.reason.contains("promote"), "{}", f.reason);
    assert_eq!(run.observer().violations().count(Kind::SplitBrain), 0);
    assert_eq!(run.observer().violations().count(Kind::Divergence), 0);
    // Every lost write is one that the new primary's database does not have.
    let rows = run.world_mut().query(replication_lab::engine::ids::NodeId(1), "SELECT value FROM kv").unwrap().rows;
    let held: Vec<i64> = rows.iter().filter_map(|row| row.first()?.as_integer()).collect();
    let judges = run.observer();
    for write in judges.ledger().entries().filter(|w| judges.fate(w) == replication_lab::check::Fate::Lost) {
        assert!(!held.contains(&write.kv.unwrap().1), "{write:?}");
    }
}

#[test]
fn a_synchronous_failover_loses_nothing_and_leaves_what_waited_undecided() {
    let mut run = run(setup(true), catastrophe(), 8_000);
    let report = report(&mut run);
    assert_eq!(report.writes.lost, 0, "{:?}", report.writes);
    assert!(report.writes.indeterminate > 0, "{:?}", report.writes);
    assert_eq!(run.observer().violations().count(Kind::LostWrite), 0);
    assert_eq!(run.observer().violations().count(Kind::MonotonicWrites), 0);
}

#[test]
fn a_promotion_beside_a_living_primary_is_a_split_brain() {
    let mut run = run(setup(false), vec![at(1_000, Command::Promote { node: "db3".into() })], 2_000);
    let report = report(&mut run);
    let found: Vec<_> = report.violations.iter().filter(|v| v.kind == Kind::SplitBrain).collect();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].detail, "db1 on timeline 1 and db3 on timeline 2 both take writes as primaries.");
    assert_eq!(report.failovers[0].at_ms, 1_000.0);
}

#[test]
fn what_is_typed_counts_as_the_clients_write() {
    let sql = |text: &str| Command::Sql { console: Console::Client("app".into()), sql: text.into() };
    let mut quiet = setup(false);
    (quiet.clients[0].writes_per_second, quiet.clients[0].reads_per_second) = (0, 0);
    let schedule = vec![
        at(100, sql("INSERT INTO accounts VALUES (1, 100)")),
        at(200, sql("INSERT INTO accounts VALUES (1, 100)")),
        at(300, sql("SELECT * FROM accounts")),
        at(400, sql("BEGIN")),
        at(500, sql("INSERT INTO accounts VALUES (2, 100)")),
        at(600, sql("ROLLBACK")),
        at(700, sql("UPDATE accounts SET balance = 0 WHERE id = 77")),
        at(800, sql("CREATE TABLE t (a)")),
    ];
    let mut run = run(quiet, schedule, 1_000);
    let report = report(&mut run);
    let w = &report.writes;
    assert_eq!((w.attempted, w.acknowledged, w.failed), (3, 2, 1), "{w:?}");
    assert_eq!((report.reads.total, report.reads.failed), (1, 0));
    assert_eq!(w.by_client.len(), 1);
    assert_eq!(w.by_client[0].0, "app");
}

#[test]
fn a_removed_node_holds_nothing_back() {
    let schedule = vec![at(500, Command::RemoveNode { node: "db3".into() })];
    let mut run = run(setup(false), schedule, 2_000);
    let report = report(&mut run);
    assert_eq!(report.nodes.iter().map(|n| n.name.as_str()).collect::<Vec<_>>(), ["db1", "db2"]);
    assert!(report.reads.by_node.iter().any(|(name, n)| name == "db3" && *n > 0), "what it answered stays counted");
}

#[test]
fn a_fork_of_a_run_is_judged_alike() {
    let mut original = run(setup(false), catastrophe(), 3_000);
    let mut fork = original.clone();
    original.run_until(SimTime(6_000_000));
    fork.run_until(SimTime(6_000_000));
    assert_eq!(report(&mut original), report(&mut fork));
}

/// The keys of an object, in order.
fn keys(value: &Value) -> Vec<&str> {
    value.as_object().map(|object| object.keys().map(String::as_str).collect()).unwrap_or_default()
}

#[test]
fn the_json_has_the_contracts_keys_in_its_order() {
    let mut run = run(setup(false), catastrophe(), 5_000);
    let json = serde_json::to_value(report(&mut run)).unwrap();
    let contract = [
        "scenario",
        "flavor",
        "seed",
        "virtual_ms",
        "events",
        "trace_hash",
        "writes",
        "reads",
        "failovers",
        "violations",
        "nodes",
        "replication",
        "expectations",
    ];
    assert_eq!(keys(&json)[..contract.len()], contract);
    let starts = |path: &str, wanted: &[&str]| {
        let part = json.pointer(path).unwrap_or(&Value::Null);
        assert_eq!(keys(part).get(..wanted.len()), Some(wanted), "{path}");
    };
    let writes = ["attempted", "acknowledged", "failed", "pending", "indeterminate", "lost", "survived", "latency_ms"];
    starts("/writes", &writes);
    starts("/writes/latency_ms", &["p50", "p95", "p99", "max"]);
    starts("/reads", &["total", "failed", "stale", "staleness_ms", "by_node"]);
    starts("/reads/by_node", &["db1", "db2", "db3"]);
    let failover = [
        "at_ms",
        "from",
        "to",
        "timeline",
        "detected_ms",
        "promoted_ms",
        "writable_ms",
        "rto_ms",
        "lost_writes",
        "reason",
    ];
    starts("/failovers/0", &failover);
    starts("/violations/0", &["kind", "at_ms", "session", "detail", "events"]);
    let node = [
        "name",
        "role",
        "state",
        "timeline",
        "write_lsn",
        "flush_lsn",
        "apply_lsn",
        "gtid_executed",
        "rows",
        "checksum",
        "error",
    ];
    starts("/nodes/0", &node);
    let replication = [
        "application_name",
        "upstream",
        "state",
        "sync_priority",
        "sync_state",
        "sent_lsn",
        "write_lsn",
        "flush_lsn",
        "replay_lsn",
        "write_lag",
        "flush_lag",
        "replay_lag",
    ];
    starts("/replication/0", &replication);
    assert_eq!(json["nodes"][0]["state"], "down");
    assert_eq!(json["nodes"][1]["role"], "primary");
    assert!(json["nodes"][1]["apply_lsn"].as_str().is_some_and(|lsn| lsn.contains('/')));
}

#[test]
fn the_text_tells_the_same() {
    let mut run = run(setup(false), catastrophe(), 5_000);
    let report = report(&mut run);
    let text = report.to_string();
    println!("{text}");
    let w = &report.writes;
    assert!(text.starts_with("A test\npostgresql · seed 42 · 5.000 s of virtual time · "));
    assert!(text.contains(&format!("{} survived · {} lost", w.survived, w.lost)), "{text}");
    assert!(text.contains("2.500 s  db1 → db2 on timeline 2: "), "{text}");
    assert!(text.lines().all(|line| line == line.trim_end()), "no line ends in spaces");
}

/// Whatever happens to a cluster, the ledger's account of it is what the current primary's table holds: for every key, the
/// newest write that is said to be there, and nothing that is said to be lost.
#[test]
fn the_ledger_says_what_the_primarys_table_holds_whatever_happens() {
    let mut lost = 0;
    for seed in 0..24 {
        let mut setup = setup(false);
        setup.seed = seed;
        setup.failover.repoint = seed % 3 != 0;
        if seed % 4 == 1 {
            setup.settings = vec![("synchronous_commit".into(), "off".into())];
        }
        let mut run = {
            let judges = Judges::new(setup.flavor);
            Run::new(setup, Vec::new(), judges)
        }
        .expect("the set-up is sound");
        let mut dice = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        let mut roll = |sides: u64| {
            dice ^= dice << 13;
            dice ^= dice >> 7;
            dice ^= dice << 17;
            (dice >> 33) % sides
        };
        for round in 1..=40 {
            run.run_until(SimTime(round * 250_000));
            let node = format!("db{}", 1 + roll(3));
            let command = match roll(9) {
                0 => Command::Crash { node: node.into() },
                1 => Command::Kill { node: node.into() },
                2 | 3 => Command::Restart { node: node.into() },
                4 => Command::Promote { node: node.into() },
                5 => cut(&node, &format!("db{}", 1 + roll(3))),
                6 => Command::Heal { between: None },
                7 => Command::Pause { node: node.into() },
                _ => Command::Resume { node: node.into() },
            };
            // What cannot be done now is refused, and that is fine.
            let _ = run.act(command);
        }
        let _ = run.act(Command::Heal { between: None });
        let _ = run.act(Command::Workload { client: "app".into(), writes_per_second: 0, reads_per_second: 0 });
        for node in ["db1", "db2", "db3"] {
            let _ = run.act(Command::Resume { node: node.into() });
        }
        run.run_until(SimTime(20_000_000));
        let current = run.observer().primaries().current().unwrap();
        if run.observer().primaries().writable_since(current).is_none() {
            let node = format!("db{}", current.0 + 1);
            run.act(Command::Restart { node: node.into() }).unwrap();
            run.run_until(SimTime(30_000_000));
        }
        let current = run.observer().primaries().current().unwrap();
        let rows = run.world_mut().query(current, "SELECT id, value FROM kv").unwrap().rows;
        let table: std::collections::BTreeMap<i64, i64> =
            rows.iter().filter_map(|row| Some((row.first()?.as_integer()?, row.get(1)?.as_integer()?))).collect();
        let judges = run.observer();
        assert_eq!(judges.pending().count(), 0, "seed {seed}");
        let mut newest = std::collections::BTreeMap::new();
        for write in judges.ledger().entries() {
            let (Some((key, value)), Some(logged)) = (write.kv, write.logged) else { continue };
            use replication_lab::check::Fate;
            match judges.fate(write) {
                Fate::Survived | Fate::Indeterminate { took_effect: true } => {
                    let entry = newest.entry(key).or_insert((logged.place.end, value));
                    *entry = (*entry).max((logged.place.end, value));
                }
                _ => assert_ne!(table.get(&key), Some(&value), "seed {seed}: {write:?} is there"),
            }
        }
        let expected: std::collections::BTreeMap<i64, i64> =
            newest.iter().map(|(key, (_, value))| (*key, *value)).collect();
        assert_eq!(table, expected, "seed {seed}");
        lost += judges.ledger().lost();
        assert_eq!(judges.violations().count(Kind::Divergence), 0, "seed {seed}");
        let held = settled(run.world());
        let (events, now) = (run.events(), run.now());
        run.observer_mut().compare(events, now, held);
        assert_eq!(run.observer().violations().count(Kind::Divergence), 0, "seed {seed}: same position, same data");
    }
    assert!(lost > 100, "or this shows nothing: {lost}");
}
