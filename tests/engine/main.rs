//! The engine from outside: clusters, commands, and what the trace says about them.

mod backup;
mod chaos;
mod cluster;
mod durability;
mod faults;
mod mysql_any;
mod replication;
mod rewind;
mod slots;
mod sql;
mod switchover;
