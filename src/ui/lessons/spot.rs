//! Where a part of the page is, and a ring around it.

use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

use crate::scenario::lesson::Place;
use crate::ui::lab::Lab;
use crate::ui::parts::dom;
use crate::ui::parts::tabs::tab_id;

fn document() -> Option<web_sys::Document> {
    web_sys::window()?.document()
}

fn by_id(id: &str) -> Option<Element> {
    document()?.get_element_by_id(id)
}

fn select(selector: &str) -> Option<Element> {
    document()?.query_selector(selector).ok()?
}

/// The button of a tab.
pub(super) fn tab(lab: &Lab, key: &str) -> Option<Element> {
    let strip = if Place::is_panel_tab(key) { "panel" } else { "instruments" };
    by_id(&tab_id(&lab.id(strip), key))
}

/// Opens a tab, as a click on it would.
pub(super) fn open_tab(lab: &Lab, key: &str) {
    if let Some(tab) = tab(lab, key).and_then(|tab| tab.dyn_into::<HtmlElement>().ok()) {
        tab.click();
    }
}

/// The tabs that are open.
pub(super) fn open_tabs() -> Vec<String> {
    let Some(body) = document().and_then(|document| document.body()) else { return Vec::new() };
    let open = dom::all(&body, ".rl [role=tab][aria-selected=true]");
    open.iter().filter_map(|tab| tab.id().rsplit_once("-tab-").map(|(_, key)| key.to_owned())).collect()
}

/// Something that is drawn, and no part of what is hidden; a link that runs level has no height.
fn is_visible(element: &Element) -> bool {
    let place = element.get_bounding_client_rect();
    place.width() > 0.0 || place.height() > 0.0
}

/// Where a part of the page is now.
pub(super) fn find(lab: &Lab, place: &Place) -> Option<Element> {
    let address = |name: &str| lab.with(|simulation| simulation.address_of(name));
    match place {
        Place::Card(name) => by_id(&lab.id(&format!("stage-card-{}", address(name)?))),
        Place::Link(a, b) => {
            let (a, b) = (address(a)?, address(b)?);
            by_id(&lab.id(&format!("stage-link-{a}-{b}"))).or_else(|| by_id(&lab.id(&format!("stage-link-{b}-{a}"))))
        }
        Place::Tab(key) => tab(lab, key),
        Place::Setting(name) => {
            // A field says its setting's name; while its page is hidden, the way to it is the tab.
            let panel = select(".rl .panel")?;
            let fields = dom::all(&panel, ".field, .load");
            let field = fields.into_iter().find(|f| f.text_content().is_some_and(|text| text.contains(name.as_str())));
            field.filter(is_visible).or_else(|| tab(lab, "settings"))
        }
        Place::Play => select(".rl .transport .is-play"),
        Place::Speed => select(".rl .transport .pace"),
        Place::Transport => select(".rl .transport"),
        Place::Stage => select(".rl .stage"),
        Place::Instruments => select(".rl .instruments"),
        Place::Panel => select(".rl .panel"),
        Place::Tally => select(".rl .tally"),
    }
}

/// Lays rings around places: one each, hidden where the place is not on the page.
pub(super) fn lay(rings: &Element, lab: &Lab, places: &[Place]) {
    let rings = dom::all(rings, ".lesson-ring");
    for (number, ring) in rings.iter().enumerate() {
        let found = places.get(number).and_then(|place| find(lab, place)).filter(is_visible);
        let Some(found) = found else {
            let _ = ring.set_attribute("hidden", "");
            continue;
        };
        let _ = ring.remove_attribute("hidden");
        let place = found.get_bounding_client_rect();
        for (name, value) in
            [("left", place.left()), ("top", place.top()), ("width", place.width()), ("height", place.height())]
        {
            dom::set_property(ring, &format!("--{name}"), &format!("{value:.0}px"));
        }
    }
}

/// Brings a place into view.
pub(super) fn scroll_to(lab: &Lab, places: &[Place]) {
    let found = places.iter().find_map(|place| find(lab, place)).filter(is_visible);
    if let Some(found) = found {
        found.scroll_into_view_with_bool(false);
    }
}
