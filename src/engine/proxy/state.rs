//! A session's state on its connections: what one has set, all have to have.
//!
//! A statement that sets it (`SET`, `PREPARE`, `USE` …) runs on the primary first, whose answer is the client's. When it has
//! succeeded there, the session's other connections run it, too; one that is opened later runs all of them before the
//! session's first statement on it. So do MaxScale ("session commands", with their history) and Pgpool-II.

use super::errors::state_not_set;
use super::front::{Backend, Stage};
use super::router::Router;
use crate::engine::ids::{NodeId, SessionId};
use crate::engine::io::Outbox;
use crate::engine::message::{Message, Statement};
use crate::engine::storage::SqlError;
use crate::engine::trace::What;

impl Router {
    /// What the session has just set goes to its other connections that stand.
    pub(super) fn repeat_elsewhere(&mut self, session: SessionId, out: &mut Outbox) {
        let Some(front) = self.fronts.get_mut(&session) else { return };
        // What did not take the state as it was may take it as it is.
        front.refused_by.clear();
        let nodes: Vec<NodeId> = front.backends.keys().copied().collect();
        for node in nodes {
            self.repeat(session, node, out);
        }
    }

    /// The next statement of the session's state that this connection has not run yet.
    pub(super) fn repeat(&mut self, session: SessionId, node: NodeId, out: &mut Outbox) {
        let me = self.me;
        let Some(front) = self.fronts.get_mut(&session) else { return };
        let Some(txn) = front.txn else { return };
        let Some(backend) = front.backends.get_mut(&node).filter(|backend| backend.is_idle()) else { return };
        let Some(text) = front.splitter.history().get(backend.ran..front.settled).and_then(<[_]>::first) else {
            return;
        };
        backend.repeating = true;
        out.trace(What::StateRepeated { by: me, txn, to: node, text: text.clone() });
        out.send(backend.conn, Message::Query { txn, statement: Statement::Sql(text.clone()) });
    }

    /// A server answered a statement of the session's state.
    pub(super) fn repeated(
        &mut self,
        session: SessionId,
        node: NodeId,
        error: Option<Box<SqlError>>,
        out: &mut Outbox,
    ) {
        let Some(front) = self.fronts.get_mut(&session) else { return };
        let Some(backend) = front.backends.get_mut(&node) else { return };
        backend.ran += 1;
        if let Some(error) = error {
            return self.state_refused(session, node, &error, out);
        }
        let waits = |front: &super::front::Front| {
            front.current.as_ref().is_some_and(|current| current.to == Some((node, Stage::Connecting)))
        };
        match waits(front) {
            true => self.send_current(session, out),
            false => self.repeat(session, node, out),
        }
    }

    /// A server does not take what another one took: a replica gets no more reads of the session. On the primary the
    /// client has to know, and the session goes on without it.
    fn state_refused(&mut self, session: SessionId, node: NodeId, error: &SqlError, out: &mut Outbox) {
        let Some(front) = self.fronts.get_mut(&session) else { return };
        let waits = front.current.as_mut().filter(|current| current.to.is_some_and(|(to, _)| to == node));
        if self.monitor.primary() == Some(node) {
            if waits.is_some() {
                self.fail_current(session, state_not_set(self.flavor, error));
            }
            return;
        }
        front.refused_by.insert(node);
        let again = waits.map(|current| (current.to, current.wait) = (None, None)).is_some();
        if let Some(Backend { conn, .. }) = front.backends.remove(&node) {
            self.pool.remove(conn);
            out.close(conn);
            self.serve_queue(node, out);
        }
        if again {
            self.place(session, out);
        }
    }
}
