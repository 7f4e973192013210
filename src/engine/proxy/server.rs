//! The proxy: the router behind connections that clients open.

use super::front::RoutedReply;
use super::router::Router;
use crate::engine::ids::{ConnId, SessionId};
use crate::engine::io::{Input, Operation, Outbox, Timer};
use crate::engine::message::Message;
use crate::order::OrderedMap;

/// The read/write-splitting proxy.
#[derive(Clone, Debug)]
pub struct Proxy {
    /// What decides.
    pub router: Router,
    sessions: OrderedMap<SessionId, ConnId>,
    clients: OrderedMap<ConnId, SessionId>,
}

impl Proxy {
    /// A proxy with this router.
    #[must_use]
    pub fn new(router: Router) -> Self {
        Proxy { router, sessions: OrderedMap::new(), clients: OrderedMap::new() }
    }

    /// Begins to watch the servers.
    pub fn begin(&mut self, out: &mut Outbox) {
        self.router.begin(out);
    }

    /// Takes one input.
    pub fn handle(&mut self, input: Input, out: &mut Outbox) {
        match input {
            Input::Opened { conn } => self.router.opened(conn, out),
            Input::Closed { conn, .. } => match self.clients.remove(&conn) {
                Some(session) => {
                    self.sessions.remove(&session);
                    self.router.drop_session(session, out);
                }
                None => self.router.closed(conn, out),
            },
            Input::Received { conn, message: Message::Query { txn, statement } } => {
                self.sessions.insert(txn.session, conn);
                self.clients.insert(conn, txn.session);
                self.router.submit(txn.session, txn, statement, out);
            }
            Input::Received { message: Message::Cancel { txn }, .. } => self.router.cancel(txn.session, out),
            Input::Received { conn, message } => self.router.received(conn, message, out),
            Input::Timer(Timer::Monitor) => self.router.tick(out),
            Input::Timer(Timer::Route) => self.router.retry(out),
            Input::Operator(Operation::Policy(policy)) => self.router.change_policy(*policy, out),
            Input::Operator(Operation::Member(node, joined)) => self.router.member(node, joined, out),
            _ => {}
        }
        for reply in self.router.take_replies() {
            if let Some(conn) = self.sessions.get(&reply.session) {
                let RoutedReply { txn, served_by, in_transaction, implicit, result, .. } = reply;
                out.send(*conn, Message::Reply { txn, served_by, in_transaction, implicit, result });
            }
        }
    }
}
