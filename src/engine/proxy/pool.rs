//! Connections to servers: whose they are, which are free, who waits for one.

use std::collections::VecDeque;

use crate::engine::flavor::Flavor;
use crate::engine::ids::{ConnId, NodeId, SessionId};
use crate::engine::message::Statement;
use crate::engine::sql::Lexer;
use crate::order::OrderedMap;

/// The connections of a router.
#[derive(Clone, Debug, Default)]
pub struct Pool {
    /// To which server, and for which session; `None` is free.
    conns: OrderedMap<ConnId, (NodeId, Option<SessionId>)>,
    servers: OrderedMap<NodeId, Server>,
}

/// The connections to one server.
#[derive(Clone, Debug, Default)]
struct Server {
    open: u32,
    /// The one that was used last is used next, so that the others may grow old.
    free: Vec<ConnId>,
    queue: VecDeque<SessionId>,
}

/// A connection for a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lease {
    /// A free one, which stands.
    Free(ConnId),
    /// There is room for a new one.
    New,
    /// All are in use: the session is in the queue.
    Queued,
}

impl Pool {
    /// A connection to a server for a session, of at most so many.
    pub fn lease(&mut self, node: NodeId, session: SessionId, most: Option<u32>) -> Lease {
        let server = self.servers.entry(node).or_default();
        if let Some(conn) = server.free.pop() {
            self.conns.insert(conn, (node, Some(session)));
            return Lease::Free(conn);
        }
        if most.is_none_or(|most| server.open < most) {
            return Lease::New;
        }
        if !server.queue.contains(&session) {
            server.queue.push_back(session);
        }
        Lease::Queued
    }

    /// A new connection for a session.
    pub fn add(&mut self, conn: ConnId, node: NodeId, session: SessionId) {
        self.servers.entry(node).or_default().open += 1;
        self.conns.insert(conn, (node, Some(session)));
    }

    /// Whose a connection is, and to which server.
    #[must_use]
    pub fn owner(&self, conn: ConnId) -> Option<(NodeId, Option<SessionId>)> {
        self.conns.get(&conn).copied()
    }

    /// A session has no more use for a connection, which stands.
    pub fn free(&mut self, conn: ConnId) {
        if let Some((node, session)) = self.conns.get_mut(&conn)
            && session.take().is_some()
        {
            self.servers.entry(*node).or_default().free.push(conn);
        }
    }

    /// A connection is gone.
    pub fn remove(&mut self, conn: ConnId) -> Option<(NodeId, Option<SessionId>)> {
        let (node, session) = self.conns.remove(&conn)?;
        let server = self.servers.entry(node).or_default();
        server.open = server.open.saturating_sub(1);
        server.free.retain(|free| *free != conn);
        Some((node, session))
    }

    /// The next in the queue for a server, if there is a connection for it.
    pub fn next_in_queue(&mut self, node: NodeId, most: Option<u32>) -> Option<SessionId> {
        let server = self.servers.get_mut(&node)?;
        let room = !server.free.is_empty() || most.is_none_or(|most| server.open < most);
        if room { server.queue.pop_front() } else { None }
    }

    /// A session does not wait any more.
    pub fn leave_queue(&mut self, node: NodeId, session: SessionId) {
        if let Some(server) = self.servers.get_mut(&node) {
            server.queue.retain(|waiting| *waiting != session);
        }
    }

    /// Whether a session is in the queue for a server.
    #[must_use]
    pub fn waits(&self, node: NodeId, session: SessionId) -> bool {
        self.servers.get(&node).is_some_and(|server| server.queue.contains(&session))
    }

    /// The connections to a server.
    #[must_use]
    pub fn to(&self, node: NodeId) -> Vec<ConnId> {
        self.conns.iter().filter(|(_, (to, _))| *to == node).map(|(conn, _)| *conn).collect()
    }

