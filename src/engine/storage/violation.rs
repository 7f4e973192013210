//! Violated constraints: which one, by the name that the flavor's server gives it, and by what values.
//!
//! SQLite tells the columns of a violated key, and little else. The rest is found out: names from the schema,
//! values by trying the statement once more in a way that lets it go through, and rolling that back.

use super::change::{Change, RowOp};
use super::error::SqlError;
use super::guard::Trust;
use super::open::Open;
use super::schema::{Catalog, KeyKind, Table};
use super::statement::Statement;
use super::translate::Complaint;
use super::value::Value;
use crate::engine::flavor::Flavor;
use crate::engine::sql::{Lexer, Token, TokenKind};
use crate::order::OrderedSet;

/// What SQLite names in "UNIQUE constraint failed: t.a, t.b" (or "… failed: index 'name'" where the index is one on
/// expressions).
struct Unique<'a> {
    table: &'a str,
    columns: Vec<&'a str>,
    index: Option<&'a str>,
}

impl<'a> Unique<'a> {
    fn read(message: &'a str) -> Unique<'a> {
        let failed = after_failed(message);
        let index = failed.strip_prefix("index '").and_then(|name| name.strip_suffix('\''));
        let mut read = Unique { table: "", columns: Vec::new(), index };
        if index.is_none() {
            for name in failed.split(", ") {
                if let Some((table, column)) = name.split_once('.') {
                    read.table = table;
                    read.columns.push(column);
                }
            }
        }
        read
    }

    /// The constraint's name: PostgreSQL's, and MySQL's with its table.
    fn names(&self, catalog: &Catalog) -> (String, String) {
        let table = self.table;
        if let Some(index) = self.index {
            return (index.to_owned(), index.to_owned());
        }
        let Some(known) = table_of(catalog, table) else { return (String::new(), String::new()) };
        if is_primary_key(known, &self.columns) {
            let declared = declared_name(known, &["PRIMARY", "KEY"], &self.columns);
            return (declared.unwrap_or_else(|| format!("{table}_pkey")), format!("{table}.PRIMARY"));
        }
        let index = known.unique_indexes.iter().find(|index| {
            index.columns.len() == self.columns.len() && index.columns.iter().zip(&self.columns).all(|(a, b)| a == b)
        });
        let declared = declared_name(known, &["UNIQUE"], &self.columns);
        match index.filter(|index| index.explicit).map(|index| index.name.clone()).or(declared) {
            Some(name) => (name.clone(), format!("{table}.{name}")),
            None => (
                format!("{table}_{}_key", self.columns.join("_")),
                format!("{table}.{}", self.columns.first().copied().unwrap_or_default()),
            ),
        }
    }
}

fn after_failed(message: &str) -> &str {
    message.split_once("failed: ").map_or("", |(_, rest)| rest)
}

pub(super) fn table_of<'a>(catalog: &'a Catalog, name: &str) -> Option<&'a Table> {
    catalog.find(name).and_then(|index| catalog.tables.get(index)).map(AsRef::as_ref)
}

fn is_primary_key(table: &Table, columns: &[&str]) -> bool {
    if columns == ["rowid"] && matches!(table.key, KeyKind::Rowid { alias: None, .. }) {
        return true;
    }
    table.primary_key().map(|column| column.name.as_ref()).eq(columns.iter().copied())
}

/// The name in `CONSTRAINT name UNIQUE (columns)`, or in `column … CONSTRAINT name UNIQUE`, of the statement that
/// creates the table.
fn declared_name(table: &Table, kind: &[&str], columns: &[&str]) -> Option<String> {
    // SQLite keeps the statement as it took it, in its own dialect, which PostgreSQL's lexer reads.
    let flavor = Flavor::Postgresql;
    let tokens: Vec<Token<'_>> = Lexer::new(&table.sql, flavor).collect();
    let is_name = |token: &Token<'_>| matches!(token.kind, TokenKind::Word | TokenKind::Name);
    (0..tokens.len()).find_map(|at| {
        let rest = &tokens[at..];
        let [constraint, name, tail @ ..] = rest else { return None };
        if !constraint.is("CONSTRAINT") || tail.len() < kind.len() {
            return None;
        }
        let (words, tail) = tail.split_at(kind.len());
        if !words.iter().zip(kind).all(|(token, keyword)| token.is(keyword)) {
            return None;
        }
        let matches = match tail.first() {
            Some(open) if open.is_sign('(') => {
                let listed = tail.iter().skip(1).take_while(|token| !token.is_sign(')')).filter(|token| is_name(token));
                let listed: Vec<String> = listed.map(|token| token.content(flavor)).collect();
                listed.len() == columns.len() && listed.iter().zip(columns).all(|(a, b)| a.eq_ignore_ascii_case(b))
            }
            _ => {
                // A column's own: the column's name is the first word after the last comma or parenthesis outside.
                let column = column_before(&tokens[..at]).map(|token| token.content(flavor));
                columns.len() == 1 && column.is_some_and(|column| column.eq_ignore_ascii_case(columns[0]))
            }
        };
        matches.then(|| name.content(flavor))
    })
}

