//! How PostgreSQL titles the columns of a query (`FigureColname` in `parse_target.c`), and which of them are booleans.

use crate::engine::facts::{ColumnKind, Function, View};
use crate::engine::flavor::Flavor;
use crate::engine::sql::lexer::{Lexer, Token, TokenKind};

/// What the select list of a query says about its columns.
pub struct Titles {
    /// One for each item of the list; `None` where SQLite's title is right or the item is `*`.
    items: Vec<Item>,
    booleans: Vec<&'static str>,
}

struct Item {
    title: Option<String>,
    boolean: bool,
    star: bool,
}

impl Titles {
    /// Reads the list of a PostgreSQL query, which may mention these views.
    #[must_use]
    pub fn read(text: &str, views: &[&'static View]) -> Titles {
        let flavor = Flavor::Postgresql;
        let tokens: Vec<Token<'_>> = Lexer::new(text, flavor).collect();
        let columns = views.iter().flat_map(|view| view.columns);
        let booleans = columns.filter(|(_, kind)| *kind == ColumnKind::Boolean).map(|(name, _)| *name).collect();
        let items = list(&tokens).into_iter().map(|item| read_item(item, flavor)).collect();
        Titles { items, booleans }
    }

    /// Reads the list of a MySQL query: an item without an alias is titled as it was written.
    #[must_use]
    pub fn as_written(text: &str) -> Titles {
        let flavor = Flavor::Mysql;
        let tokens: Vec<Token<'_>> = Lexer::new(text, flavor).collect();
        let written = |item: &[Token<'_>]| {
            let mut read = read_item(item, flavor);
            let span = item.first().zip(item.last()).and_then(|(first, last)| text.get(first.start..last.end()));
            if read.title.is_some() {
                read.title = span.map(str::to_owned);
            }
            Item { boolean: false, ..read }
        };
        Titles { items: list(&tokens).into_iter().map(written).collect(), booleans: Vec::new() }
    }

    /// Puts the titles into a result's columns. Gives the positions of those that hold booleans.
    pub fn apply(&self, columns: &mut [String]) -> Vec<usize> {
        let fits = self.items.len() == columns.len() && self.items.iter().all(|item| !item.star);
        let mut booleans = Vec::new();
        for (index, column) in columns.iter_mut().enumerate() {
            let item = self.items.get(index).filter(|_| fits);
            if let Some(title) = item.and_then(|item| item.title.as_ref()) {
                column.clone_from(title);
            }
            if item.is_some_and(|item| item.boolean) || self.booleans.contains(&column.as_str()) {
                booleans.push(index);
            }
        }
        booleans
    }
}

/// The items between the first `SELECT` outside of parentheses and what ends its list.
fn list<'t, 'a>(tokens: &'t [Token<'a>]) -> Vec<&'t [Token<'a>]> {
    let mut depth = 0_i32;
    let mut start = None;
    let mut items = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        depth += i32::from(token.is_sign('(')) - i32::from(token.is_sign(')'));
        if depth != 0 {
            continue;
        }
        match start {
            None if token.is("SELECT") => start = Some(index + 1),
            Some(first) if first == index && token.is_any(&["DISTINCT", "ALL"]) => start = Some(index + 1),
            Some(first) if token.is_sign(',') => {
                items.extend(tokens.get(first..index));
                start = Some(index + 1);
            }
            Some(first)
                if token.is_sign(';')
                    || token.is_any(&[
                        "FROM",
                        "WHERE",
                        "GROUP",
                        "HAVING",
                        "ORDER",
                        "LIMIT",
                        "OFFSET",
                        "UNION",
                        "EXCEPT",
                        "INTERSECT",
                        "WINDOW",
                        "FETCH",
                    ]) =>
            {
                items.extend(tokens.get(first..index));
                return items;
            }
            _ => {}
        }
    }
    items.extend(start.and_then(|first| tokens.get(first..)));
    items
}

