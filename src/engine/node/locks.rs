//! Row locks, and the one lock that DDL takes on everything.

use std::sync::Arc;

use crate::engine::ids::TxnId;
use crate::engine::storage::{Change, RowKey};
use crate::order::OrderedMap;

/// Who holds which row. A transaction holds its locks until it is rolled back, or committed and visible.
#[derive(Clone, Debug, Default)]
pub struct Locks {
    rows: OrderedMap<Arc<str>, OrderedMap<RowKey, TxnId>>,
    schema: Option<TxnId>,
    held: usize,
}

impl Locks {
    /// The transaction that stands in the way of `txn` doing `changes`, if one does.
    #[must_use]
    pub fn conflict(&self, txn: TxnId, changes: &[Change]) -> Option<TxnId> {
        if let Some(holder) = self.schema.filter(|holder| *holder != txn) {
            return Some(holder);
        }
        if self.held == 0 {
            return None;
        }
        changes
            .iter()
            .flat_map(Change::lock_keys)
            .find_map(|(table, key)| self.rows.get(table)?.get(key).filter(|holder| **holder != txn).copied())
    }

    /// Any other transaction that has changed something: DDL waits for all of them.
    #[must_use]
    pub fn other_than(&self, txn: TxnId) -> Option<TxnId> {
        let schema = self.schema.filter(|holder| *holder != txn);
        schema.or_else(|| self.rows.values().flat_map(OrderedMap::values).find(|holder| **holder != txn).copied())
    }

    /// Who has changed a row.
    #[must_use]
    pub fn holder(&self, table: &str, key: &RowKey) -> Option<TxnId> {
        self.rows.get(table)?.get(key).copied()
    }

    /// Another transaction that has changed the schema.
    #[must_use]
    pub fn schema_of_other(&self, txn: TxnId) -> Option<TxnId> {
        self.schema.filter(|holder| *holder != txn)
    }

    /// Another transaction that has changed rows of this table.
    #[must_use]
    pub fn other_in(&self, table: &str, txn: TxnId) -> Option<TxnId> {
        self.rows.get(table)?.values().find(|holder| **holder != txn).copied()
    }

    /// Whether this transaction has changed the schema.
    #[must_use]
    pub fn has_schema(&self, txn: TxnId) -> bool {
        self.schema == Some(txn)
    }

    /// Whether this transaction holds any lock.
    #[must_use]
    pub fn holds_any(&self, txn: TxnId) -> bool {
        self.schema == Some(txn) || self.rows.values().flat_map(OrderedMap::values).any(|holder| *holder == txn)
    }

    /// Takes the locks of what was done.
    pub fn take(&mut self, txn: TxnId, changes: &[Change]) {
        for change in changes {
            if let Change::Ddl { .. } = change {
                self.schema = Some(txn);
            }
            for (table, key) in change.lock_keys() {
                if !self.rows.contains_key(table) {
                    self.rows.insert(table.clone(), OrderedMap::new());
                }
                let rows = self.rows.get_mut(table);
                if rows.and_then(|rows| rows.insert(key.clone(), txn)).is_none() {
                    self.held += 1;
                }
            }
        }
    }

    /// Gives back the locks of what was done (and became visible, or was undone).
    pub fn release(&mut self, txn: TxnId, changes: &[Change]) {
        if self.schema == Some(txn) {
            self.schema = None;
        }
        for (table, key) in changes.iter().flat_map(Change::lock_keys) {
            let Some(rows) = self.rows.get_mut(table) else { continue };
            if rows.get(key) == Some(&txn) {
                rows.remove(key);
                self.held -= 1;
            }
        }
    }
}
