//! The keys that work everywhere on the page.

use std::rc::Rc;

use wasm_bindgen::JsCast;
use web_sys::{Element, KeyboardEvent};
use yew::prelude::*;

use crate::ui::lab::{Lab, Landmark};
use crate::ui::presenter::{self, Presenting};
use crate::ui::transport::Jump;

/// Listens on the document: the keys of the transport work wherever the focus is, if nothing else wants them.
#[hook]
pub(super) fn use_page_keys(root: &NodeRef, onkeydown: &Callback<KeyboardEvent>) {
    let latest = use_mut_ref(|| onkeydown.clone());
    latest.borrow_mut().clone_from(onkeydown);
    use_effect_with(root.clone(), move |_| {
        let document = web_sys::window().and_then(|w| w.document());
        let listener = wasm_bindgen::closure::Closure::<dyn FnMut(KeyboardEvent)>::new(move |event| {
            let callback = Rc::clone(&latest).borrow().clone();
            callback.emit(event);
        });
        if let Some(document) = &document {
            let _ = document.add_event_listener_with_callback("keydown", listener.as_ref().unchecked_ref());
        }
        move || {
            if let Some(document) = document {
                let _ = document.remove_event_listener_with_callback("keydown", listener.as_ref().unchecked_ref());
            }
        }
    });
}

/// What the keys of the page act on.
pub(super) struct Keys {
    pub help: UseStateSetter<bool>,
    pub landmark: Landmark,
    pub on_jump: Callback<(Landmark, Jump)>,
    pub presenting: Presenting,
    pub present: Callback<Presenting>,
}

/// Does what a key does on the page.
pub(super) fn global_key(event: &KeyboardEvent, lab: &Lab, keys: &Keys) {
    if event.ctrl_key() || event.meta_key() || event.alt_key() || event.default_prevented() || wants_keys(event) {
        return;
    }
    let snapshot = lab.snapshot();
    let step = |jump| keys.on_jump.emit((keys.landmark, jump));
    if presenter::key(event, keys.presenting, &keys.present, &step) {
        event.prevent_default();
        return;
    }
    match event.key().as_str() {
        " " => lab.set_playing(!snapshot.playing),
        "." => keys.on_jump.emit((Landmark::Event, Jump::On)),
        "," => keys.on_jump.emit((Landmark::Event, Jump::Back)),
        "]" => keys.on_jump.emit((keys.landmark, Jump::On)),
        "[" => keys.on_jump.emit((keys.landmark, Jump::Back)),
        "g" => lab.seek(snapshot.end),
        "<" => lab.set_pace(snapshot.pace.slower()),
        ">" => lab.set_pace(snapshot.pace.faster()),
        "?" => keys.help.set(true),
        _ => return,
    }
    event.prevent_default();
}

/// Whether the focus is on something that has its own use for keys.
pub(super) fn wants_keys(event: &KeyboardEvent) -> bool {
    let Some(element) = event.composed_path().get(0).dyn_into::<Element>().ok() else { return false };
    let fields = "input, textarea, select, dialog, dialog *, [role=menu] *";
    // Space presses what can be pressed, and scrolls what can be scrolled.
    let pressed = "button, a, summary, [role=button], [role=tab], .table-scroll, .lag-chart, .event-list, .step-list, .status-text";
    element.matches(fields).unwrap_or(false) || (event.key() == " " && element.matches(pressed).unwrap_or(false))
}
