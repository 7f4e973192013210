//! Case by case: what the scenarios do not say.

use replication_lab::engine::failover::ManagerEvent;
use replication_lab::engine::ids::NodeId;
use replication_lab::engine::trace::{Life, What};
use replication_lab::report::status::patronictl_list;
use replication_lab::sim::Run;
use replication_lab::sim::command::{Between, Command};
use replication_lab::sim::setup::{Setup, SynchronousMode};
use replication_lab::sim::view::Role;

use crate::cluster::*;

fn managed(nodes: usize) -> Setup {
    let mut setup = setup(nodes);
    let failover = &mut setup.failover;
    failover.automatic = true;
    (failover.ttl_us, failover.loop_wait_us, failover.retry_timeout_us) = (3_000_000, 1_000_000, 1_000_000);
    setup
}

fn when(run: &Run<Tape>, is: impl Fn(&ManagerEvent) -> bool) -> Vec<u64> {
    let events = run.observer().events.iter();
    let steps = events.filter(|event| matches!(&event.what, What::Manager(step) if is(step)));
    steps.map(|event| event.at.0 / 1_000).collect()
}

fn cut(run: &mut Run<Tape>, a: &str, b: &str) {
    do_now(run, Command::Partition { between: Between(name(a), name(b)), one_way: false });
}

#[test]
fn the_steps_of_a_failover_come_in_their_order() {
    let mut run = start(managed(3));
    run.run_until(ms(4_000));
    do_now(&mut run, Command::Isolate { who: name("db1") });
    run.run_until(ms(10_000));
    let first = |is: fn(&ManagerEvent) -> bool| when(&run, is)[0];
    let steps = [
        first(|e| matches!(e, ManagerEvent::StoreSilent { leader: true, .. })),
        first(|e| matches!(e, ManagerEvent::Demoting { node: NodeId(0), .. })),
        first(|e| matches!(e, ManagerEvent::LeaseExpired { node: NodeId(0) })),
        first(|e| matches!(e, ManagerEvent::ElectionBegan { .. })),
        first(|e| matches!(e, ManagerEvent::Compared { .. })),
        first(|e| matches!(e, ManagerEvent::RuledOut { node: NodeId(0), .. })),
        first(|e| matches!(e, ManagerEvent::Healthiest { .. })),
        first(|e| matches!(e, ManagerEvent::LeaseAcquired { .. })),
        first(|e| matches!(e, ManagerEvent::Fenced { node: NodeId(0), by: Some(_) })),
    ];
    assert!(steps.is_sorted(), "{steps:?}");
    // It stepped down while its lease still held: a second before anybody else could be given it.
    assert!(steps[1] + 900 < steps[2], "{steps:?}");
    let events = run.observer().events.iter();
    let promoted = events.filter(|e| matches!(e.what, What::TimelineSwitched { .. })).map(|e| e.at.0 / 1_000).next();
    assert!(promoted.is_some_and(|promoted| promoted >= steps[8]), "{promoted:?}");
    assert_eq!(run.world().view().nodes[0].life, Life::Down);
}

#[test]
fn a_primary_that_was_demoted_takes_no_write_before_the_lease_is_over() {
    let mut run = start(managed(2));
    run.run_until(ms(4_000));
    cut(&mut run, "db1", "store");
    run.run_until(ms(5_500));
    // The link to the other server and to the application is whole: it could.
    sql_on(&mut run, "db1", "INSERT INTO kv VALUES (1000, 1)");
    run.run_until(ms(5_600));
    assert!(answer(&run).contains("cannot execute INSERT in a read-only transaction"), "{}", answer(&run));
}

#[test]
fn a_killed_primary_is_started_by_its_own_agent() {
    let mut run = start(managed(3));
    run.run_until(ms(4_000));
    do_now(&mut run, Command::Kill { node: name("db1") });
    run.run_until(ms(7_000));
    let view = run.world().view();
    assert_eq!((view.nodes[0].life, view.nodes[0].role), (Life::Running, Role::Primary));
    assert_eq!(when(&run, |e| matches!(e, ManagerEvent::Starting { node: NodeId(0), primary: true })).len(), 1);
    assert_eq!(view.nodes[0].timeline.0, 1);
}

#[test]
fn a_primary_that_cannot_start_gives_its_lease_back() {
    let mut setup = managed(3);
    setup.failover.primary_start_timeout_us = 2_000_000;
    let mut run = start(setup);
    run.run_until(ms(4_000));
    do_now(&mut run, Command::FullDisk { node: name("db1"), full: true });
    run.run_until(ms(12_000));
    assert_eq!(when(&run, |e| matches!(e, ManagerEvent::LeaseReleased { node: NodeId(0) })).len(), 1);
    let view = run.world().view();
    assert!(view.nodes.iter().any(|n| n.id != NodeId(0) && n.role == Role::Primary));
    // Who gave its lease back need not be powered off.
    assert!(when(&run, |e| matches!(e, ManagerEvent::Fenced { .. })).is_empty());
}

#[test]
fn a_server_that_promotes_itself_without_the_lease_is_demoted() {
    let mut run = start(managed(3));
    run.run_until(ms(4_000));
    sql_on(&mut run, "db2", "SELECT pg_promote()");
    run.run_until(ms(6_000));
    let view = run.world().view();
    assert_eq!(view.nodes[0].role, Role::Primary);
    assert_eq!(view.nodes[1].role, Role::Replica);
    assert_eq!(when(&run, |e| matches!(e, ManagerEvent::Demoting { node: NodeId(1), .. })).len(), 1);
}

