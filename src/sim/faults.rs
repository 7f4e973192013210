//! Carrying out commands: what operators and faults do to the world.

use std::sync::Arc;

use super::command::{Between, Command, Console};
use super::network::Payload;

use super::start;
use super::world::{Event, World};
use crate::engine::client::Client;
use crate::engine::ids::{Addr, ClientId, NodeId, SessionId};
use crate::engine::io::{Input, Operation};
use crate::engine::log::Lsn;
use crate::engine::message::Statement;
use crate::engine::settings::Settings;
use crate::engine::trace::{CloseReason, Life, What};

impl World {
    /// Carries out a command now.
    ///
    /// # Errors
    /// Why it cannot be carried out, in a sentence for the operator; nothing has changed then.
    pub fn act(&mut self, command: &Command) -> Result<(), String> {
        let text: Arc<str> = command.to_string().into();
        self.emit(What::Command { text: text.clone() });
        let done = self.try_act(command);
        if let Err(why) = &done {
            self.emit(What::CommandRefused { text, why: why.as_str().into() });
        }
        self.drain_local();
        done
    }

    fn try_act(&mut self, command: &Command) -> Result<(), String> {
        match command {
            Command::Sql { console, sql } => self.run_sql(console, sql),
            Command::Partition { between, one_way } => {
                let (a, b) = self.ends(between)?;
                self.cut(a, b);
                if !one_way {
                    self.cut(b, a);
                }
                Ok(())
            }
            Command::Isolate { who } => {
                let who = self.find(who)?;
                for other in self.everybody().into_iter().filter(|other| *other != who) {
                    self.cut(who, other);
                    self.cut(other, who);
                }
                Ok(())
            }
            Command::Heal { between } => {
                let links = match between {
                    Some(between) => {
                        let (a, b) = self.ends(between)?;
                        vec![(a, b), (b, a)]
                    }
                    None => self.network.cuts().collect(),
                };
                links.into_iter().for_each(|(from, to)| self.heal(from, to));
                Ok(())
            }
            Command::Crash { node } | Command::Kill { node } if self.is_store(node) => self.crash_store(),
            Command::Restart { node } if self.is_store(node) => self.restart_store(),
            Command::Pause { node } if self.is_store(node) => self.pause_store(),
            Command::Resume { node } if self.is_store(node) => self.resume_store(),
            Command::Crash { node } => self.crash(self.node(node)?),
            Command::Kill { node } => {
                let node = self.node(node)?;
                match self.life(Addr::Node(node)) {
                    Life::Down | Life::Stopped => Err(self.not_running(node)),
                    _ => {
                        self.kill(node);
                        Ok(())
                    }
                }
            }
            Command::Restart { node } => self.restart(self.node(node)?),
            Command::Pause { node } => self.pause(self.node(node)?),
            Command::Resume { node } => self.resume(self.node(node)?),
            Command::PauseReplay { node } => self.pause_replay(self.node(node)?, true),
            Command::ResumeReplay { node } => self.pause_replay(self.node(node)?, false),
            Command::Promote { node } => self.promote_or_ask(self.node(node)?),
            Command::Repoint { node, upstream } => self.repoint(self.node(node)?, self.node(upstream)?),
            Command::Disconnect { between } => {
                let (a, b) = self.ends(between)?;
                for conn in self.network.connections_between(a, b) {
                    self.end_connection(conn, a, CloseReason::Disconnected);
                    self.end_connection(conn, b, CloseReason::Disconnected);
                }
                Ok(())
            }
            Command::SlowDisk { node, fsync_us } => self.on_server(node, |server| server.fsync_us = *fsync_us),
            Command::FullDisk { node, full } => self.on_server(node, |server| server.full = *full),
            Command::DiskSize { node, size_bytes } => self.on_server(node, |server| server.size_bytes = *size_bytes),
            Command::ApplyRate { node, per_second } => {
                let node = self.node(node)?;
                self.deliver(Addr::Node(node), Input::Operator(Operation::ApplyRate(*per_second)));
                Ok(())
            }
            Command::Link { between, shape } => {
                let (a, b) = self.ends(between)?;
                self.network.reshape(a, b, *shape);
                Ok(())
            }
            Command::Set { settings, on } => self.set(settings, on.as_deref()),
            Command::Cancel { client } => {
                let client = self.client(client)?;
                self.deliver(Addr::Client(client), Input::Operator(Operation::CancelAll));
                Ok(())
            }
            Command::Workload { client, writes_per_second, reads_per_second } => {
                let client = self.client(client)?;
                let operation = Operation::Workload(*writes_per_second, *reads_per_second);
                self.deliver(Addr::Client(client), Input::Operator(operation));
                Ok(())
            }
            Command::Proxy { change } => {
                let Some(proxy) = &mut self.setup.proxy else { return Err("there is no proxy".to_owned()) };
                change.apply(proxy);
                let operation = Operation::Policy(Box::new(proxy.policy(&self.names)));
                self.deliver(Addr::Proxy, Input::Operator(operation));
                Ok(())
            }
            Command::AddNode { node } => self.add_node(node),
            Command::RemoveNode { node } => self.remove_node(self.node(node)?),
            Command::Reclone { node } => self.reclone(self.node(node)?),
            Command::BaseBackup { node } => self.base_backup(self.node(node)?),
            Command::Switchover { node } => self.switchover(self.node(node)?),
            Command::Rewind { node } => self.rewind(self.node(node)?),
        }
    }

