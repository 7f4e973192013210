//! MySQL's user variables and `LAST_INSERT_ID()`, before a statement runs: what they are is put in their place.
//!
//! A statement that assigns (`@a := 1`) is run with functions instead, since it may read what it assigned.

use std::borrow::Cow;

use super::lexer::{Lexer, Token, TokenKind};
use super::rewrite::Edits;
use crate::engine::beside::Own;
use crate::engine::flavor::Flavor;
use crate::engine::storage::Value;

const FLAVOR: Flavor = Flavor::Mysql;

/// Whether a statement may mention such a value: a quick look.
#[must_use]
pub fn may_mention(text: &str) -> bool {
    let call = b"last_insert_id";
    text.contains('@') || text.as_bytes().windows(call.len()).any(|window| window.eq_ignore_ascii_case(call))
}

/// A variable at the front: its name and how many tokens it has.
fn variable(tokens: &[Token<'_>]) -> Option<(String, usize)> {
    let [sign, name, ..] = tokens else { return None };
    let is_name = matches!(name.kind, TokenKind::Word | TokenKind::Name | TokenKind::Text | TokenKind::Number);
    if !sign.is_sign('@') || !is_name || sign.end() != name.start {
        return None;
    }
    Some((name.content(FLAVOR).to_lowercase(), 2))
}

/// `@@last_insert_id`, `@@identity`, with a scope or without: how many tokens it has.
fn last_insert_id(tokens: &[Token<'_>]) -> Option<usize> {
    let is_it = |token: &Token<'_>| token.is_any(&["LAST_INSERT_ID", "IDENTITY"]);
    match tokens {
        [a, b, scope, dot, name, ..]
            if a.is_sign('@')
                && b.is_sign('@')
                && scope.is_any(&["SESSION", "LOCAL"])
                && dot.is_sign('.')
                && is_it(name) =>
        {
            Some(5)
        }
        [a, b, name, ..] if a.is_sign('@') && b.is_sign('@') && is_it(name) => Some(3),
        [name, open, close, ..] if name.is("LAST_INSERT_ID") && open.is_sign('(') && close.is_sign(')') => Some(3),
        _ => None,
    }
}

fn literal(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => "NULL".to_owned(),
        Some(Value::Integer(number)) if *number < 0 => format!("({number})"),
        Some(Value::Integer(number)) => number.to_string(),
        Some(Value::Real(number)) => format!("({number:?})"),
        Some(Value::Text(text)) => format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''")),
        Some(Value::Blob(bytes)) => {
            let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            format!("x'{digits}'")
        }
    }
}

/// The statement with these values in it.
#[must_use]
pub fn filled<'a>(text: &'a str, own: &Own) -> Cow<'a, str> {
    let tokens: Vec<Token<'_>> = Lexer::new(text, FLAVOR).collect();
    let assigns =
        tokens.windows(2).any(|pair| pair[0].is_sign(':') && pair[1].is_sign('=') && pair[0].end() == pair[1].start);
    let mut edits = Edits::default();
    let mut at = 0;
    let mut ends: Vec<usize> = Vec::new();
    while let Some(rest) = tokens.get(at..).filter(|rest| !rest.is_empty()) {
        let mut span = |count: usize, with: String| {
            if let (Some(first), Some(last)) = (rest.first(), rest.get(count - 1)) {
                edits.replace(first.start..last.end(), with);
            }
            count
        };
        if let Some(count) = last_insert_id(rest) {
            at += span(count, own.last_insert_id.to_string());
        } else if rest.first().is_some_and(|sign| sign.is_sign('@'))
            && rest.get(1).is_some_and(|sign| sign.is_sign('@'))
        {
            at += 2;
        } else if let Some((name, count)) = variable(rest) {
            let name = name.replace('\'', "''");
            if !assigns {
                at += span(count, literal(own.variables.get(&name)));
            } else if rest.get(count).is_some_and(|sign| sign.is_sign(':')) {
                // `@a := value` up to the next comma, or to the end of what it stands in.
                at += span(count + 2, format!("lab_set_variable('{name}', "));
                ends.push(end_of_value(&tokens, at));
            } else {
                at += span(count, format!("lab_user_variable('{name}')"));
            }
        } else {
            at += 1;
        }
    }
    for end in ends {
        if let Some(last) = end.checked_sub(1).and_then(|last| tokens.get(last)) {
            edits.replace(last.end()..last.end(), ")");
        }
    }
    edits.apply(text)
}

