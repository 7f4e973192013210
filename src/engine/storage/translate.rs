//! SQLite's complaints in the words of the flavor's server, where it has words of its own for them.

use rusqlite::ffi;

use super::error::SqlError;
use super::foreign_key;
use super::schema::Catalog;
use super::violation;
use crate::engine::flavor::Flavor;
use crate::engine::sql;

/// The name of the one database that a server has, for MySQL's messages.
pub const DATABASE_NAME: &str = "lab";

/// What SQLite said, and about what.
pub(super) struct Complaint<'a> {
    pub(super) flavor: Flavor,
    /// Its extended result code.
    pub(super) code: i32,
    /// Its message.
    pub(super) message: &'a str,
    /// The byte of the statement that it points at.
    pub(super) offset: Option<usize>,
    /// The statement.
    pub(super) sql: &'a str,
    /// Why the authorizer refused, if it did.
    pub(super) refused: Option<String>,
    pub(super) catalog: &'a Catalog,
}

/// The error that the flavor's server would give.
pub(super) fn translate(complaint: &Complaint<'_>) -> SqlError {
    let Complaint { flavor, code, message, .. } = *complaint;
    if let Some(reason) = &complaint.refused {
        let denied = reason.starts_with("permission denied");
        return SqlError::flavored(
            flavor,
            (if denied { "42501" } else { "0A000" }, reason.clone()),
            if denied { (1142, "42000", reason.clone()) } else { (1235, "42000", reason.clone()) },
        );
    }
    match code {
        ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY | ffi::SQLITE_CONSTRAINT_ROWID => {
            violation::unique(complaint)
        }
        ffi::SQLITE_CONSTRAINT_NOTNULL => violation::not_null(complaint),
        ffi::SQLITE_CONSTRAINT_CHECK => violation::check(complaint),
        ffi::SQLITE_CONSTRAINT_FOREIGNKEY => foreign_key::violated(complaint),
        ffi::SQLITE_CONSTRAINT_TRIGGER => {
            SqlError::flavored(flavor, ("P0001", message.to_owned()), (1644, "45000", message.to_owned()))
        }
        ffi::SQLITE_CONSTRAINT_DATATYPE => {
            SqlError::flavored(flavor, ("42804", message.to_owned()), (1366, "HY000", message.to_owned()))
        }
        ffi::SQLITE_MISMATCH => SqlError::flavored(
            flavor,
            ("22P02", "invalid input syntax for type integer".to_owned()),
            (1366, "HY000", "Incorrect integer value".to_owned()),
        ),
        ffi::SQLITE_INTERRUPT => SqlError::flavored(
            flavor,
            ("57014", "canceling statement due to statement timeout".to_owned()),
            (3024, "HY000", "Query execution was interrupted, maximum statement execution time exceeded".to_owned()),
        ),
        ffi::SQLITE_FULL => SqlError::flavored(
            flavor,
            ("53100", "could not extend file: No space left on device".to_owned()),
            (1114, "HY000", "The table is full".to_owned()),
        ),
        ffi::SQLITE_NOMEM => SqlError::flavored(
            flavor,
            ("53200", "out of memory".to_owned()),
            (1037, "HY001", "Out of memory".to_owned()),
        ),
        ffi::SQLITE_TOOBIG => {
            SqlError::flavored(flavor, ("54000", message.to_owned()), (1301, "HY000", message.to_owned()))
        }
        _ => by_message(complaint),
    }
}

/// Complaints that SQLite tells apart by text only.
fn by_message(complaint: &Complaint<'_>) -> SqlError {
    let Complaint { flavor, message, .. } = *complaint;
    let after = |prefix: &str| message.strip_prefix(prefix).map(|name| name.strip_prefix("main.").unwrap_or(name));
    if let Some(token) = message.strip_suffix("\": syntax error").and_then(|text| text.strip_prefix("near \"")) {
        return SqlError::syntax(flavor, complaint.sql, complaint.offset.unwrap_or(complaint.sql.len()), token);
    }
    if message == "incomplete input" {
        return SqlError::syntax(flavor, complaint.sql, complaint.sql.len(), "");
    }
    if let Some(token) = after("unrecognized token: ") {
        let at = complaint.offset.unwrap_or_default();
        return SqlError::syntax(flavor, complaint.sql, at, token.trim_matches('"'));
    }
    if let Some(table) = after("no such table: ") {
        return SqlError::no_table(flavor, table);
    }
    if let Some(name) = after("no such column: ") {
        let shown = if name.contains('.') { name.to_owned() } else { format!("\"{}\"", name.trim_matches('"')) };
        return SqlError::flavored(
            flavor,
            ("42703", format!("column {shown} does not exist")),
            (1054, "42S22", format!("Unknown column '{}' in 'field list'", name.trim_matches('"'))),
        );
    }
    if let Some((table, column)) = after("table ").and_then(|rest| rest.split_once(" has no column named ")) {
        return SqlError::flavored(
            flavor,
            ("42703", format!("column \"{column}\" of relation \"{table}\" does not exist")),
            (1054, "42S22", format!("Unknown column '{column}' in 'field list'")),
        );
    }
    if let Some(name) = after("no such function: ") {
        return SqlError::flavored(
            flavor,
            ("42883", format!("function {name}() does not exist")),
            (1305, "42000", format!("FUNCTION {DATABASE_NAME}.{name} does not exist")),
        );
    }
    if let Some(name) = after("no such index: ") {
        return SqlError::flavored(
            flavor,
            ("42704", format!("index \"{name}\" does not exist")),
            (1091, "42000", format!("Can't DROP '{name}'; check that column/key exists")),
        );
    }
    if let Some(name) = ["table ", "view ", "index "]
        .into_iter()
        .find_map(|kind| message.strip_prefix(kind)?.strip_suffix(" already exists"))
    {
        let name = name.trim_matches('"');
        let number = if message.starts_with("index") { (1061, "42000") } else { (1050, "42S01") };
        let text = if message.starts_with("index") {
            format!("Duplicate key name '{name}'")
        } else {
            format!("Table '{name}' already exists")
        };
        return SqlError::flavored(
            flavor,
            ("42P07", format!("relation \"{name}\" already exists")),
            (number.0, number.1, text),
        );
    }
    if message.contains(" values for ") && message.contains(" columns")
        || message.contains(" columns but ") && message.ends_with("values were supplied")
    {
        let counts: Vec<usize> = message.split(' ').filter_map(|word| word.parse().ok()).collect();
        let more = match counts[..] {
            // "table t has 2 columns but 3 values were supplied"
            [columns, values] if message.starts_with("table ") => values > columns,
            // "3 values for 2 columns"
            [values, columns] => values > columns,
            _ => true,
        };
        let postgresql = if more {
            "INSERT has more expressions than target columns"
        } else {
            "INSERT has more target columns than expressions"
        };
        return SqlError::flavored(
            flavor,
            ("42601", postgresql.to_owned()),
            (1136, "21S01", "Column count doesn't match value count at row 1".to_owned()),
        );
    }
    if message == "string or blob too big" {
        return SqlError::flavored(flavor, ("54000", message.to_owned()), (1301, "HY000", message.to_owned()));
    }
    if message.contains("integer overflow") {
        return SqlError::flavored(
            flavor,
            ("22003", "bigint out of range".to_owned()),
            (1690, "22003", "BIGINT value is out of range".to_owned()),
        );
    }
    SqlError::flavored(flavor, ("42000", message.to_owned()), (1105, "HY000", message.to_owned()))
}

