//! The cluster and everything around it: the clock, the queue, the network, the machines. One step is one event.

use std::collections::VecDeque;
use std::sync::Arc;

use super::failover::Manager;
use super::network::{Flight, Network, Payload};
use super::queue::{EventQueue, Plan};
use super::random::{self, Stream};
use super::rewind::Rewind;
use super::server::{Server, WRITE_US};
use super::setup::Setup;
use super::start::{self, SetupError};
use super::switchover::Switchover;
use crate::engine::client::Client;
use crate::engine::ids::{Addr, ClientId, ConnId, NodeId, SessionId};
use crate::engine::io::{Input, Outbox, Output, Timer};
use crate::engine::log::{Lsn, Timeline};
use crate::engine::message::QueryResult;
use crate::engine::node::Checkpoint;
use crate::engine::proxy::Proxy;
use crate::engine::storage::SqlError;
use crate::engine::time::{MILLISECOND_US, SECOND_US, SimTime};
use crate::engine::trace::{CloseReason, DropReason, Life, MessageId, TraceEvent, What};
use crate::order::{OrderedMap, OrderedSet};

/// A connection that nobody answers is given up after this, in microseconds.
const CONNECT_TIMEOUT_US: u64 = 3 * SECOND_US;
/// The operator re-points the other replicas this long after a promotion, in microseconds.
const REPOINT_US: u64 = 100 * MILLISECOND_US;
/// Answers to typed statements that are kept.
const CONSOLE: usize = 200;

/// Something planned.
#[derive(Clone, Debug)]
pub(super) enum Event {
    Arrive(MessageId),
    Timer { who: Addr, timer: Timer },
    Written { node: NodeId, epoch: u32, to: Lsn },
    Flushed { node: NodeId, epoch: u32, to: Lsn },
    ConnectTimeout(ConnId),
    Exit { node: NodeId, epoch: u32 },
    Repoint { node: NodeId, upstream: NodeId },
    PowerOff { node: NodeId, by: NodeId },
    Switchover(Switchover),
    Rewind(Rewind),
}

/// A typed statement and its answer.
#[derive(Clone, Debug, PartialEq)]
pub struct ConsoleEntry {
    /// When it was answered.
    pub at: SimTime,
    /// The session it was typed in.
    pub session: SessionId,
    /// The server that answered, where one did.
    pub served_by: Option<NodeId>,
    /// The answer.
    pub result: Result<Box<QueryResult>, Box<SqlError>>,
}

/// The cluster and everything around it. A clone goes on exactly as the original would.
#[derive(Clone, Debug)]
pub struct World {
    pub(super) setup: Setup,
    pub(super) now: SimTime,
    pub(super) queue: EventQueue<Event>,
    pub(super) network: Network,
    pub(super) servers: Vec<Option<Server>>,
    pub(super) names: Vec<Arc<str>>,
    /// New servers that have not run yet.
    pub(super) joining: OrderedSet<NodeId>,
    /// Servers that are about to be rewound.
    pub(super) rewinds: OrderedSet<NodeId>,
    /// Whom an operator is about to hand the primary's role to.
    pub(super) taking_over: Option<NodeId>,
    pub(super) proxy: Option<Proxy>,
    pub(super) manager: Option<Manager>,
    pub(super) clients: OrderedMap<ClientId, Client>,
    pub(super) primary: NodeId,
    pub(super) newest_timeline: Timeline,
    pub(super) image: Checkpoint,
    /// When each timer runs out, and what is planned for it.
    timers: OrderedMap<(Addr, Timer), (SimTime, Plan)>,
    console: VecDeque<ConsoleEntry>,
    trace: Vec<TraceEvent>,
    events: u64,
    outbox: Outbox,
    local: VecDeque<(Addr, Input)>,
}

