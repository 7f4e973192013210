//! The failover manager's steps, in sentences.

use super::events::{Names, Weight};
use crate::engine::failover::ManagerEvent;
use crate::engine::flavor::Flavor;
use crate::engine::ids::{Addr, NodeId};
use crate::engine::log::Lsn;
use crate::engine::trace::Life;

/// One step as a sentence without its full stop.
pub(super) fn sentence(step: &ManagerEvent, names: &Names<'_>, flavor: Flavor, weight: &mut Weight) -> String {
    let name = |node: &NodeId| names.name(Addr::Node(*node)).to_owned();
    *weight = weight_of(step);
    match step {
        ManagerEvent::LeaseRenewed { node, .. } => format!("{} renews its lease", name(node)),
        ManagerEvent::StoreChanged { life: Life::Running } => "The store answers again".to_owned(),
        ManagerEvent::StoreChanged { life: Life::Paused } => "The store is frozen".to_owned(),
        ManagerEvent::StoreChanged { .. } => "The store is gone: no lease can be renewed".to_owned(),
        ManagerEvent::StoreSilent { node, attempt, leader: true } => {
            format!("{} misses a renewal of its lease: the store does not answer (attempt {attempt})", name(node))
        }
        ManagerEvent::StoreSilent { node, attempt, .. } => {
            format!("{}'s agent gets no answer from the store (attempt {attempt})", name(node))
        }
        ManagerEvent::LeaseExpired { node } => format!("The lease of {} expires: nobody leads", name(node)),
        ManagerEvent::LeaseReleased { node } => format!("{} gives its lease back", name(node)),
        ManagerEvent::LeaseAcquired { node, .. } => format!("{} acquires the lease", name(node)),
        ManagerEvent::LeaseRefused { node, holder } => {
            format!("{} does not get the lease: {} was first", name(node), name(holder))
        }
        ManagerEvent::ElectionBegan { by, position, .. } => {
            format!("{} compares itself with the others: it has {}", name(by), show(*position, flavor))
        }
        ManagerEvent::Compared { by, node, position: Some(position), timeline: Some(timeline) } => match flavor {
            Flavor::Postgresql => {
                format!("{} tells {}: {}, timeline {timeline}", name(node), name(by), show(*position, flavor))
            }
            Flavor::Mysql => format!("{} tells {}: {}", name(node), name(by), show(*position, flavor)),
        },
        ManagerEvent::Compared { by, node, .. } => format!("{} gives {} no answer", name(node), name(by)),
        ManagerEvent::RuledOut { by, node, why } if by == node => format!("{} does not stand: {why}", name(node)),
        ManagerEvent::RuledOut { by, node, why } => format!("{} rules {} out: {why}", name(by), name(node)),
        ManagerEvent::Healthiest { node } => format!("{} is the healthiest that it knows of", name(node)),
        ManagerEvent::Demoting { node, why } => format!("{} is demoted by its own agent: {why}", name(node)),
        ManagerEvent::Failsafe { node } => format!("{} leads on without the store: every member agreed", name(node)),
        ManagerEvent::NotFenced { node, why } => {
            format!("{} goes on taking writes, since fencing is off: {why}", name(node))
        }
        ManagerEvent::Fenced { node, by: Some(by) } => {
            format!("{} is powered off by {}, so that it takes no write", name(node), name(by))
        }
        ManagerEvent::Fenced { node, by: None } => {
            format!("{} is powered off by its watchdog, before its lease is over", name(node))
        }
        ManagerEvent::HandOverAsked { from: Some(from), to } => {
            format!("An operator has {} hand over to {}", name(from), name(to))
        }
        ManagerEvent::HandOverAsked { from: None, to } => format!("An operator wants {} to lead", name(to)),
        ManagerEvent::HandOverRefused { to, why } => format!("{} does not take over: {why}", name(to)),
        ManagerEvent::SyncKey { standbys, .. } if standbys.is_empty() => {
            "No standby may be promoted: none is known to have all that was acknowledged".to_owned()
        }
        ManagerEvent::SyncKey { standbys, quorum, .. } => {
            let list: Vec<String> = standbys.iter().map(name).collect();
            let quorum = match quorum {
                0 => String::new(),
                quorum => format!(", if it sees {quorum} of the others"),
            };
            format!("{} may be promoted{quorum}", list.join(", "))
        }
        ManagerEvent::Starting { node, primary: true } => format!("{}'s agent starts it as the primary", name(node)),
        ManagerEvent::Starting { node, primary: false } => format!("{}'s agent starts it as a replica", name(node)),
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
    format!("{} has renewed its lease {times} times", names.name(Addr::Node(node)))
}

fn show(position: u64, flavor: Flavor) -> String {
    match flavor {
        Flavor::Postgresql => format!("log up to {}", Lsn(position)),
        Flavor::Mysql => format!("{position} transactions"),
    }
}
