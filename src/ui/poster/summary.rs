//! What a poster shows, in words: for those who do not see it, and where there is no picture.

use std::sync::Arc;

use super::system;
use crate::engine::ids::NodeId;
use crate::engine::time::SimTime;
use crate::scenario::Scenario;
use crate::sim::view::{ClusterView, LinkUse, NodeView, Role};
use crate::ui::words::{badge, list};

/// Whoever is named after so many is counted.
const MOST: usize = 12;

/// Who there is, how they hang together, and what is set, in sentences.
#[must_use]
pub fn summary(scenario: &Scenario, view: &ClusterView) -> String {
    let n = view.nodes.len();
    let servers = match n {
        1 => "One server".to_owned(),
        n => format!("{n} servers"),
    };
    let mut sentences = vec![format!("A {} cluster, after {}", system(view.flavor), seconds(view.now))];
    sentences.push(format!("{servers}: {}", listed(view.nodes.iter().map(|node| server(node, view)).collect())));
    if let Some(replication) = replication(view) {
        sentences.push(replication);
    }
    if !view.clients.is_empty() {
        let clients = view.clients.iter().map(|client| {
            let load = match (client.writes_per_second, client.reads_per_second) {
                (0, 0) => "idle".to_owned(),
                (w, 0) => format!("{w} writes per second"),
                (0, r) => format!("{r} reads per second"),
                (w, r) => format!("{w} writes and {r} reads per second"),
            };
            format!("{} ({load})", client.name)
        });
        let way = if view.proxy.is_some() { " through a proxy" } else { "" };
        let noun = if view.clients.len() == 1 { "Client" } else { "Clients" };
        sentences.push(format!("{noun}{way}: {}", listed(clients.collect())));
    }
    if view.manager.is_some() {
        sentences.push("A failover manager keeps a lease in its store".to_owned());
    }
    let settings = &scenario.setup.settings;
    if !settings.is_empty() {
        let set = |(name, value): &(Arc<str>, Arc<str>)| format!("{name} = '{value}'");
        sentences.push(format!("Settings: {}", listed(settings.iter().map(set).collect())));
    }
    match scenario.schedule.len() {
        0 => {}
        1 => sentences.push("One thing is done to it during the run".to_owned()),
        n => sentences.push(format!("{n} things are done to it during the run")),
    }
    sentences.join(". ") + "."
}

fn listed(mut all: Vec<String>) -> String {
    let more = all.len().saturating_sub(MOST);
    all.truncate(MOST);
    if more > 0 {
        all.push(format!("{more} more"));
    }
    list(&all)
}

fn server(node: &NodeView, view: &ClusterView) -> String {
    let word = badge(node, view.flavor).word.to_lowercase();
    match node.upstream.filter(|_| node.role == Role::Replica).and_then(|id| name_of(id, view)) {
        Some(upstream) => format!("{} ({word} of {upstream})", node.name),
        None => format!("{} ({word})", node.name),
    }
}

fn name_of(id: NodeId, view: &ClusterView) -> Option<&str> {
    view.nodes.iter().find(|node| node.id == id).map(|node| &*node.name)
}

fn replication(view: &ClusterView) -> Option<String> {
    let count = |wanted: bool| {
        let is_it =
            |used_for: &LinkUse| matches!(used_for, LinkUse::Replication { synchronous, .. } if *synchronous == wanted);
        view.links.iter().filter(|link| is_it(&link.used_for)).count()
    };
    match (count(true), count(false)) {
        (0, 0) => None,
        (0, _) => Some("Replication is asynchronous".to_owned()),
        (_, 0) => Some("Replication is synchronous".to_owned()),
        (some, others) => Some(format!(
            "Replication is synchronous to {some} of {} replicas, and asynchronous to the others",
            some + others
        )),
    }
}

/// An instant in words: `1 s`, `2.5 s`.
pub(super) fn seconds(at: SimTime) -> String {
    let ms = at.0 / 1000;
    let (whole, rest) = (ms / 1000, ms % 1000);
    if rest == 0 { format!("{whole} s") } else { format!("{whole}.{} s", format!("{rest:03}").trim_end_matches('0')) }
}
