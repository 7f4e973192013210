//! Failover: what each configuration of the manager promises, case by case and under random faults.

mod cases;
#[path = "../engine/cluster.rs"]
#[allow(dead_code)] // Shared with `tests/engine`; not every helper is needed here.
mod cluster;
mod swarm;
