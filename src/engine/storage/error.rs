//! What can go wrong in a database, in the server's words.

use std::fmt;

use crate::engine::flavor::Flavor;

/// A server's error, as its client receives it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SqlError {
    /// The SQLSTATE.
    pub code: &'static str,
    /// MySQL's error number; 0 in PostgreSQL, which has none.
    pub number: u16,
    /// The message, without severity or code.
    pub message: String,
    /// PostgreSQL's DETAIL line.
    pub detail: Option<String>,
    /// PostgreSQL's HINT line.
    pub hint: Option<String>,
}

impl SqlError {
    /// An error without number, detail and hint.
    #[must_use]
    pub fn new(code: &'static str, message: impl Into<String>) -> SqlError {
        SqlError { code, number: 0, message: message.into(), detail: None, hint: None }
    }

    /// The same with PostgreSQL's HINT.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> SqlError {
        self.hint = Some(hint.into());
        self
    }

    /// An error by the flavor: PostgreSQL's SQLSTATE and message, or MySQL's number, SQLSTATE and message.
    #[must_use]
    pub fn flavored(
        flavor: Flavor,
        postgresql: (&'static str, String),
        mysql: (u16, &'static str, String),
    ) -> SqlError {
        match flavor {
            Flavor::Postgresql => SqlError::new(postgresql.0, postgresql.1),
            Flavor::Mysql => SqlError { number: mysql.0, ..SqlError::new(mysql.1, mysql.2) },
        }
    }

    /// What a server says whose recovery is not done.
    #[must_use]
    pub fn starting_up() -> SqlError {
        SqlError::new("57P03", "the database system is starting up")
    }

    /// What a standby says to a statement that would write. `tag` is the command tag, as `INSERT`.
    /// PostgreSQL: `PreventCommandIfReadOnly`; MySQL: `ER_OPTION_PREVENTS_STATEMENT`.
    #[must_use]
    pub fn read_only(flavor: Flavor, tag: &str) -> SqlError {
        SqlError::flavored(
            flavor,
            ("25006", format!("cannot execute {tag} in a read-only transaction")),
            (1290, "HY000", option_prevents("--read-only")),
        )
    }

    /// What a MySQL server says to a statement that one of its options does not let through
    /// (`ER_OPTION_PREVENTS_STATEMENT`).
    #[must_use]
    pub fn option_prevents(option: &str) -> SqlError {
        SqlError { number: 1290, ..SqlError::new("HY000", option_prevents(option)) }
    }
}

fn option_prevents(option: &str) -> String {
    format!("The MySQL server is running with the {option} option so it cannot execute this statement")
}

/// As the flavor's command-line client prints it: `ERROR:  …` with its DETAIL and HINT, or `ERROR 1062 (23000): …`.
impl fmt::Display for SqlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.number == 0 {
            write!(f, "ERROR:  {}", self.message)?;
        } else {
            write!(f, "ERROR {} ({}): {}", self.number, self.code, self.message)?;
        }
        if let Some(detail) = &self.detail {
            write!(f, "\nDETAIL:  {detail}")?;
        }
        match &self.hint {
            Some(hint) => write!(f, "\nHINT:  {hint}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for SqlError {}

/// The database itself failed: memory is exhausted, or an image is damaged. No statement causes it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct StorageError(pub String);

/// Why a change could not be applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ApplyErrorKind {
    /// The row to insert is there already (or another with a value that must be unique).
    DuplicateKey,
    /// The row to update or delete is not there.
    RowNotFound,
    /// Anything else: the table or a column is missing, a constraint fails, a statement fails.
    Other,
}

/// A change that could not be applied; the database is as it was.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ApplyError {
    /// Why.
    pub kind: ApplyErrorKind,
    /// MySQL's error number for it (1062, 1032, 1146 …), whatever the flavor.
    pub number: u16,
    /// The server's words.
    pub message: String,
}

impl ApplyError {
    /// An error without a number.
    pub(super) fn other(message: impl Into<String>) -> ApplyError {
        ApplyError { kind: ApplyErrorKind::Other, number: 0, message: message.into() }
    }
}
