use std::sync::Arc;

use super::*;

#[test]
fn rows_of_all_kinds() {
    replicate(&[
        KV,
        "INSERT INTO kv VALUES (1, 'a'), (2, x'0061'), (3, 1.5), (4, NULL), (5, 9223372036854775807)",
        "INSERT INTO kv VALUES (-9223372036854775808, ''), (0, x''), (6, 1e999), (7, -1e999), (8, -0.0), (9, 1e999 - 1e999)",
        "INSERT INTO kv VALUES (10, 'zero' || char(0) || 'byte'), (11, 'ünïcödé 🦀'), (12, zeroblob(3000))",
        "UPDATE kv SET id = id + 100 WHERE id BETWEEN 3 AND 5",
        "REPLACE INTO kv VALUES (1, 'b')",
        "UPDATE OR REPLACE kv SET id = 1 WHERE id = 2",
        "INSERT INTO kv VALUES (1, 2) ON CONFLICT (id) DO UPDATE SET value = value || 'x', id = 50",
        "DELETE FROM kv WHERE id < 0",
        "DELETE FROM kv",
    ]);
}

#[test]
fn schema_changes() {
    let (mut primary, _) = replicate(&[
        KV,
        "INSERT INTO kv VALUES (1, 'a'), (2, 'b')",
        "CREATE TABLE IF NOT EXISTS kv (other)",
        "CREATE TABLE copy AS SELECT *, random() AS luck FROM kv",
        "ALTER TABLE copy RENAME COLUMN value TO amount",
        "ALTER TABLE copy ADD COLUMN note TEXT DEFAULT 'none'",
        "UPDATE copy SET note = 'x' WHERE id = 2",
        "DELETE FROM copy WHERE id = 1",
        "ALTER TABLE copy RENAME TO other",
        "INSERT INTO other (id) SELECT id + 100 FROM other",
        "ALTER TABLE other DROP COLUMN amount",
        "UPDATE other SET note = note || '!'",
        "CREATE UNIQUE INDEX partial ON other (note) WHERE id > 1000",
        "CREATE INDEX expression ON other (abs(id))",
        "CREATE VIEW seen AS SELECT * FROM other",
        "CREATE TRIGGER into_view INSTEAD OF INSERT ON seen BEGIN INSERT INTO other (id) VALUES (new.id * 2); END",
        "INSERT INTO seen (id) VALUES (21)",
        "DROP TRIGGER into_view",
        "DROP VIEW seen",
        "DROP INDEX expression",
        "DROP TABLE other",
        "CREATE TABLE none AS SELECT * FROM kv WHERE 0",
    ]);
    assert_eq!(primary.tables(), ["kv", "none"]);
}

#[test]
fn tables_without_rowid() {
    replicate(&[
        "CREATE TABLE pairs (b TEXT, a INTEGER, c, PRIMARY KEY (a, b DESC)) WITHOUT ROWID",
        "INSERT INTO pairs VALUES ('x', 1, 1), ('y', 1, 2), ('z', 2, NULL)",
        "UPDATE pairs SET c = 'changed' WHERE a = 1",
        "UPDATE pairs SET a = a + 10",
        "REPLACE INTO pairs VALUES ('x', 11, 'replaced')",
        "INSERT INTO pairs VALUES ('x', 11, 0) ON CONFLICT DO UPDATE SET b = 'moved', c = 1",
        "DELETE FROM pairs WHERE b = 'y'",
        "CREATE TABLE only_key (a PRIMARY KEY) WITHOUT ROWID",
        "INSERT INTO only_key VALUES (1), ('one'), (1.5), (x'01')",
        "UPDATE only_key SET a = a",
        "DELETE FROM only_key",
    ]);
}

#[test]
fn tables_whose_rowid_is_no_column() {
    replicate(&[
        "CREATE TABLE t (a, b)",
        "INSERT INTO t VALUES (1, 1), (1, 1), (2, 2)",
        "DELETE FROM t WHERE rowid = 2",
        "UPDATE t SET b = 3 WHERE a = 1",
        "UPDATE t SET rowid = 50 WHERE a = 2",
        "INSERT INTO t VALUES (9, 9)",
        "CREATE TABLE shadowed (rowid, oid TEXT)",
        "INSERT INTO shadowed VALUES ('a', 'b'), ('a', 'b')",
        "UPDATE shadowed SET rowid = 'c' WHERE _rowid_ = 2",
        "CREATE TABLE descending (id INTEGER PRIMARY KEY DESC, x)",
        "INSERT INTO descending VALUES (5, 5), (3, 3), (NULL, 0)",
        "UPDATE descending SET id = 4 WHERE id = 5",
        "CREATE TABLE by_text (name TEXT PRIMARY KEY, x INT)",
        "INSERT INTO by_text VALUES ('a', 1), ('b', 2)",
        "UPDATE by_text SET name = name || name",
        "CREATE TABLE covered (rowid INTEGER PRIMARY KEY, oid, _rowid_)",
        "INSERT INTO covered VALUES (1, 2, 3)",
        "UPDATE covered SET rowid = 7",
    ]);
}

