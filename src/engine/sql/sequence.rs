//! `CREATE SEQUENCE` and `DROP SEQUENCE` of PostgreSQL: `sequence.c`, `init_params()`.

use super::lexer::{Lexer, Token, TokenKind};
use crate::engine::beside::{Definition, Logged};
use crate::engine::flavor::Flavor;
use crate::engine::storage::SqlError;

/// A statement about sequences.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SequenceDdl {
    /// `CREATE SEQUENCE`.
    Create {
        /// Its name.
        name: String,
        /// `IF NOT EXISTS`.
        if_not_exists: bool,
        /// How it counts.
        definition: Definition,
        /// The first value.
        start: Logged,
    },
    /// `DROP SEQUENCE`.
    Drop {
        /// Their names.
        names: Vec<String>,
        /// `IF EXISTS`.
        if_exists: bool,
    },
}

/// Reads such a statement; `None` when it is another one.
#[must_use]
pub fn sequence_ddl(text: &str) -> Option<Result<SequenceDdl, SqlError>> {
    let flavor = Flavor::Postgresql;
    let mut tokens: Vec<Token<'_>> = Lexer::strict(text, flavor).collect();
    while tokens.last().is_some_and(|token| token.is_sign(';')) {
        tokens.pop();
    }
    match tokens.as_slice() {
        [verb, what, rest @ ..] if verb.is("CREATE") && what.is("SEQUENCE") => Some(create(rest, text)),
        [verb, what, rest @ ..] if verb.is("DROP") && what.is("SEQUENCE") => Some(drop(rest, text)),
        [verb, what, ..] if verb.is("ALTER") && what.is("SEQUENCE") => {
            Some(Err(SqlError::new("0A000", "ALTER SEQUENCE is not available in the laboratory; setval() is")))
        }
        _ => None,
    }
}

fn wrong(text: &str, at: Option<&Token<'_>>) -> SqlError {
    match at {
        Some(token) => SqlError::new("42601", format!("syntax error at or near \"{}\"", token.text)),
        None => SqlError::unknown_statement(Flavor::Postgresql, text),
    }
}

/// `[schema.]name`, and what stands behind it.
fn name<'t, 'a>(tokens: &'t [Token<'a>]) -> Option<(String, &'t [Token<'a>])> {
    let folded = |token: &Token<'_>| match token.kind {
        TokenKind::Name => Some(token.content(Flavor::Postgresql)),
        TokenKind::Word => Some(token.text.to_lowercase()),
        _ => None,
    };
    match tokens {
        [schema, dot, token, rest @ ..] if schema.is("PUBLIC") && dot.is_sign('.') => Some((folded(token)?, rest)),
        [token, rest @ ..] => Some((folded(token)?, rest)),
        [] => None,
    }
}