impl World {
    /// The cluster of a set-up, at its first instant.
    ///
    /// # Errors
    /// When the set-up cannot be run: its schema is refused, or it names what is not there.
    pub fn new(setup: &Setup) -> Result<World, SetupError> {
        let image = start::image(setup)?;
        let network = start::network(setup)?;
        let mut world = World {
            setup: setup.clone(),
            now: SimTime::ZERO,
            queue: EventQueue::default(),
            network,
            servers: Vec::new(),
            names: Vec::new(),
            joining: OrderedSet::new(),
            rewinds: OrderedSet::new(),
            taking_over: None,
            proxy: None,
            manager: None,
            clients: OrderedMap::new(),
            primary: NodeId(0),
            newest_timeline: Timeline(1),
            image,
            timers: OrderedMap::new(),
            console: VecDeque::new(),
            trace: Vec::new(),
            events: 0,
            outbox: Outbox::default(),
            local: VecDeque::new(),
        };
        start::build(&mut world)?;
        world.set_up_manager();
        world.begin_all();
        Ok(world)
    }

    fn begin_all(&mut self) {
        for index in 0..self.servers.len() {
            self.with_actor(Addr::Node(NodeId(index as u8)), |world, addr, out| {
                if let Some(server) = world.server_at(addr) {
                    server.node.begin(out);
                }
            });
        }
        self.with_actor(Addr::Proxy, |world, _, out| {
            if let Some(proxy) = &mut world.proxy {
                proxy.begin(out);
            }
        });
        for id in self.clients.keys().copied().collect::<Vec<_>>() {
            self.with_actor(Addr::Client(id), |world, _, out| {
                if let Some(client) = world.clients.get_mut(&id) {
                    client.begin(out);
                }
            });
        }
        self.begin_manager();
        self.drain_local();
    }

    /// The present.
    #[must_use]
    pub fn now(&self) -> SimTime {
        self.now
    }

    /// What it began with.
    #[must_use]
    pub fn setup(&self) -> &Setup {
        &self.setup
    }

    /// When the next event happens.
    #[must_use]
    pub fn next_at(&self) -> Option<SimTime> {
        self.queue.next_at()
    }

    /// Carries out the next event. False when nothing is planned.
    pub fn step(&mut self) -> bool {
        let Some((at, event)) = self.queue.pop() else { return false };
        self.now = at;
        self.carry_out(event);
        self.drain_local();
        true
    }

    /// Lets the clock stand at `at`, when nothing happens before.
    pub fn rest_until(&mut self, at: SimTime) {
        if self.next_at().is_none_or(|next| next > at) {
            self.now = self.now.max(at);
        }
    }

    /// Takes what happened since the last call.
    pub fn take_trace(&mut self) -> Vec<TraceEvent> {
        std::mem::take(&mut self.trace)
    }

    /// Gives back an emptied vector of [`World::take_trace`], so that it need not grow again.
    pub fn recycle_trace(&mut self, mut spent: Vec<TraceEvent>) {
        if self.trace.is_empty() {
            spent.clear();
            self.trace = spent;
        }
    }

    /// Answers to typed statements, newest last.
    #[must_use]
    pub fn console(&self) -> &VecDeque<ConsoleEntry> {
        &self.console
    }

    /// Says that something happened.
    pub(super) fn emit(&mut self, what: What) {
        match &what {
            What::BecamePrimary { node, timeline, .. } => self.became_primary(*node, *timeline),
            What::LifeChanged { node, life: Life::Running } => self.runs(*node),
            _ => {}
        }
        self.trace.push(TraceEvent { number: self.events, at: self.now, what });
        self.events += 1;
    }

    fn became_primary(&mut self, node: NodeId, timeline: Timeline) {
        let promoted = timeline > self.newest_timeline;
        if !promoted {
            return;
        }
        self.newest_timeline = timeline;
        let former = std::mem::replace(&mut self.primary, node);
        if !self.setup.failover.repoint || self.manager.is_some() {
            return;
        }
        let followers = self.replicas_of(former);
        for follower in followers.into_iter().filter(|follower| *follower != node) {
            self.queue.plan(self.now.plus(REPOINT_US), Event::Repoint { node: follower, upstream: node });
        }
    }

