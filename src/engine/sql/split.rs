//! A message into its statements.

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
            push(&mut statements, text, start, token.start, state.tokens);
            start = token.end();
            state = State::default();
        } else {
            state.see(&token);
        }
    }
    push(&mut statements, text, start, text.len(), state.tokens);
    statements
}

fn push<'a>(statements: &mut Vec<&'a str>, text: &'a str, start: usize, end: usize, tokens: usize) {
    if tokens > 0 {
        statements.push(text.get(start..end).unwrap_or_default().trim());
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
