//! What has to be remembered of a session, and what each of its statements asks for.

use super::calls::calls;
use super::functions::Effect;
use super::history::History;
use super::prepared::Prepared;
use super::query::user_variables;
use super::schema::Temporary;
use super::text::{Hint, Part};
use super::transaction::Open;
use super::words::{Tokens, begins};
use super::{Ask, Place};
use crate::engine::flavor::Flavor;
use crate::order::{OrderedMap, OrderedSet};

/// So many statements that set the session's state are kept; a session that sends more stays on the primary.
const HISTORY_KEPT: usize = 500;

/// What has to be remembered of a session.
#[derive(Clone, Debug)]
pub(super) struct Session {
    pub flavor: Flavor,
    /// The transaction that is open.
    pub open: Option<Open>,
    /// MySQL: `autocommit` is off, so that any statement opens a transaction.
    pub autocommit_off: bool,
    /// MySQL: `completion_type` makes every `COMMIT` begin another transaction.
    pub chains: bool,
    /// MySQL: `LOCK TABLES` holds.
    pub locked_tables: bool,
    /// MySQL: `SET TRANSACTION` holds for the next transaction.
    pub one_shot: bool,
    /// MySQL: `gtid_next` is set.
    pub gtid_next: bool,
    /// PostgreSQL: transactions are serializable, which no standby takes.
    pub serializable: bool,
    /// Quotes and backslashes may mean something else than they do by default.
    pub odd_quotes: bool,
    /// Why the session's reads stay on the primary until its state is reset.
    pub tied: Option<&'static str>,
    pub temporary: Vec<Temporary>,
    pub prepared: OrderedMap<String, Prepared>,
    /// MySQL: variables that only the primary's connection has.
    variables: OrderedSet<String>,
    /// The statements that set the session's state, in order.
    pub history: History,
    /// Whether the last message went to a replica.
    pub last_on_replica: bool,
}

impl Session {
    pub fn new(flavor: Flavor) -> Session {
        Session {
            flavor,
            open: None,
            autocommit_off: false,
            chains: false,
            locked_tables: false,
            one_shot: false,
            gtid_next: false,
            serializable: false,
            odd_quotes: false,
            tied: None,
            temporary: Vec::new(),
            prepared: OrderedMap::new(),
            variables: OrderedSet::new(),
            history: History::default(),
            last_on_replica: false,
        }
    }

    /// What the next statement asks for. The session is afterwards what it is when the statement succeeds.
    pub fn step(&mut self, part: &Part<'_>, first_of_message: bool) -> Ask {
        let before = self.open.clone();
        let one_shot = self.one_shot;
        let tied = self.ties();
        let mut ask = self.look(&part.tokens, part.text);
        if self.one_shot == one_shot && before.is_none() && !begins(&part.tokens, &["SET"]) {
            self.one_shot = false;
        }
        if ask.place == Place::Nowhere {
            return ask;
        }
        if let Some(open) = before {
            let (place, reason) = match open.on_replica {
                true => (Place::Replica, "inside a read-only transaction: the replica that runs it"),
                false => (Place::Primary, "inside a transaction: the primary, which runs it"),
            };
            return Ask { place, reason, detail: String::new(), ..ask };
        }
        if ask.place == Place::Last && !first_of_message {
            ask.place = Place::Replica;
        }
        if ask.place == Place::Last && !self.last_on_replica {
            ask.place = Place::Primary;
        }
        match part.hint {
            Some(Hint::Primary) if ask.place == Place::Replica => {
                ask = Ask::primary("a comment asks for it: the primary");
                if let Some(open) = &mut self.open {
                    open.on_replica = false;
                }
            }
            Some(Hint::Replica) if ask.hintable => {
                ask = Ask::new(Place::Replica, "a comment says that it is a read: a replica");
            }
            _ => {}
        }
        match tied {
            // A transaction has looked at them when it began.
            Some(reason) if ask.place == Place::Replica && self.open.is_none() => {
                Ask { place: Place::Primary, reason, ..ask }
            }
            _ => ask,
        }
    }

