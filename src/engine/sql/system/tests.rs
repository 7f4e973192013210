use proptest::prelude::*;

use super::*;

const WORDS: &[&str] = &[
    "SELECT",
    "WITH",
    "RECURSIVE",
    "AS",
    "FROM",
    "WHERE",
    "CAST",
    "CASE",
    "END",
    "EXTRACT",
    "EPOCH",
    "NULL",
    "INTERVAL",
    "pg_lsn",
    "pg_catalog",
    "pg_stat_replication",
    "sent_lsn",
    "replay_lsn",
    "pg_current_wal_lsn",
    "pg_promote",
    "now",
    "coalesce",
    "t",
    "'0/1'",
    "\"q\"",
    "1",
    "(",
    ")",
    "()",
    ",",
    ".",
    "-",
    "<",
    "=",
    "::",
    ":",
    ";",
    "*",
    "@@",
    "@",
    "global",
    "read_only",
    "EXPLAIN",
    "SHOW",
    "LIKE",
];

proptest! {
    #[test]
    fn no_statement_makes_it_panic(
        words in proptest::collection::vec(proptest::sample::select(WORDS), 0..14),
        text in "\\PC{0,40}",
    ) {
        for sql in [words.join(" "), words.concat(), format!("SELECT pg_{text}"), format!("SELECT @@{text}"), text] {
            for flavor in [Flavor::Postgresql, Flavor::Mysql] {
                let views = asked(&sql, flavor).map(|asked| asked.views).unwrap_or_default();
                Titles::read(&sql, &views).apply(&mut ["a".to_owned()]);
                Titles::as_written(&sql).apply(&mut ["a".to_owned()]);
            }
        }
    }
}

fn translated(sql: &str) -> String {
    asked(sql, Flavor::Postgresql).map_or_else(|| sql.to_owned(), |asked| asked.text.into_owned())
}

#[test]
fn arithmetic_becomes_calls() {
    for (written, becomes) in [
        (
            "SELECT sent_lsn - replay_lsn FROM pg_stat_replication",
            "SELECT pg_wal_lsn_diff(sent_lsn , replay_lsn) FROM pg_stat_replication",
        ),
        (
            "SELECT pg_current_wal_lsn() - r.replay_lsn AS lag FROM pg_catalog.pg_stat_replication r",
            "SELECT pg_wal_lsn_diff(pg_current_wal_lsn() , r.replay_lsn) AS lag FROM pg_stat_replication r",
        ),
        (
            "SELECT EXTRACT(EPOCH FROM now() - pg_last_xact_replay_timestamp())",
            "SELECT pg_extract_epoch( pg_timestamp_diff(now() , pg_last_xact_replay_timestamp()))",
        ),
        ("SELECT a - b FROM pg_settings", "SELECT a - b FROM pg_settings"),
        ("SELECT pg_backend_pid() - 1", "SELECT pg_backend_pid() - 1"),
        ("SELECT pg_last_wal_replay_lsn() >= '0/10'", "SELECT pg_last_wal_replay_lsn() >= '0/10' COLLATE pg_lsn"),
    ] {
        assert_eq!(translated(written), becomes);
    }
}

#[test]
fn a_statement_that_asks_nothing_is_left_alone() {
    for sql in ["SELECT * FROM accounts", "SELECT count(*) FROM t WHERE a - b < 3", "SELECT 'pg_promote()'", ""] {
        assert!(asked(sql, Flavor::Postgresql).is_none(), "{sql}");
    }
    assert!(asked("SET @@global.read_only = 1", Flavor::Mysql).is_none());
    assert!(asked("SELECT count(*), '@@x' FROM t", Flavor::Mysql).is_none());
}

#[test]
fn what_acts_on_the_server_is_told() {
    let control = |sql| asked(sql, Flavor::Postgresql).and_then(|asked| asked.control);
    assert_eq!(control("SELECT pg_is_in_recovery(), pg_promote(true, 60)"), Some("pg_promote"));
    assert_eq!(control("SELECT pg_is_in_recovery()"), None);
    let routed = crate::engine::sql::classify("SELECT pg_wal_replay_pause()", Flavor::Postgresql);
    assert!(routed.writes() && routed.only_controls());
}
