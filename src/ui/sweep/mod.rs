//! Many runs of what is shown, in workers beside the page: what they amount to, two configurations over the same seeds, and
//! the search for a run that breaks something.
//!
//! [`worker`] is what workers call: it runs seeds and knows no page. [`Crew`](crew::Crew) starts workers and hands them work.
//! [`course`] and [`hunt`] are a sweep and a search under way: they are kept when the sheet closes, so that the next run of
//! a sweep can be opened after the first was looked at. The rest draws.

mod breaking;
mod course;
mod crew;
mod dialog;
mod form;
mod histogram;
mod hunt;
mod many;
mod paired;
mod results;
mod runs;
mod subject;
pub mod worker;

pub use dialog::{SweepButton, SweepDialog, use_sweep_address};
