use super::*;

#[test]
fn nothing_runs_for_ever() {
    let mut database = database(&[KV]);
    let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)";
    for sql in [
        format!("{endless} SELECT count(*) FROM n"),
        format!("{endless} INSERT INTO kv SELECT i, i FROM n"),
        format!("CREATE TABLE t AS {endless} SELECT i FROM n WHERE i < 0"),
    ] {
        assert_eq!(error(&mut database, &sql).code, "57014", "{sql}");
    }
    assert_eq!(database.row_count(), 0);
    assert_eq!(database.tables(), ["kv"]);
}

#[test]
fn results_are_limited() {
    let mut database = empty(Flavor::Postgresql);
    let many = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 200000) SELECT * FROM n";
    assert_eq!(error(&mut database, many).code, "54000");
    assert_eq!(error(&mut database, "SELECT randomblob(100000000)").code, "54000");
    assert_eq!(error(&mut database, "SELECT zeroblob(100000000)").code, "54000");
    let large =
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 50) SELECT randomblob(1000000) FROM n";
    assert_eq!(error(&mut database, large).code, "54000");
}

#[test]
fn a_database_fills_up() {
    let mut database = database(&[KV]);
    let mut filled = None;
    for _ in 0..10 {
        if let Err(error) = database.execute("INSERT INTO kv (value) VALUES (zeroblob(10000000))") {
            filled = Some(error);
            break;
        }
    }
    assert_eq!(filled.expect("fills up").code, "53100");
    check(&mut database, "filling up");
    run(&mut database, "DELETE FROM kv");
}

#[test]
fn the_house_is_closed() {
    let mut database =
        database(&[KV, "CREATE TABLE a (id INTEGER PRIMARY KEY AUTOINCREMENT)", "INSERT INTO a VALUES (1)"]);
    for sql in [
        "ATTACH 'file' AS x",
        "DETACH main",
        "PRAGMA writable_schema = ON",
        "PRAGMA journal_mode = OFF",
        "PRAGMA page_size",
        "PRAGMA foreign_keys = OFF",
        "PRAGMA user_version = 7",
        "BEGIN",
        "COMMIT",
        "SAVEPOINT x",
        "/* x */ ROLLBACK",
        "SELECT load_extension('x')",
        "SELECT readfile('x')",
        "SELECT sqlite_compileoption_used('x')",
        "SELECT * FROM pragma_compile_options",
        "UPDATE sqlite_schema SET sql = ''",
        "DELETE FROM sqlite_sequence",
        "INSERT INTO sqlite_sequence VALUES ('kv', 5)",
        "CREATE TEMP TABLE t (a)",
        "CREATE TEMPORARY VIEW v AS SELECT 1",
        "CREATE TABLE temp.t (a)",
        "CREATE TABLE t AS SELECT 1 FROM dbstat",
        "CREATE VIRTUAL TABLE t USING fts5 (a)",
        "CREATE TABLE sqlite_mine (a)",
        "DROP TABLE sqlite_sequence",
        "ALTER TABLE sqlite_sequence RENAME TO x",
        "INSERT INTO kv VALUES (9223372036854775807, 1)",
        "INSERT INTO kv VALUES (1, 1); DELETE FROM kv",
        "INSERT INTO kv VALUES (?, @x)",
        "INSERT INTO kv VALUES (1, CAST(x'ff' AS TEXT))",
        "CREATE TABLE t AS SELECT CAST(x'ff' AS TEXT) AS a",
        "SELECT CAST(x'c328' AS TEXT)",
        "INSERT INTO kv VALUES (1, 'a\0b')",
        "\0",
        "",
        " -- nothing",
        ";",
        "SELECT",
        "INSERT INTO",
        "CREATE TRIGGER t AFTER INSERT ON kv BEGIN DELETE FROM sqlite_sequence; END; ;",
        "\u{feff}SELECT 1 FROM",
        "🦀",
    ] {
        let error = error(&mut database, sql);
        assert!(!error.message.is_empty(), "{sql}: {error}");
    }
    assert_eq!(database.tables(), ["a", "kv"]);
}

#[test]
fn a_trigger_is_guarded_as_its_statement_is() {
    let mut database = database(&[KV, "CREATE TABLE a (id INTEGER PRIMARY KEY AUTOINCREMENT)"]);
    if database.execute("CREATE TRIGGER t AFTER INSERT ON kv BEGIN DELETE FROM sqlite_sequence; END").is_ok() {
        assert_eq!(error(&mut database, "INSERT INTO kv VALUES (1, 1)").code, "42501");
    }
}

#[test]
fn introspection_is_open() {
    let mut database = database(&[KV]);
    for sql in [
        "PRAGMA table_info(kv)",
        "PRAGMA table_list",
        "PRAGMA table_xinfo('kv')",
        "SELECT name FROM pragma_table_info('kv')",
        "SELECT sql FROM sqlite_schema",
        "PRAGMA integrity_check",
        "EXPLAIN QUERY PLAN SELECT * FROM kv",
        "EXPLAIN INSERT INTO kv VALUES (1, 1)",
        "SELECT json_extract('{\"a\": 1}', '$.a'), value FROM json_each('[1]')",
    ] {
        assert!(!database.query(sql).unwrap_or_else(|error| panic!("{sql}: {error}")).rows.is_empty(), "{sql}");
    }
}

#[test]
fn many_statements_pass_through_the_cache() {
    let mut database = database(&[KV]);
    for number in 0..200 {
        run(&mut database, &format!("INSERT INTO kv VALUES ({number}, {number})"));
    }
    assert_eq!(database.row_count(), 200);
}

#[test]
fn wide_tables_replicate() {
    let columns: Vec<String> = (0..400).map(|number| format!("c{number}")).collect();
    let values: Vec<String> = (0..400).map(|number| number.to_string()).collect();
    replicate(&[
        &format!("CREATE TABLE wide ({})", columns.join(", ")),
        &format!("INSERT INTO wide VALUES ({})", values.join(", ")),
        "UPDATE wide SET c399 = 'x', rowid = 9",
    ]);
}
