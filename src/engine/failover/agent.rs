//! The agent on one machine: it renews its server's lease or takes the primary's role from it, and competes when nobody
//! holds the lease.

use std::sync::Arc;

use super::comparison::PeerStatus;
use super::cycle::Request;
use super::event::ManagerEvent;
use super::local::{Action, Local};
use super::setup::{FailoverSetup, SynchronousMode, Tags};
use super::view::{ClusterView, Member, MemberRole};
use crate::engine::ids::{Addr, ConnId, NodeId};
use crate::engine::io::{Input, Operation, Outbox, Output, Timer};
use crate::engine::log::Lsn;
use crate::engine::message::Message;
use crate::engine::time::{MILLISECOND_US, SimTime};
use crate::engine::trace::{Life, What};
use crate::order::{OrderedMap, OrderedSet};

/// While it hands over, an agent looks at its server this often, in microseconds.
pub(super) const LOOK_US: u64 = 10 * MILLISECOND_US;

/// What an agent is busy with, beside its rounds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Activity {
    /// Nothing.
    #[default]
    Idle,
    /// It asks the others how far they have come: who was asked, and what they answered.
    Comparing(Questions),
    /// It waits until this member's machine is off.
    Fencing(NodeId),
    /// Its server is becoming the primary.
    Promoting,
    /// Its server stops taking writes in favour of another.
    HandingOver {
        /// Who takes over.
        to: NodeId,
        /// Whether not without everything.
        clean: bool,
        /// Until when the other may catch up.
        until: SimTime,
    },
    /// The store is silent: it asks all members whether it may go on without.
    Failsafe(Questions),
}

/// Questions to other agents.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Questions {
    /// Connections on which an answer is awaited.
    pub(super) open: OrderedMap<ConnId, NodeId>,
    /// Who answered.
    pub(super) answers: OrderedMap<NodeId, PeerStatus>,
    /// The term in which they were asked.
    pub(super) term: u64,
    /// Failsafe: whether somebody refused or could not be reached.
    pub(super) failed: bool,
}

/// The agent.
#[derive(Clone, Debug)]
pub struct Agent {
    /// Its machine.
    pub me: NodeId,
    pub(super) rules: FailoverSetup,
    pub(super) mysql: bool,
    pub(super) tags: Tags,
    pub(super) names: Arc<[Arc<str>]>,
    /// Whom its server follows while that one is a healthy standby (`replicatefrom`).
    pub(super) replicate_from: Option<NodeId>,
    /// Every member that it ever heard of.
    pub(super) known: OrderedSet<NodeId>,
    pub(super) view: Arc<ClusterView>,
    /// Until when it holds the lease, as far as it knows.
    pub(super) lease: Option<SimTime>,
    pub(super) store: Option<(ConnId, bool)>,
    pub(super) request: Option<Request>,
    /// Whether it was said that the store does not answer.
    pub(super) silent: bool,
    /// Something changed while a request was under way.
    pub(super) again: bool,
    pub(super) activity: Activity,
    /// Whether its server was made the primary, and has not led yet.
    pub(super) fresh: bool,
    /// Since when its primary has not been running.
    pub(super) failed_since: Option<SimTime>,
    /// Who leads without the store, by its own word, and until when that is believed.
    pub(super) failsafe: Option<(NodeId, SimTime)>,
    /// The former leader, when it is certain that it takes no writes.
    pub(super) harmless: Option<NodeId>,
    /// Where the log ended when the synchronous standbys were last named.
    pub(super) named_at: u64,
    /// What was last said about not fencing, so that it is said once.
    pub(super) told: Option<Arc<str>>,
    pub(super) connections: u32,
    pub(super) requests: u32,
}

impl Agent {
    /// An agent that has not spoken yet. `known`: the members; `names`: how they are called.
    #[must_use]
    pub fn new(
        me: NodeId,
        rules: FailoverSetup,
        mysql: bool,
        tags: Tags,
        replicate_from: Option<NodeId>,
        known: OrderedSet<NodeId>,
        names: Arc<[Arc<str>]>,
    ) -> Self {
        Agent {
            me,
            rules,
            mysql,
            tags,
            names,
            replicate_from,
            known,
            view: Arc::new(ClusterView::default()),
            lease: None,
            store: None,
            request: None,
            silent: false,
            again: false,
            activity: Activity::Idle,
            fresh: false,
            failed_since: None,
            failsafe: None,
            harmless: None,
            named_at: u64::MAX,
            told: None,
            connections: 0,
            requests: 0,
        }
    }

