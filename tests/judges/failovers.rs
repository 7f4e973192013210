//! Failovers and split brain.

use replication_lab::check::{Finding, Kind, Reason};
use replication_lab::engine::log::Timeline;
use replication_lab::engine::time::SimTime;
use replication_lab::engine::trace::{Life, What};

use crate::cluster::{Cluster, node, session};

#[test]
fn a_failover_counts_from_the_failure_to_the_first_instant_that_takes_writes() {
    let mut c = Cluster::new(3);
    c.write(session(0), 0, 1, 10);
    c.replicate(1, 9);
    c.write(session(0), 0, 1, 11);
    c.wait_ms(5_000);
    c.crash(0);
    c.wait_ms(1_000);
    c.promote(1);
    c.wait_ms(3);
    c.write(session(0), 1, 1, 12);
    let failovers: Vec<_> = c.judges.primaries().failovers().cloned().collect();
    assert_eq!(failovers.len(), 1);
    let f = &failovers[0];
    assert_eq!((f.from, f.to, f.timeline), (Some(node(0)), node(1), Timeline(2)));
    let ms = [f.at, f.detected, f.promoted, f.writable].map(|at| at.0 / 1_000);
    assert_eq!(ms, [5_000, 6_000, 6_001, 6_002]);
    assert_eq!(f.recovery_time_us(), 1_002_000);
    assert_eq!(f.first_acknowledged, Some(SimTime(6_005_000)));
    assert_eq!((f.lost_writes, &f.reason), (1, &Reason::Command("promote = \"db2\"".into())));
    assert_eq!(c.found(Kind::SplitBrain), []);
}

#[test]
fn a_promotion_beside_a_healthy_primary_counts_from_the_command_and_splits_the_brain() {
    let mut c = Cluster::new(2);
    c.wait_ms(100);
    c.promote(1);
    let f = c.judges.primaries().failovers().next().unwrap().clone();
    assert_eq!((f.at, f.detected, f.promoted), (SimTime(100_000), SimTime(100_000), SimTime(101_000)));
    let found = c.found(Kind::SplitBrain);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].finding, Finding::SplitBrain { first: (node(0), Timeline(1)), second: (node(1), Timeline(2)) });
}

#[test]
fn a_refused_command_is_no_reason() {
    let mut c = Cluster::new(2);
    let text: std::sync::Arc<str> = "promote = \"db9\"".into();
    c.tell(What::Command { text: text.clone() });
    c.tell(What::CommandRefused { text, why: "there is nobody called \"db9\"".into() });
    c.crash(0);
    c.wait_ms(7);
    c.tell(What::PromotionStarted { node: node(1) });
    let (at, timeline) = (replication_lab::engine::log::Lsn(0), Timeline(2));
    c.tell(What::TimelineSwitched { node: node(1), parent: Timeline(1), timeline, at });
    c.tell(What::BecamePrimary { node: node(1), timeline, at });
    let f = c.judges.primaries().failovers().next().unwrap();
    assert_eq!((&f.reason, f.detected), (&Reason::Function, SimTime(7_000)));
}

#[test]
fn a_frozen_primary_that_comes_back_splits_the_brain_when_it_does() {
    let mut c = Cluster::new(2);
    c.tell(What::LifeChanged { node: node(0), life: Life::Paused });
    c.promote(1);
    assert_eq!(c.found(Kind::SplitBrain), []);
    c.wait_ms(10);
    c.tell(What::LifeChanged { node: node(0), life: Life::Running });
    let found = c.found(Kind::SplitBrain);
    assert_eq!((found.len(), found[0].at), (1, SimTime(c.now_us)));
    // Once it follows the new primary, it is over.
    c.tell(What::Repointed { node: node(0), upstream: node(1) });
    c.tell(What::LifeChanged { node: node(0), life: Life::Paused });
    c.tell(What::LifeChanged { node: node(0), life: Life::Running });
    assert_eq!(c.found(Kind::SplitBrain).len(), 1);
    assert_eq!(c.judges.primaries().writable_since(node(0)), None);
}

#[test]
fn a_dead_primary_does_not_take_writes() {
    let mut c = Cluster::new(3);
    c.crash(0);
    c.promote(1);
    c.crash(1);
    c.promote(2);
    assert_eq!(c.counts(), []);
    c.restart(0);
    assert_eq!(c.counts(), [("split_brain", 1)]);
    c.restart(1);
    assert_eq!(c.counts(), [("split_brain", 3)], "a third one stands against two");
}

#[test]
fn a_second_failover_counts_only_what_it_loses_itself() {
    let mut c = Cluster::new(3);
    c.write(session(0), 0, 1, 10);
    c.replicate(1, 9);
    c.replicate(2, 9);
    c.write(session(0), 0, 1, 11);
    c.crash(0);
    c.promote(1);
    for value in 12..15 {
        c.write(session(1), 1, 1, value);
    }
    c.crash(1);
    c.promote(2);
    let lost: Vec<u64> = c.judges.primaries().failovers().map(|f| f.lost_writes).collect();
    assert_eq!(lost, [1, 3]);
    assert_eq!((c.judges.ledger().lost(), c.judges.ledger().survived()), (4, 1));
}

#[test]
fn two_servers_promoted_apart_have_two_histories_even_under_one_timeline_number() {
    let mut c = Cluster::new(3);
    c.write(session(0), 0, 1, 10);
    c.replicate(1, 9);
    c.replicate(2, 9);
    c.crash(0);
    c.promote(1);
    c.write(session(1), 1, 1, 11);
    // The other is promoted without knowing of timeline 2, and calls its own 2 as well.
    let (at, timeline) = (replication_lab::engine::log::Lsn(100), Timeline(2));
    c.tell(What::PromotionStarted { node: node(2) });
    c.tell(What::TimelineSwitched { node: node(2), parent: Timeline(1), timeline, at });
    c.tell(What::BecamePrimary { node: node(2), timeline, at });
    assert_eq!((c.judges.ledger().lost(), c.judges.ledger().survived()), (1, 1));
}

#[test]
fn a_server_that_takes_writes_is_a_primary_even_if_nobody_said_so() {
    let mut c = Cluster::new(2);
    let txn = c.submit(session(0), 1, 1);
    c.log(1, txn);
    assert_eq!(c.counts(), [("split_brain", 1)]);
}
