//! Statements that change the schema: executing them, working out what the log must say, applying them.

use std::sync::Arc;

use super::change::{Change, RowChange, RowKey, RowOp};
use super::error::{ApplyError, SqlError};
use super::execute::Outcome;
use super::guard::Trust;
use super::open::Open;
use super::schema::{Catalog, KeyKind, Table, quoted};
use super::statement::{Failure, Statement, Step};
use super::translate::DATABASE_NAME;
use crate::engine::sql;

impl Open {
    /// Executes a statement that changes the schema.
    pub(super) fn change_schema(&mut self, statement: &mut Statement, text: &str) -> Result<Outcome, SqlError> {
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
        let changed = self.schema_version() != Ok(version);
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
    pub(super) fn all_rows(&mut self, table: &Table) -> Result<Vec<RowChange>, Failure> {
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

    /// Applies a statement that changes the schema.
    pub(super) fn apply_ddl(&mut self, sql: &str) -> Result<(), ApplyError> {
        let failed = |message: String| {
            ApplyError::other(format!(
                "Error '{message}' on query. Default database: '{DATABASE_NAME}'. Query: '{sql}'"
            ))
        };
        let mut statement = self.cached(sql, Trust::UserDdl).map_err(|error| failed(error.message))?;
        let totals = self.begin();
        self.guard.begin(Trust::UserDdl);
        let mut result = statement.run([]).map_err(|failure| self.complaint(failure, sql));
        drop(statement);
        if result.is_ok() {
            result = self.load_catalog().map_err(Into::into);
        }
        if result.is_ok() {
            result = match self.scan() {
                Ok(totals) => {
                    self.capture.state().totals = totals;
                    Ok(())
                }
                Err(failure) => Err(self.complaint(failure, sql)),
            };
        }
        self.finish(result, totals, sql).map(drop).map_err(|error| {
            let _ = self.load_catalog();
            failed(error.message)
        })
    }
}
