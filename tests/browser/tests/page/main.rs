//! The page as people use it: they write, they break things, they look.

mod author;
mod barriers;
mod cluster;
mod controls;
mod explain;
mod failover;
mod instruments;
mod language;
mod ledger;
mod lessons;
mod library;
mod looks;
mod mirror;
mod mysql;
mod presenter;
mod reads;
mod sequence;
mod share;
mod steps;
mod strings;
mod sweep;
mod task;
mod time;