    pub(super) fn find(&self, name: &str) -> Result<Addr, String> {
        let addr = start::address(&self.setup, &self.names, name).filter(|addr| match addr {
            Addr::Node(node) => self.servers.get(usize::from(node.0)).is_some_and(Option::is_some),
            _ => true,
        });
        addr.ok_or_else(|| format!("there is nobody called \"{name}\""))
    }

    pub(super) fn node(&self, name: &str) -> Result<NodeId, String> {
        match self.find(name)? {
            Addr::Node(node) => Ok(node),
            _ => Err(format!("\"{name}\" is not a node")),
        }
    }

    fn is_store(&self, name: &str) -> bool {
        self.find(name) == Ok(Addr::Store)
    }

    fn client(&self, name: &str) -> Result<ClientId, String> {
        match self.find(name)? {
            Addr::Client(client) => Ok(client),
            _ => Err(format!("\"{name}\" is not a client")),
        }
    }

    fn ends(&self, between: &Between) -> Result<(Addr, Addr), String> {
        let (a, b) = (self.find(&between.0)?, self.find(&between.1)?);
        match a == b {
            true => Err(format!("\"{}\" has no link to itself", between.0)),
            false => Ok((a, b)),
        }
    }

    /// Everybody on the network.
    pub(super) fn everybody(&self) -> Vec<Addr> {
        let nodes = self.servers.iter().flatten().map(|server| Addr::Node(server.node.core.id));
        let clients = self.clients.keys().filter(|id| **id != ClientId::OPERATOR).map(|id| Addr::Client(*id));
        let proxy = self.proxy.iter().map(|_| Addr::Proxy);
        let store = self.manager.iter().map(|_| Addr::Store);
        nodes.chain(clients).chain(proxy).chain(store).collect()
    }

    fn not_running(&self, node: NodeId) -> String {
        format!("{} does not run", self.names[usize::from(node.0)])
    }

    fn on_server(&mut self, name: &str, act: impl FnOnce(&mut super::server::Server)) -> Result<(), String> {
        let node = self.node(name)?;
        self.server(node).map(act).ok_or_else(|| format!("{name} is gone"))
    }

    fn run_sql(&mut self, console: &Console, sql: &Arc<str>) -> Result<(), String> {
        let (client, session) = match console {
            Console::Client(name) => {
                let client = self.client(name)?;
                (client, SessionId { client, number: SessionId::CONSOLE })
            }
            Console::On(name) => {
                let node = self.node(name)?;
                (ClientId::OPERATOR, Client::console_on(ClientId::OPERATOR, node))
            }
        };
        let run = Operation::Run(session, Statement::Sql(sql.clone()));
        self.deliver(Addr::Client(client), Input::Operator(run));
        Ok(())
    }

