//! Running a statement on the database: what readers see, or the working database that is ahead of it.

use std::sync::Arc;

use super::beside::LaidOut;
use super::binlog_text::{self, Format, Logging};
use super::core::Core;
use super::primary::Primary;
use super::session::{Flow, OpenTxn, Session, TextSpan};
use super::user_variables::chosen;
use super::{Node, facts};
use crate::engine::flavor::Flavor;
use crate::engine::ids::{ClientId, ConnId, TxnId};
use crate::engine::io::Outbox;
use crate::engine::message::{QueryResult, Statement};
use crate::engine::sql;
use crate::engine::storage::{Change, Database, Outcome, SqlError};
use crate::engine::trace::What;

/// The transaction, if it has written.
fn wrote(session: &Session) -> Option<&OpenTxn> {
    session.txn.as_ref().filter(|txn| !txn.changes.is_empty())
}

impl Node {
    #[expect(clippy::too_many_arguments, reason = "a statement in its three forms, and whose it is")]
    pub(super) fn read(
        &mut self,
        session: &mut Session,
        (conn, txn): (ConnId, TxnId),
        original: &str,
        sql: &str,
        asked: Option<&sql::system::Asked<'_>>,
        tag: &'static str,
        out: &mut Outbox,
    ) -> Flow {
        let facts = asked.map(|_| Arc::new(self.session_facts(session, conn, out.now)));
        let laid_out = self.lay_out(session, conn, txn, sql::may_call_beside(sql, self.core.flavor));
        let tables = Node::sequence_tables(laid_out.as_ref(), |name| sql::mentions(sql, name, self.core.flavor));
        let sql = &*sql::with_tables(sql, &tables, self.core.flavor);
        let mut own = self.own_view(session);
        if session.names_temporary(sql, self.core.flavor) {
            let working = self.role.writer().filter(|_| wrote(session).is_some()).map(|writer| &writer.work);
            own = match session.with_temporary(own.as_ref().or(working).unwrap_or(&self.core.data)) {
                Ok(view) => Some(view),
                Err(error) => return Flow::Failed(error),
            };
        }
        let database = match (&mut own, self.role.writer_mut()) {
            (Some(view), _) => view,
            (None, Some(primary)) if wrote(session).is_some() => &mut primary.work,
            _ => &mut self.core.data,
        };
        Core::set_clock(database, out.now);
        database.set_beside(laid_out.as_ref().map(LaidOut::copy));
        let answer = facts::query(database, original, sql, asked, facts);
        let left = database.take_beside();
        if let Some(laid_out) = laid_out
            && let Some(flow) = self.take_back(session, txn, laid_out, left, out)
        {
            return flow;
        }
        match answer {
            Ok((outcome, effects)) => {
                self.carry_out(effects, out);
                Flow::Done(result(outcome, tag))
            }
            Err(error) => Flow::Failed(error),
        }
    }

    /// What a transaction that has written sees, where the working database holds what others have not committed, or
    /// what is not acknowledged yet: all that is visible, and its own changes.
    fn own_view(&self, session: &Session) -> Option<Database> {
        let txn = wrote(session)?;
        self.role.writer()?.locks.other_than(txn.id)?;
        let mut view = self.core.data.clone();
        // Its rows are locked, so that its changes fit what is visible.
        txn.changes.iter().try_for_each(|change| view.apply(change)).ok()?;
        Some(view)
    }

