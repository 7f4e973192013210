//! The workload's statements, prepared once and run with bound parameters.

use super::change::Change;
use super::error::SqlError;
use super::execute::Outcome;
use super::guard::Trust;
use super::open::Open;
use super::statement::Step;
use super::value::Value;

impl Open {
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
        // Without triggers, foreign keys and counters a single-row statement happens as a whole or not at all, and needs no
        // transaction around it.
        let result = if self.catalog.enforces || self.catalog.has_counters || id == i64::MAX {
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
