use proptest::prelude::*;

use super::*;
use Flavor::{Mysql, Postgresql};

fn kind(sql: &str, flavor: Flavor) -> Kind {
    classify(sql, flavor).kind
}

/// What SQLite is given.
fn given(sql: &str, flavor: Flavor) -> String {
    classify(sql, flavor).text_for_sqlite.into_owned()
}

#[test]
fn splits_at_semicolons() {
    for (text, flavor, parts) in [
        ("", Postgresql, &[][..]),
        (" ; ;-- x\n; /* y */", Postgresql, &[]),
        // Found by `any_text_is_looked_at`: alone, MySQL reads the hyphens as a comment.
        ("--;SELECT 1", Mysql, &["SELECT 1"]),
        ("SELECT 1; SELECT 2", Postgresql, &["SELECT 1", "SELECT 2"]),
        ("SELECT 1;", Mysql, &["SELECT 1"]),
        ("SELECT ';', \";\", `;`; X", Postgresql, &["SELECT ';', \";\", `;`", "X"]),
        ("SELECT 'it''s;', [a;b]; X", Postgresql, &["SELECT 'it''s;', [a;b]", "X"]),
        ("SELECT 'a\\'; X'", Postgresql, &["SELECT 'a\\'", "X'"]),
        ("SELECT 'a\\'; X'", Mysql, &["SELECT 'a\\'; X'"]),
        ("SELECT \"a\\\"; X\"; Y", Mysql, &["SELECT \"a\\\"; X\"", "Y"]),
        ("SELECT E'a\\'; X'; Y", Postgresql, &["SELECT E'a\\'; X'", "Y"]),
        ("SELECT $$a;b$$; SELECT $x$;$y$;$x$, $1", Postgresql, &["SELECT $$a;b$$", "SELECT $x$;$y$;$x$, $1"]),
        ("SELECT 1 -- ;\n; X", Postgresql, &["SELECT 1 -- ;", "X"]),
        ("SELECT 1 # ;\n; X", Mysql, &["SELECT 1 # ;", "X"]),
        ("SELECT 5--1; X", Mysql, &["SELECT 5--1", "X"]),
        ("SELECT /* a /* ; */ ; */ 1; X", Postgresql, &["SELECT /* a /* ; */ ; */ 1", "X"]),
        ("SELECT /* a /* ; */ 1; X", Mysql, &["SELECT /* a /* ; */ 1", "X"]),
        ("SELECT /*!80000 1; X */", Mysql, &["SELECT /*!80000 1", "X */"]),
        ("/* hint */ SELECT 1; -- last\nX", Postgresql, &["/* hint */ SELECT 1", "-- last\nX"]),
        ("SELECT 'open; X", Postgresql, &["SELECT 'open; X"]),
        ("SELECT /* open; X", Postgresql, &["SELECT /* open; X"]),
        ("BEGIN; INSERT INTO t VALUES (1); END; X", Postgresql, &["BEGIN", "INSERT INTO t VALUES (1)", "END", "X"]),
        (
            "CREATE TRIGGER t AFTER INSERT ON x BEGIN SELECT CASE WHEN 1 THEN 2 END; DELETE FROM y; END; X",
            Postgresql,
            &["CREATE TRIGGER t AFTER INSERT ON x BEGIN SELECT CASE WHEN 1 THEN 2 END; DELETE FROM y; END", "X"],
        ),
        (
            "create or replace temp trigger t instead of update on x begin select 1; end; X",
            Postgresql,
            &["create or replace temp trigger t instead of update on x begin select 1; end", "X"],
        ),
        (
            "CREATE TRIGGER t BEFORE INSERT ON x FOR EACH ROW SET @a = 1; X",
            Mysql,
            &["CREATE TRIGGER t BEFORE INSERT ON x FOR EACH ROW SET @a = 1", "X"],
        ),
        ("CREATE TABLE a (b, c, d, trigger); X", Postgresql, &["CREATE TABLE a (b, c, d, trigger)", "X"]),
    ] {
        assert_eq!(split(text, flavor), parts, "{text}");
    }
}

