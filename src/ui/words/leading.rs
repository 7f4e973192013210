//! What the failover manager is doing now, as the line above the stage.

use super::figures::list;
use super::headline::{Headline, running_primary, state_words};
use super::roles::Tone;
use crate::engine::ids::NodeId;
use crate::engine::trace::Life;
use crate::sim::view::{Activity, ClusterView, ManagerView, NodeView};
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
            let rest = format!("hands over to {to}: it takes no more writes, until {to} has everything");
            Some(Headline::new(from, rest, Some(Tone::Warning)))
        }
        _ => None,
    })
}

fn without_lease(primary: &NodeView, manager: &ManagerView, view: &ClusterView) -> Option<Headline> {
    leads_without_lease(primary, view).then(|| {
        let (rest, tone) = match (manager.rules.fencing, manager.rules.failsafe_mode) {
            (false, _) => ("has no lease and goes on taking writes, since fencing is off", Tone::Trouble),
            (true, true) => ("leads without the store, as long as every member agrees", Tone::Warning),
            (true, false) => ("has no lease yet", Tone::Warning),
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
                return trouble(who(), format!("has the lease, and waits until {} is powered off", name(other, view)));
            }
            Activity::Promoting => return trouble(who(), "has the lease, and is being promoted".to_owned()),
            _ => {}
        }
    }
    if let Some((holder, until)) = manager.leader {
        let node = view.nodes.iter().find(|n| n.id == holder)?;
        let state = match node.life {
            Life::Running => "is no primary any more",
            life => state_words(life),
        };
        let tenths = lease_step(until, view.now);
        let rest = format!("nobody else may lead while its lease holds, {}.{} s more", tenths / 10, tenths % 10);
        return (tenths > 0).then(|| Headline::new(format!("{} {state}:", node.name), rest, Some(Tone::Trouble)));
    }
    if manager.store != Life::Running {
        return trouble("The store does not answer:".into(), "nobody can get the lease, and nobody leads".to_owned());
    }
    let comparing = manager.agents.iter().filter(|agent| matches!(agent.activity, Activity::Comparing(_)));
    let names: Vec<String> = comparing.map(|agent| name(agent.node, view)).collect();
    match names.as_slice() {
        [] => trouble("Nobody has the lease:".into(), "the agents have yet to notice, or none may lead".to_owned()),
        _ => trouble("Nobody has the lease:".into(), format!("{} ask the others how far they have come", list(&names))),
    }
}

fn no_store(manager: &ManagerView) -> Option<Headline> {
    let what = match manager.store {
        Life::Running => return None,
        Life::Paused => "The store is frozen:",
        _ => "The store is down:",
    };
    let rest = "no lease is renewed, and whoever leads must step down when its own is over";
    let rest = if manager.rules.failsafe_mode { "the leader asks every member whether it may stay" } else { rest };
    Some(Headline::new(what, rest, Some(Tone::Trouble)))
}

fn name(id: NodeId, view: &ClusterView) -> String {
    view.nodes.iter().find(|n| n.id == id).map_or_else(|| "a removed server".to_owned(), |n| n.name.to_string())
}
