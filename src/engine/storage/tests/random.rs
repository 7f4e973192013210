//! Random statements on a schema with everything in it. Whatever they do, a replica must come out the same, the
//! running checksum must be what the rows say, undoing must lead back, and a clone must do as its original does.

use proptest::prelude::*;

use super::*;

const SCHEMA: &[&str] = &[
    KV,
    "CREATE TABLE parent (id INTEGER PRIMARY KEY, name TEXT UNIQUE, n INT CHECK (n IS NULL OR n < 50))",
    "CREATE TABLE child (id INTEGER PRIMARY KEY AUTOINCREMENT, parent REFERENCES parent ON DELETE CASCADE ON UPDATE CASCADE,
        x REAL, twice AS (x * 2), half AS (x / 2) STORED)",
    "CREATE TABLE pair (a, b TEXT, c INT UNIQUE ON CONFLICT REPLACE, PRIMARY KEY (b, a)) WITHOUT ROWID",
    "CREATE TABLE heap (a, b NOT NULL DEFAULT 'd')",
    "CREATE UNIQUE INDEX some ON heap (b) WHERE a > 5",
    "CREATE INDEX computed ON heap (a || b)",
    "CREATE TABLE log (what)",
    "CREATE TRIGGER counted AFTER UPDATE ON pair BEGIN INSERT INTO log VALUES (old.c || '>' || new.c); END",
    "CREATE TRIGGER kept BEFORE DELETE ON heap WHEN old.a = 3 BEGIN SELECT raise(IGNORE); END",
    "CREATE TRIGGER stopped BEFORE INSERT ON heap WHEN new.a = 7 BEGIN SELECT raise(FAIL, 'seven'); END",
    "CREATE TRIGGER follows AFTER INSERT ON kv BEGIN
        UPDATE heap SET a = new.id WHERE rowid = new.id; DELETE FROM log WHERE rowid = 3; END",
    "CREATE VIEW both AS SELECT id, name FROM parent",
    "CREATE TRIGGER both_in INSTEAD OF INSERT ON both BEGIN
        INSERT INTO parent (id, name) VALUES (new.id, new.name);
        INSERT OR IGNORE INTO child (parent, x) VALUES (new.id, new.id * 1.5); END",
];

/// The columns that statements set, by table.
const TABLES: &[(&str, &[&str])] = &[
    ("kv", &["id", "value"]),
    ("parent", &["id", "name", "n"]),
    ("child", &["parent", "x"]),
    ("child", &["id", "parent", "x"]),
    ("pair", &["a", "b", "c"]),
    ("heap", &["a", "b"]),
    ("heap", &["rowid", "a"]),
    ("log", &["what"]),
    ("both", &["id", "name"]),
];

const ODD_LITERALS: &[&str] = &[
    "NULL",
    "'a'",
    "'b'",
    "'5'",
    "'3.0'",
    "2.5",
    "-0.0",
    "x'61'",
    "''",
    "1e300 * 1e10",
    "9223372036854775807",
    "random() % 5",
    "hex(randomblob(1))",
    "zeroblob(40)",
    "'é' || char(0)",
    "(SELECT count(*) FROM kv)",
    "CAST(x'80' AS TEXT)",
];

const OTHERS: &[&str] = &[
    "INSERT INTO kv (id, value) VALUES (1, 2), (2, 3)
        ON CONFLICT (id) DO UPDATE SET value = coalesce(value, 0) || excluded.value, id = id + 3",
    "INSERT INTO pair SELECT id, value, id FROM kv WHERE true ON CONFLICT (b, a) DO UPDATE SET c = c + 1",
    "WITH gone AS (SELECT id FROM kv LIMIT 2) DELETE FROM kv WHERE id IN gone",
    "UPDATE heap SET b = kv.value FROM kv WHERE kv.id = heap.a",
    "INSERT INTO heap SELECT * FROM heap",
    "DELETE FROM log",
    "DELETE FROM pair",
    "REPLACE INTO parent SELECT id + 1, name, n FROM parent",
];

const SCHEMA_CHANGES: &[&str] = &[
    "ALTER TABLE heap ADD COLUMN extra REAL DEFAULT 1",
    "ALTER TABLE heap RENAME COLUMN a TO a",
    "ALTER TABLE log RENAME TO journal",
    "ALTER TABLE journal RENAME TO log",
    "CREATE TABLE IF NOT EXISTS copy AS SELECT rowid AS r, * FROM heap",
    "DROP TABLE IF EXISTS copy",
    "DROP TABLE parent",
    "DROP TRIGGER counted",
    "DROP INDEX some",
    "ALTER TABLE child DROP COLUMN half",
];

