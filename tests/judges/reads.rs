//! Stale reads, and divergence.

use replication_lab::check::{Finding, Kind};
use replication_lab::engine::ids::{ClientId, SessionId};
use replication_lab::engine::log::Lsn;
use replication_lab::engine::time::SimTime;
use replication_lab::engine::trace::KeyWrites;

use crate::cluster::{Cluster, node, session};

const WRITER: u16 = 0;
const READER: u16 = 7;

fn ages_us(c: &Cluster) -> Vec<u64> {
    let age = |finding| match finding {
        Finding::StaleRead { age_us, .. } => age_us,
        other => panic!("{other:?}"),
    };
    c.found(Kind::StaleRead).iter().map(|v| age(v.finding)).collect()
}

#[test]
fn a_read_is_stale_when_it_misses_what_was_acknowledged_before_it_was_sent() {
    let mut c = Cluster::new(2);
    c.write(session(WRITER), 0, 1, 10);
    c.replicate(1, 9);
    c.wait_ms(10);
    c.write(session(WRITER), 0, 1, 11);
    c.wait_ms(35);
    c.read(session(READER), 1, 1, Some(10), 4);
    c.read(session(READER), 0, 1, Some(11), 4);
    assert_eq!(ages_us(&c), [35_000]);
    let found = c.found(Kind::StaleRead);
    assert_eq!((found[0].at, found[0].session), (SimTime(49_000), Some(session(READER))));
    let (reads, staleness) = (c.judges.reads(), &c.judges.reads().staleness);
    assert_eq!((reads.total, reads.stale, staleness.max_us()), (2, 1, Some(35_000)));
    assert_eq!((reads.by_node(node(0)), reads.by_node(node(1)), reads.by_node(node(9))), (1, 1, 0));
}

#[test]
fn what_is_acknowledged_while_a_read_is_under_way_may_be_missed() {
    let mut c = Cluster::new(1);
    c.write(session(WRITER), 0, 1, 10);
    let txn = c.submit(session(WRITER), 1, 11);
    c.log(0, txn);
    // Sent before the acknowledgement, back after it.
    let read = c.next_txn(session(READER));
    let statement = replication_lab::engine::message::Statement::ReadKey { id: 1 };
    c.tell(replication_lab::engine::trace::What::Submitted { txn: read, statement, writes: false, first_of_txn: true });
    c.acknowledge(txn);
    c.tell(replication_lab::engine::trace::What::ReadDone {
        txn: read,
        key: 1,
        value: Some(10),
        node: node(0),
        latency_us: 0,
    });
    assert_eq!(c.counts(), []);
    // The same value once more, sent after it.
    c.read(session(READER), 0, 1, Some(10), 1);
    assert_eq!(ages_us(&c), [0]);
}

#[test]
fn the_age_counts_from_the_first_of_several_missed_writes() {
    let mut c = Cluster::new(2);
    c.write(session(WRITER), 0, 1, 10);
    c.replicate(1, 9);
    for value in 11..=13 {
        c.wait_ms(10);
        c.write(session(WRITER), 0, 1, value);
    }
    c.wait_ms(5);
    c.read(session(READER), 1, 1, Some(10), 1);
    c.read(session(READER), 1, 1, Some(12), 1);
    assert_eq!(ages_us(&c), [25_000, 6_000]);
}

#[test]
fn acknowledgements_may_arrive_in_another_order_than_the_logs() {
    let mut c = Cluster::new(2);
    let (first, second) = (c.submit(session(WRITER), 1, 10), c.submit(session(1), 1, 11));
    c.log(0, first);
    c.log(0, second);
    c.wait_ms(1);
    c.acknowledge(second);
    c.wait_ms(4);
    c.acknowledge(first);
    c.wait_ms(10);
    c.read(session(READER), 1, 1, None, 1);
    assert_eq!(ages_us(&c), [14_000]);
}

#[test]
fn a_read_that_misses_the_first_write_of_a_key_finds_no_row() {
    let mut c = Cluster::new(2);
    c.write(session(WRITER), 0, 1, 10);
    c.wait_ms(3);
    c.read(session(READER), 1, 1, None, 1);
    assert_eq!(ages_us(&c), [3_000]);
    // A key that nobody wrote.
    c.read(session(READER), 1, 2, None, 1);
    assert_eq!(ages_us(&c).len(), 1);
}

#[test]
fn an_unacknowledged_or_failed_write_may_be_missed_and_may_be_seen() {
    let mut c = Cluster::new(1);
    c.write(session(WRITER), 0, 1, 10);
    let waiting = c.submit(session(1), 1, 11);
    c.log(0, waiting);
    c.read(session(READER), 0, 1, Some(10), 1);
    c.give_up(waiting);
    c.read(session(READER), 0, 1, Some(10), 1);
    c.read(session(READER), 0, 1, Some(11), 1);
    assert_eq!(c.counts(), []);
}

#[test]
fn a_read_after_a_failover_misses_a_lost_write_until_it_is_overwritten() {
    let mut c = Cluster::new(2);
    c.write(session(WRITER), 0, 1, 10);
    c.replicate(1, 9);
    c.write(session(WRITER), 0, 1, 11);
    c.crash(0);
    c.promote(1);
    c.read(session(READER), 1, 1, Some(10), 1);
    assert_eq!(ages_us(&c).len(), 1);
    c.write(session(3), 1, 1, 12);
    c.read(session(READER), 1, 1, Some(12), 1);
    assert_eq!(ages_us(&c).len(), 1, "12 is newer than the lost 11");
}

