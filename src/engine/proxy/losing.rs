//! Servers and connections that go away, and what becomes of the statements on them.

use super::errors::lost_connection;
use super::front::{RoutedReply, Stage};
use super::router::{RETRY_US, Router};
use crate::engine::ids::{ConnId, NodeId, SessionId};
use crate::engine::io::Outbox;
use crate::engine::message::Message;
use crate::engine::storage::SqlError;
use crate::engine::trace::What;

impl Router {
    /// Another server is the primary: what is under way on the former one is over, since it may take writes that will be
    /// lost. As with HAProxy's `on-marked-down shutdown-sessions`, which Patroni's example of its configuration has.
    pub(super) fn drain_former_primary(&mut self, out: &mut Outbox) {
        let Some(new) = self.monitor.primary() else { return };
        if let Some(former) = self.primary.replace(new).filter(|former| *former != new) {
            let connections = u32::try_from(self.pool.to(former).len()).unwrap_or(u32::MAX);
            if connections > 0 {
                out.trace(What::Drained { by: self.me, node: former, connections });
            }
            self.drop_server(former, out);
            self.end_waits(out);
        }
    }

    /// What replicas wait for may never come any more: the write may have been lost with the former primary.
    fn end_waits(&mut self, out: &mut Outbox) {
        for front in self.fronts.values_mut() {
            let Some(current) = &mut front.current else { continue };
            if let Some((node, Stage::Awaiting)) = current.to
                && let Some(backend) = front.backends.get(&node).filter(|backend| backend.standing)
            {
                current.to_primary =
                    Some("another server has become the primary while the replica waited: the primary");
                out.send(backend.conn, Message::Cancel { txn: current.txn });
            }
        }
    }

    /// Everything that is under way on a server is over.
    pub(super) fn drop_server(&mut self, node: NodeId, out: &mut Outbox) {
        for conn in self.pool.to(node) {
            out.close(conn);
            self.connection_lost(conn, out);
        }
    }

    pub(super) fn connection_lost(&mut self, conn: ConnId, out: &mut Outbox) {
        let Some((node, session)) = self.pool.remove(conn) else { return };
        if let Some(session) = session {
            self.backend_lost(session, node, out);
        }
        self.serve_queue(node, out);
    }

    fn backend_lost(&mut self, session: SessionId, node: NodeId, out: &mut Outbox) {
        let Some(front) = self.fronts.get_mut(&session) else { return };
        front.backends.remove(&node);
        let pinned = front.pinned.take_if(|pinned| *pinned == node).is_some();
        if pinned {
            front.splitter.transaction_lost();
            front.settle();
        }
        let current = front.current.as_mut().filter(|c| c.to.is_some_and(|(to, _)| to == node));
        let Some(current) = current else {
            // The client has to know before it goes on as if the transaction were open.
            front.transaction_lost |= pinned;
            return;
        };
        let sent = matches!(current.to, Some((_, Stage::Sent)));
        (current.to, current.wait) = (None, None);
        if pinned || (sent && (current.decision.writes || !self.policy.retry_reads)) {
            self.fail_current(session, lost_connection(self.flavor));
        } else {
            // Never sent, or a read: it is safe to try again elsewhere.
            self.look_again(out.now.plus(RETRY_US), out);
        }
    }

    pub(super) fn fail_current(&mut self, session: SessionId, error: SqlError) {
        let Some(front) = self.fronts.get_mut(&session) else { return };
        if let Some(current) = front.current.take() {
            front.pinned = None;
            front.splitter.answered(false, false);
            front.settle();
            self.replies.push(RoutedReply::failed(session, current.txn, error));
        }
    }
}
