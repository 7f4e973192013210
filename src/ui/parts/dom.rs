//! The few things that are asked of the browser directly.

use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{CssStyleDeclaration, Element, EventTarget, HtmlElement};
use yew::prelude::*;

/// The namespace of SVG's elements.
pub const SVG: &str = "http://www.w3.org/2000/svg";

thread_local! {
    /// Asked with every frame: the question is put once.
    static CALM: Option<web_sys::MediaQueryList> =
        web_sys::window().and_then(|w| w.match_media("(prefers-reduced-motion: reduce)").ok().flatten());
}

/// Whether the reader asked for less motion.
#[must_use]
pub fn reduced_motion() -> bool {
    CALM.with(|list| list.as_ref().is_some_and(web_sys::MediaQueryList::matches))
}

/// Whether a media query holds now.
#[must_use]
pub fn media(query: &str) -> bool {
    web_sys::window().and_then(|w| w.match_media(query).ok().flatten()).is_some_and(|list| list.matches())
}

/// The window's width and height in pixels.
#[must_use]
pub fn window_size() -> (f64, f64) {
    let Some(window) = web_sys::window() else { return (0.0, 0.0) };
    let number = |value: Result<wasm_bindgen::JsValue, _>| value.ok().and_then(|v| v.as_f64()).unwrap_or(0.0);
    (number(window.inner_width()), number(window.inner_height()))
}

/// Sets a custom property through the CSS object model: a strict policy forbids `style` attributes, not this.
pub fn set_property(element: &Element, name: &str, value: &str) {
    if let Some(style) = style_of(element) {
        let _ = style.set_property(name, value);
    }
}

fn style_of(element: &Element) -> Option<CssStyleDeclaration> {
    if let Some(html) = element.dyn_ref::<HtmlElement>() {
        return Some(html.style());
    }
    element.dyn_ref::<web_sys::SvgElement>().map(web_sys::SvgElement::style)
}

/// Moves the focus to an element of HTML or SVG.
pub fn focus(element: &Element) {
    if let Some(html) = element.dyn_ref::<HtmlElement>() {
        let _ = html.focus();
    } else if let Some(svg) = element.dyn_ref::<web_sys::SvgElement>() {
        let _ = svg.focus();
    }
}

/// The element with the focus, also within a widget: to the document, all of a widget is one element.
#[must_use]
pub fn active_element() -> Option<Element> {
    let mut active = web_sys::window()?.document()?.active_element()?;
    while let Ok(inner) = property(&property(&active, "shadowRoot"), "activeElement").dyn_into::<Element>() {
        active = inner;
    }
    Some(active)
}

/// The element with an id, in the document or in the widget that has the focus.
#[must_use]
pub fn by_id(id: &str) -> Option<Element> {
    let document = web_sys::window()?.document()?;
    document.get_element_by_id(id).or_else(|| {
        let root = active_element()?.get_root_node();
        let find = property(&root, "getElementById").dyn_into::<js_sys::Function>().ok()?;
        find.call1(&root, &id.into()).ok()?.dyn_into().ok()
    })
}

fn property(object: &JsValue, name: &str) -> JsValue {
    js_sys::Reflect::get(object, &name.into()).unwrap_or(JsValue::UNDEFINED)
}

/// The element that an event began at, also within a widget.
#[must_use]
pub fn origin_of(event: &Event) -> Option<Element> {
    event.composed_path().get(0).dyn_into().ok()
}

/// The element of an event's target.
#[must_use]
pub fn element_of(target: Option<EventTarget>) -> Option<Element> {
    target?.dyn_into().ok()
}

/// The text of the field that an event is about, whichever kind of field it is.
#[must_use]
pub fn field_value(event: &Event) -> String {
    let Some(target) = event.target() else { return String::new() };
    if let Some(input) = target.dyn_ref::<web_sys::HtmlInputElement>() {
        return input.value();
    }
    if let Some(select) = target.dyn_ref::<web_sys::HtmlSelectElement>() {
        return select.value();
    }
    target.dyn_ref::<web_sys::HtmlTextAreaElement>().map(web_sys::HtmlTextAreaElement::value).unwrap_or_default()
}

