//! Routing of sessions: what proxy and driver have in common.

use std::collections::BTreeMap;

use rand_pcg::Pcg32;

use super::monitor::{Health, Monitor};
use super::policy::{CausalReads, ReadPolicy};
use super::routing::{Decision, Place, Splitter};
use crate::engine::chance;
use crate::engine::flavor::Flavor;
use crate::engine::ids::{Addr, ConnId, NodeId, SessionId, TxnId};
use crate::engine::io::{Outbox, Timer};
use crate::engine::message::{ImplicitCommit, Message, QueryResult, Statement};
use crate::engine::storage::SqlError;
use crate::engine::time::{SECOND_US, SimTime};
use crate::engine::trace::What;

/// A statement waits so long for a server that can take it, in microseconds.
const WAIT_FOR_SERVER_US: u64 = 2 * SECOND_US;
/// Between two attempts to find one, in microseconds.
const RETRY_US: u64 = SECOND_US / 10;

/// What a session's statement came to.
#[derive(Clone, Debug)]
pub struct RoutedReply {
    /// The session.
    pub session: SessionId,
    /// The transaction.
    pub txn: TxnId,
    /// The server that answered; `None` when none did.
    pub served_by: Option<NodeId>,
    /// Whether the session is inside a transaction now.
    pub in_transaction: bool,
    /// MySQL: whether a transaction that was open before was committed on the way.
    pub implicit: Option<ImplicitCommit>,
    /// The answer.
    pub result: Result<Box<QueryResult>, Box<SqlError>>,
}

/// A statement on its way.
#[derive(Clone, Debug)]
struct Current {
    txn: TxnId,
    statement: Statement,
    /// Where its text says that it may go.
    decision: Decision,
    since: SimTime,
    /// Where it was sent (or will be, once connected).
    to: Option<(NodeId, bool)>,
}

/// One session.
#[derive(Clone, Debug)]
struct Front {
    /// What the session's messages say of where they may go.
    splitter: Splitter,
    /// Connections to servers, and whether they stand.
    backends: BTreeMap<NodeId, (ConnId, bool)>,
    current: Option<Current>,
    /// The server that holds the session's open transaction.
    pinned: Option<NodeId>,
    wrote_at: Option<SimTime>,
    replica: Option<NodeId>,
}

/// The router.
#[derive(Clone, Debug)]
pub struct Router {
    me: Addr,
    flavor: Flavor,
    policy: ReadPolicy,
    causal: CausalReads,
    max_lag_us: Option<u64>,
    monitor: Monitor,
    fronts: BTreeMap<SessionId, Front>,
    owner: BTreeMap<ConnId, (SessionId, NodeId)>,
    replies: Vec<RoutedReply>,
    turn: usize,
    connections: u32,
    random: Pcg32,
}

impl Front {
    fn new(flavor: Flavor) -> Front {
        Front {
            splitter: Splitter::new(flavor),
            backends: BTreeMap::new(),
            current: None,
            pinned: None,
            wrote_at: None,
            replica: None,
        }
    }
}

impl Router {
    /// A router over these servers.
    #[must_use]
    pub fn new(
        me: Addr,
        flavor: Flavor,
        nodes: &[NodeId],
        policy: ReadPolicy,
        causal: CausalReads,
        max_lag_us: Option<u64>,
        random: Pcg32,
    ) -> Self {
        Router {
            me,
            flavor,
            policy,
            causal,
            max_lag_us,
            monitor: Monitor::new(me, nodes),
            fronts: BTreeMap::new(),
            owner: BTreeMap::new(),
            replies: Vec::new(),
            turn: 0,
            connections: 0,
            random,
        }
    }

    /// What it knows of the servers.
    #[must_use]
    pub fn monitor(&self) -> &Monitor {
        &self.monitor
    }

    /// Statements that are not answered.
    #[must_use]
    pub fn outstanding(&self) -> u32 {
        self.fronts.values().filter(|front| front.current.is_some()).count() as u32
    }

    /// The replicas that reads may go to now.
    #[must_use]
    pub fn read_pool(&self) -> Vec<NodeId> {
        let fresh = |health: &Health| self.max_lag_us.is_none_or(|max| health.lag_us <= max);
        self.monitor.replicas().filter(|(_, health)| fresh(health)).map(|(node, _)| node).collect()
    }

    /// Begins to watch the servers.
    pub fn begin(&mut self, out: &mut Outbox) {
        self.tick(out);
    }

    /// What was answered since the last call.
    pub fn take_replies(&mut self) -> Vec<RoutedReply> {
        std::mem::take(&mut self.replies)
    }

    /// A server joined or left.
    pub fn member(&mut self, node: NodeId, joined: bool, out: &mut Outbox) {
        self.monitor.member(node, joined, out);
        if joined {
            self.tick(out);
        } else {
            self.drop_server(node, out);
        }
    }

