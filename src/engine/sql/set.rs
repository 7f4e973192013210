//! `SET` and its kin.

use super::lexer::{Token, TokenKind};
use crate::engine::flavor::Flavor;

/// How far a setting reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// This session.
    Session,
    /// This transaction (`SET LOCAL`).
    Local,
    /// This server (`SET GLOBAL`).
    Global,
    /// This server, also after a restart (`SET PERSIST`).
    Persist,
    /// A variable of the session's own (`SET @name = …`).
    User,
}

/// One assignment.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SetStatement {
    /// How far it reaches.
    pub scope: Scope,
    /// The setting's name in lower case. `transaction` stands for `SET TRANSACTION …`, `session characteristics`
    /// for PostgreSQL's `SET SESSION CHARACTERISTICS AS TRANSACTION …`, `all` for `RESET ALL` and `DISCARD ALL`.
    pub name: String,
    /// The value without quotes, several joined by `, `; `None` for the default.
    pub value: Option<String>,
}

/// Reads `SET …`, `RESET …` or `DISCARD ALL`. What cannot be read gives no assignment.
pub(super) fn parse(tokens: &[Token<'_>], flavor: Flavor) -> Vec<SetStatement> {
    let Some((verb, rest)) = tokens.split_first() else { return Vec::new() };
    if verb.is("RESET") || verb.is("DISCARD") {
        return rest
            .first()
            .map(|name| SetStatement { scope: Scope::Session, name: lower(name, flavor), value: None })
            .into_iter()
            .collect();
    }
    match flavor {
        // A value of PostgreSQL's may be a list with commas.
        Flavor::Postgresql => assignment(rest, flavor, Scope::Session).into_iter().collect(),
        Flavor::Mysql => {
            let mut scope = Scope::Session;
            let mut assignments = Vec::new();
            for part in split_at_commas(rest) {
                if let Some(read) = assignment(part, flavor, scope) {
                    // A scope keyword holds for what follows it, too.
                    if part.first().is_some_and(|token| token.is_any(&["GLOBAL", "PERSIST", "SESSION"])) {
                        scope = read.scope;
                    }
                    assignments.push(read);
                }
            }
            assignments
        }
    }
}

fn split_at_commas<'t, 'a>(tokens: &'t [Token<'a>]) -> Vec<&'t [Token<'a>]> {
    let mut depth = 0_i32;
    tokens
        .split(|token| {
            depth += i32::from(token.is_sign('(')) - i32::from(token.is_sign(')'));
            depth <= 0 && token.is_sign(',')
        })
        .collect()
}

fn assignment(mut tokens: &[Token<'_>], flavor: Flavor, inherited: Scope) -> Option<SetStatement> {
    let mut scope = inherited;
    let mut signs = 0;
    while tokens.first().is_some_and(|token| token.is_sign('@')) {
        signs += 1;
        tokens = &tokens[1..];
    }
    if signs == 1 {
        scope = Scope::User;
    }
    let keyword = |token: &Token<'_>| match () {
        () if token.is_any(&["SESSION", "LOCAL"]) && flavor == Flavor::Mysql => Some(Scope::Session),
        () if token.is("SESSION") => Some(Scope::Session),
        () if token.is("LOCAL") => Some(Scope::Local),
        () if token.is("GLOBAL") => Some(Scope::Global),
        () if token.is_any(&["PERSIST", "PERSIST_ONLY"]) => Some(Scope::Persist),
        () => None,
    };
    if let (true, Some(found), Some(next)) = (signs != 1, tokens.first().and_then(keyword), tokens.get(1)) {
        // `SET session = …` would be a setting of that name; `SET SESSION name`, `@@session.name` are scopes.
        if !next.is_sign('=') {
            scope = found;
            tokens = &tokens[1..];
            if signs == 2 && tokens.first().is_some_and(|token| token.is_sign('.')) {
                tokens = &tokens[1..];
            }
        }
    }
    let (first, mut rest) = tokens.split_first()?;
    if first.is("TRANSACTION") {
        return Some(SetStatement { scope, name: "transaction".to_owned(), value: Some(words(rest, flavor)) });
    }
    if first.is("CHARACTERISTICS") {
        let name = "session characteristics".to_owned();
        return Some(SetStatement { scope, name, value: Some(words(rest, flavor)) });
    }
    if first.is("TIME") && rest.first().is_some_and(|token| token.is("ZONE")) {
        return Some(SetStatement { scope, name: "timezone".to_owned(), value: Some(words(&rest[1..], flavor)) });
    }
    if first.is_any(&["NAMES", "CHARSET"]) && !rest.first().is_some_and(|token| token.is_sign('=')) {
        return Some(SetStatement { scope, name: lower(first, flavor), value: Some(words(rest, flavor)) });
    }
    let mut name = lower(first, flavor);
    while let [dot, part, tail @ ..] = rest
        && dot.is_sign('.')
    {
        name = format!("{name}.{}", lower(part, flavor));
        rest = tail;
    }
    // `=`, `:=` or `TO`.
    if rest.first().is_some_and(|token| token.is_sign(':')) {
        rest = &rest[1..];
    }
    let (sign, value) = rest.split_first()?;
    if !sign.is_sign('=') && !sign.is("TO") || value.is_empty() {
        return None;
    }
    let default = value.len() == 1 && value.first().is_some_and(|token| token.is("DEFAULT"));
    Some(SetStatement { scope, name, value: (!default).then(|| words(value, flavor)) })
}

fn lower(token: &Token<'_>, flavor: Flavor) -> String {
    token.content(flavor).to_lowercase()
}

/// Tokens as text: lists by `, `, signs and numbers together, words apart.
fn words(tokens: &[Token<'_>], flavor: Flavor) -> String {
    let mut out = String::new();
    for token in tokens {
        if token.is_sign(',') {
            out.push_str(", ");
            continue;
        }
        let apart = token.kind != TokenKind::Sign && out.ends_with(|c: char| c.is_alphanumeric() || c == '_');
        if apart {
            out.push(' ');
        }
        out.push_str(&token.content(flavor));
    }
    out
}
