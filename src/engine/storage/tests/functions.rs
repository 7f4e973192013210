use super::*;

/// 2026-11-22 21:54:00.25 UTC.
const NOW_US: i64 = 1_795_384_440_250_000;

fn text(database: &mut Database, sql: &str) -> String {
    value(database, sql).to_string()
}

#[test]
fn time_is_virtual() {
    let mut database = empty(Flavor::Postgresql);
    database.set_now(NOW_US);
    for (sql, expected) in [
        ("SELECT datetime('now')", "2026-11-22 21:54:00"),
        ("SELECT datetime()", "2026-11-22 21:54:00"),
        ("SELECT CURRENT_TIMESTAMP", "2026-11-22 21:54:00"),
        ("SELECT current_date || ' ' || current_time", "2026-11-22 21:54:00"),
        ("SELECT strftime('%Y %f', 'now', '+1 day')", "2026 00.250"),
        ("SELECT unixepoch()", "1795384440"),
        ("SELECT unixepoch('now', 'subsec')", "1795384440.25"),
        ("SELECT julianday('now') - julianday('now', '-1 day')", "1"),
        ("SELECT date('now', 'localtime') || time('now', 'utc')", "2026-11-2221:54:00"),
        ("SELECT datetime('1980-02-29 12:00:00', 'localtime')", "1980-02-29 12:00:00"),
        ("SELECT timediff('now', '2026-11-22')", "+0000-00-00 21:54:00.250"),
        ("SELECT now()", "2026-11-22 21:54:00.25+00"),
        ("SELECT clock_timestamp()", "2026-11-22 21:54:00.25+00"),
    ] {
        assert_eq!(text(&mut database, sql), expected, "{sql}");
    }
    database.set_now(NOW_US + 750_000);
    assert_eq!(text(&mut database, "SELECT now()"), "2026-11-22 21:54:01+00");
    run(&mut database, "CREATE TABLE t (id INTEGER PRIMARY KEY, at DEFAULT CURRENT_TIMESTAMP)");
    run(&mut database, "INSERT INTO t (id) VALUES (1)");
    assert_eq!(text(&mut database, "SELECT at FROM t"), "2026-11-22 21:54:01");
}

#[test]
fn mysql_has_its_own() {
    let mut database = empty(Flavor::Mysql);
    database.set_now(NOW_US);
    for (sql, expected) in [
        ("SELECT NOW()", "2026-11-22 21:54:00"),
        ("SELECT CURDATE() || 'T' || CURTIME()", "2026-11-22T21:54:00"),
        ("SELECT UNIX_TIMESTAMP()", "1795384440"),
        ("SELECT length(UUID()), 1", "36"),
    ] {
        let outcome = database.query(sql).expect(sql);
        assert_eq!(outcome.rows[0][0].to_string(), expected, "{sql}");
    }
    let uuid = text(&mut database, "SELECT uuid()");
    assert_eq!(&uuid[14..15], "1");
    let Value::Real(luck) = value(&mut database, "SELECT rand()") else { panic!("not a real") };
    assert!((0.0..1.0).contains(&luck));
    assert_eq!(database.query("SELECT gen_random_uuid()").expect_err("is PostgreSQL's").number, 1305);
}

#[test]
fn chance_is_the_seeds() {
    let luck = "SELECT random() || hex(randomblob(20)) || gen_random_uuid()";
    let of = |seed| text(&mut Database::new(Flavor::Postgresql, seed).expect("opens"), luck);
    assert_eq!(of(1), of(1));
    assert_ne!(of(1), of(2));
    let mut database = empty(Flavor::Postgresql);
    assert_ne!(text(&mut database, luck), text(&mut database, luck));
    let uuid = text(&mut database, "SELECT gen_random_uuid()");
    assert_eq!((uuid.len(), &uuid[14..15]), (36, "4"));
    assert!(["8", "9", "a", "b"].contains(&&uuid[19..20]));
    for (sql, length) in [("randomblob(0)", 1), ("randomblob(-5)", 1), ("randomblob('7')", 7), ("randomblob(NULL)", 1)]
    {
        assert_eq!(value(&mut database, &format!("SELECT length({sql})")), Value::Integer(length), "{sql}");
    }
}

/// Each row of a statement draws anew, as in SQLite.
#[test]
fn chance_is_drawn_for_every_row() {
    let mut database = database(&[KV, "INSERT INTO kv VALUES (1, random()), (2, random()), (3, random())"]);
    assert_eq!(value(&mut database, "SELECT count(DISTINCT value) FROM kv"), Value::Integer(3));
}

#[test]
fn mathematics_is_portable() {
    let mut database = empty(Flavor::Postgresql);
    for (sql, expected) in [
        ("sqrt(2)", Value::Real(std::f64::consts::SQRT_2)),
        ("pow(2, 10)", Value::Real(1024.0)),
        ("mod(11, 3)", Value::Real(2.0)),
        ("ln(0)", Value::Null),
        ("log(2, 8)", Value::Real(3.0)),
        ("log(1000)", Value::Real(libm::log10(1000.0))),
        ("acos(2)", Value::Null),
        ("exp('1')", Value::Real(libm::exp(1.0))),
        ("exp('x')", Value::Null),
        ("ceil(1.2)", Value::Real(2.0)),
        ("ceil(5)", Value::Integer(5)),
        ("sin(NULL)", Value::Null),
        ("pi()", Value::Real(std::f64::consts::PI)),
        ("round(degrees(pi()), 6)", Value::Real(180.0)),
    ] {
        assert_eq!(value(&mut database, &format!("SELECT {sql}")), expected, "{sql}");
    }
}

#[test]
fn functions_may_stand_where_sqlites_may() {
    replicate(&[
        "CREATE TABLE t (id INTEGER PRIMARY KEY, root AS (sqrt(id)), at DEFAULT (now()), CHECK (floor(id) = id))",
        "CREATE INDEX i ON t (pow(id, 2))",
        "CREATE TRIGGER g AFTER INSERT ON t BEGIN UPDATE t SET at = random() WHERE id = new.id; END",
        "INSERT INTO t (id) VALUES (4), (9)",
        "CREATE VIEW v AS SELECT gen_random_uuid() AS u FROM t",
    ]);
}

#[test]
fn counts_changes() {
    let mut database = database(&[KV, "INSERT INTO kv VALUES (5, 1), (6, 2)"]);
    let ask = "SELECT changes() || ' ' || total_changes() || ' ' || last_insert_rowid()";
    assert_eq!(text(&mut database, ask), "2 2 6");
    run(&mut database, "UPDATE kv SET value = 3");
    assert_eq!(text(&mut database, ask), "2 4 6");
    database.upsert_kv(9, 9).expect("inserts");
    assert_eq!(text(&mut database, ask), "1 5 9");
    database.upsert_kv(9, 10).expect("updates");
    assert_eq!(text(&mut database, ask), "1 6 9");
}
