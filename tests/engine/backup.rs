//! Base backups: a database shipped over a link, with all that can happen on the way.

use replication_lab::engine::flavor::Flavor;
use replication_lab::engine::ids::NodeId;
use replication_lab::engine::trace::{Life, What};
use replication_lab::sim::Run;
use replication_lab::sim::command::{Between, Command};
use replication_lab::sim::setup::{LinkShape, Setup};
use replication_lab::sim::view::NodeView;

use crate::cluster::*;

/// db1 and db2, with 4 MB of rows, and a link of 2 MB/s between them.
fn narrow(more: &[(&str, &str)]) -> Run<Tape> {
    narrow_from(with(setup(2), &[("wal_retrieve_retry_interval", "300ms")]), more)
}

fn narrow_from(mut setup: Setup, more: &[(&str, &str)]) -> Run<Tape> {
    let base = [("wal_segment_size", "1MB"), ("max_wal_size", "2MB"), ("min_wal_size", "2MB")];
    setup.settings.extend(base.iter().chain(more).map(|(name, value)| ((*name).into(), (*value).into())));
    let mut run = start(setup);
    for key in 100..104 {
        on(&mut run, 300);
        sql_on(&mut run, "db1", &format!("INSERT INTO kv (id, value) VALUES ({key}, zeroblob(1000000))"));
    }
    run.run_until(ms(4_000));
    assert_eq!(node_view(&run, 1).positions.apply, node_view(&run, 0).positions.apply);
    let shape = LinkShape { bandwidth: Some(2_000_000), ..LinkShape::default() };
    do_now(&mut run, Command::Link { between: Between(name("db1"), name("db2")), shape });
    run
}

fn node_view(run: &Run<Tape>, index: usize) -> NodeView {
    run.world().view().nodes[index].clone()
}

fn on(run: &mut Run<Tape>, after_ms: u64) {
    let at = ms(run.now().0 / 1_000 + after_ms);
    run.run_until(at);
}

/// Writes stop, everything settles, and the two servers hold the same.
fn same(run: &mut Run<Tape>, a: u8, b: u8) {
    do_now(run, Command::Workload { client: name("app"), writes_per_second: 0, reads_per_second: 0 });
    on(run, 4_000);
    let content = |node| run.world().checksum(NodeId(node)).map(|(_, checksum)| checksum);
    assert!(content(a).is_some());
    assert_eq!(content(a), content(b), "{:?}", run.world().view().nodes[usize::from(b)]);
}

#[test]
fn a_backup_takes_as_long_as_its_link_needs_while_writes_go_on() {
    let mut run = narrow(&[]);
    do_now(&mut run, Command::BaseBackup { node: name("db2") });
    let begun = node_view(&run, 1);
    assert_eq!((begun.life, begun.rows, begun.streaming), (Life::Copying, 0, false));
    on(&mut run, 1_000);
    let half = node_view(&run, 1).copying.expect("it is under way");
    let total = half.total.expect("the source has begun");
    assert!(total > 4_000_000 && (1_500_000..2_200_000).contains(&half.bytes), "{half:?}");
    let source = node_view(&run, 0);
    assert!(source.slots.iter().any(|slot| slot.temporary && slot.slot_name.starts_with("pg_basebackup_")));
    // What was written since the backup's start is held back, whatever is checkpointed.
    sql_on(&mut run, "db1", "INSERT INTO kv (id, value) VALUES (200, zeroblob(3000000))");
    on(&mut run, 100);
    sql_on(&mut run, "db1", "CHECKPOINT");
    on(&mut run, 6_000);
    let done = node_view(&run, 1);
    assert_eq!(done.life, Life::Running, "{:?}", done.error);
    assert!(done.streaming && done.copying.is_none());
    assert!(node_view(&run, 0).slots.is_empty(), "the temporary slot is gone");
    assert_eq!(count(&run, |what| matches!(what, What::BackupFinished { .. })), 1);
    same(&mut run, 0, 1);
}