#[test]
fn knows_transactions() {
    for (sql, expected) in [
        ("BEGIN", Kind::Begin { read_only: false }),
        ("begin work", Kind::Begin { read_only: false }),
        ("BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY", Kind::Begin { read_only: true }),
        ("BEGIN READ ONLY READ WRITE", Kind::Begin { read_only: false }),
        ("START TRANSACTION READ ONLY", Kind::Begin { read_only: true }),
        ("/* x */ START\nTRANSACTION -- y", Kind::Begin { read_only: false }),
        ("START REPLICA", Kind::Other),
        ("COMMIT", Kind::Commit),
        ("END", Kind::Commit),
        ("commit work;", Kind::Commit),
        ("COMMIT PREPARED 'x'", Kind::Other),
        ("ROLLBACK", Kind::Rollback),
        ("ABORT", Kind::Rollback),
        ("ROLLBACK TO SAVEPOINT a", Kind::RollbackTo("a".into())),
        ("ROLLBACK WORK TO A", Kind::RollbackTo("a".into())),
        ("SAVEPOINT \"A\"", Kind::Savepoint("A".into())),
        ("RELEASE SAVEPOINT a", Kind::Release("a".into())),
        ("RELEASE a", Kind::Release("a".into())),
        ("SAVEPOINT", Kind::Other),
        ("", Kind::Empty),
        ("-- nothing", Kind::Empty),
        ("((", Kind::Other),
    ] {
        assert_eq!(kind(sql, Postgresql), expected, "{sql}");
    }
}

#[test]
fn knows_reads_and_writes() {
    for (sql, flavor, writes, tag) in [
        ("SELECT 1", Postgresql, false, "SELECT"),
        ("((SELECT 1) UNION (SELECT 2))", Postgresql, false, "SELECT"),
        ("VALUES (1)", Postgresql, false, "SELECT"),
        ("TABLE kv", Postgresql, false, "SELECT"),
        ("SELECT replace('a', 'b', 'c'), insert('a', 1, 1, 'b')", Mysql, false, "SELECT"),
        ("SELECT t.update, t.delete FROM t", Postgresql, false, "SELECT"),
        ("SELECT 'INSERT INTO x', \"update\" FROM t -- DELETE", Postgresql, false, "SELECT"),
        ("SELECT * FROM t FOR UPDATE", Postgresql, true, "SELECT FOR UPDATE"),
        ("SELECT * FROM (SELECT * FROM t FOR SHARE) x", Postgresql, true, "SELECT FOR SHARE"),
        ("SELECT * FROM t LOCK IN SHARE MODE", Mysql, true, "SELECT FOR SHARE"),
        ("SELECT * FROM t FOR NO KEY UPDATE OF t SKIP LOCKED", Postgresql, true, "SELECT FOR NO KEY UPDATE"),
        ("SELECT * INTO copy FROM t", Postgresql, true, "SELECT"),
        ("SELECT * FROM t INTO OUTFILE 'x'", Mysql, true, "SELECT"),
        ("SELECT nextval('s')", Postgresql, true, "SELECT"),
        ("SELECT \"nextval\" ('s')", Postgresql, true, "SELECT"),
        ("SELECT GET_LOCK('x', 1)", Mysql, false, "SELECT"),
        ("WITH a AS (SELECT 1) SELECT * FROM a", Postgresql, false, "SELECT"),
        ("WITH update AS (SELECT 1) SELECT * FROM t", Postgresql, true, "SELECT"),
        ("WITH a AS (SELECT 1) INSERT INTO t SELECT * FROM a", Postgresql, true, "INSERT"),
        ("WITH RECURSIVE a(i) AS (SELECT 1), b AS (SELECT 2) DELETE FROM t", Postgresql, true, "DELETE"),
        ("WITH a AS (DELETE FROM t RETURNING *) SELECT * FROM a", Postgresql, true, "SELECT"),
        ("WITH a AS NOT MATERIALIZED (UPDATE t SET x = 1 RETURNING *) SELECT * FROM a", Postgresql, true, "SELECT"),
        ("WITH a AS (SELECT 1) (SELECT * FROM a)", Postgresql, false, "SELECT"),
        ("WITH", Postgresql, true, "SELECT"),
        ("INSERT INTO t VALUES (1)", Postgresql, true, "INSERT"),
        ("/*!50000 DELETE FROM t */", Mysql, true, "DELETE"),
        ("REPLACE INTO t VALUES (1)", Mysql, true, "REPLACE"),
        ("TRUNCATE t", Postgresql, true, "TRUNCATE TABLE"),
        ("MERGE INTO t USING s ON true WHEN MATCHED THEN DO NOTHING", Postgresql, true, "MERGE"),
        ("CREATE TABLE t (a)", Postgresql, true, "CREATE TABLE"),
        ("CREATE UNIQUE INDEX CONCURRENTLY i ON t (a)", Postgresql, true, "CREATE INDEX"),
        ("create or replace temporary view v as select 1", Postgresql, true, "CREATE VIEW"),
        ("DROP TRIGGER IF EXISTS t", Postgresql, true, "DROP TRIGGER"),
        ("ALTER SYSTEM SET a = 1", Postgresql, true, "ALTER SYSTEM"),
        ("GRANT ALL ON t TO u", Postgresql, true, "GRANT"),
        ("EXPLAIN DELETE FROM t", Postgresql, false, "EXPLAIN"),
        ("EXPLAIN ANALYZE SELECT 1", Postgresql, false, "EXPLAIN"),
        ("EXPLAIN (ANALYZE, BUFFERS) DELETE FROM t", Postgresql, true, "EXPLAIN"),
        ("EXPLAIN ANALYZE VERBOSE SELECT nextval('s')", Postgresql, true, "EXPLAIN"),
        ("SHOW server_version", Postgresql, false, "SHOW"),
        ("SET x = 1", Postgresql, false, "SET"),
        ("VACUUM FULL", Postgresql, true, "VACUUM"),
        ("LOCK TABLE t", Postgresql, true, "LOCK TABLE"),
        ("PREPARE x AS SELECT 1", Postgresql, true, "PREPARE"),
        ("CALL p()", Mysql, true, "CALL"),
        ("garbage", Postgresql, true, ""),
        ("🦀", Postgresql, true, ""),
    ] {
        let statement = classify(sql, flavor);
        assert_eq!((statement.writes(), statement.tag), (writes, tag), "{sql}: {statement:?}");
    }
}

