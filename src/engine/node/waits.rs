//! Sessions that wait for other transactions' locks: deadlocks, time-outs, cancelling.

use super::Node;
use super::session::{LockWait, Running, Session, State, Todo};
use crate::engine::flavor::Flavor;
use crate::engine::ids::TxnId;
use crate::engine::io::{Outbox, Timer};
use crate::engine::sql::{self, Kind};
use crate::engine::storage::SqlError;
use crate::engine::time::SimTime;

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

    fn arm_lock_timer(&mut self, deadline: SimTime, out: &mut Outbox) {
        if deadline < self.lock_timer {
            self.lock_timer = deadline;
            out.set_timer(Timer::LockTimeout, deadline);
        }
    }

    /// When a session's wait for a lock must end, and with which error.
    fn deadline(&self, session: &Session) -> Option<(SimTime, SqlError)> {
        let State::Blocked { .. } = session.state else { return None };
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
                if let State::Blocked { .. } = session.state {
                    self.fail(conn, &mut session, error, out);
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

    /// An operator or client gives up a wait for a lock.
    pub(super) fn cancel_lock_wait(&mut self, txn: TxnId, out: &mut Outbox) {
        let waiting = |s: &Session| {
            let whose = |running: &Running| running.txn == txn || running.asked == txn;
            matches!(s.state, State::Blocked { .. }) && s.running.as_ref().is_some_and(whose)
        };
        let Some(conn) = self.sessions.iter().find(|(_, s)| waiting(s)).map(|(conn, _)| *conn) else { return };
        if let Some(mut session) = self.sessions.remove(&conn) {
            let error = SqlError::new("57014", "canceling statement due to user request");
            self.fail(conn, &mut session, error, out);
            self.sessions.insert(conn, session);
        }
    }

    /// Whether waiting for `holder` closes a circle.
    pub(super) fn would_deadlock(&self, txn: TxnId, holder: TxnId) -> bool {
        let mut at = holder;
        for _ in 0..=self.sessions.len() {
            if at == txn {
                return true;
            }
            let waits_for = self.sessions.values().find_map(|s| match (&s.state, &s.running) {
                (State::Blocked { holder }, Some(running)) if running.txn == at => Some(*holder),
                _ => None,
            });
            match waits_for {
                Some(next) => at = next,
                None => return false,
            }
        }
        false
    }
}

fn is_ddl(running: &Running, flavor: Flavor) -> bool {
    match running.todo.front() {
        Some(Todo::Sql(text)) => sql::classify(text, flavor).kind == Kind::Ddl,
        _ => false,
    }
}
