//! What SQL functions change beside rows, on a server: laid out before a statement, taken back after it.
//!
//! Sequences are rows of the table `pg_sequences`, which the first `CREATE SEQUENCE` makes. The row is what is logged, so
//! standbys have it; what a primary has given out since is in its memory alone ([`Live`]), as in PostgreSQL.

use super::core::Core;
use super::execute::done;
use super::session::{Flow, OpenTxn, Session};
use super::{Node, Role};
use crate::engine::beside::{Beside, Definition, Live, Logged, Mode, Scope, Sequence, Wait};
use crate::engine::flavor::Flavor;
use crate::engine::ids::{ConnId, TxnId};
use crate::engine::io::Outbox;
use crate::engine::log::{Commit, record};
use crate::engine::message::QueryResult;
use crate::engine::sql::SequenceDdl;
use crate::engine::storage::{Change, Database, RowChange, RowKey, RowOp, SqlError, Value};
use crate::engine::trace::What;

/// The table of sequences: PostgreSQL has a view of that name.
pub(super) const SEQUENCES: &str = "pg_sequences";

const CREATE_TABLE: &str = "CREATE TABLE pg_sequences (sequencename TEXT NOT NULL PRIMARY KEY, min_value INTEGER NOT NULL, \
                            max_value INTEGER NOT NULL, increment_by INTEGER NOT NULL, cycle INTEGER NOT NULL, \
                            last_value INTEGER NOT NULL, is_called INTEGER NOT NULL) WITHOUT ROWID";

fn key(name: &str) -> RowKey {
    RowKey::Primary(vec![name.into()])
}

fn row(name: &str, definition: Definition, logged: Logged) -> Vec<Value> {
    let Definition { increment, min, max, cycle } = definition;
    let numbers = [min, max, increment, i64::from(cycle), logged.last, i64::from(logged.called)];
    std::iter::once(name.into()).chain(numbers.map(Value::Integer)).collect()
}

/// The sequences that a database has.
fn rows(database: &mut Database) -> Vec<(String, Definition, Logged)> {
    if !database.has_table(SEQUENCES) {
        return Vec::new();
    }
    let columns = "sequencename, min_value, max_value, increment_by, cycle, last_value, is_called";
    let rows = database.query(&format!("SELECT {columns} FROM {SEQUENCES}")).map(|outcome| outcome.rows);
    let read = |row: Vec<Value>| {
        let number = |at: usize| row.get(at).and_then(Value::as_integer);
        let definition = Definition { min: number(1)?, max: number(2)?, increment: number(3)?, cycle: number(4)? != 0 };
        let logged = Logged { last: number(5)?, called: number(6)? != 0 };
        Some((row.first()?.as_text()?.to_owned(), definition, logged))
    };
    rows.unwrap_or_default().into_iter().filter_map(read).collect()
}

/// A sequence as a relation with one row, as a common table expression.
fn table(name: &str, live: &Live) -> String {
    let Live { now, ahead, .. } = live;
    let (name, called) = (name.replace('"', "\"\""), if now.called { "t" } else { "f" });
    format!("\"{name}\"(last_value, log_cnt, is_called) AS (VALUES ({}, {ahead}, '{called}'))", now.last)
}

/// What was laid out, to compare with what comes back.
pub(super) struct LaidOut(Box<Beside>);

impl Node {
    /// What a statement's functions may change beside rows; `None` when there is nothing that it could.
    pub(super) fn lay_out(&mut self, session: &Session, conn: ConnId, txn: TxnId, calls: bool) -> Option<LaidOut> {
        let has_sequences = self.core.flavor == Flavor::Postgresql
            && (self.core.data.has_table(SEQUENCES)
                || session.txn.is_some() && self.role.writer_mut().is_some_and(|w| w.work.has_table(SEQUENCES)));
        if !calls && !has_sequences {
            return None;
        }
        let sequences = if has_sequences { self.sequences(session, txn) } else { Default::default() };
        Some(LaidOut(Box::new(Beside {
            own: session.values.clone(),
            sequences,
            tables: if calls { self.core.data.tables().into_iter().collect() } else { Default::default() },
            locks: self.named_locks.clone(),
            asker: Some((conn, txn)),
            waited: session.running.as_ref().is_some_and(|running| running.waited),
            wait: None,
            not_owned: None,
        })))
    }

