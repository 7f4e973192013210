//! Statements that show something: `SHOW`, `EXPLAIN`, `DESCRIBE`, `COPY`, cursors.

use super::query::user_variables;
use super::session::Session;
use super::words::{Tokens, begins, behind_parentheses, is_name, qualified};
use super::{Ask, Place};
use crate::engine::flavor::Flavor;

const LAST: &str = "asks about the last statement: the server that ran it";

impl Session {
    /// `SHOW` and its kin.
    pub(super) fn show(&mut self, tokens: Tokens<'_, '_>) -> Ask {
        let Some(first) = tokens.first() else { return Ask::read() };
        match (self.flavor, first.text.to_ascii_uppercase().as_str()) {
            (Flavor::Postgresql, "SHOW") => {
                Ask::new(Place::Replica, "a setting, the same on all of the session's connections: a replica")
            }
            (Flavor::Mysql, "SHOW") => self.show_mysql(tokens),
            (_, "HELP") => Ask::read(),
            (Flavor::Postgresql, "EXPLAIN") => self.explain_postgresql(tokens),
            (Flavor::Mysql, _) => self.explain_mysql(tokens),
            (_, "COPY") => self.copy(tokens),
            _ => Ask::primary("a cursor lives on one connection: the primary").writing(),
        }
    }

    fn show_mysql(&self, tokens: Tokens<'_, '_>) -> Ask {
        let words: Vec<String> = tokens.iter().skip(1).take(3).map(|token| token.text.to_ascii_uppercase()).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        match words.as_slice() {
            ["WARNINGS" | "ERRORS" | "PROFILE" | "PROFILES", ..] | ["COUNT", ..] => return Ask::new(Place::Last, LAST),
            ["MASTER" | "BINARY" | "BINLOG" | "REPLICAS", ..] | ["SLAVE", "HOSTS"] => {
                return Ask::primary("about the primary's binary log: the primary");
            }
            ["PROCESSLIST" | "ENGINE" | "MUTEX", ..] | ["FULL", "PROCESSLIST", ..] | ["OPEN", "TABLES", ..] => {
                return Ask::primary("tells of one server: the primary");
            }
            ["REPLICA" | "SLAVE", "STATUS", ..] | ["RELAYLOG", ..] => {
                return Ask::new(Place::Replica, "about a replica's channels: a replica");
            }
            [] => return Ask::primary("not known to be a read: the primary"),
            _ => {}
        }
        // Behind LIKE and WHERE stand expressions.
        let at = tokens.iter().position(|token| token.is("WHERE")).unwrap_or(tokens.len());
        let ask = self.query(tokens.get(at..).unwrap_or_default());
        if ask.place != Place::Replica {
            return ask;
        }
        match self.mentions_temporary(tokens) {
            Some(name) => {
                Ask::primary("tells of a temporary table, which only the primary has: the primary").about(name)
            }
            None => ask,
        }
    }

    fn explain_postgresql(&mut self, tokens: Tokens<'_, '_>) -> Ask {
        let mut analyze = false;
        let mut at = 1;
        let options = tokens.get(1).is_some_and(|token| token.is_sign('('))
            && tokens
                .get(2)
                .is_some_and(|token| is_name(token) && !token.is_any(&["SELECT", "WITH", "VALUES", "TABLE"]));
        if options {
            at = behind_parentheses(tokens, 1);
            for option in super::words::between_commas(tokens.get(2..at.saturating_sub(1)).unwrap_or_default()) {
                let off = option.get(1).is_some_and(|value| {
                    matches!(value.content(self.flavor).to_lowercase().as_str(), "off" | "false" | "0")
                });
                analyze |= option.first().is_some_and(|name| {
                    name.content(self.flavor).eq_ignore_ascii_case("analyze")
                        || name.content(self.flavor).eq_ignore_ascii_case("analyse")
                }) && !off;
            }
        } else {
            while let Some(token) = tokens.get(at).filter(|token| token.is_any(&["ANALYZE", "ANALYSE", "VERBOSE"])) {
                analyze |= !token.is("VERBOSE");
                at += 1;
            }
        }
        let inner = tokens.get(at..).unwrap_or_default();
        let query = inner.iter().find(|token| !token.is_sign('(')).is_some_and(|first| {
            first.is_any(&["SELECT", "WITH", "VALUES", "TABLE", "INSERT", "UPDATE", "DELETE", "MERGE", "EXECUTE"])
        });
        if !query {
            return Ask::primary("explains what is no query: the primary").writing();
        }
        if analyze {
            let ask = self.look(inner, "");
            return match ask.place {
                Place::Replica => Ask::new(Place::Replica, "EXPLAIN ANALYZE runs a read: a replica"),
                _ => Ask {
                    reason: "EXPLAIN ANALYZE runs what is no plain read: the primary",
                    place: Place::Primary,
                    ..ask
                },
            };
        }
        match self.mentions_temporary(inner) {
            Some(name) => {
                Ask::primary("explains a temporary table, which only the primary has: the primary").about(name)
            }
            None => Ask::new(Place::Replica, "explains, and runs nothing: a replica"),
        }
    }

