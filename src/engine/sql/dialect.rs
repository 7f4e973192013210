//! What people write for the real servers and SQLite would refuse or, worse, take for something else.
//!
//! | written | flavor | becomes |
//! |---|---|---|
//! | `id SERIAL PRIMARY KEY`, `id INT GENERATED … AS IDENTITY PRIMARY KEY` | PostgreSQL | `id INTEGER PRIMARY KEY AUTOINCREMENT` |
//! | `id INT AUTO_INCREMENT PRIMARY KEY`, `id INT AUTO_INCREMENT, …, PRIMARY KEY (id)` | MySQL | the same |
//! | `id INT PRIMARY KEY`, `PRIMARY KEY (a, b)` | both | the columns are `NOT NULL`, which SQLite alone does not want |
//! | `DEFAULT now()` | both | `DEFAULT (now())` |
//! | `) ENGINE=InnoDB …`, `COMMENT '…'` | MySQL | left out |
//! | `value::type` | PostgreSQL | `CAST(value AS type)` |
//! | `INSERT IGNORE`, `UPDATE IGNORE` | MySQL | `INSERT OR IGNORE`, `UPDATE OR IGNORE` |
//! | `ON DUPLICATE KEY UPDATE a = VALUES(a)` | MySQL | `ON CONFLICT DO UPDATE SET a = excluded.a` |
//! | `FROM DUAL` | MySQL | left out |

use std::ops::Range;

use super::lexer::{Token, TokenKind};
use super::rewrite::Edits;
use crate::engine::flavor::Flavor;

/// Whether a token can name something.
fn is_name(token: &Token<'_>) -> bool {
    matches!(token.kind, TokenKind::Word | TokenKind::Name)
}

