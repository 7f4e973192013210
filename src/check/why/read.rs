//! Why a read was stale, and why a server does not show what the primary has.

use super::super::branches::Place;
use super::super::judges::Judges;
use super::super::violation::{Finding, ReadSeen, Violation};
use super::super::write::{Fate, Outcome, Write};
use super::lost::{beginning, told};
use super::{Because, Chain, Evidence, Point};
use crate::engine::ids::NodeId;
use crate::engine::time::SimTime;
use crate::engine::trace::What;
use crate::sim::World;

/// The read of a violation, and the value that it missed.
fn parts(violation: &Violation) -> Option<(ReadSeen, i64)> {
    match violation.finding {
        Finding::StaleRead { read, missed, .. } => Some((read, missed)),
        Finding::ReadYourWrites { read, wrote, .. } => Some((read, wrote)),
        Finding::MonotonicReads { read, before, .. } => Some((read, before)),
        _ => None,
    }
}

/// The write that a read missed.
pub(super) fn missed<'a>(judges: &'a Judges, violation: &Violation) -> Option<&'a Write> {
    let (read, value) = parts(violation)?;
    let is_it = |write: &&Write| write.kv == Some((read.key, value)) && write.logged.is_some();
    judges.ledger().entries().rev().find(is_it).or_else(|| judges.pending().find(is_it))
}

/// Why a read missed a write.
pub(super) fn chain(evidence: &Evidence<'_>, violation: &Violation) -> Option<Chain> {
    let (read, _) = parts(violation)?;
    let mut chain = Chain::default();
    // The events that prove it: among them when it was sent and when it came back.
    let done = evidence.story.last(violation.at, |what| match what {
        What::ReadDone { txn, key, node, .. }
            if Some(txn.session) == violation.session && *key == read.key && *node == read.node =>
        {
            Some(*txn)
        }
        _ => None,
    });
    let chosen = done.and_then(|(moment, txn)| {
        evidence.story.last(moment.at, |what| match what {
            What::Routed { txn: routed, reason, .. } if *routed == txn => Some(*reason),
            _ => None,
        })
    });
    let latest = chosen.map_or(violation.at, |(moment, _)| moment.at);
    let write = missed(evidence.judges, violation);
    if let Some(write) = write {
        beginning(evidence, &mut chain, write);
        if write.outcome == Outcome::Acknowledged {
            let because = Because::Acknowledged { txn: write.txn, told: told(evidence, write) };
            chain.event(write.finished, because);
        }
    }
    if let Some((moment, reason)) = chosen {
        chain.event(Some(moment), Because::Routed { node: read.node, reason });
    } else if let Some(session) = violation.session {
        chain.at(Some(latest), Because::ReadSent { session, key: read.key });
    }
    if let Some(write) = write {
        not_on(evidence, &mut chain, write, read.node, violation.at);
    }
    let got = Because::ReadGot { node: read.node, key: read.key, value: read.value };
    match done {
        Some((moment, _)) => chain.event(Some(moment), got),
        None => chain.at(Some(violation.at), got),
    }
    Some(chain.in_order())
}

/// Adds why readers of a server did not see a write by an instant.
fn not_on(evidence: &Evidence<'_>, chain: &mut Chain, write: &Write, node: NodeId, until: SimTime) {
    let Some(logged) = write.logged else { return };
    if logged.node == node {
        // The primary itself: others do not see a commit before it has come as far as it must.
        chain.at(write.visible.map(|m| m.at), Because::CameLater { node, to: Point::Applied });
        return;
    }
    let (branches, place) = (evidence.judges.logs.branches(), logged.place);
    let tip = Place { branch: evidence.judges.logs.branch(node), end: crate::engine::log::Lsn(u64::MAX) };
    evidence.gap(chain, write, node, Point::Applied, until);
    let applied = evidence.journey(write, node).applied;
    match applied.filter(|at| *at > until) {
        Some(at) => chain.at(Some(at), Because::CameLater { node, to: Point::Applied }),
        None if !branches.includes(tip, place) => chain.at(None, Because::OtherHistory { node }),
        None => chain.at(None, Because::NeverCame { node, to: Point::Applied }),
    }
}

/// The write whose row a server lacks: of a key the newest that the primary has and this server does not show, else the
/// oldest of all.
pub(super) fn lacking<'a>(judges: &'a Judges, world: &World, node: NodeId, key: Option<i64>) -> Option<&'a Write> {
    let _ = world;
    let applied = judges.logs.applied(node);
    let is_lacking = |write: &&Write| {
        let survives =
            matches!(judges.fate(write), Fate::Survived | Fate::Indeterminate { took_effect: true } | Fate::Pending);
        survives && write.place().is_some_and(|place| !judges.logs.branches().includes(applied, place))
    };
    match key {
        Some(key) => {
            let of_key = |write: &&Write| write.kv.is_some_and(|(of, _)| of == key);
            let mut entries = judges.ledger().entries().rev().filter(of_key);
            entries.find(is_lacking).or_else(|| {
                // The row is here and not on the primary: then it is the write that is lost.
                let only_here = |write: &&Write| of_key(write) && judges.fate(write) == Fate::Lost;
                judges.ledger().entries().rev().find(only_here)
            })
        }
        None => judges.ledger().entries().rev().take_while(is_lacking).last(),
    }
}

/// Why a server does not show a write now.
pub(super) fn behind(evidence: &Evidence<'_>, write: &Write, node: NodeId) -> Chain {
    if evidence.judges.fate(write) == Fate::Lost {
        return super::lost::chain(evidence, write);
    }
    let mut chain = Chain::default();
    beginning(evidence, &mut chain, write);
    if write.outcome == Outcome::Acknowledged {
        chain.event(write.finished, Because::Acknowledged { txn: write.txn, told: told(evidence, write) });
    }
    not_on(evidence, &mut chain, write, node, evidence.world.now());
    chain.in_order()
}

/// How far a server is behind, where no single write is known.
pub(super) fn lagging(evidence: &Evidence<'_>, node: NodeId) -> Chain {
    let mut chain = Chain::default();
    let now = evidence.world.now();
    let view = evidence.world.view();
    let Some(one) = view.nodes.iter().find(|one| one.id == node) else { return chain };
    if let Some((moment, life)) = evidence.story.life(node, now) {
        chain.event(Some(moment), Because::NotRunning { node, life });
    }
    if let Some(upstream) = one.upstream {
        if let Some(since) = evidence.conditions.cut_since(upstream, node, now) {
            chain.at(Some(since), Because::Cut { one: upstream, other: node });
        }
        if !one.streaming {
            let ended = evidence.story.stream(node, now).filter(|(.., on)| !on).map(|(moment, ..)| moment);
            chain.event(ended, Because::NotStreaming { node, upstream: Some(upstream) });
        }
    }
    if let Some(since) = evidence.conditions.replay_paused_since(node, now) {
        chain.at(Some(since), Because::ReplayPaused { node });
    }
    chain.at(
        Some(now),
        match one.lag_bytes {
            0 => Because::UpToDate { node },
            bytes => Because::Behind { node, bytes, us: one.lag_us },
        },
    );
    chain.in_order()
}
