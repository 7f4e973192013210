//! The page's address: its fragment is a run, where somebody shared one, or names what is to be opened.

use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use yew::prelude::*;

use crate::scenario::link::MARK;

/// The fragment, with its `#`; empty where there is none.
pub fn hash() -> String {
    web_sys::window().and_then(|window| window.location().hash().ok()).unwrap_or_default()
}

/// The fragment, if it is a link of a run.
pub(super) fn run() -> Option<String> {
    Some(hash()).filter(|hash| hash.contains(MARK))
}

/// Calls whenever somebody changes the fragment, which [`put`] does not count as; and at once, where that is asked for.
#[hook]
pub fn use_address(at_once: bool, look: Callback<()>) {
    use_effect_with((), move |()| {
        if at_once {
            look.emit(());
        }
        let listener = Closure::<dyn FnMut()>::new(move || look.emit(()));
        let window = web_sys::window();
        if let Some(window) = &window {
            let _ = window.add_event_listener_with_callback("hashchange", listener.as_ref().unchecked_ref());
        }
        move || {
            if let Some(window) = window {
                let _ = window.remove_event_listener_with_callback("hashchange", listener.as_ref().unchecked_ref());
            }
        }
    });
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
