//! `SELECT pg_create_physical_replication_slot('name' [, immediately_reserve])` and `SELECT pg_drop_replication_slot('name')`.

use super::lexer::{Lexer, Token, TokenKind};
use crate::engine::flavor::Flavor;
use crate::engine::storage::SqlError;

/// A call of a function that acts on replication slots. No name is `NULL`, which does nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SlotCall {
    /// `pg_create_physical_replication_slot`.
    Create {
        /// The slot's name.
        name: Option<String>,
        /// Whether log is held back at once.
        reserve: bool,
        /// Called in `FROM`, which gives columns rather than a row.
        columns: bool,
    },
    /// `pg_drop_replication_slot`.
    Drop {
        /// The slot's name.
        name: Option<String>,
    },
}

/// The functions, with the most arguments that they take here.
const FUNCTIONS: [(&str, usize); 2] = [("pg_create_physical_replication_slot", 2), ("pg_drop_replication_slot", 1)];

/// Reads such a call; `None` when the statement is anything else, as a call inside of an expression.
///
/// # Errors
/// The server's error for arguments that no such function takes.
#[must_use]
pub fn slot_call(text: &str) -> Option<Result<SlotCall, SqlError>> {
    let mut tokens: Vec<Token<'_>> = Lexer::new(text, Flavor::Postgresql).collect();
    while tokens.last().is_some_and(|token| token.is_sign(';')) {
        tokens.pop();
    }
    let (rest, columns) = match tokens.as_slice() {
        [select, star, from, rest @ ..] if select.is("SELECT") && star.is_sign('*') && from.is("FROM") => (rest, true),
        [select, rest @ ..] if select.is("SELECT") => (rest, false),
        _ => return None,
    };
    let rest = match rest {
        [schema, dot, rest @ ..] if schema.is("PG_CATALOG") && dot.is_sign('.') => rest,
        rest => rest,
    };
    let [function, open, arguments @ .., close] = rest else { return None };
    let (name, most) = FUNCTIONS.into_iter().find(|(name, _)| function.is(&name.to_ascii_uppercase()))?;
    if !open.is_sign('(')
        || !close.is_sign(')')
        || arguments.iter().any(|token| token.is_sign('(') || token.is_sign(')'))
    {
        return None;
    }
    let arguments: Vec<&[Token<'_>]> = match arguments {
        [] => Vec::new(),
        arguments => arguments.split(|token| token.is_sign(',')).map(unnamed).collect(),
    };
    let wrong = || {
        let types = arguments.iter().map(|argument| kind(argument)).collect::<Vec<_>>().join(", ");
        SqlError {
            hint: Some(
                "No function matches the given name and argument types. You might need to add explicit type casts."
                    .to_owned(),
            ),
            ..SqlError::new("42883", format!("function {name}({types}) does not exist"))
        }
    };
    let slot = match arguments.first() {
        Some([token]) if token.is("NULL") => None,
        Some([token]) if token.kind == TokenKind::Text => Some(token.content(Flavor::Postgresql)),
        _ => return Some(Err(wrong())),
    };
    let reserve = match arguments.get(1) {
        None => false,
        Some([token]) if token.is("TRUE") => true,
        Some([token]) if token.is("FALSE") => false,
        Some(_) => return Some(Err(wrong())),
    };
    if arguments.len() > most {
        return Some(Err(wrong()));
    }
    // The argument is of the type "name", which is cut to 63 bytes.
    let slot = slot.map(|mut slot| {
        let end = (0..=63.min(slot.len())).rev().find(|end| slot.is_char_boundary(*end)).unwrap_or(0);
        slot.truncate(end);
        slot
    });
    Some(Ok(match most {
        2 => SlotCall::Create { name: slot, reserve, columns },
        _ => SlotCall::Drop { name: slot },
    }))
}

/// An argument without its name: `immediately_reserve => true`.
fn unnamed<'t, 'a>(argument: &'t [Token<'a>]) -> &'t [Token<'a>] {
    match argument {
        [name, equals, more, rest @ ..] if name.kind == TokenKind::Word && equals.is_sign('=') && more.is_sign('>') => {
            rest
        }
        argument => argument,
    }
}

/// The type of an argument, as the server names it when no function takes it.
fn kind(argument: &[Token<'_>]) -> &'static str {
    match argument {
        [token] if token.kind == TokenKind::Number => "integer",
        [token] if token.is_any(&["TRUE", "FALSE"]) => "boolean",
        _ => "unknown",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_operators_write() {
        let create = |text: &str, reserve, columns| {
            let expected = SlotCall::Create { name: Some("a".to_owned()), reserve, columns };
            assert_eq!(slot_call(text), Some(Ok(expected)), "{text}");
        };
        create("SELECT pg_create_physical_replication_slot('a')", false, false);
        create("select PG_CREATE_physical_replication_slot('a', true);", true, false);
        create("select pg_catalog.pg_create_physical_replication_slot('a', immediately_reserve => true)", true, false);
        create("SELECT * FROM pg_create_physical_replication_slot('a', false)", false, true);
        assert_eq!(
            slot_call("select pg_drop_replication_slot('b')"),
            Some(Ok(SlotCall::Drop { name: Some("b".to_owned()) }))
        );
        for other in ["select 1", "", "select pg_drop_replication_slot", "select upper(pg_drop_replication_slot('b'))"]
        {
            assert_eq!(slot_call(other), None, "{other}");
        }
        let error = slot_call("select pg_drop_replication_slot(1)").and_then(Result::err).map(|e| e.message);
        assert_eq!(error.as_deref(), Some("function pg_drop_replication_slot(integer) does not exist"));
        let error = slot_call("select pg_create_physical_replication_slot()").and_then(Result::err).map(|e| e.message);
        assert_eq!(error.as_deref(), Some("function pg_create_physical_replication_slot() does not exist"));
    }
}