    /// How many connections to a server there are, how many of them are in use, and how many sessions wait for one.
    #[must_use]
    pub fn used(&self, node: NodeId) -> (u32, u32, u32) {
        self.servers.get(&node).map_or((0, 0, 0), |server| {
            let free = u32::try_from(server.free.len()).unwrap_or(u32::MAX);
            (server.open, server.open.saturating_sub(free), u32::try_from(server.queue.len()).unwrap_or(u32::MAX))
        })
    }
}

/// Statements that leave something behind in the server's session: a connection over which one was sent is not given to
/// another session. ProxySQL switches its multiplexing off for such connections.
const LEAVE_STATE: [&str; 12] = [
    "SET",
    "RESET",
    "DISCARD",
    "PREPARE",
    "EXECUTE",
    "DEALLOCATE",
    "DECLARE",
    "LISTEN",
    "UNLISTEN",
    "LOAD",
    "LOCK",
    "USE",
];

/// Words that do so wherever they stand in a statement.
const WORDS_OF_STATE: [&str; 7] =
    ["TEMP", "TEMPORARY", "GET_LOCK", "PG_ADVISORY_LOCK", "LAST_INSERT_ID", "SET_CONFIG", "CURRVAL"];

/// Whether a statement may leave something behind in the server's session.
#[must_use]
pub fn leaves_state(statement: &Statement, flavor: Flavor) -> bool {
    match statement {
        Statement::Upsert { .. } | Statement::ReadKey { .. } => false,
        Statement::Sql(text) => {
            // `UPDATE … SET` sets nothing of the session's.
            let mut begins = true;
            Lexer::new(text, flavor).any(|token| {
                let first = std::mem::replace(&mut begins, token.is_sign(';'));
                // A user's variable (`@x`) is state as well.
                (first && token.is_any(&LEAVE_STATE)) || token.is_any(&WORDS_OF_STATE) || token.text.starts_with('@')
            })
        }
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use crate::engine::ids::{Addr, ClientId};

    fn session(number: u16) -> SessionId {
        SessionId { client: ClientId(0), number }
    }

    fn conn(number: u32) -> ConnId {
        ConnId { opener: Addr::Proxy, number }
    }

    #[test]
    fn a_pool_hands_out_what_is_free_and_lets_the_others_wait_in_order() {
        let (mut pool, node) = (Pool::default(), NodeId(1));
        assert_eq!(pool.lease(node, session(1), Some(1)), Lease::New);
        pool.add(conn(1), node, session(1));
        assert_eq!(pool.lease(node, session(2), Some(1)), Lease::Queued);
        assert_eq!(pool.lease(node, session(3), Some(1)), Lease::Queued);
        assert_eq!(pool.next_in_queue(node, Some(1)), None);
        pool.free(conn(1));
        assert_eq!(pool.next_in_queue(node, Some(1)), Some(session(2)));
        assert_eq!(pool.lease(node, session(2), Some(1)), Lease::Free(conn(1)));
        assert_eq!(pool.used(node), (1, 1, 1));
        assert_eq!(pool.remove(conn(1)), Some((node, Some(session(2)))));
        assert_eq!(pool.next_in_queue(node, Some(1)), Some(session(3)));
        assert_eq!(pool.used(node), (0, 0, 0));
    }

    #[test]
    fn statements_that_leave_something_in_the_session_are_known() {
        let leaves = |text: &str| leaves_state(&Statement::Sql(text.into()), Flavor::Mysql);
        assert!(leaves("SET @x = 1"));
        assert!(leaves("SELECT GET_LOCK('a', 1)"));
        assert!(leaves("create temporary table t (id int)"));
        assert!(!leaves("SELECT 'SET' FROM kv"));
        assert!(!leaves("BEGIN"));
        // Found by the swarm, seed 400: the connection of whoever had updated a row was nobody else's ever after.
        assert!(!leaves("UPDATE t SET a = 1"));
        assert!(!leaves("INSERT INTO t VALUES (1) ON CONFLICT (a) DO UPDATE SET a = 2"));
        assert!(leaves("UPDATE t SET a = 1; SET time_zone = 'UTC'"));
    }
}
