//! The page's address: its fragment is a run, where somebody shared one.

use wasm_bindgen::JsValue;

use crate::scenario::link::MARK;

/// The fragment, if it is a link of a run.
pub(super) fn run() -> Option<String> {
    let hash = web_sys::window()?.location().hash().ok()?;
    hash.contains(MARK).then_some(hash)
}

/// The address of a page that opens a fragment.
pub fn with_page(fragment: &str) -> String {
    let href = web_sys::window().and_then(|window| window.location().href().ok()).unwrap_or_default();
    let page = href.split_once('#').map_or(href.as_str(), |(page, _)| page);
    format!("{page}{fragment}")
}

/// Makes a fragment the page's own, without another entry in the history; the whole address with it.
pub fn put(fragment: &str) -> String {
    let Some(window) = web_sys::window() else { return fragment.to_owned() };
    let whole = with_page(fragment);
    // A frame may forbid it: the link is shown in any case.
    let _ = window.history().and_then(|history| history.replace_state_with_url(&JsValue::NULL, "", Some(&whole)));
    whole
}

/// Takes a run out of the address, when another one is shown.
pub fn forget() {
    if run().is_some() {
        put("");
    }
}
