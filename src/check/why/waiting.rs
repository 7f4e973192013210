//! Why a write has no answer yet.

use super::super::write::Write;
use super::lost::beginning;
use super::{Because, Chain, Evidence, Point};
use crate::engine::flavor::Flavor;
use crate::engine::ids::NodeId;
use crate::engine::time::SimTime;
use crate::engine::trace::What;
use crate::sim::view::{NodeView, SenderView, SyncState};

/// What a write waits for.
pub(super) fn chain(evidence: &Evidence<'_>, write: &Write) -> Chain {
    let mut chain = Chain::default();
    beginning(evidence, &mut chain, write);
    let (now, view) = (evidence.world.now(), evidence.world.view());
    let Some(logged) = write.logged else {
        before_the_log(evidence, &mut chain, write, now);
        return chain.in_order();
    };
    let Some(node) = view.nodes.iter().find(|one| one.id == logged.node) else { return chain.in_order() };
    if let Some((moment, life)) = evidence.story.life(node.id, now) {
        chain.event(Some(moment), Because::NotRunning { node: node.id, life });
        return chain.in_order();
    }
    if evidence.journey(write, node.id).flushed.is_none() && node.mysql.is_none() {
        let (fsync_us, since) = evidence.conditions.fsync(node.id, now);
        chain.at(since, Because::NotFlushedYet { node: node.id, fsync_us });
        return chain.in_order();
    }
    if write.waited.is_some() && write.released.is_none() {
        chain.event(write.waited, Because::Waits { node: node.id, txn: write.txn });
        let mut chain = chain.in_order();
        standbys(evidence, &mut chain, write, node, now);
        return chain;
    }
    chain.at(None, Because::UnderWay { node: Some(node.id) });
    chain.in_order()
}

/// A statement that has not come to the log.
fn before_the_log(evidence: &Evidence<'_>, chain: &mut Chain, write: &Write, now: SimTime) {
    let waits = evidence.story.last(now, |what| match what {
        What::LockWait { node, txn, holder } if *txn == write.txn => Some((*node, *holder)),
        _ => None,
    });
    if let Some((moment, (node, holder))) = waits.filter(|_| write.executed.is_none()) {
        chain.event(Some(moment), Because::LockWait { node, holder });
        return;
    }
    let to = write.routed.map(|(_, node)| node);
    if let Some((moment, life)) = to.and_then(|node| evidence.story.life(node, now)) {
        chain.event(Some(moment), Because::NotRunning { node: to.unwrap_or(NodeId(0)), life });
        return;
    }
    chain.event(write.routed.map(|(moment, _)| moment), Because::UnderWay { node: to });
}

/// The rule, each standby that counts, and what would end the wait.
fn standbys(evidence: &Evidence<'_>, chain: &mut Chain, write: &Write, node: &NodeView, now: SimTime) {
    let mysql = evidence.world.setup().flavor == Flavor::Mysql;
    let Some(settings) = evidence.world.configured(node.id) else { return };
    let get = |name: &str| -> std::sync::Arc<str> { settings.get(name).unwrap_or_default().into() };
    let needs = if mysql {
        let (count, point) =
            (get("rpl_semi_sync_source_wait_for_replica_count"), get("rpl_semi_sync_source_wait_point"));
        chain.at(None, Because::SemiSync { count, point });
        Point::Received
    } else {
        let (names, level) = (get("synchronous_standby_names"), get("synchronous_commit"));
        let needs = match &*level {
            "remote_write" => Point::Received,
            "remote_apply" => Point::Applied,
            _ => Point::Flushed,
        };
        chain.at(None, Because::Rule { names, level });
        needs
    };
    let counts = |sender: &&SenderView| matches!(sender.sync_state, SyncState::Sync | SyncState::Quorum);
    let mut of: Vec<NodeId> = node.senders.iter().filter(counts).map(|sender| sender.standby).collect();
    let qualified = !of.is_empty();
    if !qualified {
        chain.at(None, Because::NobodyQualifies);
        // Those that could count, were they connected: the rule's own, or all that follow this server.
        let all = evidence.world.view().nodes;
        of = all.iter().filter(|one| one.upstream == Some(node.id)).map(|one| one.id).collect();
        let named = settings.get("synchronous_standby_names").unwrap_or_default();
        let is_named =
            |id: &NodeId| all.iter().any(|one| one.id == *id && (named.contains('*') || named.contains(&*one.name)));
        if !mysql {
            of.retain(is_named);
        }
    }
    for standby in &of {
        let reached = evidence.reached(write, *standby, now);
        let has = reached.map(|(point, _)| point);
        if has.is_some_and(|has| has >= needs) {
            // It has all that is needed, and its word is under way or cannot pass.
            chain.at(reached.map(|(_, at)| at), Because::Unheard { node: *standby });
            if let Some(since) = evidence.conditions.cut_since(*standby, node.id, now) {
                chain.at(Some(since), Because::Cut { one: *standby, other: node.id });
            }
            continue;
        }
        chain.at(None, Because::Unconfirmed { node: *standby, has, needs });
        let mut why = Chain::default();
        evidence.gap(&mut why, write, *standby, needs, now);
        let why = why.in_order();
        // How far it has come is said already.
        chain.links.extend(why.links.into_iter().filter(|link| !matches!(link.because, Because::Came { .. })));
    }
    if !of.is_empty() {
        // All that count synchronously, or some of a quorum.
        let quorum = node.senders.iter().any(|sender| sender.sync_state == SyncState::Quorum);
        let all = of.len() == 1 || !(mysql || quorum || !qualified);
        chain.at(None, Because::EndsWhen { of, needs, all });
    }
    match (mysql, write.waited) {
        (true, Some(waited)) => {
            let timeout_us = get("rpl_semi_sync_source_timeout").parse::<u64>().unwrap_or(0).saturating_mul(1_000);
            chain.at(None, Because::EndsAt { at: SimTime(waited.at.0.saturating_add(timeout_us)) });
        }
        _ => chain.at(None, Because::EndsByRule),
    }
}
