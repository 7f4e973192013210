//! Running what clients send: messages, waits, commits, answers. What a statement does is in [`super::statement`].

use std::sync::Arc;

use super::primary::Primary;
use super::session::{Flow, GtidNext, OpenTxn, Running, Session, State, Todo};
use super::waits::{WaitsFor, deadlock, named_deadlock};
use super::{Node, Role};
use crate::engine::beside::Scope;
use crate::engine::commit::CommitRule;
use crate::engine::flavor::Flavor;
use crate::engine::gtid::Gtid;
use crate::engine::ids::{ConnId, TxnId};
use crate::engine::io::Outbox;
use crate::engine::log::Lsn;
use crate::engine::message::{ImplicitCommit, Message, QueryResult, Statement};
use crate::engine::sql;
use crate::engine::storage::SqlError;
use crate::engine::time::SimTime;
use crate::engine::trace::{Life, What};

impl Node {
    /// A client sent a statement.
    pub(super) fn query(&mut self, conn: ConnId, txn: TxnId, statement: Statement, out: &mut Outbox) {
        if self.life != Life::Running {
            let error = SqlError::new("57P03", "the database system is starting up");
            self.answer(conn, (txn, None), false, Err(error), out);
            return;
        }
        if self.shutting_down {
            let error = SqlError::new("57P03", "the database system is shutting down");
            self.answer(conn, (txn, None), false, Err(error), out);
            out.close(conn);
            return;
        }
        if !self.accepts_connections() {
            // PostgreSQL 15, postmaster.c, ProcessStartupPacket(), CAC_NOTCONSISTENT.
            let error = SqlError {
                detail: Some("Hot standby mode is disabled.".to_owned()),
                ..SqlError::new("57P03", "the database system is not accepting connections")
            };
            self.answer(conn, (txn, None), false, Err(error), out);
            return;
        }
        let todo = match &statement {
            Statement::Sql(text) => {
                sql::split(text, self.core.flavor).into_iter().map(|s| Todo::Sql(s.into())).collect()
            }
            _ => [Todo::Prepared(statement)].into(),
        };
        let session = self.sessions.entry(conn).or_default();
        session.running = Some(Running::new(txn, todo, out.now));
        session.state = State::Ready;
        self.schedule(conn, out);
    }

    /// Whether clients may connect: not to a standby with `hot_standby = off`.
    pub(super) fn accepts_connections(&self) -> bool {
        self.life == Life::Running && (self.core.settings.hot_standby || !matches!(self.role, Role::Replica(_)))
    }

    /// A client's connection is gone: what it had not committed is undone. A commit that is logged stays.
    pub(super) fn session_closed(&mut self, conn: ConnId, out: &mut Outbox) {
        self.give_named_locks(conn, Scope::All);
        if let Some(mut session) = self.sessions.remove(&conn)
            && let Some(txn) = session.txn.take()
        {
            self.roll_back(txn, out);
        }
    }

    /// Lets everything go on that can: commits that are ready, sessions that they or their locks held up.
    pub(super) fn settle(&mut self, out: &mut Outbox) {
        loop {
            self.release_commits(out);
            self.unblock_applier(out);
            if self.ready.is_empty() {
                self.settle_positions(out);
            }
            let Some(conn) = self.ready.pop_front() else { break };
            self.run(conn, out);
        }
        self.promote_mysql_if_drained(out);
        if let Role::Primary(primary) = &mut self.role {
            primary.tell_synchronous(&self.core, &self.senders, out);
        }
    }

    /// The applier goes on when the transaction whose row lock it waited for has ended.
    fn unblock_applier(&mut self, out: &mut Outbox) {
        if let Role::MysqlReplica(replica) = &mut self.role
            && replica.channel.blocked_by.is_some_and(|holder| !replica.writer.locks.holds_any(holder))
        {
            replica.unblocked(&mut self.core, out);
        }
    }

    fn release_commits(&mut self, out: &mut Outbox) {
        let Some(primary) = self.role.writer_mut() else { return };
        if primary.commits.is_empty() {
            return;
        }
        if self.core.flavor == Flavor::Mysql {
            return match primary.release_from_binlog(&mut self.core, out) {
                Ok(over) => {
                    for commit in over {
                        if let (Role::MysqlReplica(replica), CommitRule::Binlog { gtid, .. }) =
                            (&mut self.role, commit.rule)
                        {
                            replica.channel.committed(gtid);
                        }
                        let gtid = match commit.rule {
                            CommitRule::Binlog { gtid, .. } => Some(gtid),
                            CommitRule::Level(_) => None,
                        };
                        self.committed(commit.conn, commit.txn, None, (commit.end, gtid));
                    }
                }
                Err(error) => self.exit(&error, out),
            };
        }
        let reached = Primary::reached(&self.core, &self.senders);
        let mut released = Vec::new();
        let mut failed = None;
        loop {
            match primary.release(&mut self.core, reached, out) {
                Ok(Some(commit)) => released.push(commit),
                Ok(None) => break,
                Err(error) => {
                    failed = Some(error);
                    break;
                }
            }
        }
        for commit in released {
            self.committed(commit.conn, commit.txn, None, (commit.end, None));
        }
        if let Some(error) = failed {
            self.exit(&format!("PANIC: {error}"), out);
        }
    }