    fn sequences(&mut self, session: &Session, txn: TxnId) -> crate::order::OrderedMap<String, Sequence> {
        let me = session.txn.as_ref().map_or(txn, |open| open.id);
        let visible = rows(&mut self.core.data);
        let redo = self.core.redo_points.last().copied();
        let Role::Primary(primary) = &mut self.role else {
            let plain = |(name, definition, logged)| (name, Sequence::new(definition, logged, None));
            return visible.into_iter().map(plain).collect();
        };
        let schema = primary.locks.schema_of_other(me);
        let mut found = crate::order::OrderedMap::new();
        let work = rows(&mut primary.work);
        for (name, definition, logged) in visible.iter().chain(&work) {
            let holder = primary.locks.holder(SEQUENCES, &key(name));
            let made_here = holder == Some(me);
            if made_here && !work.iter().any(|(own, ..)| own == name) {
                found.remove(name);
                continue;
            }
            let busy = schema.or(holder.filter(|holder| *holder != me));
            if busy.is_some() && !visible.iter().any(|(seen, ..)| seen == name) {
                continue;
            }
            let live = primary.sequences.get(name).copied();
            let mut sequence = Sequence::new(*definition, *logged, live);
            sequence.log_next = redo.is_some_and(|redo| sequence.live.at <= redo);
            (sequence.busy, sequence.made_here) = (busy, made_here);
            found.insert(name.clone(), sequence);
        }
        found
    }

    /// What functions have left: values and locks are the session's and the server's again, sequences are logged. The
    /// flow, where the statement has to wait.
    pub(super) fn take_back(
        &mut self,
        session: &mut Session,
        txn: TxnId,
        before: LaidOut,
        after: Option<Box<Beside>>,
        out: &mut Outbox,
    ) -> Option<Flow> {
        let after = *after?;
        match after.wait {
            Some(Wait::Row(holder)) => return Some(Flow::Blocked(holder)),
            Some(Wait::Named(holder, within_us)) => return Some(Flow::Named(holder, within_us)),
            None => {}
        }
        session.values = after.own;
        if before.0.locks != after.locks {
            self.named_locks = after.locks;
            self.wake_named();
        }
        for (name, sequence) in after.sequences {
            let Some(old) = before.0.sequences.get(&name).filter(|old| old.live != sequence.live) else { continue };
            if let Err(error) = self.keep_sequence(session, txn, &name, (old.live.logged, sequence), out) {
                return Some(Flow::Failed(error));
            }
        }
        if let (Some(mode), Some(running)) = (after.not_owned, &mut session.running) {
            // PostgreSQL 15, lock.c, LockRelease().
            let kind = if mode == Mode::Exclusive { "ExclusiveLock" } else { "ShareLock" };
            running.warning = Some(format!("you don't own a lock of type {kind}").into());
        }
        None
    }

    fn keep_sequence(
        &mut self,
        session: &mut Session,
        txn: TxnId,
        name: &str,
        (logged, mut sequence): (Logged, Sequence),
        out: &mut Outbox,
    ) -> Result<(), SqlError> {
        let Role::Primary(primary) = &mut self.role else { return Ok(()) };
        if sequence.to_log {
            let change = Change::Row(RowChange {
                table: SEQUENCES.into(),
                key: key(name),
                moved_to: None,
                op: RowOp::Update {
                    old: row(name, sequence.definition, logged),
                    new: row(name, sequence.definition, sequence.live.logged),
                },
            });
            let wrong = |error: &dyn std::fmt::Display| SqlError::new("58000", error.to_string());
            primary.work.apply(&change).map_err(|error| wrong(&error.message))?;
            sequence.live.at = self.core.log.end();
            let open = session.txn.get_or_insert_with(|| OpenTxn::new(txn, false, false));
            if sequence.made_here {
                open.changes.push(change);
            } else {
                self.core.data.apply(&change).map_err(|error| wrong(&error.message))?;
                open.beside.push(change.clone());
                log_alone(&mut self.core, &change, primary.commits.is_empty(), out);
                let (node, at) = (self.core.id, self.core.log.end());
                out.trace(What::SequenceLogged { node, txn, name: name.into(), last: sequence.live.logged.last, at });
            }
        }
        primary.sequences.insert(name.to_owned(), sequence.live);
        Ok(())
    }

