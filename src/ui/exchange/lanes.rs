//! Who has a lane, and in which order.

use crate::engine::ids::{Addr, ClientId};
use crate::sim::view::{ClusterView, Role};
use crate::t;

use super::chart::Chart;
use super::picture::Paint;

/// One lane.
#[derive(Clone, Debug, PartialEq)]
pub struct Lane {
    /// Whose.
    pub who: Addr,
    /// The name.
    pub name: String,
    /// The colour of its name: what it is now.
    pub paint: Paint,
}

/// The lanes that are drawn, from the top.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lanes {
    lanes: Vec<Lane>,
}

impl Lanes {
    /// Everybody there is, clients first as on the stage, and whoever sent something though there is no card of it.
    #[must_use]
    pub fn of(view: &ClusterView, chart: &Chart) -> Lanes {
        let mut lanes: Vec<Lane> = Vec::new();
        let mut add = |who: Addr, name: &str, paint: Paint| lanes.push(Lane { who, name: name.to_owned(), paint });
        if chart.has_operator() {
            add(Addr::Client(ClientId::OPERATOR), t!("names.operator"), Paint::Ink2);
        }
        view.clients.iter().for_each(|client| add(Addr::Client(client.id), &client.name, Paint::Ink2));
        if view.proxy.is_some() {
            add(Addr::Proxy, t!("names.proxy"), Paint::Ink2);
        }
        for node in &view.nodes {
            let paint = if node.role == Role::Primary { Paint::Primary } else { Paint::Replica };
            add(Addr::Node(node.id), &node.name, paint);
        }
        if view.manager.is_some() {
            add(Addr::Store, t!("names.store"), Paint::Lease);
        }
        Lanes { lanes }
    }

    /// The same without those that are hidden.
    #[must_use]
    pub fn without(&self, hidden: &[Addr]) -> Lanes {
        Lanes { lanes: self.lanes.iter().filter(|lane| !hidden.contains(&lane.who)).cloned().collect() }
    }

    /// From the top.
    pub fn iter(&self) -> impl Iterator<Item = &Lane> {
        self.lanes.iter()
    }

    /// How many.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lanes.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lanes.is_empty()
    }

    /// The place of somebody's lane: an agent's is that of its machine.
    #[must_use]
    pub fn place(&self, who: Addr) -> Option<usize> {
        let who = who.machine();
        self.lanes.iter().position(|lane| lane.who == who)
    }

    /// Whether somebody's lane is drawn.
    #[must_use]
    pub fn has(&self, who: Addr) -> bool {
        self.place(who).is_some()
    }
}