/// The index behind the value that begins at `from`.
fn end_of_value(tokens: &[Token<'_>], from: usize) -> usize {
    let mut depth = 0_i32;
    let ends = ["FROM", "WHERE", "AS", "LIMIT", "ORDER", "GROUP", "HAVING", "UNION", "INTO", "FOR"];
    for (index, token) in tokens.iter().enumerate().skip(from) {
        if depth == 0 && (token.is_sign(',') || token.is_sign(')') || token.is_sign(';') || token.is_any(&ends)) {
            return index;
        }
        depth += i32::from(token.is_sign('(')) - i32::from(token.is_sign(')'));
    }
    tokens.len()
}

/// `SET @a = 1, @b := 2`: names and the texts of their values. `None` when it sets anything else, too.
#[must_use]
pub fn set_variables(text: &str) -> Option<Vec<(String, &str)>> {
    let mut tokens: Vec<Token<'_>> = Lexer::new(text, FLAVOR).collect();
    while tokens.last().is_some_and(|token| token.is_sign(';')) {
        tokens.pop();
    }
    let (set, rest) = tokens.split_first()?;
    if !set.is("SET") {
        return None;
    }
    let mut found = Vec::new();
    let mut rest = rest;
    loop {
        let (name, count) = variable(rest)?;
        let mut value = rest.get(count..)?;
        if value.first()?.is_sign(':') {
            value = value.get(1..)?;
        }
        let (equals, value) = value.split_first()?;
        if !equals.is_sign('=') || value.is_empty() {
            return None;
        }
        let mut depth = 0_i32;
        let comma = value.iter().position(|token| {
            depth += i32::from(token.is_sign('(')) - i32::from(token.is_sign(')'));
            depth == 0 && token.is_sign(',')
        });
        let length = comma.unwrap_or(value.len());
        let (first, last) = (value.first()?, value.get(length.checked_sub(1)?)?);
        found.push((name, text.get(first.start..last.end())?));
        match comma {
            Some(comma) => rest = value.get(comma + 1..)?,
            None => return Some(found),
        }
    }
}

/// `SELECT … INTO @a, @b`: the statement without that, and the names.
#[must_use]
pub fn select_into(text: &str) -> Option<(String, Vec<String>)> {
    let tokens: Vec<Token<'_>> = Lexer::new(text, FLAVOR).collect();
    let into = tokens.iter().position(|token| token.is("INTO"))?;
    if !tokens.first()?.is_any(&["SELECT", "WITH", "TABLE", "VALUES"]) {
        return None;
    }
    let (mut names, mut at) = (Vec::new(), into + 1);
    loop {
        let (name, count) = variable(tokens.get(at..)?)?;
        names.push(name);
        at += count;
        if !tokens.get(at).is_some_and(|sign| sign.is_sign(',')) {
            break;
        }
        at += 1;
    }
    let before = text.get(..tokens.get(into)?.start)?;
    let after = tokens.get(at).and_then(|next| text.get(next.start..)).unwrap_or_default();
    Some((format!("{before}{after}"), names))
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;

    #[test]
    fn values_are_put_in_and_assignments_are_calls() {
        let variables = [("a".to_owned(), Value::Integer(-1)), ("b".to_owned(), Value::Text("it's \\".into()))];
        let own = Own { variables: variables.into(), last_insert_id: 7, ..Own::default() };
        for (text, expected) in [
            ("SELECT @a, @B, @c", "SELECT (-1), 'it''s \\\\', NULL"),
            ("SELECT '@a', @@autocommit, last_insert_id(), @@last_insert_id", "SELECT '@a', @@autocommit, 7, 7"),
            ("INSERT INTO t VALUES (LAST_INSERT_ID ( ), @`a`)", "INSERT INTO t VALUES (7, (-1))"),
            ("SELECT LAST_INSERT_ID(3)", "SELECT LAST_INSERT_ID(3)"),
            (
                "SELECT @n := (@n + 1) * 2, id FROM t",
                "SELECT lab_set_variable('n',  (lab_user_variable('n') + 1) * 2), id FROM t",
            ),
            ("SELECT (@a := @b := 1)", "SELECT (lab_set_variable('a',  lab_set_variable('b',  1)))"),
        ] {
            assert_eq!(filled(text, &own), expected);
        }
        let set = set_variables("SET @a = 1 + f(1, 2), @b := 'x, y';").unwrap();
        assert_eq!(set, [("a".to_owned(), "1 + f(1, 2)"), ("b".to_owned(), "'x, y'")]);
        assert!(set_variables("SET @a = 1, sql_mode = ''").is_none());
        let into = select_into("SELECT 1, 2 INTO @a, @b FROM t").unwrap();
        assert_eq!(into, ("SELECT 1, 2 FROM t".to_owned(), vec!["a".to_owned(), "b".to_owned()]));
        assert!(select_into("INSERT INTO t VALUES (1)").is_none());
    }
}