/// The first token of the column definition that the tokens end in.
fn column_before<'t, 'a>(tokens: &'t [Token<'a>]) -> Option<&'t Token<'a>> {
    let mut depth = 0;
    for (at, token) in tokens.iter().enumerate().rev() {
        if token.is_sign(')') {
            depth += 1;
        } else if token.is_sign('(') && depth > 0 {
            depth -= 1;
        } else if depth == 0 && (token.is_sign(',') || token.is_sign('(')) {
            return tokens.get(at + 1);
        }
    }
    None
}

/// A key that is there already.
pub(super) fn unique(complaint: &Complaint<'_>) -> SqlError {
    let (postgresql, mysql) = Unique::read(complaint.message).names(complaint.catalog);
    SqlError::flavored(
        complaint.flavor,
        ("23505", format!("duplicate key value violates unique constraint \"{postgresql}\"")),
        (1062, "23000", format!("Duplicate entry '' for key '{mysql}'")),
    )
}

/// A NULL where none may be.
pub(super) fn not_null(complaint: &Complaint<'_>) -> SqlError {
    let failed = after_failed(complaint.message);
    let (table, column) = failed.split_once('.').unwrap_or(("", failed));
    SqlError::flavored(
        complaint.flavor,
        ("23502", format!("null value in column \"{column}\" of relation \"{table}\" violates not-null constraint")),
        (1048, "23000", format!("Column '{column}' cannot be null")),
    )
}

/// A row that a CHECK refuses. SQLite tells the constraint's name or, if it has none, its expression.
pub(super) fn check(complaint: &Complaint<'_>) -> SqlError {
    let told = after_failed(complaint.message);
    // The table that has such a constraint; the statement's own, if it does.
    let has = |table: &&Table| check_number(table, told).is_some();
    let target = target(complaint.sql, complaint.flavor, complaint.catalog);
    let table = target.filter(has).or_else(|| complaint.catalog.tables.iter().map(AsRef::as_ref).find(has)).or(target);
    let table_name = table.map_or("", |table| table.name.as_ref());
    let tokens: Vec<Token<'_>> = Lexer::new(told, Flavor::Postgresql).collect();
    let (postgresql, mysql) = match (table, tokens.as_slice()) {
        (_, [name]) if matches!(name.kind, TokenKind::Word | TokenKind::Name) => (told.to_owned(), told.to_owned()),
        (Some(table), expression) => {
            let columns: OrderedSet<&str> = expression
                .iter()
                .filter_map(|token| {
                    let name = token.content(Flavor::Postgresql);
                    table.columns.iter().find(|column| column.name.eq_ignore_ascii_case(&name))
                })
                .map(|column| column.name.as_ref())
                .collect();
            // PostgreSQL names a constraint on one column after it.
            let column = (columns.len() == 1).then(|| columns.first()).flatten();
            let postgresql = column.map_or(format!("{table_name}_check"), |name| format!("{table_name}_{name}_check"));
            (postgresql, format!("{table_name}_chk_{}", check_number(table, told).unwrap_or(1)))
        }
        (None, _) => (told.to_owned(), told.to_owned()),
    };
    SqlError::flavored(
        complaint.flavor,
        ("23514", format!("new row for relation \"{table_name}\" violates check constraint \"{postgresql}\"")),
        (3819, "HY000", format!("Check constraint '{mysql}' is violated.")),
    )
}

/// Which of a table's CHECKs has this name or expression, from 1.
fn check_number(table: &Table, told: &str) -> Option<usize> {
    let texts = |sql| Lexer::new(sql, Flavor::Postgresql).map(|token| token.text).collect::<Vec<_>>();
    let tokens: Vec<Token<'_>> = Lexer::new(&table.sql, Flavor::Postgresql).collect();
    let wanted = texts(told);
    let checks = (0..tokens.len()).filter(|&at| tokens[at].is("CHECK"));
    checks.enumerate().find_map(|(number, at)| {
        let inside = tokens.iter().skip(at + 2).map(|token| token.text);
        let named = at >= 2 && tokens[at - 2].is("CONSTRAINT") && tokens[at - 1].content(Flavor::Postgresql) == told;
        (named || inside.take(wanted.len()).eq(wanted.iter().copied())).then_some(number + 1)
    })
}

