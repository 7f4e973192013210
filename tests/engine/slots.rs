//! Log removal, `wal_keep_size` and replication slots, against what PostgreSQL 15 does.

use replication_lab::engine::log::Lsn;
use replication_lab::engine::node::WalStatus;
use replication_lab::engine::trace::{Life, What};
use replication_lab::sim::Run;
use replication_lab::sim::command::{Between, Command};
use replication_lab::sim::setup::Setup;
use replication_lab::sim::view::{NodeView, SlotView};

use crate::cluster::*;

const MB: u64 = 1 << 20;

/// A quiet cluster with small log files, whose checkpoints are asked for.
fn small(nodes: usize, more: &[(&str, &str)]) -> Setup {
    let base = [("wal_segment_size", "1MB"), ("max_wal_size", "64MB"), ("min_wal_size", "2MB")];
    let retry = [("wal_retrieve_retry_interval", "500ms")];
    let settings: Vec<_> = base.iter().chain(&retry).chain(more).copied().collect();
    with(quiet(nodes), &settings)
}

/// Writes about a megabyte of log on db1, in one row.
fn megabytes(run: &mut Run<Tape>, count: u64) {
    for _ in 0..count {
        let key = run.now().0 as i64;
        sql_on(run, "db1", &format!("INSERT INTO kv (id, value) VALUES ({key}, zeroblob(1048576))"));
        let soon = ms(run.now().0 / 1_000 + 40);
        run.run_until(soon);
    }
}

fn checkpoint(run: &mut Run<Tape>, node: &str) {
    sql_on(run, node, "CHECKPOINT");
    let soon = ms(run.now().0 / 1_000 + 20);
    run.run_until(soon);
}

fn node_view(run: &Run<Tape>, index: usize) -> NodeView {
    run.world().view().nodes[index].clone()
}

fn slot(run: &Run<Tape>, name: &str) -> SlotView {
    let view = run.world().view();
    let found = view.nodes.iter().flat_map(|node| &node.slots).find(|slot| &*slot.slot_name == name).cloned();
    found.unwrap_or_else(|| panic!("there is no slot {name}"))
}

fn ask(run: &mut Run<Tape>, node: &str, sql: &str) -> String {
    sql_on(run, node, sql);
    let soon = ms(run.now().0 / 1_000 + 20);
    run.run_until(soon);
    answer(run)
}

#[test]
fn a_checkpoint_removes_whole_segments_before_its_redo_position() {
    let mut run = start(small(1, &[]));
    megabytes(&mut run, 5);
    assert_eq!(node_view(&run, 0).log_start, Lsn(16 * MB), "nothing goes without a checkpoint");
    checkpoint(&mut run, "db1");
    let node = node_view(&run, 0);
    let (first, redo) = (node.log_start.0 / MB, node.redo_lsn.0 / MB);
    assert!(redo > 20 && first >= redo && node.log_start <= node.redo_lsn, "{} {}", node.log_start, node.redo_lsn);
    assert!(count(&run, |what| matches!(what, What::LogRemoved { .. })) == 1);
    // It recovers from what is left.
    do_now(&mut run, Command::Crash { node: name("db1") });
    do_now(&mut run, Command::Restart { node: name("db1") });
    let soon = ms(run.now().0 / 1_000 + 2_000);
    run.run_until(soon);
    assert_eq!(rows(&mut run, 0, "SELECT count(*) FROM kv"), "5");
}

#[test]
fn max_wal_size_brings_on_checkpoints_and_min_wal_size_keeps_files() {
    let mut run = start(small(1, &[("max_wal_size", "8MB"), ("min_wal_size", "5MB")]));
    megabytes(&mut run, 30);
    let checkpoints = count(&run, |what| matches!(what, What::Checkpoint { .. }));
    // 8 / 1.9 = 4 segments: after every third that is begun.
    assert!((8..=12).contains(&checkpoints), "{checkpoints}");
    let node = node_view(&run, 0);
    assert_eq!(node.log_files, 4, "all that there ever were are written again and again");
    let mut run = start(small(1, &[]));
    megabytes(&mut run, 20);
    assert_eq!(count(&run, |what| matches!(what, What::Checkpoint { .. })), 0);
    checkpoint(&mut run, "db1");
    assert_eq!(node_view(&run, 0).log_files, 2, "min_wal_size is 2MB");
}