#[test]
fn a_removed_segment_is_refused_until_a_backup_makes_the_standby_whole() {
    let mut run = narrow(&[]);
    do_now(&mut run, Command::Kill { node: name("db2") });
    for key in 300..306 {
        sql_on(&mut run, "db1", &format!("INSERT INTO kv (id, value) VALUES ({key}, zeroblob(1000000))"));
        on(&mut run, 100);
    }
    sql_on(&mut run, "db1", "CHECKPOINT");
    on(&mut run, 100);
    do_now(&mut run, Command::Restart { node: name("db2") });
    on(&mut run, 2_000);
    let error = node_view(&run, 1).error.expect("it cannot be served");
    assert!(
        error.starts_with("could not receive data from WAL stream: ERROR:  requested WAL segment 00000001"),
        "{error}"
    );
    let refused = count(&run, |what| matches!(what, What::ReplicationRefused { .. }));
    assert!((4..=8).contains(&refused), "it tries again every 300 ms: {refused}");
    do_now(&mut run, Command::BaseBackup { node: name("db2") });
    on(&mut run, 9_000);
    assert_eq!(node_view(&run, 1).error, None);
    same(&mut run, 0, 1);
}

#[test]
fn the_crash_of_its_source_ends_a_backup_and_it_can_be_tried_again() {
    for kill in [true, false] {
        let mut run = narrow(&[("wal_receiver_timeout", "3s")]);
        do_now(&mut run, Command::BaseBackup { node: name("db2") });
        on(&mut run, 1_000);
        let source = name("db1");
        do_now(&mut run, if kill { Command::Kill { node: source } } else { Command::Crash { node: source } });
        on(&mut run, 500);
        let waits = node_view(&run, 1).life;
        assert_eq!(waits, if kill { Life::Stopped } else { Life::Copying }, "a dead machine says nothing");
        on(&mut run, 4_000);
        let failed = node_view(&run, 1);
        assert_eq!((failed.life, failed.rows), (Life::Stopped, 0));
        assert!(failed.error.is_some_and(|e| e.starts_with("pg_basebackup: error: could not read COPY data: ")));
        let refused = run.act(Command::Restart { node: name("db2") });
        assert!(refused.is_err_and(|why| why.contains("has no database")));
        do_now(&mut run, Command::Restart { node: name("db1") });
        on(&mut run, 1_000);
        assert!(node_view(&run, 0).slots.is_empty(), "a temporary slot does not survive");
        do_now(&mut run, Command::BaseBackup { node: name("db2") });
        on(&mut run, 6_000);
        assert_eq!(node_view(&run, 1).life, Life::Running);
        same(&mut run, 0, 1);
    }
}

#[test]
fn a_cut_link_holds_a_backup_up_and_healing_lets_it_go_on() {
    let mut run = narrow(&[]);
    do_now(&mut run, Command::BaseBackup { node: name("db2") });
    on(&mut run, 1_000);
    let between = Between(name("db1"), name("db2"));
    do_now(&mut run, Command::Partition { between: between.clone(), one_way: false });
    let before = node_view(&run, 1).copying.expect("it is under way").bytes;
    on(&mut run, 5_000);
    assert_eq!(node_view(&run, 1).copying.expect("it waits").bytes, before);
    do_now(&mut run, Command::Heal { between: Some(between) });
    on(&mut run, 12_000);
    assert_eq!(node_view(&run, 1).life, Life::Running);
    assert_eq!(count(&run, |what| matches!(what, What::BackupFailed { .. })), 0);
    same(&mut run, 0, 1);
}

#[test]
fn the_crash_of_the_copy_leaves_nothing_and_frees_the_slot_by_time_out() {
    let mut run = narrow(&[("wal_sender_timeout", "2s")]);
    do_now(&mut run, Command::BaseBackup { node: name("db2") });
    on(&mut run, 1_000);
    do_now(&mut run, Command::Crash { node: name("db2") });
    on(&mut run, 500);
    assert_eq!(node_view(&run, 0).slots.len(), 1, "the source does not know");
    on(&mut run, 2_500);
    assert!(node_view(&run, 0).slots.is_empty());
    do_now(&mut run, Command::Reclone { node: name("db2") });
    on(&mut run, 6_000);
    same(&mut run, 0, 1);
}

