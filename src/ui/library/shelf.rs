//! Where the library's files are.

use std::cell::RefCell;
use std::rc::Rc;

use crate::scenario::library::{Library, Listed};
use crate::scenario::{Format, Scenario};
use crate::t;
use crate::ui::parts::fetch;

/// The folder, as an address.
const FOLDER: &str = "scenarios/";

thread_local! {
    /// The index, once it was had.
    static INDEX: RefCell<Option<Rc<Library>>> = const { RefCell::new(None) };
}

/// The index, if it was fetched before.
pub(super) fn known() -> Option<Rc<Library>> {
    INDEX.with_borrow(Clone::clone)
}

/// The index.
pub(super) async fn index() -> Result<Rc<Library>, String> {
    if let Some(known) = known() {
        return Ok(known);
    }
    let address = format!("{FOLDER}library.json");
    let text = fetch::text(&address).await?;
    let library = Library::parse(&text).map_err(|why| t!("fetch.wrong", address = address, why = why))?;
    let library = Rc::new(library);
    INDEX.set(Some(library.clone()));
    Ok(library)
}

/// A scenario of the library.
pub(super) async fn scenario(listed: &Listed) -> Result<Scenario, String> {
    // An index that leads elsewhere is not followed.
    if listed.name().is_none() {
        return Err(t!("library.unknown", name = listed.file));
    }
    let address = format!("{FOLDER}{}", listed.file);
    let text = fetch::text(&address).await?;
    Scenario::parse(&text, Format::Toml, &listed.file).map_err(|problems| problems.to_string())
}