    fn carry_out(&mut self, event: Event) {
        match event {
            Event::Arrive(id) => {
                if let Some(flight) = self.network.arrive(id, self.now) {
                    self.arrived(flight);
                }
            }
            Event::Timer { who, timer } => {
                self.timers.remove(&(who, timer));
                if let (Timer::Watchdog, Addr::Agent(node)) = (timer, who) {
                    return self.power_off(node, None);
                }
                // A crash recovery ends in a checkpoint, which takes room on the disk.
                let no_room = timer == Timer::StartupDone
                    && self.server_at(who).is_some_and(|server| {
                        let room = server.has_room_to_start();
                        server.filled_bytes.take_if(|_| room);
                        !matches!(server.node.role, crate::engine::node::Role::Replica(_)) && !room
                    });
                self.deliver(who, if no_room { Input::DiskFull } else { Input::Timer(timer) });
            }
            Event::Written { node, epoch, to } => {
                if let Some(server) = self.server_in(node, epoch) {
                    server.writing = None;
                    self.deliver(Addr::Node(node), Input::DiskWritten { to });
                }
            }
            Event::Flushed { node, epoch, to } => {
                if self.server_in(node, epoch).is_some() {
                    self.deliver(Addr::Node(node), Input::DiskFlushed { to });
                }
            }
            Event::ConnectTimeout(conn) => {
                if self.network.is_opening(conn) {
                    self.end_connection(conn, conn.opener, CloseReason::TimedOut);
                }
            }
            Event::Exit { node, epoch } => {
                if self.server_in(node, epoch).is_some() {
                    self.kill(node);
                }
            }
            Event::PowerOff { node, by } => self.power_off(node, Some(by)),
            Event::Switchover(switchover) => self.go_on_with(switchover),
            Event::Rewind(rewind) => self.go_on_rewinding(rewind),
            Event::Repoint { node, upstream } => {
                let operation = crate::engine::io::Operation::Repoint(upstream);
                self.deliver(Addr::Node(node), Input::Operator(operation));
            }
        }
    }

    pub(super) fn server(&mut self, node: NodeId) -> Option<&mut Server> {
        self.servers.get_mut(usize::from(node.0))?.as_mut()
    }

    fn server_at(&mut self, addr: Addr) -> Option<&mut Server> {
        match addr {
            Addr::Node(node) => self.server(node),
            _ => None,
        }
    }

    fn server_in(&mut self, node: NodeId, epoch: u32) -> Option<&mut Server> {
        self.server(node).filter(|server| server.epoch == epoch)
    }

    /// What a machine does with what comes to it.
    pub(super) fn life(&self, addr: Addr) -> Life {
        match addr {
            Addr::Node(node) => {
                let server = self.servers.get(usize::from(node.0)).and_then(Option::as_ref);
                server.map_or(Life::Down, |s| if s.frozen.is_some() { Life::Paused } else { s.node.life })
            }
            // An agent runs whenever its machine does.
            Addr::Agent(node) => match self.life(Addr::Node(node)) {
                life @ (Life::Down | Life::Paused) => life,
                _ => Life::Running,
            },
            Addr::Store => self.store_life(),
            Addr::Client(_) | Addr::Proxy => Life::Running,
        }
    }

