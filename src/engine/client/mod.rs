//! Applications: their sessions, their workload, what they are told.

mod arrivals;
mod machine;
mod session;

pub use machine::{Client, Workload};
