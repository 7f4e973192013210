//! What the operator's own tool would print of a server now: the readable twin of the stage.

use std::rc::Rc;

use web_sys::{Element, MouseEvent};
use yew::prelude::*;

use crate::engine::ids::{Addr, NodeId};
use crate::engine::trace::Life;
use crate::report::status::{Layout, MEMBER_HEADS, Printed, View};
use crate::sim::view::ClusterView;
use crate::t;
use crate::ui::explain::Topic;
use crate::ui::lab::{Lab, use_kept};
use crate::ui::parts::dom;
use crate::ui::parts::explain::Explain;

#[derive(Properties)]
pub struct StatusProps {
    pub lab: Lab,
    pub view: Rc<ClusterView>,
    /// Grows with every event that says something.
    pub revision: u64,
    /// The server that was asked for elsewhere, or the store, and how often that was done.
    pub asked: Option<(Addr, u32)>,
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

/// What can be looked at.
#[derive(Clone, Copy, PartialEq)]
enum Look {
    /// What a server tells.
    Server(View),
    /// What `patronictl list` tells of the whole cluster.
    Cluster,
}

impl Look {
    fn name(self) -> &'static str {
        match self {
            Look::Server(view) => view.name(),
            Look::Cluster => "patronictl-list",
        }
    }

    fn words(self) -> &'static str {
        match self {
            Look::Server(view) => view.statement(),
            Look::Cluster => "patronictl list",
        }
    }
}

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
    let chosen = use_kept(&props.lab, "status", || None::<Look>);
    let chosen_node = use_kept(&props.lab, "status-node", || None::<NodeId>);
    let expanded = use_state(|| dom::window_size().0 < NARROW_PX);
    let copied = use_state(|| None::<&'static str>);
    let drawn = use_mut_ref(Drawn::default);
    let text_ref = use_node_ref();
    {
        let (chosen, chosen_node, lab) = (chosen.setter(), chosen_node.setter(), props.lab.clone());
        use_effect_with(props.asked, move |asked| match *asked {
            Some((Addr::Node(node), _)) => {
                chosen_node.set(Some(node));
                chosen.set(lab.with(|s| s.status_view(node)).map(Look::Server));
            }
            Some(_) => chosen.set(Some(Look::Cluster)),
            None => {}
        });
    }

    let servers = View::of(cluster.flavor).map(Look::Server);
    let looks: Vec<Look> = servers.chain(cluster.manager.is_some().then_some(Look::Cluster)).collect();
    let Some(look) = chosen.filter(|look| looks.contains(look)).or(looks.first().copied()) else {
        return html! { <p class="empty">{ t!("status.none") }</p> };
    };
    let is_there = |node: &NodeId| cluster.nodes.iter().any(|one| one.id == *node);
    let node = chosen_node.filter(is_there).unwrap_or_else(|| match look {
        Look::Server(view) => props.lab.with(|s| s.status_node(view)),
        Look::Cluster => cluster.nodes.first().map_or(NodeId(0), |node| node.id),
    });
    let printed = match look {
        Look::Server(view) => props.lab.with(|s| s.status(view, node)).map(Some),
        Look::Cluster => Ok(None),
    };
    let text = match (&printed, look) {
        (Ok(Some(outcome)), Look::Server(view)) => {
            let layout = if *expanded { Layout::Expanded } else { view.layout() };
            let mut drawn = drawn.borrow_mut();
            if drawn.of != Some((view, node)) {
                *drawn = Drawn { of: Some((view, node)), widths: Vec::new() };
            }
            let printed = Printed { outcome, flavor: cluster.flavor, layout, least: &drawn.widths };
            let text = printed.to_string();
            drawn.widths = printed.widths();
            text
        }
        (Err(error), _) => error.clone(),
        (Ok(_), _) => members(props),
    };
    let about_all = look == Look::Cluster;
    // The names of the columns explain themselves; those of counters stand where other views have values.
    let (view_name, heads): (&'static str, Vec<String>) = match (&printed, look) {
        (Ok(Some(outcome)), Look::Server(View::SemiSync)) => {
            let counters = outcome.rows.iter().filter_map(|row| row.first()?.as_text().map(str::to_owned));
            (
                look.name(),
                if *expanded { counters.collect() } else { outcome.columns.iter().cloned().chain(counters).collect() },
            )
        }
        (Ok(Some(outcome)), _) => (look.name(), outcome.columns.clone()),
        (Ok(None), _) => (look.name(), MEMBER_HEADS.map(str::to_owned).to_vec()),
        (Err(_), _) => ("", Vec::new()),
    };

    let choose_view = {
        let (chosen, copied, looks) = (chosen.clone(), copied.clone(), looks.clone());
        Callback::from(move |event: Event| {
            let name = dom::field_value(&event);
            chosen.set(looks.iter().copied().find(|look| look.name() == name));
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
                true => t!("status.copied"),
                false => t!("status.selected"),
            }));
        })
    };
    let title = match about_all {
        true => look.words().to_owned(),
        false => t!("remarks.view-of", view = look.words(), node = name_of(cluster, node)),
    };
    html! {
        <div class="status">
            <div class="tables-bar">
                if !about_all {
                <label>
                    <span>{ t!("status.server") }</span>
                    <select aria-label={t!("status.server")} onchange={choose_node}>
                        { for cluster.nodes.iter().map(|one| html! {
                            <option key={one.id.0} value={one.id.0.to_string()} selected={one.id == node}>
                                { one.name.to_string() }
                            </option>
                        }) }
                    </select>
                </label>
                }
                <label>
                    <span>{ t!("status.view") }</span>
                    <select aria-label={t!("status.view")} onchange={choose_view}>
                        { for looks.iter().map(|one| html! {
                            <option key={one.name()} value={one.name()} selected={*one == look}>{ one.words() }</option>
                        }) }
                    </select>
                </label>
                if !about_all {
                    <button type="button" class="chip" aria-pressed={expanded.to_string()} onclick={toggle}>{ t!("status.expanded") }</button>
                }
                <button type="button" class="chip" onclick={copy}>{ t!("status.copy") }</button>
                <p class="tables-remark" role="status">{ copied.unwrap_or_default() }</p>
            </div>
            <pre ref={text_ref} class={classes!("status-text", printed.is_err().then_some("is-error"))} tabindex="0"
                role="group" aria-label={title}>{ marked(&text, view_name, &heads) }</pre>
        </div>
    }
}

