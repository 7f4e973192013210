//! Routing of sessions: what proxy and driver have in common.

use crate::order::Entry;
use crate::order::OrderedMap;

use rand_pcg::Pcg32;

use super::errors::{lost_transaction, no_connection, no_server, not_for_any};
use super::front::{Backend, Current, Front, RoutedReply, Stage};
use super::monitor::{Health, Monitor};
use super::policy::Policy;
use super::pool::{Lease, Pool, leaves_state};
use super::routing::Place;
use super::spread::Spread;
use super::token::Token;
use crate::engine::flavor::Flavor;
use crate::engine::ids::{Addr, ConnId, NodeId, SessionId, TxnId};
use crate::engine::io::{Outbox, Timer};
use crate::engine::message::{ImplicitCommit, Message, QueryResult, Statement};
use crate::engine::storage::SqlError;
use crate::engine::time::{SECOND_US, SimTime};
use crate::engine::trace::What;

/// Between two attempts to find a server, in microseconds.
pub(super) const RETRY_US: u64 = SECOND_US / 10;

/// The router.
#[derive(Clone, Debug)]
pub struct Router {
    pub(super) me: Addr,
    pub(super) flavor: Flavor,
    pub(super) policy: Policy,
    pub(super) monitor: Monitor,
    /// The last primary that statements went to.
    pub(super) primary: Option<NodeId>,
    pub(super) fronts: OrderedMap<SessionId, Front>,
    pub(super) pool: Pool,
    pub(super) replies: Vec<RoutedReply>,
    pub(super) spread: Spread,
    connections: u32,
    /// When statements that wait are looked at next.
    route_at: SimTime,
}

impl Router {
    /// A router over these servers.
    #[must_use]
    pub fn new(me: Addr, flavor: Flavor, nodes: &[NodeId], policy: Policy, random: Pcg32) -> Self {
        Router {
            me,
            flavor,
            policy,
            monitor: Monitor::new(me, nodes),
            primary: None,
            fronts: OrderedMap::new(),
            pool: Pool::default(),
            replies: Vec::new(),
            spread: Spread::new(random),
            connections: 0,
            route_at: SimTime::NEVER,
        }
    }

    /// What it knows of the servers.
    #[must_use]
    pub fn monitor(&self) -> &Monitor {
        &self.monitor
    }

    /// What it goes by.
    #[must_use]
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Its connections.
    #[must_use]
    pub fn pool(&self) -> &Pool {
        &self.pool
    }

    /// Statements that are not answered.
    #[must_use]
    pub fn outstanding(&self) -> u32 {
        self.fronts.values().filter(|front| front.current.is_some()).count() as u32
    }

    /// Begins to watch the servers.
    pub fn begin(&mut self, out: &mut Outbox) {
        self.tick(out);
    }

    /// What was answered since the last call.
    pub fn take_replies(&mut self) -> Vec<RoutedReply> {
        std::mem::take(&mut self.replies)
    }

    /// Goes by something else from now on. Connections beyond the new number are not closed; no new ones are opened.
    pub fn change_policy(&mut self, policy: Policy, out: &mut Outbox) {
        self.policy = policy;
        self.monitor.judge_lag(self.policy.max_lag_us, out);
        self.retry(out);
    }

    /// A server joined or left.
    pub fn member(&mut self, node: NodeId, joined: bool, out: &mut Outbox) {
        self.monitor.member(node, joined, out);
        if joined {
            self.tick(out);
        } else {
            self.drop_server(node, out);
            self.drain_former_primary(out);
        }
    }

    /// The monitor's round.
    pub fn tick(&mut self, out: &mut Outbox) {
        let up_before: Vec<NodeId> = self.monitor.up().map(|(node, _)| node).collect();
        let (me, connections) = (self.me, &mut self.connections);
        self.monitor.tick(&self.policy, |node, out| connect(me, connections, node, out), out);
        for node in up_before {
            if self.monitor.down().any(|down| down == node) {
                self.drop_server(node, out);
            }
        }
        self.drain_former_primary(out);
        out.set_timer(Timer::Monitor, self.monitor.next_at());
        self.retry(out);
    }

