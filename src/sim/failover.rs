//! The failover manager in the world: the store, the agents beside their servers, watchdogs and power switches.

use std::collections::VecDeque;
use std::sync::Arc;

use super::network::Payload;
use super::view::{AgentView, ManagerView};
use super::world::{Event, World};
use crate::engine::failover::{
    Action, Agent, ClusterView, Local, ManagerEvent, Member, MemberRole, Store, Stream, SyncKey, SynchronousMode,
};
use crate::engine::flavor::Flavor;
use crate::engine::ids::{Addr, NodeId};
use crate::engine::io::{Input, Operation, Timer};
use crate::engine::log::Timeline;
use crate::engine::node::{Node, Role, SenderState};
use crate::engine::time::MILLISECOND_US;
use crate::engine::trace::{CloseReason, Life, What};
use crate::order::{OrderedMap, OrderedSet};

/// From the order to power a machine off until it is off, in microseconds. Management controllers have a network of their
/// own, which is not cut here.
const POWER_OFF_US: u64 = 100 * MILLISECOND_US;

/// The store and the agents.
#[derive(Clone, Debug)]
pub(super) struct Manager {
    pub(super) store: Store,
    /// What came while the store was frozen.
    pub(super) store_frozen: Option<VecDeque<Input>>,
    pub(super) agents: OrderedMap<NodeId, Agent>,
}

impl World {
    /// Puts the manager into a new world, where failover is automatic.
    pub(super) fn set_up_manager(&mut self) {
        let rules = self.setup.failover.clone();
        if !rules.automatic {
            return;
        }
        let nodes: Vec<NodeId> = self.nodes().collect();
        let strict = rules.synchronous_mode_strict && self.setup.flavor == Flavor::Postgresql;
        let mut members = OrderedMap::new();
        for node in &nodes {
            if let Some(local) = self.local(*node) {
                let role = if local.primary { MemberRole::Primary } else { MemberRole::Replica };
                let (timeline, position, tags) = (local.timeline, local.position, self.tags(*node));
                members.insert(*node, Member { role, running: true, streaming: false, timeline, position, tags });
            }
        }
        let leader = self.primary;
        let mut sync = SyncKey::default();
        if rules.synchronous_mode != SynchronousMode::Off && self.setup.flavor == Flavor::Postgresql {
            sync.leader = Some(leader);
            let names = match (strict, rules.synchronous_mode) {
                (false, _) => "",
                (true, SynchronousMode::Quorum) => "ANY 1 (*)",
                (true, _) => "*",
            };
            self.do_locally(leader, Action::SynchronousStandbyNames(names.into()));
        }
        let store = Store::new(rules.ttl_us, leader, members, sync);
        let view = Arc::new(store.view().clone());
        let known: OrderedSet<NodeId> = nodes.iter().copied().collect();
        let agents = nodes.iter().map(|node| {
            let mut agent = self.new_agent(*node, known.clone());
            agent.found(view.clone());
            (*node, agent)
        });
        let agents = agents.collect();
        self.manager = Some(Manager { store, store_frozen: None, agents });
    }

    pub(super) fn begin_manager(&mut self) {
        let Some(manager) = &self.manager else { return };
        let agents: Vec<NodeId> = manager.agents.keys().copied().collect();
        let loop_wait_us = self.setup.failover.loop_wait_us;
        self.with_actor(Addr::Store, |world, _, out| {
            if let Some(manager) = &mut world.manager {
                manager.store.begin(out);
            }
        });
        for (index, node) in agents.iter().enumerate() {
            // Rounds do not fall together.
            let offset_us = loop_wait_us * index as u64 / agents.len() as u64;
            self.begin_agent(*node, offset_us);
        }
    }

    fn begin_agent(&mut self, node: NodeId, offset_us: u64) {
        self.with_actor(Addr::Agent(node), |world, _, out| {
            if let Some(agent) = world.agent(node) {
                agent.begin(offset_us, out);
            }
        });
    }

    fn new_agent(&self, node: NodeId, known: OrderedSet<NodeId>) -> Agent {
        let mysql = self.setup.flavor == Flavor::Mysql;
        let names = self.names.as_slice().into();
        // A server that was set up behind another standby stays behind it.
        let upstream = self.servers.get(usize::from(node.0)).and_then(Option::as_ref);
        let upstream = upstream.and_then(|server| server.node.role.upstream()).filter(|up| *up != self.primary);
        Agent::new(node, self.setup.failover.clone(), mysql, self.tags(node), upstream, known, names)
    }

    fn tags(&self, node: NodeId) -> crate::engine::failover::Tags {
        self.servers.get(usize::from(node.0)).and_then(Option::as_ref).map(|server| server.tags).unwrap_or_default()
    }

    pub(super) fn agent(&mut self, node: NodeId) -> Option<&mut Agent> {
        self.manager.as_mut()?.agents.get_mut(&node)
    }

    /// Who holds the lease, as the store has it, and all else that it holds.
    #[must_use]
    pub fn store(&self) -> Option<&Store> {
        self.manager.as_ref().map(|manager| &manager.store)
    }

