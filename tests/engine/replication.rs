//! A write travels from a client to every replica.

use replication_lab::engine::ids::NodeId;
use replication_lab::engine::trace::{Verdict, What};
use replication_lab::sim::command::{Between, Command};

use crate::cluster::*;

#[test]
fn a_typed_insert_reaches_every_replica() {
    let mut run = start(quiet(3));
    run.run_until(ms(500));
    sql(&mut run, "INSERT INTO accounts VALUES (1, 100)");
    run.run_until(ms(1_000));
    assert_eq!(answer(&run), "INSERT");
    for node in 0..3 {
        assert_eq!(rows(&mut run, node, "SELECT * FROM accounts"), "1|100", "node {node}");
    }
}

#[test]
fn each_station_of_a_write_comes_after_the_one_before() {
    let mut run = start(quiet(2));
    run.run_until(ms(500));
    sql(&mut run, "INSERT INTO accounts VALUES (1, 100)");
    run.run_until(ms(1_000));
    let position = |is: &dyn Fn(&What) -> bool| {
        run.observer().events.iter().position(|event| is(&event.what)).expect("the station is there")
    };
    let stations = [
        position(&|w| matches!(w, What::Submitted { .. })),
        position(&|w| matches!(w, What::Routed { .. })),
        position(&|w| matches!(w, What::Executed { .. })),
        position(&|w| matches!(w, What::Logged { .. })),
        position(&|w| matches!(w, What::Written { node: NodeId(0), .. })),
        position(&|w| matches!(w, What::Flushed { node: NodeId(0), .. })),
        position(&|w| matches!(w, What::Received { .. })),
        position(&|w| matches!(w, What::Written { node: NodeId(1), .. })),
        position(&|w| matches!(w, What::Flushed { node: NodeId(1), .. })),
        position(&|w| matches!(w, What::Applied { .. })),
    ];
    assert!(stations.is_sorted(), "{stations:?}\n{}", run.observer().lines.join("\n"));
}

#[test]
fn a_workload_leaves_all_replicas_alike() {
    let mut run = start(setup(3));
    run.run_until(ms(5_000));
    do_now(&mut run, Command::Workload { client: name("app"), writes_per_second: 0, reads_per_second: 0 });
    run.run_until(ms(6_000));
    let acknowledged =
        count(&run, |w| matches!(w, What::Finished { writes: true, verdict: Verdict::Acknowledged { .. }, .. }));
    assert!((60..140).contains(&acknowledged), "{acknowledged}");
    let sums: Vec<_> = (0..3).map(|node| run.world().checksum(NodeId(node))).collect();
    assert!(sums.iter().all(|sum| *sum == sums[0]), "{sums:?}");
    let reads = count(&run, |w| matches!(w, What::ReadDone { .. }));
    assert!((140..260).contains(&reads), "{reads}");
}

#[test]
fn the_same_seed_gives_the_same_trace_and_another_does_not() {
    let hash = |seed| {
        let mut setup = setup(3);
        setup.seed = seed;
        let mut run = start(setup);
        run.run_until(ms(3_000));
        run.trace_hash()
    };
    assert_eq!(hash(1), hash(1));
    assert_ne!(hash(1), hash(2));
}

#[test]
fn a_clone_goes_on_as_the_original_would() {
    let mut run = start(setup(3));
    run.run_until(ms(1_234));
    let mut copy = run.clone();
    run.run_until(ms(3_000));
    copy.run_until(ms(3_000));
    assert_eq!(run.trace_hash(), copy.trace_hash());
    assert_eq!(run.observer().lines.last(), copy.observer().lines.last());
}

#[test]
fn a_replica_that_was_cut_off_catches_up_from_its_own_position() {
    let mut run = start(setup(3));
    run.run_until(ms(1_000));
    let between = Between(name("db1"), name("db2"));
    do_now(&mut run, Command::Partition { between: between.clone(), one_way: false });
    run.run_until(ms(3_000));
    let lag = |run: &replication_lab::sim::Run<Tape>| run.world().view().nodes[1].lag_bytes;
    assert!(lag(&run) > 1_000, "{}", lag(&run));
    do_now(&mut run, Command::Heal { between: Some(between) });
    do_now(&mut run, Command::Workload { client: name("app"), writes_per_second: 0, reads_per_second: 0 });
    run.run_until(ms(10_000));
    assert_eq!(lag(&run), 0);
    assert_eq!(run.world().checksum(NodeId(0)), run.world().checksum(NodeId(1)));
}

#[test]
fn replicas_refuse_writes_in_the_servers_words() {
    let mut run = start(quiet(2));
    run.run_until(ms(500));
    sql_on(&mut run, "db2", "INSERT INTO accounts VALUES (1, 1)");
    run.run_until(ms(600));
    assert_eq!(answer(&run), "ERROR:  cannot execute INSERT in a read-only transaction");
}