/// The index behind the parenthesis that closes the one at `open`.
fn behind_parentheses(tokens: &[Token<'_>], open: usize) -> usize {
    let mut depth = 0_i32;
    for (index, token) in tokens.iter().enumerate().skip(open) {
        depth += i32::from(token.is_sign('(')) - i32::from(token.is_sign(')'));
        if depth == 0 {
            return index + 1;
        }
    }
    tokens.len()
}

/// Where these keywords stand one behind the other.
fn find(tokens: &[Token<'_>], keywords: &[&str]) -> Option<usize> {
    tokens.windows(keywords.len()).position(|window| window.iter().zip(keywords).all(|(token, word)| token.is(word)))
}

/// `CREATE TABLE`.
pub(super) fn create_table(tokens: &[Token<'_>], flavor: Flavor, edits: &mut Edits) {
    let Some(open) = tokens.iter().position(|token| token.is_sign('(')) else { return };
    if tokens.iter().take(open).any(|token| token.is_any(&["AS", "SELECT", "LIKE"])) {
        return;
    }
    let close = behind_parentheses(tokens, open).saturating_sub(1);
    let items = items(tokens, open + 1..close);
    let constraint = items.iter().position(|item| primary_key(&tokens[item.clone()]).is_some());
    let key: Vec<String> = constraint
        .and_then(|item| primary_key(&tokens[items[item].clone()]))
        .map(|names| names.iter().map(|name| name.content(flavor).to_lowercase()).collect())
        .unwrap_or_default();
    for item in &items {
        let column = &tokens[item.clone()];
        let Some((name, body)) = column.split_first() else { continue };
        if name.is_any(&["CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN", "KEY", "INDEX"]) {
            continue;
        }
        let own_key = find(body, &["PRIMARY", "KEY"]).is_some();
        let in_key = key.contains(&name.content(flavor).to_lowercase());
        if is_automatic(body, flavor) && (own_key || in_key && key.len() == 1) {
            if let (Some(first), Some(last)) = (body.first(), body.last()) {
                edits.replace(first.start..last.end(), "INTEGER PRIMARY KEY AUTOINCREMENT");
            }
            if let (false, Some(constraint)) = (own_key, constraint) {
                let item = &items[constraint];
                // With the comma before it, or else the one behind it.
                let whole = if item.start > open + 1 { item.start - 1..item.end } else { item.start..item.end + 1 };
                edits.remove(&tokens[whole]);
            }
            continue;
        }
        let is_rowid = type_words(body) == 1 && body.first().is_some_and(|word| word.is("INTEGER"));
        let may_be_null = find(body, &["NOT", "NULL"]).is_none();
        // In this order, since both may end at one place.
        defaults(body, edits);
        if may_be_null && ((own_key || key.len() == 1 && in_key) && !is_rowid || key.len() > 1 && in_key) {
            edits.replace(column[column.len() - 1].end()..column[column.len() - 1].end(), " NOT NULL");
        }
        if flavor == Flavor::Mysql
            && let Some(at) = body.iter().position(|token| token.is("COMMENT"))
        {
            edits.remove(body.get(at..at + 2).unwrap_or_default());
        }
    }
    let options = tokens.get(close + 1..).unwrap_or_default();
    let foreign = ["ENGINE", "DEFAULT", "CHARSET", "CHARACTER", "COLLATE", "COMMENT", "AUTO_INCREMENT", "ROW_FORMAT"];
    if options.first().is_some_and(|token| token.is_any(&foreign)) && flavor == Flavor::Mysql {
        edits.remove(options);
    }
}

/// The ranges between the commas of a list.
fn items(tokens: &[Token<'_>], range: Range<usize>) -> Vec<Range<usize>> {
    let mut items = Vec::new();
    let mut depth = 0_i32;
    let mut start = range.start;
    for index in range.clone() {
        let token = &tokens[index];
        depth += i32::from(token.is_sign('(')) - i32::from(token.is_sign(')'));
        if depth == 0 && token.is_sign(',') {
            items.push(start..index);
            start = index + 1;
        }
    }
    items.push(start..range.end);
    items.retain(|item| !item.is_empty());
    items
}

/// The columns of `[CONSTRAINT name] PRIMARY KEY (columns)`.
fn primary_key<'t, 'a>(item: &'t [Token<'a>]) -> Option<Vec<&'t Token<'a>>> {
    let rest = match item {
        [constraint, _, rest @ ..] if constraint.is("CONSTRAINT") => rest,
        rest => rest,
    };
    match rest {
        [primary, key, open, columns @ ..] if primary.is("PRIMARY") && key.is("KEY") && open.is_sign('(') => {
            Some(columns.iter().take_while(|token| !token.is_sign(')')).filter(|token| is_name(token)).collect())
        }
        _ => None,
    }
}

/// Whether a column counts by itself.
fn is_automatic(body: &[Token<'_>], flavor: Flavor) -> bool {
    let serial = ["SERIAL", "BIGSERIAL", "SMALLSERIAL", "SERIAL4", "SERIAL8", "SERIAL2"];
    match flavor {
        Flavor::Postgresql => {
            body.first().is_some_and(|word| word.is_any(&serial)) || find(body, &["AS", "IDENTITY"]).is_some()
        }
        Flavor::Mysql => body.iter().any(|token| token.is("AUTO_INCREMENT")),
    }
}

/// How many words the type of a column has.
fn type_words(body: &[Token<'_>]) -> usize {
    let constraints = [
        "CONSTRAINT",
        "PRIMARY",
        "NOT",
        "NULL",
        "UNIQUE",
        "CHECK",
        "DEFAULT",
        "COLLATE",
        "REFERENCES",
        "GENERATED",
        "AS",
    ];
    body.iter().take_while(|token| !token.is_any(&constraints)).count()
}

/// Puts functions that are defaults into parentheses.
fn defaults(body: &[Token<'_>], edits: &mut Edits) {
    let Some(at) = body.iter().position(|token| token.is("DEFAULT")) else { return };
    if let (Some(name), Some(open)) = (body.get(at + 1), body.get(at + 2))
        && is_name(name)
        && open.is_sign('(')
    {
        let last = behind_parentheses(body, at + 2) - 1;
        edits.replace(name.start..name.start, "(");
        edits.replace(body[last].end()..body[last].end(), ")");
    }
}

/// `INSERT` and `UPDATE` of MySQL.
pub(super) fn write(tokens: &[Token<'_>], flavor: Flavor, edits: &mut Edits) {
    if flavor != Flavor::Mysql {
        return;
    }
    let modifiers =
        tokens.iter().skip(1).take_while(|token| token.is_any(&["IGNORE", "LOW_PRIORITY", "DELAYED", "HIGH_PRIORITY"]));
    for modifier in modifiers {
        let with = if modifier.is("IGNORE") { "OR IGNORE" } else { "" };
        edits.replace(modifier.start..modifier.end(), with);
    }
    let Some(at) = find(tokens, &["ON", "DUPLICATE", "KEY", "UPDATE"]) else { return };
    edits.replace(tokens[at].start..tokens[at + 3].end(), "ON CONFLICT DO UPDATE SET");
    for window in tokens[at + 4..].windows(4) {
        if window[0].is("VALUES") && window[1].is_sign('(') && is_name(&window[2]) && window[3].is_sign(')') {
            edits.replace(window[0].start..window[2].start, "excluded.");
            edits.replace(window[3].start..window[3].end(), "");
        }
    }
}

/// What may stand in any statement: `FROM DUAL` and `value::type`.
pub(super) fn expressions(tokens: &[Token<'_>], flavor: Flavor, edits: &mut Edits) {
    match flavor {
        Flavor::Mysql => {
            if let Some(at) = find(tokens, &["FROM", "DUAL"]) {
                edits.remove(&tokens[at..at + 2]);
            }
        }
        Flavor::Postgresql => casts(tokens, edits),
    }
}

fn casts(tokens: &[Token<'_>], edits: &mut Edits) {
    let mut last_cast: Option<(usize, usize)> = None;
    for at in 1..tokens.len() {
        let [first, second, word, ..] = &tokens[at..] else { break };
        if !first.is_sign(':') || !second.is_sign(':') || first.end() != second.start || !is_name(word) {
            continue;
        }
        let before = &tokens[at - 1];
        let is_value = before.kind != TokenKind::Sign || before.is_sign(')');
        if !is_value || before.is_any(&["SELECT", "WHERE", "AND", "OR", "NOT", "BY", "THEN", "ELSE", "WHEN", "SET"]) {
            continue;
        }
        let start = match last_cast {
            Some((start, end)) if end == at => start,
            _ => primary_start(tokens, at),
        };
        let end = type_end(tokens, at + 2);
        let written = if is_texty(word) { "TEXT".to_owned() } else { joined(&tokens[at + 2..end]) };
        edits.replace(tokens[start].start..tokens[start].start, "CAST(");
        edits.replace(first.start..tokens[end - 1].end(), format!(" AS {written})"));
        last_cast = Some((start, end));
    }
}

/// Types that SQLite would take for numbers.
fn is_texty(word: &Token<'_>) -> bool {
    word.is_any(&[
        "DATE",
        "TIME",
        "TIMESTAMP",
        "TIMESTAMPTZ",
        "TIMETZ",
        "INTERVAL",
        "UUID",
        "JSON",
        "JSONB",
        "NAME",
        "REGCLASS",
        "INET",
        "PG_LSN",
    ])
}

/// Where the value begins that ends before `at`: a literal, a name with its qualifiers, a call, or parentheses.
fn primary_start(tokens: &[Token<'_>], at: usize) -> usize {
    let mut start = at - 1;
    if tokens[start].is_sign(')') {
        let mut depth = 0_i32;
        while start > 0 {
            depth += i32::from(tokens[start].is_sign(')')) - i32::from(tokens[start].is_sign('('));
            if depth == 0 {
                break;
            }
            start -= 1;
        }
        let called = start > 0 && is_name(&tokens[start - 1]) && tokens[start - 1].end() == tokens[start].start;
        if called {
            start -= 1;
        }
    }
    while start >= 2 && is_name(&tokens[start]) && tokens[start - 1].is_sign('.') && is_name(&tokens[start - 2]) {
        start -= 2;
    }
    start
}

/// Where the type ends that begins at `at`.
fn type_end(tokens: &[Token<'_>], at: usize) -> usize {
    let mut end = at + 1;
    let follows = |end: usize, word: &str| tokens.get(end).is_some_and(|token| token.is(word));
    if follows(end, "PRECISION") || follows(end, "VARYING") {
        end += 1;
    }
    if tokens.get(end).is_some_and(|token| token.is_sign('(')) {
        end = behind_parentheses(tokens, end);
    }
    if (follows(end, "WITH") || follows(end, "WITHOUT")) && follows(end + 1, "TIME") && follows(end + 2, "ZONE") {
        end += 3;
    }
    end
}

fn joined(tokens: &[Token<'_>]) -> String {
    let words: Vec<&str> = tokens.iter().map(|token| token.text).collect();
    words.join(" ").replace(" ( ", "(").replace(" )", ")").replace(" , ", ", ")
}
