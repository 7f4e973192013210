//! What the failover manager shows: its store's card, leases that run down, and what its agents are busy with.

use super::words::{Badge, Tone, list, tenths_of_a_second};
use crate::engine::ids::NodeId;
use crate::engine::time::SimTime;
use crate::engine::trace::Life;
use crate::sim::view::{Activity, AgentView, ClusterView, FailoverSetup, ManagerView, NodeView, Role, Tags};
use crate::t;

/// Leases run down in steps of so much virtual time: more digits could not be read.
const STEP_US: u64 = 100_000;

/// How many steps are left until an instant.
#[must_use]
pub fn lease_step(until: SimTime, now: SimTime) -> u64 {
    until.since(now).div_ceil(STEP_US)
}

/// A lease that runs down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeaseFace {
    /// What is left of it, in hundredths of its whole length.
    pub left: u32,
    /// The same in seconds: `2.1 s`.
    pub words: String,
    /// Whether a renewal was missed.
    pub late: bool,
}

fn lease_face(until: SimTime, now: SimTime, rules: &FailoverSetup) -> Option<LeaseFace> {
    let left_us = lease_step(until, now) * STEP_US;
    (left_us > 0).then(|| LeaseFace {
        left: u32::try_from(left_us * 100 / rules.ttl_us.max(1)).unwrap_or(100).min(100),
        words: seconds(left_us),
        late: is_late(left_us, rules.ttl_us, rules),
    })
}

/// Whether a deadline that every round puts off to `whole_us` was not put off in time.
fn is_late(left_us: u64, whole_us: u64, rules: &FailoverSetup) -> bool {
    left_us + rules.loop_wait_us.saturating_mul(3) / 2 < whole_us
}

fn seconds(us: u64) -> String {
    tenths_of_a_second(us.div_ceil(STEP_US))
}

fn agent_of<'a>(node: &NodeView, view: &'a ClusterView) -> Option<(&'a AgentView, &'a ManagerView)> {
    let manager = view.manager.as_ref()?;
    Some((manager.agents.iter().find(|agent| agent.node == node.id)?, manager))
}

/// The lease that a server's agent holds, as far as it knows.
#[must_use]
pub fn lease_of(node: &NodeView, view: &ClusterView) -> Option<LeaseFace> {
    let (agent, manager) = agent_of(node, view)?;
    lease_face(agent.lease_until?, view.now, &manager.rules)
}

/// Whether a server takes writes although its agent has no lease: nothing keeps another from being promoted.
#[must_use]
pub fn leads_without_lease(node: &NodeView, view: &ClusterView) -> bool {
    let unleased = agent_of(node, view).is_some_and(|(agent, _)| agent.lease_until.is_none_or(|end| end <= view.now));
    unleased && node.role == Role::Primary && node.life == Life::Running
}

/// What is to be known of a server because of the manager, most important first; `None` when all is as usual.
#[must_use]
pub fn agent_note(node: &NodeView, view: &ClusterView) -> Option<(String, Tone)> {
    let (agent, manager) = agent_of(node, view)?;
    let name = |id: NodeId| name_of(id, view);
    match &agent.activity {
        Activity::Comparing(_) => return Some((t!("agent.compares").to_owned(), Tone::Warning)),
        Activity::Fencing(other) => return Some((t!("agent.fencing", other = name(*other)), Tone::Warning)),
        Activity::Promoting if node.role == Role::Replica => {
            return Some((t!("agent.promotes").to_owned(), Tone::Warning));
        }
        Activity::HandingOver { to, .. } => return Some((t!("agent.hands-over", to = name(*to)), Tone::Warning)),
        Activity::Failsafe(_) => return Some((t!("agent.asks").to_owned(), Tone::Warning)),
        Activity::Promoting | Activity::Idle => {}
    }
    if leads_without_lease(node, view) {
        return Some(match manager.rules {
            FailoverSetup { fencing: false, .. } => (t!("agent.unfenced").to_owned(), Tone::Trouble),
            FailoverSetup { failsafe_mode: true, .. } => (t!("agent.no-store").to_owned(), Tone::Warning),
            _ => (t!("agent.no-lease").to_owned(), Tone::Warning),
        });
    }
    if node.life != Life::Running {
        return None;
    }
    if let Some(at) = agent.watchdog_at {
        let left_us = at.since(view.now);
        if is_late(left_us, manager.rules.watchdog_us(), &manager.rules) {
            return Some((t!("agent.watchdog", left = seconds(left_us)), Tone::Warning));
        }
    }
    let lease = lease_of(node, view).filter(|lease| lease.late)?;
    Some((t!("agent.late", left = lease.words), Tone::Warning))
}

