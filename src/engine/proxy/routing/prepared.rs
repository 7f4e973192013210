//! `PREPARE`, `EXECUTE`, `DEALLOCATE`: a statement is routed by what was prepared.

use std::sync::Arc;

use super::session::Session;
use super::text::{self, Part};
use super::words::{Tokens, behind_parentheses, folded, is_name};
use super::{Ask, Place};
use crate::engine::flavor::Flavor;
use crate::engine::sql::TokenKind;

/// A prepared statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Prepared {
    /// Its text, where it is known.
    text: Option<Arc<str>>,
    /// Whether every connection of the session has it, and not the primary's only.
    pub everywhere: bool,
}

const ALL: &str = "prepared on all of the session's connections: all";

impl Session {
    /// `PREPARE`, `EXECUTE`, `DEALLOCATE`, `DROP PREPARE`.
    pub(super) fn prepared(&mut self, tokens: Tokens<'_, '_>, text: &str) -> Ask {
        let Some((verb, rest)) = tokens.split_first() else { return Ask::primary("not a statement: the primary") };
        if verb.is("PREPARE") {
            self.prepare(rest, text)
        } else if verb.is("EXECUTE") {
            self.execute(rest)
        } else {
            self.deallocate(rest, text)
        }
    }

    fn prepare(&mut self, rest: Tokens<'_, '_>, text: &str) -> Ask {
        let unread = Ask::primary("prepares what cannot be read: the primary").writing();
        let Some((name, mut rest)) = rest.split_first().filter(|(name, _)| is_name(name)) else { return unread };
        let name = folded(name, self.flavor);
        let known = match self.flavor {
            Flavor::Postgresql => {
                if rest.first().is_some_and(|token| token.is_sign('(')) {
                    rest = rest.get(behind_parentheses(rest, 0)..).unwrap_or_default();
                }
                match rest {
                    [behind, statement, ..] if behind.is("AS") => {
                        // The statement's text is the end of the whole one's.
                        let length = rest.last().map_or(0, |last| last.end().saturating_sub(statement.start));
                        let trimmed = text.trim_end().trim_end_matches(';');
                        trimmed.len().checked_sub(length).and_then(|at| trimmed.get(at..)).map(Arc::from)
                    }
                    _ => return unread,
                }
            }
            Flavor::Mysql => match rest {
                [from, text] if from.is("FROM") && text.kind == TokenKind::Text => {
                    Some(text.content(self.flavor).into())
                }
                [from, at, ..] if from.is("FROM") && at.is_sign('@') => None,
                _ => return unread,
            },
        };
        let everywhere = known.is_some();
        self.prepared.insert(name, Prepared { text: known, everywhere });
        if !everywhere {
            return Ask::primary("prepares a text that only the server knows: the primary").writing();
        }
        self.remember(text);
        Ask::all(ALL)
    }

    fn execute(&mut self, rest: Tokens<'_, '_>) -> Ask {
        let Some((name, arguments)) = rest.split_first() else {
            return Ask::primary("executes nothing: the primary").writing();
        };
        let name = folded(name, self.flavor);
        let given = self.query(arguments);
        if given.place != Place::Replica {
            return given;
        }
        let Some(text) = self.prepared.get(&name).and_then(|one| one.text.clone()) else {
            return Ask::primary("executes what is not known: the primary").about(name).writing();
        };
        self.look_into(&text).map_or_else(
            || Ask::primary("executes what cannot be read: the primary").writing(),
            |ask| match ask.place {
                Place::Replica => Ask::new(Place::Replica, "executes a prepared read: a replica"),
                Place::All => Ask::primary("executes a prepared setting: the primary"),
                _ => ask,
            },
        )
    }

    /// What a prepared text asks for: one statement, and none that executes another.
    pub(super) fn look_into(&mut self, text: &str) -> Option<Ask> {
        let plain = text::read(text, self.flavor, true);
        let [Part { tokens, text, .. }] = plain.parts.as_slice() else { return None };
        let nested = tokens.first().is_none_or(|first| first.is_any(&["EXECUTE", "PREPARE", "DEALLOCATE", "EXPLAIN"]));
        if plain.doubt.is_some() || nested || text.contains("/*!") {
            return None;
        }
        let sets = tokens.first().is_some_and(|first| first.is_any(&["SET", "USE"]));
        if sets {
            // It runs on one server only.
            self.tied = Some("a prepared statement set the session's state on the primary: the primary");
            return Some(Ask::primary("executes a prepared setting: the primary").writing());
        }
        Some(self.look(tokens, text))
    }

    fn deallocate(&mut self, rest: Tokens<'_, '_>, text: &str) -> Ask {
        let rest = match rest {
            [prepare, rest @ ..] if prepare.is("PREPARE") && !rest.is_empty() => rest,
            rest => rest,
        };
        let everywhere = match rest {
            [all] if all.is("ALL") && self.flavor == Flavor::Postgresql => {
                self.prepared.clear();
                true
            }
            [name] => self.prepared.remove(&folded(name, self.flavor)).is_none_or(|one| one.everywhere),
            _ => return Ask::primary("cannot be read: the primary"),
        };
        if !everywhere {
            return Ask::primary("was prepared on the primary only: the primary");
        }
        self.remember(text);
        Ask::all("given back on all of the session's connections: all")
    }
}
