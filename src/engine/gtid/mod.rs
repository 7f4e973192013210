//! Global transaction identifiers, as MySQL 8.4 has them: what they are, sets of them, and their text.
//!
//! The grammar, its tolerance and its errors are those of `sql/rpl_gtid_set.cc` (`Gtid_set::add_gtid_text`) and
//! `libs/mysql/gtid` of MySQL 8.4; the text that is printed is that of `Gtid_set::default_string_format`.

mod id;
mod intervals;
mod parse;
mod set;
#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;
mod uuid;

pub use id::{Gtid, GtidError};
pub use intervals::Interval;
pub use set::{GtidSet, Member};
pub use uuid::{Uuid, UuidError, server_uuid};

/// The greatest number that a GTID can have: MySQL's `GNO_END`, which is 2^63 - 1, is the first one that it cannot.
pub const GREATEST_NUMBER: u64 = i64::MAX as u64 - 1;
