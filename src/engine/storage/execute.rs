//! Executing statements, and capturing what they change.

use rusqlite::ffi;

use super::capture::{Refusal, Totals};
use super::change::{Change, RowChange, RowKey, RowOp};
use super::error::SqlError;
use super::guard::{RESULT_LIMIT_BYTES, RESULT_LIMIT_ROWS, Trust};
use super::open::Open;
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
    /// Positions of columns that hold booleans, which a server says as `t` and `f`.
    pub booleans: Vec<usize>,
}

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
        result.map_err(|error| {
            // To explain it the statement may be run once more, which is to take no value from a sequence.
            let beside = self.memory.desk.take_beside();
            self.memory.desk.set_beside(beside.clone());
            let explained = self.explain(text, error);
            self.memory.desk.set_beside(beside);
            explained
        })
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
    pub(super) fn collect(
        &mut self,
        statement: &mut Statement,
        text: &str,
        outcome: &mut Outcome,
    ) -> Result<(), SqlError> {
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
    pub(super) fn change_rows(&mut self, statement: &mut Statement, text: &str) -> Result<Outcome, SqlError> {
        let totals = self.begin();
        let counters = self.counters();
        self.guard.begin(Trust::User);
        let mut outcome = Outcome { columns: statement.column_names(), ..Outcome::default() };
        let result = self.collect(statement, text, &mut outcome);
        outcome.affected = self.connection.changes();
        statement.reset();
        self.finish(result, totals, text).map(|mut changes| {
            self.count_changes(&counters, &mut changes);
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

    pub(super) fn refused(&self, refusal: Refusal) -> SqlError {
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