    /// The monitor's round.
    pub fn tick(&mut self, out: &mut Outbox) {
        let up_before: Vec<NodeId> = self.monitor.up().map(|(node, _)| node).collect();
        let (me, connections) = (self.me, &mut self.connections);
        self.monitor.tick(|node, out| connect(me, connections, node, out), out);
        for node in up_before {
            if self.monitor.down().any(|down| down == node) {
                self.drop_server(node, out);
            }
        }
        out.set_timer(Timer::Monitor, self.monitor.next_at());
        self.retry(out);
    }

    /// A session's statement.
    pub fn submit(&mut self, session: SessionId, txn: TxnId, statement: Statement, out: &mut Outbox) {
        let flavor = self.flavor;
        let front = self.fronts.entry(session).or_insert_with(|| Front::new(flavor));
        let decision = front.splitter.decide(&statement);
        front.current = Some(Current { txn, statement, decision, since: out.now, to: None });
        self.place(session, out);
    }

    /// A session is gone: its connections are closed.
    pub fn drop_session(&mut self, session: SessionId, out: &mut Outbox) {
        if let Some(front) = self.fronts.remove(&session) {
            for (conn, _) in front.backends.into_values() {
                self.owner.remove(&conn);
                out.close(conn);
            }
        }
    }

    /// Cancels what a session waits for.
    pub fn cancel(&mut self, session: SessionId, out: &mut Outbox) {
        let Some(front) = self.fronts.get(&session) else { return };
        if let Some(Current { txn, to: Some((node, true)), .. }) = &front.current
            && let Some((conn, true)) = front.backends.get(node)
        {
            out.send(*conn, Message::Cancel { txn: *txn });
        }
    }

    /// A connection stands.
    pub fn opened(&mut self, conn: ConnId, out: &mut Outbox) {
        self.monitor.opened(conn, out);
        let Some((session, node)) = self.owner.get(&conn).copied() else { return };
        if let Some((_, standing)) = self.fronts.get_mut(&session).and_then(|f| f.backends.get_mut(&node)) {
            *standing = true;
            self.send_current(session, out);
        }
    }

    /// A connection is gone.
    pub fn closed(&mut self, conn: ConnId, out: &mut Outbox) {
        if let Some(node) = self.monitor.closed(conn, out) {
            self.drop_server(node, out);
        }
        if let Some((session, node)) = self.owner.remove(&conn) {
            self.backend_lost(session, node, out);
        }
    }

    /// A message from a server.
    pub fn received(&mut self, conn: ConnId, message: Message, out: &mut Outbox) {
        match message {
            Message::Health { in_recovery, timeline, position, lag_us } => {
                self.monitor.answered(conn, Health { in_recovery, timeline, position, lag_us }, out);
                self.retry(out);
            }
            Message::Reply { txn, served_by, in_transaction, implicit, result } => {
                let Some((session, node)) = self.owner.get(&conn).copied() else { return };
                let Some(front) = self.fronts.get_mut(&session) else { return };
                let Some(current) = front.current.take_if(|current| current.txn == txn) else { return };
                front.pinned = in_transaction.then_some(node);
                front.splitter.answered(in_transaction, result.is_ok());
                if current.decision.writes && result.is_ok() {
                    front.wrote_at = Some(out.now);
                }
                self.replies.push(RoutedReply { session, txn, served_by, in_transaction, implicit, result });
            }
            _ => {}
        }
    }

    /// Statements that wait for a server are tried again, or given up.
    pub fn retry(&mut self, out: &mut Outbox) {
        let waiting: Vec<SessionId> = self
            .fronts
            .iter()
            .filter(|(_, front)| front.current.as_ref().is_some_and(|current| current.to.is_none()))
            .map(|(session, _)| *session)
            .collect();
        for session in waiting {
            self.place(session, out);
        }
    }

    /// Chooses a server for the session's statement and sends it there, connecting first if need be.
    fn place(&mut self, session: SessionId, out: &mut Outbox) {
        let Some(front) = self.fronts.get(&session) else { return };
        let Some(current) = &front.current else { return };
        let (txn, since) = (current.txn, current.since);
        let Some((node, reason)) = self.choose(session, out.now) else {
            if out.now.since(since) >= WAIT_FOR_SERVER_US {
                self.fail_current(session, no_server(self.flavor));
            } else {
                out.set_timer(Timer::Route, out.now.plus(RETRY_US));
            }
            return;
        };
        out.trace(What::Routed { by: self.me, txn, to: node, reason });
        let (me, connections, owner) = (self.me, &mut self.connections, &mut self.owner);
        if let Some(front) = self.fronts.get_mut(&session) {
            front.backends.entry(node).or_insert_with(|| {
                let conn = connect(me, connections, node, out);
                owner.insert(conn, (session, node));
                (conn, false)
            });
            if let Some(current) = &mut front.current {
                current.to = Some((node, false));
            }
        }
        self.send_current(session, out);
    }

    fn send_current(&mut self, session: SessionId, out: &mut Outbox) {
        let Some(front) = self.fronts.get_mut(&session) else { return };
        let Some(current) = &mut front.current else { return };
        let Some((node, sent @ false)) = &mut current.to else { return };
        if let Some((conn, true)) = front.backends.get(node) {
            *sent = true;
            out.send(*conn, Message::Query { txn: current.txn, statement: current.statement.clone() });
        }
    }

