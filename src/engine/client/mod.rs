//! Applications: their sessions, their workload, what they are told.

mod arrivals;
mod connect;
mod driver;
mod jdbc;
mod job;
mod keys;
mod libpq;
mod machine;
mod session;
mod workload;

pub use connect::{ConnectionString, Mode, TargetSession};
pub use driver::Driver;
pub use keys::KeyDistribution;
pub use machine::{Backend, Client};
pub use workload::{Retry, Workload};
