//! Differences and comparisons of log positions and instants.

use crate::engine::facts::{ColumnKind, Function, View};
use crate::engine::flavor::Flavor;
use crate::engine::sql::lexer::{Token, TokenKind};
use crate::engine::sql::rewrite::Edits;

/// Functions that give back one of their arguments.
const PASSING_ON: &[&str] = &["COALESCE", "MAX", "MIN", "GREATEST", "LEAST", "NULLIF"];
/// Functions that give an instant and are not the system's own.
const CLOCKS: &[&str] = &["NOW", "CLOCK_TIMESTAMP", "STATEMENT_TIMESTAMP", "TRANSACTION_TIMESTAMP"];

/// Says arithmetic as calls; whether there was any.
pub(super) fn translate(tokens: &[Token<'_>], views: &[&View], flavor: Flavor, edits: &mut Edits) -> bool {
    let reader = Reader { tokens, views, flavor };
    let mut found = false;
    for (index, token) in tokens.iter().enumerate() {
        if token.is_sign('-') {
            found |= reader.difference(index, edits);
        } else if token.is("EXTRACT") {
            found |= extract(&tokens[index..], edits);
        } else if token.is("PG_LSN") && tokens.get(index + 1).is_some_and(|next| next.kind == TokenKind::Text) {
            edits.replace(token.start..token.end(), "");
            found = true;
        }
        if reader.is_comparison(index) {
            found |= reader.collate(index, edits);
        }
    }
    found
}

/// `EXTRACT(EPOCH FROM`: what follows, and the closing parenthesis, stay.
fn extract(tokens: &[Token<'_>], edits: &mut Edits) -> bool {
    match tokens {
        [extract, open, epoch, from, ..] if open.is_sign('(') && epoch.is("EPOCH") && from.is("FROM") => {
            edits.replace(extract.start..from.end(), "pg_extract_epoch(");
            true
        }
        _ => false,
    }
}

struct Reader<'t> {
    tokens: &'t [Token<'t>],
    views: &'t [&'t View],
    flavor: Flavor,
}

