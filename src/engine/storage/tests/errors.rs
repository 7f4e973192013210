use super::*;

const SCHEMA: &[&str] = &[
    KV,
    "CREATE TABLE parent (id INTEGER PRIMARY KEY, email TEXT NOT NULL UNIQUE, a INT, b INT, age INT CHECK (age >= 0),
        CONSTRAINT both_once UNIQUE (a, b), CONSTRAINT sane CHECK (a < 1000), CHECK (a IS NULL OR a <> b))",
    "CREATE TABLE child (id INTEGER PRIMARY KEY, parent INT REFERENCES parent (id), other INT REFERENCES kv)",
    "CREATE TABLE pair (x TEXT, y INT, PRIMARY KEY (x, y)) WITHOUT ROWID",
    "CREATE UNIQUE INDEX by_value ON kv (value)",
    "INSERT INTO kv VALUES (1, 'one'), (2, 'two')",
    "INSERT INTO parent (id, email, a, b) VALUES (1, 'a@b', 1, 2)",
    "INSERT INTO child VALUES (1, 1, NULL)",
    "INSERT INTO pair VALUES ('p', 1)",
];

/// Statement; PostgreSQL's SQLSTATE, message and detail; MySQL's number and message.
type Case = (&'static str, &'static str, &'static str, &'static str, u16, &'static str);

/// Messages as the servers' sources have them: PostgreSQL's `execIndexing.c`, `execMain.c`, `ri_triggers.c`,
/// `parse_relation.c`, `parse_target.c`; MySQL's `messages_to_clients.txt`.
const CASES: &[Case] = &[
    (
        "INSERT INTO kv VALUES (3, 3), (1, 4)",
        "23505",
        "duplicate key value violates unique constraint \"kv_pkey\"",
        "Key (id)=(1) already exists.",
        1062,
        "Duplicate entry '1' for key 'kv.PRIMARY'",
    ),
    (
        "UPDATE kv SET value = 'two'",
        "23505",
        "duplicate key value violates unique constraint \"by_value\"",
        "Key (value)=(two) already exists.",
        1062,
        "Duplicate entry 'two' for key 'kv.by_value'",
    ),
    (
        "INSERT OR ABORT INTO parent (email) VALUES ('a@b')",
        "23505",
        "duplicate key value violates unique constraint \"parent_email_key\"",
        "Key (email)=(a@b) already exists.",
        1062,
        "Duplicate entry 'a@b' for key 'parent.email'",
    ),
    (
        "INSERT INTO parent (email, a, b) VALUES ('x', 1, 2)",
        "23505",
        "duplicate key value violates unique constraint \"both_once\"",
        "Key (a, b)=(1, 2) already exists.",
        1062,
        "Duplicate entry '1-2' for key 'parent.both_once'",
    ),
    (
        "INSERT INTO pair VALUES ('q', 1), ('p', 1)",
        "23505",
        "duplicate key value violates unique constraint \"pair_pkey\"",
        "Key (x, y)=(p, 1) already exists.",
        1062,
        "Duplicate entry 'p-1' for key 'pair.PRIMARY'",
    ),
    (
        "INSERT INTO parent (id) VALUES (5)",
        "23502",
        "null value in column \"email\" of relation \"parent\" violates not-null constraint",
        "",
        1048,
        "Column 'email' cannot be null",
    ),
    (
        "INSERT INTO parent (email, age) VALUES ('x', -1)",
        "23514",
        "new row for relation \"parent\" violates check constraint \"parent_age_check\"",
        "",
        3819,
        "Check constraint 'parent_chk_1' is violated.",
    ),
    (
        "UPDATE parent SET a = 5000",
        "23514",
        "new row for relation \"parent\" violates check constraint \"sane\"",
        "",
        3819,
        "Check constraint 'sane' is violated.",
    ),
    (
        "UPDATE parent SET a = b",
        "23514",
        "new row for relation \"parent\" violates check constraint \"parent_check\"",
        "",
        3819,
        "Check constraint 'parent_chk_3' is violated.",
    ),
    (
        "INSERT INTO child (parent) VALUES (77)",
        "23503",
        "insert or update on table \"child\" violates foreign key constraint \"child_parent_fkey\"",
        "Key (parent)=(77) is not present in table \"parent\".",
        1452,
        "Cannot add or update a child row: a foreign key constraint fails (`lab`.`child`, CONSTRAINT \
               `child_ibfk_1` FOREIGN KEY (`parent`) REFERENCES `parent` (`id`))",
    ),
    (
        "INSERT INTO child (other) VALUES (78)",
        "23503",
        "insert or update on table \"child\" violates foreign key constraint \"child_other_fkey\"",
        "Key (other)=(78) is not present in table \"kv\".",
        1452,
        "Cannot add or update a child row: a foreign key constraint fails (`lab`.`child`, CONSTRAINT \
               `child_ibfk_2` FOREIGN KEY (`other`) REFERENCES `kv` (`id`))",
    ),
    (
        "DELETE FROM parent",
        "23503",
        "update or delete on table \"parent\" violates foreign key constraint \"child_parent_fkey\" on table \"child\"",
        "Key (id)=(1) is still referenced from table \"child\".",
        1451,
        "Cannot delete or update a parent row: a foreign key constraint fails (`lab`.`child`, CONSTRAINT \
               `child_ibfk_1` FOREIGN KEY (`parent`) REFERENCES `parent` (`id`))",
    ),
    ("SELECT * FROM nope", "42P01", "relation \"nope\" does not exist", "", 1146, "Table 'lab.nope' doesn't exist"),
    (
        "INSERT INTO nope VALUES (1)",
        "42P01",
        "relation \"nope\" does not exist",
        "",
        1146,
        "Table 'lab.nope' doesn't exist",
    ),
    (
        "SELECT nope FROM kv",
        "42703",
        "column \"nope\" does not exist",
        "",
        1054,
        "Unknown column 'nope' in 'field list'",
    ),
    (
        "SELECT kv.nope FROM kv",
        "42703",
        "column kv.nope does not exist",
        "",
        1054,
        "Unknown column 'kv.nope' in 'field list'",
    ),
    (
        "INSERT INTO kv (nope) VALUES (1)",
        "42703",
        "column \"nope\" of relation \"kv\" does not exist",
        "",
        1054,
        "Unknown column 'nope' in 'field list'",
    ),
    ("SELECT nope(1)", "42883", "function nope() does not exist", "", 1305, "FUNCTION lab.nope does not exist"),
    ("CREATE TABLE kv (a)", "42P07", "relation \"kv\" already exists", "", 1050, "Table 'kv' already exists"),
    (
        "CREATE INDEX by_value ON kv (id)",
        "42P07",
        "relation \"by_value\" already exists",
        "",
        1061,
        "Duplicate key name 'by_value'",
    ),
    (
        "INSERT INTO kv VALUES (1, 2, 3)",
        "42601",
        "INSERT has more expressions than target columns",
        "",
        1136,
        "Column count doesn't match value count at row 1",
    ),
    (
        "INSERT INTO kv (id, value) VALUES (1)",
        "42601",
        "INSERT has more target columns than expressions",
        "",
        1136,
        "Column count doesn't match value count at row 1",
    ),
    (
        "SELEC 1",
        "42601",
        "syntax error at or near \"SELEC\"",
        "",
        1064,
        "You have an error in your SQL syntax; check the manual that corresponds to your MySQL server version \
               for the right syntax to use near 'SELEC 1' at line 1",
    ),
    (
        "SELECT 1\nFROM WHERE x",
        "42601",
        "syntax error at or near \"WHERE\"",
        "",
        1064,
        "You have an error in your SQL syntax; check the manual that corresponds to your MySQL server version \
               for the right syntax to use near 'WHERE x' at line 2",
    ),
    (
        "SELECT 1 +",
        "42601",
        "syntax error at end of input",
        "",
        1064,
        "You have an error in your SQL syntax; check the manual that corresponds to your MySQL server version \
               for the right syntax to use near '' at line 1",
    ),
    (
        "SELECT 9223372036854775807 + abs(-9223372036854775808)",
        "22003",
        "bigint out of range",
        "",
        1690,
        "BIGINT value is out of range",
    ),
];

#[test]
fn are_the_servers_own() {
    let mut postgresql = empty(Flavor::Postgresql);
    let mut mysql = empty(Flavor::Mysql);
    for sql in SCHEMA {
        run(&mut postgresql, sql);
        run(&mut mysql, sql);
    }
    for &(sql, code, message, detail, number, mysql_message) in CASES {
        let found = error(&mut postgresql, sql);
        assert_eq!(
            (found.code, found.message.as_str(), found.detail.as_deref().unwrap_or_default()),
            (code, message, detail),
            "{sql}"
        );
        let found = error(&mut mysql, sql);
        assert_eq!((found.number, found.message.as_str()), (number, mysql_message), "{sql}");
        assert_eq!(found.detail, None);
    }
    // Finding out what was violated leaves no trace.
    assert_eq!(postgresql.checksum(), mysql.checksum());
}

#[test]
fn finding_out_uses_up_no_chance() {
    let mut database = database(&[KV, "INSERT INTO kv VALUES (1, 1)"]);
    let mut twin = database.clone();
    error(&mut database, "INSERT INTO kv VALUES (random(), 0), (1, random())");
    twin.query("SELECT random(), random()").expect("draws");
    assert_eq!(value(&mut database, "SELECT random()"), value(&mut twin, "SELECT random()"));
}

#[test]
fn are_printed_as_by_the_clients() {
    let error = SqlError { detail: Some("Key (id)=(1) already exists.".into()), ..SqlError::new("23505", "duplicate") };
    assert_eq!(error.to_string(), "ERROR:  duplicate\nDETAIL:  Key (id)=(1) already exists.");
    let error = SqlError { number: 1062, ..SqlError::new("23000", "Duplicate entry '1' for key 'kv.PRIMARY'") };
    assert_eq!(error.to_string(), "ERROR 1062 (23000): Duplicate entry '1' for key 'kv.PRIMARY'");
}
