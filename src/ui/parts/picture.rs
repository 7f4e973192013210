//! A drawing of the page as a picture for slides and papers: SVG or PNG, with the looks that it has now.

use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{CanvasRenderingContext2d, Element, HtmlCanvasElement, HtmlElement, HtmlImageElement};

use super::dom;

/// What a style sheet may say of a drawing; files have no style sheet.
const LOOKS: [&str; 15] = [
    "fill",
    "fill-opacity",
    "stroke",
    "stroke-width",
    "stroke-opacity",
    "stroke-dasharray",
    "stroke-linejoin",
    "stroke-linecap",
    "opacity",
    "font-family",
    "font-size",
    "font-weight",
    "text-anchor",
    "dominant-baseline",
    "display",
];
/// Pixels of a PNG per pixel of the page: enough for a projector.
const SCALE: f64 = 2.0;

/// A drawing as a file of its own, on the ground that it stands on.
#[must_use]
pub fn svg(drawing: &Element) -> Option<String> {
    let copy: Element = drawing.clone_node_with_deep(true).ok()?.dyn_into().ok()?;
    let rect = drawing.get_bounding_client_rect();
    let (width, height) = (rect.width().round(), rect.height().round());
    let _ = copy.set_attribute("xmlns", "http://www.w3.org/2000/svg");
    let _ = copy.set_attribute("width", &width.to_string());
    let _ = copy.set_attribute("height", &height.to_string());
    if !copy.has_attribute("viewBox") {
        let _ = copy.set_attribute("viewBox", &format!("0 0 {width} {height}"));
    }
    let window = web_sys::window()?;
    let look = |element: &Element, name: &str| {
        window.get_computed_style(element).ok().flatten().and_then(|style| style.get_property_value(name).ok())
    };
    let (from, to) = (dom::all(drawing, "*"), dom::all(&copy, "*"));
    for (from, to) in from.iter().zip(&to).chain([(drawing, &copy)]) {
        for name in LOOKS {
            if let Some(value) = look(from, name).filter(|value| !value.is_empty()) {
                let _ = to.set_attribute(name, &value);
            }
        }
        for name in ["class", "tabindex", "id"] {
            let _ = to.remove_attribute(name);
        }
    }
    let document = window.document()?;
    let ground = document.create_element_ns(Some("http://www.w3.org/2000/svg"), "rect").ok()?;
    let _ = ground.set_attribute("width", "100%");
    let _ = ground.set_attribute("height", "100%");
    let behind = std::iter::successors(Some(drawing.clone()), |element| element.parent_element());
    let colour = behind
        .filter_map(|element| look(&element, "background-color"))
        .find(|colour| !colour.is_empty() && colour != "transparent" && colour != "rgba(0, 0, 0, 0)");
    let _ = ground.set_attribute("fill", colour.as_deref().unwrap_or("white"));
    let _ = copy.insert_before(&ground, copy.first_child().as_ref());
    web_sys::XmlSerializer::new().ok()?.serialize_to_string(&copy).ok()
}

/// Hands the reader a drawing as an SVG file.
pub fn download_svg(name: &str, drawing: &Element) {
    if let Some(text) = svg(drawing) {
        dom::download(&format!("{name}.svg"), "image/svg+xml", &text);
    }
}

/// Hands the reader a drawing as a PNG file, as soon as the browser has drawn it.
pub fn download_png(name: &str, drawing: &Element) {
    let Some(text) = svg(drawing) else { return };
    let rect = drawing.get_bounding_client_rect();
    let (width, height) = (rect.width() * SCALE, rect.height() * SCALE);
    let made = web_sys::window().and_then(|w| w.document()).and_then(|d| d.create_element("img").ok());
    let Some(image) = made.and_then(|made| made.dyn_into::<HtmlImageElement>().ok()) else { return };
    let (drawn, name) = (image.clone(), format!("{name}.png"));
    let draw = Closure::once_into_js(move || {
        let document = web_sys::window().and_then(|w| w.document());
        let canvas = document.as_ref().and_then(|d| d.create_element("canvas").ok());
        let Some(canvas) = canvas.and_then(|canvas| canvas.dyn_into::<HtmlCanvasElement>().ok()) else { return };
        canvas.set_width(width as u32);
        canvas.set_height(height as u32);
        let context =
            canvas.get_context("2d").ok().flatten().and_then(|c| c.dyn_into::<CanvasRenderingContext2d>().ok());
        let Some(context) = context else { return };
        let _ = context.draw_image_with_html_image_element_and_dw_and_dh(&drawn, 0.0, 0.0, width, height);
        let Ok(url) = canvas.to_data_url_with_type("image/png") else { return };
        let link = document.and_then(|d| d.create_element("a").ok());
        if let Some(link) = link.and_then(|link| link.dyn_into::<HtmlElement>().ok()) {
            let _ = link.set_attribute("href", &url);
            let _ = link.set_attribute("download", &name);
            link.click();
        }
    });
    let _ = image.add_event_listener_with_callback("load", draw.unchecked_ref());
    let text = String::from(js_sys::encode_uri_component(&text));
    image.set_src(&format!("data:image/svg+xml;charset=utf-8,{text}"));
}