    /// What it finds in the store when a cluster begins: the leader has a lease already.
    pub fn found(&mut self, view: Arc<ClusterView>) {
        self.lease = view.leader.filter(|leader| leader.node == self.me).map(|leader| leader.until);
        self.view = view;
    }

    /// Begins its rounds after `offset_us`. A leader begins with the lease that the store gave it.
    pub fn begin(&mut self, offset_us: u64, out: &mut Outbox) {
        if self.lease.is_some() && self.rules.fencing {
            out.set_timer(Timer::Watchdog, out.now.plus(self.rules.watchdog_us()));
        }
        out.set_timer(Timer::AgentLoop, out.now.plus(offset_us));
    }

    /// Its machine goes off: it forgets all.
    pub fn die(&mut self) {
        let (connections, requests) = (self.connections, self.requests);
        *self = Agent {
            connections,
            requests,
            ..Agent::new(
                self.me,
                self.rules.clone(),
                self.mysql,
                self.tags,
                self.replicate_from,
                std::mem::take(&mut self.known),
                self.names.clone(),
            )
        };
    }

    /// How the members are called now.
    pub fn set_names(&mut self, names: Arc<[Arc<str>]>) {
        self.names = names;
    }

    /// What it is busy with.
    #[must_use]
    pub fn activity(&self) -> &Activity {
        &self.activity
    }

    /// Until when it holds the lease, as far as it knows.
    #[must_use]
    pub fn lease(&self) -> Option<SimTime> {
        self.lease
    }

    /// Takes one input.
    pub fn handle(&mut self, input: Input, local: &Local, out: &mut Outbox) {
        match input {
            Input::Timer(Timer::AgentLoop) => self.begin_cycle(local, out),
            Input::Timer(Timer::AgentDeadline) => self.deadline(local, out),
            Input::Timer(Timer::AgentConnect) => self.connect_again(local, out),
            Input::Timer(Timer::AgentQuestions) => self.questions_due(local, out),
            Input::Timer(Timer::AgentLook) => self.look(local, out),
            Input::Opened { conn } => self.opened(conn, local, out),
            Input::Closed { conn, .. } => self.closed(conn, local, out),
            Input::Received { conn, message } => self.received(conn, message, local, out),
            Input::Operator(Operation::Member(node, joined)) => {
                if joined {
                    self.known.insert(node);
                } else {
                    self.known.remove(&node);
                    self.replicate_from.take_if(|upstream| *upstream == node);
                }
            }
            Input::Operator(Operation::Fenced(node)) => {
                self.harmless = Some(node);
                if self.activity == Activity::Fencing(node) {
                    self.activity = Activity::Idle;
                    self.decide(local, out);
                }
            }
            Input::Operator(Operation::Look) => self.wake(local, out),
            _ => {}
        }
    }

    fn received(&mut self, conn: ConnId, message: Message, local: &Local, out: &mut Outbox) {
        match message {
            Message::StoreReply { id, outcome, view } => self.replied(id, outcome, view, local, out),
            Message::StoreChanged => self.wake(local, out),
            Message::MemberQuery { failsafe } => {
                let agreed = match (failsafe, conn.opener) {
                    (true, Addr::Agent(leader)) => self.agree_to_failsafe(leader, local, out),
                    _ => false,
                };
                out.send(conn, Message::MemberAnswer { status: self.status(local), agreed });
            }
            Message::MemberAnswer { status, agreed } => self.answered(conn, status, agreed, local, out),
            _ => {}
        }
    }

    /// What it tells of its server.
    pub(super) fn status(&self, local: &Local) -> PeerStatus {
        PeerStatus {
            running: local.life == Life::Running && !local.diverged,
            primary: local.leads(),
            timeline: local.timeline,
            position: local.position,
            tags: self.tags,
        }
    }

    /// Its own key in the store.
    pub(super) fn member(&self, local: &Local) -> Member {
        Member {
            role: if local.leads() && local.durable { MemberRole::Primary } else { MemberRole::Replica },
            running: local.life == Life::Running,
            streaming: local.streaming,
            timeline: local.timeline,
            position: local.position,
            tags: self.tags,
        }
    }

