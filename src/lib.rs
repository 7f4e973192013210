//! Replication Lab: database replication as a laboratory in the browser.

pub mod check;
#[cfg(not(target_arch = "wasm32"))]
pub mod cli;
pub mod embed;
pub mod engine;
pub mod order;
pub mod report;
pub mod scenario;
pub mod sim;
pub mod swarm;
pub mod sweep;
pub mod ui;