fn create(mut rest: &[Token<'_>], text: &str) -> Result<SequenceDdl, SqlError> {
    let if_not_exists = match rest {
        [a, b, c, tail @ ..] if a.is("IF") && b.is("NOT") && c.is("EXISTS") => {
            rest = tail;
            true
        }
        _ => false,
    };
    let (name, mut rest) = name(rest).ok_or_else(|| wrong(text, rest.first()))?;
    let (mut increment, mut min, mut max, mut start, mut cycle) = (1, None, None, None, false);
    let mut bounds = ("bigint", i64::MIN, i64::MAX);
    while let [word, tail @ ..] = rest {
        rest = tail;
        let mut number = |optional: &str| -> Result<i64, SqlError> {
            if let [skipped, tail @ ..] = rest
                && skipped.is(optional)
            {
                rest = tail;
            }
            let (sign, tail) = match rest {
                [minus, tail @ ..] if minus.is_sign('-') => ("-", tail),
                [plus, tail @ ..] if plus.is_sign('+') => ("", tail),
                tail => ("", tail),
            };
            let (digits, tail) = tail.split_first().ok_or_else(|| wrong(text, None))?;
            rest = tail;
            if digits.kind != TokenKind::Number {
                return Err(wrong(text, Some(digits)));
            }
            format!("{sign}{}", digits.text).parse().map_err(|_| {
                SqlError::new("22003", format!("value \"{sign}{}\" is out of range for type bigint", digits.text))
            })
        };
        if word.is("INCREMENT") {
            increment = number("BY")?;
        } else if word.is("MINVALUE") {
            min = Some(number("")?);
        } else if word.is("MAXVALUE") {
            max = Some(number("")?);
        } else if word.is("START") {
            start = Some(number("WITH")?);
        } else if word.is("CACHE") {
            if number("")? != 1 {
                return Err(SqlError::new("0A000", "CACHE of more than 1 is not available in the laboratory"));
            }
        } else if word.is("CYCLE") {
            cycle = true;
        } else if word.is("NO")
            && let [what, tail @ ..] = rest
            && what.is_any(&["CYCLE", "MINVALUE", "MAXVALUE"])
        {
            rest = tail;
            if what.is("CYCLE") {
                cycle = false;
            } else if what.is("MINVALUE") {
                min = None;
            } else {
                max = None;
            }
        } else if word.is("AS")
            && let [kind, tail @ ..] = rest
        {
            rest = tail;
            bounds = if kind.is_any(&["SMALLINT", "INT2"]) {
                ("smallint", i64::from(i16::MIN), i64::from(i16::MAX))
            } else if kind.is_any(&["INTEGER", "INT", "INT4"]) {
                ("integer", i64::from(i32::MIN), i64::from(i32::MAX))
            } else if kind.is_any(&["BIGINT", "INT8"]) {
                bounds
            } else {
                return Err(SqlError::new("22023", "sequence type must be smallint, integer, or bigint"));
            };
        } else {
            return Err(wrong(text, Some(word)));
        }
    }
    define(name, if_not_exists, (increment, min, max, start, cycle), bounds)
}

type Said = (i64, Option<i64>, Option<i64>, Option<i64>, bool);

fn define(
    name: String,
    if_not_exists: bool,
    (increment, min, max, start, cycle): Said,
    (kind, least, greatest): (&str, i64, i64),
) -> Result<SequenceDdl, SqlError> {
    let invalid = |message: String| Err(SqlError::new("22023", message));
    if increment == 0 {
        return invalid("INCREMENT must not be zero".to_owned());
    }
    let max = max.unwrap_or(if increment > 0 { greatest } else { -1 });
    let min = min.unwrap_or(if increment > 0 { 1 } else { least });
    for (which, value) in [("MAXVALUE", max), ("MINVALUE", min)] {
        if !(least..=greatest).contains(&value) {
            return invalid(format!("{which} ({value}) is out of range for sequence data type {kind}"));
        }
    }
    if min >= max {
        return invalid(format!("MINVALUE ({min}) must be less than MAXVALUE ({max})"));
    }
    let start = start.unwrap_or(if increment > 0 { min } else { max });
    if start < min {
        return invalid(format!("START value ({start}) cannot be less than MINVALUE ({min})"));
    }
    if start > max {
        return invalid(format!("START value ({start}) cannot be greater than MAXVALUE ({max})"));
    }
    let definition = Definition { increment, min, max, cycle };
    Ok(SequenceDdl::Create { name, if_not_exists, definition, start: Logged { last: start, called: false } })
}

fn drop(mut rest: &[Token<'_>], text: &str) -> Result<SequenceDdl, SqlError> {
    let if_exists = match rest {
        [a, b, tail @ ..] if a.is("IF") && b.is("EXISTS") => {
            rest = tail;
            true
        }
        _ => false,
    };
    let mut names = Vec::new();
    loop {
        let (name, tail) = name(rest).ok_or_else(|| wrong(text, rest.first()))?;
        names.push(name);
        match tail {
            [] => break,
            [word] if word.is_any(&["CASCADE", "RESTRICT"]) => break,
            [comma, tail @ ..] if comma.is_sign(',') => rest = tail,
            [other, ..] => return Err(wrong(text, Some(other))),
        }
    }
    Ok(SequenceDdl::Drop { names, if_exists })
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;

    fn message(text: &str) -> String {
        sequence_ddl(text).unwrap().unwrap_err().message
    }

    #[test]
    fn sequences_are_made_as_postgresql_makes_them() {
        let made =
            sequence_ddl("CREATE SEQUENCE IF NOT EXISTS public.\"S\" INCREMENT BY -2 MAXVALUE 10 NO MINVALUE CYCLE;");
        let Some(Ok(SequenceDdl::Create { name, if_not_exists: true, definition, start })) = made else {
            panic!("{made:?}")
        };
        assert_eq!(name, "S");
        assert_eq!(definition, Definition { increment: -2, min: i64::MIN, max: 10, cycle: true });
        assert_eq!(start, Logged { last: 10, called: false });
        assert_eq!(message("CREATE SEQUENCE s INCREMENT 0"), "INCREMENT must not be zero");
        assert_eq!(message("CREATE SEQUENCE s START 0"), "START value (0) cannot be less than MINVALUE (1)");
        assert_eq!(message("CREATE SEQUENCE s MAXVALUE 1"), "MINVALUE (1) must be less than MAXVALUE (1)");
        assert_eq!(message("CREATE SEQUENCE s NONSENSE"), "syntax error at or near \"NONSENSE\"");
        let range = "MAXVALUE (40000) is out of range for sequence data type smallint";
        assert_eq!(message("CREATE SEQUENCE s AS smallint MAXVALUE 40000"), range);
        let gone = sequence_ddl("DROP SEQUENCE IF EXISTS a, b CASCADE").unwrap().unwrap();
        assert_eq!(gone, SequenceDdl::Drop { names: vec!["a".into(), "b".into()], if_exists: true });
        assert!(sequence_ddl("CREATE TABLE sequence (a int)").is_none());
    }
}