#[test]
fn wal_keep_size_holds_back_so_many_segments() {
    let mut run = start(small(1, &[("wal_keep_size", "3MB")]));
    megabytes(&mut run, 8);
    checkpoint(&mut run, "db1");
    let node = node_view(&run, 0);
    let (oldest, current) = (node.log_start.0 / MB, node.positions.write.0 / MB);
    // A record that began in the removed segment is gone with it: what is left begins a segment later at most.
    assert!((current - 3..=current - 2).contains(&oldest), "{oldest} of {current}");
}

#[test]
fn a_slot_holds_log_back_until_its_standby_has_it() {
    let mut run = start(small(2, &[("primary_slot_name", "db2_slot")]));
    assert_eq!(ask(&mut run, "db1", "SELECT pg_create_physical_replication_slot('db2_slot')"), "(db2_slot,)");
    run.run_until(ms(1_500));
    let begun = slot(&run, "db2_slot");
    assert!(begun.active_pid.is_some() && begun.restart_lsn == Some(Lsn(16 * MB)), "{begun:?}");
    do_now(&mut run, Command::Kill { node: name("db2") });
    run.run_until(ms(1_600));
    assert_eq!(slot(&run, "db2_slot").active_pid, None);
    megabytes(&mut run, 6);
    checkpoint(&mut run, "db1");
    assert_eq!(node_view(&run, 0).log_start, Lsn(16 * MB));
    do_now(&mut run, Command::Restart { node: name("db2") });
    run.run_until(ms(6_000));
    assert_eq!(slot(&run, "db2_slot").restart_lsn, Some(node_view(&run, 0).positions.flush));
    checkpoint(&mut run, "db1");
    assert!(node_view(&run, 0).log_start > Lsn(21 * MB));
    assert_eq!(
        run.world().checksum(run.world().primary()).map(|c| c.1),
        run.world().checksum(replication_lab::engine::ids::NodeId(1)).map(|c| c.1)
    );
}

#[test]
fn a_slot_survives_a_crash_with_what_the_last_checkpoint_wrote() {
    let mut run = start(small(2, &[("primary_slot_name", "s")]));
    ask(&mut run, "db1", "SELECT pg_create_physical_replication_slot('s', true)");
    run.run_until(ms(1_500));
    megabytes(&mut run, 2);
    checkpoint(&mut run, "db1");
    let saved = slot(&run, "s").restart_lsn;
    megabytes(&mut run, 2);
    assert!(slot(&run, "s").restart_lsn > saved);
    do_now(&mut run, Command::Partition { between: Between(name("db1"), name("db2")), one_way: false });
    do_now(&mut run, Command::Crash { node: name("db1") });
    do_now(&mut run, Command::Restart { node: name("db1") });
    let slot = slot(&run, "s");
    assert_eq!((slot.restart_lsn, slot.active_pid), (saved, None));
}

