//! What operators do to a server: settings, another upstream, promotion.

use super::{Node, Primary, Replica, Role, replica};
use crate::engine::flavor::Flavor;
use crate::engine::ids::{ConnId, NodeId};
use crate::engine::io::{Operation, Outbox};
use crate::engine::log::Timeline;
use crate::engine::trace::{Life, What};

impl Node {
    pub(super) fn operate(&mut self, operation: Operation, out: &mut Outbox) {
        match operation {
            Operation::Promote { newest } => self.promote(newest, out),
            Operation::HandOver(begin) => self.hand_over(begin, out),
            Operation::Repoint(upstream) => self.repoint(upstream, out),
            Operation::PauseReplay(paused) => match &mut self.role {
                Role::Primary(_) => {}
                Role::Replica(replica) => replica.pause(paused, &mut self.core, out),
                Role::MysqlReplica(_) => self.replica_threads(None, Some(!paused), out),
            },
            Operation::Set(settings) => {
                let slot = self.core.settings.primary_slot_name.clone();
                for (name, value) in settings {
                    // The command was validated before it came here; a setting that is refused stays as it was.
                    let _ = self.core.settings.set(&name, &value);
                    let _ = self.core.configuration.alter(&name, Some(&value));
                }
                self.slot_changed(slot.as_deref(), out);
                self.configure(out);
            }
            Operation::Start(primary, upstream) => self.start_as(primary, upstream, out),
            Operation::Demote => self.demote(out),
            Operation::ApplyRate(rate) => {
                self.apply_rate = rate;
                match &mut self.role {
                    Role::Primary(_) => {}
                    Role::Replica(replica) => replica.apply_us = replica::apply_us(rate),
                    Role::MysqlReplica(replica) => replica.channel.apply_us = replica::apply_us(rate),
                }
            }
            _ => {}
        }
    }

    pub(super) fn repoint(&mut self, upstream: NodeId, out: &mut Outbox) {
        match &mut self.role {
            Role::Replica(replica) => replica.repoint(upstream, &mut self.core, out),
            Role::MysqlReplica(replica) => replica.channel.repoint(upstream, &mut self.core, out),
            Role::Primary(_) if self.core.flavor == Flavor::Mysql => self.follow_source(upstream, out),
            Role::Primary(_) => {
                out.trace(What::Repointed { node: self.core.id, upstream });
                self.restart_as_standby(Some(upstream), out);
            }
        }
    }

    /// As with a `standby.signal` file and a restart: sessions end, open transactions are undone by replaying the log
    /// into a fresh database.
    fn restart_as_standby(&mut self, upstream: Option<NodeId>, out: &mut Outbox) {
        for conn in self.sessions.keys() {
            out.close(*conn);
        }
        self.end_backups("FATAL:  terminating connection due to administrator command", out);
        self.forget_sessions();
        self.slots.shut_down();
        for (conn, sender) in std::mem::take(&mut self.senders).connections() {
            out.trace(What::StreamingEnded { upstream: self.core.id, standby: sender.standby });
            out.close(conn);
        }
        self.shutting_down = false;
        out.trace(What::BecameStandby { node: self.core.id });
        self.role = Role::Replica(Box::new(Replica::new(upstream, self.apply_rate)));
        self.start(out);
    }

    /// It takes no more writes, and follows nobody until it is told whom. MySQL: `SET GLOBAL super_read_only = ON`.
    fn demote(&mut self, out: &mut Outbox) {
        match (&self.role, self.core.flavor) {
            (_, Flavor::Mysql) => self.hand_over(true, out),
            (Role::Primary(_), Flavor::Postgresql) => self.restart_as_standby(None, out),
            _ => {}
        }
    }

    /// The process starts in this role, whatever it was when it ended.
    fn start_as(&mut self, primary: bool, upstream: Option<NodeId>, out: &mut Outbox) {
        if self.life != Life::Stopped {
            return;
        }
        let Node { role, core, apply_rate, .. } = self;
        match (&mut *role, upstream) {
            _ if primary => {}
            // As a file `standby.signal` says.
            (Role::Replica(replica), _) => **replica = Replica::new(upstream, *apply_rate),
            (Role::Primary(_), _) if core.flavor == Flavor::Postgresql => {
                *role = Role::Replica(Box::new(Replica::new(upstream, *apply_rate)));
                out.trace(What::BecameStandby { node: core.id });
            }
            (Role::Primary(_), Some(source)) => *role = Role::new(core, *apply_rate, Some(source)),
            (Role::MysqlReplica(replica), Some(source)) => replica.channel.source = source,
            (Role::Primary(_) | Role::MysqlReplica(_), None) => {}
        }
        if let Some(upstream) = upstream.filter(|_| !primary) {
            out.trace(What::Repointed { node: self.core.id, upstream });
        }
        self.start(out);
        if self.core.flavor == Flavor::Mysql && !primary {
            // `super_read_only` is what a cluster's servers start with.
            self.core.set_read_only(true);
            self.configure(out);
        }
    }

    /// PostgreSQL: `pg_ctl stop -m fast` as far as clients see it; the process stays until its standbys have all log. MySQL:
    /// `SET GLOBAL super_read_only`.
    pub(super) fn hand_over(&mut self, begin: bool, out: &mut Outbox) {
        if self.core.flavor == Flavor::Mysql {
            let mysql = &mut self.core.settings.mysql;
            (mysql.read_only, mysql.super_read_only) = (begin, begin);
            self.configure(out);
            return;
        }
        self.shutting_down = begin;
        if begin {
            let sessions: Vec<ConnId> = self.sessions.keys().copied().collect();
            for conn in sessions {
                out.close(conn);
                self.session_closed(conn, out);
            }
            self.core.flush_log(out);
        }
    }

    fn promote(&mut self, newest: Timeline, out: &mut Outbox) {
        if self.core.flavor == Flavor::Mysql {
            return self.promote_mysql(newest, out);
        }
        let Role::Replica(replica) = &mut self.role else { return };
        if replica.promoting.is_some() {
            return;
        }
        out.trace(What::PromotionStarted { node: self.core.id });
        replica.promoting = Some(newest);
        replica.disconnect(out);
        replica.apply_more(&mut self.core, out);
        self.promote_if_drained(out);
    }

    /// Ends recovery: when all that was received is applied, a new timeline begins here.
    pub(super) fn promote_if_drained(&mut self, out: &mut Outbox) {
        let Role::Replica(replica) = &self.role else { return };
        let Some(newest) = replica.promoting else { return };
        if self.core.log.flushed() < self.core.log.end() || !replica.drained(&self.core) {
            return;
        }
        self.core.begin_timeline(newest, out);
        self.core.applied = self.core.log.end();
        self.core.error = None;
        self.role = Role::Primary(Box::new(Primary::new(&self.core.data)));
        // PostgreSQL 15, xlog.c, do_pg_backup_stop().
        self.end_backups("ERROR:  the standby was promoted during online backup", out);
        self.tell_primary(out);
    }
}
