//! Policies of proxies and drivers: what reads wait for, where they go, what becomes of them in a failover.

use replication_lab::engine::flavor::Flavor;
use replication_lab::engine::ids::{Addr, NodeId};
use replication_lab::engine::message::Statement;
use replication_lab::engine::trace::{Verdict, What};
use replication_lab::sim::command::Command;
use replication_lab::sim::setup::{CausalReads, Cpu, NoReplica, ProxyChange, Retry, Setup};

use crate::cluster::*;

const WAIT: CausalReads = CausalReads::WaitForLsn { timeout_us: 300_000 };

fn causal(causal_reads: CausalReads, flavor: Flavor) -> Setup {
    let mut setup = setup(3);
    setup.flavor = flavor;
    setup.schema.clear();
    setup.proxy.as_mut().unwrap().causal_reads = causal_reads;
    let client = &mut setup.clients[0];
    (client.sessions, client.think_time_us, client.read_back) = (4, 20_000, true);
    (client.writes_per_second, client.reads_per_second) = (1, 2);
    setup
}

fn proxy(run: &mut replication_lab::sim::Run<Tape>, change: ProxyChange) {
    do_now(run, Command::Proxy { change: Box::new(change) });
}

fn reads_of(run: &replication_lab::sim::Run<Tape>, node: u8) -> usize {
    count(run, |what| matches!(what, What::ReadDone { node: by, .. } if by.0 == node))
}

/// Reads that did not see the last write that their own session had been told of: by value, since each is used once.
fn unseen(run: &replication_lab::sim::Run<Tape>) -> usize {
    let mut last = std::collections::BTreeMap::new();
    let mut sent = std::collections::BTreeMap::new();
    let mut unseen = 0;
    for event in &run.observer().events {
        match &event.what {
            What::Submitted { txn, statement: Statement::Upsert { id, value }, .. } => {
                sent.insert(*txn, (*id, *value));
            }
            What::Finished { txn, verdict: Verdict::Acknowledged { .. }, .. } => {
                if let Some((key, value)) = sent.remove(txn) {
                    last.insert((txn.session, key), value);
                }
            }
            // Values grow, so that a smaller one is an older one.
            What::ReadDone { txn, key, value, .. } => {
                unseen += usize::from(last.get(&(txn.session, *key)).is_some_and(|own| value.is_none_or(|v| v < *own)));
            }
            _ => {}
        }
    }
    unseen
}

#[test]
fn a_read_waits_on_the_replica_for_the_sessions_last_write_in_both_systems() {
    for flavor in [Flavor::Postgresql, Flavor::Mysql] {
        let mut none = causal(CausalReads::None, flavor);
        none.nodes[1].disk.apply_rate = Some(30);
        let mut without = start(none);
        without.run_until(ms(5_000));
        assert!(unseen(&without) > 10, "{flavor}: {}", unseen(&without));

        let mut waits = causal(WAIT, flavor);
        waits.nodes[1].disk.apply_rate = Some(30);
        let mut run = start(waits);
        run.run_until(ms(5_000));
        assert_eq!(unseen(&run), 0, "{flavor}");
        let waited = count(&run, |what| matches!(what, What::PositionWaitOver { reached: true, .. }));
        assert!(waited > 20, "{flavor}: {waited}");
        assert!(reads_of(&run, 1) > 20 && reads_of(&run, 2) > 20, "{flavor}");
    }
}

#[test]
fn a_wait_that_is_too_long_ends_at_the_primary() {
    for flavor in [Flavor::Postgresql, Flavor::Mysql] {
        let mut run = start(causal(WAIT, flavor));
        run.run_until(ms(1_000));
        do_now(&mut run, Command::PauseReplay { node: name("db2") });
        do_now(&mut run, Command::PauseReplay { node: name("db3") });
        run.run_until(ms(1_200));
        let before = reads_of(&run, 0);
        run.run_until(ms(5_000));
        assert_eq!(unseen(&run), 0, "{flavor}");
        assert!(reads_of(&run, 0) > before + 10, "{flavor}");
        let in_vain = "the replica did not have the session's last write in time: the primary";
        assert!(count(&run, |what| matches!(what, What::Routed { reason, .. } if *reason == in_vain)) > 5, "{flavor}");
        let finished = |what: &What| matches!(what, What::PositionWaitOver { reached: false, waited_us: 300_000, .. });
        assert!(count(&run, finished) > 5, "{flavor}");
    }
}

