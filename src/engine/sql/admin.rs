//! MySQL's statements for operators of replication.

use super::lexer::{Token, TokenKind};
use crate::engine::flavor::Flavor;

/// A statement for operators of replication (MySQL 8.4 Reference Manual, 15.4).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Admin {
    /// `START REPLICA`, `STOP REPLICA`, of both threads or of one.
    Threads {
        /// Start rather than stop.
        start: bool,
        /// The receiver.
        io: bool,
        /// The applier.
        sql: bool,
    },
    /// `CHANGE REPLICATION SOURCE TO`: options with their values, in capitals and without quotes.
    ChangeSource(Vec<(String, String)>),
    /// `RESET REPLICA`, `RESET REPLICA ALL`.
    ResetReplica {
        /// Forget the source as well.
        all: bool,
    },
    /// `FLUSH BINARY LOGS`, `FLUSH LOGS`.
    FlushLogs,
    /// `PURGE BINARY LOGS TO 'file'`.
    PurgeTo(String),
    /// `PURGE BINARY LOGS BEFORE 'datetime'`, or `BEFORE NOW()` and its kin (`None`).
    PurgeBefore(Option<String>),
}

/// The statement that these tokens are, with its command tag.
#[must_use]
pub(super) fn parse(tokens: &[Token<'_>]) -> Option<(Admin, &'static str)> {
    let words: Vec<String> = tokens
        .iter()
        .take(6)
        .map(|token| if token.kind == TokenKind::Word { token.text.to_ascii_uppercase() } else { String::new() })
        .collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["START", "REPLICA" | "SLAVE", rest @ ..] => Some((threads(true, rest), "START REPLICA")),
        ["STOP", "REPLICA" | "SLAVE", rest @ ..] => Some((threads(false, rest), "STOP REPLICA")),
        ["RESET", "REPLICA" | "SLAVE", rest @ ..] => {
            Some((Admin::ResetReplica { all: rest.first() == Some(&"ALL") }, "RESET REPLICA"))
        }
        ["CHANGE", "REPLICATION", "SOURCE", "TO", ..] => {
            Some((Admin::ChangeSource(options(tokens.get(4..).unwrap_or_default())), "CHANGE REPLICATION SOURCE"))
        }
        ["FLUSH", "LOGS", ..] | ["FLUSH", "BINARY", "LOGS", ..] => Some((Admin::FlushLogs, "FLUSH LOGS")),
        ["PURGE", "BINARY" | "MASTER", "LOGS", "TO", ..] => {
            Some((Admin::PurgeTo(tokens.get(4)?.content(Flavor::Mysql)), "PURGE BINARY LOGS"))
        }
        ["PURGE", "BINARY" | "MASTER", "LOGS", "BEFORE", ..] => {
            let text = tokens.get(4).filter(|token| token.kind == TokenKind::Text);
            Some((Admin::PurgeBefore(text.map(|token| token.content(Flavor::Mysql))), "PURGE BINARY LOGS"))
        }
        _ => None,
    }
}

fn threads(start: bool, rest: &[&str]) -> Admin {
    let named = |thread: &[&str]| rest.iter().any(|word| thread.contains(word));
    let (io, sql) = (named(&["IO_THREAD", "RELAY_THREAD"]), named(&["SQL_THREAD"]));
    let both = !io && !sql;
    Admin::Threads { start, io: io || both, sql: sql || both }
}

/// `NAME = value`, separated by commas.
fn options(tokens: &[Token<'_>]) -> Vec<(String, String)> {
    tokens
        .split(|token| token.is_sign(','))
        .filter_map(|part| match part {
            [name, equals, value, ..] if equals.is_sign('=') => {
                Some((name.text.to_ascii_uppercase(), value.content(Flavor::Mysql)))
            }
            _ => None,
        })
        .collect()
}
