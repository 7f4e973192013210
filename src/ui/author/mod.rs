//! Scenarios made on the page: from the run that is shown, and as text.

mod compose;
mod dialog;
mod draft;
mod editor;
mod trial;

pub use dialog::AuthorDialog;
