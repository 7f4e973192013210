//! Handing the primary's role over without loss.

use replication_lab::engine::flavor::Flavor;
use replication_lab::engine::ids::NodeId;
use replication_lab::engine::trace::{Verdict, What};
use replication_lab::sim::Run;
use replication_lab::sim::command::Command;
use replication_lab::sim::setup::Setup;
use replication_lab::sim::view::Role;

use crate::cluster::*;

fn flavored(flavor: Flavor) -> Setup {
    Setup { flavor, ..setup(3) }
}

fn roles(run: &Run<Tape>) -> Vec<(Role, Option<NodeId>, bool)> {
    run.world().view().nodes.iter().map(|node| (node.role, node.upstream, node.streaming)).collect()
}

#[test]
fn roles_are_exchanged_under_load_and_nothing_is_lost() {
    for flavor in [Flavor::Postgresql, Flavor::Mysql] {
        let mut run = start(flavored(flavor));
        run.run_until(ms(3_000));
        do_now(&mut run, Command::Switchover { node: name("db2") });
        run.run_until(ms(8_000));
        do_now(&mut run, Command::Workload { client: name("app"), writes_per_second: 0, reads_per_second: 0 });
        run.run_until(ms(14_000));
        let (old, new) = (Some(NodeId(1)), (Role::Primary, None, false));
        let follows = (Role::Replica, old, true);
        assert_eq!(roles(&run), [follows, new, follows], "{flavor}");
        let sums: Vec<_> = (0..3).map(|node| run.world().checksum(NodeId(node)).map(|c| c.1)).collect();
        assert!(sums.iter().all(|sum| *sum == sums[0]), "{flavor}: {sums:?}");
        // Every write that was acknowledged before or after is there: values are unique and keys are few, so the newest of
        // each key is what counts; the judges' own count says the rest.
        let acknowledged = count(&run, |what| {
            matches!(what, What::Finished { writes: true, verdict: Verdict::Acknowledged { .. }, .. })
        });
        assert!(acknowledged > 80, "{flavor}: {acknowledged}");
        assert_eq!(count(&run, |what| matches!(what, What::LogLost { .. })), 0, "{flavor}");
        let view = run.world().view();
        assert!(view.nodes.iter().all(|node| node.error.is_none()), "{flavor}: {:?}", view.nodes[0].error);
    }
}

#[test]
fn a_replica_that_cannot_take_over_without_loss_is_refused() {
    let mut run = start(flavored(Flavor::Postgresql));
    run.run_until(ms(1_000));
    assert!(run.act(Command::Switchover { node: name("db1") }).is_err_and(|why| why.contains("not a replica")));
    do_now(&mut run, Command::Kill { node: name("db2") });
    assert!(run.act(Command::Switchover { node: name("db2") }).is_err());
    do_now(&mut run, Command::Repoint { node: name("db3"), upstream: name("db2") });
    run.run_until(ms(2_000));
    assert!(
        run.act(Command::Switchover { node: name("db3") }).is_err_and(|why| why.contains("does not stream from db1"))
    );
}

#[test]
fn a_source_takes_writes_again_when_its_replica_does_not_catch_up() {
    let mut run = start(flavored(Flavor::Mysql));
    run.run_until(ms(1_000));
    sql_on(&mut run, "db2", "STOP REPLICA SQL_THREAD");
    run.run_until(ms(2_000));
    do_now(&mut run, Command::Switchover { node: name("db2") });
    run.run_until(ms(10_000));
    sql_on(&mut run, "db1", "INSERT INTO accounts VALUES (1, 1)");
    run.run_until(ms(10_100));
    assert!(answer(&run).contains("--super-read-only"), "{}", answer(&run));
    run.run_until(ms(70_000));
    sql_on(&mut run, "db1", "INSERT INTO accounts VALUES (1, 1)");
    run.run_until(ms(70_100));
    assert_eq!(answer(&run), "INSERT");
    assert_eq!(run.world().view().nodes[0].role, Role::Primary);
}

#[test]
fn a_transaction_that_is_open_when_a_source_becomes_read_only_is_not_committed() {
    let mut run = start(Setup { flavor: Flavor::Mysql, ..quiet(2) });
    run.run_until(ms(1_000));
    for statement in ["BEGIN", "INSERT INTO accounts VALUES (1, 1)"] {
        sql(&mut run, statement);
        run.run_until(run.now().plus(100_000));
    }
    do_now(&mut run, Command::Set { settings: vec![(name("super_read_only"), name("ON"))], on: Some(name("db1")) });
    sql(&mut run, "COMMIT");
    run.run_until(run.now().plus(100_000));
    assert!(answer(&run).contains("--super-read-only"), "{}", answer(&run));
    assert_eq!(rows(&mut run, 0, "SELECT count(*) FROM accounts"), "0");
}
