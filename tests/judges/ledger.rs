//! The ledger: what counts as a write, what its client was told, and what became of it.

use replication_lab::check::{Fate, Kind, Outcome};
use replication_lab::engine::ids::{ClientId, SessionId};
use replication_lab::engine::log::{Lsn, Timeline};
use replication_lab::engine::message::Statement;
use replication_lab::engine::time::SimTime;
use replication_lab::engine::trace::{KeyWrites, Verdict, What};

use crate::cluster::{Cluster, node, session};

fn sql(
    cluster: &mut Cluster,
    session: SessionId,
    text: &str,
    writes: bool,
    first: bool,
) -> replication_lab::engine::ids::TxnId {
    let txn = if first { cluster.next_txn(session) } else { unreachable!("one statement per transaction here") };
    cluster.tell(What::Submitted { txn, statement: Statement::Sql(text.into()), writes, first_of_txn: first });
    txn
}

const DONE: Verdict = Verdict::Acknowledged { warning: None, committed_at: None };

#[test]
fn every_write_is_counted_once_by_what_its_client_was_told() {
    let mut c = Cluster::new(1);
    c.write(session(0), 0, 1, 10);
    let failed = c.submit(session(1), 1, 11);
    c.fail(failed);
    let unknown = c.submit(session(2), 1, 12);
    c.give_up(unknown);
    c.submit(session(3), 1, 13);
    let tally = c.judges.ledger().total();
    assert_eq!((tally.acknowledged, tally.failed, tally.indeterminate, tally.pending), (1, 1, 1, 1));
    assert_eq!(tally.attempted(), 4);
    assert_eq!(c.judges.ledger().of_client(ClientId(0)), tally);
    assert_eq!(c.judges.pending().map(|w| w.txn.session.number).collect::<Vec<_>>(), [3]);
}

#[test]
fn what_changes_nothing_is_no_write() {
    let mut c = Cluster::new(1);
    // An update that meets no row.
    let idle = sql(&mut c, session(0), "UPDATE kv SET value = 1 WHERE id = 99", true, true);
    assert_eq!(c.judges.ledger().total().pending, 1, "while it runs, nobody can know");
    c.finish(idle, true, DONE);
    assert_eq!(c.judges.ledger().total().attempted(), 0);
    // A transaction rolled back at the client's wish.
    let undone = c.next_txn(session(0));
    for (text, writes, first) in
        [("BEGIN", false, true), ("INSERT INTO kv VALUES (1, 1)", true, false), ("ROLLBACK", true, false)]
    {
        c.tell(What::Submitted { txn: undone, statement: Statement::Sql(text.into()), writes, first_of_txn: first });
    }
    assert_eq!(c.judges.ledger().total().pending, 1);
    c.finish(undone, true, DONE);
    // A read.
    let read = sql(&mut c, session(0), "SELECT 1", false, true);
    c.finish(read, false, DONE);
    assert_eq!(c.judges.ledger().total().attempted(), 0);
    assert_eq!(c.judges.ledger().len(), 0);
    assert_eq!((c.judges.reads().total, c.judges.reads().failed), (1, 0));
}

#[test]
fn several_statements_are_one_write_from_the_first_that_changes_data() {
    let mut c = Cluster::new(1);
    let txn = c.next_txn(session(0));
    c.tell(What::Submitted { txn, statement: Statement::Sql("BEGIN".into()), writes: false, first_of_txn: true });
    assert_eq!(c.judges.ledger().total().pending, 0);
    c.wait_ms(5);
    c.tell(What::Submitted { txn, statement: Statement::Sql("INSERT …".into()), writes: true, first_of_txn: false });
    c.tell(What::Submitted { txn, statement: Statement::Sql("COMMIT".into()), writes: true, first_of_txn: false });
    assert_eq!(c.judges.ledger().total().pending, 1);
    c.log_as(0, txn, KeyWrites { kv: None, changes: 7, kv_otherwise: false });
    c.acknowledge(txn);
    assert_eq!(c.judges.ledger().total().acknowledged, 1);
    let write = c.judges.ledger().entries().next().unwrap();
    assert_eq!((write.submitted.at, write.changes), (SimTime(0), 7));
}

#[test]
fn a_select_that_writes_is_a_write_after_all() {
    let mut c = Cluster::new(1);
    let txn = sql(&mut c, session(0), "SELECT nextval('s')", false, true);
    c.log_as(0, txn, KeyWrites { kv: None, changes: 1, kv_otherwise: false });
    let committed_at = Some((Timeline(1), Lsn(100)));
    c.finish(txn, false, Verdict::Acknowledged { warning: None, committed_at });
    assert_eq!(c.judges.ledger().total().acknowledged, 1);
    assert_eq!(c.judges.reads().total, 0);
}

