//! Sessions that wait for other transactions' locks: deadlocks, time-outs, cancelling.

use super::Node;
use super::session::{LockWait, Running, Session, State, Todo};
use crate::engine::beside::Holder;
use crate::engine::flavor::Flavor;
use crate::engine::ids::{ConnId, TxnId};
use crate::engine::io::{Outbox, Timer};
use crate::engine::sql::{self, Kind};
use crate::engine::storage::SqlError;
use crate::engine::time::SimTime;
use crate::order::Arrange;

impl Node {
    /// A session goes to sleep until `holder` has ended, or until one of its time-outs.
    pub(super) fn wait_for_lock(&mut self, session: &mut Session, holder: TxnId, out: &mut Outbox) {
        session.state = State::Blocked { holder };
        let Some(running) = &mut session.running else { return };
        let schema = self.role.writer().is_some_and(|writer| writer.locks.has_schema(holder));
        let metadata = schema || is_ddl(running, self.core.flavor);
        // A wait for the same transaction goes on when another one has ended meanwhile.
        let since = running.wait.filter(|wait| wait.holder == holder).map_or(out.now, |wait| wait.since);
        running.wait = Some(LockWait { holder, since, metadata });
        if let Some((deadline, _)) = self.deadline(session) {
            self.arm_lock_timer(deadline, out);
        }
    }

    /// A session goes to sleep until another one has given back a lock with a name, or until one of its time-outs.
    pub(super) fn wait_for_named(
        &mut self,
        session: &mut Session,
        holder: Holder,
        within_us: Option<u64>,
        out: &mut Outbox,
    ) {
        let Some(running) = &mut session.running else { return };
        let until = within_us.map_or(SimTime::NEVER, |us| running.since.plus(us));
        let since = running.wait.map_or(out.now, |wait| wait.since);
        running.wait = Some(LockWait { holder: holder.txn, since, metadata: false });
        session.state = State::Named { holder, until };
        if let Some((deadline, _)) = self.deadline(session) {
            self.arm_lock_timer(deadline, out);
        }
    }

    fn arm_lock_timer(&mut self, deadline: SimTime, out: &mut Outbox) {
        if deadline < self.lock_timer {
            self.lock_timer = deadline;
            out.set_timer(Timer::LockTimeout, deadline);
        }
    }

    /// When a session's wait for a lock must end, and with which error.
    fn deadline(&self, session: &Session) -> Option<(SimTime, SqlError)> {
        let until = match session.state {
            State::Blocked { .. } => None,
            State::Named { until, .. } => Some(until),
            _ => return None,
        };
        let running = session.running.as_ref()?;
        let wait = running.wait?;
        let (own, settings) = (session.own(), &self.core.settings);
        match self.core.flavor {
            Flavor::Postgresql => {
                let lock_us = own.lock_timeout_us.unwrap_or(settings.lock_timeout_us);
                let statement_us = own.statement_timeout_us.unwrap_or(settings.statement_timeout_us);
                let lock = (lock_us > 0).then(|| wait.since.plus(lock_us));
                let statement = (statement_us > 0).then(|| running.since.plus(statement_us));
                // PostgreSQL 15, postgres.c, ProcessInterrupts(): of two that are due the earlier one, at once the lock's.
                match (lock, statement) {
                    (Some(lock), statement) if statement.is_none_or(|statement| lock <= statement) => {
                        Some((lock, SqlError::new("55P03", "canceling statement due to lock timeout")))
                    }
                    (_, statement) => {
                        Some((statement?, SqlError::new("57014", "canceling statement due to statement timeout")))
                    }
                }
            }
            // GET_LOCK() gives 0 then; no statement fails.
            Flavor::Mysql if let Some(until) = until => {
                (until < SimTime::NEVER).then(|| (until, SqlError::new("HY000", "the lock is not free")))
            }
            // Metadata locks have `lock_wait_timeout`, a year.
            Flavor::Mysql if wait.metadata => None,
            Flavor::Mysql => {
                let wait_us = own.lock_wait_us.unwrap_or(settings.mysql.innodb_lock_wait_timeout_us);
                let message = "Lock wait timeout exceeded; try restarting transaction";
                Some((wait.since.plus(wait_us), SqlError { number: 1205, ..SqlError::new("HY000", message) }))
            }
        }
    }

