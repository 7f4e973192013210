//! Tests of the storage as its users see it.

use super::*;
use crate::engine::flavor::Flavor;

const KV: &str = "CREATE TABLE kv (id INTEGER PRIMARY KEY, value)";

fn database(schema: &[&str]) -> Database {
    let mut database = Database::new(Flavor::Postgresql, 1).expect("opens");
    for sql in schema {
        database.execute(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
    }
    database
}

/// Executes statements on one database and applies what they changed on another; both must agree all the way.
fn replicate(statements: &[&str]) -> (Database, Database) {
    let mut primary = database(&[]);
    let mut replica = Database::new(Flavor::Postgresql, 2).expect("opens");
    for sql in statements {
        let outcome = primary.execute(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
        for change in &outcome.changes {
            let mut bytes = Vec::new();
            change.encode(&mut bytes);
            let mut rest = bytes.as_slice();
            let decoded = Change::decode(&mut rest).expect("decodes");
            assert_eq!((&decoded, rest.len()), (change, 0));
            replica.apply(&decoded).unwrap_or_else(|error| panic!("{sql}: {change:?}: {error}"));
        }
        assert_eq!(primary.checksum(), primary.checksum_scan().expect("scans"), "the running checksum after {sql}");
        assert_eq!(replica.checksum(), replica.checksum_scan().expect("scans"), "the replica's after {sql}");
        assert_eq!(primary.checksum(), replica.checksum(), "after {sql}: {:?}", outcome.changes);
    }
    (primary, replica)
}

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
    database.undo(&first.changes).expect("undoes");
    assert_eq!(database.read_kv(1), Ok(None));
}

#[test]
fn replicates_rows_and_schema() {
    replicate(&[
        KV,
        "INSERT INTO kv VALUES (1, 'a'), (2, x'00ff'), (3, 1.5), (4, NULL), (5, 9223372036854775807)",
        "UPDATE kv SET id = id + 10 WHERE id > 3",
        "REPLACE INTO kv VALUES (1, 'b')",
        "CREATE TABLE copy AS SELECT * FROM kv",
        "DELETE FROM kv",
        "ALTER TABLE copy RENAME COLUMN value TO amount",
        "ALTER TABLE copy ADD COLUMN note TEXT DEFAULT 'none'",
        "UPDATE copy SET note = 'x' WHERE id = 2",
        "ALTER TABLE copy RENAME TO other",
        "INSERT INTO other (id) SELECT id + 100 FROM other",
        "CREATE TABLE log (id INTEGER PRIMARY KEY AUTOINCREMENT, what TEXT UNIQUE)",
        "INSERT INTO log (what) VALUES ('a'), ('b')",
        "DELETE FROM log WHERE what = 'b'",
        "INSERT INTO log (what) VALUES ('c')",
        "DROP TABLE other",
    ]);
}

#[test]
fn clones_go_on_alike() {
    let mut original = database(&[KV, "INSERT INTO kv VALUES (1, random())"]);
    let mut clone = original.clone();
    for database in [&mut original, &mut clone] {
        database.execute("INSERT INTO kv VALUES (2, random())").expect("inserts");
    }
    assert_eq!(original.checksum(), clone.checksum());
    let ask = "SELECT value, hex(randomblob(4)), changes(), last_insert_rowid() FROM kv";
    assert_eq!(original.query(ask), clone.query(ask));
}

#[test]
fn refuses_to_write_when_reading() {
    let mut database = database(&[KV]);
    let error = database.query("INSERT INTO kv VALUES (1, 1)").expect_err("refuses");
    assert_eq!((error.code, error.message.as_str()), ("25006", "cannot execute INSERT in a read-only transaction"));
    let error = database.query("CREATE TABLE x (a)").expect_err("refuses");
    assert_eq!(error.message, "cannot execute CREATE TABLE in a read-only transaction");
}

#[test]
fn a_clone_captures_schema_changes_as_its_original_does() {
    let mut original = super::Database::new(crate::engine::flavor::Flavor::Postgresql, 1).expect("a database");
    original.execute("CREATE TABLE kv (id INTEGER PRIMARY KEY, value)").expect("a table");
    let mut copy = original.clone();
    assert_eq!(copy.execute("CREATE TABLE t (a TEXT)").expect("a table").changes.len(), 1);
    assert_eq!(copy.execute("INSERT INTO t VALUES ('x')").expect("a row").changes.len(), 1);
}
