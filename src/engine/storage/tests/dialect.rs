//! What people write for the real servers, by way of [`crate::engine::sql`], on a database.

use super::*;
use crate::engine::sql::classify;

/// Executes what a server would be sent; gives the last result as text.
fn script(flavor: Flavor, statements: &[&str]) -> String {
    let mut database = empty(flavor);
    let mut last = Outcome::default();
    for sql in statements {
        let text = classify(sql, flavor).text_for_sqlite;
        last = database.execute(&text).unwrap_or_else(|error| panic!("{sql}: {text}: {error}"));
    }
    let rows: Vec<String> =
        last.rows.iter().map(|row| row.iter().map(ToString::to_string).collect::<Vec<_>>().join("|")).collect();
    rows.join("; ")
}

#[test]
fn mysql() {
    let result = script(
        Flavor::Mysql,
        &[
            "CREATE TABLE accounts (id INT UNSIGNED NOT NULL AUTO_INCREMENT COMMENT 'key', owner VARCHAR(20) NOT NULL,
                balance DECIMAL(10, 2) DEFAULT 0, PRIMARY KEY (id), UNIQUE (owner)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4",
            "INSERT INTO accounts (owner, balance) VALUES ('it\\'s', 1), (\"b\", 2) # two",
            "INSERT IGNORE INTO accounts (owner) VALUES ('b'), ('c')",
            "INSERT INTO accounts (owner, balance) VALUES ('b', 5) ON DUPLICATE KEY UPDATE balance = balance + VALUES(balance)",
            "SELECT * FROM accounts ORDER BY id LOCK IN SHARE MODE",
        ],
    );
    // The row that was ignored used up a number, as it does in InnoDB.
    assert_eq!(result, "1|it's|1; 2|b|7; 4|c|0");
}

#[test]
fn postgresql() {
    let result = script(
        Flavor::Postgresql,
        &[
            "CREATE TABLE accounts (id bigserial PRIMARY KEY, owner text UNIQUE, opened timestamptz DEFAULT now(),
                kind varchar(10) DEFAULT lower('X'))",
            "INSERT INTO accounts (owner) VALUES ($$it's$$), (E'b\\x')",
            "SELECT id::text || '!', owner, opened::date, kind FROM accounts WHERE id::int < 2 FOR UPDATE OF accounts SKIP LOCKED",
        ],
    );
    assert_eq!(result, "1!|it's|1970-01-01 00:00:00+00|x");
}

#[test]
fn a_key_refuses_null() {
    let mut database = empty(Flavor::Postgresql);
    for sql in ["CREATE TABLE a (id int PRIMARY KEY)", "CREATE TABLE b (x INTEGER, y text, PRIMARY KEY (x, y))"] {
        run(&mut database, &classify(sql, Flavor::Postgresql).text_for_sqlite);
    }
    assert_eq!(error(&mut database, "INSERT INTO a VALUES (NULL)").code, "23502");
    assert_eq!(error(&mut database, "INSERT INTO b VALUES (1, NULL)").code, "23502");
}
