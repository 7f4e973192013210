//! What the failover manager is doing now, as the line above the stage.

use super::figures::{list, tenths_of_a_second};
use super::headline::{Headline, running_primary, state_words};
use super::roles::Tone;
use crate::engine::ids::NodeId;
use crate::engine::trace::Life;
use crate::sim::view::{Activity, ClusterView, ManagerView, NodeView};
use crate::t;
use crate::ui::leases::{leads_without_lease, lease_step};

/// What the manager is doing; `None` when it has nothing to do.
pub(super) fn line(view: &ClusterView) -> Option<Headline> {
    let manager = view.manager.as_ref()?;
    handing_over(manager, view)
        .or_else(|| match running_primary(view) {
            Some(primary) => without_lease(primary, manager, view),
            None => nobody_leads(manager, view),
        })
        .or_else(|| no_store(manager))
}

fn handing_over(manager: &ManagerView, view: &ClusterView) -> Option<Headline> {
    manager.agents.iter().find_map(|agent| match agent.activity {
        Activity::HandingOver { to, .. } => {
            let (from, to) = (name(agent.node, view), name(to, view));
            let rest = t!("leading.hands-over", to = to);
            Some(Headline::new(from, rest, Some(Tone::Warning)))
        }
        _ => None,
    })
}

fn without_lease(primary: &NodeView, manager: &ManagerView, view: &ClusterView) -> Option<Headline> {
    leads_without_lease(primary, view).then(|| {
        let (rest, tone) = match (manager.rules.fencing, manager.rules.failsafe_mode) {
            (false, _) => (t!("leading.unfenced"), Tone::Trouble),
            (true, true) => (t!("leading.failsafe"), Tone::Warning),
            (true, false) => (t!("leading.no-lease-yet"), Tone::Warning),
        };
        Headline::new(&*primary.name, rest, Some(tone))
    })
}

/// There is no primary at work: how far the manager is with finding one.
fn nobody_leads(manager: &ManagerView, view: &ClusterView) -> Option<Headline> {
    let trouble = |subject: String, rest: String| Some(Headline::new(subject, rest, Some(Tone::Trouble)));
    for agent in &manager.agents {
        let who = || name(agent.node, view);
        match agent.activity {
            Activity::Fencing(other) => {
                return trouble(who(), t!("leading.fencing", other = name(other, view)));
            }
            Activity::Promoting => return trouble(who(), t!("leading.promoting").to_owned()),
            _ => {}
        }
    }
    if let Some((holder, until)) = manager.leader {
        let node = view.nodes.iter().find(|n| n.id == holder)?;
        let state = match node.life {
            Life::Running => t!("leading.no-primary").to_owned(),
            life => state_words(life, 1),
        };
        let tenths = lease_step(until, view.now);
        let rest = t!("leading.lease-holds", left = tenths_of_a_second(tenths));
        return (tenths > 0).then(|| {
            Headline::new(t!("headline.in-state", node = node.name, state = state), rest, Some(Tone::Trouble))
        });
    }
    if manager.store != Life::Running {
        return trouble(t!("leading.store-silent").to_owned(), t!("leading.nobody-can").to_owned());
    }
    let comparing = manager.agents.iter().filter(|agent| matches!(agent.activity, Activity::Comparing(_)));
    let names: Vec<String> = comparing.map(|agent| name(agent.node, view)).collect();
    let rest = match names.as_slice() {
        [] => t!("leading.nobody-noticed").to_owned(),
        _ => t!("leading.asking", names = list(&names)),
    };
    trouble(t!("leading.nobody").to_owned(), rest)
}

fn no_store(manager: &ManagerView) -> Option<Headline> {
    let what = match manager.store {
        Life::Running => return None,
        Life::Paused => t!("leading.store-frozen"),
        _ => t!("leading.store-down"),
    };
    let rest = match manager.rules.failsafe_mode {
        true => t!("leading.asks-members"),
        false => t!("leading.no-renewal"),
    };
    Some(Headline::new(what, rest, Some(Tone::Trouble)))
}

fn name(id: NodeId, view: &ClusterView) -> String {
    view.nodes.iter().find(|n| n.id == id).map_or_else(|| t!("names.removed").to_owned(), |n| n.name.to_string())
}
