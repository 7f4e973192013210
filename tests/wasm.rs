//! Tests that run in a real browser: `cargo xtask test --only wasm`.
//!
//! Each file `tests/wasm*.rs` is one, and so is every `#[wasm_bindgen_test]` in the library. A test for both targets is
//! `#[cfg_attr(not(target_arch = "wasm32"), test)]` and
//! `#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]`.
#![cfg(target_arch = "wasm32")]

mod support;

// The library brings what SQLite asks of the machine under it (`engine::storage::host`).
use replication_lab as _;
use rusqlite::Connection;
use wasm_bindgen_test::wasm_bindgen_test;

#[wasm_bindgen_test]
fn sqlite_runs_in_the_browser() {
    let database = Connection::open_in_memory().unwrap();
    database.execute_batch("CREATE TABLE kv(k INTEGER PRIMARY KEY, v TEXT)").unwrap();
    database.execute("INSERT INTO kv VALUES (1, ?1)", ["one"]).unwrap();
    let value: String = database.query_row("SELECT v FROM kv WHERE k = 1", [], |row| row.get(0)).unwrap();
    assert_eq!(value, "one");
}

#[wasm_bindgen_test]
fn sqlite_in_the_browser_is_the_one_we_agreed_on() {
    support::sqlite_options::assert_as_agreed();
}