#[test]
fn a_failed_read_is_a_failed_read() {
    let mut c = Cluster::new(1);
    let txn = sql(&mut c, session(0), "SELECT", false, true);
    c.finish(txn, false, Verdict::Failed { code: "42601".into(), message: "syntax error".into() });
    let txn = sql(&mut c, session(0), "SELECT 1", false, true);
    c.finish(txn, false, Verdict::Indeterminate { reason: "lost".into() });
    assert_eq!((c.judges.reads().total, c.judges.reads().failed), (2, 2));
    assert_eq!(c.judges.ledger().total().attempted(), 0);
}

#[test]
fn a_success_with_a_warning_is_acknowledged() {
    let mut c = Cluster::new(1);
    let txn = c.submit(session(0), 1, 10);
    c.log(0, txn);
    let warning = Some("canceling wait for synchronous replication due to user request".into());
    c.finish(txn, true, Verdict::Acknowledged { warning, committed_at: Some((Timeline(1), Lsn(100))) });
    let write = c.judges.ledger().entries().next().unwrap();
    assert_eq!((write.outcome, c.judges.fate(write)), (Outcome::Acknowledged, Fate::Survived));
    assert!(write.reason.as_deref().is_some_and(|r| r.starts_with("canceling wait")));
}

#[test]
fn the_stations_of_a_write() {
    let mut c = Cluster::new(3);
    let txn = c.submit(session(0), 1, 10);
    c.wait_ms(1);
    c.log(0, txn);
    c.wait_ms(1);
    c.flush(0);
    c.wait_ms(2);
    c.replicate(1, 9);
    c.show(0, txn);
    c.acknowledge(txn);
    c.wait_ms(50);
    c.replicate(2, 9);
    let write = c.judges.ledger().entries().next().unwrap();
    let ms = |at: Option<SimTime>| at.map(|at| at.0 / 1_000);
    assert_eq!(ms(write.logged.map(|l| l.moment.at)), Some(1));
    assert_eq!(ms(write.finished.map(|m| m.at)), Some(4));
    let journeys: Vec<_> = c
        .judges
        .journey(write)
        .iter()
        .map(|j| (j.node.0, ms(j.shipped), ms(j.received), ms(j.flushed), ms(j.applied)))
        .collect();
    assert_eq!(
        journeys,
        [
            (0, None, None, Some(2), None),
            (1, Some(4), Some(4), Some(4), Some(4)),
            (2, Some(54), Some(54), Some(54), Some(54)),
        ]
    );
}

#[test]
fn a_promoted_replica_that_lacks_writes_loses_them_and_the_old_primary_brings_them_back() {
    let mut c = Cluster::new(2);
    let kept = c.write(session(0), 0, 1, 10);
    c.replicate(1, 9);
    let lost = c.write(session(0), 0, 1, 11);
    c.crash(0);
    assert_eq!(c.judges.ledger().lost(), 0, "nobody has taken over yet");
    c.promote(1);
    assert_eq!((c.judges.ledger().lost(), c.judges.ledger().survived()), (1, 1));
    let fates: Vec<_> = c.judges.ledger().entries().map(|w| (w.txn, c.judges.fate(w))).collect();
    assert_eq!(fates, [(kept, Fate::Survived), (lost, Fate::Lost)]);
    let found = c.found(Kind::LostWrite);
    assert_eq!((found[0].session, found[0].events.as_slice().len()), (Some(session(0)), 3));
    // The new primary dies, the old one comes back as it was.
    c.crash(1);
    c.restart(0);
    assert_eq!((c.judges.ledger().lost(), c.judges.ledger().survived()), (0, 2));
    // And the new one again: lost once more, but reported once.
    c.crash(0);
    c.restart(1);
    assert_eq!(c.judges.ledger().lost(), 1);
    assert_eq!(c.found(Kind::LostWrite).len(), 1);
}

#[test]
fn an_asynchronous_commit_is_lost_when_its_primary_recovers_without_it() {
    let mut c = Cluster::new(1);
    c.write(session(0), 0, 1, 10);
    // synchronous_commit = off: acknowledged before it is flushed.
    let txn = c.submit(session(0), 1, 11);
    c.log(0, txn);
    c.acknowledge(txn);
    c.crash(0);
    assert_eq!(c.judges.ledger().lost(), 0);
    c.restart(0);
    assert_eq!((c.judges.ledger().lost(), c.judges.ledger().survived()), (1, 1));
    // Another write takes the same position of the same timeline: the lost one stays lost.
    c.write(session(1), 0, 2, 12);
    assert_eq!((c.judges.ledger().lost(), c.judges.ledger().survived()), (1, 2));
    assert_eq!(c.judges.primaries().failovers().count(), 0, "a restart is no failover");
}