#[test]
fn speaks_sqlites_dialect() {
    for (sql, flavor, expected) in [
        ("  SELECT 1 ; ", Postgresql, "SELECT 1"),
        ("SELECT * FROM t FOR UPDATE", Postgresql, "SELECT * FROM t"),
        ("SELECT * FROM t FOR UPDATE OF t, s.u NOWAIT LIMIT 1", Postgresql, "SELECT * FROM t   LIMIT 1"),
        ("SELECT * FROM t FOR SHARE FOR KEY SHARE SKIP LOCKED", Postgresql, "SELECT * FROM t"),
        ("SELECT * FROM t LOCK IN SHARE MODE", Mysql, "SELECT * FROM t"),
        ("SELECT E'a\\n''\\'b', $q$it's$q$", Postgresql, "SELECT 'a\n''''b', 'it''s'"),
        ("SELECT \"it's\", 'a\\'b', `c`", Mysql, "SELECT 'it''s', 'a''b', `c`"),
        ("SELECT \"name\"", Postgresql, "SELECT \"name\""),
        ("SELECT 1 # comment\n+ 1", Mysql, "SELECT 1 + 1"),
        ("SELECT 1 -- comment\n+ 1", Postgresql, "SELECT 1 -- comment\n+ 1"),
        ("SELECT /* a /* b */ c */ 1", Postgresql, "SELECT 1"),
        ("SELECT /* plain */ 1", Postgresql, "SELECT /* plain */ 1"),
        ("SELECT /*!80000 1 + */ 2", Mysql, "SELECT 1 + 2"),
        ("TRUNCATE TABLE t", Mysql, "DELETE FROM t"),
        ("TRUNCATE ONLY t RESTART IDENTITY CASCADE", Postgresql, "DELETE FROM t"),
        ("TABLE t", Postgresql, "SELECT * FROM t"),
        ("EXPLAIN (ANALYZE) SELECT * FROM t FOR UPDATE", Postgresql, "EXPLAIN QUERY PLAN SELECT * FROM t"),
        ("EXPLAIN FORMAT=JSON SELECT \"a\"", Mysql, "EXPLAIN QUERY PLAN SELECT 'a'"),
    ] {
        assert_eq!(given(sql, flavor), expected, "{sql}");
    }
}