    pub(super) fn write(
        &mut self,
        session: &mut Session,
        (conn, txn): (ConnId, TxnId),
        sql: &str,
        tag: &'static str,
        ddl: bool,
        out: &mut Outbox,
    ) -> Flow {
        if session.names_temporary(sql, self.core.flavor) {
            return self.write_temporary(session, (conn, txn), sql, tag, out);
        }
        if let Some(error) = self.refuses_writes(session, txn, tag) {
            return Flow::Failed(error);
        }
        let Some(primary) = self.role.writer_mut() else {
            return Flow::Failed(SqlError::read_only(self.core.flavor, tag));
        };
        if ddl && let Some(holder) = primary.locks.other_than(txn) {
            return Flow::Blocked(holder);
        }
        let laid_out = self.lay_out(session, conn, txn, sql::may_call_beside(sql, self.core.flavor));
        let Some(primary) = self.role.writer_mut() else {
            return Flow::Failed(SqlError::read_only(self.core.flavor, tag));
        };
        let before = match ddl {
            true => match primary.work.image() {
                Ok(image) => Some(image),
                Err(error) => return Flow::Failed(SqlError::new("58000", error.to_string())),
            },
            false => None,
        };
        Core::set_clock(&mut primary.work, out.now);
        let event = match binlog_text::format(&self.core, session, sql, ddl) {
            Format::Rows => None,
            Format::Text => Some(binlog_text::event(&mut primary.work, sql, out.now)),
        };
        primary.work.set_beside(laid_out.as_ref().map(LaidOut::copy));
        let outcome = match &event {
            None => primary.work.execute(sql),
            Some(event) => primary.work.execute_seeded(sql, event.rand_seed),
        };
        let left = primary.work.take_beside();
        let changes = outcome.as_ref().map_or(&[][..], |outcome| &outcome.changes);
        let undone = |primary: &mut Primary, flow: Flow| match primary.work.undo(changes) {
            Ok(()) => flow,
            Err(error) => Flow::Failed(SqlError::new("58000", error.to_string())),
        };
        if let Some(holder) = primary.locks.conflict(txn, changes) {
            // The statement is run again, and so are its functions.
            return undone(primary, Flow::Blocked(holder));
        }
        if let Some(laid_out) = laid_out
            && let Some(flow) = self.take_back(session, txn, laid_out, left, out)
        {
            return match self.role.writer_mut() {
                Some(primary) => undone(primary, flow),
                None => flow,
            };
        }
        let outcome = match outcome {
            Ok(outcome) => outcome,
            Err(error) => return self.write_failed(txn, sql, error),
        };
        if self.core.flavor == Flavor::Mysql && matches!(tag, "INSERT" | "REPLACE") {
            let tables = self.role.writer_mut().map(|writer| writer.work.schema()).unwrap_or_default();
            session.inserted(chosen(sql, &tables, &outcome.changes));
        }
        self.executed(session, txn, outcome, Logging { before, event }, tag, out)
    }

    /// Why the server or the transaction takes no writes from this session.
    pub(super) fn refuses_writes(&self, session: &Session, txn: TxnId, tag: &str) -> Option<SqlError> {
        let refused = || Some(SqlError::read_only(self.core.flavor, tag));
        if session.txn.as_ref().is_some_and(|t| t.read_only) {
            return match self.core.flavor {
                Flavor::Postgresql => refused(),
                Flavor::Mysql => {
                    let message = "Cannot execute statement in a READ ONLY transaction.";
                    Some(SqlError { number: 1792, ..SqlError::new("25006", message) })
                }
            };
        }
        // The operator's terminal has the rights that `read_only` lets through.
        let privileged = txn.session.client == ClientId::OPERATOR;
        let mysql = &self.core.settings.mysql;
        match self.core.flavor {
            Flavor::Postgresql => None,
            Flavor::Mysql if mysql.super_read_only => Some(SqlError::option_prevents("--super-read-only")),
            Flavor::Mysql if mysql.read_only && !privileged => refused(),
            Flavor::Mysql => None,
        }
    }

    /// Why a function with a side effect cannot be called here; a server without it, or one that takes no writes.
    pub(super) fn refuses_function(&self, session: &Session, name: &str) -> Option<SqlError> {
        match self.core.flavor {
            Flavor::Mysql => None,
            // PostgreSQL 15, utility.c, PreventCommandDuringRecovery() and PreventCommandIfReadOnly().
            Flavor::Postgresql => {
                let in_recovery = self.role.writer().is_none();
                let during_recovery =
                    |what: &str| Some(SqlError::new("25006", format!("cannot execute {what} during recovery")));
                let read_only = in_recovery || session.txn.as_ref().is_some_and(|open| open.read_only);
                match name {
                    "nextval" | "setval" if read_only => {
                        Some(SqlError::read_only(self.core.flavor, &format!("{name}()")))
                    }
                    "txid_current" if in_recovery => during_recovery("pg_current_xact_id()"),
                    "pg_notify" if in_recovery => during_recovery("NOTIFY"),
                    _ => None,
                }
            }
        }
    }

