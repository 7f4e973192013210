//! Applying changes as a replica does, and taking them back.
//!
//! The row is looked up by its key alone, and its new values are set as the log has them: no trigger fires, no
//! foreign key acts, since what those did on the primary is in the log as row changes of its own.

use std::sync::Arc;

use rusqlite::ffi;

use super::change::{Change, RowChange, RowKey, RowOp};
use super::counters::{self, COUNTER_TABLE};
use super::error::{ApplyError, ApplyErrorKind, StorageError};
use super::execute::{Outcome, code_of};
use super::guard::Trust;
use super::open::Open;
use super::schema::{KeyKind, Table, quoted};
use super::statement::{Failure, Statement};
use super::translate::DATABASE_NAME;
use super::value::Value;

/// The statements that apply changes of one table, prepared when first needed.
#[derive(Debug, Default)]
pub(super) struct TableStatements {
    insert: Option<Statement>,
    update: Option<Statement>,
    update_key: Option<Statement>,
    delete: Option<Statement>,
}

/// What is to be done with a row.
#[derive(Clone, Copy)]
pub(super) enum Task<'a> {
    Insert { key: &'a RowKey, new: &'a [Value] },
    Update { key: &'a RowKey, new_key: Option<&'a RowKey>, new: &'a [Value] },
    Delete { key: &'a RowKey },
}

impl<'a> Task<'a> {
    pub(super) fn of(change: &'a RowChange) -> Task<'a> {
        let key = &change.key;
        match &change.op {
            RowOp::Insert { new } => Task::Insert { key, new },
            RowOp::Update { new, .. } => Task::Update { key, new_key: change.moved_to.as_ref(), new },
            RowOp::Delete { .. } => Task::Delete { key },
        }
    }

    fn inverse_of(change: &'a RowChange) -> Task<'a> {
        let key = &change.key;
        match &change.op {
            RowOp::Insert { .. } => Task::Delete { key },
            RowOp::Update { old, .. } => match &change.moved_to {
                Some(moved_to) => Task::Update { key: moved_to, new_key: Some(key), new: old },
                None => Task::Update { key, new_key: None, new: old },
            },
            RowOp::Delete { old } => Task::Insert { key, new: old },
        }
    }

    fn new_row(&self) -> Option<&'a [Value]> {
        match *self {
            Task::Insert { new, .. } | Task::Update { new, .. } => Some(new),
            Task::Delete { .. } => None,
        }
    }

    /// The binary log's name for the event.
    fn event(&self) -> &'static str {
        match self {
            Task::Insert { .. } => "Write_rows",
            Task::Update { .. } => "Update_rows",
            Task::Delete { .. } => "Delete_rows",
        }
    }
}

impl Open {
    /// Applies one change.
    pub(super) fn apply(&mut self, change: &Change) -> Result<(), ApplyError> {
        match change {
            Change::Row(row) => {
                self.enforce(false).map_err(|error| ApplyError::other(error.0))?;
                self.guard.begin(Trust::Internal);
                self.do_task(&row.table, Task::of(row))
            }
            Change::Ddl { sql } => {
                self.enforce(false).map_err(|error| ApplyError::other(error.0))?;
                self.apply_ddl(sql)
            }
            Change::Statement(event) => self.replay(&event.sql).map(drop),
        }
    }

    /// Executes a statement of the binary log.
    pub(super) fn replay(&mut self, sql: &str) -> Result<Outcome, ApplyError> {
        self.execute(sql).map_err(|error| ApplyError {
            kind: match error.code {
                "23505" => ApplyErrorKind::DuplicateKey,
                _ if error.number == 1062 => ApplyErrorKind::DuplicateKey,
                _ => ApplyErrorKind::Other,
            },
            number: error.number,
            message: format!("Error '{}' on query. Default database: '{DATABASE_NAME}'. Query: '{sql}'", error.message),
        })
    }

    /// Applies changes: row changes that stand together as one, all of them or none. A schema change is a
    /// transaction of its own, as in servers that commit before and after it. An error comes with the index of
    /// the change that failed.
    pub(super) fn apply_all(&mut self, changes: &[Change]) -> Result<(), (usize, ApplyError)> {
        let mut start = 0;
        while let Some(change) = changes.get(start) {
            let rest = &changes[start..];
            let rows = rest.iter().take_while(|change| change.row().is_some()).count();
            if rows > 1 {
                self.apply_rows(&rest[..rows]).map_err(|(index, error)| (start + index, error))?;
            } else {
                self.apply(change).map_err(|error| (start, error))?;
            }
            start += rows.max(1);
        }
        Ok(())
    }

    fn apply_rows(&mut self, changes: &[Change]) -> Result<(), (usize, ApplyError)> {
        self.enforce(false).map_err(|error| (0, ApplyError::other(error.0)))?;
        let totals = self.begin();
        self.capture.state().recording = false;
        for (index, row) in changes.iter().filter_map(Change::row).enumerate() {
            if let Err(error) = self.do_task(&row.table, Task::of(row)) {
                self.roll_back(totals);
                return Err((index, error));
            }
        }
        self.finish(Ok(()), totals, "").map(drop).map_err(|error| (changes.len() - 1, ApplyError::other(error.message)))
    }

    /// Takes row changes back, the last one first: all of them or, if one fails, none.
    pub(super) fn undo(&mut self, changes: &[Change]) -> Result<(), StorageError> {
        if changes.iter().any(|change| change.row().is_none()) {
            return Err(StorageError("a schema change is not undone row by row".to_owned()));
        }
        self.enforce(false)?;
        let mut counters = self.counters();
        let totals = self.begin();
        self.capture.state().recording = false;
        for row in changes.iter().rev().filter_map(Change::row) {
            let undone = if *row.table == *COUNTER_TABLE {
                counters::take_back(row, &mut counters);
                Ok(())
            } else {
                self.do_task(&row.table, Task::inverse_of(row))
            };
            if let Err(error) = undone {
                self.roll_back(totals);
                return Err(StorageError(error.message));
            }
        }
        // Putting a deleted row back may have moved the counter of its table.
        if let Err(error) = self.set_counters(&counters) {
            self.roll_back(totals);
            return Err(error);
        }
        self.finish(Ok(()), totals, "").map(drop).map_err(|error| StorageError(error.message))
    }

    pub(super) fn do_task(&mut self, table: &str, task: Task<'_>) -> Result<(), ApplyError> {
        // Most changes in a row are of one table; there are few tables.
        let Some(index) = self.catalog.tables.iter().position(|known| *known.name == *table) else {
            return if table == COUNTER_TABLE { self.apply_counter(task) } else { Err(no_table(table, task)) };
        };
        let Some(known) = self.catalog.tables.get(index).cloned() else { return Err(no_table(table, task)) };
        if task.new_row().is_some_and(|new| new.len() != known.stored.len()) {
            return Err(ApplyError::other(format!("a row of {table} has another number of columns than the table")));
        }
        match self.run_task(&known, index, task) {
            Ok(true) => Ok(()),
            Ok(false) => Err(not_found(table, task)),
            Err(failure) => Err(self.failed(&known, task, failure)),
        }
    }

    /// Does it; whether a row was touched.
    pub(super) fn run_task(&mut self, table: &Arc<Table>, index: usize, task: Task<'_>) -> Result<bool, Failure> {
        let place = |statements: &mut TableStatements| match task {
            Task::Insert { .. } => statements.insert.take(),
            Task::Update { new_key: None, .. } => statements.update.take(),
            Task::Update { new_key: Some(_), .. } => statements.update_key.take(),
            Task::Delete { .. } => statements.delete.take(),
        };
        let found = self.statements.tables.get_mut(index).and_then(place);
        let mut statement = match found {
            Some(statement) => statement,
            None => self.prepare(&sql_for(table, task))?,
        };
        let result = run_bound(table, &mut statement, task);
        let touched = self.connection.changes() > 0;
        if let Some(statements) = self.statements.tables.get_mut(index) {
            let slot = match task {
                Task::Insert { .. } => &mut statements.insert,
                Task::Update { new_key: None, .. } => &mut statements.update,
                Task::Update { new_key: Some(_), .. } => &mut statements.update_key,
                Task::Delete { .. } => &mut statements.delete,
            };
            *slot = Some(statement);
        }
        result.map(|()| touched)
    }

    /// Sets a counter, whatever it is now: inserting rows has moved it already.
    fn apply_counter(&mut self, task: Task<'_>) -> Result<(), ApplyError> {
        let (Task::Insert { new: row, .. } | Task::Update { new: row, .. }) = task else {
            return Err(ApplyError::other("a counter is never deleted by itself".to_owned()));
        };
        if !self.catalog.has_counters {
            return Err(no_table(COUNTER_TABLE, task));
        }
        let Some((name, number)) = counters::read(row) else {
            return Err(ApplyError::other("a counter is a name and a number".to_owned()));
        };
        self.set_counter(&name, Some(number)).map_err(|error| ApplyError::other(error.0))
    }

    fn failed(&mut self, table: &Table, task: Task<'_>, failure: Failure) -> ApplyError {
        let duplicate = matches!(
            code_of(failure),
            ffi::SQLITE_CONSTRAINT_PRIMARYKEY | ffi::SQLITE_CONSTRAINT_ROWID | ffi::SQLITE_CONSTRAINT_UNIQUE
        );
        let message = self.complaint(failure, "").message;
        if !duplicate {
            return ApplyError::other(format!(
                "Could not execute {} event on table {DATABASE_NAME}.{}; {message}",
                task.event(),
                table.name
            ));
        }
        let key = match task {
            Task::Insert { key, .. } | Task::Update { key, .. } | Task::Delete { key } => match key {
                RowKey::Rowid(rowid) => rowid.to_string(),
                RowKey::Primary(values) => values.iter().map(ToString::to_string).collect::<Vec<_>>().join("-"),
            },
        };
        ApplyError {
            kind: ApplyErrorKind::DuplicateKey,
            number: 1062,
            message: format!(
                "Could not execute {} event on table {DATABASE_NAME}.{table}; Duplicate entry '{key}' for key \
                 '{table}.PRIMARY', Error_code: 1062; handler error HA_ERR_FOUND_DUPP_KEY",
                task.event(),
                table = table.name
            ),
        }
    }
}

fn run_bound(table: &Table, statement: &mut Statement, task: Task<'_>) -> Result<(), Failure> {
    let rowid = |key: &RowKey| match key {
        RowKey::Rowid(rowid) => Value::Integer(*rowid),
        RowKey::Primary(_) => Value::Null,
    };
    let values = |key: &'_ RowKey| match key {
        RowKey::Rowid(_) => Vec::new(),
        RowKey::Primary(values) => values.clone(),
    };
    let hidden = hidden_rowid(table).is_some();
    let by_rowid = matches!(table.key, KeyKind::Rowid { .. });
    match task {
        Task::Insert { key, new } if hidden => statement.run(new.iter().chain([&rowid(key)])),
        Task::Insert { new, .. } => statement.run(new),
        Task::Update { key, new_key: Some(new_key), new } if hidden => {
            statement.run(new.iter().chain([&rowid(new_key), &rowid(key)]))
        }
        Task::Update { key, new, .. } if by_rowid => statement.run(new.iter().chain([&rowid(key)])),
        Task::Update { key, new, .. } => statement.run(new.iter().chain(&values(key))),
        Task::Delete { key } if by_rowid => statement.run([&rowid(key)]),
        Task::Delete { key } => statement.run(&values(key)),
    }
}

