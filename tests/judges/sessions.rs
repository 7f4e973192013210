//! The four session guarantees.

use replication_lab::check::{Finding, Kind};

use crate::cluster::{Cluster, session};

const ME: u16 = 0;
const OTHER: u16 = 1;

#[test]
fn read_your_writes() {
    let mut c = Cluster::new(2);
    c.write(session(ME), 0, 1, 10);
    c.replicate(1, 9);
    c.write(session(ME), 0, 1, 11);
    c.wait_ms(1);
    c.read(session(OTHER), 1, 1, Some(10), 1);
    assert_eq!(c.found(Kind::ReadYourWrites).len(), 0, "not its own write");
    c.read(session(ME), 1, 1, Some(10), 1);
    let found = c.found(Kind::ReadYourWrites);
    assert_eq!(found.len(), 1);
    assert!(matches!(found[0].finding, Finding::ReadYourWrites { wrote: 11, read, .. } if read.value == Some(10)));
    c.read(session(ME), 0, 1, Some(11), 1);
    assert_eq!(c.found(Kind::ReadYourWrites).len(), 1);
}

#[test]
fn anothers_newer_write_satisfies_read_your_writes() {
    let mut c = Cluster::new(1);
    c.write(session(ME), 0, 1, 10);
    c.write(session(OTHER), 0, 1, 11);
    c.read(session(ME), 0, 1, Some(11), 1);
    assert_eq!(c.counts(), []);
}

#[test]
fn ones_own_unacknowledged_write_need_not_be_seen() {
    let mut c = Cluster::new(1);
    c.write(session(OTHER), 0, 1, 9);
    let txn = c.submit(session(ME), 1, 10);
    c.log(0, txn);
    c.give_up(txn);
    c.read(session(ME), 0, 1, Some(9), 1);
    assert_eq!(c.counts(), []);
}

#[test]
fn monotonic_reads() {
    let mut c = Cluster::new(3);
    c.write(session(OTHER), 0, 1, 10);
    c.replicate(1, 9);
    c.replicate(2, 9);
    let unacknowledged = c.submit(session(OTHER), 1, 11);
    c.log(0, unacknowledged);
    c.flush(0);
    c.replicate(1, 9);
    // Not stale, as 11 is not acknowledged; but having seen it, one may not go back.
    c.read(session(ME), 2, 1, Some(10), 1);
    c.read(session(ME), 1, 1, Some(11), 1);
    assert_eq!(c.counts(), []);
    c.read(session(ME), 2, 1, Some(10), 1);
    assert_eq!(c.counts(), [("monotonic_reads", 1)]);
    assert!(matches!(c.found(Kind::MonotonicReads)[0].finding, Finding::MonotonicReads { before: 11, .. }));
    // Still so: what it saw is not forgotten by having gone back.
    c.read(session(ME), 2, 1, Some(10), 1);
    assert_eq!(c.counts(), [("monotonic_reads", 2)]);
    // Another session saw nothing.
    c.read(session(5), 2, 1, Some(10), 1);
    assert_eq!(c.counts(), [("monotonic_reads", 2)]);
}

#[test]
fn reading_back_after_a_lost_write_is_not_monotonic() {
    let mut c = Cluster::new(2);
    c.write(session(OTHER), 0, 1, 10);
    c.replicate(1, 9);
    c.write(session(OTHER), 0, 1, 11);
    c.read(session(ME), 0, 1, Some(11), 1);
    c.crash(0);
    c.promote(1);
    c.read(session(ME), 1, 1, Some(10), 1);
    assert_eq!(c.found(Kind::MonotonicReads).len(), 1);
    c.write(session(2), 1, 1, 12);
    c.read(session(ME), 1, 1, Some(12), 1);
    assert_eq!(c.found(Kind::MonotonicReads).len(), 1);
}

