//! A message's text, cut into statements as the server will read it.

use super::words::is_plain_number;
use crate::engine::flavor::Flavor;
use crate::engine::sql::{Lexer, Token, TokenKind};

/// Where a comment asks to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hint {
    /// To the primary.
    Primary,
    /// To a replica, where the statement may be only a read.
    Replica,
}

/// One statement of a message.
#[derive(Clone, Debug)]
pub(super) struct Part<'a> {
    /// Its tokens, without the semicolon.
    pub tokens: Vec<Token<'a>>,
    /// As written.
    pub text: &'a str,
    /// What a comment in it asks for.
    pub hint: Option<Hint>,
}

/// A message, read.
#[derive(Clone, Debug)]
pub(super) struct Text<'a> {
    /// Its statements; those of blanks and comments only are left out.
    pub parts: Vec<Part<'a>>,
    /// Why it cannot be read for sure.
    pub doubt: Option<&'static str>,
}

/// Reads a message. `code_comments`: what stands in MySQL's `/*! … */` is read.
pub(super) fn read(text: &str, flavor: Flavor, code_comments: bool) -> Text<'_> {
    let mut lexer = match code_comments {
        true => Lexer::strict(text, flavor),
        false => Lexer::strict_without_code_comments(text, flavor),
    };
    let tokens: Vec<Token<'_>> = lexer.by_ref().collect();
    let mut doubt = lexer.unclosed().then_some("a quote or comment is not closed: the primary");
    if text.contains('\0') {
        doubt = Some("a NUL character, at which a server may stop reading: the primary");
    }
    if flavor == Flavor::Postgresql
        && tokens.iter().any(|token| token.kind == TokenKind::Number && !is_plain_number(token.text))
    {
        doubt = Some("a number that servers read differently: the primary");
    }
    let mut parts = Vec::new();
    let mut begin = 0;
    let mut from = 0;
    let mut body = Body::default();
    for (index, token) in tokens.iter().enumerate() {
        if token.is_sign(';') && body.is_over() {
            parts.extend(part(text, from, token.start, &tokens[begin..index], flavor));
            (begin, from) = (index + 1, token.end());
            body = Body::default();
        } else {
            let before = index.checked_sub(1).and_then(|at| tokens.get(at));
            body.see(token, before, tokens.get(index + 1));
        }
    }
    parts.extend(part(text, from, text.len(), &tokens[begin..], flavor));
    Text { parts, doubt }
}

fn part<'a>(text: &'a str, from: usize, to: usize, tokens: &[Token<'a>], flavor: Flavor) -> Option<Part<'a>> {
    let first = tokens.first()?;
    let gap = |from: usize, to: usize| text.get(from..to).unwrap_or_default();
    let mut hint = hint_in(gap(from, first.start), flavor);
    if let (None, Some(second)) = (hint, tokens.get(1)) {
        hint = hint_in(gap(first.end(), second.start), flavor);
    }
    // MaxScale's hints may stand anywhere.
    let mut at = first.end();
    for next in tokens.iter().skip(1).map(|token| (token.start, token.end())).chain([(to, to)]) {
        hint = hint.or_else(|| comments(gap(at, next.0), flavor).into_iter().find_map(maxscale_hint));
        at = next.1;
    }
    Some(Part { tokens: tokens.to_vec(), text: gap(from, to).trim(), hint })
}

fn hint_in(gap: &str, flavor: Flavor) -> Option<Hint> {
    comments(gap, flavor).into_iter().find_map(|comment| own_hint(comment).or_else(|| maxscale_hint(comment)))
}

/// The comments among blanks, with their marks.
fn comments(gap: &str, flavor: Flavor) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = gap.trim_start();
    while !rest.is_empty() {
        let (end, is_comment) = if rest.starts_with("/*") {
            (rest.find("*/").map_or(rest.len(), |at| at + 2), true)
        } else if rest.starts_with("--") || rest.starts_with('#') && flavor == Flavor::Mysql {
            (rest.find(['\n', '\r']).unwrap_or(rest.len()), true)
        } else {
            (rest.chars().next().map_or(1, char::len_utf8), false)
        };
        let (comment, behind) = rest.split_at(end);
        found.extend(is_comment.then_some(comment));
        rest = behind.trim_start();
    }
    found
}

/// `/*+ primary */`, `/*+ replica */`, and Pgpool-II's `/*NO LOAD BALANCE*/`.
fn own_hint(comment: &str) -> Option<Hint> {
    let inner = comment.strip_prefix("/*")?.strip_suffix("*/")?;
    let Some(word) = inner.strip_prefix('+') else {
        return inner.trim().eq_ignore_ascii_case("NO LOAD BALANCE").then_some(Hint::Primary);
    };
    target(word.trim())
}

/// `-- maxscale route to master`, in any kind of comment.
fn maxscale_hint(comment: &str) -> Option<Hint> {
    let inner = comment.trim_start_matches(['-', '#', '/', '*']).trim_end_matches(['*', '/']);
    let mut words = inner.split_ascii_whitespace();
    let mut next_is = |expected: &str| words.next().is_some_and(|word| word.eq_ignore_ascii_case(expected));
    (next_is("maxscale") && next_is("route") && next_is("to")).then(|| words.next().and_then(target)).flatten()
}

fn target(word: &str) -> Option<Hint> {
    let is = |names: &[&str]| names.iter().any(|name| word.eq_ignore_ascii_case(name));
    if is(&["primary", "master"]) {
        Some(Hint::Primary)
    } else if is(&["replica", "slave", "standby"]) {
        Some(Hint::Replica)
    } else {
        None
    }
}

/// The body of a routine, trigger or rule, whose semicolons end nothing.
#[derive(Default)]
struct Body {
    seen: usize,
    creates: bool,
    routine: bool,
    rule: bool,
    /// How many BEGINs and CASEs wait for their END.
    depth: u32,
    parentheses: i32,
}

impl Body {
    fn see(&mut self, token: &Token<'_>, before: Option<&Token<'_>>, next: Option<&Token<'_>>) {
        if self.seen == 0 {
            self.creates = token.is_any(&["CREATE", "ALTER"]);
        }
        self.seen += 1;
        if !self.creates {
            return;
        }
        // What is created stands among the first words: CREATE DEFINER = 'a'@'b' SQL SECURITY … PROCEDURE.
        if self.seen < 16 && !self.routine && !self.rule {
            self.routine = token.is_any(&["PROCEDURE", "FUNCTION", "TRIGGER", "EVENT"]);
            self.rule = token.is("RULE");
            self.creates &= !token.is_any(&["TABLE", "VIEW", "INDEX"]);
        }
        self.parentheses += i32::from(token.is_sign('(')) - i32::from(token.is_sign(')'));
        if !self.routine {
            return;
        }
        let ended = |token: Option<&Token<'_>>| token.is_some_and(|token| token.is("END"));
        if token.is("BEGIN") || token.is("CASE") && self.depth > 0 && !ended(before) {
            self.depth += 1;
        } else if token.is("END") && !next.is_some_and(|next| next.is_any(&["IF", "LOOP", "REPEAT", "WHILE"])) {
            self.depth = self.depth.saturating_sub(1);
        }
    }

    fn is_over(&self) -> bool {
        self.depth == 0 && !(self.rule && self.parentheses > 0)
    }
}