    fn explain_mysql(&mut self, tokens: Tokens<'_, '_>) -> Ask {
        let mut at = 1;
        while let Some(token) = tokens.get(at) {
            if token.is_any(&["ANALYZE", "EXTENDED", "PARTITIONS"]) {
                at += 1;
            } else if token.is("FORMAT") && tokens.get(at + 1).is_some_and(|token| token.is_sign('=')) {
                at += 3;
            } else if token.is("INTO") {
                self.keep_variables(user_variables(tokens), true);
                return Ask::primary("explains into a variable of one connection: the primary");
            } else if begins(tokens.get(at..).unwrap_or_default(), &["FOR", "CONNECTION"]) {
                return Ask::primary("about a connection of one server: the primary");
            } else {
                break;
            }
        }
        let inner = tokens.get(at..).unwrap_or_default();
        let Some(first) = inner.iter().find(|token| !token.is_sign('(')) else {
            return Ask::primary("not known to be a read: the primary");
        };
        if first.is_any(&["SELECT", "WITH", "VALUES", "TABLE"]) && !(first.is("TABLE") && inner.len() < 2) {
            let ask = self.query(inner);
            return match ask.place {
                Place::Replica => Ask::new(Place::Replica, "explains a read: a replica"),
                _ => ask,
            };
        }
        if first.is_any(&["INSERT", "UPDATE", "DELETE", "REPLACE"]) {
            // ANALYZE runs an UPDATE or DELETE of several tables; without it a server that is read only may refuse.
            return Ask::primary("explains a write, which a replica may refuse: the primary").writing();
        }
        match qualified(inner, self.flavor) {
            Some(_) => match self.mentions_temporary(inner) {
                Some(name) => {
                    Ask::primary("describes a temporary table, which only the primary has: the primary").about(name)
                }
                None => Ask::new(Place::Replica, "describes a table: a replica"),
            },
            None => Ask::primary("not known to be a read: the primary"),
        }
    }

    fn copy(&mut self, tokens: Tokens<'_, '_>) -> Ask {
        let rest = tokens.get(1..).unwrap_or_default();
        let query = rest.first().is_some_and(|token| token.is_sign('('));
        let behind = if query {
            behind_parentheses(rest, 0)
        } else {
            let name = qualified(rest, self.flavor).map_or(0, |(_, _, length)| length);
            match rest.get(name) {
                Some(open) if open.is_sign('(') => behind_parentheses(rest, name),
                _ => name,
            }
        };
        if !begins(rest.get(behind..).unwrap_or_default(), &["TO", "STDOUT"]) {
            return Ask::primary("COPY writes a table or a server's file: the primary").writing();
        }
        let copied = rest.get(..behind).unwrap_or_default();
        let ask = match query {
            true => self.query(copied),
            false => match self.mentions_temporary(copied) {
                Some(name) => {
                    Ask::primary("copies a temporary table, which only the primary has: the primary").about(name)
                }
                None => Ask::read(),
            },
        };
        match ask.place {
            Place::Replica => Ask::new(Place::Replica, "COPY to the client only reads: a replica"),
            _ => ask,
        }
    }
}
