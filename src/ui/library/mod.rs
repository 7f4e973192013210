//! The scenarios that lie beside the page: a list to search, and an address for each.
//!
//! The page itself has none of them: it fetches the index when somebody looks at the library, and a scenario when
//! somebody opens it. Whatever cannot be had is said, and can be tried again.

mod address;
mod dialog;
mod shelf;

use yew::Callback;

pub use address::{Missed, leave_address, use_scenario_address};
pub use dialog::LibraryDialog;

/// Opens a scenario of the library by its name, or says why not; then nothing has changed.
pub type OpenNamed = Callback<(crate::scenario::Scenario, String), Result<(), String>>;
