//! What servers tell of themselves, against what a real server answered.
#![cfg(not(target_arch = "wasm32"))]

use replication_lab::engine::facts::{interval_seconds, parse_timestamp};
use replication_lab::engine::log::Lsn;
use replication_lab::engine::message::QueryResult;
use replication_lab::engine::storage::SqlError;
use replication_lab::engine::time::{MILLISECOND_US, SimTime};
use replication_lab::scenario::Source;
use replication_lab::sim::Run;
use replication_lab::sim::command::{Command, Console};

/// The cluster that was asked, here.
const CLUSTER: &str = r#"
schema = "CREATE TABLE accounts (id INTEGER PRIMARY KEY)"
[settings]
synchronous_standby_names = "FIRST 1 (db2, db3)"
wal_keep_size = "64MB"
[[node]]
name = "db1"
[[node]]
name = "db2"
[[client]]
name = "app"
[[at]]
time = "500ms"
sql = "INSERT INTO accounts VALUES (1)"
client = "app"
"#;

fn cluster(more: &str) -> Run<()> {
    let source = Source { origin: "test".to_owned(), text: format!("{CLUSTER}{more}"), overrides: Vec::new() };
    let scenario = source.scenario().expect("the scenario is sound");
    let mut run = Run::new(scenario.setup, scenario.schedule, ()).expect("the set-up can be run");
    run.run_until(SimTime(1000 * MILLISECOND_US));
    run
}

/// Types a statement on a server and waits for the answer.
fn ask(run: &mut Run<()>, node: &str, sql: &str) -> Result<QueryResult, SqlError> {
    let before = run.world().console().len();
    run.act(Command::Sql { console: Console::On(node.into()), sql: sql.into() }).expect("the server is there");
    for _ in 0..100 {
        let next = SimTime(run.now().0 + 10 * MILLISECOND_US);
        run.run_until(next);
        if let Some(entry) = run.world().console().get(before) {
            return entry.result.clone().map(|result| *result).map_err(|error| *error);
        }
    }
    panic!("no answer to {sql}");
}

/// `psql -A`'s print, and positions, instants and spans by their kinds.
fn printed(answer: &Result<QueryResult, SqlError>) -> String {
    match answer {
        Err(error) => {
            let mut text = format!("ERROR: {}: {}", error.code, error.message);
            for (label, more) in [("DETAIL", &error.detail), ("HINT", &error.hint)] {
                if let Some(more) = more {
                    text.push_str(&format!("\n{label}: {more}"));
                }
            }
            text
        }
        Ok(result) if result.columns.is_empty() => result.tag.to_owned(),
        Ok(result) => {
            let row = |row: &Vec<_>| row.iter().map(cell).collect::<Vec<_>>().join("|");
            let mut lines = vec![result.columns.join("|")];
            lines.extend(result.rows.iter().map(row));
            if result.tag != "SHOW" || !result.rows.is_empty() {
                let count = result.rows.len();
                lines.push(format!("({count} row{})", if count == 1 { "" } else { "s" }));
            }
            lines.join("\n")
        }
    }
}

fn cell(value: &replication_lab::engine::storage::Value) -> String {
    let text = value.to_string();
    match () {
        () if text.contains('/') && text.parse::<Lsn>().is_ok() => "LSN".to_owned(),
        () if text.ends_with("+00") && parse_timestamp(&text).is_some() => "TIMESTAMP".to_owned(),
        () if text.matches(':').count() == 2 && interval_seconds(&text).is_some() => "INTERVAL".to_owned(),
        () => text,
    }
}

