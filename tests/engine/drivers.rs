//! Drivers with a list of servers: libpq's and Connector/J's.

use replication_lab::engine::flavor::Flavor;
use replication_lab::engine::ids::{Addr, NodeId};
use replication_lab::engine::trace::{Verdict, What};
use replication_lab::sim::Run;
use replication_lab::sim::command::Command;
use replication_lab::sim::setup::{ReadPolicy, Setup};

use crate::cluster::*;

fn driven(flavor: Flavor, connect: &str) -> Setup {
    let mut setup = setup(3);
    (setup.flavor, setup.proxy) = (flavor, None);
    setup.schema.clear();
    setup.clients[0].connect = Some(name(connect));
    setup.clients[0].connections = 4;
    setup
}

fn postgresql(attrs: &str) -> Run<Tape> {
    start(driven(Flavor::Postgresql, &format!("postgresql://db1,db2,db3/?target_session_attrs={attrs}")))
}

fn reads_by_node(run: &Run<Tape>) -> [usize; 3] {
    [0, 1, 2].map(|node| count(run, |what| matches!(what, What::ReadDone { node: by, .. } if by.0 == node)))
}

fn acknowledged(run: &Run<Tape>) -> usize {
    count(run, |what| matches!(what, What::Finished { writes: true, verdict: Verdict::Acknowledged { .. }, .. }))
}

fn failed_with<'a>(run: &'a Run<Tape>, code: &'a str) -> usize {
    let failed = |what: &What| matches!(what, What::Finished { verdict: Verdict::Failed { code: with, .. }, .. } if **with == *code);
    count(run, failed)
}

/// Whom the application connected to, in order.
fn dialled(run: &Run<Tape>) -> Vec<u8> {
    let dialled = run.observer().events.iter().filter_map(|event| match event.what {
        What::Connected { conn, to: Addr::Node(node) } if matches!(conn.opener, Addr::Client(_)) => Some(node.0),
        _ => None,
    });
    dialled.collect()
}

#[test]
fn each_value_of_target_session_attrs_finds_its_server_and_sends_everything_there() {
    for (attrs, node, writes) in [
        ("any", 0, true),
        ("read-write", 0, true),
        ("primary", 0, true),
        ("read-only", 1, false),
        ("standby", 1, false),
        ("prefer-standby", 1, false),
    ] {
        let mut run = postgresql(attrs);
        run.run_until(ms(3_000));
        let reads = reads_by_node(&run);
        assert!(reads[node] > 50, "{attrs}: {reads:?}");
        assert_eq!(reads.iter().sum::<usize>(), reads[node], "{attrs}: no statement goes to another server");
        assert_eq!(acknowledged(&run) > 30, writes, "{attrs}");
        // A standby's own error: nothing splits statements here.
        assert_eq!(failed_with(&run, "25006") > 30, !writes, "{attrs}");
    }
}

#[test]
fn servers_are_tried_in_the_order_of_the_list_until_one_will_do() {
    let text = "host=db3,db2,db1 target_session_attrs='read-write'";
    let mut one = driven(Flavor::Postgresql, text);
    one.clients[0].connections = 1;
    let mut run = start(one);
    run.run_until(ms(1_000));
    assert_eq!(dialled(&run).get(..3), Some([2, 1, 0].as_slice()));
    let text = "postgresql://db1,db2,db3/?load_balance_hosts=random";
    let mut random = start(driven(Flavor::Postgresql, text));
    random.run_until(ms(3_000));
    assert!(reads_by_node(&random).iter().filter(|reads| **reads > 0).count() > 1);
}

#[test]
fn prefer_standby_takes_the_primary_when_there_is_no_standby() {
    let mut run = postgresql("prefer-standby");
    do_now(&mut run, Command::Kill { node: name("db2") });
    do_now(&mut run, Command::Kill { node: name("db3") });
    run.run_until(ms(3_000));
    assert!(acknowledged(&run) > 20);
    let mut strict = postgresql("standby");
    do_now(&mut strict, Command::Kill { node: name("db2") });
    do_now(&mut strict, Command::Kill { node: name("db3") });
    strict.run_until(ms(3_000));
    assert!(failed_with(&strict, "08001") > 20);
    let said = "connection to server at \"db1\", port 5432 failed: server is not in hot standby mode\n\
                connection to server at \"db2\", port 5432 failed: Connection refused";
    let words = |what: &What| matches!(what, What::Finished { verdict: Verdict::Failed { message, .. }, .. } if message.starts_with(said));
    assert!(count(&strict, words) > 0);
}