    fn arrived(&mut self, flight: Flight) {
        let Flight { id, conn, from, to, payload, .. } = flight;
        let life = self.life(to);
        if life == Life::Down {
            self.network.unanswered(conn, from);
            self.emit(What::Dropped { id, reason: DropReason::ReceiverDown });
            return;
        }
        match payload {
            Payload::Open if matches!(life, Life::Stopped | Life::Copying | Life::Rewinding) => {
                self.emit(What::Delivered { id });
                self.send(conn, to, Payload::End(CloseReason::Refused));
            }
            Payload::Open => {
                self.emit(What::Delivered { id });
                self.network.accepted(conn);
                self.emit(What::Connected { conn, to });
                self.send(conn, to, Payload::Accept);
                self.deliver(to, Input::Accepted { conn });
            }
            Payload::Accept => {
                self.emit(What::Delivered { id });
                if self.network.established(conn) {
                    self.deliver(to, Input::Opened { conn });
                }
            }
            Payload::End(reason) => {
                self.emit(What::Delivered { id });
                self.end_connection(conn, to, reason);
            }
            Payload::Data(message) if self.network.is_open(conn, to) => {
                self.emit(What::Delivered { id });
                self.deliver(to, Input::Received { conn, message });
            }
            Payload::Data(_) => {
                self.emit(What::Dropped { id, reason: DropReason::ConnectionClosed });
                // The machine answers for a process that is no longer there.
                self.send(conn, to, Payload::End(CloseReason::Reset));
            }
        }
        self.network.settle(conn);
    }

    /// One end learns that its connection is gone.
    pub(super) fn end_connection(&mut self, conn: ConnId, end: Addr, reason: CloseReason) {
        if !self.network.end(conn, end) {
            self.network.forget(conn);
            return;
        }
        if let Some((opener, acceptor)) = self.network.ends(conn) {
            let peer = if end == opener { acceptor } else { opener };
            self.emit(What::Disconnected { conn, at_end: end, peer, reason });
        }
        self.deliver(end, Input::Closed { conn, reason });
        self.network.forget(conn);
    }

    pub(super) fn send(&mut self, conn: ConnId, from: Addr, payload: Payload) {
        let mut trace = Vec::new();
        let arrival = self.network.send(conn, from, payload, self.now, &mut trace);
        trace.into_iter().for_each(|what| self.emit(what));
        if let Some((at, id)) = arrival {
            self.queue.plan(at, Event::Arrive(id));
        }
    }

    /// Gives an actor an input; one at a time, in order.
    pub(super) fn deliver(&mut self, to: Addr, input: Input) {
        self.local.push_back((to, input));
    }

    pub(super) fn drain_local(&mut self) {
        while let Some((to, input)) = self.local.pop_front() {
            if let Some(frozen) = self.server_at(to.machine()).and_then(|server| server.frozen.as_mut()) {
                frozen.push_back((to, input));
                continue;
            }
            if let Some(frozen) = self.manager.as_mut().and_then(|m| m.store_frozen.as_mut())
                && to == Addr::Store
            {
                frozen.push_back(input);
                continue;
            }
            self.with_actor(to, |world, addr, out| match addr {
                Addr::Node(node) => {
                    if let Some(server) = world.server(node)
                        && (matches!(
                            server.node.life,
                            Life::Running | Life::Recovering | Life::Copying | Life::Rewinding
                        ) || matches!(input, Input::Operator(_)))
                    {
                        server.node.handle(input, out);
                    }
                }
                Addr::Proxy => {
                    if let Some(proxy) = &mut world.proxy {
                        proxy.handle(input, out);
                    }
                }
                Addr::Client(id) => {
                    if let Some(client) = world.clients.get_mut(&id) {
                        client.handle(input, out);
                    }
                }
                Addr::Store => {
                    if let Some(manager) = &mut world.manager {
                        manager.store.handle(input, out);
                    }
                }
                Addr::Agent(node) => {
                    if world.life(addr) == Life::Running
                        && let Some(local) = world.local(node)
                        && let Some(agent) = world.agent(node)
                    {
                        agent.handle(input, &local, out);
                    }
                }
            });
        }
    }

    /// Lets an actor act, then carries out what it wants.
    pub(super) fn with_actor(&mut self, who: Addr, act: impl FnOnce(&mut World, Addr, &mut Outbox)) {
        let mut out = std::mem::take(&mut self.outbox);
        out.now = self.now;
        act(self, who, &mut out);
        for what in out.trace.drain(..) {
            self.emit(what);
        }
        for output in out.outputs.drain(..) {
            self.put_out(who, output);
        }
        self.outbox = out;
    }

