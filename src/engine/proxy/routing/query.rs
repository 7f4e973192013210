//! What a query asks for: whether it may run on a replica.

use super::calls::calls;
use super::functions::Effect;
use super::session::Session;
use super::words::{Tokens, begins, folded, is_name};
use super::{Ask, Place};
use crate::engine::flavor::Flavor;
use crate::engine::sql::Token;

/// Tables and schemas that tell of the server that is asked, and not of what is replicated.
const SERVERS_OWN: [&[&str]; 2] = [
    &[
        "pg_stat_replication",
        "pg_replication_slots",
        "pg_stat_replication_slots",
        "pg_stat_activity",
        "pg_stat_ssl",
        "pg_stat_archiver",
        "pg_stat_bgwriter",
        "pg_stat_wal",
        "pg_locks",
        "pg_prepared_xacts",
        "pg_cursors",
        "pg_prepared_statements",
    ],
    &["performance_schema", "processlist", "innodb_trx", "innodb_metrics"],
];

/// System variables of MySQL that tell what only the primary knows for sure.
const PRIMARYS_VARIABLES: &[&str] = &[
    "last_insert_id",
    "identity",
    "insert_id",
    "gtid_executed",
    "gtid_purged",
    "gtid_owned",
    "gtid_next",
    "last_gtid",
];

impl Session {
    /// What a query asks for, or any expression.
    pub(super) fn query(&self, tokens: Tokens<'_, '_>) -> Ask {
        if let Some(ask) = self.writes_in(tokens) {
            return ask;
        }
        let mut doubtful = None;
        for call in calls(tokens, self.flavor) {
            match call.effect {
                Effect::Primary(why) => return Ask::primary(why).about(call.name).writing(),
                Effect::SessionState => {
                    return Ask::primary("a function that changes the session's state: the primary")
                        .about(call.name)
                        .writing();
                }
                Effect::LastStatement => {
                    doubtful = Some(
                        Ask::new(Place::Last, "asks about the last statement: the server that ran it").about(call.name),
                    );
                }
                Effect::Unknown => {
                    let why = "a function that is not known to only read: the primary";
                    doubtful = Some(Ask::primary(why).about(call.name).writing().unless_hinted());
                }
                Effect::Reads => {}
            }
        }
        if let Some(name) = self.mentions_temporary(tokens) {
            return Ask::primary("reads a temporary table, which only the primary has: the primary").about(name);
        }
        if self.flavor == Flavor::Mysql
            && let Some(ask) = self.variables(tokens)
        {
            return ask;
        }
        if let Some(ask) = doubtful {
            return ask;
        }
        if self.flavor == Flavor::Mysql && tokens.iter().any(|token| token.is("SQL_CALC_FOUND_ROWS")) {
            return Ask::primary("FOUND_ROWS() will be asked about it: the primary");
        }
        let own = SERVERS_OWN[usize::from(self.flavor == Flavor::Mysql)];
        if let Some(name) = tokens.iter().filter(|token| is_name(token)).find_map(|token| {
            let name = folded(token, self.flavor);
            own.contains(&name.as_str()).then_some(name)
        }) {
            return Ask::primary("tells of one server: the primary").about(name).unless_hinted();
        }
        Ask::read()
    }

    /// Whether the text of a query holds what no replica takes.
    fn writes_in(&self, tokens: Tokens<'_, '_>) -> Option<Ask> {
        if let Some(verb) = hidden_write(tokens) {
            return Some(Ask::primary("hides a write: the primary").about(verb.text.to_ascii_uppercase()).writing());
        }
        if tokens.iter().any(|token| token.is("INTO")) {
            let why = match self.flavor {
                Flavor::Postgresql => "SELECT INTO makes a table: the primary",
                Flavor::Mysql => "SELECT INTO writes a file, or variables of one connection: the primary",
            };
            return Some(Ask::primary(why).writing());
        }
        if let Some(clause) = locking(tokens) {
            return Some(Ask::primary("locks what it reads: the primary").about(clause).writing());
        }
        let sequence = (0..tokens.len()).any(|at| {
            let rest = tokens.get(at..).unwrap_or_default();
            begins(rest, &["NEXT", "VALUE", "FOR"]) || begins(rest, &["PREVIOUS", "VALUE", "FOR"])
        });
        sequence.then(|| Ask::primary("moves a sequence: the primary").writing())
    }

    /// MySQL's variables, `@a` and `@@a`.
    fn variables(&self, tokens: Tokens<'_, '_>) -> Option<Ask> {
        if tokens.windows(2).any(|pair| pair[0].is_sign(':') && pair[1].is_sign('=')) {
            return Some(Ask::primary("sets a variable of one connection: the primary").writing());
        }
        for name in user_variables(tokens) {
            if self.holds_variable(&name) {
                let why = "reads a variable that was set on the primary only: the primary";
                return Some(Ask::primary(why).about(format!("@{name}")));
            }
        }
        for name in system_variables(tokens) {
            if PRIMARYS_VARIABLES.contains(&name.as_str()) {
                let why = "a variable that only the primary can tell: the primary";
                return Some(Ask::primary(why).about(format!("@@{name}")));
            }
            if matches!(name.as_str(), "warning_count" | "error_count") {
                let why = "asks about the last statement: the server that ran it";
                return Some(Ask::new(Place::Last, why).about(format!("@@{name}")));
            }
        }
        None
    }
}

