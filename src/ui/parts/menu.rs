//! A menu where one looks: a small sheet beside a card or a link; on a phone, a sheet at the bottom.

use web_sys::{Element, KeyboardEvent, MouseEvent};
use yew::prelude::*;

use super::dom;
use crate::ui::plan::Point;

/// Something to choose.
#[derive(Clone, PartialEq)]
pub enum Item {
    /// One action.
    Act {
        /// Its words.
        label: AttrValue,
        /// What it does, in a few words.
        hint: AttrValue,
        /// Whether it breaks something.
        danger: bool,
        /// Does it.
        act: Callback<()>,
    },
    /// One of several values.
    Choice {
        /// What is chosen.
        label: AttrValue,
        /// The values: their words, whether it is so now, and how to choose it.
        values: Vec<(AttrValue, bool, Callback<()>)>,
    },
    /// A line between groups.
    Line,
}

impl Item {
    /// An action.
    pub fn act(label: impl Into<AttrValue>, hint: impl Into<AttrValue>, act: Callback<()>) -> Item {
        Item::Act { label: label.into(), hint: hint.into(), danger: false, act }
    }

    /// An action that breaks something.
    pub fn danger(label: impl Into<AttrValue>, hint: impl Into<AttrValue>, act: Callback<()>) -> Item {
        Item::Act { label: label.into(), hint: hint.into(), danger: true, act }
    }
}

#[derive(Properties, PartialEq)]
pub struct MenuProps {
    /// What it is about.
    pub title: AttrValue,
    /// More about it.
    pub subtitle: AttrValue,
    /// What that means, where it wants an explanation.
    #[prop_or_default]
    pub note: Option<AttrValue>,
    pub items: Vec<Item>,
    /// Where it belongs, on the stage.
    pub anchor: Point,
    /// Called when it is to go; the opener takes the focus back.
    pub on_close: Callback<()>,
}

/// A menu that is open for as long as it exists.
#[component]
pub fn Menu(props: &MenuProps) -> Html {
    let node = use_node_ref();
    {
        let anchor = props.anchor;
        use_effect_with((node.clone(), props.title.clone()), move |(node, _)| {
            if let Some(menu) = node.cast::<Element>() {
                let size = menu.get_bounding_client_rect();
                let stage = menu.parent_element().map(|stage| stage.get_bounding_client_rect());
                let (left, top) = stage.map_or((0.0, 0.0), |s| (s.x(), s.y()));
                let room = dom::window_size();
                let x = (left + anchor.x).min(room.0 - size.width() - 8.0).max(8.0);
                let y = (top + anchor.y).min(room.1 - size.height() - 8.0).max(8.0);
                dom::set_property(&menu, "--x", &format!("{x:.0}px"));
                dom::set_property(&menu, "--y", &format!("{y:.0}px"));
                // Within a widget the window may not be what it counts from.
                let there = menu.get_bounding_client_rect();
                let (dx, dy) = (x - there.x(), y - there.y());
                if dx.abs() + dy.abs() > 2.0 && there.width() < room.0 - 16.0 {
                    dom::set_property(&menu, "--x", &format!("{:.0}px", x + dx));
                    dom::set_property(&menu, "--y", &format!("{:.0}px", y + dy));
                }
                if let Some(first) = choices(&menu).first() {
                    dom::focus(first);
                }
            }
        });
    }
    let onkeydown = {
        let (node, on_close) = (node.clone(), props.on_close.clone());
        Callback::from(move |event: KeyboardEvent| {
            let Some(menu) = node.cast::<Element>() else { return };
            event.stop_propagation();
            if matches!(event.key().as_str(), "Escape" | "Tab") {
                event.prevent_default();
                on_close.emit(());
                return;
            }
            let all = choices(&menu);
            let here = dom::element_of(event.target());
            let current = all.iter().position(|e| Some(e) == here.as_ref()).unwrap_or(0);
            let across = matches!(event.key().as_str(), "ArrowLeft" | "ArrowRight");
            if let Some(next) = dom::roving(&event.key(), current, all.len(), !across) {
                event.prevent_default();
                dom::focus(&all[next]);
            }
        })
    };
    let close = {
        let on_close = props.on_close.clone();
        Callback::from(move |_: MouseEvent| on_close.emit(()))
    };
    html! {
        <>
            <div class="menu-backdrop" onclick={close} />
            <div ref={node} class="menu" role="menu" aria-label={props.title.clone()}
                aria-description={props.note.clone()} {onkeydown}>
                <div class="menu-head" role="presentation">
                    <strong>{ props.title.clone() }</strong>
                    <span>{ props.subtitle.clone() }</span>
                    if let Some(note) = &props.note {
                        <p class="menu-note">{ note.clone() }</p>
                    }
                </div>
                // By key, and where all have one: items come and go while the menu is open, and the one with the focus
                // stays itself.
                <div role="presentation">
                    { for props.items.iter().enumerate().map(|(place, item)| item_html(place, item, &props.on_close)) }
                </div>
            </div>
        </>
    }
}

fn choices(menu: &Element) -> Vec<Element> {
    dom::all(menu, "[role=menuitem], [role=menuitemradio]")
}

fn item_html(place: usize, item: &Item, on_close: &Callback<()>) -> Html {
    let choose = |act: &Callback<()>| {
        let (act, on_close) = (act.clone(), on_close.clone());
        Callback::from(move |_: MouseEvent| {
            // Closing first gives the focus back before the action can take its opener away.
            on_close.emit(());
            act.emit(());
        })
    };
    match item {
        Item::Line => html! { <div key={format!("line {place}")} class="menu-line" role="separator" /> },
        Item::Act { label, hint, danger, act } => html! {
            <button key={label.to_string()} type="button" role="menuitem" tabindex="-1" onclick={choose(act)}
                class={classes!("menu-item", danger.then_some("is-danger"))}>
                <span>{ label.clone() }</span>
                <small>{ hint.clone() }</small>
            </button>
        },
        Item::Choice { label, values } => html! {
            <div key={label.to_string()} class="menu-choice" role="group" aria-label={label.clone()}>
                <span class="menu-choice-label">{ label.clone() }</span>
                <span class="menu-values">
                    { for values.iter().map(|(text, now, act)| html! {
                        <button type="button" role="menuitemradio" tabindex="-1" class="menu-value"
                            aria-checked={now.to_string()} onclick={choose(act)}>{ text.clone() }</button>
                    }) }
                </span>
            </div>
        },
    }
}
