//! Executing statements, and capturing what they change.

use std::collections::BTreeMap;
use std::sync::Arc;

use rusqlite::ffi;

use super::capture::{Refusal, Totals};
use super::change::{Change, RowChange, RowKey, RowOp};
use super::error::SqlError;
use super::guard::{RESULT_LIMIT_BYTES, RESULT_LIMIT_ROWS, Trust};
use super::open::Open;
use super::schema::{Catalog, KeyKind, quoted};
use super::statement::{Failure, Statement, Step};
use super::value::Value;
use crate::engine::flavor::Flavor;
use crate::engine::sql;

/// What a statement gave.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// The columns' names; empty for a statement that returns no rows.
    pub columns: Vec<String>,
    /// The rows.
    pub rows: Vec<Vec<Value>>,
    /// Rows inserted, updated or deleted by the statement itself, without its triggers and cascades.
    pub affected: u64,
    /// What it changed, in the order in which it did.
    pub changes: Vec<Change>,
}

/// The name under which the counters of `AUTOINCREMENT` tables travel.
pub(super) const SEQUENCE_TABLE: &str = "sqlite_sequence";

/// How the storage treats a statement.
enum Treatment {
    Rows,
    Schema,
    Nothing,
    Refuse(String),
}

fn treatment(text: &str, flavor: Flavor) -> Treatment {
    let Some(first) = sql::first_token(text, flavor) else { return Treatment::Rows };
    if first.is_any(&["CREATE", "ALTER", "DROP"]) {
        Treatment::Schema
    } else if first.is_any(&["VACUUM", "ANALYZE", "REINDEX"]) {
        Treatment::Nothing
    } else if first.is_any(&["BEGIN", "COMMIT", "END", "ROLLBACK", "SAVEPOINT", "RELEASE"]) {
        Treatment::Refuse(format!("{} cannot be used here", first.text.to_uppercase()))
    } else {
        Treatment::Rows
    }
}

impl Open {
    /// Executes one statement.
    pub(super) fn execute(&mut self, text: &str) -> Result<Outcome, SqlError> {
        let trust = match treatment(text, self.flavor) {
            Treatment::Rows => Trust::User,
            Treatment::Schema => Trust::UserDdl,
            Treatment::Nothing => return Ok(Outcome::default()),
            Treatment::Refuse(why) => return Err(SqlError::not_supported(self.flavor, why)),
        };
        self.enforce(true).map_err(SqlError::from)?;
        let mut statement = self.cached(text, trust)?;
        let result = if statement.is_read_only() {
            let mut outcome = Outcome { columns: statement.column_names(), ..Outcome::default() };
            self.collect(&mut statement, text, &mut outcome).map(|()| outcome)
        } else if trust == Trust::UserDdl {
            self.change_schema(&mut statement, text)
        } else {
            self.change_rows(&mut statement, text)
        };
        statement.reset();
        self.keep(text, statement);
        result.map_err(|error| self.explain(text, error))
    }

    /// Runs one statement that must not write; `tag` is its command tag, for the error if it would.
    pub(super) fn query(&mut self, text: &str) -> Result<Outcome, SqlError> {
        let trust = match treatment(text, self.flavor) {
            Treatment::Rows => Trust::User,
            Treatment::Schema | Treatment::Nothing => {
                return Err(SqlError::read_only(self.flavor, sql::classify(text, self.flavor).tag));
            }
            Treatment::Refuse(why) => return Err(SqlError::not_supported(self.flavor, why)),
        };
        let mut statement = self.cached(text, trust)?;
        let result = if statement.is_read_only() {
            let mut outcome = Outcome { columns: statement.column_names(), ..Outcome::default() };
            self.collect(&mut statement, text, &mut outcome).map(|()| outcome)
        } else {
            Err(SqlError::read_only(self.flavor, sql::classify(text, self.flavor).tag))
        };
        statement.reset();
        self.keep(text, statement);
        result
    }

