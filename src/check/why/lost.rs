//! Why a write is lost, or has no known fate.

use std::sync::Arc;

use super::super::violation::Finding;
use super::super::write::{Fate, Outcome, Write};
use super::{Because, Chain, Evidence, Point, Told};
use crate::engine::failover::ManagerEvent;
use crate::engine::flavor::Flavor;
use crate::engine::ids::NodeId;
use crate::engine::time::SimTime;
use crate::engine::trace::{Life, What};

/// The way of a write and what became of it.
pub(super) fn chain(evidence: &Evidence<'_>, write: &Write) -> Chain {
    let mut chain = Chain::default();
    beginning(evidence, &mut chain, write);
    verdict(evidence, &mut chain, write);
    let fate = evidence.judges.fate(write);
    if let Some(logged) = write.logged.filter(|_| write.errant) {
        chain.event(Some(logged.moment), Because::Errant { node: logged.node });
    }
    match fate {
        Fate::Lost | Fate::Indeterminate { took_effect: false } if write.logged.is_some() && !write.errant => {
            loss(evidence, &mut chain, write, fate == Fate::Lost);
        }
        Fate::Survived | Fate::Indeterminate { took_effect: true } => {
            let primary = evidence.judges.primaries().current();
            primary.into_iter().for_each(|primary| chain.at(None, Because::Survived { primary }));
        }
        _ => {}
    }
    chain.in_order()
}

/// What happened to a write on the server that logged it.
pub(super) fn beginning(evidence: &Evidence<'_>, chain: &mut Chain, write: &Write) {
    chain.event(Some(write.submitted), Because::Sent { txn: write.txn, client: write.txn.session.client });
    let Some(logged) = write.logged else { return };
    let place = evidence.story.logged().and_then(|(_, end, gtid)| {
        (evidence.world.setup().flavor == Flavor::Postgresql).then(|| end.to_string()).or(gtid.map(|g| g.to_string()))
    });
    let place = place.unwrap_or_else(|| evidence.world.log_position(logged.node, logged.start));
    let because = Because::Logged { txn: write.txn, node: logged.node, kv: write.kv, place };
    chain.event(Some(logged.moment), because);
    let own = evidence.journey(write, logged.node);
    if let Some(at) = own.flushed {
        chain.at(Some(at), Because::FlushedThere { node: logged.node });
    }
}

/// What the client was told, and by which rule.
fn verdict(evidence: &Evidence<'_>, chain: &mut Chain, write: &Write) {
    let txn = write.txn;
    match write.outcome {
        Outcome::Acknowledged => {
            chain.event(write.finished, Because::Acknowledged { txn, told: told(evidence, write) });
        }
        Outcome::Indeterminate => {
            chain.event(write.finished, Because::Indeterminate { txn, reason: write.reason.clone() });
        }
        Outcome::Failed => chain.event(write.finished, Because::Failed { txn, reason: write.reason.clone() }),
        Outcome::Pending => {}
    }
}

/// Why a commit was acknowledged when it was.
pub(super) fn told(evidence: &Evidence<'_>, write: &Write) -> Told {
    let (Some(logged), Some(finished)) = (write.logged, write.finished) else { return Told::NotWaited };
    let (node, at) = (logged.node, write.released.unwrap_or(finished).at);
    let (conditions, story) = (evidence.conditions, evidence.story);
    let cancelled = story.last(finished.at, |what| matches!(what, What::WaitCancelled { .. }).then_some(()));
    if cancelled.is_some() {
        return Told::Cancelled;
    }
    if write.waited.is_some() && write.released.is_some() {
        let fell_back = story.last(at, |what| match what {
            What::SemiSync { node: who, on, .. } if *who == node => Some(*on),
            _ => None,
        });
        if let Some((moment, false)) = fell_back
            && write.waited.is_some_and(|waited| moment >= waited)
        {
            return Told::FellBack;
        }
        let confirmed = evidence.judges.journey(write).into_iter().filter(|journey| {
            let point = match evidence.world.setup().flavor {
                Flavor::Mysql => journey.received,
                Flavor::Postgresql => journey.received.or(journey.flushed),
            };
            journey.node != node && point.is_some_and(|point| point <= at)
        });
        return Told::By(confirmed.map(|journey| journey.node).collect());
    }
    match evidence.world.setup().flavor {
        Flavor::Mysql => {
            let (enabled, _) = conditions.setting("rpl_semi_sync_source_enabled", node, logged.moment.at);
            if !enabled.is_some_and(|value| is_on(&value)) {
                return Told::NotSemiSync;
            }
            Told::FellBack
        }
        Flavor::Postgresql => {
            let (level, _) = conditions.setting("synchronous_commit", node, logged.moment.at);
            if let Some(level) = level.filter(|level| ["off", "local", "false", "no", "0"].contains(&&**level)) {
                return Told::Level(level);
            }
            let (names, _) = conditions.setting("synchronous_standby_names", node, logged.moment.at);
            // The manager may have set it since.
            let counts = story.last(logged.moment.at, |what| match what {
                What::SyncStandbys { node: who, nodes, .. } if *who == node => Some(*nodes),
                _ => None,
            });
            match (names.is_none_or(|names| names.trim().is_empty()), counts) {
                (_, Some((_, counted))) if counted != 0 => Told::NotWaited,
                (true, _) => Told::NobodyNamed,
                (false, _) => Told::NotWaited,
            }
        }
    }
}