#[test]
fn a_driver_goes_on_at_the_new_primary_when_it_has_lost_the_old_one() {
    let mut run = postgresql("primary");
    run.run_until(ms(2_000));
    do_now(&mut run, Command::Kill { node: name("db1") });
    run.run_until(ms(2_500));
    assert!(failed_with(&run, "08001") > 0, "it fails as long as there is none");
    do_now(&mut run, Command::Promote { node: name("db3") });
    run.run_until(ms(6_000));
    assert_eq!(run.world().view().clients[0].believes_primary, Some(NodeId(2)));
    assert!(reads_by_node(&run)[2] > 50);
}

#[test]
fn an_attempt_to_connect_is_given_up_after_connect_timeout() {
    // Two seconds is the least; without it the network's own time-out of three seconds would end the attempt.
    let text = "postgresql://db1,db2/?connect_timeout=1";
    let mut run = start(driven(Flavor::Postgresql, text));
    do_now(&mut run, Command::Pause { node: name("db1") });
    run.run_until(ms(10_000));
    let first = run.observer().events.iter().find(|event| matches!(event.what, What::ReadDone { .. }));
    let at = first.map(|event| event.at).expect("it reads from the next server");
    assert!(at > ms(2_000) && at < ms(2_200), "{at:?}");
}

#[test]
fn connector_js_replication_url_reads_from_replicas_and_writes_to_the_source() {
    let url = "jdbc:mysql:replication://db1,db2,db3/";
    let mut run = start(driven(Flavor::Mysql, url));
    run.run_until(ms(4_000));
    let reads = reads_by_node(&run);
    assert!(reads[0] == 0 && reads[1] + reads[2] > 80, "{reads:?}");
    assert!(acknowledged(&run) > 40);
    for (url, of_source) in [(url.to_owned(), false), (format!("{url}?readFromSourceWhenNoReplicas=true"), true)] {
        let mut run = start(driven(Flavor::Mysql, &url));
        do_now(&mut run, Command::Kill { node: name("db2") });
        do_now(&mut run, Command::Kill { node: name("db3") });
        run.run_until(ms(4_000));
        assert_eq!(reads_by_node(&run)[0] > 50, of_source);
    }
}

#[test]
fn connector_js_failover_is_read_only_on_the_others_unless_told_otherwise() {
    for (property, writes) in [("", false), ("?failOverReadOnly=false", true)] {
        let mut run = start(driven(Flavor::Mysql, &format!("jdbc:mysql://db1,db2/{property}")));
        run.run_until(ms(1_000));
        do_now(&mut run, Command::Kill { node: name("db1") });
        do_now(&mut run, Command::Promote { node: name("db2") });
        run.run_until(ms(2_000));
        let before = acknowledged(&run);
        run.run_until(ms(4_000));
        assert_eq!(acknowledged(&run) > before + 20, writes);
        assert_eq!(failed_with(&run, "S1009") > 20, !writes);
        assert!(reads_by_node(&run)[1] > 50);
    }
}

#[test]
fn a_driver_without_a_proxy_splits_reads_where_it_is_asked_to() {
    let mut setup = driven(Flavor::Postgresql, "postgresql://db1,db2/?target_session_attrs=any");
    setup.clients[0].read_policy = Some(ReadPolicy::RoundRobin);
    let mut run = start(setup);
    run.run_until(ms(4_000));
    let reads = reads_by_node(&run);
    // Only the servers of the list are known, and of them the standby.
    assert!(reads[1] > 80 && reads[2] == 0, "{reads:?}");
    assert!(acknowledged(&run) > 40);
}

#[test]
fn a_transaction_whose_server_is_gone_ends_with_an_error() {
    let mut run = start(driven(Flavor::Postgresql, "postgresql://db1,db2/?target_session_attrs=any"));
    run.run_until(ms(500));
    sql(&mut run, "BEGIN");
    sql(&mut run, "INSERT INTO kv VALUES (1000, 1)");
    run.run_until(ms(1_000));
    do_now(&mut run, Command::Kill { node: name("db1") });
    run.run_until(ms(1_500));
    sql(&mut run, "COMMIT");
    run.run_until(ms(2_000));
    assert!(answer(&run).contains("the transaction with it"), "{}", answer(&run));
    sql(&mut run, "SELECT count(*) FROM kv WHERE id = 1000");
    run.run_until(ms(3_000));
    assert_eq!(answer(&run), "0");
}
