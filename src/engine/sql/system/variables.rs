//! MySQL's `@@variables` and functions.

use super::Asked;
use crate::engine::facts::Function;
use crate::engine::flavor::Flavor;
use crate::engine::sql::lexer::{Lexer, Token, TokenKind};
use crate::engine::sql::rewrite::Edits;

/// What a statement asks of a MySQL server.
pub(super) fn asked(text: &str) -> Option<Asked<'_>> {
    if !text.contains("@@") && !text.contains('(') {
        return None;
    }
    let flavor = Flavor::Mysql;
    let tokens: Vec<Token<'_>> = Lexer::new(text, flavor).collect();
    // `SET @@global.x = …` assigns.
    if tokens.first().is_some_and(|token| token.is("SET")) {
        return None;
    }
    let mut edits = Edits::default();
    let mut asks = false;
    let mut index = 0;
    while let Some(token) = tokens.get(index) {
        match variable(&tokens[index..], flavor) {
            Some((scope, name, length)) => {
                let end = tokens.get(index + length - 1).map_or(token.end(), Token::end);
                // Names are words, which need no quoting.
                edits.replace(token.start..end, format!("lab_variable('{scope}', '{name}')"));
                asks = true;
                index += length;
            }
            None => {
                let is_called = tokens.get(index + 1).is_some_and(|next| next.is_sign('('));
                asks |= is_called && Function::find(flavor, &token.content(flavor)).is_some();
                index += 1;
            }
        }
    }
    asks.then(|| Asked { text: edits.apply(text), views: Vec::new(), control: None })
}

/// `@@name`, `@@scope.name`: its scope, its name, and how many tokens it has.
fn variable(tokens: &[Token<'_>], flavor: Flavor) -> Option<(String, String, usize)> {
    let [first, second, word, ..] = tokens else { return None };
    if !first.is_sign('@') || !second.is_sign('@') || first.end() != second.start || !is_word(word) {
        return None;
    }
    let lower = |token: &Token<'_>| token.content(flavor).to_ascii_lowercase();
    match tokens.get(3..5) {
        Some([dot, name])
            if dot.is_sign('.')
                && is_word(name)
                && word.is_any(&["GLOBAL", "SESSION", "LOCAL", "PERSIST", "PERSIST_ONLY"]) =>
        {
            Some((lower(word), lower(name), 5))
        }
        _ => Some((String::new(), lower(word), 3)),
    }
}

fn is_word(token: &Token<'_>) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'`';
    matches!(token.kind, TokenKind::Word | TokenKind::Name) && token.text.bytes().all(plain)
}