#[test]
fn with_no_time_to_wait_only_a_replica_that_is_known_to_have_the_write_answers() {
    for flavor in [Flavor::Postgresql, Flavor::Mysql] {
        let mut run = start(causal(CausalReads::WaitForLsn { timeout_us: 0 }, flavor));
        run.run_until(ms(5_000));
        assert_eq!(unseen(&run), 0, "{flavor}");
        assert_eq!(count(&run, |what| matches!(what, What::PositionWait { .. })), 0, "{flavor}");
        assert!(reads_of(&run, 0) > 50, "{flavor}");
    }
}

#[test]
fn a_wait_for_a_lost_write_neither_hangs_nor_lies_after_a_failover() {
    for flavor in [Flavor::Postgresql, Flavor::Mysql] {
        let mut run = start(causal(CausalReads::WaitForLsn { timeout_us: 60_000_000 }, flavor));
        run.run_until(ms(2_000));
        // What is written now is lost: nobody gets it.
        for replica in ["db2", "db3"] {
            let between = replication_lab::sim::command::Between(name("db1"), name(replica));
            do_now(&mut run, Command::Partition { between, one_way: false });
        }
        run.run_until(ms(2_300));
        do_now(&mut run, Command::Crash { node: name("db1") });
        do_now(&mut run, Command::Promote { node: name("db2") });
        run.run_until(ms(12_000));
        // Every session is answered within a few health checks, though the wait could last a minute.
        let late = run.observer().events.iter().filter(|event| event.at > ms(7_000));
        let read = late.filter(|event| matches!(event.what, What::ReadDone { .. }));
        let sessions: std::collections::BTreeSet<_> =
            read.filter_map(|event| event.what.txn()).map(|txn| txn.session).collect();
        assert_eq!(sessions.len(), 4, "{flavor}: {sessions:?}");
        assert!(reads_of(&run, 2) > 0, "{flavor}");
    }
}

#[test]
fn statements_that_wait_can_be_typed_time_out_and_be_cancelled() {
    let mut run = start(quiet(2));
    run.run_until(ms(500));
    sql_on(&mut run, "db2", "WAIT FOR LSN '0/1'");
    run.run_until(ms(600));
    assert_eq!(answer(&run), "success");
    sql_on(&mut run, "db2", "WAIT FOR LSN 'F/0' WITH (TIMEOUT '100ms', NO_THROW)");
    run.run_until(ms(650));
    assert_eq!(answer(&run), "success");
    run.run_until(ms(800));
    assert_eq!(answer(&run), "timeout");
    sql_on(&mut run, "db2", "WAIT FOR LSN 'F/0' WITH (TIMEOUT 50)");
    run.run_until(ms(900));
    assert!(answer(&run).contains("timed out while waiting for target LSN F/0 to be replayed"), "{}", answer(&run));
    sql_on(&mut run, "db1", "WAIT FOR LSN '0/1'");
    run.run_until(ms(1_000));
    assert!(answer(&run).contains("recovery is not in progress"), "{}", answer(&run));
    sql_on(&mut run, "db1", "WAIT FOR LSN '0/1' WITH (MODE 'primary_flush')");
    run.run_until(ms(1_100));
    assert_eq!(answer(&run), "success");
    // A promotion ends the wait: the position may be of another history.
    sql_on(&mut run, "db2", "WAIT FOR LSN 'F/0' WITH (NO_THROW)");
    run.run_until(ms(1_200));
    do_now(&mut run, Command::Promote { node: name("db2") });
    run.run_until(ms(2_000));
    assert_eq!(answer(&run), "not in recovery");
}

