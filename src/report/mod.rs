//! What a run amounted to: one object for programs, one page of text for people.
//!
//! [`Report::of`] reads it off the judges and the world; nothing in it is computed elsewhere. The JSON's keys are a
//! contract: [`Report`] lists them in their order.

mod build;
mod diverged;
pub mod ledger;
mod numbers;
#[allow(clippy::module_inception, reason = "the module's main type")]
mod report;
pub mod status;
pub mod sweep;
mod table;
mod text;

pub use build::Subject;
pub use diverged::{Diverged, diverged_table};
pub use report::{
    Expectation, Failover, LatencyMs, Node, Reads, Replication, Report, SemiSync, Violation, Writes, WritesOfClient,
};
