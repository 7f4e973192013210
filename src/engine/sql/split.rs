//! A message into its statements.

use super::first_token;
use super::lexer::{Lexer, Token};
use crate::engine::flavor::Flavor;

/// Splits a message into statements at its semicolons, without them. Semicolons in quotes, comments and a
/// trigger's body do not count; statements of nothing but blanks and comments are left out. A comment stays with
/// the statement that follows it.
#[must_use]
pub fn split(text: &str, flavor: Flavor) -> Vec<&str> {
    let mut statements = Vec::new();
    let mut start = 0;
    let mut state = State::default();
    for token in Lexer::new(text, flavor) {
        if token.is_sign(';') && state.body_depth == 0 {
            push(&mut statements, text, start, token.start, flavor);
            start = token.end();
            state = State::default();
        } else {
            state.see(&token);
        }
    }
    push(&mut statements, text, start, text.len(), flavor);
    statements
}

/// Reads the part on its own: MySQL takes the two hyphens of `--;` for signs, but those of `--` at a statement's
/// end for a comment.
fn push<'a>(statements: &mut Vec<&'a str>, text: &'a str, start: usize, end: usize, flavor: Flavor) {
    let part = text.get(start..end).unwrap_or_default().trim();
    if first_token(part, flavor).is_some() {
        statements.push(part);
    }
}

/// What of a statement has been seen.
#[derive(Default)]
struct State {
    tokens: usize,
    creates: bool,
    is_trigger: bool,
    /// How many BEGINs and CASEs of a trigger's body wait for their END.
    body_depth: u32,
}

impl State {
    fn see(&mut self, token: &Token<'_>) {
        if self.tokens == 0 {
            self.creates = token.is("CREATE");
        }
        if self.creates && !self.is_trigger && token.is("TRIGGER") {
            self.is_trigger = true;
        } else if self.is_trigger {
            if token.is("BEGIN") || (token.is("CASE") && self.body_depth > 0) {
                self.body_depth += 1;
            } else if token.is("END") {
                self.body_depth = self.body_depth.saturating_sub(1);
            }
        }
        self.tokens += 1;
        // TRIGGER comes among the first words or not at all: `CREATE OR REPLACE TEMPORARY TRIGGER`.
        if self.tokens >= 5 && !self.is_trigger {
            self.creates = false;
        }
    }
}
