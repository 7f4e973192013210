//! The log: positions, timelines, records.

mod lsn;

pub use lsn::{Lsn, LsnError, Timeline};