#[test]
fn monotonic_writes_break_when_an_earlier_write_is_lost_and_a_later_one_is_not() {
    let mut c = Cluster::new(2);
    c.write(session(ME), 0, 1, 10);
    c.replicate(1, 9);
    let lost = c.write(session(ME), 0, 2, 11);
    c.crash(0);
    c.promote(1);
    assert_eq!(c.found(Kind::MonotonicWrites).len(), 0);
    c.write(session(OTHER), 1, 2, 20);
    assert_eq!(c.found(Kind::MonotonicWrites).len(), 0, "its first write");
    c.write(session(ME), 1, 3, 12);
    c.write(session(ME), 1, 3, 13);
    let found = c.found(Kind::MonotonicWrites);
    assert_eq!(found.len(), 1, "once, by the first write that went on without it");
    assert!(matches!(found[0].finding, Finding::MonotonicWrites { earlier, .. } if earlier == lost));
}

#[test]
fn monotonic_writes_hold_over_a_failover_that_loses_nothing() {
    let mut c = Cluster::new(2);
    c.write(session(ME), 0, 1, 10);
    c.replicate(1, 9);
    c.promote(1);
    c.write(session(ME), 1, 1, 11);
    assert_eq!(c.found(Kind::MonotonicWrites), []);
}

#[test]
fn writes_follow_reads_breaks_when_what_was_read_is_lost() {
    let mut c = Cluster::new(2);
    c.write(session(OTHER), 0, 1, 10);
    c.replicate(1, 9);
    c.write(session(OTHER), 0, 1, 11);
    c.read(session(ME), 0, 1, Some(11), 1);
    c.read(session(3), 0, 1, Some(10), 1);
    c.crash(0);
    c.promote(1);
    c.write(session(ME), 1, 2, 20);
    c.write(session(3), 1, 2, 21);
    let found = c.found(Kind::WritesFollowReads);
    assert_eq!(found.len(), 1, "only the one that had read what is lost");
    assert!(matches!(found[0].finding, Finding::WritesFollowReads { key: 1, value: 11, .. }));
    assert_eq!(found[0].session, Some(session(ME)));
}

#[test]
fn an_older_read_does_not_hide_a_newer_one() {
    let mut c = Cluster::new(2);
    c.write(session(OTHER), 0, 1, 10);
    c.replicate(1, 9);
    c.write(session(OTHER), 0, 1, 11);
    c.read(session(ME), 0, 1, Some(11), 1);
    c.read(session(ME), 1, 1, Some(10), 1);
    c.crash(0);
    c.promote(1);
    c.write(session(ME), 1, 2, 20);
    assert_eq!(c.found(Kind::WritesFollowReads).len(), 1);
}

#[test]
fn many_keys_are_kept_apart() {
    let mut c = Cluster::new(2);
    for key in 0..500 {
        c.write(session(ME), 0, key, key + 1_000);
    }
    for key in 0..500 {
        c.read(session(ME), 0, key, Some(key + 1_000), 0);
    }
    assert_eq!(c.counts(), []);
    for key in 0..500 {
        c.read(session(ME), 1, key, None, 0);
    }
    assert_eq!(c.judges.violations().count(Kind::ReadYourWrites), 500);
    assert_eq!(c.judges.violations().count(Kind::MonotonicReads), 500);
}

#[test]
fn sentences_name_what_matters() {
    let mut c = Cluster::new(2);
    c.write(session(ME), 0, 1, 10);
    c.replicate(1, 9);
    c.write(session(ME), 0, 1, 11);
    c.wait_ms(35);
    c.read(session(ME), 1, 1, Some(10), 1);
    c.crash(0);
    c.promote(1);
    struct Plain;
    impl replication_lab::check::Names for Plain {
        fn node(&self, node: replication_lab::engine::ids::NodeId) -> String {
            format!("db{}", node.0 + 1)
        }
        fn client(&self, _: replication_lab::engine::ids::ClientId) -> String {
            "app".to_owned()
        }
    }
    let details: Vec<String> = c.judges.violations().iter().map(|v| v.detail(&Plain)).collect();
    assert_eq!(
        details,
        [
            "A read of kv 1 on db2 returned 10, although 11 had been acknowledged 35.0 ms before the read was sent.",
            "app/0 read kv 1 on db2, which returned 10, although its own write of 11 had been acknowledged at 0.000 s.",
            "app/0#2 (kv 1 = 11) was acknowledged at 0.000 s, but it is not in the log of db2, the primary on timeline 2.",
        ]
    );
}
