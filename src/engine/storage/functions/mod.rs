//! SQL functions that would otherwise depend on the machine, and the flavor's own.
//!
//! Time comes from [`super::clock`] and chance from a generator that belongs to the database, so that a run gives
//! the same rows natively and in a browser, and a clone goes on as its original does.
//!
//! | function | flavor | gives |
//! |---|---|---|
//! | `random()`, `randomblob(n)` | both | as SQLite's, from the database's generator |
//! | `changes()`, `total_changes()`, `last_insert_rowid()` | both | as SQLite's, carried over to clones |
//! | `acos` … `tanh`, `exp`, `ln`, `log`, `pow`, `sqrt` … | both | SQLite's mathematical functions, from a portable library |
//! | `now()`, `transaction_timestamp()`, `statement_timestamp()`, `clock_timestamp()` | PostgreSQL | the virtual time, as text with microseconds and `+00` |
//! | `gen_random_uuid()`, `uuidv4()` | PostgreSQL | a random UUID |
//! | those of [`beside`] | each its own | sequences, user variables, locks with names |
//! | those of [`system`] and [`system_mysql`] | each its own | what a server knows of itself |
//! | `now()`, `sysdate()`, `localtimestamp()`, `utc_timestamp()`, `curdate()`, `curtime()` | MySQL | the virtual time, as text |
//! | `unix_timestamp()` | MySQL | the virtual time in whole seconds |
//! | `uuid()` | MySQL | a time-based UUID |
//! | `rand()` | MySQL | a real from 0 up to 1 |
//! | `last_insert_id()` | MySQL | as `last_insert_rowid()` |

mod beside;
mod math;
pub(super) mod system;
mod system_mysql;
mod time;

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rand_core::{Rng, SeedableRng};
use rand_pcg::Pcg64Mcg;
use rusqlite::functions::FunctionFlags;
use rusqlite::{Connection, Error};

use super::guard::VALUE_LIMIT_BYTES;
use crate::engine::flavor::Flavor;

/// What functions remember between statements: a clone of a database takes a copy of it.
#[derive(Debug)]
pub(super) struct Memory {
    generator: Mutex<Pcg64Mcg>,
    /// RAND()'s, while a statement runs that is logged with a seed.
    rand: Mutex<Option<Pcg64Mcg>>,
    /// Rows that the last statement changed.
    pub(super) changes: AtomicI64,
    /// Rows that all statements changed.
    pub(super) total_changes: AtomicI64,
    /// The row number that the last insert chose.
    pub(super) last_insert_rowid: AtomicI64,
    /// What the system's own functions read.
    pub(super) desk: system::Desk,
}

impl Memory {
    /// A beginning.
    pub(super) fn new(seed: u64) -> Memory {
        Memory {
            generator: Mutex::new(Pcg64Mcg::seed_from_u64(seed)),
            rand: Mutex::new(None),
            changes: AtomicI64::new(0),
            total_changes: AtomicI64::new(0),
            last_insert_rowid: AtomicI64::new(0),
            desk: system::Desk::default(),
        }
    }

    /// A copy that goes its own way from here.
    pub(super) fn fork(&self) -> Memory {
        let copy = |number: &AtomicI64| AtomicI64::new(number.load(Ordering::Relaxed));
        Memory {
            generator: Mutex::new(self.generator()),
            rand: Mutex::new(None),
            changes: copy(&self.changes),
            total_changes: copy(&self.total_changes),
            last_insert_rowid: copy(&self.last_insert_rowid),
            desk: system::Desk::default(),
        }
    }