impl Reader<'_> {
    fn sign(&self, at: usize, sign: char) -> bool {
        self.tokens.get(at).is_some_and(|token| token.is_sign(sign))
    }

    fn is_name(&self, at: usize) -> bool {
        self.tokens.get(at).is_some_and(|token| matches!(token.kind, TokenKind::Word | TokenKind::Name))
    }

    /// `a - b` of two positions or two instants.
    fn difference(&self, at: usize, edits: &mut Edits) -> bool {
        let Some(start) = self.operand_start(at) else { return false };
        let Some(end) = self.operand_end(at + 1) else { return false };
        let (left, right) = (self.kind(start..at), self.kind(at + 1..end));
        let is_number = |index: usize| self.tokens.get(index).is_some_and(|token| token.kind == TokenKind::Number);
        let function = match (left, right) {
            (ColumnKind::Lsn, _) if is_number(at + 1) => return false,
            (ColumnKind::Lsn, _) | (_, ColumnKind::Lsn) => "pg_wal_lsn_diff(",
            (_, ColumnKind::Timestamp) => "pg_timestamp_diff(",
            // What is taken off an instant may be a span, unless it is known not to be.
            _ => return false,
        };
        let (Some(first), Some(last)) = (self.tokens.get(start), self.tokens.get(end - 1)) else { return false };
        edits.replace(first.start..first.start, function);
        edits.replace(self.tokens[at].start..self.tokens[at].end(), ",");
        edits.replace(last.end()..last.end(), ")");
        true
    }

    /// The first of `<`, `>`, `=`, `<=`, `>=`, `<>`, `!=`.
    fn is_comparison(&self, at: usize) -> bool {
        let sign = |at: usize| ['<', '>', '=', '!'].iter().any(|sign| self.sign(at, *sign));
        sign(at) && !(at > 0 && sign(at - 1))
    }

    /// Gives a comparison of positions the collation that compares them by number.
    fn collate(&self, at: usize, edits: &mut Edits) -> bool {
        let behind = (at..).find(|index| !['<', '>', '=', '!'].iter().any(|sign| self.sign(*index, *sign)));
        let (Some(start), Some(behind)) = (self.operand_start(at), behind) else { return false };
        let Some(end) = self.operand_end(behind) else { return false };
        let is_lsn = self.kind(start..at) == ColumnKind::Lsn || self.kind(behind..end) == ColumnKind::Lsn;
        if let (true, Some(last)) = (is_lsn, self.tokens.get(end - 1)) {
            edits.replace(last.end()..last.end(), " COLLATE pg_lsn");
        }
        is_lsn
    }

    /// Where the value begins that ends before `at`: a literal, a name with its qualifiers, a call, parentheses; with
    /// its casts.
    fn operand_start(&self, at: usize) -> Option<usize> {
        let mut last = at.checked_sub(1)?;
        while last >= 3 && self.is_name(last) && self.sign(last - 1, ':') && self.sign(last - 2, ':') {
            last -= 3;
        }
        let mut start = last;
        if self.sign(start, ')') {
            let mut depth = 0_i32;
            loop {
                depth += i32::from(self.sign(start, ')')) - i32::from(self.sign(start, '('));
                if depth == 0 {
                    break;
                }
                start = start.checked_sub(1)?;
            }
            let called = start > 0 && self.is_name(start - 1) && !self.is_keyword(start - 1);
            start -= usize::from(called);
        } else if self.tokens.get(start)?.kind == TokenKind::Sign || self.is_keyword(start) {
            return None;
        }
        while start >= 2 && self.is_name(start) && self.sign(start - 1, '.') && self.is_name(start - 2) {
            start -= 2;
        }
        if start > 0 && self.tokens.get(start - 1).is_some_and(|token| token.is("PG_LSN")) {
            start -= 1;
        }
        Some(start)
    }

    /// The index behind the value that begins at `at`.
    fn operand_end(&self, at: usize) -> Option<usize> {
        let first = self.tokens.get(at)?;
        let mut end = at + 1;
        if first.is_any(&["PG_LSN", "INTERVAL"]) && self.tokens.get(end).is_some_and(|t| t.kind == TokenKind::Text) {
            end += 1;
        } else if first.is_sign('(') {
            end = self.behind(at)?;
        } else if self.is_name(at) && !self.is_keyword(at) {
            while self.sign(end, '.') && self.is_name(end + 1) {
                end += 2;
            }
            if self.sign(end, '(') {
                end = self.behind(end)?;
            }
        } else if first.kind == TokenKind::Sign || self.is_keyword(at) {
            return None;
        }
        while self.sign(end, ':') && self.sign(end + 1, ':') && self.is_name(end + 2) {
            end += 3;
        }
        Some(end)
    }

    /// The index behind the parenthesis that closes the one at `open`.
    fn behind(&self, open: usize) -> Option<usize> {
        let mut depth = 0_i32;
        for at in open..self.tokens.len() {
            depth += i32::from(self.sign(at, '(')) - i32::from(self.sign(at, ')'));
            if depth == 0 {
                return Some(at + 1);
            }
        }
        None
    }

    fn is_keyword(&self, at: usize) -> bool {
        self.tokens.get(at).is_some_and(|token| {
            token.is_any(&[
                "SELECT",
                "WHERE",
                "AND",
                "OR",
                "NOT",
                "BY",
                "THEN",
                "ELSE",
                "WHEN",
                "SET",
                "FROM",
                "ON",
                "AS",
                "IN",
                "CASE",
                "END",
                "HAVING",
                "LIMIT",
                "DISTINCT",
                "BETWEEN",
                "RETURNING",
                "VALUES",
                "IS",
                "NULL",
            ])
        })
    }

    /// What kind of value an operand is, as far as its names show.
    fn kind(&self, range: std::ops::Range<usize>) -> ColumnKind {
        let tokens = self.tokens.get(range).unwrap_or_default();
        let Some((first, last)) = tokens.first().zip(tokens.last()) else { return ColumnKind::Plain };
        if let [.., a, b, word] = tokens
            && a.is_sign(':')
            && b.is_sign(':')
        {
            return match () {
                () if word.is("PG_LSN") => ColumnKind::Lsn,
                () if word.is_any(&["TIMESTAMPTZ", "TIMESTAMP"]) => ColumnKind::Timestamp,
                () => ColumnKind::Plain,
            };
        }
        if first.is("PG_LSN") {
            return ColumnKind::Lsn;
        }
        if last.is_sign(')') {
            let passes_on = first.is_sign('(') || first.is_any(PASSING_ON);
            if passes_on && !tokens.iter().any(|token| token.is_sign('-') || token.is("SELECT")) {
                return self.first_known(tokens);
            }
            let open = tokens.iter().position(|token| token.is_sign('('));
            let name = open.and_then(|open| tokens.get(open.checked_sub(1)?));
            return name.map_or(ColumnKind::Plain, |name| self.function(name));
        }
        self.column(last)
    }

    fn first_known(&self, tokens: &[Token<'_>]) -> ColumnKind {
        let known = tokens.iter().enumerate().map(|(index, token)| {
            match tokens.get(index + 1).is_some_and(|next| next.is_sign('(')) {
                true => self.function(token),
                false => self.column(token),
            }
        });
        known.into_iter().find(|kind| *kind != ColumnKind::Plain).unwrap_or(ColumnKind::Plain)
    }

    fn function(&self, name: &Token<'_>) -> ColumnKind {
        if name.is_any(CLOCKS) {
            return ColumnKind::Timestamp;
        }
        Function::find(self.flavor, &name.content(self.flavor)).map_or(ColumnKind::Plain, |function| function.kind)
    }

    fn column(&self, name: &Token<'_>) -> ColumnKind {
        if !matches!(name.kind, TokenKind::Word | TokenKind::Name) {
            return ColumnKind::Plain;
        }
        let name = name.content(self.flavor);
        let columns = self.views.iter().flat_map(|view| view.columns);
        columns
            .into_iter()
            .find(|(column, _)| column.eq_ignore_ascii_case(&name))
            .map_or(ColumnKind::Plain, |(_, kind)| *kind)
    }
}