    /// A session's statement.
    pub fn submit(&mut self, session: SessionId, txn: TxnId, statement: Statement, out: &mut Outbox) {
        let flavor = self.flavor;
        let front = self.fronts.entry(session).or_insert_with(|| Front::new(flavor));
        if std::mem::take(&mut front.transaction_lost) {
            self.replies.push(RoutedReply::failed(session, txn, lost_transaction(flavor)));
            return;
        }
        let decision = front.splitter.decide(&statement);
        let state = matches!(decision.place, Place::All | Place::Last) || leaves_state(&statement, flavor);
        front.keeps_connections |= state;
        let since = out.now;
        front.txn = Some(txn);
        if decision.place == Place::Nowhere {
            front.splitter.not_sent();
            out.trace(What::NotRouted { by: self.me, txn, reason: decision.reason });
            let in_transaction = front.pinned.is_some();
            let error = not_for_any(flavor, decision.reason);
            self.replies.push(RoutedReply { in_transaction, ..RoutedReply::failed(session, txn, error) });
            return;
        }
        front.current = Some(Current { txn, statement, decision, since, to: None, wait: None, to_primary: None });
        self.place(session, out);
    }

    /// A session is gone: its connections are closed.
    pub fn drop_session(&mut self, session: SessionId, out: &mut Outbox) {
        let Some(front) = self.fronts.remove(&session) else { return };
        if let Some((node, Stage::Connecting)) = front.current.and_then(|current| current.to) {
            self.pool.leave_queue(node, session);
        }
        for (node, Backend { conn, .. }) in front.backends {
            self.pool.remove(conn);
            out.close(conn);
            self.serve_queue(node, out);
        }
    }

    /// Cancels what a session waits for.
    pub fn cancel(&mut self, session: SessionId, out: &mut Outbox) {
        let Some(front) = self.fronts.get(&session) else { return };
        if let Some(Current { txn, to: Some((node, Stage::Sent | Stage::Awaiting)), .. }) = &front.current
            && let Some(backend) = front.backends.get(node).filter(|backend| backend.standing)
        {
            out.send(backend.conn, Message::Cancel { txn: *txn });
        }
    }

    /// A connection stands.
    pub fn opened(&mut self, conn: ConnId, out: &mut Outbox) {
        self.monitor.opened(conn, out);
        let Some((node, Some(session))) = self.pool.owner(conn) else { return };
        if let Some(backend) = self.fronts.get_mut(&session).and_then(|f| f.backends.get_mut(&node)) {
            backend.standing = true;
            self.send_current(session, out);
        }
    }

    /// A connection is gone.
    pub fn closed(&mut self, conn: ConnId, out: &mut Outbox) {
        if let Some(node) = self.monitor.closed(conn, out) {
            self.drop_server(node, out);
            self.drain_former_primary(out);
        }
        self.connection_lost(conn, out);
    }

    /// A message from a server.
    pub fn received(&mut self, conn: ConnId, message: Message, out: &mut Outbox) {
        match message {
            Message::Health { in_recovery, timeline, position, lag_us, gtids } => {
                let health = Health { in_recovery, timeline, position, lag_us, gtids };
                self.monitor.answered(conn, health, out);
                self.monitor.judge_lag(self.policy.max_lag_us, out);
                self.drain_former_primary(out);
                self.retry(out);
            }
            Message::Reply { txn, served_by, in_transaction, implicit, result } => {
                let Some((node, Some(session))) = self.pool.owner(conn) else { return };
                let Some(front) = self.fronts.get_mut(&session) else { return };
                if let Some(backend) = front.backends.get_mut(&node).filter(|backend| backend.repeating) {
                    backend.repeating = false;
                    self.repeated(session, node, result.err(), out);
                    return;
                }
                let Some(current) = front.current.as_mut().filter(|current| current.txn == txn) else { return };
                if matches!(current.to, Some((_, Stage::Awaiting))) {
                    let there = result.as_ref().is_ok_and(|answer| Token::is_there(answer));
                    self.awaited(session, node, there, out);
                    return;
                }
                self.answered(session, node, (in_transaction, implicit, &result), out);
                self.replies.push(RoutedReply { session, txn, served_by, in_transaction, implicit, result });
            }
            _ => {}
        }
    }

