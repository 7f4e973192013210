//! The world around the engine: virtual clock, event queue, seeded randomness, network, disks, faults.

mod backup;
pub mod command;
mod diverged;
mod failover;
mod faults;
mod lag_look;
mod log_look;
mod look;
mod mysql_look;
mod network;
mod queue;
pub mod random;
pub mod recording;
mod revision;
mod rewind;
mod run;
mod server;
pub mod setup;
mod start;
mod switchover;
mod trace_rewind;
pub mod trace_text;
mod trace_text_manager;
pub mod view;
mod words;
mod world;

pub use revision::REVISION;
pub use run::{Observer, Run};
pub use start::SetupError;
pub use world::{ConsoleEntry, World};