/// The table that a row-changing statement names.
pub(super) fn target<'a>(sql: &str, flavor: Flavor, catalog: &'a Catalog) -> Option<&'a Table> {
    let mut tokens = Lexer::new(sql, flavor);
    tokens.find(|token| token.is_any(&["INSERT", "REPLACE", "UPDATE", "DELETE"]))?;
    let names = tokens.take(6).filter(|token| matches!(token.kind, TokenKind::Word | TokenKind::Name));
    names.map(|token| token.content(flavor)).find_map(|name| table_of(catalog, &name))
}

impl Open {
    /// Adds to an error of a statement, which has been rolled back, what SQLite did not tell.
    pub(super) fn explain(&mut self, sql: &str, error: SqlError) -> SqlError {
        let message = std::mem::take(&mut self.last_message);
        match (error.code, error.number) {
            ("23505", _) | (_, 1062) => self.explain_duplicate(sql, error, &message),
            ("23503", _) | (_, 1452) => self.explain_foreign_key(sql, error),
            _ => error,
        }
    }

    /// Runs a statement without foreign keys and rolls it back; gives what it changed.
    pub(super) fn rehearse<T>(&mut self, sql: &str, look: impl FnOnce(&mut Open) -> T) -> Option<(Vec<Change>, T)> {
        self.enforce_foreign_keys(false).ok()?;
        let rehearsed = self.rehearse_freely(sql, look);
        self.enforce_foreign_keys(self.enforcing).ok()?;
        rehearsed
    }

    fn rehearse_freely<T>(&mut self, sql: &str, look: impl FnOnce(&mut Open) -> T) -> Option<(Vec<Change>, T)> {
        let generator = self.memory.generator();
        self.guard.begin(Trust::User);
        // SAFETY: the statement is dropped before this returns.
        let prepared = unsafe { Statement::prepare(self.connection.handle(), sql) };
        let Ok((Some(mut statement), _)) = prepared else { return None };
        let totals = self.begin();
        self.guard.begin(Trust::User);
        let ran = statement.run([]).is_ok();
        drop(statement);
        self.guard.begin(Trust::Internal);
        let changes = std::mem::take(&mut self.capture.state().changes);
        let seen = ran.then(|| look(self));
        self.roll_back(totals);
        self.memory.set_generator(generator);
        seen.map(|seen| (changes, seen))
    }

    /// Finds the duplicate's values: with `OR REPLACE` the statement would first delete the row that is in the way.
    fn explain_duplicate(&mut self, sql: &str, mut error: SqlError, message: &str) -> SqlError {
        let violated = Unique::read(message);
        let verb = Lexer::new(sql, self.flavor).find(|token| token.is_any(&["INSERT", "UPDATE"]));
        let (Some(verb), Some(table)) = (verb, table_of(&self.catalog, violated.table)) else { return error };
        let name = table.name.clone();
        let stored: Vec<_> = table.stored_columns().cloned().collect();
        let places: Vec<usize> =
            violated.columns.iter().filter_map(|name| stored.iter().position(|column| **column == **name)).collect();
        if places.len() != violated.columns.len() {
            return error;
        }
        // What is there of a conflict clause goes: `INSERT OR FAIL` becomes `INSERT OR REPLACE`.
        let rest = sql.get(verb.end()..).unwrap_or_default();
        let mut tokens = Lexer::new(rest, self.flavor);
        let rest = match (tokens.next(), tokens.next()) {
            (Some(or), Some(how)) if or.is("OR") => rest.get(how.end()..).unwrap_or_default(),
            _ => rest,
        };
        let replacing = format!("{} OR REPLACE {rest}", sql.get(..verb.end()).unwrap_or_default());
        let Some((changes, ())) = self.rehearse(&replacing, |_| ()) else { return error };
        let values_of =
            |row: &[Value]| -> Vec<Value> { places.iter().filter_map(|&at| row.get(at).cloned()).collect() };
        let rows = || changes.iter().filter_map(Change::row).filter(|row| row.table == name);
        let duplicate = rows().enumerate().find_map(|(at, row)| match &row.op {
            RowOp::Delete { old } => {
                let values = values_of(old);
                rows()
                    .skip(at + 1)
                    .any(|later| later.new_row().is_some_and(|new| values_of(new) == values))
                    .then_some(values)
            }
            _ => None,
        });
        if let Some(values) = duplicate {
            let list = |separator: &str| values.iter().map(ToString::to_string).collect::<Vec<_>>().join(separator);
            match self.flavor {
                Flavor::Postgresql => {
                    error.detail =
                        Some(format!("Key ({})=({}) already exists.", violated.columns.join(", "), list(", ")));
                }
                Flavor::Mysql => error.message = error.message.replacen("''", &format!("'{}'", list("-")), 1),
            }
        }
        error
    }
}
