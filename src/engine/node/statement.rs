//! What one statement does: transaction control, settings, reads and writes.

use std::sync::Arc;

use super::execute::{done, result};
use super::session::{Flow, OpenTxn, Own, Running, Session, Todo};
use super::{Node, facts};
use crate::engine::beside;
use crate::engine::flavor::Flavor;
use crate::engine::ids::{ConnId, TxnId};
use crate::engine::io::Outbox;
use crate::engine::message::QueryResult;
use crate::engine::settings::Spec;
use crate::engine::sql::{self, Kind, Scope};
use crate::engine::storage::SqlError;

impl Node {
    pub(super) fn statement(
        &mut self,
        conn: ConnId,
        session: &mut Session,
        txn: TxnId,
        todo: &Todo,
        out: &mut Outbox,
    ) -> Flow {
        let text = match todo {
            Todo::Prepared(statement) => return self.prepared(session, txn, statement, out),
            Todo::Sql(text) => text,
        };
        let (written, mut filled) = (text, None);
        if self.core.flavor == Flavor::Mysql && sql::may_mention(text) {
            if let Some(flow) = self.user_variables(conn, session, txn, text, out) {
                return flow;
            }
            filled = Some(sql::filled(text, &session.values));
        }
        let text = filled.as_deref().unwrap_or(text);
        let asked = sql::system::asked(text, self.core.flavor);
        let statement = sql::classify(asked.as_ref().map_or(text, |asked| &asked.text), self.core.flavor);
        let tag = statement.tag;
        if !sql::is_temporary_ddl(text, self.core.flavor)
            && let Some(flow) = self.commit_first(conn, session, &statement, out)
        {
            return flow;
        }
        if session.txn.as_ref().is_some_and(|t| t.failed)
            && !matches!(statement.kind, Kind::Commit | Kind::Rollback | Kind::RollbackTo(_))
        {
            return Flow::Failed(SqlError::new(
                "25P02",
                "current transaction is aborted, commands ignored until end of transaction block",
            ));
        }
        if let Some(wait) = sql::wait_for(text, self.core.flavor) {
            return match wait {
                Ok(wait) => self.wait_for_position(conn, session, txn, wait, out),
                Err(error) => Flow::Failed(error),
            };
        }
        if let Some(flow) = self.prepared_statement(conn, session, txn, text, out) {
            return flow;
        }
        if statement.kind == Kind::Other && tag.is_empty() {
            return Flow::Failed(SqlError::unknown_statement(self.core.flavor, text));
        }
        if (statement.writes() || matches!(statement.kind, Kind::Begin { .. }))
            && let Err(error) = Node::may_begin(session)
        {
            return Flow::Failed(error);
        }
        if let Some(flow) = self.temporary_ddl(session, txn, &statement, out) {
            return flow;
        }
        match statement.kind {
            Kind::Empty => done(""),
            Kind::Begin { read_only } => {
                match &mut session.txn {
                    Some(open) if open.explicit && self.core.flavor == Flavor::Postgresql => {
                        return warned(tag, "there is already a transaction in progress");
                    }
                    Some(open) => open.explicit = true,
                    none => {
                        let gtid = session.gtid_next.given();
                        let txn = session.running.as_mut().map_or(txn, Running::begin);
                        none.insert(OpenTxn::new(txn, true, read_only)).gtid = gtid;
                    }
                }
                done(tag)
            }
            Kind::Commit => match session.txn.take() {
                Some(mut open) if open.failed => {
                    session.undo_sets(&mut open, 0);
                    self.roll_back(open, out);
                    done("ROLLBACK")
                }
                Some(open) => self.commit(conn, session, open, tag, out),
                None => self.nothing_to_end(tag),
            },
            Kind::Rollback => match session.txn.take() {
                Some(mut open) => {
                    session.undo_sets(&mut open, 0);
                    self.roll_back(open, out);
                    done(tag)
                }
                None => self.nothing_to_end(tag),
            },
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
            Kind::Set(_) if tag.starts_with("DISCARD") && tag != "DISCARD ALL" => {
                match tag {
                    "DISCARD SEQUENCES" => session.values = beside::Own::default(),
                    "DISCARD TEMP" => session.temporary = None,
                    _ => {}
                }
                done(tag)
            }
            Kind::Set(_) if tag == "DISCARD ALL" && session.txn.is_some() => {
                // PostgreSQL 15, xact.c, PreventInTransactionBlock().
                Flow::Failed(SqlError::new("25001", "DISCARD ALL cannot run inside a transaction block"))
            }
            Kind::Set(assignments) => {
                if tag == "DISCARD ALL" {
                    (session.values, session.temporary) = (beside::Own::default(), None);
                    self.give_named_locks(conn, beside::Scope::Session);
                }
                let mut warning = None;
                for set in &assignments {
                    match self.set(session, txn, set, out) {
                        Ok(said) => warning = said.map(Arc::from).or(warning),
                        Err(error) => return Flow::Failed(error),
                    }
                }
                Flow::Done(QueryResult { tag, warning, ..QueryResult::default() })
            }
            Kind::Show(name) => {
                let facts = self.session_facts(session, conn, out.now);
                match facts::show(&facts, text, &name, &mut self.core.data) {
                    Ok(outcome) => Flow::Done(result(outcome, tag)),
                    Err(error) => Flow::Failed(error),
                }
            }
            Kind::Ddl if tag == "ALTER SYSTEM" => match self.alter_system(session, text) {
                Ok(()) => done(tag),
                Err(error) => Flow::Failed(error),
            },
            Kind::Admin(admin) => match self.administer(&admin, out) {
                Ok(None) => done(tag),
                Ok(Some(warning)) => {
                    let warning = Some(warning.into());
                    Flow::Done(QueryResult { tag, warning, ..QueryResult::default() })
                }
                Err(error) => Flow::Failed(error),
            },
            _ if self.has_executed(session.txn.as_ref().map_or(session.gtid_next.given(), |open| open.gtid)) => {
                done(tag)
            }
            Kind::Select { locking: false } if statement.only_controls() => {
                self.read(session, (conn, txn), written, &statement.text_for_sqlite, asked.as_ref(), tag, out)
            }
            Kind::Maintenance | Kind::Select { .. }
                if statement.writes()
                    && let Some(done) = self.maintenance(text, tag, out) =>
            {
                done.map_or_else(Flow::Failed, Flow::Done)
            }
            _ if !statement.writes() => {
                self.read(session, (conn, txn), written, &statement.text_for_sqlite, asked.as_ref(), tag, out)
            }
            Kind::Select { locking: false }
                if let Some(error) = statement.side_effect.and_then(|name| self.refuses_function(session, name)) =>
            {
                Flow::Failed(error)
            }
            Kind::Select { locking: false } if matches!(statement.side_effect, Some("nextval" | "setval")) => {
                self.read(session, (conn, txn), written, &statement.text_for_sqlite, asked.as_ref(), tag, out)
            }
            Kind::Ddl
                if self.core.flavor == Flavor::Postgresql
                    && let Some(ddl) = sql::sequence_ddl(text) =>
            {
                match ddl {
                    Ok(ddl) => self.sequence_ddl(session, (conn, txn), &ddl, tag, out),
                    Err(error) => Flow::Failed(error),
                }
            }
            kind => {
                let ddl = kind == Kind::Ddl;
                let Some(asked) = &asked else {
                    return self.write(session, (conn, txn), &statement.text_for_sqlite, tag, ddl, out);
                };
                let facts = self.session_facts(session, conn, out.now);
                let Some(primary) = self.role.writer_mut() else {
                    return Flow::Failed(SqlError::read_only(self.core.flavor, tag));
                };
                let sql = facts::with_views(&mut primary.work, &statement.text_for_sqlite, asked, &facts);
                primary.work.set_facts(Some(Arc::new(facts)));
                let flow = self.write(session, (conn, txn), &sql, tag, ddl, out);
                if let Some(primary) = self.role.writer_mut() {
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
                session.undo_sets(&mut open, index + 1);
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
        out: &mut Outbox,
    ) -> Result<Option<&'static str>, SqlError> {
        match (set.scope, set.name.as_str(), &mut session.txn) {
            (Scope::User, ..) => {
                let message = "user variables and settings in one SET are not available in the laboratory";
                return Err(SqlError { number: 1235, ..SqlError::new("42000", message) });
            }
            (_, "transaction", Some(open)) => {
                let value = set.value.as_deref().unwrap_or_default().to_ascii_uppercase();
                open.read_only |= value.contains("READ ONLY");
                return Ok(None);
            }
            (_, "all", _) => {
                session.reset_own();
                return Ok(None);
            }
            (_, "transaction" | "session characteristics", _) => return Ok(None),
            _ => {}
        }
        if self.core.flavor == Flavor::Mysql
            && let Some(done) = self.set_mysql(session, set)
        {
            return done.map(|()| None);
        }
        let for_session = self.core.flavor == Flavor::Postgresql || matches!(set.scope, Scope::Session | Scope::Local);
        if let Ok(spec) = Spec::find(self.core.flavor, &set.name)
            && for_session
        {
            spec.settable_in_session().map_err(|error| facts::refused(&error))?;
        }
        let mut trial = self.core.settings.clone();
        if let Some(value) = &set.value {
            trial.set(&set.name, value).map_err(|error| facts::refused(&error))?;
        } else if trial.get(&set.name).is_none() {
            return Err(unknown_setting(&set.name));
        }
        if self.core.flavor == Flavor::Postgresql && session.txn.is_none() {
            // A message of several statements is a transaction from its first one on.
            if session.running.as_ref().is_some_and(|running| running.todo.len() > 1) {
                session.txn = Some(OpenTxn::new(txn, false, false));
            } else if set.scope == Scope::Local {
                // PostgreSQL 15, xact.c, WarnNoTransactionBlock(): SQLSTATE 25P01.
                return Ok(Some("SET LOCAL can only be used in transaction blocks"));
            }
        }
        // `SET LOCAL … = DEFAULT` hides what the session has set.
        let local = set.scope == Scope::Local && self.core.flavor == Flavor::Postgresql;
        let own = match set.value {
            Some(_) => Own::configured(&trial),
            None if local => {
                let level = Some(self.core.level_of(txn.session.client));
                Own { level, ..Own::configured(&self.core.settings) }
            }
            None => Own::default(),
        };
        let global = matches!(set.scope, Scope::Global | Scope::Persist);
        // What MySQL's SET does, no rollback takes back.
        let txn = session.txn.take_if(|_| self.core.flavor == Flavor::Mysql);
        let known = !global && session.set_own(&set.name, own, local);
        session.txn = txn.or(session.txn.take());
        if known {
            return Ok(None);
        }
        if global {
            if set.scope == Scope::Persist {
                // `mysqld-auto.cnf`, which the next start reads; the name and the value were taken above.
                let _ = self.core.configuration.alter(&set.name, set.value.as_deref());
            }
            self.core.settings = trial;
            self.configure(out);
        }
        Ok(None)
    }
}

impl Node {
    /// `COMMIT` or `ROLLBACK` outside of a transaction.
    fn nothing_to_end(&self, tag: &'static str) -> Flow {
        match self.core.flavor {
            Flavor::Postgresql => warned(tag, "there is no transaction in progress"),
            Flavor::Mysql => done(tag),
        }
    }
}

fn warned(tag: &'static str, warning: &'static str) -> Flow {
    Flow::Done(QueryResult { tag, warning: Some(warning.into()), ..QueryResult::default() })
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
