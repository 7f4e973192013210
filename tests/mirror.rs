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

/// What a MySQL server says, as its client shows it: titles, values, or the error.
fn mysql(run: &mut Run<()>, node: &str, sql: &str) -> String {
    match ask(run, node, sql) {
        Err(error) => error.to_string(),
        Ok(result) => {
            let row = |row: &Vec<_>| row.iter().map(ToString::to_string).collect::<Vec<_>>().join("|");
            let mut lines = vec![result.columns.join("|")];
            lines.extend(result.rows.iter().map(row));
            lines.join("\n")
        }
    }
}

const MYSQL: &str = r#"
flavor = "mysql"
[settings]
sync_binlog = 100
[[node]]
name = "db1"
[[node]]
name = "db2"
settings = { read_only = "ON" }
[[client]]
name = "app"
[[at]]
time = "500ms"
sql = "INSERT INTO kv VALUES (1, 1)"
client = "app"
"#;

fn mysql_cluster(text: &str) -> Run<()> {
    let source = Source { origin: "test".to_owned(), text: text.to_owned(), overrides: Vec::new() };
    let scenario = source.scenario().expect("the scenario is sound");
    let mut run = Run::new(scenario.setup, scenario.schedule, ()).expect("the set-up can be run");
    run.run_until(SimTime(1000 * MILLISECOND_US));
    run
}

/// MySQL 8.4 Reference Manual: 7.1.8 and 7.1.9 (variables and their scopes), 14.18.2 (GTID functions), 15.7.7 (`SHOW`).
#[test]
fn mysql_servers_tell_their_variables() {
    let mut run = mysql_cluster(MYSQL);
    let a = "11111111-1111-1111-1111-111111111111";
    for (sql, says) in [
        (
            "SELECT @@hostname, @@global.sync_binlog, @@Session.binlog_format AS f",
            "@@hostname|@@global.sync_binlog|f\ndb1|100|ROW",
        ),
        ("SELECT @@read_only + 1, @@version LIKE '8.4%'", "@@read_only + 1|@@version LIKE '8.4%'\n1|1"),
        ("SELECT @@nope", "ERROR 1193 (HY000): Unknown system variable 'nope'"),
        ("SELECT @@session.sync_binlog", "ERROR 1238 (HY000): Variable 'sync_binlog' is a GLOBAL variable"),
        (
            &format!("SELECT GTID_SUBSET('{a}:3','{a}:1-5') AS s, GTID_SUBTRACT('{a}:1-5','{a}:2-3') AS d"),
            &format!("s|d\n1|{a}:1:4-5"),
        ),
        ("SELECT GTID_SUBSET('x', '')", "ERROR 1772 (HY000): Malformed GTID set specification 'x'."),
        ("SELECT GTID_SUBSET(NULL, '') IS NULL AS n", "n\n1"),
        ("SHOW VARIABLES LIKE 'sync\\_bin%'", "Variable_name|Value\nsync_binlog|100"),
        (
            "SHOW GLOBAL VARIABLES WHERE Variable_name = 'read_only' OR Value = '3306'",
            "Variable_name|Value\nport|3306\nread_only|OFF",
        ),
        ("SHOW VARIABLES LIKE 'nothing'", "Variable_name|Value"),
        ("SHOW TABLES", "Tables_in_lab\nkv"),
    ] {
        assert_eq!(mysql(&mut run, "db1", sql), says, "{sql}");
    }
    assert_eq!(mysql(&mut run, "db2", "SELECT @@read_only"), "@@read_only\n1");
    let removed = mysql(&mut run, "db1", "SHOW SLAVE STATUS");
    assert!(removed.starts_with("ERROR 1064 (42000): ") && removed.contains("near 'SLAVE STATUS'"), "{removed}");
}

/// What `SHOW REPLICA STATUS` says in a column.
fn replica_status(run: &mut Run<()>, node: &str, column: &str) -> String {
    let answer = ask(run, node, "SHOW REPLICA STATUS").unwrap();
    assert_eq!(answer.columns.len(), 60);
    let index = answer.columns.iter().position(|name| name == column).expect("there is such a column");
    answer.rows[0][index].to_string()
}

/// MySQL 8.4 Reference Manual: 15.7.7.35 (SHOW REPLICA STATUS), 15.7.7.1 and 15.7.7.2 (SHOW BINARY LOG STATUS, SHOW BINARY
/// LOGS), 15.7.7.34 (SHOW REPLICAS), 19.1.3 (GTIDs).
#[test]
fn mysql_servers_tell_how_they_replicate() {
    let mut run = mysql_cluster(MYSQL);
    let source = "01010101-0101-0101-0101-010101010101";
    for node in ["db1", "db2"] {
        let says = format!("@@gtid_executed|@@global.gtid_purged\n{source}:1|");
        assert_eq!(mysql(&mut run, node, "SELECT @@gtid_executed, @@global.gtid_purged"), says);
    }
    let subset =
        format!("SELECT GTID_SUBSET('{source}:1', @@gtid_executed) AS applied, @@server_uuid = '{source}' AS me");
    assert_eq!(mysql(&mut run, "db2", &subset), "applied|me\n1|0");
    assert_eq!(mysql(&mut run, "db1", "SHOW REPLICA STATUS").lines().count(), 1, "db1 is no replica");
    let uuid = "02020202-0202-0202-0202-020202020202";
    let replicas = format!("Server_Id|Host|Port|Source_Id|Replica_UUID\n2|db2|3306|1|{uuid}");
    assert_eq!(mysql(&mut run, "db1", "SHOW REPLICAS"), replicas);
    let status = mysql(&mut run, "db1", "SHOW BINARY LOG STATUS");
    let (file, position) =
        (replica_status(&mut run, "db2", "Source_Log_File"), replica_status(&mut run, "db2", "Read_Source_Log_Pos"));
    assert_eq!(status.lines().nth(1), Some(format!("{file}|{position}|||{source}:1").as_str()));
    let logs = mysql(&mut run, "db1", "SHOW BINARY LOGS");
    assert_eq!(logs, format!("Log_name|File_size|Encrypted\n{file}|{position}|No"));
    for (column, value) in [
        ("Source_Host", "db1"),
        ("Replica_IO_Running", "Yes"),
        ("Replica_SQL_Running", "Yes"),
        ("Exec_Source_Log_Pos", position.as_str()),
        ("Seconds_Behind_Source", "0"),
        ("Retrieved_Gtid_Set", &format!("{source}:1")),
        ("Executed_Gtid_Set", &format!("{source}:1")),
        ("Source_UUID", source),
        ("Auto_Position", "1"),
        ("Replica_SQL_Running_State", "Replica has read all relay log; waiting for more updates"),
    ] {
        assert_eq!(replica_status(&mut run, "db2", column), value, "{column}");
    }
    let look = run.world_mut().query(replication_lab::engine::ids::NodeId(1), "STOP REPLICA").unwrap_err();
    assert_eq!(look.number, 1235, "a look stops nothing: {look}");
    ask(&mut run, "db2", "STOP REPLICA SQL_THREAD").unwrap();
    assert_eq!(replica_status(&mut run, "db2", "Replica_SQL_Running"), "No");
    assert_eq!(replica_status(&mut run, "db2", "Seconds_Behind_Source"), "", "NULL while the applier is stopped");
}
