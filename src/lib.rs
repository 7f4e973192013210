//! Replication Lab: database replication as a laboratory in the browser.

pub mod engine;
pub mod scenario;
pub mod sim;
