//! Tests of the storage as its users see it. In a browser only what could differ there is run.
#![cfg_attr(target_arch = "wasm32", allow(dead_code, reason = "helpers of the tests that are not run there"))]

#[cfg(not(target_arch = "wasm32"))]
mod codec;
#[cfg(not(target_arch = "wasm32"))]
mod dialect;
#[cfg(not(target_arch = "wasm32"))]
mod errors;
#[cfg(not(target_arch = "wasm32"))]
mod functions;
#[cfg(not(target_arch = "wasm32"))]
mod limits;
mod portable;
#[cfg(not(target_arch = "wasm32"))]
mod random;
#[cfg(not(target_arch = "wasm32"))]
mod replication;
#[cfg(not(target_arch = "wasm32"))]
mod statements;

use super::*;
use crate::engine::flavor::Flavor;

const KV: &str = "CREATE TABLE kv (id INTEGER PRIMARY KEY, value)";

fn empty(flavor: Flavor) -> Database {
    Database::new(flavor, 1).expect("opens")
}

fn database(statements: &[&str]) -> Database {
    let mut database = empty(Flavor::Postgresql);
    for sql in statements {
        run(&mut database, sql);
    }
    database
}

fn run(database: &mut Database, sql: &str) -> Outcome {
    database.execute(sql).unwrap_or_else(|error| panic!("{sql}: {error}"))
}

/// The error of a statement, which must leave the database as it was.
fn error(database: &mut Database, sql: &str) -> SqlError {
    let before = database.checksum();
    let error = database.execute(sql).expect_err(sql);
    assert_eq!(database.checksum(), before, "{sql}");
    check(database, sql);
    error
}

/// The only value that a query gives.
fn value(database: &mut Database, sql: &str) -> Value {
    let mut outcome = database.query(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
    assert_eq!((outcome.rows.len(), outcome.columns.len()), (1, 1), "{sql}");
    outcome.rows.remove(0).remove(0)
}

/// The running checksum and row count must be what the rows say.
fn check(database: &mut Database, when: &str) {
    let scanned = database.checksum_scan().unwrap_or_else(|error| panic!("{when}: {error}"));
    assert_eq!(database.checksum(), scanned, "the running checksum after {when}");
}

/// Ships changes as bytes to a replica.
fn ship(changes: &[Change], replica: &mut Database, when: &str) {
    for change in changes {
        let mut bytes = Vec::new();
        change.encode(&mut bytes);
        let mut rest = bytes.as_slice();
        let decoded = Change::decode(&mut rest).expect("decodes");
        assert_eq!((&decoded, rest.len()), (change, 0));
        replica.apply(&decoded).unwrap_or_else(|error| panic!("{when}: {change:?}: {error}"));
    }
}

/// Executes statements on a primary and ships their changes; both databases must agree after each.
fn replicate(statements: &[&str]) -> (Database, Database) {
    let mut primary = empty(Flavor::Postgresql);
    let mut replica = Database::new(Flavor::Postgresql, 2).expect("opens");
    for sql in statements {
        let outcome = run(&mut primary, sql);
        ship(&outcome.changes, &mut replica, sql);
        check(&mut primary, sql);
        check(&mut replica, sql);
        assert_eq!(primary.checksum(), replica.checksum(), "after {sql}: {:?}", outcome.changes);
        assert_eq!(primary.row_count(), replica.row_count(), "after {sql}");
    }
    (primary, replica)
}
