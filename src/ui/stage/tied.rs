//! The stage shows what is followed or pointed at elsewhere: whom it passes, its links, its packets.

use std::rc::Rc;

use web_sys::Element;
use yew::prelude::*;

use super::scene::Scene;
use super::{card_id, link_id};
use crate::engine::ids::Addr;
use crate::ui::lab::Lab;
use crate::ui::parts::dom;
use crate::ui::plan::Plan;
use crate::ui::ties::Ties;

/// Marks cards and links with attributes that Yew never sets, and tells the scene.
#[hook]
pub fn use_tied(root: &NodeRef, prefix: &AttrValue, scene: &Rc<Scene>, lab: &Lab, plan: Rc<Plan>) {
    let ties = use_context::<Ties>();
    let (followed, pointed) = ties.map_or((None, None), |ties| (ties.followed, ties.pointed));
    let (root, prefix, scene, lab) = (root.clone(), prefix.clone(), scene.clone(), lab.clone());
    use_effect_with((followed, pointed, plan), move |(followed, pointed, plan)| {
        let Some(root) = root.cast::<Element>() else { return };
        set(&root, "data-following", followed.is_some());
        for link in dom::all(&root, "[data-pointed], [data-passed]") {
            set(&link, "data-pointed", false);
            set(&link, "data-passed", false);
        }
        let find = |id: String| root.query_selector(&format!("[id='{id}']")).ok().flatten();
        if let Some(followed) = followed {
            let passed = followed.exchange.passed();
            let cards = plan.cards.iter().filter(|(who, _)| passed.contains(who));
            cards.filter_map(|(who, _)| find(card_id(&prefix, *who))).for_each(|card| set(&card, "data-passed", true));
            let pairs = followed.exchange.pairs();
            pairs.into_iter().filter_map(|ends| link(&find, &prefix, ends)).for_each(|l| set(&l, "data-passed", true));
        }
        if let Some(ends) = pointed {
            let cards = [ends.0, ends.1].into_iter().filter_map(|who| find(card_id(&prefix, who)));
            cards.chain(link(&find, &prefix, *ends)).for_each(|element| set(&element, "data-pointed", true));
        }
        scene.follow(followed.as_ref().map(|followed| followed.messages.clone()));
        lab.request_frame();
    });
}

fn link(find: &impl Fn(String) -> Option<Element>, prefix: &str, ends: (Addr, Addr)) -> Option<Element> {
    find(link_id(prefix, ends)).or_else(|| find(link_id(prefix, (ends.1, ends.0))))
}

fn set(element: &Element, name: &str, is: bool) {
    let _ = if is { element.set_attribute(name, "") } else { element.remove_attribute(name) };
}