#[test]
fn speaks_sqlites_dialect_in_what_people_write_for_servers() {
    for (sql, flavor, expected) in [
        (
            "CREATE TABLE t (id SERIAL PRIMARY KEY, at timestamptz DEFAULT now())",
            Postgresql,
            "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, at timestamptz DEFAULT (now()))",
        ),
        (
            "create table t (a text, id bigint generated by default as identity (start 5) primary key)",
            Postgresql,
            "create table t (a text, id INTEGER PRIMARY KEY AUTOINCREMENT)",
        ),
        (
            "CREATE TABLE IF NOT EXISTS `t` (`id` INT UNSIGNED NOT NULL AUTO_INCREMENT, b INT COMMENT 'x', PRIMARY KEY (`id`)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4",
            Mysql,
            "CREATE TABLE IF NOT EXISTS `t` (`id` INTEGER PRIMARY KEY AUTOINCREMENT, b INT   )",
        ),
        (
            "CREATE TABLE t (PRIMARY KEY (id), id INT AUTO_INCREMENT)",
            Mysql,
            "CREATE TABLE t (  id INTEGER PRIMARY KEY AUTOINCREMENT)",
        ),
        ("CREATE TABLE t (id int PRIMARY KEY)", Postgresql, "CREATE TABLE t (id int PRIMARY KEY NOT NULL)"),
        (
            "CREATE TABLE t (id INTEGER PRIMARY KEY, value)",
            Postgresql,
            "CREATE TABLE t (id INTEGER PRIMARY KEY, value)",
        ),
        (
            "CREATE TABLE t (id INTEGER, b, PRIMARY KEY (id))",
            Postgresql,
            "CREATE TABLE t (id INTEGER, b, PRIMARY KEY (id))",
        ),
        (
            "CREATE TABLE t (a INTEGER, b text NOT NULL, c numeric(5, 2), PRIMARY KEY (a, b, c))",
            Postgresql,
            "CREATE TABLE t (a INTEGER NOT NULL, b text NOT NULL, c numeric(5, 2) NOT NULL, PRIMARY KEY (a, b, c))",
        ),
        ("CREATE TABLE t AS SELECT 1", Postgresql, "CREATE TABLE t AS SELECT 1"),
        ("CREATE TABLE t (", Postgresql, "CREATE TABLE t ("),
        ("CREATE TABLE t (a DEFAULT f(", Postgresql, "CREATE TABLE t (a DEFAULT f("),
        (
            "SELECT '1'::int, a.b::text, f(x, (1))::double precision",
            Postgresql,
            "SELECT CAST('1' AS int), CAST(a.b AS text), CAST(f(x, (1)) AS double precision)",
        ),
        (
            "SELECT (1 + 2)::numeric(5, 2)::text FROM t",
            Postgresql,
            "SELECT CAST(CAST((1 + 2) AS numeric(5, 2)) AS text) FROM t",
        ),
        (
            "SELECT E'a'::text, now()::timestamp with time zone",
            Postgresql,
            "SELECT CAST('a' AS text), CAST(now() AS TEXT)",
        ),
        ("SELECT ::int, a:: , :x", Postgresql, "SELECT ::int, a:: , :x"),
        ("INSERT IGNORE INTO t VALUES (1)", Mysql, "INSERT OR IGNORE INTO t VALUES (1)"),
        (
            "INSERT INTO t (a, b) VALUES (1, 2) ON DUPLICATE KEY UPDATE b = VALUES(b) + 1, c = values ( `c` )",
            Mysql,
            "INSERT INTO t (a, b) VALUES (1, 2) ON CONFLICT DO UPDATE SET b = excluded.b + 1, c = excluded.`c`",
        ),
        ("UPDATE IGNORE t SET a = 1", Mysql, "UPDATE OR IGNORE t SET a = 1"),
        ("SELECT 1 FROM DUAL", Mysql, "SELECT 1"),
    ] {
        assert_eq!(given(sql, flavor), expected, "{sql}");
    }
}

#[test]
fn reads_settings() {
    let one = |scope, name: &str, value: Option<&str>| SetStatement {
        scope,
        name: name.into(),
        value: value.map(Into::into),
    };
    for (sql, flavor, expected) in [
        ("SET synchronous_commit = off", Postgresql, vec![one(Scope::Session, "synchronous_commit", Some("off"))]),
        (
            "SET Synchronous_Commit TO 'remote_apply'",
            Postgresql,
            vec![one(Scope::Session, "synchronous_commit", Some("remote_apply"))],
        ),
        ("SET LOCAL synchronous_commit TO DEFAULT", Postgresql, vec![one(Scope::Local, "synchronous_commit", None)]),
        ("SET SESSION x.y = -1.5", Postgresql, vec![one(Scope::Session, "x.y", Some("-1.5"))]),
        ("SET search_path TO a, \"B\"", Postgresql, vec![one(Scope::Session, "search_path", Some("a, B"))]),
        ("SET TIME ZONE 'UTC'", Postgresql, vec![one(Scope::Session, "timezone", Some("UTC"))]),
        ("SET TRANSACTION READ ONLY", Postgresql, vec![one(Scope::Session, "transaction", Some("READ ONLY"))]),
        (
            "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY",
            Postgresql,
            vec![one(Scope::Session, "session characteristics", Some("AS TRANSACTION READ ONLY"))],
        ),
        ("RESET synchronous_commit", Postgresql, vec![one(Scope::Session, "synchronous_commit", None)]),
        ("RESET ALL", Postgresql, vec![one(Scope::Session, "all", None)]),
        ("DISCARD ALL", Postgresql, vec![one(Scope::Session, "all", None)]),
        ("SET GLOBAL read_only = ON", Mysql, vec![one(Scope::Global, "read_only", Some("ON"))]),
        ("SET @@GLOBAL.read_only = 1", Mysql, vec![one(Scope::Global, "read_only", Some("1"))]),
        ("SET @@read_only := 1", Mysql, vec![one(Scope::Session, "read_only", Some("1"))]),
        ("SET PERSIST a = 5", Mysql, vec![one(Scope::Persist, "a", Some("5"))]),
        (
            "SET GLOBAL a = 1, b = 2, SESSION c = 'x', @d = f(1, 2)",
            Mysql,
            vec![
                one(Scope::Global, "a", Some("1")),
                one(Scope::Global, "b", Some("2")),
                one(Scope::Session, "c", Some("x")),
                one(Scope::User, "d", Some("f(1, 2)")),
            ],
        ),
        ("SET NAMES utf8mb4", Mysql, vec![one(Scope::Session, "names", Some("utf8mb4"))]),
        ("SET session = 3", Mysql, vec![one(Scope::Session, "session", Some("3"))]),
        ("SET", Postgresql, vec![]),
        ("SET x", Postgresql, vec![]),
        ("SET x =", Postgresql, vec![]),
    ] {
        assert_eq!(kind(sql, flavor), Kind::Set(expected), "{sql}");
    }
}

