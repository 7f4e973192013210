//! What a session has set is so on every server that it uses, and what no server can take is refused by the proxy.

use std::collections::BTreeSet;

use replication_lab::engine::flavor::Flavor;
use replication_lab::engine::ids::{Addr, ConnId, NodeId};
use replication_lab::engine::trace::What;
use replication_lab::sim::Run;
use replication_lab::sim::command::Command;
use replication_lab::sim::setup::{ReadPolicy, Setup};

use crate::cluster::*;

fn cluster(flavor: Flavor, nodes: usize) -> Setup {
    let mut setup = quiet(nodes);
    setup.flavor = flavor;
    setup.schema.clear();
    setup
}

/// Types a statement for the application, and gives the server that answered, and what.
fn ask(run: &mut Run<Tape>, text: &str) -> (Option<u8>, String) {
    sql(run, text);
    let until = run.world().now().plus(100_000);
    run.run_until(until);
    let served_by = run.world().console().back().and_then(|entry| entry.served_by);
    (served_by.map(|node| node.0), answer(run))
}

fn said(run: &mut Run<Tape>, text: &str) -> String {
    ask(run, text).1
}

/// What was repeated, and where.
fn repeated(run: &Run<Tape>) -> Vec<(u8, String)> {
    let repeated = run.observer().events.iter().filter_map(|event| match &event.what {
        What::StateRepeated { to, text, .. } => Some((to.0, text.to_string())),
        _ => None,
    });
    repeated.collect()
}

#[test]
fn what_is_set_once_holds_on_every_server_that_the_session_reads_from() {
    for (flavor, set, show, expected) in [
        (Flavor::Postgresql, "SET lock_timeout = '5s'", "SHOW lock_timeout", "5s"),
        (Flavor::Mysql, "SET innodb_lock_wait_timeout = 7", "SELECT @@innodb_lock_wait_timeout", "7"),
    ] {
        for proxy in [true, false] {
            let mut setup = cluster(flavor, 3);
            if !proxy {
                setup.proxy = None;
                setup.clients[0].read_policy = Some(ReadPolicy::RoundRobin);
            }
            let mut run = start(setup);
            run.run_until(ms(1_500));
            assert_eq!(ask(&mut run, set).0, Some(0), "{flavor}: the primary's answer is the client's");
            let answers: Vec<_> = (0..4).map(|_| ask(&mut run, show)).collect();
            let by: BTreeSet<_> = answers.iter().map(|(by, _)| *by).collect();
            assert_eq!(by, BTreeSet::from([Some(1), Some(2)]), "{flavor}: reads stay on replicas");
            assert!(answers.iter().all(|(_, answer)| answer == expected), "{flavor}: {answers:?}");
            // Once on each, before its first statement.
            let mut where_to = repeated(&run);
            where_to.sort();
            assert_eq!(where_to, [(1, set.to_owned()), (2, set.to_owned())], "{flavor}");
        }
    }
}

#[test]
fn connections_that_stand_are_told_at_once_and_a_new_replicas_before_its_first_read() {
    let mut run = start(cluster(Flavor::Postgresql, 2));
    run.run_until(ms(1_000));
    assert_eq!(ask(&mut run, "SELECT 1").0, Some(1));
    said(&mut run, "SET lock_timeout = '5s'");
    said(&mut run, "PREPARE p AS SELECT 40 + $1");
    assert_eq!(repeated(&run).len(), 2, "no statement was needed for it");
    do_now(&mut run, Command::AddNode { node: Box::new(node("db3")) });
    run.run_until(ms(6_000));
    let answers: BTreeSet<_> = (0..4).map(|_| ask(&mut run, "EXECUTE p (2)")).collect();
    assert_eq!(answers, BTreeSet::from([(Some(1), "42".to_owned()), (Some(2), "42".to_owned())]));
    assert_eq!(ask(&mut run, "SHOW lock_timeout").1, "5s");
    let to_new: Vec<_> = repeated(&run).into_iter().filter(|(to, _)| *to == 2).map(|(_, text)| text).collect();
    assert_eq!(to_new, ["SET lock_timeout = '5s'", "PREPARE p AS SELECT 40 + $1"]);
    // Taken back everywhere, and not to be taken back twice on the next new server.
    said(&mut run, "DEALLOCATE p");
    for _ in 0..2 {
        assert!(said(&mut run, "/*+ replica */ EXECUTE p (2)").contains("does not exist"));
    }
    said(&mut run, "DISCARD ALL");
    let answers: BTreeSet<_> = (0..2).map(|_| ask(&mut run, "SHOW lock_timeout")).collect();
    assert_eq!(answers, BTreeSet::from([(Some(1), "0".to_owned()), (Some(2), "0".to_owned())]));
    do_now(&mut run, Command::AddNode { node: Box::new(node("db4")) });
    run.run_until(ms(12_000));
    for _ in 0..3 {
        said(&mut run, "SELECT 1");
    }
    let to_new: Vec<_> = repeated(&run).into_iter().filter(|(to, _)| *to == 3).map(|(_, text)| text).collect();
    assert_eq!(to_new, ["DISCARD ALL"], "what was set before it is moot");
}