impl SqlError {
    /// A syntax error at a byte of the statement.
    pub(super) fn syntax(flavor: Flavor, sql: &str, at: usize, token: &str) -> SqlError {
        let postgresql = if token.is_empty() {
            "syntax error at end of input".to_owned()
        } else {
            format!("syntax error at or near \"{token}\"")
        };
        let rest: String = sql.get(at..).unwrap_or_default().chars().take(80).collect();
        let line = sql.get(..at).unwrap_or(sql).matches('\n').count() + 1;
        let mysql = format!(
            "You have an error in your SQL syntax; check the manual that corresponds to your MySQL server version \
             for the right syntax to use near '{rest}' at line {line}"
        );
        SqlError::flavored(flavor, ("42601", postgresql), (1064, "42000", mysql))
    }

    /// A statement that begins with no word that the server knows.
    #[must_use]
    pub fn unknown_statement(flavor: Flavor, text: &str) -> SqlError {
        let first = sql::first_token(text, flavor);
        SqlError::syntax(flavor, text, first.map_or(0, |token| token.start), first.map_or("", |token| token.text))
    }

    /// A table that is not there.
    pub(super) fn no_table(flavor: Flavor, table: &str) -> SqlError {
        SqlError::flavored(
            flavor,
            ("42P01", format!("relation \"{table}\" does not exist")),
            (1146, "42S02", format!("Table '{DATABASE_NAME}.{table}' doesn't exist")),
        )
    }

    /// A text whose bytes are not UTF-8.
    pub(super) fn not_utf8(flavor: Flavor, byte: u8) -> SqlError {
        SqlError::flavored(
            flavor,
            ("22021", format!("invalid byte sequence for encoding \"UTF8\": 0x{byte:02x}")),
            (1366, "HY000", format!("Incorrect string value: '\\x{byte:02X}'")),
        )
    }

    /// More statements than one where one is wanted.
    pub(super) fn several_statements(flavor: Flavor) -> SqlError {
        let message = "cannot insert multiple commands into a prepared statement".to_owned();
        SqlError::flavored(flavor, ("42601", message.clone()), (1064, "42000", message))
    }

    /// A statement of nothing.
    pub(super) fn empty(flavor: Flavor) -> SqlError {
        SqlError::flavored(
            flavor,
            ("42601", "syntax error at end of input".to_owned()),
            (1065, "42000", "Query was empty".to_owned()),
        )
    }

    /// A parameter in a statement that is not prepared.
    pub(super) fn no_parameter(flavor: Flavor, name: &str, sql: &str) -> SqlError {
        match flavor {
            Flavor::Postgresql if name.starts_with('$') => {
                SqlError::new("42P02", format!("there is no parameter {name}"))
            }
            _ => SqlError::syntax(flavor, sql, sql.find(name).unwrap_or_default(), name),
        }
    }

    /// A result that is too large to hold.
    pub(super) fn too_many_rows(flavor: Flavor) -> SqlError {
        let message = format!(
            "the result is larger than {} rows or {} MB; ask for less with LIMIT",
            super::guard::RESULT_LIMIT_ROWS,
            super::guard::RESULT_LIMIT_BYTES >> 20
        );
        SqlError::flavored(flavor, ("54000", message.clone()), (1104, "42000", message))
    }

    /// Something that the laboratory leaves out.
    pub fn not_supported(flavor: Flavor, message: impl Into<String>) -> SqlError {
        let message = message.into();
        SqlError::flavored(flavor, ("0A000", message.clone()), (1235, "42000", message))
    }
}
