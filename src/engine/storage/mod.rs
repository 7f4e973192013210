//! The SQLite database under each server: execute statements and capture what they change, apply changes, take
//! images and checksums.
//!
//! [`Database`] is all that others need. It is pure in the engine's sense: time and chance are given to it, it
//! touches no file, and it does the same natively and in a browser.

mod apply;
mod capture;
mod change;
mod checksum;
mod clock;
mod codec;
mod counters;
mod database;
mod ddl;
mod error;
mod execute;
mod foreign_key;
mod functions;
mod guard;
#[cfg(target_arch = "wasm32")]
mod host;
mod image;
mod open;
mod patch;
mod schema;
mod statement;
mod translate;
mod value;
mod violation;
mod workload;

#[cfg(test)]
mod tests;

pub use change::{Change, RowChange, RowKey, RowOp, StatementEvent};
pub use clock::civil_from_days;
pub use codec::DecodeError;
pub use database::Database;
pub use error::{ApplyError, ApplyErrorKind, SqlError, StorageError};
pub use execute::Outcome;
pub use guard::{
    DATABASE_LIMIT_BYTES, RESULT_LIMIT_BYTES, RESULT_LIMIT_ROWS, SQL_LIMIT_BYTES, STEP_LIMIT, VALUE_LIMIT_BYTES,
};
pub use image::{Image, Manifest};
pub use patch::{Parts, RowKeys, SchemaObject};
pub use schema::{Column, KeyKind, Table};
pub use translate::DATABASE_NAME;
pub use value::Value;
