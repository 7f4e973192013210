//! What the operator's own tool would print of a server now: the readable twin of the stage.

use std::rc::Rc;

use web_sys::{Element, MouseEvent};
use yew::prelude::*;

use crate::engine::ids::NodeId;
use crate::report::status::{Layout, Printed, View};
use crate::sim::view::ClusterView;
use crate::ui::lab::Lab;
use crate::ui::parts::dom;

#[derive(Properties)]
pub struct StatusProps {
    pub lab: Lab,
    pub view: Rc<ClusterView>,
    /// Grows with every event that says something.
    pub revision: u64,
    /// The server that was asked for elsewhere, and how often that was done.
    pub asked: Option<(NodeId, u32)>,
}

impl PartialEq for StatusProps {
    /// What a tool prints changes with events; the view gives names and roles.
    fn eq(&self, other: &Self) -> bool {
        self.lab == other.lab
            && self.asked == other.asked
            && self.revision == other.revision
            && Rc::ptr_eq(&self.view, &other.view)
    }
}

/// Windows narrower than this begin with a line a column.
const NARROW_PX: f64 = 760.0;

/// What the text was last drawn for, and how wide its columns were.
#[derive(Default)]
struct Drawn {
    of: Option<(View, NodeId)>,
    widths: Vec<usize>,
}

/// The text of a view of a server.
#[component]
pub fn Status(props: &StatusProps) -> Html {
    let cluster = &props.view;
    let chosen_view = use_state(|| None::<View>);
    let chosen_node = use_state(|| None::<NodeId>);
    let expanded = use_state(|| dom::window_size().0 < NARROW_PX);
    let copied = use_state(|| None::<&'static str>);
    let drawn = use_mut_ref(Drawn::default);
    let text_ref = use_node_ref();
    {
        let (chosen_view, chosen_node, lab) = (chosen_view.setter(), chosen_node.setter(), props.lab.clone());
        use_effect_with(props.asked, move |asked| {
            let Some((node, _)) = *asked else { return };
            chosen_node.set(Some(node));
            chosen_view.set(lab.with(|s| s.status_view(node)));
        });
    }

    let views: Vec<View> = View::of(cluster.flavor).collect();
    let Some(view) = chosen_view.filter(|view| views.contains(view)).or(views.first().copied()) else {
        return html! { <p class="empty">{ "There is nothing to show of this kind of server yet." }</p> };
    };
    let is_there = |node: &NodeId| cluster.nodes.iter().any(|one| one.id == *node);
    let node = chosen_node.filter(is_there).unwrap_or_else(|| props.lab.with(|s| s.status_node(view)));
    let layout = if *expanded { Layout::Expanded } else { view.layout() };
    let printed = props.lab.with(|s| s.status(view, node));
    let text = match &printed {
        Ok(outcome) => {
            let mut drawn = drawn.borrow_mut();
            if drawn.of != Some((view, node)) {
                *drawn = Drawn { of: Some((view, node)), widths: Vec::new() };
            }
            let printed = Printed { outcome, flavor: cluster.flavor, layout, least: &drawn.widths };
            let text = printed.to_string();
            drawn.widths = printed.widths();
            text
        }
        Err(error) => error.clone(),
    };

    let choose_view = {
        let (chosen_view, copied) = (chosen_view.clone(), copied.clone());
        Callback::from(move |event: Event| {
            chosen_view.set(View::by_name(&dom::field_value(&event)));
            copied.set(None);
        })
    };
    let choose_node = {
        let (chosen_node, copied) = (chosen_node.clone(), copied.clone());
        Callback::from(move |event: Event| {
            chosen_node.set(dom::field_value(&event).parse().ok().map(NodeId));
            copied.set(None);
        })
    };
    let toggle = {
        let expanded = expanded.clone();
        Callback::from(move |_: MouseEvent| expanded.set(!*expanded))
    };
    let copy = {
        let (text_ref, copied) = (text_ref.clone(), copied.setter());
        Callback::from(move |_: MouseEvent| {
            let Some(element) = text_ref.cast::<Element>() else { return };
            copied.set(Some(match dom::copy_text(&element) {
                true => "Copied.",
                false => "Selected: press Ctrl+C.",
            }));
        })
    };
    html! {
        <div class="status">
            <div class="tables-bar">
                <label>
                    <span>{ "Server" }</span>
                    <select aria-label="Server" onchange={choose_node}>
                        { for cluster.nodes.iter().map(|one| html! {
                            <option key={one.id.0} value={one.id.0.to_string()} selected={one.id == node}>
                                { one.name.to_string() }
                            </option>
                        }) }
                    </select>
                </label>
                <label>
                    <span>{ "View" }</span>
                    <select aria-label="View" onchange={choose_view}>
                        { for views.iter().map(|one| html! {
                            <option key={one.name()} value={one.name()} selected={*one == view}>{ one.statement() }</option>
                        }) }
                    </select>
                </label>
                <button type="button" class="chip" aria-pressed={expanded.to_string()} onclick={toggle}>{ "Expanded" }</button>
                <button type="button" class="chip" onclick={copy}>{ "Copy" }</button>
                <p class="tables-remark" role="status">{ copied.unwrap_or_default() }</p>
            </div>
            <pre ref={text_ref} class={classes!("status-text", printed.is_err().then_some("is-error"))} tabindex="0"
                role="region" aria-label={format!("{} of {}", view.statement(), name_of(cluster, node))}>{ text }</pre>
        </div>
    }
}

fn name_of(cluster: &ClusterView, node: NodeId) -> String {
    cluster.nodes.iter().find(|one| one.id == node).map_or_else(String::new, |one| one.name.to_string())
}
