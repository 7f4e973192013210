use super::*;

#[test]
fn upserts_and_reads() {
    let mut database = database(&[KV]);
    let first = database.upsert_kv(1, 10).expect("inserts");
    assert_eq!(first.affected, 1);
    assert!(matches!(&first.changes[..], [Change::Row(RowChange { op: RowOp::Insert { .. }, .. })]));
    let second = database.upsert_kv(1, 11).expect("updates");
    assert!(matches!(&second.changes[..], [Change::Row(RowChange { op: RowOp::Update { .. }, .. })]));
    assert_eq!(database.read_kv(1), Ok(Some(Value::Integer(11))));
    assert_eq!(database.read_kv(2), Ok(None));
    assert_eq!(database.row_count(), 1);
    database.undo(&second.changes).expect("undoes");
    assert_eq!(database.read_kv(1), Ok(Some(Value::Integer(10))));
    database.undo(&first.changes).expect("undoes");
    assert_eq!(database.read_kv(1), Ok(None));
    check(&mut database, "the undoing");
}

#[test]
fn an_upsert_fires_triggers() {
    let mut database = database(&[
        KV,
        "CREATE TABLE log (id INTEGER PRIMARY KEY AUTOINCREMENT, what)",
        "CREATE TRIGGER t AFTER UPDATE ON kv BEGIN INSERT INTO log (what) VALUES (new.value); END",
        "CREATE TRIGGER r BEFORE INSERT ON kv WHEN new.id > 5 BEGIN SELECT raise(FAIL, 'too large'); END",
    ]);
    database.upsert_kv(1, 10).expect("inserts");
    let outcome = database.upsert_kv(1, 11).expect("updates");
    let tables: Vec<_> = outcome.changes.iter().filter_map(Change::row).map(|row| row.table.to_string()).collect();
    assert_eq!(tables, ["kv", "log", "sqlite_sequence"]);
    assert_eq!(outcome.affected, 1);
    let before = database.checksum();
    assert_eq!(database.upsert_kv(6, 1).expect_err("fails").message, "too large");
    assert_eq!(database.checksum(), before);
    check(&mut database, "the failed upsert");
}

#[test]
fn a_failed_statement_leaves_nothing_behind() {
    let mut database = database(&[KV, "INSERT INTO kv VALUES (3, 3)"]);
    for how in ["", "OR ABORT", "OR FAIL", "OR ROLLBACK"] {
        let error = error(&mut database, &format!("INSERT {how} INTO kv VALUES (1, 1), (2, 2), (3, 4), (5, 5)"));
        assert_eq!(error.code, "23505");
    }
    assert_eq!(database.row_count(), 1);
    assert_eq!(run(&mut database, "INSERT OR IGNORE INTO kv VALUES (3, 4), (4, 4)").changes.len(), 1);
}

#[test]
fn refuses_to_write_when_reading() {
    let mut postgresql = database(&[KV]);
    for (sql, tag) in [
        ("INSERT INTO kv VALUES (1, 1)", "INSERT"),
        ("with x as (select 1) delete from kv", "DELETE"),
        ("CREATE TABLE x (a)", "CREATE TABLE"),
        ("DROP INDEX i", "DROP INDEX"),
        ("/* hidden */ REPLACE INTO kv VALUES (1, 1)", "REPLACE"),
    ] {
        let error = postgresql.query(sql).expect_err(sql);
        assert_eq!(error.code, "25006");
        assert_eq!(error.message, format!("cannot execute {tag} in a read-only transaction"));
    }
    assert_eq!(postgresql.row_count(), 0);
    let mut mysql = empty(Flavor::Mysql);
    run(&mut mysql, KV);
    let error = mysql.query("UPDATE kv SET value = 1").expect_err("refuses");
    assert_eq!(error.number, 1290);
    assert!(error.to_string().starts_with("ERROR 1290 (HY000): The MySQL server is running with the --read-only"));
}

#[test]
fn clones_go_on_alike() {
    let mut original = database(&[KV, "INSERT INTO kv VALUES (1, random()), (2, hex(randomblob(3)))"]);
    original.set_now(1_700_000_000_000_000);
    let mut clone = original.clone();
    let mut clone_of_clone = clone.clone();
    for database in [&mut original, &mut clone, &mut clone_of_clone] {
        run(database, "INSERT INTO kv (value) VALUES (random() || datetime('now') || changes())");
    }
    assert_eq!(original.checksum(), clone.checksum());
    assert_eq!(original.checksum(), clone_of_clone.checksum());
    let ask = "SELECT value, hex(randomblob(4)), changes(), last_insert_rowid(), gen_random_uuid() FROM kv";
    let answer = original.query(ask);
    assert_eq!(answer, clone.query(ask));
    assert_eq!(answer, clone_of_clone.query(ask));
    run(&mut clone, "DELETE FROM kv");
    assert_eq!((original.row_count(), clone.row_count()), (3, 0));
}