#[test]
fn reading_a_former_primary_that_was_left_alone_is_stale() {
    let mut c = Cluster::new(2);
    c.write(session(WRITER), 0, 1, 10);
    c.replicate(1, 9);
    c.write(session(WRITER), 0, 1, 11);
    c.promote(1);
    c.wait_ms(10);
    c.write(session(3), 1, 1, 12);
    c.wait_ms(2);
    c.read(session(READER), 0, 1, Some(11), 1);
    assert_eq!(ages_us(&c), [2_000], "11 was logged before 12 was even sent, though no history has both");
    // But what it took after 12 is not older than 12.
    c.write(session(WRITER), 0, 1, 13);
    c.read(session(READER), 0, 1, Some(13), 1);
    assert_eq!(ages_us(&c).len(), 1);
}

#[test]
fn a_far_replica_is_judged_rightly_however_many_writes_it_misses() {
    let mut c = Cluster::new(2);
    c.write(session(WRITER), 0, 1, 0);
    c.replicate(1, 9);
    for value in 1..=3_000 {
        c.wait_ms(1);
        c.write(session(WRITER), 0, 1, value);
    }
    c.read(session(READER), 1, 1, Some(0), 0);
    c.read(session(READER), 0, 1, Some(3_000), 0);
    assert_eq!(ages_us(&c), [2_999_000]);
    // When it has caught up, its old value is forgotten, and would still count as old.
    c.replicate(1, usize::MAX);
    for value in 3_001..=9_000 {
        c.write(session(WRITER), 0, 1, value);
        c.replicate(1, 1);
    }
    c.read(session(READER), 1, 1, Some(9_000), 0);
    assert_eq!(ages_us(&c).len(), 1);
    c.wait_ms(1);
    c.read(session(READER), 1, 1, Some(0), 0);
    assert_eq!(ages_us(&c).len(), 2);
}

#[test]
fn what_was_typed_cannot_make_reads_look_stale() {
    let typed = SessionId { client: ClientId(0), number: SessionId::CONSOLE };
    let mut c = Cluster::new(1);
    c.write(session(WRITER), 0, 1, 10);
    let delete = c.submit(typed, 1, 0);
    c.log_as(0, delete, KeyWrites { kv: None, changes: 5, kv_otherwise: true });
    c.acknowledge(delete);
    c.read(session(READER), 0, 1, None, 1);
    c.read(session(WRITER), 0, 1, Some(77), 1);
    assert_eq!(c.counts(), []);
    // A value typed twice: first by an upsert, then by a statement that cannot be followed.
    c.write(typed, 0, 1, 0);
    c.write(session(WRITER), 0, 1, 11);
    let update = c.submit(typed, 1, 0);
    c.log_as(0, update, KeyWrites { kv: None, changes: 5, kv_otherwise: true });
    c.acknowledge(update);
    c.read(session(READER), 0, 1, Some(0), 1);
    assert_eq!(c.counts(), []);
    // What is written afterwards is judged again.
    c.write(session(WRITER), 0, 1, 12);
    c.read(session(READER), 0, 1, Some(0), 1);
    assert_eq!(ages_us(&c).len(), 1);
}

#[test]
fn replicas_that_differ_at_the_same_position_diverge() {
    let mut c = Cluster::new(3);
    c.write(session(WRITER), 0, 1, 10);
    c.replicate(1, 9);
    let at = SimTime(c.now_us);
    c.judges.compare(100, at, [(node(0), Lsn(100), 5), (node(1), Lsn(100), 5), (node(2), Lsn(0), 4)]);
    assert_eq!(c.counts(), [], "the third is only behind");
    c.replicate(2, 9);
    let differing = [(node(0), Lsn(100), 5), (node(1), Lsn(100), 5), (node(2), Lsn(100), 4)];
    c.judges.compare(101, at, differing);
    c.judges.compare(102, at, differing);
    assert_eq!(c.counts(), [("divergence", 2)], "each pair once, until it has agreed");
    assert!(matches!(
        c.found(Kind::Divergence)[0].finding,
        Finding::Divergence { nodes, position: Lsn(100), .. } if nodes == (node(0), node(2))
    ));
}

#[test]
fn servers_on_different_histories_are_not_compared() {
    let mut c = Cluster::new(2);
    c.write(session(WRITER), 0, 1, 10);
    c.replicate(1, 9);
    c.write(session(WRITER), 0, 1, 11);
    c.promote(1);
    c.write(session(1), 1, 1, 12);
    let at = SimTime(c.now_us);
    c.judges.compare(100, at, [(node(0), Lsn(200), 5), (node(1), Lsn(200), 6)]);
    assert_eq!(c.judges.violations().count(Kind::Divergence), 0);
    c.judges.compare(101, at, [(node(0), Lsn(100), 5), (node(1), Lsn(100), 6)]);
    assert_eq!(c.judges.violations().count(Kind::Divergence), 1, "up to the fork they have one history");
}
