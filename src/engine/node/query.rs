//! Running what clients send: statements, transactions, waits, answers.

use std::sync::Arc;

use super::core::Core;
use super::facts;
use super::primary::Primary;
use super::session::{Flow, OpenTxn, Running, Session, State, Todo};
use super::{Node, Role};
use crate::engine::flavor::Flavor;
use crate::engine::ids::{ConnId, TxnId};
use crate::engine::io::Outbox;
use crate::engine::message::{Message, QueryResult, Statement};
use crate::engine::sql::{self, Kind, Scope};
use crate::engine::storage::{Outcome, SqlError};
use crate::engine::trace::{Life, What};

impl Node {
    /// A client sent a statement.
    pub(super) fn query(&mut self, conn: ConnId, txn: TxnId, statement: Statement, out: &mut Outbox) {
        if self.life != Life::Running {
            let error = SqlError::new("57P03", "the database system is starting up");
            self.answer(conn, txn, false, Err(error), out);
            return;
        }
        let todo = match &statement {
            Statement::Sql(text) => {
                sql::split(text, self.core.flavor).into_iter().map(|s| Todo::Sql(s.into())).collect()
            }
            _ => [Todo::Prepared(statement)].into(),
        };
        let session = self.sessions.entry(conn).or_default();
        session.running = Some(Running { txn, todo, result: QueryResult::default() });
        session.state = State::Ready;
        self.ready.push_back(conn);
    }

