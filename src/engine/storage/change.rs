//! What a statement changed: the payload of a log record.

use std::fmt;
use std::sync::Arc;

use super::value::Value;

/// What identifies a row within its table, on every server alike. It is also what a row lock is held on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RowKey {
    /// The row's number: the value of an `INTEGER PRIMARY KEY`, or SQLite's hidden `rowid`.
    Rowid(i64),
    /// The primary key's values, in the key's own order, of a `WITHOUT ROWID` table.
    Primary(Vec<Value>),
}

/// What happened to a row. Rows are the table's stored columns in their order; generated columns, which every
/// server computes for itself, are left out.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum RowOp {
    /// The row is new.
    Insert {
        /// The row.
        new: Vec<Value>,
    },
    /// The row has other values now.
    Update {
        /// The row before.
        old: Vec<Value>,
        /// The row after.
        new: Vec<Value>,
    },
    /// The row is gone.
    Delete {
        /// The row that was.
        old: Vec<Value>,
    },
}

/// One change of one row.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RowChange {
    /// The table's name as its `CREATE TABLE` spells it.
    pub table: Arc<str>,
    /// The row's key; of an update, the key before it.
    pub key: RowKey,
    /// Of an update that moves the row to another key: that key.
    pub moved_to: Option<RowKey>,
    /// What happened to the row.
    pub op: RowOp,
}

/// A statement as the binary log carries it, with what it needs to give the same again: MySQL's query event with its
/// timestamp, and the rand event before it (MySQL 8.4 Reference Manual, 19.5.1.14: NOW() is replicated, and RAND() by its
/// seed; UUID() and SYSDATE() are not).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct StatementEvent {
    /// The statement, in SQLite's dialect.
    pub sql: Arc<str>,
    /// When it began, in microseconds since the Unix epoch: what NOW() gives on every server.
    pub timestamp_us: i64,
    /// What RAND() begins from, where the statement has it.
    pub rand_seed: Option<u64>,
}

/// One step of a transaction, as a log record carries it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Change {
    /// A row change.
    Row(RowChange),
    /// A statement that changes the schema, in a form that gives the same result on every server.
    Ddl {
        /// The statement.
        sql: Arc<str>,
    },
    /// A statement that each server executes for itself (`binlog_format=STATEMENT`).
    Statement(StatementEvent),
}

impl Change {
    /// The rows that the change touches, as (table, key): what a transaction locks. An update that moves a row
    /// touches two; statements touch none.
    pub fn lock_keys(&self) -> impl Iterator<Item = (&Arc<str>, &RowKey)> {
        let row = match self {
            Change::Row(row) => Some(row),
            Change::Ddl { .. } | Change::Statement(_) => None,
        };
        row.into_iter().flat_map(|row| std::iter::once(&row.key).chain(&row.moved_to).map(|key| (&row.table, key)))
    }

    /// The row change, if it is one.
    #[must_use]
    pub fn row(&self) -> Option<&RowChange> {
        match self {
            Change::Row(row) => Some(row),
            Change::Ddl { .. } | Change::Statement(_) => None,
        }
    }
}

impl RowChange {
    /// The row after the change; `None` of a delete.
    #[must_use]
    pub fn new_row(&self) -> Option<&[Value]> {
        match &self.op {
            RowOp::Insert { new } | RowOp::Update { new, .. } => Some(new),
            RowOp::Delete { .. } => None,
        }
    }

    /// The row before the change; `None` of an insert.
    #[must_use]
    pub fn old_row(&self) -> Option<&[Value]> {
        match &self.op {
            RowOp::Delete { old } | RowOp::Update { old, .. } => Some(old),
            RowOp::Insert { .. } => None,
        }
    }
}

/// The most characters of a value in a change as text.
const SHOWN: usize = 60;

/// As SQL would say it: the rows of lists that people read.
impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Change::Ddl { sql } => f.write_str(sql),
            Change::Statement(event) => f.write_str(&event.sql),
            Change::Row(RowChange { table, op, .. }) => match op {
                RowOp::Insert { new } => {
                    write!(f, "INSERT INTO {table} VALUES ")?;
                    fmt_row(new, f)
                }
                RowOp::Update { old, new } => {
                    write!(f, "UPDATE {table}: ")?;
                    fmt_row(old, f)?;
                    f.write_str(" becomes ")?;
                    fmt_row(new, f)
                }
                RowOp::Delete { old } => {
                    write!(f, "DELETE FROM {table}: ")?;
                    fmt_row(old, f)
                }
            },
        }
    }
}

fn fmt_row(row: &[Value], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_str("(")?;
    for (index, value) in row.iter().enumerate() {
        let text = match value {
            Value::Null => "NULL".to_owned(),
            Value::Text(text) => format!("'{}'", text.replace('\'', "''")),
            Value::Blob(bytes) if bytes.len() > SHOWN => format!("a blob of {} bytes", bytes.len()),
            value => value.to_string(),
        };
        let short: String = text.chars().take(SHOWN).collect();
        let dots = if short.len() < text.len() { "…" } else { "" };
        write!(f, "{}{short}{dots}", if index > 0 { ", " } else { "" })?;
    }
    f.write_str(")")
}