#[test]
fn reads_shows() {
    for (sql, flavor, expected) in [
        ("SHOW synchronous_standby_names", Postgresql, "synchronous_standby_names"),
        ("SHOW  REPLICA\nSTATUS;", Mysql, "REPLICA STATUS"),
        ("SHOW VARIABLES LIKE 'rpl%'", Mysql, "VARIABLES LIKE 'rpl%'"),
        ("DESC kv", Mysql, "COLUMNS FROM kv"),
        ("SHOW a.b", Postgresql, "a.b"),
    ] {
        assert_eq!(kind(sql, flavor), Kind::Show(expected.into()), "{sql}");
    }
}

/// Text that comes close to SQL.
fn any_sql() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        3 => prop::sample::select(vec![
            "SELECT", "WITH", "AS", "(", ")", ",", ";", "'", "\"", "`", "[", "]", "$$", "$a$", "--", "#", "/*", "*/", "/*!", "\n",
            "INSERT", "INTO", "UPDATE", "SET", "FOR", "SHARE", "TABLE", "::", "PRIMARY", "KEY", "DEFAULT", "ON", "DUPLICATE", "VALUES", "SERIAL", "AUTO_INCREMENT", "DUAL", "FROM", "int", "OF", "CREATE", "TRIGGER", "BEGIN", "END", "CASE", "E'", "\\", "@",
            "@@", "=", ":", "EXPLAIN", "ANALYZE", "TRUNCATE", "SHOW", "1", "0x", "1e", "+", "-", ".", "é", "🦀", "\0", "SESSION",
        ]).prop_map(str::to_owned),
        1 => any::<String>(),
    ];
    prop::collection::vec((part, any::<bool>()), 0..25)
        .prop_map(|parts| parts.into_iter().map(|(part, blank)| if blank { part + " " } else { part }).collect())
}

proptest! {
    #[test]
    fn any_text_is_looked_at(text in any_sql()) {
        for flavor in [Postgresql, Mysql] {
            let mut last = 0;
            for token in Lexer::new(&text, flavor) {
                prop_assert!(token.start >= last && token.end() > token.start);
                prop_assert_eq!(&text[token.start..token.end()], token.text);
                let _ = token.content(flavor);
                last = token.end();
            }
            for part in split(&text, flavor) {
                let statement = classify(part, flavor);
                prop_assert!(first_token(part, flavor).is_some());
                // What starts as a write is never taken for a read.
                if first_token(part, flavor).is_some_and(|first| first.is_any(&["INSERT", "UPDATE", "CREATE", "TRUNCATE"])) {
                    prop_assert!(statement.writes());
                }
                // The text for SQLite needs no further translation.
                if matches!(statement.kind, Kind::Select { .. }) {
                    let _ = classify(&statement.text_for_sqlite, Postgresql);
                }
            }
            let _ = classify(&text, flavor);
        }
    }

    #[test]
    fn splitting_loses_nothing(parts in prop::collection::vec("[a-z]{1,5}( '[a-z;]{0,4}')?", 1..5)) {
        let text = parts.join(" ; ");
        prop_assert_eq!(split(&text, Postgresql), parts.iter().map(String::as_str).collect::<Vec<_>>());
    }
}