/// A text in which each of these words, in their order, explains itself where it first stands by itself.
fn marked(text: &str, view: &'static str, heads: &[String]) -> Html {
    let mut parts = Vec::new();
    let mut rest = text;
    for name in heads {
        let Some(at) = place_of(rest, name) else { continue };
        let (before, from) = rest.split_at(at);
        parts.push(html! { { before.to_owned() } });
        let topic = Topic::column(view, name.clone());
        parts.push(html! { <Explain key={name.clone()} {topic} words={AttrValue::from(name.clone())} /> });
        rest = from.get(name.len()..).unwrap_or_default();
    }
    parts.push(html! { { rest.to_owned() } });
    parts.into_iter().collect()
}

/// Where a word stands by itself, between blanks and lines of a table.
fn place_of(text: &str, word: &str) -> Option<usize> {
    let is_edge = |c: Option<char>| c.is_none_or(|c| c.is_whitespace() || matches!(c, '|' | ':' | '+'));
    text.match_indices(word).map(|(at, _)| at).find(|at| {
        let (before, from) = text.split_at(*at);
        is_edge(before.chars().next_back()) && is_edge(from.get(word.len()..).and_then(|after| after.chars().next()))
    })
}

/// The cluster as the store has it, which only a store that answers can tell.
fn members(props: &StatusProps) -> String {
    match props.view.manager.as_ref().map(|manager| manager.store) {
        Some(Life::Running) => props.lab.with(|s| s.members()).unwrap_or_default(),
        _ => t!("status.store-silent").to_owned(),
    }
}

fn name_of(cluster: &ClusterView, node: NodeId) -> String {
    cluster.nodes.iter().find(|one| one.id == node).map_or_else(String::new, |one| one.name.to_string())
}
