//! Small questions about tokens.

use crate::engine::flavor::Flavor;
use crate::engine::sql::{Token, TokenKind};

/// The tokens of a statement, or of a part of one.
pub(super) type Tokens<'t, 'a> = &'t [Token<'a>];

/// Whether these keywords stand at the beginning.
pub(super) fn begins(tokens: Tokens<'_, '_>, keywords: &[&str]) -> bool {
    tokens.len() >= keywords.len() && tokens.iter().zip(keywords).all(|(token, word)| token.is(word))
}

/// Whether a token can name something.
pub(super) fn is_name(token: &Token<'_>) -> bool {
    matches!(token.kind, TokenKind::Word | TokenKind::Name)
}

/// The name that a token is, as the flavor compares it: PostgreSQL folds what has no quotes, MySQL is taken to compare
/// without regard to case, which is safe on every machine.
pub(super) fn folded(token: &Token<'_>, flavor: Flavor) -> String {
    match (token.kind, flavor) {
        (TokenKind::Name, Flavor::Postgresql) => token.content(flavor),
        _ => token.content(flavor).to_lowercase(),
    }
}

/// The index behind the parenthesis that closes the one at `open`.
pub(super) fn behind_parentheses(tokens: Tokens<'_, '_>, open: usize) -> usize {
    let mut depth = 0_i32;
    for (index, token) in tokens.iter().enumerate().skip(open) {
        depth += i32::from(token.is_sign('(')) - i32::from(token.is_sign(')'));
        if depth == 0 {
            return index + 1;
        }
    }
    tokens.len()
}

/// The tokens between commas that stand outside of all parentheses.
pub(super) fn between_commas<'t, 'a>(tokens: Tokens<'t, 'a>) -> Vec<Tokens<'t, 'a>> {
    let mut depth = 0_i32;
    tokens
        .split(|token| {
            depth += i32::from(token.is_sign('(')) - i32::from(token.is_sign(')'));
            depth <= 0 && token.is_sign(',')
        })
        .collect()
}

/// `[schema.]name` at the beginning: schema, name, and how many tokens it takes.
pub(super) fn qualified(tokens: Tokens<'_, '_>, flavor: Flavor) -> Option<(Option<String>, String, usize)> {
    let first = tokens.first().filter(|token| is_name(token))?;
    match tokens {
        [_, dot, second, ..] if dot.is_sign('.') && is_name(second) => {
            Some((Some(folded(first, flavor)), folded(second, flavor), 3))
        }
        _ => Some((None, folded(first, flavor), 1)),
    }
}

/// Whether a number is written as servers write numbers. Others are names in MySQL (`2fa_codes`), and in PostgreSQL
/// mistakes, or two tokens in releases before 15.
pub(super) fn is_plain_number(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    if let Some(digits) =
        lower.strip_prefix("0x").or_else(|| lower.strip_prefix("0b")).or_else(|| lower.strip_prefix("0o"))
    {
        return !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'_');
    }
    let (mantissa, exponent) = lower.split_once('e').unwrap_or((&lower, "0"));
    let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_');
    mantissa.matches('.').count() <= 1
        && digits(&mantissa.replace('.', ""))
        && mantissa.bytes().any(|byte| byte.is_ascii_digit())
        && !exponent.is_empty()
        && digits(exponent)
}