#[test]
fn an_empty_database_is_cloned() {
    let mut clone = empty(Flavor::Postgresql).clone();
    assert_eq!((clone.row_count(), clone.tables()), (0, vec![]));
    run(&mut clone, KV);
    assert_eq!(clone.tables(), ["kv"]);
    assert_ne!(clone.checksum(), empty(Flavor::Postgresql).checksum());
}

#[test]
fn restores_images() {
    let mut database = database(&[KV, "INSERT INTO kv VALUES (1, 'one')"]);
    let image = database.image().expect("takes an image");
    assert_eq!((image.checksum(), image.row_count()), (database.checksum(), 1));
    database.upsert_kv(2, 2).expect("upserts");
    database.read_kv(2).expect("reads");
    run(&mut database, "CREATE TABLE other (a)");
    let later = database.image().expect("takes an image");
    for _ in 0..2 {
        database.restore(&image).expect("restores");
        assert_eq!((database.checksum(), database.row_count()), (image.checksum(), 1));
        check(&mut database, "restoring");
        assert_eq!(database.tables(), ["kv"]);
        assert_eq!(database.read_kv(2), Ok(None));
        database.upsert_kv(2, 3).expect("upserts");
        check(&mut database, "a write after restoring");
        database.restore(&later).expect("restores");
        assert_eq!(database.tables(), ["kv", "other"]);
        assert_eq!(database.read_kv(2), Ok(Some(Value::Integer(2))));
        assert_eq!(database.checksum(), later.checksum());
    }
    let mut cold = database.clone();
    cold.restore(&image).expect("restores");
    assert_eq!(cold.read_kv(1), Ok(Some(Value::from("one"))));
    assert_eq!(database.image().expect("takes an image").checksum(), later.checksum());
}

#[test]
fn an_image_is_shared_until_a_write() {
    let mut database = database(&[KV]);
    let first = database.image().expect("takes an image");
    database.query("SELECT * FROM kv").expect("reads");
    let second = database.image().expect("takes an image");
    assert!(std::ptr::eq(first.bytes(), second.bytes()));
    database.upsert_kv(1, 1).expect("upserts");
    assert_ne!(database.image().expect("takes an image").checksum(), first.checksum());
}

#[test]
fn shows_tables_in_the_order_of_their_keys() {
    let mut database = database(&[
        "CREATE TABLE pairs (b TEXT, a INTEGER, PRIMARY KEY (a, b)) WITHOUT ROWID",
        "INSERT INTO pairs VALUES ('y', 2), ('x', 2), ('z', 1)",
        "CREATE TABLE \"odd \"\"name\" (\"select\")",
        "INSERT INTO \"odd \"\"name\" VALUES (3), (1)",
    ]);
    let rows = |outcome: Outcome| outcome.rows.iter().map(|row| row[0].to_string()).collect::<Vec<_>>();
    assert_eq!(rows(database.table("PAIRS", 10).expect("reads")), ["z", "x", "y"]);
    assert_eq!(rows(database.table("odd \"name", 1).expect("reads")), ["3"]);
    assert_eq!(database.table("nothing", 1).expect_err("is not there").code, "42P01");
    let schema = database.schema();
    assert_eq!(schema[1].columns[0].name.as_ref(), "b");
    assert_eq!(schema[1].key, KeyKind::Primary(vec![1, 0]));
}

#[test]
fn maintenance_does_nothing() {
    let mut database = database(&[KV]);
    for sql in ["VACUUM", "ANALYZE", "REINDEX kv", "vacuum into 'file'"] {
        assert_eq!(run(&mut database, sql), Outcome::default());
    }
}

#[test]
fn returns_rows_of_writes() {
    let mut database = database(&[KV]);
    let outcome = run(&mut database, "INSERT INTO kv VALUES (7, 'x') RETURNING id + 1 AS next, value");
    assert_eq!(outcome.columns, ["next", "value"]);
    assert_eq!(outcome.rows, [[Value::Integer(8), Value::from("x")]]);
    assert_eq!((outcome.affected, outcome.changes.len()), (1, 1));
}

#[test]
fn a_clone_captures_schema_changes_as_its_original_does() {
    let mut copy = database(&[KV]).clone();
    assert_eq!(run(&mut copy, "CREATE TABLE t (a TEXT)").changes.len(), 1);
    assert_eq!(run(&mut copy, "INSERT INTO t VALUES ('x')").changes.len(), 1);
}
