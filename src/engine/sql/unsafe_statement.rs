//! Which statements may do something else when a replica executes them again.

use super::lexer::{Lexer, TokenKind};
use crate::engine::flavor::Flavor;

/// Functions whose result may differ on a replica (MySQL 8.4 Reference Manual, 19.2.1.3), and SQLite's own two.
const UNSAFE: &[&str] = &[
    "found_rows",
    "get_lock",
    "is_free_lock",
    "is_used_lock",
    "load_file",
    "rand",
    "random",
    "randomblob",
    "release_all_locks",
    "release_lock",
    "row_count",
    "session_user",
    "sleep",
    "sysdate",
    "system_user",
    "user",
    "uuid",
    "uuid_short",
];

/// Whether the statement calls one of these functions.
#[must_use]
pub fn calls(sql: &str, functions: &[&str]) -> bool {
    let mut before: Option<String> = None;
    for token in Lexer::new(sql, Flavor::Mysql) {
        if token.is_sign('(') && before.as_deref().is_some_and(|name| functions.contains(&name)) {
            return true;
        }
        let named = matches!(token.kind, TokenKind::Word | TokenKind::Name);
        before = named.then(|| token.content(Flavor::Mysql).to_ascii_lowercase());
    }
    false
}

/// Why MySQL holds a statement that writes for unsafe, in its words; `None` when it is safe as text.
#[must_use]
pub fn unsafe_reason(sql: &str) -> Option<&'static str> {
    if calls(sql, UNSAFE) {
        return Some(
            "Statement is unsafe because it uses a system function that may return a different value on the replica.",
        );
    }
    if Lexer::new(sql, Flavor::Mysql).any(|token| token.is("LIMIT")) {
        return Some(
            "The statement is unsafe because it uses a LIMIT clause. This is unsafe because the set of rows included \
             cannot be predicted.",
        );
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_count_where_they_are_called() {
        for (sql, is_unsafe) in [
            ("INSERT INTO t VALUES (UUID())", true),
            ("INSERT INTO t VALUES (rand ())", true),
            ("INSERT INTO t VALUES (NOW())", false),
            ("INSERT INTO t (user) VALUES ('rand()')", false),
            ("UPDATE t SET a = 1 ORDER BY b LIMIT 1", true),
            ("DELETE FROM t WHERE id = 1 /* limit */", false),
            ("INSERT INTO t VALUES (`uuid`())", true),
            ("", false),
        ] {
            assert_eq!(unsafe_reason(sql).is_some(), is_unsafe, "{sql}");
        }
    }
}