fn one_of(choices: &'static [&'static str]) -> impl Strategy<Value = String> {
    prop::sample::select(choices).prop_map(str::to_owned)
}

fn any_literal() -> impl Strategy<Value = String> {
    prop_oneof![8 => (0..9_i64).prop_map(|number| number.to_string()), 2 => one_of(ODD_LITERALS)]
}

fn any_conflict() -> impl Strategy<Value = String> {
    one_of(&["", "", "OR REPLACE", "OR IGNORE", "OR FAIL", "OR ROLLBACK"])
}

fn any_statement() -> impl Strategy<Value = String> {
    let table = || prop::sample::select(TABLES);
    let rows = prop::collection::vec(prop::collection::vec(any_literal(), 3), 1..4);
    let insert = (table(), any_conflict(), rows).prop_map(|((name, columns), conflict, rows)| {
        let rows: Vec<String> = rows.iter().map(|row| format!("({})", row[..columns.len()].join(", "))).collect();
        format!("INSERT {conflict} INTO {name} ({}) VALUES {}", columns.join(", "), rows.join(", "))
    });
    let column = any::<prop::sample::Index>();
    let update = (table(), any_conflict(), column, any_literal(), any_literal(), any::<bool>()).prop_map(
        |((name, columns), conflict, column, to, from, all)| {
            let column = columns[column.index(columns.len())];
            let condition = if all { String::new() } else { format!(" WHERE {} >= {from}", columns[0]) };
            format!("UPDATE {conflict} {name} SET {column} = coalesce({column} + 1, {to}){condition}")
        },
    );
    let delete = (table(), any_literal())
        .prop_map(|((name, columns), value)| format!("DELETE FROM {name} WHERE {} IS {value}", columns[0]));
    prop_oneof![4 => insert, 3 => update, 1 => delete, 2 => one_of(OTHERS)]
}

/// Fewer cases than usual, since each is many statements; `PROPTEST_CASES` says otherwise.
fn few() -> ProptestConfig {
    let usual = ProptestConfig::default();
    ProptestConfig { cases: if usual.cases == 256 { 64 } else { usual.cases }, failure_persistence: None, ..usual }
}

proptest! {
    #![proptest_config(few())]

    #[test]
    fn everything_agrees(
        statements in prop::collection::vec(prop_oneof![12 => any_statement(), 1 => one_of(SCHEMA_CHANGES)], 1..25),
        clone_at in 0..25_usize,
    ) {
        let mut primary = database(SCHEMA);
        let mut replica = Database::new(Flavor::Postgresql, 7).expect("opens");
        for sql in SCHEMA {
            replica.apply(&Change::Ddl { sql: (*sql).into() }).expect("applies");
        }
        let mut twin = primary.clone();
        for (number, sql) in statements.iter().enumerate() {
            let before = primary.checksum();
            let outcome = primary.execute(sql);
            prop_assert_eq!(&outcome, &twin.execute(sql), "the twin at {}", sql);
            check(&mut primary, sql);
            let Ok(outcome) = outcome else {
                prop_assert_eq!(primary.checksum(), before, "the failed {}", sql);
                continue;
            };
            if outcome.changes.iter().all(|change| change.row().is_some()) {
                let mut undone = primary.clone();
                undone.undo(&outcome.changes).unwrap_or_else(|error| panic!("{sql}: {error}"));
                check(&mut undone, sql);
                prop_assert_eq!(undone.checksum(), before, "undone {}: {:?}", sql, outcome.changes);
            }
            ship(&outcome.changes, &mut replica, sql);
            check(&mut replica, sql);
            prop_assert_eq!(replica.checksum(), primary.checksum(), "the replica after {}: {:?}", sql, outcome.changes);
            if number == clone_at {
                twin = twin.clone();
                replica = replica.clone();
            }
        }
        // All tables read the same, and a promoted replica goes on as the primary would, chance apart.
        for table in primary.tables() {
            prop_assert_eq!(primary.table(&table, 1000), replica.table(&table, 1000));
        }
        for sql in ["INSERT INTO heap (b) VALUES ('new')", "INSERT INTO child (x) VALUES (1)", "DELETE FROM kv"] {
            prop_assert_eq!(primary.execute(sql), replica.execute(sql));
        }
    }

    #[test]
    fn any_text_is_answered(sql in ".{0,60}") {
        let mut database = database(&[KV]);
        let _ = database.execute(&sql);
        let _ = database.query(&sql);
        check(&mut database, &sql);
    }
}