    /// Steps through a statement and keeps its rows.
    fn collect(&mut self, statement: &mut Statement, text: &str, outcome: &mut Outcome) -> Result<(), SqlError> {
        let mut bytes = 0;
        loop {
            match statement.step() {
                Ok(Step::Done) => return Ok(()),
                Ok(Step::Row) => {}
                Err(failure) => return Err(self.complaint(failure, text)),
            }
            let mut row = Vec::with_capacity(outcome.columns.len());
            for index in 0..statement.column_count() {
                let value = statement.column(index).map_err(|failure| self.complaint(failure, text))?;
                bytes += value.wire_bytes();
                row.push(value);
            }
            outcome.rows.push(row);
            if outcome.rows.len() > RESULT_LIMIT_ROWS || bytes > RESULT_LIMIT_BYTES {
                return Err(SqlError::too_many_rows(self.flavor));
            }
        }
    }

    /// Executes a statement that changes rows, in a transaction of SQLite's, so that whatever it did is undone when
    /// it fails (`INSERT OR FAIL` keeps what it did until then; here nothing is kept, as in the real servers).
    fn change_rows(&mut self, statement: &mut Statement, text: &str) -> Result<Outcome, SqlError> {
        let totals = self.begin();
        let sequences = self.sequences();
        self.guard.begin(Trust::User);
        let mut outcome = Outcome { columns: statement.column_names(), ..Outcome::default() };
        let result = self.collect(statement, text, &mut outcome);
        outcome.affected = self.connection.changes();
        statement.reset();
        self.finish(result, totals, text).map(|mut changes| {
            self.sequence_changes(&sequences, &mut changes);
            let inserted = changes.iter().any(|change| {
                matches!(change, Change::Row(RowChange { op: RowOp::Insert { .. }, key: RowKey::Rowid(_), .. }))
            });
            self.remember_changes(outcome.affected, inserted);
            outcome.changes = changes;
            outcome
        })
    }

    /// Begins a transaction and the capture of changes; gives the totals to go back to.
    pub(super) fn begin(&mut self) -> Totals {
        self.guard.begin(Trust::Internal);
        // Failing to begin would make the statements that follow run by themselves, each its own transaction.
        let _ = self.statements.begin.run([]);
        let captured = self.capture.state();
        captured.changes.clear();
        captured.refusal = None;
        captured.recording = true;
        captured.totals
    }

    /// Commits what was captured, or rolls back when something failed.
    pub(super) fn finish(
        &mut self,
        result: Result<(), SqlError>,
        totals: Totals,
        text: &str,
    ) -> Result<Vec<Change>, SqlError> {
        let captured = self.capture.state();
        captured.recording = false;
        let refusal = captured.refusal.take();
        let mut result = match refusal {
            Some(refusal) if result.is_ok() => Err(self.refused(refusal)),
            _ => result,
        };
        if result.is_ok() {
            self.guard.begin(Trust::Internal);
            if let Err(failure) = self.statements.commit.run([]) {
                result = Err(self.complaint(failure, text));
            }
        }
        match result {
            Ok(()) => Ok(std::mem::take(&mut self.capture.state().changes)),
            Err(error) => {
                self.roll_back(totals);
                Err(error)
            }
        }
    }

    /// Rolls back, if SQLite has not done so itself (as `ON CONFLICT ROLLBACK` makes it).
    pub(super) fn roll_back(&mut self, totals: Totals) {
        self.guard.begin(Trust::Internal);
        if !self.connection.is_autocommit() {
            let _ = self.statements.rollback.run([]);
        }
        let captured = self.capture.state();
        captured.recording = false;
        captured.changes.clear();
        captured.refusal = None;
        captured.totals = totals;
    }

    fn refused(&self, refusal: Refusal) -> SqlError {
        match refusal {
            Refusal::NotUtf8(byte) => SqlError::not_utf8(self.flavor, byte),
            Refusal::RowNumber => SqlError::flavored(
                self.flavor,
                ("22003", "bigint out of range".to_owned()),
                (1264, "22003", "Out of range value for column".to_owned()),
            ),
            Refusal::NamelessKey => SqlError::not_supported(
                self.flavor,
                "a table whose columns bear all of the names rowid, oid and _rowid_ needs an INTEGER PRIMARY KEY",
            ),
            Refusal::Unreadable => SqlError::flavored(
                self.flavor,
                ("53200", "out of memory".into()),
                (1037, "HY001", "Out of memory".into()),
            ),
        }
    }