    /// The agents, by their servers.
    pub fn agents(&self) -> impl Iterator<Item = (NodeId, &Agent)> {
        self.manager.iter().flat_map(|manager| manager.agents.iter().map(|(node, agent)| (*node, agent)))
    }

    /// A server as its own agent sees it.
    pub(super) fn local(&self, node: NodeId) -> Option<Local> {
        let server = self.servers.get(usize::from(node.0))?.as_ref()?;
        let Node { role, core, life, senders, dumps, .. } = &server.node;
        let mysql = core.binlog.is_some();
        let position = match (&core.binlog, role) {
            (Some(binlog), Role::MysqlReplica(replica)) => binlog.executed.count() + replica.channel.relay.len() as u64,
            (Some(binlog), _) => binlog.executed.count(),
            (None, Role::Replica(_)) => core.log.flushed().0,
            (None, _) => core.log.written().0,
        };
        let streams = match mysql {
            true => dumps.iter().map(|dump| (dump.replica, 0)).collect::<Vec<_>>(),
            false => {
                let streaming = senders.iter().filter(|sender| sender.state == SenderState::Streaming);
                streaming.map(|sender| (sender.standby, sender.positions.flush.0)).collect()
            }
        };
        let streams = streams.into_iter().map(|(standby, flushed)| {
            let has_all = self.has_all(node, standby);
            Stream { node: standby, flushed, has_all }
        });
        Some(Local {
            life: *life,
            has_database: server.node.has_database(),
            primary: match role {
                Role::Primary(_) => !(mysql && core.read_only()),
                Role::Replica(_) | Role::MysqlReplica(_) => false,
            },
            durable: core.history.switches().last().is_none_or(|switch| core.log.flushed() > switch.at),
            promoting: match role {
                Role::Primary(_) => false,
                Role::Replica(replica) => replica.promoting.is_some(),
                Role::MysqlReplica(replica) => replica.channel.promoting.is_some(),
            },
            upstream: role.upstream(),
            streaming: role.streaming(),
            diverged: core.is_past_the_fork(),
            timeline: core.timeline(),
            position,
            streams: streams.collect(),
            synchronous_standby_names: core.settings.get("synchronous_standby_names").unwrap_or_default().into(),
        })
    }

    /// An agent's doing.
    pub(super) fn do_locally(&mut self, node: NodeId, action: Action) {
        let operation = match action {
            Action::Start { primary, upstream } => Operation::Start(primary, upstream),
            Action::HandOver(begin) => {
                if begin {
                    self.deliver(Addr::Node(node), Input::Timer(Timer::Checkpoint));
                }
                Operation::HandOver(begin)
            }
            Action::Demote => Operation::Demote,
            Action::Promote => Operation::Promote { newest: self.newest_timeline },
            Action::Follow(upstream) => Operation::Repoint(upstream),
            Action::SynchronousStandbyNames(names) => Operation::Set(vec![("synchronous_standby_names".into(), names)]),
            Action::Stop => return self.kill(node),
            // Refused where there is nothing to rewind to: the next round tries again.
            Action::Rewind => return drop(self.rewind(node)),
            Action::PowerOff(victim) => {
                let at = self.now.plus(POWER_OFF_US);
                self.queue.plan(at, Event::PowerOff { node: victim, by: node });
                return;
            }
        };
        self.deliver(Addr::Node(node), Input::Operator(operation));
    }

    /// A machine is powered off from outside.
    pub(super) fn power_off(&mut self, node: NodeId, by: Option<NodeId>) {
        // A machine that is off already, or was taken away, needs no more.
        if self.crash(node).is_ok() {
            self.emit(What::Manager(ManagerEvent::Fenced { node, by }));
        }
        if let Some(by) = by {
            self.deliver(Addr::Agent(by), Input::Operator(Operation::Fenced(node)));
        }
    }

    /// The machine under an agent goes off.
    pub(super) fn agent_dies(&mut self, node: NodeId) {
        self.stop_timers(Addr::Agent(node));
        if let Some(agent) = self.agent(node) {
            agent.die();
        }
    }

    /// The machine is on again, and its agent decides what its server is to be.
    pub(super) fn machine_on(&mut self, node: NodeId) -> Result<(), String> {
        if self.life(Addr::Node(node)) == Life::Down {
            self.answer_for(Addr::Node(node));
            self.answer_for(Addr::Agent(node));
            if let Some(server) = self.server(node) {
                server.node.life = Life::Stopped;
            }
            self.emit(What::LifeChanged { node, life: Life::Stopped });
            self.begin_agent(node, 0);
        } else {
            self.deliver(Addr::Agent(node), Input::Operator(Operation::Look));
        }
        Ok(())
    }

    /// A machine that is back answers what came while it was off: there is no such connection any more.
    pub(super) fn answer_for(&mut self, who: Addr) {
        for conn in self.network.waiting_for(who) {
            self.send(conn, who, Payload::End(CloseReason::Reset));
        }
    }