fn read_item(item: &[Token<'_>], flavor: Flavor) -> Item {
    let star = item.last().is_some_and(|token| token.is_sign('*')) && item.len() <= 3;
    let is_name = |token: &Token<'_>| matches!(token.kind, TokenKind::Word | TokenKind::Name);
    let (expression, alias) = match item {
        [body @ .., word, alias] if word.is("AS") && is_name(alias) => (body, Some(alias)),
        [body @ .., alias] if !body.is_empty() && is_name(alias) && ends_value(body) && !alias.is("END") => {
            (body, Some(alias))
        }
        _ => (item, None),
    };
    let boolean = match expression {
        [.., name, open, _close] if open.is_sign('(') => is_boolean(name, flavor),
        [name, open, ..] if open.is_sign('(') && closes_at_end(&expression[1..]) => is_boolean(name, flavor),
        _ => false,
    };
    let boolean = boolean || decides(expression);
    // Without an alias, SQLite's title of a plain column is right.
    let is_literal = |token: &Token<'_>| token.is_any(&["NULL", "TRUE", "FALSE"]);
    let plain = expression.len() == 1 && is_name(&expression[0]) && !is_literal(&expression[0])
        || expression.len() > 1 && expression.iter().all(|token| is_name(token) || token.is_sign('.'));
    let title = match alias {
        Some(_) => None,
        None if plain || star => None,
        None => Some(title(expression, flavor)),
    };
    Item { title, boolean, star }
}

/// Whether an expression compares, or joins what was compared: outside of parentheses and of `CASE … END`.
fn decides(expression: &[Token<'_>]) -> bool {
    let (mut depth, mut cases) = (0_i32, 0_i32);
    if let [one] = expression {
        return one.is_any(&["TRUE", "FALSE"]);
    }
    expression.iter().any(|token| {
        depth += i32::from(token.is_sign('(')) - i32::from(token.is_sign(')'));
        cases += i32::from(token.is("CASE")) - i32::from(token.is("END"));
        depth == 0
            && cases == 0
            && (['<', '>', '='].iter().any(|sign| token.is_sign(*sign))
                || token.is_any(&["AND", "OR", "NOT", "IS", "IN", "LIKE", "ILIKE", "BETWEEN", "EXISTS"]))
    })
}

fn is_boolean(name: &Token<'_>, flavor: Flavor) -> bool {
    Function::find(flavor, &name.content(flavor)).is_some_and(|function| function.kind == ColumnKind::Boolean)
}

/// Whether an alias without `AS` can follow.
fn ends_value(body: &[Token<'_>]) -> bool {
    body.last().is_some_and(|last| match last.kind {
        TokenKind::Sign => last.is_sign(')') || last.is_sign(']'),
        // `pg_lsn '0/1'` is one value; a qualified name is, too.
        TokenKind::Word => last.is("END") || !last.is_any(&["NOT", "IS", "AND", "OR", "PG_LSN", "LIKE", "IN"]),
        _ => true,
    })
}

/// Whether the parenthesis that opens these tokens closes with the last of them.
fn closes_at_end(tokens: &[Token<'_>]) -> bool {
    let mut depth = 0_i32;
    for (index, token) in tokens.iter().enumerate() {
        depth += i32::from(token.is_sign('(')) - i32::from(token.is_sign(')'));
        if depth == 0 {
            return index + 1 == tokens.len();
        }
    }
    false
}

fn title(mut expression: &[Token<'_>], flavor: Flavor) -> String {
    const NONE: &str = "?column?";
    let mut cast_to = None;
    // A cast is told from an expression that ends in one by there being no operator outside of parentheses.
    while !has_operator(expression)
        && let [body @ .., a, b, word] = expression
        && a.is_sign(':')
        && b.is_sign(':')
    {
        cast_to = cast_to.or(Some(word.text.to_lowercase()));
        expression = body;
    }
    let otherwise = || cast_to.clone().unwrap_or_else(|| NONE.to_owned());
    match expression {
        [literal] if literal.is("NULL") => otherwise(),
        [literal] if literal.is_any(&["TRUE", "FALSE"]) => "bool".to_owned(),
        [name] if matches!(name.kind, TokenKind::Word | TokenKind::Name) => name.content(flavor),
        [first, .., last] if first.is("CASE") && last.is("END") => "case".to_owned(),
        [first, second, ..] if second.is_sign('(') && first.kind == TokenKind::Word => {
            let rest = &expression[1..];
            // An aggregate may go on with FILTER (…) or OVER (…).
            let behind = closing(rest).and_then(|at| rest.get(at + 1..)).unwrap_or_default();
            let whole = behind.first().is_none_or(|word| word.is_any(&["FILTER", "OVER", "WITHIN"]));
            if first.is("CAST") && whole {
                let inner = rest.get(1..rest.len().saturating_sub(1)).unwrap_or_default();
                let at = inner.iter().rposition(|token| token.is("AS")).unwrap_or(inner.len());
                let named = title(&inner[..at], flavor);
                let kind = inner.get(at + 1).map(|word| word.text.to_lowercase());
                return if named == NONE { kind.unwrap_or(named) } else { named };
            }
            if whole { first.text.to_lowercase() } else { otherwise() }
        }
        [name, .., last] if last.is_sign(')') && expression.iter().any(|token| token.is_sign('.')) => {
            // `schema.function(…)`
            let called =
                expression.windows(2).find(|pair| pair[1].is_sign('(')).map(|pair| pair[0].text.to_lowercase());
            if name.kind == TokenKind::Word { called.unwrap_or_else(otherwise) } else { otherwise() }
        }
        _ => otherwise(),
    }
}

/// Whether an operator stands outside of parentheses and `CASE … END`.
fn has_operator(expression: &[Token<'_>]) -> bool {
    let (mut depth, mut cases) = (0_i32, 0_i32);
    expression.iter().any(|token| {
        depth += i32::from(token.is_sign('(')) - i32::from(token.is_sign(')'));
        cases += i32::from(token.is("CASE")) - i32::from(token.is("END"));
        depth == 0
            && cases == 0
            && ['+', '-', '*', '/', '%', '|', '<', '>', '='].iter().any(|sign| token.is_sign(*sign))
    })
}

fn closing(tokens: &[Token<'_>]) -> Option<usize> {
    let mut depth = 0_i32;
    tokens.iter().position(|token| {
        depth += i32::from(token.is_sign('(')) - i32::from(token.is_sign(')'));
        depth == 0
    })
}
