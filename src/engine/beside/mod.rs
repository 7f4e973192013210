//! What SQL functions change beside rows: sequences, a session's own values, locks with names.
//!
//! None of it is undone with a transaction as rows are. A [`Beside`] is handed to the database for one statement, whose
//! functions work on it, and taken back afterwards; the node then does what is to be done of it.

mod locks;
mod sequence;

pub use locks::{Holder, LockKey, Mode, NamedLocks, Reach, Scope};
pub use sequence::{Definition, Live, Logged, Sequence};

use super::ids::{ConnId, TxnId};
use super::storage::{SqlError, Value};
use crate::order::{OrderedMap, OrderedSet};

/// Values that belong to one session.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Own {
    /// PostgreSQL: what `currval` gives, by sequence.
    pub currval: OrderedMap<String, i64>,
    /// PostgreSQL: the sequence that `lastval` tells of.
    pub last_sequence: Option<String>,
    /// MySQL: what `LAST_INSERT_ID()` gives.
    pub last_insert_id: i64,
    /// MySQL: the user variables, by name in lower case.
    pub variables: OrderedMap<String, Value>,
}

/// Why a statement cannot go on now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// A sequence that another transaction has made or dropped, and not committed.
    Row(TxnId),
    /// A lock with a name. MySQL says for how long, in microseconds; `None` is without end.
    Named(Holder, Option<u64>),
}

/// All of it, for one statement.
#[derive(Clone, Debug, Default)]
pub struct Beside {
    /// The session's own.
    pub own: Own,
    /// The sequences that the statement can see.
    pub sequences: OrderedMap<String, Sequence>,
    /// The tables, which are no sequences.
    pub tables: OrderedSet<String>,
    /// The server's locks with names.
    pub locks: NamedLocks,
    /// Whose statement it is.
    pub asker: Option<(ConnId, TxnId)>,
    /// MySQL: it has waited for a lock as long as it wanted to.
    pub waited: bool,
    /// Why the statement cannot go on.
    pub wait: Option<Wait>,
    /// PostgreSQL: locks that were to be given back and were not held.
    pub not_owned: Option<Mode>,
}

/// Names that SQL functions take apart: `"S"`, `public.s`, folded as the server does.
fn folded(text: &str) -> String {
    let text = text.trim();
    let text = text.strip_prefix("public.").unwrap_or(text);
    match text.strip_prefix('"').and_then(|text| text.strip_suffix('"')) {
        Some(quoted) => quoted.replace("\"\"", "\""),
        None => text.to_lowercase(),
    }
}

impl Beside {
    fn sequence(&mut self, name: &str) -> Result<(String, &mut Sequence), SqlError> {
        let name = folded(name);
        match self.sequences.get_mut(&name) {
            Some(sequence) => {
                if let Some(holder) = sequence.busy {
                    self.wait = Some(Wait::Row(holder));
                    return Err(SqlError::new("55P03", "the sequence is being changed"));
                }
                Ok((name, sequence))
            }
            None if self.tables.contains(&name) => Err(SqlError::new("42809", format!("\"{name}\" is not a sequence"))),
            None => Err(SqlError::new("42P01", format!("relation \"{name}\" does not exist"))),
        }
    }

    /// `nextval(name)`.
    ///
    /// # Errors
    /// There is no such sequence, or it is at its end.
    pub fn nextval(&mut self, name: &str) -> Result<i64, SqlError> {
        let (name, sequence) = self.sequence(name)?;
        let value = sequence.next(&name)?;
        self.own.currval.insert(name.clone(), value);
        self.own.last_sequence = Some(name);
        Ok(value)
    }

    /// `setval(name, value, is_called)`.
    ///
    /// # Errors
    /// There is no such sequence, or the value is not one of its.
    pub fn setval(&mut self, name: &str, value: i64, called: bool) -> Result<i64, SqlError> {
        let (name, sequence) = self.sequence(name)?;
        sequence.set(&name, value, called)?;
        if called {
            self.own.currval.insert(name, value);
        }
        Ok(value)
    }

    /// `currval(name)`.
    ///
    /// # Errors
    /// There is no such sequence, or the session has not asked it for a value.
    pub fn currval(&mut self, name: &str) -> Result<i64, SqlError> {
        let (name, _) = self.sequence(name)?;
        self.own.currval.get(&name).copied().ok_or_else(|| {
            SqlError::new("55000", format!("currval of sequence \"{name}\" is not yet defined in this session"))
        })
    }

    /// `lastval()`.
    ///
    /// # Errors
    /// The session has not asked any sequence for a value, or that one is gone.
    pub fn lastval(&self) -> Result<i64, SqlError> {
        let last = self.own.last_sequence.as_ref().filter(|name| self.sequences.contains_key(*name));
        let value = last.and_then(|name| self.own.currval.get(name)).copied();
        value.ok_or_else(|| SqlError::new("55000", "lastval is not yet defined in this session"))
    }
}