    /// A server joined: it has an agent of its own, of which the others know.
    pub(super) fn agent_joins(&mut self, node: NodeId) {
        let Some(manager) = &self.manager else { return };
        let known: OrderedSet<NodeId> = manager.agents.keys().copied().chain([node]).collect();
        let agent = self.new_agent(node, known);
        if let Some(manager) = &mut self.manager {
            manager.agents.insert(node, agent);
        }
        self.tell_agents(node, true);
        self.begin_agent(node, 0);
    }

    pub(super) fn agent_leaves(&mut self, node: NodeId) {
        self.agent_dies(node);
        if let Some(manager) = &mut self.manager {
            manager.agents.remove(&node);
        }
        self.tell_agents(node, false);
    }

    fn tell_agents(&mut self, node: NodeId, joined: bool) {
        let names: Arc<[Arc<str>]> = self.names.as_slice().into();
        let Some(manager) = &mut self.manager else { return };
        manager.agents.values_mut().for_each(|agent| agent.set_names(names.clone()));
        let agents: Vec<Addr> = manager.agents.keys().map(|agent| Addr::Agent(*agent)).collect();
        for to in agents.into_iter().chain([Addr::Store]) {
            self.deliver(to, Input::Operator(Operation::Member(node, joined)));
        }
    }

    /// An operator asks the manager for another leader.
    pub(super) fn ask_manager(&mut self, from: Option<NodeId>, to: NodeId) -> Result<(), String> {
        if self.life(Addr::Store) != Life::Running {
            return Err("the store does not answer".to_owned());
        }
        self.deliver(Addr::Store, Input::Operator(Operation::HandOverTo { from, to }));
        Ok(())
    }

    // -- the store

    pub(super) fn store_life(&self) -> Life {
        match &self.manager {
            Some(manager) if manager.store_frozen.is_some() => Life::Paused,
            Some(manager) => manager.store.life(),
            None => Life::Down,
        }
    }

    /// The store goes away.
    pub(super) fn crash_store(&mut self) -> Result<(), String> {
        if self.store_life() == Life::Down {
            return Err("the store does not run".to_owned());
        }
        let mut trace = Vec::new();
        self.network.machine_down(Addr::Store, self.now, &mut trace);
        trace.into_iter().for_each(|what| self.emit(what));
        self.change_store(Life::Down);
        for conn in self.network.connections_of(Addr::Store) {
            self.network.end(conn, Addr::Store);
            self.network.forget(conn);
        }
        Ok(())
    }

    /// The store is back, with all that it held.
    pub(super) fn restart_store(&mut self) -> Result<(), String> {
        match self.store_life() {
            Life::Down => {
                self.answer_for(Addr::Store);
                self.change_store(Life::Running);
                Ok(())
            }
            Life::Paused => Err("a paused machine is resumed, not restarted".to_owned()),
            _ => Err("the store runs".to_owned()),
        }
    }

    /// The store's machines freeze.
    pub(super) fn pause_store(&mut self) -> Result<(), String> {
        match (self.store_life(), &mut self.manager) {
            (Life::Running, Some(manager)) => {
                manager.store_frozen = Some(VecDeque::new());
                self.emit(What::Manager(ManagerEvent::StoreChanged { life: Life::Paused }));
                Ok(())
            }
            (Life::Paused, _) => Err("it is paused already".to_owned()),
            _ => Err("the store does not run".to_owned()),
        }
    }

    /// They go on.
    pub(super) fn resume_store(&mut self) -> Result<(), String> {
        let frozen = self.manager.as_mut().and_then(|manager| manager.store_frozen.take());
        let Some(waiting) = frozen else { return Err("it is not paused".to_owned()) };
        self.emit(What::Manager(ManagerEvent::StoreChanged { life: Life::Running }));
        for input in waiting {
            self.deliver(Addr::Store, input);
        }
        Ok(())
    }

    fn change_store(&mut self, life: Life) {
        self.with_actor(Addr::Store, |world, _, out| {
            if let Some(manager) = &mut world.manager {
                manager.store_frozen = None;
                manager.store.change(life, out);
            }
        });
    }

    /// What the store holds, for `patronictl list` and the stage.
    #[must_use]
    pub fn store_view(&self) -> Option<&ClusterView> {
        self.store().map(Store::view)
    }

    pub(super) fn manager_view(&self) -> Option<ManagerView> {
        let manager = self.manager.as_ref()?;
        let view = manager.store.view();
        let synchronous = self.setup.failover.synchronous_mode != SynchronousMode::Off;
        let agents = manager.agents.iter().map(|(node, agent)| AgentView {
            node: *node,
            lease_until: agent.lease(),
            watchdog_at: self.timer_at(Addr::Agent(*node), Timer::Watchdog),
            activity: agent.activity().clone(),
            tags: self.tags(*node),
        });
        Some(ManagerView {
            store: self.store_life(),
            leader: view.leader.map(|leader| (leader.node, leader.until)),
            rules: self.setup.failover.clone(),
            may_lead: synchronous.then(|| view.sync.standbys.iter().copied().collect()),
            hand_over: view.failover.map(|key| key.to),
            agents: agents.collect(),
        })
    }

    /// No timeline beyond this was ever begun.
    #[must_use]
    pub fn newest_timeline(&self) -> Timeline {
        self.newest_timeline
    }
}
