//! Replication Lab: database replication as a laboratory in the browser.

#[cfg(not(target_arch = "wasm32"))]
pub mod cli;
pub mod embed;
#[cfg(any(target_arch = "wasm32", test))]
mod pools;
pub mod report;
pub mod scenario;
pub mod swarm;
pub mod sweep;
pub mod ui;

// The core is compiled by itself (`core.rs` says why).
pub use replication_lab_core::{check, engine, order, sim};