    fn choose(&mut self, session: SessionId, now: SimTime) -> Option<(NodeId, &'static str)> {
        let front = self.fronts.get(&session)?;
        let current = front.current.as_ref()?;
        let primary = self.monitor.primary();
        if let Some(node) = front.pinned {
            return Some((node, "the session's transaction is open there"));
        }
        if current.decision.place != Place::Replica {
            return Some((primary?, current.decision.reason));
        }
        match self.causal {
            CausalReads::PrimaryAfterWrite { window_us }
                if front.wrote_at.is_some_and(|at| now.since(at) < window_us) =>
            {
                return Some((primary?, "the session wrote a moment ago: the primary"));
            }
            CausalReads::Sticky if front.wrote_at.is_some() => {
                return Some((primary?, "the session has written: it stays on the primary"));
            }
            _ => {}
        }
        if self.policy == ReadPolicy::Primary {
            return Some((primary?, "reads go to the primary"));
        }
        let pool = self.read_pool();
        let sticky = front.replica.filter(|node| self.causal == CausalReads::Sticky && pool.contains(node));
        let node = match (sticky, self.policy) {
            (Some(node), _) => Some(node),
            (None, ReadPolicy::Random) if !pool.is_empty() => {
                pool.get(chance::below(pool.len() as u64, &mut self.random) as usize).copied()
            }
            (None, ReadPolicy::LeastLag) => {
                let pooled = self.monitor.replicas().filter(|(node, _)| pool.contains(node));
                pooled.min_by_key(|(_, health)| health.lag_us).map(|(node, _)| node)
            }
            (None, _) => {
                self.turn = self.turn.wrapping_add(1);
                pool.get(self.turn % pool.len().max(1)).copied()
            }
        };
        if let Some(front) = self.fronts.get_mut(&session) {
            front.replica = node;
        }
        match node {
            Some(node) => Some((node, "a read: a replica")),
            None => Some((primary?, "a read, and no replica is fit: the primary")),
        }
    }

    /// Everything that is under way on a dead server is over.
    fn drop_server(&mut self, node: NodeId, out: &mut Outbox) {
        let conns: Vec<ConnId> = self.owner.iter().filter(|(_, (_, to))| *to == node).map(|(conn, _)| *conn).collect();
        for conn in conns {
            out.close(conn);
            if let Some((session, node)) = self.owner.remove(&conn) {
                self.backend_lost(session, node, out);
            }
        }
    }

    fn backend_lost(&mut self, session: SessionId, node: NodeId, out: &mut Outbox) {
        let Some(front) = self.fronts.get_mut(&session) else { return };
        front.backends.remove(&node);
        let pinned = front.pinned.take_if(|pinned| *pinned == node).is_some();
        let Some(current) = front.current.as_mut().filter(|c| c.to.is_some_and(|(to, _)| to == node)) else { return };
        let sent = current.to.is_some_and(|(_, sent)| sent);
        current.to = None;
        if pinned {
            front.splitter.transaction_lost();
        }
        if pinned || (sent && current.decision.writes) {
            self.fail_current(session, lost_connection(self.flavor));
        } else {
            // Never sent, or a read: it is safe to try again elsewhere.
            out.set_timer(Timer::Route, out.now.plus(RETRY_US));
        }
    }

    fn fail_current(&mut self, session: SessionId, error: SqlError) {
        let Some(front) = self.fronts.get_mut(&session) else { return };
        if let Some(current) = front.current.take() {
            front.pinned = None;
            front.splitter.answered(false, false);
            let result = Err(Box::new(error));
            self.replies.push(RoutedReply {
                session,
                txn: current.txn,
                served_by: None,
                in_transaction: false,
                implicit: None,
                result,
            });
        }
    }
}

fn connect(me: Addr, connections: &mut u32, node: NodeId, out: &mut Outbox) -> ConnId {
    *connections += 1;
    let conn = ConnId { opener: me, number: *connections };
    out.open(conn, Addr::Node(node));
    conn
}

/// The error for a statement that was sent and whose server went away: it may have happened.
#[must_use]
pub fn lost_connection(flavor: Flavor) -> SqlError {
    SqlError::flavored(
        flavor,
        ("08006", "server closed the connection unexpectedly".to_owned()),
        (2013, "HY000", "Lost connection to MySQL server during query".to_owned()),
    )
}

/// The error for a statement that could not be sent: it did not happen.
#[must_use]
pub fn no_server(flavor: Flavor) -> SqlError {
    SqlError::flavored(
        flavor,
        ("08001", "could not connect to server: no server takes this statement".to_owned()),
        (2003, "HY000", "Can't connect to MySQL server: no server takes this statement".to_owned()),
    )
}

/// Whether an error leaves open whether the statement happened.
#[must_use]
pub fn is_indeterminate(error: &SqlError) -> bool {
    error.code == "08006" || error.number == 2013
}