#[test]
fn without_a_free_slot_there_is_no_backup() {
    let mut run = narrow(&[("max_replication_slots", "1")]);
    sql_on(&mut run, "db1", "SELECT pg_create_physical_replication_slot('s')");
    on(&mut run, 100);
    do_now(&mut run, Command::BaseBackup { node: name("db2") });
    on(&mut run, 200);
    let failed = node_view(&run, 1);
    assert_eq!(failed.life, Life::Stopped);
    let error = failed.error.expect("it says why");
    assert!(error.contains("TEMPORARY PHYSICAL ( RESERVE_WAL)\": ERROR:  all replication slots are in use"), "{error}");
}

#[test]
fn a_new_replica_is_seen_from_the_first_instant_and_cascades() {
    let mut run = narrow(&[]);
    let mut added = node("db3");
    added.upstream = Some(name("db2"));
    do_now(&mut run, Command::AddNode { node: Box::new(added) });
    assert_eq!(node_view(&run, 2).life, Life::Copying);
    assert!(node_view(&run, 1).slots.is_empty());
    on(&mut run, 12);
    assert_eq!(node_view(&run, 1).slots.len(), 1, "its source is the standby");
    on(&mut run, 4_000);
    let replica = node_view(&run, 2);
    assert!(replica.streaming && replica.upstream == Some(NodeId(1)), "{:?}", replica.error);
    same(&mut run, 0, 2);
}

#[test]
fn a_promotion_of_its_source_ends_a_backup() {
    let mut run = narrow(&[]);
    let mut added = node("db3");
    added.upstream = Some(name("db2"));
    do_now(&mut run, Command::AddNode { node: Box::new(added) });
    let shape = LinkShape { bandwidth: Some(1_000_000), ..LinkShape::default() };
    do_now(&mut run, Command::Link { between: Between(name("db2"), name("db3")), shape });
    on(&mut run, 500);
    do_now(&mut run, Command::Promote { node: name("db2") });
    on(&mut run, 5_000);
    let error = node_view(&run, 2).error.expect("it says why");
    assert_eq!(&*error, "pg_basebackup: error: ERROR:  the standby was promoted during online backup");
    // The former primary becomes a copy of the new one, with what it had alone thrown away.
    do_now(&mut run, Command::Reclone { node: name("db1") });
    on(&mut run, 6_000);
    let former = node_view(&run, 0);
    assert!(former.streaming && former.upstream == Some(NodeId(1)), "{:?}", former.error);
    assert!(run.act(Command::Reclone { node: name("db2") }).is_err_and(|why| why.contains("is the primary itself")));
    same(&mut run, 1, 0);
}

#[test]
fn mysql_clones_over_the_link_too() {
    let mut setup = setup(2);
    setup.flavor = Flavor::Mysql;
    setup.clients[0].keys = 1_000_000;
    let mut run = start(setup);
    run.run_until(ms(2_000));
    do_now(&mut run, Command::BaseBackup { node: name("db2") });
    on(&mut run, 3_000);
    assert_eq!(node_view(&run, 1).life, Life::Running, "{:?}", node_view(&run, 1).error);
    same(&mut run, 0, 1);
}

#[test]
fn a_clone_goes_on_as_its_original_in_the_middle_of_a_backup() {
    let mut run = narrow(&[]);
    do_now(&mut run, Command::BaseBackup { node: name("db2") });
    on(&mut run, 1_000);
    assert_eq!(node_view(&run, 1).life, Life::Copying);
    let mut twin = run.clone();
    on(&mut run, 9_000);
    on(&mut twin, 9_000);
    assert_eq!(run.trace_hash(), twin.trace_hash());
    assert_eq!(run.world().view(), twin.world().view());
    assert_eq!(run.world().checksum(NodeId(1)), twin.world().checksum(NodeId(1)));
}
