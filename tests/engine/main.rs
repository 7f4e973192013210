//! The engine from outside: clusters, commands, and what the trace says about them.

mod cluster;
mod durability;
mod replication;
mod sql;