/// Copies an element's text, or selects it where the page may not copy (without TLS, or in a frame). Whether it copied.
pub fn copy_text(element: &Element) -> bool {
    let Some(window) = web_sys::window() else { return false };
    let get = |object: &JsValue, name: &str| js_sys::Reflect::get(object, &name.into()).unwrap_or(JsValue::UNDEFINED);
    let call = |object: &JsValue, name: &str, argument: &JsValue| {
        let function = get(object, name).dyn_into::<js_sys::Function>().ok()?;
        function.call1(object, argument).ok()
    };
    let clipboard = get(&get(&window, "navigator"), "clipboard");
    let text = element.text_content().unwrap_or_default();
    if !clipboard.is_undefined() && call(&clipboard, "writeText", &text.into()).is_some() {
        return true;
    }
    if let Ok(select) = get(&window, "getSelection").dyn_into::<js_sys::Function>()
        && let Ok(selection) = select.call0(&window)
    {
        let _ = call(&selection, "selectAllChildren", element);
    }
    false
}

/// Copies a text; tells whether the browser allowed it.
pub fn copy(text: &str, done: Callback<bool>) {
    let get = |object: &JsValue, name: &str| js_sys::Reflect::get(object, &name.into()).unwrap_or(JsValue::UNDEFINED);
    let clipboard = web_sys::window().map(|window| get(&get(&window, "navigator"), "clipboard")).unwrap_or_default();
    // Without TLS there is none.
    let write = get(&clipboard, "writeText").dyn_into::<js_sys::Function>().ok();
    let promise = write.and_then(|write| write.call1(&clipboard, &text.into()).ok());
    let Some(promise) = promise.and_then(|promise| promise.dyn_into::<js_sys::Promise>().ok()) else {
        return done.emit(false);
    };
    let failed = done.clone();
    let (copied, refused) =
        (Closure::once(move |_: JsValue| done.emit(true)), Closure::once(move |_: JsValue| failed.emit(false)));
    let _ = promise.then2(&copied, &refused);
    // One of the two is called, once; the other is a few bytes that stay.
    copied.forget();
    refused.forget();
}

/// Hands the reader a text as a file.
pub fn download(name: &str, kind: &str, text: &str) {
    let options = web_sys::BlobPropertyBag::new();
    options.set_type(kind);
    let parts = js_sys::Array::of1(&text.into());
    let Ok(blob) = web_sys::Blob::new_with_str_sequence_and_options(&parts, &options) else { return };
    let Ok(url) = web_sys::Url::create_object_url_with_blob(&blob) else { return };
    let link = web_sys::window().and_then(|w| w.document()).and_then(|d| d.create_element("a").ok());
    if let Some(link) = link.and_then(|link| link.dyn_into::<HtmlElement>().ok()) {
        let _ = link.set_attribute("href", &url);
        let _ = link.set_attribute("download", name);
        link.click();
    }
    // The browser has taken what it needs by the time that it handles the click.
    let _ = web_sys::Url::revoke_object_url(&url);
}

/// The descendants that match a selector.
#[must_use]
pub fn all(root: &Element, selector: &str) -> Vec<Element> {
    let Ok(list) = root.query_selector_all(selector) else { return Vec::new() };
    (0..list.length()).filter_map(|i| list.get(i)?.dyn_into().ok()).collect()
}

/// Keyboard focus among siblings by arrow keys, Home and End: where it goes from `current`, if the key says so.
#[must_use]
pub fn roving(key: &str, current: usize, count: usize, upright: bool) -> Option<usize> {
    let last = count.checked_sub(1)?;
    let (back, on) = if upright { ("ArrowUp", "ArrowDown") } else { ("ArrowLeft", "ArrowRight") };
    match key {
        "Home" => Some(0),
        "End" => Some(last),
        k if k == on => Some(if current >= last { 0 } else { current + 1 }),
        k if k == back => Some(if current == 0 { last } else { current - 1 }),
        _ => None,
    }
}

/// Where choices are kept; a page in a sandbox has no such place.
#[must_use]
pub fn storage() -> Option<web_sys::Storage> {
    web_sys::window()?.local_storage().ok().flatten()
}
