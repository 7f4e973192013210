//! `SET` and its kin: what the session's connections must agree on.

use super::Ask;
use super::query::{is_same_everywhere, user_variables};
use super::session::Session;
use super::words::{Tokens, begins, between_commas, is_name};
use crate::engine::flavor::Flavor;
use crate::engine::sql::{Token, TokenKind};

const STATE: &str = "sets the session's state, which all its connections share: all";
const SERVER: &str = "changes a setting of the server: the primary";
const NEXT: &str = "holds for one transaction only: the primary";
const UNREAD: &str = "a setting that cannot be read: the primary";
const DIFFERS: &str = "sets what another server would compute differently: the primary";

/// What one assignment of MySQL's does.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Assigned {
    /// A user variable, the same everywhere or not.
    Variable { same: bool },
    /// A setting of the session, the same everywhere or not.
    Session { same: bool },
    /// A setting of the server's.
    Server,
    /// `SET @@transaction_…`: of the next transaction.
    Next,
    /// `gtid_next`.
    Gtid,
}

impl Session {
    /// `SET`, `RESET`, `DISCARD`.
    pub(super) fn set(&mut self, tokens: Tokens<'_, '_>, text: &str) -> Ask {
        match self.flavor {
            Flavor::Postgresql => self.set_postgresql(tokens, text),
            Flavor::Mysql => self.set_mysql(tokens, text),
        }
    }

    fn all(&mut self, text: &str) -> Ask {
        self.remember(text);
        Ask::all(STATE)
    }

    fn set_postgresql(&mut self, tokens: Tokens<'_, '_>, text: &str) -> Ask {
        let Some((verb, mut rest)) = tokens.split_first() else { return Ask::primary(UNREAD) };
        if verb.is("DISCARD") || verb.is("RESET") {
            match rest {
                [what] if what.is("ALL") && verb.is("DISCARD") => self.reset(),
                [what] if what.is_any(&["TEMP", "TEMPORARY"]) => self.temporary.clear(),
                [what] if what.is_any(&["PLANS", "SEQUENCES"]) => {}
                _ if verb.is("DISCARD") => return Ask::primary(UNREAD),
                [what] if what.is("ALL") => {
                    (self.serializable, self.odd_quotes, self.tied) = (false, false, None);
                }
                [what] if what.is("TRANSACTION_ISOLATION") => return Ask::primary(NEXT),
                [name, ..] => self.sets(name, None),
                [] => return Ask::primary(UNREAD),
            }
            return self.all(text);
        }
        let local = rest.first().is_some_and(|token| token.is("LOCAL"));
        if begins(rest, &["SESSION", "CHARACTERISTICS"]) {
            if let Some(at) = rest.iter().position(|token| token.is("LEVEL")) {
                self.serializable = rest.get(at + 1).is_some_and(|level| level.is("SERIALIZABLE"));
            }
            return self.all(text);
        }
        if rest.first().is_some_and(|token| token.is_any(&["SESSION", "LOCAL"]))
            && !begins(rest, &["SESSION", "AUTHORIZATION"])
        {
            rest = rest.get(1..).unwrap_or_default();
        }
        let Some((name, value)) = rest.split_first() else { return Ask::primary(UNREAD) };
        if !is_name(name) || rest.iter().any(|token| token.is_sign('(')) {
            return Ask::primary(UNREAD).writing();
        }
        if name.is_any(&["TRANSACTION", "CONSTRAINTS"]) {
            return Ask::primary(NEXT);
        }
        let keyword = name.is_any(&["NAMES", "ROLE", "SCHEMA", "CATALOG", "SEED"])
            || begins(rest, &["TIME", "ZONE"])
            || begins(rest, &["XML", "OPTION"])
            || begins(rest, &["SESSION", "AUTHORIZATION"]);
        if keyword && !value.is_empty() {
            return if local { Ask::all(STATE) } else { self.all(text) };
        }
        let sign = value.iter().position(|token| token.is_sign('=') || token.is("TO"));
        let Some(given) = sign.and_then(|at| value.get(at + 1..)).filter(|given| !given.is_empty()) else {
            return Ask::primary(UNREAD).writing();
        };
        let lower = name.content(self.flavor).to_lowercase();
        if matches!(lower.as_str(), "transaction_isolation" | "transaction_read_only" | "transaction_deferrable") {
            return Ask::primary(NEXT);
        }
        if local {
            // The transaction's server runs it; outside of one it has no effect that would have to be repeated.
            return Ask::all(STATE);
        }
        self.sets(name, Some(given));
        self.all(text)
    }

