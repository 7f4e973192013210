//! The functions that a statement calls.

use super::functions::{Effect, effect};
use super::words::{Tokens, begins, behind_parentheses, folded, is_name};
use crate::engine::flavor::Flavor;
use crate::engine::sql::TokenKind;

/// A call, and what it asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Call {
    /// The function's name.
    pub name: String,
    /// What it does.
    pub effect: Effect,
    /// The call's arguments, as indexes of tokens.
    pub arguments: std::ops::Range<usize>,
}

/// Keywords that may stand before a parenthesis and call nothing.
const NO_CALLS: &str = "\
    AGAINST ALL ANALYZE AND ANY ARRAY AS BERNOULLI BETWEEN BINARY BY CASE COLLATE COLUMNS CUBE DISTINCT DIV ELSE ESCAPE \
    EXCEPT EXISTS EXPLAIN FETCH FILTER FIRST FORCE FROM GROUP GROUPING GROUPS HAVING IGNORE ILIKE IN INDEX INTERSECT INTERVAL INTO \
    IS JOIN KEY LATERAL LIKE LIMIT MATCH MATERIALIZED MINUS NESTED NEXT NOT NULL OF OFFSET ON ONLY OR ORDER OVER PARTITION \
    PASSING RANGE REGEXP REPEATABLE RETURNING RLIKE ROLLUP ROW ROWS SELECT SEPARATOR SET SETS SIMILAR SOME STDIN STDOUT SYSTEM TABLE \
    TABLESAMPLE THEN TO UNION USE USING VALUES WHEN WHERE WINDOW WITH WITHIN XOR";

/// Every call in these tokens that does more than read, or may.
pub(super) fn calls(tokens: Tokens<'_, '_>, flavor: Flavor) -> Vec<Call> {
    let named_here = expression_names(tokens);
    let mut calls = Vec::new();
    for (index, pair) in tokens.windows(2).enumerate() {
        let [name, open] = pair else { continue };
        if !open.is_sign('(') {
            continue;
        }
        // With ANSI_QUOTES a text is a name; a number with letters is one in MySQL.
        let odd = flavor == Flavor::Mysql && matches!(name.kind, TokenKind::Text | TokenKind::Number);
        if !is_name(name) && !odd {
            continue;
        }
        let keyword = name.kind == TokenKind::Word
            && NO_CALLS.split_ascii_whitespace().any(|word| name.text.eq_ignore_ascii_case(word));
        if keyword || named_here.contains(&index) {
            continue;
        }
        let before = index.checked_sub(1).and_then(|at| tokens.get(at));
        let schema = before.filter(|dot| dot.is_sign('.')).and_then(|_| tokens.get(index.checked_sub(2)?));
        let name_folded = folded(name, flavor);
        let mut found = effect(&name_folded, flavor);
        if let Some(schema) = schema {
            // A function of a schema that is not the system's own may do anything.
            let own = flavor == Flavor::Postgresql && folded(schema, flavor) == "pg_catalog";
            if !own && found == Effect::Reads {
                found = Effect::Unknown;
            }
        } else if found == Effect::Unknown && is_alias(tokens, index) {
            continue;
        }
        if found != Effect::Reads {
            let end = behind_parentheses(tokens, index + 1);
            calls.push(Call { name: name_folded, effect: found, arguments: index + 2..end.saturating_sub(1) });
        }
    }
    calls
}

/// The indexes of the names that `WITH` gives: `WITH name (columns) AS (…)`.
fn expression_names(tokens: Tokens<'_, '_>) -> Vec<usize> {
    let mut names = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        if !token.is("WITH") {
            continue;
        }
        let mut at = index + 1;
        if tokens.get(at).is_some_and(|token| token.is("RECURSIVE")) {
            at += 1;
        }
        while tokens.get(at).is_some_and(is_name) {
            let name = at;
            at += 1;
            if tokens.get(at).is_some_and(|token| token.is_sign('(')) {
                at = behind_parentheses(tokens, at);
            }
            if !tokens.get(at).is_some_and(|token| token.is("AS")) {
                break;
            }
            at += 1;
            while tokens.get(at).is_some_and(|token| token.is_any(&["NOT", "MATERIALIZED"])) {
                at += 1;
            }
            if !tokens.get(at).is_some_and(|token| token.is_sign('(')) {
                break;
            }
            names.push(name);
            at = behind_parentheses(tokens, at);
            if !tokens.get(at).is_some_and(|token| token.is_sign(',')) {
                break;
            }
            at += 1;
        }
    }
    names
}

/// Whether the name before a parenthesis is a table's second name, `FROM t AS x (a, b)`, or a type, `a::x(1)`.
fn is_alias(tokens: Tokens<'_, '_>, index: usize) -> bool {
    let back = |steps: usize| index.checked_sub(steps).and_then(|at| tokens.get(at));
    let Some(before) = back(1) else { return false };
    if before.is_any(&["AS", "ORDINALITY"]) {
        return true;
    }
    if before.is_sign(':') && back(2).is_some_and(|sign| sign.is_sign(':')) {
        return true;
    }
    if before.is_sign(')') {
        // The parentheses of DISTINCT ON are followed by what is selected.
        return opening(tokens, index - 1).is_some_and(|open| {
            !(open >= 2 && tokens.get(open - 2..open).is_some_and(|words| begins(words, &["DISTINCT", "ON"])))
        });
    }
    let plain = before.kind == TokenKind::Name
        || before.kind == TokenKind::Word
            && !before.is_any(&["LATERAL", "ONLY", "NOT", "CASE", "ROWS", "BINARY", "INTERVAL", "ALL", "EXISTS"]);
    plain && back(2).is_some_and(|token| token.is_any(&["FROM", "JOIN"])) && !in_function_form(tokens, index)
}

/// Whether `FROM` stands inside of a function's parentheses: `extract(day FROM …)`, `trim(both FROM …)`, or in
/// `IS DISTINCT FROM …`.
fn in_function_form(tokens: Tokens<'_, '_>, index: usize) -> bool {
    let Some(from) = index.checked_sub(2) else { return false };
    if from.checked_sub(1).and_then(|at| tokens.get(at)).is_some_and(|token| token.is("DISTINCT")) {
        return true;
    }
    let mut depth = 0_i32;
    for token in tokens.iter().take(from).rev() {
        depth += i32::from(token.is_sign(')')) - i32::from(token.is_sign('('));
        if depth == 0 && token.is("SELECT") {
            return false;
        }
        if depth < 0 {
            return true;
        }
    }
    false
}

/// The index of the parenthesis that the one at `close` closes.
fn opening(tokens: Tokens<'_, '_>, close: usize) -> Option<usize> {
    let mut depth = 0_i32;
    for (index, token) in tokens.iter().enumerate().take(close + 1).rev() {
        depth += i32::from(token.is_sign(')')) - i32::from(token.is_sign('('));
        if depth == 0 {
            return Some(index);
        }
    }
    None
}
