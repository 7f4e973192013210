//! The log: positions, timelines, records, and the bytes of one server's log.

mod history;
mod lsn;
pub mod record;
mod segment;
mod store;

pub use history::History;
pub use lsn::{Lsn, LsnError, Timeline, segment_name};
pub use record::{Body, Commit, Record, RecordError};
pub use segment::Segments;
pub use store::Log;