/// The name of the row number of a table that has it beside its columns.
fn hidden_rowid(table: &Table) -> Option<&'static str> {
    match table.key {
        KeyKind::Rowid { alias: None, name } => name,
        _ => None,
    }
}

/// The statement for a task. Its parameters are the stored columns from 1 on, then the new row number where it is
/// no column, then the key.
fn sql_for(table: &Table, task: Task<'_>) -> String {
    let columns: Vec<String> = table.stored_columns().map(|name| quoted(name)).collect();
    let name = quoted(&table.name);
    let count = columns.len();
    let hidden = hidden_rowid(table);
    match task {
        Task::Insert { .. } => {
            let names: Vec<&str> = columns.iter().map(String::as_str).chain(hidden).collect();
            let parameters: Vec<String> = (1..=names.len()).map(|number| format!("?{number}")).collect();
            format!("INSERT INTO {name} ({}) VALUES ({})", names.join(", "), parameters.join(", "))
        }
        Task::Update { new_key, .. } => {
            let is_key = |place: usize| match &table.key {
                KeyKind::Rowid { alias, .. } => alias.is_some() && *alias == table.stored.get(place).copied(),
                KeyKind::Primary(_) => table.key_in_stored.contains(&place),
            };
            let mut assignments: Vec<String> = columns
                .iter()
                .enumerate()
                .filter(|(place, _)| new_key.is_some() || !is_key(*place))
                .map(|(place, column)| format!("{column} = ?{}", place + 1))
                .collect();
            let mut next = count + 1;
            if let (Some(hidden), Some(_)) = (hidden, new_key) {
                assignments.push(format!("{hidden} = ?{next}"));
                next += 1;
            }
            if assignments.is_empty() {
                // A table of nothing but its key: the row stays as it is.
                assignments.extend(columns.first().map(|column| format!("{column} = {column}")));
            }
            format!("UPDATE {name} SET {} WHERE {}", assignments.join(", "), key_condition(table, next))
        }
        Task::Delete { .. } => format!("DELETE FROM {name} WHERE {}", key_condition(table, 1)),
    }
}

