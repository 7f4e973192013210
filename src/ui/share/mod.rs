//! A run sent to somebody else, and one that came: links in the page's address, and scenarios as files.

mod address;
mod dialog;
mod file;
mod visit;

pub use address::{forget, hash, put as put_address, use_address, with_page};
pub use dialog::ShareDialog;
pub use file::{DropZone, OpenScenario, name_of as file_name, read_text};
pub use visit::{Arrived, First, Visit, Visiting, begin_with_address, use_visits};
