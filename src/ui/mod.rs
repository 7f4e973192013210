//! The laboratory's page.
//!
//! Two halves. What to show is decided by pure modules that know no browser and are tested natively: [`plan`] (where
//! everything stands), [`words`] (what everything is called and what is happening), [`pace`] (how wall time becomes
//! virtual time), [`faces`] and [`leases`] (what a card shows), [`compare`] (tables side by side), [`ledger`] (writes
//! and their stations), [`sequence`] (the steps of a failover), [`measures`] and [`chart`] (lag and throughput over time),
//! [`runs`] (which events are told together). How it is shown is Yew's part,
//! and exists for `wasm32` only: [`lab`] owns the run and the clock, [`app`] the page, `laboratory` what is on it, and
//! each region of the page has a folder.

pub mod chart;
pub mod compare;
pub mod exchange;
pub mod explain;
pub mod faces;
pub mod leases;
pub mod ledger;
pub mod measures;
pub mod pace;
pub mod plan;
#[cfg(not(target_arch = "wasm32"))]
pub mod poster;
pub mod prose;
pub mod runs;
pub mod sequence;
pub mod text;
pub mod words;

#[cfg(target_arch = "wasm32")]
mod announcer;
#[cfg(target_arch = "wasm32")]
pub mod app;
#[cfg(target_arch = "wasm32")]
mod attempt;
#[cfg(target_arch = "wasm32")]
mod author;
#[cfg(target_arch = "wasm32")]
pub mod crash;
#[cfg(target_arch = "wasm32")]
mod glossary;
#[cfg(target_arch = "wasm32")]
mod header;
#[cfg(target_arch = "wasm32")]
mod instruments;
#[cfg(target_arch = "wasm32")]
mod keys;
#[cfg(target_arch = "wasm32")]
pub mod lab;
#[cfg(target_arch = "wasm32")]
mod laboratory;
#[cfg(target_arch = "wasm32")]
mod language;
#[cfg(target_arch = "wasm32")]
mod lessons;
#[cfg(target_arch = "wasm32")]
mod library;
#[cfg(target_arch = "wasm32")]
mod opening;
#[cfg(target_arch = "wasm32")]
mod panel;
#[cfg(target_arch = "wasm32")]
mod parts;
#[cfg(target_arch = "wasm32")]
mod presenter;
#[cfg(target_arch = "wasm32")]
mod running;
#[cfg(target_arch = "wasm32")]
mod share;
#[cfg(target_arch = "wasm32")]
mod stage;
#[cfg(target_arch = "wasm32")]
pub mod sweep;
#[cfg(target_arch = "wasm32")]
mod theme;
#[cfg(target_arch = "wasm32")]
mod ties;
#[cfg(target_arch = "wasm32")]
mod transport;
#[cfg(target_arch = "wasm32")]
mod twin;
#[cfg(target_arch = "wasm32")]
mod why;
#[cfg(target_arch = "wasm32")]
pub mod widget;
