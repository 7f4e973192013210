//! The failover manager's steps, in sentences.

use super::events::Weight;
use super::names::Names;
use crate::engine::failover::ManagerEvent;
use crate::engine::flavor::Flavor;
use crate::engine::ids::NodeId;
use crate::engine::log::Lsn;
use crate::engine::trace::Life;
use crate::t;
use crate::ui::text::said;

/// One step as a sentence without its full stop.
pub(super) fn sentence(step: &ManagerEvent, names: &Names<'_>, flavor: Flavor, weight: &mut Weight) -> String {
    let name = |node: &NodeId| names.node(*node);
    *weight = weight_of(step);
    match step {
        ManagerEvent::LeaseRenewed { node, .. } => t!("events.lease.renewed", node = name(node)),
        ManagerEvent::StoreChanged { life: Life::Running } => t!("events.lease.store-answers").to_owned(),
        ManagerEvent::StoreChanged { life: Life::Paused } => t!("events.lease.store-frozen").to_owned(),
        ManagerEvent::StoreChanged { .. } => t!("events.lease.store-gone").to_owned(),
        ManagerEvent::StoreSilent { node, attempt, leader: true } => {
            t!("events.lease.missed", node = name(node), attempt = attempt)
        }
        ManagerEvent::StoreSilent { node, attempt, .. } => {
            t!("events.lease.silent", node = name(node), attempt = attempt)
        }
        ManagerEvent::LeaseExpired { node } => t!("events.lease.expired", node = name(node)),
        ManagerEvent::LeaseReleased { node } => t!("events.lease.released", node = name(node)),
        ManagerEvent::LeaseAcquired { node, .. } => t!("events.lease.acquired", node = name(node)),
        ManagerEvent::LeaseRefused { node, holder } => {
            t!("events.lease.refused", node = name(node), holder = name(holder))
        }
        ManagerEvent::ElectionBegan { by, position, .. } => {
            t!("events.lease.election", by = name(by), position = show(*position, flavor))
        }
        ManagerEvent::Compared { by, node, position: Some(position), timeline: Some(timeline) } => {
            let (node, by, position) = (name(node), name(by), show(*position, flavor));
            match flavor {
                Flavor::Postgresql => {
                    t!("events.lease.compared-timeline", node = node, by = by, position = position, timeline = timeline)
                }
                Flavor::Mysql => t!("events.lease.compared", node = node, by = by, position = position),
            }
        }
        ManagerEvent::Compared { by, node, .. } => t!("events.lease.no-answer", node = name(node), by = name(by)),
        ManagerEvent::RuledOut { by, node, why } if by == node => {
            t!("events.lease.does-not-stand", node = name(node), why = said(why))
        }
        ManagerEvent::RuledOut { by, node, why } => {
            t!("events.lease.ruled-out", by = name(by), node = name(node), why = said(why))
        }
        ManagerEvent::Healthiest { node } => t!("events.lease.healthiest", node = name(node)),
        ManagerEvent::Demoting { node, why } => t!("events.lease.demoting", node = name(node), why = said(why)),
        ManagerEvent::Failsafe { node } => t!("events.lease.failsafe", node = name(node)),
        ManagerEvent::NotFenced { node, why } => t!("events.lease.not-fenced", node = name(node), why = said(why)),
        ManagerEvent::Fenced { node, by: Some(by) } => t!("events.lease.fenced", node = name(node), by = name(by)),
        ManagerEvent::Fenced { node, by: None } => t!("events.lease.watchdog", node = name(node)),
        ManagerEvent::HandOverAsked { from: Some(from), to } => {
            t!("events.lease.hand-over", from = name(from), to = name(to))
        }
        ManagerEvent::HandOverAsked { from: None, to } => t!("events.lease.wanted", to = name(to)),
        ManagerEvent::HandOverRefused { to, why } => {
            t!("events.lease.hand-over-refused", to = name(to), why = said(why))
        }
        ManagerEvent::SyncKey { standbys, .. } if standbys.is_empty() => t!("events.lease.sync-nobody").to_owned(),
        ManagerEvent::SyncKey { standbys, quorum, .. } => {
            let standbys = standbys.iter().map(name).collect::<Vec<_>>().join(", ");
            match quorum {
                0 => t!("events.lease.sync", standbys = standbys),
                quorum => t!("events.lease.sync-quorum", standbys = standbys, quorum = quorum),
            }
        }
        ManagerEvent::Starting { node, primary: true } => t!("events.lease.starts-primary", node = name(node)),
        ManagerEvent::Starting { node, primary: false } => t!("events.lease.starts-replica", node = name(node)),
    }
}

/// How much a step matters: what decides who leads is worth a mark.
fn weight_of(step: &ManagerEvent) -> Weight {
    match step {
        ManagerEvent::StoreChanged { life: Life::Running }
        | ManagerEvent::LeaseReleased { .. }
        | ManagerEvent::LeaseAcquired { .. }
        | ManagerEvent::Failsafe { .. }
        | ManagerEvent::Fenced { .. }
        | ManagerEvent::HandOverAsked { .. } => Weight::Mark,
        ManagerEvent::StoreChanged { .. }
        | ManagerEvent::StoreSilent { leader: true, .. }
        | ManagerEvent::LeaseExpired { .. }
        | ManagerEvent::Demoting { .. }
        | ManagerEvent::NotFenced { .. }
        | ManagerEvent::HandOverRefused { .. } => Weight::Trouble,
        _ => Weight::Normal,
    }
}

/// Renewals that came one after the other, as one sentence.
#[must_use]
pub fn renewals(node: NodeId, times: u32, names: &Names<'_>) -> String {
    t!("events.lease.renewals", node = names.node(node), n = times)
}

fn show(position: u64, flavor: Flavor) -> String {
    match flavor {
        Flavor::Postgresql => t!("events.lease.log-up-to", at = Lsn(position)),
        Flavor::Mysql => t!("events.lease.transactions", n = position),
    }
}
