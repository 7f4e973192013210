//! What the instruments read off the cluster: the logs side by side, and how far replicas are behind.

use replication_lab::engine::flavor::Flavor;
use replication_lab::engine::ids::NodeId;
use replication_lab::sim::Run;
use replication_lab::sim::command::{Between, Command};
use replication_lab::sim::view::{Lag, LogRow, LogTable, Reach, RecordKind};

use crate::cluster::*;

fn reaches(row: &LogRow) -> Vec<Reach> {
    row.cells.iter().map(|cell| cell.reach).collect()
}

fn table(run: &Run<Tape>) -> LogTable {
    run.world().log_table(None, 200)
}

fn lag(run: &Run<Tape>, node: u8) -> Option<Lag> {
    run.world().lags().find(|lag| lag.node == NodeId(node))
}

#[test]
fn a_record_is_at_the_same_place_of_every_log_and_comes_to_all_in_time() {
    let mut run = start(quiet(3));
    run.run_until(ms(1_000));
    sql(&mut run, "INSERT INTO accounts VALUES (1, 10)");
    run.run_until(ms(1_000 + 1_000));
    let table = table(&run);
    let [commit, insert, ..] = &table.rows[..] else { panic!("{table:?}") };
    assert_eq!((commit.kind, insert.kind), (RecordKind::Commit, RecordKind::Insert));
    assert_eq!(insert.text, "INSERT INTO accounts VALUES (1, 10)");
    assert_eq!((insert.txn, insert.logged_at), (commit.txn, commit.logged_at));
    assert!(commit.txn.is_some_and(|txn| txn.session.is_console()));
    assert_eq!(insert.end, commit.start);
    for row in [commit, insert] {
        assert_eq!(reaches(row), [Reach::Applied; 3]);
        assert!(!row.diverged);
    }
    // The log as it is on the disk says the same.
    let bytes = run.world().log_on_disk(NodeId(2)).pop().expect("it has a log").2;
    let length = commit.end.bytes_since(commit.start) as usize;
    assert_eq!(bytes[bytes.len() - length + 8..][..8], commit.start.0.to_le_bytes());
}

/// However many pieces memory holds it in.
#[test]
fn the_log_on_the_disk_is_all_of_it() {
    let mut run = start(quiet(3));
    run.run_until(ms(1_000));
    for first in (0..4_000).step_by(200) {
        sql(
            &mut run,
            &format!(
                "INSERT INTO accounts WITH RECURSIVE n(i) AS (SELECT {first} UNION ALL SELECT i + 1 FROM n WHERE i < {first} + 199) \
                 SELECT i, 10 FROM n"
            ),
        );
        run.run_until(ms(1_000 + 10 * (first + 200)));
    }
    run.run_until(ms(60_000));
    let flushed = run.world().view().nodes[0].positions.flush;
    let logs: Vec<_> = (0..3).map(|node| run.world().log_on_disk(NodeId(node))).collect();
    for log in &logs {
        let [(_, start, bytes)] = &log[..] else { panic!("{} timelines", log.len()) };
        assert_eq!(start.plus(bytes.len()), flushed);
        assert!(bytes.len() > 100_000, "{} bytes", bytes.len());
    }
    assert!(logs.windows(2).all(|pair| pair[0] == pair[1]), "all servers have the same");
}

#[test]
fn what_a_replica_has_not_applied_or_received_says_so() {
    let mut run = start(quiet(3));
    run.run_until(ms(1_000));
    do_now(&mut run, Command::PauseReplay { node: name("db2") });
    do_now(&mut run, Command::Isolate { who: name("db3") });
    sql(&mut run, "INSERT INTO accounts VALUES (1, 10)");
    run.run_until(ms(2_000));
    assert_eq!(reaches(&table(&run).rows[0]), [Reach::Applied, Reach::Flushed, Reach::Sent]);
    do_now(&mut run, Command::ResumeReplay { node: name("db2") });
    do_now(&mut run, Command::Heal { between: None });
    run.run_until(ms(20_000));
    assert_eq!(reaches(&table(&run).rows[0]), [Reach::Applied; 3]);
}

#[test]
fn the_tail_that_a_failover_left_behind_is_marked_on_its_server_alone() {
    let mut run = start(quiet(3));
    run.run_until(ms(1_000));
    sql(&mut run, "INSERT INTO accounts VALUES (1, 10)");
    run.run_until(ms(2_000));
    do_now(&mut run, Command::Isolate { who: name("db1") });
    sql_on(&mut run, "db1", "INSERT INTO accounts VALUES (2, 20)");
    run.run_until(ms(3_000));
    assert!(table(&run).rows.iter().all(|row| !row.diverged), "nobody has promoted another server");
    do_now(&mut run, Command::Promote { node: name("db2") });
    run.run_until(ms(5_000));
    sql_on(&mut run, "db2", "INSERT INTO accounts VALUES (3, 30)");
    run.run_until(ms(6_000));
    let table = table(&run);
    let of = |text: &str| table.rows.iter().find(|row| row.text.contains(text)).expect("it is in some log");
    let (shared, lost, new) = (of("(1, 10)"), of("(2, 20)"), of("(3, 30)"));
    assert_eq!((shared.diverged, lost.diverged, new.diverged), (false, true, false));
    assert_eq!(reaches(shared), [Reach::Applied; 3]);
    assert_eq!((reaches(lost)[0], reaches(lost)[1]), (Reach::Applied, Reach::Absent));
    assert_eq!((reaches(new)[0], reaches(new)[1]), (Reach::Absent, Reach::Applied));
    assert!(new.timeline > lost.timeline);
    let switch = table.rows.iter().find(|row| row.kind == RecordKind::Timeline).expect("a timeline began");
    assert_eq!((switch.timeline, switch.start), (new.timeline, lost.start), "both stand where the histories part");
    // It is what the list of what a rewind discards says.
    let listed = run.world().diverged(NodeId(0)).expect("db1 has diverged");
    let marked = table.rows.iter().filter(|row| row.diverged && row.kind == RecordKind::Commit).count();
    assert_eq!(listed.total, marked as u64);
}