#[test]
fn standbys_are_named_and_may_lead_when_they_have_caught_up() {
    let mut setup = managed(3);
    setup.failover.synchronous_mode = SynchronousMode::On;
    let mut run = start(setup);
    run.run_until(ms(3_000));
    assert_eq!(rows(&mut run, 0, "SHOW synchronous_standby_names"), "\"db2\"");
    let may_lead = |run: &Run<Tape>| run.world().view().manager.and_then(|manager| manager.may_lead);
    assert_eq!(may_lead(&run), Some(vec![NodeId(1)]));
    do_now(&mut run, Command::Crash { node: name("db2") });
    run.run_until(ms(70_000));
    assert_eq!(rows(&mut run, 0, "SHOW synchronous_standby_names"), "\"db3\"");
    assert_eq!(may_lead(&run), Some(vec![NodeId(2)]));
    do_now(&mut run, Command::Crash { node: name("db3") });
    run.run_until(ms(140_000));
    assert_eq!(rows(&mut run, 0, "SHOW synchronous_standby_names"), "");
    assert_eq!(may_lead(&run), Some(Vec::new()));
    let done = run.observer().lines.iter().rev().take(50).any(|line| line.contains("verdict=acknowledged"));
    assert!(done, "without strict, writes go on when nobody is synchronous");
}

#[test]
fn strict_mode_waits_when_nobody_is_synchronous() {
    let mut setup = managed(2);
    setup.failover.synchronous_mode = SynchronousMode::On;
    setup.failover.synchronous_mode_strict = true;
    let mut run = start(setup);
    run.run_until(ms(3_000));
    do_now(&mut run, Command::Crash { node: name("db2") });
    run.run_until(ms(80_000));
    assert_eq!(rows(&mut run, 0, "SHOW synchronous_standby_names"), "*");
    assert!(run.world().view().nodes[0].waiting_commits > 0);
}

#[test]
fn the_list_is_patronictls() {
    let mut setup = managed(3);
    setup.nodes[2].tags.nofailover = true;
    let mut run = start(setup);
    run.run_until(ms(2_500));
    let list = patronictl_list(run.world()).expect("there is a manager");
    let expected = "\
+ Cluster: lab -----+---------+-----------+----+-----------+------------------+
| Member | Host     | Role    | State     | TL | Lag in MB | Tags             |
+--------+----------+---------+-----------+----+-----------+------------------+
| db1    | 10.0.0.1 | Leader  | running   |  1 |           |                  |
| db2    | 10.0.0.2 | Replica | streaming |  1 |         0 |                  |
| db3    | 10.0.0.3 | Replica | streaming |  1 |         0 | nofailover: true |
+--------+----------+---------+-----------+----+-----------+------------------+";
    assert_eq!(list, expected);
}

#[test]
fn a_hand_over_to_whoever_cannot_take_over_is_refused() {
    let mut setup = managed(3);
    setup.nodes[2].tags.nofailover = true;
    let mut run = start(setup);
    run.run_until(ms(2_500));
    do_now(&mut run, Command::Switchover { node: name("db3") });
    run.run_until(ms(5_000));
    assert_eq!(when(&run, |e| matches!(e, ManagerEvent::HandOverRefused { .. })).len(), 1);
    assert_eq!(run.world().view().nodes[0].role, Role::Primary);
    // The store has forgotten it: the next one is carried out.
    do_now(&mut run, Command::Switchover { node: name("db2") });
    run.run_until(ms(8_000));
    assert_eq!(run.world().view().nodes[1].role, Role::Primary);
}

#[test]
fn a_server_that_joins_has_an_agent_and_may_be_elected() {
    let mut run = start(managed(1));
    run.run_until(ms(2_000));
    do_now(&mut run, Command::AddNode { node: Box::new(node("db2")) });
    run.run_until(ms(6_000));
    do_now(&mut run, Command::Crash { node: name("db1") });
    run.run_until(ms(14_000));
    let view = run.world().view();
    assert_eq!((view.nodes[1].role, view.nodes[1].timeline.0), (Role::Primary, 2));
}

#[test]
fn a_promotion_that_left_no_trace_is_made_anew() {
    let mut setup = managed(2);
    // The record of the new timeline takes so long to reach the disk that the machine dies before.
    setup.nodes[1].disk.fsync_us = 400_000;
    let mut run = start(setup);
    run.run_until(ms(4_000));
    do_now(&mut run, Command::Crash { node: name("db1") });
    let promoted = |run: &Run<Tape>| count(run, |what| matches!(what, What::TimelineSwitched { .. }));
    while promoted(&run) == 0 && run.now() < ms(12_000) {
        run.run_until(run.now().plus(1_000));
    }
    do_now(&mut run, Command::Crash { node: name("db2") });
    do_now(&mut run, Command::Restart { node: name("db2") });
    run.run_until(ms(14_000));
    let view = run.world().view();
    assert_eq!((view.nodes[1].role, view.nodes[1].timeline.0), (Role::Primary, 3));
    // It never went on as a primary on the timeline that db1 may have more of.
    let again = count(&run, |w| matches!(w, What::BecamePrimary { node: NodeId(1), timeline, .. } if timeline.0 == 1));
    assert_eq!(again, 0);
}

/// The same faults give the same trace, with a manager, too.
#[test]
fn a_failover_is_repeatable() {
    let hash = || {
        let mut run = start(managed(3));
        run.run_until(ms(2_000));
        do_now(&mut run, Command::Pause { node: name("db1") });
        run.run_until(ms(9_000));
        run.trace_hash()
    };
    assert_eq!(hash(), hash());
}
