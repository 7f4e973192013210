//! Transactions: where they run, and when they are over.

use super::session::Session;
use super::words::{Tokens, begins, between_commas};
use super::{Ask, Place};
use crate::engine::flavor::Flavor;
use crate::engine::sql::TokenKind;

/// A transaction that is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Open {
    /// It was begun as read only, and so on a replica.
    pub on_replica: bool,
    /// MySQL: one of `XA START`, which `COMMIT` does not end.
    pub xa: bool,
    /// PostgreSQL: how much of the session's history it found, at its beginning and at each savepoint: what it sets is
    /// taken back when it is rolled back.
    marks: Vec<(String, usize)>,
    /// PostgreSQL: a statement failed in it, so that even `COMMIT` rolls it back.
    pub failed: bool,
}

impl Open {
    pub fn new(on_replica: bool, history: usize) -> Open {
        Open { on_replica, xa: false, marks: vec![(String::new(), history)], failed: false }
    }
}

impl Session {
    /// `BEGIN`, `COMMIT` and their kin.
    pub(super) fn transaction(&mut self, tokens: Tokens<'_, '_>) -> Ask {
        let Some(first) = tokens.first() else { return Ask::read() };
        let mysql = self.flavor == Flavor::Mysql;
        let verb = first.text.to_ascii_uppercase();
        match verb.as_str() {
            "BEGIN" => self.begin(tokens),
            "START" if tokens.get(1).is_some_and(|token| token.is("TRANSACTION")) => self.begin(tokens),
            "START" if mysql => self.administers(tokens, verb),
            "XA" => self.xa(tokens),
            "COMMIT" | "ROLLBACK" if tokens.get(1).is_some_and(|token| token.is("PREPARED")) => {
                Ask::primary("a prepared transaction: the primary").writing()
            }
            "PREPARE" => {
                self.end(true);
                Ask::primary("prepares the transaction: the primary").writing()
            }
            "SAVEPOINT" => {
                let (name, at) = (savepoint(tokens, self.flavor), self.history.len());
                if let Some(open) = &mut self.open {
                    open.marks.push((name, at));
                }
                Ask::primary("a savepoint: the primary")
            }
            "RELEASE" => Ask::primary("a savepoint: the primary"),
            "ROLLBACK" if tokens.iter().any(|token| token.is("TO")) => {
                self.roll_back_to(&savepoint(tokens, self.flavor));
                Ask::primary("a savepoint: the primary")
            }
            _ => self.finish(tokens, matches!(verb.as_str(), "COMMIT" | "END")),
        }
    }

    fn begin(&mut self, tokens: Tokens<'_, '_>) -> Ask {
        if self.open.as_ref().is_some_and(|open| open.xa) {
            return Ask::primary("inside an XA transaction: the primary");
        }
        let mode = Mode::read(tokens, self.flavor);
        let fit = mode.read_only
            && !self.has_primarys_own()
            && !(self.flavor == Flavor::Postgresql && mode.serializable.unwrap_or(self.serializable))
            && !(self.one_shot || self.gtid_next || self.locked_tables || self.tied.is_some());
        if let Some(open) = &self.open {
            if self.flavor == Flavor::Postgresql {
                // A warning, no more.
                return Ask::primary("inside a transaction");
            }
            // MySQL commits the open one first. A replica cannot go on with one that may write.
            if open.on_replica && !fit {
                let why = "would begin a transaction on the primary while one is open on a replica: end that first";
                return Ask::new(Place::Nowhere, why);
            }
            let on_replica = open.on_replica;
            self.end(true);
            self.open = Some(Open::new(on_replica, self.history.len()));
            return Ask::primary("a transaction");
        }
        self.locked_tables = false;
        self.open = Some(Open::new(fit, self.history.len()));
        match (fit, mode.read_only) {
            (true, _) => Ask::new(Place::Replica, "a read-only transaction: a replica"),
            (false, true) => Ask::primary("a read-only transaction that needs what only the primary has: the primary"),
            (false, false) => Ask::primary("a transaction that may write: the primary"),
        }
    }

    fn finish(&mut self, tokens: Tokens<'_, '_>, commits: bool) -> Ask {
        let ask = Ask::primary(match (&self.open, self.autocommit_off) {
            (None, true) => "ends what autocommit = 0 opened: the primary",
            _ => "no transaction is open: the primary",
        });
        let known = ["COMMIT", "END", "ROLLBACK", "ABORT", "WORK", "TRANSACTION", "AND", "NO", "CHAIN", "RELEASE"];
        // What the server does not understand ends nothing.
        if tokens.iter().any(|token| !token.is_any(&known)) || self.open.as_ref().is_some_and(|open| open.xa) {
            return ask;
        }
        let chain = tokens.iter().position(|token| token.is("CHAIN"));
        let chains = match chain {
            Some(at) => !at.checked_sub(1).and_then(|at| tokens.get(at)).is_some_and(|token| token.is("NO")),
            None => self.chains,
        };
        let on_replica = self.open.as_ref().map(|open| open.on_replica);
        self.end(commits);
        if let (true, Some(on_replica)) = (chains, on_replica) {
            self.open = Some(Open::new(on_replica, self.history.len()));
        }
        ask
    }

    /// The transaction is over.
    pub(super) fn end(&mut self, committed: bool) {
        let Some(open) = self.open.take() else { return };
        let committed = committed && !open.failed;
        if !committed
            && self.flavor == Flavor::Postgresql
            && let Some((_, history)) = open.marks.first()
        {
            self.history.truncate(*history);
        }
        self.end_of_transaction_for_tables(committed);
    }