#[test]
fn ddl_replicates_and_nodes_join_and_leave() {
    let mut run = start(setup(2));
    run.run_until(ms(500));
    sql(&mut run, "CREATE TABLE t (a TEXT); INSERT INTO t VALUES ('x')");
    run.run_until(ms(1_000));
    do_now(&mut run, Command::AddNode { node: Box::new(node("db3")) });
    run.run_until(ms(3_000));
    let from_the_first = run.observer().lines.iter().any(|l| l.contains("standby=db3 from=0/1000000"));
    assert!(!from_the_first, "it begins with a copy, not with all the log there ever was");
    assert_eq!(rows(&mut run, 2, "SELECT a FROM t"), "x");
    do_now(&mut run, Command::RemoveNode { node: name("db2") });
    run.run_until(ms(5_000));
    assert_eq!(run.world().view().nodes.len(), 2);
    assert!(run.world().view().nodes[1].streaming);
}

#[test]
fn a_name_is_taken_from_the_moment_a_node_is_asked_for_and_nine_are_the_most() {
    let mut run = start(quiet(2));
    run.run_until(ms(500));
    do_now(&mut run, Command::AddNode { node: Box::new(node("db3")) });
    assert!(run.act(Command::AddNode { node: Box::new(node("db3")) }).is_err_and(|why| why.contains("is taken")));
    for n in 4..=9 {
        do_now(&mut run, Command::AddNode { node: Box::new(node(&format!("db{n}"))) });
    }
    assert!(run.act(Command::AddNode { node: Box::new(node("db10")) }).is_err_and(|why| why.contains("at most 9")));
    run.run_until(ms(2_000));
    assert_eq!(run.world().view().nodes.iter().filter(|n| n.streaming).count(), 8);
}

#[test]
fn a_driver_finds_the_primary_by_itself_and_again_after_a_promotion() {
    let mut setup = setup(3);
    setup.proxy = None;
    setup.clients[0].connect = Some(name("postgresql://db2,db1/?target_session_attrs=read-write"));
    let mut run = start(setup);
    run.run_until(ms(1_000));
    do_now(&mut run, Command::Kill { node: name("db1") });
    do_now(&mut run, Command::Promote { node: name("db2") });
    run.run_until(ms(5_000));
    let view = run.world().view();
    assert_eq!(view.clients[0].believes_primary, Some(NodeId(1)));
    let late = run.observer().events.iter().filter(|e| e.at > ms(3_500));
    let done = late.filter(|e| matches!(e.what, What::Finished { verdict: Verdict::Acknowledged { .. }, .. })).count();
    assert!(done > 20, "{done}");
    assert!(view.links.iter().all(|link| link.ends.1 != replication_lab::engine::ids::Addr::Proxy));
}

#[test]
fn a_delayed_standby_applies_all_that_it_has_when_it_is_promoted() {
    for paused in [false, true] {
        let mut setup = quiet(2);
        setup.nodes[1].settings = vec![(name("recovery_min_apply_delay"), name("1h"))];
        let mut run = start(setup);
        run.run_until(ms(500));
        sql_on(&mut run, "db1", "INSERT INTO kv VALUES (1, 10)");
        run.run_until(ms(1_000));
        if paused {
            do_now(&mut run, Command::PauseReplay { node: name("db2") });
        }
        assert_eq!(rows(&mut run, 1, "SELECT count(*) FROM kv"), "0");
        // PostgreSQL 15: a trigger ends the wait in recoveryApplyDelay(), and a pause, too.
        do_now(&mut run, Command::Promote { node: name("db2") });
        run.run_until(ms(1_200));
        assert_eq!(rows(&mut run, 1, "SELECT count(*) FROM kv"), "1");
        assert_eq!(rows(&mut run, 1, "SELECT pg_is_in_recovery()"), "f");
    }
}

#[test]
fn remote_apply_waits_for_the_delay_of_a_synchronous_standby() {
    let mut setup = with(quiet(2), &[("synchronous_standby_names", "db2"), ("synchronous_commit", "remote_apply")]);
    setup.nodes[1].settings = vec![(name("recovery_min_apply_delay"), name("2s"))];
    let mut run = start(setup);
    run.run_until(ms(500));
    sql_on(&mut run, "db1", "INSERT INTO kv VALUES (1, 10)");
    run.run_until(ms(2_400));
    assert_eq!(run.world().view().nodes[0].waiting_commits, 1);
    run.run_until(ms(2_600));
    assert_eq!(run.world().view().nodes[0].waiting_commits, 0);
}