#[test]
fn an_acknowledgement_that_arrives_after_the_promotion_is_judged_at_once() {
    let mut c = Cluster::new(2);
    let (late, kept) = (c.submit(session(0), 1, 10), c.submit(session(1), 2, 20));
    c.log(0, kept);
    c.flush(0);
    c.replicate(1, 9);
    c.log(0, late);
    c.flush(0);
    c.crash(0);
    c.promote(1);
    c.acknowledge(kept);
    assert_eq!((c.judges.ledger().lost(), c.judges.ledger().survived()), (0, 1));
    c.acknowledge(late);
    assert_eq!((c.judges.ledger().lost(), c.judges.ledger().survived()), (1, 1));
    assert_eq!(c.judges.primaries().failovers().next().unwrap().lost_writes, 1);
    assert_eq!(c.found(Kind::LostWrite).len(), 1);
}

#[test]
fn indeterminate_writes_say_whether_they_took_effect() {
    let mut c = Cluster::new(2);
    let (never, logged, shipped) = (c.submit(session(0), 1, 1), c.submit(session(1), 2, 2), c.submit(session(2), 3, 3));
    c.log(0, shipped);
    c.flush(0);
    c.replicate(1, 9);
    c.log(0, logged);
    for txn in [never, logged, shipped] {
        c.give_up(txn);
    }
    assert_eq!((c.judges.ledger().total().indeterminate, c.judges.ledger().took_effect()), (3, 2));
    c.crash(0);
    c.promote(1);
    assert_eq!(c.judges.ledger().took_effect(), 1);
    let effects: Vec<_> = c.judges.ledger().entries().map(|w| c.judges.fate(w)).collect();
    let fate = |took_effect| Fate::Indeterminate { took_effect };
    assert_eq!(effects, [fate(false), fate(false), fate(true)]);
    assert_eq!(c.counts(), [], "nothing was promised");
}

#[test]
fn a_write_that_enters_the_log_after_its_client_gave_up_took_effect() {
    let mut c = Cluster::new(1);
    let txn = c.submit(session(0), 1, 10);
    c.give_up(txn);
    assert_eq!(c.judges.ledger().took_effect(), 0);
    c.write(session(0), 0, 1, 11);
    c.log(0, txn);
    assert_eq!(c.judges.ledger().took_effect(), 1);
    assert_eq!(c.judges.ledger().total().indeterminate, 1);
}

#[test]
fn a_former_primary_that_starts_up_does_not_decide_while_its_successor_serves() {
    let mut c = Cluster::new(2);
    c.write(session(0), 0, 1, 10);
    c.replicate(1, 9);
    c.crash(0);
    c.promote(1);
    c.write(session(0), 1, 1, 11);
    c.restart(0);
    assert_eq!(c.judges.primaries().current(), Some(node(1)));
    assert_eq!(c.judges.ledger().lost(), 0);
    // What it acknowledges meanwhile is not in the current primary's log.
    c.write(session(1), 0, 2, 20);
    assert_eq!(c.judges.ledger().lost(), 1);
    assert_eq!(c.counts(), [("lost_write", 1), ("split_brain", 1)]);
}

#[test]
fn memory_is_bounded_and_counts_stay_exact() {
    let mut c = Cluster::new(2);
    let n = 300_000;
    for i in 0..n {
        let txn = c.submit(session((i % 10) as u16), i % 5, i);
        c.log(0, txn);
        c.flush(0);
        c.show(0, txn);
        c.acknowledge(txn);
        if i == 999 {
            c.replicate(1, usize::MAX);
        }
        // Afterwards the standby is away.
    }
    let ledger = c.judges.ledger();
    assert!(ledger.len() <= 65_536 + 16_384 + 512, "{}", ledger.len());
    assert_eq!(ledger.survived(), n as u64);
    c.crash(0);
    c.promote(1);
    let ledger = c.judges.ledger();
    assert_eq!((ledger.lost(), ledger.survived()), (n as u64 - 1_000, 1_000));
    assert!(ledger.is_exact());
    assert_eq!(c.judges.violations().count(Kind::LostWrite), n as u64 - 1_000);
    assert_eq!(c.judges.violations().iter().count(), 10_000);
}
