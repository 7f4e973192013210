//! What everybody is called.

use std::borrow::Cow;

use crate::engine::ids::{Addr, NodeId, TxnId};
use crate::sim::view::ClusterView;
use crate::t;

/// The names that addresses have.
pub struct Names<'a> {
    names: Vec<(Addr, Cow<'a, str>)>,
}

impl<'a> Names<'a> {
    /// From pairs.
    #[must_use]
    pub fn new(names: Vec<(Addr, Cow<'a, str>)>) -> Names<'a> {
        Names { names }
    }

    /// The name at an address.
    #[must_use]
    pub fn name(&self, who: Addr) -> &str {
        match self.names.iter().find(|(addr, _)| *addr == who) {
            Some((_, name)) => name,
            None => match who {
                Addr::Proxy => t!("names.proxy"),
                Addr::Store => t!("names.store"),
                Addr::Agent(node) => self.name(Addr::Node(node)),
                Addr::Node(_) => t!("names.removed"),
                Addr::Client(_) => t!("names.client"),
            },
        }
    }

    /// A server's name.
    pub(super) fn node(&self, id: NodeId) -> &str {
        self.name(Addr::Node(id))
    }

    /// A transaction by its owner: typed by hand, or the workload's.
    pub(super) fn who(&self, txn: TxnId) -> &str {
        if txn.session.is_console() { t!("names.console") } else { self.name(Addr::Client(txn.session.client)) }
    }
}

/// The names in a view.
#[must_use]
pub fn names_in(view: &ClusterView) -> Names<'_> {
    let nodes = view.nodes.iter().map(|n| (Addr::Node(n.id), Cow::Borrowed(&*n.name)));
    let clients = view.clients.iter().map(|c| (Addr::Client(c.id), Cow::Borrowed(&*c.name)));
    Names::new(nodes.chain(clients).collect())
}