    fn roll_back_to(&mut self, name: &str) {
        if self.flavor == Flavor::Mysql {
            return;
        }
        let Some(open) = &mut self.open else { return };
        if let Some((_, history)) = open.marks.iter().rev().find(|(mark, _)| mark == name) {
            open.failed = false;
            self.history.truncate(*history);
        }
    }

    /// `XA START` … `XA PREPARE`.
    fn xa(&mut self, tokens: Tokens<'_, '_>) -> Ask {
        let is = |words: &[&str]| words.iter().any(|word| begins(tokens, &["XA", word]));
        if is(&["START", "BEGIN"]) {
            if self.open.is_none() {
                self.open = Some(Open { xa: true, ..Open::new(false, self.history.len()) });
            }
        } else if is(&["PREPARE", "COMMIT", "ROLLBACK"]) && self.open.as_ref().is_none_or(|open| open.xa) {
            self.end(true);
        }
        Ask::primary("a distributed transaction: the primary").writing()
    }

    /// MySQL's statements that commit the open transaction, and are no `BEGIN`.
    pub(super) fn commits_first(&mut self) {
        // A server refuses them in a read-only transaction, and in one of XA, which stays.
        if self.flavor == Flavor::Mysql && self.open.as_ref().is_some_and(|open| !open.xa && !open.on_replica) {
            self.end(true);
        }
    }

    /// MySQL's statements about a server.
    pub(super) fn administers(&mut self, tokens: Tokens<'_, '_>, verb: String) -> Ask {
        match verb.as_str() {
            "LOCK" if tokens.get(1).is_some_and(|token| token.is_any(&["TABLES", "TABLE"])) => {
                self.commits_first();
                self.locked_tables = true;
            }
            "UNLOCK" if tokens.get(1).is_some_and(|token| token.is_any(&["TABLES", "TABLE"])) => {
                if self.locked_tables {
                    self.commits_first();
                }
                self.locked_tables = false;
            }
            "LOCK" | "UNLOCK" => {}
            "FLUSH" => {
                self.commits_first();
                // `FLUSH TABLES … WITH READ LOCK`, `… FOR EXPORT`.
                self.locked_tables |= tokens.iter().any(|token| token.is_any(&["LOCK", "EXPORT"]));
            }
            "RESET" if begins(tokens, &["RESET", "PERSIST"]) => {}
            "LOAD" if tokens.get(1).is_some_and(|token| !token.is("INDEX")) => {
                self.keep_variables(super::query::user_variables(tokens), true);
            }
            _ => self.commits_first(),
        }
        Ask::primary("not known to be a read: the primary").about(verb).writing()
    }
}

fn savepoint(tokens: Tokens<'_, '_>, flavor: Flavor) -> String {
    tokens.last().map(|name| super::words::folded(name, flavor)).unwrap_or_default()
}

/// What `BEGIN` or `START TRANSACTION` says of the transaction.
struct Mode {
    read_only: bool,
    /// PostgreSQL: whether its isolation level is the highest; `None` where it does not say.
    serializable: Option<bool>,
}

impl Mode {
    /// Of what a server would not understand, nothing is believed.
    fn read(tokens: Tokens<'_, '_>, flavor: Flavor) -> Mode {
        let none = Mode { read_only: false, serializable: None };
        let mut rest = tokens.get(1..).unwrap_or_default();
        match flavor {
            Flavor::Postgresql => {
                if rest.first().is_some_and(|token| token.is_any(&["WORK", "TRANSACTION"])) {
                    rest = &rest[1..];
                }
            }
            // MySQL's BEGIN takes nothing but WORK.
            Flavor::Mysql if tokens.first().is_some_and(|token| token.is("BEGIN")) => return none,
            Flavor::Mysql => rest = rest.get(1..).unwrap_or_default(),
        }
        let mut mode = none;
        // PostgreSQL's modes may follow one another without commas; each is three words at most.
        for part in between_commas(rest) {
            let mut at = 0;
            while let Some(part) = part.get(at..).filter(|part| !part.is_empty()) {
                let modes: &[&[&str]] = match flavor {
                    Flavor::Postgresql => &[
                        &["READ", "ONLY"],
                        &["READ", "WRITE"],
                        &["ISOLATION", "LEVEL", "SERIALIZABLE"],
                        &["ISOLATION", "LEVEL", "REPEATABLE", "READ"],
                        &["ISOLATION", "LEVEL", "READ", "COMMITTED"],
                        &["ISOLATION", "LEVEL", "READ", "UNCOMMITTED"],
                        &["DEFERRABLE"],
                        &["NOT", "DEFERRABLE"],
                    ],
                    Flavor::Mysql => &[&["READ", "ONLY"], &["READ", "WRITE"], &["WITH", "CONSISTENT", "SNAPSHOT"]],
                };
                let Some(found) = modes.iter().find(|words| begins(part, words)) else {
                    return Mode { read_only: false, serializable: None };
                };
                match **found {
                    ["READ", word] => mode.read_only = word == "ONLY",
                    ["ISOLATION", _, level, ..] => mode.serializable = Some(level == "SERIALIZABLE"),
                    _ => {}
                }
                at += found.len();
            }
        }
        // MySQL refuses both at once.
        let both = |word| rest.iter().any(|token| token.kind == TokenKind::Word && token.is(word));
        if flavor == Flavor::Mysql && both("ONLY") && both("WRITE") {
            mode.read_only = false;
        }
        mode
    }
}