    /// Why even a read must go to the primary now, outside of a transaction.
    pub fn ties(&self) -> Option<&'static str> {
        if self.autocommit_off {
            Some("autocommit is off, so that it opens a transaction: the primary")
        } else if self.locked_tables {
            Some("LOCK TABLES holds on the primary: the primary")
        } else if self.one_shot {
            Some("SET TRANSACTION on the primary holds for it: the primary")
        } else if self.gtid_next {
            Some("gtid_next is set on the primary: the primary")
        } else if self.serializable {
            Some("serializable, which no standby takes: the primary")
        } else {
            self.tied
        }
    }

    /// Whether the primary's connection has something of the session's that no replica's has.
    pub fn has_primarys_own(&self) -> bool {
        !self.temporary.is_empty() || !self.variables.is_empty() || self.prepared.values().any(|one| !one.everywhere)
    }

    /// Whether only the primary's connection has this variable.
    pub fn holds_variable(&self, name: &str) -> bool {
        self.variables.contains(name)
    }

    /// From now on only the primary's connection has these variables, or again all have.
    pub fn keep_variables(&mut self, names: Vec<String>, on_primary_only: bool) {
        for name in names {
            match on_primary_only {
                true => self.variables.insert(name),
                false => self.variables.remove(&name),
            };
        }
    }

    /// A statement that every connection of the session must have run.
    pub fn remember(&mut self, text: &str) {
        if self.history.len() >= HISTORY_KEPT {
            self.tied = Some("the session has set more than is kept for other servers: the primary");
            return;
        }
        self.history.push(text);
    }

    /// Everything of the session is as it was when it began, but for its transaction. What it has set is moot.
    pub fn reset(&mut self) {
        let fresh = Session::new(self.flavor);
        self.history.truncate(0);
        let (history, open) = (std::mem::take(&mut self.history), self.open.take());
        *self = Session { history, open, last_on_replica: self.last_on_replica, ..fresh };
    }

    /// The last message failed, perhaps after some of its statements had succeeded: what may have come of it stays only
    /// where that is the safe side.
    pub fn undo(&mut self, before: Session) {
        let after = std::mem::replace(self, before);
        let kept = |prepared: &Prepared, name: &str| after.prepared.get(name) == Some(prepared);
        self.prepared.retain(|name, prepared| kept(prepared, name));
        for temporary in after.temporary {
            if !self.temporary.contains(&temporary) {
                self.temporary.push(temporary);
            }
        }
        self.variables.extend(after.variables);
        self.tied = self.tied.or(after.tied);
        self.autocommit_off |= after.autocommit_off;
        self.locked_tables |= after.locked_tables;
        self.serializable |= after.serializable;
        self.odd_quotes |= after.odd_quotes;
        self.gtid_next |= after.gtid_next;
        self.one_shot |= after.one_shot;
        self.last_on_replica = after.last_on_replica;
    }

    /// What a statement asks for outside of a transaction, and what it does to the session.
    pub fn look(&mut self, tokens: Tokens<'_, '_>, text: &str) -> Ask {
        let Some(first) = tokens.iter().find(|token| !token.is_sign('(')) else {
            return Ask::primary("not known to be a read: the primary").writing();
        };
        let verb = first.text.to_ascii_uppercase();
        let opened = tokens.first().is_some_and(|token| token.is_sign('('));
        let mysql = self.flavor == Flavor::Mysql;
        match verb.as_str() {
            "SELECT" | "VALUES" | "TABLE" | "WITH" => {
                let ask = self.query(tokens);
                self.keeps_from_query(tokens, &ask);
                ask
            }
            _ if opened => Ask::primary("not known to be a read: the primary").writing(),
            "INSERT" | "UPDATE" | "DELETE" | "REPLACE" | "MERGE" => {
                let ask = Ask::primary("a write: the primary").about(verb).writing();
                self.keeps_from_query(tokens, &ask);
                ask
            }
            "BEGIN" | "START" | "COMMIT" | "ROLLBACK" | "SAVEPOINT" | "RELEASE" | "XA" => self.transaction(tokens),
            "END" | "ABORT" if !mysql => self.transaction(tokens),
            "PREPARE" if !mysql && begins(tokens, &["PREPARE", "TRANSACTION"]) => self.transaction(tokens),
            "PREPARE" | "EXECUTE" | "DEALLOCATE" => self.prepared(tokens, text),
            "DROP" if mysql && begins(tokens, &["DROP", "PREPARE"]) => self.prepared(tokens, text),
            "SET" => self.set(tokens, text),
            "RESET" | "DISCARD" if !mysql => self.set(tokens, text),
            "USE" if mysql => {
                self.remember(text);
                Ask::all("sets the session's database: all")
            }
            "SHOW" | "EXPLAIN" => self.show(tokens),
            "DESCRIBE" | "DESC" | "HELP" if mysql => self.show(tokens),
            "COPY" | "DECLARE" | "FETCH" | "MOVE" | "CLOSE" if !mysql => self.show(tokens),
            "CREATE" | "DROP" | "ALTER" | "RENAME" | "TRUNCATE" | "GRANT" | "REVOKE" | "COMMENT" => self.schema(tokens),
            "ANALYZE" | "CACHE" | "CHANGE" | "CHECK" | "FLUSH" | "INSTALL" | "LOAD" | "LOCK" | "OPTIMIZE"
            | "REPAIR" | "RESET" | "STOP" | "UNINSTALL" | "UNLOCK"
                if mysql =>
            {
                self.administers(tokens, verb)
            }
            _ => {
                if mysql && matches!(verb.as_str(), "CALL" | "DO" | "GET" | "LOAD") {
                    self.keep_variables(user_variables(tokens), true);
                }
                Ask::primary("not known to be a read: the primary").about(verb).writing()
            }
        }
    }

    /// What a query leaves behind on the connection that ran it.
    fn keeps_from_query(&mut self, tokens: Tokens<'_, '_>, ask: &Ask) {
        if self.flavor == Flavor::Mysql {
            let into = tokens.iter().any(|token| token.is("INTO")) && ask.reason.starts_with("SELECT INTO");
            let assigns = tokens.windows(2).any(|pair| pair[0].is_sign(':') && pair[1].is_sign('='));
            if into || assigns {
                self.keep_variables(user_variables(tokens), true);
            }
            return;
        }
        self.select_into(tokens);
        for call in calls(tokens, self.flavor) {
            let arguments = tokens.get(call.arguments).unwrap_or_default();
            // set_config(name, value, is_local): a local one is over with its statement.
            let local = arguments.last().is_some_and(|last| last.is("TRUE"));
            if call.effect == Effect::SessionState && !local {
                self.tied = Some("a function changed the session's state on the primary: the primary");
            }
        }
    }
}