/// What stands beside a server's usual note: its lease, and its tags.
#[must_use]
pub fn beside_note(node: &NodeView, view: &ClusterView) -> Option<String> {
    if let Some(lease) = lease_of(node, view) {
        return Some(t!("agent.lease", left = lease.words));
    }
    let (agent, _) = agent_of(node, view)?;
    match agent.tags {
        Tags { nofailover: true, .. } => Some("nofailover".to_owned()),
        Tags { failover_priority, .. } if failover_priority != Tags::default().failover_priority => {
            Some(t!("agent.priority", n = failover_priority))
        }
        _ => None,
    }
}

/// The store's card.
#[derive(Clone, Debug, PartialEq)]
pub struct StoreFace {
    /// Whether it answers.
    pub badge: Badge,
    /// The lease that it keeps.
    pub lease: Option<LeaseFace>,
    /// Who holds the lease, and how long still.
    pub line: String,
    /// How that looks.
    pub line_tone: Option<Tone>,
    /// A hand-over under way, who may be promoted, or how long leases hold.
    pub more: String,
}

/// What the store's card shows; `None` where there is no manager.
#[must_use]
pub fn store_face(view: &ClusterView) -> Option<StoreFace> {
    let manager = view.manager.as_ref()?;
    let rules = &manager.rules;
    let lease = manager.leader.and_then(|(_, until)| lease_face(until, view.now, rules));
    let holder = manager.leader.map(|(node, _)| name_of(node, view));
    let badge = match manager.store {
        Life::Running => Badge { word: t!("badge.store"), tone: Tone::Lease },
        Life::Paused => Badge { word: t!("badge.frozen"), tone: Tone::Warning },
        _ => Badge { word: t!("badge.down"), tone: Tone::Gone },
    };
    let (line, line_tone) = match (manager.store, holder, &lease) {
        (Life::Running, Some(holder), Some(lease)) => {
            (t!("store.lease", holder = holder, left = lease.words), lease.late.then_some(Tone::Warning))
        }
        (Life::Running, Some(holder), None) => (t!("store.ran-out", holder = holder), Some(Tone::Warning)),
        (Life::Running, None, _) => (t!("store.nobody").to_owned(), Some(Tone::Trouble)),
        _ => (t!("store.silent").to_owned(), Some(Tone::Trouble)),
    };
    let more = match (manager.hand_over, &manager.may_lead) {
        _ if manager.store != Life::Running => t!("store.no-renewal").to_owned(),
        (Some(to), _) => t!("store.hand-over", to = name_of(to, view)),
        (None, Some(able)) if able.is_empty() => t!("store.nobody-else").to_owned(),
        (None, Some(able)) => {
            let names: Vec<String> = able.iter().map(|id| name_of(*id, view)).collect();
            t!("store.may-lead", names = list(&names))
        }
        (None, None) => format!("ttl {}, loop {}", rounded(rules.ttl_us), rounded(rules.loop_wait_us)),
    };
    Some(StoreFace { badge, lease: lease.filter(|_| manager.store == Life::Running), line, line_tone, more })
}

fn rounded(us: u64) -> String {
    super::words::chosen(us)
}

/// Whether nobody holds the lease: then every message about it decides something.
#[must_use]
pub fn contested(view: &ClusterView) -> bool {
    view.manager.as_ref().is_some_and(|manager| manager.leader.is_none() || manager.hand_over.is_some())
}

fn name_of(id: NodeId, view: &ClusterView) -> String {
    view.nodes.iter().find(|n| n.id == id).map_or_else(|| t!("names.removed").to_owned(), |n| n.name.to_string())
}
