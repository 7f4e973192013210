//! When a commit may be acknowledged.

pub mod standby_names;

pub use standby_names::{Method, StandbyRule};