    /// What a setting of PostgreSQL's means for routing; without a value it is what it was at the beginning.
    fn sets(&mut self, name: &Token<'_>, value: Option<Tokens<'_, '_>>) {
        let value = value.and_then(|value| value.first()).map(|value| value.content(self.flavor).to_lowercase());
        match name.content(self.flavor).to_lowercase().as_str() {
            "default_transaction_isolation" => self.serializable = value.as_deref() == Some("serializable"),
            "standard_conforming_strings" => {
                let usual = ["on", "true", "yes", "1", "default"];
                self.odd_quotes = value.is_some_and(|value| !usual.contains(&value.as_str()));
            }
            _ => {}
        }
    }

    fn set_mysql(&mut self, tokens: Tokens<'_, '_>, text: &str) -> Ask {
        let rest = tokens.get(1..).unwrap_or_default();
        let word = |at: usize, words: &[&str]| rest.get(at).is_some_and(|token| token.is_any(words));
        let assigned_to = rest.get(1).is_some_and(|token| token.is_sign('=') || token.is_sign(':'));
        if word(0, &["PASSWORD"]) {
            self.commits_first();
            return Ask::primary("changes an account: the primary").writing();
        }
        if !assigned_to {
            if word(0, &["RESOURCE"]) || begins(rest, &["DEFAULT", "ROLE"]) {
                self.commits_first();
                return Ask::primary("changes an account, or a server's threads: the primary").writing();
            }
            if word(0, &["NAMES", "CHARSET", "ROLE"]) || begins(rest, &["CHARACTER", "SET"]) {
                return self.all(text);
            }
            if word(0, &["TRANSACTION"]) {
                self.one_shot = self.open.is_none();
                return Ask::primary(NEXT);
            }
            if word(1, &["TRANSACTION"]) {
                return match word(0, &["SESSION", "LOCAL"]) {
                    true => self.all(text),
                    false => Ask::primary(SERVER).writing(),
                };
            }
        }
        let mut found = Vec::new();
        let mut scope = None;
        for part in between_commas(rest) {
            match self.assignment(part, &mut scope) {
                Some(assigned) => found.push(assigned),
                None => {
                    self.tied = Some("the session has set what cannot be read: the primary");
                    return Ask::primary(UNREAD).writing();
                }
            }
        }
        let shared =
            |one: &Assigned| matches!(one, Assigned::Variable { same: true } | Assigned::Session { same: true });
        if found.iter().all(shared) {
            for part in between_commas(rest).iter().filter(|part| part.first().is_some_and(|token| token.is_sign('@')))
            {
                self.keep_variables(target_variable(part), false);
            }
            return self.all(text);
        }
        // One statement for the primary only: what else it sets is known nowhere else.
        for part in between_commas(rest) {
            self.keep_variables(target_variable(part), true);
            self.keep_variables(assigned_within(part), true);
        }
        if found.iter().any(|one| matches!(one, Assigned::Session { .. })) {
            self.tied = Some("the session has set its state on the primary only: the primary");
        }
        let reason = if found.contains(&Assigned::Server) {
            SERVER
        } else if found.contains(&Assigned::Next) || found.contains(&Assigned::Gtid) {
            NEXT
        } else {
            DIFFERS
        };
        Ask::primary(reason).writing()
    }