    pub(super) fn executed(
        &mut self,
        session: &mut Session,
        txn: TxnId,
        mut outcome: Outcome,
        logging: Logging,
        tag: &'static str,
        out: &mut Outbox,
    ) -> Flow {
        let Logging { before, event } = logging;
        let warning = match &event {
            Some(event) => sql::unsafe_reason(&event.sql).map(|reason| binlog_text::warning(reason).into()),
            None => None,
        };
        let Some(primary) = self.role.writer_mut() else { return done(tag) };
        let changes = std::mem::take(&mut outcome.changes);
        let gtid = session.gtid_next.given();
        let open = session.txn.get_or_insert_with(|| OpenTxn::new(txn, false, false));
        open.gtid = open.gtid.or(gtid);
        if let Some(event) = event.filter(|_| !changes.is_empty()) {
            let from = open.changes.len();
            open.text.push(TextSpan { from, to: from + changes.len(), event: Change::Statement(event) });
        }
        if let Some(image) = before.filter(|_| !changes.is_empty()) {
            open.before_ddl.push((image, open.changes.len()));
        }
        primary.locks.take(open.id, &changes);
        out.trace(What::Executed { node: self.core.id, txn, changes: changes.len() as u32 });
        match open.changes.is_empty() {
            true => open.changes = changes,
            false => open.changes.extend(changes),
        }
        Flow::Done(QueryResult { warning, ..result(outcome, tag) })
    }

    /// A duplicate key may be that of a transaction which has not ended: then the statement waits for it, as the
    /// real systems do. Whether it is shows when the statement succeeds on what is visible.
    fn write_failed(&mut self, txn: TxnId, sql: &str, error: SqlError) -> Flow {
        let Some(primary) = self.role.writer_mut() else { return Flow::Failed(error) };
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
    pub(super) fn prepared(
        &mut self,
        session: &mut Session,
        txn: TxnId,
        statement: &Statement,
        out: &mut Outbox,
    ) -> Flow {
        match statement {
            Statement::ReadKey { id } => {
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
            Statement::Upsert { id, value } => self.upsert(session, txn, *id, *value, out),
            Statement::Sql(_) => done(""),
        }
    }

    fn upsert(&mut self, session: &mut Session, txn: TxnId, id: i64, value: i64, out: &mut Outbox) -> Flow {
        if let Some(error) = self.refuses_writes(session, txn, "INSERT") {
            return Flow::Failed(error);
        }
        let text = binlog_text::format(&self.core, session, "", false) == Format::Text;
        let Some(primary) = self.role.writer_mut() else {
            return Flow::Failed(SqlError::read_only(self.core.flavor, "INSERT"));
        };
        Core::set_clock(&mut primary.work, out.now);
        let event = text.then(|| binlog_text::event(&mut primary.work, &upsert_text(id, value), out.now));
        let outcome = match primary.work.upsert_kv(id, value) {
            Ok(outcome) => outcome,
            Err(error) => return Flow::Failed(error),
        };
        if let Some(holder) = primary.locks.conflict(txn, &outcome.changes) {
            return match primary.work.undo(&outcome.changes) {
                Ok(()) => Flow::Blocked(holder),
                Err(error) => Flow::Failed(SqlError::new("58000", error.to_string())),
            };
        }
        self.executed(session, txn, outcome, Logging { before: None, event }, "INSERT", out)
    }
}

/// The workload's write as a statement.
fn upsert_text(id: i64, value: i64) -> String {
    format!("INSERT INTO kv (id, value) VALUES ({id}, {value}) ON CONFLICT (id) DO UPDATE SET value = excluded.value")
}

/// A statement without rows is done.
pub(super) fn done(tag: &'static str) -> Flow {
    Flow::Done(QueryResult { tag, ..QueryResult::default() })
}

/// What an outcome is to the client.
pub(super) fn result(outcome: Outcome, tag: &'static str) -> QueryResult {
    QueryResult {
        columns: outcome.columns,
        rows: outcome.rows,
        affected: outcome.affected,
        tag,
        ..QueryResult::default()
    }
}
