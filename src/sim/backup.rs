//! Servers that are made from a base backup: a new one, and one that is copied anew.

use super::setup::{NodeSetup, Setup};
use super::start;
use super::world::World;
use crate::engine::gtid::GtidSet;
use crate::engine::ids::{Addr, ClientId, NodeId};
use crate::engine::io::{Input, Operation};
use crate::engine::log::{History, Lsn};
use crate::engine::node::Checkpoint;
use crate::engine::storage::Image;
use crate::engine::trace::{CloseReason, Life};

use super::network::Payload;

impl World {
    /// A new server: it is there from now on, and copies its upstream before it starts.
    pub(super) fn add_node(&mut self, node: &NodeSetup) -> Result<(), String> {
        if self.servers.iter().flatten().count() >= Setup::MAX_NODES {
            return Err("a cluster has at most 9 nodes".to_owned());
        }
        if self.names.len() >= 200 {
            return Err("200 nodes have come and gone: begin a new run".to_owned());
        }
        if self.find(&node.name).is_ok() || self.names.contains(&node.name) {
            return Err(format!("the name \"{}\" is taken", node.name));
        }
        let source = match &node.upstream {
            Some(name) => self.node(name)?,
            None => self.primary,
        };
        self.must_run(source)?;
        let id = NodeId(self.names.len() as u8);
        let nothing = Checkpoint {
            image: self.nothing()?,
            at: Lsn::ZERO,
            history: History::default(),
            gtids: GtidSet::default(),
        };
        let server = start::server(self, id, node, Some(source), nothing).map_err(|error| error.to_string())?;
        self.names.push(node.name.clone());
        self.servers.push(Some(server));
        self.tell_hosts();
        self.joining.insert(id);
        self.copy(id, source)
    }

    /// A server throws its database away and copies that of its upstream.
    pub(super) fn base_backup(&mut self, node: NodeId) -> Result<(), String> {
        let upstream = self.server(node).and_then(|server| server.node.role.upstream());
        let name = self.name_of(Addr::Node(node));
        let source = upstream.ok_or_else(|| format!("{name} follows nobody: reclone copies the current primary"))?;
        self.copy_anew(node, source)
    }

    /// A server throws its database away and copies that of the current primary.
    pub(super) fn reclone(&mut self, node: NodeId) -> Result<(), String> {
        if node == self.primary {
            return Err(format!("{} is the primary itself", self.name_of(Addr::Node(node))));
        }
        self.copy_anew(node, self.primary)
    }

    fn copy_anew(&mut self, node: NodeId, source: NodeId) -> Result<(), String> {
        let gone = || "its source is gone".to_owned();
        let server = self.servers.get(usize::from(source.0)).and_then(Option::as_ref).ok_or_else(gone)?;
        // What is here would be thrown away for nothing, and might be the last there is.
        if !server.node.has_database() {
            let name = self.name_of(Addr::Node(source));
            return Err(format!("{name} has no database to copy: its own copy is under way, or has failed"));
        }
        match self.life(Addr::Node(node)) {
            Life::Paused => return Err("a paused machine is resumed first".to_owned()),
            Life::Running | Life::Recovering | Life::Copying | Life::Rewinding => self.kill(node),
            // Its machine goes on, and its agent with it.
            Life::Down if self.agent(node).is_some() => self.machine_on(node)?,
            Life::Stopped | Life::Down => {}
        }
        // The machine answers what came while it was off: there is no such connection any more.
        for conn in self.network.waiting_for(Addr::Node(node)) {
            self.send(conn, Addr::Node(node), Payload::End(CloseReason::Reset));
        }
        self.copy(node, source)
    }

    fn copy(&mut self, node: NodeId, source: NodeId) -> Result<(), String> {
        let empty = self.nothing()?;
        self.with_actor(Addr::Node(node), |world, _, out| {
            if let Some(server) = world.server(node) {
                server.node.copy_from(source, empty, out);
            }
        });
        Ok(())
    }

    /// A database with nothing in it.
    fn nothing(&self) -> Result<Image, String> {
        start::nothing(&self.setup).map_err(|error| error.to_string())
    }

    /// A server runs. A new one is told of now: who sets a cluster up adds a server when it is there.
    pub(super) fn runs(&mut self, node: NodeId) {
        if self.joining.remove(&node) {
            self.tell_members(node, true);
            self.agent_joins(node);
        }
    }

    /// Tells the clients and the proxy that a server joined or left.
    pub(super) fn tell_members(&mut self, node: NodeId, joined: bool) {
        // Its weight may be among the proxy's settings, under its name.
        if let Some(proxy) = self.setup.proxy.as_ref().filter(|proxy| joined && !proxy.weights.is_empty()) {
            let operation = Operation::Policy(Box::new(proxy.policy(&self.names)));
            self.deliver(Addr::Proxy, Input::Operator(operation));
        }
        let clients: Vec<ClientId> = self.clients.keys().copied().collect();
        for to in clients.into_iter().map(Addr::Client).chain([Addr::Proxy]) {
            self.deliver(to, Input::Operator(Operation::Member(node, joined)));
        }
    }
}