#[test]
fn mysqls_function_waits_for_gtids() {
    let mut setup = quiet(2);
    setup.flavor = Flavor::Mysql;
    setup.schema.clear();
    let mut run = start(setup);
    run.run_until(ms(500));
    do_now(&mut run, Command::PauseReplay { node: name("db2") });
    sql_on(&mut run, "db1", "INSERT INTO kv VALUES (1, 1)");
    run.run_until(ms(600));
    let gtids = rows(&mut run, 0, "SELECT @@gtid_executed");
    sql_on(&mut run, "db2", &format!("SELECT WAIT_FOR_EXECUTED_GTID_SET('{gtids}', 0.2)"));
    run.run_until(ms(900));
    assert_eq!(answer(&run), "1");
    sql_on(&mut run, "db2", &format!("SELECT WAIT_FOR_EXECUTED_GTID_SET('{gtids}')"));
    run.run_until(ms(1_500));
    do_now(&mut run, Command::ResumeReplay { node: name("db2") });
    run.run_until(ms(2_000));
    assert_eq!(answer(&run), "0");
}

#[test]
fn a_replica_that_lags_is_shunned_and_returns() {
    let mut setup = setup(3);
    setup.proxy.as_mut().unwrap().max_replication_lag_us = Some(500_000);
    let mut run = start(setup);
    run.run_until(ms(1_000));
    do_now(&mut run, Command::PauseReplay { node: name("db2") });
    run.run_until(ms(4_000));
    let shunned =
        |what: &What| matches!(what, What::ReplicaShunned { node: NodeId(1), lag_us: Some(lag), .. } if *lag > 500_000);
    assert_eq!(count(&run, shunned), 1);
    let before = reads_of(&run, 1);
    run.run_until(ms(5_000));
    assert_eq!(reads_of(&run, 1), before);
    // No replica is fit: to the primary, or nowhere.
    do_now(&mut run, Command::PauseReplay { node: name("db3") });
    run.run_until(ms(8_000));
    assert!(reads_of(&run, 0) > 20);
    proxy(&mut run, ProxyChange { no_replica: Some(NoReplica::Error), ..ProxyChange::default() });
    run.run_until(ms(12_000));
    let failed = |what: &What| matches!(what, What::Finished { writes: false, verdict: Verdict::Failed { code, .. }, .. } if &**code == "08001");
    assert!(count(&run, failed) > 20);
    do_now(&mut run, Command::ResumeReplay { node: name("db2") });
    run.run_until(ms(15_000));
    assert_eq!(count(&run, |what| matches!(what, What::ReplicaReturned { node: NodeId(1), .. })), 1);
    assert!(reads_of(&run, 1) > before);
}

#[test]
fn a_mysql_replica_that_does_not_replicate_counts_as_a_minute_behind() {
    let mut setup = setup(3);
    (setup.flavor, setup.schema) = (Flavor::Mysql, String::new());
    setup.proxy.as_mut().unwrap().max_replication_lag_us = Some(5_000_000);
    let mut run = start(setup);
    run.run_until(ms(1_000));
    sql_on(&mut run, "db2", "STOP REPLICA");
    run.run_until(ms(3_000));
    assert_eq!(count(&run, |w| matches!(w, What::ReplicaShunned { node: NodeId(1), lag_us: None, .. })), 1);
}

#[test]
fn weights_spread_reads_and_change_while_the_proxy_runs() {
    let mut setup = setup(3);
    setup.clients[0].reads_per_second = 200;
    setup.proxy.as_mut().unwrap().weights = vec![(name("db2"), 3), (name("db3"), 1)];
    let mut run = start(setup);
    run.run_until(ms(4_000));
    let (heavy, light) = (reads_of(&run, 1), reads_of(&run, 2));
    assert!(heavy > 2 * light && heavy < 4 * light, "{heavy} {light}");
    let weights = Some(vec![(name("db2"), 0), (name("db3"), 1)]);
    proxy(&mut run, ProxyChange { weights, ..ProxyChange::default() });
    run.run_until(ms(4_100));
    let heavy = reads_of(&run, 1);
    run.run_until(ms(6_000));
    assert_eq!(reads_of(&run, 1), heavy);
}

