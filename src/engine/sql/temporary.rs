//! `CREATE TEMPORARY TABLE` and `DROP TEMPORARY TABLE`.

use super::lexer::{Lexer, Token, TokenKind};
use super::rewrite::Edits;
use crate::engine::flavor::Flavor;
use crate::engine::storage::SqlError;

/// Such a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemporaryDdl {
    /// Whether it makes the table.
    pub creates: bool,
    /// The table.
    pub name: String,
    /// The statement without the word.
    pub sql: String,
}

/// Whether a statement makes or drops something temporary: a quick look.
#[must_use]
pub fn is_temporary_ddl(text: &str, flavor: Flavor) -> bool {
    let tokens: Vec<Token<'_>> = Lexer::new(text, flavor).take(3).collect();
    matches!(tokens.split_first(), Some((verb, rest)) if verb.is_any(&["CREATE", "DROP"]) && word(rest).is_some())
}

/// Where the word stands behind the verb: at once, or behind `LOCAL` or `GLOBAL`.
fn word(rest: &[Token<'_>]) -> Option<usize> {
    let at = usize::from(rest.first()?.is_any(&["LOCAL", "GLOBAL"]));
    rest.get(at)?.is_any(&["TEMP", "TEMPORARY"]).then_some(at)
}

/// Reads such a statement; `None` when it is another one.
///
/// # Errors
/// What the laboratory lacks, by name.
pub fn temporary_ddl(text: &str, flavor: Flavor) -> Option<Result<TemporaryDdl, SqlError>> {
    let tokens: Vec<Token<'_>> = Lexer::new(text, flavor).collect();
    let (verb, rest) = tokens.split_first()?;
    let word = word(rest)?;
    if !verb.is_any(&["CREATE", "DROP"]) {
        return None;
    }
    let lacks =
        |what: &str| Some(Err(SqlError::not_supported(flavor, format!("{what} not available in the laboratory"))));
    let mut at = word + 1;
    if !rest.get(at)?.is("TABLE") {
        return lacks("temporary objects other than tables are");
    }
    let mut edits = Edits::default();
    edits.remove(rest.get(..=word)?);
    at += 1;
    while rest.get(at)?.is_any(&["IF", "NOT", "EXISTS"]) {
        at += 1;
    }
    if rest.get(at)?.is("PG_TEMP") && rest.get(at + 1)?.is_sign('.') {
        edits.remove(rest.get(at..at + 2)?);
        at += 2;
    }
    let name = rest.get(at)?;
    let commit = rest.windows(2).position(|pair| pair[0].is("ON") && pair[1].is("COMMIT"));
    if let Some(commit) = commit {
        if !rest.get(commit + 2)?.is("PRESERVE") {
            return lacks("ON COMMIT DROP and ON COMMIT DELETE ROWS are");
        }
        edits.remove(rest.get(commit..commit + 4)?);
    }
    let folded = match name.kind {
        TokenKind::Word if flavor == Flavor::Postgresql => name.text.to_lowercase(),
        _ => name.content(flavor),
    };
    Some(Ok(TemporaryDdl { creates: verb.is("CREATE"), name: folded, sql: edits.apply(text).into_owned() }))
}

/// Whether a statement has one of these names in it, as whatever.
#[must_use]
pub fn has_name(text: &str, names: &[String], flavor: Flavor) -> bool {
    let is_name = |token: &Token<'_>| matches!(token.kind, TokenKind::Word | TokenKind::Name);
    Lexer::new(text, flavor)
        .filter(is_name)
        .any(|token| names.iter().any(|name| name.eq_ignore_ascii_case(&token.content(flavor))))
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;

    #[test]
    fn the_word_goes_and_the_name_is_read() {
        for (text, creates, name, sql) in [
            ("CREATE TEMP TABLE T (a int)", true, "t", "CREATE   TABLE T (a int)"),
            ("create local temporary table if not exists pg_temp.t AS SELECT 1", true, "t", ""),
            ("CREATE TEMP TABLE t (a int) ON COMMIT PRESERVE ROWS", true, "t", "CREATE   TABLE t (a int)"),
            ("DROP TEMPORARY TABLE IF EXISTS t", false, "t", "DROP   TABLE IF EXISTS t"),
        ] {
            let read = temporary_ddl(text, Flavor::Postgresql).unwrap().unwrap();
            assert_eq!((read.creates, read.name.as_str()), (creates, name), "{text}");
            let plain = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(sql.is_empty() || plain(&read.sql) == plain(sql), "{}", read.sql);
        }
        assert!(temporary_ddl("CREATE TABLE temp (a int)", Flavor::Postgresql).is_none());
        assert!(temporary_ddl("CREATE TEMP VIEW v AS SELECT 1", Flavor::Postgresql).unwrap().is_err());
        assert!(temporary_ddl("CREATE TEMP TABLE t (a int) ON COMMIT DROP", Flavor::Postgresql).unwrap().is_err());
    }
}
