//! The judges over histories made by hand, whose verdicts are known.

mod cluster;
mod failovers;
mod histories;
mod history_model;
mod ledger;
mod linearizability;
mod model;
mod mysql;
mod reader;
mod reads;
mod rows;
mod runs;
mod sessions;
