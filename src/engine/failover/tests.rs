//! The rules of the manager that are pure.

use crate::order::OrderedSet;
use std::sync::Arc;

use super::comparison::{PeerStatus, Rank, rank, votes};
use super::local::{Local, Stream};
use super::setup::{FailoverSetup, SynchronousMode, Tags};
use super::synchronous::{Step, next_step};
use super::view::SyncKey;
use crate::engine::ids::NodeId;
use crate::engine::log::Timeline;
use crate::engine::trace::Life;

fn at(position: u64) -> PeerStatus {
    PeerStatus { running: true, primary: false, timeline: Timeline(1), position, tags: Tags::default() }
}

#[test]
fn more_log_wins_and_then_the_priority() {
    assert_eq!(rank(&at(10), &at(11), true), Rank::Ahead);
    assert_eq!(rank(&at(10), &at(10), true), Rank::Equal);
    assert_eq!(rank(&at(10), &at(9), true), Rank::Behind);
    let keen = |position| PeerStatus { tags: Tags { failover_priority: 2, ..Tags::default() }, ..at(position) };
    assert_eq!(rank(&at(10), &keen(10), true), Rank::Ahead);
    assert_eq!(rank(&at(10), &keen(9), true), Rank::Behind);
}

#[test]
fn whoever_must_not_lead_is_no_rival_but_a_primary_is_one() {
    let barred = PeerStatus { tags: Tags { nofailover: true, ..Tags::default() }, ..at(99) };
    assert_eq!(rank(&at(10), &barred, true), Rank::Behind);
    assert_eq!(rank(&at(10), &at(99), false), Rank::Behind);
    assert_eq!(rank(&at(10), &PeerStatus { running: false, ..at(99) }, true), Rank::Behind);
    assert_eq!(rank(&at(10), &PeerStatus { primary: true, ..at(1) }, false), Rank::StillPrimary);
}

#[test]
fn votes_are_those_of_whoever_has_no_more() {
    let (less, same, more) = (at(9), at(10), at(11));
    let voters = [Some(&less), Some(&same), Some(&more), None];
    let voters = voters.into_iter().enumerate().map(|(n, status)| (NodeId(n as u8), status));
    assert_eq!(votes(&at(10), voters), 2);
}

/// A leader whose standbys have flushed so much.
fn leader(streams: &[(u8, u64)], names: &str) -> Local {
    let stream = |&(node, flushed): &(u8, u64)| Stream { node: NodeId(node), flushed, has_all: flushed >= 100 };
    Local {
        life: Life::Running,
        has_database: true,
        primary: true,
        durable: true,
        promoting: false,
        upstream: None,
        streaming: false,
        diverged: false,
        timeline: Timeline(1),
        position: 100,
        streams: streams.iter().map(stream).collect(),
        synchronous_standby_names: names.into(),
    }
}

fn key(standbys: &[u8], quorum: u32) -> SyncKey {
    SyncKey {
        leader: Some(NodeId(0)),
        standbys: standbys.iter().map(|n| NodeId(*n)).collect::<OrderedSet<_>>(),
        quorum,
    }
}

fn step(mode: SynchronousMode, count: u32, has: &SyncKey, local: &Local) -> Option<Step> {
    let rules = FailoverSetup {
        synchronous_mode: mode,
        synchronous_mode_strict: true,
        synchronous_node_count: count,
        ..FailoverSetup::default()
    };
    next_step(NodeId(0), &rules, has, local, 50, |node| Arc::from(format!("db{}", node.0)))
}

#[test]
fn a_standby_is_named_before_it_may_lead_and_may_not_before_it_is_not() {
    let on = |has: &SyncKey, local: &Local| step(SynchronousMode::On, 1, has, local);
    // Named first, and let in when it has what was acknowledged without it.
    assert_eq!(on(&key(&[], 0), &leader(&[(1, 10)], "*")), Some(Step::Name("\"db1\"".into())));
    assert_eq!(on(&key(&[], 0), &leader(&[(1, 10)], "\"db1\"")), Some(Step::Wait));
    assert_eq!(on(&key(&[], 0), &leader(&[(1, 50)], "\"db1\"")), Some(Step::Key(key(&[1], 0))));
    assert_eq!(on(&key(&[1], 0), &leader(&[(1, 60)], "\"db1\"")), None);
    // Gone: it must not lead any more before commits go on without it.
    assert_eq!(on(&key(&[1], 0), &leader(&[(2, 60)], "\"db1\"")), Some(Step::Key(key(&[], 0))));
    assert_eq!(on(&key(&[], 0), &leader(&[], "\"db1\"")), Some(Step::Name("*".into())));
}

#[test]
fn a_quorum_sees_everybody_while_its_voters_change() {
    let quorum = |has: &SyncKey, local: &Local| step(SynchronousMode::Quorum, 2, has, local);
    let named = "ANY 2 (\"db1\",\"db2\",\"db3\")";
    let all = [(1, 60), (2, 60), (3, 10)];
    // Whoever counted before may be gone again.
    assert_eq!(quorum(&key(&[], 0), &leader(&all, "ANY 1 (*)")), Some(Step::Name(named.into())));
    assert_eq!(quorum(&key(&[], 0), &leader(&all[1..], "ANY 2 (\"db2\",\"db3\")")), Some(Step::Wait));
    assert_eq!(quorum(&key(&[], 0), &leader(&all, named)), Some(Step::Key(key(&[1, 2, 3], 1))));
    assert_eq!(quorum(&key(&[1, 2, 3], 2), &leader(&all, "ANY 1 (*)")), Some(Step::Name(named.into())));
    // Two of three have what was acknowledged before: one other is enough to see from now on.
    assert_eq!(quorum(&key(&[1, 2, 3], 2), &leader(&all, named)), Some(Step::Key(key(&[1, 2, 3], 1))));
    assert_eq!(quorum(&key(&[1, 2, 3], 1), &leader(&all, named)), None);
    // One goes: all of the rest must be seen before fewer are waited for.
    assert_eq!(quorum(&key(&[1, 2, 3], 1), &leader(&all[..2], named)), Some(Step::Key(key(&[1, 2, 3], 2))));
    // All go: nobody may lead.
    assert_eq!(quorum(&key(&[1, 2, 3], 1), &leader(&[], named)), Some(Step::Key(key(&[], 0))));
}

#[test]
fn the_watchdog_fires_before_the_lease_ends_and_not_before_the_agent_gives_up() {
    let rules = |ttl_us, loop_wait_us, retry_timeout_us| FailoverSetup {
        ttl_us,
        loop_wait_us,
        retry_timeout_us,
        ..FailoverSetup::default()
    };
    assert_eq!(rules(30_000_000, 10_000_000, 10_000_000).watchdog_us(), 25_000_000);
    assert_eq!(rules(3_000_000, 1_000_000, 1_000_000).watchdog_us(), 2_500_000);
    assert_eq!(rules(3_000_000, 2_600_000, 200_000).watchdog_us(), 2_800_000);
}
