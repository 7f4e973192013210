//! Functions that change something beside rows, in a text.

use super::lexer::{Lexer, TokenKind};
use super::system::before_query;
use crate::engine::flavor::Flavor;

/// Whether a statement may call such a function: a quick look, which finds more than there is.
#[must_use]
pub fn may_call_beside(text: &str, flavor: Flavor) -> bool {
    let marks: &[&str] = match flavor {
        Flavor::Postgresql => &["nextval", "setval", "currval", "lastval", "advisory_"],
        Flavor::Mysql => &["_lock", "lab_set_variable", "last_insert_id"],
    };
    let bytes = text.as_bytes();
    marks.iter().any(|mark| bytes.windows(mark.len()).any(|window| window.eq_ignore_ascii_case(mark.as_bytes())))
}

/// Whether a statement has this name in it, other than as a function's.
#[must_use]
pub fn mentions(text: &str, name: &str, flavor: Flavor) -> bool {
    let tokens: Vec<_> = Lexer::new(text, flavor).collect();
    tokens.iter().enumerate().any(|(index, token)| {
        let same = match token.kind {
            TokenKind::Word => token.text.to_lowercase() == name,
            TokenKind::Name => token.content(flavor) == name,
            _ => false,
        };
        same && !tokens.get(index + 1).is_some_and(|next| next.is_sign('('))
    })
}

/// A query with these common table expressions before it.
#[must_use]
pub fn with_tables(query: &str, tables: &[String], flavor: Flavor) -> String {
    before_query(query, tables, flavor)
}