    /// Adds what happened to the counters of `AUTOINCREMENT` tables. They travel as rows of `sqlite_sequence`,
    /// keyed by the table's name.
    fn sequence_changes(&self, before: &BTreeMap<Arc<str>, i64>, changes: &mut Vec<Change>) {
        if !self.catalog.has_sequences {
            return;
        }
        let after = self.sequences();
        let row = |name: &Arc<str>, number: i64| vec![Value::Text(Arc::clone(name)), Value::Integer(number)];
        for (name, &number) in &after {
            let op = match before.get(name) {
                Some(&old) if old == number => continue,
                Some(&old) => RowOp::Update { old: row(name, old), new: row(name, number) },
                None => RowOp::Insert { new: row(name, number) },
            };
            let key = RowKey::Primary(vec![Value::Text(Arc::clone(name))]);
            changes.push(Change::Row(RowChange { table: SEQUENCE_TABLE.into(), key, moved_to: None, op }));
        }
    }

    /// Executes a statement that changes the schema.
    fn change_schema(&mut self, statement: &mut Statement, text: &str) -> Result<Outcome, SqlError> {
        let version = self.schema_version().map_err(|failure| self.complaint(failure, text))?;
        let before = Arc::clone(&self.catalog);
        let totals = self.begin();
        self.guard.begin(Trust::UserDdl);
        let mut outcome = Outcome::default();
        let mut result = self.collect(statement, text, &mut outcome);
        statement.reset();
        outcome.rows.clear();
        let mut changes = std::mem::take(&mut self.capture.state().changes);
        let mut logged = Vec::new();
        let changed = self.schema_version().map_or(true, |now| now != version);
        if result.is_ok() && changed {
            result = self.after_schema_change(&before, text, &mut changes, &mut logged);
            outcome.affected = logged.len().saturating_sub(1) as u64;
        }
        match self.finish(result, totals, text) {
            Ok(_) => {
                outcome.changes = changes;
                outcome.changes.append(&mut logged);
                Ok(outcome)
            }
            Err(error) => {
                self.load_catalog().map_err(SqlError::from)?;
                Err(error)
            }
        }
    }

    /// Works out what the log must say of a schema change that has just been made.
    ///
    /// Dropping a table deletes its rows first where foreign keys point at it, which may change rows of other
    /// tables: those changes are logged before the statement. `CREATE TABLE … AS` is logged as the table and then
    /// its rows.
    fn after_schema_change(
        &mut self,
        before: &Catalog,
        text: &str,
        changes: &mut Vec<Change>,
        logged: &mut Vec<Change>,
    ) -> Result<(), SqlError> {
        self.load_catalog().map_err(SqlError::from)?;
        changes.retain(|change| change.row().is_some_and(|row| self.catalog.find(&row.table).is_some()));
        let created = self
            .catalog
            .tables
            .iter()
            .find(|table| before.find(&table.name).is_none())
            .filter(|_| sql::first_token(text, self.flavor).is_some_and(|token| token.is("CREATE")))
            .cloned();
        match created {
            Some(table) => {
                logged.push(Change::Ddl { sql: table.sql.as_str().into() });
                let rows = self.all_rows(&table).map_err(|failure| self.complaint(failure, text))?;
                logged.extend(rows.into_iter().map(Change::Row));
            }
            None => {
                let sql = sql::classify(text, self.flavor).text_for_sqlite.into_owned();
                logged.push(Change::Ddl { sql: sql.into() });
            }
        }
        let totals = self.scan().map_err(|failure| self.complaint(failure, text))?;
        self.capture.state().totals = totals;
        Ok(())
    }

