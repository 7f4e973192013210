//! What becomes of servers: their lives, their roles, and who follows whom.

use super::events::Weight;
use super::figures::{bytes, duration, list};
use super::names::Names;
use super::roles::{ReplicationPart, thread};
use crate::engine::flavor::Flavor;
use crate::engine::ids::NodeId;
use crate::engine::trace::{Life, What};
use crate::t;
use crate::ui::text::said;

pub(super) fn servers(what: &What, names: &Names<'_>, flavor: Flavor, weight: &mut Weight) -> Option<String> {
    let name = |id: &NodeId| names.node(*id);
    *weight = Weight::Trouble;
    let text = match what {
        What::LifeChanged { node, life } => {
            if matches!(life, Life::Running | Life::Copying) {
                *weight = Weight::Mark;
            }
            match life {
                Life::Running => t!("events.server.runs", node = name(node)),
                Life::Copying => t!("events.server.copied", node = name(node)),
                Life::Rewinding => t!("events.server.rewound", node = name(node)),
                Life::Recovering => t!("events.server.starts", node = name(node)),
                Life::Paused => t!("events.server.frozen", node = name(node)),
                Life::Stopped => t!("events.server.stopped", node = name(node)),
                Life::Down => t!("events.server.down", node = name(node)),
            }
        }
        What::LogLost { node, from, to } => t!("events.server.log-lost", node = name(node), from = from, to = to),
        What::TornRecord { node, at } => t!("events.server.torn", node = name(node), at = at),
        What::ApplyFailed { node, at, error } => {
            t!("events.server.apply-failed", node = name(node), at = at, error = error)
        }
        What::DiskFull { node, why } => t!("events.server.disk-full", node = name(node), why = why),
        What::Panicked { node, why } => t!("events.server.panicked", node = name(node), why = why),
        What::BackupFailed { node, source, why } => {
            t!("events.server.backup-failed", node = name(node), source = name(source), why = why)
        }
        // PostgreSQL 15's log has these words, slot.c, InvalidatePossiblyObsoleteSlot().
        What::SlotUserTerminated { node, slot, pid } => {
            format!("{}: terminating process {pid} to release replication slot \"{slot}\"", name(node))
        }
        What::SlotInvalidated { node, slot, restart_lsn } => {
            let node = name(node);
            format!(
                "{node}: invalidating slot \"{slot}\" because its restart_lsn {restart_lsn} exceeds max_slot_wal_keep_size"
            )
        }
        What::ReplicationRefused { upstream, standby, error } => {
            t!("events.server.refused", node = name(upstream), standby = name(standby), error = error)
        }
        What::StreamingEnded { upstream, standby } => {
            let sender = thread(flavor, ReplicationPart::Sender);
            t!("events.server.stream-ended", node = name(upstream), sender = sender, standby = name(standby))
        }
        _ => {
            *weight = Weight::Mark;
            return roles(what, names, flavor).or_else(|| routers(what, names, weight));
        }
    };
    Some(text)
}