#[test]
fn sessions_share_pooled_connections_and_wait_for_a_free_one() {
    let mut setup = setup(2);
    setup.proxy.as_mut().unwrap().max_connections = Some(2);
    let client = &mut setup.clients[0];
    (client.sessions, client.think_time_us) = (12, 1_000);
    let mut run = start(setup);
    run.run_until(ms(3_000));
    let opened = |to: u8| {
        count(
            &run,
            |what| matches!(what, What::Connected { conn, to: at } if conn.opener == Addr::Proxy && *at == Addr::Node(NodeId(to))),
        )
    };
    // Two in the pool, and the monitor's own.
    assert_eq!((opened(0), opened(1)), (3, 3));
    assert!(count(&run, |what| matches!(what, What::ConnectionWait { .. })) > 50);
    let failed = |what: &What| matches!(what, What::Finished { verdict: Verdict::Failed { .. }, .. });
    assert_eq!(count(&run, failed), 0);
    // A session with something of its own in the server's session keeps its connection.
    sql(&mut run, "SET lock_timeout = '7s'");
    run.run_until(ms(4_000));
    sql(&mut run, "BEGIN");
    sql(&mut run, "SHOW lock_timeout");
    run.run_until(ms(5_000));
    assert_eq!(answer(&run), "7s");
}

#[test]
fn an_open_transaction_ends_with_an_error_when_another_server_becomes_the_primary() {
    let mut run = start(quiet(3));
    run.run_until(ms(1_000));
    sql(&mut run, "BEGIN");
    sql(&mut run, "INSERT INTO kv VALUES (1, 1)");
    run.run_until(ms(1_500));
    // The former primary lives on, so that nothing but the drain ends its connections.
    do_now(&mut run, Command::Promote { node: name("db2") });
    run.run_until(ms(3_500));
    assert_eq!(count(&run, |what| matches!(what, What::Drained { node: NodeId(0), .. })), 1);
    sql(&mut run, "COMMIT");
    run.run_until(ms(4_000));
    assert!(answer(&run).contains("the transaction with it"), "{}", answer(&run));
    assert_eq!(rows(&mut run, 1, "SELECT count(*) FROM kv"), "0");
    sql(&mut run, "INSERT INTO kv VALUES (2, 2)");
    run.run_until(ms(4_500));
    assert_eq!(rows(&mut run, 1, "SELECT id FROM kv"), "2");
}

#[test]
fn processors_make_statements_queue_and_more_replicas_serve_more_reads() {
    let rates = |nodes: usize| {
        let mut setup = setup(nodes);
        for node in &mut setup.nodes {
            node.cpu = Some(Cpu { workers: 1, read_us: 5_000, write_us: 10_000, apply_us: 1_000 });
        }
        let client = &mut setup.clients[0];
        (client.sessions, client.connections) = (60, 60);
        (client.writes_per_second, client.reads_per_second) = (1, 9);
        let mut run = start(setup);
        run.run_until(ms(5_000));
        count(&run, |what| matches!(what, What::ReadDone { .. }))
    };
    let (one, two, four) = (rates(2), rates(3), rates(5));
    assert!(one > 800 && one < 1_050, "{one}");
    assert!(two * 10 > one * 17, "{one} {two}");
    assert!(four * 10 > two * 14, "{two} {four}");
}

#[test]
fn a_workload_tries_again_what_is_safe_and_writes_several_rows_in_a_transaction() {
    let mut setup = setup(2);
    let client = &mut setup.clients[0];
    (client.retry, client.statements_per_transaction) = (Retry::Safe, 3);
    (client.writes_per_second, client.reads_per_second) = (10, 0);
    client.keys = 1_000;
    let mut run = start(setup);
    run.run_until(ms(1_000));
    let logged = |what: &What| matches!(what, What::Logged { keys, .. } if keys.changes == 3);
    assert!(count(&run, logged) > 4);
    do_now(&mut run, Command::Kill { node: name("db1") });
    run.run_until(ms(6_000));
    do_now(&mut run, Command::Restart { node: name("db1") });
    let before = count(&run, logged);
    run.run_until(ms(12_000));
    assert!(count(&run, logged) > before + 50, "{before} {}", count(&run, logged));
}