    /// A server answered the session's statement.
    fn answered(
        &mut self,
        session: SessionId,
        node: NodeId,
        (in_transaction, implicit, result): Answer<'_>,
        out: &mut Outbox,
    ) {
        let Some(front) = self.fronts.get_mut(&session) else { return };
        let Some(current) = front.current.take() else { return };
        front.pinned = in_transaction.then_some(node);
        front.splitter.answered(in_transaction, result.is_ok());
        front.settle();
        if let (Ok(_), Some(backend)) = (result, front.backends.get_mut(&node)) {
            backend.ran = front.splitter.history().len();
        }
        if current.decision.writes && result.is_ok() {
            front.wrote_at = Some(out.now);
        }
        if let Some(token) = Token::of(result.as_ref().ok().map(AsRef::as_ref), implicit, self.monitor.primary()) {
            front.token = Some(token);
        }
        // Each session has connections of its own where there is no limit.
        if self.policy.max_connections.is_some()
            && !in_transaction
            && !front.keeps_connections
            && let Some(backend) = front.backends.remove(&node)
        {
            self.pool.free(backend.conn);
            self.serve_queue(node, out);
        }
        if current.decision.place == Place::All && !in_transaction {
            self.repeat_elsewhere(session, out);
        }
    }

    /// A replica has waited for the session's last write: it has it, or it was too long.
    fn awaited(&mut self, session: SessionId, node: NodeId, there: bool, out: &mut Outbox) {
        let Some(front) = self.fronts.get_mut(&session) else { return };
        if let (true, Some(Token::Position(timeline, at))) = (there, front.token) {
            self.monitor.has_come_to(node, timeline, at);
        }
        let Some(current) = &mut front.current else { return };
        current.wait = None;
        // The replica may have followed another history meanwhile.
        let same = match (front.token, self.monitor.health(node)) {
            (Some(Token::Position(timeline, _)), Some(health)) => health.timeline == timeline,
            (Some(_), Some(_)) => true,
            _ => false,
        };
        if there && same && current.to_primary.is_none() {
            current.to = Some((node, Stage::Connecting));
            self.send_current(session, out);
            return;
        }
        current.to = None;
        let late = "the replica did not have the session's last write in time: the primary";
        current.to_primary.get_or_insert(late);
        if self.policy.max_connections.is_some()
            && !front.keeps_connections
            && let Some(backend) = front.backends.remove(&node)
        {
            self.pool.free(backend.conn);
            self.serve_queue(node, out);
        }
        self.place(session, out);
    }

    /// Statements that wait for a server are tried again, or given up.
    pub fn retry(&mut self, out: &mut Outbox) {
        self.route_at = SimTime::NEVER;
        let waiting = |front: &Front| front.current.as_ref().map(|current| (current.to, current.since));
        let waiting: Vec<_> = self.fronts.iter().filter_map(|(id, front)| Some((*id, waiting(front)?))).collect();
        for (session, (to, since)) in waiting {
            match to {
                None => self.place(session, out),
                Some((node, Stage::Connecting)) if self.pool.waits(node, session) => {
                    let deadline = since.plus(self.policy.query_wait_us);
                    if out.now >= deadline {
                        self.pool.leave_queue(node, session);
                        self.fail_current(session, no_connection(self.flavor, self.policy.query_wait_us));
                    } else {
                        self.look_again(deadline, out);
                    }
                }
                Some(_) => {}
            }
        }
    }