    /// All rows of a table, as inserts.
    fn all_rows(&mut self, table: &super::schema::Table) -> Result<Vec<RowChange>, Failure> {
        let key = match &table.key {
            KeyKind::Rowid { name: Some(name), .. } => (*name).to_owned(),
            KeyKind::Rowid { alias: Some(index), .. } => {
                table.columns.get(*index).map(|column| quoted(&column.name)).unwrap_or_default()
            }
            KeyKind::Rowid { name: None, alias: None } => return Ok(Vec::new()),
            KeyKind::Primary(_) => "NULL".to_owned(),
        };
        let columns: Vec<String> = table.stored_columns().map(|name| quoted(name)).collect();
        let mut statement =
            self.prepare(&format!("SELECT {key}, {} FROM {}", columns.join(", "), quoted(&table.name)))?;
        let mut rows = Vec::new();
        while statement.step()? == Step::Row {
            let rowid = statement.column_integer(0);
            let new =
                (1..statement.column_count()).map(|index| statement.column(index)).collect::<Result<Vec<_>, _>>()?;
            let key = match &table.key {
                KeyKind::Rowid { .. } => RowKey::Rowid(rowid),
                KeyKind::Primary(_) => {
                    RowKey::Primary(table.key_in_stored.iter().filter_map(|&place| new.get(place).cloned()).collect())
                }
            };
            rows.push(RowChange { table: Arc::clone(&table.name), key, moved_to: None, op: RowOp::Insert { new } });
        }
        Ok(rows)
    }

    /// The workload's write: an upsert of one row of `kv`.
    pub(super) fn upsert_kv(&mut self, id: i64, value: i64) -> Result<Outcome, SqlError> {
        const SQL: &str =
            "INSERT INTO kv (id, value) VALUES (?1, ?2) ON CONFLICT (id) DO UPDATE SET value = excluded.value";
        self.enforce(true).map_err(SqlError::from)?;
        self.guard.begin(Trust::Internal);
        let mut statement = match self.statements.upsert_kv.take() {
            Some(statement) => statement,
            None => self.prepare(SQL).map_err(|failure| self.complaint(failure, SQL))?,
        };
        statement.bind_integer(1, id);
        statement.bind_integer(2, value);
        // Without triggers and foreign keys a single-row statement happens as a whole or not at all, and needs no
        // transaction around it.
        let result = if self.catalog.enforces || id == i64::MAX {
            self.change_rows(&mut statement, SQL)
        } else {
            let captured = self.capture.state();
            captured.changes.clear();
            captured.recording = true;
            let totals = captured.totals;
            let stepped = statement.step();
            statement.reset();
            let captured = self.capture.state();
            captured.recording = false;
            let refusal = captured.refusal.take();
            match (stepped, refusal) {
                (Ok(_), None) => {
                    let changes = std::mem::take(&mut captured.changes);
                    self.remember_changes(
                        1,
                        matches!(changes.first().and_then(Change::row), Some(row) if row.old_row().is_none()),
                    );
                    Ok(Outcome { affected: 1, changes, ..Outcome::default() })
                }
                (Ok(_), Some(refusal)) => Err(self.refused(refusal)),
                (Err(failure), _) => {
                    let error = self.complaint(failure, SQL);
                    self.roll_back(totals);
                    Err(error)
                }
            }
        };
        self.statements.upsert_kv = Some(statement);
        result
    }

    /// The workload's read: the value of one row of `kv`.
    pub(super) fn read_kv(&mut self, id: i64) -> Result<Option<Value>, SqlError> {
        const SQL: &str = "SELECT value FROM kv WHERE id = ?1";
        self.guard.begin(Trust::Internal);
        let mut statement = match self.statements.read_kv.take() {
            Some(statement) => statement,
            None => self.prepare(SQL).map_err(|failure| self.complaint(failure, SQL))?,
        };
        statement.bind_integer(1, id);
        let result = match statement.step() {
            Ok(Step::Done) => Ok(None),
            Ok(Step::Row) => statement.column(0).map(Some),
            Err(failure) => Err(failure),
        };
        let result = result.map_err(|failure| self.complaint(failure, SQL));
        statement.reset();
        self.statements.read_kv = Some(statement);
        result
    }
}

/// What SQLite calls an error of the storage's own.
impl From<super::error::StorageError> for SqlError {
    fn from(error: super::error::StorageError) -> SqlError {
        SqlError::new("XX000", error.0)
    }
}

/// A failed step, as an extended code of SQLite.
pub(super) fn code_of(failure: Failure) -> i32 {
    match failure {
        Failure::Sqlite(code) => code,
        Failure::NotUtf8(_) => ffi::SQLITE_MISMATCH,
    }
}