    /// A copy of the generator, to put back with [`Memory::set_generator`].
    pub(super) fn generator(&self) -> Pcg64Mcg {
        self.generator.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Puts a generator back.
    pub(super) fn set_generator(&self, generator: Pcg64Mcg) {
        *self.generator.lock().unwrap_or_else(PoisonError::into_inner) = generator;
    }

    /// What RAND() draws from until this is called again; `None` is the database's own generator.
    pub(super) fn seed_rand(&self, seed: Option<u64>) {
        *self.rand.lock().unwrap_or_else(PoisonError::into_inner) = seed.map(Pcg64Mcg::seed_from_u64);
    }

    fn next_rand(&self) -> u64 {
        let seeded = self.rand.lock().unwrap_or_else(PoisonError::into_inner).as_mut().map(Rng::next_u64);
        seeded.unwrap_or_else(|| self.next())
    }

    /// The generator's next number.
    pub(super) fn next(&self) -> u64 {
        self.generator.lock().unwrap_or_else(PoisonError::into_inner).next_u64()
    }

    fn fill(&self, bytes: &mut [u8]) {
        self.generator.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(bytes);
    }
}

/// Registers all functions of the flavor.
pub(super) fn register(connection: &Connection, flavor: Flavor, memory: &Arc<Memory>) -> rusqlite::Result<()> {
    math::register(connection)?;
    register_common(connection, memory)?;
    match flavor {
        Flavor::Postgresql => register_postgresql(connection, memory),
        Flavor::Mysql => register_mysql(connection, memory),
    }
}

const FLAGS: FunctionFlags = FunctionFlags::SQLITE_UTF8.union(FunctionFlags::SQLITE_INNOCUOUS);

fn define<T: rusqlite::functions::SqlFnOutput>(
    connection: &Connection,
    name: &str,
    function: impl Fn() -> T + Send + 'static,
) -> rusqlite::Result<()> {
    connection.create_scalar_function(name, 0, FLAGS, move |_| Ok(function()))
}

fn register_common(connection: &Connection, memory: &Arc<Memory>) -> rusqlite::Result<()> {
    let state = Arc::clone(memory);
    define(connection, "random", move || state.next().cast_signed())?;
    let state = Arc::clone(memory);
    connection.create_scalar_function("randomblob", 1, FLAGS, move |context| {
        // As SQLite: anything that is not a number above 0 counts as 1.
        let length = match context.get_raw(0) {
            rusqlite::types::ValueRef::Integer(number) => number.max(1),
            rusqlite::types::ValueRef::Real(number) if number >= 1.0 => float_to_length(number),
            rusqlite::types::ValueRef::Text(text) => {
                std::str::from_utf8(text).ok().and_then(|text| text.trim().parse::<i64>().ok()).unwrap_or(1).max(1)
            }
            _ => 1,
        };
        if length > i64::from(VALUE_LIMIT_BYTES) {
            return Err(Error::UserFunctionError("string or blob too big".into()));
        }
        let mut bytes = vec![0; usize::try_from(length).unwrap_or(1)];
        state.fill(&mut bytes);
        Ok(bytes)
    })?;
    let state = Arc::clone(memory);
    define(connection, "changes", move || state.changes.load(Ordering::Relaxed))?;
    let state = Arc::clone(memory);
    define(connection, "total_changes", move || state.total_changes.load(Ordering::Relaxed))?;
    let state = Arc::clone(memory);
    define(connection, "last_insert_rowid", move || state.last_insert_rowid.load(Ordering::Relaxed))
}

#[expect(clippy::cast_possible_truncation, reason = "the cast saturates, and the length is limited by the caller")]
fn float_to_length(number: f64) -> i64 {
    number as i64
}

fn register_postgresql(connection: &Connection, memory: &Arc<Memory>) -> rusqlite::Result<()> {
    system::register(connection, memory)?;
    beside::register_postgresql(connection, memory)?;
    for name in ["now", "transaction_timestamp", "statement_timestamp", "clock_timestamp"] {
        define(connection, name, time::timestamptz)?;
    }
    for name in ["gen_random_uuid", "uuidv4"] {
        let state = Arc::clone(memory);
        define(connection, name, move || {
            let mut bytes = [0; 16];
            state.fill(&mut bytes);
            uuid_text(u128::from_be_bytes(bytes), 4)
        })?;
    }
    Ok(())
}

fn register_mysql(connection: &Connection, memory: &Arc<Memory>) -> rusqlite::Result<()> {
    system_mysql::register(connection, memory)?;
    beside::register_mysql(connection, memory)?;
    for name in ["now", "localtimestamp", "utc_timestamp"] {
        define(connection, name, time::datetime)?;
    }
    define(connection, "sysdate", time::sysdate)?;
    for name in ["curdate", "utc_date"] {
        define(connection, name, time::date)?;
    }
    for name in ["curtime", "utc_time"] {
        define(connection, name, time::time_of_day)?;
    }
    define(connection, "unix_timestamp", || super::clock::now().div_euclid(1_000_000))?;
    let state = Arc::clone(memory);
    define(connection, "uuid", move || {
        // 100 ns ticks since 1582-10-15 in the time-based layout, then clock sequence and node by chance.
        let ticks =
            super::clock::now().wrapping_mul(10).wrapping_add(0x01b2_1dd2_1381_4000).cast_unsigned() & ((1 << 60) - 1);
        let head = (ticks & 0xffff_ffff) << 32 | (ticks >> 32 & 0xffff) << 16 | ticks >> 48;
        uuid_text(u128::from(head) << 64 | u128::from(state.next()), 1)
    })?;
    let state = Arc::clone(memory);
    define(connection, "rand", move || unit(state.next_rand()))?;
    let state = Arc::clone(memory);
    define(connection, "last_insert_id", move || state.last_insert_rowid.load(Ordering::Relaxed))
}

/// A real from 0 up to 1, of 53 random bits.
#[expect(clippy::cast_precision_loss, reason = "53 bits fit")]
fn unit(random: u64) -> f64 {
    (random >> 11) as f64 / (1_u64 << 53) as f64
}

/// The text of a UUID, with its version and variant set.
fn uuid_text(bits: u128, version: u128) -> String {
    let bits = bits & !(0xf << 76) & !(0x3 << 62) | version << 76 | 0x2 << 62;
    let hex = format!("{bits:032x}");
    let part = |range: std::ops::Range<usize>| hex.get(range).unwrap_or_default().to_owned();
    [part(0..8), part(8..12), part(12..16), part(16..20), part(20..32)].join("-")
}