#[test]
fn servers_tell_of_themselves_what_postgresql_15_did() {
    let text = include_str!("data/postgresql-15-mirror.txt");
    let mut run = cluster("");
    let mut differences = Vec::new();
    let mut entries = 0;
    for entry in text.split("\n\n").fold(Vec::<String>::new(), |mut entries, part| {
        // An answer may hold an empty line: that of a column without a value.
        match part.starts_with("P: ") || part.starts_with("S: ") || part.starts_with('#') {
            true => entries.push(part.to_owned()),
            false => entries.last_mut().expect("the file begins with a comment").push_str(&format!("\n\n{part}")),
        }
        entries
    }) {
        if entry.starts_with('#') {
            continue;
        }
        let (asked, expected) = entry.split_once("\n----\n").unwrap_or_else(|| panic!("no answer in {entry:?}"));
        let (who, sql) = asked.split_once(": ").expect("who was asked");
        let answer = printed(&ask(&mut run, if who == "P" { "db1" } else { "db2" }, sql));
        if answer != expected.trim_end() {
            differences.push(format!("{asked}\n  the server: {expected}\n  we:         {answer}"));
        }
        entries += 1;
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    assert!(entries > 60, "only {entries} entries were read");
}

#[test]
fn a_view_is_hidden_by_a_table_of_its_name() {
    let mut run = cluster("");
    ask(&mut run, "db1", "CREATE TABLE pg_settings (id INTEGER PRIMARY KEY, name TEXT)").unwrap();
    ask(&mut run, "db1", "INSERT INTO pg_settings VALUES (1, 'mine')").unwrap();
    let answer = ask(&mut run, "db1", "SELECT * FROM pg_settings").unwrap();
    assert_eq!(answer.rows, [[1.into(), "mine".into()]]);
}

#[test]
fn what_is_written_may_come_from_the_server_itself() {
    let mut run = cluster("");
    let sql = "INSERT INTO accounts SELECT 100 + sync_priority FROM pg_stat_replication WHERE NOT pg_is_in_recovery()";
    ask(&mut run, "db1", sql).unwrap();
    run.run_until(SimTime(2_000_000));
    let outcome = run.world_mut().query(replication_lab::engine::ids::NodeId(1), "SELECT max(id) FROM accounts");
    assert_eq!(outcome.unwrap().rows, [[101.into()]]);
}

#[test]
fn pg_promote_promotes() {
    let mut run = cluster("");
    let answer = ask(&mut run, "db2", "SELECT pg_promote()").unwrap();
    assert_eq!(answer.rows, [["t".into()]]);
    run.run_until(SimTime(3_000_000));
    assert_eq!(run.world().primary(), replication_lab::engine::ids::NodeId(1));
    let answer = ask(&mut run, "db2", "SELECT pg_is_in_recovery(), pg_last_wal_replay_lsn() IS NULL").unwrap();
    assert_eq!(answer.rows, [["f".into(), "f".into()]]);
}

#[test]
fn an_altered_setting_takes_effect_with_a_reload_or_a_restart() {
    let mut run = cluster("");
    let show = |run: &mut Run<()>, name: &str| ask(run, "db2", &format!("SHOW {name}")).unwrap().rows[0][0].to_string();
    ask(&mut run, "db2", "ALTER SYSTEM SET recovery_min_apply_delay = '3s'").unwrap();
    ask(&mut run, "db2", "ALTER SYSTEM SET hot_standby = on").unwrap();
    assert_eq!(show(&mut run, "recovery_min_apply_delay"), "0");
    ask(&mut run, "db2", "SELECT pg_reload_conf()").unwrap();
    assert_eq!(show(&mut run, "recovery_min_apply_delay"), "3s");
    ask(&mut run, "db2", "ALTER SYSTEM RESET recovery_min_apply_delay").unwrap();
    run.act(Command::Kill { node: "db2".into() }).unwrap();
    run.act(Command::Restart { node: "db2".into() }).unwrap();
    run.run_until(SimTime(run.now().0 + 2_000_000));
    assert_eq!(show(&mut run, "recovery_min_apply_delay"), "0");
}

#[test]
fn a_look_changes_nothing_and_a_dead_server_does_not_answer() {
    let mut run = cluster("");
    let (events, hash) = (run.events(), run.trace_hash());
    let (db1, db2) = (replication_lab::engine::ids::NodeId(0), replication_lab::engine::ids::NodeId(1));
    for (sql, code) in [
        ("INSERT INTO accounts VALUES (7)", "25006"),
        ("SELECT pg_promote()", "25006"),
        ("CREATE TABLE x (id INTEGER)", "25006"),
        ("ALTER SYSTEM SET hot_standby = off", "25006"),
        ("SET synchronous_commit = off", "0A000"),
        ("SELECT 1; SELECT 2", "42601"),
    ] {
        assert_eq!(run.world_mut().query(db2, sql).unwrap_err().code, code, "{sql}");
    }
    assert!(run.world_mut().query(db1, "SELECT random(), * FROM pg_stat_replication").is_ok());
    assert_eq!((run.events(), run.trace_hash()), (events, hash));
    run.act(Command::Kill { node: "db2".into() }).unwrap();
    let error = run.world_mut().query(db2, "SELECT 1").unwrap_err();
    assert!(error.message.ends_with("failed: Connection refused"), "{error}");
    let rows = run.world_mut().query(db1, "SELECT count(*) FROM pg_stat_replication").unwrap().rows;
    assert_eq!(rows.len(), 1);
}
