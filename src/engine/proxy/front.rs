//! One session, as a router has it.

use std::sync::Arc;

use super::routing::{Decision, Splitter};
use super::token::Token;
use crate::engine::flavor::Flavor;
use crate::engine::ids::{ConnId, NodeId, SessionId, TxnId};
use crate::engine::message::{ImplicitCommit, QueryResult, Statement};
use crate::engine::storage::SqlError;
use crate::engine::time::SimTime;
use crate::order::{OrderedMap, OrderedSet};

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

impl RoutedReply {
    /// An error of the router's own: the session is in no transaction after it.
    #[must_use]
    pub fn failed(session: SessionId, txn: TxnId, error: SqlError) -> RoutedReply {
        let result = Err(Box::new(error));
        RoutedReply { session, txn, served_by: None, in_transaction: false, implicit: None, result }
    }
}

/// How far a statement is on its way to a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// There is no connection yet.
    Connecting,
    /// The server was asked to wait until it has the session's last write.
    Awaiting,
    /// It was sent.
    Sent,
}

/// A statement on its way.
#[derive(Clone, Debug)]
pub(super) struct Current {
    pub txn: TxnId,
    pub statement: Statement,
    /// Where its text says that it may go.
    pub decision: Decision,
    pub since: SimTime,
    /// Where it was sent (or will be, once connected).
    pub to: Option<(NodeId, Stage)>,
    /// What the server is asked before it: to wait for the session's last write.
    pub wait: Option<Arc<str>>,
    /// Why no replica will do any more.
    pub to_primary: Option<&'static str>,
}

/// A session's connection to a server.
#[derive(Clone, Copy, Debug)]
pub(super) struct Backend {
    pub conn: ConnId,
    /// Whether it stands.
    pub standing: bool,
    /// So many of the statements that set the session's state have run over it.
    pub ran: usize,
    /// One of them is under way on it, of the router's own accord.
    pub repeating: bool,
}

impl Backend {
    /// A connection over which nothing of the session has run.
    pub fn new(conn: ConnId, standing: bool) -> Backend {
        Backend { conn, standing, ran: 0, repeating: false }
    }

    /// Whether the session's statement can be sent over it.
    pub fn is_idle(&self) -> bool {
        self.standing && !self.repeating
    }
}

/// One session.
#[derive(Clone, Debug)]
pub(super) struct Front {
    /// What the session's messages say of where they may go.
    pub splitter: Splitter,
    /// Connections to servers.
    pub backends: OrderedMap<NodeId, Backend>,
    pub current: Option<Current>,
    /// The transaction of the last statement.
    pub txn: Option<TxnId>,
    /// The server that holds the session's open transaction.
    pub pinned: Option<NodeId>,
    /// The server of the open transaction went away while nothing was under way.
    pub transaction_lost: bool,
    /// Something of the session is left in its connections: they are not given to others.
    pub keeps_connections: bool,
    pub wrote_at: Option<SimTime>,
    /// Where the session's last write is.
    pub token: Option<Token>,
    /// The replica that it read from last.
    pub replica: Option<NodeId>,
    /// So many of the statements that set the session's state are settled: every connection is to have run them.
    pub settled: usize,
    /// Replicas that refused the session's state: no more reads there.
    pub refused_by: OrderedSet<NodeId>,
}

impl Front {
    pub fn new(flavor: Flavor) -> Front {
        Front {
            splitter: Splitter::new(flavor),
            backends: OrderedMap::new(),
            current: None,
            txn: None,
            pinned: None,
            transaction_lost: false,
            keeps_connections: false,
            wrote_at: None,
            token: None,
            replica: None,
            settled: 0,
            refused_by: OrderedSet::new(),
        }
    }

    /// A statement is over: what was taken back of the session's state counts as run nowhere, and outside of a transaction
    /// the rest is settled.
    pub fn settle(&mut self) {
        let unchanged = self.splitter.take_unchanged();
        for backend in self.backends.values_mut() {
            backend.ran = backend.ran.min(unchanged);
        }
        self.settled = match self.pinned {
            Some(_) => self.settled.min(unchanged),
            None => self.splitter.history().len(),
        };
    }
}
