//! Statements that change the schema, and the temporary tables that they make.

use super::Ask;
use super::session::Session;
use super::words::{Tokens, begins, between_commas, folded, is_name, qualified};
use crate::engine::flavor::Flavor;

/// A temporary table, view or sequence: only the connection that made it has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Temporary {
    name: String,
    /// PostgreSQL: it goes with the transaction (`ON COMMIT DROP`).
    until_commit: bool,
    /// PostgreSQL: it is dropped when the transaction commits that dropped it.
    dropped: bool,
}

impl Session {
    /// `CREATE`, `DROP`, `ALTER` and their kin.
    pub(super) fn schema(&mut self, tokens: Tokens<'_, '_>) -> Ask {
        let ask = Ask::primary("changes the schema, or rights: the primary");
        let Some(first) = tokens.first() else { return ask };
        let head = tokens.get(1..5).or_else(|| tokens.get(1..)).unwrap_or_default();
        let temporary = head.iter().any(|token| token.is_any(&["TEMP", "TEMPORARY"]));
        if !(temporary && first.is_any(&["CREATE", "DROP"])) {
            self.commits_first();
        }
        if first.is("CREATE") {
            self.creates(tokens, temporary);
        } else if first.is("DROP") {
            self.drops(tokens);
        } else if first.is("ALTER") && self.mentions_temporary(tokens).is_some() {
            let renamed = (0..tokens.len()).find(|at| begins(tokens.get(*at..).unwrap_or_default(), &["RENAME", "TO"]));
            let name = renamed.and_then(|at| qualified(tokens.get(at + 2..)?, self.flavor));
            if let Some((_, name, _)) = name {
                self.made(name, false);
            }
        }
        ask.about(first.text.to_ascii_uppercase()).writing()
    }

    fn creates(&mut self, tokens: Tokens<'_, '_>, temporary: bool) {
        let Some(object) = tokens.iter().take(8).position(|token| token.is_any(&["TABLE", "VIEW", "SEQUENCE"])) else {
            return;
        };
        let view = tokens.get(object).is_some_and(|token| token.is("VIEW"));
        let mut rest = tokens.get(object + 1..).unwrap_or_default();
        if begins(rest, &["IF", "NOT", "EXISTS"]) {
            rest = rest.get(3..).unwrap_or_default();
        }
        let Some((schema, name, length)) = qualified(rest, self.flavor) else {
            if temporary {
                self.tied = Some("a temporary table whose name cannot be read: the primary");
            }
            return;
        };
        let in_temporary_schema = schema.is_some_and(|schema| schema == "pg_temp");
        // A view of a temporary table is one itself.
        let body = rest.get(length..).unwrap_or_default();
        let inherits = view && self.mentions_temporary(body).is_some();
        if temporary || in_temporary_schema || inherits {
            let until_commit = (0..body.len()).any(|at| begins(&body[at..], &["ON", "COMMIT", "DROP"]));
            // Outside of a transaction it is gone at once.
            if !until_commit || self.open.is_some() {
                self.made(name, until_commit);
            }
        }
    }

    fn drops(&mut self, tokens: Tokens<'_, '_>) {
        let Some(object) = tokens.iter().take(4).position(|token| token.is_any(&["TABLE", "VIEW", "SEQUENCE"])) else {
            return;
        };
        let mut rest = tokens.get(object + 1..).unwrap_or_default();
        if begins(rest, &["IF", "EXISTS"]) {
            rest = rest.get(2..).unwrap_or_default();
        }
        let undecided = self.flavor == Flavor::Postgresql && self.open.is_some();
        for part in between_commas(rest) {
            let Some((schema, name, _)) = qualified(part, self.flavor) else { continue };
            // `public.t` is another table than the temporary t.
            if self.flavor == Flavor::Postgresql && schema.is_some_and(|schema| schema != "pg_temp") {
                continue;
            }
            match undecided {
                true => self.temporary.iter_mut().filter(|one| one.name == name).for_each(|one| one.dropped = true),
                false => self.temporary.retain(|one| one.name != name),
            }
        }
    }

    /// PostgreSQL's `SELECT … INTO TEMP name`.
    pub(super) fn select_into(&mut self, tokens: Tokens<'_, '_>) {
        let Some(at) = tokens.iter().position(|token| token.is("INTO")) else { return };
        let rest = tokens.get(at + 1..).unwrap_or_default();
        let words = ["TEMP", "TEMPORARY", "LOCAL", "GLOBAL", "UNLOGGED", "TABLE"];
        let modifiers = rest.iter().take_while(|token| token.is_any(&words)).count();
        let temporary = rest.iter().take(modifiers).any(|token| token.is_any(&["TEMP", "TEMPORARY"]));
        if let Some((schema, name, _)) = rest.get(modifiers..).and_then(|rest| qualified(rest, self.flavor))
            && (temporary || schema.is_some_and(|schema| schema == "pg_temp"))
        {
            self.made(name, false);
        }
    }

    fn made(&mut self, name: String, until_commit: bool) {
        self.temporary.retain(|one| one.name != name);
        self.temporary.push(Temporary { name, until_commit, dropped: false });
    }

    /// The first temporary table that is named among tokens, under whatever it is a name for there. PostgreSQL's own
    /// tables tell of a session's temporary ones, too.
    pub(super) fn mentions_temporary(&self, tokens: Tokens<'_, '_>) -> Option<String> {
        let mut names = tokens.iter().filter(|token| is_name(token)).map(|token| folded(token, self.flavor));
        names.find(|name| {
            *name == "pg_temp"
                || self.temporary.iter().any(|one| one.name == *name)
                || !self.temporary.is_empty() && (name.starts_with("pg_") || name == "information_schema")
        })
    }

    /// The transaction is over: what it made until then, or dropped, is gone.
    pub(super) fn end_of_transaction_for_tables(&mut self, committed: bool) {
        self.temporary.retain(|one| !(one.until_commit || committed && one.dropped));
        for one in &mut self.temporary {
            one.dropped = false;
        }
    }
}
