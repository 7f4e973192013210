//! What operators do to a MySQL server: its replication threads, promotion, following another source.

use super::applier::MysqlReplica;
use super::channel::Channel;
use super::{Node, Primary, Role};
use crate::engine::ids::NodeId;
use crate::engine::io::Outbox;
use crate::engine::log::Timeline;
use crate::engine::trace::What;

impl Node {
    /// `START REPLICA` and `STOP REPLICA`: what is `None` stays as it is.
    pub(super) fn replica_threads(&mut self, io: Option<bool>, sql: Option<bool>, out: &mut Outbox) {
        let Role::MysqlReplica(replica) = &mut self.role else { return };
        let channel = &mut replica.channel;
        match io {
            Some(true) => {
                channel.io_started = true;
                channel.io_error = None;
                channel.attempts = 0;
                channel.connect(&mut self.core, out);
            }
            Some(false) => {
                channel.io_started = false;
                channel.disconnect(out);
            }
            None => {}
        }
        match sql {
            Some(true) => {
                channel.sql_running = true;
                channel.retries = 0;
                channel.sql_error = None;
                self.core.error = channel.io_error.as_ref().map(|error| error.text.clone());
                channel.schedule(&self.core, out);
            }
            Some(false) => {
                channel.sql_running = false;
                channel.due = None;
                channel.blocked_by = None;
            }
            None => {}
        }
        let (io, sql) = (channel.io_started, channel.sql_running);
        out.trace(What::ReplicaThreads { node: self.core.id, io, sql });
    }

    /// A source becomes a replica (`CHANGE REPLICATION SOURCE TO …, SOURCE_AUTO_POSITION = 1; START REPLICA`), and
    /// refuses writes from now on, as tools leave a replica. Its sessions stay.
    pub(super) fn follow_source(&mut self, source: NodeId, out: &mut Outbox) {
        self.core.set_read_only(true);
        self.configure(out);
        let placeholder = Role::new(&self.core, self.apply_rate, Some(source));
        let Role::Primary(writer) = std::mem::replace(&mut self.role, placeholder) else { return };
        let mut channel = Channel::new(source, self.apply_rate);
        out.trace(What::Repointed { node: self.core.id, upstream: source });
        channel.connect(&mut self.core, out);
        self.role = Role::MysqlReplica(Box::new(MysqlReplica { writer: *writer, channel }));
    }

    /// `RESET REPLICA ALL`: it follows nobody from now on.
    pub(super) fn leave_source(&mut self) {
        if let Role::MysqlReplica(replica) = &mut self.role {
            let writer = std::mem::replace(&mut replica.writer, Primary::new(&self.core.data));
            self.role = Role::Primary(Box::new(writer));
            self.core.error = None;
        }
    }

    /// The receiver stops; what is in the relay log will be applied before the server takes writes.
    pub(super) fn promote_mysql(&mut self, newest: Timeline, out: &mut Outbox) {
        let Role::MysqlReplica(replica) = &mut self.role else {
            // It follows nobody already, and only refuses writes.
            if self.core.read_only() {
                out.trace(What::PromotionStarted { node: self.core.id });
                self.begin_term(newest, out);
            }
            return;
        };
        if replica.channel.promoting.is_some() {
            return;
        }
        out.trace(What::PromotionStarted { node: self.core.id });
        replica.channel.promoting = Some(newest);
        replica.channel.disconnect(out);
        // An applier that somebody stopped is started, as tools do; one that stopped with an error cannot go on.
        if !replica.channel.sql_running && replica.channel.sql_error.is_none() {
            replica.channel.sql_running = true;
            out.trace(What::ReplicaThreads { node: self.core.id, io: replica.channel.io_started, sql: true });
        }
        // A delay that is being waited for is waited for no longer.
        replica.channel.schedule(&self.core, out);
    }

    /// When the relay log is applied (or cannot be): `STOP REPLICA`, `RESET REPLICA ALL`, and writes are let in.
    pub(super) fn promote_mysql_if_drained(&mut self, out: &mut Outbox) {
        let Role::MysqlReplica(replica) = &mut self.role else { return };
        let channel = &replica.channel;
        let Some(newest) = channel.promoting else { return };
        let drained = channel.relay.is_empty() || !channel.sql_running;
        if !drained || replica.writer.commits.iter().any(|commit| commit.conn.is_none()) {
            return;
        }
        let writer = std::mem::replace(&mut replica.writer, Primary::new(&self.core.data));
        self.role = Role::Primary(Box::new(writer));
        self.begin_term(newest, out);
    }

    /// Writes are let in, on a term of this server's own.
    fn begin_term(&mut self, newest: Timeline, out: &mut Outbox) {
        self.core.set_read_only(false);
        self.configure(out);
        self.core.error = None;
        // MySQL has no timelines. The term that begins is noted in a record of this server's own, which is not sent.
        self.core.begin_timeline(newest, out);
        self.tell_primary(out);
    }
}