#[test]
fn a_set_that_failed_or_was_rolled_back_or_was_local_is_repeated_nowhere() {
    let mut run = start(cluster(Flavor::Postgresql, 2));
    run.run_until(ms(1_000));
    assert_eq!(ask(&mut run, "SELECT 1").0, Some(1));
    assert!(said(&mut run, "SET nonsense = 1").contains("unrecognized configuration parameter"));
    for (texts, holds) in [
        (&["BEGIN", "SET LOCAL lock_timeout = '1s'", "COMMIT"][..], "0"),
        (&["SET LOCAL lock_timeout = '1s'"], "0"),
        (&["BEGIN", "SET lock_timeout = '2s'", "ROLLBACK"], "0"),
        (&["BEGIN", "SAVEPOINT s", "SET lock_timeout = '3s'", "ROLLBACK TO s", "COMMIT"], "0"),
        // COMMIT of a transaction that has failed rolls back.
        (&["BEGIN", "SET lock_timeout = '4s'", "SELECT 1/0", "SELECT * FROM nowhere", "COMMIT"], "0"),
        (&["SET lock_timeout = '4s'; SELECT * FROM nowhere"], "0"),
        (&["BEGIN", "SET lock_timeout = '6s'", "COMMIT"], "6s"),
        (&["BEGIN", "SET lock_timeout = '7s'", "ROLLBACK; SET lock_timeout = '8s'"], "8s"),
    ] {
        for text in texts {
            said(&mut run, text);
        }
        assert_eq!(ask(&mut run, "SHOW lock_timeout"), (Some(1), holds.to_owned()), "{texts:?}");
        assert_eq!(ask(&mut run, "/*+ primary */ SHOW lock_timeout"), (Some(0), holds.to_owned()), "{texts:?}");
    }
    let texts: Vec<_> = repeated(&run).into_iter().map(|(_, text)| text).collect();
    assert_eq!(texts, ["SET lock_timeout = '6s'", "SET lock_timeout = '8s'"]);
}

#[test]
fn what_a_message_of_mysqls_set_before_it_failed_keeps_the_reads_where_it_is() {
    let mut run = start(cluster(Flavor::Mysql, 2));
    run.run_until(ms(1_000));
    assert!(said(&mut run, "SET innodb_lock_wait_timeout = 7; SELECT * FROM nowhere").contains("nowhere"));
    assert_eq!(ask(&mut run, "SELECT @@innodb_lock_wait_timeout"), (Some(0), "7".to_owned()));
    assert!(repeated(&run).is_empty());
}