    /// `CREATE SEQUENCE`, `DROP SEQUENCE`.
    pub(super) fn sequence_ddl(
        &mut self,
        session: &mut Session,
        (conn, txn): (ConnId, TxnId),
        ddl: &SequenceDdl,
        tag: &'static str,
        out: &mut Outbox,
    ) -> Flow {
        if let Some(error) = self.refuses_writes(session, txn, tag) {
            return Flow::Failed(error);
        }
        let Some(primary) = self.role.writer_mut() else {
            return Flow::Failed(SqlError::read_only(self.core.flavor, tag));
        };
        match ddl {
            SequenceDdl::Create { name, if_not_exists, definition, start } => {
                let exists = format!("relation \"{name}\" already exists");
                let there = rows(&mut primary.work).iter().any(|(other, ..)| other == name);
                let holder = primary.locks.holder(SEQUENCES, &key(name)).filter(|holder| *holder != txn);
                if there && let Some(holder) = holder {
                    return Flow::Blocked(holder);
                }
                if (there || primary.work.has_table(name)) && *if_not_exists {
                    let warning = Some(format!("{exists}, skipping").into());
                    return Flow::Done(QueryResult { tag, warning, ..QueryResult::default() });
                }
                if there || primary.work.has_table(name) {
                    return Flow::Failed(SqlError::new("42P07", exists));
                }
                if !primary.work.has_table(SEQUENCES) {
                    match self.write(session, (conn, txn), CREATE_TABLE, tag, true, out) {
                        Flow::Done(_) => {}
                        other => return other,
                    }
                }
                let values: Vec<String> = row(name, *definition, *start)
                    .iter()
                    .map(|value| match value {
                        Value::Text(text) => format!("'{}'", text.replace('\'', "''")),
                        value => value.to_string(),
                    })
                    .collect();
                let insert = format!("INSERT INTO {SEQUENCES} VALUES ({})", values.join(", "));
                self.changed(session, (conn, txn), &insert, tag, out)
            }
            SequenceDdl::Drop { names, if_exists } => {
                let known = rows(&mut primary.work);
                let mut warning = None;
                for name in names {
                    if known.iter().any(|(other, ..)| other == name) {
                        let delete =
                            format!("DELETE FROM {SEQUENCES} WHERE sequencename = '{}'", name.replace('\'', "''"));
                        match self.changed(session, (conn, txn), &delete, tag, out) {
                            Flow::Done(_) => {}
                            other => return other,
                        }
                        continue;
                    }
                    let missing = format!("sequence \"{name}\" does not exist");
                    if !if_exists {
                        return Flow::Failed(SqlError::new("42P01", missing));
                    }
                    warning = Some(format!("{missing}, skipping").into());
                }
                Flow::Done(QueryResult { tag, warning, ..QueryResult::default() })
            }
        }
    }

    /// A change of the table of sequences, which tells the client no number of rows.
    fn changed(
        &mut self,
        session: &mut Session,
        txn: (ConnId, TxnId),
        sql: &str,
        tag: &'static str,
        out: &mut Outbox,
    ) -> Flow {
        match self.write(session, txn, sql, tag, false, out) {
            Flow::Done(_) => done(tag),
            other => other,
        }
    }

    /// Sequences as relations with one row, for queries that name them.
    pub(super) fn sequence_tables(laid_out: Option<&LaidOut>, mentions: impl Fn(&str) -> bool) -> Vec<String> {
        let Some(LaidOut(beside)) = laid_out else { return Vec::new() };
        let named = beside.sequences.iter().filter(|(name, _)| mentions(name));
        named.map(|(name, sequence)| table(name, &sequence.live)).collect()
    }

    /// The same for a look from outside of all sessions.
    pub(super) fn sequence_tables_outside(
        &self,
        database: &mut Database,
        mentions: impl Fn(&str) -> bool,
    ) -> Vec<String> {
        let live = |name: &str| match &self.role {
            Role::Primary(primary) => primary.sequences.get(name).copied(),
            _ => None,
        };
        let named = rows(database).into_iter().filter(|(name, ..)| mentions(name));
        named
            .map(|(name, definition, logged)| table(&name, &Sequence::new(definition, logged, live(&name)).live))
            .collect()
    }

    /// Locks with names that go: with the transaction, or all with the session.
    pub(super) fn give_named_locks(&mut self, conn: ConnId, scope: Scope) {
        if !self.named_locks.is_empty() && self.named_locks.give_all(conn, scope) > 0 {
            self.wake_named();
        }
    }
}

impl LaidOut {
    /// A copy for the database to work on.
    pub(super) fn copy(&self) -> Box<Beside> {
        self.0.clone()
    }
}

/// A group of its own, that no transaction's end decides on.
fn log_alone(core: &mut Core, change: &Change, nothing_waits: bool, out: &Outbox) {
    let start = core.log.end();
    let mut bytes = Vec::new();
    record::encode_change(&mut bytes, start, change);
    let at = start.plus(bytes.len());
    record::encode_commit(
        &mut bytes,
        at,
        &Commit { txn: None, first: start, at: out.now, apply_feedback: false, gtid: None },
    );
    let group = core.append_group(&bytes, None, None);
    if nothing_waits {
        core.applied = group.end;
    }
}
