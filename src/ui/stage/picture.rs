//! The stage as an SVG file of its own, for slides and papers.

use web_sys::{Document, Element, Node};

use super::pen::SvgPen;
use super::scene::Scene;
use crate::ui::lab::Lab;
use crate::ui::parts::dom::{self, SVG};

/// What the style sheet says that a file must say itself.
const STYLES: [&str; 16] = [
    "fill",
    "fill-opacity",
    "stroke",
    "stroke-width",
    "stroke-dasharray",
    "stroke-linecap",
    "stroke-opacity",
    "opacity",
    "vector-effect",
    "font-family",
    "font-size",
    "font-weight",
    "letter-spacing",
    "text-anchor",
    "dominant-baseline",
    "visibility",
];

/// Hands the reader the stage as it is now.
pub fn save(root: &Element, scene: &Scene, lab: &Lab) {
    let Some(text) = drawn(root, scene, lab) else { return };
    dom::download("replication-lab-stage.svg", "image/svg+xml", &text);
}

fn drawn(root: &Element, scene: &Scene, lab: &Lab) -> Option<String> {
    let document = web_sys::window()?.document()?;
    let svg = document.create_element_ns(Some(SVG), "svg").ok()?;
    let size = scene.size();
    svg.set_attribute("viewBox", &format!("0 0 {:.0} {:.0}", size.w, size.h)).ok()?;
    svg.set_attribute("width", &format!("{:.0}", size.w)).ok()?;
    svg.set_attribute("height", &format!("{:.0}", size.h)).ok()?;
    let ground = document.create_element_ns(Some(SVG), "rect").ok()?;
    for (name, value) in [("width", "100%"), ("height", "100%"), ("fill", scene.ground(root).as_str())] {
        ground.set_attribute(name, value).ok()?;
    }
    svg.append_child(&ground).ok()?;
    let (links, cards) = (layer(&document, root, ".layer.is-links")?, layer(&document, root, ".layer.is-cards")?);
    svg.append_child(&links).ok()?;
    let packets = document.create_element_ns(Some(SVG), "g").ok()?;
    let snapshot = lab.snapshot();
    let flying: Vec<_> = lab.with(|simulation| simulation.packets().collect());
    scene.draw_packets(&SvgPen::new(document.clone(), packets.clone()), &flying, lab.now().0 as f64, snapshot.pace);
    svg.append_child(&packets).ok()?;
    svg.append_child(&cards).ok()?;
    web_sys::XmlSerializer::new().ok()?.serialize_to_string(&svg).ok()
}

/// A copy of a layer in which every element says how it looks, and nothing that only a page needs.
fn layer(document: &Document, root: &Element, selector: &str) -> Option<Element> {
    let original = root.query_selector(selector).ok()??;
    let group = document.create_element_ns(Some(SVG), "g").ok()?;
    let children = original.children();
    for index in 0..children.length() {
        if let Some(child) = children.item(index).and_then(|child| copy(&child)) {
            group.append_child(&child).ok()?;
        }
    }
    Some(group)
}

fn copy(original: &Element) -> Option<Node> {
    let style = web_sys::window()?.get_computed_style(original).ok()??;
    if style.get_property_value("display").ok()? == "none" {
        return None;
    }
    let copy: Element = wasm_bindgen::JsCast::dyn_into(original.clone_node_with_deep(false).ok()?).ok()?;
    for name in copy.get_attribute_names().iter().filter_map(|name| name.as_string()) {
        let of_the_page =
            name.starts_with("aria-") || matches!(&*name, "class" | "id" | "tabindex" | "role" | "focusable");
        if of_the_page {
            copy.remove_attribute(&name).ok()?;
        }
    }
    for name in STYLES {
        let value = style.get_property_value(name).ok()?;
        if !value.is_empty() {
            copy.set_attribute(name, &value).ok()?;
        }
    }
    let children = original.child_nodes();
    for index in 0..children.length() {
        let Some(child) = children.item(index) else { continue };
        let child_copy = match wasm_bindgen::JsCast::dyn_ref::<Element>(&child) {
            Some(element) => self::copy(element),
            None => child.clone_node().ok(),
        };
        if let Some(child_copy) = child_copy {
            copy.append_child(&child_copy).ok()?;
        }
    }
    Some(copy.into())
}