#[test]
fn the_state_comes_along_to_a_new_primary() {
    for flavor in [Flavor::Postgresql, Flavor::Mysql] {
        let mut run = start(cluster(flavor, 2));
        run.run_until(ms(1_000));
        let (prepare, execute) = match flavor {
            Flavor::Postgresql => ("PREPARE p (int) AS INSERT INTO kv VALUES ($1, 2)", "EXECUTE p (1)"),
            Flavor::Mysql => ("PREPARE p FROM 'INSERT INTO kv VALUES (1, 2)'", "EXECUTE p"),
        };
        said(&mut run, prepare);
        do_now(&mut run, Command::Crash { node: name("db1") });
        do_now(&mut run, Command::Promote { node: name("db2") });
        run.run_until(ms(6_000));
        assert_eq!(ask(&mut run, execute).0, Some(1), "{flavor}: {}", answer(&run));
        assert_eq!(rows(&mut run, 1, "SELECT id FROM kv"), "1", "{flavor}");
        assert_eq!(repeated(&run), [(1, prepare.to_owned())], "{flavor}");
    }
}

#[test]
fn a_connection_with_state_is_no_other_sessions() {
    let mut setup = setup(2);
    setup.proxy.as_mut().unwrap().max_connections = Some(3);
    let client = &mut setup.clients[0];
    (client.sessions, client.think_time_us) = (12, 1_000);
    let mut run = start(setup);
    run.run_until(ms(1_000));
    said(&mut run, "SET lock_timeout = '5s'");
    for _ in 0..3 {
        assert_eq!(ask(&mut run, "SHOW lock_timeout").1, "5s");
    }
    run.run_until(ms(4_000));
    let from = ms(1_000);
    let mut users: std::collections::BTreeMap<ConnId, BTreeSet<bool>> = std::collections::BTreeMap::new();
    for event in run.observer().events.iter().filter(|event| event.at > from) {
        if let What::Sent { conn, from: Addr::Proxy, to: Addr::Node(_), txn: Some(txn), .. } = &event.what {
            users.entry(*conn).or_default().insert(txn.session.is_console());
        }
    }
    let console: Vec<_> = users.values().filter(|users| users.contains(&true)).collect();
    assert_eq!(console.len(), 2, "one on each server: {users:?}");
    // Each may have been another session's before, whose last messages are from before the SET.
    let shared = users.values().filter(|users| users.len() > 1).count();
    assert!(shared <= 2, "{users:?}");
    let set_at =
        run.observer().events.iter().find(|event| matches!(&event.what, What::StateRepeated { .. })).unwrap().at;
    for event in run.observer().events.iter().filter(|event| event.at > set_at) {
        if let What::Sent { conn, from: Addr::Proxy, to: Addr::Node(node), txn: Some(txn), .. } = &event.what
            && *node == NodeId(1)
        {
            let of_console = users.get(conn).is_some_and(|users| users.contains(&true));
            assert_eq!(of_console, txn.session.is_console(), "{conn:?}");
        }
    }
}

#[test]
fn what_no_server_can_take_whole_is_refused_by_the_proxy_and_changes_nothing() {
    let mut run = start(cluster(Flavor::Postgresql, 2));
    run.run_until(ms(1_000));
    assert_eq!(ask(&mut run, "BEGIN READ ONLY").0, Some(1));
    let (by, error) = ask(&mut run, "COMMIT; INSERT INTO kv VALUES (1, 1)");
    assert_eq!(by, None);
    assert!(error.contains("send it apart"), "{error}");
    assert_eq!(ask(&mut run, "SELECT 5"), (Some(1), "5".to_owned()), "the transaction is still open");
    assert_eq!(ask(&mut run, "COMMIT"), (Some(1), "COMMIT".to_owned()));
    assert_eq!(ask(&mut run, "INSERT INTO kv VALUES (1, 1)").0, Some(0));
    assert_eq!(count(&run, |what| matches!(what, What::NotRouted { .. })), 1);

    let mut run = start(cluster(Flavor::Mysql, 2));
    run.run_until(ms(1_000));
    assert_eq!(ask(&mut run, "START TRANSACTION READ ONLY").0, Some(1));
    let (by, error) = ask(&mut run, "BEGIN");
    assert_eq!(by, None);
    assert!(error.contains("1235") && error.contains("end that first"), "{error}");
    assert_eq!(ask(&mut run, "COMMIT").0, Some(1));
    assert_eq!(ask(&mut run, "BEGIN").0, Some(0));
}
