//! The engine from outside: clusters, commands, and what the trace says about them.

mod backup;
mod beside;
mod chaos;
mod cluster;
mod drivers;
mod durability;
mod faults;
mod instruments;
mod mysql_any;
mod reads;
mod replication;
mod rewind;
mod session_state;
mod slots;
mod sql;
mod switchover;