    /// A client's connection is gone: what it had not committed is undone. A commit that is logged stays.
    pub(super) fn session_closed(&mut self, conn: ConnId, out: &mut Outbox) {
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
            let Some(conn) = self.ready.pop_front() else { break };
            self.run(conn, out);
        }
        if let Role::Primary(primary) = &mut self.role {
            primary.tell_synchronous(&self.core, &self.senders, out);
        }
    }

    fn release_commits(&mut self, out: &mut Outbox) {
        let Role::Primary(primary) = &mut self.role else { return };
        if primary.commits.is_empty() {
            return;
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
            self.committed(commit.conn, commit.txn, None, commit.end);
        }
        if let Some(error) = failed {
            self.exit(&format!("PANIC: {error}"), out);
        }
    }

    /// A transaction's commit is over: its session goes on, and so do those that waited for its locks.
    fn committed(&mut self, conn: ConnId, txn: TxnId, warning: Option<Arc<str>>, end: crate::engine::log::Lsn) {
        let timeline = self.core.timeline();
        if let Some(session) = self.sessions.get_mut(&conn)
            && session.state == State::Committing
            && let Some(running) = session.running.as_mut().filter(|running| running.txn == txn)
        {
            running.result.committed_at = Some((timeline, end));
            running.result.warning = warning;
            session.state = State::Ready;
            self.ready.push_back(conn);
        }
        self.wake_blocked();
    }

    fn wake_blocked(&mut self) {
        for (conn, session) in &mut self.sessions {
            if let State::Blocked { .. } = session.state {
                session.state = State::Ready;
                self.ready.push_back(*conn);
            }
        }
    }

    /// An operator or client gives up a wait.
    pub(super) fn cancel(&mut self, txn: TxnId, out: &mut Outbox) {
        let Role::Primary(primary) = &mut self.role else { return };
        match primary.cancel(&mut self.core, txn, out) {
            Ok(Some(commit)) => {
                // PostgreSQL 15, syncrep.c, SyncRepWaitForLSN().
                let warning = "canceling wait for synchronous replication due to user request\nDETAIL:  The transaction \
                               has already committed locally, but might not have been replicated to the standby.";
                self.committed(commit.conn, commit.txn, Some(warning.into()), commit.end);
            }
            Ok(None) => self.cancel_lock_wait(txn, out),
            Err(error) => self.exit(&format!("PANIC: {error}"), out),
        }
    }

    fn cancel_lock_wait(&mut self, txn: TxnId, out: &mut Outbox) {
        let waiting = |s: &Session| {
            matches!(s.state, State::Blocked { .. }) && s.running.as_ref().is_some_and(|running| running.txn == txn)
        };
        let Some(conn) = self.sessions.iter().find(|(_, s)| waiting(s)).map(|(conn, _)| *conn) else { return };
        if let Some(mut session) = self.sessions.remove(&conn) {
            let error = SqlError::new("57014", "canceling statement due to user request");
            self.fail(conn, &mut session, error, out);
            self.sessions.insert(conn, session);
        }
    }

    /// Runs a session until it is done or must wait.
    fn run(&mut self, conn: ConnId, out: &mut Outbox) {
        let Some(mut session) = self.sessions.remove(&conn) else { return };
        if session.state == State::Ready {
            self.run_statements(conn, &mut session, out);
        }
        self.sessions.insert(conn, session);
    }

    fn run_statements(&mut self, conn: ConnId, session: &mut Session, out: &mut Outbox) {
        while let Some(running) = &mut session.running {
            let txn = running.txn;
            // MySQL commits statement by statement; PostgreSQL takes a message as one transaction.
            let one_by_one = self.core.flavor == Flavor::Mysql && session.txn.as_ref().is_some_and(|t| !t.explicit);
            let flow = match running.todo.front().filter(|_| !one_by_one).cloned() {
                Some(todo) => self.statement(conn, session, txn, &todo, out),
                None => match session.txn.take_if(|t| !t.explicit) {
                    Some(open) => self.commit(conn, session, open, "", out),
                    None => break,
                },
            };
            match flow {
                Flow::Done(result) => session.step(result),
                Flow::Committing => {
                    if let Some(running) = &mut session.running {
                        running.todo.pop_front();
                    }
                    session.state = State::Committing;
                    return;
                }
                Flow::Blocked(holder) => {
                    if self.would_deadlock(txn, holder) {
                        let error = SqlError::flavored(
                            self.core.flavor,
                            ("40P01", "deadlock detected".to_owned()),
                            (
                                1213,
                                "40001",
                                "Deadlock found when trying to get lock; try restarting transaction".to_owned(),
                            ),
                        );
                        self.fail(conn, session, error, out);
                        return;
                    }
                    out.trace(What::LockWait { node: self.core.id, txn, holder });
                    session.state = State::Blocked { holder };
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
            self.answer(conn, running.txn, in_transaction, Ok(running.result), out);
        }
    }

    /// Whether waiting for `holder` closes a circle.
    fn would_deadlock(&self, txn: TxnId, holder: TxnId) -> bool {
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

    fn answer(
        &mut self,
        conn: ConnId,
        txn: TxnId,
        in_transaction: bool,
        result: Result<QueryResult, SqlError>,
        out: &mut Outbox,
    ) {
        let result = result.map(Box::new).map_err(Box::new);
        out.send(conn, Message::Reply { txn, served_by: Some(self.core.id), in_transaction, result });
    }

    /// An error ends the message. PostgreSQL undoes the transaction (to its last savepoint) and ignores what follows;
    /// MySQL undoes the statement alone, except after a deadlock.
    fn fail(&mut self, conn: ConnId, session: &mut Session, error: SqlError, out: &mut Outbox) {
        session.state = State::Ready;
        let whole = self.core.flavor == Flavor::Postgresql || error.number == 1213;
        match &mut session.txn {
            Some(txn) if txn.explicit && whole => {
                let keep = txn.savepoints.last().map_or(0, |(_, count)| *count);
                txn.failed = true;
                self.undo_to(txn, keep, out);
            }
            Some(txn) if txn.explicit => {}
            _ => {
                if let Some(mut txn) = session.txn.take() {
                    session.undo_levels(&mut txn, 0);
                    self.roll_back(txn, out);
                }
            }
        }
        if let Some(running) = session.running.take() {
            self.answer(conn, running.txn, session.txn.is_some(), Err(error), out);
        }
    }

    fn undo_to(&mut self, txn: &mut OpenTxn, keep: usize, out: &mut Outbox) {
        if let Role::Primary(primary) = &mut self.role
            && let Err(error) = primary.undo(txn, keep)
        {
            self.exit(&format!("PANIC: {error}"), out);
        }
        self.wake_blocked();
    }

    fn roll_back(&mut self, mut txn: OpenTxn, out: &mut Outbox) {
        if !txn.changes.is_empty() {
            self.undo_to(&mut txn, 0, out);
        }
        out.trace(What::RolledBack { node: self.core.id, txn: txn.id });
    }

    fn commit(
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
        let level = txn.level.unwrap_or_else(|| session.level(self.core.settings.synchronous_commit));
        match &mut self.role {
            Role::Primary(primary) if !txn.changes.is_empty() => {
                primary.commit(&mut self.core, conn, txn, level, out);
                Flow::Committing
            }
            _ => match tag {
                "" => Flow::Done(session.running.as_mut().map(|r| std::mem::take(&mut r.result)).unwrap_or_default()),
                tag => Flow::Done(QueryResult { tag, ..QueryResult::default() }),
            },
        }
    }

    fn statement(&mut self, conn: ConnId, session: &mut Session, txn: TxnId, todo: &Todo, out: &mut Outbox) -> Flow {
        let text = match todo {
            Todo::Prepared(statement) => return self.prepared(session, txn, statement, out),
            Todo::Sql(text) => text,
        };
        let asked = sql::system::asked(text, self.core.flavor);
        let statement = sql::classify(asked.as_ref().map_or(text, |asked| &asked.text), self.core.flavor);
        let tag = statement.tag;
        if session.txn.as_ref().is_some_and(|t| t.failed)
            && !matches!(statement.kind, Kind::Commit | Kind::Rollback | Kind::RollbackTo(_))
        {
            return Flow::Failed(SqlError::new(
                "25P02",
                "current transaction is aborted, commands ignored until end of transaction block",
            ));
        }
        match statement.kind {
            Kind::Empty => done(""),
            Kind::Begin { read_only } => {
                match &mut session.txn {
                    Some(open) => open.explicit = true,
                    none => *none = Some(OpenTxn::new(txn, true, read_only)),
                }
                done(tag)
            }
            Kind::Commit => match session.txn.take() {
                Some(mut open) if open.failed => {
                    session.undo_levels(&mut open, 0);
                    self.roll_back(open, out);
                    done("ROLLBACK")
                }
                Some(open) => self.commit(conn, session, open, tag, out),
                None => done(tag),
            },
            Kind::Rollback => {
                if let Some(mut open) = session.txn.take() {
                    session.undo_levels(&mut open, 0);
                    self.roll_back(open, out);
                }
                done(tag)
            }
            Kind::Savepoint(name) => match &mut session.txn {
                Some(open) => {
                    let count = open.changes.len();
                    open.savepoints.push((name, count));
                    done(tag)
                }
                None => Flow::Failed(SqlError::new("25P01", "SAVEPOINT can only be used in transaction blocks")),
            },
            Kind::RollbackTo(name) => self.roll_back_to(session, &name, tag, out),
            Kind::Release(name) => match session.txn.as_mut().and_then(|t| Some((position(t, &name)?, t))) {
                Some((index, open)) => {
                    open.release_savepoints(index);
                    done(tag)
                }
                None => no_savepoint(&name),
            },
            Kind::Set(assignments) => {
                let mut warning = None;
                for set in &assignments {
                    match self.set(session, txn, set) {
                        Ok(said) => warning = said.map(Arc::from).or(warning),
                        Err(error) => return Flow::Failed(error),
                    }
                }
                Flow::Done(QueryResult { tag, warning, ..QueryResult::default() })
            }
            Kind::Show(name) => {
                match facts::show(&self.session_facts(session, conn, out.now), &name, self.core.flavor) {
                    Ok(outcome) => Flow::Done(result(outcome, tag)),
                    Err(error) => Flow::Failed(error),
                }
            }
            Kind::Ddl if tag == "ALTER SYSTEM" => match self.alter_system(session, text) {
                Ok(()) => done(tag),
                Err(error) => Flow::Failed(error),
            },
            Kind::Select { locking: false } if statement.only_controls() => {
                self.read(session, conn, text, &statement.text_for_sqlite, asked.as_ref(), tag, out)
            }
            Kind::Maintenance | Kind::Select { .. }
                if statement.writes()
                    && let Some(done) = self.maintenance(text, tag, out) =>
            {
                done.map_or_else(Flow::Failed, Flow::Done)
            }
            _ if !statement.writes() => {
                self.read(session, conn, text, &statement.text_for_sqlite, asked.as_ref(), tag, out)
            }
            kind => {
                let ddl = kind == Kind::Ddl;
                let Some(asked) = &asked else {
                    return self.write(session, txn, &statement.text_for_sqlite, tag, ddl, out);
                };
                let facts = self.session_facts(session, conn, out.now);
                let Role::Primary(primary) = &mut self.role else {
                    return Flow::Failed(SqlError::read_only(self.core.flavor, tag));
                };
                let sql = facts::with_views(&mut primary.work, &statement.text_for_sqlite, asked, &facts);
                primary.work.set_facts(Some(Arc::new(facts)));
                let flow = self.write(session, txn, &sql, tag, ddl, out);
                if let Role::Primary(primary) = &mut self.role {
                    primary.work.set_facts(None);
                }
                flow
            }
        }
    }

    fn roll_back_to(&mut self, session: &mut Session, name: &str, tag: &'static str, out: &mut Outbox) -> Flow {
        let Some(mut open) = session.txn.take() else { return no_savepoint(name) };
        let flow = match position(&open, name) {
            None => no_savepoint(name),
            Some(index) => {
                let keep = open.savepoints[index].1;
                session.undo_levels(&mut open, index + 1);
                open.savepoints.truncate(index + 1);
                open.failed = false;
                self.undo_to(&mut open, keep, out);
                done(tag)
            }
        };
        session.txn = Some(open);
        flow
    }

    /// One assignment; gives a warning, where there is one. Only what a session may change has an effect on it; a
    /// server's own settings change for good.
    fn set(
        &mut self,
        session: &mut Session,
        txn: TxnId,
        set: &sql::SetStatement,
    ) -> Result<Option<&'static str>, SqlError> {
        match (set.scope, set.name.as_str(), &mut session.txn) {
            (Scope::User, ..) => return Ok(None),
            (_, "transaction", Some(open)) => {
                let value = set.value.as_deref().unwrap_or_default().to_ascii_uppercase();
                open.read_only |= value.contains("READ ONLY");
                return Ok(None);
            }
            (_, "transaction" | "session characteristics" | "all", _) => return Ok(None),
            _ => {}
        }
        let mut trial = self.core.settings.clone();
        if let Some(value) = &set.value {
            trial.set(&set.name, value).map_err(|error| facts::refused(&error))?;
        } else if trial.get(&set.name).is_none() {
            return Err(unknown_setting(&set.name));
        }
        if set.scope == Scope::Local && session.txn.is_none() {
            if session.running.as_ref().is_none_or(|running| running.todo.len() < 2) {
                // PostgreSQL 15, xact.c, WarnNoTransactionBlock(): SQLSTATE 25P01.
                return Ok(Some("SET LOCAL can only be used in transaction blocks"));
            }
            // A message of several statements is a transaction from its first one on.
            session.txn = Some(OpenTxn::new(txn, false, false));
        }
        if set.name == "synchronous_commit" {
            let local = set.scope == Scope::Local;
            let level = set.value.as_ref().map(|_| trial.synchronous_commit);
            session.set_level(level.or(local.then_some(self.core.settings.synchronous_commit)), local);
        } else if matches!(set.scope, Scope::Global | Scope::Persist) {
            self.core.settings = trial;
        }
        Ok(None)
    }

    /// A statement that only reads. A transaction that has written reads what it wrote, all others what is visible.
    #[expect(clippy::too_many_arguments, reason = "a statement in its three forms, and whose it is")]
    fn read(
        &mut self,
        session: &Session,
        conn: ConnId,
        original: &str,
        sql: &str,
        asked: Option<&sql::system::Asked<'_>>,
        tag: &'static str,
        out: &mut Outbox,
    ) -> Flow {
        let wrote = session.txn.as_ref().is_some_and(|t| !t.changes.is_empty());
        let facts = asked.map(|_| Arc::new(self.session_facts(session, conn, out.now)));
        let database = match &mut self.role {
            Role::Primary(primary) if wrote => &mut primary.work,
            _ => &mut self.core.data,
        };
        Core::set_clock(database, out.now);
        match facts::query(database, original, sql, asked, facts) {
            Ok((outcome, effects)) => {
                self.carry_out(effects, out);
                Flow::Done(result(outcome, tag))
            }
            Err(error) => Flow::Failed(error),
        }
    }

    fn write(
        &mut self,
        session: &mut Session,
        txn: TxnId,
        sql: &str,
        tag: &'static str,
        ddl: bool,
        out: &mut Outbox,
    ) -> Flow {
        let read_only = session.txn.as_ref().is_some_and(|t| t.read_only);
        let Role::Primary(primary) = &mut self.role else {
            return Flow::Failed(SqlError::read_only(self.core.flavor, tag));
        };
        if read_only {
            return Flow::Failed(SqlError::read_only(self.core.flavor, tag));
        }
        if ddl && let Some(holder) = primary.locks.other_than(txn) {
            return Flow::Blocked(holder);
        }
        let before = match ddl {
            true => match primary.work.image() {
                Ok(image) => Some(image),
                Err(error) => return Flow::Failed(SqlError::new("58000", error.to_string())),
            },
            false => None,
        };
        Core::set_clock(&mut primary.work, out.now);
        let outcome = match primary.work.execute(sql) {
            Ok(outcome) => outcome,
            Err(error) => return self.write_failed(txn, sql, error),
        };
        if let Some(holder) = primary.locks.conflict(txn, &outcome.changes) {
            return match primary.work.undo(&outcome.changes) {
                Ok(()) => Flow::Blocked(holder),
                Err(error) => Flow::Failed(SqlError::new("58000", error.to_string())),
            };
        }
        self.executed(session, txn, outcome, before, tag, out)
    }

    fn executed(
        &mut self,
        session: &mut Session,
        txn: TxnId,
        mut outcome: Outcome,
        before: Option<crate::engine::storage::Image>,
        tag: &'static str,
        out: &mut Outbox,
    ) -> Flow {
        let Role::Primary(primary) = &mut self.role else { return done(tag) };
        let changes = std::mem::take(&mut outcome.changes);
        let open = session.txn.get_or_insert_with(|| OpenTxn::new(txn, false, false));
        if let Some(image) = before.filter(|_| !changes.is_empty()) {
            open.before_ddl.push((image, open.changes.len()));
        }
        primary.locks.take(open.id, &changes);
        out.trace(What::Executed { node: self.core.id, txn, changes: changes.len() as u32 });
        match open.changes.is_empty() {
            true => open.changes = changes,
            false => open.changes.extend(changes),
        }
        Flow::Done(result(outcome, tag))
    }

    /// A duplicate key may be that of a transaction which has not ended: then the statement waits for it, as the
    /// real systems do. Whether it is shows when the statement succeeds on what is visible.
    fn write_failed(&mut self, txn: TxnId, sql: &str, error: SqlError) -> Flow {
        let Role::Primary(primary) = &mut self.role else { return Flow::Failed(error) };
        let duplicate = error.code == "23505" || error.number == 1062;
        let Some(holder) = primary.locks.other_than(txn).filter(|_| duplicate) else { return Flow::Failed(error) };
        match self.core.data.execute(sql) {
            Ok(outcome) => match self.core.data.undo(&outcome.changes) {
                Ok(()) => Flow::Blocked(holder),
                Err(_) => Flow::Failed(error),
            },
            Err(_) => Flow::Failed(error),
        }
    }

    /// The workload's statements, by prepared statements with bound parameters.
    fn prepared(&mut self, session: &mut Session, txn: TxnId, statement: &Statement, out: &mut Outbox) -> Flow {
        match (statement, &mut self.role) {
            (Statement::ReadKey { id }, _) => {
                Core::set_clock(&mut self.core.data, out.now);
                match self.core.data.read_kv(*id) {
                    Ok(value) => Flow::Done(QueryResult {
                        columns: vec!["value".to_owned()],
                        rows: value.into_iter().map(|value| vec![value]).collect(),
                        tag: "SELECT",
                        ..QueryResult::default()
                    }),
                    Err(error) => Flow::Failed(error),
                }
            }
            (Statement::Upsert { id, value }, Role::Primary(primary)) => {
                Core::set_clock(&mut primary.work, out.now);
                let outcome = match primary.work.upsert_kv(*id, *value) {
                    Ok(outcome) => outcome,
                    Err(error) => return Flow::Failed(error),
                };
                if let Some(holder) = primary.locks.conflict(txn, &outcome.changes) {
                    return match primary.work.undo(&outcome.changes) {
                        Ok(()) => Flow::Blocked(holder),
                        Err(error) => Flow::Failed(SqlError::new("58000", error.to_string())),
                    };
                }
                self.executed(session, txn, outcome, None, "INSERT", out)
            }
            (Statement::Upsert { .. }, Role::Replica(_)) => {
                Flow::Failed(SqlError::read_only(self.core.flavor, "INSERT"))
            }
            (Statement::Sql(_), _) => done(""),
        }
    }
}

impl Session {
    /// One statement is done; keep its result as the message's, unless it said nothing.
    fn step(&mut self, result: QueryResult) {
        if let Some(running) = &mut self.running {
            running.todo.pop_front();
            if !result.tag.is_empty() {
                running.result = result;
            }
        }
    }
}

fn position(txn: &OpenTxn, name: &str) -> Option<usize> {
    txn.savepoints.iter().rposition(|(n, _)| n.eq_ignore_ascii_case(name))
}

fn no_savepoint(name: &str) -> Flow {
    Flow::Failed(SqlError::new("3B001", format!("savepoint \"{name}\" does not exist")))
}

fn unknown_setting(name: &str) -> SqlError {
    SqlError::new("42704", format!("unrecognized configuration parameter \"{name}\""))
}

fn done(tag: &'static str) -> Flow {
    Flow::Done(QueryResult { tag, ..QueryResult::default() })
}

fn result(outcome: Outcome, tag: &'static str) -> QueryResult {
    QueryResult {
        columns: outcome.columns,
        rows: outcome.rows,
        affected: outcome.affected,
        tag,
        ..QueryResult::default()
    }
}
