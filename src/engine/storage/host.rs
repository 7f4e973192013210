//! What SQLite asks of the machine under it, in a browser: nothing that a run could depend on.
//!
//! In WebAssembly there is no operating system, so `sqlite-wasm-rs` calls these five C functions. Its own versions ask
//! the page for the time, the time zone and randomness; ours know none of them, so that a run is the same everywhere.
//! Statements get virtual time from [`super::clock`] and seeded chance from [`super::functions`].

use std::cell::Cell;
use std::ffi::c_int;

/// Status codes of `sqlite_wasm_rs::host`.
const OK: c_int = 0;
const UNSUPPORTED: c_int = 1;

/// Where [`random`] starts; any number but 0 would do.
const RANDOM_START: u64 = 0x9E37_79B9_7F4A_7C15;

thread_local! {
    static RANDOM_STATE: Cell<u64> = const { Cell::new(RANDOM_START) };
}

/// Waiting is for the simulation.
#[unsafe(export_name = "rust_sqlite_wasm_host_sleep")]
extern "C" fn sleep(_seconds: u64, _nanoseconds: u32) {}

/// Seeds SQLite's own generator, which names temporary files and picks a row number when the highest is taken.
///
/// # Safety
///
/// `bytes` points to `length` writable bytes.
#[unsafe(export_name = "rust_sqlite_wasm_host_random")]
unsafe extern "C" fn random(bytes: *mut u8, length: usize) -> usize {
    for at in 0..length {
        // The generator xorshift64, a byte at a time.
        let mut state = RANDOM_STATE.get();
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        RANDOM_STATE.set(state);
        // SAFETY: `at` is below `length`, and the caller gives so many bytes.
        unsafe { bytes.add(at).write((state >> 56) as u8) };
    }
    length
}

/// The epoch: whoever sees it has gone past [`super::clock`], which is a defect and should look like one.
///
/// # Safety
///
/// `milliseconds` points to a writable `i64`.
#[unsafe(export_name = "rust_sqlite_wasm_host_epoch_timestamp_in_ms")]
unsafe extern "C" fn epoch_timestamp_in_ms(milliseconds: *mut i64) -> c_int {
    // SAFETY: the caller gives a place for it.
    unsafe { milliseconds.write(0) };
    OK
}

/// Only encryption wants secret randomness, and nothing here is encrypted.
#[unsafe(export_name = "rust_sqlite_wasm_host_fill_entropy")]
extern "C" fn fill_entropy(_bytes: *mut u8, _length: usize) -> c_int {
    UNSUPPORTED
}

/// The server's time zone is UTC, which [`super::clock`] tells SQLite before it would ask here.
#[unsafe(export_name = "rust_sqlite_wasm_host_localtime")]
extern "C" fn localtime(_unix_seconds: i64, _out: *mut std::ffi::c_void) -> c_int {
    UNSUPPORTED
}