#[test]
fn a_row_that_cannot_be_named_is_refused() {
    let mut database = database(&["CREATE TABLE t (rowid, oid, _rowid_)"]);
    assert_eq!(error(&mut database, "INSERT INTO t VALUES (1, 2, 3)").code, "0A000");
}

#[test]
fn counters() {
    let (mut primary, mut replica) = replicate(&[
        "CREATE TABLE log (id INTEGER PRIMARY KEY AUTOINCREMENT, what TEXT UNIQUE)",
        "INSERT INTO log (what) VALUES ('a'), ('b')",
        "DELETE FROM log WHERE what = 'b'",
        "INSERT INTO log (what) VALUES ('c')",
        "DELETE FROM log",
        "ALTER TABLE log RENAME TO journal",
        "INSERT INTO journal (what) VALUES ('d')",
        "CREATE TABLE second (id INTEGER PRIMARY KEY AUTOINCREMENT)",
        "INSERT INTO second VALUES (100)",
        "DROP TABLE journal",
    ]);
    // The replica, promoted, goes on counting where the primary was.
    run(&mut primary, "INSERT INTO second DEFAULT VALUES");
    run(&mut replica, "INSERT INTO second DEFAULT VALUES");
    assert_eq!(primary.checksum(), replica.checksum());
    assert_eq!(value(&mut replica, "SELECT max(id) FROM second"), Value::Integer(101));
}

#[test]
fn triggers_and_cascades_act_once() {
    let (mut primary, mut replica) = replicate(&[
        "CREATE TABLE parent (id INTEGER PRIMARY KEY, name UNIQUE)",
        "CREATE TABLE child (id INTEGER PRIMARY KEY, parent REFERENCES parent ON DELETE CASCADE ON UPDATE SET NULL)",
        "CREATE TABLE log (what)",
        "CREATE TRIGGER gone AFTER DELETE ON child BEGIN INSERT INTO log VALUES ('gone ' || old.id); END",
        "CREATE TRIGGER come BEFORE INSERT ON parent BEGIN INSERT INTO log VALUES ('come ' || new.name); END",
        "INSERT INTO parent VALUES (1, 'a'), (2, 'b'), (3, 'c')",
        "INSERT INTO child VALUES (1, 1), (2, 1), (3, 2), (4, 3)",
        "DELETE FROM parent WHERE id = 1",
        "UPDATE parent SET id = 20 WHERE id = 2",
        "REPLACE INTO parent VALUES (4, 'c')",
        "CREATE TABLE lonely (parent REFERENCES parent)",
        "DROP TABLE lonely",
        "DELETE FROM child WHERE id = 4",
    ]);
    assert_eq!(
        value(&mut primary, "SELECT group_concat(what, ', ') FROM log"),
        value(&mut replica, "SELECT group_concat(what, ', ') FROM log")
    );
    // The replica, promoted, fires its triggers.
    run(&mut replica, "DELETE FROM child WHERE id = 3");
    assert_eq!(value(&mut replica, "SELECT count(*) FROM log WHERE what = 'gone 3'"), Value::Integer(1));
}

#[test]
fn generated_columns_and_affinities() {
    replicate(&[
        "CREATE TABLE g (id INTEGER PRIMARY KEY, a REAL, v AS (a * 2), s TEXT AS (a || 'x') STORED, b NUMERIC, c INT CHECK (c < 100))",
        "INSERT INTO g (a, b, c) VALUES (1, '12', '7'), (2.5, 'text', 3.0), ('9007199254740993', x'61', NULL)",
        "UPDATE g SET a = 3, b = -0.0",
        "UPDATE g SET id = id + 1 WHERE id = 3",
        "CREATE INDEX over_generated ON g (v)",
        "DELETE FROM g WHERE v = 6.0 AND id = 1",
        "CREATE TABLE w (k TEXT PRIMARY KEY, a REAL, v AS (a + 1)) WITHOUT ROWID",
        "INSERT INTO w (k, a) VALUES (1, 1), ('b', -0.0)",
        "UPDATE w SET a = a + 1",
        "CREATE TABLE strictly (id INT PRIMARY KEY, r REAL, x ANY) STRICT",
        "INSERT INTO strictly VALUES (1, 2, '3')",
        "UPDATE strictly SET r = 5, x = x + 1",
    ]);
}

