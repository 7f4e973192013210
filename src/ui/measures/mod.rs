//! What the instrument *Lag* draws: lag, latency and throughput, measured again and again on the cluster's own clock.
//!
//! The measures are part of what watches a run, so that going back in time and beginning another branch bring those of
//! that instant back. They are bounded: the last minute is kept as it was measured, and the whole run in at most some
//! hundreds of rows, which become coarser the longer it is.

mod history;
mod lines;
mod row;

pub use history::{EVERY_US, History, WINDOW_US};
pub use lines::{Entry, Measure, Part, legend, lines, station};
pub use row::{Range, Row, ServerLag};