fn is_on(value: &Arc<str>) -> bool {
    ["on", "1", "true", "yes"].contains(&value.to_ascii_lowercase().as_str())
}

/// How the log of the primary came to lack a write.
fn loss(evidence: &Evidence<'_>, chain: &mut Chain, write: &Write, lost: bool) {
    let (Some(logged), story) = (write.logged, evidence.story) else { return };
    let violation = evidence.judges.violations().iter().rev().find_map(|found| match found.finding {
        Finding::LostWrite { txn, primary, timeline, .. } if txn == write.txn => Some((primary, timeline)),
        _ => None,
    });
    let primary = violation.map(|(primary, _)| primary).or_else(|| evidence.judges.primaries().current());
    let Some(primary) = primary else { return };
    let origin = logged.node;

    // A crash that took the records.
    let end = story.logged().filter(|(node, ..)| *node == origin).map(|(_, end, _)| end);
    let taken = story.first(logged.moment.at, |what| match what {
        What::LogLost { node, from, .. } if *node == origin && end.is_none_or(|end| *from < end) => Some(()),
        _ => None,
    });
    let own = evidence.journey(write, origin);
    if let Some((moment, ())) = taken {
        if own.flushed.is_none_or(|flushed| flushed > moment.at) {
            chain.event(Some(moment), Because::NeverFlushed { node: origin });
        }
        chain.event(Some(moment), Because::LogLost { node: origin });
    }

    // What ended the former primary's role.
    let became = story.last(evidence.world.now(), |what| match what {
        What::BecamePrimary { node, timeline, .. } if *node == primary => Some(*timeline),
        _ => None,
    });
    let until = became.map_or(evidence.world.now(), |(moment, _)| moment.at);
    if primary != origin {
        let failed = evidence.judges.primaries().failovers().rev().find(|one| one.to == primary && one.at <= until);
        let since = failed.map_or(logged.moment.at, |failed| failed.at.min(logged.moment.at));
        former_primary(evidence, chain, origin, since);
        if let Some((moment, timeline)) = became {
            let late = moment < logged.moment;
            let because = match late {
                true => Because::AlreadyPromoted { node: primary, origin, timeline },
                false => Because::Promoted { node: primary, timeline },
            };
            chain.event(Some(moment), because);
            if !late {
                evidence.gap(chain, write, primary, Point::Received, promotion_began(evidence, primary, until));
            }
        }
        others_that_had_it(evidence, chain, write, primary, until);
        discarded(evidence, chain, origin, logged.moment.at);
    }
    let judged = became.map(|(moment, _)| moment);
    if lost {
        chain.event(judged.max(write.finished), Because::Lost { primary });
    } else {
        chain.event(judged.max(write.finished), Because::NeverCame { node: primary, to: Point::Received });
    }
}

/// When a server stopped taking log, to be promoted.
fn promotion_began(evidence: &Evidence<'_>, node: NodeId, until: SimTime) -> SimTime {
    let started = evidence.story.last(until, |what| match what {
        What::PromotionStarted { node: who } if *who == node => Some(()),
        _ => None,
    });
    started.map_or(until, |(moment, ())| moment.at)
}

/// What befell the server that logged the write: its death or a freeze, or its lease.
fn former_primary(evidence: &Evidence<'_>, chain: &mut Chain, origin: NodeId, since: SimTime) {
    let gone = evidence.story.first(since, |what| match what {
        What::LifeChanged { node, life: life @ (Life::Down | Life::Stopped | Life::Paused) } if *node == origin => {
            Some(*life)
        }
        _ => None,
    });
    if let Some((moment, life)) = gone {
        chain.event(Some(moment), Because::Gone { node: origin, life });
    }
    let expired = evidence.story.first(since, |what| match what {
        What::Manager(ManagerEvent::LeaseExpired { node }) if *node == origin => Some(()),
        _ => None,
    });
    if let Some((moment, ())) = expired {
        chain.event(Some(moment), Because::LeaseExpired { node: origin });
    }
    let commanded = evidence.story.first(since, |what| match what {
        What::Command { text } if text.starts_with("promote") || text.starts_with("switchover") => Some(text.clone()),
        _ => None,
    });
    if let Some((moment, text)) = commanded {
        chain.event(Some(moment), Because::Command { text });
    }
}

/// Servers that had the write and were not chosen.
fn others_that_had_it(evidence: &Evidence<'_>, chain: &mut Chain, write: &Write, primary: NodeId, until: SimTime) {
    let origin = write.logged.map(|logged| logged.node);
    for journey in evidence.judges.journey(write) {
        let had = journey.received.filter(|at| *at <= until);
        if Some(journey.node) != origin && journey.node != primary && had.is_some() {
            chain.at(had, Because::Came { node: journey.node, to: Point::Received });
        }
    }
}

/// Whether the server that had it was made to forget it.
fn discarded(evidence: &Evidence<'_>, chain: &mut Chain, origin: NodeId, since: SimTime) {
    let gone = evidence.story.first(since, |what| match what {
        What::RewindFinished { node, source, .. } | What::BackupRequested { node, source } if *node == origin => {
            Some(*source)
        }
        _ => None,
    });
    if let Some((moment, by)) = gone {
        chain.event(Some(moment), Because::Discarded { node: origin, by });
    }
}
