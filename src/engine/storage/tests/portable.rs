//! The same rows natively and in a browser: one script, one checksum.

use super::*;

const SCRIPT: &[&str] = &[
    "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT, value)",
    "INSERT INTO t (kind, value) SELECT 'random', random() FROM json_each('[1, 2, 3, 4]')",
    "INSERT INTO t (kind, value) VALUES ('blob', randomblob(9)), ('hex', hex(randomblob(3)))",
    "INSERT INTO t (kind, value) VALUES ('time', datetime('now', 'subsec')), ('day', julianday('now'))",
    "INSERT INTO t (kind, value) VALUES ('local', datetime('now', 'localtime')), ('default', CURRENT_TIMESTAMP)",
    "INSERT INTO t (kind, value) VALUES ('format', strftime('%Y-%j %H %s %f', 'now', 'weekday 0'))",
    "INSERT INTO t (kind, value) SELECT 'sine', sin(value) FROM json_each('[0.1, 1, 10, 1000000]')",
    "INSERT INTO t (kind, value) SELECT 'power', pow(value, 1.0 / 3) FROM json_each('[0.1, 2, 10, 1e300]')",
    "INSERT INTO t (kind, value) SELECT 'logarithm', ln(value) + exp(value / 100.0) FROM json_each('[3, 5, 7, 11]')",
    "INSERT INTO t (kind, value) SELECT 'text', value || '' FROM json_each('[0.1, 1e23, 5e-324, 123456789.123456789]')",
    "INSERT INTO t (kind, value) SELECT 'read', CAST(value AS REAL) FROM json_each('[\"2.2250738585072011e-308\", \"9007199254740993\"]')",
    "INSERT INTO t (kind, value) VALUES ('printed', printf('%.17g|%.3f|%e|%!.20g', 0.1, 2.5, 1e-7, 1.0 / 3))",
    "INSERT INTO t (kind, value) SELECT 'sum', sum(value) FROM json_each('[0.1, 0.2, 0.3, 1e16, -1e16]')",
    "INSERT INTO t (kind, value) SELECT 'rounded', round(value, 2) FROM json_each('[2.675, 1.005, -0.5]')",
    "INSERT INTO t (kind, value) VALUES ('case', upper('straße é') || lower('ÀB') || length('🦀'))",
    "UPDATE t SET value = value || '!' WHERE kind = 'text'",
];

fn checksum(flavor: Flavor, last: &str) -> u64 {
    let mut database = Database::new(flavor, 42).expect("opens");
    database.set_now(1_795_384_440_250_123);
    for sql in SCRIPT {
        run(&mut database, sql);
    }
    run(&mut database, last);
    let mut clone = database.clone();
    check(&mut clone, "all");
    clone.checksum()
}

#[cfg_attr(not(target_arch = "wasm32"), test)]
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
fn rows_are_the_same_on_every_machine() {
    let postgresql = checksum(Flavor::Postgresql, "INSERT INTO t (kind, value) VALUES (now(), gen_random_uuid())");
    let mysql = checksum(Flavor::Mysql, "INSERT INTO t (kind, value) VALUES (now() || rand(), uuid())");
    assert_eq!(
        (format!("{postgresql:016x}"), format!("{mysql:016x}")),
        ("91e5edca9ce6d80c".into(), "3bf6bfdd586e6ac4".into())
    );
}
