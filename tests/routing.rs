//! Where statements go: `tests/routing/*.txt`, and what holds of any text.
#![cfg(not(target_arch = "wasm32"))]

use std::fs;

use proptest::prelude::*;
use replication_lab::engine::flavor::Flavor;
use replication_lab::engine::message::Statement;
use replication_lab::engine::proxy::Splitter;

fn decide(splitter: &mut Splitter, text: &str) -> (&'static str, String) {
    let decision = splitter.decide(&Statement::Sql(text.into()));
    (decision.destination(), decision.why())
}

/// A line of a table: message, destination, reason.
fn case(line: &str) -> (String, &str, &str) {
    let (message, expected) = line.rsplit_once(" ---- ").unwrap_or_else(|| panic!("no ---- in {line}"));
    let (destination, reason) = expected.split_once(": ").unwrap_or_else(|| panic!("no reason in {line}"));
    (message.replace('␊', "\n").replace('␍', "\r"), destination, reason)
}

fn table(name: &str, flavor: Flavor) {
    let text = fs::read_to_string(format!("tests/routing/{name}.txt")).unwrap();
    let (mut cases, mut wrong) = (0, Vec::new());
    for session in text.split("\n\n") {
        let mut splitter = Splitter::new(flavor);
        for line in session.lines().filter(|line| line.contains(" ---- ")) {
            let (message, destination, reason) = case(line);
            let (got, why) = decide(&mut splitter, &message);
            cases += 1;
            if (got, why.as_str()) != (destination, reason) {
                wrong.push(format!("{message}\n    expected {destination}: {reason}\n    got      {got}: {why}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {cases}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(cases >= 150, "{cases}");
}

#[test]
fn postgresql_goes_where_the_table_says() {
    table("postgresql", Flavor::Postgresql);
}

#[test]
fn mysql_goes_where_the_table_says() {
    table("mysql", Flavor::Mysql);
}

#[test]
fn what_the_server_answers_goes_before_what_was_guessed() {
    for flavor in [Flavor::Postgresql, Flavor::Mysql] {
        let mut splitter = Splitter::new(flavor);
        // It failed: no transaction is open.
        assert_eq!(decide(&mut splitter, "BEGIN").0, "primary");
        splitter.answered(false, false);
        assert_eq!(decide(&mut splitter, "SELECT 1").0, "replica");
        splitter.answered(false, true);
        // Nobody knew that the procedure opens one.
        assert_eq!(decide(&mut splitter, "CALL p()").0, "primary");
        splitter.answered(true, true);
        assert_eq!(decide(&mut splitter, "SELECT 1").0, "primary");
        splitter.transaction_lost();
        assert_eq!(decide(&mut splitter, "SELECT 1").0, "replica");
        splitter.answered(false, true);
        // A setting that was refused is no part of the session's state.
        assert_eq!(decide(&mut splitter, "SET nonsense = 1").0, "all");
        splitter.answered(false, false);
        assert!(splitter.history().is_empty());
        assert_eq!(decide(&mut splitter, "SET sql_mode = ''").0, "all");
        splitter.answered(false, true);
        assert_eq!(splitter.history(), ["SET sql_mode = ''".into()]);
    }
}

#[test]
fn what_a_rolled_back_transaction_set_is_taken_back() {
    let mut splitter = Splitter::new(Flavor::Postgresql);
    for text in ["BEGIN", "SET a = 1", "SAVEPOINT s", "SET b = 1", "ROLLBACK TO s", "SET c = 1"] {
        decide(&mut splitter, text);
        splitter.answered(true, true);
    }
    assert_eq!(splitter.history(), ["SET a = 1".into(), "SET c = 1".into()]);
    decide(&mut splitter, "ROLLBACK");
    splitter.answered(false, true);
    assert!(splitter.history().is_empty());
}

#[test]
fn a_failed_transactions_commit_takes_back_what_it_set_and_local_settings_are_not_kept() {
    let mut splitter = Splitter::new(Flavor::Postgresql);
    let mut say = |text: &str, open: bool, ok: bool| {
        decide(&mut splitter, text);
        splitter.answered(open, ok);
        splitter.history().len()
    };
    assert_eq!(say("SET a = 1", false, true), 1);
    assert_eq!(say("SET LOCAL b = 1", false, true), 1);
    say("BEGIN", true, true);
    assert_eq!(say("SET b = 1", true, true), 2);
    say("SELECT nothing", true, false);
    assert_eq!(say("COMMIT", false, true), 1);
    say("BEGIN", true, true);
    say("SAVEPOINT s", true, true);
    say("SELECT nothing", true, false);
    say("ROLLBACK TO s", true, true);
    assert_eq!(say("SET c = 1", true, true), 2);
    assert_eq!(say("COMMIT", false, true), 2);
    assert_eq!(say("DISCARD ALL", false, true), 1);
    assert_eq!(splitter.take_unchanged(), 0);
    assert_eq!(splitter.take_unchanged(), 1);
}

/// Text that comes close to SQL.
fn any_sql() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        4 => prop::sample::select(vec![
            "SELECT", "WITH", "AS", "(", ")", ",", ";", "'", "\"", "`", "[", "]", "$$", "--", "#", "/*", "*/", "/*!", "\n", "\r",
            "INSERT", "INTO", "UPDATE", "SET", "FOR", "SHARE", "TABLE", "PREPARE", "EXECUTE", "p", "FROM", "BEGIN", "READ", "ONLY",
            "COMMIT", "ROLLBACK", "CHAIN", "TO", "CASE", "END", "CREATE", "TEMP", "VIEW", "PROCEDURE", "E'", "\\", "@", "@@", "=",
            ":=", "EXPLAIN", "ANALYZE", "SHOW", "1", "0x", "1e", "nextval", "f", "t", "count", "COPY", "STDOUT", "LOCK",
            "autocommit", "0", "SESSION", "DISCARD", "ALL", "XA", "START", "TRANSACTION", "/*+ replica */", "DISTINCT", "ON", ".",
        ]).prop_map(str::to_owned),
        1 => any::<String>(),
    ];
    prop::collection::vec((part, any::<bool>()), 0..20)
        .prop_map(|parts| parts.into_iter().map(|(part, blank)| if blank { part + " " } else { part }).collect())
}

const WRITES: [&str; 12] = [
    "INSERT", "UPDATE", "DELETE", "MERGE", "CREATE", "ALTER", "DROP", "TRUNCATE", "GRANT", "CALL", "REFRESH", "replace",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_session_is_routed(texts in prop::collection::vec(any_sql(), 1..6)) {
        for flavor in [Flavor::Postgresql, Flavor::Mysql] {
            let mut splitter = Splitter::new(flavor);
            for text in &texts {
                prop_assert!(!decide(&mut splitter, text).1.is_empty());
            }
        }
    }

    #[test]
    fn a_write_never_goes_to_a_replica(
        verb in prop::sample::select(WRITES.to_vec()),
        blank in prop::sample::select(vec![" ", "\n", "/* x */", " /*+ replica */ ", "("]),
        rest in any_sql(),
        before in prop::collection::vec(any_sql(), 0..3),
    ) {
        for flavor in [Flavor::Postgresql, Flavor::Mysql] {
            let mut splitter = Splitter::new(flavor);
            for text in &before {
                decide(&mut splitter, text);
                // Whatever it was, the server says that no transaction is open.
                splitter.answered(false, true);
            }
            let text = format!("{verb}{blank}{rest}");
            let (destination, why) = decide(&mut splitter, &text);
            // `DROP PREPARE` is one of the session's own.
            let own = verb == "DROP" && destination == "all";
            prop_assert!(destination == "primary" || own, "{text}: {destination}: {why}");
        }
    }
}
