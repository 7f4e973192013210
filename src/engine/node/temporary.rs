//! Temporary tables: a session's own, in no log.
//!
//! They are in a database of the session's. A statement that names one runs on a copy of what it would run on else, with
//! the session's tables in it; what it changed of them goes back to the session, and what it changed of others is done to
//! the server's as if the statement had run there.

use super::Node;
use super::beside::LaidOut;
use super::binlog_text::Logging;
use super::core::Core;
use super::execute::done;
use super::session::{Flow, OpenTxn, Session};
use super::user_variables::chosen;
use crate::engine::flavor::Flavor;
use crate::engine::ids::{ConnId, TxnId};
use crate::engine::io::Outbox;
use crate::engine::sql::{self, Kind, Statement, TemporaryDdl};
use crate::engine::storage::{Change, Database, SqlError, Value};

fn broken(error: &dyn std::fmt::Display) -> SqlError {
    SqlError::new("58000", error.to_string())
}

impl Session {
    /// Whether a statement names one of the session's temporary tables.
    pub(super) fn names_temporary(&mut self, text: &str, flavor: Flavor) -> bool {
        self.temporary.as_mut().is_some_and(|own| sql::has_name(text, &own.tables(), flavor))
    }

    /// A copy of a database with the session's temporary tables in it.
    pub(super) fn with_temporary(&mut self, base: &Database) -> Result<Database, SqlError> {
        let mut copy = base.clone();
        if let Some(own) = &mut self.temporary {
            copy.overlay(own).map_err(|error| broken(&error))?;
        }
        Ok(copy)
    }

    /// Before a temporary table changes: what a rollback goes back to.
    fn keep_temporary(&mut self, txn: TxnId) {
        let before = self.temporary.clone();
        let open = self.txn.get_or_insert_with(|| OpenTxn::new(txn, false, false));
        open.keep_temporary(before);
    }
}

impl Node {
    /// DDL about temporary tables; `None` when the statement is about something else.
    pub(super) fn temporary_ddl(
        &mut self,
        session: &mut Session,
        txn: TxnId,
        statement: &Statement<'_>,
        out: &Outbox,
    ) -> Option<Flow> {
        let flavor = self.core.flavor;
        if statement.kind != Kind::Ddl {
            return None;
        }
        let (text, tag) = (&*statement.text_for_sqlite, statement.tag);
        let ddl = match sql::temporary_ddl(text, flavor) {
            Some(Ok(ddl)) => Some(ddl),
            Some(Err(error)) => return Some(Flow::Failed(error)),
            None if session.names_temporary(text, flavor) => None,
            None => return None,
        };
        // MySQL's read-only servers let it through, PostgreSQL's standbys and read-only transactions do not.
        let read_only = session.txn.as_ref().is_some_and(|open| open.read_only);
        let creates = ddl.as_ref().is_some_and(|ddl| ddl.creates);
        if flavor == Flavor::Postgresql && (self.role.writer().is_none() || read_only && creates) {
            return Some(Flow::Failed(SqlError::read_only(flavor, tag)));
        }
        let makes_other = ddl.is_none() && !matches!(tag, "DROP TABLE" | "ALTER TABLE" | "CREATE INDEX");
        if makes_other {
            let message = format!("{tag} with a temporary table in it is not available in the laboratory");
            return Some(Flow::Failed(SqlError::not_supported(flavor, message)));
        }
        if flavor == Flavor::Postgresql {
            session.keep_temporary(txn);
        }
        let made = match ddl {
            Some(ddl) if ddl.creates => self.create_temporary(session, &ddl, out),
            Some(ddl) => self.own_tables(session).and_then(|own| own.execute(&ddl.sql).map(drop)),
            None => self.own_tables(session).and_then(|own| own.execute(text).map(drop)),
        };
        if let (Flavor::Postgresql, Ok(()), Some(open)) = (flavor, &made, &mut session.txn) {
            open.catalog = true;
        }
        Some(made.map_or_else(Flow::Failed, |()| done(tag)))
    }