fn roles(what: &What, names: &Names<'_>, flavor: Flavor) -> Option<String> {
    let name = |id: &NodeId| names.node(*id);
    Some(match what {
        What::RecoveryStarted { node, checkpoint, end } => {
            t!("events.server.recovers", node = name(node), checkpoint = checkpoint, end = end)
        }
        What::RecoveryFinished { node, at, timeline } => {
            t!("events.server.recovered", node = name(node), at = at, timeline = timeline)
        }
        What::BackupRequested { node, source } => {
            t!("events.server.backup-asked", node = name(node), source = name(source))
        }
        What::BackupStarted { source, node, at, bytes: size } => {
            let (source, node, size) = (name(source), name(node), bytes(*size));
            t!("events.server.backup-begins", source = source, node = node, at = at, size = size)
        }
        What::BackupFinished { node, source, end, .. } => {
            t!("events.server.backup-done", node = name(node), source = name(source), end = end)
        }
        What::SlotCreated { node, slot, restart_lsn: Some(at) } => {
            t!("events.server.slot", node = name(node), slot = slot, at = at)
        }
        What::SlotCreated { node, slot, restart_lsn: None } => {
            t!("events.server.slot-unused", node = name(node), slot = slot)
        }
        What::SlotDropped { node, slot } => t!("events.server.slot-dropped", node = name(node), slot = slot),
        What::ReplayPaused { node, paused: true } => t!("events.server.replay-paused", node = name(node)),
        What::ReplayPaused { node, paused: false } => t!("events.server.replay-resumed", node = name(node)),
        What::StreamingStarted { upstream, standby, from, timeline } => {
            let (node, sender, standby) = (name(upstream), thread(flavor, ReplicationPart::Sender), name(standby));
            t!(
                "events.server.streams",
                node = node,
                sender = sender,
                standby = standby,
                from = from,
                timeline = timeline
            )
        }
        What::Repointed { node, upstream } => {
            t!("events.server.repointed", node = name(node), upstream = name(upstream))
        }
        What::BecameStandby { node } => t!("events.server.became-standby", node = name(node)),
        What::TimelineFollowed { node, timeline, at } => {
            t!("events.server.timeline-followed", node = name(node), timeline = timeline, at = at)
        }
        What::SyncStandbys { node, nodes, satisfied } => {
            let standbys: Vec<&str> =
                (0..16).filter(|bit| nodes & (1 << bit) != 0).map(|bit| names.node(NodeId(bit))).collect();
            match (standbys.is_empty(), satisfied) {
                (true, true) => t!("events.server.sync-nobody", node = name(node)),
                (true, false) => t!("events.server.sync-missing", node = name(node)),
                (false, true) => t!("events.server.sync", node = name(node), standbys = list(&standbys)),
                (false, false) => t!("events.server.sync-few", node = name(node), standbys = list(&standbys)),
            }
        }
        What::PromotionStarted { node } => t!("events.server.promotion", node = name(node)),
        What::TimelineSwitched { node, parent, timeline, at } => {
            t!("events.server.timeline", node = name(node), timeline = timeline, parent = parent, at = at)
        }
        What::BecamePrimary { node, timeline, .. } => {
            t!("events.server.primary", node = name(node), timeline = timeline)
        }
        _ => return None,
    })
}

/// What the proxy, or a driver, makes of the servers.
fn routers(what: &What, names: &Names<'_>, weight: &mut Weight) -> Option<String> {
    *weight = Weight::Trouble;
    Some(match what {
        What::PrimaryBelieved { by, primary: Some(node) } => {
            *weight = Weight::Mark;
            t!("events.router.primary", by = names.name(*by), node = names.node(*node))
        }
        What::PrimaryBelieved { by, primary: None } => t!("events.router.no-primary", by = names.name(*by)),
        What::PoolChanged { by, node, up: true, why } => {
            *weight = Weight::Normal;
            t!("events.router.in-pool", by = names.name(*by), node = names.node(*node), why = said(why))
        }
        What::PoolChanged { by, node, up: false, why } => {
            t!("events.router.out-of-pool", by = names.name(*by), node = names.node(*node), why = said(why))
        }
        What::ReplicaShunned { by, node, lag_us, max_us } => {
            let (by, node) = (names.name(*by), names.node(*node));
            match lag_us.map(duration) {
                Some(lag) => t!("events.router.shunned", by = by, node = node, lag = lag, most = duration(*max_us)),
                None => t!("events.router.shunned-unknown", by = by, node = node),
            }
        }
        What::ReplicaReturned { by, node, lag_us } => {
            *weight = Weight::Normal;
            let (by, node) = (names.name(*by), names.node(*node));
            match lag_us.map(duration) {
                Some(lag) => t!("events.router.returned-lagging", by = by, node = node, lag = lag),
                None => t!("events.router.returned", by = by, node = node),
            }
        }
        What::Drained { by, node, connections } => {
            *weight = Weight::Mark;
            t!("events.router.drained", by = names.name(*by), n = connections, node = names.node(*node))
        }
        _ => return None,
    })
}