    fn cut(&mut self, from: Addr, to: Addr) {
        let mut trace = Vec::new();
        self.network.cut(from, to, self.now, &mut trace);
        trace.into_iter().for_each(|what| self.emit(what));
    }

    fn heal(&mut self, from: Addr, to: Addr) {
        let mut trace = Vec::new();
        let arrivals = self.network.heal(from, to, self.now, &mut trace);
        trace.into_iter().for_each(|what| self.emit(what));
        for (at, id) in arrivals {
            self.queue.plan(at, Event::Arrive(id));
        }
    }

    /// The machine dies.
    pub(super) fn crash(&mut self, node: NodeId) -> Result<(), String> {
        if self.life(Addr::Node(node)) == Life::Down {
            return Err(self.not_running(node));
        }
        let mut trace = Vec::new();
        self.network.machine_down(Addr::Node(node), self.now, &mut trace);
        trace.into_iter().for_each(|what| self.emit(what));
        let surviving = match self.server(node) {
            Some(server) if server.node.life == Life::Stopped => server.node.core.log.end(),
            Some(server) => server.surviving_crash(),
            None => return Ok(()),
        };
        self.die(node, surviving, Life::Down);
        self.agent_dies(node);
        for who in [Addr::Node(node), Addr::Agent(node)] {
            for conn in self.network.connections_of(who) {
                self.network.end(conn, who);
                self.network.forget(conn);
            }
        }
        Ok(())
    }

    /// The server's process dies; the machine tells everybody who was connected.
    pub(super) fn kill(&mut self, node: NodeId) {
        let Some(server) = self.server(node) else { return };
        let surviving = server.node.core.log.written();
        self.die(node, surviving, Life::Stopped);
        for conn in self.network.connections_of(Addr::Node(node)) {
            if self.network.end(conn, Addr::Node(node)) {
                self.send(conn, Addr::Node(node), Payload::End(CloseReason::Reset));
            }
        }
    }

    fn die(&mut self, node: NodeId, surviving: Lsn, life: Life) {
        self.stop_timers(Addr::Node(node));
        // The machine goes on without the server, and its agent with what it has missed.
        let missed = self.server(node).and_then(|server| server.frozen.take()).filter(|_| life == Life::Stopped);
        for (to, input) in missed.into_iter().flatten().filter(|(to, _)| *to != Addr::Node(node)) {
            self.deliver(to, input);
        }
        self.with_actor(Addr::Node(node), |world, _, out| {
            if let Some(server) = world.server(node) {
                server.epoch += 1;
                server.writing = None;
                server.node.die(surviving, life, out);
            }
        });
    }

    fn restart(&mut self, node: NodeId) -> Result<(), String> {
        match self.life(Addr::Node(node)) {
            Life::Down | Life::Stopped if self.server(node).is_some_and(|server| !server.node.has_database()) => {
                let name = self.name_of(Addr::Node(node));
                return Err(format!(
                    "{name} has no database: its base backup or rewind did not come to an end. Take a base backup"
                ));
            }
            Life::Copying => return Err("a database is being copied to it".to_owned()),
            // A server that is joining has no agent before it has run.
            Life::Down | Life::Stopped if self.agent(node).is_some() => return self.machine_on(node),
            Life::Rewinding => return Err("its database is being rewound".to_owned()),
            Life::Down | Life::Stopped => {}
            Life::Paused => return Err("a paused machine is resumed, not restarted".to_owned()),
            Life::Running | Life::Recovering => {
                self.kill(node);
                if self.agent(node).is_some() {
                    return self.machine_on(node);
                }
            }
        }
        self.answer_for(Addr::Node(node));
        self.with_actor(Addr::Node(node), |world, _, out| {
            if let Some(server) = world.server(node) {
                server.node.start(out);
            }
        });
        Ok(())
    }

    fn pause(&mut self, node: NodeId) -> Result<(), String> {
        match self.life(Addr::Node(node)) {
            Life::Running | Life::Recovering | Life::Copying | Life::Rewinding => {
                if let Some(server) = self.server(node) {
                    server.frozen = Some(std::collections::VecDeque::new());
                }
                self.emit(What::LifeChanged { node, life: Life::Paused });
                Ok(())
            }
            Life::Paused => Err("it is paused already".to_owned()),
            Life::Down | Life::Stopped => Err(self.not_running(node)),
        }
    }

