//! The counters of `AUTOINCREMENT` tables.
//!
//! SQLite keeps them in a table of its own, `sqlite_sequence`, for which the pre-update hook does not fire. They are
//! compared before and after each statement, and travel as rows of that table, keyed by the counted table's name.

use crate::order::OrderedMap;
use std::sync::Arc;

use super::change::{Change, RowChange, RowKey, RowOp};
use super::error::StorageError;
use super::guard::Trust;
use super::open::Open;
use super::value::Value;

/// The table that counters travel as rows of.
pub(super) const COUNTER_TABLE: &str = "sqlite_sequence";

/// Counters by table.
pub(super) type Counters = OrderedMap<Arc<str>, i64>;

/// A counter out of its row.
pub(super) fn read(row: &[Value]) -> Option<(Arc<str>, i64)> {
    match row {
        [Value::Text(name), Value::Integer(number)] => Some((Arc::clone(name), *number)),
        _ => None,
    }
}

/// Makes the counters what they were before a change.
pub(super) fn take_back(change: &RowChange, counters: &mut Counters) {
    if let Some((name, number)) = change.old_row().and_then(read) {
        counters.insert(name, number);
    } else if let Some((name, _)) = change.new_row().and_then(read) {
        counters.remove(&name);
    }
}

impl Open {
    /// The counters as they are.
    pub(super) fn counters(&self) -> Counters {
        if !self.catalog.has_counters {
            return Counters::new();
        }
        self.guard.begin(Trust::Internal);
        let read = || -> rusqlite::Result<Counters> {
            let mut statement = self.connection.prepare_cached("SELECT name, seq FROM sqlite_sequence")?;
            let rows = statement.query_map([], |row| Ok((Arc::from(row.get::<_, String>(0)?), row.get(1)?)))?;
            rows.collect()
        };
        read().unwrap_or_default()
    }

    /// Adds what happened to the counters to the changes of a statement.
    pub(super) fn count_changes(&self, before: &Counters, changes: &mut Vec<Change>) {
        if !self.catalog.has_counters {
            return;
        }
        let row = |name: &Arc<str>, number: i64| vec![Value::Text(Arc::clone(name)), Value::Integer(number)];
        for (name, number) in self.counters() {
            let op = match before.get(&name) {
                Some(&old) if old == number => continue,
                Some(&old) => RowOp::Update { old: row(&name, old), new: row(&name, number) },
                None => RowOp::Insert { new: row(&name, number) },
            };
            let key = RowKey::Primary(vec![Value::Text(name)]);
            changes.push(Change::Row(RowChange { table: COUNTER_TABLE.into(), key, moved_to: None, op }));
        }
    }

    /// Sets all counters.
    pub(super) fn set_counters(&self, counters: &Counters) -> Result<(), StorageError> {
        let now = self.counters();
        for (name, number) in counters {
            if now.get(name) != Some(number) {
                self.set_counter(name, Some(*number))?;
            }
        }
        now.keys().filter(|name| !counters.contains_key(*name)).try_for_each(|name| self.set_counter(name, None))
    }

    /// Sets or removes a counter.
    pub(super) fn set_counter(&self, name: &str, number: Option<i64>) -> Result<(), StorageError> {
        self.guard.begin(Trust::Internal);
        let set = || -> rusqlite::Result<()> {
            self.connection.prepare_cached("DELETE FROM sqlite_sequence WHERE name = ?1")?.execute([name])?;
            if let Some(number) = number {
                let mut insert =
                    self.connection.prepare_cached("INSERT INTO sqlite_sequence (name, seq) VALUES (?1, ?2)")?;
                insert.execute((name, number))?;
            }
            Ok(())
        };
        set().map_err(|error| StorageError(error.to_string()))
    }
}
