//! What a statement asks of the server itself: its functions and views, and the arithmetic that goes with them.
//!
//! SQLite knows no log positions, instants or spans. So `a - b` of two of them is said as a call, and comparisons of
//! positions get a collation:
//!
//! | written | becomes |
//! |---|---|
//! | `pg_catalog.name` | `name` |
//! | `sent_lsn - replay_lsn` | `pg_wal_lsn_diff(sent_lsn, replay_lsn)` |
//! | `now() - pg_last_xact_replay_timestamp()` | `pg_timestamp_diff(now(), …)` |
//! | `EXTRACT(EPOCH FROM …)` | `pg_extract_epoch(…)` |
//! | `@@name`, `@@global.name` | `lab_variable('', 'name')`, `lab_variable('global', 'name')` (MySQL) |
//! | `pg_lsn '0/10'`, `'0/10'::pg_lsn > …` | `'0/10' COLLATE pg_lsn` |

mod arithmetic;
mod columns;
#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;
mod variables;

use std::borrow::Cow;

pub use columns::Titles;

use super::lexer::{Lexer, Token, TokenKind};
use super::rewrite::Edits;
use crate::engine::facts::{ColumnKind, Facts, Function, View};
use crate::engine::flavor::Flavor;
use crate::engine::storage::Value;

/// A statement that asks something of the server itself.
#[derive(Clone)]
pub struct Asked<'a> {
    /// The statement with what SQLite has no words for said otherwise.
    pub text: Cow<'a, str>,
    /// The views that it mentions.
    pub views: Vec<&'static View>,
    /// The first function in it that does something to the server.
    pub control: Option<&'static str>,
}

/// What a statement asks of the server itself; `None` for one that asks nothing.
#[must_use]
pub fn asked(text: &str, flavor: Flavor) -> Option<Asked<'_>> {
    if flavor == Flavor::Mysql {
        return variables::asked(text);
    }
    if !may_ask(text) {
        return None;
    }
    let tokens: Vec<Token<'_>> = Lexer::new(text, flavor).collect();
    let mut edits = Edits::default();
    let mut mentioned = Vec::new();
    let mut control = None;
    let mut asks = false;
    for (index, token) in tokens.iter().enumerate() {
        if !matches!(token.kind, TokenKind::Word | TokenKind::Name) {
            continue;
        }
        let next_is = |offset: usize, sign: char| tokens.get(index + offset).is_some_and(|next| next.is_sign(sign));
        if token.is("PG_CATALOG") && next_is(1, '.') {
            edits.replace(token.start..tokens[index + 1].end(), "");
            continue;
        }
        let name = token.content(flavor);
        if next_is(1, '(') {
            let function = Function::find(flavor, &name);
            asks |= function.is_some();
            control = control.or(function.filter(|function| function.control).map(|function| function.name));
        } else if let Some(view) = View::find(flavor, &name)
            && !mentioned.iter().any(|other: &&View| other.name == view.name)
        {
            mentioned.push(view);
        }
    }
    asks |= arithmetic::translate(&tokens, &mentioned, flavor, &mut edits);
    asks |= !mentioned.is_empty();
    asks.then(|| Asked { text: edits.apply(text), views: mentioned, control })
}

/// Whether it is worth reading the tokens.
fn may_ask(text: &str) -> bool {
    const MARKS: [&str; 6] = ["pg_", "_lsn", "extract", "current_", "version", "inet_server"];
    let bytes = text.as_bytes();
    MARKS.iter().any(|mark| bytes.windows(mark.len()).any(|window| window.eq_ignore_ascii_case(mark.as_bytes())))
}

impl Asked<'_> {
    /// Puts the rows of the views before a query in SQLite's dialect, as common table expressions. A table of the
    /// user's own that goes by a view's name hides it.
    #[must_use]
    pub fn with_views(&self, query: &str, facts: &Facts, flavor: Flavor, is_table: impl Fn(&str) -> bool) -> String {
        let shown: Vec<String> = self
            .views
            .iter()
            .filter(|view| !is_table(view.name))
            .map(|view| common_table(view, &(view.rows)(facts)))
            .collect();
        before_query(query, &shown, flavor)
    }
}

/// A query in SQLite's dialect with common table expressions before it.
#[must_use]
pub fn before_query(query: &str, shown: &[String], flavor: Flavor) -> String {
    if shown.is_empty() {
        return query.to_owned();
    }
    let tokens: Vec<Token<'_>> = Lexer::new(query, flavor).take(4).collect();
    // `EXPLAIN QUERY PLAN` stays in front.
    let first = tokens.iter().find(|token| !token.is_any(&["EXPLAIN", "QUERY", "PLAN"]));
    let Some(first) = first else { return query.to_owned() };
    let (before, rest) = query.split_at(first.start);
    match first.is("WITH") {
        false => format!("{before}WITH {} {rest}", shown.join(", ")),
        true => {
            let recursive = tokens.iter().find(|token| token.start > first.start);
            let recursive = recursive.filter(|token| token.is("RECURSIVE"));
            let end = recursive.unwrap_or(first).end();
            format!("{} {},{}", &query[..end], shown.join(", "), &query[end..])
        }
    }
}

fn common_table(view: &View, rows: &[Vec<Value>]) -> String {
    let names: Vec<&str> = view.columns.iter().map(|(name, _)| *name).collect();
    let columns = view.columns.iter().enumerate().map(|(index, (_, kind))| match kind {
        ColumnKind::Lsn => format!("column{} COLLATE pg_lsn", index + 1),
        _ => format!("column{}", index + 1),
    });
    let columns: Vec<String> = columns.collect();
    let nothing = [vec![Value::Null; view.columns.len()]];
    let (rows, hidden) = if rows.is_empty() { (&nothing[..], " WHERE 0") } else { (rows, "") };
    let row = |row: &Vec<Value>| format!("({})", row.iter().map(literal).collect::<Vec<_>>().join(","));
    let rows: Vec<String> = rows.iter().map(row).collect();
    format!(
        "{}({}) AS (SELECT {} FROM (VALUES {}){hidden})",
        view.name,
        names.join(","),
        columns.join(","),
        rows.join(",")
    )
}

fn literal(value: &Value) -> String {
    match value {
        Value::Null => "NULL".to_owned(),
        Value::Integer(number) => number.to_string(),
        Value::Real(number) => format!("{number:?}"),
        Value::Text(text) => format!("'{}'", text.replace('\'', "''")),
        Value::Blob(_) => "NULL".to_owned(),
    }
}