    pub(super) fn look_again(&mut self, at: SimTime, out: &mut Outbox) {
        if at < self.route_at {
            self.route_at = at;
            out.set_timer(Timer::Route, at);
        }
    }

    /// Chooses a server for the session's statement and sends it there, connecting first if need be.
    pub(super) fn place(&mut self, session: SessionId, out: &mut Outbox) {
        let Some(current) = self.fronts.get(&session).and_then(|front| front.current.as_ref()) else { return };
        let (txn, since) = (current.txn, current.since);
        let Some((node, reason)) = self.choose(session, out.now) else {
            if out.now.since(since) >= self.policy.query_wait_us {
                self.fail_current(session, no_server(self.flavor));
            } else {
                self.look_again(out.now.plus(RETRY_US), out);
            }
            return;
        };
        out.trace(What::Routed { by: self.me, txn, to: node, reason });
        if let Some(current) = self.fronts.get_mut(&session).and_then(|front| front.current.as_mut()) {
            current.to = Some((node, Stage::Connecting));
        }
        self.send_over(session, node, out);
    }

    /// Gets the session a connection to a server, and sends its statement when it stands.
    fn send_over(&mut self, session: SessionId, node: NodeId, out: &mut Outbox) {
        let Some(front) = self.fronts.get_mut(&session) else { return };
        if let Entry::Vacant(backend) = front.backends.entry(node) {
            match self.pool.lease(node, session, self.policy.max_connections) {
                Lease::Free(conn) => {
                    backend.insert(Backend::new(conn, true));
                }
                Lease::New => {
                    let conn = connect(self.me, &mut self.connections, node, out);
                    self.pool.add(conn, node, session);
                    backend.insert(Backend::new(conn, false));
                }
                Lease::Queued => {
                    let Some((txn, since)) = front.current.as_ref().map(|current| (current.txn, current.since)) else {
                        return;
                    };
                    out.trace(What::ConnectionWait { by: self.me, txn, to: node });
                    self.look_again(since.plus(self.policy.query_wait_us), out);
                    return;
                }
            }
        }
        self.send_current(session, out);
    }

    /// A connection to this server may be free: the next in its queue takes it.
    pub(super) fn serve_queue(&mut self, node: NodeId, out: &mut Outbox) {
        while let Some(session) = self.pool.next_in_queue(node, self.policy.max_connections) {
            let current = self.fronts.get(&session).and_then(|front| front.current.as_ref());
            if current.is_some_and(|current| current.to == Some((node, Stage::Connecting))) {
                self.send_over(session, node, out);
            }
        }
    }

    pub(super) fn send_current(&mut self, session: SessionId, out: &mut Outbox) {
        let Some(front) = self.fronts.get_mut(&session) else { return };
        let Some(current) = &mut front.current else { return };
        let Some((node, stage @ Stage::Connecting)) = &mut current.to else { return };
        let Some(backend) = front.backends.get(node).filter(|backend| backend.is_idle()) else { return };
        if backend.ran < front.settled {
            // The state comes first.
            let node = *node;
            self.repeat(session, node, out);
        } else {
            let conn = backend.conn;
            let statement = match &current.wait {
                Some(wait) => {
                    *stage = Stage::Awaiting;
                    Statement::Sql(wait.clone())
                }
                None => {
                    *stage = Stage::Sent;
                    current.statement.clone()
                }
            };
            out.send(conn, Message::Query { txn: current.txn, statement });
        }
    }
}

/// A server's answer: whether the session is in a transaction, what was committed on the way, and the result.
type Answer<'a> = (bool, Option<ImplicitCommit>, &'a Result<Box<QueryResult>, Box<SqlError>>);

fn connect(me: Addr, connections: &mut u32, node: NodeId, out: &mut Outbox) -> ConnId {
    *connections += 1;
    let conn = ConnId { opener: me, number: *connections };
    out.open(conn, Addr::Node(node));
    conn
}
