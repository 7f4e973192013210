//! `PREPARE`, `EXECUTE` and `DEALLOCATE` of SQL: the session keeps the texts, and parameters are put into them.

use super::Node;
use super::execute::done;
use super::session::{Flow, Session, Todo};
use crate::engine::flavor::Flavor;
use crate::engine::ids::{ConnId, TxnId};
use crate::engine::io::Outbox;
use crate::engine::sql::{Lexer, Token, TokenKind};
use crate::engine::storage::SqlError;

impl Node {
    /// Runs the statement if it is one of these.
    pub(super) fn prepared_statement(
        &mut self,
        conn: ConnId,
        session: &mut Session,
        txn: TxnId,
        text: &str,
        out: &mut Outbox,
    ) -> Option<Flow> {
        let flavor = self.core.flavor;
        let mut tokens: Vec<Token<'_>> = Lexer::strict(text, flavor).collect();
        while tokens.last().is_some_and(|token| token.is_sign(';')) {
            tokens.pop();
        }
        let (verb, rest) = tokens.split_first()?;
        if verb.is("PREPARE") && !rest.first().is_some_and(|next| next.is("TRANSACTION")) {
            return Some(prepare(session, rest, text, flavor).map_or_else(Flow::Failed, |()| done("PREPARE")));
        }
        if verb.is("EXECUTE") {
            return Some(match executed_text(session, rest, text, flavor) {
                Ok(inner) => self.statement(conn, session, txn, &Todo::Sql(inner.into()), out),
                Err(error) => Flow::Failed(error),
            });
        }
        let drops = flavor == Flavor::Mysql && verb.is("DROP") && rest.first().is_some_and(|next| next.is("PREPARE"));
        if verb.is("DEALLOCATE") || drops {
            return Some(deallocate(session, rest, flavor).map_or_else(Flow::Failed, done));
        }
        if flavor == Flavor::Postgresql && verb.is("DISCARD") && rest.first().is_some_and(|what| what.is("ALL")) {
            session.prepared.clear();
        }
        None
    }
}

fn name(token: &Token<'_>, flavor: Flavor) -> Option<String> {
    match (token.kind, flavor) {
        (TokenKind::Name, Flavor::Postgresql) => Some(token.content(flavor)),
        (TokenKind::Word | TokenKind::Name, _) => Some(token.content(flavor).to_lowercase()),
        _ => None,
    }
}