    /// One assignment of MySQL's, and what it means for the session.
    fn assignment<'t>(&mut self, part: Tokens<'t, '_>, scope: &mut Option<&'t str>) -> Option<Assigned> {
        let signs = part.iter().take(2).take_while(|token| token.is_sign('@')).count();
        let mut rest = part.get(signs..)?;
        let equals = rest.iter().position(|token| token.is_sign('='))?;
        let value = rest.get(equals + 1..).filter(|value| !value.is_empty())?;
        let same = is_same_everywhere(value, self);
        if signs == 1 {
            return Some(Assigned::Variable { same });
        }
        let mut own_scope = None;
        if let Some(word) = rest.first().filter(|word| {
            word.is_any(&["GLOBAL", "SESSION", "LOCAL", "PERSIST", "PERSIST_ONLY"])
                && !rest.get(1).is_some_and(|next| next.is_sign('=') || next.is_sign(':'))
        }) {
            own_scope = Some(word.text);
            rest = rest.get(1..)?;
            if signs == 2 && rest.first().is_some_and(|token| token.is_sign('.')) {
                rest = rest.get(1..)?;
            }
        }
        if signs == 0 {
            // A scope keyword holds for what follows it, too.
            *scope = own_scope.or(*scope);
            own_scope = *scope;
        }
        let server =
            own_scope.is_some_and(|scope| !["SESSION", "LOCAL"].iter().any(|own| scope.eq_ignore_ascii_case(own)));
        if server {
            return Some(Assigned::Server);
        }
        let name = rest.first().filter(|name| is_name(name))?.content(self.flavor).to_lowercase();
        let plain = match value {
            [value] => Some(value.content(self.flavor).to_lowercase()),
            _ => None,
        };
        match name.as_str() {
            "autocommit" => {
                let on = plain.as_deref().is_some_and(|value| matches!(value, "1" | "on" | "true" | "default"));
                if on && self.autocommit_off {
                    self.commits_first();
                }
                self.autocommit_off = !on;
                Some(Assigned::Session { same: true })
            }
            "completion_type" => {
                let plain = plain.as_deref().unwrap_or_default();
                self.chains = !matches!(plain, "0" | "no_chain" | "2" | "release" | "default");
                Some(Assigned::Session { same })
            }
            "sql_mode" => {
                let literal = value.len() == 1
                    && value.first().is_some_and(|one| one.kind == TokenKind::Text || one.is("DEFAULT"));
                let odd = plain.as_deref().is_none_or(|mode| mode.contains("ansi") || mode.contains("no_backslash"));
                // `CONCAT(@@sql_mode, ',STRICT_TRANS_TABLES')` adds what it names, and keeps the rest.
                let names_odd = value.iter().any(|token| {
                    let content = token.content(self.flavor).to_lowercase();
                    content.contains("ansi") || content.contains("no_backslash")
                });
                self.odd_quotes = match literal {
                    true => odd,
                    false => self.odd_quotes || names_odd || !begins_with_concat(value),
                };
                Some(Assigned::Session { same })
            }
            "gtid_next" => {
                self.gtid_next = plain.as_deref() != Some("automatic");
                Some(Assigned::Gtid)
            }
            "transaction_isolation" | "transaction_read_only" | "tx_isolation" | "tx_read_only"
                if signs == 2 && own_scope.is_none() =>
            {
                self.one_shot = self.open.is_none();
                Some(Assigned::Next)
            }
            _ => Some(Assigned::Session { same }),
        }
    }
}

fn begins_with_concat(value: Tokens<'_, '_>) -> bool {
    value.first().is_some_and(|token| token.is_any(&["CONCAT", "CONCAT_WS", "REPLACE"]))
}

/// The variable that an assignment is to.
fn target_variable(part: Tokens<'_, '_>) -> Vec<String> {
    match part {
        [sign, name, ..] if sign.is_sign('@') && !name.is_sign('@') => {
            vec![name.content(Flavor::Mysql).to_lowercase()]
        }
        _ => Vec::new(),
    }
}

/// The variables that an assignment's value assigns to itself: `SET @a = (@b := 1)`.
fn assigned_within(part: Tokens<'_, '_>) -> Vec<String> {
    let assigns = part.windows(2).filter(|pair| pair[0].is_sign(':') && pair[1].is_sign('=')).count();
    if assigns > 0 { user_variables(part) } else { Vec::new() }
}