    fn resume(&mut self, node: NodeId) -> Result<(), String> {
        let Some(server) = self.server(node) else { return Err("it is gone".to_owned()) };
        let Some(waiting) = server.frozen.take() else { return Err("it is not paused".to_owned()) };
        let life = server.node.life;
        self.emit(What::LifeChanged { node, life });
        for (to, input) in waiting {
            self.deliver(to, input);
        }
        Ok(())
    }

    pub(super) fn must_run(&mut self, node: NodeId) -> Result<(), String> {
        match self.life(Addr::Node(node)) {
            Life::Running => Ok(()),
            Life::Paused => Err(format!("{} is paused", self.names[usize::from(node.0)])),
            _ => Err(self.not_running(node)),
        }
    }

    pub(super) fn must_be_replica(&mut self, node: NodeId) -> Result<(), String> {
        self.must_run(node)?;
        match self.server(node).and_then(|server| server.node.role.upstream()) {
            Some(_) => Ok(()),
            None => Err(format!("{} is not a replica: recovery is not in progress", self.names[usize::from(node.0)])),
        }
    }

    fn pause_replay(&mut self, node: NodeId, paused: bool) -> Result<(), String> {
        self.must_be_replica(node)?;
        self.deliver(Addr::Node(node), Input::Operator(Operation::PauseReplay(paused)));
        Ok(())
    }

    /// An operator promotes a replica: where there is a manager, by asking it (`patronictl failover`).
    fn promote_or_ask(&mut self, node: NodeId) -> Result<(), String> {
        if self.manager.is_none() {
            return self.promote(node);
        }
        self.must_be_replica(node)?;
        self.ask_manager(None, node)
    }

    pub(super) fn promote(&mut self, node: NodeId) -> Result<(), String> {
        self.must_be_replica(node)?;
        let newest = self.newest_timeline;
        self.deliver(Addr::Node(node), Input::Operator(Operation::Promote { newest }));
        Ok(())
    }

    fn repoint(&mut self, node: NodeId, upstream: NodeId) -> Result<(), String> {
        self.must_run(node)?;
        let mut at = Some(upstream);
        for _ in 0..=self.servers.len() {
            match at {
                Some(id) if id == node => return Err("a server cannot follow itself or its own replica".to_owned()),
                Some(id) => {
                    at = self.server(id).and_then(|server| server.node.role.upstream());
                }
                None => break,
            }
        }
        self.deliver(Addr::Node(node), Input::Operator(Operation::Repoint(upstream)));
        Ok(())
    }

    fn set(&mut self, settings: &[(Arc<str>, Arc<str>)], on: Option<&str>) -> Result<(), String> {
        let mut trial = Settings::defaults(self.setup.flavor);
        for (name, value) in settings {
            trial.set(name, value).map_err(|error| error.to_string())?;
        }
        let nodes = match on {
            Some(name) => vec![self.node(name)?],
            None => self.servers.iter().flatten().map(|server| server.node.core.id).collect(),
        };
        if on.is_none() {
            // Nodes that join later have them, too.
            self.setup.settings.extend(settings.iter().cloned());
        }
        for node in nodes {
            let operation = Operation::Set(settings.to_vec());
            self.deliver(Addr::Node(node), Input::Operator(operation));
        }
        Ok(())
    }

    /// Every server's hosts file.
    pub(super) fn tell_hosts(&mut self) {
        let hosts: Arc<[Arc<str>]> = self.names.as_slice().into();
        for server in self.servers.iter_mut().flatten() {
            server.node.core.hosts = hosts.clone();
        }
    }

    fn remove_node(&mut self, node: NodeId) -> Result<(), String> {
        if self.servers.iter().flatten().count() == 1 {
            return Err("the last node stays".to_owned());
        }
        if !matches!(self.life(Addr::Node(node)), Life::Down | Life::Stopped) {
            self.kill(node);
        }
        self.tell_members(node, false);
        self.agent_leaves(node);
        self.servers[usize::from(node.0)] = None;
        Ok(())
    }
}