    /// What it does when it knows what the store holds.
    pub(super) fn decide(&mut self, local: &Local, out: &mut Outbox) {
        let view = self.view.clone();
        match view.leader {
            Some(leader) if leader.node == self.me => self.lead(&view, local, out),
            Some(leader) => {
                self.lose_lease(local, out);
                self.follow(leader.node, &view, local, out);
            }
            None => {
                self.lose_lease(local, out);
                self.vacant(&view, local, out);
            }
        }
    }

    /// A server that is about to come up as a primary must not, when somebody else may lead (Patroni: "stopped PostgreSQL
    /// because of startup timeout").
    pub(super) fn stop_starting(&self, local: &Local, out: &mut Outbox) {
        if self.rules.fencing && local.life == Life::Recovering && local.primary {
            self.act(Action::Stop, out);
        }
    }

    fn lose_lease(&mut self, local: &Local, out: &mut Outbox) {
        self.lease = None;
        self.failed_since = None;
        self.stop_starting(local, out);
        // A watchdog is there for a server that may still take writes.
        if !local.leads() {
            out.set_timer(Timer::Watchdog, SimTime::NEVER);
        }
        if matches!(self.activity, Activity::Fencing(_) | Activity::Promoting | Activity::HandingOver { .. }) {
            self.activity = Activity::Idle;
        }
    }

    /// Another member leads.
    fn follow(&mut self, leader: NodeId, view: &ClusterView, local: &Local, out: &mut Outbox) {
        self.drop_questions(out);
        self.harmless = None;
        let upstream = self.upstream(leader, view);
        match local.life {
            // A standby past the fork does not start again once it has the new timeline's history.
            Life::Running | Life::Stopped
                if local.diverged && !local.primary && self.rules.use_pg_rewind && !self.mysql =>
            {
                self.act(Action::Rewind, out);
            }
            Life::Stopped if local.has_database => self.start(false, Some(upstream), out),
            Life::Running if local.primary => {
                let why = format!("{} holds the lease", self.name(leader));
                self.stand_down(&why, local, out);
            }
            Life::Running if local.upstream != Some(upstream) && !local.promoting && self.rules.repoint => {
                self.act(Action::Follow(upstream), out);
            }
            _ => {}
        }
    }

    /// Whom its server is to follow.
    fn upstream(&self, leader: NodeId, view: &ClusterView) -> NodeId {
        let healthy = |node: &NodeId| {
            *node != self.me
                && view.members.get(node).is_some_and(|member| member.running && member.role == MemberRole::Replica)
        };
        self.replicate_from.filter(healthy).unwrap_or(leader)
    }

    /// Its server must not take writes any more: unless fencing is off, which switches this off as well.
    pub(super) fn stand_down(&mut self, why: &str, local: &Local, out: &mut Outbox) {
        let why: Arc<str> = why.into();
        if !self.rules.fencing {
            if local.leads() && self.told.as_ref() != Some(&why) {
                self.told = Some(why.clone());
                out.trace(What::Manager(ManagerEvent::NotFenced { node: self.me, why }));
            }
            return;
        }
        self.lease = None;
        self.activity = Activity::Idle;
        out.set_timer(Timer::Watchdog, SimTime::NEVER);
        self.stop_starting(local, out);
        if local.leads() {
            out.trace(What::Manager(ManagerEvent::Demoting { node: self.me, why }));
            self.act(Action::Demote, out);
        }
    }

    pub(super) fn start(&mut self, primary: bool, upstream: Option<NodeId>, out: &mut Outbox) {
        out.trace(What::Manager(ManagerEvent::Starting { node: self.me, primary }));
        self.act(Action::Start { primary, upstream }, out);
    }

    pub(super) fn act(&self, action: Action, out: &mut Outbox) {
        out.outputs.push(Output::Local(action));
    }

    pub(super) fn name(&self, node: NodeId) -> Arc<str> {
        self.names.get(usize::from(node.0)).cloned().unwrap_or_else(|| format!("node{}", node.0).into())
    }

    /// A position as people know it.
    pub(super) fn show(&self, position: u64) -> String {
        match self.mysql {
            true => format!("{position} transactions"),
            false => Lsn(position).to_string(),
        }
    }

    pub(super) fn synchronous(&self) -> bool {
        !self.mysql && self.rules.synchronous_mode != SynchronousMode::Off
    }

    pub(super) fn connect(&mut self, to: Addr, out: &mut Outbox) -> ConnId {
        self.connections += 1;
        let conn = ConnId { opener: Addr::Agent(self.me), number: self.connections };
        out.open(conn, to);
        conn
    }
}