/// The names of the variables `@name` among tokens, in small letters.
pub(super) fn user_variables(tokens: Tokens<'_, '_>) -> Vec<String> {
    let mut names = Vec::new();
    for (index, pair) in tokens.windows(2).enumerate() {
        let second_of_two = index.checked_sub(1).and_then(|at| tokens.get(at)).is_some_and(|token| token.is_sign('@'));
        if pair[0].is_sign('@') && !second_of_two && !pair[1].is_sign('@') {
            names.push(pair[1].content(Flavor::Mysql).to_lowercase());
        }
    }
    names
}

/// The names of the variables `@@name` and `@@scope.name` among tokens, in small letters.
fn system_variables(tokens: Tokens<'_, '_>) -> Vec<String> {
    let mut names = Vec::new();
    for (index, pair) in tokens.windows(2).enumerate() {
        if pair[0].is_sign('@') && pair[1].is_sign('@') {
            let rest = tokens.get(index + 2..).unwrap_or_default();
            let name = match rest {
                [_, dot, name, ..] if dot.is_sign('.') => Some(name),
                [name, ..] => Some(name),
                [] => None,
            };
            names.extend(name.map(|name| name.content(Flavor::Mysql).to_lowercase()));
        }
    }
    names
}

/// A writing verb where it could be one: not a function (`replace(…)`), a lock (`FOR UPDATE`), or a member (`t.update`).
fn hidden_write<'t, 'a>(tokens: Tokens<'t, 'a>) -> Option<&'t Token<'a>> {
    tokens.iter().enumerate().find_map(|(index, token)| {
        if !token.is_any(&["INSERT", "UPDATE", "DELETE", "REPLACE", "MERGE"]) {
            return None;
        }
        let previous = index.checked_sub(1).and_then(|index| tokens.get(index));
        let function = tokens.get(index + 1).is_some_and(|next| next.is_sign('('));
        let lock = previous.is_some_and(|previous| previous.is_any(&["FOR", "KEY"]));
        let member = previous.is_some_and(|previous| previous.is_sign('.'));
        (!(function || lock || member)).then_some(token)
    })
}

/// The first clause that locks rows.
fn locking(tokens: Tokens<'_, '_>) -> Option<&'static str> {
    const CLAUSES: [(&[&str], &str); 5] = [
        (&["FOR", "UPDATE"], "FOR UPDATE"),
        (&["FOR", "NO", "KEY", "UPDATE"], "FOR NO KEY UPDATE"),
        (&["FOR", "SHARE"], "FOR SHARE"),
        (&["FOR", "KEY", "SHARE"], "FOR KEY SHARE"),
        (&["LOCK", "IN", "SHARE", "MODE"], "LOCK IN SHARE MODE"),
    ];
    (0..tokens.len()).find_map(|at| {
        let rest = tokens.get(at..).unwrap_or_default();
        let member = at.checked_sub(1).and_then(|at| tokens.get(at)).is_some_and(|token| token.is_sign('.'));
        CLAUSES.iter().find(|(words, _)| !member && begins(rest, words)).map(|(_, clause)| *clause)
    })
}

/// Whether an expression gives the same on every server: it calls nothing that could differ and reads no table.
pub(super) fn is_same_everywhere(tokens: Tokens<'_, '_>, session: &Session) -> bool {
    const DIFFERS: &str = "\
        now curdate curtime sysdate unix_timestamp utc_date utc_time utc_timestamp localtime localtimestamp rand uuid \
        random_bytes sleep benchmark version json_storage_size";
    let differs = |token: &Token<'_>| {
        is_name(token) && {
            let name = folded(token, session.flavor);
            DIFFERS.split_ascii_whitespace().any(|one| one == name)
                || name.starts_with("current_") && name != "current_user"
        }
    };
    let reads_rows = tokens.iter().any(|token| token.is_any(&["SELECT", "TABLE", "VALUES", "WITH", "FROM"]));
    // A server's own variables may differ from one to the next; those of the session do not.
    let own = ["GLOBAL", "PERSIST", "HOSTNAME", "PORT", "READ_ONLY", "SERVER_ID", "SERVER_UUID", "SUPER_READ_ONLY"];
    let global = tokens.windows(2).any(|two| two[0].is_sign('@') && two[1].is_any(&own));
    !reads_rows && !global && !tokens.iter().any(differs) && session.query(tokens).place == Place::Replica
}
