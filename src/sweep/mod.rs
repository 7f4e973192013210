//! Many runs of one scenario, one for each seed, each with faults drawn from its seed.
//!
//! [`Sweeping`] says what each run is and runs it. [`Search`] looks among such runs for one in which something is violated,
//! and makes it smaller. Neither knows who else runs seeds meanwhile: the command line does so on all processors, the page
//! in workers, and both come to the same rows.

mod search;
mod sweeping;

pub use search::{Case, Found, Search};
pub use sweeping::{SweepError, Sweeping};