    fn put_out(&mut self, who: Addr, output: Output) {
        match output {
            Output::Open { conn, to } => {
                let mut trace = Vec::new();
                let arrival = self.network.open(conn, to, self.now, &mut trace);
                trace.into_iter().for_each(|what| self.emit(what));
                if let Some((at, id)) = arrival {
                    self.queue.plan(at, Event::Arrive(id));
                }
                self.queue.plan(self.now.plus(CONNECT_TIMEOUT_US), Event::ConnectTimeout(conn));
            }
            Output::Send { conn, message } => {
                if self.network.is_open(conn, who) {
                    self.send(conn, who, Payload::Data(message));
                }
            }
            Output::Close { conn } => {
                if self.network.end(conn, who) {
                    self.send(conn, who, Payload::End(CloseReason::Closed));
                }
            }
            Output::Promote => {
                if let Addr::Node(node) = who {
                    // It is a replica: it would not have asked otherwise.
                    let _ = self.promote(node);
                }
            }
            Output::Local(action) => {
                if let Addr::Agent(node) = who {
                    self.do_locally(node, action);
                }
            }
            Output::SetTimer { timer, at } => self.set_timer(who, timer, at),
            Output::DiskWrite { to, .. } => self.disk_write(who, to),
            Output::DiskFlush { to } => {
                if let Addr::Node(node) = who
                    && let Some(server) = self.server(node)
                {
                    let (epoch, fsync_us) = (server.epoch, server.fsync_us);
                    self.queue.plan(self.now.plus(fsync_us), Event::Flushed { node, epoch, to });
                }
            }
            Output::Exit { .. } => {
                if let Addr::Node(node) = who
                    && let Some(server) = self.server(node)
                {
                    let epoch = server.epoch;
                    self.queue.plan(self.now, Event::Exit { node, epoch });
                }
            }
            Output::Console { session, result, served_by } => {
                if self.console.len() == CONSOLE {
                    self.console.pop_front();
                }
                self.console.push_back(ConsoleEntry { at: self.now, session, served_by, result });
            }
        }
    }

    fn set_timer(&mut self, who: Addr, timer: Timer, at: SimTime) {
        let before = if at == SimTime::NEVER {
            self.timers.remove(&(who, timer))
        } else {
            let plan = self.queue.plan(at.max(self.now), Event::Timer { who, timer });
            self.timers.insert((who, timer), (at, plan))
        };
        if let Some((_, plan)) = before {
            self.queue.call_off(plan);
        }
    }

    fn disk_write(&mut self, who: Addr, to: Lsn) {
        let Addr::Node(node) = who else { return };
        let now = self.now;
        let Some(server) = self.server(node) else { return };
        if server.has_room(to) {
            server.writing = Some(to);
            let epoch = server.epoch;
            server.filled_bytes = None;
            self.queue.plan(now.plus(WRITE_US), Event::Written { node, epoch, to });
        } else {
            server.filled_bytes = server.size_bytes.filter(|_| !server.full);
            self.deliver(who, Input::DiskFull);
        }
    }

    pub(super) fn timer_at(&self, who: Addr, timer: Timer) -> Option<SimTime> {
        self.timers.get(&(who, timer)).map(|(at, _)| *at)
    }

    /// Stops every timer of an actor.
    pub(super) fn stop_timers(&mut self, who: Addr) {
        let queue = &mut self.queue;
        self.timers.retain(|(owner, _), (_, plan)| {
            let stays = *owner != who;
            if !stays {
                queue.call_off(*plan);
            }
            stays
        });
    }

    /// The replicas that are configured to follow this server.
    pub(super) fn replicas_of(&self, upstream: NodeId) -> Vec<NodeId> {
        let follows = |server: &Server| server.node.role.upstream() == Some(upstream);
        let present = self.servers.iter().flatten();
        present.filter(|server| follows(server)).map(|server| server.node.core.id).collect()
    }

    /// A generator for something in this world.
    pub(super) fn random(&self, stream: Stream) -> rand_pcg::Pcg32 {
        random::stream(self.setup.seed, stream)
    }
}
