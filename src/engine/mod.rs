//! The replication engine: pure state machines. No clock, no randomness of its own, no I/O, no web types.

pub mod beside;
pub mod chance;
pub mod client;
pub mod commit;
pub mod facts;
pub mod failover;
pub mod flavor;
pub mod gtid;
pub mod ids;
pub mod io;
pub mod log;
pub mod message;
pub mod node;
pub mod proxy;
pub mod settings;
pub mod sql;
pub mod storage;
pub mod time;
pub mod trace;
