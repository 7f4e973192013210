//! A strip of tabs: one stop for the keyboard, arrow keys within.

use web_sys::{Element, KeyboardEvent};
use yew::prelude::*;

use super::dom;

/// One tab.
#[derive(Clone, PartialEq)]
pub struct Tab {
    /// Names it in ids.
    pub key: &'static str,
    /// Its words.
    pub label: AttrValue,
}

#[derive(Properties, PartialEq)]
pub struct TabsProps {
    /// Names the strip for those who do not see it.
    pub label: AttrValue,
    /// Prefix of the ids of tabs and panels.
    pub prefix: AttrValue,
    pub tabs: Vec<Tab>,
    /// The chosen tab's key.
    pub chosen: &'static str,
    pub on_choose: Callback<&'static str>,
}

/// A strip of tabs; the panel has the id that [`panel_id`] tells.
#[component]
pub fn Tabs(props: &TabsProps) -> Html {
    let strip = use_node_ref();
    let chosen = props.tabs.iter().position(|t| t.key == props.chosen).unwrap_or(0);
    let onkeydown = {
        let (strip, tabs, on_choose) = (strip.clone(), props.tabs.clone(), props.on_choose.clone());
        Callback::from(move |event: KeyboardEvent| {
            let Some(strip) = strip.cast::<Element>() else { return };
            let buttons = dom::all(&strip, "[role=tab]");
            // From where the focus is: keys come faster than the strip is drawn anew.
            let focused = dom::element_of(event.target());
            let current = buttons.iter().position(|button| Some(button) == focused.as_ref()).unwrap_or(chosen);
            let Some(next) = dom::roving(&event.key(), current, tabs.len(), false) else { return };
            let (Some(tab), Some(button)) = (tabs.get(next), buttons.get(next)) else { return };
            event.prevent_default();
            event.stop_propagation();
            on_choose.emit(tab.key);
            dom::focus(button);
        })
    };
    html! {
        <div ref={strip} class="tabs" role="tablist" aria-label={props.label.clone()} {onkeydown}>
            { for props.tabs.iter().enumerate().map(|(i, tab)| {
                let (on_choose, key) = (props.on_choose.clone(), tab.key);
                html! {
                    <button key={key} type="button" role="tab" class="tab" id={tab_id(&props.prefix, key)}
                        aria-selected={(i == chosen).to_string()} aria-controls={panel_id(&props.prefix, key)}
                        tabindex={if i == chosen { "0" } else { "-1" }}
                        onclick={Callback::from(move |_| on_choose.emit(key))}>
                        { tab.label.clone() }
                    </button>
                }
            }) }
        </div>
    }
}

/// The id of a tab.
#[must_use]
pub fn tab_id(prefix: &str, key: &str) -> String {
    format!("{prefix}-tab-{key}")
}

/// The id that the panel of a tab must have.
#[must_use]
pub fn panel_id(prefix: &str, key: &str) -> String {
    format!("{prefix}-panel-{key}")
}
