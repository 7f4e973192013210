//! A statement into SQLite's dialect: what SQLite has no words for is left out or said otherwise.

use std::borrow::Cow;
use std::ops::Range;

use super::lexer::{Token, TokenKind};
use crate::engine::flavor::Flavor;
use crate::order::Arrange;

/// Pieces of a text and what stands in their place, in the order of the text.
#[derive(Clone, Debug, Default)]
pub(super) struct Edits(Vec<(Range<usize>, String)>);

impl Edits {
    /// Leaves the tokens of a range out.
    pub(super) fn remove(&mut self, tokens: &[Token<'_>]) {
        if let (Some(first), Some(last)) = (tokens.first(), tokens.last()) {
            self.replace(first.start..last.end(), " ");
        }
    }

    /// Puts a text in the place of a range.
    pub(super) fn replace(&mut self, range: Range<usize>, with: impl Into<String>) {
        self.0.push((range, with.into()));
    }

    /// The text with all edits.
    pub(super) fn apply<'a>(mut self, text: &'a str) -> Cow<'a, str> {
        if self.0.is_empty() {
            return Cow::Borrowed(text);
        }
        self.0.arrange_by_key(|(range, _)| (range.start, range.end));
        let mut out = String::with_capacity(text.len());
        let mut at = 0;
        for (range, with) in self.0 {
            if range.start < at {
                continue;
            }
            out.push_str(text.get(at..range.start).unwrap_or_default());
            out.push_str(&with);
            at = range.end;
        }
        out.push_str(text.get(at..).unwrap_or_default());
        Cow::Owned(out.trim().to_owned())
    }
}

/// Says texts as SQLite does that the flavor writes otherwise, and drops comments that SQLite would misread.
pub(super) fn translate_tokens(text: &str, tokens: &[Token<'_>], flavor: Flavor, edits: &mut Edits) {
    let mut at = 0;
    for token in tokens {
        drop_comments(text, at..token.start, edits);
        if token.is_foreign(flavor) {
            edits.replace(token.start..token.end(), literal(&token.content(flavor)));
        }
        at = token.end();
    }
    drop_comments(text, at..text.len(), edits);
}

/// What stands between two tokens is blanks and comments. Only `--` and plain `/* … */` mean the same to SQLite.
fn drop_comments(text: &str, range: Range<usize>, edits: &mut Edits) {
    let between = text.get(range.clone()).unwrap_or_default();
    let nested = between.matches("/*").count() > 1;
    if between.contains(['#', '\r'])
        || between.contains("/*!")
        || between.contains("*/") && (nested || !between.contains("/*"))
    {
        edits.replace(range, " ");
    }
}

fn literal(content: &str) -> String {
    format!("'{}'", content.replace('\'', "''"))
}

/// Finds `FOR UPDATE`, `FOR SHARE` and their kin, and `LOCK IN SHARE MODE`, leaves them out, and gives what the
/// first of them locks for, as its command tag.
pub(super) fn strip_locking(tokens: &[Token<'_>], edits: &mut Edits) -> Option<&'static str> {
    let mut tag = None;
    let mut index = 0;
    while index < tokens.len() {
        let rest = &tokens[index..];
        match locking_clause(rest) {
            Some((length, found)) => {
                tag = tag.or(Some(found));
                edits.remove(&rest[..length]);
                index += length;
            }
            None => index += 1,
        }
    }
    tag
}

/// The length in tokens of a locking clause at the start, and its tag.
fn locking_clause(tokens: &[Token<'_>]) -> Option<(usize, &'static str)> {
    let word = |index: usize, keyword: &str| tokens.get(index).is_some_and(|token| token.is(keyword));
    if word(0, "LOCK") && word(1, "IN") && word(2, "SHARE") && word(3, "MODE") {
        return Some((4, "SELECT FOR SHARE"));
    }
    if !word(0, "FOR") {
        return None;
    }
    let (mut length, tag) = if word(1, "UPDATE") {
        (2, "SELECT FOR UPDATE")
    } else if word(1, "SHARE") {
        (2, "SELECT FOR SHARE")
    } else if word(1, "NO") && word(2, "KEY") && word(3, "UPDATE") {
        (4, "SELECT FOR NO KEY UPDATE")
    } else if word(1, "KEY") && word(2, "SHARE") {
        (3, "SELECT FOR KEY SHARE")
    } else {
        return None;
    };
    if word(length, "OF") {
        length += 1;
        while tokens.get(length).is_some_and(|token| {
            matches!(token.kind, TokenKind::Word | TokenKind::Name) && !token.is_any(&["NOWAIT", "SKIP", "FOR"])
                || token.is_sign(',')
                || token.is_sign('.')
        }) {
            length += 1;
        }
    }
    if word(length, "NOWAIT") {
        length += 1;
    } else if word(length, "SKIP") && word(length + 1, "LOCKED") {
        length += 2;
    }
    Some((length, tag))
}