#[test]
fn a_long_log_is_shown_in_parts_and_a_short_one_whole() {
    let mut run = start(setup(2));
    run.run_until(ms(20_000));
    let newest = run.world().log_table(None, 10);
    assert_eq!((newest.rows.len(), newest.more), (10, true));
    assert!(newest.rows.windows(2).all(|pair| pair[0].start > pair[1].start && pair[0].start == pair[1].end));
    let all = run.world().log_table(None, 100_000);
    assert!(!all.more && all.rows.len() > 500, "{}", all.rows.len());
    assert_eq!(all.rows[..10], newest.rows[..], "and the newest are the same records");
    // A replica that is far behind is shown by the end of its own log.
    do_now(&mut run, Command::Isolate { who: name("db2") });
    run.run_until(ms(40_000));
    let own = run.world().log_table(Some(NodeId(1)), 10);
    assert_eq!(own.rows[0].end, run.world().view().nodes[1].insert_lsn);
    assert_eq!(reaches(&own.rows[0])[1], Reach::Applied);
    assert!(reaches(&run.world().log_table(None, 10).rows[0])[1] <= Reach::Sent);
}

#[test]
fn mysqls_logs_are_aligned_by_gtid() {
    let mut set = quiet(3);
    set.flavor = Flavor::Mysql;
    let mut run = start(set);
    run.run_until(ms(1_000));
    sql(&mut run, "INSERT INTO accounts VALUES (1, 10)");
    run.run_until(ms(2_000));
    // From here on every position on db2 is another than on db1.
    sql_on(&mut run, "db2", "FLUSH BINARY LOGS");
    do_now(&mut run, Command::Isolate { who: name("db3") });
    sql(&mut run, "INSERT INTO accounts VALUES (2, 20)");
    run.run_until(ms(3_000));
    let table = table(&run);
    let newest = &table.rows[0];
    assert_eq!(newest.kind, RecordKind::Commit);
    assert_eq!(newest.gtid.map(|gtid| gtid.number), Some(2));
    assert_eq!((reaches(newest)[0], reaches(newest)[1]), (Reach::Applied, Reach::Applied));
    assert!(reaches(newest)[2] <= Reach::Sent);
    let places: Vec<&str> = newest.cells.iter().filter_map(|cell| cell.place.as_deref()).collect();
    assert!(places[0].starts_with("binlog.000001:") && places[1].starts_with("binlog.000002:"), "{places:?}");
    assert_eq!(reaches(&table.rows[2]), [Reach::Applied; 3]);
    assert!(table.rows.iter().all(|row| !row.diverged));
    let own = run.world().log_table(Some(NodeId(2)), 10);
    assert_eq!(own.rows[0].gtid.map(|gtid| gtid.number), Some(1), "db3 has come no further");
}

#[test]
fn lag_is_told_by_station_and_grows_while_a_link_is_cut() {
    let mut run = start(setup(3));
    run.run_until(ms(2_000));
    do_now(&mut run, Command::PauseReplay { node: name("db2") });
    do_now(&mut run, Command::Partition { between: Between(name("db1"), name("db3")), one_way: false });
    run.run_until(ms(4_000));
    assert_eq!(lag(&run, 0), None, "the primary is behind nobody");
    let [write, flush, replay] = lag(&run, 1).expect("db2 is there").stations.map(Option::unwrap_or_default);
    assert!(write.bytes <= flush.bytes && flush.bytes < replay.bytes, "{write:?} {flush:?} {replay:?}");
    assert!(flush.age_us < 200_000 && replay.age_us > 1_500_000, "{flush:?} {replay:?}");
    let [write, flush, replay] = lag(&run, 2).expect("db3 is there").stations.map(Option::unwrap_or_default);
    assert!(write.age_us > 1_500_000 && write == flush && flush == replay, "{write:?} {flush:?} {replay:?}");
    // The card says the same.
    for (node, view) in (0..3).zip(run.world().view().nodes) {
        let replay = lag(&run, node).map_or_else(Default::default, |lag| lag.stations[2].unwrap_or_default());
        assert_eq!((replay.bytes, replay.age_us), (view.lag_bytes, view.lag_us), "{}", view.name);
    }
    do_now(&mut run, Command::Crash { node: name("db3") });
    run.run_until(ms(4_100));
    assert_eq!(lag(&run, 2), None, "a server that is down cannot be measured");
}

#[test]
fn mysqls_lag_is_told_for_what_was_received_and_what_was_applied() {
    let mut set = setup(3);
    set.flavor = Flavor::Mysql;
    let mut run = start(set);
    run.run_until(ms(2_000));
    sql_on(&mut run, "db2", "STOP REPLICA SQL_THREAD");
    run.run_until(ms(4_000));
    let [received, flushed, applied] = lag(&run, 1).expect("db2 is there").stations;
    let (received, applied) = (received.expect("measured"), applied.expect("measured"));
    assert_eq!(flushed, None);
    assert!(received.age_us < 200_000 && applied.age_us > 1_500_000, "{received:?} {applied:?}");
    assert!(received.bytes < applied.bytes);
    let view = run.world().view();
    assert_eq!((applied.bytes, applied.age_us), (view.nodes[1].lag_bytes, view.nodes[1].lag_us));
}