    /// The timer of lock waits: those that have lasted too long end with an error.
    pub(super) fn lock_waits_due(&mut self, out: &mut Outbox) {
        self.lock_timer = SimTime::NEVER;
        let now = out.now;
        let due = |node: &Node, session: &Session| node.deadline(session).filter(|(at, _)| *at <= now);
        let late = self.sessions.iter().filter_map(|(conn, session)| Some((*conn, due(self, session)?.1)));
        for (conn, error) in late.collect::<Vec<_>>() {
            // What another one's error has undone may have let this one go on.
            if let Some(mut session) = self.sessions.remove(&conn) {
                match (&session.state, &mut session.running) {
                    (State::Named { .. }, Some(running)) if self.core.flavor == Flavor::Mysql => {
                        running.waited = true;
                        session.state = State::Ready;
                        self.ready.push_back(conn);
                    }
                    (State::Blocked { .. } | State::Named { .. }, _) => self.fail(conn, &mut session, error, out),
                    _ => {}
                }
                self.sessions.insert(conn, session);
            }
        }
        let next = self.sessions.values().filter_map(|session| Some(self.deadline(session)?.0)).min();
        if let Some(next) = next {
            self.arm_lock_timer(next, out);
        }
    }

    /// Locks were given back: those that wait try again.
    pub(super) fn wake_blocked(&mut self) {
        for (conn, session) in &mut self.sessions {
            if let State::Blocked { .. } = session.state {
                session.state = State::Ready;
                self.ready.push_back(*conn);
            }
        }
    }

    /// Locks with names were given back: those that wait try again, whoever has waited longest first.
    pub(super) fn wake_named(&mut self) {
        let mut waiting = Vec::new();
        for (conn, session) in &mut self.sessions {
            if let (State::Named { .. }, Some(running)) = (&session.state, &session.running) {
                waiting.push((running.wait.map(|wait| wait.since), *conn));
                session.state = State::Ready;
            }
        }
        waiting.arrange();
        self.ready.extend(waiting.into_iter().map(|(_, conn)| conn));
    }

    /// An operator or client gives up a wait for a lock.
    pub(super) fn cancel_lock_wait(&mut self, txn: TxnId, out: &mut Outbox) {
        let waiting = |s: &Session| {
            let whose = |running: &Running| running.txn == txn || running.asked == txn;
            matches!(s.state, State::Blocked { .. } | State::Named { .. }) && s.running.as_ref().is_some_and(whose)
        };
        let Some(conn) = self.sessions.iter().find(|(_, s)| waiting(s)).map(|(conn, _)| *conn) else { return };
        if let Some(mut session) = self.sessions.remove(&conn) {
            let error = SqlError::new("57014", "canceling statement due to user request");
            self.fail(conn, &mut session, error, out);
            self.sessions.insert(conn, session);
        }
    }

    /// Whether waiting for this closes a circle.
    pub(super) fn would_deadlock(&self, conn: ConnId, txn: TxnId, first: WaitsFor) -> bool {
        let mut at = first;
        for _ in 0..=self.sessions.len() {
            let session = match at {
                WaitsFor::Transaction(holder) if holder == txn => return true,
                WaitsFor::Session(holder) if holder == conn => return true,
                WaitsFor::Session(holder) => self.sessions.get(&holder),
                WaitsFor::Transaction(holder) => self
                    .sessions
                    .values()
                    .find(|session| session.running.as_ref().is_some_and(|running| running.txn == holder)),
            };
            at = match session.map(|session| &session.state) {
                Some(State::Blocked { holder }) => WaitsFor::Transaction(*holder),
                Some(State::Named { holder, .. }) => WaitsFor::Session(holder.conn),
                _ => return false,
            };
        }
        false
    }
}

/// Whom a statement waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WaitsFor {
    /// A transaction, for its rows.
    Transaction(TxnId),
    /// A session, for its lock with a name.
    Session(ConnId),
}

/// The error of who closes a circle by waiting for a row.
pub(super) fn deadlock(flavor: Flavor) -> SqlError {
    SqlError::flavored(
        flavor,
        ("40P01", "deadlock detected".to_owned()),
        (1213, "40001", "Deadlock found when trying to get lock; try restarting transaction".to_owned()),
    )
}

/// The same, by waiting for a lock with a name (MySQL 8.4, ER_USER_LOCK_DEADLOCK).
pub(super) fn named_deadlock(flavor: Flavor) -> SqlError {
    let mysql = "Deadlock found when trying to get user-level lock; try rolling back transaction/releasing locks and \
                 restarting lock acquisition.";
    SqlError::flavored(flavor, ("40P01", "deadlock detected".to_owned()), (3058, "HY000", mysql.to_owned()))
}

fn is_ddl(running: &Running, flavor: Flavor) -> bool {
    match running.todo.front() {
        Some(Todo::Sql(text)) => sql::classify(text, flavor).kind == Kind::Ddl,
        _ => false,
    }
}