    /// A transaction's commit is over: its session goes on, and so do those that waited for its locks.
    fn committed(
        &mut self,
        conn: Option<ConnId>,
        txn: TxnId,
        warning: Option<Arc<str>>,
        (end, gtid): (Lsn, Option<Gtid>),
    ) {
        let timeline = self.core.timeline();
        if let Some(conn) = conn
            && let Some(session) = self.sessions.get_mut(&conn)
            && session.is_committing()
            && let Some(running) = session.running.as_mut().filter(|running| running.txn == txn)
        {
            let committed_at = Some((timeline, end));
            match &mut running.implicit {
                Some(implicit) if matches!(session.state, State::CommittingFirst) => {
                    implicit.committed_at = committed_at
                }
                _ => {
                    running.result.committed_at = committed_at;
                    running.result.gtid = gtid;
                    running.result.warning = warning.or(running.result.warning.take());
                }
            }
            session.state = State::Ready;
            self.ready.push_back(conn);
        }
        self.wake_blocked();
    }

    /// An operator or client gives up a wait.
    pub(super) fn cancel(&mut self, txn: TxnId, out: &mut Outbox) {
        if self.cancel_position_wait(txn, out) {
            return;
        }
        let Role::Primary(primary) = &mut self.role else { return };
        match primary.cancel(&mut self.core, txn, out) {
            Ok(Some(commit)) => {
                // PostgreSQL 15, syncrep.c, SyncRepWaitForLSN().
                let warning = "canceling wait for synchronous replication due to user request\nDETAIL:  The transaction \
                               has already committed locally, but might not have been replicated to the standby.";
                self.committed(commit.conn, commit.txn, Some(warning.into()), (commit.end, None));
            }
            Ok(None) => self.cancel_lock_wait(txn, out),
            Err(error) => self.exit(&format!("PANIC: {error}"), out),
        }
    }

    /// Runs a session until it is done or must wait.
    fn run(&mut self, conn: ConnId, out: &mut Outbox) {
        let Some(mut session) = self.sessions.remove(&conn) else { return };
        if matches!(session.state, State::Ready) {
            self.run_statements(conn, &mut session, out);
        }
        self.sessions.insert(conn, session);
    }

    fn run_statements(&mut self, conn: ConnId, session: &mut Session, out: &mut Outbox) {
        while let Some(running) = &mut session.running {
            let txn = running.txn;
            // MySQL commits statement by statement; PostgreSQL takes a message as one transaction.
            let one_by_one = self.core.flavor == Flavor::Mysql && session.txn.as_ref().is_some_and(|t| !t.explicit);
            let next = running.todo.front().filter(|_| !one_by_one).cloned();
            let is_statement = next.is_some();
            let flow = match next {
                Some(todo) => self.statement(conn, session, txn, &todo, out),
                None => match session.txn.take_if(|t| !t.explicit) {
                    Some(open) => self.commit(conn, session, open, "", out),
                    None => break,
                },
            };
            if let Flow::Done(QueryResult { tag: "COMMIT" | "ROLLBACK", .. }) = &flow
                && session.txn.is_none()
            {
                self.give_named_locks(conn, Scope::Transaction);
            }
            match flow {
                Flow::Done(result) if is_statement => session.step(result, out.now),
                Flow::Done(result) => running_result(session, result),
                Flow::Committing => {
                    if is_statement {
                        session.step(QueryResult::default(), out.now);
                    }
                    session.state = State::Committing;
                    return;
                }
                Flow::CommittingFirst => {
                    session.state = State::CommittingFirst;
                    return;
                }
                Flow::Named(holder, within_us) => {
                    if self.would_deadlock(conn, txn, WaitsFor::Session(holder.conn)) {
                        let error = named_deadlock(self.core.flavor);
                        self.fail(conn, session, error, out);
                        return;
                    }
                    out.trace(What::LockWait { node: self.core.id, txn, holder: holder.txn });
                    self.wait_for_named(session, holder, within_us, out);
                    return;
                }
                Flow::Blocked(holder) => {
                    if self.would_deadlock(conn, txn, WaitsFor::Transaction(holder)) {
                        let error = deadlock(self.core.flavor);
                        self.fail(conn, session, error, out);
                        return;
                    }
                    out.trace(What::LockWait { node: self.core.id, txn, holder });
                    self.wait_for_lock(session, holder, out);
                    return;
                }
                Flow::Waiting(wait) => {
                    session.state = State::Positioned(wait);
                    return;
                }
                Flow::Failed(error) => {
                    self.fail(conn, session, error, out);
                    return;
                }
            }
        }
        if let Some(running) = session.running.take() {
            let in_transaction = session.txn.is_some();
            if !in_transaction {
                self.give_named_locks(conn, Scope::Transaction);
            }
            self.answer(conn, (running.asked, running.implicit), in_transaction, Ok(running.result), out);
        }
    }