/// `PREPARE name [(types)] AS statement`, `PREPARE name FROM 'statement'`.
fn prepare(session: &mut Session, rest: &[Token<'_>], text: &str, flavor: Flavor) -> Result<(), SqlError> {
    let wrong = || SqlError::unknown_statement(flavor, text);
    let (first, mut rest) = rest.split_first().ok_or_else(wrong)?;
    let name = name(first, flavor).ok_or_else(wrong)?;
    let prepared = match flavor {
        Flavor::Postgresql => {
            if rest.first().is_some_and(|token| token.is_sign('(')) {
                let close = rest.iter().position(|token| token.is_sign(')')).ok_or_else(wrong)?;
                rest = rest.get(close + 1..).unwrap_or_default();
            }
            match rest {
                [behind, statement, ..] if behind.is("AS") => {
                    let verbs = ["SELECT", "INSERT", "UPDATE", "DELETE", "MERGE", "VALUES", "WITH", "TABLE"];
                    if !statement.is_any(&verbs) && !statement.is_sign('(') {
                        return Err(SqlError::new("42601", format!("syntax error at or near \"{}\"", statement.text)));
                    }
                    let end = rest.last().map_or(text.len(), Token::end);
                    text.get(statement.start..end).ok_or_else(wrong)?.to_owned()
                }
                _ => return Err(wrong()),
            }
        }
        Flavor::Mysql => match rest {
            [from, statement] if from.is("FROM") && statement.kind == TokenKind::Text => statement.content(flavor),
            _ => return Err(wrong()),
        },
    };
    if flavor == Flavor::Postgresql && session.prepared.contains_key(&name) {
        return Err(SqlError::new("42P05", format!("prepared statement \"{name}\" already exists")));
    }
    session.prepared.insert(name, prepared.into());
    Ok(())
}

/// The text that `EXECUTE name [(values)]` runs.
fn executed_text(session: &Session, rest: &[Token<'_>], text: &str, flavor: Flavor) -> Result<String, SqlError> {
    let wrong = || SqlError::unknown_statement(flavor, text);
    let (first, rest) = rest.split_first().ok_or_else(wrong)?;
    let name = name(first, flavor).ok_or_else(wrong)?;
    let prepared = session.prepared.get(&name).ok_or_else(|| unknown(&name, "EXECUTE", flavor))?;
    let values = match flavor {
        Flavor::Postgresql => values(rest, text).ok_or_else(wrong)?,
        Flavor::Mysql if rest.is_empty() => Vec::new(),
        Flavor::Mysql => match rest {
            // The variables' values have been put in their places.
            [using, given @ ..] if using.is("USING") => {
                let texts = given.split(|token| token.is_sign(','));
                let span = |part: &[Token<'_>]| text.get(part.first()?.start..part.last()?.end());
                texts.map(span).collect::<Option<Vec<&str>>>().ok_or_else(wrong)?
            }
            _ => return Err(wrong()),
        },
    };
    let (inner, wanted) = filled(prepared, &values, flavor);
    if wanted == values.len() {
        return Ok(inner);
    }
    Err(match flavor {
        Flavor::Postgresql => SqlError {
            detail: Some(format!("Expected {wanted} parameters but got {}.", values.len())),
            ..SqlError::new("42601", format!("wrong number of parameters for prepared statement \"{name}\""))
        },
        Flavor::Mysql => SqlError { number: 1210, ..SqlError::new("HY000", "Incorrect arguments to EXECUTE") },
    })
}

/// The texts between the commas of `(…)`.
fn values<'t>(tokens: &[Token<'_>], text: &'t str) -> Option<Vec<&'t str>> {
    let (Some(open), Some(close)) = (tokens.first(), tokens.last()) else { return Some(Vec::new()) };
    if !open.is_sign('(') || !close.is_sign(')') || tokens.len() < 2 {
        return None;
    }
    let mut found = Vec::new();
    let (mut depth, mut from) = (0_i32, open.end());
    for token in tokens {
        depth += i32::from(token.is_sign('(')) - i32::from(token.is_sign(')'));
        if depth == 1 && token.is_sign(',') || depth == 0 {
            found.push(text.get(from..token.start)?.trim());
            from = token.end();
        }
    }
    if tokens.len() == 2 {
        found.clear();
    }
    Some(found)
}

/// The text with its parameters put in, and how many it has: `$1`, `$2` in PostgreSQL, `?` in MySQL.
fn filled(text: &str, values: &[&str], flavor: Flavor) -> (String, usize) {
    let tokens: Vec<Token<'_>> = Lexer::strict(text, flavor).collect();
    let (mut out, mut at, mut wanted) = (String::new(), 0, 0);
    let mut put = |range: std::ops::Range<usize>, index: usize| {
        out.push_str(text.get(at..range.start).unwrap_or_default());
        if let Some(value) = values.get(index) {
            out.push('(');
            out.push_str(value);
            out.push(')');
        }
        at = range.end;
        wanted = wanted.max(index + 1);
    };
    let mut marks = 0;
    for (index, token) in tokens.iter().enumerate() {
        if flavor == Flavor::Mysql && token.is_sign('?') {
            put(token.start..token.end(), marks);
            marks += 1;
            continue;
        }
        let number = tokens.get(index + 1).filter(|next| next.kind == TokenKind::Number && next.start == token.end());
        if flavor == Flavor::Postgresql
            && token.is_sign('$')
            && let Some((next, number)) = number.and_then(|next| Some((next, next.text.parse::<usize>().ok()?)))
            && number > 0
        {
            put(token.start..next.end(), number - 1);
        }
    }
    out.push_str(text.get(at..).unwrap_or_default());
    (out, wanted)
}

fn deallocate(session: &mut Session, rest: &[Token<'_>], flavor: Flavor) -> Result<&'static str, SqlError> {
    let rest = match rest {
        [prepare, rest @ ..] if prepare.is("PREPARE") && !rest.is_empty() => rest,
        rest => rest,
    };
    match rest {
        [all] if all.is("ALL") && flavor == Flavor::Postgresql => {
            session.prepared.clear();
            Ok("DEALLOCATE ALL")
        }
        [one] => match name(one, flavor) {
            Some(name) if session.prepared.remove(&name).is_some() => Ok("DEALLOCATE"),
            name => Err(unknown(&name.unwrap_or_default(), "DEALLOCATE PREPARE", flavor)),
        },
        _ => Err(SqlError::unknown_statement(flavor, "DEALLOCATE")),
    }
}

/// PostgreSQL 15, prepare.c, FetchPreparedStatement(); MySQL 8.4, ER_UNKNOWN_STMT_HANDLER.
fn unknown(name: &str, by: &str, flavor: Flavor) -> SqlError {
    SqlError::flavored(
        flavor,
        ("26000", format!("prepared statement \"{name}\" does not exist")),
        (1243, "HY000", format!("Unknown prepared statement handler ({name}) given to {by}")),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_put_in_where_the_server_has_them() {
        for (text, given, expected, wanted) in [
            ("SELECT $1 + $2 + $1", &["1", "a, 2"][..], "SELECT (1) + (a, 2) + (1)", 2),
            ("SELECT '$1', \"$1\", $$ $1 $$", &[], "SELECT '$1', \"$1\", $$ $1 $$", 0),
            ("SELECT a$1, $2", &["1", "2"], "SELECT a$1, (2)", 2),
        ] {
            assert_eq!(filled(text, given, Flavor::Postgresql), (expected.to_owned(), wanted));
        }
        assert_eq!(filled("SELECT '?'", &[], Flavor::Mysql), ("SELECT '?'".to_owned(), 0));
        assert_eq!(filled("SELECT ?, ?", &[], Flavor::Mysql).1, 2);
    }
}