#[test]
fn appliers_report_conflicts() {
    let mut primary = database(&[KV]);
    let mut replica = database(&[KV, "INSERT INTO kv VALUES (1, 'errant')"]);
    let inserted = run(&mut primary, "INSERT INTO kv VALUES (1, 1)").changes;
    let conflict = replica.apply(&inserted[0]).expect_err("is there already");
    assert_eq!((conflict.kind, conflict.number), (ApplyErrorKind::DuplicateKey, 1062));
    assert_eq!(
        conflict.message,
        "Could not execute Write_rows event on table lab.kv; Duplicate entry '1' for key 'kv.PRIMARY', Error_code: \
         1062; handler error HA_ERR_FOUND_DUPP_KEY"
    );
    run(&mut replica, "DELETE FROM kv");
    let updated = primary.upsert_kv(1, 2).expect("updates").changes;
    let missing = replica.apply(&updated[0]).expect_err("is not there");
    assert_eq!((missing.kind, missing.number), (ApplyErrorKind::RowNotFound, 1032));
    assert_eq!(
        missing.message,
        "Could not execute Update_rows event on table lab.kv; Can't find record in 'kv', Error_code: 1032; handler \
         error HA_ERR_KEY_NOT_FOUND"
    );
    run(&mut replica, "DROP TABLE kv");
    assert_eq!(replica.apply(&inserted[0]).expect_err("no table").kind, ApplyErrorKind::Other);
    check(&mut replica, "all failures");
}

#[test]
fn applies_together_or_not_at_all() {
    let mut primary = database(&[KV]);
    let mut replica = database(&[KV, "INSERT INTO kv VALUES (3, 'errant')"]);
    let before = replica.checksum();
    let changes = run(&mut primary, "INSERT INTO kv VALUES (1, 1), (2, 2), (3, 3)").changes;
    let (index, conflict) = replica.apply_all(&changes).expect_err("conflicts");
    assert_eq!((index, conflict.kind, replica.checksum()), (2, ApplyErrorKind::DuplicateKey, before));
    check(&mut replica, "the conflict");
    replica.apply_all(&changes[..2]).expect("applies");
    assert_eq!(replica.row_count(), 3);
}

#[test]
fn a_damaged_row_is_refused() {
    let mut replica = database(&[KV]);
    let change = |new| {
        Change::Row(RowChange { table: "kv".into(), key: RowKey::Rowid(1), moved_to: None, op: RowOp::Insert { new } })
    };
    assert!(replica.apply(&change(vec![])).is_err());
    assert!(replica.apply(&change(vec![Value::Integer(1)])).is_err());
    assert!(replica.apply(&change(vec![Value::Integer(1); 3])).is_err());
    assert_eq!(replica.row_count(), 0);
    assert!(replica.apply(&Change::Ddl { sql: "DROP TABLE".into() }).is_err());
    assert!(replica.apply(&Change::Ddl { sql: "ATTACH 'file' AS x".into() }).is_err());
    assert!(replica.undo(&[change(vec![Value::Null, Value::Null])]).is_err());
    check(&mut replica, "the damage");
}

#[test]
fn statements_diverge_where_chance_does() {
    let mut primary = database(&[KV]);
    let mut replica = Database::new(Flavor::Postgresql, 99).expect("opens");
    run(&mut replica, KV);
    run(&mut primary, "INSERT INTO kv VALUES (1, 1)");
    replica.apply(&statement("INSERT INTO kv VALUES (1, 1)")).expect("applies");
    assert_eq!(primary.checksum(), replica.checksum());
    run(&mut primary, "INSERT INTO kv VALUES (2, random())");
    replica.apply(&statement("INSERT INTO kv VALUES (2, random())")).expect("applies");
    assert_ne!(primary.checksum(), replica.checksum());
    let again = replica.apply(&statement("INSERT INTO kv VALUES (2, 0)")).expect_err("conflicts");
    assert_eq!(again.kind, ApplyErrorKind::DuplicateKey);
}

fn statement(sql: &str) -> Change {
    Change::Statement(StatementEvent { sql: sql.into(), timestamp_us: 0, rand_seed: None })
}

#[test]
fn now_and_rand_travel_with_a_statement_and_uuid_and_sysdate_do_not() {
    let mut source = Database::new(Flavor::Mysql, 1).expect("opens");
    let mut replica = Database::new(Flavor::Mysql, 2).expect("opens");
    for database in [&mut source, &mut replica] {
        run(database, "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)");
    }
    source.set_now(1_000_000);
    replica.set_now(9_000_000);
    let seed = source.draw_seed();
    for (id, function, same) in [(1, "now()", true), (2, "rand()", true), (3, "uuid()", false), (4, "sysdate()", false)]
    {
        let sql: Arc<str> = format!("INSERT INTO t VALUES ({id}, {function})").into();
        let event = StatementEvent { sql, timestamp_us: 1_000_000, rand_seed: Some(seed) };
        source.replay(&event).expect("runs");
        replica.replay(&event).expect("runs");
        let select = format!("SELECT v FROM t WHERE id = {id}");
        let rows = [&mut source, &mut replica].map(|database| database.query(&select).expect("reads").rows);
        assert_eq!(rows[0] == rows[1], same, "{function}: {rows:?}");
    }
}