    fn answer(
        &mut self,
        conn: ConnId,
        (txn, implicit): (TxnId, Option<ImplicitCommit>),
        in_transaction: bool,
        result: Result<QueryResult, SqlError>,
        out: &mut Outbox,
    ) {
        let result = result.map(Box::new).map_err(Box::new);
        out.send(conn, Message::Reply { txn, served_by: Some(self.core.id), in_transaction, implicit, result });
    }

    /// An error ends the message. PostgreSQL undoes the transaction (to its last savepoint) and ignores what follows;
    /// MySQL undoes the statement alone, except after a deadlock.
    pub(super) fn fail(&mut self, conn: ConnId, session: &mut Session, error: SqlError, out: &mut Outbox) {
        session.state = State::Ready;
        let whole = self.core.flavor == Flavor::Postgresql || error.number == 1213;
        // To a savepoint PostgreSQL gives back what was locked since; here it is kept until the end.
        if session.txn.as_ref().is_none_or(|txn| txn.savepoints.is_empty()) {
            self.give_named_locks(conn, Scope::Transaction);
        }
        match &mut session.txn {
            Some(txn) if txn.explicit && whole => {
                let keep = txn.savepoints.last().map_or(0, |(_, count)| *count);
                txn.failed = true;
                self.undo_to(txn, keep, out);
            }
            Some(txn) if txn.explicit => {}
            _ => {
                if let Some(mut txn) = session.txn.take() {
                    session.undo_sets(&mut txn, 0);
                    self.roll_back(txn, out);
                }
            }
        }
        if let Some(running) = session.running.take() {
            let whose = (running.asked, running.implicit);
            self.answer(conn, whose, session.txn.is_some(), Err(error), out);
        }
    }

    pub(super) fn undo_to(&mut self, txn: &mut OpenTxn, keep: usize, out: &mut Outbox) {
        if let Some(primary) = self.role.writer_mut()
            && let Err(error) = primary.undo(txn, keep)
        {
            self.exit(&format!("PANIC: {error}"), out);
        }
        self.wake_blocked();
    }

    pub(super) fn roll_back(&mut self, mut txn: OpenTxn, out: &mut Outbox) {
        if !txn.changes.is_empty() {
            self.undo_to(&mut txn, 0, out);
        }
        out.trace(What::RolledBack { node: self.core.id, txn: txn.id });
    }

    pub(super) fn commit(
        &mut self,
        conn: ConnId,
        session: &mut Session,
        txn: OpenTxn,
        tag: &'static str,
        out: &mut Outbox,
    ) -> Flow {
        if let Some(running) = &mut session.running
            && !tag.is_empty()
        {
            running.result = QueryResult { tag, ..QueryResult::default() };
        }
        let configured = self.core.level_of(txn.id.session.client);
        let level = txn.local.or(session.own).level.unwrap_or(configured);
        let mysql = self.core.flavor == Flavor::Mysql;
        let skipped = self.has_executed(txn.gtid);
        if let Some(gtid) = txn.gtid {
            session.gtid_next = GtidNext::Used(gtid);
        }
        // A transaction that began before the server was made read-only is not let through either.
        if mysql
            && !txn.changes.is_empty()
            && let Some(error) = self.refuses_writes(session, txn.id, tag)
        {
            self.roll_back(txn, out);
            return Flow::Failed(error);
        }
        match self.role.writer_mut() {
            // An empty transaction is logged where `gtid_next` gave it an identifier.
            Some(writer) if mysql && !skipped && (!txn.changes.is_empty() || txn.gtid.is_some()) => {
                writer.commit_to_binlog(&mut self.core, Some(conn), txn, None, out);
                Flow::Committing
            }
            // A sequence was logged, or what PostgreSQL's catalog has of a temporary table: the commit has to be flushed, and
            // to be had by standbys, as any other.
            Some(primary) if !txn.changes.is_empty() || !txn.beside.is_empty() || txn.catalog => {
                primary.commit(&mut self.core, conn, txn, level, out);
                Flow::Committing
            }
            _ => match tag {
                "" => Flow::Done(session.running.as_mut().map(|r| std::mem::take(&mut r.result)).unwrap_or_default()),
                tag => Flow::Done(QueryResult { tag, ..QueryResult::default() }),
            },
        }
    }
}

/// The commit that ended the message, or a statement of it, said nothing new.
fn running_result(session: &mut Session, result: QueryResult) {
    if let Some(running) = &mut session.running {
        running.result = result;
    }
}

impl Session {
    /// One statement is done; keep its result as the message's, unless it said nothing.
    pub(super) fn step(&mut self, result: QueryResult, now: SimTime) {
        if let Some(running) = &mut self.running {
            running.todo.pop_front();
            (running.since, running.wait, running.waited) = (now, None, false);
            let warning = result.warning.or(running.warning.take());
            let result = QueryResult { warning, ..result };
            if !result.tag.is_empty() {
                // What was committed on the way stays so, whatever is said after it.
                let committed_at = result.committed_at.or(running.result.committed_at);
                let gtid = result.gtid.or(running.result.gtid);
                running.result = QueryResult { committed_at, gtid, ..result };
            }
        }
    }
}