    fn own_tables<'s>(&self, session: &'s mut Session) -> Result<&'s mut Database, SqlError> {
        if session.temporary.is_none() {
            let seed = u64::from(self.core.id.0);
            let own = Database::new(self.core.flavor, seed).map_err(|error| broken(&error))?;
            session.temporary = Some(Box::new(own));
        }
        session.temporary.as_deref_mut().ok_or_else(|| broken(&"there is no room for temporary tables"))
    }

    fn create_temporary(&mut self, session: &mut Session, ddl: &TemporaryDdl, out: &Outbox) -> Result<(), SqlError> {
        self.own_tables(session)?;
        let base = self.role.writer().map_or(&self.core.data, |writer| &writer.work);
        let mut copy = session.with_temporary(base)?;
        let own = self.own_tables(session)?;
        if !own.has_table(&ddl.name) {
            // It hides another table of this name.
            copy.drop_table(&ddl.name).map_err(|error| broken(&error))?;
        }
        Core::set_clock(&mut copy, out.now);
        let outcome = copy.execute(&ddl.sql)?;
        own.apply_all(&outcome.changes).map_err(|(_, error)| broken(&error.message))
    }

    /// A statement that names temporary tables, and may change them and others.
    pub(super) fn write_temporary(
        &mut self,
        session: &mut Session,
        (conn, txn): (ConnId, TxnId),
        sql: &str,
        tag: &'static str,
        out: &mut Outbox,
    ) -> Flow {
        let laid_out = self.lay_out(session, conn, txn, sql::may_call_beside(sql, self.core.flavor));
        let Some(primary) = self.role.writer_mut() else {
            return Flow::Failed(SqlError::read_only(self.core.flavor, tag));
        };
        let mut copy = match session.with_temporary(&primary.work) {
            Ok(copy) => copy,
            Err(error) => return Flow::Failed(error),
        };
        Core::set_clock(&mut copy, out.now);
        copy.set_beside(laid_out.as_ref().map(LaidOut::copy));
        let outcome = copy.execute(sql);
        let left = copy.take_beside();
        let names = session.temporary.as_mut().map(|own| own.tables()).unwrap_or_default();
        let mut outcome = outcome;
        let changes = outcome.as_mut().map_or_else(|_| Vec::new(), |outcome| std::mem::take(&mut outcome.changes));
        let (own, others): (Vec<Change>, Vec<Change>) = changes.into_iter().partition(|change| is_of(change, &names));
        if let Some(holder) = primary.locks.conflict(txn, &others) {
            return Flow::Blocked(holder);
        }
        if !others.is_empty()
            && let Some(error) = self.refuses_writes(session, txn, tag)
        {
            return Flow::Failed(error);
        }
        if let Some(laid_out) = laid_out
            && let Some(flow) = self.take_back(session, txn, laid_out, left, out)
        {
            return flow;
        }
        let mut outcome = match outcome {
            Ok(outcome) => outcome,
            Err(error) => return Flow::Failed(error),
        };
        session.keep_temporary(txn);
        if let Some(tables) = &mut session.temporary
            && let Err((_, error)) = tables.apply_all(&own)
        {
            return Flow::Failed(broken(&error.message));
        }
        let Some(primary) = self.role.writer_mut() else { return done(tag) };
        if let Err((_, error)) = primary.work.apply_all(&others) {
            return Flow::Failed(broken(&error.message));
        }
        if self.core.flavor == Flavor::Mysql && matches!(tag, "INSERT" | "REPLACE") {
            let all: Vec<Change> = own.iter().chain(&others).cloned().collect();
            session.inserted(chosen(sql, &copy.schema(), &all));
        }
        outcome.changes = others;
        self.executed(session, txn, outcome, Logging { before: None, event: None }, tag, out)
    }
}

/// Whether a change is one of these tables, or of their counters.
fn is_of(change: &Change, names: &[String]) -> bool {
    let Some(row) = change.row() else { return false };
    let known = |name: &str| names.iter().any(|own| own == name);
    let counter =
        || row.new_row().or(row.old_row()).and_then(|row| row.first()).and_then(Value::as_text).is_some_and(known);
    known(&row.table) || &*row.table == "sqlite_sequence" && counter()
}
