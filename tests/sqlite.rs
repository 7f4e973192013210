//! The native SQLite is the one that the browser has, too (see `tests/sqlite_options.txt`).
#![cfg(not(target_arch = "wasm32"))]

mod support;

#[test]
fn the_native_sqlite_is_the_one_we_agreed_on() {
    support::sqlite_options::assert_as_agreed();
}
