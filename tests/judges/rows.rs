//! Linearizability of the rows of `kv` in a run.

use replication_lab::check::Kind;
use replication_lab::engine::trace::KeyWrites;

use crate::cluster::{Cluster, session};

fn found(c: &mut Cluster) -> usize {
    let now = c.judges.primaries().current().map(|_| replication_lab::engine::time::SimTime(c.now_us));
    c.judges.judge_linearizability(now.unwrap_or_default());
    c.found(Kind::Linearizability).len()
}

#[test]
fn a_stale_read_has_no_place_in_any_order_and_is_reported_once_a_row() {
    let mut c = Cluster::new(2);
    c.write(session(0), 0, 1, 10);
    c.wait_ms(1);
    c.read(session(1), 0, 1, Some(10), 1);
    assert_eq!(found(&mut c), 0);
    c.read(session(1), 1, 1, None, 1);
    assert_eq!(found(&mut c), 1);
    let violation = c.found(Kind::Linearizability)[0];
    assert!(violation.events.as_slice().len() >= 2, "{violation:?}");
    c.read(session(1), 1, 1, None, 1);
    assert_eq!(found(&mut c), 1, "once");
    c.write(session(0), 0, 2, 20);
    c.read(session(1), 1, 2, None, 1);
    assert_eq!(found(&mut c), 2, "another row");
}

#[test]
fn an_unknown_outcome_may_take_effect_later_or_never_and_an_open_write_at_any_time() {
    let mut c = Cluster::new(1);
    c.write(session(0), 0, 1, 10);
    let txn = c.submit(session(1), 1, 11);
    c.log(0, txn);
    c.give_up(txn);
    c.read(session(2), 0, 1, Some(10), 1);
    c.read(session(2), 0, 1, Some(11), 1);
    assert_eq!(found(&mut c), 0);
    let open = c.submit(session(1), 1, 12);
    c.log(0, open);
    c.read(session(2), 0, 1, Some(12), 1);
    assert_eq!(found(&mut c), 0);
    // But it does not go away again.
    c.read(session(2), 0, 1, Some(11), 1);
    assert_eq!(found(&mut c), 1);
}

#[test]
fn what_cannot_be_followed_is_not_judged() {
    let mut c = Cluster::new(1);
    c.write(session(0), 0, 1, 10);
    c.read(session(2), 0, 1, Some(10), 1);
    // Somebody deletes the row, or updates many.
    let txn = c.next_txn(session(1));
    c.log_as(0, txn, KeyWrites { kv: None, changes: 2, kv_otherwise: true });
    c.acknowledge(txn);
    c.read(session(2), 0, 1, None, 1);
    c.read(session(2), 0, 1, Some(99), 1);
    assert_eq!(found(&mut c), 0);
    // A value that was there from the start is no write's.
    let mut c = Cluster::new(1);
    c.write(session(0), 0, 1, 10);
    c.read(session(2), 0, 1, Some(5), 1);
    assert_eq!(found(&mut c), 0);
}
