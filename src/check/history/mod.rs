//! Histories from anywhere: what processes did to registers and what came of it, and the judges over them.
//!
//! [`History::read`] takes events one a line, [`History::judge`] says of each promise whether it was kept. The registers
//! are independent of each other for linearizability, which is compositional (Herlihy and Wing 1990); [`sessions`] says
//! what the session guarantees mean where nothing but reads and writes is known.

mod candidates;
mod canonical;
mod judgement;
mod operation;
mod order;
mod pairs;
mod reading;
pub mod sessions;

pub use judgement::{Evidence, Guarantee, Judgement, Verdict};
pub use operation::{Function, Op, Outcome};
pub use reading::Malformed;

/// A history that was read.
#[derive(Clone, Debug)]
pub struct History {
    /// Every operation, in the order of invocation.
    pub ops: Vec<Op>,
    /// The processes as they were written, by number.
    pub processes: Vec<String>,
    /// The keys as they were written, by number.
    pub keys: Vec<String>,
    /// The values as they were first written, by number.
    pub values: Vec<String>,
    /// What a key holds that was never written.
    pub initial: u32,
    /// Whether the lines were not in the order of `time_us`, so that the times decided.
    pub reordered: bool,
}