fn key_condition(table: &Table, first: usize) -> String {
    match &table.key {
        KeyKind::Rowid { alias: Some(index), .. } => {
            let column = table.columns.get(*index).map(|column| quoted(&column.name)).unwrap_or_default();
            format!("{column} = ?{first}")
        }
        KeyKind::Rowid { alias: None, name } => format!("{} = ?{first}", name.unwrap_or("rowid")),
        KeyKind::Primary(key) => key
            .iter()
            .filter_map(|index| table.columns.get(*index))
            .enumerate()
            .map(|(place, column)| format!("{} = ?{}", quoted(&column.name), first + place))
            .collect::<Vec<_>>()
            .join(" AND "),
    }
}

fn no_table(table: &str, task: Task<'_>) -> ApplyError {
    ApplyError {
        kind: ApplyErrorKind::Other,
        number: 1146,
        message: format!(
            "Error executing row event: 'Table '{DATABASE_NAME}.{table}' doesn't exist' ({} event)",
            task.event()
        ),
    }
}

fn not_found(table: &str, task: Task<'_>) -> ApplyError {
    ApplyError {
        kind: ApplyErrorKind::RowNotFound,
        number: 1032,
        message: format!(
            "Could not execute {} event on table {DATABASE_NAME}.{table}; Can't find record in '{table}', Error_code: \
             1032; handler error HA_ERR_KEY_NOT_FOUND",
            task.event()
        ),
    }
}
