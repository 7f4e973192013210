//! Applications: their sessions, their workload, what they are told.

mod arrivals;
mod connect;
mod machine;
mod session;

pub use connect::ConnectionString;
pub use machine::{Client, Workload};
