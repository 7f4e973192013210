//! The laboratory's page.
//!
//! Two halves. What to show is decided by pure modules that know no browser and are tested natively: [`plan`] (where
//! everything stands), [`words`] (what everything is called and what is happening), [`pace`] (how wall time becomes
//! virtual time), [`faces`] (what a card shows), [`compare`] (tables side by side). How it is shown is Yew's part,
//! and exists for `wasm32` only: [`lab`] owns the run and the clock, [`app`] the page, and each region of the page
//! has a folder.

pub mod compare;
pub mod faces;
pub mod pace;
pub mod plan;
pub mod words;