#[test]
fn what_the_functions_answer_is_what_postgresql_15_answered() {
    let mut run = start(small(1, &[("max_replication_slots", "3")]));
    let long = "x".repeat(63);
    let too_long = "x".repeat(64);
    let mut differences = Vec::new();
    let table = include_str!("../data/postgresql-15-slots.txt");
    let mut entries = 0;
    for entry in table.split("\n\n").filter(|entry| !entry.starts_with('#')) {
        let (asked, expected) = entry.trim_end().split_once("\n----").unwrap_or_else(|| panic!("{entry:?}"));
        let asked = asked.replace("<64 x>", &too_long);
        let expected =
            expected.trim_start().replace("<63 x>", &long).replace("<redo>", &node_view(&run, 0).redo_lsn.to_string());
        let got = ask(&mut run, "db1", &asked);
        if got != expected {
            differences.push(format!("{asked}\n  the server: {expected}\n  we:         {got}"));
        }
        entries += 1;
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    assert!(entries > 12);
}

#[test]
fn a_slot_that_holds_back_too_much_is_lost_and_can_live_again() {
    let mut run = start(small(1, &[("max_slot_wal_keep_size", "3MB")]));
    ask(&mut run, "db1", "SELECT pg_create_physical_replication_slot('inv', true)");
    let safe = |run: &Run<Tape>| slot(run, "inv").safe_wal_size.unwrap_or(i64::MIN);
    assert_eq!(slot(&run, "inv").wal_status, Some(WalStatus::Reserved));
    assert_eq!(safe(&run), 4 * MB as i64, "the segment it is in, and three more");
    megabytes(&mut run, 3);
    assert!(safe(&run) > 0 && slot(&run, "inv").wal_status == Some(WalStatus::Reserved));
    megabytes(&mut run, 2);
    assert!(safe(&run) < 0 && slot(&run, "inv").wal_status == Some(WalStatus::Unreserved));
    checkpoint(&mut run, "db1");
    let lost = slot(&run, "inv");
    assert_eq!((lost.wal_status, lost.restart_lsn, lost.safe_wal_size), (Some(WalStatus::Lost), None, None));
    assert!(run.observer().lines.iter().any(|line| line.contains("slot_invalidated node=db1 slot=inv")));
    assert_eq!(ask(&mut run, "db1", "SELECT pg_drop_replication_slot('inv')"), "");
}

#[test]
fn an_extended_slot_is_one_beyond_max_wal_size() {
    let mut run = start(small(1, &[("max_wal_size", "2MB")]));
    ask(&mut run, "db1", "SELECT pg_create_physical_replication_slot('s', true)");
    megabytes(&mut run, 6);
    assert_eq!(slot(&run, "s").wal_status, Some(WalStatus::Extended));
    assert_eq!(slot(&run, "s").safe_wal_size, None);
}

#[test]
fn the_user_of_a_slot_that_is_invalidated_is_terminated() {
    let mut run = start(small(2, &[("primary_slot_name", "s"), ("max_slot_wal_keep_size", "2MB")]));
    ask(&mut run, "db1", "SELECT pg_create_physical_replication_slot('s', true)");
    run.run_until(ms(1_500));
    assert!(slot(&run, "s").active_pid.is_some());
    do_now(&mut run, Command::Partition { between: Between(name("db1"), name("db2")), one_way: false });
    megabytes(&mut run, 6);
    assert_eq!(slot(&run, "s").wal_status, Some(WalStatus::Unreserved));
    checkpoint(&mut run, "db1");
    let lost = slot(&run, "s");
    assert_eq!((lost.wal_status, lost.active_pid), (Some(WalStatus::Lost), None));
    assert!(run.observer().lines.iter().any(|line| line.contains("slot_user_terminated node=db1 slot=s")));
    do_now(&mut run, Command::Heal { between: None });
    run.run_until(ms(6_000));
    let error = node_view(&run, 1).error.expect("it cannot go on");
    assert!(
        error.starts_with(
            "could not receive data from WAL stream: ERROR:  requested WAL segment 0000000100000000000000"
        ) && error.ends_with(" has already been removed"),
        "{error}"
    );
}

#[test]
fn a_standby_names_a_slot_that_is_not_there_or_is_in_use() {
    let mut run = start(small(3, &[("primary_slot_name", "s")]));
    run.run_until(ms(700));
    let error = |run: &Run<Tape>, index| node_view(run, index).error.map(|error| error.to_string());
    let missing = "could not start WAL streaming: ERROR:  replication slot \"s\" does not exist";
    assert_eq!(error(&run, 1).as_deref(), Some(missing));
    assert_eq!(ask(&mut run, "db1", "SELECT pg_create_physical_replication_slot('s')"), "(s,)");
    run.run_until(ms(2_000));
    let (user, other) = if node_view(&run, 1).streaming { (1, 2) } else { (2, 1) };
    assert!(node_view(&run, user).streaming && !node_view(&run, other).streaming);
    let pid = slot(&run, "s").active_pid.expect("it is in use");
    let taken = format!("could not start WAL streaming: ERROR:  replication slot \"s\" is active for PID {pid}");
    assert_eq!(error(&run, other), Some(taken));
    let dropped = ask(&mut run, "db1", "SELECT pg_drop_replication_slot('s')");
    assert_eq!(dropped, format!("ERROR:  replication slot \"s\" is active for PID {pid}"));
    // Without a name it needs no slot, and connects at once.
    let none = vec![(name("primary_slot_name"), name(""))];
    let on = format!("db{}", other + 1);
    do_now(&mut run, Command::Set { settings: none, on: Some(name(&on)) });
    run.run_until(ms(4_000));
    assert!(node_view(&run, other).streaming);
}

#[test]
fn slots_work_on_a_standby_and_hold_back_its_own_log() {
    let mut run = start(small(2, &[]));
    run.run_until(ms(500));
    let made = ask(&mut run, "db2", "SELECT pg_create_physical_replication_slot('onstandby', true)");
    assert_eq!(made, "(onstandby,0/1000000)");
    megabytes(&mut run, 5);
    checkpoint(&mut run, "db2");
    assert_eq!(node_view(&run, 1).log_start, Lsn(16 * MB));
    assert_eq!(ask(&mut run, "db2", "SELECT pg_drop_replication_slot('onstandby')"), "");
    checkpoint(&mut run, "db2");
    assert!(node_view(&run, 1).log_start > Lsn(20 * MB));
    // A client's statement goes to the primary.
    sql(&mut run, "SELECT pg_create_physical_replication_slot('by_client')");
    let soon = ms(run.now().0 / 1_000 + 500);
    run.run_until(soon);
    assert_eq!(node_view(&run, 0).slots.len(), 1);
}

#[test]
fn a_checkpoint_does_not_wait_for_commits_that_wait() {
    let mut run = start(small(2, &[("synchronous_standby_names", "db2")]));
    run.run_until(ms(500));
    do_now(&mut run, Command::Kill { node: name("db2") });
    sql_on(&mut run, "db1", "INSERT INTO kv VALUES (1, 10)");
    run.run_until(ms(1_000));
    assert_eq!(node_view(&run, 0).waiting_commits, 1);
    // The operator's session waits; the checkpoint's timer does not.
    let redo = node_view(&run, 0).redo_lsn;
    run.run_until(ms(301_000));
    assert_eq!(node_view(&run, 0).waiting_commits, 1);
    assert!(node_view(&run, 0).redo_lsn > redo);
    assert_eq!(rows(&mut run, 0, "SELECT count(*) FROM kv"), "0", "it is not visible yet");
    do_now(&mut run, Command::Crash { node: name("db1") });
    do_now(&mut run, Command::Restart { node: name("db1") });
    run.run_until(ms(303_000));
    assert_eq!(rows(&mut run, 0, "SELECT value FROM kv"), "10", "it was in the log, and in the checkpoint");
}

#[test]
fn a_forgotten_slot_fills_the_disk_and_a_bigger_disk_lets_it_come_back() {
    let mut setup = small(1, &[("max_wal_size", "2MB")]);
    setup.nodes[0].disk.size_bytes = Some(8 * MB);
    let mut run = start(setup);
    ask(&mut run, "db1", "SELECT pg_create_physical_replication_slot('forgotten', true)");
    megabytes(&mut run, 12);
    let full = node_view(&run, 0);
    assert_eq!(full.life, Life::Stopped);
    let error = full.error.expect("it says why");
    assert!(error.starts_with("PANIC:  could not write to file \"pg_wal/xlogtemp."), "{error}");
    assert!(error.ends_with("\": No space left on device"), "{error}");
    let rows_before = full.rows;
    do_now(&mut run, Command::Restart { node: name("db1") });
    run.run_until(ms(3_000));
    let again = node_view(&run, 0);
    let words = "PANIC:  could not write to file \"pg_logical/replorigin_checkpoint.tmp\": No space left on device";
    assert_eq!((again.life, again.error.as_deref()), (Life::Stopped, Some(words)));
    do_now(&mut run, Command::DiskSize { node: name("db1"), size_bytes: Some(64 * MB) });
    do_now(&mut run, Command::Restart { node: name("db1") });
    run.run_until(ms(5_000));
    assert_eq!(node_view(&run, 0).life, Life::Running);
    assert!(node_view(&run, 0).rows >= rows_before);
    ask(&mut run, "db1", "SELECT pg_drop_replication_slot('forgotten')");
    checkpoint(&mut run, "db1");
    assert!(node_view(&run, 0).log_files <= 3, "{}", node_view(&run, 0).log_files);
}

#[test]
fn a_standby_with_a_full_disk_stops_receiving_and_goes_on_answering() {
    let mut setup = small(2, &[]);
    setup.nodes[1].disk.size_bytes = Some(3 * MB);
    let mut run = start(setup);
    megabytes(&mut run, 6);
    let standby = node_view(&run, 1);
    assert_eq!(standby.life, Life::Running);
    assert!(standby.error.is_some_and(|e| e.contains("No space left on device")));
    do_now(&mut run, Command::DiskSize { node: name("db2"), size_bytes: None });
    run.run_until(ms(8_000));
    assert_eq!(node_view(&run, 1).positions.apply, node_view(&run, 0).positions.apply);
    assert_eq!(node_view(&run, 1).error, None);
}
